#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Automatic hunts of the hub: an indicator or rule that comes later is found in what was archived before; a hunt that
is killed goes on and doubles nothing; one over the bound asks; organisations do not see each other."""
import contextlib
import json
import os
import random
import shutil
import signal

from harness import case, equal, folder, main, yagura
from hub_api_kit import Town, problem
from hub_kit import Hub, Member, append, until

SEED = int(os.environ.get("YAGURA_SEED", "20261125"))
RULE = """title: Knock of old
id: 7c7c7c7c-0000-4000-8000-000000000001
logsource: {product: linux, service: sshd}
detection:
  sel: {message|contains: 'oldknock'}
  condition: sel
level: high
---
title: Never said
id: 7c7c7c7c-0000-4000-8000-00000000000%d
logsource: {product: linux, service: sshd}
detection:
  sel: {message|contains: '%s'}
  condition: sel
level: high
"""


def findings(hub, org=None):
    done = hub.admin("findings", "--json", *(("--org", org) if org else ()))
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def hunts(hub):
    done = hub.admin("hunt", "list", "--json")
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def only(hub, state, count=1):
    """The hunts, when there are @count and all are @state."""
    found = hunts(hub)
    return found if len(found) == count and all(h["state"] == state for h in found) else None


def closed(n, source):
    return "Nov 21 08:%02d:%02d box sshd[7]: Connection closed by %s port 2" % (n // 60 % 60, n % 60, source)


def archived(hub, orgs, count):
    until("the archive", lambda: sum(len(hub.archived(org)) for org in orgs) >= count)
    # Detection has passed them too: what it had not yet seen when rules change is found live.
    until("detection", lambda: hub.lag() == 0)


def start(orgs, options=()):
    hub = Hub(options=options)
    logs, members = {}, []
    for org in orgs:
        hub.org(org)
        logs[org] = folder() / (org + ".log")
        logs[org].touch()
        members.append(Member(hub, org, follow=[logs[org]]).start())
    return hub, logs, members


def end(hub, members):
    for member in members:
        assert member.stop() == 0
    assert hub.stop() == 0, hub.messages()


@case
def none_yet():
    """An empty list says so to people, and nothing to programs."""
    hub = Hub()
    done = hub.admin("hunt", "list")
    assert done.code == 0 and done.out.startswith("no hunt in the archive yet"), done.out
    assert hunts(hub) == []
    assert hub.stop() == 0


@case
def what_comes_later_is_found_in_the_past():
    hub, logs, members = start(["acme", "rival", "third"])
    append(logs["acme"], [closed(n, "198.51.100.%d" % n) for n in range(50, 60)])
    append(logs["rival"], [closed(1, "198.51.100.51"), closed(2, "203.0.113.5")])
    append(logs["third"], [closed(1, "203.0.113.7")])
    archived(hub, ["acme", "rival", "third"], 13)
    assert not hunts(hub), "there is nothing new yet"
    (hub.data / "indicators" / "list.txt").write_text("198.51.100.51\n198.51.100.52\n")
    hunt, = until("the hunt", lambda: only(hub, "done"))
    assert (hunt["indicators"], hunt["rules"]) == (2, 0), hunt
    found = findings(hub)
    assert sorted((f["org"], f["matched"], f["count"]) for f in found) == [
        ("acme", "198.51.100.51", 1), ("acme", "198.51.100.52", 1), ("rival", "198.51.100.51", 1)], found
    assert all(f["hunt"] == hunt["id"] and f["sensor"] == "archive" for f in found), found
    assert all(f["received"] < f["written"] for f in found), found
    assert {org: v["findings"] for org, v in hunt["orgs"].items()} == {"acme": 2, "rival": 1, "third": 0}, hunt
    assert {f["org"] for f in findings(hub, "rival")} == {"rival"} and not findings(hub, "third")
    # What comes from now on is found when it comes, and is no find of the past.
    append(logs["third"], [closed(9, "198.51.100.51")])
    until("the live one", lambda: findings(hub, "third"))
    assert [f["hunt"] for f in findings(hub, "third")] == [None]
    # The same entry again, and one that says more: only that is new.
    (hub.data / "indicators" / "list.txt").unlink()
    until("both gone", lambda: ", 0 indicators" in hub.messages())
    (hub.data / "indicators" / "list.txt").write_text("198.51.100.52\n198.51.100.53\n")
    second = until("another", lambda: only(hub, "done", 2))[1]
    assert second["indicators"] == 1 and second["findings"] == 1, second
    assert [f["matched"] for f in findings(hub) if f["hunt"] == second["id"]] == ["198.51.100.53"]
    # A rule; its neighbour that was there before does not count again when the file changes.
    append(logs["acme"], ["Nov 21 08:30:0%d box sshd[7]: oldknock %d" % (n, n) for n in range(3)])
    archived(hub, ["acme", "rival", "third"], 17)
    (hub.data / "rules" / "k.yml").write_text(RULE % (2, "nobody says this"))
    third = until("the rule", lambda: only(hub, "done", 3))[2]
    assert (third["rules"], third["findings"]) == (2, 3), third
    (hub.data / "rules" / "k.yml").write_text(RULE % (3, "nor that"))
    fourth = until("the neighbour", lambda: only(hub, "done", 4))[3]
    assert (fourth["rules"], fourth["findings"]) == (1, 0), fourth
    # What came while the hub was down is noticed; what was there is not new.
    before = findings(hub)
    hub.stop()
    (hub.data / "indicators" / "more.csv").write_text("value,source\n198.51.100.54,feed\n")
    hub.start()
    fifth = until("after a start", lambda: only(hub, "done", 5))[4]
    assert (fifth["indicators"], fifth["findings"]) == (1, 1), fifth
    assert len(findings(hub)) == len(before) + 1
    end(hub, members)


@case
def a_killed_hunt_goes_on_and_doubles_nothing():
    rng = random.Random(SEED)
    orgs = ["acme", "rival", "third", "fourth"]
    hub, logs, members = start(orgs)
    count = 25000
    for org in orgs:
        append(logs[org], [closed(n, "203.0.113.%d" % (n % 250)) for n in range(count)])
    archived(hub, orgs, count * len(orgs))
    (hub.data / "indicators" / "list.txt").write_text("203.0.113.7\n203.0.113.9\n")
    until("it has begun", lambda: hunts(hub))
    kills, seen, went_on = 0, 0, 0
    while kills == 0 or not only(hub, "done"):  # on a busy machine it may be over before it is looked at
        kills += 1
        if rng.random() < 0.4:  # the process that reads the archive, alone
            for pid in [pid for pid, role in hub.processes().items() if role == "hunter"]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        else:
            hub.stop(signal.SIGKILL)
            hub.start()
        if rng.random() < 0.3 and kills < 10:
            continue  # again at once, wherever it is
        until("it goes on", lambda: only(hub, "done") or len(findings(hub)) > seen)
        went_on += 0 < seen < len(findings(hub))
        seen = len(findings(hub))
    hunt, = hunts(hub)
    sums = {org: sum(f["count"] for f in findings(hub, org) if f["hunt"]) for org in orgs}
    assert sums == dict.fromkeys(orgs, 2 * count // 250), (SEED, kills, sums, hunt)
    assert hunt["findings"] == 2 * count // 250 * len(orgs) and hunt["records"] == count * len(orgs), hunt
    assert kills > 0
    for org in orgs:
        said = [json.loads(line)["what"] for line in hub.admin("views", "--org", org, "--json").out.splitlines()]
        assert said == ["hunt %s: 0 rules, 2 indicators" % hunt["id"]], (SEED, org, said)
    print("# seed %d: %d kills, went on behind what was found %d times" % (SEED, kills, went_on))
    end(hub, members)


@case
def one_over_the_bound_asks_and_one_called_off_ends():
    rng = random.Random(SEED)
    config = folder() / "hub.yml"
    config.write_text("hunts:\n  ask_above_mb: 1\n  days: 7\n")
    hub, logs, members = start(["acme"], ("--config", str(config)))
    noise = lambda: "%0200x" % rng.getrandbits(800)
    append(logs["acme"], ["Nov 21 08:00:00 box sshd[7]: oldknock %s" % noise() for _ in range(20000)])
    archived(hub, ["acme"], 20000)
    (hub.data / "rules" / "k.yml").write_text(RULE % (2, "nobody says this"))
    hunt, = until("it asks", lambda: only(hub, "asks"))
    assert hunt["bytes"] > hunt["bound"] == 1 << 20 and hunt["days"] == 7, hunt
    until("the question", lambda: "waits for a person's yes" in hub.messages())
    assert not findings(hub)
    # A restart changes nothing: it still asks.
    hub.stop()
    hub.start()
    assert only(hub, "asks") and not findings(hub)
    backup = folder() / "backup"
    equal(hub.admin("backup", "--to", backup).code, 0)
    assert hub.admin("hunt", "approve", "20200101-000000-00000000").code == 1
    assert hub.admin("hunt", "approve", hunt["id"]).code == 0
    hunt, = until("the yes", lambda: only(hub, "done"), 300)
    assert hunt["approved"] is True and hunt["findings"] == 20000, hunt
    assert sum(f["count"] for f in findings(hub)) == 20000
    assert hub.admin("hunt", "approve", hunt["id"]).code == 1, "it does not ask any more"
    (hub.data / "rules" / "k.yml").write_text(RULE % (3, "sshd"))
    second = until("it asks", lambda: [h for h in hunts(hub) if h["state"] == "asks"])[0]
    assert hub.admin("hunt", "cancel", second["id"]).code == 0
    until("the end", lambda: hunts(hub)[1]["state"] == "cancelled")
    shown = hub.admin("hunt", "show", second["id"])
    assert shown.code == 0 and second["id"] in shown.out and "cancelled" in shown.out
    # Put back: it asks as it did then, and what was known then is not new.
    for member in members:
        assert member.stop() == 0
    hub.stop()
    shutil.rmtree(hub.data)
    shutil.rmtree(hub.earlier)
    done = yagura("admin", "restore", "--from", backup, "--data", hub.data)
    equal(done.code, 0, done.err)
    hub.start()
    assert only(hub, "asks") and not findings(hub)
    assert hub.admin("hunt", "approve", hunt["id"], "--reason", "put back").code == 0
    again, = until("the yes", lambda: only(hub, "done"), 300)
    equal((again["id"], again["findings"], again["answer"]["reason"]), (hunt["id"], 20000, "put back"))
    equal(sum(f["count"] for f in findings(hub)), 20000)
    end(hub, [])


def views(who, org):
    return [v for v in who.get("/orgs/%s/views" % org)["items"] if v["what"].startswith("hunt ")]


@case
def people_see_hunts_and_members_only_their_own_part():
    config = folder() / "hub.yml"
    config.write_text("hunts:\n  ask_above_mb: 1\n")
    rng = random.Random(SEED)
    town = Town(options=("--config", str(config)))
    hub = town.hub
    logs, members = {}, []
    for org in ("acme", "beta"):
        logs[org] = folder() / (org + ".log")
        logs[org].touch()
        members.append(Member(hub, org, follow=[logs[org]]).start())
    append(logs["acme"], [closed(n, "198.51.100.%d" % n) for n in range(50, 60)])
    append(logs["beta"], [closed(n, "203.0.113.%d" % n) for n in range(50, 55)])
    archived(hub, ["acme", "beta"], 15)
    (hub.data / "indicators" / "list.txt").write_text("198.51.100.51\n")
    hunt, = until("the hunt", lambda: only(hub, "done"))
    # The hub's people see all of it; a member what was done at its own archive, and nothing else.
    seen, = town.analyst.get("/hunts")["items"]
    equal({o["org"]: (o["done"], o["findings"]) for o in seen["orgs"]}, {"acme": (True, 1), "beta": (True, 0)})
    equal((seen["state"], seen["total"]["findings"], seen["finished"]), ("done", 1, hunt["finished"]))
    equal(town.administrator.get("/hunts/" + hunt["id"]), seen)
    for who, org, count in ((town.member, "acme", 1), (town.other, "beta", 0), (town.provider, "acme", 1),
                            (town.token("acme", "member"), "acme", 1)):
        one = who.get("/hunts/" + hunt["id"])
        equal([(o["org"], o["findings"]) for o in one["orgs"]], [(org, count)])
        equal((one["total"], one["finished"], one["indicators"]), (None, None, 1))
        other = {"acme": "beta", "beta": "acme"}[org]
        assert other not in json.dumps(one), one
        equal(who.get("/hunts")["items"], [one])
        equal([v["org"] for v in who.get("/hunts")["items"][0]["orgs"]], [org])
    equal(town.analyst.get("/hunts/%s?org=beta" % hunt["id"])["total"], None)
    problem(town.member.ask("GET", "/hunts/20200101-000000-00000000"), 404, "not-found")
    problem(town.member.ask("GET", "/hunts/known"), 404, "not-found")
    # Whose archive was searched, by whom, why: in the member's own list.
    view, = views(town.member, "acme")
    equal((view["role"], view["org"], view["name"], view["reason"]),
          ("machine", "hub", "hub", "automatic hunt for what arrived"))
    equal(view["what"], "hunt %s: 0 rules, 1 indicators" % hunt["id"])
    equal(len(views(town.other, "beta")), 1)
    # One that asks: nobody of a member hears of it before it searches; a person says yes, and stands there.
    noise = lambda: "%0200x" % rng.getrandbits(800)
    append(logs["acme"], ["Nov 21 08:00:00 box sshd[7]: oldknock %s" % noise() for _ in range(20000)])
    archived(hub, ["acme", "beta"], 20015)
    (hub.data / "rules" / "k.yml").write_text(RULE % (2, "nobody says this"))
    second = until("it asks", lambda: [h for h in hunts(hub) if h["state"] == "asks"])[0]["id"]
    equal([h["id"] for h in town.member.get("/hunts")["items"]], [hunt["id"]])
    problem(town.member.ask("GET", "/hunts/" + second), 404, "not-found")
    problem(town.member.ask("POST", "/hunts/%s/confirm" % second), 403, "not-allowed")
    problem(town.analyst.ask("POST", "/hunts/%s/confirm" % hunt["id"]), 409, "does-not-ask")
    problem(town.analyst.ask("POST", "/hunts/20200101-000000-00000000/confirm"), 404, "not-found")
    status, _, asked = town.analyst.ask("POST", "/hunts/%s/confirm" % second, {"reason": "is it old?"})
    equal((status, asked["id"]), (202, second))
    until("the yes", lambda: town.analyst.get("/hunts/" + second)["state"] == "done", 300)
    answer = town.member.get("/hunts/" + second)["answer"]
    equal((answer["name"], answer["role"], answer["reason"]), ("Ana", "analyst", "is it old?"))
    view = views(town.member, "acme")[0]
    equal((view["name"], view["role"], view["reason"]), ("Ana", "analyst", "is it old?"))
    problem(town.administrator.ask("POST", "/hunts/%s/refuse" % second), 409, "is-over")
    (hub.data / "rules" / "k.yml").write_text(RULE % (3, "sshd"))
    third = until("it asks", lambda: [h for h in hunts(hub) if h["state"] == "asks"])[0]["id"]
    equal(town.administrator.ask("POST", "/hunts/%s/refuse" % third)[0], 202)
    until("the no", lambda: town.analyst.get("/hunts/" + third)["state"] == "cancelled")
    equal(len(views(town.member, "acme")), 2)
    # Pages, newest first.
    page = town.analyst.get("/hunts?limit=2")
    equal([h["id"] for h in page["items"]], [third, second])
    equal([h["id"] for h in town.analyst.get("/hunts?limit=2&after=" + page["next"])["items"]], [hunt["id"]])
    # Each begin, yes, no and end stands in the audit log, once.
    def deeds():
        return [(e["action"], e["object"]) for e in town.administrator.get("/audit?limit=1000")["items"]
                if e["action"].startswith("hunt.") and e["action"] != "hunt.search"]
    until("nine deeds", lambda: len(deeds()) >= 9)
    equal(deeds(), [("hunt.begin", hunt["id"]), ("hunt.end", hunt["id"]), ("hunt.ask", second), ("hunt.confirm", second),
                  ("hunt.begin", second), ("hunt.end", second), ("hunt.ask", third), ("hunt.refuse", third),
                  ("hunt.end", third)])
    verified = hub.admin("audit", "verify")
    equal(verified.code, 0, verified.err)
    end(hub, members)


if __name__ == "__main__":
    main()
