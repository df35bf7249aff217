# SPDX-License-Identifier: Apache-2.0
"""Attacks on the hub's API by people who are let in, or nearly: each one went through once, or might have."""
import json
import socket
import struct
import threading

from harness import case, equal, main
from hub_api_kit import PASSWORD, Town, Who, problem
from hub_kit import END_S, quickest, record, until

TOWN = Town()
SENSOR = TOWN.hub.stranger("acme")


def fill(begin, count, text):
    lines = b"".join(record(begin + i, "%s %d" % (text, i)) for i in range(count))
    equal(SENSOR.send(SENSOR.batch(lines, begin))[0], 200)
    until("it is archived", lambda: any(text in r["raw"] for r in TOWN.hub.archived("acme")))


class Meanwhile:
    """Requests at the same time, each in a thread: their answers."""

    def __init__(self, *calls):
        self.answers = [None] * len(calls)
        self.threads = [threading.Thread(target=self.run, args=(i, call)) for i, call in enumerate(calls)]
        for thread in self.threads:
            thread.start()

    def run(self, i, call):
        self.answers[i] = call()

    def join(self):
        for thread in self.threads:
            thread.join()
        return self.answers


@case
def a_search_with_a_key_holds_no_transaction():
    """While it waits others write: what they do must neither be undone nor stand under its key."""
    fill(1, 5, "keyed")
    for i in range(20):
        views = len(TOWN.member.get("/orgs/acme/views")["items"])
        meanwhile = Meanwhile(
            lambda: TOWN.analyst.ask("POST", "/search?org=acme", {"reason": "key %d" % i}, Idempotency_Key="s-%d" % i),
            lambda: TOWN.analyst.ask("GET", "/findings/" + "0" * 32),
            lambda: TOWN.administrator.ask("POST", "/orgs", {"id": "key-%d" % i}))
        search, missing, made = meanwhile.join()
        equal((search[0], missing[0], made[0]), (200, 404, 201), (search, missing, made))
        equal(len(search[2]["items"]), 5)
        equal(TOWN.analyst.ask("GET", "/orgs/key-%d" % i)[0], 200, "what was answered 201 is there")
        equal(len(TOWN.member.get("/orgs/acme/views")["items"]), views + 1, "the owner sees that somebody looked")


@case
def far_days_are_refused():
    for day in ("9999-12-31", "2300-01-01", "0001-01-01"):
        problem(TOWN.member.ask("GET", "/findings?from=" + day), 400, "bad-request")
        problem(TOWN.member.ask("GET", "/orgs/acme/days?to=" + day), 400, "bad-request")
        problem(TOWN.member.ask("POST", "/search", {"to": day}), 400, "bad-request")
    equal(TOWN.member.ask("GET", "/findings?from=1970-01-01&to=2200-12-31")[0], 200)


@case
def what_was_looked_for_is_shown_whole():
    """Padding must not push the question out of what the member reads."""
    asked = {"reason": "routine", "fields": {"src_ip": ["192.0.2.1"]}}
    problem(TOWN.analyst.ask("POST", "/search?org=acme", {"a": "x" * 2000, **asked}), 400, "bad-request")
    equal(TOWN.analyst.ask("POST", "/search?org=acme", asked)[0], 200)
    what = TOWN.member.get("/orgs/acme/views")["items"][0]["what"]
    assert "192.0.2.1" in what and "xxx" not in what, what
    hidden = {"reason": "routine", "fields": {"src_ip": ["鍵" * 400, "192.0.2.2"]}}
    problem(TOWN.analyst.ask("POST", "/search?org=acme", hidden), 400, "question-too-long")
    equal(TOWN.member.ask("POST", "/search?org=acme", hidden)[0], 200, "its own records")


def searches_that_wait(who, count, org):
    """So many that each waits for those before it; each is noted before it waits, and looks at all that there is."""
    views = lambda: len([v for v in TOWN.member.get("/orgs/acme/views?limit=1000")["items"] if v["reason"] == org])
    before = views()
    waiting = Meanwhile(*[lambda: who.ask("POST", "/search?org=acme", {"reason": org, "texts": ["is nowhere"], "newest": True})
                          for _ in range(count)])
    until("all of them wait", lambda: views() == before + count)
    return waiting


