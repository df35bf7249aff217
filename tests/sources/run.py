#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lines that real products wrote, whole: run.py YAGURA [--write]

For each source of sources.json: at least 99 % of its records are read, and as the format they are;
the first records hold exactly the fields of expected/NAME.jsonl; the named rule fires; and the
findings on the log and on its records are the same. Samples that are not here are skipped, clearly.
--write makes the expected files anew: read the difference before it is committed.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARED = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared" / "data"))
COMPARED = 40  # records of a source
SHARE = 0.99


def run(env, *command):
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def files(samples):
    """The files of @samples; None when one is not here."""
    out = []
    for sample in samples:
        path = SHARED / sample[7:] if sample.startswith("shared:") else ROOT / sample
        if not path.exists():
            return None
        out += sorted(p for p in path.rglob("*") if p.is_file() and p.name != "README.md") \
            if path.is_dir() else [path]
    return out


def findings(env, yagura, path):
    """(rule, position, count) of each, and the numbers of the run."""
    out, err = run(env, yagura, "detect", "--json", "--stats", "--lang", "en", "--tz", "UTC", path)
    hits = [json.loads(line) for line in out.splitlines()]
    kept = {(h["rule_id"], h["position"], h.get("count"), h["rule_title"]) for h in hits if "rule_id" in h}
    lines = [line for line in err.splitlines() if line.startswith("{")]
    return kept, json.loads(lines[-1]) if lines else {"records": 0, "parsed": 0}


def when(record):
    """The time; without its year where the log has none: that one depends on the file's own age."""
    time = record.get("time")
    return time[4:] if time and re.match(r"[A-Z][a-z]{2} +\d+ [\d:.]+$", record["time_text"]) else time


def check_file(env, yagura, path, source, records, titles, faults):
    """One file: adds its records; returns (read, all)."""
    text, _ = run(env, yagura, "source", "records", "--tz", "UTC", str(path))
    mine = [json.loads(line) for line in text.splitlines()]
    strange = [r for r in mine if r["format"] not in (source["format"], "syslog", source.get("also"))]
    if strange:
        faults.append("%s: record %d is read as %s" % (path, strange[0]["position"], strange[0]["format"]))
    if mine and not any(r["format"] == source["format"] for r in mine):
        faults.append("%s: nothing is read as %s" % (path, source["format"]))
    records += [{"time": when(r), "format": r["format"], "fields": r["fields"]} for r in mine]
    hits, stats = findings(env, yagura, str(path))
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as again:
        again.write(text)
        again.flush()
        same, _ = findings(env, yagura, again.name)
    if hits != same:
        faults.append("%s: findings on the log and on its records differ: %s" % (
            path, sorted(hits ^ same, key=str)[:3]))
    titles |= {h[3] for h in hits}
    return stats["parsed"], stats["records"]


def check(env, yagura, name, source, is_writing):
    """What is wrong with a source; None: its samples are not here."""
    paths, faults, records, titles = files(source["samples"]), [], [], set()
    if paths is None:
        return None
    counts = [check_file(env, yagura, path, source, records, titles, faults) for path in paths]
    good, total = sum(c[0] for c in counts), sum(c[1] for c in counts)
    if total == 0 or good < SHARE * total:
        faults.append("only %d of %d records are read" % (good, total))
    if source.get("rule") and source["rule"] not in titles:
        faults.append("the rule '%s' does not fire" % source["rule"])
    step = max(1, len(records) // COMPARED)
    text = "".join(json.dumps(r, ensure_ascii=False, sort_keys=True) + "\n" for r in records[::step][:COMPARED])
    expected = HERE / "expected" / (name + ".jsonl")
    if is_writing:
        expected.write_text(text, encoding="utf-8")
    elif not expected.exists() or expected.read_text(encoding="utf-8") != text:
        want = expected.read_text(encoding="utf-8").splitlines() if expected.exists() else []
        line = next((i for i, pair in enumerate(zip(want, text.splitlines()), 1) if pair[0] != pair[1]), 1)
        faults.append("fields differ from expected/%s.jsonl, line %d on" % (name, line))
    print("%-16s %6d of %6d records read" % (name, good, total))
    return faults


def main():
    yagura = str(pathlib.Path(sys.argv[1]).resolve())
    sources = json.loads((HERE / "sources.json").read_text(encoding="utf-8"))["sources"]
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory(prefix="yagura-sources-") as folder:
        env = dict(os.environ, XDG_CACHE_HOME=folder, LC_ALL="C.UTF-8", TZ="UTC")
        for name, source in sources.items():
            faults = check(env, yagura, name, source, "--write" in sys.argv[2:])
            if faults is None:
                skipped += 1
                print("%-16s skipped: its samples are not here (YAGURA_SHARED)" % name)
                continue
            passed += not faults
            failed += bool(faults)
            for fault in faults:
                print("%s: %s" % (name, fault))
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
