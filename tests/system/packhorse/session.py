"""One end of a session over a byte stream (protocol.md).

Peer speaks any messages in any order, right or wrong.  Receiver is a whole
receiver, which keeps in memory what it is sent.
"""

import base64
import os
import select
import time

from . import documents, frames, lists, segments, sshsig, strictjson, text
from .refusal import Refused, check

EMPTY_LIST = lists.digest(b"")
RECEIVER, PROVIDER = 1, 2
INCARNATION = bytes(15) + b"\1"


def now():
    """The time as documents have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Aborted(Exception):
    """The peer ended the session; code is the error's name."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Cut(Exception):
    """The stream ended without BYE."""


class Peer:
    """Sends and receives frames over two descriptors."""

    def __init__(self, read_fd, write_fd, timeout_s=60):
        self.read_fd = read_fd
        self.write_fd = write_fd
        self.timeout_s = timeout_s
        self.buffer = b""
        self.heard = []  # The names of all frames that came.

    def _read_some(self, deadline):
        left = deadline - time.monotonic()
        ready, _, _ = select.select([self.read_fd], [], [], max(left, 0))
        if not ready:
            raise TimeoutError("the peer says nothing")
        try:
            data = os.read(self.read_fd, 1 << 18)
        except ConnectionError as error:
            raise Cut() from error
        if not data:
            raise Cut()
        self.buffer += data

    def read(self, count):
        deadline = time.monotonic() + self.timeout_s
        while len(self.buffer) < count:
            self._read_some(deadline)
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def receive(self):
        """The next frame, whatever it is."""
        name, transfer, length = frames.decode_header(
            self.read(frames.HEADER_SIZE)
        )
        frame = frames.Frame(name, transfer, self.read(length))
        self.heard.append(name)
        return frame

    def next(self):
        """The next frame that is not for keeping the session alive."""
        while True:
            frame = self.receive()
            if frame.name == "ABORT":
                raise Aborted(frames.decode(frame))
            if frame.name == "PING":
                self.send("PONG", frame.payload)
            elif frame.name != "PONG":
                return frame

    def expect(self, *names):
        """The next frame, which has one of the names, and what it says."""
        frame = self.next()
        check(frame.name in names, "bad-state", f"{frame.name} came")
        return frame, frames.decode(frame)

    def send_raw(self, data):
        while data:
            data = data[os.write(self.write_fd, data) :]

    def send(self, name, payload=b"", transfer=0):
        self.send_raw(frames.Frame(name, transfer, payload).encode())

    def send_json(self, name, value, transfer=0):
        self.send(name, strictjson.encode(value).rstrip(b"\n"), transfer)

    def hello(self, role, repository_id, epoch=0, lowest=1, highest=1):
        """Send HELLO; its payload is returned."""
        payload = frames.encode_hello(
            {
                "lowest": lowest,
                "highest": highest,
                "role": role,
                "id": bytes.fromhex(repository_id),
                "random": os.urandom(32),
                "incarnation": INCARNATION,
                "epoch": epoch,
            }
        )
        self.send("HELLO", payload)
        return payload

    def silence(self, seconds):
        """Everything that comes in a time; Cut, Aborted are no faults."""
        names = []
        timeout, self.timeout_s = self.timeout_s, seconds
        try:
            while True:
                names.append(self.receive().name)
        except (Cut, TimeoutError):
            return names
        finally:
            self.timeout_s = timeout


