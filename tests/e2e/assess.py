# SPDX-License-Identifier: Apache-2.0
"""`yagura assess` as docs/cli-contract.md promises it."""
import hashlib
import json
import os
import pathlib
import re
import sqlite3

import yaml
from harness import ROOT, SHARED, case, contains, equal, folder, main, yagura

DAY = "2026-01-15"
KEYS = ["criteria", "met", "partly", "not_met", "na", "open", "supported", "contradicted", "stale", "level"]


def nodes(name="scs-2026-03-27"):
    text = (ROOT / "frameworks" / (name + ".yaml")).read_text(encoding="utf-8")
    return [n for n in yaml.load(text, yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader)
            ["objects"]["framework"]["requirement_nodes"] if n["assessable"]]


NODES = nodes()


def ids(level):
    return [n["ref_id"] for n in NODES if level in n["implementation_groups"]]


def run(db, *args, code=0, **more):
    got = yagura("assess", *args, "--db", db, **more)
    if got.code != code:
        raise AssertionError("%s: exit %d, not %d\n%s%s" % (args, got.code, code, got.out, got.err))
    return got


def new(level="star3", framework="scs-2026-03-27"):
    db = folder() / "firm.db"
    run(db, "new", "--framework", framework, "--level", level, "--organisation", "Sample Works")
    return db


def official(db, leave_out=(), extra=(), level="star4", code=0):
    """Wording of our own under the official ids: what a publisher's file looks like."""
    path = pathlib.Path(db).parent / "official.csv"
    rows = [(i, "wording of %s" % i) for i in ids(level) if i not in leave_out] + list(extra)
    path.write_text("id,text_ja\n" + "".join('%s,"%s"\n' % r for r in rows), encoding="utf-8")
    return run(db, "import-official", path, code=code)


def answers(db, rows, name="answers.csv", encoding="utf-8", code=0):
    path = pathlib.Path(db).parent / name
    text = "id,state,by,date,reason,evidence\n" + "".join(
        ",".join('"%s"' % cell.replace('"', '""') for cell in row) + "\n" for row in rows)
    path.write_bytes(text.encode(encoding))
    return run(db, "answer", "--from", path, code=code)


def all_met(db, level="star3"):
    return answers(db, [(i, "met", "Yamada", DAY, "", "") for i in ids(level)])


def evaluate(db):
    got = json.loads(run(db, "evaluate", "--json").out)
    equal(list(got), KEYS, "keys and their order")
    equal(got["criteria"], sum(got[k] for k in ("met", "partly", "not_met", "na", "open")), "sum")
    return got


@case
def new_and_list_have_the_official_numbers():
    for level, count in (("star3", 81), ("star4", 153)):
        lines = json.loads(run(new(level), "list", "--json").out)
        equal(len(lines), count)
        equal([l["id"] for l in lines], ids(level))
        for line in lines:
            equal(line["state"], "open")
            equal(line["requirement"], line["id"].rsplit("-", 1)[0])
            assert line["title"]


@case
def practice_until_the_wording_is_there():
    db = new()
    all_met(db)
    equal(evaluate(db)["level"], "practice")
    got = official(db, leave_out=("4-4-4-2",), extra=(("9-9-9-9", "x"),), code=1)
    contains(got.out, "4-4-4-2")
    contains(got.out, "9-9-9-9")
    equal(evaluate(db)["level"], "practice")
    for language, word in (("ja", "練習"), ("en", "PRACTICE")):
        contains(run(db, "evaluate", lang=language).out, word)
        contains(run(db, "list", lang=language).out, word)
        contains(run(db, "next", lang=language).out, word)
        contains(run(db, "show", "1-2-1-1", lang=language).out, word)
    official(db)
    equal(evaluate(db)["level"], "reached")


@case
def one_criterion_decides():
    for state in ("partly", "not_met", "open"):
        db = new()
        official(db)
        all_met(db)
        equal(evaluate(db)["level"], "reached")
        run(db, "answer", ids("star3")[40], state)
        got = evaluate(db)
        equal(got["level"], "not reached", state)
        equal(got[state], 1)


