# SPDX-License-Identifier: Apache-2.0
"""From a situation to warnings with receipts: C is hit; B and B' buy of it, A of both; the hospital shares its
provider, the school its sector. Nobody sees who was hit, or whom else it concerns."""
import json

from community_kit import ATTACKER, PARTIES, YES, Community, names_in
from harness import case, equal, main
from hub_api_kit import problem
from hub_kit import until

COMMUNITY = Community()


@case
def nothing_leaves_before_two_people_said_yes():
    c = COMMUNITY
    plan = c.plan()
    equal((plan["state"], plan["question"]["state"], plan["refers"]), ("draft", "asked", ""))
    assert plan["number"].split("-")[1].isdigit() and plan["notice"]["attack"]["sources"] == [ATTACKER], plan
    ways = {org: (w["rule"], w["depth"], w["path"], w["state"]) for org, w in c.warnings(plan).items()}
    # Few members: each could guess, so the one that was hit is asked about all but itself.
    equal(ways, {"corp-c": (1, 0, ["corp-c"], "ready"),
                 "corp-b": (2, 1, ["corp-c", "corp-b"], "needs-consent"),
                 "corp-b2": (2, 1, ["corp-c", "corp-b2"], "needs-consent"),
                 "corp-a": (3, 2, ["corp-c", "corp-b", "corp-a"], "needs-consent"),
                 "hospital": (4, None, [], "needs-consent"), "school": (5, None, [], "needs-consent")})
    for org in PARTIES:
        equal(c.inbox(org), [], org)
    # A program says yes to nothing.
    token = c.town.token("hub", "analyst")
    problem(token.ask("POST", "/plans/%s/approve" % plan["id"]), 403, "person-needed")
    made = c.analyst.make("POST", "/plans/%s/approve" % plan["id"], status=200)
    equal((made["state"], made["states"]), ("approved", {"released": 1, "needs-consent": 5}))
    problem(c.analyst.ask("POST", "/plans/%s/approve" % plan["id"]), 409, "state")
    (own,) = c.inbox("corp-c")
    equal((own["kind"], own["number"], own["tlp"]), ("victim", plan["number"], "red"))
    one = c.who["corp-c"].get("/warnings/" + own["id"])
    assert one["notice"]["act"] and plan["number"] in one["text"], one
    equal([c.inbox(o) for o in ("corp-b", "corp-b2", "corp-a", "hospital", "school")], [[]] * 5)
    # The question, and what would leave; others are not told that there is one.
    (question,) = c.who["corp-c"].get("/questions")["items"]
    equal(c.who["corp-b"].get("/questions")["items"], [])
    equal(c.who["corp-b"].ask("GET", "/questions/" + plan["id"])[0], 404)
    shown = c.who["corp-c"].get("/questions/" + question["plan"])
    equal([names_in(t["copy"]) for t in shown["texts"] if t["agreed"] == "nameless"], [[], []])
    answer = "/questions/%s/answer" % plan["id"]
    equal(c.who["corp-c"].make("POST", answer, {"answer": "see"}, 200)["state"], "see")
    equal(c.who["corp-c"].make("POST", answer, {"answer": "yes"}, 200)["state"], "yes")
    problem(c.who["corp-c"].ask("POST", answer, {"answer": "no"}), 409, "answered")
    equal([c.inbox(o) for o in ("corp-b", "corp-a")], [[], []])
    made = c.analyst.make("POST", "/plans/%s/approve" % plan["id"], status=200)
    equal(made["states"], {"released": 5, "delivered": 1})
    texts = {}
    for org in ("corp-b", "corp-b2", "corp-a", "hospital", "school"):
        (own,) = c.inbox(org)
        equal(c.inbox(org), [own], "once")
        one = c.who[org].get("/warnings/" + own["id"])
        texts[org] = one
        equal(names_in({k: v for k, v in one.items() if k != "id"}), [], org)
        assert not {"org", "rule", "path", "plan", "candidates"} & set(one), one
        assert ATTACKER.replace(".", "[.]") in one["text"], one["text"]
        for other in PARTIES:
            if other != org:
                equal(c.who[other].ask("GET", "/warnings/" + own["id"])[0], 404)
    equal((texts["school"]["tlp"], texts["school"]["kind"], texts["corp-a"]["tlp"]), ("green", "indicators", "amber"))
    # The same copies as STIX; each names what its recipient may know.
    for org, kind in (("corp-a", "report"), ("school", "grouping")):
        done = c.town.hub.admin("warnings", "show", texts[org]["id"], "--as", "stix")
        equal(done.code, 0, done.err)
        bundle = json.loads(done.out)
        equal(names_in(bundle), [])
        found = {one["type"]: one for one in bundle["objects"]}
        equal({kind, "indicator", "sighting"} <= set(found), True, found)
        assert any(ATTACKER in one.get("pattern", "") for one in bundle["objects"]), bundle
    # What is for the one that was hit is marked RED, so no collection gives it to others.
    (own,) = c.inbox("corp-c")
    bundle = json.loads(c.town.hub.admin("warnings", "show", own["id"], "--as", "stix").out)
    equal({one["object_marking_refs"][0] for one in bundle["objects"] if one["type"] in ("report", "indicator", "incident")},
          {"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"})
    # Receipts: the first of each counts; a step brings those before it.
    b = texts["corp-b"]["id"]
    done = c.who["corp-b"].make("POST", "/warnings/%s/acknowledge" % b, {"text": "読みました"}, 200)
    equal((done["state"], done["acknowledged"]["text"], done["seen"]["how"]), ("acknowledged", "読みました", "console"))
    again = c.who["corp-b"].make("POST", "/warnings/%s/seen" % b, status=200)
    equal((again["seen"], again["state"]), (done["seen"], "acknowledged"))
    c.who["corp-b"].make("POST", "/warnings/%s/act" % b, {"text": "blocked"}, 200)
    equal(c.who["corp-b2"].ask("POST", "/warnings/%s/seen" % b, {})[0], 404)
    equal(c.analyst.ask("POST", "/warnings/%s/seen?org=corp-b" % b, {})[0], 403)
    unread = {w["org"] for w in c.analyst.get("/warnings?plan=%s&state=unread" % plan["id"])["items"]}
    equal(unread, {"corp-a", "corp-b2", "corp-c", "hospital", "school"})
    equal(c.analyst.ask("GET", "/warnings?state=unraed")[0], 400)
    # By telephone; what was not reached is no receipt.
    a = texts["corp-a"]["id"]
    called = "/warnings/%s/called" % a
    equal(c.analyst.make("POST", called, {"result": "no-answer", "who": "IT desk"}, 200)["seen"], None)
    one = c.analyst.make("POST", called, {"result": "reached", "who": "Ms Ito, deputy", "acknowledged": True}, 200)
    equal((one["acknowledged"]["how"], one["acknowledged"]["who"], len(one["calls"])), ("telephone", "Ms Ito, deputy", 2))
    script = c.analyst.ask("GET", "/warnings/%s/script" % a)[2].decode()
    page = c.who["corp-a"].ask("GET", "/warnings/%s/page" % a)[2].decode()
    for text in (script, page):
        equal(names_in(text), [])
    assert page.startswith("<!DOCTYPE html>") and "href" not in page and "<script" not in page, page[:200]
    (by_code,) = c.who["corp-a"].get("/warnings?code=" + texts["corp-a"]["code"])["items"]
    equal(by_code["id"], a)
    equal(c.who["corp-b"].get("/warnings?code=" + texts["corp-a"]["code"])["items"], [])
    times = c.analyst.get("/warning-times?plan=" + plan["id"])
    equal((times["warnings"], times["read"]["count"], times["act"]["count"]), (6, 2, 1))
    assert times["read"]["p50_ms"] <= times["read"]["p95_ms"] and times["notice"]["p95_ms"] >= 0, times
    # It was wrong: everybody who got it, once; twice is refused.
    undo = c.analyst.make("POST", "/plans/%s/withdraw" % plan["id"], {"reason": "false alarm"})
    equal((undo["refers"], undo["recipients"]), (plan["number"], 6))
    problem(c.analyst.ask("POST", "/plans/%s/withdraw" % plan["id"], {"reason": "false alarm"}), 409, "state")
    for org in PARTIES:
        items = c.inbox(org)
        equal([(i["kind"], i["refers"]) for i in items if i["kind"] == "withdrawal"], [("withdrawal", plan["number"])])
        equal([i["replaced"] for i in items if i["number"] == plan["number"]], [undo["number"]])
        equal(names_in([c.who[org].get("/warnings/" + i["id"])["text"] for i in items]) if org != "corp-c" else [], [])


