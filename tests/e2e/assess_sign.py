#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`yagura assess` key, sign, verify, report, export --format: files, exit statuses, words."""
import base64
import hashlib
import json
import os
import pathlib
import sqlite3
import stat
import subprocess
import sys
import tempfile

from harness import ROOT, case, contains, equal, main, yagura

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="yagura-sign-"))


def new_key(name, *more):
    path = FOLDER / name
    done = yagura("assess", "key", "new", path, *more)
    equal(done.code, 0, done.err)
    return path


@case
def a_key_is_two_files_and_only_one_of_them_is_public():
    path = new_key("one.key", "--name", "株式会社山田製作所", "--expires", "2999-01-31")
    equal(stat.S_IMODE(os.stat(path).st_mode), 0o600, "mode")
    secret, public = path.read_text(), pathlib.Path(str(path) + ".pub").read_text()
    contains(secret, "yagura-key v1 secret\nname: 株式会社山田製作所\n")
    contains(public, "expires: 2999-01-31\n")
    fields = dict(line.split(": ", 1) for line in public.splitlines() if ": " in line)
    equal(fields["fingerprint"], hashlib.sha256(base64.b64decode(fields["public"])).hexdigest(), "fingerprint")
    equal("seed" in public, False, "the secret in the public file")
    equal(yagura("assess", "key", "show", path).out, public, "show")


@case
def nothing_is_overwritten():
    path = new_key("two.key")
    before = path.read_bytes()
    done = yagura("assess", "key", "new", path)
    equal(done.code, 2, done.err)
    contains(done.err, "there is such a file already")
    equal(path.read_bytes(), before, "the old key")
    os.unlink(path)
    equal(yagura("assess", "key", "new", path).code, 2, "its public half is still there")
    equal(path.exists(), False, "half a pair")


@case
def wrong_options_and_files():
    equal(yagura("assess", "key", "new", FOLDER / "x", "--expires", "2001-01-01").code, 2)
    equal(yagura("assess", "key", "new", FOLDER / "x", "--expires", "tomorrow").code, 2)
    equal(yagura("assess", "key", "new", FOLDER / "x", "--name", "a\nb").code, 2)
    equal((FOLDER / "x").exists(), False, "a file")
    equal(yagura("assess", "key").code, 2)
    equal(yagura("assess", "verify").code, 2)
    equal(yagura("assess", "verify", FOLDER / "nosuch").code, 2)
    (FOLDER / "no.key").write_text("yagura-key v1 public\nname: a\npublic: xyz\n")
    done = yagura("assess", "key", "show", FOLDER / "no.key")
    equal(done.code, 2)
    contains(done.err, "no.key:3: 32 bytes in base64 are expected here")


def assessment(with_wording=True):
    """SCS ★3 with wording of our own, three answers, one with a record on disk."""
    db = pathlib.Path(tempfile.mkdtemp(dir=FOLDER)) / "firm.db"

    def run(*args, code=0):
        done = yagura("assess", *args, "--db", db)
        equal(done.code, code, "%s: %s%s" % (args, done.out, done.err))
        return done
    run("new", "--framework", "scs-2026-03-27", "--level", "star3", "--organisation", "見本製作所")
    ids = [line["id"] for line in json.loads(run("list", "--json").out)]
    if with_wording:
        (db.parent / "official.csv").write_text("id,text_ja\n" + "".join("%s,文言\n" % i for i in ids))
        run("import-official", db.parent / "official.csv")
    (db.parent / "rules.pdf").write_bytes(b"the rules")
    (db.parent / "answers.csv").write_text("id,state,by,date,reason,evidence\n"
                                           "1-2-1-1,met,山田,2026-01-10,,rules.pdf\n"
                                           "1-2-1-2,na,山田,2026-01-10,不要,\n"
                                           "4-1-3-2,partly,鈴木,2026-01-11,会計だけ未対応,\n")
    run("answer", "--from", db.parent / "answers.csv")
    return db, run


