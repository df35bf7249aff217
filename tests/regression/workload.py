#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""W3 of bench/workloads.md: the same bytes every time, process creations all, few hits but some.

Skipped where the public rules and events are not there.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared" / "data"))
EVENTS = 4000
HITS = (0.01, 0.05)  # share of events that a rule fits; 0.026 in the whole workload


def make():
    done = subprocess.run([sys.executable, str(ROOT / "bench" / "events.py"), "w3", str(SHARED), str(EVENTS)],
                          check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.stdout, done.stderr.decode()


def main():
    for name in ("windows-json", "sigma-regression", "sigma-rules"):
        if not (SHARED / name).is_dir():
            print("skipped: %s is not there (YAGURA_SHARED names the folder above it)" % (SHARED / name))
            print("0 passed, 0 failed, 1 skipped")
            return 77
    text, said = make()
    assert make() == (text, said), "another run writes something else"
    assert "own command line" in said, said
    lines = text.decode().splitlines()
    assert len(lines) == EVENTS and len(set(lines)) == EVENTS, "every event is another one"
    for line in lines:
        assert isinstance(json.loads(line), dict)
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([os.environ["YAGURA"], "detect", "--json", "--stats", "--no-default-rules", "--rules",
                               str(SHARED / "sigma-rules"), file.name], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    stats = json.loads(done.stderr.splitlines()[-1])
    assert stats["records"] == stats["parsed"] == EVENTS, stats
    found = [json.loads(line) for line in done.stdout.splitlines()]
    share = len({f["position"] for f in found if "update" not in f}) / EVENTS
    print("share of hits %.4f" % share)
    assert HITS[0] < share < HITS[1], share
    print("1 passed, 0 failed, 0 skipped")
    return 0


sys.exit(main())
