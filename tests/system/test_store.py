"""Stores and state directories that cannot be used, and full disks."""

import contextlib
import os
import pathlib
import random
import shutil
import subprocess
import sys

import harness
from harness import MIB, Skip, changed, network, noise, sha256


@contextlib.contextmanager
def mounted(directory, size):
    """A small file system of its own at a directory."""
    if os.geteuid() != 0:
        raise Skip("only root can mount a small file system")
    directory.mkdir(exist_ok=True)
    result = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "packhorse"]
        + [directory],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise Skip(f"nothing can be mounted here: {result.stderr.strip()}")
    try:
        yield
    finally:
        harness.stop_all()
        subprocess.run(["umount", "-l", directory], check=True)


def noise_bytes(seed):
    """100 kB that a seed decides."""
    return random.Random(seed).randbytes(100_000)


def remount(directory, options):
    subprocess.run(["mount", "-o", f"remount,{options}", directory], check=True)


def stays_down(node, *words):
    """syncd does not start, and says all the words."""
    status = node.launch().wait()
    assert status not in (0, None), node.said()
    for word in words:
        assert word in node.said(), (word, node.said())
    node.log.unlink()
    return status


def test_store_at_start(here):
    """Missing, not mounted, without its marker, of another, in pieces."""
    primary = harness.Primary(here)
    other = harness.Primary(here, "other")
    aside = here / "aside"
    primary.store.rename(aside)
    assert stays_down(primary, str(primary.store)) == 1
    # An empty directory: what is mounted there is not.
    primary.store.mkdir()
    assert stays_down(primary, "marker", "mounted") == 1
    primary.store.rmdir()
    other.store.rename(primary.store)
    assert stays_down(primary, "repository") == 1
    primary.store.rename(other.store)
    aside.rename(primary.store)
    (primary.store / ".packhorse").write_text("{}\n")
    assert stays_down(primary, "marker") == 1
    shutil.copy(other.store / ".packhorse", primary.store / ".packhorse")
    assert stays_down(primary, "repository") == 1


