"""Lists of grants, sets of receipts, and differences of both."""

import dataclasses

from . import text
from .refusal import check

LINE_MAX = 512
GRANT_STATES = ("allow", "embargo", "retire")
SET_STATES = (
    "partial complete visible embargoed retiring withdrawn"
).split()
EVIDENCE = ("hashed", "inherited", "scrubbed", "adopted", "none")


@dataclasses.dataclass
class Item:
    state: str
    manifest: str
    image: str
    version: str
    evidence: str = ""
    time: str = ""


def _lines(data):
    check(not data or data.endswith(b"\n"), "bad-document", "a cut line")
    lines = data.split(b"\n")[:-1]
    check(lines == sorted(set(lines)), "bad-document", "not in order")
    for line in lines:
        check(1 <= len(line) <= LINE_MAX, "limit", "length of a line")
    return lines


def _items(data, states, fields):
    items = []
    for line in _lines(data):
        words = line.decode("ascii").split(" ")
        check(len(words) == fields, "bad-document", "fields of a line")
        item = Item(*words)
        check(item.state in states, "bad-document", item.state)
        text.digest(item.manifest)
        text.name(item.image)
        text.version(item.version)
        items.append(item)
    names = {(item.image, item.version.lower()) for item in items}
    check(len(names) == len(items), "bad-document", "a version twice")
    return items


def decode_grant(data):
    return _items(data, GRANT_STATES, 4)


def decode_set(data):
    items = _items(data, SET_STATES, 6)
    for item in items:
        check(item.evidence in EVIDENCE, "bad-document", item.evidence)
        none = item.state in ("partial", "withdrawn")
        check((item.evidence == "none") == none, "bad-document", "evidence")
        text.time(item.time)
    return items


def digest(data):
    return text.digest_text(text.sha256(data))


def differences(old, new):
    """The text that makes a new list of an old one."""
    old, new = set(_lines(old)), set(_lines(new))
    changes = [(line, b"-") for line in old - new]
    changes += [(line, b"+") for line in new - old]
    return b"".join(sign + line + b"\n" for line, sign in sorted(changes))


def apply(old, changes):
    """The list that differences make of an old one."""
    lines = set(_lines(old))
    check(not changes or changes.endswith(b"\n"), "bad-document", "cut")
    last = b""
    for change in changes.split(b"\n")[:-1]:
        sign, line = change[:1], change[1:]
        check(line > last, "bad-document", "not in order")
        last = line
        if sign == b"-":
            check(line in lines, "bad-document", "nothing to remove")
            lines.remove(line)
        else:
            check(sign == b"+", "bad-document", "a sign")
            check(line not in lines, "bad-document", "it is there")
            lines.add(line)
    return b"".join(line + b"\n" for line in sorted(lines))
