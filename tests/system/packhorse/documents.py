"""Documents: their members, their signatures, their sealed form."""

import base64
import binascii
import dataclasses
import pathlib

from . import sshsig, strictjson, text
from .refusal import Cursor, Refused, check
from .strictjson import members

DOCUMENT_MAX = 256 * 1024
GRANT_MAX = 2048
SIGNATURES_MAX = 8
REASONS = (
    "coverage separation isolated-network low-bandwidth capacity"
    " fault-tolerance"
).split()
ROLES = ("authority", "publisher", "policy", "primary")


def number(least=0, most=strictjson.INTEGER_MAX):
    def test(value):
        check(type(value) is int, "bad-document", "not an integer")
        check(least <= value <= most, "bad-document", "out of range")

    return test


def one_of(*values):
    def test(value):
        check(
            type(value) in (str, int, bool) and value in values,
            "bad-document",
            "not one of those",
        )

    return test


def boolean(value):
    check(type(value) is bool, "bad-document", "not true or false")


def null(value):
    check(value is None, "bad-document", "not null")


def maybe(test):
    return lambda value: None if value is None else test(value)


def listing(test, least=0, most=2**20, unique=False):
    def check_list(value):
        check(isinstance(value, list), "bad-document", "not a list")
        check(least <= len(value) <= most, "bad-document", "a wrong number")
        for item in value:
            test(item)
        if unique:
            check(len(set(value)) == len(value), "bad-document", "twice")

    return check_list


def table(test_name, test_value, most):
    def check_table(value):
        check(isinstance(value, dict), "bad-document", "not an object")
        check(len(value) <= most, "bad-document", "too many members")
        for name, member in value.items():
            test_name(name)
            test_value(member)

    return check_table


def record(**shape):
    return lambda value: members(value, shape)


def anything(value):
    check(isinstance(value, dict), "bad-document", "not an object")


ORDER = record(epoch=number(1), generation=number(1))
CHECKPOINT = record(size=number(), root=text.digest)
LABELS = table(text.name, text.label_value, 64)
ROLE = record(
    keys=listing(text.key_line, 1, 16, unique=True), threshold=one_of(1)
)
SELECTOR = record(
    name=maybe(text.pattern), labels=LABELS, owner=maybe(text.text)
)
FILE = record(
    name=text.file_name,
    size=number(1, 2**48),
    digest=text.digest,
    map=text.digest,
)
UPSTREAM = record(
    id=text.repository_id, address=text.address, host_key=text.key_line
)


def log_name(value):
    if value not in ("main", "local"):
        text.repository_id(value)


SHAPES = {
    "trust": {
        "epoch": number(1),
        "time": text.time,
        "primary": text.repository_id,
        "roles": record(**{role: ROLE for role in ROLES}),
    },
    "charter": {
        "repository": text.repository_id,
        "name": text.name,
        "epoch": number(1),
        "generation": number(1),
        "time": text.time,
        "key": text.key_line,
        "revoked": boolean,
        "upstreams": listing(UPSTREAM, 0, 16),
        "reasons": listing(one_of(*REASONS), 1, 6, unique=True),
        "ceiling": record(
            may_hold=listing(SELECTOR, 0, 1024),
            never=listing(SELECTOR, 0, 1024),
        ),
    },
    "manifest": {
        "image": text.name,
        "version": text.version,
        "revision": number(1),
        "time": text.time,
        "files": listing(FILE, 1, 256),
        "labels": LABELS,
        "owner": maybe(text.text),
        "key": text.fingerprint,
    },
    "grant": {
        "repository": text.repository_id,
        "epoch": number(1),
        "generation": number(1),
        "time": text.time,
        "expires": maybe(text.time),
        "items": number(),
        "list": text.digest,
    },
    "receipt": {
        "repository": text.repository_id,
        "number": number(1),
        "previous": maybe(text.digest),
        "incarnation": text.incarnation,
        "time": text.time,
        "grant": maybe(ORDER),
        "set": record(digest=text.digest, count=number()),
        "free": number(),
        "never": maybe(text.digest),
        "medium": maybe(text.text),
        "checkpoint": CHECKPOINT,
        "commitments": listing(text.digest, 0, 64),
    },
    "checkpoint": {
        "owner": text.repository_id,
        "log": log_name,
        "size": number(),
        "root": text.digest,
        "time": text.time,
    },
    "join": {
        "name": text.name,
        "repository": maybe(text.repository_id),
        "primary": text.repository_id,
        "address": text.address,
        "host_key": text.key_line,
        "trust": listing(
            lambda value: check(isinstance(value, str), "bad-document", ""),
            1,
            64,
        ),
        "time": text.time,
    },
}