@case
def not_applicable_needs_a_reason():
    db = new()
    official(db)
    all_met(db)
    got = run(db, "answer", "4-4-4-2", "na", code=1)
    contains(got.err, "reason")
    equal(evaluate(db)["na"], 0)
    run(db, "answer", "4-4-4-2", "na", "--reason", "there is no such device")
    got = evaluate(db)
    equal((got["na"], got["level"]), (1, "reached"))


@case
def a_table_is_taken_whole_or_not_at_all():
    db = new()
    good = [(i, "met", "", "", "", "") for i in ids("star3")[:10]]
    for bad, word in ((("9-9-9-9", "met", "", "", "", ""), "9-9-9-9"),
                      (("4-4-4-2", "perhaps", "", "", "", ""), "perhaps"),
                      (("4-4-4-2", "met", "", "2026-02-30", "", ""), "2026-02-30"),
                      (("4-4-4-2", "met", "", "2999-01-01", "", ""), "4-4-4-2"),
                      (("4-4-4-2", "na", "", "", "", ""), "4-4-4-2"),
                      ((good[2][0], "met", "", "", "", ""), good[2][0])):
        got = answers(db, good + [bad], code=1)
        contains(got.err, "answers.csv:12:")
        contains(got.err, word)
        equal(evaluate(db)["met"], 0, "nothing was changed")
    answers(db, good)
    equal(evaluate(db)["met"], 10)


@case
def tables_of_office_life():
    for encoding in ("utf-8", "utf-8-sig", "cp932", "utf-16"):
        db = new()
        answers(db, [("4-4-4-2", "一部", "山田太郎", "2026/1/5", "半分の端末だけ", "パッチ管理表")],
                encoding=encoding)
        line = [l for l in json.loads(run(db, "list", "--json").out) if l["id"] == "4-4-4-2"][0]
        equal((line["state"], line["by"], line["date"], line["evidence"]),
              ("partly", "山田太郎", "2026-01-05", 1), encoding)
        item = json.loads(run(db, "evidence", "list", "--json").out)[0]
        equal(item["title"], "パッチ管理表")


@case
def evidence_changed_after_hashing_makes_the_answer_stale():
    db = new()
    official(db)
    all_met(db)
    policy = pathlib.Path(db).parent / "policy.txt"
    policy.write_text("version 1")
    answers(db, [("1-2-1-1", "met", "Yamada", DAY, "", "policy.txt")])
    got = evaluate(db)
    equal((got["stale"], got["level"]), (0, "reached"))
    policy.write_text("version 2")
    got = evaluate(db)
    equal((got["stale"], got["level"]), (1, "not reached"))
    policy.write_text("version 1")
    equal(evaluate(db)["stale"], 0)


@case
def expired_evidence_makes_the_answer_stale():
    db = new()
    official(db)
    all_met(db)
    old = run(db, "evidence", "add", "old contact list", "--date", "2024-01-01", "--expires", "2025-01-01").out.strip()
    run(db, "answer", "1-2-1-2", "met", "--evidence", old)
    equal(evaluate(db)["stale"], 1)
    run(db, "evidence", "remove", old)
    equal(evaluate(db)["stale"], 0)


@case
def an_expert_confirms_and_a_changed_basis_voids_only_its_own():
    db = new()
    all_met(db)
    expert = run(db, "expert", "invite", "Suzuki", "--source", "registered specialist", "--name", "000001",
                 "--until", "2099-01-01").out.strip()
    got = run(db, "confirm", "1-2-1-1", "--as", expert, "--note", "the rules", code=1)
    contains(got.err, "ractice")
    official(db)
    for criterion in ("1-2-1-1", "1-2-1-2"):
        run(db, "confirm", criterion, "--as", expert, "--note", "the rules and the list")
    contains(run(db, "confirm", "1-2-1-1", "--note", "x", code=1).err, "not")
    run(db, "answer", "1-2-1-1", "met", "--reason", "new wording of the reason")
    lines = {l["id"]: l["confirmation"] for l in json.loads(run(db, "list", "--json").out)}
    equal((lines["1-2-1-1"], lines["1-2-1-2"], lines["1-2-1-3"]), ("void", "confirmed", None))
    run(db, "confirm", "1-2-1-3", "--as", expert, "--reason", "show the date of the last review")
    lines = {l["id"]: l["confirmation"] for l in json.loads(run(db, "list", "--json").out)}
    equal(lines["1-2-1-3"], "returned")
    state = line(db, "1-2-1-3")["state"]
    run(db, "answer", "1-2-1-3", "partly", "--as", expert, code=1)
    equal(line(db, "1-2-1-3")["state"], state, "an expert changes no answer")
    run(db, "expert", "end", expert)
    equal(yagura("assess", "confirm", "1-2-1-4", "--as", expert, "--note", "x", "--db", db).code, 2)


