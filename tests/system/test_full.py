"""File systems of the store and of the state that are full or broken."""

import contextlib
import json
import os
import shutil
import subprocess

import harness
from harness import MIB, Skip, changed, network, noise, sha256
from test_store import remount, stays_down


@contextlib.contextmanager
def looped(directory, size_mib):
    """An ext4 file system in a file, mounted at a directory."""
    if os.geteuid() != 0:
        raise Skip("only root can mount a file system")
    if not shutil.which("mkfs.ext4"):
        raise Skip("there is no mkfs.ext4")
    image = directory.with_name(directory.name + ".ext4")
    with open(image, "wb") as file:
        file.truncate(size_mib * MIB)
    directory.mkdir(exist_ok=True)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True)
    result = subprocess.run(
        ["mount", "-o", "loop", image, directory],
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


def fill(directory):
    """Take all blocks of a file system; the file that has them."""
    path = directory / "filler"
    for size in (MIB, 4096, 1024, 1):
        with contextlib.suppress(OSError), open(path, "ab", 0) as file:
            while True:
                file.write(bytes(size))
    # Directories take whole blocks, which may be left in twos and threes.
    with contextlib.suppress(OSError):
        for n in range(10_000):
            (directory / f"filler.{n}").mkdir()
    return path


def drain(directory):
    """Give the blocks back."""
    for path in directory.glob("filler*"):
        path.rmdir() if path.is_dir() else path.unlink()


def primary_in(here, store=None, state=None):
    """A primary whose store or state lies in another directory."""
    primary = harness.Primary.__new__(harness.Primary)
    harness.Node.__init__(primary, here, "centre")
    primary.port = harness.free_port()
    primary.store = store or primary.store
    primary.state = state or primary.state
    primary.made = primary.json(
        *("init", "primary", "centre", "--state-dir", primary.state),
        *("--store-dir", primary.store, "--sshd-port", primary.port),
    )
    primary.sshd_config = primary.state / "sshd" / "sshd_config"
    primary.host_key = primary.state / "sshd" / "host_key"
    primary.user = primary.made["address"].split("@")[0][len("ssh://") :]
    return primary


def states(node):
    return {
        (row["image"], row["version"]): row["state"]
        for row in node.json("image", "ls")["images"]
    }


def test_owed_on_a_full_store(here):
    """What cannot be shown for want of room is named, and comes by itself."""
    small = here / "small"
    with looped(small, 200):
        primary = primary_in(here, store=small / "store").up()
        site = harness.Site(here, "branch", primary).join()
        primary.apply({"branch": "*"})
        noise(here / "1.img", MIB)
        primary.publish("disk@1", f"d={here / '1.img'}")
        primary.stop()
        shutil.rmtree(primary.store / "published" / "disk")
        fill(small)
        primary.start()
        assert states(primary) == {("disk", "1"): "complete"}
        assert not (primary.store / "published" / "disk").exists()
        notices = " ".join(primary.json("status")["notices"])
        assert "disk@1 is recorded and not visible yet" in notices, notices
        assert "free 1 MiB" in notices, notices
        error = primary.fails(
            7, "image", "publish", "disk@2", f"d={here / '1.img'}"
        )
        assert error["code"] == "no-space", error
        site.start()
        drain(small)
        # It is published all the same: its sites receive it.
        site.sync()
        assert sha256(site.published("disk", "1", "d")) == sha256(
            here / "1.img"
        )
        harness.wait_until(
            lambda: states(primary) == {("disk", "1"): "visible"},
            "it is shown",
            60,
        )
        assert sha256(primary.published("disk", "1", "d")) == sha256(
            here / "1.img"
        )
        assert not [
            n for n in primary.json("status")["notices"] if "disk@1" in n
        ]
        changed(here / "1.img", here / "2.img")
        primary.publish("disk@2", f"d={here / '2.img'}")
        site.sync()


def test_owed_at_a_site(here):
    """The same at a site: its receipt says that it holds and hides it."""
    small = here / "small"
    with looped(small, 200):
        primary = harness.Primary(here).up()
        site = harness.Site(here, "branch", primary)
        site.store = small / "store"
        site.join()
        primary.apply({"branch": "*"})
        noise(here / "1.img", MIB)
        primary.publish("disk@1", f"d={here / '1.img'}")
        site.start()
        site.sync()
        site.stop()
        shutil.rmtree(site.store / "published" / "disk")
        fill(small)
        site.start()
        site.sync()
        item = primary.holdings("branch")["disk", "1"]
        assert item["state"] == "complete" and item["held"], item
        drain(small)
        site.sync()
        assert primary.holdings("branch")["disk", "1"]["state"] == "visible"
        assert sha256(site.published("disk", "1", "d")) == sha256(
            here / "1.img"
        )


def test_full_state(here):
    """No room for the state: told as that, and nothing is lost."""
    small = here / "small"
    with looped(small, 64):
        primary = primary_in(here, state=small / "state").up()
        site = harness.Site(here, "branch", primary).join()
        primary.apply({"branch": "*"})
        noise(here / "1.img", 300_000)
        noise(here / "2.img", 300_000, seed=2)
        primary.publish("disk@1", f"d={here / '1.img'}")
        site.start()
        site.sync()
        fill(small)
        error = primary.fails(
            7, "image", "publish", "disk@2", f"d={here / '2.img'}"
        )
        assert error["code"] == "no-space", error
        assert "state_dir" in error["what"], error
        primary.fails_with(
            (7,), "repo", "add", "other", "--reason", "coverage"
        )
        # What needs no room goes on.
        assert states(primary) == {("disk", "1"): "visible"}
        site.run("sync", "--wait")
        primary.kill()
        primary.start()
        assert states(primary) == {("disk", "1"): "visible"}
        primary.kill()
        drain(small)
        primary.start()
        assert states(primary) == {("disk", "1"): "visible"}
        primary.publish("disk@2", f"d={here / '2.img'}")
        site.sync()
        assert sha256(site.published("disk", "2", "d")) == sha256(
            here / "2.img"
        )
        primary.audit("main")


def test_read_only_state(here):
    """A state that cannot be written: a clear refusal, and nothing lost."""
    small = here / "small"
    with looped(small, 64):
        primary = primary_in(here, state=small / "state").up()
        noise(here / "1.img", 300_000)
        primary.publish("disk@1", f"d={here / '1.img'}")
        primary.kill()
        remount(small, "ro")
        status = stays_down(primary, "Read-only", str(primary.state))
        assert status == 1, status
        remount(small, "rw")
        primary.start()
        assert states(primary) == {("disk", "1"): "visible"}
        primary.publish("disk@2", f"d={here / '1.img'}")


def ruin_zero(path):
    path.write_bytes(b"")


def ruin_cut(path):
    os.truncate(path, path.stat().st_size // 3 + 100)


def ruin_short(path):
    os.truncate(path, 100)


def ruin_head(path):
    with open(path, "r+b") as file:
        file.write(os.urandom(8192))


def ruin_pages(path):
    with open(path, "r+b") as file:
        for page in range(2, path.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(os.urandom(4096))


def ruin_all(path):
    path.write_bytes(os.urandom(path.stat().st_size))


def test_damaged_index(here):
    """However data.mdb is ruined, it is made anew from the rest."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 300_000)
    primary.publish("disk@1", f"d={here / '1.img'}")
    site.sync()
    for node in (primary, site):
        before = states(node)
        for ruin in (
            *(ruin_zero, ruin_cut, ruin_short, ruin_head),
            *(ruin_pages, ruin_all),
        ):
            node.kill()
            ruin(node.state / "index" / "data.mdb")
            node.start()
            assert states(node) == before, ruin.__name__
            notices = " ".join(node.json("status")["notices"])
            assert "index" in notices, (ruin.__name__, notices)
    run = site.sync()
    assert run["wire_bytes_received"] < 65536, run
    assert primary.holdings("branch")["disk", "1"]["state"] == "visible"


def test_withdrawn_on_a_full_store(here):
    """What is denied goes, be the store as full as it can be."""
    small = here / "small"
    with looped(small, 500):
        primary = harness.Primary(here).up()
        site = harness.Site(here, "branch", primary)
        site.store = small / "store"
        site.join()
        primary.apply({"branch": "*"})
        noise(here / "1.img", MIB)
        noise(here / "2.img", MIB, seed=2)
        primary.publish("disk@1", f"d={here / '1.img'}")
        primary.publish("open@1", f"d={here / '2.img'}")
        site.start()
        site.sync()
        fill(small)
        primary.apply({"branch": "open"})
        site.run("sync", "--wait")
        assert not (site.store / "published" / "disk").exists()
        assert sha256(here / "1.img") not in site.blobs()
        assert site.published("open", "1", "d").exists()
        drain(small)
        site.sync()
        assert primary.holdings("branch")["disk", "1"]["held"] is False

        # The marker of the store, one of three places, catches up.
        def marked():
            marker = json.loads((site.store / ".packhorse").read_text())
            return marker["grant"]["generation"]

        grants = site.state / "documents" / "grants"
        newest = max(
            int(path.stem.split("-")[-1]) for path in grants.glob("*.json")
        )
        harness.wait_until(lambda: marked() == newest, "it catches up", 60)