class Receiver(Peer):
    """A receiver with one key."""

    def __init__(self, read_fd, write_fd, key_file, key_line, trust):
        super().__init__(read_fd, write_fd)
        self.key_file = key_file
        self.id = text.id_of_key(key_line)
        self.trust = trust
        self.primary_key = None
        self.charter = None
        self.grant = None
        self.list = b""
        self.set = b""
        self.transfer = 0
        self.errors = {}  # Of transfers that failed by themselves.

    def expect(self, *names):
        """The same; a transfer may fail at any moment."""
        while True:
            frame, content = super().expect(*names, "ERROR")
            if frame.name in names:
                return frame, content
            self.errors[frame.transfer] = content

    def handshake(self, repository_id=None, key_file=None):
        """HELLO, TRUST, AUTH, both ways; by another id or key if given."""
        ours = self.hello(
            RECEIVER, repository_id or self.id, self.trust.epoch()
        )
        frame, hello = self.expect("HELLO")
        check(hello["role"] == PROVIDER, "bad-state", "the same role")
        signed = ours + frame.payload
        blob = sshsig.sign(
            b"\1" + signed, key_file or self.key_file, "packhorse-auth"
        )
        self.send("AUTH", blob)
        while True:
            frame, content = self.expect("TRUST", "AUTH")
            if frame.name == "AUTH":
                break
            self.trust.add(documents.unseal_all(content))
        key = sshsig.verify(b"\2" + signed, content, "packhorse-auth")
        check(
            key in self.trust.keys("primary"), "bad-signature", "not the primary"
        )
        return hello

    def state(self):
        """Send STATE and take what it brings; the seconds to the next."""
        grant = self.grant or {"epoch": 0, "generation": 0}
        charter = self.charter or {"epoch": 0, "generation": 0}
        self.send_json(
            "STATE",
            {
                "charter": {k: charter[k] for k in ("epoch", "generation")},
                "grant": {k: grant[k] for k in ("epoch", "generation")},
                "list": lists.digest(self.list),
                "set": lists.digest(self.set),
                "receipt": 0,
                "logs": [],
                "next": None,
            },
        )
        while True:
            frame, content = self.expect(
                "TRUST", "CHARTER", "GRANT", "SAME", "BUSY"
            )
            if frame.name == "TRUST":
                self.trust.add(documents.unseal_all(content))
            elif frame.name == "CHARTER":
                self.charter = documents.unseal_all(content).verify(
                    "charter", self.trust.keys("policy")
                )
                check(
                    text.id_of_key(self.charter["key"]) == self.id
                    and self.charter["repository"] == self.id,
                    "bad-document",
                    "a charter of another",
                )
            elif frame.name == "GRANT":
                self.take_grant(content)
                return None
            else:
                return content

    def take_grant(self, content):
        grant = documents.unseal_all(content["sealed"]).verify(
            "grant", self.trust.keys("primary")
        )
        check(grant["repository"] == self.id, "bad-document", "of another")
        start = text.digest_text(content["from"])
        old = b"" if start == EMPTY_LIST else self.list
        check(lists.digest(old) == start, "bad-document", "from another list")
        changes = b""
        for _ in range(content["frames"]):
            changes += self.expect("LISTDIFF")[1]
        new = lists.apply(old, changes)
        check(lists.digest(new) == grant["list"], "bad-digest", "of the list")
        items = lists.decode_grant(new)
        check(len(items) == grant["items"], "bad-document", "items")
        self.grant, self.list = grant, new

    def items(self):
        return lists.decode_grant(self.list)

    def manifest(self, digest):
        """The members of a manifest, or None."""
        raw = text.digest_bytes(digest)
        self.send("MANIFEST?", raw)
        frame, content = self.expect("MANIFEST", "NONE")
        if frame.name == "NONE":
            check(content == raw, "bad-state", "another digest")
            return None
        document = documents.unseal_all(content["sealed"])
        check(document.digest() == digest, "bad-digest", "of a manifest")
        value = document.verify("manifest", self.trust.keys("publisher"))
        check(
            value["key"]
            in map(text.fingerprint_of_key, document.signers("manifest")),
            "bad-document",
            "another key",
        )
        return value

    def map(self, digest, first, count):
        """The hashes of some blocks, or None."""
        raw = text.digest_bytes(digest)
        query = raw + first.to_bytes(4, "big") + count.to_bytes(4, "big")
        self.send("MAP?", query)
        frame, content = self.expect("MAP", "NONE")
        if frame.name == "NONE":
            return None
        check(
            content["blob"] == raw
            and content["first"] == first
            and len(content["hashes"]) == count,
            "bad-state",
            "another range",
        )
        return content["hashes"]

    def want(self, digest, bases=()):
        """(plan, rows) of a blob, all announced; None where not granted."""
        self.transfer += 1
        payload = text.digest_bytes(digest) + bytes([len(bases)])
        payload += b"".join(map(text.digest_bytes, bases))
        self.send("WANT", payload, self.transfer)
        plan, rows = None, []
        while True:
            frame, content = self.expect(
                "WAIT", "PLAN", "SEGMENTS", "DONE", "NONE", "ERROR"
            )
            check(frame.transfer == self.transfer, "bad-state", "transfer")
            if frame.name == "NONE":
                return None
            if frame.name == "ERROR":
                raise Refused(content, "the transfer failed")
            if frame.name == "PLAN":
                plan = content
            elif frame.name == "SEGMENTS":
                check(content["first"] == len(rows), "bad-state", "order")
                rows += content["rows"]
            elif frame.name == "DONE":
                check(len(rows) == plan["segments"], "bad-state", "rows")
                return plan, rows

    def pull(self, segment, row):
        """The encoding of a segment of the last transfer."""
        digest, length, _ = row
        payload = segment.to_bytes(4, "big") + b"\0" + bytes(4)
        self.send("PULL", payload + length.to_bytes(4, "big"), self.transfer)
        data = b""
        while len(data) < length:
            _, content = self.expect("DATA")
            check(
                content["segment"] == segment
                and content["offset"] == len(data),
                "bad-state",
                "out of order",
            )
            data += content["bytes"]
        check(text.sha256(data) == digest, "bad-digest", "of an encoding")
        return data

    def blob(self, digest, bases=None):
        """(plan, content, bytes of encodings); bases: digest to content."""
        bases = bases or {}
        answer = self.want(digest, list(bases))
        if answer is None:
            return None
        plan, rows = answer
        base = bases.get(text.digest_text(plan["base"]), b"")
        content, wire = b"", 0
        for number, row in enumerate(rows):
            encoding = self.pull(number, row)
            wire += len(encoding)
            segment = segments.decode(encoding)
            check(segment.offset == len(content), "bad-segment", "offset")
            check(segment.target == row[2], "bad-segment", "target")
            content += segments.apply(
                segment, lambda at, length: base[at : at + length]
            )
        self.send("CANCEL", b"", self.transfer)
        check(len(content) == plan["size"], "bad-segment", "size")
        check(
            text.digest_text(text.sha256(content)) == digest,
            "bad-digest",
            "of a blob",
        )
        return plan, content, wire

    def receipt(self, held, number=1, previous=None):
        """Send a receipt with a whole set; (its digest, RECEIVED)."""
        document = strictjson.encode(
            {
                "schema": 1,
                "kind": "receipt",
                "repository": self.id,
                "number": number,
                "previous": previous,
                "incarnation": INCARNATION.hex(),
                "time": now(),
                "grant": {k: self.grant[k] for k in ("epoch", "generation")},
                "set": {
                    "digest": lists.digest(held),
                    "count": len(lists.decode_set(held)),
                },
                "free": 1 << 30,
                "never": None,
                "medium": None,
                "checkpoint": {"size": 0, "root": EMPTY_LIST},
                "commitments": [],
                "extra": {},
            }
        )
        blob = sshsig.sign(document, self.key_file, "packhorse-receipt")
        sealed = documents.Document(document, [blob]).seal()
        changes = lists.differences(b"", held)
        tail = text.digest_bytes(EMPTY_LIST)
        tail += bool(changes).to_bytes(4, "big")
        self.send("RECEIPT", sealed + tail)
        if changes:
            self.send("LISTDIFF", changes)
        _, received = self.expect("RECEIVED")
        check(received["number"] == number, "bad-state", "another receipt")
        return lists.digest(document), received

    def checkpoint(self, received):
        """The checkpoint of our log at the primary, its signature checked."""
        point = received["checkpoint"]
        document = strictjson.encode(
            {
                "schema": 1,
                "kind": "checkpoint",
                "owner": self.trust.value["primary"],
                "log": self.id,
                "size": point["size"],
                "root": point["root"],
                "time": point["time"],
                "extra": {},
            }
        )
        blob = base64.b64decode(point["signature"])
        return documents.Document(document, [blob]).verify(
            "checkpoint", self.trust.keys("primary")
        )

    def bye(self):
        """Leave in order."""
        self.send("BYE")
        while self.receive().name != "BYE":
            pass
