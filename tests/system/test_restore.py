"""A state directory that is older than its store: nothing is lost."""

import shutil

import harness
from harness import network, noise, sha256


def back_up(node):
    """Copy the state directory, with syncd stopped for it."""
    node.stop()
    shutil.copytree(node.state, node.here / "backup", symlinks=True)
    node.start()


def put_back(node):
    """What docs/operating.md says about a state from a backup."""
    node.stop()
    shutil.rmtree(node.state)
    shutil.copytree(node.here / "backup", node.state, symlinks=True)
    shutil.rmtree(node.state / "index")
    (node.state / "incarnation").unlink()
    node.start()


def notices(node):
    return " ".join(node.json("status")["notices"])


def test_primary(here):
    """What was published since the backup stays, and is said."""
    primary = harness.Primary(here).up()
    for n in (1, 2):
        noise(here / f"{n}.img", 300_000, seed=n)
    primary.publish("disk@1", f"d={here / '1.img'}")
    back_up(primary)
    primary.publish("disk@2", f"d={here / '2.img'}")
    put_back(primary)
    for _ in range(2):
        for n in (1, 2):
            copy = primary.published("disk", str(n), "d")
            assert sha256(copy) == sha256(here / f"{n}.img")
        assert len(primary.blobs()) == 2
        assert "disk@2 is in published/ and not in the log" in notices(primary)
        assert "disk@2 is in published/" in primary.said()
        primary.restart()
    # What the notice says to do.
    primary.publish("disk@2", f"d={primary.published('disk', '2', 'd')}")
    primary.restart()
    harness.wait_until(
        lambda: "older than" not in notices(primary),
        "the state is as new as the store",
        timeout_s=60,
        every_s=1,
    )
    assert len(primary.blobs()) == 2
    assert sha256(primary.published("disk", "2", "d")) == sha256(here / "2.img")


def test_site(here):
    """What came since the backup is kept, and not shown without a grant."""
    primary, site = network(here, "branch")
    for n in (1, 2):
        noise(here / f"{n}.img", 300_000, seed=n)
    primary.publish("disk@1", f"d={here / '1.img'}")
    site.sync()
    back_up(site)
    primary.publish("disk@2", f"d={here / '2.img'}")
    site.sync()
    put_back(site)
    # The primary takes the state for a clone: 6, and still nothing is lost.
    assert site.run("sync", "--wait").status == 6
    for _ in range(2):
        assert sha256(site.published("disk", "1", "d")) == sha256(
            here / "1.img"
        )
        assert not site.published("disk", "2", "d").exists()
        assert sha256(here / "2.img") in site.blobs()
        assert "older than" in notices(site)
        assert "older than" in site.said()
        site.restart()


def test_two_daemons_on_one_store(here):
    """A copy of the state does not get at the store: 10, and who has it."""
    primary = harness.Primary(here).up()
    noise(here / "1.img", 300_000)
    primary.publish("disk@1", f"d={here / '1.img'}")
    back_up(primary)
    primary.publish("disk@2", f"d={here / '1.img'}")
    text = primary.config.read_text()
    assert str(primary.state) in text
    other = primary.here / "other.yaml"
    other.write_text(text.replace(str(primary.state), str(here / "other")))
    shutil.copytree(primary.here / "backup", here / "other", symlinks=True)
    mine, primary.config = primary.config, other
    second = primary.launch()
    primary.config = mine
    assert second.wait() == 10, primary.said()
    assert f"state_dir {primary.state}" in primary.said(), primary.said()
    assert primary.published("disk", "2", "d").exists()
    # When it comes later, it knows that it is not the one.
    primary.stop()
    primary.config = other
    primary.start()
    assert primary.published("disk", "2", "d").exists()
    assert "older than" in primary.said()
