"""Each way to fail: its exit status, its name, and what to do."""

import json
import os
import pathlib
import subprocess
import sys

import harness
from harness import MIB, Sshd, changed, network, noise, sha256

FAKE = '''#!{python} -B
"""A peer that speaks versions of the future alone."""
import sys
sys.path.insert(0, {path!r})
from packhorse import session
peer = session.Peer(0, 1)
peer.hello(session.PROVIDER, {id!r}, lowest=7, highest=9)
print(*peer.silence(10), file=open({log!r}, "a"))
'''


def failed_sync(site, exit):
    """sync --wait fails; the error, in JSON and for people."""
    error = site.fails(exit, "sync", "--wait")
    said = site.run("sync", "--wait")
    assert said.status == exit, (said, error)
    assert error["what"] and error["what"] in said.stderr, (said, error)
    return error


def status_says(site, what):
    """status tells why, and when the next try is."""
    upstream = site.json("status")["upstream"]
    assert upstream["failures"] >= 1, upstream
    assert upstream["next_seconds"] >= 0, upstream
    text = site.ctl("status")
    assert what in text, text


def test_ways_to_an_upstream(here):
    """Every failure on the way, from the name to the protocol."""
    primary, site = network(here, "branch")
    right = primary.keys_text()
    site.json("sync", "--wait")

    def dial(port):
        site.stop()
        site.dial(port)
        site.start()

    # Nothing listens there.
    dial(harness.free_port())
    assert failed_sync(site, 5)["code"] == "connect"
    status_says(site, "refused")
    # Another host key than the pinned one.
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", here / "k"],
        check=True,
    )
    dial(Sshd(here, "mitm", primary, host_key=here / "k").port)
    error = failed_sync(site, 6)
    assert error["code"] == "host-key", error
    assert error["next"], error
    # A key that this sshd does not know.
    dial(Sshd(here, "strangers", primary, keys="").port)
    error = failed_sync(site, 4)
    assert error["code"] == "user-key" and error["next"], error
    # No cipher in common.
    chacha = Sshd(
        *(here, "chacha", primary), Ciphers="chacha20-poly1305@openssh.com"
    )
    dial(chacha.port)
    assert failed_sync(site, 6)["code"] == "algorithm"
    # A peer of the future.
    fake = here / "fake"
    fake.write_text(
        FAKE.format(
            python=sys.executable,
            path=os.path.dirname(os.path.abspath(__file__)),
            id=primary.made["id"],
            log=str(here / "heard"),
        )
    )
    fake.chmod(0o755)
    line = f'restrict,command="{fake}" {site.made["key"]}\n'
    dial(Sshd(here, "future", primary, keys=line).port)
    assert failed_sync(site, 5)["code"] == "version"
    heard = set((here / "heard").read_text().split())
    assert heard <= {"HELLO", "ABORT"}, heard
    # A gate that is none.
    line = f'restrict,command="echo hello" {site.made["key"]}\n'
    dial(Sshd(here, "echo", primary, keys=line).port)
    assert failed_sync(site, 5)["code"] in ("gate", "cut"), site.said()
    # The upstream's syncd does not run.
    primary.stop()
    dial(Sshd(here, "down", primary, keys=right).port)
    error = failed_sync(site, 5)
    assert error["code"] == "upstream-down", error
    # And back: by itself everything is as before.
    primary.start()
    noise(here / "1.img", 5000)
    primary.publish("disk@1", here / "1.img")
    site.sync()
    assert site.published("disk", "1", "1.img").exists()


def test_name_that_is_none(here):
    """An upstream whose name cannot be resolved."""
    primary, site = network(here, "branch")
    site.stop()
    text = site.config.read_text().replace("@127.0.0.1:", "@nowhere.invalid:")
    site.config.write_text(text)
    site.start()
    assert failed_sync(site, 5)["code"] == "resolve"


def test_swapped_keys(here):
    """A's key logs in as B: refused, logged, and nothing is sent."""
    primary, a, b = network(here, "one", "two", policy={"one": "*"})
    noise(here / "1.img", 5000)
    primary.publish("disk@1", here / "1.img")
    a.sync()
    # Lines that let each one in with the other's gate.
    swapped = primary.keys_text().replace(a.made["key"], "KEY")
    swapped = swapped.replace(b.made["key"], a.made["key"])
    swapped = swapped.replace("KEY", b.made["key"])
    # Gates name the key, too, so that this is seen twice.
    sshd = Sshd(here, "swapped", primary, keys=swapped)
    for site in (a, b):
        site.stop()
        site.dial(sshd.port)
        site.start()
        error = failed_sync(site, 4)
        assert error["code"] == "identity", error
    assert not (b.store / "published" / "disk").exists()
    refused = []
    for name in ("main", a.id, b.id):
        if (primary.state / "log" / f"{name}.log").exists():
            refused += primary.audit(name).find("refused")
    assert refused
    assert len(refused) < 10, "repeats are not counted but repeated"


