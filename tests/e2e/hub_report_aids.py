#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Beside reports at a hub: the official workbook is imported once and filled from then on; whom to tell when a service
is affected; when it is reminded. They stay when the hub is killed, and go with the member."""
import base64
import json
import pathlib
import signal
import tempfile

from book_kit import books, cells, raw
from harness import case, contains, equal, main
from hub_api_kit import Town, Who, problem

TOWN = Town()
MEMBER, OTHER = TOWN.member, TOWN.other
HOME = "/orgs/acme"
MADE = tempfile.TemporaryDirectory(prefix="yagura-books-")
BOOKS = pathlib.Path(MADE.name)
books.main(BOOKS)
RECORD = {"id": "i-1", "reporter": {"organisation": "株式会社ヤマギシ精機", "person": "鈴木 花子"},
          "event": {"type": "malware", "attack_type": "ransomware", "known": "2026-01-05"},
          "damage": {"summary": "出荷停止", "services": ["受注"], "service_state": "stopped"}}
MAP = ("format: yagura-workbook-map/1\nform: ransomware\ncells:\n  - {field: reporter.person, cell: D4}\n"
       "  - {field: damage.service_state, is: stopped, cell: F8}\n")


def book(name="form"):
    return (BOOKS / ("book_%s.xlsx" % name)).read_bytes()


def b64(data):
    return base64.b64encode(data).decode()


@case
def a_workbook_is_imported_and_filled():
    MEMBER.make("POST", HOME + "/reports", RECORD)
    path = HOME + "/reports/i-1/forms/ransomware?as=official"
    problem(MEMBER.ask("GET", path), 409, "no-workbook")
    problem(MEMBER.ask("GET", HOME + "/report-books/ransomware"), 404, "not-found")
    made = MEMBER.make("PUT", HOME + "/report-books/ransomware", {"file": b64(book()), "name": "様式.xlsx"})
    equal((made["form"], made["name"], made["size"], made["map"]), ("ransomware", "様式.xlsx", len(book()), ""))
    contains(made["proposed"], 'field: reporter.organisation, sheet: "届出", cell: D3')
    equal((made["found"] > 0, "attack.entry" in made["missing"], "file" in made), (True, True, False))
    status, headers, data = MEMBER.ask("GET", path)
    equal(status, 200)
    contains(headers["Content-Disposition"], "i-1-ransomware.xlsx")
    found = cells(data)
    equal((found["D3"][0], found["D4"][0]), ("株式会社ヤマギシ精機", None))
    # A map says where the rest goes; the file stays.
    made = MEMBER.make("PUT", HOME + "/report-books/ransomware", {"map": MAP})
    equal((made["map"], made["name"]), (MAP, "様式.xlsx"))
    found = cells(MEMBER.ask("GET", path)[2])
    equal((found["D3"][0], found["D4"][0], found["F8"][0]), (None, "鈴木 花子", "☑"))
    before, after = raw(book())[1], raw(MEMBER.ask("GET", path)[2])[1]
    equal({n for n in before if before[n] != after[n]}, {"xl/worksheets/sheet1.xml"})
    # Our own layout is there as before.
    equal(MEMBER.ask("GET", path.replace("official", "xlsx"))[0], 200)
    listed = MEMBER.get(HOME + "/report-books")["items"]
    equal([(b["form"], b["name"], "file" in b) for b in listed], [("ransomware", "様式.xlsx", False)])


@case
def what_cannot_be_filled_is_refused():
    path = HOME + "/report-books/ransomware"
    kept = MEMBER.get(path)
    for name in ("bomb", "entities", "overlap", "huge", "locked", "cut", "count", "nobook", "same"):
        got = problem(MEMBER.ask("PUT", path, {"file": b64(book(name)), "map": ""}), 422, "wrong-workbook")
        assert got["detail"], name
    got = problem(MEMBER.ask("PUT", path, {"map": MAP.replace("D4", "D0")}), 422, "wrong-workbook")
    contains(got["detail"], "map, line 4")
    got = problem(MEMBER.ask("PUT", path, {"map": MAP.replace("cell: D4", "label: ない")}), 422, "wrong-workbook")
    problem(MEMBER.ask("PUT", path, {"file": "%%%"}), 400, "bad-request")
    problem(MEMBER.ask("PUT", path, {"file": b64(book()), "name": "a\nb"}), 400, "bad-request")
    problem(MEMBER.ask("PUT", path, {"map": 1}), 400, "bad-request")
    problem(MEMBER.ask("PUT", path, {"file": b64(b"PK\3\4" + b"x" * (5 << 20)), "map": ""}), 422, "wrong-workbook")
    problem(MEMBER.ask("PUT", HOME + "/report-books/nothing", {"file": b64(book())}), 404, "not-found")
    equal(MEMBER.get(path), kept)
    # A cell that turns out to hold a formula is found when it is filled.
    MEMBER.make("PUT", path, {"map": MAP.replace("cell: D4", "cell: D10")})
    got = problem(MEMBER.ask("GET", HOME + "/reports/i-1/forms/ransomware?as=official"), 422, "wrong-workbook")
    contains(got["detail"], "D10 holds a formula")
    MEMBER.make("PUT", path, {"map": MAP})


@case
def whom_to_tell_is_shown_beside_the_record():
    path = HOME + "/report-contacts"
    equal(MEMBER.get(path)["items"], [])
    lines = [{"service": "受注", "tell": "得意先A", "phone": "03-1111-2222", "form": "partner-notice"},
             {"service": "出荷", "tell": "運送会社"}, {"service": "*", "tell": "社長", "night": "090-0000-0000"}]
    made = MEMBER.make("PUT", path, {"items": lines})["items"]
    equal([(m["service"], m["tell"], m["phone"], m["note"]) for m in made],
          [("受注", "得意先A", "03-1111-2222", ""), ("出荷", "運送会社", "", ""), ("*", "社長", "", "")])
    report = MEMBER.get(HOME + "/reports/i-1")
    equal([m["tell"] for m in report["tell"]], ["得意先A", "社長"])
    equal(report["reminders"], [])
    for wrong in ({"items": [{"service": "x"}]}, {"items": [{"service": "x", "tell": "y", "colour": "red"}]}, {"items": {}}, {},
                  {"items": [{"service": "x", "tell": 1}]}, {"items": [{"service": "x", "tell": "a\nb"}]}):
        problem(MEMBER.ask("PUT", path, wrong), 400, "bad-request")
    problem(MEMBER.ask("PUT", path, {"items": [{"service": "x", "tell": "y"}] * 501}), 413, "too-large")
    equal(len(MEMBER.get(path)["items"]), 3)


@case
def when_it_is_reminded_can_be_set():
    path = HOME + "/report-reminders"
    equal(MEMBER.get(path), {"before_hours": [24], "on_day": True, "over": True, "from_hour": 9})
    made = MEMBER.make("PUT", path, {"before_hours": [24, 72], "over": False})
    equal(made, {"before_hours": [72, 24], "on_day": True, "over": False, "from_hour": 9})
    for wrong in ({"before_hours": [0]}, {"before_hours": "24"}, {"from_hour": 24}, {"on_day": "yes"}):
        problem(MEMBER.ask("PUT", path, wrong), 400, "bad-request")
    equal(MEMBER.get(path), made)


@case
def nobody_else_reads_them():
    for what in ("report-books", "report-contacts", "report-reminders", "report-books/ransomware"):
        for who in (TOWN.administrator, TOWN.analyst):
            problem(who.ask("GET", "%s/%s" % (HOME, what)), 403, "not-allowed")
        problem(OTHER.ask("GET", "%s/%s" % (HOME, what)), 404, "unknown-organisation")
    equal(OTHER.get("/orgs/beta/report-books")["items"], [])


@case
def they_stay_when_the_hub_is_killed():
    TOWN.hub.stop(signal.SIGKILL)
    TOWN.hub.start()
    TOWN.nobody = Who(TOWN.hub)
    global MEMBER  # pylint: disable=global-statement
    MEMBER = TOWN.sign_in("mei")
    equal(MEMBER.get(HOME + "/report-books/ransomware")["map"], MAP)
    equal(len(MEMBER.get(HOME + "/report-contacts")["items"]), 3)
    equal(MEMBER.get(HOME + "/report-reminders")["before_hours"], [72, 24])


@case
def a_workbook_can_be_taken_away():
    path = HOME + "/report-books/ransomware"
    MEMBER.make("DELETE", path)
    problem(MEMBER.ask("DELETE", path), 404, "not-found")
    equal(MEMBER.get(HOME + "/report-books")["items"], [])
    problem(MEMBER.ask("GET", HOME + "/reports/i-1/forms/ransomware?as=official"), 409, "no-workbook")
    made = MEMBER.make("PUT", path, {"file": b64(book())})
    equal(made["map"], "")  # the old one's is gone with it
    kept = [MEMBER.make("PUT", path, {"map": MAP}) for _ in range(2)][1]
    equal({key: kept[key] for key in MEMBER.get(path)}, MEMBER.get(path))


@case
def they_go_with_the_member():
    to = pathlib.Path(tempfile.mkdtemp(prefix="yagura-export-")) / "to"
    done = TOWN.hub.admin("export", "--org", "acme", "--to", to)
    equal(done.code, 0, done.err)
    kept = [json.loads(line) for line in (to / "report_books.ndjson").read_text(encoding="utf-8").splitlines()]
    equal(base64.b64decode(kept[0]["file"]) == book(), True)
    kept = [json.loads(line) for line in (to / "report_maps.ndjson").read_text(encoding="utf-8").splitlines()]
    equal([(one["form"], one["map"]) for one in kept], [("ransomware", MAP)])
    contains((to / "report_contacts.ndjson").read_text(encoding="utf-8"), "得意先A")
    equal(TOWN.hub.admin("org", "close", "acme").code, 0)
    done = TOWN.hub.admin("org", "erase", "acme", "--yes")
    equal(done.code, 0, done.err)
    for secret in ("得意先A".encode(), b64(book())[:200].encode()):
        equal([str(p) for p in TOWN.hub.data.rglob("*") if p.is_file() and secret in p.read_bytes()], [])


@case
def the_hub_ends_well():
    equal(TOWN.end(), 0)


main()
