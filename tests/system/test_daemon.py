"""syncd as a process: its configuration, signals, and the doctor."""

import os
import pathlib
import signal
import socket
import subprocess
import time

import harness
from harness import Sshd, network, noise, sha256
from packhorse import text

BAD = {
    "an unknown key": ("stoer_dir: /x\n", 2, 1),
    "a bad rate": ("rate: fast\n", 2, 7),
    "a rate without a unit": ("rate: 8\n", 2, 7),
    "a bad duration": ("sync_interval: 5x\n", 2, 16),
    "a bad level": ("log_level: loud\n", 2, 12),
    "a group that is none": ("operator_group: no-such-group-here\n", 2, 17),
    "a key twice": ("name: a\nname: a\n", None, None),
    "an alias": ("name: &a centre\noperator_group: *a\n", None, None),
    "no text": (b"name: \xff\xfe\n", None, None),
    "a list": ("name: [centre]\n", 2, 7),
    "bad YAML": ("name: [centre\n", None, None),
}


def check_config(node):
    """syncd --check-config; (exit status, what it said)."""
    result = subprocess.run(
        [harness.BUILD / "syncd", "--config", node.config, "--check-config"],
        capture_output=True,
        text=True,
        check=False,
    )
    return result.returncode, result.stdout + result.stderr


def test_check_config(here):
    """Every bad configuration is refused with file, line and column."""
    primary = harness.Primary(here)
    good = primary.config.read_text()
    assert check_config(primary)[0] == 0
    rest = "".join(
        line + "\n"
        for line in good.splitlines()
        if line.startswith(("role:", "state_dir:", "store_dir:"))
    )
    for what, (bad, line, column) in BAD.items():
        named = "" if b"name:" in (
            bad if isinstance(bad, bytes) else bad.encode()
        ) else "name: centre\n"
        data = bad if isinstance(bad, bytes) else bad.encode()
        primary.config.write_bytes(
            b"version: 1\n" + data + (named + rest).encode()
        )
        status, said = check_config(primary)
        assert status == 2, (what, status, said)
        assert str(primary.config) in said, (what, said)
        if line is not None:
            assert f"packhorse.yaml:{line}:{column}" in said, (what, said)
        started = primary.launch()
        assert started.wait() == 2, (what, primary.said())
    for what, data in (
        ("empty", ""),
        ("a second document", good + "---\n" + good),
        ("no role", good.replace("role: primary\n", "")),
        ("another version", good.replace("version: 1", "version: 2")),
        ("a relative path", good.replace("state_dir: /", "state_dir: ")),
    ):
        primary.config.write_text(data)
        status, said = check_config(primary)
        assert status == 2, (what, status, said)
        assert str(primary.config) in said, (what, said)
    primary.config.unlink()
    assert check_config(primary)[0] == 2
    primary.config.write_text(good)
    primary.start()


def test_reload(here):
    """SIGHUP takes a good file; with a bad one the old stays in force."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 5000)
    good = site.config.read_text()

    def hang_up(expect):
        before = site.said().count(expect)
        site.syncd.signal(signal.SIGHUP)
        harness.wait_until(
            lambda: site.said().count(expect) > before, f"it says {expect}"
        )

    site.configure("log_level", "debug")
    hang_up("again")
    site.config.write_text(good + "nonsense: 1\n")
    hang_up("stays as it was")
    assert "nonsense" in site.said()
    site.config.write_text(good.replace("name: branch", "name: other"))
    hang_up("stays as it was")
    site.config.write_text("")
    hang_up("stays as it was")
    # It still works by the old one.
    primary.publish("disk@1", here / "1.img")
    site.config.write_text(good)
    site.sync()
    hang_up("again")
    site.sync()
    assert site.published("disk", "1", "1.img").exists()


def test_intervals(here):
    """A site comes by itself: at start, and at the interval of both."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 5000)
    noise(here / "2.img", 5000, seed=2)
    site.stop()
    primary.configure("sync_interval", "2s")
    primary.restart()
    primary.publish("disk@1", here / "1.img")
    site.configure("sync_interval", "2s")
    site.start()
    harness.wait_until(
        site.published("disk", "1", "1.img").exists, "it comes at start"
    )
    primary.publish("disk@2", here / "2.img")
    harness.wait_until(
        site.published("disk", "2", "2.img").exists, "it comes again"
    )


