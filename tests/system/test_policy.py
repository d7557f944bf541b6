"""Policies: what is denied goes, what is superseded goes later."""

import harness
from harness import MIB, changed, network, noise, sha256

NEWEST = """
version: 1
groups:
  branches: [branch]
allow:
  - to: [branches]
    images: {name: "win*"}
    versions: {newest: 1}
"""

DENY = """
version: 1
allow:
  - to: [branch]
    images: {name: "win*"}
deny:
  - to: [branch]
    images: {name: "winxp-payroll"}
"""


def test_denied_is_removed(here):
    """Deny: removed at the next contact; receipt and where say so."""
    primary, site = network(here, "branch")
    noise(here / "a.img", MIB)
    noise(here / "b.img", MIB, seed=5)
    primary.publish("winxp@1", here / "a.img")
    primary.publish("winxp-payroll@1", here / "b.img")
    site.sync()
    secret = sha256(here / "b.img")
    assert secret in site.blobs()
    assert (site.store / "maps" / secret).exists()
    primary.apply(DENY)
    run = site.sync()
    assert run["withdrawn"] == 1, run
    assert not (site.store / "published" / "winxp-payroll").exists()
    left = [path for path in site.store.rglob("*") if secret in str(path)]
    assert not left, left
    assert sha256(site.published("winxp", "1", "a.img"))
    item = primary.holdings("branch")["winxp-payroll", "1"]
    assert item["state"] == "withdrawn", item
    assert item["allowed"] is False and item["held"] is False, item
    rows = primary.json("where", "winxp-payroll@1")["repositories"]
    (row,) = [row for row in rows if row["repository"] == "branch"]
    assert row["state"] == "withdrawn" and row["held"] is False, row
    kinds = site.audit("local").kinds()
    assert any("withdraw" in kind for kind in kinds), kinds


def test_denied_before_new(here):
    """What is withdrawn goes before anything that is new comes."""
    primary, site = network(here, "branch")
    noise(here / "a.img", MIB)
    noise(here / "b.img", MIB, seed=5)
    primary.publish("winxp-payroll@1", here / "a.img")
    site.sync()
    primary.apply(DENY)
    primary.publish("winxp@1", here / "b.img")
    site.sync()
    story = site.audit("local")
    gone = [e["seq"] for e in story.entries if "withdraw" in e["kind"]]
    came = [e["seq"] for e in story.find("complete")]
    assert gone and came and max(gone) < came[-1], story.kinds()


def test_newest_retires(here):
    """newest: 1 serves the old version until the new one is visible."""
    primary, site = network(here, "branch", policy=NEWEST)
    noise(here / "9.img", 2 * MIB)
    changed(here / "9.img", here / "10.img")
    primary.publish("winxp@9", f"d={here / '9.img'}")
    site.sync()
    primary.publish("winxp@10", f"d={here / '10.img'}")
    assert site.published("winxp", "9", "d").exists()
    run = site.sync()
    (image,) = run["images"]
    assert (image["method"], image["base"]) == ("delta", "9"), image
    assert sha256(site.published("winxp", "10", "d")) == sha256(
        here / "10.img"
    )
    harness.wait_until(
        lambda: not site.published("winxp", "9", "d").exists()
        or not site.sync(),
        "version 9 is retired",
    )
    held = primary.holdings("branch")
    assert held["winxp", "10"]["held"] is True, held
    assert ("winxp", "9") not in held or held["winxp", "9"]["held"] is not True


def test_versions(here):
    """Rules by version: a range, exact ones."""
    primary, site, other = network(
        *(here, "branch", "lab"),
        policy="""
version: 1
allow:
  - to: [branch]
    images: {name: "d"}
    versions: {from: "9", to: "10"}
  - to: [lab]
    images: {name: "d"}
    versions: {exact: ["1.10"]}
""",
    )
    for version in ("1.9", "1.10", "9", "9.5", "10", "11"):
        noise(here / "f", 5000, seed=version)
        primary.publish(f"d@{version}", here / "f")
    site.sync()
    other.sync()
    held = {p.name for p in (site.store / "published" / "d").iterdir()}
    assert held == {"9", "9.5", "10"}, held
    held = {p.name for p in (other.store / "published" / "d").iterdir()}
    assert held == {"1.10"}, held


BAD = {
    "unknown key": ("version: 1\nalow: []\n", 2, 1),
    "bad value": ('version: 1\nallow:\n  - to: 7\n    images: {name: "*"}\n', 3, 9),
    "no version": ('allow: []\n', None, None),
    "second document": ("version: 1\nallow: []\n---\nversion: 1\n", None, None),
    "alias": ("version: 1\nallow: &a []\ndeny: *a\n", None, None),
    "empty": ("", None, None),
    "not a name": (
        'version: 1\nallow:\n  - to: ["a/b"]\n    images: {name: "*"}\n',
        3,
        None,
    ),
    "unknown repository": (
        'version: 1\nallow:\n  - to: [nobody]\n    images: {name: "*"}\n',
        3,
        None,
    ),
    "twice": ("version: 1\nversion: 1\nallow: []\n", 2, 1),
    "control bytes": ("version: 1\nallow: []\n\x07", None, None),
    "not text": (b"version: 1\nallow: []\n# \xff\xfe\n", None, None),
}


def test_bad_policies(here):
    """Each bad policy is refused with its place; the old one stays."""
    primary = harness.Primary(here).up()
    primary.json("repo", "add", "branch", "--reason", "coverage")
    primary.apply({"branch": "*"})
    before = primary.json("policy", "show")
    path = here / "bad.yaml"
    for what, (text, line, column) in BAD.items():
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        if what == "unknown repository":
            # That is known at the primary alone, and may be a warning.
            answer = primary.run("policy", "apply", path, "--json")
            assert answer.status in (0, 2, 3), answer
            assert "nobody" in answer.stdout, answer
            primary.apply({"branch": "*"})
            before = primary.json("policy", "show")
            continue
        for verb in ("check", "apply"):
            error = primary.fails(2, "policy", verb, path)
            assert error["code"] == "policy", (what, verb, error)
            place = error["where"] + error["what"]
            if line is not None:
                assert f"bad.yaml:{line}:" in place, (what, verb, error)
            if column is not None:
                assert f"bad.yaml:{line}:{column}" in place, (what, error)
        assert primary.json("policy", "show") == before, what
    error = primary.fails(2, "policy", "apply", here / "missing.yaml")
    assert error["code"] == "file", error
    shown = primary.ctl("policy", "show")
    assert (primary.here / "policy.yaml").read_text().strip() in shown