@case
def no_means_no_and_corrections_reach_the_same():
    c = COMMUNITY
    before = {org: len(c.inbox(org)) for org in PARTIES}
    plan = c.plan()
    c.who["corp-c"].make("POST", "/questions/%s/answer" % plan["id"], {"answer": "no"}, 200)
    made = c.analyst.make("POST", "/plans/%s/approve" % plan["id"], status=200)
    equal(made["states"], {"released": 1, "refused": 5})
    fresh = c.analyst.make("POST", "/plans/%s/correct" % plan["id"], {"notice": {"title": {"en": "Not SQL", "ja": "SQLではない"}}})
    equal((fresh["recipients"], fresh["refers"]), (1, plan["number"]))
    after = {org: len(c.inbox(org)) - before[org] for org in PARTIES}
    equal(after, dict.fromkeys(PARTIES, 0) | {"corp-c": 2})
    draft = c.plan()
    equal(c.analyst.make("POST", "/plans/%s/refuse" % draft["id"], {"reason": "nothing in it"}, 200)["state"], "refused")
    problem(c.analyst.ask("POST", "/plans/%s/approve" % draft["id"]), 409, "state")
    problem(c.analyst.ask("POST", "/situations/%s/plan" % c.situation, {"victim": "nobody-here"}), 404, "not-found")
    equal(c.town.administrator.ask("GET", "/plans")[0], 403)


