# SPDX-License-Identifier: Apache-2.0
"""The hub fetches collections of other TAXII servers by itself: a real medallion behind lines that fail, processes that are
killed in the middle of a round, servers that mean no good. What is secret is in no answer, log or database."""
import base64
import contextlib
import http.client
import http.server
import json
import os
import signal
import sqlite3
import threading
import time

from harness import case, contains, equal, main, yagura
from hub_api_kit import Town, Who, problem
from hub_kit import Hub, until
from taxii_others import COLLECTION, DICE, PLACE, TYPE, Line, Medallion, tool, versions

SECRET = "Password0"  # medallion's
FILES = PLACE / "feeds"
FILES.mkdir(mode=0o755)
os.chmod(PLACE, 0o755)
(FILES / "sesame-file").write_text(SECRET + "\n", encoding="utf-8")
(FILES / "sesame-file").chmod(0o644)


def configuration(*more):
    path = PLACE / ("hub%d.yaml" % DICE.getrandbits(32))
    path.write_text("lang: en\nout:\n" + "".join("  %s\n" % line for line in more))
    path.chmod(0o644)
    return ("--config", path)


OTHERS = Medallion()
TOWN = Town(options=configuration("feeds: %s" % FILES, "local: 127.0.0.1"))
HUB = TOWN.hub


def place(*words, hub=HUB):
    done = hub.admin("collection", "add", "--title", "others", *words)
    equal(done.code, 0, done.err)
    return done.out.strip()


def add(name, url, into, *more, hub=HUB, secret=True):
    words = ("--user", "admin", "--password-file", "sesame-file") if secret else ()
    done = hub.admin("feeds", "add", name, "--url", url, "--collection", COLLECTION, "--into", into, *words, *more)
    equal((done.code, done.out), (0, ""), done.err)


def feed(name, hub=HUB):
    done = hub.admin("feeds", "list", "--json")
    equal(done.code, 0, done.err)
    return {one["name"]: one for one in map(json.loads, done.out.splitlines())}[name]


def state(name, hub=HUB):
    return feed(name, hub)["state"] or {"running": None, "last_success": None, "last_error": "", "failures": 0}


def now(name, hub=HUB):
    equal(hub.admin("feeds", "poll-now", name).code, 0)


def polled(name, hub=HUB):
    """It was asked for now, and has come to its end since: well or not."""
    before = state(name, hub)
    before = (before["last_success"], before.get("error_time"))
    now(name, hub)
    return until("a round", lambda: (lambda s: not s["running"] and (s["last_success"], s["error_time"]) != before and s)(
        state(name, hub)), 120)


def kept(collection):
    done = yagura("share", "export", "--collection", collection, "--data", HUB.data)
    equal(done.code, 0, done.err)
    return json.loads(done.out)["objects"]


def kill(role):
    pid = next(pid for pid, name in HUB.processes().items() if name == role)
    os.kill(pid, signal.SIGKILL)
    until("another " + role, lambda: (lambda all_: pid not in all_ and role in all_.values())(HUB.processes()), 120)


@case
def a_feed_of_a_real_server():
    if not OTHERS.python:
        return
    while len(OTHERS.objects) < 150:  # many pages of eight
        OTHERS.add(DICE.randrange(1, 16))
    line = Line(OTHERS.port, ())
    into = place("--default-tlp", "clear")
    add("medallion", line.url, into)
    until("all of it", lambda: state("medallion")["last_success"], 120)
    equal(versions(kept(into)), versions(OTHERS.objects))
    one = state("medallion")
    equal((one["objects"], one["last_objects"], one["refused"], one["last_error"], one["failures"], one["running"]),
          (len(OTHERS.objects), len(OTHERS.objects), 0, "", 0, False))
    assert one["next"] > one["last_success"], one
    # What is new, and no more.
    count = OTHERS.add(9)
    one = polled("medallion")
    equal((one["last_objects"], one["objects"]), (count, len(OTHERS.objects)))
    # From whom each version is, and since when.
    done = HUB.admin("feeds", "objects", "medallion", "--limit", "100000", "--json")
    equal(sorted((json.loads(l)["id"], json.loads(l)["version"]) for l in done.out.splitlines()),
          sorted((o["id"], o["modified"]) for o in OTHERS.objects))
    assert all(json.loads(l)["added"].startswith("20") for l in done.out.splitlines())
    # The same by the API, for analysts; no other name of a file either.
    (shown,) = TOWN.analyst.get("/feeds")["items"]
    equal((shown["name"], shown["has_secret"], shown["state"]["objects"], shown["user"]), ("medallion", True, len(OTHERS.objects), "admin"))
    equal(TOWN.member.ask("GET", "/feeds")[0], 403)
    metrics = TOWN.local.ask("GET", "/metrics")[2].decode()
    contains(metrics, 'yagura_feed_polls_total{result="good"}')
    contains(metrics, "yagura_feed_objects_total %d\n" % len(OTHERS.objects))
    contains(HUB.admin("audit", "list", "--json").out, "feed medallion: ")
    line.shutdown()
    line.server_close()


