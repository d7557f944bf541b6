"""The second implementation agrees with tests/vectors/."""

import pathlib
import subprocess

from packhorse import documents, frames, lists, merkle, segments, sshsig, text
from packhorse.refusal import Refused

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors"
SIGNERS = {
    "trust": {"authority"},
    "trust2": {"authority", "authority2"},
    "charter": {"policy"},
    "manifest": {"publisher"},
    "grant": {"primary"},
    "receipt": {"repository"},
    "checkpoint": {"primary"},
    "join": {"primary"},
}


def hexadecimal(lines):
    return bytes.fromhex("".join(line.partition("#")[0] for line in lines))


def message_vectors():
    """(name, case, transfer, verdict, payload) of each vector."""
    vectors = []
    for line in (VECTORS / "messages.txt").read_text().splitlines():
        if line.startswith("message "):
            vectors.append((*line.split()[1:], []))
        elif vectors:
            vectors[-1][-1].append(line)
    for name, case, transfer, verdict, lines in vectors:
        yield name, case, int(transfer), verdict, hexadecimal(lines)


def verdict_of(name, transfer, payload):
    data = frames.Frame(name, transfer, payload).encode()
    try:
        header = frames.decode_header(data[: frames.HEADER_SIZE])
        assert header == (name, transfer, len(payload))
        frames.decode(frames.Frame(name, transfer, payload))
    except Refused as refused:
        return refused.code
    return "ok"


def test_messages(_):
    """Every message vector has its verdict; every message has a vector."""
    seen = set()
    for name, case, transfer, verdict, payload in message_vectors():
        found = verdict_of(name, transfer, payload)
        assert found == verdict, f"{name} {case}: {found}, not {verdict}"
        seen.add(name)
    assert seen == set(frames.NUMBERS)


def test_messages_cut(_):
    """No message is taken with a byte of its payload missing, or is JSON."""
    for name, case, transfer, verdict, payload in message_vectors():
        if verdict != "ok" or not payload or payload[:1] == b"{":
            continue
        whole = frames.decode(frames.Frame(name, transfer, payload))
        try:
            cut = frames.decode(frames.Frame(name, transfer, payload[:-1]))
        except Refused:
            continue
        assert cut != whole, f"{name} {case}"


def segment_vector(path):
    parts = {}
    for line in path.read_text().splitlines():
        if line.rstrip().endswith(":") and line[:1].isalpha():
            parts[line.strip()[:-1]] = lines = []
        elif parts:
            lines.append(line)
    return {name: hexadecimal(lines) for name, lines in parts.items()}


def test_segments(_):
    """Encodings have their names and make their targets."""
    paths = sorted((VECTORS / "segments").glob("*.hex"))
    assert paths
    for path in paths:
        vector = segment_vector(path)
        encoding = vector["encoding"]
        assert text.sha256(encoding) == vector["name"], path.name
        segment = segments.decode(encoding)
        base = vector["base"]
        target = segments.apply(segment, lambda at, n: base[at : at + n])
        assert target == vector["target"], path.name
        for size in range(len(encoding)):
            refused(segments.decode, encoding[:size])
        refused(segments.decode, encoding + b"\0")


def refused(function, *arguments):
    try:
        function(*arguments)
    except Refused as refusal:
        return refusal.code
    raise AssertionError(f"{function.__name__} took what it must refuse")


def keys():
    lines = (VECTORS / "documents/allowed_signers").read_text().splitlines()
    return dict(line.split(" ", 1) for line in lines)


def test_documents(_):
    """Documents have their digests, members and signers."""
    directory = VECTORS / "documents"
    roles = {line: role for role, line in keys().items()}
    for line in (directory / "DIGESTS").read_text().splitlines():
        digest, name = line.split()
        stem = name.removesuffix(".json")
        document = documents.load(directory / name)
        assert document.digest() == "sha256:" + digest
        value = documents.decode(document.data)
        assert value["kind"] == stem.rstrip("2")
        signers = {roles[key] for key in document.signers(value["kind"])}
        assert signers == SIGNERS[stem], (stem, signers)
        sealed, rest = documents.unseal(document.seal() + b"more")
        assert sealed == document and rest == b"more"
        refused(document.signers, "policy")
        document.data = document.data.replace(b'"extra"', b'"Extra"')
        refused(document.signers, value["kind"])
        refused(documents.decode, document.data)


def test_lists(_):
    """The list and the set are those that the grant and receipt name."""
    directory = VECTORS / "documents"
    grant = documents.decode(documents.load(directory / "grant.json").data)
    data = (directory / "grant.list").read_bytes()
    assert lists.digest(data) == grant["list"]
    assert len(lists.decode_grant(data)) == grant["items"]
    receipt = documents.decode(documents.load(directory / "receipt.json").data)
    held = (directory / "receipt.set").read_bytes()
    assert lists.digest(held) == receipt["set"]["digest"]
    assert len(lists.decode_set(held)) == receipt["set"]["count"]
    changes = lists.differences(data, b"")
    assert lists.apply(data, changes) == b""
    refused(lists.apply, b"", changes)
    refused(lists.decode_set, data)


def test_trust(_):
    """The chain of trust holds; what is out of order is refused."""
    directory = VECTORS / "documents"
    first = documents.load(directory / "trust.json")
    second = documents.load(directory / "trust2.json")
    trust = documents.Trust(keys()["authority"])
    refused(trust.add, second)
    trust.add(first)
    refused(trust.add, first)
    trust.add(second)
    assert trust.epoch() == 2
    value, trust = documents.join_trust(
        documents.load_join(directory / "join")
    )
    assert value["name"] == "site-a"
    assert trust.epoch() >= 1


def test_signature_made_here(here):
    """A signature of ours has the form that documents ask for."""
    key = here / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)],
        check=True,
    )
    line = " ".join((here / "key.pub").read_text().split()[:2])
    blob = sshsig.sign(b"text", key, "packhorse-auth")
    assert sshsig.verify(b"text", blob, "packhorse-auth") == line
    refused(sshsig.verify, b"texts", blob, "packhorse-auth")


def test_versions(_):
    """Natural order, as formats.md has it."""
    order = ["1.0", "1.0-rc1", "1.00", "1.9", "1.10", "9", "10", "010", "a"]
    keys_ = [text.version_key(version) for version in order]
    for left, right in zip(keys_, keys_[1:]):
        assert left < right and not right < left, (left, right)


def test_consistency(_):
    """Proofs by the definition of RFC 9162 hold, and no others."""

    def subproof(size, leaves, whole):
        if size == len(leaves):
            return [] if whole else [merkle.root(leaves)]
        half = 1 << ((len(leaves) - 1).bit_length() - 1)
        if size <= half:
            rest = [merkle.root(leaves[half:])]
            return subproof(size, leaves[:half], whole) + rest
        rest = [merkle.root(leaves[:half])]
        return subproof(size - half, leaves[half:], False) + rest

    leaves = [merkle.leaf_hash(bytes([n])) for n in range(20)]
    for last in range(1, 21):
        for first in range(1, last + 1):
            proof = subproof(first, leaves[:last], True)
            roots = merkle.root(leaves[:first]), merkle.root(leaves[:last])
            assert merkle.verify_consistency(first, last, proof, *roots)
            assert not merkle.verify_consistency(
                first, last, proof, roots[0], bytes(32)
            )
            assert not merkle.verify_consistency(
                first, last, proof + [bytes(32)], *roots
            )
