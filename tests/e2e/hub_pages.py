#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The process that speaks HTTP with people: it is killed, held up and swamped, and neither keeper nor sensors notice;
the keeper listens nowhere; answers that stay open say what changed, to those alone who may read it; links for whoever
has the data folder."""
import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import time

from harness import case, contains, equal, folder, main
from hub_api_kit import Town, Who, cookie_of, problem
from hub_kit import END_S, Member, append, quickest, record, until

TOWN = Town()
SENSORS = {org: TOWN.hub.stranger(org) for org in ("acme", "beta")}
SENT = {"acme": 0, "beta": 0}
LOGS = {org: folder() / "auth.log" for org in SENSORS}
MINUTES = {"acme": 0, "beta": 0}
MEMBERS = []
for org_, log in LOGS.items():
    log.touch()
    MEMBERS.append(Member(TOWN.hub, org_, follow=[log]).start())


def pid_of(role):
    return next((pid for pid, name in TOWN.hub.processes().items() if name == role), None)


def send(org, text=None):
    SENT[org] += 1
    one = SENSORS[org]
    equal(one.send(one.batch(record(SENT[org], text), SENT[org]))[0], 200)


RULE = """title: Strange user
id: 5a5a5a5a-0000-4000-8000-000000000001
logsource: {product: linux, service: sshd}
detection:
  sel: {message|contains: 'strange user'}
  condition: sel
