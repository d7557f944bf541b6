"""Memory does not depend on the size of images (release build)."""

import os
import random
import re

import harness
from harness import MIB, Skip, network, sha256

LIMIT_KIB = 300 * 1024


def peak_kib(node):
    """The most memory that a syncd ever had."""
    status = open(f"/proc/{node.syncd.process.pid}/status").read()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1))


def blocks(path, size, every, seed):
    """A file of size bytes with a random MiB at every so many."""
    generator = random.Random(seed)
    with open(path, "ab") as file:
        file.truncate(size)
    with open(path, "r+b") as file:
        for offset in range(0, size - MIB, every):
            file.seek(offset)
            file.write(generator.randbytes(MIB))
    return path


@harness.long
@harness.alone
@harness.limit(1200)
def test_memory(here):
    """A 4 GiB sparse and a 2 GiB dense pair, under 300 MiB resident."""
    if b"__asan_init" in (harness.BUILD / "syncd").read_bytes():
        raise Skip("sanitizers take memory of their own")
    primary, site = network(here, "branch")
    for image, size, every in (
        ("sparse", 4096 * MIB, 128 * MIB),
        ("dense", 2048 * MIB, MIB),
    ):
        path = blocks(here / image, size, every, 1)
        primary.publish(f"{image}@1", f"d={path}", timeout_s=600)
        run = site.sync(timeout_s=600)
        assert run["images"][0]["method"] == "full", run
        blocks(path, size, 256 * MIB, 2)
        primary.publish(f"{image}@2", f"d={path}", timeout_s=600)
        run = site.sync(timeout_s=600)
        assert run["images"][0]["method"] == "delta", run
        assert run["wire_bytes_received"] < size // 50, run
        copy = site.published(image, "2", "d")
        assert sha256(copy) == sha256(path)
        assert copy.stat().st_blocks <= path.stat().st_blocks + 2048
        os.unlink(path)
        for node in (primary, site):
            peak = peak_kib(node)
            print(f"{image}: {node.name} {peak // 1024} MiB")
            assert peak < LIMIT_KIB, (image, node.name, peak)
