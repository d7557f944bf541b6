"""Frames and messages (protocol.md, sections 1 to 3)."""

import base64
import binascii
import dataclasses
import re

from . import documents, lists, strictjson, text
from .documents import maybe, number, one_of, record
from .refusal import Cursor, Refused, check

HEADER_SIZE = 12
SEGMENT_NUMBER_MAX = 2**26 - 1
ENCODING_MAX = 17 << 20
SECONDS_MAX = 31622400
BOTH, PROVIDER, RECEIVER = "both", "provider", "receiver"
NO, YES, ANY = "no", "yes", "any"

# type: (name, who sends it, transfer, limit)
TYPES = {
    1: ("HELLO", BOTH, NO, 101),
    2: ("TRUST", PROVIDER, NO, 264213),
    3: ("AUTH", BOTH, NO, 1024),
    4: ("STATE", RECEIVER, NO, 4096),
    5: ("SAME", PROVIDER, NO, 256),
    6: ("BUSY", PROVIDER, NO, 256),
    7: ("CHARTER", PROVIDER, NO, 264213),
    8: ("GRANT", PROVIDER, NO, 8192),
    9: ("LISTDIFF", BOTH, NO, 65536),
    10: ("MANIFEST?", RECEIVER, NO, 2048),
    11: ("MANIFEST", PROVIDER, NO, 264245),
    12: ("NONE", PROVIDER, ANY, 32),
    13: ("MAP?", RECEIVER, NO, 40),
    14: ("MAP", PROVIDER, NO, 65572),
    15: ("WANT", RECEIVER, YES, 512),
    16: ("WAIT", PROVIDER, YES, 256),
    17: ("PLAN", PROVIDER, YES, 88),
    18: ("SEGMENTS", PROVIDER, YES, 65541),
    19: ("PULL", RECEIVER, YES, 13),
    20: ("DATA", PROVIDER, YES, 65544),
    21: ("PLAIN?", RECEIVER, YES, 4),
    22: ("RECEIPT", RECEIVER, NO, 264249),
    23: ("RECEIVED", PROVIDER, NO, 8192),
    24: ("CANCEL", RECEIVER, YES, 0),
    25: ("ERROR", BOTH, YES, 256),
    26: ("PING", BOTH, NO, 8),
    27: ("PONG", BOTH, NO, 8),
    28: ("ABORT", BOTH, NO, 256),
    29: ("BYE", BOTH, NO, 0),
    30: ("DONE", PROVIDER, YES, 32),
}
NUMBERS = {row[0]: number_ for number_, row in TYPES.items()}


@dataclasses.dataclass
class Frame:
    name: str
    transfer: int
    payload: bytes

    def encode(self):
        return (
            NUMBERS[self.name].to_bytes(2, "big")
            + bytes(2)
            + len(self.payload).to_bytes(4, "big")
            + self.transfer.to_bytes(4, "big")
            + self.payload
        )


def decode_header(header):
    """(name, transfer, length of the payload) of 12 bytes."""
    cursor = Cursor(header, "bad-frame")
    kind, zero = cursor.number(2), cursor.number(2)
    length, transfer = cursor.number(4), cursor.number(4)
    check(kind in TYPES, "bad-frame", f"type {kind}")
    name, _, rule, limit = TYPES[kind]
    check(zero == 0, "bad-frame", "the second field")
    if rule != ANY:
        check((transfer != 0) == (rule == YES), "bad-frame", "transfer")
    check(length <= limit, "limit", f"{name} of {length} bytes")
    return name, transfer, length


def fields(payload):
    return Cursor(payload, "bad-message")


def parse_json(payload, shape):
    try:
        value = strictjson.decode(payload)
        strictjson.members(value, shape)
    except Refused as refused:
        raise Refused("bad-message", refused.what) from refused
    return value


def order(value):
    record(epoch=number(), generation=number())(value)
    check(
        (value["epoch"] == 0) == (value["generation"] == 0),
        "bad-document",
        "half an order",
    )


def error_name(value):
    check(
        isinstance(value, str)
        and re.fullmatch("[a-z0-9-]{1,31}", value)
        and value != "ok",
        "bad-document",
        "not the name of an error",
    )


def signature(value):
    try:
        blob = base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise Refused("bad-document", "not base64") from error
    check(1 <= len(blob) <= 256, "bad-document", "size of a signature")


