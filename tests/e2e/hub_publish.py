# SPDX-License-Identifier: Apache-2.0
"""A released warning goes into a collection of STIX objects by a rule of people's, or by their wish; corrected and withdrawn it
is newer versions of the same objects. What members fetch over TAXII names nobody, in no byte of any answer."""
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys

from community_kit import ATTACKER, PARTIES, Community
from harness import case, equal, folder, main
from hub_api_kit import problem
from hub_kit import until

TYPE = "application/taxii+json;version=2.1"
HERE = pathlib.Path(__file__).parent
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
COMMUNITY = Community()
# What points to the one that was hit, as whole words of any answer.
SECRETS = [PARTIES["corp-c"], "Chikuma", "corp-c", "web.log"]


def collection(*words):
    done = COMMUNITY.town.hub.admin("collection", "add", *words)
    equal(done.code, 0, done.err)
    return done.out.strip()


OPEN = collection("--title", "warnings", "--alias", "warnings", "--for", "community", "--default-tlp", "green")
METAL = collection("--title", "metal", "--for", "sector:metal", "--default-tlp", "green")
INSIDE = collection("--title", "inside", "--default-tlp", "red")


class Reader:
    """A program of one member; all bytes that it ever got, heads included."""

    def __init__(self, org):
        done = COMMUNITY.town.hub.admin("api-token", "--org", org, "--role", "member")
        equal(done.code, 0, done.err)
        self.token, self.delivered = done.out.strip(), b""

    def ask(self, path):
        connection = http.client.HTTPConnection(COMMUNITY.town.hub.ready["url"].split("//")[1], timeout=60)
        connection.request("GET", path, headers={"Accept": TYPE, "Authorization": "Bearer " + self.token})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        self.delivered += ("%d %s\n" % (answer.status, answer.getheaders())).encode() + body
        return answer.status, json.loads(body)

    def versions(self, name):
        """All versions in the order in which they came, by every route of the collection."""
        place = "/taxii2/hub/collections/%s/" % name
        for path in ("/taxii2/", "/taxii2/hub/", "/taxii2/hub/collections/", place, place + "manifest/?match[version]=all"):
            equal(self.ask(path)[0], 200)
        status, data = self.ask(place + "objects/?match[version]=all&limit=1000")
        equal(status, 200, data)
        found = data.get("objects", [])
        for one in found:
            equal(self.ask(place + "objects/%s/?match[version]=all" % one["id"])[0], 200)
            equal(self.ask(place + "objects/%s/versions/" % one["id"])[0], 200)
        return found

    def names_nobody(self):
        text = self.delivered.decode().lower()
        plain = json.dumps(text) + text.encode().decode("unicode_escape", "ignore")
        equal([word for word in SECRETS if word.lower() in plain], [])


READER = Reader("hospital")
SCHOOL = Reader("school")  # of the sector


def newest(versions):
    found = {}
    for one in versions:
        found[one["id"]] = one
    return found


def publications(plan):
    return {one["collection"]: one for one in COMMUNITY.analyst.get("/publications?plan=" + plan["id"])["items"]}


def settled(plan, state, name=OPEN):
    return until("it is " + state, lambda: (lambda one: one and one["state"] == state and one)(publications(plan).get(name)), 120)


def released(**more):
    c = COMMUNITY
    plan = c.plan(**more)
    c.who["corp-c"].make("POST", "/questions/%s/answer" % plan["id"], {"answer": "yes"}, 200)
    c.analyst.make("POST", "/plans/%s/approve" % plan["id"], status=200)
    return plan


@case
def nothing_by_itself():
    global FIRST
    FIRST = released()
    equal(COMMUNITY.analyst.get("/publication-rules")["items"], [])
    equal(publications(FIRST), {})
    equal(READER.versions(OPEN), [])


@case
def what_would_leave_is_seen_before():
    c = COMMUNITY
    for name in ("warnings", OPEN, METAL):
        shown = c.analyst.make("POST", "/publications/preview", {"warning": FIRST["id"], "collection": name}, 200)
        equal((shown["refusal"], shown["named"], shown["tlp"], shown["audience"]),
              (None, False, "green", "sector" if name == METAL else "community"), shown)
        text = json.dumps(shown["copy"], ensure_ascii=False).lower()
        assert ATTACKER in text, text
        equal([word for word in SECRETS if word.lower() in text], [])
    problem(c.analyst.ask("POST", "/publications/preview", {"warning": FIRST["id"], "collection": INSIDE}), 409, "not-for-others")
    problem(c.analyst.ask("POST", "/publications/preview", {"warning": FIRST["id"], "collection": "nowhere"}), 404, "not-found")
    equal(c.analyst.ask("POST", "/publications/preview", {"warning": "0" * 32, "collection": OPEN})[0], 404)
    # Nothing was done by that, and whose collections there are is told.
    equal(publications(FIRST), {})
    equal(READER.versions(OPEN), [])
    equal([(one["title"], one["reach"], one["sector"]) for one in sorted(c.analyst.get("/collections")["items"], key=lambda o: o["title"])],
          [("inside", "own", ""), ("metal", "sector", "metal"), ("warnings", "community", "")])


