#!/usr/bin/env python3
"""Derive the edge cases of Ed25519 in tests/unit/proto/check_key.c.

Everything follows from RFC 8032: p, d, L and the base point are those of
section 5.1, and points are added by the formula of the curve.  Slow, and for
test vectors alone.  Run it and compare; nothing reads its output.
"""

import hashlib

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
L = 2**252 + 27742317777372353535851937790883648493
SEED = bytes.fromhex(  # TEST 1 of RFC 8032, section 7.1
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
)


def x_of(y, sign):
    """Return the x of a point, or None when no point has that y."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square:
        return None
    return x if x % 2 == sign else -x % P


def add(a, b):
    t = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + t, -1, P)
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, -1, P)
    return x % P, y % P


def times(n, point):
    total = NEUTRAL
    while n:
        if n & 1:
            total = add(total, point)
        point = add(point, point)
        n >>= 1
    return total


def point_bytes(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def challenge(r, a, message):
    """Return h modulo L, the multiple of the key that verifiers take."""
    h = hashlib.sha512(r + a + message).digest()
    return int.from_bytes(h, "little") % L


NEUTRAL = (0, 1)
BASE = (x_of(4 * pow(5, -1, P) % P, 0), 4 * pow(5, -1, P) % P)


def order(point):
    n, total = 1, point
    while total != NEUTRAL:
        n, total = n + 1, add(total, point)
    return n


def point_of_order_8():
    """L times a point leaves what it has of the subgroup of order 8."""
    for y in range(2, 1000):
        x = x_of(y, 0)
        if x is not None and order(times(L, (x, y))) == 8:
            return times(L, (x, y))
    raise AssertionError


def secret():
    h = hashlib.sha512(SEED).digest()
    a = int.from_bytes(h[:32], "little")
    return a & ~7 & (2**254 - 1) | 2**254


def show(name, *parts):
    print(f"{name}:")
    for part in parts:
        print(f"    {part.hex()}")


def main():
    assert times(L, BASE) == NEUTRAL
    torsion = point_of_order_8()
    a = secret()
    public = point_bytes(times(a, BASE))
    for i in range(8):
        point = times(i, torsion)
        show(f"low order {order(point)}", point_bytes(point))

    def by_nonce(r_bytes, nonce, key, message):
        s = (nonce + challenge(r_bytes, key, message) * a) % L
        return r_bytes + s.to_bytes(32, "little")

    message = b"packhorse"
    show("key", public)
    plus_p = (1 + P).to_bytes(32, "little")
    signed = (1 | 1 << 255).to_bytes(32, "little")
    show("R neutral", by_nonce(point_bytes(NEUTRAL), 0, public, message))
    show("R neutral, y = p + 1", by_nonce(plus_p, 0, public, message))
    show("R neutral, sign of x", by_nonce(signed, 0, public, message))
    show("R of order 8", by_nonce(point_bytes(torsion), 0, public, message))

    # A key with a component of order 8: how the challenge falls decides.
    mixed = point_bytes(add(times(a, BASE), torsion))
    show("mixed key", mixed)
    for divisible in (True, False):
        nonce = 1
        while True:
            r = point_bytes(times(nonce, BASE))
            if (challenge(r, mixed, message) % 8 == 0) == divisible:
                break
            nonce += 1
        name = "divisible by 8" if divisible else "not divisible by 8"
        show(f"challenge {name}", by_nonce(r, nonce, mixed, message))

    # The neutral element as a key: [1]B and 1 hold for every message.
    show("for every message", point_bytes(BASE) + (1).to_bytes(32, "little"))
    show("L", L.to_bytes(32, "little"))


if __name__ == "__main__":
    main()
