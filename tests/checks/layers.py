#!/usr/bin/env python3
"""Includes go down, never up or in a circle; third parties have one place.

The tables are those of docs/conventions.md.
"""

import fnmatch
import sys

import tree

# A directory may include itself and those of a lower number.
LAYERS = {
    "proto": 0,
    "syncd/base": 1,
    "syncd/config": 1,
    "syncd/store": 2,
    "syncd/index": 2,
    "syncd/delta": 2,
    "syncd/link": 2,
    "syncd/audit": 2,
    "syncd/policy": 2,
    "syncd/catalogue": 3,
    "syncd/transfer": 3,
    "syncd/sync": 4,
    "syncd/control": 5,
    "syncd": 6,
}

# Beside the figure.
CLIENT = "syncctl"
CLIENT_MAY_INCLUDE = {"proto", "syncd/config", "syncd/policy", CLIENT}

# Header: the files that may include it.
THIRD_PARTY = {
    "lmdb.h": ["syncd/index/*"],
    "librsync*.h": ["syncd/delta/*"],
    "libssh2*.h": ["syncd/link/*.c"],
    "event.h": ["syncd/base/*", "syncd/link/*"],
    "event2/*": ["syncd/base/*", "syncd/link/*"],
    "zstd*.h": ["proto/codec.c"],
    "openssl/*": ["proto/digest.c", "proto/key.c", "proto/sshsig.c"],
    "jansson*.h": ["proto/json.c"],
    "yaml.h": ["syncd/config/yaml.c"],
    "check.h": ["tests/unit/*"],
}

# Of these, all includes are in one file.
ONE_FILE = ["libssh2*.h"]

SYSTEM = set(
    """
    assert.h ctype.h dirent.h endian.h err.h errno.h fcntl.h float.h
    fnmatch.h ftw.h getopt.h glob.h grp.h ifaddrs.h inttypes.h langinfo.h
    libgen.h limits.h locale.h math.h mntent.h netdb.h poll.h pthread.h
    pty.h pwd.h regex.h sched.h search.h semaphore.h setjmp.h signal.h spawn.h
    stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h
    stdlib.h stdnoreturn.h string.h strings.h sysexits.h syslog.h termios.h
    threads.h time.h unistd.h utime.h wchar.h wctype.h
    """.split()
)
SYSTEM_DIRS = ("arpa/", "linux/", "net/", "netinet/", "sys/")


def directory(path):
    return str(path.parent) if path.parent.name else "."


def allowed(where, target):
    """Whether a file in directory where may include one of target."""
    if where == "tests/unit" or where.startswith("tests/unit/"):
        if target == "tests/unit":
            return True
        where = where.removeprefix("tests/unit").lstrip("/")
        target = target.removeprefix("tests/unit/")
        if where == "":
            return target == "proto"
    elif where.startswith("tests/"):
        if where == "tests/fuzz" and target.startswith("tests/unit/"):
            return True  # Help that is all in a header.
        return target == where or target in LAYERS or target == CLIENT
    if where == CLIENT:
        return target in CLIENT_MAY_INCLUDE
    if where not in LAYERS or target not in LAYERS:
        return False
    return where == target or LAYERS[target] < LAYERS[where]


def system_header(name):
    return name in SYSTEM or name.startswith(SYSTEM_DIRS)


def tested(path):
    """The file that a unit test mirrors, or the path itself."""
    name = str(path).removeprefix("tests/unit/")
    return name.replace("/check_", "/") if name != str(path) else name


def check_foreign(report, path, line, name, seen):
    """An include with angle brackets."""
    if system_header(name):
        return
    for pattern, places in THIRD_PARTY.items():
        if not fnmatch.fnmatch(name, pattern):
            continue
        names = (str(path), tested(path))
        if not any(fnmatch.fnmatch(n, p) for n in names for p in places):
            report.add(path, line, f"<{name}> belongs to {', '.join(places)}")
        elif pattern in ONE_FILE:
            first = seen.setdefault(pattern, path)
            if first != path:
                report.add(path, line, f"<{name}> is already in {first}")
        return
    report.add(path, line, f"<{name}> is in no table of layers.py")


def check_own(report, top, path, line, name):
    """An include with quotes; returns the path when it is a file of ours."""
    if not (top / name).is_file():
        report.add(path, line, f'"{name}" is no file from the top of the tree')
        return None
    target = tree.Path(name)
    if target.suffix != ".h":
        report.add(path, line, f'"{name}" is no header')
    if not allowed(directory(path), directory(target)):
        message = f"{directory(path)}/ may not include {directory(target)}/"
        report.add(path, line, message)
    return target


def check_cycles(report, graph):
    """Depth first over the headers; a way back into the path is a cycle."""
    done = set()

    def visit(path, trail):
        if path in trail:
            cycle = trail[trail.index(path) :] + [path]
            report.add(path, 1, "cycle: " + " > ".join(map(str, cycle)))
            return
        if path in done:
            return
        for target in graph.get(path, []):
            visit(target, trail + [path])
        done.add(path)

    for path in graph:
        visit(path, [])


def main():
    top = tree.root()
    report = tree.Report()
    graph = {}
    seen = {}
    for path in tree.files(top, ".c", ".h"):
        where = directory(path)
        if not (where in LAYERS or where == CLIENT or where.startswith("tests")):
            report.add(path, 1, f"{where}/ is in no table of layers.py")
        for line, angle, name in tree.includes(tree.read(top, path)):
            if angle:
                check_foreign(report, path, line, name, seen)
                continue
            target = check_own(report, top, path, line, name)
            if target:
                graph.setdefault(path, []).append(target)
    check_cycles(report, graph)
    report.exit()


if __name__ == "__main__":
    sys.exit(main())