@case
def what_ended_while_it_waited_gets_no_answer():
    for batch in range(4):
        lines = b"".join(record(10000 * (batch + 1) + i, "%d %s" % (i, "heavy padding " * 30)) for i in range(6000))
        equal(SENSOR.send(SENSOR.batch(lines, batch + 2))[0], 200)
    until("all is archived", lambda: len(TOWN.hub.archived("acme")) >= 24000)
    def refusals(begin, status):
        """Of searches that waited when their right ended. All of them may be done before this side has ended it: then
        again. Nobody else is refused."""
        for turn in range(8):
            who, reason, end = begin(turn)
            waiting = searches_that_wait(who, 16, reason)
            end()
            answers = waiting.join()
            assert {a[0] for a in answers} <= {200, status}, answers
            if any(a[0] == status for a in answers):
                break
        return [a for a in answers if a[0] == status]

    def with_token(turn):
        token = TOWN.local.make("POST", "/tokens?org=hub", {"role": "analyst"})
        return Who(TOWN.hub, token=token["token"]), "token %d" % turn, lambda: equal(
            TOWN.local.ask("DELETE", "/tokens/%s?org=hub" % token["id"])[0], 204)

    def with_mandate(turn):
        mandate = TOWN.mandate if turn == 0 else TOWN.member.make("POST", "/orgs/acme/mandates", {
            "provider": "itshop", "signed_by": "Mei", "signed": "2026-11-01", "until": "2099-12-31",
            "rights": ["read_records"]})["id"]
        return TOWN.provider, "mandate %d" % turn, lambda: TOWN.member.make(
            "POST", "/orgs/acme/mandates/%s/end" % mandate, {}, 200)

    assert refusals(with_token, 403), "a token that is revoked gets nothing more"
    refused = refusals(with_mandate, 404)
    assert refused, "a mandate that is over gives nothing more"
    for answer in refused:
        problem(answer, 404, "unknown-organisation")


@case
def one_organisation_does_not_keep_the_others_out():
    member = TOWN.token("acme", "member")
    busy, stop = threading.Event(), threading.Event()

    def ask():
        while not stop.is_set():
            if member.ask("POST", "/search", {"texts": ["is nowhere"], "newest": True})[0] == 503:
                busy.set()

    waiting = Meanwhile(*[ask] * 40)
    try:
        assert busy.wait(60), "there is a bound"
        equal([TOWN.other.ask("POST", "/search", {"texts": ["x"]})[0] for _ in range(5)], [200] * 5)
    finally:
        stop.set()
        waiting.join()


def raw(text):
    """What the hub answers to exactly these bytes: (status, all of it)."""
    with socket.create_connection(("127.0.0.1", TOWN.nobody.port), timeout=60) as connection:
        connection.sendall(text.encode())
        data = b""
        while True:
            piece = connection.recv(65536)
            data += piece
            if not piece:
                return int(data.split(b" ", 2)[1]) if data else 0, data


@case
def a_proxy_is_seen_however_it_shows_itself():
    """Who is behind one is not at this machine: no second factor, no findings."""
    who = TOWN.person("zed", "member:acme")
    head = "GET /api/v1/findings?org=acme HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: %s\r\nConnection: close\r\n" % (
        who.port, who.cookie)
    equal(raw(head + "\r\n")[0], 200)
    for shows in ("X-Forwarded-For:\r\nX-Forwarded-For: 203.0.113.9", "X-Forwarded-For:", "forwarded: for=_x",
                  "X-Real-IP: 203.0.113.9", "Via: 1.1 proxy", "X-Forwarded-Proto: https", "x-forwarded-host: hub.example"):
        status, data = raw(head + shows + "\r\n\r\n")
        assert status == 403 and b"second-factor-needed" in data, (shows, data)


@case
def an_old_password_cannot_be_guessed():
    """Not by one who has come by a session."""
    who = TOWN.person("yan", "member:acme")
    for i in range(12):
        answer = who.ask("POST", "/password", {"old": "guess number %d" % i, "new": "something entirely new"})
        if answer[0] == 429:
            break
        problem(answer, 401, "wrong-credentials")
    problem(answer, 429, "too-many-tries")
    assert int(answer[1]["Retry-After"]) >= 1
    TOWN.sign_in("yan")  # signing in does not suffer from it


def send(method, path, who, body):
    """Only asks: the connection, and nobody who reads it."""
    connection = socket.create_connection(("127.0.0.1", TOWN.nobody.port), timeout=60)
    body = json.dumps(body).encode()
    cookie = "Cookie: %s\r\n" % who.cookie if who.cookie else ""
    connection.sendall(("%s /api/v1%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                        "%sContent-Length: %d\r\n\r\n" % (method, path, TOWN.nobody.port, cookie, len(body))).encode() + body)
    return connection


@case
def who_goes_while_it_waits_harms_nobody():
    """Reset in the middle of passwords and searches; then everything still answers."""
    for number in range(120):
        connection = (send("POST", "/search", TOWN.member, {"texts": ["is nowhere"]}) if number % 2 else
                      send("POST", "/session", TOWN.nobody, {"login": "gone %d" % number, "password": "x" * 20}))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    until("a search", lambda: TOWN.other.ask("POST", "/search", {"texts": ["x"]})[0] == 200)
    TOWN.member.get("/session")


@case
def it_ends_while_many_wait():
    def end():
        if TOWN.hub.process.returncode is not None:
            TOWN.begin()
        held = [send("POST", "/search", TOWN.member, {"texts": ["is nowhere"]}) if number % 2 else
                send("POST", "/session", TOWN.nobody, {"login": "held %d" % number, "password": "x" * 20})
                for number in range(400)]
        equal(TOWN.end(), 0)
        for connection in held:
            connection.close()
        return TOWN.hub.ended_s

    quickest("the end while many wait", END_S, end)
    assert "sanitizer" not in TOWN.hub.messages().lower(), TOWN.hub.messages()


main()
