# SPDX-License-Identifier: Apache-2.0
"""`yagura assess web`: the operations of docs/api.md on a real file, as the console uses them."""
import contextlib
import hashlib
import json
import pathlib
import signal
import socket
import tempfile

from api_kit import Api
from harness import case, contains, equal, main, yagura


@contextlib.contextmanager
def fresh():
    with tempfile.TemporaryDirectory() as name:
        api = Api(pathlib.Path(name))
        try:
            yield api
        finally:
            equal(api.end(), 0, "how yagura ended")


def begun(api, level="star3"):
    head = api.make("POST", "/assessments", {"framework": "scs-2026-03-27", "level": level,
                                             "organisation": {"name": "山田製作所"}})
    return head, "/assessments/" + head["id"]


def get(api, path):
    answer, content = api.ask("GET", "/api/v1" + path)
    equal(answer.status, 200, (path, content[:300]))
    return json.loads(content)


def refused(api, status, code, method, path, body=None, **fields):
    answer, content = api.ask(method, "/api/v1" + path, body, **fields)
    problem = json.loads(content)
    equal((answer.status, problem["code"]), (status, code), (method, path, problem))
    equal(answer.headers["Content-Type"], "application/problem+json")
    assert problem["title"] and problem["detail"]
    return problem


def upload(api, method, path, data, name=None, kind="application/octet-stream"):
    fields = {"Content_Type": kind, "Content_Length": str(len(data))}
    if name is not None:
        fields["X_File_Name"] = name
    return api.send(method, "/api/v1" + path, data, fields)


@case
def begins():
    with fresh() as api:
        equal(get(api, "/assessments")["items"], [])
        for level, criteria in (("star3", 81), ("star4", 153)):
            head, at = begun(api, level)
            equal(head["counts"]["criteria"], criteria, level)
            equal((head["practice"], head["level_state"]), (True, "practice"))
            page = get(api, at + "/criteria")
            equal(len(page["items"]), criteria)
            assert "next" not in page and page["groups"], page.keys()
        equal(len(get(api, "/assessments")["items"]), 2)
        equal(get(api, "/session")["organisation"], "山田製作所")
        contains(json.dumps(get(api, "/frameworks")), "scs-2026-03-27")
        refused(api, 400, "unknown-framework", "POST", "/assessments", {"framework": "none"})
        refused(api, 400, "unknown-level", "POST", "/assessments",
                {"framework": "scs-2026-03-27", "level": "star9"})
        refused(api, 400, "framework-needed", "POST", "/assessments", {})
        refused(api, 400, "bad-request", "POST", "/assessments", {"framework": 5})
        refused(api, 400, "bad-request", "POST", "/assessments", ["x"])
        refused(api, 404, "not-found", "GET", "/assessments/nothing")
        refused(api, 404, "not-found", "GET", "/assessments/" + "x" * 200)


@case
def bodies_are_read_strictly():
    with fresh() as api:
        for data in (b"{", b'{"framework":"a","framework":"b"}', b'{"framework":"\\u0000"}', b"[" * 100,
                     b'{"framework":"\xff"}', b"{} {}"):
            answer, content = upload(api, "POST", "/assessments", data, kind="application/json")
            equal((answer.status, json.loads(content)["code"]), (400, "bad-request"), data)
        answer, content = upload(api, "POST", "/assessments", b"{}", kind="text/csv")
        equal((answer.status, json.loads(content)["code"]), (415, "wrong-type"))