@case
def the_expert_works_on_a_file_and_brings_it_back():
    db = new()
    official(db)
    all_met(db)
    expert = run(db, "expert", "invite", "Suzuki", "--source", "registered specialist", "--until", "2099-01-01").out.strip()
    there, desk, back = (pathlib.Path(db).parent / n for n in ("there.json", "desk.db", "back.json"))
    run(db, "export", "--audience", "expert", "-o", there)
    run(desk, "import", there)
    for criterion in ("1-2-1-1", "1-2-1-2"):
        run(desk, "confirm", criterion, "--as", expert, "--note", "read")
    run(desk, "export", "-o", back)
    run(db, "answer", "1-2-1-2", "met", "--reason", "changed meanwhile")
    got = json.loads(run(db, "import", back, "--json").out)
    equal((got["new"], got["confirmations"]), (False, 1))
    equal(got["conflicts"], [{"criterion": "1-2-1-2", "reason": "basis-changed"}])
    text = json.loads(back.read_text())
    text["documents"][0]["key"] = "somebody-else"
    back.write_text(json.dumps(text))
    contains(run(db, "import", back, code=1).err, "back.json")


@case
def answers_move_only_where_the_wording_is_equal():
    db = new()
    official(db)
    all_met(db)
    first = json.loads(run(db, "list", "assessments", "--json").out)[0]["id"]
    head = json.loads(run(db, "new", "--framework", "scs-2026-03-27", "--level", "star4", "--from", first, "--json").out)
    equal(len(head["moved"]), 81)
    equal(evaluate(db)["met"], 81)
    # A new official version: another framework file, one criterion reworded.
    text = (ROOT / "frameworks/scs-2026-03-27.yaml").read_text(encoding="utf-8").replace("scs-2026-03-27", "scs-next")
    text = text.replace("SCS-2026-03-27", "SCS-NEXT")
    later = pathlib.Path(db).parent / "next.yaml"
    later.write_text(text, encoding="utf-8")
    run(db, "new", "--framework", later, "--level", "star3", "--from", first)
    equal(evaluate(db)["met"], 0, "nothing to compare with yet")
    official(db)
    path = pathlib.Path(db).parent / "official.csv"
    path.write_text(path.read_text().replace("wording of 4-4-4-2", "new wording of 4-4-4-2"))
    db2 = new()
    official(db2)
    all_met(db2)
    first = json.loads(run(db2, "list", "assessments", "--json").out)[0]["id"]
    run(db2, "new", "--framework", later, "--level", "star3", "--from", first)
    run(db2, "import-official", path)
    equal(evaluate(db2)["met"], 80)
    head = json.loads(run(db2, "list", "assessments", "--json").out)[0]
    equal(head["not_moved"], ["4-4-4-2"])


@case
def security_action_adds_up_points():
    db = new("star2", "security-action")
    rows = [("q%d" % i, "done", "", "", "", "") for i in range(1, 26)] + [("policy", "met", "", "", "", "")]
    answers(db, rows)
    head = json.loads(run(db, "list", "assessments", "--json").out)[0]
    equal(head["detail"]["sum"], 100)
    run(db, "answer", "q3", "unknown")
    run(db, "answer", "q4", "partly")
    head = json.loads(run(db, "list", "assessments", "--json").out)[0]
    equal(head["detail"]["sum"], 100 - 5 - 2)


def facts(db, table, text, *more):
    path = pathlib.Path(db).parent / (table + ".csv")
    path.write_bytes(text.encode("cp932"))
    return run(db, "import-facts", table, path, "--source", "our own list", *more)