def test_right_host_wrong_peer(here):
    """Another primary behind the pinned host key is refused unheard."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 5000)
    primary.publish("disk@1", here / "1.img")
    site.sync()
    evil = harness.Primary(here, "evil").start()
    evil.json(
        *("repo", "add", "branch", "--reason", "coverage"),
        *("--key", site.made["key"]),
    )
    evil.apply({"branch": "*"})
    noise(here / "2.img", 5000, seed=4)
    evil.publish("planted@1", here / "2.img")
    sshd = Sshd(
        *(here, "behind", evil), evil.keys_text(), host_key=primary.host_key
    )
    site.stop()
    site.dial(sshd.port)
    site.start()
    error = site.fails_with((4, 6), "sync", "--wait")
    assert error["code"] in ("identity", "bad-signature"), error
    assert not (site.store / "published" / "planted").exists()
    assert site.published("disk", "1", "1.img").exists()
    assert "planted" not in site.ctl("image", "ls")
    # What the evil one learnt: that somebody called.
    for entry in evil.audit(site.id).entries:
        assert entry["kind"] in ("grant", "refused"), entry
    # The site says what happened.
    assert "identity" in site.said() or "not the one" in site.said() or (
        "primary" in site.said()
    )


def test_not_running(here):
    """Without syncd every verb that needs it says so: 11."""
    primary = harness.Primary(here)
    for words in (
        ("status",),
        ("repo", "ls"),
        ("image", "ls"),
        ("holdings",),
        ("where", "x"),
        ("verify",),
        ("policy", "show"),
        ("sync",),
    ):
        error = primary.fails(11, *words)
        assert error["code"] == "no-daemon" and error["next"], error
    # These work without it.
    primary.ctl("key", "show")
    primary.ctl("key", "show", "authority")
    primary.ctl("repo", "authorized-keys")


def test_no_operator(here):
    """Who may not use the control socket hears who may, and how: 4."""
    if os.geteuid() != 0:
        raise harness.Skip("only root can be somebody else")
    primary = harness.Primary(here).up()
    primary.config.chmod(0o644)
    primary.ctl("status")

    def ask(*words):
        return primary.run(*words, user="nobody", group="nogroup")

    error = ask("status", "--json").error()
    assert (error["code"], error["exit"]) == ("denied", 4), error
    assert "nobody" in error["what"] and "root" in error["what"], error
    assert "operator_group" in error["next"], error
    assert ask("doctor").status == 4
    # A mode that was widened changes nothing.
    socket = primary.state / "control.sock"
    socket.chmod(0o666)
    error = ask("status", "--json").error()
    assert (error["code"], error["exit"]) == ("denied", 4), error
    # A group that is not theirs, and theirs.
    primary.configure("operator_group", "daemon")
    primary.restart()
    error = ask("status", "--json").error()
    assert "group daemon" in error["what"], error
    assert "usermod -aG daemon nobody" in error["next"], error
    primary.configure("operator_group", "nogroup")
    primary.restart()
    assert ask("status").status == 0
    # Operators publish what they themselves can read.
    noise(here / "closed", 5000).chmod(0o600)
    answer = ask("image", "publish", "disk@1", here / "closed", "--json")
    assert (answer.error()["code"], answer.status) == ("file", 2), answer
    (here / "closed").chmod(0o644)
    assert ask("image", "publish", "disk@1", here / "closed").status == 0


def test_unknown_things(here):
    """Unknown repository or image: 3.  Not here: 12."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 5000)
    primary.publish("disk@1", here / "1.img")
    for words in (
        ("repo", "show", "nobody"),
        ("repo", "set", "nobody", "--contact", "x"),
        ("repo", "remove", "nobody"),
        ("repo", "pause", "nobody"),
        ("repo", "invite", "nobody"),
        ("holdings", "nobody"),
        ("status", "nobody"),
        ("image", "show", "nothing"),
        ("image", "show", "disk@2"),
        ("where", "nothing@1"),
        ("where", "disk@7"),
        ("verify", "nothing"),
    ):
        error = primary.fails(3, *words)
        assert error["code"] == "unknown", (words, error)
    assert site.fails(12, "repo", "ls")["code"] == "not-applicable"
    assert site.fails(12, "where", "disk@1")["code"] == "not-applicable"
    assert primary.fails(12, "sync")["code"] == "not-applicable"


