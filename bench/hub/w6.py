#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""W6 on this machine: a real hub, enrolled sensors under load, consoles that ask (bench/workloads.md). bench/hub/run.sh.

    w6.py [--sensors 1000] [--rate 20] [--seconds 60] [--hits 5] [--hot 100] [--planted 10] [--consoles 200] [--orgs 20]
           [--stored 1000000] [--sync-ms 0] [--lists 1] [--place FOLDER]

--stored: findings of other organisations that are there before. --sync-ms: each sync of the hub takes longer. --lists: one more
client asks for every list with its filters in turn. --place: hub
and keys stay there, so that the next run enrols nobody. All figures go to build/bench.json under "w6"; the exit status is 1
when something was refused or lost, a planted line was not found within a second (99 of 100), or lists were answered with a
fault or not at all."""
import json
import pathlib
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import kit  # noqa: E402  (it says where load_kit and hub_kit are, too)
import lists  # noqa: E402
import load_kit  # noqa: E402
from hub_kit import Hub  # noqa: E402

DEFAULTS = {"sensors": 1000, "rate": 20, "seconds": 60, "hits": 5, "hot": 100, "planted": 10, "consoles": 200, "orgs": 20,
            "stored": 1000000, "sync_ms": 0, "lists": 1}
SHOWN = 10  # of the lists, the slowest
VISIBLE_MS = 1000  # of 99 in 100 planted lines: ARCHITECTURE 7


def store(place, count):
    """Findings that are there before the hub begins for the first time."""
    if count and not (place / "hub").exists():
        (place / "hub").mkdir(mode=0o700)
        begun = time.monotonic()
        # Written only: the pages that it reads afterwards are not wanted here, but they are soon read.
        subprocess.run([str(kit.BUILD / "bench" / "bench_facts"), str(place / "hub"), str(count)], check=True,
                       stdout=subprocess.DEVNULL)
        print("%d findings were stored before, in %.0f s" % (count, time.monotonic() - begun))


def slow(place, milliseconds):
    """Environment of a hub whose syncs take longer."""
    if not milliseconds:
        return {}
    page = place / "faults"
    page.write_bytes(struct.pack("=qqqq", 0, 0, 0, milliseconds))
    return {"LD_PRELOAD": str(kit.BUILD / "tests" / "e2e" / "yagura_faults.so"), "YAGURA_FAULTS": str(page)}


def settled(hub, wanted):
    """What of @wanted records is in the archive once nothing more comes."""
    end = time.monotonic() + 120
    while True:
        code, records, objects = load_kit.archived(hub)
        if records >= wanted or time.monotonic() > end:
            return code, records, objects


def begin_lists(hub):
    """Of the organisation that has planted lines, by a token of its own."""
    asker = lists.Lists(hub.ready["url"], "member-000", load_kit.api_token(hub, "member-000", "analyst"))
    asker.start()
    return asker


def measure(options, place):
    store(place, options.stored)
    hub = Hub(data=place / "hub", env=slow(place, options.sync_ms))
    try:
        arguments = load_kit.prepare(hub, place, options.sensors, options.orgs, options.consoles)
        before = load_kit.archived(hub)[1]
        earlier = set(load_kit.planted(hub))
        if earlier:
            print("planted lines of an earlier run are there: --planted 0 is used")
        for name in ("rate", "seconds", "hits", "hot", "planted"):
            arguments += ["--" + name, str(0 if earlier and name == "planted" else getattr(options, name))]
        asker = begin_lists(hub) if options.lists else None
        code, words, row = load_kit.run(arguments, options.seconds + 600)
        if asker:
            row["lists"] = asker.stop()
        print(words)
        verified, records, _ = settled(hub, before + row["events"])
        found = load_kit.planted(hub)
    finally:
        hub.stop()
    row.update({"archived": records - before, "archive_verified": verified == 0, "stored": options.stored,
                "sync_ms": options.sync_ms, "orgs": options.orgs,
                "planted_not_once": sum(value != (1, 1) for number, value in found.items() if number not in earlier)})
    print("  archived %d of %d acknowledged, %s; planted lines that are not one finding: %d"
          % (row["archived"], row["acknowledged"], "whole" if verified == 0 else "DAMAGED", row["planted_not_once"]))
    if "lists" in row:
        print("  GET of %(kinds)d lists, filtered: p50 %(p50_ms)s ms, p95 %(p95_ms)s ms, p99 %(p99_ms)s ms (%(count)d); slowest "
              "%(slowest)s: p50 %(slowest_p50_ms)s ms, p95 %(slowest_p95_ms)s ms; errors %(errors)d" % row["lists"])
        for one in row["lists"]["each"][:SHOWN]:
            print("    %(p50_ms)6.1f %(p95_ms)6.1f ms (%(count)d) %(list)s" % one)
    row["below"] = (code != 0 or verified != 0 or row["archived"] != row["acknowledged"] or row["planted_not_once"] > 0
                    or row["visible"]["p99_ms"] >= VISIBLE_MS
                    or bool(asker) and (row["lists"]["errors"] > 0 or row["lists"]["count"] == 0))
    return row


def run(**wished):
    return kit.run("w6", DEFAULTS, measure, wished)


def main():
    row = kit.run_as_asked("w6", DEFAULTS, measure)
    print(json.dumps(row))
    return 1 if row["below"] else 0


if __name__ == "__main__":
    sys.exit(main())