def line(db, criterion):
    return [l for l in json.loads(run(db, "list", "--json").out) if l["id"] == criterion][0]


@case
def the_firms_own_lists_stand_beside_what_it_declares():
    db = new()
    official(db)
    all_met(db)
    equal(line(db, "4-4-5-1")["observed"], "none")
    tables = json.loads(run(db, "import-facts", "--json").out)
    assert len(tables) >= 20 and all(t["rows"] == 0 and t["date"] is None for t in tables)
    assert not pathlib.Path(str(db) + ".facts").exists(), "looking makes no file"
    facts(db, "assets", "資産名,種別,名称\nPC-1,パソコン,経理\nPC-2,パソコン,営業\n")
    facts(db, "protection", "資産名,製品,有効\nPC-1,X,はい\nPC-2,X,はい\n")
    equal(line(db, "4-4-5-1")["observed"], "supports")
    got = evaluate(db)
    assert got["supported"] >= 1 and got["contradicted"] == 0, got
    equal(got["level"], "reached")
    facts(db, "protection", "資産名,製品,有効\nPC-1,X,はい\nPC-2,X,いいえ\n")
    equal(line(db, "4-4-5-1")["state"], "met")  # an observation never changes an answer
    equal(line(db, "4-4-5-1")["observed"], "contradicts")
    got = evaluate(db)
    equal((got["contradicted"], got["level"]), (1, "not reached"))
    shown = json.loads(run(db, "show", "4-4-5-1", "--json").out)
    query = [w for w in shown["evidence_wanted"] if w["kind"] == "query"][0]
    equal(query["status"], "contradicts")
    equal((query["rows"][0]["resource"], query["rows"][0]["check"]), ("PC-2", "alarm"))
    run(db, "answer", "4-4-5-1", "partly")  # agrees with what is seen
    equal(line(db, "4-4-5-1")["observed"], "supports")
    facts(db, "protection", "資産名,製品,有効\nPC-1,X,はい\nPC-2,X,はい\n", "--date", "2020-01-01")
    run(db, "answer", "4-4-5-1", "met")
    equal(line(db, "4-4-5-1")["observed"], "stale")
    got = yagura("assess", "import-facts", "nonsense", pathlib.Path(db).parent / "assets.csv", "--db", db)
    equal(got.code, 1)
    bad = pathlib.Path(db).parent / "bad.csv"
    bad.write_text("asset,kind\nPC-1,spaceship\n")
    got = run(db, "import-facts", "assets", bad, code=1)
    contains(got.err, "bad.csv:2")


HOSTILE = {
    "other table": "SELECT name AS resource, 'ok' AS status, sql AS reason FROM sqlite_master",
    "write": "DELETE FROM assets",
    "endless": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
               "SELECT i AS resource, 'ok' AS status, '' AS reason FROM n",
    "one gigabyte": "SELECT hex(zeroblob(1000000000)) AS resource, 'ok' AS status, '' AS reason FROM assets",
    "another file": "ATTACH DATABASE '/etc/passwd' AS p",
}


@case
def a_framework_that_tries_more_is_refused():
    text = (ROOT / "frameworks/security-action.yaml").read_text(encoding="utf-8")
    for name, sql in HOSTILE.items():
        path = folder() / "hostile.yaml"
        wanted = ("      x_evidence:\n      - id: hostile\n        kind: query\n        strength: supports\n"
                  "        name: {ja: x, en: x}\n        max_age: P1Y\n        tables: [assets]\n        sql: |\n          %s\n" % sql)
        path.write_text(text.replace("      x_evidence:\n", wanted, 1).replace("-security-action", "-hostile")
                        .replace(":security-action", ":hostile"), encoding="utf-8")
        db = path.parent / "h.db"
        made = yagura("assess", "new", "--framework", path, "--level", "star1", "--db", db)
        if made.code:  # refused when it was read: just as well
            contains(made.err, "hostile.yaml:")
            continue
        facts(db, "assets", "asset,kind\nPC-1,pc\n")
        run(db, "answer", "p1", "met")
        shown = json.loads(run(db, "show", "p1", "--json").out)
        query = [w for w in shown["evidence_wanted"] if w["id"] == "hostile"][0]
        assert query["error"] and query["rows"] == [], (name, query)
        equal(line(db, "p1")["observed"], "none", name)


