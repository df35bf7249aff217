#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check the own rule pack against its samples: run.py YAGURA [--full]

README.md beside this file explains the samples. Needs nothing but Python's own library. Prints one
line per fault and closes with "N passed, N failed, 0 skipped".

Without --full the removal of a rule is derived (a positive that one rule alone hits goes unhit
without it) and really done for every fortieth rule; with --full it is done for each.
"""
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import uuid

HERE = pathlib.Path(__file__).resolve().parent
RULES = HERE.parent.parent / "rules"
KINDS = ("positive", "near-miss", "evasion")
START = datetime.datetime(2026, 3, 14, 10, 15, 32,
                          tzinfo=datetime.timezone(datetime.timedelta(hours=9)))


class Rule:
    """What the tests need to know of one rule file."""

    def __init__(self, name):
        text = (RULES / (name + ".yml")).read_text(encoding="utf-8")
        self.name = name
        self.text = text
        for key in ("id", "title", "x_title_ja", "x_field", "x_advice", "level"):
            found = re.search(r"^%s: (.*)$" % key, text, re.M)
            setattr(self, key, found[1].strip("'") if found else "")
        alias = re.search(r"^name: (.*)$", text, re.M)
        self.alias = alias[1] if alias else ""
        self.is_quiet = "\nx_quiet: true\n" in text
        self.is_behaviour = "\ncorrelation:\n" in text
        listed = re.search(r"^    rules:\n((?:        - .*\n)+)", text, re.M)
        self.refs = re.findall(r"- (\S+)", listed[1]) if listed else []


class Sample:
    """One sample: the blocks of lines that make it up."""

    def __init__(self, rule, kind, form, place):
        self.rule, self.kind, self.form, self.place = rule, kind, form, place
        self.blocks = []

    def lines(self):
        """All lines, with times and numbers filled in."""
        now, out, is_first = START, [], True
        for repeat, step, block in self.blocks:
            for number in range(1, repeat + 1):
                if not is_first:
                    now += datetime.timedelta(seconds=step)
                is_first = False
                out += [fill(line, self.form, now, number) for line in block]
        return out


def fill(line, form, now, number):
    if form == "windows":
        time = now.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
    elif form == "syslog":
        time = now.strftime("%b %d %H:%M:%S")
    else:
        time = now.strftime("%d/%b/%Y:%H:%M:%S %z")
    for mark, text in (("{time}", time), ("{n}", str(number)), ("{date}", now.strftime("%Y-%m-%d")),
                       ("{clock}", now.strftime("%H:%M:%S"))):
        line = line.replace(mark, text)
    return line


def read_cases(path, rules, faults):
    """The samples of one .cases file."""
    samples, rule, sample = [], None, None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        place = "%s:%d" % (path.name, number)
        if line.startswith("== "):
            name, ident = line[3:].split()
            rule, sample = rules.get(name), None
            if not rule or rule.id != ident:
                faults.append("%s: no rule %s with id %s" % (place, name, ident))
        elif line.startswith("-- ") and rule:
            words = line[3:].split()
            options = dict(word.split("=") for word in words if "=" in word)
            if words[0] in KINDS:
                sample = Sample(rule, words[0], words[1], place)
                samples.append(sample)
            elif words[0] != "then" or not sample:
                faults.append("%s: '%s' is no kind of sample" % (place, words[0]))
                continue
            sample.blocks.append((int(options.get("repeat", 1)), int(options.get("step", 0)), []))
        elif line and sample:
            sample.blocks[-1][2].append(line)
    return samples


def check_rules(rules, samples, faults):
    """What every rule must have, and that the list of the build is complete."""
    listed = (RULES / "pack.txt").read_text().split()
    here = sorted("%s/%s" % (p.parent.name, p.name) for p in RULES.glob("*/*.yml"))
    for name in sorted(set(listed) ^ set(here)):
        faults.append("rules/pack.txt: %s is %s" % (name, "missing" if name in here else "no file"))
    advice = json.loads((RULES / "advice.json").read_text(encoding="utf-8"))["advice"]
    seen = {}
    for rule in rules.values():
        kinds = {s.kind for s in samples if s.rule is rule}
        problems = [
            ("x_title_ja is missing", not re.search("[ぁ-んァ-ン一-龥]", rule.x_title_ja)),
            ("x_field is missing", not rule.x_field),
            ("advice '%s' does not exist" % rule.x_advice, rule.x_advice not in advice),
            ("no ATT&CK technique", not re.search(r"- attack\.t\d{4}", rule.text)),
            ("a sample is missing", not rule.is_quiet and kinds != set(KINDS)),
            ("id is no random UUID", not re.fullmatch(r"[0-9a-f-]{36}", rule.id) or
             uuid.UUID(rule.id).version != 4),
            ("id of %s too" % seen.get(rule.id), rule.id in seen),
            ("title of %s too" % seen.get(rule.title), rule.title in seen),
        ]
        seen[rule.id] = seen[rule.title] = rule.name
        faults += ["rules/%s.yml: %s" % (rule.name, text) for text, is_bad in problems if is_bad]


def closure(rule, by_alias):
    """Names of all rules that @rule counts on."""
    out, open_ = set(), list(rule.refs)
    while open_:
        other = by_alias.get(open_.pop())
        if other and other.name not in out:
            out.add(other.name)
            open_ += other.refs
    return out


class Runner:
    def __init__(self, yagura, folder):
        self.yagura, self.folder = yagura, pathlib.Path(folder)
        self.env = dict(os.environ, XDG_CACHE_HOME=str(folder), LC_ALL="C.UTF-8", TZ="Asia/Tokyo")

    def detect(self, lines, form, extra=()):
        """The findings of these lines: (position, rule id)."""
        path = self.folder / "sample.log"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        done = subprocess.run([self.yagura, "detect", "--json", "--lang", "en", "--format", form,
                               "--tz", "Asia/Tokyo", *extra, str(path)], env=self.env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            sys.exit("%s: exit status %d: %s" % (self.yagura, done.returncode,
                                                 done.stderr.decode(errors="replace")))
        records = (json.loads(line) for line in done.stdout.splitlines())
        return [(r["position"], r["rule_id"]) for r in records if "rule_id" in r]


def judge(sample, hits, allowed):
    """What is wrong with the rules that hit @sample, or None."""
    name = sample.rule.name
    if sample.kind == "near-miss":
        return "hit by %s" % ", ".join(sorted(hits)) if hits else None
    if name not in hits:
        return "not hit by its rule"
    others = hits - {name} - allowed
    if sample.kind == "positive" and others:
        return "also hit by %s" % ", ".join(sorted(others))
    return None


def run_patterns(runner, samples, names, extra=()):
    """Hits of every line of ordinary rules: all lines of one format in one run."""
    out = []
    for form in sorted({s.form for s in samples}):
        rows = [(s, line) for s in samples if s.form == form for line in s.lines()]
        found = {}
        for position, ident in runner.detect([line for _, line in rows], form, extra):
            if ident in names:
                found.setdefault(position, set()).add(names[ident])
        out += [(s, found.get(i, set())) for i, (s, _) in enumerate(rows, 1)]
    return out


def run_removals(runner, rules, samples, step):
    """Without a rule, its positive is hit by nothing. Yields (rule, hits that should not be)."""
    ordinary = [r for r in rules.values() if not r.is_behaviour and not r.is_quiet]
    names = {r.id: r.name for r in ordinary}
    folder = runner.folder / "rules"
    folder.mkdir()
    for rule in ordinary:
        (folder / (rule.id + ".yml")).write_text(rule.text, encoding="utf-8")
    for rule in ordinary[::step]:
        path = folder / (rule.id + ".yml")
        path.unlink()
        mine = [s for s in samples if s.rule is rule and s.kind == "positive"]
        hits = run_patterns(runner, mine, names, ("--no-default-rules", "--rules", str(folder)))
        yield rule, set().union(*(h for _, h in hits))
        path.write_text(rule.text, encoding="utf-8")


def run_real(runner, names, faults):
    """The lines that real servers wrote: attacks hit by their rule, everyday requests by none."""
    folder = HERE / "real"
    expected = dict(line.split() for line in (folder / "expected.txt").read_text().splitlines())
    passed = 0
    for log in ("nginx-access.log", "apache-access.log"):
        lines = (folder / log).read_text(encoding="utf-8").splitlines()
        hits = {}
        for position, ident in runner.detect(lines, "access"):
            if ident in names:
                hits.setdefault(position, set()).add(names[ident])
        for number, line in enumerate(lines, 1):
            rule, found = expected.get(line.split()[0]), hits.get(number, set())
            is_right = rule in found if rule else not found
            passed += is_right
            if not is_right:
                faults.append("real/%s:%d: %s, hit by %s" % (
                    log, number, "needs " + rule if rule else "everyday request", sorted(found)))
    return passed


def main():
    yagura, is_full = str(pathlib.Path(sys.argv[1]).resolve()), "--full" in sys.argv
    if is_full and os.environ.get("YAGURA_TEST") != "full":
        print("the removal of every rule takes long: make test-full does it")
        print("0 passed, 0 failed, 1 skipped")
        return 77
    faults = []
    rules = {name: Rule(name) for name in sorted(
        "%s/%s" % (p.parent.name, p.stem) for p in RULES.glob("*/*.yml"))}
    samples = [s for p in sorted(HERE.glob("*.cases")) for s in read_cases(p, rules, faults)]
    check_rules(rules, samples, faults)
    passed = len(rules)
    by_alias = {r.alias: r for r in rules.values() if r.alias}
    ordinary = [s for s in samples if not s.rule.is_behaviour]
    with tempfile.TemporaryDirectory(prefix="yagura-pack-") as folder:
        runner = Runner(yagura, folder)
        names = {r.id: r.name for r in rules.values() if not r.is_behaviour}
        passed += run_real(runner, names, faults)
        results = [(s, h, set()) for s, h in run_patterns(runner, ordinary, names)]
        names = {r.id: r.name for r in rules.values()}
        for sample in samples:
            if sample.rule.is_behaviour:
                hits = {names.get(i, i) for _, i in runner.detect(sample.lines(), sample.form)}
                results.append((sample, hits, closure(sample.rule, by_alias)))
        for sample, hits, allowed in results:
            problem = judge(sample, hits, allowed)
            passed += 0 if problem else 1
            if problem:
                faults.append("%s: %s of %s: %s" % (sample.place, sample.kind, sample.rule.name,
                                                    problem))
        for rule, hits in run_removals(runner, rules, samples, 1 if is_full else 40):
            passed += 0 if hits else 1
            if hits:
                faults.append("rules/%s.yml: without it %s hits its sample" % (
                    rule.name, ", ".join(sorted(hits))))
    for fault in faults:
        print(fault)
    print("%d passed, %d failed, 0 skipped" % (passed, len(faults)))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
