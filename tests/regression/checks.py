#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The stated figures on public data: rules that load, the recorded scan, the benign site."""
import hashlib
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared" / "data"))
YAGURA = os.environ.get("YAGURA", str(ROOT / "build" / "yagura"))
failures = []


def run(*args):
    return subprocess.run([YAGURA, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True)


def check(what, holds, got=""):
    print("%s: %s %s" % ("ok" if holds else "FAILED", what, got))
    if not holds:
        failures.append(what)


def findings(done):
    return [f for f in map(json.loads, done.stdout.splitlines()) if "update" not in f]


def main():
    if not (SHARED / "sigma-rules").is_dir():
        print("the shared data is not here (%s)" % SHARED)
        print("0 passed, 0 failed, 1 skipped")
        return 77
    checks = 0
    done = run("rules", "check", SHARED / "sigma-rules")
    check("all public rules load", done.stdout.splitlines()[-1] ==
          "rules: 3754 found, 3754 loaded, 2 inactive, 0 refused" and done.returncode == 0,
          done.stdout.splitlines()[-1])
    scan = SHARED / "weblogs" / "attack" / "acunetix.txt"
    done = run("detect", "--json", "--stats", scan)
    stats = json.loads(done.stderr.splitlines()[-1])
    found = findings(done)
    hit = {f["position"] for f in found if f["kind"] == "pattern"}
    check("the scan parses whole", (stats["records"], stats["unparsed"]) == (6539, 0), stats)
    check("a tenth of the scan's lines is hit", len(hit) >= 654, len(hit))
    check("a behaviour is found in the scan", any(f["kind"] == "behaviour" for f in found))
    stories = run("detect", "--json-stories", scan).stdout.splitlines()
    check("the scan is one story", len(stories) == 1, len(stories))
    benign = SHARED / "weblogs" / "benign" / "apache_logs" / "apache_logs"
    done = run("detect", "--json", "--stats", benign)
    stats = json.loads(done.stderr.splitlines()[-1])
    hit = {f["position"] for f in findings(done)}
    check("at most 2 % of a benign site's lines are hit", len(hit) <= 200, "%d of %d" % (len(hit), stats["records"]))
    listed = (ROOT / "docs" / "benign-hits.md").read_text() if (ROOT / "docs" / "benign-hits.md").exists() else ""
    missing = [p for p in sorted(hit) if "| %d |" % p not in listed]
    check("each hit on the benign site is judged in docs/benign-hits.md", not missing, missing[:10])
    digests = {hashlib.sha256(run("detect", "--json", "--threads", n, scan).stdout.encode()).hexdigest() for n in (1, 2, 5)}
    check("one digest for 1, 2 and 5 threads", len(digests) == 1)
    checks = 8
    print("%d passed, %d failed, 0 skipped" % (checks - len(failures), len(failures)))
    return 1 if failures else 0


sys.exit(main())
