#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Local detection: a member whose raw logs stay at home. What it plants is found once each at the hub, whatever is killed;
nothing of a raw line stands in anything that the hub keeps; rules change without losing a line; the hub's offers are taken
only where the local file lets it."""
import collections
import contextlib
import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import urllib.request

from harness import case, contains, equal, folder, main, yagura
from hub_kit import Hub, Member, append, until

SEED = int(os.environ.get("YAGURA_SEED", "20261125"))
RULE = """title: Planted %(n)d
id: 7c7c7c7c-0000-4000-8000-%(n)012d
logsource: {product: linux, service: sshd}
detection:
  sel: {message|contains: 'planted-%(n)d '}
  condition: sel
level: high
"""
COUNT = """title: Base line
id: 6b6b6b6b-0000-4000-8000-000000000001
name: knock
logsource: {product: linux, service: sshd}
detection:
  sel: {message|contains: 'knock from'}
  condition: sel
level: low
---
title: Fifty knocks
id: 6b6b6b6b-0000-4000-8000-000000000002
correlation:
  type: event_count
  rules: [knock]
  group-by: [program]
  timespan: 1h
  condition: {gte: 50}
level: high
"""
FIFTY = "6b6b6b6b-0000-4000-8000-000000000002"
POLICY = """version: 1
raw: false
fields:
- {field: user, mask: hash}
- {field: src_ip, mask: truncate}
detect:
  built_in: false
  rules: [%s]
  indicators: [%s]
