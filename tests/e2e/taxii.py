# SPDX-License-Identifier: Apache-2.0
"""The hub as a TAXII 2.1 server, as programs meet it: raw requests, and the clients of others."""
import json
import os
import pathlib
import subprocess
import uuid

from harness import case, contains, equal, folder, main, yagura
from hub_kit import Hub
from taxii_kit import HERE, TLP, TYPE, Caller, environment


SHARED = pathlib.Path(os.environ.get("YAGURA_SHARED", pathlib.Path(os.environ["YAGURA_ROOT"]).parent / "shared" / "data"))


def tool(name, tlp=None, **more):
    thing = {"type": "tool", "spec_version": "2.1", "id": "tool--" + str(uuid.uuid4()), "name": name,
             "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", **more}
    if tlp:
        thing["object_marking_refs"] = ["marking-definition--" + TLP[tlp]]
    return thing


class Town:
    def __init__(self):
        self.hub = Hub()
        for org in ("acme", "beta"):
            self.hub.org(org)
        self.nobody = Caller(self.hub)
        self.analyst = self.caller("hub", "analyst")
        self.acme = self.caller("acme", "member")
        self.beta = self.caller("beta", "member")
        self.narrow = self.caller("acme", "member", "--rights", "read_indicators")
        self.blind = self.caller("acme", "member", "--rights", "read_org")

    def token(self, org, role, *more):
        done = self.hub.admin("api-token", "--org", org, "--role", role, *more)
        equal(done.code, 0, done.err)
        return done.out.strip()

    def caller(self, *words):
        return Caller(self.hub, self.token(*words))

    def collection(self, *words):
        done = self.hub.admin("collection", "add", *words)
        equal(done.code, 0, done.err)
        return "/taxii2/hub/collections/%s/" % done.out.strip()


TOWN = Town()


@case
def nobody_learns_nothing():
    for path in ("/taxii2/", "/taxii2", "/taxii2/hub/", "/taxii2/hub/collections/", "/taxii2/nothing/"):
        status, headers, data = TOWN.nobody.ask("GET", path)
        equal(status, 401, data)
        assert headers["WWW-Authenticate"].startswith("Basic"), headers
    equal(Caller(TOWN.hub, basic="x:" + "0" * 64).ask("GET", "/taxii2/")[0], 401)
    # A token is the password of any name.
    basic = Caller(TOWN.hub, basic="anyone:" + TOWN.acme.auth.split()[1])
    equal(basic.get("/taxii2/")[1]["api_roots"], ["/taxii2/hub/"])
    equal(basic.get("/taxii2/hub/")[1]["versions"], [TYPE])


@case
def media_types():
    place = TOWN.collection("--for", "community", "--default-tlp", "clear")
    for accept, wanted in ((TYPE, 200), ("application/taxii+json", 200), ("*/*", 200), ("text/html", 406),
                           ("application/taxii+json;version=3.0", 406),
                           ('application/json, application/taxii+json; version="2.1"', 200)):
        equal(TOWN.acme.ask("GET", place, Accept=accept)[0], wanted, accept)
    for kind, wanted in ((TYPE, 202), ("application/taxii+json", 202), ("application/json", 415),
                         ("application/taxii+json;version=2.0", 415)):
        equal(TOWN.analyst.ask("POST", place + "objects/", {"objects": [tool("x")]}, Content_Type=kind)[0], wanted, kind)


