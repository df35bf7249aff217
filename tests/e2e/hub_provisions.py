# SPDX-License-Identifier: Apache-2.0
"""
Drills and provisions at a hub: the tree, down it stage by stage after each receipt, around those that fail, at once in large-scale
mode; what is counted is what the mail server saw and what people did.
"""
import contextlib
import email
import email.policy
import http.client
import json
import os
import signal

from harness import case, contains, equal, folder, main
from hub_api_kit import Town, problem
from hub_kit import until
from community_kit import patient
from post_kit import Hooks, Mail

MAIL, HOOKS = Mail(), Hooks()
# Two ministries; below the first two secretariats with operators, below the other one.
TREE = (("mic", "ministry", ""), ("meti", "ministry", ""), ("net", "secretariat", "mic"), ("tv", "secretariat", "mic"),
        ("gas", "secretariat", "meti"), ("op1", "operator", "net"), ("op2", "operator", "net"), ("op3", "operator", "tv"),
        ("op4", "operator", "gas"), ("op5", "operator", "gas"))
STAGE = {org: stage for org, stage, _ in TREE}
ABOVE = {org: parent for org, _, parent in TREE}


def configuration():
    path = folder() / "hub.yaml"
    path.write_text("lang: en\nout:\n  mail_server: smtp://127.0.0.1:%d\n  mail_from: warn@hub.example\n  webhooks: \"yes\"\n"
                    "  local: 127.0.0.1\n  authorities: %s\n" % (MAIL.port, HOOKS.authority))
    return ("--config", path)


TOWN = Town(options=configuration())
ANALYST = patient(TOWN.analyst)
WHO = {}
for org, _, _ in TREE:
    TOWN.local.make("POST", "/orgs", {"id": org, "name": org.upper()})
    WHO[org] = patient(TOWN.person("p-" + org, "member:" + org))
    WHO[org].make("PUT", "/orgs/%s/member" % org, {"sector": "x", "contact_mail": "desk@%s.example" % org})


def place(org, stage, parent=""):
    return ANALYST.ask("PUT", "/tree/" + org, {"stage": stage, "parent": parent})


def start(**wish):
    made = ANALYST.make("POST", "/provisions", wish)
    equal((made["state"], {s["sent"] for s in made["stages"]}), ("draft", {0}))
    equal([s["nodes"] for s in made["stages"]], [2, 3, 5])
    ANALYST.make("POST", "/plans/%s/approve" % made["plan"], {}, 200)
    return made["plan"]


def look(plan):
    return ANALYST.get("/provisions/" + plan)


def warnings(plan):
    return {w["org"]: w for w in ANALYST.get("/warnings?plan=%s&limit=1000" % plan)["items"]}


def counts(plan, key):
    return [s[key] for s in look(plan)["stages"]]


def mailed(plan):
    """Who has a mail of @plan: those of others may be tried again meanwhile."""
    return sorted(m[1][0].split("@")[1].split(".")[0] for m in list(MAIL.messages)
                  if email.message_from_bytes(m[2], policy=email.policy.default)["Message-ID"][1:17] == plan)


@case
def the_tree_is_made_one_by_one():
    problem(ANALYST.ask("POST", "/provisions", {"kind": "drill", "announced": True}), 409, "state")
    for org, stage, parent in TREE:
        status, _, data = place(org, stage, parent)
        equal((status, data), (200, {"org": org, "stage": stage, "parent": parent}))
    equal({n["org"]: (n["stage"], n["parent"]) for n in ANALYST.get("/tree")["items"]}, {o: (s, p) for o, s, p in TREE})
    page = ANALYST.get("/tree?limit=3")
    equal((len(page["items"]), page["items"][-1]["org"]), (3, page["next"]))
    for wish in (("op1", "operator", "mic"), ("op1", "operator", "op2"), ("op1", "operator", ""), ("op1", "operator", "nobody"), ("op1", "boss", "net"),
                 ("mic", "ministry", "meti"), ("net", "secretariat", "net")):
        problem(place(*wish), 400, "bad-request")
    problem(place("nobody", "ministry"), 404, "not-found")
    problem(place("hub", "ministry"), 404, "not-found")
    problem(place("net", "operator", "gas"), 409, "state")
    problem(place("net", None), 409, "state")
    equal(place("op5", None)[2], {"org": "op5", "stage": None, "parent": ""})
    equal(len(ANALYST.get("/tree")["items"]), len(TREE) - 1)
    equal(place("op5", "operator", "gas")[0], 200)
    equal(WHO["mic"].ask("GET", "/tree")[0], 403)


