#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py YAGURA ORACLE_LINES [SEED]: every vector of this folder, byte for byte, in four readings;
then correlations and events made up from SEED (else YAGURA_SEED, else the time), by the program and in Python.

A vector file is a YAML list:

    - name: what is shown
      feature: exists                      what of the specification it proves
      spec: 'Modifiers: Generic Modifiers' document (version 2.1.0) and section
      detection: |                         as in a rule; its id is r, its logsource category: vector
      rules: |                             instead: whole documents
      placeholders: |                      optional, for expand
      events: [{A: x}, {_s: 5, A: y}]      _s: seconds after 2026-01-01T00:00:00Z; !!binary: bytes in
                                           base64, which need not be well-formed UTF-8
      hits: [1] or {rule: [1]}             positions of events (without: {})
      findings: [{rule_id, group, count or value, first_s, s, first_position, position}]
      refused: text                        instead: the reason holds this text
      inactive: text                       likewise

Read by: the program itself (with Vectorscan and with the built-in matcher, --threads 1, 2 and 5),
the reference evaluator in C (ordinary rules and filters), the evaluator in Python (all). Events of
a vector with findings are then shuffled: the same must be found. Exit status 0, 1, or 77 (skipped).
"""
import concurrent.futures
import datetime
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "oracle"))
import sigma_eval  # noqa: E402  (skips by itself without PyYAML)
import correlation_eval  # noqa: E402
import yaml  # noqa: E402

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
HEAD = "title: vector\nid: r\nlogsource:\n    category: vector\ndetection:\n"
SHUFFLES = 5


def load(folder=FOLDER):
    for path in sorted(folder.glob("*.yaml")):
        for number, vector in enumerate(yaml.safe_load(path.read_text(encoding="utf-8"))):
            vector["file"] = path.name
            vector.setdefault("events", [])
            if "detection" in vector:
                vector["rules"] = HEAD + "".join(
                    "    " + line + "\n" for line in vector["detection"].splitlines())
            yield vector


def iso(seconds):
    return (START + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def line_of(event):
    event = {name: value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
             for name, value in event.items()}
    seconds = event.pop("_s", None)
    if seconds is not None:
        event = {"timestamp": iso(seconds), **event}
    return json.dumps(event, ensure_ascii=False), seconds


def event_of(line):
    fields = {}
    for name, value in json.loads(line).items():
        fields[name] = [sigma_eval.scalar(v) for v in (value if isinstance(value, list) else [value])]
    return sigma_eval.Event(fields, line)


def expected(vector):
    """What has to be found, as sorted lists of (position, rule) and of findings as text."""
    hits = vector.get("hits", {})
    if isinstance(hits, list):
        hits = {"r": hits}
    plain = sorted((position, rule) for rule, positions in hits.items() for position in positions)
    findings = []
    for finding in vector.get("findings", []):
        finding = dict(finding, kind="correlation", first_time=iso(finding["first_s"]),
                       time=iso(finding["s"]))
        del finding["first_s"], finding["s"]
        findings.append(finding)
    return plain, canonical(findings)


def canonical(findings):
    out = []
    for finding in findings:
        finding = dict(finding)
        if "value" in finding:
            finding["value"] = float("%.12g" % finding["value"])
        out.append(json.dumps(finding, sort_keys=True, ensure_ascii=False))
    return sorted(out)


def split(found):
    plain = sorted((f["position"], f["rule_id"]) for f in found if "group" not in f)
    return plain, canonical([f for f in found if "group" in f])


def by_python(vector, lines):
    placeholders = {}
    for name, value in (sigma_eval.documents(vector["placeholders"])[0] if "placeholders" in vector
                        else {}).items():
        placeholders[name] = value if isinstance(value, list) else [value]
    rules = correlation_eval.RuleSet(vector["rules"], placeholders)
    events = [(i, seconds, event_of(line)) for i, (line, seconds) in enumerate(lines, 1)]
    found = rules.run(events)
    for finding in found:
        for key in ("first_time", "time"):
            if key in finding:
                finding[key] = iso(finding[key])
    return split(found)


def run(args, **env):
    done = subprocess.run([str(a) for a in args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8", errors="surrogateescape", env={**os.environ, **env},
                          check=False)
    return done.returncode, done.stdout, done.stderr


def by_program(yagura, files, threads, matcher):
    options = ["--placeholders", files["placeholders"]] if "placeholders" in files else []
    env = {"YAGURA_MATCHER": "builtin"} if matcher == "builtin" else {}
    _, out, err = run([yagura, "detect", "--json", "--no-default-rules", "--threads", threads,
                       "--format", "json", "--rules", files["rules"], *options, files["events"]],
                      XDG_CACHE_HOME=str(files["folder"]), **env)
    found = []
    for line in out.splitlines():
        finding = json.loads(line)
        if "update" in finding:
            continue
        kept = {k: finding[k] for k in ("rule_id", "position")}
        if finding["kind"] in ("correlation", "behaviour"):
            kept.update({k: finding[k] for k in ("kind", "group", "first_time", "time",
                                                 "first_position")})
            kept.update({"value": finding["value"]} if "value" in finding else
                        {"count": finding["count"]})
        found.append(kept)
    return split(found), out, err


def by_oracle(oracle, files):
    _, out, err = run([oracle, files["rules"], files["events"]] +
                      ([files["placeholders"]] if "placeholders" in files else []))
    return [line.split("\t", 1) for line in out.splitlines()], err


def write_files(folder, vector, lines):
    files = {"folder": folder, "rules": folder / "rules.yml", "events": folder / "events.jsonl"}
    files["rules"].write_text(vector["rules"], encoding="utf-8")
    files["events"].write_text("".join(line + "\n" for line, _ in lines), encoding="utf-8",
                               errors="surrogateescape")
    if "placeholders" in vector:
        files["placeholders"] = folder / "placeholders.yml"
        files["placeholders"].write_text(vector["placeholders"], encoding="utf-8")
    return files


def check_refused(vector, oracle, files):
    """The loader gives the reason; the second reading refuses, too, or has no opinion."""
    kind = "refused" if "refused" in vector else "inactive"
    rows, _ = by_oracle(oracle, files)
    if not any(row[0] == kind and vector[kind] in row[1] for row in rows):
        return [f"not {kind} because of \"{vector[kind]}\": {rows}"]
    return []


def check(vector, yagura, oracle):
    """A list of what is wrong."""
    bad = []
    lines = [line_of(event) for event in vector["events"]]
    want = expected(vector)
    with tempfile.TemporaryDirectory() as temp:
        folder = pathlib.Path(temp)
        files = write_files(folder, vector, lines)
        if "refused" in vector or "inactive" in vector:
            return check_refused(vector, oracle, files)
        got = by_python(vector, lines)
        if got != want:
            bad.append(f"evaluator in Python: {got}, not {want}")
        whole = None
        for matcher, threads in (("vectorscan", 1), ("vectorscan", 2), ("vectorscan", 5), ("builtin", 1)):
            got, out, err = by_program(yagura, files, threads, matcher)
            if got != want:
                bad.append(f"program ({matcher}, {threads} threads): {got}, not {want} {err}")
            if whole is not None and out != whole:
                bad.append(f"program ({matcher}, {threads} threads): other bytes")
            whole = out
        rules = correlation_eval.RuleSet(vector["rules"], None) if "placeholders" not in vector else None
        rows, err = by_oracle(oracle, files)
        ours = sorted((int(row[1]), row[0]) for row in rows if len(row) == 2 and row[1].isdigit())
        quiet = rules.quiet() if rules else set()
        if [row for row in ours if row[1] not in quiet] != want[0]:
            bad.append(f"evaluator in C: {ours}, not {want[0]} {err}")
        if "findings" in vector:
            bad += check_shuffled(vector, yagura, folder, lines, want)
    return bad


def check_shuffled(vector, yagura, folder, lines, want):
    """Lines in any order: the same findings, at the places where their records stand now."""
    if len({seconds for _, seconds in lines}) < len(lines):
        return [] # records of one moment count in the order they stand
    rnd = random.Random(vector["name"])
    bad = []
    for _ in range(SHUFFLES):
        order = list(range(len(lines)))
        rnd.shuffle(order)
        files = write_files(folder, vector, [lines[i] for i in order])
        place = {old + 1: new + 1 for new, old in enumerate(order)}
        moved = []
        for text in want[1]:
            finding = json.loads(text)
            for key in ("position", "first_position"):
                finding[key] = place[finding[key]]
            moved.append(finding)
        plain = sorted((place[position], rule) for position, rule in want[0])
        got, _, _ = by_program(yagura, files, 1, "vectorscan")
        if got != (plain, canonical(moved)):
            bad.append(f"shuffled {order}: {got}, not {(plain, canonical(moved))}")
    return bad


# ---- made-up correlations ----

ROUNDS, CORRELATIONS, EVENTS = 10, 24, 150
TYPES = ["event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_avg",
         "value_percentile", "value_min", "value_max"]
RULE = ("{title: %s, id: %s, name: n%s, logsource: {category: vector}, "
        "detection: {s: {A: %s}, condition: s}}")


def made_up_correlation(rnd, number):
    kind = rnd.choice(TYPES)
    refs = rnd.sample(["ra", "rb", "nrc", "rd"], rnd.randint(1, 3))
    if number > 0 and rnd.random() < 0.2:
        refs.append("c%d" % rnd.randrange(number))
    body = {"type": kind, "rules": refs, "timespan": rnd.choice(["5s", "20s", "1m"])}
    if rnd.random() < 0.8:
        body["group-by"] = rnd.choice([["U"], ["U", "H"]])
    if rnd.random() < 0.3 and "group-by" in body and not any(r.startswith("c") for r in refs):
        body["aliases"] = {"U": {ref: rnd.choice(["U", "V"]) for ref in refs}}
    if kind.startswith("temporal"):
        if rnd.random() < 0.4 and len(refs) > 2:
            body["condition"] = "%s and (%s or %s)" % tuple(refs[:3])
        elif rnd.random() < 0.4 and kind == "temporal":
            body["condition"] = {rnd.choice(["gte", "gt", "eq"]): rnd.randint(1, len(refs))}
    else:
        body["condition"] = {rnd.choice(["gte", "gt", "lte", "lt", "eq", "neq"]): rnd.randint(1, 5)}
        if rnd.random() < 0.2:
            body["condition"] = {"gt": rnd.randint(0, 2), "lte": rnd.randint(3, 6)}
    if kind.startswith("value"):
        body["condition"]["field"] = "N"
        if kind == "value_count" and rnd.random() < 0.4:
            body["condition"]["field"] = ["N", "H"]
        if kind == "value_percentile" and rnd.random() < 0.7:
            body["condition"]["percentile"] = rnd.choice([10, 50, 95])
        elif kind == "value_percentile":
            body["condition"] = {"field": "H", "lte": rnd.choice([10, 30, 50])}
    if rnd.random() < 0.2:
        body["generate"] = True
    return json.dumps({"title": "c", "id": "c%d" % number, "correlation": body})


def made_up_event(rnd, seconds):
    event = {"_s": seconds, "A": rnd.choice("abcdx"), "U": rnd.choice(["u", "v", "U"]),
             "V": rnd.choice(["u", "v"]), "H": rnd.choice("hij"),
             "N": rnd.choice([1, 2, 3, 4.5, "2", "x"])}
    for name in ("U", "V", "H", "N"):
        if rnd.random() < 0.05:
            del event[name]
    return event


def made_up_round(rnd, number, yagura):
    """What is wrong, and how much was found."""
    texts = [RULE % (("r" + c,) * 2 + ("r" + c, c)) for c in "abcd"]
    texts += [made_up_correlation(rnd, i) for i in range(CORRELATIONS)]
    seconds, events = 0, []
    for _ in range(EVENTS):
        seconds += rnd.choice([1, 1, 1, 2, 5, 40])
        events.append(made_up_event(rnd, seconds))
    vector = {"name": "made up %d" % number, "rules": "\n---\n".join(texts)}
    lines = [line_of(event) for event in events]
    want = by_python(vector, lines)
    rnd.shuffle(lines)
    shuffled = by_python(vector, lines)
    with tempfile.TemporaryDirectory() as temp:
        folder = pathlib.Path(temp)
        got, _, err = by_program(yagura, write_files(folder, vector, lines), 2, "vectorscan")
        if got != shuffled:
            only = [t for t in got[1] if t not in shuffled[1]] + ["<>"] + [
                t for t in shuffled[1] if t not in got[1]]
            return [err, vector["rules"], "\n".join(only)], 0
    return [], len(want[1])


def made_up(yagura, seed):
    rnd, found = random.Random(seed), 0
    print("seed %d" % seed, file=sys.stderr)
    for number in range(ROUNDS):
        wrong, count = made_up_round(rnd, number, yagura)
        found += count
        if wrong:
            print("\n".join(wrong), file=sys.stderr)
            return False
    print("%d made-up correlations on %d events, %d findings" % (
        ROUNDS * CORRELATIONS, ROUNDS * EVENTS, found), file=sys.stderr)
    return found > 100


def main():
    if len(sys.argv) not in (3, 4):
        print(__doc__, file=sys.stderr)
        return 2
    good = bad = 0
    all_vectors = list(load())
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for vector, wrong in zip(all_vectors, pool.map(
                lambda v: check(v, sys.argv[1], sys.argv[2]), all_vectors)):
            good += not wrong
            bad += bool(wrong)
            for line in wrong:
                print(f"{vector['file']}: {vector['name']}: {line}", file=sys.stderr)
    fits = made_up(sys.argv[1], int(sys.argv[3] if len(sys.argv) == 4 else os.environ.get("YAGURA_SEED") or time.time_ns()))
    good, bad = good + fits, bad + (not fits)
    print(f"{good} passed, {bad} failed, 0 skipped")
    return bad > 0 or good == 0


if __name__ == "__main__":
    sys.exit(main())