def test_words(here):
    """Wrong words: 2, with what would be right."""
    primary = harness.Primary(here).up()
    noise(here / "f", 100)
    for words in (
        ("image", "publish", "disk", here / "f"),
        ("image", "publish", "disk@1"),
        ("image", "publish", "disk@1", here / "f", "--label", "x"),
        ("image", "publish", "disk@1", here / "f", "--label", "a b=x"),
        ("image", "publish", "disk@1", here / "f", "--label", "=x"),
        ("image", "publish", "disk@1", here / "f", "--label", f"k={'x' * 128}"),
        ("image", "publish", "disk@1", here / "f", "--label", "k=1")
        + ("--label", "k=2"),
        ("image", "publish", "disk@1", here / "f", "--sha256", "123"),
        ("repo", "add", "branch"),
        ("repo", "add", "branch", "--reason", "fun"),
        ("repo", "add", "branch", "--reason", "coverage")
        + ("--contact", "a\nb"),
        ("image", "publish", "disk@1", here / "f", "--owner", "a\x07b"),
        (),
        ("repo", "add", "a/b", "--reason", "coverage"),
        ("repo", "add", "b", "--reason", "coverage", "--key", "nonsense"),
        ("repo", "set", "b", "--rate", "fast"),
        ("nonsense",),
        ("repo", "nonsense"),
        ("status", "--nonsense"),
    ):
        error = primary.fails(2, *words)
        assert error["what"] and error["next"], (words, error)
        assert "argument" not in error["what"], (words, error)
    assert primary.json("repo", "ls")["repositories"] == []


