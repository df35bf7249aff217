#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The public rule regression set: for each case the events as EVTX and as JSON, the rule it names, the
count it expects. Equality is demanded where a count is given, at least one hit where none is. EVTX is
read the way the set's own runner does it, by evtx-sigma-checker; and all rules must hit the same
records of both twins.

Where the set's own number is wrong, corrections.json says which number is right and why; such a case
is named in the output. Prints "FORM: N cases, N equal, N at least one, N short" for both forms.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared" / "data"))
YAGURA = os.environ.get("YAGURA", str(ROOT / "build" / "yagura"))
CORRECTIONS = json.loads((pathlib.Path(__file__).parent / "corrections.json").read_text())


CHECKER = str(pathlib.Path(YAGURA).with_name("evtx-sigma-checker"))
RULES = SHARED / "sigma-rules"


def lines_of(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def from_json(info):
    code, found = lines_of([YAGURA, "detect", "--json", "--no-default-rules", "--rules", str(RULES),
                            *map(str, sorted(info.parent.glob("*.json")))])
    return code, [(f["rule_id"], f["position"]) for f in found if "update" not in f]


def from_evtx(info):
    hits = []
    for path in sorted(info.parent.glob("*.evtx")):
        code, found = lines_of([CHECKER, "--log-source", str(SHARED / "sigma-regression/runner/thor.yml"),
                                "--evtx-path", str(path), "--rule-level", "informational",
                                "--rule-path", str(RULES)])
        hits += [(f["RuleId"], f["Position"]) for f in found]
        if code != 0:
            return code, hits
    return 0, hits


def wanted_of(info):
    text = info.read_text()
    rule_id = re.search(r"rule_metadata:\s*\n\s*- id:\s*(\S+)", text)[1]
    count = re.search(r"match_count:\s*(\d+)", text)
    wanted = int(count[1]) if count else None
    if wanted is not None and rule_id in CORRECTIONS and CORRECTIONS[rule_id]["match_count"] != wanted:
        print("%s: %d hits are right, not %d: %s" % (info.parent.name, CORRECTIONS[rule_id]["match_count"], wanted,
                                                 CORRECTIONS[rule_id]["reason"]))
        wanted = CORRECTIONS[rule_id]["match_count"]
    return rule_id, wanted


def run(info):
    rule_id, wanted = wanted_of(info)
    kinds, words, all_hits = {}, [], []
    for form, read in (("json", from_json), ("evtx", from_evtx)):
        code, found = read(info)
        hits = sum(rule == rule_id for rule, _ in found)
        all_hits.append(sorted(found))
        if wanted is not None:
            kinds[form] = "equal" if hits == wanted else "short"
        else:
            kinds[form] = "at least one" if hits >= 1 else "short"
        if kinds[form] == "short":
            words.append("%s, %s: rule %s: %d hits, wanted %s (exit %d)"
                         % (info.parent.name, form, rule_id, hits, wanted, code))
    if all_hits[0] != all_hits[1]:
        words.append("%s: the twins differ: %s" % (info.parent.name, set(all_hits[0]) ^ set(all_hits[1])))
    return kinds, words


def main():
    folder = SHARED / "sigma-regression"
    if not folder.is_dir() or not RULES.is_dir():
        print("the shared regression set is not here (%s)" % folder)
        print("0 passed, 0 failed, 1 skipped")
        return 77
    infos = sorted(folder.rglob("info.yml"))
    counts = {form: {"equal": 0, "at least one": 0, "short": 0} for form in ("evtx", "json")}
    failed = 0
    # The first run fills the rule cache for the others.
    results = [run(infos[0])]
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        results += pool.map(run, infos[1:])
    for kinds, words in results:
        failed += bool(words)
        for form in counts:
            counts[form][kinds[form]] += 1
        for line in words:
            print(line)
    for form, count in counts.items():
        print("%s: %d cases, %d equal, %d at least one, %d short"
              % (form, len(infos), count["equal"], count["at least one"], count["short"]))
    print("%d passed, %d failed, 0 skipped" % (len(infos) - failed, failed))
    return 1 if failed else 0


sys.exit(main())
