#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""W10, hunts over an archive of 30 days (bench/workloads.md): bench/hunt.py [EVENTS_PER_HOUR]

Made once in $YAGURA_BENCH (default: /var/tmp/yagura-bench); the digest of the logs is printed. Then
each hunt ROUNDS times in turn: best and median seconds, frames read, findings. By hand, not by
`make bench`: with 69,444 events an hour (50 M in all) making it takes ten minutes and 3 GB.
"""
import hashlib
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLACE = pathlib.Path(os.environ.get("YAGURA_BENCH", "/var/tmp/yagura-bench"))
ROUNDS = int(os.environ.get("ROUNDS", "7"))
HOURS = int(os.environ.get("HOURS", "720"))
YAGURA = os.environ.get("YAGURA", str(ROOT / "build" / "yagura"))
TOOL = os.environ.get("BENCH_WORKLOAD", str(ROOT / "build" / "bench" / "bench_workload"))
ONE = "203.0.113.99"  # in three hours, once each
HASH = "44d88612fea8a8f36de82e1278abb02f"  # in one
LINE = '%s - - [12/Oct/2026:09:00:00 +0900] "GET /x/%s HTTP/1.1" 200 1 "-" "%s"\n'


def arrival(hour):
    return time.strftime("%Y-%m-%dT%H:00:00Z", time.gmtime(1760227200 + 3600 * hour))


def planted(hour, listed):
    """Lines that only this hour has."""
    lines = [LINE % (ONE, "one", "x")] if hour in (HOURS // 7, HOURS // 2, HOURS - 2) else []
    if hour == HOURS // 3:
        lines.append(LINE % ("198.51.100.1", HASH, "x"))
    if hour % (HOURS // 10 or 1) == 0:
        lines.append(LINE % (listed[hour % len(listed)], "listed", "x"))
    return "".join(lines).encode()


def indicators():
    draw = random.Random(10)
    names = ["n%06x.example" % draw.randrange(1 << 24) for _ in range(5000)]
    addresses = ["100.%d.%d.%d" % (64 + draw.randrange(64), draw.randrange(256), draw.randrange(256))
                 for _ in range(3000)]
    hashes = ["%032x" % draw.getrandbits(128) for _ in range(2000)]
    return names, addresses, hashes


def make(events):
    names, addresses, hashes = indicators()
    place = PLACE / ("w10-%d-%d" % (HOURS, events))
    lists = {"one address": [ONE], "one hash": [HASH], "10,000 indicators": names + addresses + hashes}
    if not (place / "done").exists():
        digest = hashlib.sha256()
        source = subprocess.Popen([TOOL, "w1", str(HOURS * events)], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL)
        for hour in range(HOURS):
            text = b"".join(source.stdout.readline() for _ in range(events)) + planted(hour, addresses)
            digest.update(text)
            subprocess.run([YAGURA, "archive", "write", "--out", place / "archive", "--org", "bench", "--tz", "+09:00",
                            "--arrived", arrival(hour), "-"], input=text, check=True, stdout=subprocess.DEVNULL)
        source.communicate()
        (place / "done").write_text(digest.hexdigest())
    for name, values in lists.items():
        (place / name.replace(" ", "-")).write_text("\n".join(values) + "\n")
    print("W10: %d files of %d events, digest %s" % (HOURS, events, (place / "done").read_text()[:16]))
    size = lambda ending: sum(p.stat().st_size for p in (place / "archive").rglob("*" + ending))
    print("archive %d MB, filters %d MB" % (size(".zst") >> 20, size(".filters") >> 20))
    return place, lists


def main():
    place, lists = make(int(sys.argv[1]) if len(sys.argv) > 1 else 69444)
    seconds = {name: [] for name in lists}
    stats = {}
    for _ in range(ROUNDS):
        for name in lists:
            start = time.monotonic()
            done = subprocess.run([YAGURA, "hunt", "--json", "--stats", "--no-default-rules", "--indicators",
                                   place / name.replace(" ", "-"), place / "archive"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
            seconds[name].append(time.monotonic() - start)
            stats[name] = json.loads(done.stderr.decode().splitlines()[-1])
    for name, taken in seconds.items():
        print("%-18s best %.3f s, median %.3f s; %d of %d frames read, %d findings, %d MB"
              % (name, min(taken), statistics.median(taken), stats[name]["frames_read"], stats[name]["frames"],
                 stats[name]["findings"], stats[name]["rss_max_kb"] >> 10))


main()