def test_back_off(here):
    """An upstream that comes back is found without a hand."""
    primary, site = network(here, "branch")
    site.sync()
    primary.sshd.end()
    assert site.run("sync", "--wait").status == 5
    upstream = site.json("status")["upstream"]
    assert upstream["failures"] >= 1 and upstream["next_seconds"] <= 60
    noise(here / "1.img", 5000)
    primary.publish("disk@1", here / "1.img")
    primary.start_sshd()
    harness.wait_until(
        site.published("disk", "1", "1.img").exists,
        "it comes by itself",
        timeout_s=90,
    )


def steps_of(node, *words):
    """(exit status, {step: ok}, the first step that failed)."""
    answer = node.run("doctor", *words, "--json")
    steps = answer.json()["steps"]
    for step in steps:
        assert set(step) == {"step", "ok", "detail", "next", "code"}, step
        assert (step["ok"] is False) == (step["code"] is not None), step
    bad = [step for step in steps if step["ok"] is False]
    error = answer.json().get("error")
    assert (error is not None) == bool(bad), answer
    if bad:
        assert set(error) == {"code", "exit", "what", "where", "next"}, error
        assert error["code"] == bad[0]["code"], error
        assert error["exit"] == answer.status, answer
        assert bad[0]["step"] in error["what"], error
        assert error["next"] == bad[0]["next"], error
        assert bad[0]["detail"], bad
        assert bad[0]["next"], bad
        said = node.run("doctor", *words)
        assert said.status == answer.status
        for step in bad:
            assert step["next"] and step["next"] in said.stdout, said
        assert bad[0]["step"] in said.stderr, said
    return (
        answer.status,
        {step["step"]: step["ok"] for step in steps},
        bad[0]["step"] if bad else None,
    )


def test_doctor(here):
    """The doctor finds the first thing that is broken, and what to do."""
    primary, site = network(here, "branch")
    right = primary.keys_text()
    status, steps, bad = steps_of(site)
    assert (status, bad) == (0, None), steps
    assert list(steps)[:5] == [
        *("configuration", "state", "clock", "store", "space"),
    ]
    assert steps_of(primary)[0] == 0
    assert steps_of(primary, "branch")[0] == 0

    def dial(port):
        site.stop()
        site.dial(port)
        site.start()

    def fails(step, exit):
        status, steps, bad = steps_of(site)
        assert (bad, status) == (step, exit), steps
        # What comes behind it was not reached.
        behind = list(steps)[list(steps).index(step) + 1 :]
        assert [steps[name] for name in behind] == [None] * len(behind)

    text = site.config.read_text()
    site.stop()
    site.config.write_text(text.replace("@127.0.0.1:", "@nowhere.invalid:"))
    site.start()
    fails("name", 5)
    site.config.write_text(text)
    dial(harness.free_port())
    fails("port", 5)
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", here / "k"],
        check=True,
    )
    dial(Sshd(here, "mitm", primary, host_key=here / "k").port)
    fails("host-key", 6)
    dial(Sshd(here, "strangers", primary, keys="").port)
    fails("key-accepted", 4)
    ciphers = {"Ciphers": "chacha20-poly1305@openssh.com"}
    dial(Sshd(here, "chacha", primary, **ciphers).port)
    fails("algorithms", 6)
    line = f'restrict,command="/nowhere/syncd-gate" {site.made["key"]}\n'
    dial(Sshd(here, "gateless", primary, keys=line).port)
    fails("gate", 5)
    line = f'restrict,command="echo hello" {site.made["key"]}\n'
    dial(Sshd(here, "echo", primary, keys=line).port)
    fails("protocol", 5)
    primary.stop()
    dial(Sshd(here, "down", primary, keys=right).port)
    fails("socket", 5)
    primary.start()
    primary.ctl("repo", "pause", "branch")
    status, _, bad = steps_of(primary, "branch")
    assert (status, bad) == (4, "record")
    fails("protocol", 4)
    primary.ctl("repo", "resume", "branch")
    assert steps_of(site)[0] == 0
    assert steps_of(primary, "branch")[0] == 0
    primary.sshd.end()
    status, _, bad = steps_of(primary)
    assert (status, bad) == (5, "sshd")
    assert primary.run("doctor", "nobody").status == 3
    assert site.run("doctor", "nobody").status == 12


