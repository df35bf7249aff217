# SPDX-License-Identifier: Apache-2.0
"""相談: written down, linked to a situation, closed; and the month of a member as one page, with numbers from the stores."""
import datetime
import html.parser
import json
import re

from community_kit import PARTIES, Community, names_in
from harness import case, equal, main, yagura
from hub_api_kit import problem

C = Community()
NOW = datetime.datetime.now(datetime.timezone.utc)
MONTH = NOW.strftime("%Y-%m")


def add(**more):
    return C.analyst.make("POST", "/cases", dict({"who": "佐藤", "text": "怪しいメールが来た。\nどうすればよいか。"}, **more))


@case
def two_fields_are_enough():
    one = add()
    equal((one["state"], one["channel"], one["org"], one["situation"], one["notes"]), ("open", "telephone", None, None, []))
    assert re.fullmatch(r"\d{4}-\d{4}", one["number"]) and one["made_by"].startswith("person:"), one
    equal(C.analyst.get("/cases/" + one["id"]), one)
    for wrong in ({"who": "x"}, {"text": "x"}, {"who": "", "text": "x"}, {"who": "x", "text": "x", "channel": "fax"},
                  {"who": "x", "text": "x", "org": "nobody-here"}, {"who": "x", "text": "x", "received": "yesterday"},
                  {"who": "a\nb", "text": "x"}, {"who": "x", "text": "a\u0007b"}, {"who": "x", "text": "あ" * 1400}):
        equal(C.analyst.ask("POST", "/cases", wrong)[0], 400, wrong)
    # Sent twice under one key it is there once.
    before = len(C.analyst.get("/cases?limit=1000")["items"])
    for _ in range(2):
        equal(C.analyst.ask("POST", "/cases", {"who": "x", "text": "twice"}, Idempotency_Key="case-1")[0], 201)
    equal(len(C.analyst.get("/cases?limit=1000")["items"]), before + 1)


@case
def what_came_later_and_two_at_once():
    one = add(org="corp-c", contact="03-1234-5678", advice="電源は切らない", channel="mail", received="2026-11-01T01:02:03Z")
    equal((one["org"], one["received"]), ("corp-c", "2026-11-01T01:02:03Z"))
    path = "/cases/" + one["id"]
    tag = str(one["revision"])
    status, fields, changed = C.analyst.ask("PUT", path, {"note": "折り返した"}, If_Match='"%s"' % tag)
    equal((status, [n["text"] for n in changed["notes"]], changed["text"]), (200, ["折り返した"], one["text"]))
    equal(fields["ETag"], '"%d"' % changed["revision"])
    problem(C.analyst.ask("PUT", path, {"note": "too late"}, If_Match='"%s"' % tag), 409, "changed-meanwhile")
    equal(C.analyst.make("PUT", path, {"org": None})["org"], None)
    equal(C.analyst.make("PUT", path, {"org": "corp-c"})["org"], "corp-c")
    problem(C.analyst.ask("PUT", "/cases/ffffffffffffffff", {}), 404, "not-found")


@case
def a_case_is_linked_to_a_situation_and_closed():
    one = add(org="corp-c")
    path = "/cases/" + one["id"]
    problem(C.analyst.ask("PUT", path + "/situation", {"situation": "f" * 32}), 404, "not-found")
    problem(C.analyst.ask("PUT", path + "/situation", {"situation": "x"}), 404, "not-found")
    equal(C.analyst.make("PUT", path + "/situation", {"situation": C.situation})["situation"], C.situation)
    equal([c["id"] for c in C.analyst.get("/cases?situation=" + C.situation)["items"]], [one["id"]])
    equal(C.analyst.make("PUT", path + "/situation", {"situation": None})["situation"], None)
    C.analyst.make("PUT", path + "/situation", {"situation": C.situation})
    equal(C.analyst.ask("POST", path + "/close", {"text": ""})[0], 400)
    closed = C.analyst.make("POST", path + "/close", {"text": "訓練のメールだった"}, 200)
    equal((closed["state"], closed["outcome"]), ("closed", "訓練のメールだった"))
    problem(C.analyst.ask("POST", path + "/close", {"text": "again"}), 409, "state")
    equal([c["id"] for c in C.analyst.get("/cases?state=closed")["items"]], [one["id"]])
    problem(C.analyst.ask("GET", "/cases?state=colsed"), 400, "bad-request")
    again = C.analyst.make("POST", path + "/reopen", status=200)
    equal((again["state"], again["outcome"], [n["text"] for n in again["notes"]]), ("open", None, ["訓練のメールだった"]))
    problem(C.analyst.ask("POST", path + "/reopen"), 409, "state")


