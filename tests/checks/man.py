#!/usr/bin/env python3
"""The manual pages are free of mandoc's warnings."""

import re
import shutil
import subprocess
import sys

import tree

LINE = re.compile(r"^mandoc: (.*?):(\d+):\d+: (\w+: .*)$")


def main():
    top = tree.root()
    report = tree.Report()
    if shutil.which("mandoc") is None:
        sys.exit("mandoc is not installed")
    pages = tree.files(top, ".1", ".5", ".8", dirs=("docs/man",))
    if not pages:
        report.exit()
    result = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning", *map(str, pages)],
        cwd=top,
        capture_output=True,
        text=True,
        check=False,
    )
    for line in (result.stdout + result.stderr).splitlines():
        match = LINE.match(line)
        if match:
            report.add(match.group(1), int(match.group(2)), match.group(3))
    if result.returncode != 0 and not report.faults:
        sys.exit(result.stdout + result.stderr)
    report.exit()


if __name__ == "__main__":
    sys.exit(main())
