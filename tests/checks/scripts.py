#!/usr/bin/env python3
"""Scripts parse, and those with a first line of #! can be executed."""

import ast
import os
import subprocess
import sys

import tree

DIRS = ("tests", "deploy", ".ci")


def script_files(top):
    for name in DIRS:
        for path in sorted((top / name).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(top)


def first_line(top, path):
    with open(top / path, "rb") as file:
        return file.readline(200).decode("utf-8", errors="replace")


def check_python(report, top, path):
    try:
        ast.parse(tree.read(top, path))
    except SyntaxError as error:
        report.add(path, error.lineno or 1, error.msg)


def check_shell(report, top, path):
    result = subprocess.run(
        ["bash", "-n", str(top / path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        report.add(path, 1, result.stderr.strip())


def main():
    top = tree.root()
    report = tree.Report()
    for path in script_files(top):
        line = first_line(top, path)
        if path.suffix == ".py" or "python3" in line and line[:2] == "#!":
            check_python(report, top, path)
        elif line[:2] == "#!" and ("bash" in line or "/sh" in line):
            check_shell(report, top, path)
        if line[:2] == "#!" and not os.access(top / path, os.X_OK):
            report.add(path, 1, "begins with #! and is not executable")
    report.exit()


if __name__ == "__main__":
    sys.exit(main())
