#!/usr/bin/env python3
"""Functions: documented in their header, declared there, not too long.

It reads the layout that clang-format gives (checked by format.py): a
function's name and its opening brace stand at the beginning of a line.
"""

import re
import sys

import tree

FILE_MAX = 700
FUNCTION_MAX = 80
SWITCH_MAX = 120

# Spelt so that this file does not find itself.
LEFTOVER = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
LEFTOVER_SUFFIXES = (".c", ".h", ".py", ".cmake", ".txt", ".md", ".yaml")

NAME = re.compile(r"^([A-Za-z_]\w*)\(")
DECLARATION = re.compile(r"\b([A-Za-z_]\w*)\s*\(")
NOT_A_PROTOTYPE = ("typedef", "#", "}", "{")

# Defined here, declared and called by others.
FOREIGN_ENTRIES = {"main", "LLVMFuzzerTestOneInput"}
LINKER_PREFIX = "__wrap_"


def statements(code):
    """(first line, text) of each file-scope statement; bodies left out."""
    depth = 0
    first, text = None, ""
    continued = False
    for number, line in enumerate(code.splitlines(), 1):
        if continued or line.lstrip().startswith("#"):
            continued = line.endswith("\\")
            continue
        for char in line:
            if char == "{":
                depth += 1
            elif char == "}":
                depth -= 1
                if depth == 0 and "(" in text and "=" not in text:
                    yield first, text + "{}"
                    first, text = None, ""
            elif depth == 0 and char == ";":
                yield first, text
                first, text = None, ""
            elif depth == 0 and not (char.isspace() and first is None):
                first = first or number
                text += char
        if first is not None:
            text += " "


def is_function(text):
    words = text.split()
    if not words or words[0] in NOT_A_PROTOTYPE:
        return False
    if not DECLARATION.search(text) or "(*" in text or "=" in text:
        return False
    return not (words[0] == "_Static_assert" or text.startswith("extern \""))


def check_documented(report, top, path):
    text = tree.read(top, path)
    lines = text.splitlines()
    covered = set()
    for first, statement in statements(tree.code_only(text)):
        last = first + statement_height(lines, first) - 1
        typedef = statement.startswith("typedef ")
        if not typedef and not is_function(statement):
            continue
        above = lines[first - 2].rstrip() if first >= 2 else ""
        if above.endswith("*/") or first - 1 in covered:
            # The comment is for all that follow without an empty line; a
            # callback's type may come first.
            covered.add(last)
            continue
        if typedef:
            continue
        name = DECLARATION.search(statement).group(1)
        report.add(path, first, f"{name} has no comment above it")


def statement_height(lines, first):
    """Lines up to the one that ends with ; or the } of a body."""
    for height, line in enumerate(lines[first - 1 :], 1):
        if line.rstrip().endswith(";") and not line.startswith("\t"):
            return height
        if line.startswith("}"):
            return height
    return 1


def functions(code):
    """(name, is static, first line, body lines) of each definition."""
    lines = code.splitlines()
    for brace, line in enumerate(lines):
        if line.rstrip() != "{":
            continue
        start = brace - 1
        while start >= 0 and not NAME.match(lines[start]):
            if not lines[start].startswith((" ", "\t")):
                break
            start -= 1
        match = NAME.match(lines[start]) if start >= 0 else None
        if not match:
            continue
        kind = lines[start - 1].split() if start > 0 else []
        end = brace
        while end < len(lines) and lines[end].rstrip() != "}":
            end += 1
        first = start if kind else start + 1
        yield match.group(1), "static" in kind, first, lines[brace + 1 : end]


def mainly_a_switch(body):
    """Whether two thirds of the lines are inside switches."""
    inside, depth_of_switch = 0, None
    for line in body:
        depth = len(line) - len(line.lstrip("\t"))
        if depth_of_switch is not None:
            inside += 1
            if depth == depth_of_switch and line.strip() == "}":
                depth_of_switch = None
        elif line.strip().startswith("switch ("):
            depth_of_switch = depth
            inside += 1
    return 3 * inside >= 2 * len(body)


def check_function(report, top, path, function):
    name, static, first, body = function
    limit = SWITCH_MAX if mainly_a_switch(body) else FUNCTION_MAX
    if len(body) > limit:
        message = f"{name} has {len(body)} lines; at most {limit}"
        report.add(path, first, message)
    if static or name in FOREIGN_ENTRIES or name.isupper():
        return
    if name.startswith(LINKER_PREFIX):
        return
    if not any(declares(top, header, name) for header in headers_of(top, path)):
        message = f"{name} is not static, and no header here declares it"
        report.add(path, first, message)


def headers_of(top, path):
    """The headers of the same directory that a .c file includes: its own,
    and what it offers to others of the directory alone."""
    for _, angle, name in tree.includes(tree.read(top, path)):
        header = tree.Path(name)
        if not angle and header.parent == path.parent:
            if (top / header).is_file():
                yield header


def declares(top, header, name):
    text = tree.code_only(tree.read(top, header))
    return re.search(rf"\b{name}\(", text) is not None


def check_source(report, top, path):
    text = tree.read(top, path)
    if not text.startswith("/*\n"):
        report.add(path, 1, "does not begin with a paragraph on what it is for")
    for function in functions(tree.code_only(text)):
        check_function(report, top, path, function)


def check_leftovers(report, top, path):
    for number, line in enumerate(tree.read(top, path).splitlines(), 1):
        match = LEFTOVER.search(line)
        if match:
            report.add(path, number, f"{match.group()} is not left in the tree")


def main():
    top = tree.root()
    report = tree.Report()
    for path in tree.files(top, ".c", ".h"):
        length = len(tree.read(top, path).splitlines())
        if length > FILE_MAX:
            report.add(path, 1, f"{length} lines; at most {FILE_MAX}")
        if path.suffix == ".h":
            check_documented(report, top, path)
        else:
            check_source(report, top, path)
    everywhere = (*tree.SOURCE_DIRS, "docs", "deploy")
    for path in tree.files(top, *LEFTOVER_SUFFIXES, dirs=everywhere):
        check_leftovers(report, top, path)
    report.exit()


if __name__ == "__main__":
    sys.exit(main())