@case
def lines_that_fail_and_processes_that_are_killed():
    if not OTHERS.python:
        return
    for number, faults in enumerate((("drop", "silence", "repeat", "busy", "rubbish"), ("keyless", "drop", "repeat"))):
        line = Line(OTHERS.port, faults, every=4)
        line.hold_after = 3
        name, into = "bad%d" % number, place("--default-tlp", "clear")
        add(name, line.url, into, "--limit", "8")
        for role in ("keeper", "out"):
            assert line.held.wait(120), "it never asked"
            kill(role)
            line.hold_after = line.count + 3 if role == "keeper" else None
            line.held.clear()
            line.go.set()
            line.go = threading.Event()
        line.go.set()
        rounds = 0
        while versions(kept(into)) != versions(OTHERS.objects):
            rounds += 1
            assert rounds < 40, (state(name), line.happened)
            polled(name)
        print("%s: %d questions, %d rounds more, %s" % ("+".join(faults), line.count, rounds, line.happened))
        equal(HUB.admin("feeds", "remove", name).code, 0)
        line.shutdown()
        line.server_close()


@case
def more_than_one_round():
    """Two hundred pages of one object each, and what is left at once after that."""
    if not OTHERS.python:
        return
    while len(OTHERS.objects) < 230:
        OTHERS.add(3)
    line = Line(OTHERS.port, ())
    into = place("--default-tlp", "clear")
    add("long", line.url, into, "--limit", "1", "--interval", "604800")
    until("all of it", lambda: len(kept(into)) >= len(OTHERS.objects), 300)
    equal(versions(kept(into)), versions(OTHERS.objects))
    until("it is at rest", lambda: not state("long")["running"] and state("long")["last_success"], 120)
    assert 0 < state("long")["last_objects"] < len(OTHERS.objects) == state("long")["objects"], state("long")
    equal(HUB.admin("feeds", "remove", "long").code, 0)
    equal(versions(kept(into)), versions(OTHERS.objects), "what came stays")
    line.shutdown()
    line.server_close()


# ---- servers that mean no good ----

class Bad(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer):
        self.answer, self.asked = answer, []
        super().__init__(("127.0.0.1", 0), BadHand)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d/root/" % self.server_address[1]


