#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a record costs against rules, indicators, threads and size: bench/curves.py [CURVE…] (all by default)

Uses the workloads of bench/run (made there first), measures each point ROUNDS times in turn and writes
build/curves.json; what was there for other curves stays. bench/plots.py draws docs/performance/curves.json,
which is a copy of it. Cost is processor time without the start (the same rules over nothing).
"""
import json
import multiprocessing
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

import rule_sample

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLACE = pathlib.Path(os.environ.get("YAGURA_BENCH", "/var/tmp/yagura-bench"))
SHARED = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared" / "data"))
RULES = SHARED / "sigma-rules"
ROUNDS = int(os.environ.get("ROUNDS", "5"))
LINES = int(os.environ.get("LINES", "1000000"))
TIMES = int(os.environ.get("TIMES", "5"))
EVENTS = int(os.environ.get("EVENTS", "100000"))
YAGURA = ROOT / "build" / "yagura"
TARGET = ROOT / "build" / "curves.json"
FILES = {"w1": PLACE / ("w1-%d" % LINES), "w2": PLACE / ("w2-%d" % TIMES), "w3": PLACE / ("w3-%d" % EVENTS)}
RULE_COUNTS = (100, 300, 1000, 3754)
INDICATOR_COUNTS = (0, 1000, 100000, 1000000)
THREADS = (1, 2, 4)
SIZES = (512, 1024, 2048, 4096, 8192, 16384, 32768)
SIZE_BYTES = 100_000_000  # of each file of one size


def run(args, path):
    """Seconds, processor seconds and the program's own counts."""
    start = time.monotonic()
    child = subprocess.Popen([YAGURA, "detect", "--json", "--stats", *map(str, args), str(path)], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    said = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit("yagura ended with %d: %s" % (child.returncode, said.decode(errors="replace")))
    stats = json.loads(said.splitlines()[-1])
    stats["wall"] = time.monotonic() - start
    stats["cpu"] = used.ru_utime + used.ru_stime
    return stats


def measured(points):
    """@points: [(label, arguments, file)]. Returns a row for each; the start is measured beside each run."""
    for _, args, _ in points:
        run(args, os.devnull)
    runs = [[] for _ in points]
    for _ in range(ROUNDS):
        for results, (_, args, path) in zip(runs, points):
            results.append((run(args, os.devnull), run(args, path)))
    rows = []
    for (label, _, _), results in zip(points, runs):
        first = results[0][1]
        costs = [(whole["cpu"] - start["cpu"]) / first["records"] * 1e6 for start, whole in results]
        walls = [first["records"] / max(whole["wall"] - start["wall"], 1e-9) for start, whole in results]
        row = dict(label, records=first["records"], findings=first["findings"], bytes=first["bytes"],
                   us_best=min(costs), us_median=statistics.median(costs), rate_best=max(walls),
                   rate_median=statistics.median(walls), rss_mb=max(w["rss_max_kb"] for _, w in results) / 1024,
                   start_s=statistics.median(s["wall"] for s, _ in results))
        print(json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()}), flush=True)
        rows.append(row)
    return rows


def with_rules(count):
    folder = RULES if count >= RULE_COUNTS[-1] else rule_sample.folder(RULES, count, PLACE)
    return ["--no-default-rules", "--rules", folder]


def rules():
    return measured([({"file": name, "x": count}, with_rules(count), FILES[name])
                     for name in ("w2", "w3") for count in RULE_COUNTS])


def indicator_list(count):
    """The first of workload W5: half names, three tenths addresses, two tenths hashes."""
    target = PLACE / ("w5-%d" % count)
    if not target.exists():
        part = target.with_suffix(".part")
        with open(part, "wb") as out:
            subprocess.run([ROOT / "build/bench/bench_workload", "w5", str(count)], check=True, stdout=out, stderr=subprocess.DEVNULL)
        part.rename(target)
    return target


def indicators():
    points = []
    for name in ("w1", "w2"):
        for count in INDICATOR_COUNTS:
            listed = ["--indicators", indicator_list(count)] if count else []
            points.append(({"file": name, "x": count}, with_rules(RULE_COUNTS[-1]) + listed, FILES[name]))
    return measured(points)


def threads():
    return measured([({"file": name, "x": count}, with_rules(RULE_COUNTS[-1]) + ["--threads", count], FILES[name])
                     for name in ("w1", "w2", "w3") for count in THREADS])


def write_events(kind, size, target):
    words = "--session=4f2c --lang=ja-JP /log:C:\\\\Users\\\\sales\\\\Documents\\\\index-2026.log "
    part = target.with_suffix(".part")
    written = 0
    with open(FILES["w3"], encoding="utf-8") as source, open(part, "w", encoding="utf-8") as out:
        base = [json.loads(line) for _, line in zip(range(20000), source)]
        base = [e for e in base if isinstance(e.get("CommandLine"), str) and e.get("Channel")]
        keep = ("Channel", "EventID", "Image", "CommandLine", "ParentImage", "ParentCommandLine", "@timestamp", "Hostname", "ProcessId")
        number = 0
        while written < SIZE_BYTES:
            event = {k: v for k, v in base[number % len(base)].items() if k in keep}
            event["CommandLine"] = event["CommandLine"][:60] + " %d" % number
            event["ParentCommandLine"] = event.get("ParentCommandLine", "")[:60]
            line = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
            more = max(size - len(line) - 14, 0)
            text = (words * (more // len(words) + 1))[:more].rstrip("\\")
            if kind == "read":
                line = line.replace(' %d"' % number, ' %d %s"' % (number, text), 1)
            else:
                line = line[:-1] + ',"Padding":"%s"}' % text
            json.loads(line)
            written += len(line) + 1
            out.write(line + "\n")
            number += 1
    part.rename(target)


def grown_events(kind, size):
    """Process creations of W3 of @size bytes: made longer in the command line, or in a field no rule reads.

    In a process of its own: what this one needs would count as the memory of the programs it starts.
    """
    target = PLACE / ("size-%s-%d" % (kind, size))
    if not target.exists():
        writer = multiprocessing.Process(target=write_events, args=(kind, size, target))
        writer.start()
        writer.join()
    return target


def size():
    return measured([({"file": kind, "x": count}, with_rules(RULE_COUNTS[-1]), grown_events(kind, count))
                     for kind in ("read", "unread") for count in SIZES])


def machine():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.+)", text)
    return {"cpu": model[1] if model else "unknown", "cores": os.cpu_count(), "load": os.getloadavg()[0], "rounds": ROUNDS}


def main():
    curves = {"rules": rules, "indicators": indicators, "threads": threads, "size": size}
    wanted = sys.argv[1:] or list(curves)
    for name in wanted:
        if name not in curves:
            sys.exit("curves.py: no curve %s; there are %s" % (name, ", ".join(curves)))
    missing = [str(path) for path in FILES.values() if not path.exists()]
    if missing:
        sys.exit("not made yet: %s; bench/run with the same LINES, TIMES and EVENTS makes them" % ", ".join(missing))
    kept = json.loads(TARGET.read_text()) if TARGET.exists() else {}
    for name in wanted:
        print("== " + name, flush=True)
        kept[name] = {"machine": machine(), "points": curves[name]()}
        TARGET.write_text(json.dumps(kept, indent=1) + "\n")
    return 0


sys.exit(main())
