"""Real daemons for tests: a primary with its own sshd, sites, bad lines.

Everything lies in the directory of the test.  Programs are started and
ended by process id, listen on loopback alone, and end with the test.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

BUILD = pathlib.Path(os.environ.get("PACKHORSE_BUILD", "."))
SSHD = "/usr/sbin/sshd"
MIB = 1 << 20

# The sanitizers' builds are slow, and colleagues use the machine, too.
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 30
COMMAND_TIMEOUT_S = 120

_running = []


class Skip(Exception):
    """The test cannot run here, and why."""


def stop_all(check=False):
    """End everything that still runs; check that it ends as it should."""
    for program in reversed(_running):
        status = program.end()
        assert not check or status in (0, 255), (
            f"exit status {status}: "
            + pathlib.Path(program.log).read_text(errors="replace")[-8000:]
        )


class Program:
    """A process of ours, with a file for what it says."""

    def __init__(self, argv, log, **options):
        self.log = log
        self.started = time.monotonic()
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                [str(word) for word in argv],
                stdin=subprocess.DEVNULL,
                stdout=options.pop("stdout", output),
                stderr=output,
                **options,
            )
        _running.append(self)

    def alive(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout_s=STOP_TIMEOUT_S):
        status = self.process.wait(timeout_s)
        if self in _running:
            _running.remove(self)
        return status

    def end(self):
        """End it, by force when it does not listen."""
        if self.alive():
            self.signal(signal.SIGTERM)
            try:
                return self.wait()
            except subprocess.TimeoutExpired:
                self.signal(signal.SIGKILL)
        return self.wait()

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.wait()


def wait_until(condition, what, timeout_s=30, every_s=0.05):
    """Wait for a condition; its true value is returned."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(every_s)


