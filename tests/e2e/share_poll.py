# SPDX-License-Identifier: Apache-2.0
"""yagura share poll: what another TAXII server holds, through lines that fail, and from servers that mean no good."""
import http.client
import http.server
import json
import threading
import uuid

from harness import case, contains, equal, main, yagura
from hub_kit import Hub, until
from taxii_others import COLLECTION, DICE, PLACE, TYPE, Line, Medallion, tool, versions

(PLACE / "password").write_text("Password0\n", encoding="utf-8")


def poll(url, store, *more, code=0, collection=COLLECTION, basic=True):
    words = ["--user", "admin", "--password-file", PLACE / "password"] if basic else []
    done = yagura("share", "poll", "--url", url, "--collection", collection, "--into", "others", "--store", store,
                  "--default-tlp", "clear", "--json", *words, *more)
    equal(done.code, code, done.err + done.out)
    return (json.loads(done.out) if done.out else None), done.err


def kept(store):
    done = yagura("share", "export", "--collection", "others", "--store", store)
    equal(done.code, 0, done.err)
    return json.loads(done.out)["objects"]


OTHERS = Medallion()


def whole(line, limit):
    """Again and again until it says that all is there: nothing of it may be missing or twice."""
    store = PLACE / ("%s.db" % uuid.uuid4())
    stored, runs, code = 0, 0, 1
    while code:
        runs += 1
        assert runs < 30, "it never ends"
        done = yagura("share", "poll", "--url", line.url, "--collection", COLLECTION, "--into", "others", "--store", store,
                      "--default-tlp", "clear", "--json", "--user", "admin", "--password-file", PLACE / "password", "--limit", limit)
        assert done.code in (0, 1), done.err
        code = done.code
        stored += json.loads(done.out)["stored"]
    missing = {v[:2] for v in versions(OTHERS.objects)} - {v[:2] for v in versions(kept(store))}
    assert not missing, (line.url, limit, line.happened, missing)
    equal(versions(kept(store)), versions(OTHERS.objects))
    equal(stored, len(OTHERS.objects))
    return store, runs


@case
def a_real_server_by_lines_that_fail():
    if not OTHERS.python:
        return
    for _ in range(12):
        OTHERS.add(DICE.randrange(1, 16))
    for faults in ((), ("drop",), ("silence",), ("repeat",), ("busy", "rubbish"), ("keyless",), ("keyless", "drop", "repeat"),
                   ("drop", "silence", "repeat", "busy", "rubbish")):
        for limit in (1, 4, 1000):
            if "keyless" in faults and limit == 1:
                limit = 3
            line = Line(OTHERS.port, faults)
            store, runs = whole(line, limit)
            print("%s, %d a page: %d questions, %d runs, %s" % ("+".join(faults) or "a good line", limit, line.count, runs, line.happened))
            line.shutdown()
            line.server_close()
    # What is new is taken, and no more than that.
    line = Line(OTHERS.port, ())
    count = OTHERS.add(7)
    result, _ = poll(line.url, store)
    equal((result["stored"], result["refused"], result["complete"]), (count, 0, True))
    result, _ = poll(line.url, store)
    equal((result["stored"], result["pages"]), (0, 1))
    equal(versions(kept(store)), versions(OTHERS.objects))
    result, _ = poll(line.url, store, "--again")
    equal((result["stored"], result["there_before"] >= len(OTHERS.objects)), (0, True))
    # By discovery, which names the root of the same server.
    result, _ = poll(line.url.replace("trustgroup1/", "taxii2/"), PLACE / "found.db")
    equal(result["stored"], len(OTHERS.objects))


# ---- a server that means no good ----

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
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        try:
            self.server.answer(self)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def say(self, body, status=200, kind=TYPE, **fields):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **fields}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


def times(first, last=None):
    return {"X_TAXII_Date_Added_First": first, "X_TAXII_Date_Added_Last": last or first}


NOW = "2026-11-26T00:00:00.000000Z"


def bad(answer, *more, code=1, store=None, asked=0):
    server = Bad(answer)
    result, err = poll(server.url, store or PLACE / ("%s.db" % uuid.uuid4()), *more, code=code)
    # Whoever asked may have gone before this side has read what was asked.
    until("%d questions" % asked, lambda: len(server.asked) >= asked)
    server.shutdown()
    server.server_close()
    return server, result, err


@case
def elsewhere():
    target = Bad(lambda hand: hand.say({}))
    _, result, err = bad(lambda hand: hand.say(b"", 302, Location=target.url))
    equal((target.asked, result["complete"]), ([], False))  # nobody else gets the password
    contains(err, "302")
    for url in ("http://192.0.2.1/root/", "ftp://127.0.0.1/", "https://a:b@127.0.0.1/", "https://127.0.0.1/ x", "file:///etc/passwd"):
        equal(poll(url, PLACE / "never.db", code=2)[0], None)
    # Discovery that names another server.
    server = Bad(lambda hand: hand.say({"title": "x", "default": target.url, "api_roots": [target.url]}))
    poll(server.url.replace("root/", "taxii2/"), PLACE / "never.db", code=2)
    equal((len(server.asked), target.asked), (1, []))


@case
def other_kinds_and_refusals():
    contains(bad(lambda hand: hand.say(b"<html>", kind="text/html"))[2], "Content-Type")
    contains(bad(lambda hand: hand.say({"objects": []}, kind="application/taxii+json;version=2.0"))[2], "Content-Type")
    for status in (401, 403, 404, 406):
        server, result, err = bad(lambda hand, status=status: hand.say({"title": "no"}, status))
        equal((len(server.asked), result["stored"]), (1, 0))
        contains(err, str(status))