def _check_manifest(value):
    names = [file["name"] for file in value["files"]]
    check(
        names == sorted(names, key=str.encode), "bad-document", "not in order"
    )
    folded = {name.encode().lower() for name in names}
    check(len(folded) == len(names), "bad-document", "a file twice")


def decode(data, kind=None):
    """The members of a document whose signatures were checked before."""
    check(len(data) <= DOCUMENT_MAX, "limit", "too long")
    value = strictjson.decode(data)
    check(value.get("kind") in SHAPES, "bad-document", "kind")
    check(kind in (None, value["kind"]), "bad-document", "another kind")
    kind = value["kind"]
    check(kind != "grant" or len(data) <= GRANT_MAX, "limit", "too long")
    shape = {"schema": one_of(1), "kind": one_of(kind)}
    members(value, shape | SHAPES[kind] | {"extra": anything})
    if kind == "manifest":
        _check_manifest(value)
    if kind == "receipt":
        check(
            (value["number"] == 1) == (value["previous"] is None),
            "bad-document",
            "previous",
        )
    return value


@dataclasses.dataclass
class Document:
    """Bytes and the signatures that came with them, not checked yet."""

    data: bytes
    signatures: list

    def digest(self):
        return text.digest_text(text.sha256(self.data))

    def seal(self):
        parts = [len(self.data).to_bytes(4, "big"), self.data]
        parts.append(bytes([len(self.signatures)]))
        for blob in self.signatures:
            parts += [len(blob).to_bytes(2, "big"), blob]
        return b"".join(parts)

    def signers(self, kind):
        """The key lines that signed; a signature that fails is refused."""
        namespace = "packhorse-" + kind
        return [
            sshsig.verify(self.data, blob, namespace)
            for blob in self.signatures
        ]

    def verify(self, kind, keys):
        """The members, when one of the keys signed."""
        check(
            set(self.signers(kind)) & set(keys),
            "bad-signature",
            f"no key of the role signed this {kind}",
        )
        return decode(self.data, kind)


def unseal(data):
    """(document, what follows it) of a sealed document."""
    cursor = Cursor(data, "bad-document")
    size = cursor.number(4)
    check(1 <= size <= DOCUMENT_MAX, "limit", "too long")
    body = cursor.take(size)
    count = cursor.number(1)
    check(1 <= count <= SIGNATURES_MAX, "bad-document", "signatures")
    blobs = []
    for _ in range(count):
        size = cursor.number(2)
        check(size <= sshsig.SIZE_MAX, "limit", "a long signature")
        blobs.append(cursor.take(size))
    return Document(body, blobs), cursor.rest()


def unseal_all(data):
    document, rest = unseal(data)
    check(not rest, "bad-document", "bytes follow")
    return document


def load(path):
    """NAME.json with NAME.json.sig."""
    path = pathlib.Path(path)
    armoured = path.with_name(path.name + ".sig").read_text("ascii")
    return Document(path.read_bytes(), sshsig.unarmour(armoured))


def load_join(path):
    """A join file: the document, then its signatures."""
    data = pathlib.Path(path).read_bytes()
    head, mark, tail = data.partition(sshsig.BEGIN.encode())
    check(mark, "bad-document", "no signature")
    return Document(head, sshsig.unarmour((mark + tail).decode("ascii")))


class Trust:
    """A chain of trust documents from its anchor on."""

    def __init__(self, anchor=None):
        """anchor is a pinned key line of the authority, or None."""
        self.anchor = anchor
        self.documents = []
        self.value = None

    def epoch(self):
        return self.value["epoch"] if self.value else 0

    def keys(self, role):
        return self.value["roles"][role]["keys"]

    def add(self, document):
        signers = set(document.signers("trust"))
        value = decode(document.data, "trust")
        own = value["roles"]["authority"]["keys"]
        check(signers & set(own), "bad-signature", "not by its authority")
        if self.value is None:
            check(
                self.anchor is None or self.anchor in set(own) & signers,
                "bad-signature",
                "not by the pinned key",
            )
        else:
            check(value["epoch"] == self.epoch() + 1, "older", "a gap")
            check(
                signers & set(self.keys("authority")),
                "bad-signature",
                "not by the authority before",
            )
        self.value = value
        self.documents.append(document)


def join_trust(document):
    """(members, trust) of a join file that holds together."""
    value = decode(document.data, "join")
    trust = Trust()
    for item in value["trust"]:
        try:
            sealed = base64.b64decode(item, validate=True)
        except binascii.Error as error:
            raise Refused("bad-document", "not base64") from error
        trust.add(unseal_all(sealed))
    check(value["primary"] == trust.value["primary"], "bad-document", "primary")
    document.verify("join", trust.keys("primary"))
    return value, trust
