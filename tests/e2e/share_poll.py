# SPDX-License-Identifier: Apache-2.0
"""yagura share poll: what another TAXII server holds, through lines that fail, and from servers that mean no good."""
import base64
import http.client
import http.server
import json
import os
import pathlib
import random
import subprocess
import sys
import threading
import uuid

from harness import case, contains, equal, folder, main, yagura
from hub_kit import Hub, until

TYPE = "application/taxii+json;version=2.1"
HERE = pathlib.Path(__file__).parent
SEED = int(os.environ.get("YAGURA_SEED", random.SystemRandom().randrange(1 << 32)))
DICE = random.Random(SEED)
PLACE = folder()
(PLACE / "password").write_text("Password0\n", encoding="utf-8")
COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
print("seed %d" % SEED)


def tool(name, **more):
    return {"type": "tool", "spec_version": "2.1", "id": "tool--" + str(uuid.UUID(int=DICE.getrandbits(128), version=4)),
            "name": name, "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", **more}


def versions(objects):
    return sorted((one["id"], one.get("modified", ""), json.dumps(one, sort_keys=True)) for one in objects)


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


# ---- a line that fails ----

class Line(http.server.ThreadingHTTPServer):
    """Hands on to @port; @faults: what may happen to an answer, drawn for each."""
    daemon_threads = True

    def __init__(self, port, faults, every=3):
        self.port, self.faults, self.every = port, faults, every
        self.count, self.happened, self.before = 0, {}, []
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Hand)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d/trustgroup1/" % self.server_address[1]

    def draw(self):
        with self.lock:
            self.count += 1
            fault = DICE.choice(self.faults) if self.faults and DICE.randrange(self.every) == 0 else ""
            if fault:
                self.happened[fault] = self.happened.get(fault, 0) + 1
            return fault


class Hand(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        line, fault = self.server, self.server.draw()
        if fault == "silence":  # before anything is asked
            return self.cut()
        connection = http.client.HTTPConnection("127.0.0.1", line.port, timeout=60)
        connection.request("GET", self.path, headers={name: self.headers[name] for name in ("Accept", "Authorization")})
        answer = connection.getresponse()
        body = answer.read()
        fields = [(name, value) for name, value in answer.getheaders() if name.lower().startswith(("x-taxii", "content-type"))]
        connection.close()
        status = answer.status
        if "keyless" in line.faults and status == 200:
            data = json.loads(body)
            data.pop("next", None)
            body = json.dumps(data).encode()
        # In place of one that the server has now forgotten. In answer to the first question of a round nobody could tell:
        # docs/taxii.md.
        if fault == "repeat" and line.before and "next=" in self.path:
            fields, body = DICE.choice(line.before[-2:])
        elif status == 200 and fault in ("", "repeat"):
            line.before.append((fields, body))  # pages that arrived
        elif fault == "busy":
            status, body = 503, b"{}"
        elif fault == "rubbish":
            body = body[:len(body) // 2]
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:len(body) // 2] if fault == "drop" else body)
        if fault == "drop":
            self.cut()

    def cut(self):
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(2)


class Medallion:
    """A real one; None where its parts cannot be fetched."""

    def __init__(self):
        self.objects = []
        self.python = self.environment()
        if not self.python:
            return
        data = PLACE / "data.json"
        data.write_text(json.dumps({
            "/discovery": {"title": "Others", "default": "/trustgroup1/", "api_roots": ["/trustgroup1/"]},
            "trustgroup1": {"information": {"title": "Group", "versions": [TYPE], "max_content_length": 10 << 20}, "status": [],
                            "collections": [{"id": COLLECTION, "title": "All", "can_read": True, "can_write": True,
                                             "media_types": [], "objects": [], "manifest": []}]}}), encoding="utf-8")
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self.process = subprocess.Popen([self.python, HERE / "medallion_serve.py", data], stdout=subprocess.PIPE, env=env,
                                        stderr=open(PLACE / "medallion.err", "wb"))
        self.port = int(self.process.stdout.readline())

    @staticmethod
    def environment():
        place = PLACE / "others"
        made = subprocess.run([sys.executable, "-m", "venv", str(place)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        if made.returncode == 0:
            made = subprocess.run([place / "bin" / "pip", "install", "-q", "--disable-pip-version-check", "--no-input", "--retries", "1",
                                   "--timeout", "10", "--require-hashes", "-r", HERE / "medallion-requirements.txt"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, timeout=300)
        if made.returncode == 0:
            return place / "bin" / "python"
        print("skipped: medallion could not be fetched: " + made.stderr.decode(errors="replace")[-200:])
        return None

    def add(self, count):
        """@count objects, all added at one moment, as it does."""
        new = [tool("n%d" % (len(self.objects) + number)) for number in range(count)]
        if DICE.randrange(2) and self.objects:
            new.append({**DICE.choice(self.objects), "modified": "2026-02-%02dT00:00:00.%03dZ" % (DICE.randrange(1, 20), DICE.randrange(1000))})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", "/trustgroup1/collections/%s/objects/" % COLLECTION, json.dumps({"objects": new}).encode(),
                           {"Accept": TYPE, "Content-Type": TYPE,
                            "Authorization": "Basic " + base64.b64encode(b"admin:Password0").decode()})
        answer = connection.getresponse()
        status = json.loads(answer.read())
        connection.close()
        equal((answer.status, status["success_count"]), (202, len(new)), status)
        self.objects += new
        return len(new)


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