class BadHand(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        self.server.asked.append(self.headers.get("Authorization"))
        status, body, fields = self.server.answer(self)
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            self.send_response(status)
            for name, value in {"Content-Type": TYPE, "Content-Length": str(len(body)), **fields}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            pass


def failing(name, url, *more, secret=True):
    add(name, url, place("--default-tlp", "clear"), *more, secret=secret)
    return until("it failed", lambda: (lambda s: s["failures"] and not s["running"] and s)(state(name)), 120)


@case
def what_fails_is_seen_and_waits_longer():
    elsewhere = Bad(lambda hand: (200, {}, {}))
    redirect = Bad(lambda hand: (302, b"", {"Location": elsewhere.url}))
    one = failing("redirect", redirect.url)
    contains(one["last_error"], "302")
    equal(elsewhere.asked, [])
    # The server says what it was sent; that goes no further.
    echo = Bad(lambda hand: (401, {"title": hand.headers["Authorization"], "description": SECRET}, {"X-Secret": SECRET}))
    one = failing("echo", echo.url)
    contains(one["last_error"], "401")
    assert echo.asked[0].startswith("Basic "), echo.asked
    first = one["next"]
    one = polled("echo")
    equal(one["failures"], 2)
    assert one["next"] > first, one
    metrics = TOWN.local.ask("GET", "/metrics")[2].decode()
    contains(metrics, "yagura_feeds_failing ")
    until("it is counted", lambda: "yagura_feeds_failing 2" in TOWN.local.ask("GET", "/metrics")[2].decode(), 120)
    contains(HUB.messages(), "feed echo: ")
    # Addresses inside, whatever the name; and files that are not there.
    for name, url, words in (("inside", "https://192.168.7.9/root/", "inside"), ("inside6", "https://[fd00::1]/root/", "inside")):
        contains(failing(name, url, secret=False)["last_error"], words)
    contains(failing("nofile", echo.url, "--authorities", "nothing.pem")["last_error"], "")
    done = HUB.admin("feeds", "add", "x", "--url", echo.url, "--collection", COLLECTION, "--into", place(), "--token-file", "../sesame-file")
    equal(done.code, 1, done.err)
    for url in ("http://192.0.2.1/root/", "https://a:b@example.org/", "ftp://127.0.0.1/"):
        equal(HUB.admin("feeds", "add", "x", "--url", url, "--collection", COLLECTION, "--into", place()).code, 1, url)
    equal(HUB.admin("feeds", "add", "echo", "--url", echo.url, "--collection", COLLECTION, "--into", place()).code, 1)
    equal(HUB.admin("feeds", "remove", "nobody").code, 1)
    equal(HUB.admin("feeds", "poll-now", "nobody").code, 1)
    for name in ("redirect", "echo", "inside", "inside6", "nofile"):
        equal(HUB.admin("feeds", "remove", name).code, 0)


@case
def who_is_busy_is_understood():
    for status, words in ((429, "less often (429); it is tried again"), (503, "trouble of its own (503); it is tried again")):
        busy = Bad(lambda hand, status=status: (status, b"", {}))
        contains(failing("busy%d" % status, busy.url)["last_error"], words)
        equal(HUB.admin("feeds", "remove", "busy%d" % status).code, 0)


@case
def analysts_add_poll_and_remove_by_the_api():
    stamp = {"X-TAXII-Date-Added-First": "2026-11-26T00:00:00.000000Z", "X-TAXII-Date-Added-Last": "2026-11-26T00:00:00.000000Z"}
    thing = tool("by-api")
    server = Bad(lambda hand: (200, {"objects": [thing]}, stamp))
    into, ana = place("--default-tlp", "clear"), TOWN.analyst
    wish = {"name": "by-api", "url": server.url, "collection_there": COLLECTION, "collection": into}
    # A secret goes to the server that its file is named after, and to no other.
    (FILES / "127.0.0.1_token").write_text("for-this-machine\n", encoding="utf-8")
    (FILES / "127.0.0.1_token").chmod(0o644)
    for file in ("sesame-file", "127.0.0.1_", "127.0.0.1.token", "27.0.0.1_token"):
        problem(ana.ask("POST", "/feeds", dict(wish, secret_file=file)), 400, "bad-request")
    for wrong in ({"url": "http://192.0.2.1/"}, {"url": "https://a:b@c.example/"}, {"name": "../x"}, {"interval_s": 5}, {"limit": 0},
                  {"interval_s": "60"}, {"default_tlp": "purple"}, {"collection": "nowhere"}, {"collection_there": ""},
                  {"user": "a"}, {"key_file": "127.0.0.1_key"}):
        problem(ana.ask("POST", "/feeds", dict(wish, **wrong)), 400, "bad-request")
    mine = place("--org", "acme")
    problem(ana.ask("POST", "/feeds", dict(wish, collection=mine)), 400, "bad-request")
    assert mine not in {one["id"] for one in ana.get("/collections")["items"]}
    added = ana.make("POST", "/feeds", dict(wish, secret_file="127.0.0.1_token", interval_s=600, default_tlp="green"), 201)
    equal((added["name"], added["has_secret"], added["interval_s"], added["limit"], added["default_tlp"], added["collection"]),
          ("by-api", True, 600, 1000, "green", into), added)
    problem(ana.ask("POST", "/feeds", wish), 409, "name-taken")
    until("it came", lambda: state("by-api")["last_success"], 120)
    equal(server.asked, ["Bearer for-this-machine"])
    ana.make("POST", "/feeds/by-api/poll", {}, 200)
    until("it was asked again", lambda: len(server.asked) > 1, 60)
    equal(TOWN.member.ask("POST", "/feeds/by-api/poll", {})[0], 403)
    equal(ana.ask("POST", "/feeds/nobody/poll", {})[0], 404)
    equal(ana.ask("DELETE", "/feeds/by-api")[0], 204)
    equal(ana.ask("DELETE", "/feeds/by-api")[0], 404)
    equal([one["name"] for one in ana.get("/feeds")["items"] if one["name"] == "by-api"], [])
    equal(len(kept(into)), 1, "what came stays")


@case
def feeds_that_hang_hold_up_nobody_for_long():
    """Four at once: three that hang hold up nobody, four do until the first one's minute is over."""
    stamp = {"X-TAXII-Date-Added-First": "2026-11-26T00:00:00.000000Z", "X-TAXII-Date-Added-Last": "2026-11-26T00:00:00.000000Z"}
    go = threading.Event()

    def hang(_):
        go.wait(300)
        return 200, {}, stamp
    hanging = [Bad(hang) for _ in range(4)]
    good = [Bad(lambda hand, n=n: (200, {"objects": [tool("good%d" % n)]}, stamp)) for n in range(2)]
    for n, server in enumerate(hanging[:3]):
        add("hang%d" % n, server.url, place("--default-tlp", "clear"), secret=False)
    until("three hang", lambda: all(server.asked for server in hanging[:3]), 30)
    begun = time.monotonic()
    add("good0", good[0].url, place("--default-tlp", "clear"), secret=False)
    until("the good one came beside them", lambda: state("good0")["last_success"], 40)
    assert time.monotonic() - begun < 40
    equal([state("hang%d" % n)["running"] for n in range(3)], [True] * 3)
    add("hang3", hanging[3].url, place("--default-tlp", "clear"), secret=False)
    until("four hang", lambda: hanging[3].asked, 30)
    add("good1", good[1].url, place("--default-tlp", "clear"), secret=False)
    time.sleep(4)  # it would be asked within two seconds
    equal(good[1].asked, [])
    until("the good one came after one of them", lambda: state("good1")["last_success"], 90)
    one = until("it failed", lambda: (lambda s: s["failures"] and s)(state("hang0")), 90)
    contains(one["last_error"], "it does not go on, and others wait")
    assert one["next"] > one["error_time"], one
    for name in ("hang0", "hang1", "hang2", "hang3", "good0", "good1"):
        equal(HUB.admin("feeds", "remove", name).code, 0)
    go.set()


@case
def a_wish_for_a_pause_is_for_its_own_answer():
    """The next question goes wrong in the hub itself: that has nothing to do with what the server wished before."""
    held, go, times = threading.Event(), threading.Event(), []

    def answer(_):
        times.append(time.monotonic())
        if len(times) == 1:
            return 429, b"", {"Retry-After": "15"}
        if len(times) == 2:
            held.set()
            go.wait(120)
        return 401, b"", {}
    server = Bad(answer)
    add("wish", server.url, place("--default-tlp", "clear"))
    assert held.wait(120), "it never asked again"
    assert times[1] - times[0] >= 14, times
    kill("out")
    begun = time.monotonic()
    until("it asks again", lambda: len(times) > 2, 120)
    go.set()
    assert times[2] - begun < 10, times
    equal(HUB.admin("feeds", "remove", "wish").code, 0)


@case
def a_state_that_cannot_be_understood():
    """It is said; what the feed has had so far is not asked for again."""
    stamp = {"X-TAXII-Date-Added-First": "2026-11-26T00:00:00.000000Z", "X-TAXII-Date-Added-Last": "2026-11-26T00:00:00.000000Z"}
    asked = []

    def answer(hand):
        asked.append(hand.path)
        return 200, {"objects": [tool("one")]} if len(asked) == 1 else {}, stamp
    server = Bad(answer)
    hub = Hub(options=configuration("feeds: %s" % FILES, "local: 127.0.0.1"))
    add("odd", server.url, place("--default-tlp", "clear", hub=hub), hub=hub, secret=False)
    until("it came", lambda: state("odd", hub)["last_success"], 120)
    for count, body in enumerate(("{", " " * 70000, "[]"), 1):
        equal(hub.stop(), 0)
        with contextlib.closing(sqlite3.connect(hub.data / "stix.db")) as db, db:
            equal(db.execute("UPDATE texts SET body=? WHERE kind='feed' AND name='odd'", (body.encode(),)).rowcount, 1)
        before = len(asked)
        hub.start()
        until("another round", lambda: (state("odd", hub) or {}).get("last_success"), 120)
        hub.says("feed odd: how it went before cannot be understood", count)
        assert "added_after" in asked[before], asked
    equal(hub.stop(), 0)


@case
def who_looks_makes_nothing():
    data = PLACE / "data"
    data.mkdir()
    equal(yagura("admin", "org", "add", "acme", "--data", data).code, 0)
    done = yagura("admin", "feeds", "list", "--data", data)
    equal((done.code, done.out), (0, ""), done.err)
    equal(yagura("admin", "feeds", "objects", "x", "--data", data).code, 1)
    assert not (data / "stix.db").exists()
    done = yagura("admin", "feeds", "add", "x", "--data", data)
    equal(done.code, 1)
    contains(done.err, "admin feeds: --url URL is missing")
    for words in (("list",), ("add", "x", "--url", "https://127.0.0.1/")):
        done = yagura("admin", "feeds", *words)
        equal((done.code, done.out), (2, ""), done)
        contains(done.err, "admin feeds: --data FOLDER is missing")
        contains(done.err, "give the hub's data folder")
    for words in ((), ("list", "x", "y"), ("add",)):
        done = yagura("admin", "feeds", *words, "--data", data)
        equal((done.code, done.out), (2, ""), done)
        contains(done.err, "feeds list|add NAME|remove NAME|poll-now NAME|objects NAME")


@case
def its_own_marking():
    """What comes unmarked counts as its feed says, in a collection where it would be RED."""
    into = place("--for", "community")
    stamp = {"X-TAXII-Date-Added-First": "2026-11-26T00:00:00.000000Z", "X-TAXII-Date-Added-Last": "2026-11-26T00:00:00.000000Z"}
    wrong = dict(tool("wrong"), modified="yesterday")
    servers = [Bad(lambda hand, one=one: (200, {"objects": [one, wrong]}, stamp)) for one in (tool("green"), tool("red"))]
    add("green", servers[0].url, into, "--default-tlp", "green", secret=False)
    add("red", servers[1].url, into, secret=False)
    for name in ("green", "red"):
        one = until("it came", lambda: (lambda s: s["last_success"] and s)(state(name)), 120)
        equal((one["objects"], one["refused"]), (1, 1), one)
        contains(one["last_refused"], wrong["id"])
    done = HUB.admin("api-token", "--org", "acme", "--role", "member")
    who = Who(HUB, token=done.out.strip())
    connection = http.client.HTTPConnection("127.0.0.1", who.port, timeout=60)
    connection.request("GET", "/taxii2/hub/collections/%s/objects/" % into, headers={"Accept": TYPE, "Authorization": "Bearer " + who.token})
    found = json.loads(connection.getresponse().read())["objects"]
    connection.close()
    equal([one["name"] for one in found], ["green"])


@case
def without_the_operators_word():
    """A hub whose configuration does not name the folder fetches nothing, and says why."""
    for more, words in (((), "out.feeds is not set"), (("feeds: %s" % FILES,), "not https")):
        hub = Hub(options=configuration(*(more or ("local: 127.0.0.1",))))
        into = place(hub=hub)
        add("x", "http://127.0.0.1:1/root/", into, hub=hub)
        one = until("it failed", lambda: (lambda s: s["failures"] and s)(state("x", hub)), 120)
        contains(one["last_error"], words)
        equal(hub.stop(), 0)


@case
def the_secret_is_nowhere():
    """Nor is the name of its file, but in the register."""
    words = [SECRET.encode(), base64.b64encode(("admin:" + SECRET).encode())]
    texts = [HUB.messages().encode(), HUB.admin("audit", "list", "--json").out.encode(), HUB.admin("feeds", "list", "--json").out.encode(),
             json.dumps(TOWN.analyst.get("/feeds")).encode(), TOWN.local.ask("GET", "/metrics")[2]]
    for path in sorted(HUB.data.glob("*.db*")):
        texts.append(path.read_bytes())
    for word in words:
        equal([at for at, text in enumerate(texts) if word in text], [])
    equal([at for at, text in enumerate(texts[:5]) if b"sesame" in text], [])


@case
def the_end():
    equal(TOWN.end(), 0)
    if OTHERS.python:
        OTHERS.process.terminate()
        OTHERS.process.wait(10)


main()