@case
def others_frameworks_load_from_files():
    for name, count in (("nist-csf-2.0.yaml", 106), ("nist-ssdf-1.1.yaml", 42)):
        path = SHARED / "assessment/ciso-assistant" / name
        if not path.exists():
            print("skipped part: %s is not here" % name)
            continue
        db = folder() / "f.db"
        run(db, "new", "--framework", path)
        equal(evaluate(db)["criteria"], count, name)


@case
def wrong_input_says_what_and_where():
    here = folder()
    junk = here / "junk.db"
    junk.write_text("this is no database, but it is somebody's file\n" * 100)
    before = junk.read_bytes()
    got = yagura("assess", "list", "--db", junk)
    equal(got.code, 2)
    contains(got.err, "junk.db")
    equal(junk.read_bytes(), before)
    equal(yagura("assess", "list", "--db", here / "missing.db").code, 2)
    assert not (here / "missing.db").exists()
    equal(yagura("assess", "new", "--framework", "no-such", "--level", "star3", "--db", here / "x.db").code, 2)
    equal(yagura("assess", "frobnicate").code, 2)
    broken = here / "broken.yaml"
    broken.write_text("urn: a\nurn: b\n")
    got = yagura("assess", "new", "--framework", broken, "--level", "star3", "--db", here / "y.db")
    contains(got.err, "broken.yaml:2")
    equal(got.code, 1)


@case
def nothing_is_overwritten():
    db = new()
    run(db, "answer", "4-4-4-2", "met", "--by", "A")
    run(db, "answer", "4-4-4-2", "partly", "--by", "B")
    got = json.loads(run(db, "show", "4-4-4-2", "--json").out)
    equal([(h["from"], h["to"], h["by"]) for h in got["history"]], [("met", "partly", "B"), ("open", "met", "A")])
    for part in ("asked", "why", "cheap", "example", "proof", "looks_at"):
        assert got["help"][part]
    equal(sqlite3.connect(db).execute("PRAGMA integrity_check").fetchone()[0], "ok")


@case
def both_languages_speak():
    db = new()
    for language, words in (("ja", ("求められること", "費用をかけない方法")), ("en", ("What is asked", "The cheapest way"))):
        got = run(db, "show", "4-4-4-2", lang=language).out
        for word in words:
            contains(got, word)
    assert re.search("[ぁ-ん]", run(db, "next", lang="ja").out)
    assert not re.search("[ぁ-ん]", run(db, "next", lang="en").out)


def framework_text():
    return (ROOT / "frameworks/scs-2026-03-27.yaml").read_text(encoding="utf-8")


def assessments(db):
    return json.loads(run(db, "list", "assessments", "--json").out)


@case
def a_file_that_pretends_to_be_a_shipped_framework_is_refused():
    path = folder() / "mine.yaml"
    path.write_text(framework_text() + "\n# mine\n", encoding="utf-8")
    got = run(path.parent / "m.db", "new", "--framework", path, "--level", "star3", code=1)
    contains(got.err, "mine.yaml")
    contains(got.err, "urn:yagura:risk:library:scs-2026-03-27")
    assert not (path.parent / "m.db").exists(), "nothing is left behind"


@case
def clients_keep_the_framework_text_they_were_asked():
    db = new()
    there, desk = (pathlib.Path(db).parent / n for n in ("there.json", "desk.db"))
    run(db, "export", "-o", there)
    file = json.loads(there.read_text(encoding="utf-8"))
    title = line(db, "1-2-1-1")["title"]
    assert file["framework_file"].count(title) == 1
    file["framework_file"] = file["framework_file"].replace(title, "Another title")
    file["framework_sha256"] = hashlib.sha256(file["framework_file"].encode()).hexdigest()
    there.write_text(json.dumps(file), encoding="utf-8")
    run(desk, "import", there)
    equal(line(desk, "1-2-1-1")["title"], "Another title")
    run(desk, "new", "--framework", "scs-2026-03-27", "--level", "star3")
    equal(line(desk, "1-2-1-1")["title"], title)
    # The other way round: the program's own is there first.
    desk = pathlib.Path(db).parent / "desk2.db"
    run(desk, "new", "--framework", "scs-2026-03-27", "--level", "star3")
    got = json.loads(run(desk, "import", there, "--json").out)
    shown = json.loads(run(desk, "list", "--assessment", got["assessment"], "--json").out)
    equal([l["title"] for l in shown if l["id"] == "1-2-1-1"], ["Another title"])
    run(desk, "export", "--assessment", got["assessment"], "-o", there)
    equal(json.loads(there.read_text(encoding="utf-8"))["framework_sha256"], file["framework_sha256"])


