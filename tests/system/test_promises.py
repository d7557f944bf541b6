"""Cuts and kills: what is promised holds, wherever it happens."""

import concurrent.futures
import os
import random
import shutil
import signal
import time

import harness
from harness import MIB, Relay, changed, network, noise, sha256

SEGMENT = 262144  # Of the test build; a release has 16 MiB.


class Promises:
    """Checks what must be true of a site at every moment."""

    def __init__(self, primary, site):
        self.primary = primary
        self.site = site
        self.wanted = {}
        self.acknowledged = set()

    def publish(self, version, path):
        self.primary.publish(f"disk@{version}", f"d={path}")
        self.wanted[version] = sha256(path)

    def check(self):
        """Only whole versions are visible; what was acknowledged stays."""
        directory = self.site.store / "published" / "disk"
        visible = set(os.listdir(directory)) if directory.exists() else set()
        for version in visible:
            copy = directory / version / "d"
            assert sha256(copy) == self.wanted[version], version
        assert self.acknowledged <= visible, (self.acknowledged, visible)

    def note(self):
        """What the primary says is held was acknowledged."""
        for (_, version), item in self.primary.holdings(self.site.name).items():
            if item["held"]:
                self.acknowledged.add(version)

    def finish(self):
        """The next run continues and ends; the logs verify."""
        harness.wait_until(
            lambda: self.site.run("sync", "--wait").status == 0,
            "the run after it ends well",
            timeout_s=60,
        )
        self.check()
        for version, digest in self.wanted.items():
            copy = self.site.published("disk", version, "d")
            assert sha256(copy) == digest, version
        self.note()
        assert self.acknowledged == set(self.wanted)
        self.site.audit("local")
        self.primary.audit("main")
        self.primary.audit(self.site.id)
        assert not list((self.site.store / "staging").iterdir())


def through_relay(here, *words):
    """A primary and a site with a relay between them."""
    primary = harness.Primary(here).up()
    site = harness.Site(here, "branch", primary).join()
    primary.apply({"branch": "*"})
    relay = Relay(here, primary.port, *words)
    site.dial(relay.port)
    return primary, site, relay


def test_cut_at_every_segment(here):
    """The line is cut after each segment; little travels twice."""
    primary, site, relay = through_relay(
        here, "--cut-after", SEGMENT + 40_000, "--direction", "down"
    )
    site.start()
    promises = Promises(primary, site)
    size = 2 * MIB
    noise(here / "1.img", size, zeros=False)
    promises.publish("1", here / "1.img")
    run = site.sync()
    promises.finish()
    _, down, connections = relay.end()
    assert connections >= size // (SEGMENT + 40_000), connections
    assert run["resumed"] >= size // (SEGMENT + 40_000) - 1, run
    assert run["resumed"] < connections, (run, connections)
    assert size < run["wire_bytes_received"] <= down, (run, down)
    # A reset also loses what the site's kernel had and syncd had not read:
    # on a busy machine up to half of what a connection may carry here.
    # Without continuing, no connection would ever carry enough.
    again = SEGMENT // 2 + 65536
    assert down < size + connections * again, (down, connections)


@harness.limit(240)
def test_cut_anywhere(here):
    """The line is cut at random bytes, in both directions."""
    seed = random.randrange(1 << 30)
    print("seed", seed)
    primary, site, _ = through_relay(
        here, "--cut-at-random", seed, 1_500_000
    )
    site.start()
    promises = Promises(primary, site)
    noise(here / "1.img", 2 * MIB, zeros=False)
    changed(here / "1.img", here / "2.img", every=30_000)
    for version in ("1", "2"):
        promises.publish(version, here / f"{version}.img")
        for _ in range(40):
            if site.run("sync", "--wait").status == 0:
                break
            promises.check()
        promises.finish()


def cut_in_the_middle(primary, site, relay):
    """Cut a run when some of it came; the rest may come fast."""
    harness.wait_until(
        lambda: (site.json("status")["upstream"]["running"] or {}).get(
            "wire_bytes_received", 0
        )
        > 3 * MIB,
        "half of it is there",
    )
    relay.cut()
    primary.json("repo", "set", "branch", "--rate", "1Gbit/s")


def test_resume_counts(here):
    """A run that is cut in the middle goes on, with only the rest."""
    primary, site, relay = through_relay(here)
    site.start()
    promises = Promises(primary, site)
    noise(here / "1.img", 8 * MIB, zeros=False)
    promises.publish("1", here / "1.img")
    primary.json("repo", "set", "branch", "--rate", "16Mbit/s")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(site.run, "sync", "--wait")
        cut_in_the_middle(primary, site, relay)
        answer = waiting.result()
    assert answer.status == 0, answer
    assert answer.stdout.endswith(", resumed once\n"), answer
    last = site.json("status")["upstream"]["last"]
    promises.finish()
    _, down, _ = relay.end()
    assert down < 8 * MIB + MIB + 200_000, down
    assert last["contacts"] == 2 and last["resumed"] == 1, last
    assert 8 * MIB < last["wire_bytes_received"] <= down, (last, down)