LOG = record(log=documents.log_name, size=number(), root=text.digest)
STATE = {
    "charter": order,
    "grant": order,
    "list": text.digest,
    "set": text.digest,
    "receipt": number(),
    "logs": documents.listing(LOG, 0, 16),
    "next": documents.null,
}
RECEIVED = {
    "number": number(1),
    "send": maybe(one_of("whole")),
    "checkpoint": maybe(
        record(
            size=number(),
            root=text.digest,
            time=text.time,
            signature=signature,
        )
    ),
    "proof": maybe(documents.listing(text.digest, 1, 64)),
    "commitment": maybe(text.digest),
}


def _hello(payload):
    cursor = fields(payload)
    check(cursor.take(8) == b"PACKHORS", "bad-message", "magic")
    hello = {
        "lowest": cursor.number(2),
        "highest": cursor.number(2),
        "role": cursor.number(1),
        "id": cursor.take(32),
        "random": cursor.take(32),
        "incarnation": cursor.take(16),
        "epoch": cursor.number(8),
    }
    cursor.end()
    check(1 <= hello["lowest"] <= hello["highest"], "bad-message", "versions")
    check(hello["role"] in (1, 2), "bad-message", "role")
    check(hello["epoch"] <= strictjson.INTEGER_MAX, "bad-message", "epoch")
    return hello


def _opaque(payload):
    check(payload, "bad-message", "nothing in it")
    return payload


def _state(payload):
    value = parse_json(payload, STATE)
    names = [log["log"] for log in value["logs"]]
    check(len(set(names)) == len(names), "bad-message", "a log twice")
    return value


def _seconds(member):
    shape = {member: number(0, SECONDS_MAX)}
    return lambda payload: parse_json(payload, shape)


def _with_list(payload, what):
    """A sealed document, where its differences start, and their frames."""
    check(len(payload) > 36, "bad-message", f"no {what}")
    count = int.from_bytes(payload[-4:], "big")
    check(count <= 1024, "limit", "too many frames")
    return {"sealed": payload[:-36], "from": payload[-36:-4], "frames": count}


def _listdiff(payload):
    check(payload.endswith(b"\n"), "bad-message", "a cut line")
    for line in payload.split(b"\n")[:-1]:
        check(line[:1] in (b"+", b"-"), "bad-message", "a sign")
        check(len(line) > 1, "bad-message", "an empty line")
        check(len(line) <= 1 + lists.LINE_MAX, "limit", "a long line")
    return payload


def _digests(payload):
    check(
        payload and len(payload) % 32 == 0, "bad-message", "part of a digest"
    )
    return [payload[i : i + 32] for i in range(0, len(payload), 32)]


def _manifest(payload):
    check(len(payload) > 32, "bad-message", "no document")
    return {"digest": payload[:32], "sealed": payload[32:]}


def _digest(payload):
    check(len(payload) == 32, "bad-message", "not a digest")
    return payload


def _map_query(payload):
    cursor = fields(payload)
    query = {
        "blob": cursor.take(32),
        "first": cursor.number(4),
        "count": cursor.number(4),
    }
    cursor.end()
    check(query["count"] >= 1, "bad-message", "no block")
    check(query["count"] <= 2048, "limit", "too many blocks")
    check(query["first"] + query["count"] <= 2**32, "limit", "beyond")
    return query


def _map(payload):
    cursor = fields(payload)
    answer = {"blob": cursor.take(32), "first": cursor.number(4)}
    answer["hashes"] = _digests(cursor.rest())
    check(len(answer["hashes"]) <= 2048, "limit", "too many blocks")
    return answer


def _want(payload):
    cursor = fields(payload)
    want = {"blob": cursor.take(32), "bases": []}
    count = cursor.number(1)
    check(count <= 8, "limit", "too many bases")
    want["bases"] = [cursor.take(32) for _ in range(count)]
    cursor.end()
    return want


def _wait(payload):
    value = parse_json(payload, {"done": number(), "of": number()})
    check(value["done"] <= value["of"], "bad-message", "more than all")
    return value


def _plan(payload):
    cursor = fields(payload)
    plan = {
        "blob": cursor.take(32),
        "base": cursor.take(32),
        "size": cursor.number(8),
        "data": cursor.number(8),
        "segment_size": cursor.number(4),
        "segments": cursor.number(4),
    }
    cursor.end()
    size, segment_size = plan["size"], plan["segment_size"]
    check(size >= 1, "bad-message", "no bytes")
    check(size <= 2**48, "limit", "a large blob")
    check(plan["data"] <= size, "bad-message", "more data than bytes")
    check(segment_size >= 4096, "bad-message", "small segments")
    check(segment_size <= 16 << 20, "limit", "large segments")
    check(plan["segments"] <= 2**26, "limit", "many segments")
    check(
        plan["segments"] == (size + segment_size - 1) // segment_size,
        "bad-message",
        "number of segments",
    )
    return plan


