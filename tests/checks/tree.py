"""The tree as the checks see it: its files, their text and includes.

Every check is a program: CHECK [ROOT].  It prints "file:line: message" for
each fault and exits 1 when there was one.
"""

import re
import sys
from pathlib import Path

SOURCE_DIRS = ("proto", "syncd", "syncctl", "tests")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')

# A comment, a string or a character, whichever begins first.
TOKEN = re.compile(
    r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""",
    re.DOTALL,
)


class Report:
    """Collects faults and ends the program."""

    def __init__(self):
        self.faults = []

    def add(self, path, line, message):
        self.faults.append((str(path), line, message))

    def exit(self):
        for path, line, message in sorted(self.faults):
            print(f"{path}:{line}: {message}")
        sys.exit(1 if self.faults else 0)


def root():
    """The top of the tree: the argument, or where this file lies."""
    if len(sys.argv) > 1:
        return Path(sys.argv[1]).resolve()
    return Path(__file__).resolve().parents[2]


def files(top, *suffixes, dirs=SOURCE_DIRS):
    """The files below dirs with one of the suffixes, relative to top."""
    found = []
    for name in dirs:
        for path in (top / name).rglob("*"):
            if path.suffix in suffixes and path.is_file():
                found.append(path.relative_to(top))
    return sorted(found)


def read(top, path):
    return (top / path).read_text(encoding="utf-8", errors="replace")


def blank(match):
    """Spaces in place of a match, so that lines and columns stay."""
    return re.sub(r"[^\n]", " ", match.group())


def without_comments(text):
    """Comments become spaces; strings stay."""
    return TOKEN.sub(
        lambda m: blank(m) if m.group().startswith("/") else m.group(), text
    )


def code_only(text):
    """Comments, and what stands in strings and characters, become spaces."""

    def replace(match):
        token = match.group()
        if token.startswith("/"):
            return blank(match)
        return token[0] + " " * (len(token) - 2) + token[-1]

    return TOKEN.sub(replace, text)


def includes(text):
    """(line, is it <>, name) of each include."""
    for number, line in enumerate(without_comments(text).splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == "<", match.group(2)
