"""What rots, is lost or changes at the wrong moment."""

import os
import resource
import shutil
import threading

import harness
from harness import MIB, changed, network, noise, sha256


def flip(path, at, count=1):
    """Change some bytes of a file, which keeps its time."""
    times = os.stat(path)
    mode = times.st_mode & 0o777
    os.chmod(path, 0o600)
    with open(path, "r+b") as file:
        file.seek(at)
        data = file.read(count)
        file.seek(at)
        file.write(bytes(byte ^ 0x55 for byte in data))
    os.chmod(path, mode)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def running_bytes(site):
    running = site.json("status")["upstream"]["running"]
    return running["wire_bytes_received"] if running else 0


def test_denied_while_arriving(here):
    """What is denied while it arrives is cut and wiped; the rest comes."""
    primary, site = network(here, "branch")
    noise(here / "a.img", 6 * MIB, zeros=False)
    noise(here / "b.img", 5000, seed=7)
    primary.publish("secret@1", here / "a.img")
    primary.json("repo", "set", "branch", "--rate", "8Mbit/s")
    site.json("sync")
    harness.wait_until(lambda: running_bytes(site) > MIB, "it arrives")
    assert list((site.store / "staging").iterdir())
    primary.apply({"branch": "open*"})
    secret = sha256(here / "a.img")
    harness.wait_until(
        lambda: not [p for p in site.store.rglob("*") if secret in str(p)],
        "it is wiped",
        timeout_s=10,
    )
    primary.publish("open@1", here / "b.img")
    site.sync()
    assert site.published("open", "1", "b.img").exists()
    assert not (site.store / "published" / "secret").exists()
    item = primary.holdings("branch").get(("secret", "1"))
    assert item is None or not item["held"], item


def test_one_computation(here):
    """Sites that ask at once share one delta, which is cached."""
    names = ("one", "two", "three")
    primary, *sites = network(here, *names)
    noise(here / "1.img", 4 * MIB, zeros=False)
    changed(here / "1.img", here / "2.img")
    primary.publish("disk@1", f"d={here / '1.img'}")
    for site in sites:
        site.sync()
    primary.publish("disk@2", f"d={here / '2.img'}")
    runs = []
    threads = [
        threading.Thread(target=lambda site=site: runs.append(site.sync()))
        for site in sites
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) == 3
    for site, run in zip(sites, runs):
        assert run["images"][0]["method"] == "delta", run
        assert sha256(site.published("disk", "2", "d")) == sha256(
            here / "2.img"
        )
    target = primary.store / "deltas" / sha256(here / "2.img")
    files = sorted(path.name for path in target.iterdir())
    base = sha256(here / "1.img")
    assert files == [f"{base}.data", f"{base}.index"], files