def free_port():
    """A port below those that the kernel gives out by itself."""
    while True:
        port = random.randrange(12000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Failed(Exception):
    """A command ended with another exit status than it should."""


@dataclasses.dataclass
class Answer:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str

    def json(self):
        return json.loads(self.stdout)

    def error(self):
        """The error of --json: code, exit, what, where, next."""
        error = self.json()["error"]
        assert set(error) == {"code", "exit", "what", "where", "next"}, error
        assert error["exit"] == self.status, (error, self.status)
        return error


class Node:
    """A repository on this machine: its configuration and its syncd."""

    def __init__(self, here, name):
        self.here = pathlib.Path(here) / name
        self.name = name
        self.config = self.here / "packhorse.yaml"
        self.state = self.here / "state"
        self.store = self.here / "store"
        self.log = self.here / "syncd.log"
        self.syncd = None
        self.starts = 0
        self.here.mkdir()

    # What the operator does.

    def run(self, *words, stdin=None, timeout_s=COMMAND_TIMEOUT_S, **options):
        """syncctl with some words, however it ends."""
        given = {"input": stdin} if isinstance(stdin, bytes) else {
            "stdin": stdin or subprocess.DEVNULL
        }
        result = subprocess.run(
            [str(BUILD / "syncctl"), *map(str, words)],
            env=os.environ | {"PACKHORSE_CONFIG": str(self.config)},
            capture_output=True,
            timeout=timeout_s,
            check=False,
            **given,
            **options,
        )
        answer = Answer(
            result.returncode,
            result.stdout.decode(errors="replace"),
            result.stderr.decode(errors="replace"),
        )
        assert "Sanitizer" not in answer.stderr, answer.stderr
        return answer

    def ctl(self, *words, exit=0, **options):
        """syncctl that ends with an exit status; what it printed."""
        answer = self.run(*words, **options)
        if answer.status != exit:
            raise Failed(
                f"{self.name}: syncctl {' '.join(map(str, words))}: exit "
                f"{answer.status}, not {exit}\n{answer.stdout}{answer.stderr}"
            )
        return answer.stdout + answer.stderr if exit else answer.stdout

    def json(self, *words, **options):
        """The same with --json, decoded."""
        return json.loads(self.ctl(*words, "--json", **options))

    def fails(self, exit, *words, **options):
        """A command fails with an exit status; its error."""
        answer = self.run(*words, "--json", **options)
        if answer.status != exit:
            raise Failed(
                f"{self.name}: syncctl {' '.join(map(str, words))}: exit "
                f"{answer.status}, not {exit}\n{answer.stdout}{answer.stderr}"
            )
        return answer.error()

    def fails_with(self, exits, *words, **options):
        """The same, with one of some exit statuses."""
        answer = self.run(*words, "--json", **options)
        assert answer.status in exits, (words, answer)
        return answer.error()

    # The daemon.

    def launch(self, *words):
        """Start syncd, whatever comes of it."""
        environment = dict(os.environ)
        if self.notify:
            environment["NOTIFY_SOCKET"] = self.notify.getsockname()
        return Program(
            [BUILD / "syncd", "--config", self.config, *words],
            self.log,
            env=environment,
        )

    notify = None

    def start(self):
        """Start syncd and wait until it says that it is ready."""
        path = self.here / f"notify.{self.starts}"
        self.starts += 1
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(str(path))
            listener.settimeout(0.1)
            self.notify = listener
            self.syncd = self.launch()
            self.notify = None
            deadline = time.monotonic() + START_TIMEOUT_S
            while True:
                assert self.syncd.alive(), f"{self.name} ended: {self.said()}"
                assert time.monotonic() < deadline, f"{self.name}: not ready"
                with contextlib.suppress(TimeoutError):
                    if b"READY=1" in listener.recv(4096):
                        break
        path.unlink()
        return self

    def stop(self):
        """SIGTERM; it ends cleanly."""
        self.syncd.signal(signal.SIGTERM)
        status = self.syncd.wait()
        assert status == 0, f"{self.name}: {status}\n{self.said()}"

    def kill(self):
        self.syncd.kill()

    def restart(self):
        self.stop()
        return self.start()

    def said(self):
        """All that syncd wrote so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def configure(self, key, value):
        """Set a key at the top of the configuration; None takes it out."""
        lines = self.config.read_text().splitlines()
        lines = [line for line in lines if not line.startswith(key + ":")]
        if value is not None:
            lines.append(f"{key}: {value}")
        self.config.write_text("\n".join(lines) + "\n")

    def key(self, which="repository"):
        """A key line without its comment."""
        return " ".join(self.ctl("key", "show", which).split()[:2])

    # What lies on the disk.

    def published(self, image, version, file):
        return self.store / "published" / image / version / file

    def blobs(self):
        return {
            path.name: path
            for path in (self.store / "blobs").iterdir()
            if re.fullmatch("[0-9a-f]{64}", path.name)
        }

    def audit(self, name="main"):
        """A log of this repository, verified."""
        from packhorse import log

        return log.read(self.state / "log" / f"{name}.log")

    def holdings(self, *words):
        """{(image, version): item} of holdings."""
        return {
            (item["image"], item["version"]): item
            for item in self.json("holdings", *words)["items"]
        }


class Primary(Node):
    def __init__(self, here, name="centre"):
        super().__init__(here, name)
        self.port = free_port()
        self.sshd = None
        self.made = self.json(
            *("init", "primary", name, "--state-dir", self.state),
            *("--store-dir", self.store, "--sshd-port", self.port),
        )
        self.sshd_config = pathlib.Path(self.made["sshd_config"])
        self.host_key = self.state / "sshd" / "host_key"
        self.user = self.made["address"].split("@")[0][len("ssh://") :]

    def start_sshd(self):
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        self.sshd = Program(
            [SSHD, "-D", "-e", "-f", self.sshd_config], self.here / "sshd.log"
        )
        wait_for_port(self.port, self.sshd)

    def up(self):
        self.start()
        self.start_sshd()
        return self

    def apply(self, policy):
        """Apply a policy: its text, or {repository: pattern of images}."""
        path = self.here / "policy.yaml"
        path.write_text(policy if isinstance(policy, str) else allow(policy))
        return self.json("policy", "apply", path)

    def publish(self, version, *files, **options):
        """Publish NAME@VERSION; the answer."""
        return self.json("image", "publish", version, *files, **options)

    def keys_text(self):
        return (self.state / "authorized_keys").read_text()


class Site(Node):
    def __init__(self, here, name, primary):
        super().__init__(here, name)
        self.primary = primary

    def join(self, reason="separation"):
        """Add it at the primary, by an invitation."""
        self.primary.json("repo", "add", self.name, "--reason", reason)
        join = self.here / "join"
        join.write_text(self.primary.ctl("repo", "invite", self.name))
        self.made = self.json(
            *("init", "site", "--join", join, "--state-dir", self.state),
            *("--store-dir", self.store),
        )
        self.primary.json("repo", "set", self.name, "--key", self.made["key"])
        return self

    @property
    def id(self):
        return self.made["id"]

    @property
    def key_file(self):
        return self.state / "keys" / "repository"

    def dial(self, port):
        """Dial another port than the primary's: a relay's."""
        text = self.config.read_text()
        self.config.write_text(
            re.sub(r"(address: ssh://.*:)\d+", rf"\g<1>{port}", text)
        )

    def sync(self, exit=0, **options):
        """sync --wait --json; what it says."""
        return json.loads(
            self.ctl("sync", "--wait", "--json", exit=exit, **options)
        )


def allow(table):
    """A policy: repositories and a pattern of images; None: nothing."""
    lines = ["version: 1"]
    for key in ("allow", "deny"):
        denies = key == "deny"
        rules = {n: p for n, p in table.items() if (p is None) == denies}
        lines += [f"{key}:"] if rules else []
        for name, pattern in rules.items():
            lines += [f"  - to: [{name}]"]
            lines += [f'    images: {{name: "{pattern or "*"}"}}']
    return "\n".join(lines) + "\n"


def network(here, *names, policy=None):
    """A running primary and running sites; policy: all, or {name: glob}."""
    primary = Primary(here).up()
    sites = [Site(here, name, primary).join() for name in names]
    if policy is None:
        policy = {name: "*" for name in names}
    primary.apply(policy)
    for site in sites:
        site.start()
    return (primary, *sites)


def wait_for_port(port, program):
    def listens():
        assert program.alive(), pathlib.Path(program.log).read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until(listens, f"port {port} listens", START_TIMEOUT_S)


class Sshd:
    """Another sshd in front of a primary, made from its configuration."""

    def __init__(self, here, name, primary, keys=None, host_key=None, **set_):
        """keys is the text of authorized_keys; set_ replaces settings."""
        here = pathlib.Path(here) / name
        here.mkdir()
        self.port = free_port()
        settings = {"Port": self.port, "PidFile": here / "pid"} | set_
        if keys is not None:
            (here / "authorized_keys").write_text(keys)
            settings["AuthorizedKeysFile"] = here / "authorized_keys"
        if host_key is not None:
            settings["HostKey"] = host_key
        lines = [
            line
            for line in primary.sshd_config.read_text().splitlines()
            if line.split(" ")[0] not in settings
        ]
        lines += [f"{name} {value}" for name, value in settings.items()]
        (here / "config").write_text("\n".join(lines) + "\n")
        self.program = Program(
            [SSHD, "-D", "-e", "-f", here / "config"], here / "sshd.log"
        )
        wait_for_port(self.port, self.program)


class Ssh:
    """A stream to a gate, by the ssh program and some key."""

    def __init__(self, here, primary, key_file, port=None):
        theirs, self.write_fd = os.pipe()
        self.read_fd, ours = os.pipe()
        options = ("IdentitiesOnly=yes", "StrictHostKeyChecking=no")
        options += (f"UserKnownHostsFile={here}/known_hosts", "BatchMode=yes")
        self.program = subprocess.Popen(
            ["ssh", "-F", "/dev/null", "-T", "-q", "-i", str(key_file)]
            + [word for option in options for word in ("-o", option)]
            + ["-p", str(port or primary.port), f"{primary.user}@127.0.0.1"],
            stdin=theirs,
            stdout=ours,
            stderr=subprocess.PIPE,
        )
        os.close(theirs)
        os.close(ours)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.write_fd)
        os.close(self.read_fd)
        self.program.terminate()
        self.program.communicate()


class Relay:
    """The relay of the tree between sites and a primary's sshd."""

    def __init__(self, here, port, *words):
        read_fd, write_fd = os.pipe()
        self.program = Program(
            [BUILD / "tests" / "relay", "--listen", "127.0.0.1:0"]
            + ["--to", f"127.0.0.1:{port}", *words],
            pathlib.Path(here) / "relay.log",
            stdout=write_fd,
        )
        os.close(write_fd)
        self.output = os.fdopen(read_fd)
        self.program.relay = self  # It lives as long as its program.
        self.port = int(self.output.readline())

    def cut(self):
        """Cut all connections now."""
        self.program.signal(signal.SIGUSR1)

    def end(self):
        """(bytes up, bytes down, connections)."""
        self.program.end()
        words = self.output.read().split()
        self.output.close()
        return int(words[1]), int(words[3]), int(words[5])


# Images.


def noise(path, size, seed=0, zeros=True):
    """A file of random bytes, with a hole in its middle."""
    generator = random.Random(seed)
    with open(path, "wb") as file:
        for offset in range(0, size, 65536):
            count = min(65536, size - offset)
            if zeros and size // 3 < offset < size // 2:
                file.seek(offset + count)
            else:
                file.write(generator.randbytes(count))
        file.truncate(size)
    return path


@contextlib.contextmanager
def pipe(path):
    """A stream through which the bytes of a file come."""
    with subprocess.Popen(
        ["cat", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as program:
        yield program.stdout


def changed(old, new, every=400_000, seed=1):
    """A copy of a file with a few bytes changed here and there."""
    shutil.copyfile(old, new)
    generator = random.Random(seed)
    with open(new, "r+b") as file:
        for offset in range(1000, os.path.getsize(old) - 600, every):
            file.seek(offset)
            file.write(generator.randbytes(500))
    return new


def ext4(path, megabytes, sources):
    """A real ext4 image of some files of this machine."""
    tree = path.parent / "tree"
    tree.mkdir()
    total = 0
    for source in sources:
        for file in sorted(pathlib.Path(source).rglob("*")):
            if not file.is_file() or file.is_symlink():
                continue
            if total + file.stat().st_size > megabytes * 600_000:
                continue
            total += file.stat().st_size
            copy = tree / file.relative_to("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
    subprocess.run(
        ["/usr/sbin/mke2fs", "-q", "-t", "ext4", "-d", tree, path]
        + [f"{megabytes}M"],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    shutil.rmtree(tree)
    return path


def ext4_changed(old, new):
    """The same image after changes inside: files go, files come."""
    shutil.copyfile(old, new)
    listing = subprocess.run(
        ["/usr/sbin/debugfs", "-R", "ls -p /usr/share/doc", old],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    names = [row.split("/")[5] for row in listing.splitlines() if "/" in row]
    names = [name for name in names if name not in ("", ".", "..")]
    commands = [
        f"rm /usr/share/doc/{name}/copyright" for name in names[::10]
    ]
    commands += ["mkdir /added", f"write {sys.executable} /added/python"]
    commands += ["write /bin/bash /added/bash"]
    subprocess.run(
        ["/usr/sbin/debugfs", "-w", "-f", "-", new],
        input="\n".join(commands) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return new


# Marks of tests.


def long(test):
    """Run with --full alone."""
    test.long = True
    return test


def alone(test):
    """It measures time: nothing else runs beside it."""
    test.alone = True
    return test


def limit(seconds):
    """Another time limit than the usual one."""

    def mark(test):
        test.limit_s = seconds
        return test

    return mark
