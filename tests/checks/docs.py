#!/usr/bin/env python3
"""Files that the documents name exist."""

import re
import sys

import tree

PREFIXES = ("proto/", "syncd/", "syncctl/", "tests/", "deploy/", "docs/")
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)

# DIR, MODULE, X: stands for something; README is a name.
PLACEHOLDER = re.compile(r"(?<![A-Za-z])(?!README)[A-Z]+(?![A-Za-z])")
PATTERN = re.compile(r"[*?<>{}…]")


def named_files(text):
    """(line, path) of each file named in backticks, outside of fences."""
    text = FENCE.sub(tree.blank, text)
    for number, line in enumerate(text.splitlines(), 1):
        for code in CODE.findall(line):
            word = code.split()[0] if code.split() else ""
            word = word.rstrip(".,;:")
            if not word.startswith(PREFIXES):
                continue
            if PATTERN.search(word) or PLACEHOLDER.search(word):
                continue
            yield number, word


def linked_files(text):
    """(line, path) of each link to a file beside the document."""
    text = FENCE.sub(tree.blank, text)
    for number, line in enumerate(text.splitlines(), 1):
        for target in LINK.findall(line):
            if "://" not in target and not target.startswith("mailto:"):
                yield number, target


def main():
    top = tree.root()
    report = tree.Report()
    documents = tree.files(top, ".md", dirs=("docs",))
    if (top / "README.md").is_file():
        documents.append(tree.Path("README.md"))
    for path in documents:
        text = tree.read(top, path)
        for line, name in named_files(text):
            if not (top / name).exists():
                report.add(path, line, f"{name} does not exist")
        for line, name in linked_files(text):
            if not (top / path.parent / name).exists():
                report.add(path, line, f"link to {name}, which does not exist")
    report.exit()


if __name__ == "__main__":
    sys.exit(main())