@case
def answers_and_revisions():
    with fresh() as api:
        _, at = begun(api)
        first, second = [line["id"] for line in get(api, at + "/criteria?limit=2")["items"]]
        path = "%s/criteria/%s/answer" % (at, first)
        refused(api, 428, "precondition-required", "PUT", path, {"state": "met"})
        refused(api, 400, "bad-request", "PUT", path, {"state": "met"}, If_Match='"x"')
        refused(api, 400, "state-needed", "PUT", path, {}, If_Match="0")
        refused(api, 400, "bad-state", "PUT", path, {"state": "perhaps"}, If_Match="0")
        refused(api, 400, "future-day", "PUT", path, {"state": "met", "date": "2999-01-01"}, If_Match="0")
        refused(api, 400, "bad-day", "PUT", path, {"state": "met", "date": "soon"}, If_Match="0")
        refused(api, 400, "unknown-evidence", "PUT", path, {"state": "met", "evidence": ["x"]}, If_Match="0")
        refused(api, 400, "reason-needed", "PUT", path, {"state": "na"}, If_Match="0")
        refused(api, 404, "unknown-criterion", "PUT", at + "/criteria/9-9-9-9/answer", {"state": "met"},
                If_Match="0")
        equal(get(api, at)["counts"]["open"], 81, "nothing was changed by all that")
        criterion = api.make("PUT", path, {"state": "met", "note": "済"}, If_Match="0")
        equal((criterion["state"], criterion["answer"]["by"], criterion["revision"]), ("met", "山田", 1))
        # Somebody else still has revision 0 on the screen.
        refused(api, 409, "changed-meanwhile", "PUT", path, {"state": "partly"}, If_Match="0")
        answer, _ = api.ask("GET", "/api/v1%s/criteria/%s" % (at, first))
        equal(answer.headers["ETag"], '"1"')
        api.make("PUT", path, {"state": "partly"}, If_Match=answer.headers["ETag"])
        equal(get(api, at)["counts"]["partly"], 1)
        lines = get(api, at + "/criteria?state=partly")["items"]
        equal([line["id"] for line in lines], [first])
        equal(len(get(api, at + "/criteria?group=1")["items"]), 8, "a category")
        refused(api, 400, "bad-request", "GET", at + "/criteria?state=fine")
        refused(api, 400, "bad-request", "GET", at + "/criteria?limit=0")
        refused(api, 400, "bad-request", "GET", at + "/criteria?after=none")
        equal(get(api, at + "/criteria?limit=1&after=" + first)["items"][0]["id"], second)
        equal([h["to"] for h in get(api, "%s/criteria/%s" % (at, first))["history"]], ["partly", "met"])


@case
def pages():
    """Page by page is the same as all at once."""
    with fresh() as api:
        _, at = begun(api)
        whole = [line["id"] for line in get(api, at + "/criteria")["items"]]
        found, after = [], ""
        while True:
            page = get(api, at + "/criteria?limit=20" + after)
            found += [line["id"] for line in page["items"]]
            if "next" not in page:
                break
            after = "&after=" + page["next"]
        equal(found, whole)


@case
def evidence_and_files():
    with fresh() as api:
        _, at = begun(api)
        criterion = get(api, at + "/criteria?limit=1")["items"][0]["id"]
        made = api.make("POST", at + "/evidence", {"kind": "record", "title": "連絡先一覧", "criteria": [criterion]})
        path = "%s/evidence/%s" % (at, made["id"])
        refused(api, 400, "title-needed", "POST", at + "/evidence", {"kind": "record"})
        refused(api, 404, "not-found", "GET", path + "/file")
        data = bytes(range(256)) * 100
        answer, content = upload(api, "POST", path + "/file", data, "%E4%B8%80%E8%A6%A7.html")
        equal(answer.status, 200, content)
        kept = json.loads(content)
        equal((kept["file_name"], kept["size"], kept["sha256"]),
              ("一覧.html", len(data), hashlib.sha256(data).hexdigest()))
        answer, content = api.ask("GET", "/api/v1" + path + "/file")
        equal((answer.status, content), (200, data))
        contains(answer.headers["Content-Disposition"], "filename*=UTF-8''%E4%B8%80%E8%A6%A7.html")
        equal(answer.headers["Content-Type"], "application/octet-stream")
        answer, content = upload(api, "POST", path + "/file", b"")
        equal(json.loads(content)["code"], "bad-request", "an empty file")
        answer, content = upload(api, "POST", path + "/file", b"x")
        equal(json.loads(content)["code"], "bad-request", "a file without a name")
        refused(api, 428, "precondition-required", "DELETE", path)
        refused(api, 409, "changed-meanwhile", "DELETE", path, If_Match="99")
        answer, content = api.ask("DELETE", "/api/v1" + path, If_Match='"%d"' % kept["revision"])
        equal((answer.status, content), (204, b""))
        equal(get(api, at + "/evidence")["items"], [])