def test_taken(here):
    """Keys, names and versions that are taken: 10."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 5000)
    noise(here / "2.img", 5000, seed=8)
    error = primary.fails(
        *(10, "repo", "add", "other", "--reason", "coverage"),
        *("--key", site.made["key"]),
    )
    assert error["code"] == "taken", error
    assert "branch" in error["what"] + error["next"], error
    error = primary.fails(10, "repo", "add", "branch", "--reason", "coverage")
    assert error["code"] in ("taken", "exists"), error
    error = primary.fails(10, "repo", "add", "Branch", "--reason", "coverage")
    error = primary.fails(10, "repo", "add", "Centre", "--reason", "coverage")
    assert "own name" in error["what"], error
    key = pathlib.Path(f"{primary.host_key}.pub").read_text().strip()
    error = primary.fails(
        *(10, "repo", "add", "other", "--reason", "coverage", "--key", key)
    )
    assert "own" in error["what"], error
    first = primary.publish("disk@1", f"d={here / '1.img'}")
    again = primary.publish("disk@1", f"d={here / '1.img'}")
    assert again["already"] and again["digest"] == first["digest"], again
    error = primary.fails(10, "image", "publish", "disk@1", f"d={here / '2.img'}")
    assert error["code"] == "taken", error
    for name in ("Disk@2", "DISK@2"):
        error = primary.fails(10, "image", "publish", name, here / "2.img")
        assert error["code"] == "taken", error
    primary.publish("disk@1a", here / "2.img")
    error = primary.fails(10, "image", "publish", "disk@1A", here / "2.img")
    assert sha256(primary.published("disk", "1", "d")) == sha256(
        here / "1.img"
    )


def test_names(here):
    """Names with separators, control bytes, a leading dot; two alike."""
    primary = harness.Primary(here).up()
    noise(here / "f", 5000)
    for name in (
        *("a/b@1", ".a@1", "a b@1", "a\x07@1", "a@.1", "a@1/2", "@1", "a@"),
        *("-a@1", "a@1 ", "ä@1", "a" * 128 + "@1", "a@" + "1" * 64),
    ):
        answer = primary.run("image", "publish", "--json", "--", name, here / "f")
        assert answer.status == 2, (name, answer)
        assert answer.error()["code"] in ("name", "usage"), (name, answer)
    for name in ("a/b", ".a", "a\\b", "a\x07b", "a\x9bb".encode("utf-8"), ""):
        word = name if isinstance(name, bytes) else name.encode()
        word += b"=" + os.fsencode(here / "f")
        result = subprocess.run(
            [harness.BUILD / "syncctl", "--json", "image", "publish"]
            + ["image@1", word],
            env=os.environ | {"PACKHORSE_CONFIG": str(primary.config)},
            capture_output=True,
            check=False,
        )
        assert result.returncode == 2, (name, result)
    primary.fails(
        *(2, "image", "publish", "image@1"),
        *(f"a={here / 'f'}", f"A={here / 'f'}"),
    )
    primary.fails(
        *(2, "image", "publish", "image@1"),
        *(f"a={here / 'f'}", f"a={here / 'f'}"),
    )
    assert primary.json("image", "ls")["images"] == []
    # What is allowed.
    primary.publish("a.b_c+d-e@1.0-rc1+x", f"Größe x.img={here / 'f'}")
    assert primary.published("a.b_c+d-e", "1.0-rc1+x", "Größe x.img").exists()


def test_image_files(here):
    """Image files that cannot be used: absent, empty, a directory."""
    primary = harness.Primary(here).up()
    (here / "empty").touch()
    (here / "directory").mkdir()
    os.mkfifo(here / "fifo")
    for name in (here / "missing", here / "empty", here / "directory", "/dev/null"):
        error = primary.fails(2, "image", "publish", "disk@1", name)
        assert error["code"] == "file" and error["next"], error
        assert str(name) in error["what"], (name, error)
    error = primary.fails(2, "image", "publish", "disk@1", "d=-", stdin=b"")
    assert error["code"] == "file", error
    if os.geteuid() != 0:
        noise(here / "closed", 5000).chmod(0)
        error = primary.fails(2, "image", "publish", "d@1", here / "closed")
        assert "closed" in error["what"] and error["next"], error
    assert primary.json("image", "ls")["images"] == []
    assert list((primary.store / "published").iterdir()) == []
    assert not list((primary.store / "staging").iterdir())


def test_image_changes(here):
    """A file that grows, shrinks or changes while it is published."""
    primary = harness.Primary(here).up()
    image = noise(here / "f", 48 * MIB, zeros=False)
    outcomes = {}

    def grow():
        with open(image, "ab") as file:
            file.write(b"more" * 1000)

    def shrink():
        os.truncate(image, MIB)

    def change():
        with open(image, "r+b") as file:
            file.seek(47 * MIB)
            file.write(os.urandom(4096))

    def vanish():
        image.unlink()

    for act in (grow, change, shrink, vanish):
        noise(image, 48 * MIB, zeros=False)
        original = sha256(image)
        name = act.__name__
        publish = subprocess.Popen(
            [harness.BUILD / "syncctl", "--json", "image", "publish"]
            + [f"{name}@1", f"d={image}"],
            env=os.environ | {"PACKHORSE_CONFIG": str(primary.config)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        staging = primary.store / "staging"
        harness.wait_until(
            lambda: list(staging.iterdir()) or publish.poll() is not None,
            "publishing begins",
            every_s=0.002,
        )
        early = publish.poll() is None
        act()
        output, _ = publish.communicate(timeout=60)
        copy = primary.published(name, "1", "d")
        outcomes[name] = (publish.returncode, early)
        if publish.returncode == 0:
            # Then all of it is of one moment, before or after.
            whole = {original, sha256(image) if image.exists() else None}
            assert sha256(copy) in whole, (name, output)
        else:
            error = json.loads(output)["error"]
            assert (error["code"], error["exit"]) == ("file", 2), error
            assert "changed while it was read" in error["what"], error
            assert error["next"], error
            assert publish.returncode == 2, output
            assert not copy.exists(), name
            assert not list(staging.iterdir()), name
    assert any(status for status, _ in outcomes.values()), outcomes


def test_remove(here):
    """repo remove cuts the running session and refuses the key for good."""
    primary, site = network(here, "branch")
    noise(here / "0.img", 5000)
    primary.publish("disk@0", here / "0.img")
    site.sync()
    noise(here / "1.img", 12 * MIB, zeros=False)
    primary.publish("disk@1", here / "1.img")
    primary.json("repo", "set", "branch", "--rate", "4Mbit/s")
    site.json("sync")
    harness.wait_until(
        lambda: (site.json("status")["upstream"]["running"] or {}).get(
            "wire_bytes_received", 0
        )
        > 100_000,
        "the transfer runs",
    )
    primary.ctl("repo", "remove", "branch")
    harness.wait_until(
        lambda: site.json("status")["upstream"]["running"] is None,
        "the session is cut",
        timeout_s=10,
    )
    error = failed_sync(site, 4)
    assert error["code"] in ("user-key", "removed"), error
    assert site.made["key"] not in primary.keys_text()
    # Record, history and holdings stay.
    records = primary.json("repo", "ls")["repositories"]
    assert [r["removed"] for r in records] == [True], records
    shown = primary.json("repo", "show", "branch")
    assert shown["repository"]["removed"] is True
    assert primary.json("holdings", "branch")["removed"] is True
    said = primary.ctl("holdings", "branch")
    assert said.startswith("branch was removed; as of 20"), said
    assert "next contact" not in said, said
    assert "must be removed there" in said, said
    (place,) = primary.json("where", "disk@0")["repositories"]
    assert (place["removed"], place["held"]) == (True, True), place
    assert "branch (removed)" in primary.ctl("where", "disk@0")
    assert primary.audit(site.id).size() > 0
    error = primary.fails(
        *(10, "repo", "add", "other", "--reason", "coverage"),
        *("--key", site.made["key"]),
    )
    assert error["code"] == "taken", error
    assert not site.published("disk", "1", "1.img").exists()


def test_pause(here):
    """pause refuses sessions, resume lets them in again."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 5000)
    site.sync()
    primary.ctl("repo", "pause", "branch")
    primary.publish("disk@1", here / "1.img")
    error = failed_sync(site, 4)
    assert error["code"] in ("paused", "user-key"), error
    assert not site.published("disk", "1", "1.img").exists()
    (row,) = primary.json("status")["repositories"]
    assert row["paused"] is True, row
    primary.ctl("repo", "resume", "branch")
    site.sync()
    assert site.published("disk", "1", "1.img").exists()


