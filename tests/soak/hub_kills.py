#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hub, single processes of it and sensors killed (kill -9) again and again while numbered lines are appended to logs;
at the end every line is in the archive exactly once: `sent N, archived N, missing 0, doubled 0`.

    hub_kills.py [--seed S] [--kills N] [--sensors N]

Real processes, counted and seeded: kills fall where the seed says, after so many lines of a random sensor have come
into the journal or the archive, so anywhere between reading, spool, receipt, commit and archive.

That this can fail: --prove takes one line away and puts another in twice before it counts, and passes only when both
are seen. Each line is a finding too: the counts of the bundles say whether detection missed or doubled one; and an event_count
rule that spans the kills has fired as often as `yagura detect` has it on the same lines. Once, by hand, in src/app/hub_archive.c: without the comparison `number < org->end` 60 kills gave 27,153
lines of 17,024; with the cursor saved before the archive's sync lines never came."""
import argparse
import collections
import json
import os
import pathlib
import random
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from harness import folder, yagura  # noqa: E402
from hub_kit import Hub, Member, append, until  # noqa: E402


PLANTED, COUNTED = ("6b6b6b6b-0000-4000-8000-00000000000%d" % n for n in (1, 2))
RULES = """title: A line
id: %s
name: line
logsource: {product: linux, service: sshd}
detection:
  sel: {message|contains: 'line '}
  condition: sel
level: low
---
title: Many lines
id: %s
correlation:
  type: event_count
  rules: [line]
  group-by: [hostname]
  timespan: 5m
  condition: {gte: 50}
  generate: true
level: high
""" % (PLANTED, COUNTED)