@case
def scope_is_written_and_read():
    with fresh() as api:
        _, at = begun(api)
        equal(get(api, at + "/scope")["revision"], 0)
        scope = api.make("PUT", at + "/scope", {
            "companies": [{"name": "山田製作所"}], "sites": [{"name": "本社", "people": 30}],
            "out": [{"name": "工場の制御", "why": "対象外", "touches": "ファイル共有"}]}, If_Match="0")
        equal((scope["revision"], scope["sites"][0]["people"]), (1, 30))
        equal(get(api, at)["scope_ready"], True)
        refused(api, 409, "changed-meanwhile", "PUT", at + "/scope", {}, If_Match="0")
        refused(api, 400, "bad-request", "PUT", at + "/scope", {"sites": [{"name": "x", "people": -1}]},
                If_Match="1")


@case
def desk_of_an_expert():
    with fresh() as api:
        _, at = begun(api)
        criterion = get(api, at + "/criteria?limit=1")["items"][0]["id"]
        path = "%s/criteria/%s" % (at, criterion)
        refused(api, 403, "not-allowed", "PUT", path + "/confirmation", {"decision": "returned", "advice": "x"},
                If_Match="0")
        expert = api.make("POST", at + "/experts", {
            "name": "鈴木", "qualification": "登録セキスペ", "until": "2099-12-31"})
        refused(api, 404, "unknown-expert", "PUT", "/session", {"act_as": "nobody"})
        refused(api, 400, "bad-request", "PUT", "/session", {"act_as": 5})
        session = api.make("PUT", "/session", {"act_as": expert["id"]})
        equal((session["role"], session["acting_as"], session["actor"]),
              ("expert", expert["id"], "expert:" + expert["id"]))
        equal((session["may"]["confirm"], session["may"]["answer"]), (True, False))
        refused(api, 403, "not-allowed", "PUT", path + "/answer", {"state": "met"}, If_Match="0")
        refused(api, 409, "practice", "PUT", path + "/confirmation",
                {"decision": "confirmed", "looked_at": "x"}, If_Match="0")
        returned = api.make("PUT", path + "/confirmation", {"decision": "returned", "advice": "体制図を"},
                            If_Match="0")
        equal(returned["confirmation"]["decision"], "returned")
        session = api.make("PUT", "/session", {"act_as": None})
        equal((session["role"], session["acting_as"]), ("owner", None))
        # An ended invitation opens no desk, and ends the one that is open.
        api.make("PUT", "/session", {"act_as": expert["id"]})
        api.make("PUT", "/session", {"act_as": None})
        answer, _ = api.ask("DELETE", "/api/v1%s/experts/%s" % (at, expert["id"]), If_Match='"1"')
        equal(answer.status, 204)
        refused(api, 403, "invitation-over", "PUT", "/session", {"act_as": expert["id"]})
        equal(get(api, at + "/experts")["items"][0]["ended"], True)


@case
def an_open_desk_ends_with_its_invitation():
    with fresh() as api:
        _, at = begun(api)
        expert = api.make("POST", at + "/experts", {
            "name": "鈴木", "qualification": "登録セキスペ", "until": "2099-12-31"})
        other = api.another()
        other.make("PUT", "/session", {"act_as": expert["id"]})
        equal(get(other, at)["practice"], True, "the expert reads")
        equal(get(api, "/session")["role"], "owner", "desks are one a browser")
        answer, _ = api.ask("DELETE", "/api/v1%s/experts/%s" % (at, expert["id"]), If_Match='"1"')
        equal(answer.status, 204)
        refused(other, 403, "not-allowed", "GET", at)
        other.make("PUT", "/session", {"act_as": None})
        equal(get(other, at)["practice"], True)


@case
def export_and_import():
    with fresh() as api:
        _, at = begun(api)
        answer, content = api.ask("GET", "/api/v1" + at + "/export?audience=expert")
        equal(answer.status, 200)
        contains(answer.headers["Content-Disposition"], ".json")
        equal(json.loads(content)["audience"], "expert")
        refused(api, 400, "bad-request", "GET", at + "/export?audience=all")
        answer, content = upload(api, "POST", at + "/import", content)
        equal((answer.status, json.loads(content)["confirmations"]), (200, 0), content)
        answer, content = upload(api, "POST", at + "/import", b"{}")
        equal((answer.status, json.loads(content)["code"]), (400, "bad-exchange"))


