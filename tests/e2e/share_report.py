#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`yagura share report` as a small firm uses it, without a hub: one record from a near-miss to the final
report, every form in every form of file, deadlines by another calendar, what leaves, hostile records."""
import csv
import datetime
import html.parser
import io
import json
import os
import pathlib
import random
import re
import tempfile
import xml.etree.ElementTree as xml
import zipfile

from harness import ROOT, case, contains, equal, main, yagura

NOW = "2026-11-26T09:00"
SEED = int(os.environ.get("SEED", "20261126"))
FORMS = ["sector-report", "ransomware", "ddos", "personal-data", "partner-notice", "public-statement",
         "attack-information"]
SECRETS = ["ヤマギシ", "yamagishi", "鈴木", "出荷停止", "KEIRI-PC7", "192.168.1.5", "i-2026"]
# Each as a person types it. 35 entries fill a ransomware case for all recipients.
ENTRIES = [
    "reporter.organisation=株式会社ヤマギシ精機", "reporter.sector=water", "reporter.person=鈴木 花子",
    "reporter.phone=03-1234-5678", "reporter.mail=suzuki@yamagishi.example", "reporter.address=東京都千代田区1-1",
    "reporter.representative=山岸 太郎", "reporter.own_names=KEIRI-PC7",
    "event.type=malware", "event.causes=vulnerability,unknown", "event.attack_type=ransomware",
    "event.detected=2026-11-25T08:30", "event.known=2026-11-25",
    "attack.summary=KEIRI-PC7 から 198.51.100.7 へ通信し、192.168.1.5 を暗号化", "attack.entry=vpn",
    "attack.ransom_type=encryption,demand", "attack.ransom_note=Your files are locked", "attack.extension=.locked",
    "attack.indicators=address 198.51.100.7 control\ndomain mail.yamagishi.example",
    "damage.title=基幹システムの暗号化", "damage.summary=出荷停止", "damage.services=出荷\n受注", "damage.service_state=stopped",
    "damage.restore_outlook=未定", "personal.leak=yes", "personal.reasons=wrongful", "personal.items=氏名\n住所",
    "personal.people_certain=unknown", "personal.secondary=unknown", "response.measures=ネットワークから切り離した",
    "response.nco_consent=yes", "partners.text=受注を止めています", "partners.connected=no", "partners.held_data=unknown",
    "statement.known_facts=調査中です"]


def folder():
    return tempfile.TemporaryDirectory(prefix="yagura-report-")


def report(*args, now=NOW, lang="en"):
    return yagura("share", "report", *args, "--now", now, lang=lang)


def new(path, *entries, now=NOW):
    done = report("new", "--record", path, "--id", "i-2026", *entries, now=now)
    equal((done.code, done.out), (0, ""), done.err)
    return path


def check(path, now=NOW, *more):
    done = report("check", "--record", path, "--json", *more, now=now)
    equal(done.code in (0, 1), True, done.err)
    return {form["form"]: form for form in json.loads(done.out)["forms"]}, done.code


def missing(form):
    return [item["path"] for item in form["items"] if item.get("missing")]


@case
def a_near_miss_takes_few_entries():
    """What the ministry wants first, and nothing else: thirteen entries."""
    with folder() as temp:
        path = new(pathlib.Path(temp) / "R.json", "reporter.sector=water", "event.type=near_miss")
        forms, code = check(path)
        equal(code, 1)
        wanted = missing(forms["sector-report"])
        entries = {"reporter.organisation": "水道局", "reporter.person": "佐藤", "reporter.phone": "03-0000-0000",
                   "event.detected": "2026-11-26T08:00", "damage.summary": "不審なメールを開く前に気づいた",
                   "damage.service_state": "none", "response.measures": "削除した"}
        equal(sorted(wanted), sorted(entries))
        done = report("set", "--record", path, "event.known=2026-11-26", "reporter.mail=a@b.example",
                      *("%s=%s" % entry for entry in entries.items()))
        equal(done.code, 0, done.err)
        forms, code = check(path)
        equal(missing(forms["sector-report"]), [])
        equal(forms["sector-report"]["deadlines"][0]["state"], "today")
        # Other recipients were not asked for by this record.
        equal([f for f in FORMS if forms[f]["applies"]], ["sector-report"])


@case
def one_record_fills_every_form():
    with folder() as temp:
        path = new(pathlib.Path(temp) / "R.json", *ENTRIES)
        forms, code = check(path)
        equal(sorted(forms), sorted(FORMS))
        for name in ("sector-report", "ransomware", "personal-data", "partner-notice", "attack-information"):
            equal((name, forms[name]["applies"], missing(forms[name])), (name, True, []))
        equal(forms["ddos"]["applies"], False)
        equal(sorted(missing(forms["public-statement"])),
              sorted(["statement.effect", "statement.ask", "statement.now", "statement.organisation",
                      "statement.contact", "statement.approved_on"]))
        equal(code, 1)


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def workbook(data):
    book = zipfile.ZipFile(io.BytesIO(data))
    equal(book.testzip(), None)
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    sheet = xml.fromstring(book.read("xl/worksheets/sheet1.xml"))
    return [{re.sub(r"\d", "", c.get("r")): "".join(c.itertext()) for c in row} for row in sheet.iter(space + "row")]


@case
def each_form_in_each_kind_of_file():
    with folder() as temp:
        path = new(pathlib.Path(temp) / "R.json", *ENTRIES, "statement.approved_by=山岸", "statement.title=お知らせ")
        for name in FORMS:
            for kind in ("json", "csv", "xlsx", "html"):
                out = pathlib.Path(temp) / ("%s.%s" % (name, kind))
                done = report("render", "--record", path, "--form", name, "--as", kind, "-o", out)
                equal((done.code, done.out), (0, ""), done.err)
                data = out.read_bytes()
                equal(len(data) > 200, True, name)
                if kind == "json":
                    tree = json.loads(data)
                    values = [i["text"] for i in tree["items"] if i.get("text")]
                elif kind == "csv":
                    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
                    equal({len(row) for row in rows}, {4})
                    equal(rows[0], ["区分", "項目", "必須", "内容"])
                    flat = "".join(row[3] for row in rows)
                    equal([v for v in values if v.replace("\n", " / ") not in flat], [], name)
                elif kind == "xlsx":
                    flat = "".join(row.get("D", "") for row in workbook(data))
                    equal([v for v in values if v not in flat], [], name)
                else:
                    page = Page(data.decode())
                    equal([t for t in page.tags if t[0] in ("script", "link", "img", "a", "iframe", "form")], [])
                    equal([a for t in page.tags for a in t[1] if a.startswith("on") or a in ("src", "href", "style")],
                          [])
                    equal([v for v in values for line in v.split("\n") if line not in page.text], [], name)


@case
def languages():
    with folder() as temp:
        path = new(pathlib.Path(temp) / "R.json", *ENTRIES)
        done = report("render", "--record", path, "--form", "ransomware")
        contains(done.out, '"title":"ランサムウェア事案共通様式の記載事項"')
        done = report("render", "--record", path, "--form", "ransomware", "--lang", "en")
        contains(done.out, '"title":"Common form for ransomware"')
        contains(report("check", "--record", path, lang="ja").out, "速報")


def rests(day):
    """By hand, for the days that are tried: 2026-11 to 2027-02."""
    holidays = {(2026, 11, 3), (2026, 11, 23), (2027, 1, 1), (2027, 1, 11), (2027, 2, 11), (2027, 2, 23)}
    return (day.weekday() >= 5 or (day.year, day.month, day.day) in holidays or
            (day.month == 12 and day.day >= 29) or (day.month == 1 and day.day <= 3))


@case
def days_are_counted_from_the_day_of_knowledge():
    print("seed %d" % SEED)
    rng = random.Random(SEED)
    with folder() as temp:
        for n in range(20):
            known = datetime.date(2026, 11, 1) + datetime.timedelta(rng.randrange(60))
            today = known + datetime.timedelta(rng.randrange(70))
            wrongful = rng.random() < 0.5
            # 23:30 UTC of the day before is already that day in Japan.
            now = (datetime.datetime.combine(today, datetime.time(8, 30)) -
                   datetime.timedelta(hours=9)).isoformat() + "Z"
            path = new(pathlib.Path(temp) / ("%d.json" % n), "event.known=%s" % known, "personal.leak=yes",
                       "personal.reasons=%s" % ("wrongful" if wrongful else "many"), now=now)
            forms, _ = check(path, now)
            last = known + datetime.timedelta((60 if wrongful else 30) - 1)
            while rests(last):
                last += datetime.timedelta(1)
            got = [(d["aim"], d["latest"], d["days_left"], d["state"]) for d in forms["personal-data"]["deadlines"]]
            wanted = []
            for aim, latest in ((known + datetime.timedelta(2), known + datetime.timedelta(4)), (last, last)):
                left = (latest - today).days
                wanted.append((str(aim), str(latest), left, "over" if left < 0 else "open" if left else "today"))
            equal(got, wanted, "known %s, today %s, seed %d" % (known, today, SEED))


@case
def stages_versions_and_what_changed_since():
    with folder() as temp:
        path = new(pathlib.Path(temp) / "R.json", *ENTRIES)
        for entry in ("attack.extension=.lock2", "damage.machines=7"):
            equal(report("set", "--record", path, "--by", "花子", entry).code, 0)
        done = report("sent", "--record", path, "--form", "ransomware", "--at", "2026-11-26T08:00")
        equal(done.code, 0, done.err)
        forms, _ = check(path)
        equal(forms["ransomware"]["stage"], "followup")
        equal([d["state"] for d in forms["ransomware"]["deadlines"]], ["sent"])
        contains(forms["ransomware"]["deadlines"][0]["words"], "sent 2026-11-26 08:00")
        equal(report("set", "--record", path, "damage.machines=9", "damage.backup=no").code, 0)
        done = report("diff", "--record", path, "--form", "ransomware", "--json")
        equal(json.loads(done.out), {"from": 3, "to": 4, "changes": [
            {"path": "damage.machines", "before": 7, "after": 9},
            {"path": "damage.backup", "before": None, "after": "no"}]})
        done = report("diff", "--record", path, "--from", "1")
        equal(done.out, "attack.extension: .locked → .lock2\ndamage.machines: (nothing) → 9\n"
                        "damage.backup: (nothing) → no\n")
        equal(json.loads(path.read_text())["history"][0]["by"], "花子")
        equal(report("set", "--record", path, "damage.machines=9").err, "yagura: nothing differs; no version was added\n")
        equal(report("diff", "--record", path, "--from", "9").code, 2)


@case
def the_technical_half_goes_alone():
    with folder() as temp:
        path = new(pathlib.Path(temp) / "R.json", *ENTRIES)
        for args in (["--form", "attack-information"], ["--form", "ransomware", "--half", "attack"]):
            for kind in ("json", "csv", "html"):
                done = report("render", "--record", path, *args, "--as", kind)
                equal(done.code, 0, done.err)
                equal([s for s in SECRETS if s.lower() in done.out.lower()], [], "%s %s" % (args, kind))
                contains(done.out, "198.51.100.7")


@case
def markings_hold_and_the_public_waits_for_a_name():
    with folder() as temp:
        path = new(pathlib.Path(temp) / "R.json", *ENTRIES, "tlp=red")
        render = ["render", "--record", path, "--form"]
        done = report(*render, "ransomware")
        equal((done.code, done.out), (1, ""))
        contains(done.err, "this outlet may not carry")
        done = report(*render, "ransomware", "--as", "html")
        contains(done.err, "TLP:RED goes to named people only")
        equal(report(*render, "ransomware", "--as", "html", "--person").code, 0)
        done = report(*render, "public-statement", "--as", "html")
        equal((done.code, done.out), (1, ""))
        contains(done.err, "nobody has approved it")
        equal(report("set", "--record", path, "statement.approved_by=山岸").code, 0)
        done = report(*render, "public-statement", "--as", "html")
        equal(done.code, 0, done.err)
        equal([s for s in SECRETS + ["山岸"] if s in done.out], [])


@case
def hostile_records_are_refused_with_the_path_and_nothing_is_written():
    with folder() as temp:
        path = new(pathlib.Path(temp) / "R.json", *ENTRIES)
        before = path.read_bytes()
        tries = {
            "event.type=malwar": "event.type: there is no choice malwar; is malware meant?",
            "event.typ=malware": "event.typ: there is no such field; is event.type meant?",
            "event.known=2027-01-01": "event.known: 2027-01-01 lies in the future (today is 2026-11-26)",
            "response.next_report=2026-11-25": "response.next_report: 2026-11-25 is over; give a day from 2026-11-26 on",
            "damage.machines=many": "damage.machines: a whole number from 0 on is expected",
            "damage.summary=" + "x" * 8001: "damage.summary: 8001 bytes; at most 8000 may stand here",
            "reporter.corporate_number=1234567890123": "reporter.corporate_number: no corporate number: 13 digits, the "
                                                       "first checks the others",
        }
        for entry, words in tries.items():
            done = report("set", "--record", path, "damage.extent=全社", entry)
            equal((done.code, done.err), (2, "yagura: %s: %s\n" % (path, words)))
            equal(path.read_bytes(), before, entry)
        record = json.loads(before)
        record["damage"]["summary"] = "x" * 10_000_000
        other = pathlib.Path(temp) / "big.json"
        other.write_text(json.dumps(record, ensure_ascii=False))
        for command in (["check"], ["set", "damage.machines=1"], ["render", "--form", "ransomware"],
                        ["sent", "--form", "ransomware"]):
            done = report(command[0], "--record", other, *command[1:])
            equal((done.code, done.out), (2, ""))
            equal(done.err, "yagura: %s: damage.summary: 10000000 bytes; at most 8000 may stand here\n" % other)
        equal(json.loads(other.read_text()), record)
        other.write_text("x" * (25 << 20))
        contains(report("check", "--record", other).err, "larger than 24 MiB")
        other.write_text('{"format":"yagura-incident/1","id":"a","event":{"type":"other","type":"malware"}}')
        contains(report("check", "--record", other).err, "no JSON at byte")
        other.write_text("[" * 100000)
        equal(report("check", "--record", other).code, 2)
        equal(report("new", "--record", path).code, 2)
        equal(path.read_bytes(), before)


@case
def a_form_of_ones_own():
    with folder() as temp:
        own = pathlib.Path(temp) / "insurer.yaml"
        own.write_text("""format: yagura-form/1