def test_delta_cache_rots(here):
    """A damaged delta cache is made again; nothing wrong is served."""
    primary, one, two = network(here, "one", "two")
    noise(here / "1.img", 2 * MIB, zeros=False)
    changed(here / "1.img", here / "2.img", every=50_000)
    primary.publish("disk@1", f"d={here / '1.img'}")
    for site in (one, two):
        site.sync()
    primary.publish("disk@2", f"d={here / '2.img'}")
    one.sync()
    target = primary.store / "deltas" / sha256(here / "2.img")
    (data,) = target.glob("*.data")
    flip(data, data.stat().st_size // 2, 64)
    (index,) = target.glob("*.index")
    flip(index, index.stat().st_size // 2, 8)
    primary.restart()
    harness.wait_until(
        lambda: two.run("sync", "--wait").status == 0, "it comes", 60
    )
    assert sha256(two.published("disk", "2", "d")) == sha256(here / "2.img")


def test_blob_rots_at_primary(here):
    """A rotten blob at the primary becomes no version anywhere."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 2 * MIB, zeros=False)
    noise(here / "2.img", 5000)
    primary.publish("disk@1", f"d={here / '1.img'}")
    primary.publish("tiny@1", f"d={here / '2.img'}")
    flip(primary.blobs()[sha256(here / "1.img")], MIB, 10)
    answer = site.run("sync", "--wait", "--json")
    assert answer.status not in (0, 11), answer
    assert not site.published("disk", "1", "d").exists()
    assert sha256(site.published("tiny", "1", "d")) == sha256(here / "2.img")
    # Found there and published again, it is right again, and comes.
    assert primary.run("verify", "disk@1").status == 6
    primary.publish("disk@1", f"d={here / '1.img'}")
    harness.wait_until(
        lambda: site.run("sync", "--wait").status == 0, "it comes", 60
    )
    assert sha256(site.published("disk", "1", "d")) == sha256(here / "1.img")


def test_torn_log(here):
    """A torn tail is cut at start; damage in the middle is told."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 5000)
    primary.publish("disk@1", here / "1.img")
    site.sync()
    for node, name in ((primary, "main"), (site, "local")):
        node.kill()
        path = node.state / "log" / f"{name}.log"
        whole = path.read_bytes()
        path.write_bytes(whole + b"\0\0\1\0" + b"torn")
        node.start()
        assert path.read_bytes().startswith(whole)
        node.audit(name)
        node.stop()
        whole = path.read_bytes()
        flip(path, 60, 1)
        status = node.launch().wait()
        assert status == 6, (status, node.said())
        assert "log" in node.said()
        path.write_bytes(whole)
        node.start()
    site.sync()


def test_published_is_lost(here):
    """published/ removed by somebody comes back without transfer."""
    primary, site = network(here, "branch")
    noise(here / "1.img", MIB)
    primary.publish("disk@1", f"d={here / '1.img'}")
    site.sync()
    site.stop()
    shutil.rmtree(site.store / "published" / "disk")
    site.start()
    run = site.sync()
    assert run["wire_bytes_received"] < 65536, run
    assert sha256(site.published("disk", "1", "d")) == sha256(here / "1.img")


def test_blob_is_lost(here):
    """A blob that somebody removed is told, and comes again."""
    primary, site = network(here, "branch")
    noise(here / "1.img", MIB)
    primary.publish("disk@1", f"d={here / '1.img'}")
    site.sync()
    site.stop()
    site.blobs()[sha256(here / "1.img")].unlink()
    shutil.rmtree(site.store / "published" / "disk")
    site.start()
    harness.wait_until(
        lambda: site.run("sync", "--wait").status == 0
        and site.published("disk", "1", "d").exists(),
        "it comes again",
        60,
    )
    assert sha256(site.published("disk", "1", "d")) == sha256(here / "1.img")
    site.ctl("verify")


def test_maps_and_signatures_are_lost(here):
    """maps/ and signatures/ can be made again."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 2 * MIB, zeros=False)
    changed(here / "1.img", here / "2.img")
    primary.publish("disk@1", f"d={here / '1.img'}")
    site.sync()
    for node in (primary, site):
        node.stop()
        for name in ("maps", "signatures"):
            for path in (node.store / name).iterdir():
                path.unlink()
        node.start()
    primary.publish("disk@2", f"d={here / '2.img'}")
    run = site.sync()
    assert run["images"][0]["method"] == "delta", run
    assert sha256(site.published("disk", "2", "d")) == sha256(here / "2.img")


def test_where_waits(here):
    """where --wait ends when everyone who may hold it does."""
    primary, one, two = network(here, "one", "two")
    noise(here / "1.img", MIB)
    primary.publish("disk@1", here / "1.img")
    told = []
    waiter = threading.Thread(
        target=lambda: told.append(primary.json("where", "disk@1", "--wait"))
    )
    waiter.start()
    one.sync()
    two.sync()
    waiter.join(30)
    assert not waiter.is_alive(), "it waits in vain"
    rows = told[0]["repositories"]
    assert all(row["held"] for row in rows if row["allowed"]), told


def test_dry_run(here):
    """sync --dry-run says what would come and go, and does nothing."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 5000)
    noise(here / "2.img", 5000, seed=2)
    primary.publish("disk@1", here / "1.img")
    site.sync()
    primary.apply({"branch": "other*"})
    primary.publish("other@1", here / "2.img")
    said = site.ctl("sync", "--wait", "--dry-run")
    assert "would remove" in said and "disk" in said, said
    assert "would receive" in said and "other" in said, said
    assert site.published("disk", "1", "1.img").exists()
    assert not site.published("other", "1", "2.img").exists()
    site.sync()
    assert not site.published("disk", "1", "1.img").exists()
    assert site.published("other", "1", "2.img").exists()


def test_publish_while_serving(here):
    """Versions that are published in the middle of a run are not lost."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 3 * MIB, zeros=False)
    primary.publish("disk@1", f"d={here / '1.img'}")
    primary.json("repo", "set", "branch", "--rate", "12Mbit/s")
    site.json("sync")
    harness.wait_until(lambda: running_bytes(site) > 200_000, "it runs")
    for n in range(2, 5):
        noise(here / f"{n}.img", 20_000, seed=n)
        primary.publish(f"disk@{n}", f"d={here / f'{n}.img'}")
    site.sync()
    site.sync()
    for n in range(1, 5):
        assert sha256(site.published("disk", str(n), "d")) == sha256(
            here / f"{n}.img"
        )


def test_restored_state(here):
    """A site whose state was put back is refused, not believed."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 5000)
    noise(here / "2.img", 5000, seed=2)
    noise(here / "3.img", 5000, seed=3)
    primary.publish("disk@1", here / "1.img")
    site.sync()
    site.stop()
    shutil.copytree(site.here, here / "backup", symlinks=True)
    site.start()
    primary.publish("disk@2", here / "2.img")
    site.sync()
    site.stop()
    shutil.rmtree(site.state)
    shutil.copytree(here / "backup" / "state", site.state, symlinks=True)
    site.start()
    primary.publish("disk@3", here / "3.img")
    answer = site.run("sync", "--wait", "--json")
    assert answer.status in (4, 6), answer
    held = primary.holdings("branch")
    assert held["disk", "2"]["held"] is True, held
    assert primary.audit(site.id).find("refused") or "fork" in answer.stdout


def limit_files(node, size):
    """Let no file of a syncd grow beyond a size; None: all may again."""
    pid = node.syncd.process.pid
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    limit = hard if size is None else size
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, hard))


