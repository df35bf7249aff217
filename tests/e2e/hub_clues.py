# SPDX-License-Identifier: Apache-2.0
"""What comes in acts: an indicator that a TAXII client sends is looked for by itself, at the hub and at sensors, and what
it finds names it; it is taken back when it is revoked, over, deleted, reported or refused. Who may not read it sees
nothing of it."""
import datetime
import functools
import json
import os
import subprocess
import uuid

import hub_kit
from community_kit import patient
from harness import case, equal, folder, main, yagura
from hub_api_kit import Who
from hub_kit import Hub, Member, append
from taxii_kit import TLP, Caller, environment

until = functools.partial(hub_kit.until, every=0.15)  # the API's rate is bounded

CLOSED = "Nov 21 08:%02d:%02d box sshd[7]: Connection closed by %s port 2"
AT_HOME = """version: 1
raw: false
detect:
  built_in: false
  from_hub: {indicators: true}
"""
CREATED = "2026-01-01T00:00:00.000Z"


def stamp(days=0):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def indicator(pattern, tlp="green", **more):
    thing = {"type": "indicator", "spec_version": "2.1", "id": "indicator--" + str(uuid.uuid4()), "created": CREATED,
             "modified": stamp(-1), "valid_from": stamp(-1), "pattern": pattern, "pattern_type": "stix", "confidence": 80,
             "name": "seen at others", "created_by_ref": "identity--" + str(uuid.uuid4()),
             "indicator_types": ["malicious-activity"],
             "kill_chain_phases": [{"kill_chain_name": "lockheed-martin-cyber-kill-chain", "phase_name": "delivery"}], **more}
    if tlp:
        thing["object_marking_refs"] = ["marking-definition--" + TLP[tlp]]
    return {key: value for key, value in thing.items() if value is not None}


def address(number):
    return "203.0.113.%d" % number


def of(number):
    return "[ipv4-addr:value = '%s']" % address(number)


