#!/usr/bin/env python3
"""Every C file is as clang-format 14 has it, by .clang-format.

Comments, which that leaves alone, have 80 columns as well.
"""

import re
import shutil
import subprocess
import sys

import tree

TOOLS = ("clang-format-14", "clang-format")
LINE = re.compile(r"^(.*?):(\d+):\d+: error: code should be clang-formatted")

COLUMNS = 80
TAB = 8
STRING = re.compile(r'"(?:\\.|[^"\\])*"')
COMMENT = re.compile(r"^\s*(?:/\*|\*)")


def is_long(line):
    """Whether a line is too long, but for a string, which is one word."""
    if not COMMENT.match(line):
        line = STRING.sub("", line).rstrip("\\ ")
    return len(line.expandtabs(TAB)) > COLUMNS


def check_columns(top, paths, report):
    """Report lines that are too long."""
    for path in paths:
        for number, line in enumerate(tree.read(top, path).splitlines(), 1):
            if is_long(line):
                report.add(path, number, f"has more than {COLUMNS} columns")


def main():
    top = tree.root()
    report = tree.Report()
    tool = next((t for t in TOOLS if shutil.which(t)), None)
    if tool is None:
        sys.exit("clang-format-14 is not installed")
    paths = tree.files(top, ".c", ".h")
    if not paths:
        report.exit()
    check_columns(top, paths, report)
    result = subprocess.run(
        [tool, "--dry-run", "-Werror", *map(str, paths)],
        cwd=top,
        capture_output=True,
        text=True,
        check=False,
    )
    seen = set()
    for line in result.stderr.splitlines():
        match = LINE.match(line)
        if match and match.group(1) not in seen:
            seen.add(match.group(1))
            message = f"differs from here on; run {tool} -i on it"
            report.add(match.group(1), int(match.group(2)), message)
    if result.returncode != 0 and not seen:
        sys.exit(result.stderr)
    report.exit()


if __name__ == "__main__":
    sys.exit(main())
