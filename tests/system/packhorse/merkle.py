"""Merkle trees of logs, as RFC 9162 section 2.1.1 defines them."""

from .text import sha256


def leaf_hash(body):
    return sha256(b"\0" + body)


def root(leaves):
    """The root over leaf hashes, straight from the definition."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\1" + root(leaves[:half]) + root(leaves[half:]))


def verify_consistency(first, second, proof, first_root, second_root):
    """RFC 9162 section 2.1.4.2: does the proof hold?"""
    if first == second:
        return first_root == second_root and not proof
    if first == 0:
        return first_root == root([]) and not proof
    proof = list(proof)
    if first & (first - 1) == 0:
        proof.insert(0, first_root)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    if not proof:
        return False
    fr = sr = proof[0]
    for node in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr = sha256(b"\1" + node + fr)
            sr = sha256(b"\1" + node + sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = sha256(b"\1" + sr + node)
        fn, sn = fn >> 1, sn >> 1
    return fr == first_root and sr == second_root and sn == 0
