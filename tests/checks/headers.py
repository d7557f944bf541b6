#!/usr/bin/env python3
"""Every header compiles alone, twice, and its guard is its path."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import tree

COMPILE = """
    -fsyntax-only -x c -std=c11 -D_GNU_SOURCE -Werror -Wall -Wextra
    -Wpedantic -Wstrict-prototypes -Wundef
""".split()


def guard_of(path):
    return re.sub(r"[^A-Z0-9]", "_", str(path).upper())


def check_guard(report, top, path):
    lines = tree.code_only(tree.read(top, path)).splitlines()
    lines = [(n, line.split()) for n, line in enumerate(lines, 1)]
    lines = [(n, words) for n, words in lines if words]
    guard = guard_of(path)
    if len(lines) < 3 or lines[0][1] != ["#ifndef", guard]:
        report.add(path, 1, f"does not begin with #ifndef {guard}")
    elif lines[1][1] != ["#define", guard]:
        report.add(path, lines[1][0], f"#define {guard} is not second")
    elif lines[-1][1] != ["#endif"]:
        report.add(path, lines[-1][0], "does not end with #endif")


def compile_alone(top, path):
    """The compiler's words, or nothing."""
    source = f'#include "{path}"\n' * 2 + "typedef int not_empty;\n"
    command = [os.environ.get("CC", "cc"), *COMPILE, f"-I{top}", "-"]
    result = subprocess.run(
        command,
        cwd=top,
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stderr if result.returncode != 0 else ""


def main():
    top = tree.root()
    report = tree.Report()
    headers = tree.files(top, ".h")
    for path in headers:
        check_guard(report, top, path)
    with ThreadPoolExecutor(max_workers=2) as pool:
        texts = pool.map(lambda path: compile_alone(top, path), headers)
    for path, text in zip(headers, texts):
        if text:
            errors = [s for s in text.splitlines() if "error" in s]
            report.add(path, 1, "does not compile alone: " + errors[0])
    report.exit()


if __name__ == "__main__":
    sys.exit(main())
