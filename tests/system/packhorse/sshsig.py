"""OpenSSH signatures, made and checked by ssh-keygen."""

import base64
import binascii
import os
import subprocess
import tempfile

from . import text
from .refusal import Cursor, Refused, check

BEGIN = "-----BEGIN SSH SIGNATURE-----"
END = "-----END SSH SIGNATURE-----"
SIZE_MAX = 256


def armour(blob):
    raw = base64.b64encode(blob).decode()
    lines = [raw[i : i + 70] for i in range(0, len(raw), 70)]
    return "\n".join([BEGIN, *lines, END, ""])


def unarmour(data):
    """The signature blobs of armoured signatures, one after the other."""
    blobs = []
    lines = data.splitlines()
    while lines:
        check(lines.pop(0) == BEGIN and END in lines, "bad-signature", "form")
        end = lines.index(END)
        try:
            blobs.append(base64.b64decode("".join(lines[:end]), validate=True))
        except binascii.Error as error:
            raise Refused("bad-signature", "not base64") from error
        lines = lines[end + 1 :]
    return blobs


def parse(blob):
    """(key line, namespace) of a signature blob, its form checked."""
    check(len(blob) <= SIZE_MAX, "bad-signature", "too long")
    cursor = Cursor(blob, "bad-signature")
    check(cursor.take(6) == b"SSHSIG", "bad-signature", "magic")
    check(cursor.number(4) == 1, "bad-signature", "version")
    key, namespace, reserved, hashed, inner = (
        cursor.take(cursor.number(4)) for _ in range(5)
    )
    cursor.end()
    check(
        len(key) == 51 and key.startswith(text.KEY_HEAD),
        "bad-signature",
        "not an Ed25519 key",
    )
    check(not reserved, "bad-signature", "reserved bytes")
    check(hashed in (b"sha256", b"sha512"), "bad-signature", "hash")
    check(
        len(inner) == 83 and inner[:19] == b"\0\0\0\x0bssh-ed25519\0\0\0\x40",
        "bad-signature",
        "not an Ed25519 signature",
    )
    return text.line_of_blob(key), namespace.decode("ascii", "replace")


def verify(data, blob, namespace):
    """The key line whose signature over data this is; else Refused."""
    key, found = parse(blob)
    check(found == namespace, "bad-signature", f"made for {found}")
    with tempfile.NamedTemporaryFile("w", suffix=".sig") as file:
        file.write(armour(blob))
        file.flush()
        result = subprocess.run(
            ["ssh-keygen", "-Y", "check-novalidate", "-n", namespace]
            + ["-s", file.name],
            input=data,
            capture_output=True,
            check=False,
        )
    check(result.returncode == 0, "bad-signature", "it does not hold")
    return key


def sign(data, key_file, namespace):
    """Sign data by the private key in a file; the signature blob."""
    with tempfile.TemporaryDirectory() as directory:
        # ssh-keygen refuses a key that others may read.
        path = os.path.join(directory, "data")
        with open(path, "wb") as file:
            file.write(data)
        subprocess.run(
            ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key_file)]
            + ["-n", namespace, path],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
        with open(path + ".sig", encoding="ascii") as file:
            (blob,) = unarmour(file.read())
    return blob
