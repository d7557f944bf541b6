"""What the daemons take of memory does not depend on the size of images."""

import os
import random
import re

import harness
from harness import MIB, network, sha256

GIB = 1024 * MIB
# Resident at the highest, of either daemon, in a Release build.
LIMIT = 300 * MIB


def noise_bytes(size, seed):
    return random.Random(seed).randbytes(size)


def peak(node):
    """The most that a daemon was resident, in bytes."""
    with open(f"/proc/{node.syncd.process.pid}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) * 1024


def assert_small(*nodes):
    for node in nodes:
        assert peak(node) < LIMIT, (node.name, peak(node) // MIB)


def dense(path, size, seed):
    """A file without holes or repeats that a seed decides."""
    with open(path, "wb") as file:
        for n in range(size // MIB):
            file.write(noise_bytes(MIB, seed * 100_003 + n))


def dense_changed(old, new, every=1600):
    """One page of every so many is another, and 1 MiB comes in the middle."""
    size = os.path.getsize(old)
    with open(old, "rb") as source, open(new, "wb") as target:
        for n in range(size // MIB):
            piece = bytearray(source.read(MIB))
            if n % (every // 256) == 0:
                piece[4096:8192] = noise_bytes(4096, n)
            if n == size // MIB // 2:
                target.write(noise_bytes(MIB, 7))
            target.write(piece)


@harness.alone
@harness.long
@harness.limit(900)
def test_sparse(here):
    """4 GiB of which little is data: a first copy and an update."""
    primary, site = network(here, "branch")
    for version in (1, 2):
        path = here / f"{version}.img"
        with open(path, "wb") as file:
            file.truncate(4 * GIB)
            for n in range(64):
                file.seek(n * 64 * MIB)
                file.write(noise_bytes(MIB, n if n % 8 else version))
        primary.publish(f"sparse@{version}", f"d={path}")
        site.sync()
        held = site.published("sparse", str(version), "d")
        assert sha256(held) == sha256(path)
        assert os.stat(held).st_blocks * 512 < 128 * MIB
    assert_small(primary, site)


@harness.alone
@harness.long
@harness.limit(1800)
def test_dense(here):
    """2 GiB of noise: a first copy, and a delta with a shift in it."""
    primary, site = network(here, "branch")
    dense(here / "1.img", 2 * GIB, 1)
    dense_changed(here / "1.img", here / "2.img")
    for version in (1, 2):
        path = here / f"{version}.img"
        primary.publish(f"dense@{version}", f"d={path}")
        run = site.sync()
        held = site.published("dense", str(version), "d")
        assert sha256(held) == sha256(path)
    assert run["images"][0]["method"] == "delta", run
    assert run["wire_bytes_received"] < 64 * MIB, run
    assert_small(primary, site)