def test_doctor_and_receiving(here):
    """The doctor does not wait until a long contact is over."""
    primary, site = network(here, "branch")
    site.sync()
    noise(here / "1.img", 8 << 20, zeros=False)
    primary.publish("disk@1", here / "1.img")
    primary.json("repo", "set", "branch", "--rate", "1Mbit/s")
    site.json("sync")
    began = time.monotonic()
    status, steps, _ = steps_of(site)
    assert status == 0 and steps["protocol"] is True, steps
    assert time.monotonic() - began < 20
    assert site.json("status")["upstream"]["running"] is not None


def test_doctor_alone(here):
    """Without syncd the doctor says what keeps it from running."""
    primary = harness.Primary(here)
    answer = primary.run("doctor")
    assert answer.status == 11, answer
    marker = primary.store / ".packhorse"
    marker.rename(here / "marker")
    answer = primary.run("doctor")
    assert answer.status != 0 and "marker" in answer.stdout, answer
    (here / "marker").rename(marker)
    good = primary.config.read_text()
    for line in ("nonsense: 1\n", "operator_group: nonsense\n"):
        primary.config.write_text(good + line)
        answer = primary.run("doctor")
        assert answer.status == 2 and "nonsense" in answer.stdout, answer
        assert steps_of(primary)[1:] == (
            {"configuration": False}, "configuration"
        )
    primary.config.write_text(good)
    status, steps, bad = steps_of(primary)
    assert (status, bad) == (11, "syncd"), steps
    assert list(steps) == ["configuration", "state", "store", "syncd"]


def test_ids_are_of_keys(here):
    """Ids and fingerprints are those that the formats define."""
    primary, site = network(here, "branch")
    assert site.id == text.id_of_key(site.key())
    assert primary.made["id"] == text.id_of_key(
        (primary.state / "keys" / "primary.pub").read_text()
    )
    (record,) = primary.json("repo", "ls")["repositories"]
    assert record["fingerprint"] == text.fingerprint_of_key(site.key())
    printed = primary.ctl("repo", "authorized-keys")
    assert printed.strip() == primary.keys_text().strip()
    assert f"{site.id} {record['fingerprint']}" in printed
    assert printed.startswith('restrict,command="')
    primary.stop()
    assert primary.ctl("repo", "authorized-keys") == printed
    one = primary.ctl("repo", "authorized-keys", "branch")
    assert one.strip() == printed.strip()


def test_modes(here):
    """Nobody but its user sees what is in state_dir."""
    primary, site = network(here, "branch")
    noise(here / "1.img", 5000)
    primary.publish("disk@1", here / "1.img")
    site.sync()
    public = {"authorized_keys"}
    for node in (primary, site):
        assert node.state.stat().st_mode & 0o777 == 0o711
        for path in node.state.iterdir():
            mode = path.lstat().st_mode
            if path.name in public or path.suffix == ".sock":
                continue
            assert not mode & 0o077, (path, oct(mode))
        for path in (node.state / "keys").iterdir():
            if path.suffix != ".pub":
                assert path.stat().st_mode & 0o777 == 0o600, path
        for name in ("blobs", "staging", "deltas", "maps", "signatures"):
            assert not (node.store / name).stat().st_mode & 0o077, name


