#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs that stay at home are searched back at home: a sensor that sends findings alone looks for the indicators of a warning
in its own archive, and tells how many records hold one, from when to when, and nothing else."""
import json
import signal

from community_kit import ATTACKER, Community
from harness import case, equal, folder, main
from hub_kit import Member, append, until

OTHER = "198.51.100.77"
CLOSED = "Nov %02d 08:%02d:00 box sshd[7]: Connection closed by secretuser from %s port 2"
POLICY = """version: 1
raw: false
sources:
- {name: '*/held.log', leave: false}
detect:
  built_in: false
  from_hub: {indicators: true}
"""
C = Community()
LOGS, MEMBERS = {}, {}


def sensor(name, org, policy=POLICY, options=("--archive", "1G"), logs=("auth.log",)):
    LOGS[name] = [folder() / log for log in logs]
    for log in LOGS[name]:
        log.touch()
    member = Member(C.town.hub, org, options=options, follow=LOGS[name])
    (member.state / "policy.yaml").write_text(policy)
    MEMBERS[name] = member.start()


def at_home(name, text):
    """How many records of the sensor's own archive hold @text."""
    done = MEMBERS[name].call("search", "--state", MEMBERS[name].state, "--json", text)
    return len(done.stdout.splitlines())


def release(plan):
    C.who["corp-c"].make("POST", "/questions/%s/answer" % plan["id"], {"answer": "yes"}, 200)
    C.analyst.make("POST", "/plans/%s/approve" % plan["id"], status=200)


def own(org):
    return C.who[org].get("/warnings/" + C.inbox(org)[0]["id"])


def sightings(org):
    return own(org)["sightings"]


def home(org, sensors=1):
    return until("the look back of %s" % org, lambda: (lambda s: s and s["at_home"] and s["at_home"]["sensors"] == sensors
                                                       and s["at_home"])(sightings(org)))


@case
def what_its_own_archive_holds_is_told_in_numbers():
    sensor("a", "corp-a", logs=("auth.log", "held.log"))
    sensor("a-off", "corp-a", options=("--archive", "off"))
    sensor("b", "corp-b")
    sensor("b2", "corp-b2", policy=POLICY + "  look_back: 0\n")
    append(LOGS["a"][0], [CLOSED % (20, n, OTHER) for n in range(3)] + [CLOSED % (21, 9, ATTACKER)]
           + [CLOSED % (21, 10 + n, "192.0.2.9") for n in range(5)])
    append(LOGS["a"][1], [CLOSED % (19, n, OTHER) for n in range(7)])  # of what is in here nothing may be told
    append(LOGS["b"][0], [CLOSED % (20, n, "192.0.2.9") for n in range(4)])
    append(LOGS["b2"][0], [CLOSED % (20, n, OTHER) for n in range(4)])
    until("the archives", lambda: (at_home("a", "closed by"), at_home("b", "closed by"), at_home("b2", "closed by")) == (16, 4, 4))
    release(C.plan(notice={"attack": {"indicators": [
        {"type": "address", "value": ATTACKER}, {"type": "address", "value": OTHER}]}}))
    told = home("corp-a", 2)
    equal((told["count"], told["none"], told["gaps"]), (4, 1, 0))
    assert told["records"] >= 16 and told["first"][5:10] == "11-20" and told["last"][5:16] == "11-21T08:09", told
    assert told["from"] and told["from"] < told["to"], told
    by = {i["sensor"]: i for i in told["items"]}
    equal((by[MEMBERS["a"].id]["state"], by[MEMBERS["a"].id]["count"]), ("done", 4))
    equal((by[MEMBERS["a-off"].id]["state"], by[MEMBERS["a-off"].id]["from"]), ("none", None))
    # A sighting as any other, but for the value: which one it was stays at home.
    item, = C.who["corp-a"].get("/warnings/%s/sightings" % own("corp-a")["id"])["items"]
    equal((item["found"], item["sensor"], item["value"], item["hunt"], item["count"]), ("archive", MEMBERS["a"].id, "", None, 4))
    equal(sightings("corp-a")["archive"]["count"], 4)
    # Nothing found where it was looked for: said as what it is.
    none = home("corp-b")
    equal((none["count"], none["first"]), (0, None))
    assert none["records"] >= 4, none
    equal(C.who["corp-b"].get("/warnings/%s/sightings" % own("corp-b")["id"])["items"], [])
    # Analysts see numbers, and no sensor by name.
    whole = C.analyst.get("/warnings/" + own("corp-a")["id"])["sightings"]["at_home"]
    equal((whole["sensors"], whole["count"], whole["items"]), (2, 4, None))


@case
def it_stands_in_the_ledger_and_no_raw_line_left():
    member = MEMBERS["a"]
    shown = member.call("ledger", "show", "--state", member.state, "--json").stdout.decode()
    assert "yagura-finding" in shown, shown
    equal(member.call("ledger", "verify", "--state", member.state).returncode, 0)
    records = C.town.hub.records(member.id)
    looks = [r for r in records if "look" in r.get("fields", {})]
    equal([r["fields"]["count"] for r in looks], [4])
    assert "secretuser" not in json.dumps(records) and OTHER not in json.dumps(looks), records
    # None of it is a finding, and where the local file wants none, none was looked for.
    equal([f for f in C.analyst.get("/findings?org=corp-a")["items"] if f["kind"] == "indicator"], [])
    equal(sightings("corp-b2")["at_home"], None)


@case
def killed_and_begun_again_it_tells_the_same():
    member = MEMBERS["a"]
    before = sightings("corp-a")
    member.stop(signal.SIGKILL)
    member.start()
    append(LOGS["a"][0], [CLOSED % (22, 1, OTHER)])
    until("the new line", lambda: sightings("corp-a")["new"]["count"] == 1)
    after = sightings("corp-a")
    equal(after["archive"], before["archive"])
    equal([(i["sensor"], i["count"], i["records"]) for i in after["at_home"]["items"]],
          [(i["sensor"], i["count"], i["records"]) for i in before["at_home"]["items"]])


@case
def another_list_is_another_look():
    plan = C.analyst.get("/plans")["items"][0]
    C.analyst.make("POST", "/plans/%s/correct" % plan["id"], {"notice": {"attack": {"indicators": [
        {"type": "address", "value": "192.0.2.9"}]}}})
    # Both are plans of the situation, newest first, page by page; another has none.
    whole = [p["id"] for p in C.analyst.get("/plans")["items"]]
    equal([p["id"] for p in C.analyst.get("/plans?situation=" + C.situation)["items"]], whole)
    equal(len(whole), 2)
    page = C.analyst.get("/plans?limit=1&situation=" + C.situation)
    equal([p["id"] for p in page["items"]], whole[:1])
    equal([p["id"] for p in C.analyst.get("/plans?limit=1&situation=%s&after=%s" % (C.situation, page["next"]))["items"]], whole[1:])
    equal(C.analyst.get("/plans?situation=" + "f" * 32)["items"], [])
    equal(C.analyst.ask("GET", "/plans?situation=x")[0], 400)
    told = home("corp-a", 2)
    equal(told["count"], 5)
    equal(home("corp-b")["count"], 4)


@case
def the_end():
    for member in MEMBERS.values():
        equal(member.stop(), 0)
    C.end()


main()