class Source:
    """A member's sensor with one log."""

    def __init__(self, hub, name, org):
        self.name, self.org = name, org
        self.log = folder() / (name + ".log")
        self.log.touch()  # a log that is made and renamed before the sensor has seen it once is not its (src/sensor/README.md)
        self.member = Member(hub, org, follow=[self.log])
        self.member.start()
        self.written = self.rotated = 0

    def line(self, number):
        return "Nov 21 %02d:%02d:%02d %s sshd[7]: line %d" % (number // 3600 % 24, number // 60 % 60, number % 60, self.name, number)

    def write(self, chance):
        if self.written and chance.random() < 0.15:
            self.rotated += 1
            os.rename(self.log, "%s.%d" % (self.log, self.rotated))
        count = chance.randrange(1, 200)
        append(self.log, [self.line(n) for n in range(self.written + 1, self.written + count + 1)])
        self.written += count

    def kill(self):
        self.member.stop(signal.SIGKILL)
        self.member.start()


def kill_process(hub, role):
    """One of the hub's; it may be between two lives."""
    pids = [pid for pid, name in hub.processes().items() if name == role]
    if pids:
        try:
            os.kill(pids[0], signal.SIGKILL)
        except ProcessLookupError:
            pass


def counted(hub, orgs):
    return collections.Counter(r["raw"] for org in orgs for r in hub.archived(org))


def run(seed, kills, sensors, is_proof):
    chance = random.Random(seed)
    hub = Hub()
    orgs = ["acme", "rival"]
    for org in orgs:
        hub.org(org)
    (hub.data / "rules" / "kills.yml").write_text(RULES)
    until("the rules", lambda: "were taken over" in hub.messages())
    sources = [Source(hub, "box%d" % n, orgs[n % 2]) for n in range(sensors)]
    hub_kills = part_kills = 0
    for kill in range(kills):
        journal, archive = state(hub, "journal"), state(hub, "archive")
        for source in sources:
            source.write(chance)
        # The point: at once, with something new in the journal, or with something new in the archive.
        point = chance.choice(("now", "journal", "archive"))
        if point == "journal":
            until("more in the journal", lambda: state(hub, "journal") != journal)
        elif point == "archive":
            until("more in the archive", lambda: state(hub, "archive") != archive)
        what = chance.random()
        if what < 0.4:
            hub.stop(signal.SIGKILL)
            if chance.random() < 0.3:  # the sensor meets no hub
                chance.choice(sources).kill()
            hub.start()
            hub_kills += 1
        elif what < 0.7:
            kill_process(hub, chance.choice(("keeper", "keeper", "front", "worker", "signer")))
            part_kills += 1
        else:
            chance.choice(sources).kill()
    wanted = collections.Counter(s.line(n) for s in sources for n in range(1, s.written + 1))
    sent = sum(wanted.values())
    try:
        until("all lines in the archive", lambda: archived_lines(hub) >= sent, 300)
    except AssertionError as words:
        print(words)  # the count says which
    try:
        until("all findings", lambda: sum(f["count"] for f in findings(hub, PLANTED)) >= sent, 300)
    except AssertionError as words:
        print(words)
    for source in sources:
        source.wanted = counted_by_detect(hub, source)
    try:  # it waits some moments for other sensors
        until("all counts", lambda: sum(fired(hub).values()) >= sum(s.wanted for s in sources))
    except AssertionError as words:
        print(words)
    for source in sources:
        assert source.member.stop() == 0
    assert hub.stop() == 0
    hub.start()  # what is there now stays as it is
    found = counted(hub, orgs)
    for source in sources:
        others = [r["raw"] for o in orgs if o != source.org for r in hub.archived(o) if source.name in r["raw"]]
        assert not others, "of %s in another's archive: %r" % (source.org, others[:3])
    if is_proof:
        some = sorted(found)
        found[some[0]] -= 1
        found[some[-1]] += 1
    missing = sum((wanted - found).values())
    doubled = sum((found - wanted).values())
    code, said = hub.verify()
    assert hub.stop() == 0
    print("%d kills of the hub, %d of one of its processes, %d of sensors; archive verify: %d, %r"
          % (hub_kills, part_kills, kills - hub_kills - part_kills, code, said[-1]))
    print("sent %d, archived %d, missing %d, doubled %d" % (sent, sum(found.values()), missing, doubled))
    if is_proof:
        return missing == 1 and doubled == 1 and detected_well(hub, sources) and not detected_well(hub, sources, 1)
    return detected_well(hub, sources) and missing == 0 and doubled == 0 and code == 0 and said[-1]["records"] == sent


def findings(hub, rule):
    done = hub.admin("findings", "--json")
    assert done.code == 0, done.err
    return [f for f in map(json.loads, done.out.splitlines()) if f["rule"] == rule]


def counted_by_detect(hub, source):
    """How often the event_count fires on the lines of @source."""
    log = folder() / "all.log"
    append(log, [source.line(n) for n in range(1, source.written + 1)])
    done = yagura("detect", "--json", "--tz", "UTC", "--no-default-rules", "--rules", hub.data / "rules", log)
    return sum(json.loads(line).get("rule_id") == COUNTED for line in done.out.splitlines())


def fired(hub):
    sums = collections.Counter()
    for finding in findings(hub, COUNTED):
        sums[finding["org"], finding["sensor"]] += finding["count"]
    return sums


def detected_well(hub, sources, lie=0):
    """Each line found once, and the event_count as `yagura detect` has it; @lie is taken for one line more."""
    found, counts, good = collections.Counter(), fired(hub), True
    for finding in findings(hub, PLANTED):
        found[finding["org"], finding["sensor"]] += finding["count"]
    for source in sources:
        key = source.org, source.member.id
        print("%s: %d lines, found %d; the count fired %d times, wanted %d"
              % (source.name, source.written, found[key], counts[key], source.wanted))
        good = good and found[key] == source.written + lie and counts[key] == source.wanted and source.wanted > 0
    return good


def state(hub, part):
    """Changes when something is added there: the last file and its size."""
    files = sorted(p for p in (hub.data / part).glob("**/*") if p.suffix in (".seg", ".open"))
    return [(p.name, size_of(p)) for p in files[-2 if part == "archive" else -1:]]


def size_of(path):
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def archived_lines(hub):
    return sum(len(hub.archived(org)) for org in ("acme", "rival"))


def main():
    reader = argparse.ArgumentParser()
    reader.add_argument("--seed", type=int, default=int(os.environ.get("YAGURA_SEED") or random.SystemRandom().randrange(1 << 32)))
    reader.add_argument("--kills", type=int, default=12)
    reader.add_argument("--sensors", type=int, default=3)
    reader.add_argument("--prove", action="store_true")
    options = reader.parse_args()
    print("seed %d" % options.seed, flush=True)
    return 0 if run(options.seed, options.kills, options.sensors, options.prove) else 1


if __name__ == "__main__":
    sys.exit(main())
