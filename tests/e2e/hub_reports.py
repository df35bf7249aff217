#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reports about incidents at a hub: the member's own, versions, what is missing for whom until when, what leaves
through the gate; hostile records; nobody of the hub reads them; they go with the member when it leaves."""
import contextlib
import csv
import io
import json
import os
import pathlib
import shutil
import signal
import tempfile
import threading
import zipfile

from harness import case, cases, contains, equal, main
from hub_api_kit import Town, Who, problem

TOWN = Town()
MEMBER, OTHER = TOWN.member, TOWN.other
HOME = "/orgs/acme/reports"
RECORD = {"reporter": {"organisation": "株式会社ヤマギシ精機", "sector": "water", "person": "鈴木 花子", "phone": "03-1234-5678"},
          "event": {"type": "malware", "attack_type": "ransomware", "known": "2026-01-05"},
          "attack": {"summary": "ヤマギシ精機から 198.51.100.7 へ", "entry": "vpn",
                     "indicators": [{"type": "address", "value": "198.51.100.7"}]},
          "damage": {"title": "工場停止", "summary": "出荷停止"}, "personal": {"leak": "yes"}}


def new(**more):
    return MEMBER.make("POST", HOME, dict(json.loads(json.dumps(RECORD)), **more))


def forms_of(report):
    return {form["form"]: form for form in report["forms"]}


@case
def forms_and_fields_are_told():
    told = MEMBER.get("/report-forms")
    names = [form["form"] for form in told["forms"]]
    equal(sorted(names), sorted(["sector-report", "ransomware", "ddos", "personal-data", "partner-notice",
                                 "public-statement", "attack-information"]))
    fields = {field["path"]: field for section in told["sections"] for field in section["fields"]}
    equal([c["key"] for c in fields["event.type"]["choices"]],
          ["near_miss", "confidentiality", "integrity", "availability", "malware", "code_execution", "intrusion", "other"])
    status, _, japanese = MEMBER.ask("GET", "/report-forms", Accept_Language="ja")
    equal(status, 200)
    contains(json.dumps(japanese, ensure_ascii=False), "予兆・ヒヤリハット")


@case
def a_record_is_kept_with_all_of_its_versions():
    made = new(id="i-1")
    equal((made["id"], made["version"], made["record"]["tlp"]), ("i-1", 1, "amber"))
    form = forms_of(made)["personal-data"]
    equal((form["applies"], form["stage"], form["deadlines"][1]["latest"], form["deadlines"][1]["state"]),
          (True, "first", "2026-02-03", "over"))
    changed = dict(made["record"], damage={"title": "工場停止", "summary": "出荷停止", "machines": 12})
    got = MEMBER.make("PUT", HOME + "/i-1", {"version": 1, "record": changed})
    equal((got["version"], got["record"]["damage"]["machines"]), (2, 12))
    problem(MEMBER.ask("PUT", HOME + "/i-1", {"version": 1, "record": changed}), 409, "changed")
    got = MEMBER.make("POST", HOME + "/i-1/sent", {"form": "ransomware"}, status=200)
    equal([(s["form"], s["stage"], s["version"]) for s in got["record"]["sent"]], [("ransomware", "first", 2)])
    equal(forms_of(got)["ransomware"]["stage"], "followup")
    # Whoever leaves "sent" out when writing takes nothing back.
    changed = {k: v for k, v in got["record"].items() if k not in ("sent", "id", "format")}
    got = MEMBER.make("PUT", HOME + "/i-1", {"version": 3, "record": dict(changed, tlp="green")})
    equal((got["record"]["id"], len(got["record"]["sent"])), ("i-1", 1))
    versions = MEMBER.get(HOME + "/i-1/versions")["items"]
    equal([v["version"] for v in versions], [1, 2, 3, 4])
    equal(versions[1]["changes"], [{"path": "damage.machines", "before": None, "after": 12}])
    equal(versions[3]["changes"], [{"path": "tlp", "before": "amber", "after": "green"}])
    equal(versions[0]["by"].startswith("person:"), True)
    equal([r["id"] for r in MEMBER.get(HOME)["items"]], ["i-1"])
    equal([r["version"] for r in MEMBER.get(HOME + "?limit=1")["items"]], [4])


@case
def two_who_write_at_once():
    made = new(id="race")
    results = []

    def write(number):
        record = dict(made["record"], damage={"machines": number})
        results.append(MEMBER.ask("PUT", HOME + "/race", {"version": 1, "record": record})[0])

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(sorted(results), [200] + [409] * 5)
    equal(MEMBER.get(HOME + "/race")["version"], 2)


@case
def a_form_leaves_through_the_gate():
    new(id="i-2")
    path = HOME + "/i-2/forms/"
    form = MEMBER.get(path + "ransomware")
    contains(json.dumps(form, ensure_ascii=False), "出荷停止")
    half = json.dumps(MEMBER.get(path + "ransomware?half=attack"), ensure_ascii=False)
    contains(half, "198.51.100.7")
    for secret in ("出荷停止", "ヤマギシ", "鈴木", "i-2"):
        equal((secret, secret in half), (secret, False))
    status, headers, data = MEMBER.ask("GET", path + "ransomware?as=html")
    equal((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
    contains(data.decode(), "出荷停止")
    equal("<script" in data.decode(), False)
    status, headers, data = MEMBER.ask("GET", path + "ransomware?as=xlsx")
    equal(zipfile.ZipFile(io.BytesIO(data)).testzip(), None)
    contains(headers["Content-Disposition"], "i-2-ransomware.xlsx")
    status, headers, data = MEMBER.ask("GET", path + "ransomware?as=csv")
    equal(len(list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))[0]), 4)
    contains(problem(MEMBER.ask("GET", path + "public-statement"), 403, "not-released")["detail"], "approved")
    record = MEMBER.get(HOME + "/i-2")["record"]
    MEMBER.make("PUT", HOME + "/i-2", {"version": 1, "record": dict(record, tlp="red")})
    problem(MEMBER.ask("GET", path + "ransomware"), 403, "not-released")
    problem(MEMBER.ask("GET", path + "ransomware?as=html"), 403, "not-released")
    equal(MEMBER.ask("GET", path + "ransomware?as=html&person=yes")[0], 200)
    problem(MEMBER.ask("GET", path + "nothing"), 404, "not-found")
    problem(MEMBER.ask("GET", path + "personal-data?stage=followup"), 404, "not-found")
    problem(MEMBER.ask("GET", path + "ransomware?as=docx"), 400, "bad-request")


@case
def hostile_records_leave_nothing():
    before = len(MEMBER.get(HOME)["items"])
    tries = {
        "event.types: there is no such field; is type meant?": {"event": {"types": "x"}},
        "event.type: there is no choice malwar; is malware meant?": {"event": {"type": "malwar"}},
        "event.known: 2099-01-01 lies in the future": {"event": {"known": "2099-01-01"}},
        "response.next_report: 2026-01-01 is over": {"response": {"next_report": "2026-01-01"}},
        "damage.summary: 900000 bytes; at most 8000 may stand here": {"damage": {"summary": "x" * 900000}},
        "colour: there is no such section": {"colour": {}},
        "id: letters, digits": {"id": "../x"},
    }
    for words, record in tries.items():
        contains(problem(MEMBER.ask("POST", HOME, record), 422, "wrong-record")["detail"], words)
    problem(MEMBER.ask("POST", HOME, {"damage": {"summary": "x" * 10_000_000}}), 413, "too-large")
    problem(MEMBER.ask("POST", HOME, b'{"event":{"type":"other","type":"malware"}}'), 400, "bad-request")
    problem(MEMBER.ask("POST", HOME, b"[" * 1000), 413, "too-large")
    equal(len(MEMBER.get(HOME)["items"]), before)
    new(id="i-3")
    problem(MEMBER.ask("POST", HOME, {"id": "i-3"}), 409, "already-there")
    problem(MEMBER.ask("PUT", HOME + "/i-3", {"version": 1, "record": {"event": {"types": 1}}}), 422, "wrong-record")
    problem(MEMBER.ask("PUT", HOME + "/i-3", {"record": {}}), 400, "bad-request")
    problem(MEMBER.ask("PUT", HOME + "/none", {"version": 1, "record": {}}), 404, "not-found")
    problem(MEMBER.ask("POST", HOME + "/i-3/sent", {"form": "nothing"}), 400, "bad-request")
    equal(MEMBER.get(HOME + "/i-3")["version"], 1)


@case
def nobody_else_reads_them():
    new(id="i-4")
    for who in (TOWN.administrator, TOWN.analyst):
        problem(who.ask("GET", HOME + "/i-4"), 403, "not-allowed")
        problem(who.ask("GET", HOME), 403, "not-allowed")
    problem(OTHER.ask("GET", HOME + "/i-4"), 404, "unknown-organisation")
    equal(OTHER.get("/orgs/beta/reports")["items"], [])
    problem(OTHER.ask("GET", "/orgs/beta/reports/i-4"), 404, "not-found")
    # The audit log says that there is one and who wrote it, not what stands in it.
    log = json.dumps(TOWN.administrator.get("/audit?limit=1000"), ensure_ascii=False)
    contains(log, "report.add")
    equal("出荷停止" in log, False)


@case
def they_stay_when_the_hub_is_killed():
    new(id="i-5")
    TOWN.hub.stop(signal.SIGKILL)
    TOWN.hub.start()
    TOWN.nobody = Who(TOWN.hub)
    who = TOWN.sign_in("mei")
    equal(who.get(HOME + "/i-5")["version"], 1)
    equal(len(who.get(HOME + "/i-1/versions")["items"]), 4)


@case
def they_go_with_the_member():
    """All of them are in its export; when it is erased, none of their words stays in the hub's folder."""
    to = pathlib.Path(tempfile.mkdtemp(prefix="yagura-export-")) / "to"
    done = TOWN.hub.admin("export", "--org", "acme", "--to", to)
    equal(done.code, 0, done.err)
    kept = [json.loads(line) for line in (to / "reports.ndjson").read_text(encoding="utf-8").splitlines()]
    equal(sorted(r["id"] for r in kept), ["i-1", "i-2", "i-3", "i-4", "i-5", "race"])
    equal(TOWN.hub.admin("org", "close", "acme").code, 0)
    done = TOWN.hub.admin("org", "erase", "acme", "--yes")
    equal(done.code, 0, done.err)
    secret = "出荷停止".encode()
    found = []
    for place, _, names in os.walk(TOWN.hub.data):
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # gone meanwhile
                found += [name] if secret in pathlib.Path(place, name).read_bytes() else []
    equal(found, [])
    shutil.rmtree(to.parent)


@case
def the_hub_ends_well():
    equal(TOWN.end(), 0)


assert cases
main()