def test_push(here):
    """The primary dials: the session is the same."""
    primary, site = network(here, "branch")
    site.sync()
    site.stop()
    # The site cannot dial any more, but lets its primary in.
    site.dial(harness.free_port())
    site.start()
    harness.wait_until(
        lambda: site.json("status")["upstream"]["running"] is None,
        "its own try is over",
    )
    noise(here / "1.img", 500_000)
    primary.publish("disk@1", f"d={here / '1.img'}", here / "1.img")
    key = primary.state / "keys" / "primary"
    line = text.key_blob(pathlib.Path(f"{key}.pub").read_text())
    line = text.line_of_blob(line)
    gate = harness.BUILD / "syncd-gate"
    command = (
        f"{gate} --socket {site.state}/gate.sock "
        f"{text.id_of_key(line)} {text.fingerprint_of_key(line)}"
    )
    sshd = Sshd(
        *(here, "site-sshd", primary),
        keys=f'restrict,command="{command}" {line}\n',
        host_key=primary.host_key,
    )
    with harness.Ssh(here, primary, key, sshd.port) as ssh:
        # The primary's end of the link, handed over by its own gate.
        near = subprocess.Popen(
            [gate, "--socket", primary.state / "gate.sock"]
            + [site.id, text.fingerprint_of_key(site.made["key"])],
            stdin=ssh.read_fd,
            stdout=ssh.write_fd,
        )
        harness.wait_until(
            site.published("disk", "1", "d").exists, "it is pushed"
        )
        harness.wait_until(
            lambda: primary.holdings("branch")["disk", "1"]["held"],
            "the receipt is here",
        )
        near.terminate()
        near.wait()
    for name in ("d", "1.img"):
        assert sha256(site.published("disk", "1", name)) == sha256(
            here / "1.img"
        )


def test_service_manager(here):
    """READY, STATUS, RELOADING and STOPPING are told."""
    primary = harness.Primary(here)
    path = here / "notify"
    said = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        listener.settimeout(20)
        environment = os.environ | {"NOTIFY_SOCKET": str(path)}
        syncd = harness.Program(
            [harness.BUILD / "syncd", "--config", primary.config],
            primary.log,
            env=environment,
        )

        def until(word):
            while not any(word in text for text in said):
                said.append(listener.recv(4096).decode())

        until("READY=1")
        said.clear()
        syncd.signal(signal.SIGHUP)
        until("RELOADING=1")
        until("READY=1")
        time.sleep(0.1)
        syncd.signal(signal.SIGTERM)
        until("STOPPING=1")
        assert syncd.wait() == 0


def test_no_standard_files(here):
    """Without standard files no other file is taken for one of them."""
    primary = harness.Primary(here)
    for missing in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        program = harness.Program(
            ["sh", "-c", f'exec "$0" --config "$1" {missing}']
            + [harness.BUILD / "syncd", primary.config],
            primary.log,
        )
        harness.wait_until(
            lambda: primary.run("status").status == 0, "it is up"
        )
        files = pathlib.Path(f"/proc/{program.process.pid}/fd")
        for number in "012":
            target = os.readlink(files / number)
            assert target == "/dev/null" or ".log" in target, target
        program.signal(signal.SIGTERM)
        assert program.wait() == 0
    primary.start()
    answer = subprocess.run(
        ["sh", "-c", 'exec "$0" --config "$1" status >&-']
        + [harness.BUILD / "syncctl", primary.config],
        capture_output=True,
        check=False,
    )
    assert answer.returncode == 1, answer
    assert b"standard output" in answer.stderr, answer


def test_nobody_reads_what_it_says(here):
    """A pipe that nobody reads does not stop the daemon."""
    primary = harness.Primary(here)
    primary.configure("log_level", "debug")
    read_fd, write_fd = os.pipe()
    syncd = subprocess.Popen(
        [harness.BUILD / "syncd", "--config", primary.config],
        stdin=subprocess.DEVNULL,
        stderr=write_fd,
    )
    os.set_blocking(write_fd, False)
    try:
        harness.wait_until(
            lambda: primary.run("status").status == 0, "it is up"
        )
        full = b"x" * 65536
        while True:
            try:
                os.write(write_fd, full)
            except BlockingIOError:
                if len(full) == 1:
                    break
                full = full[: len(full) // 2]
        os.set_blocking(write_fd, True)
        for _ in range(40):
            syncd.send_signal(signal.SIGHUP)
            time.sleep(0.01)
        assert primary.run("status", timeout_s=30).status == 0
        syncd.send_signal(signal.SIGTERM)
        assert syncd.wait(harness.STOP_TIMEOUT_S) == 0
    finally:
        syncd.kill()
        syncd.wait()
        os.close(read_fd)
        os.close(write_fd)
