"""Block maps: the hash of each 64 KiB of a blob (formats.md, section 3)."""

from . import text

BLOCK = 65536


def blocks_of(size):
    return (size + BLOCK - 1) // BLOCK


def of_file(path):
    """The block map of a file."""
    hashes = []
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            hashes.append(text.sha256(block))
    return b"".join(hashes)


def root(hashes):
    return text.digest_text(text.sha256(hashes))