@case
def only_people_and_only_for_others():
    c = COMMUNITY
    wish = {"collection": "warnings", "at_most": "green"}
    problem(c.town.token("hub", "analyst").ask("PUT", "/publication-rules", wish), 403, "person-needed")
    problem(c.analyst.ask("PUT", "/publication-rules", {"collection": "nowhere", "at_most": "green"}), 404, "not-found")
    problem(c.analyst.ask("PUT", "/publication-rules", {"collection": INSIDE, "at_most": "green"}), 409, "not-for-others")
    for word in ("amber", "red", "purple"):
        problem(c.analyst.ask("PUT", "/publication-rules", dict(wish, at_most=word)), 400, "bad-request")
    equal(c.analyst.ask("POST", "/publications", {"warning": "0" * 32, "collection": OPEN})[0], 404)
    problem(c.analyst.ask("POST", "/publications", {"warning": FIRST["id"], "collection": INSIDE}), 409, "not-for-others")
    problem(c.town.token("hub", "analyst").ask("POST", "/publications", {"warning": FIRST["id"], "collection": OPEN}), 403, "person-needed")
    # A plan that nobody of a sector was sent anything of.
    draft = c.plan()
    problem(c.analyst.ask("POST", "/publications", {"warning": draft["id"], "collection": OPEN}), 409, "not-for-others")
    c.analyst.make("POST", "/plans/%s/approve" % draft["id"], status=200)  # to the one that was hit alone
    problem(c.analyst.ask("POST", "/publications", {"warning": draft["id"], "collection": OPEN}), 409, "not-for-others")


@case
def a_wish():
    """Of a warning's id, by the command line; into the sector's collection, which the hospital does not see."""
    warning = COMMUNITY.warnings(FIRST)["school"]["id"]
    done = COMMUNITY.town.hub.admin("warnings", "publish", warning, "--collection", METAL)
    equal(done.code, 0, done.err)
    one = settled(FIRST, "published", METAL)
    equal((one["tlp"], one["number"], one["refusal"]), ("green", FIRST["number"], None))
    found = SCHOOL.versions(METAL)
    equal({"identity", "grouping", "indicator", "sighting"} <= {each["type"] for each in found}, True, found)
    assert any(ATTACKER in each.get("pattern", "") for each in found), found
    equal({tuple(each["object_marking_refs"]) for each in found if each["type"] in ("grouping", "indicator", "sighting")}, {(GREEN,)})
    equal(READER.ask("/taxii2/hub/collections/%s/objects/" % METAL)[0], 404)
    # Once more changes nothing.
    equal(COMMUNITY.analyst.ask("POST", "/publications", {"warning": FIRST["id"], "collection": METAL})[0], 200)
    settled(FIRST, "published", METAL)
    equal(SCHOOL.versions(METAL), found)
    done = COMMUNITY.town.hub.admin("warnings", "publish", "f" * 16, "--collection", METAL)
    equal(done.code, 1, done.err)
    done = COMMUNITY.town.hub.admin("warnings", "publications", "--json")
    equal([json.loads(line)["collection"] for line in done.out.splitlines()], [METAL])


@case
def a_rule_corrected_and_withdrawn():
    c = COMMUNITY
    done = c.town.hub.admin("warnings", "publish-rule", "warnings", "--at-most", "green")
    equal(done.code, 0, done.err)
    (rule,) = c.analyst.get("/publication-rules")["items"]
    equal((rule["collection"], rule["at_most"]), (OPEN, "green"))
    # More strictly marked than a sector may read: it stays out, and nobody is told of it.
    amber = released(tlp="amber")
    plan = released()
    settled(plan, "published")
    equal(publications(amber).get(OPEN, {"state": "refused"})["state"], "refused")
    first = newest(READER.versions(OPEN))
    (grouping,) = [one for one in first.values() if one["type"] == "grouping"]
    equal(grouping["external_references"][0]["external_id"], plan["number"])
    # Corrected: it came from elsewhere.
    fresh = c.analyst.make("POST", "/plans/%s/correct" % plan["id"],
                           {"notice": {"attack": {"sources": ["198.51.100.77"], "indicators": [{"type": "address", "value": "198.51.100.77"}]}}})
    until("the newer one", lambda: publications(plan)[OPEN]["plan"] == fresh["id"] and publications(plan)[OPEN]["state"] == "published", 120)
    second = newest(READER.versions(OPEN))
    again = second[grouping["id"]]
    equal((again["created"], again["modified"] > grouping["modified"], again.get("revoked")), (grouping["created"], True, None))
    equal({one.get("pattern"): one.get("revoked") for one in second.values() if one["type"] == "indicator"},
          {"[ipv4-addr:value = '%s']" % ATTACKER: True, "[ipv4-addr:value = '198.51.100.77']": None})
    # And once more: the ids are those of the first.
    last = c.analyst.make("POST", "/plans/%s/correct" % fresh["id"], {"notice": {"attack": {"count": 3}}})
    until("the third", lambda: publications(plan)[OPEN]["plan"] == last["id"] and publications(plan)[OPEN]["state"] == "published", 120)
    equal(set(newest(READER.versions(OPEN))), set(second))
    # Withdrawn, and the hub is killed before it can have done much of it.
    c.analyst.make("POST", "/plans/%s/withdraw" % last["id"], {"reason": "false alarm"})
    keeper = next(pid for pid, role in c.town.hub.processes().items() if role == "keeper")
    os.kill(keeper, signal.SIGKILL)
    until("it is there again", lambda: c.town.hub.processes().get(keeper) is None and "keeper" in c.town.hub.processes().values(), 120)
    settled(plan, "withdrawn")
    third = newest(READER.versions(OPEN))
    equal(set(third), set(second))
    equal({one["type"] for one in third.values() if not one.get("revoked")}, {"identity", "marking-definition"})
    equal([one["created"] for one in third.values() if one["id"] in first], [first[one]["created"] for one in third if one in first])
    # What is withdrawn goes nowhere any more.
    problem(c.analyst.ask("POST", "/publications", {"warning": last["id"], "collection": METAL}), 409, "not-for-others")
    done = c.town.hub.admin("warnings", "publish-rule", OPEN, "--at-most", "off")
    equal(done.code, 0, done.err)
    equal(c.analyst.get("/publication-rules")["items"], [])
    log = c.town.hub.admin("audit", "list", "--json").out
    for word in ("collection.publish-rule", "warning.publish", "collection.publish\""):
        assert word in log, word


