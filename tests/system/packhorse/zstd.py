"""Decodes zstd frames through libzstd."""

import ctypes
import ctypes.util

from .refusal import check

_library = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
_library.ZSTD_decompress.restype = ctypes.c_size_t
_library.ZSTD_decompress.argtypes = [
    ctypes.c_char_p,
    ctypes.c_size_t,
    ctypes.c_char_p,
    ctypes.c_size_t,
]
_library.ZSTD_findFrameCompressedSize.restype = ctypes.c_size_t
_library.ZSTD_findFrameCompressedSize.argtypes = [
    ctypes.c_char_p,
    ctypes.c_size_t,
]
_library.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
_library.ZSTD_getFrameContentSize.argtypes = [
    ctypes.c_char_p,
    ctypes.c_size_t,
]


def decode(data, size):
    """The size bytes that exactly one frame holds."""
    check(
        _library.ZSTD_findFrameCompressedSize(data, len(data)) == len(data),
        "bad-segment",
        "not one frame",
    )
    check(
        _library.ZSTD_getFrameContentSize(data, len(data)) == size,
        "bad-segment",
        "content size",
    )
    out = ctypes.create_string_buffer(max(size, 1))
    check(
        _library.ZSTD_decompress(out, size, data, len(data)) == size,
        "bad-segment",
        "not zstd",
    )
    return out.raw[:size]
