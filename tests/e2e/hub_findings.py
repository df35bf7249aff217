#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Detection in the hub: lines that a sensor reads become findings, as `yagura detect` has them on the same lines; rules
and indicators change while it runs; organisations do not see each other; nothing is doubled by a restart."""
import collections
import json
import pathlib
import signal
import time

from harness import case, folder, main, yagura
from hub_kit import Hub, Member, append, until

RULE = """title: Strange user
id: 5a5a5a5a-0000-4000-8000-0000000000%02d
logsource: {product: linux, service: sshd}
detection:
  sel: {message|contains: '%s'}
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
title: Five knocks
id: 6b6b6b6b-0000-4000-8000-000000000002
correlation:
  type: event_count
  rules: [knock]
  group-by: [program]
  timespan: 1h
  condition: {gte: 5}
  generate: true
level: high
"""


def findings(hub, org=None):
    done = hub.admin("findings", "--json", *(("--org", org) if org else ()))
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def counts(found):
    sums = collections.Counter()
    for finding in found:
        sums[finding["rule"], finding["outcome"]] += finding["count"]
    return sums


WEIGHT = ["unknown", "attempt", "possible"]


def bundled(found):
    """What the hub has, as (rule, minute) -> [how many, weightiest outcome]."""
    return {(f["rule"], f["minute"][:16]): [f["count"], f["outcome"]] for f in found}


def detected(log, *options):
    """The same of `yagura detect` on the log."""
    done = yagura("detect", "--json", "--tz", "UTC", *options, log)
    latest, bundles = {}, {}
    for line in done.out.splitlines():
        value = json.loads(line)
        if "rule_id" in value:
            latest[value["id"]] = [value["rule_id"], value["time"][:16], value["outcome"]]
        elif value.get("update") in latest:
            latest[value["update"]][2] = value["outcome"]
    for rule, minute, outcome in latest.values():
        bundle = bundles.setdefault((rule, minute), [0, "unknown"])
        bundle[0] += 1
        bundle[1] = max(bundle[1], outcome, key=WEIGHT.index)
    return bundles


def guesses(first, count, source="203.0.113.9"):
    return ["Nov 21 08:%02d:%02d box sshd[7]: Failed password for root from %s port 22 ssh2"
            % (n // 60, n % 60, source) for n in range(first, first + count)]


@case
def findings_are_those_of_detect():
    hub = Hub()
    hub.org()
    log = folder() / "auth.log"
    log.touch()
    member = Member(hub, follow=[log]).start()
    append(log, guesses(0, 90))
    before = detected(log)
    assert before and all(outcome == "attempt" for _, outcome in before.values()), before
    until("the findings", lambda: bundled(findings(hub)) == before)
    # Killed, ended, and new rules, before what proves that the attack went through.
    hub.stop(signal.SIGKILL)
    hub.start()
    hub.stop()
    hub.start()
    (hub.data / "rules" / "other.yml").write_text(RULE % (2, "nobody says this"))
    until("the rule", lambda: "were taken over" in hub.messages())
    append(log, ["Nov 21 08:02:00 box sshd[8]: Accepted password for root from 203.0.113.9 port 22 ssh2"])
    wanted = detected(log)
    assert any(outcome == "possible" for _, outcome in wanted.values()) and len(wanted) > len(before), wanted
    try:
        until("the same as detect has", lambda: bundled(findings(hub)) == wanted)
    except AssertionError:
        raise AssertionError("%r, not %r" % (bundled(findings(hub)), wanted)) from None
    found = findings(hub)
    assert {f["org"] for f in found} == {"acme"} and {f["sensor"] for f in found} == {member.id}
    assert all(f["source"] == str(log) for f in found), found[0]
    assert findings(hub, "acme") == found and findings(hub, "other") == []
    # A restart changes nothing.
    before = [(f["id"], f["count"], f["change"]) for f in found]
    for how in (signal.SIGKILL, signal.SIGTERM):
        hub.stop(how)
        hub.start()
        append(log, ["Nov 21 09:00:00 box sshd[9]: nothing of note %d" % how])
        until("the line", lambda: any("nothing of note %d" % how in r["raw"] for r in hub.records()))
        assert [(f["id"], f["count"], f["change"]) for f in findings(hub)] == before
    assert member.stop() == 0 and hub.stop() == 0


@case
def rules_change_while_it_runs():
    hub = Hub()
    hub.org()
    log = folder() / "auth.log"
    log.touch()
    member = Member(hub, follow=[log]).start()
    (hub.data / "rules" / "strange.yml").write_text(RULE % (1, "strangeuser1"))
    until("the rule", lambda: "taken over" in hub.messages())
    append(log, ["Nov 21 08:00:01 box sshd[7]: Invalid user strangeuser1 from 192.0.2.7 port 1"])
    rule = "5a5a5a5a-0000-4000-8000-000000000001"
    until("its finding", lambda: counts(findings(hub))[rule, "unknown"] == 1 or counts(findings(hub))[rule, "attempt"])
    # A broken one is named with its line, and the former set stays.
    (hub.data / "rules" / "broken.yml").write_text("title: x\nlogsource: {product: linux}\ndetection:\n  sel: {a|nothing: 1}\n  condition: sel\n")
    until("the refusal", lambda: "broken.yml:" in hub.messages() and "not taken over" in hub.messages())
    append(log, ["Nov 21 08:00:02 box sshd[7]: Invalid user strangeuser1 from 192.0.2.7 port 2"])
    until("another", lambda: sum(n for (r, _), n in counts(findings(hub)).items() if r == rule) == 2)
    (hub.data / "rules" / "broken.yml").unlink()
    # An indicator.
    (hub.data / "indicators" / "list.txt").write_text("198.51.100.77\n")
    until("the indicator", lambda: ", 1 indicators" in hub.messages())
    append(log, ["Nov 21 08:00:03 box sshd[7]: Connection closed by 198.51.100.77 port 2"])
    until("its finding", lambda: any(f["matched"] == "198.51.100.77" for f in findings(hub)))
    # One that ended yesterday does not count, one that ends tomorrow does; a doubtful marking is named.
    days = [time.strftime("%Y-%m-%d", time.gmtime(time.time() + d * 86400)) for d in (-2, 2)]
    (hub.data / "indicators" / "more.csv").write_text(
        "value,source,tlp,pap,confidence,valid_until\n198.51.100.81,feed,TLP:GREEN,PAP:AMBER,80,%s\n198.51.100.82,feed,violet,,,%s\n" % tuple(days))
    until("the indicators", lambda: ", 3 indicators" in hub.messages())
    hub.says("more.csv:3: violet: ")
    append(log, ["Nov 21 08:00:0%d box sshd[7]: Connection closed by 198.51.100.8%d port 2" % (n, n) for n in (1, 2)])
    until("its finding", lambda: any(f["matched"] == "198.51.100.82" for f in findings(hub)))
    assert not any(f["matched"] == "198.51.100.81" for f in findings(hub))
    # One that everyone speaks with counts when a person says so.
    (hub.data / "warning-lists" / "resolvers.json").write_text(json.dumps(
        {"name": "resolvers", "type": "cidr", "list": ["198.51.100.88/31"], "matching_attributes": ["ip-src"]}))
    (hub.data / "indicators" / "known.csv").write_text("value,confirmed\n198.51.100.88,\n198.51.100.89,yes\n")
    until("the indicators", lambda: ", 5 indicators" in hub.messages())
    hub.says("1 indicators are on lists of well-known values")
    append(log, ["Nov 21 08:00:1%d box sshd[7]: Connection closed by 198.51.100.8%d port 2" % (n, n) for n in (8, 9)])
    until("its finding", lambda: any(f["matched"] == "198.51.100.89" for f in findings(hub)))
    assert not any(f["matched"] == "198.51.100.88" for f in findings(hub))
    assert member.stop() == 0 and hub.stop() == 0


@case
def an_event_count_spans_kills_and_stays_in_its_organisation():
    hub = Hub()
    (hub.data / "rules").mkdir(exist_ok=True)
    (hub.data / "rules" / "count.yml").write_text(COUNT)
    until("the rule", lambda: "taken over" in hub.messages())
    logs, members = {}, {}
    for org in ("acme", "rival"):
        hub.org(org)
        logs[org] = folder() / (org + ".log")
        logs[org].touch()
        members[org] = Member(hub, org, follow=[logs[org]]).start()
    fired = lambda org: [f for f in findings(hub, org) if f["rule"].endswith("0002") and f["kind"] == "correlation"]
    for n in range(4):
        for org in logs:
            append(logs[org], ["Nov 21 08:00:%02d box sshd[7]: knock from %s %d" % (n, org, n)])
            until("the knock", lambda: any(r["raw"].endswith("%s %d" % (org, n)) for r in hub.records(members[org].id)))
        hub.stop(signal.SIGKILL)
        hub.start()
    base = lambda org: sum(f["count"] for f in findings(hub, org) if f["rule"].endswith("0001"))
    until("all base findings", lambda: base("acme") == 4 and base("rival") == 4)
    assert not fired("acme") and not fired("rival")
    append(logs["acme"], ["Nov 21 08:00:05 box sshd[7]: knock from acme 5"])
    until("the fifth", lambda: len(fired("acme")) == 1)
    assert not fired("rival")
    wanted = detected(logs["acme"], "--rules", str(hub.data / "rules"))
    until("the same as detect has", lambda: bundled(findings(hub, "acme")) == wanted)
    for member in members.values():
        assert member.stop() == 0
    assert hub.stop() == 0


if __name__ == "__main__":
    main()