def _segments(payload):
    cursor = fields(payload)
    answer = {"first": cursor.number(4), "plain": cursor.number(1), "rows": []}
    check(answer["plain"] in (0, 1), "bad-message", "plain")
    check(
        cursor.left() > 0 and cursor.left() % 68 == 0, "bad-message", "rows"
    )
    while cursor.left():
        row = (cursor.take(32), cursor.number(4), cursor.take(32))
        check(row[1] >= 1, "bad-message", "an empty encoding")
        check(row[1] <= ENCODING_MAX, "limit", "a large encoding")
        answer["rows"].append(row)
    last = answer["first"] + len(answer["rows"]) - 1
    check(last <= SEGMENT_NUMBER_MAX, "limit", "beyond the last segment")
    return answer


def _pull(payload):
    cursor = fields(payload)
    pull = {
        "segment": cursor.number(4),
        "plain": cursor.number(1),
        "offset": cursor.number(4),
        "credit": cursor.number(4),
    }
    cursor.end()
    check(pull["plain"] in (0, 1), "bad-message", "plain")
    check(pull["credit"] >= 1, "bad-message", "no credit")
    check(pull["segment"] <= SEGMENT_NUMBER_MAX, "limit", "segment")
    check(pull["offset"] + pull["credit"] <= ENCODING_MAX, "limit", "beyond")
    return pull


def _data(payload):
    cursor = fields(payload)
    data = {"segment": cursor.number(4), "offset": cursor.number(4)}
    data["bytes"] = _opaque(cursor.rest())
    check(data["segment"] <= SEGMENT_NUMBER_MAX, "limit", "segment")
    check(
        data["offset"] + len(data["bytes"]) <= ENCODING_MAX, "limit", "beyond"
    )
    return data


def _plain_query(payload):
    cursor = fields(payload)
    segment = cursor.number(4)
    cursor.end()
    check(segment <= SEGMENT_NUMBER_MAX, "limit", "segment")
    return segment


def _received(payload):
    value = parse_json(payload, RECEIVED)
    check(
        (value["send"] is None) == (value["checkpoint"] is not None),
        "bad-message",
        "checkpoint",
    )
    if value["send"] is not None:
        check(
            value["proof"] is None and value["commitment"] is None,
            "bad-message",
            "more than send",
        )
    return value


def _eight(payload):
    check(len(payload) == 8, "bad-message", "not 8 bytes")
    return payload


def _nothing(payload):
    check(not payload, "limit", "it has no payload")
    return payload


def _code(payload):
    return parse_json(payload, {"code": error_name})["code"]


DECODERS = {
    "HELLO": _hello,
    "TRUST": _opaque,
    "AUTH": _opaque,
    "STATE": _state,
    "SAME": _seconds("next"),
    "BUSY": _seconds("after"),
    "CHARTER": _opaque,
    "GRANT": lambda payload: _with_list(payload, "grant"),
    "LISTDIFF": _listdiff,
    "MANIFEST?": _digests,
    "MANIFEST": _manifest,
    "NONE": _digest,
    "MAP?": _map_query,
    "MAP": _map,
    "WANT": _want,
    "WAIT": _wait,
    "PLAN": _plan,
    "SEGMENTS": _segments,
    "PULL": _pull,
    "DATA": _data,
    "PLAIN?": _plain_query,
    "RECEIPT": lambda payload: _with_list(payload, "receipt"),
    "RECEIVED": _received,
    "CANCEL": _nothing,
    "ERROR": _code,
    "PING": _eight,
    "PONG": _eight,
    "ABORT": _code,
    "BYE": _nothing,
    "DONE": _digest,
}


def decode(frame):
    """What the payload of a frame says; its header was checked before."""
    return DECODERS[frame.name](frame.payload)


def encode_hello(hello):
    return b"".join(
        (
            b"PACKHORS",
            hello["lowest"].to_bytes(2, "big"),
            hello["highest"].to_bytes(2, "big"),
            hello["role"].to_bytes(1, "big"),
            hello["id"],
            hello["random"],
            hello["incarnation"],
            hello["epoch"].to_bytes(8, "big"),
        )
    )
