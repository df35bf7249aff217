#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`yagura share plan` is the plan of the reference (plan_reference.py): the chain A-B-C-B' and random
communities of several shapes, with ties, cycles and both directions; encodings and workbooks give the
same; wrong lines are all told. share_plan.py [GRAPHS]
"""
import csv
import io
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import zipfile

import plan_reference
from harness import ROOT, YAGURA, case, main

MEMBER = ["id", "name_ja", "name_en", "sector", "provider", "contact_mail", "deputy_mail"]
RELATION = ["supplier", "buyer", "secret_data", "business_stop", "system_access", "consent"]
CONSENTS = ["named", "anonymous", "ask"]
GRAPHS = int(sys.argv[1]) if len(sys.argv) > 1 else 400
RULES = (ROOT / "rules" / "warn" / "default.yaml").read_text(encoding="utf-8")
TEMP = tempfile.TemporaryDirectory()
SEED = int(os.environ.get("SEED", "20261125"))


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def text_of(columns, rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def workbook(columns, rows):
    def cell(x, y, text):
        text = text.replace("&", "&amp;").replace("<", "&lt;")
        return '<c r="%s%d" t="inlineStr"><is><t>%s</t></is></c>' % (chr(65 + x), y, text) if text else ""

    lines = [columns] + [[row[c] for c in columns] for row in rows]
    sheet = "".join('<row r="%d">%s</row>' % (y, "".join(cell(x, y, t) for x, t in enumerate(line)))
                    for y, line in enumerate(lines, 1))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/worksheets/sheet1.xml", '<worksheet xmlns="http://schemas.openxmlformats.org/'
                      'spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>' % sheet)
    return out.getvalue()


def member(name, sector="", provider="", name_ja=""):
    return {"id": name, "name_ja": name_ja or name, "name_en": "", "sector": sector, "provider": provider,
            "contact_mail": "desk@%s.example" % name.lower().replace("'", "x"), "deputy_mail": ""}


def relation(supplier, buyer, answers, consent):
    return dict(zip(RELATION, [supplier, buyer] + ["yes" if a == "y" else "no" for a in answers] + [consent]))


def run(folder, members, relations, victim, *more):
    paths = []
    for name, data in (("members", members), ("relations", relations)):
        path = folder / name
        path.write_bytes(data)
        paths.append(str(path))
    return subprocess.run([YAGURA, "share", "plan", "--members", paths[0], "--relations", paths[1], "--victim",
                           victim, *more], capture_output=True, stdin=subprocess.DEVNULL, timeout=120)


def plan(folder, members, relations, victim, *more):
    done = run(folder, members, relations, victim, "--json", *more)
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr.decode()


CHAIN = [member("A", "製造", "", "大手メーカーＡ"), member("B", "製造", "", "部品Ｂ"), member("C", "製造", "msp-1", "町工場Ｃ"),
         member("B'", "製造", "msp-1", "別の買い手"), member("H", "医療", "msp-1", "病院"), member("S", "政府・行政サービス")]
LINKS = [relation("C", "B", "yny", "named"), relation("C", "B'", "nny", "ask"), relation("B", "A", "nyn", "anonymous"),
         relation("B'", "A", "ynn", "named"), relation("A", "C", "nnn", "named")]


def random_graph(rng):
    shape = rng.choice(["sparse", "dense", "hub", "ring", "layers", "two-way"])
    count = rng.randint(2, 14)
    names = rng.sample(["o%d" % i for i in range(30)] + ["O%d" % i for i in range(9)] + ["社%d" % i for i in range(9)], count)
    members = [member(n, rng.choice(["", "s1", "s1", "s2"]), rng.choice(["", "", "p1", "p2"])) for n in names]
    pairs = set()
    for a in range(count):
        for b in range(count):
            chance = {"sparse": 0.12, "dense": 0.45, "hub": 0.7 if b < 2 else 0.08,
                      "ring": 0.9 if b == (a + 1) % count else 0.05,
                      "layers": 0.6 if b // 3 == a // 3 + 1 else 0.0, "two-way": 0.15}[shape]
            if a != b and rng.random() < chance:
                pairs.add((a, b))
                if shape == "two-way":
                    pairs.add((b, a))
    pairs = sorted(pairs)
    rng.shuffle(pairs)
    yes = rng.choice([0.2, 0.5, 0.8])
    links = [relation(names[a], names[b], ["y" if rng.random() < yes else "n" for _ in range(3)], rng.choice(CONSENTS))
             for a, b in pairs]
    return members, links


@case
def same_as_the_reference():
    folder = pathlib.Path(tempfile.mkdtemp(dir=TEMP.name))
    rng = random.Random(SEED)
    print("seed %d" % SEED)
    for victim in "A", "B", "C", "B'", "H", "S":
        got = plan(folder, text_of(MEMBER, CHAIN).encode(), text_of(RELATION, LINKS).encode(), victim)
        check(got == plan_reference.plan(CHAIN, LINKS, victim), "the chain, %s is hit" % victim)
    states, rules, bad = set(), set(), None
    for number in range(GRAPHS):
        members, links = random_graph(rng)
        victim = rng.choice(members)["id"]
        least = rng.choice([1, 2, 3, 5])
        more = []
        if least != 5:
            path = folder / "rules.yaml"
            path.write_text(RULES.replace("candidates_min: 5", "candidates_min: %d" % least), encoding="utf-8")
            more = ["--rules", str(path)]
        got = plan(folder, text_of(MEMBER, members).encode(), text_of(RELATION, links).encode(), victim, *more)
        want = plan_reference.plan(members, links, victim, least)
        if got != want:
            bad = (number, members, links, victim, least, got, want)
            break
        states |= {r["state"] for r in got["recipients"]}
        rules |= {(r["rule"], r["depth"]) for r in got["recipients"]}
    check(bad is None, "%d random communities, as the reference %s" % (GRAPHS, bad or ""))
    check(states == {"ready", "needs-consent", "needs-approval"}, "every state came about: %s" % sorted(states))
    check(rules == {(1, 0), (2, 1), (3, 2), (3, 3), (4, None), (5, None)}, "every rule and depth came about")


@case
def same_in_every_form():
    folder = pathlib.Path(tempfile.mkdtemp(dir=TEMP.name))
    members, links = text_of(MEMBER, CHAIN), text_of(RELATION, LINKS)
    want = plan_reference.plan(CHAIN, LINKS, "C")
    for name in "utf-8", "utf-8-sig", "cp932":
        got = plan(folder, members.encode(name), links.encode(name), "C")
        check(got == want, "CSV in %s" % name)
    got = plan(folder, workbook(MEMBER, CHAIN), workbook(RELATION, LINKS), "C")
    check(got == want, "workbooks")
    turned = list(reversed(MEMBER))
    check(plan(folder, text_of(turned, CHAIN).encode(), links.encode(), "C") == want, "columns in another order")
    with_reasons = plan(folder, members.encode(), links.encode(), "C", "--reasons")
    a = next(r for r in with_reasons["recipients"] if r["id"] == "A")
    check(a["redaction"] == "anonymous" and [r["buyer"] for r in a["relations"]] == ["B", "A"] and
          a["relations"][0]["system_access"] is True, "reasons name the relations")
    for lang, word in ("ja", "被害"), ("en", "Hit: C"):
        done = run(folder, members.encode(), links.encode(), "C", "--lang", lang)
        check(done.returncode == 0 and word in done.stdout.decode(), "words for people, %s" % lang)


@case
def told_line_by_line():
    folder = pathlib.Path(tempfile.mkdtemp(dir=TEMP.name))
    rows = [relation("C", "B", "ynn", "named"), relation("B", "B", "ynn", "named"), relation("X", "A", "ynn", "ask"),
            relation("A", "B", "ynn", "ask"), relation("C", "B", "nnn", "ask"), relation("A", "H", "ynn", "maybe")]
    rows[3]["business_stop"] = "たぶん"
    links = text_of(RELATION, rows).encode()
    members = text_of(MEMBER, CHAIN).encode()
    done = run(folder, members, links, "C", "--json", "--lang", "en")
    said = done.stderr.decode()
    check(done.returncode == 2 and not done.stdout, "all or nothing: %s" % said)
    for line, word in (3, "its own supplier"), (4, "supplier: there is no member X"), (5, "business_stop: たぶん"), \
            (6, "line 2 already"), (7, "consent: maybe"):
        check(any(":%d: " % line in s and word in s for s in said.splitlines()), "line %d: %s" % (line, word))
    check("5 faults" in said, "how many there are")
    doubled = text_of(MEMBER, CHAIN + [dict(CHAIN[0], contact_mail="a@b\r\nBcc: x@y.example")]).encode()
    said = run(folder, doubled, text_of(RELATION, LINKS).encode(), "C", "--lang", "en").stderr.decode()
    check(":8: the id A stands in line 2" in said and ":8: contact_mail holds a control" in said, "doubled id: " + said)
    for victim, word in ("", "nobody is named"), ("Z-999", "has no such member"):
        done = run(folder, members, text_of(RELATION, LINKS).encode(), victim, "--json", "--lang", "en")
        check(done.returncode == 2 and not done.stdout and word in done.stderr.decode(), "victim %r" % victim)
    bad = text_of([c for c in RELATION if c != "consent"], [{k: v for k, v in r.items() if k != "consent"} for r in LINKS])
    said = run(folder, members, bad.encode(), "C", "--lang", "en").stderr.decode()
    check(":1: the column consent is missing" in said, "a column is missing: " + said)
    many = [member("m%05d" % i, "s%d" % (i % 9)) for i in range(10000)]
    rng = random.Random(SEED)
    pairs = set()
    while len(pairs) < 100000:
        a, b = rng.randrange(10000), min(int(rng.paretovariate(0.7)) - 1, 9999)
        if a != b:
            pairs.add((a, b) if len(pairs) % 2 else (b, a))
    links = [relation("m%05d" % a, "m%05d" % b, ["yn"[rng.random() < .5] for _ in range(3)], "ask") for a, b in sorted(pairs)]
    got = plan(folder, text_of(MEMBER, many).encode(), text_of(RELATION, links).encode(), "m00777")
    check(isinstance(got, dict) and len(got["recipients"]) > 100, "100,000 lines: %s" % str(got)[:200])
    links[50000] = dict(links[50000], consent="x")
    said = run(folder, text_of(MEMBER, many).encode(), text_of(RELATION, links).encode(), "m00777", "--lang", "en")
    check(":50002: " in said.stderr.decode() and not said.stdout, "one wrong line of 100,000")


main()