@case
def markings_decide_what_is_there():
    place = TOWN.collection("--for", "community", "--others-write")
    things = {name: tool(name, None if name == "none" else name) for name in ("none", *TLP)}
    status, _, data = TOWN.analyst.ask("POST", place + "objects/", {"objects": list(things.values())})
    equal((status, data["success_count"], data["failure_count"]), (202, 6, 0), data)
    equal(TOWN.analyst.get("/taxii2/hub/status/%s/" % data["id"])[1], data)
    equal(TOWN.acme.ask("GET", "/taxii2/hub/status/%s/" % data["id"])[0], 404)
    for who, wanted in ((TOWN.analyst, set(things)), (TOWN.acme, {"clear", "green"}), (TOWN.narrow, {"clear", "green"})):
        names = {one["id"]: name for name, one in things.items()}
        for part in ("objects", "manifest"):
            _, data = who.get(place + part + "/")
            equal({names[one["id"]] for one in data["objects"]}, wanted, part)
        for name, thing in things.items():
            for path in ("", "versions/"):
                equal(who.ask("GET", "%sobjects/%s/%s" % (place, thing["id"], path))[0], 200 if name in wanted else 404, name)
    # A newer version above the clearance does not hide the one below it.
    newer = {**tool("clear", "red"), "id": things["clear"]["id"], "modified": "2026-02-01T00:00:00.000Z"}
    equal(TOWN.analyst.ask("POST", place + "objects/", {"objects": [newer]})[2]["failure_count"], 0)
    _, data = TOWN.acme.get(place + "objects/%s/" % newer["id"])
    equal([one["modified"] for one in data["objects"]], ["2026-01-01T00:00:00.000Z"])
    equal(TOWN.blind.ask("GET", place + "objects/")[0], 404)
    equal(TOWN.narrow.ask("POST", place + "objects/", {"objects": [tool("y")]})[0], 403)


@case
def each_collection_for_whom_it_is():
    own = TOWN.collection("--org", "acme", "--title", "acme's own")
    hubs = TOWN.collection("--title", "the hub's own")
    for who, place, wanted in ((TOWN.acme, own, 200), (TOWN.beta, own, 404), (TOWN.analyst, own, 404),
                               (TOWN.analyst, hubs, 200), (TOWN.acme, hubs, 404)):
        equal(who.ask("GET", place)[0], wanted, place)
        ids = [one["id"] for one in who.get("/taxii2/hub/collections/")[1].get("collections", [])]
        equal(place.split("/")[-2] in ids, wanted == 200)
        equal(ids, sorted(ids))
    red = tool("own", "red")
    equal(TOWN.acme.ask("POST", own + "objects/", {"objects": [red]})[2]["success_count"], 1)
    equal(TOWN.acme.get(own + "objects/")[1]["objects"], [red])  # to its owner, all of it


@case
def what_is_wrong_is_said():
    place = TOWN.collection("--default-tlp", "clear")
    good, who = tool("good"), TOWN.analyst
    bad = {**tool("bad"), "type": "indicator", "id": "indicator--" + str(uuid.uuid4()), "pattern": "[x",
           "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z"}
    _, _, data = who.ask("POST", place + "objects/", {"objects": [good, bad, good]})
    equal((data["total_count"], data["success_count"], data["failure_count"], data["pending_count"]), (3, 2, 1, 0), data)
    assert data["failures"][0]["message"].startswith("objects[1].pattern: "), data
    _, _, data = who.ask("POST", place + "objects/", {"objects": [{**good, "name": "other"}]})
    assert data["failures"][0]["message"].startswith("objects[0].modified: "), data
    for body, wanted in ((b"{", 422), (b"[]", 422), ({}, 422), ({"objects": []}, 422), (b"x" * (10 << 20) + b"x", 413)):
        equal(who.ask("POST", place + "objects/", body)[0], wanted)
    for query in ("limit=0", "limit=x", "added_after=yesterday", "next=1", "next=1-0", "match[version]=x", "match[id]=,",
                  "match%5Bspec_version%5D=x", "match[version]=all,last"):
        equal(who.ask("GET", place + "objects/?" + query)[0], 400, query)
    equal(who.ask("GET", "/taxii2/hub/collections/%s/" % uuid.uuid4())[0], 404)
    equal(who.ask("PUT", place + "objects/")[0], 405)


