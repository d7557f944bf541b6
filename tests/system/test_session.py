"""A receiver in Python at a real syncd, through a real sshd."""

import hashlib
import pathlib
import subprocess
import time

import harness
from harness import MIB, changed, noise, sha256
from packhorse import blockmap, documents, session, sshsig, text
from packhorse.refusal import Refused


def primary_and_sites(here, *names, policy=None):
    """A running primary, and sites that are not running."""
    primary = harness.Primary(here).up()
    sites = [harness.Site(here, name, primary).join() for name in names]
    primary.apply(policy or {name: "*" for name in names})
    return (primary, *sites)


def trust_of(site):
    return documents.join_trust(documents.load_join(site.here / "join"))[1]


def receiver(ssh, site):
    """A receiver with the key of a site; no handshake yet."""
    return session.Receiver(
        ssh.read_fd,
        ssh.write_fd,
        site.key_file,
        site.made["key"],
        trust_of(site),
    )


def dial(here, primary, site, by=None):
    return harness.Ssh(here, primary, (by or site).key_file)


def test_whole_session(here):
    """First copy, delta, maps and manifests, by the documentation alone."""
    primary, site = primary_and_sites(here, "branch")
    old = noise(here / "1.img", 2 * MIB + 77).read_bytes()
    new = changed(here / "1.img", here / "2.img").read_bytes()
    primary.publish("disk@1", f"d={here / '1.img'}", "--label", "os=x")
    primary.publish("disk@2", f"d={here / '2.img'}")
    with dial(here, primary, site) as ssh:
        peer = receiver(ssh, site)
        hello = peer.handshake()
        assert hello["id"].hex() == primary.made["id"]
        peer.state()
        assert peer.charter["name"] == "branch"
        assert peer.charter["reasons"] == ["separation"]
        items = {item.version: item for item in peer.items()}
        assert sorted(items) == ["1", "2"]
        assert all(item.state == "allow" for item in items.values())
        manifests = {v: peer.manifest(items[v].manifest) for v in items}
        assert manifests["1"]["labels"] == {"os": "x"}
        first, second = (manifests[v]["files"][0]["digest"] for v in "12")
        plan, content, _ = peer.blob(first)
        assert content == old
        assert plan["base"] == bytes(32)
        plan, content, wire = peer.blob(second, {first: old})
        assert content == new
        assert plan["base"] == text.digest_bytes(first)
        assert wire < len(new) // 20, wire
        hashes = peer.map(second, 0, blockmap.blocks_of(len(new)))
        assert b"".join(hashes) == blockmap.of_file(here / "2.img")
        assert blockmap.root(b"".join(hashes)) == (
            manifests["2"]["files"][0]["map"]
        )
        peer.bye()


def test_state_is_compared(here):
    """The second contact is answered by SAME; it costs next to nothing."""
    primary, site = primary_and_sites(here, "branch")
    noise(here / "1.img", 5000)
    primary.publish("disk@1", here / "1.img")
    with dial(here, primary, site) as ssh:
        peer = receiver(ssh, site)
        peer.handshake()
        peer.state()
        peer.bye()
    kept = peer
    with dial(here, primary, site) as ssh:
        peer = receiver(ssh, site)
        peer.charter, peer.grant, peer.list = (
            kept.charter,
            kept.grant,
            kept.list,
        )
        peer.handshake()
        answer = peer.state()
        assert answer["next"] > 0
        peer.bye()
        assert peer.heard == ["HELLO", "AUTH", "SAME", "BYE"], peer.heard


