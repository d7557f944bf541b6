"""The main job: publish, replicate by delta, see who holds what."""

import os
import subprocess
import threading

import harness
from harness import MIB, changed, network, noise, sha256

RUN_MEMBERS = {
    "outcome",
    "wire_bytes_received",
    "wire_bytes_sent",
    "images",
}
RUN_IMAGE_MEMBERS = {
    "image",
    "version",
    "method",
    "base",
    "logical_bytes",
    "wire_bytes",
    "seconds",
    "reused_bytes",
}


class Watcher:
    """Looks all the time whether published files are whole."""

    def __init__(self, wanted):
        """wanted maps paths to the digests that they may have."""
        self.wanted = wanted
        self.seen = {path: 0 for path in wanted}
        self.faults = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self.thread.start()
        return self

    def _watch(self):
        while not self.over.wait(0.01):
            for path, digest in self.wanted.items():
                if path.exists():
                    self.seen[path] += 1
                    if self.seen[path] < 20 and sha256(path) != digest:
                        self.faults.append(path)

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        assert not self.faults, self.faults


def ext4_pair(here):
    old = harness.ext4(here / "1.img", 24, ["/usr/share/doc", "/usr/bin"])
    return old, harness.ext4_changed(old, here / "2.img")


@harness.limit(200)
def test_ext4(here):
    """First copy and update of a real ext4 image, with a watcher."""
    old, new = ext4_pair(here)
    primary, site = network(here, "branch")
    watched = {
        site.published("disk", version, "disk.img"): sha256(file)
        for version, file in (("1", old), ("2", new))
    }
    with Watcher(watched) as watcher:
        primary.publish("disk@1", f"disk.img={old}")
        first = site.sync()
        primary.publish("disk@2", f"disk.img={new}")
        second = site.sync()
    for path, digest in watched.items():
        assert sha256(path) == digest
        assert not path.stat().st_mode & 0o222
    assert watcher.seen[site.published("disk", "1", "disk.img")]
    assert RUN_MEMBERS <= set(first), first
    (image,) = first["images"]
    assert RUN_IMAGE_MEMBERS <= set(image), image
    assert (image["method"], image["base"]) == ("full", None), image
    assert image["logical_bytes"] == os.path.getsize(old)
    (image,) = second["images"]
    assert (image["method"], image["base"]) == ("delta", "1"), image
    assert image["reused_bytes"] > 0.5 * os.path.getsize(new), image
    assert isinstance(image["seconds"], (int, float))
    assert second["wire_bytes_received"] >= image["wire_bytes"] > 0
    assert second["wire_bytes_sent"] > 0
    packed = len(
        subprocess.run(
            ["zstd", "-q", "-3", "-c", new], capture_output=True, check=True
        ).stdout
    )
    assert first["wire_bytes_received"] < os.path.getsize(old)
    assert second["wire_bytes_received"] < packed / 2, (second, packed)
    # Holes stay holes.
    copy = site.published("disk", "2", "disk.img")
    assert copy.stat().st_blocks <= new.stat().st_blocks + 64