@case
def silence_may_be_short():
    c = COMMUNITY
    for given, seconds in ((0.5, 1800), (1, 3600), (0.0001, 1), (720, 2592000), (0, 7200), (-1, 7200), (721, 7200), ("1", 7200),
                           (None, 7200)):
        equal(c.plan(remind_hours=given)["times"]["remind_s"], seconds, given)
    plan = c.plan(remind_hours=0.0003, escalate_hours=0.0006)
    equal(plan["times"], {"consent_s": 14400, "remind_s": 1, "escalate_s": 2})
    c.analyst.make("POST", "/plans/%s/approve" % plan["id"], status=200)
    mine = c.warnings(plan)["corp-c"]["id"]
    found = until("the call list", lambda: [w for w in c.analyst.get("/warnings?state=open&limit=1000")["items"]
                                            if w["id"] == mine and w["escalated"]])
    assert found[0]["released"] < found[0]["reminded"] < found[0]["escalated"], found


@case
def named_only_when_it_says_so_now():
    c = COMMUNITY
    plan = c.plan()
    c.who["corp-c"].make("POST", "/questions/%s/answer" % plan["id"], {"answer": "yes", "named": True, "damage": True}, 200)
    c.analyst.make("POST", "/plans/%s/approve" % plan["id"], status=200)
    for org, is_named in (("corp-b", True), ("corp-a", False), ("hospital", False), ("school", False)):
        one = c.who[org].get("/warnings/" + c.inbox(org)[0]["id"])
        equal(one["number"], plan["number"])
        equal(bool(names_in(one["notice"])), is_named, org)
        equal("damage" in one["notice"], org in ("corp-b", "corp-a", "hospital"), org)


@case
def a_relation_that_analysts_may_not_see_stays_hidden():
    c = COMMUNITY
    c.who["corp-b2"].make("PUT", "/orgs/corp-b2/relations/corp-c/corp-b2", dict(YES, analysts=False))
    plan = c.plan()
    w = c.warnings(plan)
    for org, is_open in (("corp-b", True), ("corp-b2", False), ("corp-a", True)):
        equal([w[org][k] is not None for k in ("rule", "depth", "path", "candidates", "why_en", "audience")], [is_open] * 6, org)


@case
def the_end():
    COMMUNITY.end()


main()