@case
def nobody_confirms_by_editing_the_exchange_file():
    db = new()
    official(db)
    all_met(db)
    run(db, "answer", "1-2-1-2", "partly")
    expert = run(db, "expert", "invite", "Suzuki", "--source", "registered specialist", "--name", "000001",
                 "--until", "2099-01-01").out.strip()
    there, desk, back = (pathlib.Path(db).parent / n for n in ("there.json", "desk.db", "back.json"))
    run(db, "export", "--audience", "expert", "-o", there)
    run(desk, "import", there)
    run(desk, "confirm", "1-2-1-1", "--as", expert, "--note", "read")
    run(desk, "confirm", "1-2-1-2", "--as", expert, "--reason", "not all of it")
    run(desk, "export", "-o", back)
    file = json.loads(back.read_text(encoding="utf-8"))
    for document in file["documents"]:
        if document["kind"] == "confirmation":
            document["body"].update(decision="confirmed", looked_at="all", extra="x")
            document["body"]["expert"].update(name="Somebody", qualification="Minister")
    back.write_text(json.dumps(file), encoding="utf-8")
    got = json.loads(run(db, "import", back, "--json").out)
    equal((got["confirmations"], got["conflicts"]), (1, [{"criterion": "1-2-1-2", "reason": "not-declared"}]))
    confirmation = json.loads(run(db, "show", "1-2-1-1", "--json").out)["confirmation"]
    equal((confirmation["expert"]["name"], confirmation["expert"]["qualification"]), ("Suzuki", "registered specialist"))
    for document in file["documents"]:
        if document["kind"] == "confirmation":
            document["body"].update(decision=["confirmed"], date="2999-01-01")
    back.write_text(json.dumps(file), encoding="utf-8")
    got = json.loads(run(db, "import", back, "--json").out)
    equal([c["reason"] for c in got["conflicts"]], ["bad-confirmation", "bad-confirmation"])


@case
def an_exchange_file_that_cannot_be_shown_is_not_taken():
    db = new()
    there = pathlib.Path(db).parent / "there.json"
    run(db, "export", "-o", there)
    text = there.read_text(encoding="utf-8")
    for old, fresh in (('"level":"star3"', '"level":"star9"'), ('"kind":"assessment"', '"kind":"scope"'),
                       ('"documents":[', '"documents":[{"body":{},"kind":"answer","key":"somebody/1"},'),
                       ('"version":1', '"version":2'), ('"assessment":"', '"assessment":"../')):
        assert text.count(old) >= 1, old
        there.write_text(text.replace(old, fresh), encoding="utf-8")
        desk = pathlib.Path(db).parent / "desk.db"
        run(desk, "new", "--framework", "scs-2026-03-27", "--level", "star4")
        contains(run(desk, "import", there, code=1).err, "there.json")
        equal(len(assessments(desk)), 1, old)
        equal(evaluate(desk)["criteria"], 153, old)
        desk.unlink()


@case
def a_made_up_place_does_not_stop_the_program():
    db = new()
    there, desk, pipe = (pathlib.Path(db).parent / n for n in ("there.json", "desk.db", "pipe"))
    run(db, "evidence", "add", "rules", "--evidence", "1-2-1-1", "--source", "PLACE")
    run(db, "export", "-o", there)
    os.mkfifo(pipe)
    file = json.loads(there.read_text(encoding="utf-8"))
    for document in file["documents"]:
        if document["kind"] == "evidence":
            document["body"].update(place=str(pipe), sha256="0" * 64)
    there.write_text(json.dumps(file), encoding="utf-8")
    run(desk, "import", there)
    equal(evaluate(desk)["stale"], 0)