def fail_index(primary):
    """An entry gets into the log of a primary, and not into its index."""
    log_size = (primary.state / "log" / "main.log").stat().st_size
    # Room for an entry; of an index, for no more than its first two pages.
    assert log_size + 4096 < 8192, log_size
    limit_files(primary, log_size + 4096)
    primary.fails(1, "repo", "add", "first", "--reason", "coverage")
    limit_files(primary, None)
    assert len(primary.audit().find("repository")) == 1
    return primary.state / "index" / "data.mdb"


def test_index_fails(here):
    """A write of the index that failed stops nothing once it can be made."""
    primary = harness.Primary(here).up()
    fail_index(primary)
    primary.ctl("doctor")
    assert "index" not in str(primary.json("status")["notices"])
    primary.ctl("repo", "add", "second", "--reason", "coverage")
    names = [r["name"] for r in primary.json("repo", "ls")["repositories"]]
    assert names == ["first", "second"], names


@harness.long
def test_index_is_damaged_meanwhile(here):
    """An index that is damaged when it is opened again ends syncd."""
    primary = harness.Primary(here).start()
    with open(fail_index(primary), "r+b") as file:
        file.write(b"\xff" * 64)
    assert primary.syncd.wait(60) == 6, primary.said()
    assert "the index is damaged" in primary.said()
    primary.start()
    primary.ctl("repo", "add", "second", "--reason", "coverage")
    names = [r["name"] for r in primary.json("repo", "ls")["repositories"]]
    assert names == ["first", "second"], names
