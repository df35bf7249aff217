#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lists for many sensors: what they cost the hub until all are queued, and what is in hub.db then.

    down.py [--sensors 1000] [--indicators 100000] [--changes 3] [--place FOLDER]

One sensor enrols at a real hub; the others are put into its register beside it, as if they had (nobody fetches: the first
night of many sensors that are switched off). Then --indicators come as one bundle by `share import`, and it waits until each
sensor's queue has all of its lists; then as often as --changes another indicator comes, which is one small list more or anew
for each. Said: seconds from the import's end until all are queued, hub.db, what of it are messages, the largest process of
the hub. All figures go to build/bench.json under "down"; nothing is promised here."""
import contextlib
import json
import random
import re
import sqlite3
import sys
import time

import kit  # it says where the next ones are
import w8
from harness import yagura  # noqa: E402
from hub_kit import Hub, of_process  # noqa: E402

DEFAULTS = {"sensors": 1000, "indicators": 100000, "changes": 3}
WAIT_S = 3600


def ask(hub, sql, *args, name="hub.db"):
    with contextlib.closing(sqlite3.connect("file:%s/%s?mode=ro" % (hub.data, name), uri=True, timeout=60)) as db:
        return db.execute(sql, args).fetchall()


def multiply(hub, count):
    """The one sensor that there is, as often."""
    with contextlib.closing(sqlite3.connect(hub.data / "hub.db")) as db, db:
        key, body, actor, time_ns = db.execute("SELECT key, body, actor, time_ns FROM docs WHERE kind='sensor'").fetchone()
        org, own = key.split("/")
        for n in range(1, count):
            name = "%s-%04d" % (own[:50], n)
            made = db.execute("INSERT INTO docs(org, kind, key, revision, time_ns, actor, removed, body) VALUES('hub', 'sensor', ?, 1, ?, ?, 0, ?)",
                              ("%s/%s" % (org, name), time_ns, actor, body.replace(own.encode(), name.encode())))
            db.execute("INSERT INTO heads(org, kind, key, change, revision, removed) VALUES('hub', 'sensor', ?, ?, 1, 0)",
                       ("%s/%s" % (org, name), made.lastrowid))


def wait_for_lists(hub):
    """Until no part of the indicators waits to be listed."""
    end = time.monotonic() + WAIT_S
    while ask(hub, "SELECT 1 FROM clue_parts UNION SELECT 1 FROM clues WHERE next_ns=0", name="stix.db") or not ask(
            hub, "SELECT 1 FROM clues WHERE state=1", name="stix.db"):
        if time.monotonic() > end:
            sys.exit("bench/down: not queued within %d s" % WAIT_S)
        time.sleep(0.2)


def peak_mb(hub):
    """The most that one process of the hub had of its own at once."""
    found = [re.search(rb"^VmHWM:\s+(\d+)", of_process(pid, "status"), re.M) for pid in hub.processes()]
    return max(int(one[1]) for one in found if one) / 1024


def queued(hub):
    return ask(hub, "SELECT count(*) FROM heads WHERE kind='down'")[0][0]


def file_mb(hub):
    with contextlib.closing(sqlite3.connect(hub.data / "hub.db", timeout=60)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return (hub.data / "hub.db").stat().st_size / 1e6


def measure(options, place):
    hub = Hub(data=place / "hub")
    hub.org()
    hub.stranger()
    shelf = w8.must(hub.admin("collection", "add", "--title", "t", "--for", "community"))
    hub.stop()
    multiply(hub, options.sensors)
    hub.start()
    chance = random.Random(3)
    row = {"sensors": options.sensors, "indicators": options.indicators, "hub_db_mb_before": file_mb(hub)}
    steps = [("first", options.indicators)] + [("change %d" % (n + 1), 1) for n in range(options.changes)]
    at = 0
    for what, count in steps:
        bundle = w8.write_bundle(place / "bundle.json", (w8.indicator(n, chance)[0] for n in range(at, at + count)))
        before, cpu, messages = file_mb(hub), w8.processor_s(hub), queued(hub)
        done = yagura("share", "import", bundle, "--data", hub.data, "--collection", shelf)
        begun = time.monotonic()
        at += count
        w8.must(done)
        wait_for_lists(hub)
        row[what] = {"seconds": time.monotonic() - begun, "cpu_s": w8.processor_s(hub) - cpu, "messages": queued(hub) - messages,
                     "hub_db_mb": file_mb(hub) - before, "peak_mb": peak_mb(hub)}
        print("%-9s %6d messages in %.1f s (processor %.1f s), hub.db grew by %.1f MB, largest process %.0f MB"
              % (what, *(row[what][key] for key in ("messages", "seconds", "cpu_s", "hub_db_mb", "peak_mb"))), flush=True)
    row["stop"] = hub.stop()
    print(json.dumps(row))
    return row


if __name__ == "__main__":
    kit.run_as_asked("down", DEFAULTS, measure)
