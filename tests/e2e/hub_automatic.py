# SPDX-License-Identifier: Apache-2.0
"""A rule that people have judged warns by itself: what it finds at one member is a warning at its partners at once, without
who was hit, marked as unconfirmed in every form; withdrawn, the rule is off. How long it takes from the line."""
import os
import time

from community_kit import ATTACKER, WEB, YES, patient
from harness import case, equal, folder, main
from hub_api_kit import Town, problem
from hub_kit import Member, append, until

ROUNDS = int(os.environ.get("YAGURA_ROUNDS", "12"))
VICTIM = "firm-0"
FIRMS = ["firm-%d" % n for n in range(8)]  # one sector: seven could have been hit, from each of their points of view
TOWN = Town()
ANALYST = patient(TOWN.analyst)
WHO = {}
LOG = folder() / "web.log"
MARK = "自動・未確認"


def hit(address, first):
    """Two lines in a minute of their own: a bundle has one minute, and the source of its first line."""
    append(LOG, [(WEB % (address, first // 2 % 60, n, 900 + n)).replace(":03:", ":%02d:" % (first // 120), 1)
                 for n in range(first, first + 2)])


def situations(state):
    return [s for s in ANALYST.get("/situations?limit=200")["items"] if s["state"] == state]


def inbox(org):
    return WHO[org].get("/warnings")["items"]


def the_rule():
    alerts = ANALYST.get("/situations/%s/alerts?limit=200" % ANALYST.get("/situations")["items"][0]["id"])["items"]
    return max((a["rule"] for a in alerts), key=[a["rule"] for a in alerts].count)


@case
def only_what_was_judged():
    for org in FIRMS:
        TOWN.local.make("POST", "/orgs", {"id": org, "name": "Firm %s Seisakusho" % org[-1]})
        WHO[org] = patient(TOWN.person("p-" + org, "member:" + org))
        WHO[org].make("PUT", "/orgs/%s/member" % org, {"name_ja": "Firm %s Seisakusho" % org[-1], "sector": "metal"})
    LOG.touch()
    global SENSOR
    SENSOR = Member(TOWN.hub, VICTIM, follow=[LOG]).start()
    for n in range(24):
        hit("203.0.113.%d" % (100 + n), 2 * n)
    until("they are alerts", lambda: sum(s["alerts"] for s in ANALYST.get("/situations?limit=200")["items"]) >= 24)
    global RULE
    RULE = the_rule()
    wish = {"rule": RULE, "on": True, "reason": "it was right"}
    problem(ANALYST.ask("PUT", "/automatic-rules", wish), 409, "unmeasured")
    measured, = ANALYST.get("/automatic-rules?rule=" + RULE)["items"]
    equal((measured["judged"], measured["rate"], measured["may"], measured["on"]), (0, None, False, False))
    for one in ANALYST.get("/situations?limit=200")["items"]:
        for state, step in (("new", "check"), ("check", "confirmed")):
            ANALYST.make("POST", "/situations/%s/state" % one["id"], {"from": state, "to": step}, 200)
    measured, = ANALYST.get("/automatic-rules?rule=" + RULE)["items"]
    assert measured["judged"] >= 20 and measured["rate"] == 0 and measured["may"], measured
    problem(TOWN.token("hub", "analyst").ask("PUT", "/automatic-rules", wish), 403, "person-needed")
    problem(ANALYST.ask("PUT", "/automatic-rules", dict(wish, reason="")), 400, "bad-request")
    made = ANALYST.make("PUT", "/automatic-rules", wish)
    equal((made["on"], made["rule"], made["noise"]), (True, RULE, 0))
    done = TOWN.hub.admin("warnings", "automatic")
    assert RULE in done.out and done.code == 0, done
    equal([inbox(org) for org in FIRMS], [[]] * len(FIRMS), "what was there before is nobody's warning")


@case
def from_the_line_to_the_partner():
    took = []
    for n in range(ROUNDS):
        before = len(inbox("firm-3"))
        began = time.monotonic()
        hit("198.51.100.%d" % (10 + n), 100 + 2 * n)
        until("a warning", lambda: len(inbox("firm-3")) > before)
        took.append(time.monotonic() - began)
    took.sort()
    print("line to warning at a partner, %d times: p50 %.3f s, p99 (nearest rank) %.3f s" % (
        ROUNDS, took[len(took) // 2], took[-(-99 * len(took) // 100) - 1]))
    # How fast is said, not judged: other tests run beside this one.
    one = WHO["firm-3"].get("/warnings/" + inbox("firm-3")[0]["id"])
    equal((one["automatic"], one["kind"], one["notice"]["automatic"]), (True, "indicators", True))
    equal(one["notice"]["certainty"]["level"], "machine")
    equal([i["value"] for i in one["notice"]["attack"]["indicators"]], ["198.51.100.%d" % (9 + ROUNDS)])
    for path, language in (("", "ja"), ("/page", "ja")):
        data = WHO["firm-3"].ask("GET", "/warnings/%s%s" % (one["id"], path), Accept_Language=language)[2]
        text = data["text"] if isinstance(data, dict) else data.decode()
        assert MARK in text, text[:400]
        assert not [w for w in ("firm-0", "Firm 0", "web.log") if w.lower() in text.lower()], text
    script = ANALYST.ask("GET", "/warnings/%s/script" % one["id"], Accept_Language="ja")[2].decode()
    assert MARK in script, script
    plan = ANALYST.get("/plans/" + ANALYST.get("/plans")["items"][0]["id"])
    equal((plan["automatic"], plan["made_by"], plan["question"]), (RULE, "local:automatic", None))
    assert "targets" not in str(plan["notice"]) and plan["recipients"] == len(FIRMS), plan
    # The same source again: once a day.
    count = len(inbox("firm-3"))
    hit("198.51.100.10", 300)
    hit("198.51.100.90", 302)
    until("the other one", lambda: len(inbox("firm-3")) > count)
    equal(len(inbox("firm-3")), count + 1)


@case
def withdrawn_means_off():
    plan = ANALYST.get("/plans")["items"][0]
    ANALYST.make("POST", "/plans/%s/withdraw" % plan["id"], {"reason": "a test of our own"})
    rule, = ANALYST.get("/automatic-rules")["items"]
    equal((rule["on"], rule["by"]), (False, "hub"))
    count = len(inbox("firm-3"))
    hit("198.51.100.91", 310)
    until("it is an alert", lambda: any("198.51.100.91" in str(f) for f in ANALYST.get("/findings?limit=200")["items"]))
    equal(len(inbox("firm-3")), count)
    log = TOWN.hub.admin("audit", "list", "--json")
    assert "automatic.off" in log.out and "automatic.on" in log.out, log.out[-2000:]
    done = TOWN.hub.admin("warnings", "automatic-on", RULE, "--reason", "looked at again")
    equal(done.code, 0, done.err)
    done = TOWN.hub.admin("warnings", "automatic-off", RULE, "--reason", "enough")
    equal(done.code, 0, done.err)
    done = TOWN.hub.admin("warnings", "automatic-on", "no-such-rule", "--reason", "x")
    equal(done.code, 1, done.err)


@case
def the_end():
    equal(SENSOR.stop(), 0)
    equal(TOWN.end(), 0)


main()
