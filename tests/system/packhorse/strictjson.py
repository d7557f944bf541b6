"""JSON as documents and messages use it (formats.md, section 2)."""

import json

from .refusal import Refused, check

INTEGER_MAX = 2**53 - 1
DEPTH_MAX = 16
SPACE = " \t\n\r"


def _pairs(pairs):
    result = {}
    for name, value in pairs:
        check(name not in result, "bad-json", f"{name} stands twice")
        result[name] = value
    return result


def _integer(text):
    value = int(text)
    check(abs(value) <= INTEGER_MAX, "bad-json", "an integer is too large")
    return value


def _no_float(text):
    raise Refused("bad-json", f"{text} is not an integer")


def _walk(value, depth):
    """Check what the decoder does not: depth, U+0000, lone surrogates."""
    if isinstance(value, str):
        check("\0" not in value, "bad-json", "U+0000 in a string")
        check(
            not any(0xD800 <= ord(c) < 0xE000 for c in value),
            "bad-json",
            "half a character",
        )
    elif isinstance(value, (dict, list)):
        check(depth < DEPTH_MAX, "bad-json", "too deep")
        if isinstance(value, dict):
            for name, member in value.items():
                _walk(name, depth + 1)
                _walk(member, depth + 1)
        else:
            for member in value:
                _walk(member, depth + 1)


DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs,
    parse_float=_no_float,
    parse_int=_integer,
    parse_constant=_no_float,
)


def decode(data):
    """The one object that some bytes are."""
    try:
        text = bytes(data).decode("utf-8")
        begin = len(text) - len(text.lstrip(SPACE))
        value, end = DECODER.raw_decode(text, begin)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise Refused("bad-json", str(error)) from error
    check(isinstance(value, dict), "bad-json", "not an object")
    check(not text[end:].strip(SPACE), "bad-json", "bytes follow the object")
    _walk(value, 0)
    return value


def encode(value):
    """One line of JSON, members in the order of value, and a newline."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8") + b"\n"


def members(value, shape):
    """Check that value is an object of exactly these members.

    shape maps names to functions that raise Refused for a wrong value.
    """
    check(isinstance(value, dict), "bad-document", "not an object")
    for name in value:
        check(name in shape, "bad-document", f"{name} is not known")
    for name, test in shape.items():
        check(name in value, "bad-document", f"{name} is missing")
        test(value[name])