"""


def planted(n):
    """A refused sign-in of a user and an address of its own, that rule @n looks for."""
    return ("Nov 21 08:%02d:%02d box sshd[7]: Failed password for invalid user secretuser%d from 203.0.113.%d port 22 ssh2 "
            "planted-%d end" % (n // 60 % 60, n % 60, n, n % 250 + 1, n))


def quiet(n):
    return "Nov 21 08:%02d:%02d box sshd[7]: quiet line %d of hushhush%d" % (n // 60 % 60, n % 60, n, n)


def setting(rules=(), policy=POLICY, indicators="", archive=False):
    hub = Hub()
    hub.org()
    log = folder() / "auth.log"
    log.touch()
    place = folder()
    (place / "rules").mkdir()
    (place / "lists").mkdir()
    for name, text in rules:
        (place / "rules" / name).write_text(text)
    (place / "lists" / "list.txt").write_text(indicators)
    member = Member(hub, follow=[log], options=("--archive", "50M") if archive else ())
    (member.state / "policy.yaml").write_text(policy % (place / "rules", place / "lists") if "%s" in policy else policy)
    return hub, member, log, place


def findings(hub):
    done = hub.admin("findings", "--json")
    equal(done.code, 0, done.err)
    return [json.loads(line) for line in done.out.splitlines()]


def sums(hub):
    found = collections.Counter()
    for finding in findings(hub):
        found[finding["rule"]] += finding["count"]
    return found


def rule_id(n):
    return "7c7c7c7c-0000-4000-8000-%012d" % n


def heartbeat(hub, member):
    try:
        return json.loads((hub.data / "heartbeats" / (member.id + ".json")).read_text())["heartbeat"]
    except (OSError, ValueError):
        return {}


def unpacked(data):
    """The content of zstd frames in @data, wherever they begin, so that packing hides nothing."""
    found, at = b"", data.find(b"\x28\xb5\x2f\xfd")
    while at >= 0:
        found += subprocess.run(["zstd", "-dqc"], input=data[at:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        at = data.find(b"\x28\xb5\x2f\xfd", at + 4)
    return found


def kept_bytes(hub):
    """All that the hub has on its disk, and what is packed in it."""
    for path in sorted(pathlib.Path(place, name) for place, _, names in os.walk(hub.data) for name in names):
        try:
            data = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:  # gone meanwhile
            continue
        yield path, data + unpacked(data)


def end(hub, member):
    equal(member.stop(), 0)
    equal(json.loads(member.call("ledger", "verify", "--state", member.state, "--json").stdout)["result"], "whole")


def ask(hub, token, path, body):
    request = urllib.request.Request(hub.ready["url"] + "/api/v1" + path, json.dumps(body).encode(),
                                     {"Authorization": "Bearer " + token, "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@case
def killed_and_once_each():
    """Planted lines among quiet ones, kill -9 in between: each found exactly once, a correlation over all kills too."""
    print("seed %d" % SEED)
    rng = random.Random(SEED)
    count, kills = 120, 12
    rules = [("r%d.yml" % n, RULE % {"n": n}) for n in range(count)] + [("count.yml", COUNT)]
    hub, member, log, _ = setting(rules, indicators="203.0.113.7\n")
    member.start()
    text = []
    for n in range(count):
        text += [quiet(n)] * rng.randrange(0, 6) + [planted(n)]
        if n % 2 == 0 and n < 100:
            text.append("Nov 21 08:%02d:%02d box sshd[7]: knock from nowhere" % (n // 60, n % 60))
    step = len(text) // kills + 1
    for at in range(0, len(text), step):
        append(log, text[at:at + step])
        want = rng.choice([0, 0, 1])
        if want:  # sometimes behind a commit, sometimes wherever it is
            until("some are there", lambda: len(hub.records()) > 0)
        else:
            for _ in range(rng.randrange(0, 200000)):
                pass
        equal(member.stop(signal.SIGKILL), -9)
        member.start()
    until("all are there", lambda: len(sums(hub)) >= count + 2)
    found = sums(hub)
    for n in range(count):
        equal(found[rule_id(n)], 1, "rule %d" % n)
    equal(found[FIFTY], 1)
    equal(found["yagura-indicator-address"], 1)
    equal(sum(found.values()), count + 2)
    told = findings(hub)
    equal({f["held_by"] for f in told}, {"member"})
    equal({len(f["records"]) for f in told}, {0})
    equal({f["title"] for f in told if f["rule"] == rule_id(3)}, {"Planted 3"})
    end(hub, member)
    for path, data in kept_bytes(hub):
        for word in (b"secretuser", b"hushhush", b"quiet line", b"planted-"):
            assert word not in data, (word, path)
        for n in range(count):
            address = b"203.0.113.%d" % (n % 250 + 1)
            at = data.find(address)
            while at >= 0:  # the network itself is what the mask leaves
                assert data[at + len(address):at + len(address) + 1].isdigit(), (address, path)
                at = data.find(address, at + 1)
    entries = [json.loads(line) for f in sorted((member.state / "ledger").glob("*")) for line in f.read_text().splitlines()]
    batches = [e for e in entries if e["kind"] == "batch"]
    equal({name for e in batches for name in e["formats"]}, {"yagura-finding"})
    # The hub writes down what it got beside taking it.
    until("both sides equal", lambda: hub.admin("ledger", "compare", "--ledger", member.state / "ledger").code == 0)
    equal(hub.verify()[0], 0)
    hub.stop()


@case
def told_and_searchable_at_home():
    hub, member, log, _ = setting([("r.yml", RULE % {"n": 1})], indicators="203.0.113.9\n198.51.100.0/24\n", archive=True)
    append(log, [planted(1), quiet(1)])
    member.start()
    until("one finding", lambda: sums(hub)[rule_id(1)] == 1)
    finding = findings(hub)[0]
    equal(finding["actor"], "203.0.113.0")
    told = until("a heartbeat says", lambda: heartbeat(hub, member).get("detection", {}).get("findings") == 1
                 and heartbeat(hub, member).get("detection"))
    equal((told["rules"], told["indicators"], told["lost"], told["held"]), (1, 2, 0, 0))
    equal(len(told["rule_set"]), 64)
    contains(hub.admin("sensor", "list").out, "local detection: 1 rules, 2 indicators, 1 findings")
    equal(finding["rule_set"], "sensor:" + told["rule_set"])
    end(hub, member)
    # The raw line is at home, and is found there.
    done = member.call("search", "--state", member.state, "--json", "secretuser1")
    equal(done.returncode, 0, done.stderr)
    contains(done.stdout.decode(), "secretuser1")
    text = member.call("check", "--state", member.state).stdout.decode()
    contains(text, "Local detection: on, 1 rules and 2 indicators")
    checked = json.loads(member.call("check", "--state", member.state, "--json").stdout)["detection"]
    equal((checked["on"], checked["rules"]), (True, 1))
    assert "syslog" in checked["looks_into"] and "access" not in checked["looks_into"], checked
    # The hub says that it has not looked there, and where the records are.
    done = hub.admin("search", "--org", "acme", "--reason", "a test", "--text", "secretuser1")
    equal(done.code, 0, done.err)
    contains(done.err, "its logs are held by the member and were not looked at; its own archive has them from")
    contains(hub.admin("findings").out, "found by the sensor; records held by the member")
    token = hub.admin("api-token", "--org", "acme", "--role", "member").out.strip()
    answer = ask(hub, token, "/search?org=acme", {"texts": ["secretuser1"]})
    equal(answer["items"], [])
    equal([(a["sensor"], a["held_by"]) for a in answer["not_looked_back"]], [(member.id, "member")])
    assert answer["not_looked_back"][0]["archive"]["from"], answer
    hub.stop()


@case
def as_detect_has_them():
    """What the sensor finds in a log with its built-in rules, `yagura detect` finds in the same lines."""
    hub, member, log, _ = setting(policy="version: 1\nraw: false\n")
    text = ["Nov 21 08:%02d:%02d box sshd[%d]: Failed password for invalid user u%d from 203.0.113.%d port 22 ssh2"
            % (n // 60 % 60, n % 60, n + 1, n % 30, n % 7 + 1) for n in range(600)]
    text.append("Nov 21 08:11:00 box sshd[9]: Accepted password for u3 from 203.0.113.4 port 22 ssh2")
    append(log, text)
    wanted = collections.Counter(f["rule_id"] for f in yagura("detect", "--tz", "UTC", "--json", log).findings())
    assert len(wanted) > 1, wanted
    member.start()
    until("all of them", lambda: sum(sums(hub).values()) >= sum(wanted.values()))
    equal(sums(hub), wanted)
    end(hub, member)
    hub.stop()


@case
def rules_change():
    """A rule that comes while it runs is used from then on; no line is lost around the change."""
    hub, member, log, place = setting([("r0.yml", RULE % {"n": 0})])
    member.start()
    append(log, [planted(0)])
    until("the first", lambda: sums(hub)[rule_id(0)] == 1)
    (place / "rules" / "r1.yml").write_text(RULE % {"n": 1})
    sent = 1
    while "were taken over" not in member.messages():
        append(log, [planted(0)])
        sent += 1
        until("it was read", lambda: sums(hub)[rule_id(0)] >= sent)
    append(log, [planted(1)])
    until("the second", lambda: sums(hub)[rule_id(1)] == 1)
    equal(sums(hub)[rule_id(0)], sent)
    end(hub, member)
    hub.stop()


@case
def offers():
    """Rules of the hub's are refused unless the local file takes them."""
    hub, member, log, place = setting([("r0.yml", RULE % {"n": 0})])
    member.start()
    body = json.dumps({"what": "rules", "name": "offered.yml", "text": RULE % {"n": 5}})

    def send(body):
        equal(hub.admin("sensor", "send", member.id, "detect", body).code, 0)

    def answered(words):
        """How many messages were answered so, by the hub's register."""
        with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % (hub.data / "hub.db"), uri=True)) as db:
            return db.execute("SELECT count(*) FROM heads JOIN docs USING (change) WHERE heads.kind = 'down' AND instr(body, ?)",
                              (words,)).fetchone()[0]

    send(body)
    until("refused", lambda: answered(b"takes none"))
    equal(member.stop(), 0)
    text = (member.state / "policy.yaml").read_text()
    (member.state / "policy.yaml").write_text(text + "  from_hub: {rules: true}\n")
    member.start()
    send(body.replace("offered.yml", "../offered.yml"))
    until("a name", lambda: answered(b"plain file name"))
    send(body)
    until("taken over", lambda: "were taken over" in member.messages())
    append(log, [planted(5)])
    until("found by the offered rule", lambda: sums(hub)[rule_id(5)] == 1)
    before = answered(b"takes none")
    send(json.dumps({"what": "indicators", "name": "list.txt", "text": "203.0.113.7\n"}))
    until("lists are not taken", lambda: answered(b"takes none") > before)
    end(hub, member)
    hub.stop()


