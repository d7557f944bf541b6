"""Reads and verifies log files (formats.md, section 8)."""

import pathlib

from . import merkle, strictjson, text
from .refusal import Cursor, check

ENTRY_MAX = 64 * 1024


class Log:
    """A whole log: its entries, and the hash of each."""

    def __init__(self, entries, leaves):
        self.entries = entries
        self.leaves = leaves

    def size(self):
        return len(self.leaves)

    def root(self, size=None):
        return text.digest_text(merkle.root(self.leaves[:size]))

    def kinds(self):
        return [entry["kind"] for entry in self.entries]

    def find(self, kind, **wanted):
        """The entries of a kind whose members have these values."""
        return [
            entry
            for entry in self.entries
            if entry["kind"] == kind
            and all(entry.get(name) == wanted[name] for name in wanted)
        ]


def read(path):
    """Verify a log that has no torn tail."""
    cursor = Cursor(pathlib.Path(path).read_bytes(), "bad-log")
    entries, leaves = [], []
    randoms = set()
    while cursor.left():
        size = cursor.number(4)
        check(size <= ENTRY_MAX, "bad-log", "a long entry")
        leaf, body = cursor.take(32), cursor.take(size)
        check(leaf == merkle.leaf_hash(body), "bad-log", "a leaf hash")
        entry = strictjson.decode(body)
        check(
            list(entry)[:5] == ["seq", "time", "kind", "actor", "random"],
            "bad-log",
            "members",
        )
        text.time(entry["time"])
        check(
            len(bytes.fromhex(entry["random"])) == 32
            and entry["random"] not in randoms,
            "bad-log",
            "random",
        )
        randoms.add(entry["random"])
        entries.append(entry)
        leaves.append(leaf)
    numbers = [entry["seq"] for entry in entries]
    if numbers:
        check(
            numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            and numbers[0] in (0, 1),
            "bad-log",
            "numbers of entries",
        )
    return Log(entries, leaves)