@case
def what_cannot_be_objects_holds_up_nothing():
    """A correction of many long lines is more than one object takes: refused, and the next one goes in."""
    c = COMMUNITY
    plan, other = released(), released()
    c.analyst.make("POST", "/publications", {"warning": plan["id"], "collection": OPEN}, 200)
    settled(plan, "published")
    before = {one["id"] for one in newest(READER.versions(OPEN)).values() if not one.get("revoked")}
    lines = [{"en": "%d " % n + "look at it " * 600, "ja": "%d " % n + "look at it " * 600} for n in range(60)]
    c.analyst.make("POST", "/plans/%s/correct" % plan["id"], {"notice": {"act": lines}})
    equal(settled(plan, "refused")["refusal"], "objects")
    after = newest(READER.versions(OPEN))
    equal({after[one]["type"] for one in before if not after[one].get("revoked")}, {"identity", "marking-definition"})
    c.analyst.make("POST", "/publications", {"warning": other["id"], "collection": OPEN}, 200)
    settled(other, "published")


@case
def no_byte_names_anybody():
    for reader in (READER, SCHOOL):
        assert len(reader.delivered) > 10000, len(reader.delivered)
        reader.names_nobody()


def environment():
    place = folder() / "clients"
    made = subprocess.run([sys.executable, "-m", "venv", str(place)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if made.returncode == 0:
        made = subprocess.run([place / "bin" / "pip", "install", "-q", "--disable-pip-version-check", "--no-input",
                               "--retries", "1", "--timeout", "10", "--require-hashes", "-r", HERE / "taxii-requirements.txt"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, timeout=300)
    if made.returncode == 0:
        return place / "bin" / "python"
    print("skipped: the clients of others could not be fetched: " + made.stderr.decode(errors="replace")[-200:])
    return None


THEIRS = """
import json, sys
import stix2
from requests.auth import AuthBase
from stix2validator import ValidationOptions, validate_instance
from taxii2client.v21 import Collection, as_pages
class Bearer(AuthBase):
    def __call__(self, request):
        request.headers["Authorization"] = "Bearer " + sys.argv[2]
        return request
found = []
for page in as_pages(Collection(sys.argv[1], auth=Bearer()).get_objects, per_request=4, version="all"):
    found += page.get("objects", [])
wrong = [str(e) for one in found for e in validate_instance(one, ValidationOptions(version="2.1")).errors]
parsed = [stix2.parse(one, allow_custom=False) for one in found if one["type"] != "marking-definition"]
print(json.dumps({"ids": sorted({one["id"] for one in found}), "count": len(found), "wrong": wrong, "parsed": len(parsed)}))
"""


@case
def clients_of_others():
    python = environment()
    if not python:
        return
    wanted = READER.versions(OPEN)
    done = subprocess.run([python, "-c", THEIRS, "%s/taxii2/hub/collections/%s/" % (COMMUNITY.town.hub.ready["url"], OPEN), READER.token],
                          capture_output=True, timeout=200, check=False,
                          env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"})
    equal(done.returncode, 0, done.stderr.decode()[-2000:])
    result = json.loads(done.stdout)
    equal((result["ids"], result["count"], result["wrong"]), (sorted({one["id"] for one in wanted}), len(wanted), []))
    assert result["parsed"] > 8, result


@case
def the_end():
    COMMUNITY.end()


main()