@case
def signed_and_verified_by_two_programs():
    db, run = assessment()
    key, out = new_key("sign.key", "--name", "見本製作所"), db.parent / "S.json"
    run("sign", "--key", key, "-o", out)
    keyid = pathlib.Path(str(key) + ".pub").read_text().split("fingerprint: ")[1].strip()
    equal(yagura("assess", "verify", out, "--key", str(key) + ".pub").out, "valid: signed by %s\n" % keyid)
    equal(yagura("assess", "verify", out).out, "signature intact, signer not confirmed: %s\n" % keyid)
    other = new_key("other.key")
    done = yagura("assess", "verify", out, "--key", str(other) + ".pub")
    equal((done.code, done.out), (1, ""), "another key")
    contains(done.err, "it was signed by another key")
    envelope = json.loads(out.read_bytes())
    statement = json.loads(base64.b64decode(envelope["payload"]))
    snapshot = statement["predicate"]["snapshot"]
    equal(len(snapshot["answers"]), 81, "answers")
    equal(len(snapshot["framework"]["sha256"]), 64, "framework")
    equal(snapshot["official"]["sha256"], hashlib.sha256((db.parent / "official.csv").read_bytes()).hexdigest())
    equal([e["sha256"] for e in snapshot["evidence"]], [hashlib.sha256(b"the rules").hexdigest()])
    equal([a["reason"] for a in snapshot["answers"] if a["id"] == "1-2-1-2"], ["不要"])
    text = json.dumps(snapshot)
    equal([w for w in ("contradict", "dispute", "observed", "supported") if w in text], [], "observations")
    script = ROOT / "tools/verify_statement.py"
    try:
        import cryptography  # noqa: F401
    except ImportError:
        return
    done = subprocess.run([sys.executable, script, out, "--key", str(key) + ".pub"], capture_output=True, text=True)
    equal((done.returncode, done.stdout), (0, "valid: signed by %s\n" % keyid), done.stderr)


@case
def what_is_not_signed():
    db, run = assessment(with_wording=False)
    key, out = new_key("refused.key"), db.parent / "S.json"
    contains(run("sign", "--key", key, "-o", out, code=1).err, "practice mode")
    contains(run("sign", "--key", str(key) + ".pub", "-o", out, code=2).err, "it cannot sign")
    run("sign", "-o", out, code=2)
    equal(out.exists(), False, "a statement")


@case
def a_clock_that_went_back_is_refused():
    db, run = assessment()
    key, out = new_key("clock.key"), db.parent / "S.json"
    run("sign", "--key", key, "-o", out)
    before = out.read_bytes()
    with sqlite3.connect(db) as store:
        columns = {row[0]: [c[1] for c in store.execute("PRAGMA table_info(%s)" % row[0])] for row in store.execute(
            "SELECT name FROM sqlite_master WHERE type='table'")}
        table, column = next((t, c) for t, cs in columns.items() for c in cs if c.startswith("time"))
        store.execute("UPDATE %s SET %s = %s + 864000000000000 WHERE rowid = (SELECT min(rowid) FROM %s)"
                      % (table, column, column, table))
    contains(run("sign", "--key", key, "-o", out, code=1).err, "clock is behind")
    equal(out.read_bytes(), before, "the statement of before")


@case
def reports_and_tables():
    db, run = assessment()
    for kind in ("ciso", "management", "gaps", "progress", "expert"):
        page = run("report", kind, "--lang", "ja").out
        contains(page, "★の取得を示すものではありません")
        contains(page, "見本製作所")
        contains(run("report", kind, "--csv").out, "\ufeff\"criterion\"")
        equal(json.loads(run("report", kind, "--json").out)["report"], kind)
    equal(json.loads(run("report", "gaps", "--json").out)["gaps"][0]["id"], "1-2-1-3")
    out = db.parent / "paper.html"
    run("report", "expert", "-o", out)
    contains(out.read_text(encoding="utf-8"), "<svg class=qr")
    run("report", "star", code=2)
    run("report", "progress", "--since", "2999-01-01", code=2)