@case
def official_wording():
    with fresh() as api:
        _, at = begun(api)
        ids = [line["id"] for line in get(api, at + "/criteria")["items"]]

        def table(some):
            return ("id,text_ja\n" + "".join("%s,試験用の文%d\n" % (one, i) for i, one in enumerate(some))).encode()
        answer, content = upload(api, "POST", at + "/official", table(ids[1:]), "a.csv")
        equal((answer.status, json.loads(content)["missing"]), (200, ids[:1]), content)
        equal(get(api, at)["practice"], True, "one is missing")
        answer, content = upload(api, "POST", at + "/official", table(ids), "a.csv")
        equal((answer.status, json.loads(content)["found"]), (200, 81))
        equal(get(api, at)["practice"], False)
        answer, content = upload(api, "POST", at + "/official", b"\0\1\2 no table", "a.csv")
        equal(answer.status, 400, content)
        equal(get(api, at)["practice"], False, "what was there stays")


@case
def papers_and_statement():
    with fresh() as api:
        _, at = begun(api)
        for report in ("ciso", "management", "gaps", "progress", "expert"):
            answer, content = api.ask("GET", "/api/v1%s/reports/%s" % (at, report))
            equal((answer.status, answer.headers["Content-Type"]), (200, "text/html; charset=utf-8"), report)
            assert b"<script" not in content, "a paper runs nothing"
            contains(answer.headers["Content-Security-Policy"], "style-src 'unsafe-inline'")
        answer, content = api.ask("GET", "/api/v1%s/reports/gaps?format=csv" % at)
        equal((answer.status, content[:3]), (200, b"\xef\xbb\xbf"))
        contains(answer.headers["Content-Disposition"], "yagura-gaps.csv")
        answer, content = api.ask("GET", "/api/v1%s/reports/gaps?format=json" % at)
        assert isinstance(json.loads(content), dict)
        refused(api, 404, "not-found", "GET", at + "/reports/other")
        refused(api, 400, "bad-request", "GET", at + "/reports/gaps?format=pdf")
        refused(api, 400, "bad-day", "GET", at + "/reports/progress?since=2999-01-01")
        refused(api, 409, "practice", "GET", at + "/statement")
        ids = [line["id"] for line in get(api, at + "/criteria")["items"]]
        table = "id,text_ja\n" + "".join("%s,試験用の文\n" % one for one in ids)
        upload(api, "POST", at + "/official", table.encode(), "a.csv")
        answer, content = api.ask("GET", "/api/v1%s/statement" % at)
        equal((answer.status, json.loads(content)["_type"]), (200, "https://in-toto.io/Statement/v1"), content)


@case
def frameworks_of_users():
    with fresh() as api:
        answer, content = upload(api, "POST", "/frameworks", b"urn: [")
        equal((answer.status, json.loads(content)["code"]), (400, "bad-framework"))
        contains(json.loads(content)["detail"], "2行目")
        library = ("urn: urn:test:risk:library:small\nlocale: en\nref_id: small\nname: Small\nversion: 1\n"
                   "provider: x\npackager: x\nobjects:\n  framework:\n    urn: urn:test:risk:framework:small\n"
                   "    ref_id: small\n    name: Small\n    requirement_nodes:\n"
                   "    - urn: urn:test:risk:req_node:small:a\n      ref_id: a\n      name: A\n"
                   "      assessable: true\n      depth: 1\n")
        answer, content = upload(api, "POST", "/frameworks", library.encode())
        equal((answer.status, json.loads(content)["shipped"]), (201, False), content)
        head = api.make("POST", "/assessments", {"framework": json.loads(content)["urn"]})
        equal(head["counts"]["criteria"], 1)


@case
def two_languages():
    with fresh() as api:
        _, at = begun(api)
        ja, en = (api.ask("PUT", "/api/v1%s/scope?lang=%s" % (at, lang), {})[1] for lang in ("ja", "en"))
        assert json.loads(ja)["title"] != json.loads(en)["title"]
        equal(json.loads(ja)["code"], json.loads(en)["code"])
        assert get(api, at + "?lang=ja")["level_text"] != get(api, at + "?lang=en")["level_text"]