def test_receipts(here):
    """Receipts are taken in order; the answer carries a checkpoint."""
    primary, site = primary_and_sites(here, "branch")
    noise(here / "1.img", 5000)
    primary.publish("disk@1", here / "1.img")
    with dial(here, primary, site) as ssh:
        peer = receiver(ssh, site)
        peer.handshake()
        peer.state()
        (item,) = peer.items()
        held = f"visible {item.manifest} disk 1 hashed {session.now()}\n"
        first, received = peer.receipt(held.encode())
        point = peer.checkpoint(received)
        log = primary.audit(site.id)
        assert log.root(point["size"]) == point["root"]
        assert primary.holdings("branch")["disk", "1"]["held"] is True
        _, received = peer.receipt(b"", 2, first)
        assert peer.checkpoint(received)["size"] >= point["size"]
        assert primary.holdings("branch")["disk", "1"]["held"] is False
        log = primary.audit(site.id)
        assert len(log.find("receipt")) == 2, log.kinds()
        peer.bye()
    # A number that was given already, for another statement: a clone.
    with dial(here, primary, site) as ssh:
        peer = receiver(ssh, site)
        peer.handshake()
        peer.state()
        code = abort_of(peer, lambda: peer.receipt(held.encode(), 2, first))
        assert code == "fork", code
    assert primary.holdings("branch")["disk", "1"]["held"] is False

    def told():
        notices = primary.json("status")["notices"]
        told = [n for n in notices if n.startswith("branch was refused at")]
        assert not told or told[0].count("127.0.0.1") == 2, told
        return told

    # That stays to be seen when the other one comes, until somebody acts.
    harness.wait_until(told, "status tells of the clone")
    with dial(here, primary, site) as ssh:
        peer = receiver(ssh, site)
        peer.handshake()
        peer.state()
        peer.items()
        peer.bye()
    harness.wait_until(
        lambda: primary.json("status")["repositories"][0]["last_failure"]
        is None,
        "the last contact went well",
    )
    assert told()
    primary.ctl("repo", "resume", "branch")
    assert not told()


def test_not_granted_is_not_there(here):
    """What is not granted and what is not there answer the same."""
    primary, site, other = primary_and_sites(
        here, "part", "all", policy={"part": "open*", "all": "*"}
    )
    noise(here / "1.img", 300_000)
    noise(here / "2.img", 300_000, seed=9)
    primary.publish("open@1", here / "1.img")
    primary.publish("secret@1", here / "2.img")
    with dial(here, primary, other) as ssh:
        peer = receiver(ssh, other)
        peer.handshake()
        peer.state()
        digests = {item.image: item.manifest for item in peer.items()}
        peer.bye()
    secret = "sha256:" + sha256(here / "2.img")
    own = "sha256:" + sha256(here / "1.img")
    missing = "sha256:" + hashlib.sha256(b"nothing").hexdigest()
    with dial(here, primary, site) as ssh:
        peer = receiver(ssh, site)
        peer.handshake()
        peer.state()
        assert [item.image for item in peer.items()] == ["open"]
        for digest in (digests["secret"], missing):
            assert peer.manifest(digest) is None
        for digest in (secret, missing):
            assert peer.map(digest, 0, 1) is None
            assert peer.want(digest) is None
        assert peer.map(own, 1000, 1) is None
        # A base that is not granted is as good as none.
        answers = [peer.want(own, [base]) for base in (secret, missing)]
        assert answers[0] == answers[1]
        assert answers[0][0]["base"] == bytes(32)
        peer.bye()


def test_denied_while_connected(here):
    """A new grant arrives unasked; what it lacks is NONE at once."""
    primary, site = primary_and_sites(here, "branch")
    noise(here / "1.img", 300_000)
    primary.publish("disk@1", here / "1.img")
    blob = "sha256:" + sha256(here / "1.img")
    with dial(here, primary, site) as ssh:
        peer = receiver(ssh, site)
        peer.handshake()
        peer.state()
        assert peer.want(blob) is not None
        generation = peer.grant["generation"]
        primary.apply({"branch": None})
        _, content = peer.expect("GRANT")
        peer.take_grant(content)
        assert peer.items() == []
        assert peer.grant["generation"] == generation + 1
        assert peer.want(blob) is None
        assert list(peer.errors) in ([], [1]), peer.errors
        peer.bye()


def abort_of(peer, action=lambda: None):
    """The code with which the peer ends the session."""
    try:
        action()
        while True:
            peer.next()
    except session.Aborted as aborted:
        return aborted.code
    except (session.Cut, BrokenPipeError):
        return None


def test_versions_in_common(here):
    """No common version is an error of its own; a common one is used."""
    primary, site = primary_and_sites(here, "branch")
    with dial(here, primary, site) as ssh:
        peer = receiver(ssh, site)
        peer.hello(session.RECEIVER, site.id, lowest=2, highest=9)
        assert abort_of(peer) == "version"
        assert set(peer.heard) <= {"HELLO", "ABORT"}, peer.heard