@case
def too_much():
    def answer(hand):
        hand.send_response(200)
        hand.send_header("Content-Type", TYPE)
        hand.end_headers()
        for _ in range(80):
            hand.wfile.write(b" " * (1 << 20))
    server, result, err = bad(answer, "--limit", "1")
    equal((len(server.asked), result["stored"]), (1, 0))
    contains(err, "larger than is taken at once")


@case
def busy():
    for status, words in ((429, "less often (429)"), (503, "trouble of its own (503)")):
        server, result, err = bad(lambda hand, status=status: hand.say(b"", status), asked=9)
        equal((len(server.asked), result["complete"]), (9, False))
        contains(err, words)
        contains(err, "run the same again")


@case
def too_slow():
    def answer(hand):
        hand.send_response(200)
        hand.send_header("Content-Type", TYPE)
        hand.send_header("Content-Length", "1000000")
        hand.end_headers()
        hand.wfile.flush()
        hand.rfile.read()  # until the other side has enough
    server, result, err = bad(answer, "--timeout", "1", asked=9)
    equal((len(server.asked), result["complete"]), (9, False))
    contains(err, "breaks off again and again")


@case
def without_end():
    thing = tool("x")

    def answer(hand):
        hand.say({"more": True, "next": "1", "objects": [thing]}, **times(NOW))
    server, result, err = bad(answer)
    equal((result["stored"], result["complete"], len(server.asked) < 40), (1, False, True), server.asked)
    contains(err, "not asked for")


@case
def nothing_says_where():
    _, result, err = bad(lambda hand: hand.say({"more": True, "objects": [tool("x")]}))
    equal((result["stored"], result["complete"]), (1, False))
    contains(err, "X-TAXII-Date-Added-Last")
    # One moment holds more than it gives on a page, and there is no next.
    moment = [tool("m%d" % number) for number in range(3)]
    _, result, err = bad(lambda hand: hand.say({"more": True, "objects": moment}, **times(NOW)), "--limit", "10")
    equal((result["stored"], result["complete"], result["added_after"]), (3, False, "2026-11-25T23:59:59.999999Z"))
    contains(err, "cannot be reached")


@case
def an_empty_one_and_rubbish():
    equal(bad(lambda hand: hand.say({}, **times(NOW)), code=0)[1]["stored"], 0)
    equal(bad(lambda hand: hand.say({"more": True}, **times(NOW)), code=0)[1]["stored"], 0)
    for body in (b"[", b"{\"objects\":[{]}", b"\xff\xfe", b"[" * 100000):
        equal(bad(lambda hand, body=body: hand.say(body))[1]["stored"], 0)


@case
def what_is_refused_is_said_and_the_rest_is_kept():
    mark = {"type": "marking-definition", "spec_version": "2.1", "id": "marking-definition--" + str(uuid.uuid4()),
            "created": "2026-01-01T00:00:00.000Z", "definition_type": "statement", "definition": {"statement": "© somebody"}}
    marked = tool("marked", object_marking_refs=[mark["id"]])
    astray = tool("astray", object_marking_refs=["marking-definition--" + str(uuid.uuid4())])
    good, wrong = tool("good"), {**tool("wrong"), "modified": "yesterday"}
    pages = [[marked, astray], [wrong, good], [mark]]
    stamps = ["2026-11-2%dT00:00:00.000000Z" % day for day in range(1, 4)]

    def answer(hand):
        at = int(hand.path.split("next=")[1].split("&")[0]) if "next=" in hand.path else 0
        hand.say({"objects": pages[at], **({"more": True, "next": str(at + 1)} if at < 2 else {})}, **times(stamps[at]))
    store = PLACE / "refused.db"
    server, result, err = bad(answer, store=store)
    equal((result["stored"], result["refused"], result["complete"]), (3, 2, True), err)
    for thing in (wrong, astray):
        contains(err, thing["id"])
    equal(versions(kept(store)), versions([marked, good, mark]))


@case
def from_a_hub():
    hub = Hub()
    place = hub.admin("collection", "add", "--default-tlp", "clear", "--for", "community", "--title", "ours").out.strip()
    token = hub.admin("api-token", "--org", "hub", "--role", "analyst").out.strip()
    (PLACE / "token").write_text(token, encoding="utf-8")
    things = [tool("h%d" % number) for number in range(500)]
    connection = http.client.HTTPConnection(hub.ready["url"].split("//")[1], timeout=60)
    connection.request("POST", "/taxii2/hub/collections/%s/objects/" % place, json.dumps({"objects": things}).encode(),
                       {"Accept": TYPE, "Content-Type": TYPE, "Authorization": "Bearer " + token})
    equal(connection.getresponse().status, 202)
    connection.close()
    for url in ("/taxii2/", "/taxii2/hub/", "/taxii2/hub"):
        store = PLACE / ("%s.db" % uuid.uuid4())
        result, _ = poll(hub.ready["url"] + url, store, "--token-file", PLACE / "token", "--limit", "64", collection=place, basic=False)
        equal((result["stored"], result["refused"], result["restarts"]), (500, 0, 0))
        equal(versions(kept(store)), versions(things))
    equal(hub.stop(), 0)


@case
def the_server_ends():
    if OTHERS.python:
        OTHERS.process.terminate()
        OTHERS.process.wait(60)


main()
