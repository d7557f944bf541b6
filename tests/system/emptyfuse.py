#!/usr/bin/env python3
"""Mount a FUSE file system that holds nothing, until standard input ends.

    emptyfuse.py DIRECTORY

Root alone may; it speaks to /dev/fuse by itself.  Prints a line when the
file system is there.
"""

import ctypes
import errno
import os
import select
import stat
import struct
import sys

LOOKUP, GETATTR, STATFS, INIT, OPENDIR, READDIR, RELEASEDIR = (
    *(1, 3, 17, 26, 27, 28, 29),
)
HEADER = struct.Struct("<IIQQIIII")
LIBC = ctypes.CDLL(None, use_errno=True)


def attributes():
    """A fuse_attr of the one directory."""
    mode = stat.S_IFDIR | 0o755
    return struct.pack(
        *("<QQQQQQIIIIIIIIII", 1, 0, 0, 0, 0, 0, 0, 0, 0, mode, 2),
        *(os.geteuid(), os.getegid(), 0, 4096, 0),
    )


def answer(opcode):
    """(error, body) of a request."""
    if opcode == INIT:
        return 0, struct.pack("<IIIIHHI", 7, 19, 0, 0, 1, 1, 65536)
    if opcode == GETATTR:
        return 0, struct.pack("<QII", 1, 0, 0) + attributes()
    if opcode == STATFS:
        sizes = struct.pack("<QQQQQIII", 9, 9, 9, 9, 9, 4096, 255, 4096)
        return 0, sizes + bytes(28)
    if opcode == OPENDIR:
        return 0, struct.pack("<QII", 0, 0, 0)
    if opcode in (READDIR, RELEASEDIR):
        return 0, b""
    return (errno.ENOENT if opcode == LOOKUP else errno.ENOSYS), b""


def serve(fd):
    while True:
        ready, _, _ = select.select([fd, 0], [], [])
        if 0 in ready and not os.read(0, 1):
            return
        if fd not in ready:
            continue
        request = os.read(fd, 1 << 17)
        _, opcode, unique, *_ = HEADER.unpack_from(request)
        error, body = answer(opcode)
        head = struct.pack("<IiQ", 16 + len(body), -error, unique)
        os.write(fd, head + body)


def main():
    directory = sys.argv[1]
    fd = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={fd},rootmode=40000,user_id=0,group_id=0"
    if LIBC.mount(
        b"empty", directory.encode(), b"fuse", 0, options.encode()
    ):
        code = ctypes.get_errno()
        sys.exit(f"mount: {os.strerror(code)}")
    print("mounted", flush=True)
    serve(fd)
    LIBC.umount2(directory.encode(), 2)


if __name__ == "__main__":
    main()
