#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From a line in a member's log to its finding in the hub's store: bench/findings.py [LINES]

A real hub and a real sensor on this machine. LINES times (50) a line is appended that the own pack finds, after a pause
of random length (seed fixed); the clock runs from the return of the write until the row can be read by another process.
Printed: median, 95 of a hundred, the slowest. Part of `make bench` (bench/run findings).
"""
import json
import os
import pathlib
import random
import sqlite3
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
os.environ.setdefault("YAGURA", str(ROOT / "build" / "yagura"))
os.environ.setdefault("YAGURA_ROOT", str(ROOT))
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from harness import folder  # noqa: E402
from hub_kit import Hub, Member, append, until  # noqa: E402


def count(database):
    return database.execute("SELECT coalesce(sum(count), 0) FROM findings").fetchone()[0]


def run(lines):
    chance = random.Random(1)
    hub = Hub()
    hub.org()
    log = folder() / "access.log"
    log.touch()
    member = Member(hub, follow=[log]).start()
    database = sqlite3.connect("file:%s?mode=ro" % (hub.data / "facts.db"), uri=True)
    append(log, ['192.0.2.9 - - [21/Nov/2025:08:00:00 +0000] "GET / HTTP/1.1" 200 100 "-" "-"'] * 20)
    until("the first lines", lambda: len(hub.records()) >= 20)
    found = []
    for n in range(lines):
        before = count(database)
        time.sleep(chance.random() * 0.3)  # anywhere between two looks of the sensor
        append(log, ['203.0.113.%d - - [21/Nov/2025:08:%02d:%02d +0000] "GET /a?f=../../../../etc/passwd HTTP/1.1" 404 100 "-" "-"'
                     % (n % 250, n // 60, n % 60)])
        start = time.monotonic()
        while count(database) == before:
            if time.monotonic() - start > 20:
                raise SystemExit("no finding came: " + hub.messages())
            time.sleep(0.002)
        found.append(time.monotonic() - start)
    database.close()
    member.stop()
    hub.stop()
    found.sort()
    return {"lines": lines, "median_s": statistics.median(found), "p95_s": found[len(found) * 95 // 100 - 1],
            "max_s": found[-1]}


def words(result):
    return ("findings: a line is a finding after %.0f ms (median of %d), 95 of 100 within %.0f ms, the slowest %.0f ms"
            % (result["median_s"] * 1e3, result["lines"], result["p95_s"] * 1e3, result["max_s"] * 1e3))


def main():
    result = run(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
    print(words(result))
    print(json.dumps(result))
    return 0 if result["median_s"] < 1 else 1


if __name__ == "__main__":
    sys.exit(main())
