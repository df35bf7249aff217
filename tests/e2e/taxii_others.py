# SPDX-License-Identifier: Apache-2.0
"""A real medallion, and lines to it that fail: what polls of other servers meet."""
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

from harness import equal, folder

TYPE = "application/taxii+json;version=2.1"
HERE = pathlib.Path(__file__).parent
SEED = int(os.environ.get("YAGURA_SEED", random.SystemRandom().randrange(1 << 32)))
DICE = random.Random(SEED)
PLACE = folder()
COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
print("seed %d" % SEED)


def tool(name, **more):
    return {"type": "tool", "spec_version": "2.1", "id": "tool--" + str(uuid.UUID(int=DICE.getrandbits(128), version=4)),
            "name": name, "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", **more}


def versions(objects):
    return sorted((one["id"], one.get("modified", ""), json.dumps(one, sort_keys=True)) for one in objects)


class Line(http.server.ThreadingHTTPServer):
    """Hands on to @port; @faults: what may happen to an answer, drawn for each."""
    daemon_threads = True

    def __init__(self, port, faults, every=3):
        self.port, self.faults, self.every = port, faults, every
        self.count, self.happened, self.before = 0, {}, []
        self.lock = threading.Lock()
        self.hold_after, self.held, self.go = None, threading.Event(), threading.Event()
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
        if line.hold_after is not None and line.count > line.hold_after:  # the one who asks is in the middle of it
            line.held.set()
            line.go.wait(120)
        if fault == "silence":  # before anything is asked
            return self.cut()
        connection = http.client.HTTPConnection("127.0.0.1", line.port, timeout=60)
        connection.request("GET", self.path, headers={name: self.headers[name] for name in ("Accept", "Authorization") if name in self.headers})
        answer = connection.getresponse()
        body = answer.read()
        fields = [(name, value) for name, value in answer.getheaders() if name.lower().startswith(("x-taxii", "content-type"))]
        connection.close()
        status = answer.status
        if "keyless" in line.faults and status == 200:
            data = json.loads(body)
            data.pop("next", None)
            body = json.dumps(data).encode()
        # In place of one that the server has now forgotten, or has moved on behind; to the first question of a round, too.
        if fault == "repeat" and line.before:
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
        try:
            self.wfile.write(body[:len(body) // 2] if fault == "drop" else body)
            if fault == "drop":
                self.cut()
        except OSError:
            self.close_connection = True  # who asked was killed

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
