"""Names, versions, digests and other text (formats.md, section 1)."""

import base64
import binascii
import datetime
import hashlib
import itertools
import re

from .refusal import Refused, check

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,126}")
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,62}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
ADDRESS = re.compile(
    r"ssh://[A-Za-z0-9_][A-Za-z0-9._-]{0,31}@"
    r"([A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9a-fA-F:.]+\]):([1-9][0-9]{0,4})"
)
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
KEY_HEAD = b"\0\0\0\x0bssh-ed25519\0\0\0\x20"


def sha256(data):
    return hashlib.sha256(data).digest()


def digest_text(raw):
    return "sha256:" + raw.hex()


def digest_bytes(text):
    return bytes.fromhex(text[7:])


def _string(value):
    check(isinstance(value, str), "bad-document", "not a string")
    return value


def _match(pattern, what):
    def test(value):
        check(
            pattern.fullmatch(_string(value)), "bad-document", f"not a {what}"
        )

    return test


name = _match(NAME, "name")
version = _match(VERSION, "version")
incarnation = _match(re.compile(r"[0-9a-f]{32}"), "incarnation")
fingerprint = _match(re.compile(r"SHA256:[A-Za-z0-9+/]{43}"), "fingerprint")
repository_id = _match(re.compile(r"[0-9a-f]{64}"), "repository id")


def digest(value):
    _match(DIGEST, "digest")(value)
    check(value[7:] != "0" * 64, "bad-document", "a digest of zeros")


def text(value, least=1, most=1023):
    _string(value)
    check(not CONTROL.search(value), "bad-document", "control characters")
    check(
        least <= len(value.encode()) <= most, "bad-document", "a wrong length"
    )


def label_value(value):
    text(value, 0, 127)


def file_name(value):
    text(value, 1, 255)
    check(
        "/" not in value and "\\" not in value and value[0] != ".",
        "bad-document",
        "not a file name",
    )


def time(value):
    try:
        moment = datetime.datetime.strptime(
            _string(value), "%Y-%m-%dT%H:%M:%SZ"
        )
    except ValueError as error:
        raise Refused("bad-document", "not a time") from error
    check(
        len(value) == 20 and moment > datetime.datetime(1970, 1, 1),
        "bad-document",
        "not a time",
    )


def key_blob(line):
    """The SSH key blob of a key line, which may have a comment."""
    words = line.split()
    check(
        len(words) >= 2 and words[0] == "ssh-ed25519", "key", "not a key line"
    )
    try:
        blob = base64.b64decode(words[1], validate=True)
    except binascii.Error as error:
        raise Refused("key", "not base64") from error
    check(len(blob) == 51 and blob.startswith(KEY_HEAD), "key", "not Ed25519")
    return blob


def key_line(value):
    check(_string(value).count(" ") == 1, "bad-document", "not a key line")
    key_blob(value)


def line_of_blob(blob):
    return "ssh-ed25519 " + base64.b64encode(blob).decode()


def id_of_key(line):
    """The repository id that a first public key makes."""
    return sha256(key_blob(line)).hex()


def fingerprint_of_key(line):
    raw = base64.b64encode(sha256(key_blob(line))).decode()
    return "SHA256:" + raw.rstrip("=")


def address(value):
    match = ADDRESS.fullmatch(_string(value))
    check(
        match and int(match.group(2)) <= 65535, "bad-document", "not an address"
    )


def pattern(value):
    text(value, 1, 127)
    check(
        re.fullmatch(r"[A-Za-z0-9._+*?-]+", value), "bad-document", "a pattern"
    )


def pattern_matches(glob, value):
    """Does a pattern of formats.md section 1 match a whole name?"""
    parts = [{"*": ".*", "?": "."}.get(c, re.escape(c)) for c in glob]
    return re.fullmatch("".join(parts), value) is not None


def version_key(value):
    """A key that sorts versions in natural order."""

    class Run:
        def __init__(self, run):
            self.digits = run[0].isdigit()
            self.run = run
            self.zeros = len(run) - len(run.lstrip("0"))

        def __lt__(self, other):
            if self.digits != other.digits:
                return self.digits
            if not self.digits:
                return self.run < other.run
            return (int(self.run), self.zeros) < (int(other.run), other.zeros)

        def __eq__(self, other):
            return self.run == other.run

    return [
        Run("".join(run))
        for _, run in itertools.groupby(value, key=str.isdigit)
    ]