@case
def what_was_changed_after_a_move_stays():
    db = new()
    official(db)
    policy = pathlib.Path(db).parent / "policy.txt"
    policy.write_text("the rules")
    answers(db, [("1-2-1-1", "met", "Yamada", DAY, "", "policy.txt")])
    first = assessments(db)[0]["id"]
    run(db, "new", "--framework", "scs-2026-03-27", "--level", "star4", "--from", first)
    second = assessments(db)[0]["id"]
    old = json.loads(run(db, "evidence", "list", "--json").out)[0]
    kept = sqlite3.connect(db).execute(
        "SELECT body FROM docs WHERE kind='attachment' AND key=?", (second + "/" + old["id"],)).fetchall()
    equal(kept, [(b"the rules",)], "the file moved along")
    run(db, "evidence", "remove", old["id"])
    run(db, "answer", "1-2-1-1", "partly")
    official(db)
    equal(json.loads(run(db, "evidence", "list", "--json").out), [])
    equal(line(db, "1-2-1-1")["state"], "partly")
    count = len(assessments(db))
    got = run(db, "new", "--framework", "scs-2026-03-27", "--level", "star4", "--from", "nobody", code=2)
    contains(got.err, "nobody")
    equal(len(assessments(db)), count, "nothing was made")


@case
def words_that_lead_nowhere_are_named():
    db = new()
    here = pathlib.Path(db).parent
    for args, word, hint in ((("list", "--assessment", "nope"), "nope", "list assessments"),
                             (("confirm", "1-2-1-1", "--as", "nobody", "--note", "x"), "nobody", "expert list"),
                             (("evaluate", db), "evaluate", "--help"), (("list", "4-4-4-2"), "list", "assessments")):
        got = run(db, *args, code=2)
        contains(got.err, word)
        contains(got.err, hint)
    got = yagura("assess", "new", "--framework", "scs-2026-03-27", "--level", "star3", "--db", here / "no" / "x.db")
    equal(got.code, 2)
    contains(got.err, "folder")
    for framework, level in (("nothere", "star3"), ("scs-2026-03-27", "star9")):
        run(here / "none.db", "new", "--framework", framework, "--level", level, code=2)
    run(here / "none.db", "import", db, code=1)
    equal(list(here.glob("none.db*")), [], "a refused command leaves nothing")
    half = here / "half.db"
    half.write_bytes(pathlib.Path(db).read_bytes()[:200000])
    before = half.read_bytes()
    contains(run(half, "list", code=2).err, "damaged")
    equal(half.read_bytes(), before)
    expert = run(db, "expert", "invite", "Suzuki", "--source", "specialist", "--until", "2099-01-01").out.strip()
    contains(run(db, "confirm", "9-9-9-9", "--as", expert, "--note", "x", code=1).err, "no such criterion")
    contains(run(db, "answer", "1-2-1-1", "met", "--as", expert, code=1).err, "may not")


@case
def a_table_cannot_choose_among_other_files():
    db = new()
    here = pathlib.Path(db).parent
    (here / "lists").mkdir()
    (here / "secret.txt").write_text("not for them")
    (here / "lists" / "rules.txt").write_text("the rules")
    names = ("../secret.txt", str(here / "secret.txt"), "sub/../../secret.txt", "rules.txt", "/dev/zero", "..")
    run(db, "evidence", "add", "secret.txt")  # a title that only sounds like a file
    answers(db, [("1-2-1-1", "met", "", "", "", ";".join(names))], name="lists/answers.csv")
    items = {i["title"]: i for i in json.loads(run(db, "evidence", "list", "--json").out)}
    equal(sorted(items), sorted(names + ("secret.txt",)))
    equal([t for t, i in items.items() if i.get("sha256")], ["rules.txt"])


