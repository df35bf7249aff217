# SPDX-License-Identifier: Apache-2.0
"""Raw records by the API: searched, those of a finding; a reason is asked for, and its owner sees who looked."""
import json

from harness import case, contains, equal, folder, main
from hub_api_kit import Town, Who, problem
from hub_kit import Member, append, until

TOWN = Town()
LOG = folder() / "auth.log"
LOG.touch()
SENSOR = Member(TOWN.hub, follow=[LOG]).start()
LINES = ["Nov 21 08:%02d:%02d box sshd[7]: Failed password for root from 203.0.113.9 port 22 ssh2" % (n // 60, n % 60)
         for n in range(40)] + ["Nov 21 09:00:00 box CRON[1]: all is well"]


def search(who, **question):
    return who.make("POST", "/search?org=acme", question, 200)


@case
def lines_become_findings_and_records():
    append(LOG, LINES)
    until("findings", lambda: TOWN.member.get("/findings?org=acme")["items"])
    until("records", lambda: len(search(TOWN.member, limit=1000)["items"]) == len(LINES))
    equal(TOWN.other.get("/findings?org=beta")["items"], [])
    until("the day", lambda: [d["records"] for d in TOWN.member.get("/orgs/acme/days")["items"]] == [len(LINES)])


@case
def a_search_goes_page_by_page():
    seen, after = [], None
    while True:
        page = search(TOWN.member, limit=7, after=after)
        assert len(page["items"]) <= 7
        seen += [item["record"]["raw"] for item in page["items"]]
        after = page.get("next")
        if not after:
            break
    equal(seen, LINES)
    newest = search(TOWN.member, limit=3, newest=True)["items"]
    equal([item["record"]["raw"] for item in newest], LINES[-1:-4:-1])
    equal(len(search(TOWN.member, fields={"src_ip": "203.0.113.9"}, limit=1000)["items"]), 40)
    equal(search(TOWN.member, fields={"src_ip": "203.0.113.10"})["items"], [])
    equal([i["record"]["raw"] for i in search(TOWN.member, texts=["ALL IS"])["items"]], LINES[-1:])
    problem(TOWN.member.ask("POST", "/search?org=acme", {"after": "x"}), 400, "bad-request")
    problem(TOWN.member.ask("POST", "/search?org=acme", {"limit": 0}), 400, "bad-request")
    problem(TOWN.member.ask("POST", "/search?org=acme", {"texts": [""]}), 400, "bad-request")


@case
def who_is_not_of_it_gives_a_reason():
    views = len(TOWN.member.get("/orgs/acme/views")["items"])
    problem(TOWN.analyst.ask("POST", "/search?org=acme", {}), 400, "reason-needed")
    problem(TOWN.provider.ask("POST", "/search?org=acme", {"reason": ""}), 400, "reason-needed")
    equal(len(TOWN.member.get("/orgs/acme/views")["items"]), views)
    search(TOWN.analyst, reason="a guess at passwords, 5 November", limit=1, texts=["root"])
    search(TOWN.provider, reason="the member asked by telephone", limit=1)
    seen = TOWN.member.get("/orgs/acme/views")["items"]
    equal(len(seen), views + 2)
    equal([(v["role"], v["org"], v["reason"]) for v in seen[:2]],
          [("provider", "itshop", "the member asked by telephone"),
           ("analyst", "hub", "a guess at passwords, 5 November")])
    assert "root" in seen[1]["what"] and TOWN.mandate in seen[0]["actor"], seen
    problem(TOWN.administrator.ask("POST", "/search?org=acme", {"reason": "x"}), 403, "not-allowed")
    problem(TOWN.other.ask("POST", "/search?org=acme", {"reason": "x"}), 404, "unknown-organisation")


@case
def the_records_of_a_finding():
    for finding in TOWN.member.get("/findings?org=acme")["items"]:
        exact = TOWN.member.make("POST", "/findings/%s/records?org=acme" % finding["id"], {}, 200)
        equal((len(exact["items"]), exact["missing"]), (len(finding["records"]), 0), finding)
        got = TOWN.member.make("POST", exact["more"]["path"].removeprefix("/api/v1"),
                               dict(exact["more"]["body"], limit=1000), 200)
        raws = [item["record"]["raw"] for item in got["items"]]
        assert len(raws) >= min(finding["count"], 1) and all(raw in LINES for raw in raws), (finding, raws)
        assert all(item["record"]["source"] == finding["source"] for item in got["items"]), got
    one = TOWN.analyst.get("/findings?org=acme")["items"][0]["id"]
    problem(TOWN.analyst.ask("POST", "/findings/%s/records?org=acme" % one, {}), 400, "reason-needed")
    problem(TOWN.other.ask("POST", "/findings/%s/records?org=beta" % one, {}), 404, "not-found")
    TOWN.analyst.make("POST", "/findings/%s/records?org=acme" % one, {"reason": "to judge it"}, 200)
    assert one in TOWN.member.get("/orgs/acme/views")["items"][0]["what"]


RULE = """title: Marked
id: 5c5c5c5c-0000-4000-8000-00000000000%d
logsource: {product: linux, service: sshd}
detection:
  sel: {message|contains: '%s'}
  condition: sel
level: high
"""


@case
def a_finding_has_exactly_its_records():
    """Of two sensors of one organisation and one of another, whose batches stand between one another in the journal."""
    logs = [folder() / ("%d.log" % n) for n in range(3)]
    for log in logs:
        log.touch()
    members = [Member(TOWN.hub, org, follow=[log]).start() for org, log in zip(("acme", "acme", "beta"), logs)]
    (TOWN.hub.data / "rules" / "marked.yml").write_text(RULE % (1, "markedline"))
    until("the rule", lambda: "taken over" in TOWN.hub.messages())
    wanted, count = {}, len(TOWN.hub.archived("acme"))
    for turn in range(6):
        for n, log in enumerate(logs):
            lines = ["Nov 22 %02d:%02d:00 box%d sshd[7]: %s line %d of turn %d" % (
                n, 10 * turn + k, n, "markedline" if k == turn else "oldmark" if k == 9 else "quiet", k, turn)
                     for k in range(10)]
            append(log, lines)
            if n < 2:
                count += len(lines)
                wanted["box%d" % n, "5c5c5c5c-0000-4000-8000-000000000001", turn] = lines[turn]
                wanted["box%d" % n, "5c5c5c5c-0000-4000-8000-000000000002", turn] = lines[9]
        until("turn %d" % turn, lambda: len(TOWN.hub.archived("acme")) == count)
    def marked(number):  # not by the API: it has a rate
        found = TOWN.hub.admin("findings", "--org", "acme", "--json").out.splitlines()
        return [f for f in map(json.loads, found) if f["rule"] == RULE.split("id: ")[1][:35] + str(number)]
    until("found", lambda: len(marked(1)) == 12)
    until("all is judged", lambda: TOWN.hub.lag() == 0)  # what is not would be found by the next rule as it comes
    (TOWN.hub.data / "rules" / "later.yml").write_text(RULE % (2, "oldmark"))  # the hunt finds it
    until("hunted", lambda: len(marked(2)) == 12)
    got = {}
    for number in (1, 2):
        for finding in marked(number):
            answer = TOWN.analyst.make("POST", "/findings/%s/records?org=acme" % finding["id"], {"reason": "exactly"}, 200)
            equal((answer["missing"], len(answer["items"])), (0, 1), answer)
            raw = answer["items"][0]["record"]["raw"]
            got[raw.split()[3], finding["rule"], int(raw.split()[-1])] = raw
            equal(finding["hunt"] is None, number == 1)
    equal(got, wanted)
    view = TOWN.member.get("/orgs/acme/views")["items"][0]
    equal((view["records"], view["reason"]), (1, "exactly"))
    one = marked(1)[0]
    done = TOWN.hub.admin("findings", "--records", one["id"], "--org", "acme", "--reason", "by hand", "--json")
    equal(done.code, 0, done.err)
    assert [json.loads(line)["raw"] for line in done.out.splitlines()] == [
        i["record"]["raw"] for i in TOWN.member.make("POST", "/findings/%s/records" % one["id"], {}, 200)["items"]]
    equal(TOWN.member.get("/orgs/acme/views")["items"][0]["reason"], "by hand")
    contains(done.err, "admin search --org acme")
    equal(TOWN.hub.admin("findings", "--records", one["id"], "--org", "acme").code, 2)
    equal(TOWN.hub.admin("findings", "--records", one["id"], "--org", "beta", "--reason", "x").code, 1)
    for member in members:
        equal(member.stop(), 0)


@case
def live_views_get_what_changed():
    page = TOWN.member.get("/findings?org=acme&order=change")
    after = page["next"]
    equal(TOWN.member.get("/findings?org=acme&order=change&after=" + after)["items"], [])
    append(LOG, ["Nov 21 10:%02d:00 box sshd[7]: Failed password for admin from 203.0.113.77 port 22 ssh2" % n
                 for n in range(30)])
    fresh = until("a change", lambda: TOWN.member.get("/findings?org=acme&order=change&after=" + after)["items"])
    assert not {f["change"] for f in fresh} & {f["change"] for f in page["items"]}, "each change has a number of its own"
    # What comes next compares pages: when nothing changes any more.
    until("all of it", lambda: sum("203.0.113.77" in r["raw"] for r in TOWN.hub.archived("acme")) == 30 and TOWN.hub.lag() == 0
          and TOWN.hub.is_settled())


@case
def numbers_tell_nothing_of_others():
    """What counts over all organisations goes out in no order; a cursor is good after a restart all the same."""
    page = TOWN.member.get("/findings?org=acme&order=change")
    changes = [f["change"] for f in page["items"]]
    assert len(changes) > 5 and changes not in (sorted(changes), sorted(changes, reverse=True)), changes
    assert all(set(record) == {"received"} for f in page["items"] for record in f["records"]), page["items"][0]
    first = TOWN.member.get("/findings?org=acme&order=change&limit=5")
    rest = TOWN.member.get("/findings?org=acme&order=change&after=" + first["next"])
    equal([f["id"] for f in first["items"] + rest["items"]], [f["id"] for f in page["items"]])
    problem(TOWN.member.ask("GET", "/findings?order=change&after=%d" % 2 ** 52), 400, "bad-request")
    TOWN.hub.stop()
    TOWN.hub.start()
    TOWN.member.port = int(TOWN.hub.ready["url"].rsplit(":", 1)[1])
    again = Who(TOWN.hub, token=TOWN.hub.admin("api-token", "--org", "acme", "--role", "member").out.strip())
    equal(again.get("/findings?org=acme&order=change&after=" + first["next"])["items"], rest["items"])


@case
def it_ends():
    equal((SENSOR.stop(), TOWN.end()), (0, 0))


main()