@case
def a_drill_goes_down_after_each_receipt():
    # One secretariat has nobody to write to: what stands below it is not reached, until a person goes around.
    WHO["gas"].make("PUT", "/orgs/gas/member", {"sector": "x"})
    plan = start(kind="drill", announced=False)
    until("the other branches have it", lambda: counts(plan, "delivered") == [2, 2, 3])
    equal(mailed(plan), sorted(o for o in STAGE if o not in ("gas", "op4", "op5")))
    found = look(plan)
    equal([s["sent"] for s in found["stages"]], [2, 3, 3])
    equal([s["failed"] for s in found["stages"]], [{}, {"silent": 1}, {"not-reached": 2}])
    equal([(c["org"], c["cause"]) for c in found["corrections"]], [("gas", "silent")])
    equal({o: w["state"] for o, w in warnings(plan).items() if o in ("op4", "op5")}, {"op4": "waits", "op5": "waits"})
    at = {o: w["delivered"]["time"] for o, w in warnings(plan).items() if w["delivered"]}
    released = {o: w["released"] for o, w in warnings(plan).items() if w["released"]}
    assert all(at[ABOVE[o]] <= released[o] for o in at if ABOVE[o]), (at, released)
    one = email.message_from_bytes(MAIL.messages[0][2], policy=email.policy.default)
    for text in (str(one["Subject"]), one.get_body(("plain",)).get_content()):
        contains(text, "疎通確認訓練")
    contains(str(one["Subject"]), "【訓練】")
    contains(one.get_body(("plain",)).get_content(), "予告なし")
    # People: read and acknowledged, counted at their stage.
    item = WHO["op1"].get("/warnings")["items"][0]
    equal((item["number"], item["kind"]), (found["number"], "drill"))
    WHO["op1"].make("POST", "/warnings/%s/acknowledge" % item["id"], {}, 200)
    equal((counts(plan, "seen"), counts(plan, "acknowledged")), ([0, 0, 1], [0, 0, 1]))
    # The one without a mail looks at its console: that is a receipt, and those below are reached.
    WHO["gas"].get("/warnings")
    until("below it too", lambda: counts(plan, "delivered") == [2, 3, 5])
    problem(ANALYST.ask("POST", "/provisions/%s/around" % plan, {}), 409, "state")
    WHO["gas"].make("PUT", "/orgs/gas/member", {"sector": "x", "contact_mail": "desk@gas.example"})


@case
def a_person_goes_around_those_who_do_not_get_it():
    MAIL.messages.clear()
    MAIL.mode = "bounce"
    plan = start(kind="drill", announced=True)
    until("both are refused", lambda: look(plan)["stages"][0]["failed"] == {"bounced": 2})
    equal((counts(plan, "sent"), look(plan)["stages"][2]["failed"]), ([2, 0, 0], {"not-reached": 5}))
    equal(sorted((c["org"], c["cause"]) for c in look(plan)["corrections"]), [("meti", "bounced"), ("mic", "bounced")])
    MAIL.mode = "good"
    ANALYST.make("POST", "/provisions/%s/around" % plan, {}, 200)
    until("all below have it", lambda: counts(plan, "delivered") == [0, 3, 5])
    equal(mailed(plan), sorted(o for o in STAGE if STAGE[o] != "ministry"))
    contains(email.message_from_bytes(MAIL.messages[0][2], policy=email.policy.default).get_body(("plain",)).get_content(), "予告していた")