class Town:
    def __init__(self):
        self.hub = Hub()
        self.logs, self.members = {}, {}
        for org in ("acme", "beta"):
            self.hub.org(org)
        self.tokens = {"analyst": self.token("hub", "analyst"), "acme": self.token("acme", "member"),
                       "beta": self.token("beta", "member"), "administrator": self.token("hub", "administrator")}
        self.who = {name: patient(Who(self.hub, token=token)) for name, token in self.tokens.items()}
        self.taxii = {name: Caller(self.hub, token) for name, token in self.tokens.items()}
        self.place = self.collection("--title", "community", "--for", "community")
        self.second = 0

    def start_again(self):
        self.hub.start()
        for name in ("analyst", "acme", "beta", "administrator"):
            self.who[name] = patient(Who(self.hub, token=self.tokens[name]))
            self.taxii[name] = Caller(self.hub, self.tokens[name])

    def token(self, org, role):
        done = self.hub.admin("api-token", "--org", org, "--role", role)
        equal(done.code, 0, done.err)
        return done.out.strip()

    def collection(self, *words):
        done = self.hub.admin("collection", "add", *words)
        equal(done.code, 0, done.err)
        return "/taxii2/hub/collections/%s/" % done.out.strip()

    def send(self, *things, place=None, who="analyst"):
        status, _, data = self.taxii[who].ask("POST", (place or self.place) + "objects/", {"objects": list(things)})
        equal((status, data.get("failure_count", 0)), (202, 0), data)

    def sensor(self, name, org, policy=None):
        self.logs[name] = folder() / (name + ".log")
        self.logs[name].touch()
        member = Member(self.hub, org, follow=[self.logs[name]])
        if policy:
            (member.state / "policy.yaml").write_text(policy)
        self.members[name] = member.start()

    def line(self, name, value):
        self.second += 1
        append(self.logs[name], [CLOSED % (self.second // 60, self.second % 60, value)])

    def whole(self, thing, who="analyst"):
        status, _, data = self.who[who].ask("GET", "/indicators/" + thing["id"])
        assert status in (200, 404), (status, data)
        return data if status == 200 else None

    def record(self, thing, who="analyst"):
        whole = self.whole(thing, who)
        return whole and whole["records"][0]

    def wait(self, thing, state, code=None):
        def look():
            one = self.record(thing)
            return one and one["state"] == state and (one["why"] or {}).get("code") == code and one
        try:
            return until("%s %s %s" % (thing["pattern"], state, code), look)
        except AssertionError as error:
            raise AssertionError("%s: it is %s" % (error, self.record(thing))) from error

    def found(self, org, value):
        return [f for f in self.who["analyst"].get("/findings?limit=1000&org=" + org)["items"]
                if f["kind"] == "indicator" and f["matched"] == value]

    def engine_looks_for(self, value, is_wanted=True):
        """Is it in the lists of the hub's engine?"""
        def look():
            texts = []
            for path in (self.hub.data / "indicators").glob("stix-*.csv"):
                try:
                    texts.append(path.read_text(encoding="utf-8"))
                except FileNotFoundError:
                    continue
            return ('"%s"' % value in "".join(texts)) == is_wanted
        until("%s %s the lists" % (value, "in" if is_wanted else "out of"), look)

    def offered(self, name):
        """The values that a sensor was given."""
        values = set()
        for path in (self.members[name].state / "detect" / "indicators").glob("stix-*.csv"):
            try:
                values |= set(path.read_text(encoding="utf-8").split("\n")[1:-1])
            except FileNotFoundError:
                continue
        return values

    def hit(self, name, org, value):
        """Lines until one is found: the engine takes new lists over between two batches."""
        def look():
            self.line(name, value)
            return self.found(org, value)
        return until("a finding of %s at %s" % (value, org), look)


T = Town()


CLIENT = """
import json, sys
from requests.auth import AuthBase
from taxii2client.v21 import Collection
class Bearer(AuthBase):
    def __call__(self, request):
        request.headers["Authorization"] = "Bearer " + sys.argv[2]
        return request
status = Collection(sys.argv[1], auth=Bearer()).add_objects(json.load(sys.stdin), timeout=60)
assert status.status == "complete" and not status.failure_count, status.raw
"""


def client_posts(thing):
    """By the client of others; without a network (said) by plain HTTP."""
    python = environment()
    if not python:
        T.send(thing)
        return
    done = subprocess.run([python, "-c", CLIENT, T.hub.ready["url"] + T.place, T.tokens["analyst"]],
                          input=json.dumps({"objects": [thing]}).encode(), capture_output=True, timeout=300, check=False,
                          env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"})
    equal(done.returncode, 0, done.stderr.decode()[-2000:])


@case
def from_a_post_to_a_finding_at_the_hub_and_at_a_sensor():
    T.sensor("acme", "acme")
    T.sensor("home", "beta", AT_HOME)
    thing = indicator(of(1))
    client_posts(thing)
    one = T.wait(thing, "acts")
    equal((one["tlp"], one["confidence"], one["sensors"], [v["value"] for v in one["values"]]),
          ("green", 80, True, [address(1)]), one)
    T.engine_looks_for(address(1))
    T.hit("acme", "acme", address(1))
    finding = until("the finding names it", lambda: [f for f in T.found("acme", address(1)) if f.get("indicators")])[0]
    equal(finding["indicators"], [thing["id"]])
    equal(T.who["acme"].get("/findings/" + finding["id"])["indicators"], [thing["id"]])
    # At a sensor that sends no records, its own look finds it.
    until("the sensor's list", lambda: address(1) in T.offered("home"))
    told = T.hit("home", "beta", address(1))
    equal(told[0]["held_by"], "member")
    until("the sensor's finding names it", lambda: [f for f in T.found("beta", address(1))
                                                    if f.get("indicators") == [thing["id"]]])
    whole = T.whole(thing)
    equal((whole["name"], whole["created_by_ref"], whole["indicator_types"]),
          (thing["name"], thing["created_by_ref"], thing["indicator_types"]))
    equal(whole["kill_chain_phases"], thing["kill_chain_phases"])
    said, = whole["said"]
    equal((said["modified"], said["tlp"], said["confidence"], said["created_by_ref"]),
          (thing["modified"], "green", 80, thing["created_by_ref"]))
    until("both saw it", lambda: T.record(thing)["seen_by"] == 2)
    equal({s["org"] for s in T.whole(thing)["seen"]}, {"acme", "beta"})
    equal({s["org"] for s in T.whole(thing, "beta")["seen"]}, {"beta"})


@case
def versions_take_back():
    old, revoked, moved, gone = (indicator(of(n)) for n in (10, 11, 12, 13))
    T.send(old, revoked, moved, gone)
    for thing in (old, revoked, moved, gone):
        T.wait(thing, "acts")
    T.send({**old, "modified": stamp(), "valid_until": stamp(-0.5)}, {**revoked, "modified": stamp(), "revoked": True},
           {**moved, "modified": stamp(), "pattern": of(14)})
    T.wait(old, "over", "expired")
    T.wait(revoked, "over", "revoked")
    T.engine_looks_for(address(14))
    for number in (10, 11, 12):
        T.engine_looks_for(address(number), False)
        until("the sensor's lists", lambda n=number: address(n) not in T.offered("home"))
    equal([v["value"] for v in T.record(moved)["values"]], [address(14)])
    equal(len(T.whole(moved)["said"]), 2)
    equal(T.taxii["analyst"].ask("DELETE", T.place + "objects/%s/" % gone["id"])[0], 200)
    until("it is gone", lambda: T.record(gone) is None)
    T.engine_looks_for(address(13), False)
    # Without its newest version the older one counts again.
    path = T.place + "objects/%s/?match[version]=last" % revoked["id"]
    equal(T.taxii["analyst"].ask("DELETE", path)[0], 200)
    T.wait(revoked, "acts")
    T.engine_looks_for(address(11))


@case
def what_waits_says_why():
    more = indicator("[ipv4-addr:value = '203.0.113.20' AND network-traffic:dst_port = 443]")
    mail = indicator("[email-addr:value = 'tanaka@corp.example']")
    url = indicator("[url:value = 'http://evil.example/x?to=tanaka@corp.example']")
    weak = indicator(of(21), confidence=10)
    unsaid = indicator(of(22), confidence=None)
    later = indicator(of(23), valid_from=stamp(3))
    red = indicator(of(24), tlp="red")
    unmarked = indicator(of(25), tlp=None)
    T.send(more, mail, url, weak, unsaid, later, red, unmarked)
    for thing, code in ((more, "pattern"), (mail, "person"), (url, "person"), (weak, "confidence"), (later, "not-yet"),
                        (red, "marking"), (unmarked, "marking")):
        T.wait(thing, "waits", code)
    T.wait(unsaid, "acts")
    equal(T.record(later)["next"][:10], later["valid_from"][:10])
    # Whoever may not read the object sees no indicator.
    equal(T.record(red, "acme"), None)
    equal(T.who["acme"].ask("POST", "/indicators/%s/reports" % red["id"], {"what": "seen", "text": "x"})[0], 404)
    assert red["id"] not in json.dumps(T.who["acme"].get("/indicators?limit=1000"))
    equal([i["id"] for i in T.who["acme"].get("/indicators?value=" + address(22))["items"]], [unsaid["id"]])
    equal({i["why"]["code"] for i in T.who["analyst"].get("/indicators?state=waits&limit=1000")["items"]} >=
          {"pattern", "person", "confidence", "not-yet", "marking"}, True)
    # A person marks what names a person; a mail address itself is still nothing that is looked for.
    T.who["analyst"].make("POST", "/indicators/%s/decision" % url["id"], {"decision": "yes", "text": "the lure"}, 200)
    T.wait(url, "acts")
    T.engine_looks_for("http://evil.example/x?to=tanaka@corp.example")
    listed = yagura("share", "export", "--as", "list", "--data", T.hub.data, "--collection", T.place.split("/")[-2])
    assert "tanaka@corp.example\n" in listed.out and "\ntanaka" not in listed.out, listed.out
    assert "1 values name a person" in listed.err, listed.err
    T.who["analyst"].make("POST", "/indicators/%s/decision" % mail["id"], {"decision": "yes", "text": "the sender"}, 200)
    T.wait(mail, "waits", "kind")
    listed = yagura("share", "export", "--as", "list", "--data", T.hub.data, "--collection", T.place.split("/")[-2])
    assert "\ntanaka@corp.example\n" in listed.out, listed.out
    T.who["analyst"].make("POST", "/indicators/%s/decision" % weak["id"], {"decision": "yes", "text": "seen here"}, 200)
    T.wait(weak, "acts")
    T.who["analyst"].make("POST", "/indicators/%s/decision" % weak["id"], {"decision": "back", "text": "no"}, 200)
    T.wait(weak, "waits", "confidence")
    # Pages go on where the one before ended.
    ids, after = [], ""
    while True:
        page = T.who["analyst"].get("/indicators?limit=3" + after)
        ids += [i["id"] for i in page["items"]]
        if not page.get("next"):
            break
        after = "&after=" + page["next"]
    equal(len(ids), len(set(ids)))
    equal(set(ids), {i["id"] for i in T.who["analyst"].get("/indicators?limit=1000")["items"]})


@case
def false_positives_and_decisions():
    thing = indicator(of(30), confidence=70)
    T.send(thing)
    T.wait(thing, "acts")
    status, _, data = T.who["acme"].ask("POST", "/indicators/%s/reports" % thing["id"], {"what": "false-positive", "text": ""})
    equal(status, 400, data)
    T.who["acme"].make("POST", "/indicators/%s/reports" % thing["id"], {"what": "false-positive", "text": "our own proxy"}, 200)
    one = until("the report counts", lambda: (lambda r: r["score"] < 60 and r)(T.record(thing)))
    assert (one["state"], one["false_positives"]) == ("acts", 1) and 35 < one["score"] < 45, one  # 70 less 30
    # Twice by one organisation is once.
    T.who["acme"].make("POST", "/indicators/%s/reports" % thing["id"], {"what": "false-positive", "text": "again"}, 200)
    done = T.hub.admin("indicators", "report", thing["id"], "--what", "false-positive", "--reason", "a scanner of ours")
    equal(done.code, 0, done.err)
    T.wait(thing, "over", "reported")
    T.engine_looks_for(address(30), False)
    words = T.whole(thing)["words"]
    equal([(w["word"], w["org"], w["text"]) for w in words],
          [("false-positive", "acme", "our own proxy"), ("false-positive", "acme", "again"),
           ("false-positive", "hub", "a scanner of ours")])
    equal([w["org"] for w in T.whole(thing, "beta")["words"]], ["hub"])
    # Yes by a person weighs what was reported before; no ends it.
    done = T.hub.admin("indicators", "decide", thing["id"], "yes", "--reason", "it is theirs")
    equal(done.code, 0, done.err)
    T.wait(thing, "acts")
    T.engine_looks_for(address(30))
    equal(T.hub.admin("indicators", "decide", thing["id"], "no", "--reason", "enough").code, 0)
    T.wait(thing, "over", "refused")
    T.engine_looks_for(address(30), False)
    equal(T.who["acme"].ask("POST", "/indicators/%s/decision" % thing["id"], {"decision": "yes", "text": "x"})[0], 403)
    shown = T.hub.admin("indicators", "show", thing["id"])
    assert "our own proxy" in shown.out and thing["id"] in shown.out, shown.out
    listed = [json.loads(line) for line in T.hub.admin("indicators", "list", "--state", "over", "--json").out.splitlines()]
    assert thing["id"] in {one["id"] for one in listed}, listed
    entries = T.who["administrator"].get("/audit?limit=1000")["items"]
    equal([e["action"] for e in entries if e["object"] == thing["id"]],
          ["indicator.false-positive"] * 3 + ["indicator.yes", "indicator.no"])


@case
def what_an_organisation_said_and_saw_is_in_its_export():
    def lines(org, name):
        return [json.loads(line) for line in (exported[org] / (name + ".ndjson")).read_text(encoding="utf-8").splitlines()]

    exported = {org: folder() / ("export-" + org) for org in ("acme", "beta")}
    for org, to in exported.items():
        done = T.hub.admin("export", "--org", org, "--to", to)
        equal(done.code, 0, done.err)
    words = lines("acme", "indicator_words")
    equal([(w["org"], w["word"], w["text"]) for w in words],
          [("acme", "false-positive", "our own proxy"), ("acme", "false-positive", "again")])
    thing, = {w["indicator"] for w in words}
    equal([w["text"] for w in T.whole({"id": thing}, "acme")["words"] if w["org"] == "acme"], [w["text"] for w in words])
    assert not (exported["beta"] / "indicator_words.ndjson").exists()
    for org, to in exported.items():
        seen = lines(org, "indicator_sightings")
        assert seen, org
        for one in seen:
            assert one["records"] >= 1 and one["first"] <= one["last"], one
            found, = [s for s in T.whole({"id": one["indicator"]})["seen"] if s["finding"] == one["finding"]]
            equal(found["org"], org, one)
        assert {one["finding"] for one in seen} <= {f["id"] for f in lines(org, "findings")}, seen
        assert b'"%s"' % {"acme": b"beta", "beta": b"acme"}[org] not in b"".join(
            (to / (name + ".ndjson")).read_bytes() for name in ("indicator_words", "indicator_sightings")
            if (to / (name + ".ndjson")).exists())


@case
def a_members_own_collection_is_for_its_own_logs():
    own = T.collection("--title", "of acme", "--org", "acme")
    thing = indicator(of(40), tlp="amber")
    T.send(thing, place=own, who="acme")
    until("it acts", lambda: (lambda r: r and r["state"] == "acts")(T.record(thing, "acme")))
    T.hit("acme", "acme", address(40))
    T.line("home", address(40))
    until("named", lambda: [f for f in T.found("acme", address(40)) if f.get("indicators") == [thing["id"]]])
    equal(T.record(thing, "beta"), None)
    equal(T.found("beta", address(40)), [])
    assert address(40) not in T.offered("home")


@case
def a_member_that_changes_its_sector_gets_what_is_for_it():
    scope = T.hub.data / "indicators" / ".warned" / ".scope-stix"

    def looked_for():
        rows = [line.split("\t") for line in (scope.read_text(encoding="utf-8") if scope.exists() else "").splitlines()]
        return {row[1] for row in rows if row[0] == address(45)}

    if "home" not in T.members:
        T.sensor("home", "beta", AT_HOME)
    place = T.collection("--title", "of a sector", "--for", "sector:rail")
    thing = indicator(of(45))
    T.send(thing, place=place)
    T.wait(thing, "acts")
    for sector, orgs in (("rail", {"beta"}), ("water", set())):
        T.who["administrator"].make("PUT", "/orgs/beta/member", {"sector": sector}, 200)
        until("rows of a sector", lambda wanted=orgs: looked_for() == wanted)
        until("the sensor's list", lambda is_wanted=bool(orgs): (address(45) in T.offered("home")) == is_wanted)


@case
def without_a_folder_it_says_what_is_missing():
    for words, said in ((("list",), "--data FOLDER"), (("decide", "a", "yes", "b", "c"), "one word is too many")):
        done = yagura("admin", "indicators", *words)
        equal(done.code, 2, done.err)
        assert said in done.err and "--help" in done.err, done.err
    done = yagura("admin", "indicators", "list", "--data", folder())
    equal((done.code, done.out), (2, ""), done.err)
    assert "stix.db" in done.err, done.err


@case
def well_known_values_wait():
    lists = T.hub.data / "warning-lists"
    (lists / "resolvers.json").write_text(json.dumps({"name": "resolvers", "type": "cidr", "list": ["198.51.100.53/32"],
                                                      "matching_attributes": ["ip-dst"]}))
    thing = indicator("[ipv4-addr:value = '198.51.100.53']")
    both = indicator("[ipv4-addr:value = '198.51.100.53' OR ipv4-addr:value = '203.0.113.50']")
    T.send(thing, both)
    T.wait(both, "acts")
    one = T.wait(thing, "waits", "known")
    equal(one["why"]["list"], "resolvers")
    T.engine_looks_for(address(50))
    T.engine_looks_for("198.51.100.53", False)
    T.who["analyst"].make("POST", "/indicators/%s/decision" % thing["id"], {"decision": "yes", "text": "taken over"}, 200)
    T.wait(thing, "acts")
    T.engine_looks_for("198.51.100.53")
    T.hit("acme", "acme", "198.51.100.53")


@case
def lists_of_well_known_values_are_followed_while_it_runs_and_while_it_is_off():
    late = T.hub.data / "warning-lists" / "late.json"
    thing = indicator("[ipv4-addr:value = '203.0.113.51' OR ipv4-addr:value = '203.0.113.52']")
    T.send(thing)
    T.wait(thing, "acts")
    T.engine_looks_for(address(51))
    until("the sensor's list", lambda: address(51) in T.offered("home"))
    # One of its values becomes well known: it acts on, without it.
    late.write_text(json.dumps({"name": "late", "type": "cidr", "list": [address(51) + "/32"], "matching_attributes": ["ip-dst"]}))
    T.engine_looks_for(address(51), False)
    until("out of the sensor's list", lambda: address(51) not in T.offered("home"))
    assert address(52) in T.offered("home")
    T.hub.stop()
    late.unlink()
    T.start_again()
    T.engine_looks_for(address(51))
    until("the sensor's list again", lambda: address(51) in T.offered("home"))


@case
def imports_and_restarts():
    thing = indicator(of(60))
    bundle = folder() / "bundle.json"
    bundle.write_text(json.dumps({"type": "bundle", "id": "bundle--" + str(uuid.uuid4()), "objects": [thing]}))
    done = yagura("share", "import", bundle, "--data", T.hub.data, "--collection", T.place.split("/")[-2])
    equal(done.code, 0, done.err)
    T.wait(thing, "acts")
    T.engine_looks_for(address(60))
    before = {i["id"]: i["state"] for i in T.who["analyst"].get("/indicators?limit=1000")["items"]}
    T.hub.stop()
    T.start_again()
    late = indicator(of(61))
    T.send(late)
    T.wait(late, "acts")
    items = T.who["analyst"].get("/indicators?limit=1000")["items"]
    equal({i["id"]: i["state"] for i in items if i["id"] != late["id"]}, before)
    for item in items:  # no finding counts twice, and none for more than it is
        seen = T.whole(item)["seen"]
        equal(len({s["finding"] for s in seen}), len(seen))
        assert item["sightings"] >= sum(s["count"] for s in seen), item
        for one in seen[:5]:
            assert one["count"] <= T.who["analyst"].get("/findings/" + one["finding"])["count"], one
    assert any(item["sightings"] > 0 for item in items), items
    T.sensor("new", "acme", AT_HOME)
    until("a new sensor gets the lists", lambda: address(61) in T.offered("new") and address(40) in T.offered("new"))


@case
def a_relationship_is_found_from_both_ends():
    thing, malware = indicator(of(70)), {"type": "malware", "spec_version": "2.1", "id": "malware--" + str(uuid.uuid4()),
                                         "created": CREATED, "modified": CREATED, "is_family": True, "name": "x",
                                         "object_marking_refs": ["marking-definition--" + TLP["green"]]}
    tie = {"type": "relationship", "spec_version": "2.1", "id": "relationship--" + str(uuid.uuid4()), "created": CREATED,
           "modified": CREATED, "relationship_type": "indicates", "source_ref": thing["id"], "target_ref": malware["id"],
           "object_marking_refs": ["marking-definition--" + TLP["green"]]}
    secret = {**tie, "id": "relationship--" + str(uuid.uuid4()), "object_marking_refs": ["marking-definition--" + TLP["red"]]}
    T.send(thing, malware, tie, secret)
    for end, ref in (("source_ref", thing["id"]), ("target_ref", malware["id"])):
        for who, wanted in (("analyst", {tie["id"], secret["id"]}), ("acme", {tie["id"]})):
            items = T.who[who].get("/relationships?%s=%s" % (end, ref))["items"]
            equal({i["object"]["id"] for i in items}, wanted, (end, who))
            equal([i["object"] for i in items if i["object"]["id"] == tie["id"]], [tie])
        equal(T.who["analyst"].get("/relationships?%s=%s" % ("target_ref" if end == "source_ref" else "source_ref", ref))["items"], [])
        page = T.who["analyst"].get("/relationships?limit=1&%s=%s" % (end, ref))
        rest = T.who["analyst"].get("/relationships?limit=1&%s=%s&after=%s" % (end, ref, page["next"]))
        equal({i["object"]["id"] for i in page["items"] + rest["items"]}, {tie["id"], secret["id"]})
    equal(T.who["analyst"].ask("GET", "/relationships")[0], 400)


@case
def the_end():
    for member in T.members.values():
        equal(member.stop(), 0, member.messages())
    equal(T.hub.stop(), 0, T.hub.messages())


main()
