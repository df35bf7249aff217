#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/benign-hits.md: every hit of the own rules on a public log of a real site, judged by people.

The judgements stand in docs/benign-hits.json, by position and rule; a hit nobody has looked at is
shown as unjudged, and then the page is not in order.
benign_hits.py [--write]    without --write: is the page what the rules and the judgements give?"""
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared" / "data"))
YAGURA = os.environ.get("YAGURA", str(ROOT / "build" / "yagura"))
LOG = SHARED / "weblogs" / "benign" / "apache_logs" / "apache_logs"
PAGE = ROOT / "docs" / "benign-hits.md"
DATA = ROOT / "docs" / "benign-hits.json"

HEAD = """# Hits of the own rules on a benign site

A public access log of a real site (10,000 lines, four days of May 2015, a personal weblog; the
`apache_logs` of elastic/examples) is mostly readers and search engines, with a few real probes among
them. Below stands every hit of the rules that are compiled in, looked at by a person: *right* means
that the line is what the rule's title says, *wrong* that it is not.

`tools/benign_hits.py --write` makes this page from a run and from the judgements in
`docs/benign-hits.json`. The log is not part of this repository.

"""


def main():
    if not LOG.is_file():
        print("the benign log is not here (%s)" % LOG)
        print("0 passed, 0 failed, 1 skipped")
        return 77
    judged = json.loads(DATA.read_text(encoding="utf-8"))
    reasons = judged["reasons"]
    by_hit = {(h["position"], h["rule"]): h for h in judged["hits"]}
    done = subprocess.run([YAGURA, "detect", "--json", "--stats", "--tz", "UTC", "--lang", "en", str(LOG)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    stats = json.loads(done.stderr.splitlines()[-1])
    hits = [f for f in map(json.loads, done.stdout.splitlines()) if "update" not in f]
    rows, unjudged, counts = [], [], {"right": 0, "wrong": 0, "unjudged": 0}
    for hit in hits:
        judgement = by_hit.pop((hit["position"], hit["rule_id"]), None)
        if judgement is None:
            unjudged.append("%s %s" % (hit["position"], hit["rule_id"]))
            judgement = {"says": "", "verdict": "unjudged", "why": None}
        counts[judgement["verdict"]] += 1
        rows.append("| %d | %s (%s) | %s | %s | %s |" % (
            hit["position"], hit["rule_title"], hit["level"], judgement["says"],
            judgement["verdict"], reasons.get(judgement["why"], "")))
    lines = len({hit["position"] for hit in hits})
    text = HEAD + "%d of %d lines are hit (%.2f %%): %d hits, %d right, %d wrong, %d unjudged.\n\n" % (
        lines, stats["records"], 100.0 * lines / stats["records"], len(hits), counts["right"],
        counts["wrong"], counts["unjudged"])
    text += "\n".join(judged["remarks"]) + "\n\n"
    text += "| Line | Rule (level) | What the line says | Judgement | Why |\n|---|---|---|---|---|\n"
    text += "\n".join(rows) + "\n"
    bad = ["unjudged: " + u for u in unjudged]
    bad += ["judged, but no longer hit: %d %s" % key for key in by_hit]
    if "--write" in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        bad.append("docs/benign-hits.md is old: run tools/benign_hits.py --write")
    if 50 * lines > stats["records"]:
        bad.append("more than 2 % of the lines are hit")
    print("\n".join(bad) if bad else "%d hits, each judged" % len(hits))
    print("%d passed, %d failed, 0 skipped" % (not bad, len(bad)))
    return 1 if bad else 0


sys.exit(main())
