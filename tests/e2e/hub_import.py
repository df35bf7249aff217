#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tables of members and relations by the API: what a preview counts is what is done; all lines or none; each fault by its
line; nobody learns from it who is at the hub; the seven columns of old are taken as before."""
import base64

from harness import case, equal, main
from hub_api_kit import Town

MEMBERS = "id,name_ja,name_en,sector,provider,contact_mail,deputy_mail"
RELATIONS = "supplier,buyer,secret_data,business_stop,system_access,consent"
TOWN = Town()


def table(*lines, encoding="utf-8"):
    return base64.b64encode("\r\n".join(lines).encode(encoding)).decode()


def members(*lines, **more):
    encoding = more.pop("encoding", "utf-8")
    return TOWN.administrator.make("POST", "/members/import", dict(file=table(*lines, encoding=encoding), **more), 200)


def relations(*lines, **more):
    return TOWN.member.make("POST", "/orgs/acme/relations/import", dict(file=table(*lines), **more), 200)


def counts(answer):
    return tuple(answer[k] for k in ("taken", "rows", "added", "changed", "same", "fault_count"))


def profile(org):
    return TOWN.administrator.get("/orgs/%s/member" % org)


@case
def a_preview_counts_and_does_nothing():
    lines = (MEMBERS, "acme,エース,Acme,製造,,desk@acme.example,", "beta,,Beta,,,,", "newcomer,新入,New,,,,")
    told = members(*lines, preview=True, add=True)
    equal(counts(told), (False, 3, 1, 2, 0, 0))
    equal(profile("acme")["sector"], "")
    equal(TOWN.administrator.ask("GET", "/orgs/newcomer")[0], 404)
    equal(counts(members(*lines, add=True)), (True, 3, 1, 2, 0, 0))
    equal((profile("acme")["sector"], profile("newcomer")["name_ja"]), ("製造", "新入"))
    equal(counts(members(*lines, add=True)), (True, 3, 0, 0, 3, 0))


@case
def the_language_of_mails_is_a_column_and_may_be_missing():
    told = members(MEMBERS + ",language", "acme,エース,Acme,製造,,desk@acme.example,,EN", encoding="cp932")
    equal(counts(told), (True, 1, 0, 1, 0, 0), told)
    equal(profile("acme")["language"], "en")
    members(MEMBERS, "acme,エース,Acme,印刷,,desk@acme.example,")
    equal((profile("acme")["language"], profile("acme")["sector"]), ("en", "印刷"))
    wrong = members(MEMBERS + ",language", "acme,,,,,,,fr")
    equal(counts(wrong)[0::5], (False, 1))
    equal((wrong["faults"][0]["line"], wrong["faults"][0]["column"]), (2, "language"))
    assert "neither ja nor en" in wrong["faults"][0]["text"], wrong
    equal(TOWN.administrator.make("PUT", "/orgs/acme/member", dict(language="ja"), 200)["language"], "ja")


@case
def all_lines_or_none_and_each_fault_by_its_line():
    before = profile("acme")
    told = members(MEMBERS, "acme,X,X,,,not a mail,", ",X,,,,,", "acme,,,,,,")
    equal(counts(told)[0::5], (False, 3))
    equal([f["line"] for f in told["faults"]], [2, 3, 4])
    told = members(MEMBERS, "acme,X,X,,,,", "nowhere,X,X,,,,")
    equal((told["taken"], [f["line"] for f in told["faults"]]), (False, [3]))
    equal(profile("acme"), before)
    for bad in (",", "only,these,columns\n1,2,3"):
        equal(members(bad)["taken"], False)
    equal(TOWN.administrator.ask("POST", "/members/import", {"file": "no base64!"})[0], 400)
    told = TOWN.administrator.ask("POST", "/members/import", {"file": table(MEMBERS, *("m%d,,,,,," % n for n in range(2001)))})
    equal(told[0], 413)


@case
def relations_are_the_own_ones_and_tell_nothing_of_others():
    lines = (RELATIONS, "acme,beta,yes,no,no,ask", "nobody-here,acme,no,yes,no,named")
    equal(counts(relations(*lines, preview=True)), (False, 2, 2, 0, 0, 0))
    equal(TOWN.member.get("/orgs/acme/relations")["items"], [])
    equal(counts(relations(*lines)), (True, 2, 2, 0, 0, 0))
    equal({(r["supplier"], r["buyer"]) for r in TOWN.member.get("/orgs/acme/relations")["items"]},
          {("acme", "beta"), ("nobody-here", "acme")})
    equal(counts(relations(*lines)), (True, 2, 0, 0, 2, 0))
    equal(counts(relations(RELATIONS, "acme,beta,yes,yes,no,ask")), (True, 1, 0, 1, 0, 0))
    # Not of two others, whoever they are; and one of them does not make the rest.
    told = relations(RELATIONS, "acme,other,yes,no,no,ask", "beta,nobody-here,yes,no,no,ask", "acme,acme,no,no,no,ask")
    equal((told["taken"], [f["line"] for f in told["faults"]]), (False, [4]))
    told = relations(RELATIONS, "acme,other,yes,no,no,ask", "beta,nobody-here,yes,no,no,ask")
    equal((told["taken"], [f["line"] for f in told["faults"]]), (False, [3]))
    equal(len(TOWN.member.get("/orgs/acme/relations")["items"]), 2)


@case
def the_end():
    equal(TOWN.end(), 0)


main()