def test_bad_frames(here):
    """What does not follow the protocol ends the session by name."""
    primary, site = primary_and_sites(here, "branch")
    noise(here / "1.img", 5000)
    primary.publish("disk@1", here / "1.img")
    raw = {
        "bad-frame": bytes.fromhex("00ff000000000000000000000000"),
        "limit": bytes.fromhex("000400007fffffff00000000"),
    }
    for code, data in raw.items():
        with dial(here, primary, site) as ssh:
            peer = receiver(ssh, site)
            peer.handshake()
            peer.send_raw(data)
            assert abort_of(peer) == code, code
    steps = (
        (False, "STATE", b"{}", 0, "bad-state"),
        (True, "RECEIPT", b"{}", 0, "bad-state"),
        (True, "STATE", b"{}", 0, "bad-message"),
        (True, "STATE", b"{", 0, "bad-message"),
        (True, "GRANT", b"x" * 40, 0, "bad-state"),
    )
    for shake, name, payload, transfer, code in steps:
        with dial(here, primary, site) as ssh:
            peer = receiver(ssh, site)
            if shake:
                peer.handshake()
            else:
                peer.hello(session.RECEIVER, site.id)
            peer.send(name, payload, transfer)
            assert abort_of(peer) == code, (name, code, peer.heard)
            assert not {"GRANT", "SAME", "MANIFEST"} & set(peer.heard)
    payloads = (
        ("CANCEL", b"x", 1, "limit"),
        ("ERROR", b"{", 1, "bad-message"),
        ("PULL", b"x", 1, "bad-message"),
        ("PLAIN?", b"x", 1, "bad-message"),
        ("WANT", b"x", 1, "bad-message"),
        ("MANIFEST?", b"x", 0, "bad-message"),
        ("MAP?", b"x", 0, "bad-message"),
        ("PING", b"x", 0, "bad-message"),
    )
    for name, payload, transfer, code in payloads:
        with dial(here, primary, site) as ssh:
            peer = receiver(ssh, site)
            peer.handshake()
            peer.state()
            assert peer.items()
            peer.send(name, payload, transfer)
            assert abort_of(peer) == code, (name, code, peer.heard)
    # And the primary is as well as before.
    with dial(here, primary, site) as ssh:
        peer = receiver(ssh, site)
        peer.handshake()
        peer.state()
        assert peer.items()
        peer.bye()


def refused_login(here, primary, ssh_site, id_site, key_site):
    """A session with three identities; (code, what was heard)."""
    with harness.Ssh(here, primary, ssh_site.key_file) as ssh:
        peer = receiver(ssh, id_site)
        code = abort_of(
            peer,
            lambda: (
                peer.handshake(id_site.id, key_site.key_file),
                peer.send_json(
                    "STATE",
                    {
                        "charter": {"epoch": 0, "generation": 0},
                        "grant": {"epoch": 0, "generation": 0},
                        "list": session.EMPTY_LIST,
                        "set": session.EMPTY_LIST,
                        "receipt": 0,
                        "logs": [],
                        "next": None,
                    },
                ),
            ),
        )
        return code, peer.heard


def test_identities(here):
    """A's SSH key with B's id or AUTH key, and every other mix: refused."""
    primary, a, b = primary_and_sites(
        here, "one", "two", policy={"one": "*"}
    )
    noise(here / "1.img", 5000)
    primary.publish("disk@1", here / "1.img")
    mixes = 0
    for ssh_site in (a, b):
        for id_site in (a, b):
            for key_site in (a, b):
                if ssh_site is id_site is key_site:
                    continue
                code, heard = refused_login(
                    here, primary, ssh_site, id_site, key_site
                )
                mixes += 1
                assert code in ("identity", "bad-signature"), (code, heard)
                assert set(heard) <= {"HELLO", "AUTH", "ABORT"}, heard
    assert mixes == 6
    refused = [
        entry
        for name in ("main", a.id, b.id)
        if (primary.state / "log" / f"{name}.log").exists()
        for entry in primary.audit(name).find("refused")
    ]
    assert refused, "no refusal is in the log"
    assert "refused" in primary.said()


def test_unknown_key_signs(here):
    """A key that no repository has is refused behind a good SSH key."""
    primary, a = primary_and_sites(here, "one")
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", here / "k"],
        check=True,
    )
    with harness.Ssh(here, primary, a.key_file) as ssh:
        peer = receiver(ssh, a)
        code = abort_of(peer, lambda: peer.handshake(key_file=here / "k"))
        assert code == "identity", code
        assert set(peer.heard) <= {"HELLO", "AUTH", "ABORT"}


