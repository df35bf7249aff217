#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The public rule regression set: for each case the JSON twin, the rule it names, the count it
expects. Equality is demanded where a count is given, at least one hit where none is.

Where the set's own number is wrong, corrections.json says which number is right and why; such a case
is named in the output. Prints "N cases, N equal, N at least one, N short".
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


def run(info):
    text = info.read_text()
    rule_id = re.search(r"rule_metadata:\s*\n\s*- id:\s*(\S+)", text)[1]
    count = re.search(r"match_count:\s*(\d+)", text)
    got = subprocess.run([YAGURA, "detect", "--json", "--no-default-rules", "--rules",
                          str(SHARED / "sigma-rules"), *map(str, sorted(info.parent.glob("*.json")))],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    hits = sum(json.loads(line).get("rule_id") == rule_id for line in got.stdout.splitlines())
    wanted = int(count[1]) if count else None
    if wanted is not None and rule_id in CORRECTIONS and CORRECTIONS[rule_id]["match_count"] != wanted:
        print("%s: %d hits are right, not %d: %s" % (info.parent.name, CORRECTIONS[rule_id]["match_count"], wanted,
                                                 CORRECTIONS[rule_id]["reason"]))
        wanted = CORRECTIONS[rule_id]["match_count"]
    if wanted is not None:
        kind = "equal" if hits == wanted else "short"
    else:
        kind = "at least one" if hits >= 1 else "short"
    return kind, "%s: rule %s: %d hits, wanted %s (exit %d)" % (info.parent.name, rule_id, hits, wanted,
                                                             got.returncode)


def main():
    folder = SHARED / "sigma-regression"
    if not folder.is_dir() or not (SHARED / "sigma-rules").is_dir():
        print("the shared regression set is not here (%s)" % folder)
        print("0 passed, 0 failed, 1 skipped")
        return 77
    infos = sorted(folder.rglob("info.yml"))
    counts = {"equal": 0, "at least one": 0, "short": 0}
    # The first run fills the rule cache for the others.
    results = [run(infos[0])]
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        results += pool.map(run, infos[1:])
    for kind, words in results:
        counts[kind] += 1
        if kind == "short":
            print(words)
    print("%d cases, %d equal, %d at least one, %d short"
          % (len(infos), counts["equal"], counts["at least one"], counts["short"]))
    print("%d passed, %d failed, 0 skipped" % (len(infos) - counts["short"], counts["short"]))
    return 1 if counts["short"] else 0


sys.exit(main())