@case
def lists_go_page_by_page():
    everything = [c["id"] for c in C.analyst.get("/cases?limit=1000")["items"]]
    pages, after = [], ""
    while True:
        page = C.analyst.get("/cases?limit=2" + (after and "&after=" + after))
        pages += [c["id"] for c in page["items"]]
        after = page.get("next")
        if not after:
            break
    equal(pages, everything)
    equal(everything, sorted(everything))  # newest first: ids descend in time
    equal({c["org"] for c in C.analyst.get("/cases?org=corp-c")["items"]}, {"corp-c"})
    equal(C.analyst.get("/cases?org=corp-b")["items"], [])
    problem(C.analyst.ask("GET", "/cases?after=zzz"), 400, "bad-request")


@case
def nobody_else_reads_them():
    one = add(org="corp-b")
    for who in (C.who["corp-b"], C.who["corp-c"], C.town.administrator, C.town.provider):
        for path in ("/cases", "/cases/" + one["id"], "/cases?org=corp-b"):
            equal(who.ask("GET", path)[0], 403, path)
        equal(who.ask("POST", "/cases", {"who": "x", "text": "x"})[0], 403)


class Text(html.parser.HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.words, self.tags = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def report(who, org, month=MONTH, lang="ja"):
    status, fields, page = who.ask("GET", "/orgs/%s/report/page?month=%s" % (org, month), Accept_Language=lang)
    equal((status, fields["Content-Type"]), (200, "text/html; charset=utf-8"), page)
    text = Text(page.decode())
    assert not {"a", "script", "img", "link", "iframe"} & {tag for tag, _ in text.tags}, "nothing is fetched"
    return "".join(text.words)


@case
def the_month_counts_what_the_stores_hold():
    plan = C.plan()
    C.who["corp-c"].make("POST", "/questions/%s/answer" % plan["id"], {"answer": "yes"}, 200)
    C.analyst.make("POST", "/plans/%s/approve" % plan["id"], status=200)
    (told,) = [w for w in C.inbox("corp-b") if w["number"] == plan["number"]]
    C.who["corp-b"].make("POST", "/warnings/%s/act" % told["id"], {"text": "遮断した<b>"}, 200)
    hit = C.who["corp-c"].get("/orgs/corp-c/report?month=" + MONTH)
    days = [d for d in C.who["corp-c"].get("/orgs/corp-c/funnel")["items"] if d["day"][:7] == MONTH]
    total = {key: sum(d[key] for d in days) for key in ("records", "findings", "alerts", "notices")}
    assert total["records"] > 0 and total["findings"] > 0, days
    equal({key: hit["seen"][key] for key in ("records", "findings", "alerts")},
          {key: total[key] for key in ("records", "findings", "alerts")})
    equal((hit["org"], hit["name"], hit["over"], hit["empty"]), ("corp-c", PARTIES["corp-c"], False, False))
    warned = hit["warned"]
    equal(warned["notices"] + warned["warnings"] + warned["corrected"], total["notices"])
    equal((warned["notices"], warned["open"]), (1, 1))
    equal(hit["sensors"]["count"], 1)
    equal(hit["done"]["cases"], len([c for c in C.analyst.get("/cases?org=corp-c&limit=1000")["items"] if c["received"][:7] == MONTH]))
    assert [n["n"] for n in hit["next"] if n["what"] == "read"] == [1], hit["next"]
    other = C.who["corp-b"].get("/orgs/corp-b/report?month=" + MONTH)
    equal((other["warned"]["warnings"], other["warned"]["acted"], other["warned"]["top"][0]["acted_text"]), (1, 1, "遮断した<b>"))
    equal((other["seen"]["records"], other["seen"]["situations"], other["sensors"]["count"]), (0, 0, 0))
    equal(names_in(other), [], "the one that was hit is not in another's month")
    # Analysts reach each, and a token of it; nobody another's, nor a month that has not begun.
    equal(C.analyst.get("/orgs/corp-b/report?month=" + MONTH)["warned"], other["warned"])
    equal(C.who["corp-b"].ask("GET", "/orgs/corp-c/report")[0], 404)
    for month in ("2026-13", "26-11", "2026-1", "x", "%04d-01" % (NOW.year + 1)):
        equal(C.who["corp-c"].ask("GET", "/orgs/corp-c/report?month=" + month)[0], 400, month)
    for lang, words in (("ja", ("何を見たか", "次にすること", "まだ続いています")), ("en", ("What we saw", "What to do next", "goes on"))):
        page = report(C.who["corp-c"], "corp-c", lang=lang)
        for word in words + (PARTIES["corp-c"], "{:,}".format(total["records"])):
            assert word in page, (word, page)
        page = report(C.who["corp-b"], "corp-b", lang=lang)
        assert "遮断した<b>" in page and plan["number"] in page, page
        equal(names_in(page), [])


@case
def an_empty_month_is_said_plainly():
    hospital = C.who["hospital"].get("/orgs/hospital/report?month=2020-02")
    equal((hospital["empty"], hospital["over"], hospital["seen"]["records"]), (True, True, 0))
    assert "この月は何も届かず" in report(C.who["hospital"], "hospital", "2020-02")
    assert "An empty month" in report(C.who["hospital"], "hospital", "2020-02", "en")
    assert "nobody was looking" in report(C.who["hospital"], "hospital", "2020-02", "en")


@case
def the_command_line_writes_the_same_page():
    data = C.town.hub.data
    done = yagura("admin", "--data", data, "report", "--org", "corp-c", "--month", MONTH, "--json")
    equal(done.code, 0, done.err)
    mine, theirs = json.loads(done.out), C.who["corp-c"].get("/orgs/corp-c/report?month=" + MONTH)
    for key in ("made", "sensors"):
        mine.pop(key), theirs.pop(key)
    for one in (mine, theirs):
        for situation in one["seen"]["top"]:
            situation.pop("what")
    equal(mine, theirs)
    for lang, word in (("ja", "何を見たか"), ("en", "What we saw")):
        done = yagura("admin", "--data", data, "report", "--org", "corp-c", "--month", MONTH, lang=lang)
        equal(done.code, 0, done.err)
        assert done.out.startswith("<!DOCTYPE html>") and word in done.out, done.out[:200]
    for wrong in (("--month", "2026-13"), ("--month", "2999-01")):
        done = yagura("admin", "--data", data, "report", "--org", "corp-c", *wrong)
        assert done.code != 0 and "--month" in done.err, done.err
    assert yagura("admin", "--data", data, "report", "--org", "nobody-here").code != 0


@case
def the_funnel_counts_what_was_sent():
    def notices(org):
        return sum(d["notices"] for d in C.who[org].get("/orgs/%s/funnel" % org)["items"])
    before = {org: notices(org) for org in ("corp-c", "corp-b", "hospital")}
    plan = C.plan()
    C.who["corp-c"].make("POST", "/questions/%s/answer" % plan["id"], {"answer": "no"}, 200)
    C.analyst.make("POST", "/plans/%s/approve" % plan["id"], status=200)
    equal({org: notices(org) - n for org, n in before.items()}, {"corp-c": 1, "corp-b": 0, "hospital": 0})
    C.analyst.make("POST", "/plans/%s/withdraw" % plan["id"], {"reason": "false alarm"})
    equal({org: notices(org) - n for org, n in before.items()}, {"corp-c": 2, "corp-b": 0, "hospital": 0})
    done = C.town.hub.admin("funnel", "--json")
    equal(sum(json.loads(line)["notices"] for line in done.out.splitlines()),
          sum(notices(org) for org in PARTIES))


@case
def the_end():
    C.end()


main()