@case
def odd_tables():
    db = new()
    here = pathlib.Path(db).parent
    for text, place, word in (
            ("id,state\n1-2-1-1,met, maybe\n", ":2:", "quotes"), ("id,state,ID\n1-2-1-1,met,1-2-1-2\n", ":1:", "twice"),
            ("", ":1:", "id, state"), ("\n\n", ":1:", "id, state"), ("1-2-1-1,met\n", ":1:", "id, state"),
            ('id,state\n"1-2-1-1,met\n', ":2:", "quote"), ("id,state\n1-2-1-1\n", ":2:", "1-2-1-1"),
            ("id,state\n\n1-1-1-1,met\n", ":3:", "1-1-1-1")):
        path = here / "odd.csv"
        path.write_text(text, encoding="utf-8")
        got = run(db, "answer", "--from", path, code=1)
        contains(got.err, "odd.csv" + place)
        contains(got.err, word)
    path.write_bytes("ID;State;Reason;Colour\r\n1-2-1-1;MET;;x\r\n;;;\r\n"
                     "1-2-1-2;Na;\"two\r\nlines; really\";\r\n".encode("utf-8-sig"))
    run(db, "answer", "--from", path)
    equal((line(db, "1-2-1-1")["state"], line(db, "1-2-1-2")["state"]), ("met", "na"))
    got = run(db, "answer", "1-2-1-1", "perhaps", code=1, lang="ja")
    assert re.search("[ぁ-ん]", got.err) and not re.search("[a-z]+ [a-z]+ [a-z]+", got.err.replace("met、partly", "")), got.err


@case
def a_long_table_with_much_evidence_takes_no_long_time():
    db = new("star4")
    rows = [(i, "met", "Yamada", DAY, "", ";".join("record %s %d" % (i, k) for k in range(25))) for i in ids("star4")]
    before = os.times()
    answers(db, rows)
    answers(db, rows)
    after = os.times()
    equal(len(json.loads(run(db, "evidence", "list", "--json").out)), 25 * 153)
    # Of the processor, so that others on the machine do not matter. Loading everything after
    # each row took minutes.
    used = after.children_user + after.children_system - before.children_user - before.children_system
    assert used < 20, used


@case
def wording_that_is_none_and_files_of_others():
    db = new()
    official(db)
    equal(evaluate(db)["level"], "not reached")
    path = pathlib.Path(db).parent / "other.csv"
    path.write_text("id,text_ja\nA.5.1,something else\n", encoding="utf-8")
    contains(run(db, "import-official", path, code=1).err, "A.5.1")
    equal(evaluate(db)["level"], "not reached", "the wording stayed")
    path.write_text("id,text_ja\n" + "".join('%s,"%s"\n' % (i, " \u3000\u00a0" if i == "4-4-4-2" else "text")
                                           for i in ids("star4")), encoding="utf-8")
    contains(run(db, "import-official", path, code=1).out, "missing: 4-4-4-2")
    equal(evaluate(db)["level"], "practice")


@case
def texts_of_others_do_not_command_the_terminal():
    db = new()
    title = "rules\x1b]0;owned\x07 \u202egnp.exe\u009b31m 😀 終わり"
    run(db, "evidence", "add", title)
    equal(json.loads(run(db, "evidence", "list", "--json").out)[0]["title"], title)
    shown = run(db, "evidence", "list").out
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown), shown
    contains(shown, "😀 終わり")
    path = pathlib.Path(db).parent / "scope.json"
    path.write_text(json.dumps({"companies": [{"name": "A\x1b[2J"}]}))
    assert "\x1b" not in run(db, "scope", "--from", path).out
    path = pathlib.Path(db).parent / "official.csv"
    path.write_text("id,text_ja\n1-2-1-1,text\n9\x1b[2J,text\n")
    assert "\x1b" not in run(db, "import-official", path, code=1).out


@case
def a_damaged_file_of_lists_is_named():
    db = new()
    facts(db, "assets", "asset,kind\nPC-1,pc\n")
    lists = pathlib.Path(str(db) + ".facts")
    lists.write_bytes(lists.read_bytes()[:9000])
    for args in (("evaluate", "--json"), ("list",)):
        contains(run(db, *args, code=2).err, ".facts")
    lists.unlink()
    equal(evaluate(db)["open"], 81)


if __name__ == "__main__":
    os.environ["YAGURA_PERSON"] = "tester"
    main()