form: insurer
title: {en: Notice of loss, ja: 事故の通知}
recipient: {en: insurer, ja: 保険会社}
audience: partner
language: ja
layout: table
stages: [first]
deadlines:
- {stage: first, from: event.known, days: 7}
sections:
- title: {en: x, ja: 概要}
  items:
  - {field: damage.title, need: first}
  - {field: damage.machines, need: first}
""", encoding="utf-8")
        path = new(pathlib.Path(temp) / "R.json", *ENTRIES)
        forms, _ = check(path, NOW, "--form-file", own)
        equal(missing(forms["insurer"]), ["damage.machines"])
        equal(forms["insurer"]["deadlines"][0]["latest"], "2026-12-02")
        # The day it is due by has passed: said, and the status tells.
        done = report("check", "--record", path, "--form-file", own, now="2026-12-05T00:00")
        equal(done.code, 1)
        contains(done.out, "by 2026-12-02; over by 3 days")
        text = own.read_text(encoding="utf-8")
        own.write_text(text.replace("damage.machines", "damage.machine"), encoding="utf-8")
        done = report("check", "--record", path, "--form-file", own)
        equal((done.code, done.err), (2, "yagura: %s:15: the record has no such field: damage.machine\n" % own))
        done = report("forms", "--json")
        equal([json.loads(line)["form"] for line in done.out.splitlines()], FORMS)


@case
def service_affected_whom_to_tell():
    with folder() as temp:
        path = new(pathlib.Path(temp) / "R.json", *ENTRIES)
        contacts = pathlib.Path(temp) / "contacts.csv"
        contacts.write_bytes("service,tell,phone,night\r\n出荷,運送会社,03-1,090-1\r\n検針,市役所,03-2,\r\n*,社長,03-3,090-3\r\n"
                             .encode("cp932"))
        done = report("check", "--record", path, "--contacts", contacts, "--json")
        equal([row["tell"] for row in json.loads(done.out)["tell"]], ["運送会社", "社長"])
        done = report("check", "--record", path, "--contacts", contacts)
        contains(done.out, "出荷 → 運送会社  03-1  090-1")
        equal("市役所" in done.out, False)
        contacts.write_text("a,b\n1,2\n")
        equal(report("check", "--record", path, "--contacts", contacts).code, 2)


@case
def what_the_page_says_is_what_there_is():
    """docs/forms.md names each form, section and type."""
    page = (ROOT / "docs" / "forms.md").read_text(encoding="utf-8")
    fields = [json.loads(line) for line in report("fields", "--json").out.splitlines()]
    equal([f for f in FORMS if "`%s`" % f not in page], [])
    for field in fields:
        section = field["path"].split(".")[0]
        contains(page, "| `%s` | %s |" % (section, field["half"]))
        contains(page, "`%s`" % field["type"])


main()
