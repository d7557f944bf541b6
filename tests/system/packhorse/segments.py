"""Encodings of segments: decoding and applying (formats.md, section 4)."""

import dataclasses

from . import text, zstd
from .refusal import Cursor, check

SIZE_MAX = 16 << 20
ENCODING_MAX = 17 << 20
OPERATIONS_MAX = 1 << 20
ZERO, LITERAL, COPY, FILL = range(4)
NO_BASE = bytes(32)


@dataclasses.dataclass
class Segment:
    offset: int
    length: int
    target: bytes
    base: bytes
    base_size: int
    operations: list  # of (kind, length, source offset or value)
    literals: bytes


def _varint(cursor):
    value = shift = 0
    for count in range(10):
        byte = cursor.number(1)
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            check(byte or not count, "bad-segment", "a long varint")
            check(value < 2**64, "bad-segment", "a large varint")
            return value
    check(False, "bad-segment", "a varint without an end")
    return 0


def _content(codec, data, size):
    check(codec in (0, 1), "bad-segment", "codec")
    if codec == 1:
        check(size > 0, "bad-segment", "nothing is stored")
        return zstd.decode(data, size)
    check(len(data) == size, "bad-segment", "stored length")
    return data


def _operations(data, count, segment):
    """Decode the operations and check all that they say."""
    cursor = Cursor(data, "bad-segment")
    source = segment.offset
    operations = []
    for _ in range(count):
        word = _varint(cursor)
        kind, length, extra = word & 3, word >> 2, 0
        check(length > 0, "bad-segment", "an empty operation")
        if kind == COPY:
            coded = _varint(cursor)
            source += (coded >> 1) ^ -(coded & 1)
            extra = source
            source += length
            check(
                0 <= extra and source <= segment.base_size,
                "bad-segment",
                "a copy beyond the base",
            )
        elif kind == FILL:
            extra = cursor.number(1)
            check(extra != 0, "bad-segment", "a fill of zeros")
        operations.append((kind, length, extra))
    cursor.end()

    def total(*kinds):
        return sum(n for kind, n, _ in operations if kind in kinds)

    check(
        total(ZERO, LITERAL, COPY, FILL) == segment.length,
        "bad-segment",
        "length of the target",
    )
    check(
        total(LITERAL) == len(segment.literals), "bad-segment", "literals"
    )
    check(
        (total(COPY) > 0) == (segment.base != NO_BASE),
        "bad-segment",
        "a base without a copy, or the reverse",
    )
    return operations


def decode(data):
    """Decode a whole encoding."""
    check(len(data) <= ENCODING_MAX, "limit", "too long")
    cursor = Cursor(data, "bad-segment")
    check(cursor.take(4) == b"PHS1", "bad-segment", "magic")
    operations_codec, literals_codec = cursor.number(1), cursor.number(1)
    check(cursor.number(2) == 0, "bad-segment", "prefix rule")
    offset, length, target = cursor.number(8), cursor.number(4), cursor.take(32)
    base, base_size = cursor.take(32), cursor.number(8)
    count = cursor.number(4)
    sizes = [cursor.number(4) for _ in range(4)]
    check(1 <= length <= SIZE_MAX, "bad-segment", "length")
    check(1 <= count <= OPERATIONS_MAX, "bad-segment", "operations")
    check((base == NO_BASE) == (base_size == 0), "bad-segment", "base size")
    operations = _content(operations_codec, cursor.take(sizes[1]), sizes[0])
    literals = _content(literals_codec, cursor.take(sizes[3]), sizes[2])
    cursor.end()
    segment = Segment(offset, length, target, base, base_size, [], literals)
    segment.operations = _operations(operations, count, segment)
    return segment


def apply(segment, read_base):
    """The bytes of the target; read_base(offset, length) gives the base's."""
    parts = []
    literal = 0
    for kind, length, extra in segment.operations:
        if kind == ZERO:
            parts.append(bytes(length))
        elif kind == LITERAL:
            parts.append(segment.literals[literal : literal + length])
            literal += length
        elif kind == COPY:
            parts.append(read_base(extra, length))
        else:
            parts.append(bytes([extra]) * length)
    target = b"".join(parts)
    check(text.sha256(target) == segment.target, "bad-digest", "of a segment")
    return target