def test_wait_ends_when_the_upstream_stays_away(here):
    """What came makes a run go on, but not for ever."""
    primary, site, relay = through_relay(
        here, "--cut-after", MIB, "--direction", "down"
    )
    site.start()
    noise(here / "1.img", 2 * MIB, zeros=False)
    primary.publish("os@1", f"d={here}/1.img")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(site.run, "sync", "--wait")
        harness.wait_until(
            lambda: site.json("status")["upstream"]["failures"] > 0,
            "the cut is noticed",
        )
        relay.end()
        answer = waiting.result()
    assert answer.status == 5, answer
    assert "not done" in answer.stdout, answer
    # A new request is a run of its own.
    assert site.run("sync", "--wait").status == 5
    last = site.json("status")["upstream"]["last"]
    assert last["contacts"] == 1, last


def kill_at_random(here, victim, rounds, seed):
    """Kill one side again and again while versions come."""
    generator = random.Random(seed)
    print("seed", seed)
    primary, site = network(here, "branch")
    promises = Promises(primary, site)
    noise(here / "1.img", MIB, zeros=False)
    promises.publish("1", here / "1.img")
    site.sync()
    promises.note()
    for n in range(2, rounds + 2):
        changed(here / "1.img", here / f"{n}.img", every=20_000, seed=n)
        promises.publish(str(n), here / f"{n}.img")
        node = {"site": site, "primary": primary}[victim]
        site.run("sync")
        time.sleep(generator.uniform(0, 0.6))
        node.kill()
        promises.check()
        node.start()
        promises.finish()


def test_kill_site(here):
    """kill -9 of the site at random moments; no hand is needed."""
    kill_at_random(here, "site", 4, random.randrange(1 << 30))


def test_kill_primary(here):
    """kill -9 of the primary at random moments of a session."""
    kill_at_random(here, "primary", 4, random.randrange(1 << 30))


@harness.long
@harness.limit(900)
def test_kill_often(here):
    """The same, more often."""
    for victim in ("site", "primary"):
        (here / victim).mkdir()
        kill_at_random(here / victim, victim, 25, random.randrange(1 << 30))


def test_kill_publishing(here):
    """kill -9 while publishing: published whole, or not at all."""
    primary = harness.Primary(here).up()
    generator = random.Random()
    noise(here / "f", 8 * MIB, zeros=False)
    digest = sha256(here / "f")
    words = [harness.BUILD / "syncctl", "image", "publish"]
    environment = os.environ | {"PACKHORSE_CONFIG": str(primary.config)}
    whole = set()
    for n in range(6):
        publish = harness.Program(
            words + [f"disk@{n}", f"d={here / 'f'}"],
            here / "publish.log",
            env=environment,
        )
        time.sleep(generator.uniform(0.02, 0.6))
        primary.kill()
        if publish.wait() == 0:
            whole.add(str(n))
        primary.start()
        listed = {row["version"] for row in primary.json("image", "ls")["images"]}
        assert whole <= listed, (whole, listed)
        directory = primary.store / "published" / "disk"
        there = set(os.listdir(directory)) if directory.exists() else set()
        assert there == listed, (there, listed)
        for version in there:
            assert sha256(directory / version / "d") == digest
        assert not list((primary.store / "staging").iterdir())
        entries = primary.audit().find("publish")
        assert {entry["version"] for entry in entries} >= listed
    primary.publish("disk@last", f"d={here / 'f'}")


def test_lost_index(here):
    """index/ deleted on both sides: all is rebuilt, nothing travels."""
    primary, site = network(here, "branch")
    promises = Promises(primary, site)
    noise(here / "1.img", 2 * MIB, zeros=False)
    changed(here / "1.img", here / "2.img")
    for version in ("1", "2"):
        promises.publish(version, here / f"{version}.img")
    site.sync()
    before = [
        node.json("holdings", *words)["items"]
        for node, words in ((site, ()), (primary, ("branch",)))
    ]
    for node in (site, primary):
        node.stop()
        shutil.rmtree(node.state / "index")
        os.mkdir(node.state / "index", 0o700)
    primary.start()
    site.start()
    run = site.sync()
    assert run["images"] == [], run
    assert run["wire_bytes_received"] < 65536, run
    after = [
        node.json("holdings", *words)["items"]
        for node, words in ((site, ()), (primary, ("branch",)))
    ]
    for old, new in zip(before, after):
        assert [(i["version"], i["held"], i["state"]) for i in old] == [
            (i["version"], i["held"], i["state"]) for i in new
        ]
    promises.finish()
    assert primary.fails(
        10, "image", "publish", "disk@1", f"d={here / '2.img'}"
    )["code"] == "taken"