def test_summary(here):
    """The line that a person remembers, and a contact without news."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 2 * MIB)
    primary.publish("disk@1", here / "1.img")
    said = site.ctl("sync", "--wait")
    assert " MiB for 2.0 MiB (" in said, said
    said = site.ctl("sync", "--wait")
    again = site.sync()
    assert again["outcome"] == "done" and again["images"] == [], again
    assert again["wire_bytes_received"] < 8192, again


def test_several_files(here):
    """A version of several files is one unit; names come from NAME=."""
    primary, site = network(here, "branch")
    noise(here / "payload", MIB + 1)
    noise(here / "other", 70_000, seed=2)
    (here / "tiny").write_bytes(b"x")
    published = primary.publish(
        *("app@1.0", here / "payload", f"index.db={here / 'other'}"),
        *(here / "tiny", "--label", "class=base", "--owner", "Lab 3"),
    )
    assert published["size"] == MIB + 1 + 70_000 + 1, published
    site.sync()
    for name, source in (
        ("payload", "payload"),
        ("index.db", "other"),
        ("tiny", "tiny"),
    ):
        copy = site.published("app", "1.0", name)
        assert sha256(copy) == sha256(here / source)
    (version,) = site.json("image", "show", "app")["versions"]
    assert [f["name"] for f in version["files"]] == [
        "index.db",
        "payload",
        "tiny",
    ]
    assert version["labels"] == {"class": "base"}, version
    assert version["owner"] == "Lab 3", version


def test_three_sites(here):
    """Everything, part, nothing; who holds what is told as it is."""
    primary, every, part, none = network(
        *(here, "all", "part", "none"),
        policy={"all": "*", "part": "win*"},
    )
    noise(here / "win.img", MIB)
    noise(here / "lin.img", MIB // 2, seed=3)
    said = primary.ctl("image", "publish", "winxp@9", here / "win.img")
    assert "all" in said and "part" in said, said
    assert "none" not in said.split(), said
    published = primary.publish("linux@1", here / "lin.img", "--dry-run")
    assert published["dry_run"]
    assert not primary.published("linux", "1", "lin.img").exists()
    published = primary.publish("linux@1", here / "lin.img")
    states = {row["name"]: row["state"] for row in published["recipients"]}
    assert states.get("all") == "allow", published
    assert states.get("part") in (None, "deny"), published
    for site in (every, part, none):
        site.sync()
    said = none.ctl("sync", "--wait")
    assert "nothing is granted to none" in said, said
    assert sha256(every.published("linux", "1", "lin.img"))
    assert sha256(part.published("winxp", "9", "win.img"))
    assert not (part.store / "published" / "linux").exists()
    assert list((none.store / "published").iterdir()) == []
    assert not none.blobs()
    holdings_are_told(primary, part, here)
    where_is_told(primary)


def holdings_are_told(primary, part, here):
    for at, words in ((primary, ("part",)), (part, ())):
        told = at.json("holdings", *words)
        assert {"repository", "grant_generation", "as_of", "items"} <= set(
            told
        )
        assert told["repository"] == "part"
        assert told["grant_generation"] >= 1
        (item,) = told["items"]
        assert {
            *("image", "version", "digest", "size", "files", "allowed"),
            *("held", "state", "evidence"),
        } <= set(item)
        assert (item["image"], item["version"]) == ("winxp", "9")
        assert item["digest"].startswith("sha256:")
        assert item["size"] == MIB
        assert item["files"][0]["digest"] == "sha256:" + sha256(
            here / "win.img"
        )
        assert item["allowed"] is True and item["held"] is True
        assert (item["state"], item["evidence"]) == ("visible", "hashed")
    assert primary.json("holdings", "none")["items"] == []


def where_is_told(primary):
    told = primary.json("where", "linux@1")
    assert (told["image"], told["version"]) == ("linux", "1"), told
    rows = {row["repository"]: row for row in told["repositories"]}
    for row in rows.values():
        assert {
            *("repository", "allowed", "held", "state", "evidence", "as_of"),
        } <= set(row)
    assert rows["all"]["allowed"] is True and rows["all"]["held"] is True
    assert rows["all"]["state"] == "visible"
    for name in ("part", "none"):
        if name in rows:
            assert rows[name]["allowed"] is False, rows
            assert rows[name]["held"] is False, rows
    told = primary.json("where", "linux@1", "--wait")
    assert told["repositories"]


def test_served_by_anyone(here):
    """published/ is usable with syncd stopped, and has its modes."""
    primary, site = network(here, "branch")
    noise(here / "1.img", MIB)
    primary.publish("disk@1", here / "1.img")
    site.sync()
    site.stop()
    path = site.published("disk", "1", "1.img")
    assert sha256(path) == sha256(here / "1.img")
    for directory in (path.parent, path.parent.parent):
        assert directory.stat().st_mode & 0o555 == 0o555
    assert path.stat().st_mode & 0o777 == 0o444


def test_delta_chain(here):
    """Many versions, each a delta on the one before; an older base, too."""
    primary, site = network(here, "branch")
    files = [noise(here / "1.img", 3 * MIB)]
    for n in range(2, 5):
        files.append(changed(files[-1], here / f"{n}.img", seed=n))
    primary.publish("disk@1", f"d={files[0]}")
    site.sync()
    primary.publish("disk@2", f"d={files[1]}")
    primary.publish("disk@3", f"d={files[2]}")
    run = site.sync()
    assert len(run["images"]) == 2
    assert all(image["method"] == "delta" for image in run["images"]), run
    primary.publish("disk@4", f"d={files[3]}")
    run = site.sync()
    assert run["images"][0]["base"] == "3", run
    assert run["wire_bytes_received"] < MIB // 4, run
    for n, file in enumerate(files, 1):
        assert sha256(site.published("disk", str(n), "d")) == sha256(file)


def test_one_blob_twice(here):
    """The same content under two names travels once."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 2 * MIB)
    primary.publish("first@1", here / "1.img")
    site.sync()
    primary.publish("second@1", f"copy.img={here / '1.img'}")
    run = site.sync()
    assert run["wire_bytes_received"] < 65536, run
    assert sha256(site.published("second", "1", "copy.img")) == sha256(
        here / "1.img"
    )
    assert len(site.blobs()) == 1


def test_standard_input(here):
    """NAME=- publishes standard input; --sha256 is checked."""
    primary, site = network(here, "branch")
    noise(here / "1.img", MIB)
    digest = sha256(here / "1.img")
    error = primary.fails(
        6, *("image", "publish", "disk@1", here / "1.img"), "--sha256", "0" * 63 + "1"
    )
    assert error["code"] == "bad-digest", error
    with open(here / "1.img", "rb") as file:
        primary.publish("disk@1", "d.img=-", "--sha256", digest, stdin=file)
    site.sync()
    assert sha256(site.published("disk", "1", "d.img")) == digest


def test_joins_running(here):
    """A second sync joins the one that runs."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 4 * MIB, zeros=False)
    primary.publish("disk@1", here / "1.img")
    primary.json("repo", "set", "branch", "--rate", "12Mbit/s")
    answers = []
    waiters = [
        threading.Thread(target=lambda: answers.append(site.sync()))
        for _ in range(3)
    ]
    for waiter in waiters:
        waiter.start()
    for waiter in waiters:
        waiter.join()
    assert len(answers) == 3
    total = {answer["wire_bytes_received"] for answer in answers}
    runs = [answer for answer in answers if answer["images"]]
    assert len(total) <= 2 and runs, answers
    accounts = len(primary.audit(site.id).find("delivered"))
    assert accounts == 1, primary.audit(site.id).kinds()