level: high
"""
(TOWN.hub.data / "rules").mkdir(exist_ok=True)
(TOWN.hub.data / "rules" / "strange.yml").write_text(RULE, encoding="utf-8")
until("the rule", lambda: "were taken over" in TOWN.hub.messages())


def attack(org):
    """A line that is found, in a minute of its own."""
    MINUTES[org] += 1
    append(LOGS[org], ["Nov 21 08:%02d:00 box sshd[7]: strange user %d" % (MINUTES[org], MINUTES[org])])


def found(who):
    return len(who.get("/findings")["items"])


class Stream:
    """An answer that stays open, read line by line."""

    def __init__(self, who, path="/stream"):
        self.connection = http.client.HTTPConnection("127.0.0.1", who.port, timeout=60)
        headers = {"Accept-Language": "en"}
        if who.cookie:
            headers["Cookie"] = who.cookie
        if who.token:
            headers["Authorization"] = "Bearer " + who.token
        self.connection.request("GET", "/api/v1" + path, headers=headers)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        if self.status == 200:
            equal(self.answer.headers["Content-Type"], "text/event-stream")
            equal((self.line(), self.line()), ("retry: 3000", ""))

    def line(self):
        """None: it is over."""
        try:
            line = self.answer.readline()
        except (http.client.IncompleteRead, ConnectionError):
            return None
        return line.decode().rstrip("\n") if line else None

    def event(self):
        lines = []
        while True:
            line = self.line()
            if line is None:
                return None
            if line == "" and lines:
                return dict(one.split(": ", 1) for one in lines)
            if line and not line.startswith(":"):
                lines.append(line)

    def close(self):
        # The answer has the socket's file too: both let go of it.
        self.answer.close()
        self.connection.close()


def ready():
    try:
        return TOWN.nobody.ask("GET", "/session")[0] == 401
    except (OSError, http.client.HTTPException):
        return False


@case
def keeper_listens_nowhere():
    listening = set()
    for table in ("tcp", "tcp6"):
        for row in pathlib.Path("/proc/net/" + table).read_text(encoding="ascii").splitlines()[1:]:
            if row.split()[3] == "0A":
                listening.add("socket:[%s]" % row.split()[9])
    def listens(pid):
        found = []
        for fd in os.listdir("/proc/%d/fd" % pid):
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                found.append(os.readlink("/proc/%d/fd/%s" % (pid, fd)))
        return [name for name in found if name in listening]
    for pid, role in TOWN.hub.processes().items():
        equal(len(listens(pid)), 1 if role in ("front", "pages") else 0, role)


@case
def pages_are_killed():
    """Sensors send on, nobody is signed out, and the others live."""
    for _ in range(3):
        others = {pid: role for pid, role in TOWN.hub.processes().items() if role != "pages"}
        pid = pid_of("pages")
        os.kill(pid, signal.SIGKILL)
        send("acme")
        until("other pages", lambda: pid_of("pages") not in (None, pid))
        until("an answer", ready)
        now = TOWN.hub.processes()
        equal({p: r for p, r in now.items() if p in others}, others)
        equal(TOWN.member.ask("GET", "/orgs/acme")[0], 200)
        equal(TOWN.local.ask("GET", "/orgs")[0], 200, "the start link's session is the keeper's")


@case
def without_a_keeper():
    """503 with a reason, also to a program that sends a body; then all goes on."""
    def one_call():
        """The answer to a call that the keeper has, or is to have, when it dies; on a busy machine another keeper may be
        there before the pages look at it."""
        stopped, pid = pid_of("pages"), pid_of("keeper")
        os.kill(stopped, signal.SIGSTOP)
        connection = http.client.HTTPConnection("127.0.0.1", TOWN.nobody.port, timeout=60)
        connection.request("GET", "/api/v1/orgs", headers={"Cookie": TOWN.member.cookie, "Accept-Language": "en"})
        os.kill(pid, signal.SIGSTOP)
        os.kill(stopped, signal.SIGCONT)
        os.kill(pid, signal.SIGKILL)
        answer = connection.getresponse()
        data = json.loads(answer.read())
        until("an answer", ready)
        return answer, data

    for _ in range(10):
        answer, data = one_call()
        if answer.status != 200:
            break
    equal((answer.status, data["code"]), (503, "starting-again"), data)
    equal(answer.headers["Retry-After"], "2")
    equal(answer.headers["Content-Type"], "application/problem+json")
    equal(TOWN.member.ask("GET", "/orgs/acme")[0], 200, "sessions of people are kept")
    send("acme")


@case
def slow_clients_and_long_heads():
    slow = []
    for _ in range(50):
        one = socket.create_connection(("127.0.0.1", TOWN.nobody.port), timeout=60)
        one.sendall(b"POST /api/v1/orgs HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 100000\r\nCookie: %s\r\n"
                    b"Content-Type: application/json\r\n\r\n{" % (TOWN.nobody.port, TOWN.member.cookie.encode()))
        slow.append(one)
    half = socket.create_connection(("127.0.0.1", TOWN.nobody.port), timeout=60)
    half.sendall(b"GET /api/v1/orgs HT")
    equal(TOWN.member.ask("GET", "/orgs/acme")[0], 200)
    for one in [*slow, half]:
        one.close()
    long = socket.create_connection(("127.0.0.1", TOWN.nobody.port), timeout=60)
    try:
        long.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-Long: %s\r\n\r\n" % (TOWN.nobody.port, b"x" * 200000))
        said = long.recv(65536)
    except ConnectionError:  # closed before all of it was sent
        said = b""
    assert not said or said.startswith(b"HTTP/1.1 4"), said[:200]
    equal(TOWN.member.ask("GET", "/orgs/acme")[0], 200)
    status, _, data = TOWN.member.ask("POST", "/search", b'{"reason":"' + b"x" * (9 << 20) + b'"}')
    equal((status, data["code"]), (413, "too-large"))


@case
def a_thousand_idle_connections():
    idle = [socket.create_connection(("127.0.0.1", TOWN.nobody.port), timeout=60) for _ in range(1000)]
    before = {pid: role for pid, role in TOWN.hub.processes().items()}
    equal([TOWN.member.ask("GET", "/orgs/acme")[0] for _ in range(5)], [200] * 5)
    send("acme")
    for one in idle:
        one.close()
    equal(TOWN.hub.processes(), before)


@case
def a_stream_tells_of_own_changes():
    own, other = Stream(TOWN.member), Stream(TOWN.other)
    before = {"mei": found(TOWN.member), "bob": found(TOWN.other)}
    attack("acme")
    event = own.event()
    equal(event["event"], "change")
    data = json.loads(event["data"])
    equal((data["kind"], str(data["change"])), ("findings", event["id"]))
    page = TOWN.member.get("/findings?order=change&limit=1000")
    equal(page["next"], event["id"], "the number is that of the list")
    until("it can be read", lambda: found(TOWN.member) > before["mei"])
    # Of the other's only this: the next thing it hears is its own.
    equal(found(TOWN.other), before["bob"])
    attack("beta")
    event = other.event()
    equal(TOWN.other.get("/findings?order=change&limit=1000")["next"], event["id"])
    # Behind a change that is known: all since then.
    late = Stream(TOWN.member, "/stream?after=" + page["next"])
    attack("acme")
    first, second = late.event(), own.event()
    equal(first["id"], second["id"])
    for one in (own, other, late):
        one.close()
    problem(TOWN.member.ask("GET", "/stream?after=x"), 400, "bad-request")
    problem(TOWN.member.ask("GET", "/stream?org=beta"), 404, "unknown-organisation")


@case
def six_at_once_for_one_session():
    who = TOWN.sign_in("mei")
    tries = [Stream(who) for _ in range(8)]
    equal([one.status for one in tries], [200] * 6 + [429] * 2)
    problem(who.ask("GET", "/stream"), 429, "too-many-streams")
    equal(Stream(TOWN.other).status, 200, "others are not held up")
    tries[0].close()
    until("its place is free", lambda: who.ask("GET", "/stream")[0] == 200)
    # The session ends, and with it all that it listens to.
    equal(who.ask("DELETE", "/session")[0], 204)
    for one in tries[1:6]:
        while one.line() is not None:
            pass
        one.close()


@case
def one_that_says_nothing_is_alive():
    begun = time.monotonic()
    one = Stream(TOWN.provider)
    equal((one.line(), one.line()), (":", ""))
    assert 10 < time.monotonic() - begun, time.monotonic() - begun  # and within the minute that the connection waits
    one.close()


@case
def a_stream_ends_with_the_keeper():
    one = Stream(TOWN.member)
    pid = pid_of("keeper")
    os.kill(pid, signal.SIGKILL)
    while one.line() is not None:
        pass
    one.close()
    until("an answer", ready)
    again = Stream(TOWN.member)
    attack("acme")
    equal(again.event()["event"], "change")
    again.close()


@case
def links_for_the_data_folder():
    """The link of the ready line is over with the keeper; another is printed, works once, and is in the audit log."""
    status, _, _ = TOWN.local.ask("GET", "/orgs")
    equal(status, 401, "the keeper was killed before")
    earlier = TOWN.hub.admin("sign-in-link")
    done = TOWN.hub.admin("sign-in-link")
    equal((done.code, done.out.startswith(TOWN.hub.ready["url"] + "/start?key=")), (0, True), done.err)
    def open_(link):
        return TOWN.nobody.ask("GET", "/start" + link.strip().split("/start")[1])
    status, _, page = open_(earlier.out)
    equal(status, 403, "a later one ends it")
    contains(page.decode(), "sign-in-link")
    equal(TOWN.nobody.ask("HEAD", "/start" + done.out.strip().split("/start")[1])[0], 405)
    status, headers, _ = open_(done.out)
    equal((status, headers["Location"]), (303, "/"))
    local = Who(TOWN.hub, cookie=cookie_of(headers))
    equal(local.ask("GET", "/orgs")[0], 200)
    equal(open_(done.out)[0], 403)
    actions = [e["action"] for e in local.get("/audit?limit=1000")["items"]]
    equal((actions.count("start_link.make"), actions.count("start_link.use")), (2, 1))


@case
def ends_in_time_with_open_streams():
    for member in MEMBERS:
        equal(member.stop(), 0)

    def end():
        if TOWN.hub.process.returncode is not None:
            TOWN.begin()
        streams = [Stream(TOWN.member) for _ in range(5)]
        equal([one.status for one in streams], [200] * 5)
        equal(TOWN.end(), 0, TOWN.hub.messages()[-2000:])
        for one in streams:
            one.close()
        return TOWN.hub.ended_s

    quickest("the end with open streams", END_S, end)


main()