def test_documents_verify(here):
    """ssh-keygen verifies every document that lies on the disk."""
    primary, site = harness.network(here, "branch")
    noise(here / "1.img", 5000)
    primary.publish("disk@1", here / "1.img")
    site.sync()
    trust = trust_of(site)
    keys = {
        "trust": trust.keys("authority"),
        "charter": trust.keys("policy"),
        "manifest": trust.keys("publisher"),
        "grant": trust.keys("primary"),
        "receipt": [site.made["key"]],
        "checkpoint": trust.keys("primary") + [site.made["key"]],
    }
    seen = set()
    for node in (primary, site):
        for path in sorted((node.state / "documents").rglob("*.json")):
            document = documents.load(path)
            kind = documents.decode(document.data)["kind"]
            document.verify(kind, keys[kind])
            seen.add(kind)
            verify_by_hand(here, path, kind, document)
    assert seen >= {"trust", "charter", "manifest", "grant", "receipt"}, seen


def verify_by_hand(here, path, kind, document):
    """As formats.md says that it is done with stock tools."""
    (signer,) = document.signers(kind)[:1]
    allowed = pathlib.Path(here) / "allowed_signers"
    allowed.write_text(f"someone {signer}\n")
    subprocess.run(
        ["ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "someone"]
        + ["-n", f"packhorse-{kind}", "-s", f"{path}.sig"],
        input=path.read_bytes(),
        stdout=subprocess.DEVNULL,
        check=True,
    )


def test_log_tells_the_story(here):
    """Both logs verify; receipts carry checkpoints of the site's own."""
    primary, site = harness.network(here, "branch")
    noise(here / "1.img", 5000)
    primary.publish("disk@1", here / "1.img")
    site.sync()
    main = primary.audit("main").kinds()
    assert main.index("publish") >= 0
    for kind in ("repository", "charter", "policy", "publish"):
        assert kind in main, main
    about = primary.audit(site.id)
    for kind in ("grant", "delivery", "delivered", "receipt"):
        assert kind in about.kinds(), about.kinds()
    local = site.audit("local")
    assert "complete" in local.kinds(), local.kinds()
    receipts = [
        documents.decode(documents.load(path).data, "receipt")
        for path in (primary.state / "documents").rglob("*.json")
        if b'"kind":"receipt"' in path.read_bytes()
    ]
    assert receipts
    for receipt in receipts:
        size = receipt["checkpoint"]["size"]
        assert size <= local.size()
        assert local.root(size) == receipt["checkpoint"]["root"], receipt


def test_flipped_log_is_found(here):
    """The reader of logs refuses a log with any byte changed."""
    primary, _ = harness.network(here, "branch")
    primary.stop()
    path = primary.state / "log" / "main.log"
    whole = path.read_bytes()
    primary.audit()
    for at in range(0, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(
            whole[:at] + bytes([whole[at] ^ 0x20]) + whole[at + 1 :]
        )
        try:
            primary.audit()
        except Refused:
            continue
        raise AssertionError(f"byte {at} was changed unseen")


def test_silent_peer(here):
    """A peer that says nothing holds nobody else up."""
    primary, site = primary_and_sites(here, "branch")
    with dial(here, primary, site) as silent:
        peer = session.Peer(silent.read_fd, silent.write_fd)
        assert peer.receive().name == "HELLO"
        begin = time.monotonic()
        with dial(here, primary, site) as ssh:
            other = receiver(ssh, site)
            other.handshake()
            other.state()
            other.bye()
        assert time.monotonic() - begin < 20


@harness.long
def test_handshake_deadline(here):
    """A peer that says nothing is left after 30 s."""
    primary, site = primary_and_sites(here, "branch")
    with dial(here, primary, site) as ssh:
        peer = session.Peer(ssh.read_fd, ssh.write_fd)
        peer.timeout_s = 50
        begin = time.monotonic()
        assert abort_of(peer) == "timeout"
        assert 25 < time.monotonic() - begin < 45


def test_signature_of_sha256(here):
    """AUTH may be signed with either hash."""
    primary, site = primary_and_sites(here, "branch")
    with dial(here, primary, site) as ssh:
        peer = receiver(ssh, site)
        ours = peer.hello(session.RECEIVER, site.id, peer.trust.epoch())
        frame, _ = peer.expect("HELLO")
        data = here / "transcript"
        data.write_bytes(b"\1" + ours + frame.payload)
        subprocess.run(
            ["ssh-keygen", "-q", "-Y", "sign", "-f", site.key_file]
            + ["-n", "packhorse-auth", "-O", "hashalg=sha256", data],
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
        armoured = (here / "transcript.sig").read_text()
        peer.send("AUTH", sshsig.unarmour(armoured)[0])
        peer.expect("AUTH")
        peer.state()
        assert peer.grant["items"] == 0
        peer.bye()