@case
def pages_and_headers():
    place = TOWN.collection("--default-tlp", "clear")
    things = [tool("n%d" % number) for number in range(10)]
    headers, data = TOWN.analyst.get(place + "objects/")
    equal(data, {})
    assert headers["X-TAXII-Date-Added-Last"].endswith("Z"), headers
    TOWN.analyst.ask("POST", place + "objects/", {"objects": things})
    for part in ("objects", "manifest"):
        found, query, stamps = [], "?limit=3", []
        while True:
            headers, data = TOWN.analyst.get(place + part + "/" + query)
            found += [one["id"] for one in data["objects"]]
            stamps += [one.get("date_added") for one in data["objects"]]
            equal("next" in data, data["more"])
            if not data["more"]:
                break
            query = "?limit=3&next=" + data["next"]
        equal(found, [one["id"] for one in things])
        if part == "manifest":
            equal(stamps, sorted(set(stamps)))  # strictly increasing
            equal(headers["X-TAXII-Date-Added-Last"], stamps[-1])
    last = headers["X-TAXII-Date-Added-Last"]
    headers, data = TOWN.analyst.get(place + "objects/?added_after=" + last)
    equal((data, headers["X-TAXII-Date-Added-Last"]), ({}, last))
    # A place is of one question only.
    _, data = TOWN.analyst.get(place + "objects/?limit=3")
    equal(TOWN.analyst.ask("GET", place + "objects/?match[type]=tool&next=" + data["next"])[0], 400)


@case
def versions_and_deleting():
    place = TOWN.collection("--default-tlp", "clear", "--for", "community")
    thing = tool("v")
    times = ["2026-01-0%dT00:00:00.000Z" % day for day in (3, 1, 2)]
    TOWN.analyst.ask("POST", place + "objects/", {"objects": [{**thing, "modified": time} for time in times]})
    one = place + "objects/%s/" % thing["id"]
    equal(sorted(TOWN.analyst.get(one + "versions/")[1]["versions"]), sorted(times))
    for match, wanted in (("", times[:1]), ("?match[version]=first", times[1:2]), ("?match[version]=all", times),
                          ("?match[version]=last,first", times[:2]), ("?match[version]=" + times[2], times[2:])):
        equal([found["modified"] for found in TOWN.analyst.get(one + match)[1]["objects"]], wanted, match)
    equal(TOWN.acme.ask("DELETE", one)[0], 403)
    equal(TOWN.analyst.ask("DELETE", one + "?match[version]=first")[0], 200)
    equal(sorted(TOWN.analyst.get(one + "versions/")[1]["versions"]), sorted([times[0], times[2]]))
    equal(TOWN.analyst.ask("DELETE", one)[0], 200)
    for path in (one, one + "versions/"):
        equal(TOWN.analyst.ask("GET", path)[0], 404)
    equal(TOWN.analyst.get(place + "manifest/")[1], {})
    equal(TOWN.analyst.ask("DELETE", one)[0], 404)


@case
def what_was_said_to_be_stored_is_stored():
    place = TOWN.collection("--default-tlp", "clear")
    things = [tool("k%d" % number) for number in range(300)]
    _, _, status = TOWN.analyst.ask("POST", place + "objects/", {"objects": things})
    equal(status["success_count"], 300)
    TOWN.hub.kill()
    TOWN.hub.start()
    for who in (TOWN.analyst, TOWN.acme, TOWN.beta, TOWN.nobody, TOWN.narrow, TOWN.blind):
        who.url = TOWN.hub.ready["url"]
    equal(len(TOWN.analyst.get(place + "objects/")[1]["objects"]), 300)
    equal(TOWN.analyst.get("/taxii2/hub/status/%s/" % status["id"])[1], status)


