# SPDX-License-Identifier: Apache-2.0
"""The indicators of a warning go to who got it: to its sensors, to the hub's look at its logs, old and new. What they hit
comes back to the warning. Who did not get it learns nothing of them; a withdrawn warning takes them away."""
import json
import time

from community_kit import ATTACKER, Community, patient
from harness import case, equal, folder, main
from hub_api_kit import Who
from hub_kit import Member, append, until

OTHER = "198.51.100.77"  # an indicator of the notice that C's logs do not show
CLOSED = "Nov 21 08:%02d:%02d box sshd[7]: Connection closed by %s port 2"
AT_HOME = """version: 1
raw: false
detect:
  built_in: false
  from_hub: {indicators: true}
"""
NEVER = """version: 1
raw: false
detect:
  built_in: false
"""
C = Community()
LOGS, MEMBERS = {}, {}


def sensor(name, org, policy=None):
    LOGS[name] = folder() / (name + ".log")
    LOGS[name].touch()
    member = Member(C.town.hub, org, follow=[LOGS[name]])
    if policy:
        (member.state / "policy.yaml").write_text(policy)
    MEMBERS[name] = member.start()


def line(name, address, second=0):
    append(LOGS[name], [CLOSED % (second // 60, second % 60, address)])


def uses_its_list(name):
    """Until the sensor looks for what it was offered: what it reads from then on."""
    MEMBERS[name].says("were taken over")


def found(org):
    done = C.town.hub.admin("findings", "--json", "--org", org)
    equal(done.code, 0, done.err)
    return [f for f in map(json.loads, done.out.splitlines()) if f["kind"] == "indicator"]


def release(plan):
    C.who["corp-c"].make("POST", "/questions/%s/answer" % plan["id"], {"answer": "yes"}, 200)
    C.analyst.make("POST", "/plans/%s/approve" % plan["id"], status=200)


def own(org):
    """The newest warning of @org, whole."""
    return C.who[org].get("/warnings/" + C.inbox(org)[0]["id"])


def sums(org, key):
    return (own(org)["sightings"] or {}).get(key)


def looked(org, *states):
    return until("the look back at %s" % org, lambda: (lambda s: s and s["looked_back"]["state"] in states and s)(
        own(org)["sightings"]))


def offered(name):
    place = MEMBERS[name].state / "detect" / "indicators"
    try:
        return {p.name: p.read_text() for p in place.glob("*.csv")} if place.exists() else {}
    except FileNotFoundError:  # taken away just now
        return offered(name)


def plan():
    return C.plan(notice={"attack": {"indicators": [
        {"type": "address", "value": ATTACKER}, {"type": "address", "value": OTHER},
        {"type": "domain", "value": "evil.example", "valid_until": "2099-01-01T00:00:00Z", "pap": "amber"},
        {"type": "domain", "value": "red.example", "tlp": "red"}, {"type": "mail", "value": "a@evil.example"}]}})


@case
def to_sensors_and_archives_of_who_got_it_alone():
    for name, org, policy in (("b", "corp-b", None), ("b-home", "corp-b", AT_HOME), ("a-home", "corp-a", AT_HOME),
                              ("b2-never", "corp-b2", NEVER), ("acme", "acme", None)):
        sensor(name, org, policy)
    for name in ("b", "acme"):  # long before: in the archive alone
        line(name, OTHER, 1)
        line(name, "192.0.2.9", 2)
    until("the archive", lambda: len(C.town.hub.archived("corp-b")) >= 2 and len(C.town.hub.archived("acme")) >= 2)
    first = plan()
    release(first)
    began = time.monotonic()
    texts = until("both lists", lambda: offered("a-home") and offered("b-home") and (offered("a-home"), offered("b-home")))
    print("from approval to the sensors' disks: %.2f s" % (time.monotonic() - began))
    for text, org in zip(texts, ("corp-a", "corp-b")):
        (name, content), = text.items()
        equal(name, "warning-%s.csv" % own(org)["id"])
        values = {l.split(",")[0] for l in content.splitlines()[1:]}
        equal(values, {'"%s"' % v for v in (ATTACKER, OTHER, "evil.example")}, org)
        assert "2099-01-01" in content and first["number"] in content and '"amber"' in content, content
        assert "corp-c" not in content and "Chikuma" not in content, content
    # One whose own policy takes none says so; nothing is looked for there.
    until("the refusal", lambda: own("corp-b2")["sightings"]["sensors"]["refused"] == 1)
    item, = own("corp-b2")["sightings"]["sensors"]["items"]
    assert item["state"] == "refused" and item["detail"], item
    until("both taken", lambda: own("corp-a")["sightings"]["sensors"]["taken"] == 1)
    # What was in the archive of B is found in the past.
    done = looked("corp-b", "done")
    assert done["looked_back"]["from"] and done["looked_back"]["records"] >= 1, done
    until("the sighting in the past", lambda: sums("corp-b", "archive")["count"] == 1)
    back, = C.who["corp-b"].get("/warnings/%s/sightings" % own("corp-b")["id"])["items"]
    equal((back["found"], back["value"], back["count"], back["sensor"]), ("archive", OTHER, 1, "archive"))
    assert back["hunt"] == done["looked_back"]["hunt"], back
    # A has no records at the hub: that is said, and is not "nothing found".
    equal(looked("corp-a", "none", "done")["looked_back"]["state"], "none")
    # The bystander's archive was not searched, nor is there a finding, though the value is in it.
    hunts = [json.loads(h) for h in C.town.hub.admin("hunt", "list", "--json").out.splitlines()]
    assert hunts and all("acme" not in h["orgs"] for h in hunts), hunts
    equal(C.town.member.get("/hunts")["items"], [])
    equal(C.town.member.get("/orgs/acme/views")["items"], [])
    equal(found("acme"), [])
    # What a member sees of the hunt counts its own indicators.
    mine, = [h for h in C.who["corp-b"].get("/hunts")["items"] if h["id"] == back["hunt"]]
    equal((mine["indicators"], mine["rules"], [o["org"] for o in mine["orgs"]]), (3, 0, ["corp-b"]))


@case
def new_lines_at_home_and_at_the_hub():
    line("b", ATTACKER, 10)
    until("seen at the hub", lambda: sums("corp-b", "new")["count"] >= 1)
    uses_its_list("a-home")
    line("a-home", ATTACKER, 11)
    until("A's sensor finds it", lambda: found("corp-a"))
    until("seen at home", lambda: sums("corp-a", "new")["count"] >= 1)
    item = [s for s in C.who["corp-a"].get("/warnings/%s/sightings" % own("corp-a")["id"])["items"] if s["found"] == "new"][0]
    equal((item["sensor"], item["value"]), (MEMBERS["a-home"].id, ATTACKER))
    # Who did not get it: no finding, whatever it puts into its own logs.
    line("acme", OTHER, 12)
    line("acme", ATTACKER, 13)
    until("acme's lines", lambda: len(C.town.hub.archived("acme")) >= 4)
    line("b", OTHER, 14)
    until("B's line behind them", lambda: sums("corp-b", "new")["count"] >= 2)
    equal(found("acme"), [])
    # At the hub: how many, not by which sensor, and no list.
    whole = C.analyst.get("/warnings/" + own("corp-a")["id"])["sightings"]
    assert whole["new"]["count"] >= 1 and whole["sensors"]["items"] is None, whole
    equal(C.analyst.get("/warnings/%s/sightings" % own("corp-a")["id"])["items"], [])
    equal(C.who["corp-b"].ask("GET", "/warnings/%s/sightings" % own("corp-a")["id"])[0], 404)


@case
def a_new_sensor_gets_what_its_organisation_has():
    sensor("a-second", "corp-a", AT_HOME)
    until("its list", lambda: offered("a-second"))


@case
def a_restart_counts_nothing_twice():
    before = {org: (sums(org, "new"), sums(org, "archive")) for org in ("corp-a", "corp-b")}
    C.town.hub.stop()
    C.town.hub.start()
    C.town.nobody = Who(C.town.hub)
    C.analyst = patient(C.town.sign_in("ana"))
    for org in C.who:
        C.who[org] = patient(C.town.sign_in("p-" + org))
    count = before["corp-b"][0]["count"]
    line("b", ATTACKER, 30)
    until("one more", lambda: sums("corp-b", "new")["count"] == count + 1)
    equal(sums("corp-b", "archive"), before["corp-b"][1])
    equal(sums("corp-a", "new"), before["corp-a"][0])


@case
def corrected_and_withdrawn():
    plans = C.analyst.get("/plans")["items"]
    fresh = C.analyst.make("POST", "/plans/%s/correct" % plans[0]["id"], {"notice": {"attack": {"indicators": [
        {"type": "address", "value": "198.51.100.90"}]}}})
    def only_the_new(name):
        texts = list(offered(name).values())
        return len(texts) == 1 and "198.51.100.90" in texts[0] and OTHER not in texts[0]
    until("the other list", lambda: only_the_new("a-home"))
    C.analyst.make("POST", "/plans/%s/withdraw" % fresh["id"], {"reason": "false alarm"})
    until("no list", lambda: not offered("a-home") and not offered("b-home"))
    values = C.town.hub.data / "indicators" / ".warned" / "values.txt"
    until("none at the hub", lambda: values.exists() and all(l.startswith("#") for l in values.read_text().splitlines()))
    equal(own("corp-a")["kind"], "withdrawal")
    equal(own("corp-a")["sightings"], None)
    # What was sighted stays with the warning that it was sighted for.
    old = C.who["corp-a"].get("/warnings/" + C.inbox("corp-a")[2]["id"])["sightings"]
    assert old["state"] == "over" and old["new"]["count"] >= 1, old


@case
def the_end():
    for member in MEMBERS.values():
        equal(member.stop(), 0)
    C.end()


main()