def test_damaged_base(here):
    """A base that rotted costs a fall-back that is told, no wrong result."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 3 * MIB, zeros=False)
    changed(here / "1.img", here / "2.img")
    primary.publish("disk@1", f"d={here / '1.img'}")
    site.sync()
    blob = site.blobs()[sha256(here / "1.img")]
    at = os.stat(blob)
    os.chmod(blob, 0o644)
    with open(blob, "r+b") as file:
        file.seek(MIB + 5000)
        byte = file.read(1)[0]
        file.seek(MIB + 5000)
        file.write(bytes([byte ^ 1]))
    os.chmod(blob, 0o444)
    os.utime(blob, ns=(at.st_atime_ns, at.st_mtime_ns))
    primary.publish("disk@2", f"d={here / '2.img'}")
    run = site.sync()
    (image,) = [i for i in run["images"] if i["version"] == "2"]
    assert image["fallbacks"] >= 1, run
    assert sha256(site.published("disk", "2", "d")) == sha256(here / "2.img")
    answer = site.run("verify", "--json")
    assert answer.status in (0, 6), answer


def test_verify(here):
    """verify reads everything, and finds what rotted: 6."""
    primary, site = network(here, "branch")
    noise(here / "1.img", MIB, zeros=False)
    noise(here / "2.img", MIB, seed=2)
    primary.publish("disk@1", f"d={here / '1.img'}")
    primary.publish("disk@2", f"d={here / '2.img'}")
    site.sync()
    noise(here / "10.img", 5000, seed=10)
    primary.publish("disk@10", f"d={here / '10.img'}")
    site.sync()
    told = site.json("verify")
    assert [row["ok"] for row in told["checked"]] == [True] * 3, told
    versions = [row["version"] for row in told["checked"]]
    assert versions == ["1", "2", "10"], told
    blob = site.blobs()[sha256(here / "1.img")]
    os.chmod(blob, 0o644)
    with open(blob, "r+b") as file:
        file.write(b"rotten")
    os.chmod(blob, 0o444)
    answer = site.run("verify", "--json")
    assert answer.status == 6, answer
    site.ctl("verify", "disk@2")
    # What came again is right again.
    site.json("sync", "--wait")
    harness.wait_until(
        lambda: site.run("sync", "--wait").status == 0
        and site.run("verify").status == 0,
        "the damaged version is right again",
    )
    assert sha256(site.published("disk", "1", "d")) == sha256(here / "1.img")