@case
def what_happens_to_collections_is_in_the_audit_log():
    hub = TOWN.hub
    place = TOWN.collection("--org", "acme", "--title", "kept", "--alias", "shelf")
    name = place.split("/")[-2]
    thing = tool("gone")
    TOWN.acme.ask("POST", place + "objects/", {"objects": [thing, {**thing, "modified": "2026-02-01T00:00:00.000Z"}]})
    equal(TOWN.acme.ask("DELETE", place + "objects/%s/" % thing["id"])[0], 200)
    equal(hub.admin("collection", "change", "shelf", "--for", "community", "--title", "new").code, 0)
    equal(TOWN.beta.get("/taxii2/hub/collections/shelf/")[1]["title"], "new")
    equal(hub.admin("collection", "change", name, "--default-tlp", "clear").code, 2)
    equal(hub.admin("collection", "change", name, "--for", "own", "--others-write").code, 0)
    equal(TOWN.beta.ask("GET", place)[0], 404)
    bundle = folder() / "b.json"
    bundle.write_text(json.dumps({"type": "bundle", "id": "bundle--" + name, "objects": [tool("brought")]}), encoding="utf-8")
    equal(yagura("share", "import", bundle, "--data", hub.data, "--collection", name).code, 0)
    for words, code in ((("remove", name), 1), (("remove", str(uuid.uuid4()), "--yes"), 1), (("remove",), 2), (("remove", name, "--yes"), 0)):
        equal(hub.admin("collection", *words).code, code, words)
    equal(TOWN.acme.ask("GET", place)[0], 404)
    entries = [json.loads(line) for line in hub.admin("audit", "list", "--json").out.splitlines()]
    found = [(one["action"], one["org"], one["object"], one["detail"]) for one in entries if one["object"].startswith(name)]
    equal(found, [("collection.add", "acme", name, "own"),
                  ("collection.delete-objects", "acme", name + " " + thing["id"], "2 versions"),
                  ("collection.change", "acme", name, "community"), ("collection.change", "acme", name, "own"),
                  ("collection.import", "acme", name, "1 versions"), ("collection.remove", "acme", name, "1 versions")])
    equal(hub.admin("audit", "verify").code, 0)


@case
def data_set_of_others():
    path = SHARED / "taxii" / "default_data.json"
    if not path.exists():
        print("skipped: YAGURA_SHARED has no taxii/default_data.json")
        return
    for _ in range(2):  # again: it is as it was
        equal(TOWN.hub.admin("taxii-load", path, "--user", "admin:Password0").code, 0)
    who = Caller(TOWN.hub, basic="admin:Password0")
    equal(Caller(TOWN.hub, basic="admin:Password1").ask("GET", "/taxii2/")[0], 401)
    wanted = json.loads(path.read_text(encoding="utf-8"))
    equal(who.get("/taxii2/")[1], wanted["/discovery"])
    equal(who.get("/trustgroup1/")[1], wanted["trustgroup1"]["information"])
    equal(len(who.get("/trustgroup1/collections")[1]["collections"]), 5)
    place = "/trustgroup1/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/"
    _, data = who.get(place + "manifest/?match[version]=all&match[spec_version]=2.0,2.1")
    times = {(one["id"], one["version"]): one["date_added"] for one in data["objects"]}
    for one in wanted["trustgroup1"]["collections"][2]["manifest"]:
        got = times[one["id"], one["version"]]
        assert got == one["date_added"] or one["media_type"].endswith("2.0"), (one, got)
    equal(who.ask("GET", "/trustgroup1/collections/472c94ae-3113-4e3e-a4dd-a9f4ac7471d4/objects/")[0], 403)
    equal(who.ask("GET", "/trustgroup1/collections/64993447-4d7e-4f70-b94d-d7f33742ee63/objects/")[0], 403)
    equal(who.get("/trustgroup1/status/2d086da7-4bdc-4f91-900e-d77486753710/")[1]["pending_count"], 2)
    # To nobody else.
    equal(TOWN.analyst.ask("GET", place)[0], 404)
    # Nor from elsewhere.
    equal(who.ask("GET", "/taxii2/", X_Forwarded_For="203.0.113.9")[0], 401)