def test_store_while_running(here):
    """A store that goes away fails what needs it, and comes back."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 300_000)
    noise(here / "2.img", 300_000, seed=2)
    primary.publish("disk@1", here / "1.img")
    site.sync()
    aside = here / "aside"
    site.store.rename(aside)
    # Also when nothing is new.
    error = site.fails(1, "sync", "--wait")
    assert error["code"] == "store" and error["next"], error
    (notice,) = site.json("status")["notices"]
    assert "the store is not there any more" in notice, notice
    assert str(site.store) in notice, notice
    assert "/." not in notice, notice
    assert "cannot be used" in site.ctl("status")
    said = site.run("doctor")
    assert said.status == 1, said
    assert "FAILED store" in said.stdout, said
    # A primary's, too.
    mine = here / "mine"
    primary.store.rename(mine)
    error = primary.fails(1, "image", "publish", "disk@2", here / "2.img")
    assert error["code"] == "store" and error["next"], error
    assert "not there any more" in primary.ctl("status")
    assert "FAILED store" in primary.run("doctor").stdout
    mine.rename(primary.store)
    primary.ctl("doctor")
    primary.publish("disk@2", here / "2.img")
    site.store.mkdir()
    answer = site.run("sync", "--wait", "--json")
    assert answer.status in (1, 9), answer
    assert "store" in answer.stdout, answer
    assert list(site.store.iterdir()) == []
    site.store.rmdir()
    aside.rename(site.store)
    site.ctl("doctor")
    site.sync()
    assert site.json("status")["notices"] == []
    assert sha256(site.published("disk", "2", "2.img")) == sha256(
        here / "2.img"
    )


def test_read_only(here):
    """A store that becomes read-only."""
    with mounted(here / "small", "300m"):
        primary = harness.Primary(here).up()
        site = harness.Site(here, "branch", primary)
        site.store = here / "small" / "store"
        site.join()
        primary.apply({"branch": "*"})
        noise(here / "1.img", 300_000)
        primary.publish("disk@1", here / "1.img")
        remount(here / "small", "ro")
        assert stays_down(site, "read-only") == 1
        remount(here / "small", "rw")
        site.start()
        site.sync()
        primary.publish("disk@2", here / "1.img")
        noise(here / "2.img", 300_000, seed=2)
        primary.publish("disk@3", here / "2.img")
        remount(here / "small", "ro")
        answer = site.run("sync", "--wait", "--json")
        assert answer.status in (1, 9), answer
        assert sha256(site.published("disk", "1", "1.img"))
        remount(here / "small", "rw")
        site.sync()
        assert sha256(site.published("disk", "3", "2.img"))


def test_full_at_receive(here):
    """No room at a site: 7 before a byte travels, and nothing is lost."""
    with mounted(here / "small", "80m"):
        primary = harness.Primary(here).up()
        site = harness.Site(here, "branch", primary)
        site.store = here / "small" / "store"
        site.join()
        primary.apply({"branch": "*"})
        site.start()
        noise(here / "1.img", MIB, zeros=False)
        noise(here / "2.img", 20 * MIB, seed=2, zeros=False)
        primary.publish("disk@1", f"d={here / '1.img'}")
        site.sync()
        primary.publish("disk@2", f"d={here / '2.img'}")
        answer = site.run("sync", "--wait", "--json")
        assert answer.status == 7, answer
        assert answer.json()["error"]["code"] == "no-space", answer
        assert "MiB" in answer.stdout, "the shortfall is not named"
        assert not site.published("disk", "2", "d").exists()
        assert sha256(site.published("disk", "1", "d")) == sha256(
            here / "1.img"
        )
        remount(here / "small", "size=300m")
        site.sync()
        assert sha256(site.published("disk", "2", "d")) == sha256(
            here / "2.img"
        )


def sparse_on_small_disk(here, size):
    """A file of that size with little data, published and received."""
    small = here / "small"
    with mounted(small, "256m"):
        primary, site = network(small, "branch")
        path = here / "1.img"
        for version in (1, 2):
            with open(path, "ab") as file:
                file.truncate(size)
            with open(path, "r+b") as file:
                for at in range(0, size, size // 8):
                    file.seek(at + version * 5_000_000)
                    file.write(noise_bytes(version))
            primary.publish(f"disk@{version}", f"d={path}", timeout_s=600)
            site.sync(timeout_s=600)
            copy = site.published("disk", str(version), "d")
            assert sha256(copy) == sha256(path)
            assert copy.stat().st_blocks * 512 < 16 * MIB, copy.stat()


def test_sparse_image_on_small_disk(here):
    """What an image needs is its data, not its size."""
    sparse_on_small_disk(here, 512 * MIB)


@harness.long
@harness.limit(1200)
def test_large_sparse_image_on_small_disk(here):
    """The same with 8 GiB, on 256 MiB."""
    sparse_on_small_disk(here, 8192 * MIB)


def test_filled_while_receiving(here):
    """Somebody else fills the disk in the middle of a transfer."""
    with mounted(here / "small", "160m"):
        primary = harness.Primary(here).up()
        site = harness.Site(here, "branch", primary)
        site.store = here / "small" / "store"
        site.join()
        primary.apply({"branch": "*"})
        site.start()
        noise(here / "1.img", 8 * MIB, zeros=False)
        primary.publish("disk@1", f"d={here / '1.img'}")
        primary.json("repo", "set", "branch", "--rate", "16Mbit/s")
        site.json("sync")
        harness.wait_until(
            lambda: (site.json("status")["upstream"]["running"] or {}).get(
                "wire_bytes_received", 0
            )
            > MIB,
            "it runs",
        )
        with contextlib.suppress(OSError):
            with open(here / "small" / "filler", "wb", 0) as file:
                while True:
                    file.write(bytes(65536))
        harness.wait_until(
            lambda: site.json("status")["upstream"]["running"] is None,
            "it fails",
        )
        last = site.json("status")["upstream"]["last"]
        assert last["outcome"] in ("failed", "partial"), last
        assert not site.published("disk", "1", "d").exists()
        (here / "small" / "filler").unlink()
        primary.json("repo", "set", "branch", "--rate", "1Gbit/s")
        site.sync()
        assert sha256(site.published("disk", "1", "d")) == sha256(
            here / "1.img"
        )


def test_full_at_publish(here):
    """No room at the primary: 7, and all is as it was."""
    with mounted(here / "small", "80m"):
        primary = harness.Primary.__new__(harness.Primary)
        harness.Node.__init__(primary, here, "centre")
        primary.port, primary.sshd = harness.free_port(), None
        primary.store = here / "small" / "store"
        primary.json(
            *("init", "primary", "centre", "--state-dir", primary.state),
            *("--store-dir", primary.store),
        )
        primary.start()
        noise(here / "1.img", MIB, zeros=False)
        noise(here / "2.img", 30 * MIB, zeros=False)
        primary.publish("disk@1", f"d={here / '1.img'}")
        error = primary.fails(
            7, "image", "publish", "disk@2", f"d={here / '2.img'}"
        )
        assert error["code"] == "no-space", error
        with open(here / "2.img", "rb") as file:
            error = primary.fails(
                7, "image", "publish", "disk@2", "d=-", stdin=file
            )
        assert error["code"] == "no-space", error
        # A pipe, of which nobody knows how much will come.
        with harness.pipe(here / "2.img") as stream:
            error = primary.fails(
                7, "image", "publish", "disk@2", "d=-", stdin=stream
            )
        assert error["code"] == "no-space", error
        for word in ("of d: disk@2 needs", "is free", "short"):
            assert word in error["what"], error
        assert "room for all of it" in error["next"], error
        # The doctor sees a disk that is full up to the margin: 7.
        filler = noise(here / "small" / "filler", 30 * MIB, zeros=False)
        answer = primary.run("doctor")
        assert answer.status == 7, answer
        assert "FAILED space" in answer.stdout, answer
        assert "next: make room" in answer.stdout, answer
        filler.unlink()
        assert not list((primary.store / "staging").iterdir())
        assert [r["version"] for r in primary.json("image", "ls")["images"]] == [
            "1"
        ]
        changed(here / "1.img", here / "3.img")
        primary.publish("disk@3", f"d={here / '3.img'}")


def test_state_on_fuse(here):
    """state_dir on a FUSE file system is refused."""
    if os.geteuid() != 0 or not pathlib.Path("/dev/fuse").exists():
        raise Skip("only root can mount a FUSE file system, with /dev/fuse")
    primary = harness.Primary(here)
    fuse = subprocess.Popen(
        [sys.executable, "-B"]
        + [pathlib.Path(__file__).parent / "emptyfuse.py", primary.state],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        if not fuse.stdout.readline():
            raise Skip(f"no FUSE here: {fuse.communicate()[1].strip()}")
        stays_down(primary, "FUSE")
        other = harness.Node(here, "other")
        answer = other.run(
            *("init", "primary", "other", "--state-dir", primary.state),
            *("--store-dir", other.store, "--json"),
        )
        assert answer.status != 0, answer
        assert "fuse" in answer.stdout.lower(), answer
        assert "fuse" in primary.run("doctor").stdout.lower()
    finally:
        with contextlib.suppress(BrokenPipeError):
            fuse.communicate(timeout=10)
    primary.start()


def test_init_refusals(here):
    """init touches nothing that exists, and refuses what cannot be."""
    primary = harness.Primary(here)
    before = sorted(str(path) for path in primary.here.rglob("*"))
    for words in (
        ("init", "primary", "again", "--state-dir", primary.state)
        + ("--store-dir", here / "new"),
        ("init", "primary", "again", "--state-dir", here / "new-state")
        + ("--store-dir", primary.store),
        ("init", "primary", "a/b", "--state-dir", here / "s")
        + ("--store-dir", here / "t"),
        ("init", "primary", "again", "--state-dir", here / "no" / "where")
        + ("--store-dir", here / "new"),
        ("init", "primary", "again", "--state-dir", here / ("s" * 120))
        + ("--store-dir", here / "new"),
    ):
        answer = primary.run(*words, "--json")
        assert answer.status != 0, (words, answer)
        answer.error()
    assert sorted(str(path) for path in primary.here.rglob("*")) == before
    other = harness.Node(here, "site")
    join = other.here / "join"
    primary.up()
    primary.json("repo", "add", "site", "--reason", "coverage")
    good = primary.ctl("repo", "invite", "site")
    words = ("init", "site", "--join", join)
    words += ("--state-dir", other.state, "--store-dir", other.store)
    for bad, status in (
        (good.replace('"name":"site"', '"name":"sitf"'), (6,)),
        (good.split("-----BEGIN")[0], (2, 6)),
        ("", (2, 6)),
        ("nonsense\n", (2, 6)),
    ):
        join.write_text(bad)
        other.fails_with(status, *words)
        assert not other.config.exists() and not other.state.exists()
    join.write_text(good)
    other.fails_with((2,), "init", "site", "wrong", *words[2:])
    other.ctl(*words)