def test_lost_index_alone(here):
    """The directory index/ itself is gone."""
    primary, site = network(here, "branch")
    noise(here / "1.img", MIB)
    primary.publish("disk@1", f"d={here / '1.img'}")
    site.sync()
    site.kill()
    shutil.rmtree(site.state / "index")
    site.start()
    run = site.sync()
    assert run["images"] == [], run
    assert site.holdings()["disk", "1"]["held"] is True


def test_terminate_parks(here):
    """SIGTERM in the middle of a transfer parks it; the next goes on."""
    primary, site = network(here, "branch")
    promises = Promises(primary, site)
    noise(here / "1.img", 4 * MIB, zeros=False)
    promises.publish("1", here / "1.img")
    primary.json("repo", "set", "branch", "--rate", "8Mbit/s")
    site.json("sync")
    harness.wait_until(
        lambda: (site.json("status")["upstream"]["running"] or {}).get(
            "wire_bytes_received", 0
        )
        > 2 * MIB,
        "half of it is there",
    )
    begin = time.monotonic()
    site.stop()
    assert time.monotonic() - begin < 10
    promises.check()
    primary.json("repo", "set", "branch", "--rate", "1Gbit/s")
    site.start()
    run = site.sync()
    promises.finish()
    assert run["wire_bytes_received"] < 3 * MIB + 200_000, run


def test_second_daemon(here):
    """A second syncd on one state is refused: 10."""
    primary = harness.Primary(here).up()
    second = primary.launch()
    assert second.wait() == 10, primary.said()
    assert "already" in primary.said() or "another" in primary.said()
    primary.ctl("status")
    # After kill -9 the next start needs no hand.
    primary.kill()
    primary.start()
    primary.ctl("status")


def measure_rate(primary, site, rate, seconds):
    """Bytes per second that arrive, over some seconds."""

    def received():
        running = site.json("status")["upstream"]["running"]
        assert running, "the transfer is over too early"
        return running["wire_bytes_received"]

    primary.json("repo", "set", "branch", "--rate", f"{rate * 8}bit/s")
    time.sleep(1.5)
    begin, first = time.monotonic(), received()
    time.sleep(seconds)
    end, last = time.monotonic(), received()
    return (last - first) / (end - begin)


@harness.alone
def test_rate(here):
    """One limit for all streams, near enough in a short time."""
    primary, site = network(here, "branch")
    for n in range(3):
        noise(here / f"{n}", 8 * MIB, seed=n, zeros=False)
        primary.publish(f"disk{n}@1", f"d={here / f'{n}'}")
    primary.json("repo", "set", "branch", "--rate", "4Mbit/s")
    site.json("sync")
    for rate in (500_000, 1_500_000):
        measured = measure_rate(primary, site, rate, 4)
        assert 0.85 * rate < measured < 1.1 * rate, (rate, measured)
    site.ctl("sync", "--cancel")


@harness.alone
@harness.long
@harness.limit(300)
def test_rate_exact(here):
    """Exact within 5 % over 10 s, changed while running."""
    primary, site = network(here, "branch")
    for n in range(3):
        noise(here / f"{n}", 40 * MIB, seed=n, zeros=False)
        primary.publish(f"disk{n}@1", f"d={here / f'{n}'}")
    primary.json("repo", "set", "branch", "--rate", "4Mbit/s")
    site.json("sync")
    for rate in (1_000_000, 4_000_000, 500_000):
        measured = measure_rate(primary, site, rate, 10)
        assert 0.95 * rate < measured < 1.05 * rate, (rate, measured)
    # The site's own limit counts, too, and is read again.
    primary.json("repo", "set", "branch", "--rate", "8Gbit/s")
    site.configure("rate", "6Mbit/s")
    site.syncd.signal(signal.SIGHUP)
    time.sleep(1)
    measured = measure_rate(primary, site, 1_000_000_000, 10)
    assert 0.95 * 750_000 < measured < 1.05 * 750_000, measured
    site.ctl("sync", "--cancel")


def test_cancel(here):
    """sync --cancel ends the run and keeps what came."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 4 * MIB, zeros=False)
    primary.publish("disk@1", here / "1.img")
    primary.json("repo", "set", "branch", "--rate", "4Mbit/s")
    site.json("sync")
    harness.wait_until(
        lambda: site.json("status")["upstream"]["running"], "it runs"
    )
    site.ctl("sync", "--cancel")
    harness.wait_until(
        lambda: site.json("status")["upstream"]["running"] is None,
        "it is canceled",
    )
    assert not site.published("disk", "1", "1.img").exists()
    primary.json("repo", "set", "branch", "--rate", "1Gbit/s")
    site.sync()
    assert sha256(site.published("disk", "1", "1.img")) == sha256(
        here / "1.img"
    )