NOTICE = {
    "kind": "warning", "number": "2026-0017", "time": "2026-11-25T09:00:00Z", "tlp": "amber", "pap": "green", "automatic": True,
    "exercise": True, "certainty": {"level": "analyst", "source": "a", "time": "2026-11-25T08:00:00Z"},
    "issuer": {"en": "Coordination", "ja": "調整"}, "title": {"en": "Attack on VPN devices", "ja": "VPN装置への攻撃"},
    "attack": {"field": "web", "outcome": "possible", "count": 7, "first": "2026-11-20T00:00:00Z", "last": "2026-11-21T00:00:00Z",
               "sources": ["203.0.113.9", "2001:db8:1::9"], "techniques": ["attack.t1190", "attack.initial-access", "attack.t1059.001"],
               "rules": [{"id": "r", "title": {"en": "t"}, "level": "high", "count": 2}],
               "indicators": [{"type": "domain", "value": "evil.example", "confidence": 80, "valid_until": "2027-01-01T00:00:00Z"},
                              {"type": "url", "value": "http://evil.example/it's"}, {"type": "hash", "value": "ab" * 32},
                              {"type": "hash", "value": "cd" * 16}], "comment": {"en": "They come by the management page."}},
    "act": [{"en": "Close the management page."}], "avoid": [{"en": "Do not restart."}], "tell": [{"en": "Your provider."}]}


def released(kind, number, refers=""):
    """A notice through the gate, as STIX."""
    place = folder()
    (place / "n.json").write_text(json.dumps({**NOTICE, "kind": kind, "number": number, "refers": refers}), encoding="utf-8")
    (place / "own.json").write_text(json.dumps({"domains": ["yamagishi.example"]}), encoding="utf-8")
    done = yagura("share", "release", "--notice", place / "n.json", "--own", place / "own.json", "--audience", "partner",
                  "--outlet", "taxii", "--agreed", "nameless")
    equal(done.code, 0, done.err)
    (place / "stix.json").write_text(done.out, encoding="utf-8")
    return place / "stix.json", {one["type"]: one for one in json.loads(done.out)["objects"]}


@case
def a_warning_as_stix():
    path, found = released("warning", "2026-0017")
    equal(set(found), {"identity", "indicator", "sighting", "attack-pattern", "report", "marking-definition"})
    report = found["report"]
    equal((report["name"], report["confidence"], report["labels"]),
          ("[exercise] Attack on VPN devices", 50, ["pap:green", "exercise", "unconfirmed"]))
    equal(report["object_marking_refs"], ["marking-definition--" + TLP["amber"]])
    contains(report["description"], "They come by the management page.\n- Close the management page.")
    store = folder() / "s.db"
    for _ in range(2):
        equal(yagura("share", "import", path, "--collection", "w", "--store", store).code, 0)
    _, withdrawn = released("withdrawal", "2026-0018", "2026-0017")
    equal((withdrawn["report"]["id"], withdrawn["report"]["revoked"]), (report["id"], True))
    equal(set(released("indicators", "2026-0019")[1]) & {"report", "grouping"}, {"grouping"})


@case
def clients_of_others():
    python = environment()
    if not python:
        return
    warnings = [str(released(kind, "2026-00%d" % number, "2026-0017" if kind == "withdrawal" else "")[0]) for number, kind in enumerate(("warning", "indicators", "withdrawal"), 20)]
    name = TOWN.collection("--default-tlp", "clear", "--for", "community", "--title", "all").split("/")[-2]
    done = subprocess.run([python, HERE / "taxii_client.py", TOWN.hub.ready["url"], TOWN.acme.auth.split()[1],
                           TOWN.analyst.auth.split()[1], name, *warnings], capture_output=True, timeout=400, check=False,
                          env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"})
    equal(done.returncode, 0, done.stderr.decode()[-2000:])
    result = json.loads(done.stdout)
    equal(result["roots"], [TOWN.hub.ready["url"] + "/taxii2/hub/"])
    equal((result["versions"], result["max"]), ([TYPE], 10 << 20))
    equal((result["equal"], result["lost"], result["repeated"]), ([True] * 6, 0, 0))
    equal(result["by_header"], True)
    equal(result["mixed"][:3], ["complete", 1, 1])
    assert result["mixed"][3].startswith("objects[1].id: "), result
    equal((result["invalid"], result["parsed"] > 180), ([], True), result)
    equal((result["warnings_invalid"], result["warnings"] > 30), ([], True), result)


@case
def it_ends_well():
    equal(TOWN.hub.stop(), 0)


main()
