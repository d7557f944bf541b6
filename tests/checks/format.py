#!/usr/bin/env python3
"""Every C file is as clang-format 14 has it, by .clang-format."""

import re
import shutil
import subprocess
import sys

import tree

TOOLS = ("clang-format-14", "clang-format")
LINE = re.compile(r"^(.*?):(\d+):\d+: error: code should be clang-formatted")


def main():
    top = tree.root()
    report = tree.Report()
    tool = next((t for t in TOOLS if shutil.which(t)), None)
    if tool is None:
        sys.exit("clang-format-14 is not installed")
    paths = tree.files(top, ".c", ".h")
    if not paths:
        report.exit()
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
