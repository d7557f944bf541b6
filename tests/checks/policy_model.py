"""
Compare the evaluator of policies with a model, on random policies: policy_model.py PROGRAM [CASES [SEED]]
PROGRAM is tests/tools/policy_decide.c.  The model follows the words of syncd/policy/evaluate.h, set by set.
"""
import random
import re
import subprocess
import sys

GROUPS = {"a": ["a"], "b": ["b"], "lab": ["lab"], "g1": ["a", "lab"], "g2": ["b"], "g3": ["a", "b", "lab"]}
IMAGES = ["db", "os", "os-lite"]
VERSIONS = ["1", "2", "9", "10", "010", "1.9", "1.10", "1.0", "1.0-rc1", "a1"]
PATTERNS = ["*", "os", "os*", "d?", "*-*", "??"]


def natural(version):
    """A key that sorts versions in natural order."""
    runs = re.findall(r"(\d+)|(\D+)", version)
    return [(0, int(digits), len(digits)) if digits else (1, other) for digits, other in runs]


def matches(pattern, name):
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), name) is not None


class Rule:
    def __init__(self, rng, deny):
        self.deny = deny
        self.to = rng.sample(sorted(GROUPS), rng.randint(1, 3))
        self.pattern = rng.choice(PATTERNS)
        self.form = rng.choice(["all", "exact", "range"] + ["newest"] * (not deny) * 3)
        self.count = rng.randint(1, 4)
        self.exact = rng.sample(VERSIONS, rng.randint(1, 4))
        ends = sorted(rng.sample(VERSIONS, 2), key=natural)
        self.first, self.last = rng.choice([ends, [ends[0], None], [None, ends[1]]])

    def text(self):
        ends = ", ".join('%s: "%s"' % e for e in (("from", self.first), ("to", self.last)) if e[1])
        form = {"exact": ", versions: {exact: [%s]}" % ", ".join(self.exact), "all": "",
                "newest": ", versions: {newest: %d}" % self.count, "range": ", versions: {%s}" % ends}[self.form]
        return '  - {to: [%s], images: {name: "%s"}%s}\n' % (", ".join(self.to), self.pattern, form)

    def selects(self, repository, version):
        key = natural(version["version"])
        form = {"exact": version["version"] in self.exact, "all": True, "newest": True,
                "range": (self.first is None or natural(self.first) <= key)
                and (self.last is None or key <= natural(self.last))}[self.form]
        return form and matches(self.pattern, version["image"]) and any(repository in GROUPS[n] for n in self.to)


def model(rules, repository, versions, ceiling):
    """The state of each version: sets of versions, by their place."""
    every = set(range(len(versions)))

    def within(which, i):
        return any(w == which and matches(p, versions[i]["image"]) and k in ("-", versions[i]["label"]) for w, p, k in ceiling)
    beyond = {i for i in every if ceiling and (not within("may", i) or within("never", i))}
    sets = [{i for i in every if rule.selects(repository, versions[i])} for rule in rules]
    denied = beyond.union(*[s for rule, s in zip(rules, sets) if rule.deny])
    allowed, passed = set(), set()
    for rule, selected in zip(rules, sets):
        if rule.deny:
            continue
        if rule.form != "newest":
            allowed |= selected
            continue
        for image in IMAGES:
            mine = {i for i in selected - denied if versions[i]["image"] == image}
            counting = sorted((i for i in mine if not versions[i]["embargoed"]), reverse=True)
            edge = counting[rule.count - 1] if len(counting) >= rule.count else -1
            allowed |= {i for i in mine if i >= edge}
            passed |= {i for i in mine if i < edge}
    held = {i for i in every if versions[i]["granted"] and not versions[i]["freed"]}
    shown = {i for i in every if not versions[i]["embargoed"]}
    return ["denied" if i in denied or i not in allowed | (passed & held) else
            "retire" if i not in allowed else "allow" if i in shown else "embargo" for i in sorted(every)]


def make_case(rng):
    rules = [Rule(rng, deny) for deny in [False] * rng.randint(1, 4) + [True] * rng.choice([0, 0, 1, 2])]
    text = "version: 1\ngroups:\n" + "".join("  %s: [%s]\n" % (g, ", ".join(m)) for g, m in GROUPS.items() if g[0] == "g")
    for deny, key in ((False, "allow"), (True, "deny")):
        some = "".join(rule.text() for rule in rules if rule.deny == deny)
        text += key + ":" + ("\n" + some if some else " []\n")
    versions = [{"image": image, "version": version, "label": rng.choice(["x", "y", "-"]), "freed": rng.random() < 0.3,
                 "embargoed": rng.random() < 0.2, "granted": rng.random() < 0.5}
                for image in IMAGES for version in sorted(rng.sample(VERSIONS, rng.randint(0, 7)), key=natural)]
    ceiling = [(rng.choice(["may", "may", "never"]), rng.choice(PATTERNS), rng.choice(["x", "y", "-"]))
               for _ in range(rng.choice([0, 0, 1, 3]))]
    return rules, text, rng.choice(["a", "b", "lab"]), versions, ceiling


def encode(case):
    _, text, repository, versions, ceiling = case
    out = "case %s %d %d %d\n%s" % (repository, len(text), len(versions), len(ceiling), text)
    for v in versions:
        flags = "".join(f[0] for f in ("embargoed", "granted", "freed") if v[f]) or "-"
        out += "%s %s %s %s\n" % (v["image"], v["version"], flags, v["label"])
    return out + "".join("%s %s %s\n" % selector for selector in ceiling)


def main():
    program, count, seed = (sys.argv[1:] + ["10000", random.randrange(1 << 32)][len(sys.argv) - 2:])[:3]
    print("policy_model.py: %d cases, seed %d" % (count := int(count), seed := int(seed)))
    rng = random.Random(seed)
    for first in range(0, count, 500):
        cases = [make_case(rng) for _ in range(min(500, count - first))]
        answer = subprocess.run([program], input="".join(map(encode, cases)), text=True,
                                stdout=subprocess.PIPE, check=True).stdout.splitlines()
        for number, case in enumerate(cases, first):
            got, answer = answer[:len(case[3])], answer[len(case[3]):]
            want = model(case[0], case[2], case[3], case[4])
            if [line.split()[0] for line in got] != want:
                print("case %d: the evaluator says\n%s\nthe model\n%s\nof\n%s"
                      % (number, "\n".join(got), "\n".join(want), encode(case)))
                return 1
    return 0


sys.exit(main())
