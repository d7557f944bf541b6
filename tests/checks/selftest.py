#!/usr/bin/env python3
"""The checks fail where they should: each meets small bad trees."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]


def header(path, body):
    guard = path.upper().replace("/", "_").replace(".", "_")
    return f"#ifndef {guard}\n#define {guard}\n\n{body}\n#endif\n"


def source(body):
    return "/*\n * What it is for.\n */\n" + body


def function(name, nlines, kind="void", statement="\ttouch();\n"):
    return f"{kind}\n{name}(void)\n{{\n{statement * nlines}}}\n"


class CheckCase(unittest.TestCase):
    """Runs a check over a tree made of the given files."""

    def run_check(self, check, files):
        with tempfile.TemporaryDirectory() as top:
            for name, text in files.items():
                path = Path(top, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                if text.startswith("#!"):
                    path.chmod(0o755)
            return subprocess.run(
                [sys.executable, "-B", str(HERE / check), top],
                capture_output=True,
                text=True,
                check=False,
            )

    def assert_good(self, check, files):
        result = self.run_check(check, files)
        self.assertEqual(result.stdout + result.stderr, "")
        self.assertEqual(result.returncode, 0)

    def assert_bad(self, check, files, where, words):
        result = self.run_check(check, files)
        self.assertEqual(result.returncode, 1, result.stderr)
        lines = [s for s in result.stdout.splitlines() if words in s]
        self.assertTrue(lines, f"no '{words}' in: {result.stdout}")
        self.assertTrue(lines[0].startswith(where + ": "), lines[0])


class Layers(CheckCase):
    LOW = header("proto/low.h", "")

    def bad(self, files, where, words):
        self.assert_bad("layers.py", {"proto/low.h": self.LOW, **files}, where, words)

    def test_down_is_good(self):
        self.assert_good(
            "layers.py",
            {
                "proto/low.h": self.LOW,
                "syncd/store/blob.h": header("x", '#include "proto/low.h"'),
                "syncd/store/blob.c": '#include "syncd/store/blob.h"\n',
                "syncd/main.c": '#include "syncd/store/blob.h"\n',
                "tests/unit/proto/check_key.c": "#include <openssl/evp.h>\n",
                "syncd/index/index.c": "#include <lmdb.h>\n#include <sys/un.h>\n",
                "tests/unit/check_main.h": "#include <check.h>\n",
                "tests/unit/syncd/store/check_blob.c": (
                    '#include "tests/unit/check_main.h"\n'
                    '#include "syncd/store/blob.h"\n'
                    '#include "proto/low.h"\n'
                ),
            },
        )

    def test_up(self):
        files = {
            "syncd/base/loop.h": "",
            "proto/a.c": '\n/*\n*/ #include "proto/low.h"\n'
            '#include "syncd/base/loop.h"\n',
        }
        self.bad(files, "proto/a.c:4", "proto/ may not include syncd/base/")

    def test_sideways(self):
        files = {
            "syncd/index/index.h": "",
            "syncd/store/a.c": '#include "syncd/index/index.h"\n',
        }
        self.bad(files, "syncd/store/a.c:1", "may not include")

    def test_client_stays_out(self):
        files = {
            "syncd/base/loop.h": "",
            "syncctl/a.c": '#include "syncd/base/loop.h"\n',
        }
        self.bad(files, "syncctl/a.c:1", "may not include syncd/base/")

    def test_unit_test_looks_up(self):
        files = {
            "syncd/base/loop.h": "",
            "tests/unit/proto/check_a.c": '#include "syncd/base/loop.h"\n',
        }
        self.bad(files, "tests/unit/proto/check_a.c:1", "may not include")

    def test_tests_are_not_included(self):
        files = {
            "tests/fuzz/target.h": "",
            "proto/a.c": '#include "tests/fuzz/target.h"\n',
        }
        self.bad(files, "proto/a.c:1", "may not include tests/fuzz/")

    def test_cycle(self):
        files = {
            "proto/a.h": '#include "proto/b.h"\n',
            "proto/b.h": '#include "proto/low.h"\n#include "proto/a.h"\n',
        }
        self.bad(files, "proto/a.h:1", "cycle: proto/a.h > proto/b.h > proto/a.h")

    def test_short_path(self):
        files = {"proto/a.c": '#include "low.h"\n'}
        self.bad(files, "proto/a.c:1", "is no file from the top")

    def test_included_source(self):
        files = {"proto/a.c": '#include "proto/b.c"\n', "proto/b.c": ""}
        self.bad(files, "proto/a.c:1", "is no header")

    def test_foreign_header(self):
        for name, path in (
            ("lmdb.h", "syncd/store/a.c"),
            ("openssl/evp.h", "proto/a.c"),
            ("event2/event.h", "syncd/sync/a.h"),
            ("jansson.h", "syncd/control/a.c"),
            ("openssl/evp.h", "tests/unit/proto/check_a.c"),
            ("libssh2.h", "syncd/link/a.h"),
        ):
            files = {path: f"#include <{name}>\n"}
            self.bad(files, f"{path}:1", f"<{name}> belongs to")

    def test_one_file_of_libssh2(self):
        files = {
            "syncd/link/a.c": "#include <libssh2.h>\n",
            "syncd/link/b.c": "#include <libssh2_sftp.h>\n",
        }
        self.bad(files, "syncd/link/b.c:1", "is already in syncd/link/a.c")

    def test_unknown_header(self):
        files = {"proto/a.c": "#include <curl/curl.h>\n"}
        self.bad(files, "proto/a.c:1", "<curl/curl.h> is in no table")

    def test_unknown_directory(self):
        files = {"syncd/util/a.c": ""}
        self.bad(files, "syncd/util/a.c:1", "is in no table")


class Headers(CheckCase):
    def bad(self, text, line, words):
        files = {"proto/key.h": text}
        self.assert_bad("headers.py", files, f"proto/key.h:{line}", words)

    def test_good(self):
        body = "#include <stddef.h>\n\nsize_t key_size(void);\n"
        text = header("proto/key.h", body)
        self.assert_good("headers.py", {"proto/key.h": text})

    def test_needs_another(self):
        text = header("proto/key.h", "size_t key_size(void);\n")
        self.bad(text, 1, "does not compile alone")

    def test_wrong_guard(self):
        text = header("key.h", "int key_size(void);\n")
        self.bad(text, 1, "does not begin with #ifndef PROTO_KEY_H")

    def test_no_guard(self):
        self.bad("struct key {\n\tint size;\n};\n", 1, "does not begin with")

    def test_guard_not_defined(self):
        text = "#ifndef PROTO_KEY_H\n#define KEY_H\nint key;\n#endif\n"
        self.bad(text, 2, "#define PROTO_KEY_H is not second")

    def test_beyond_the_guard(self):
        text = header("proto/key.h", "") + "int key_size(void);\n"
        self.bad(text, 6, "does not end with #endif")


class Prototypes(CheckCase):
    GOOD_HEADER = header(
        "proto/key.h",
        "/* A callback. */\n"
        "typedef void key_done(void *cookie, int result);\n"
        "int key_each(key_done *each);\n\n"
        "typedef void key_other(void);\n\n"
        "struct key;\n\n"
        "/* Makes one. */\n"
        "struct key *key_new(const char *text,\n"
        "    int kind) ATTR_CHECK;\n"
        "int key_kind(const struct key *k);\n\n"
        "/*\n * Frees it.\n */\n"
        "static inline void\n"
        "key_free(struct key *k)\n"
        "{\n"
        "\tfree(k);\n"
        "}\n",
    )

    def bad(self, files, where, words):
        files = {"proto/key.h": self.GOOD_HEADER, **files}
        self.assert_bad("prototypes.py", files, where, words)

    def test_good(self):
        body = (
            "/* A } in a comment. */\n"
            "static const int rows[] = {\n\t1,\n};\n\n"
            + function("helper", 80, "static int")
            + function("key_kind", 3, "int")
        )
        body = '#include "proto/key.h"\n' + body
        files = {"proto/key.h": self.GOOD_HEADER, "proto/key.c": source(body)}
        self.assert_good("prototypes.py", files)

    def test_undocumented(self):
        text = header(
            "proto/key.h",
            "/* About the struct. */\nstruct key {\n\tint a;\n};\n\n"
            "int key_kind(const struct key *k);\n",
        )
        self.bad({"proto/key.h": text}, "proto/key.h:9", "key_kind has no comment")

    def test_undocumented_after_a_gap(self):
        text = header(
            "proto/key.h",
            "/* About one. */\nint key_one(void);\n\nint key_two(void);\n",
        )
        self.bad({"proto/key.h": text}, "proto/key.h:7", "key_two has no comment")

    def test_undocumented_inline(self):
        text = header(
            "proto/key.h", "static inline int\nkey_one(void)\n{\n\treturn 1;\n}\n"
        )
        self.bad({"proto/key.h": text}, "proto/key.h:4", "key_one has no comment")

    def test_undocumented_after_a_bare_typedef(self):
        text = header(
            "proto/key.h",
            "typedef void key_done(void *cookie);\nint key_one(key_done *d);\n",
        )
        self.bad({"proto/key.h": text}, "proto/key.h:5", "key_one has no comment")

    def test_not_declared(self):
        body = '#include "proto/key.h"\n' + function("key_hidden", 1)
        files = {"proto/key.c": source(body)}
        self.bad(files, "proto/key.c:5", "key_hidden is not static, and no header")

    def test_declared_elsewhere(self):
        elsewhere = "/* One. */\nint key_one(void);\n"
        files = {
            "proto/key.c": source(
                '#include "syncd/base/other.h"\n' + function("key_one", 1)
            ),
            "syncd/base/other.h": header("syncd/base/other.h", elsewhere),
        }
        self.bad(files, "proto/key.c:5", "key_one is not static, and no header")

    def test_declared_in_words_only(self):
        text = header("proto/key.h", "/* Like key_two(). */\nint key_one(void);\n")
        body = '#include "proto/key.h"\n' + function("key_two", 1)
        files = {"proto/key.h": text, "proto/key.c": source(body)}
        self.bad(files, "proto/key.c:5", "key_two is not static, and no header")

    def test_long_function(self):
        files = {"proto/key.c": source(function("key_new", 81, "static int"))}
        self.bad(files, "proto/key.c:4", "key_new has 81 lines; at most 80")

    def test_long_switch(self):
        def switch(ncases):
            cases = "\tcase 1:\n\t\tbreak;\n" * ncases
            return source(
                "static int\nkey_on(int c)\n{\n\tswitch (c) {\n"
                + cases
                + "\t}\n\treturn 0;\n}\n"
            )

        files = {"proto/key.h": self.GOOD_HEADER, "proto/key.c": switch(58)}
        self.assert_good("prototypes.py", files)
        self.bad({"proto/key.c": switch(60)}, "proto/key.c:4", "123 lines; at most 120")

    def test_long_file(self):
        files = {"proto/key.c": source("\n" * 698)}
        self.bad(files, "proto/key.c:1", "701 lines; at most 700")

    def test_no_paragraph(self):
        files = {"proto/key.c": "#include <stddef.h>\n"}
        self.bad(files, "proto/key.c:1", "does not begin with a paragraph")

    def test_leftovers(self):
        for word in ("TO" + "DO", "FIX" + "ME", "X" + "XX"):
            files = {"docs/a.md": f"one\n\n{word}: two\n"}
            self.bad(files, "docs/a.md:3", f"{word} is not left in the tree")


class Format(CheckCase):
    STYLE = (TOP / ".clang-format").read_text(encoding="utf-8")

    def files(self, text):
        return {".clang-format": self.STYLE, "proto/a.c": text}

    def test_good(self):
        self.assert_good("format.py", self.files(source(function("a", 2))))

    def test_indented_with_spaces(self):
        text = source(function("a", 1, "static int", "    touch();\n"))
        self.assert_bad("format.py", self.files(text), "proto/a.c:6", "differs")

    def test_type_on_the_same_line(self):
        text = "static int a(void)\n{\n\treturn 1;\n}\n"
        self.assert_bad("format.py", self.files(text), "proto/a.c:1", "differs")

    def test_long_comment(self):
        for line in ("/* %s */" % ("x" * 75), "/*\n * a \"%s\"\n */" % ("x" * 75)):
            text = source(line + "\n")
            where = "proto/a.c:%d" % (5 if "\n" in line else 4)
            self.assert_bad("format.py", self.files(text), where, "80 columns")

    def test_long_string(self):
        text = source('static const char a[] =\n    "%s";\n' % ("x" * 90))
        self.assert_good("format.py", self.files(text))


class Docs(CheckCase):
    def test_good(self):
        text = (
            "`proto/key.h` `proto/` `tests/unit/DIR/check_MODULE.c` `fuzz_X.c`\n"
            "`proto/*.h` `tests/fuzz/fuzz_X.c` `proto/key.h --help` `/proto/x`\n"
            "```\n`proto/gone.c`\n```\n[b](b.md#part) [c](https://example.org/)\n"
        )
        files = {"docs/a.md": text, "docs/b.md": "", "proto/key.h": ""}
        self.assert_good("docs.py", files)

    def test_gone(self):
        files = {"docs/a.md": "a\n```\n```\n`proto/gone.c`.\n"}
        self.assert_bad("docs.py", files, "docs/a.md:4", "proto/gone.c does not")

    def test_gone_in_readme(self):
        files = {"README.md": "See `docs/README.md`.\n"}
        self.assert_bad("docs.py", files, "README.md:1", "docs/README.md does not")

    def test_dead_link(self):
        files = {"docs/a.md": "[b](b.md)\n"}
        self.assert_bad("docs.py", files, "docs/a.md:1", "link to b.md")


class Man(CheckCase):
    PAGE = (
        ".Dd January 2, 2026\n.Dt PAGE 1\n.Os\n.Sh NAME\n.Nm page\n"
        ".Nd a page\n.Sh DESCRIPTION\nWords.\n"
    )

    def test_good(self):
        self.assert_good("man.py", {"docs/man/page.1": self.PAGE})

    def test_bad(self):
        page = self.PAGE + ".Xy unknown\n"
        files = {"docs/man/page.1": page}
        self.assert_bad("man.py", files, "docs/man/page.1:9", "unknown macro")


class Scripts(CheckCase):
    def test_good(self):
        files = {
            "deploy/a": "#!/bin/bash\ntrue\n",
            "tests/b": "#!/usr/bin/env python3\npass\n",
        }
        self.assert_good("scripts.py", files)

    def test_bad_shell(self):
        files = {"deploy/a": "#!/bin/bash\nif true\n"}
        self.assert_bad("scripts.py", files, "deploy/a:1", "syntax error")

    def test_bad_python(self):
        files = {"tests/b.py": "pass\nif\n"}
        self.assert_bad("scripts.py", files, "tests/b.py:2", "invalid syntax")

    def test_not_executable(self):
        files = {"tests/b.py": "\n", "deploy/a": "#!/bin/sh\ntrue\n"}
        with tempfile.TemporaryDirectory() as top:
            path = Path(top, "deploy/a")
            path.parent.mkdir()
            path.write_text(files["deploy/a"], encoding="utf-8")
            os.chmod(path, 0o644)
            command = [sys.executable, "-B", str(HERE / "scripts.py"), top]
            result = subprocess.run(
                command, capture_output=True, text=True, check=False
            )
        self.assertEqual(result.returncode, 1)
        self.assertIn("deploy/a:1: begins with #!", result.stdout)


if __name__ == "__main__":
    unittest.main()