@case
def in_large_scale_mode_all_are_told_at_once_and_kills_lose_nothing():
    MAIL.messages.clear()
    plan = start(kind="drill", announced=True, mode="large-scale")
    equal(counts(plan, "sent"), [2, 3, 5])
    for _ in range(4):
        for pid, role in TOWN.hub.processes().items():
            if role in ("keeper", "out"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        until("it answers again", answers)
    until("all have it", lambda: counts(plan, "delivered") == [2, 3, 5], 300)
    equal(sorted(set(mailed(plan))), sorted(STAGE))


def answers():
    try:
        return ANALYST.ask("GET", "/tree")[0] == 200
    except (OSError, ValueError, http.client.HTTPException):  # cut off in the middle
        return False


@case
def a_provision_passes_the_gate():
    MAIL.messages.clear()
    notice = {"kind": "warning", "tlp": "green", "pap": "green", "title": {"ja": "山岸精機への攻撃"}, "attack": {
        "field": "web", "outcome": "attempt", "count": 3, "sources": ["203.0.113.9"], "indicators": [{"type": "domain", "value": "evil.example.net"}]},
        "act": [{"ja": "山岸精機との通信を調べてください。"}]}
    own = {"names": ["山岸精機"]}
    problem(ANALYST.ask("POST", "/provisions", {"kind": "provision", "notice": dict(notice, tlp="amber"), "own": own}), 409, "gate")
    for bad in ({"kind": "provision"}, {"kind": "drill"}, {"kind": "other", "announced": True}, {"kind": "drill", "announced": True, "mode": "fast"},
                {"kind": "provision", "notice": {"kind": "none"}}, {"kind": "provision", "notice": notice, "own": {"nam": []}},
                {"kind": "provision", "notice": notice, "audience": "public"}):
        problem(ANALYST.ask("POST", "/provisions", bad), 400, "bad-request")
    plan = start(kind="provision", notice=notice, own=own)
    until("all have it", lambda: counts(plan, "delivered") == [2, 3, 5])
    equal(mailed(plan), sorted(STAGE))
    for message in MAIL.messages:
        one = email.message_from_bytes(message[2], policy=email.policy.default)
        text = "".join(one.get_body((kind,)).get_content() for kind in ("plain", "html")) + str(one["Subject"])
        assert "山岸" not in text and "訓練" not in text, text
        contains(text, "evil[.]example[.]net")
    # Taken back, as every plan is.
    ANALYST.make("POST", "/plans/%s/withdraw" % plan, {"reason": "wrong"}, 201)
    equal(look(plan)["state"], "withdrawn")
    problem(ANALYST.ask("GET", "/provisions/" + "0" * 16), 404, "not-found")
    assert "山岸" not in json.dumps(WHO["op1"].get("/warnings"), ensure_ascii=False)


@case
def a_table_becomes_the_tree():
    head = "id,name,stage,parent,channel,address\n"

    def table(text, check=False):
        status, _, data = ANALYST.ask("PUT", "/tree", {"table": text, "check": check})
        equal(status, 200)
        return data
    whole = head + "".join("%s,%s,%s,%s,mail,%s\n" % (org, org.upper(), stage, parent, "" if org == "gas" else "desk@%s.example" % org)
                           for org, stage, parent in TREE)
    equal([table(whole)[key] for key in ("nodes", "added", "moved", "removed", "contacts", "taken")], [10, 0, 0, 0, 0, True])
    # What is wrong is said with its line, and nothing is changed.
    bad = table(whole + "op6,x,operator,nowhere,mail,a@b@c\n,x,boss,,mail,\n")
    equal((bad["taken"], bad["nodes"]), (False, 0))
    equal(sorted((f["line"], f["column"]) for f in bad["faults"]), [(12, "address"), (12, "parent"), (13, "id"), (13, "stage")])
    contains(next(f["text"] for f in bad["faults"] if f["column"] == "parent"), "line 12: parent: no line has the id nowhere")
    equal(table("id,name\nx,y\n")["faults"][0]["line"], 1)
    assert table("\"never ends\n")["faults"], "a quote that never ends"
    stranger = table(whole + "stranger,x,operator,net,mail,smtps://mail.example/a@b.example\n")
    equal([(f["line"], f["column"]) for f in stranger["faults"]], [(12, "id")])
    own = table(whole.replace("desk@op1.example", "smtps://mail.example/a@b.example"))
    equal([(f["line"], f["column"]) for f in own["faults"]], [(7, "address")])
    equal(len(ANALYST.get("/tree")["items"]), len(TREE))
    # Looked at first: one moves, one goes out, one is written to elsewhere.
    other = whole.replace("op3,OP3,operator,tv", "op3,OP3,operator,net").replace("op5,OP5,operator,gas,mail,desk@op5.example\n", "") \
        .replace("desk@op2.example", "new@op2.example")
    for check in (True, False):
        done = table(other, check)
        equal([done[key] for key in ("added", "moved", "removed", "contacts", "taken")], [0, 1, 1, 1, not check])
        equal({(c["org"], c["what"], c["after"]) for c in done["changes"]},
              {("op3", "moved", "net"), ("op2", "contact", "new@op2.example"), ("op5", "removed", "")})
        equal(len(ANALYST.get("/tree")["items"]), len(TREE) - (0 if check else 1))
    equal(WHO["op2"].get("/orgs/op2/member")["contact_mail"], "new@op2.example")
    equal(table(whole)["taken"], True)
    problem(ANALYST.ask("PUT", "/tree", {"table": 1}), 400, "bad-request")
    equal(WHO["mic"].ask("PUT", "/tree", {"table": whole})[0], 403)


@case
def a_branch_is_drilled_a_contact_corrected_and_it_ends():
    MAIL.messages.clear()
    WHO["op1"].make("PUT", "/orgs/op1/member", {"sector": "x", "contact_mail": "gone@op1.example"})
    problem(ANALYST.ask("POST", "/provisions", {"kind": "drill", "announced": True, "branch": "nobody"}), 409, "branch")
    problem(ANALYST.ask("POST", "/provisions", {"kind": "drill", "announced": True, "wait_s": 29}), 400, "bad-request")
    problem(ANALYST.ask("POST", "/provisions", {"kind": "drill", "announced": True, "wait_s": 604801}), 400, "bad-request")
    MAIL.mode = "bounce"
    made = ANALYST.make("POST", "/provisions", {"kind": "drill", "announced": True, "branch": "op1", "wait_s": 3600})
    equal([s["nodes"] for s in made["stages"]], [0, 0, 1])
    problem(ANALYST.ask("POST", "/provisions/%s/stop" % made["plan"], {}), 409, "state")
    ANALYST.make("POST", "/plans/%s/approve" % made["plan"], {}, 200)
    until("it is refused", lambda: [c["cause"] for c in look(made["plan"])["corrections"]] == ["bounced"], 60)
    status, kind, page = ANALYST.ask("GET", "/provisions/%s/page?lang=ja" % made["plan"])
    equal(status, 200)
    for words in ("OP1", "gone@op1.example", "疎通確認訓練"):
        contains(page if isinstance(page, str) else page.decode(), words)
    # Put right by an analyst, which the organisation sees; and tried again.
    problem(ANALYST.ask("PUT", "/tree/op1/contact", {"contact_mail": "a@b@c"}), 400, "bad-request")
    problem(ANALYST.ask("PUT", "/tree/acme/contact", {"contact_mail": "a@b.example"}), 404, "not-found")
    equal(WHO["op2"].ask("PUT", "/tree/op1/contact", {"contact_mail": "a@b.example"})[0], 403)
    equal(ANALYST.ask("PUT", "/tree/op1/contact", {"contact_mail": "desk@op1.example", "contact_phone": "03-1"})[2],
          {"org": "op1", "contact_mail": "desk@op1.example", "contact_phone": "03-1"})
    member = WHO["op1"].get("/orgs/op1/member")
    equal((member["contact_mail"], member["sector"], member["verified"]), ("desk@op1.example", "x", None))
    actions = {e["action"] for e in TOWN.administrator.get("/audit?limit=1000")["items"] if e["org"] == "op1"}
    assert "member.contact" in actions, actions
    done = ANALYST.make("POST", "/provisions/%s/stop" % made["plan"], {}, 200)
    equal((done["over"], done["stopped"] is not None), (True, True))
    problem(ANALYST.ask("POST", "/provisions/%s/stop" % made["plan"], {}), 409, "state")
    MAIL.mode = "good"
    again = ANALYST.make("POST", "/provisions", {"kind": "drill", "announced": False, "branch": "op1"})
    ANALYST.make("POST", "/plans/%s/approve" % again["plan"], {}, 200)
    until("it has it", lambda: counts(again["plan"], "delivered") == [0, 0, 1], 60)
    equal([m[1][0].strip("<>") for m in MAIL.messages], ["desk@op1.example"])
    # Both stand in the list of drills, newest first.
    listed = ANALYST.get("/provisions?kind=drill&limit=2")
    equal([one["plan"] for one in listed["items"]], [again["plan"], made["plan"]])
    equal(([one["branch"] for one in listed["items"]], listed["next"]), (["op1", "op1"], made["plan"]))
    assert all(one["kind"] == "provision" for one in ANALYST.get("/provisions?kind=provision")["items"])
    problem(ANALYST.ask("GET", "/provisions?kind=other"), 400, "bad-request")


@case
def the_end():
    equal(TOWN.end(), 0)
    MAIL.close()
    HOOKS.close()


main()