@case
def the_paper_carries_the_digest_that_was_signed():
    db, run = assessment()
    key, out = new_key("paper.key"), db.parent / "S.json"
    unsigned = json.loads(run("report", "expert", "--json").out)["statement"]
    equal(unsigned["key_id"], None)
    run("sign", "--key", key, "-o", out)
    statement = json.loads(base64.b64decode(json.loads(out.read_bytes())["payload"]))
    signed = json.loads(run("report", "expert", "--json").out)["statement"]
    equal(signed["sha256"], statement["subject"][0]["digest"]["sha256"])
    equal(signed["key_id"], json.loads(out.read_bytes())["signatures"][0]["keyid"])
    run("answer", "4-1-3-2", "met")
    changed = json.loads(run("report", "expert", "--json").out)["statement"]
    equal((changed["sha256"] != signed["sha256"], changed["key_id"]), (True, None), "after a change")


@case
def practice_is_said_on_every_paper():
    _, run = assessment(with_wording=False)
    for kind in ("ciso", "management", "gaps", "progress", "expert"):
        page = run("report", kind, "--lang", "ja").out
        contains(page, "<p class=practice>練習")
        contains(page, "<p class=running>練習")


@case
def exports_in_oscal():
    _, run = assessment()
    for name, root in (("oscal-catalog", "catalog"), ("oscal-profile", "profile"),
                       ("oscal-results", "assessment-results")):
        equal(list(json.loads(run("export", "--format", name).out)), [root])
    profile = json.loads(run("export", "--format", "oscal-profile").out)["profile"]
    equal(len(profile["imports"][0]["include-controls"][0]["with-ids"]), 81)
    run("export", "--format", "xml", code=2)


@case
def templates_can_be_brought_in_as_they_are():
    db = FOLDER / "lists.db"
    equal(yagura("assess", "new", "--framework", "scs-2026-03-27", "--level", "star4", "--db", db).code, 0)
    listed = json.loads(yagura("assess", "template", "--json").out)
    tables = {"asset-list": "assets", "contact-list": "contacts", "network-list": "networks",
              "information-list": "information", "connection-list": "connections",
              "partner-list": "partners", "service-list": "services", "software-list": "allowed_software"}
    equal({t["name"] for t in listed if t["file_name"].endswith(".csv")}, set(tables))
    for name, table in tables.items():
        path = FOLDER / (name + ".csv")
        equal(yagura("assess", "template", name, "-o", path).code, 0)
        done = yagura("assess", "import-facts", table, path, "--db", db)
        equal(done.code, 0, done.err)
    equal(yagura("assess", "template", "nosuch").code, 2)
    report = json.loads(yagura("assess", "report", "ciso", "--json", "--db", db).out)
    equal((len(report["checks"]), report["check_totals"]["never"]), (18, 18), "the yearly checks that SCS names")


@case
def a_device_is_written_and_never_replaced():
    before = os.stat("/dev/full")
    db, run = assessment()
    for args in (("template", "contact-list"), ("report", "gaps", "--html"), ("export",)):
        got = run(*args, "-o", "/dev/full", code=2)
        contains(got.err, "No space left")
    after = os.stat("/dev/full")
    equal((after.st_mode, after.st_rdev, after.st_ino), (before.st_mode, before.st_rdev, before.st_ino))


@case
def what_is_no_statement():
    path = FOLDER / "S.json"
    for text in (b"", b"{}", b"{\"payload\":\"\"}", b"\xff", b"[" * 100, b"hello", json.dumps(
            {"payload": "e30=", "payloadType": "application/vnd.in-toto+json",
             "signatures": [{"keyid": "", "sig": ""}]}, separators=(",", ":")).encode()):
        path.write_bytes(text)
        done = yagura("assess", "verify", path)
        equal((done.code, done.out), (1, ""), repr(text))
        contains(done.err, "not valid: ")


main()