@case
def ends_on_signals_and_keeps_what_was_written():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        api = Api(folder)
        _, at = begun(api)
        criterion = get(api, at + "/criteria?limit=1")["items"][0]["id"]
        api.make("PUT", "%s/criteria/%s/answer" % (at, criterion), {"state": "met"}, If_Match="0")
        equal(api.end(signal.SIGINT), 0, "Ctrl+C")
        lines = json.loads(yagura("assess", "list", "--db", folder / "a.db", "--json").out)
        equal([line["state"] for line in lines if line["id"] == criterion], ["met"])


@case
def a_port_that_is_taken():
    with tempfile.TemporaryDirectory() as name, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = yagura("assess", "web", "--db", pathlib.Path(name) / "a.db", "--port", port)
        equal((done.code, done.out), (2, ""))
        contains(done.err, "port %d" % port)


@case
def the_key_is_in_no_list_of_processes():
    """--open hands the browser a page of this user's own; its command line has no key."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "bin").mkdir()
        opener = folder / "bin" / "xdg-open"
        opener.write_text("#!/bin/sh\nls -l \"$1\" > '%s/mode'\ncat \"$1\" > '%s/page'\n"
                          "printf '%%s' \"$*\" > '%s/args.new'\nmv '%s/args.new' '%s/args'\n"
                          % ((folder,) * 5))
        opener.chmod(0o755)
        api = Api(folder, "--open", env={"PATH": "%s:/usr/bin:/bin" % (folder / "bin"),
                                         "XDG_RUNTIME_DIR": name})
        while not (folder / "args").exists():
            api.ask("GET", "/api/v1/session")
        args = (folder / "args").read_text()
        assert "key=" not in args and args.startswith(name), args
        contains((folder / "page").read_text(), "/start?key=")
        contains((folder / "mode").read_text(), "-rw-------")
        equal(api.end(), 0)
        assert not pathlib.Path(args).exists(), "the page is removed at the end"


@case
def refusals_are_never_errors_of_the_program():
    with fresh() as api:
        head, at = begun(api)
        for content, code in ((b"asset,kind\nPC-1,pc\nPC-1,pc\n", "bad-file"), (b"asset,kind\nPC-1\n", "bad-file"),
                              (b"\xff\xfe\x00", "bad-file")):
            answer, problem = upload(api, "PUT", at + "/facts/assets", content, "a.csv", "text/csv")
            equal((answer.status, json.loads(problem)["code"]), (400, code), content)
        for content in (b"id,text_ja\n1-2-1-1,a\n1-2-1-1,b\n", b"PK\x03\x04cut off", b"urn: a\nurn: b\n", b"a: &x [*x]\n",
                        b"id,text_ja\nA.5.1,of another framework\n"):
            answer, problem = upload(api, "POST", at + "/official", content, "a.csv")
            equal(answer.status, 400, (content, problem))
            answer, problem = upload(api, "POST", "/frameworks", content, "a.yaml")
            equal((answer.status, json.loads(problem)["code"]), (400, "bad-framework"), content)
        evidence = {"kind": "record", "title": "rules", "criteria": ["1-2-1-1"]}
        for change, status, code in (({"sha256": "zz"}, 400, "bad-request"),
                                     ({"criteria": [1]}, 404, "unknown-criterion"),
                                     ({"wanted": {"1-2-1-1": 1}}, 400, "bad-request")):
            refused(api, status, code, "POST", at + "/evidence", dict(evidence, **change))
        refused(api, 400, "bad-request", "PUT", at + "/scope", {"sites": [{"name": "a", "people": 30.5}]}, If_Match="0")
        for body in ({"level": 3}, {"organisation": {"name": 1}}, {"organisation": {"name": "x" * 401}}):
            refused(api, 400, "bad-request", "PUT", at, body, If_Match=str(head["revision"]))
        refused(api, 400, "bad-day", "POST", at + "/official-results",
                {"level": "star3", "number": "1", "source": "s", "valid_from": "2027-01-01", "valid_to": "2026-01-01"})


main()