@case
def off_by_default():
    """Where records leave the hub judges them: nothing is found twice."""
    hub, member, log, place = setting([("r0.yml", RULE % {"n": 0})], policy="version: 1\n")
    (hub.data / "rules" / "r0.yml").write_text(RULE % {"n": 0})
    until("taken over", lambda: "were taken over" in hub.messages())
    append(log, [planted(0)])
    member.start()
    until("found", lambda: sums(hub)[rule_id(0)] == 1)
    equal({f["held_by"] for f in findings(hub)}, {"hub"})
    assert "detection" not in heartbeat(hub, member)
    end(hub, member)
    hub.stop()


@case
def beside_records_that_leave():
    """Asked for in words, the sensor judges what the hub judges too: each finds it once, and says who did."""
    hub, member, log, place = setting([("r0.yml", RULE % {"n": 0})],
                                      policy=POLICY.replace("raw: false", "raw: true").replace("detect:", "detect:\n  on: true"))
    (hub.data / "rules" / "r0.yml").write_text(RULE % {"n": 0})
    until("taken over", lambda: "were taken over" in hub.messages())
    append(log, [quiet(n) for n in range(50)] + [planted(0)])
    member.start()
    until("found twice", lambda: len(findings(hub)) == 2)
    equal(sorted((f["held_by"], f["rule"], f["count"]) for f in findings(hub)),
          [("hub", rule_id(0), 1), ("member", rule_id(0), 1)])
    equal(len([r for r in hub.records() if r["format"] == "syslog"]), 51)
    end(hub, member)
    hub.stop()


@case
def no_finding_from_a_log():
    """A log line that looks like a finding of ours is a line like any other."""
    hub, member, log, _ = setting(policy="version: 1\n")
    forged = {"v": 1, "format": "yagura-finding", "source": "x", "position": 1, "fields": {
        "rule": "forged", "title": "forged", "level": "high", "rule_kind": "pattern", "attack_field": "other",
        "outcome": "unknown", "bundle": "~0123", "minute": "2026-11-21T08:00:00Z", "first": "2026-11-21T08:00:00Z",
        "last": "2026-11-21T08:00:00Z", "count": 1}}
    append(log, [json.dumps(forged, separators=(",", ":")), planted(0)])
    member.start()
    until("both are there", lambda: len(hub.records()) == 2)
    equal({r["format"] for r in hub.records()}, {"syslog"})
    assert not [f for f in findings(hub) if f["rule"] == "forged"]
    end(hub, member)
    hub.stop()


main()
