#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/by-product.md: what `yagura detect` makes of the public samples of about 190 products.

What is read and found comes from a run; what only a person can say stands in docs/by-product.json:
the kind of log (group), whether an attack is in it, and a remark.
by_product.py [--write]    without --write: is the page what a run and the judgements give?"""
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared" / "data"))
YAGURA = os.environ.get("YAGURA", str(ROOT / "build" / "yagura"))
LOGS = SHARED / "logs" / "by-product"
PAGE = ROOT / "docs" / "by-product.md"
DATA = ROOT / "docs" / "by-product.json"
LEVELS = ["informational", "low", "medium", "high", "critical"]
GROUPS = {
    "web": "web access or error log",
    "sshd": "sshd",
    "pam": "PAM, sudo, su and their kin",
    "fortigate": "FortiGate form",
    "network": "proxy, firewall, VPN, name server or intrusion detection",
    "audit": "Linux audit",
    "cloud": "AWS CloudTrail",
    "windows": "Windows events",
    "plain": "product that is not known: lines with a time, sign-ins told by their words",
    "service": "sign-ins of mail, shares and firewall pages",
    "described": "device or application read by a description",
}

HEAD = """# Samples of products, and what is made of them

The %d folders of public sample logs (tests of crowdsecurity/hub, MIT; not part of this repository),
one product or one attack each. **Covered** means: the format is recognised, at least half of the
records are read, and the log is of a kind this version has rules for: web access and error logs,
sshd, PAM and kin, and the sources of `sources.md`. Other logs may be read as system log, JSON or key=value text:
Sigma rules and indicators can then be used on them, but the own rules do not know the product.
**Attack found** means a finding of level medium or above by the own rules; "low only" stands where
the findings are of a lower level, "none in it" where the sample holds no attack.

`tools/by_product.py --write` makes this page from a run and from `docs/by-product.json`.

"""


def look(folder):
    """What one run says about a folder."""
    command = [YAGURA, "detect", "--tz", "UTC", "--lang", "en", str(folder)]
    done = subprocess.run(command + ["--json", "--stats"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    stats = json.loads(done.stderr.splitlines()[-1])
    hits = [f for f in map(json.loads, done.stdout.splitlines()) if "update" not in f]
    words = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
    kinds = re.search(r"^  Kinds +(.*(?:\n {10,}.*)*)", words, re.M)
    kinds = " ".join(kinds.group(1).split()) if kinds else ""
    return {
        "recognised": done.returncode == 0 and 2 * stats["unparsed"] <= stats["records"],
        "records": stats["records"], "unparsed": stats["unparsed"],
        "kinds": re.sub(r" [\d,]+(?=, |$)", "", kinds),
        "level": max((LEVELS.index(f["level"]) for f in hits), default=-1),
        "titles": sorted({f["rule_title"] for f in hits if LEVELS.index(f["level"]) >= 2}),
    }


def cells(name, said, seen):
    group = said.get("group")
    is_covered = seen["recognised"] and group in GROUPS
    if group == "web" and not re.search("web access|error log|HAProxy|described", seen["kinds"]):
        is_covered = False
    if is_covered:
        covered = "yes: " + GROUPS[group]
    elif not seen["recognised"]:
        covered = "no: %sformat is not read yet" % ("a web log, but its " if group == "web" else "")
    else:
        covered = "no: read only as %s; no rules for this product yet" % seen["kinds"]
    if seen["level"] >= 2:
        found = "yes (%s)" % LEVELS[seen["level"]]
    elif not said["attack"]:
        found = "none in it"
    else:
        found = "low only" if seen["level"] >= 0 else "no"
    remark = said.get("remark", "")
    bad = []
    if is_covered and said["attack"] and seen["level"] < 2 and not remark:
        bad.append("%s: covered, an attack is in it and not found, and no remark says why" % name)
    if seen["level"] >= 2 and not said["attack"]:
        bad.append("%s: a finding where no attack should be: %s" % (name, "; ".join(seen["titles"])))
    if not is_covered and group in GROUPS and not remark:
        bad.append("%s: is a %s and is not covered, and no remark says why" % (name, GROUPS[group]))
    row = "| %s | %s | %d / %d | %s | %s |" % (name, covered, seen["records"], seen["unparsed"], found,
                                               remark or "; ".join(seen["titles"][:2]))
    return row, is_covered, found, bad


def main():
    if not LOGS.is_dir():
        print("the samples of products are not here (%s)" % LOGS)
        print("0 passed, 0 failed, 1 skipped")
        return 77
    judged = json.loads(DATA.read_text(encoding="utf-8"))["folders"]
    bad, rows, covered, missed = [], [], 0, []
    folders = sorted(p for p in LOGS.iterdir() if p.is_dir())
    for folder in folders:
        said = judged.pop(folder.name, None)
        if said is None:
            bad.append("%s: nobody has looked at it (docs/by-product.json)" % folder.name)
            said = {"attack": True, "remark": "not looked at yet"}
        row, is_covered, found, faults = cells(folder.name, said, look(folder))
        rows.append(row)
        bad += faults
        covered += is_covered
        if is_covered and found in ("no", "low only"):
            missed.append(folder.name)
    bad += ["%s: in docs/by-product.json, but there is no such folder" % name for name in judged]
    text = HEAD % len(folders)
    text += "%d of %d folders are covered. " % (covered, len(folders))
    text += "In these covered ones something is going on that is\nnot reported at level medium or above; the remark says why:\n%s.\n\n" % ", ".join(missed)
    text += "| Folder | Covered | Records / unread | Attack found | Remark |\n|---|---|---|---|---|\n"
    text += "\n".join(rows) + "\n"
    if "--write" in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        bad.append("docs/by-product.md is old: run tools/by_product.py --write")
    print("\n".join(bad) if bad else "%d folders, each accounted for" % len(folders))
    print("%d passed, %d failed, 0 skipped" % (not bad, len(bad)))
    return 1 if bad else 0


sys.exit(main())
