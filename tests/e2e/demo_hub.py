#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`yagura hub --demo`: visitors look on as its people, and that is impossible on any other hub, with any of its files,
options and people; a demo's own folder is good for nothing else."""
import json
import os
import shutil
import socket
import subprocess

from harness import TIMEOUT_S, YAGURA, case, contains, equal, folder, main
from hub_api_kit import Town, Who, cookie_of, problem
from hub_kit import Hub

GUIDE = {"people": [{"login": "demo-ana", "name": {"ja": "分析者", "en": "Analyst"}},
                    {"login": "demo-gone", "name": {"ja": "いない", "en": "Nobody"}},
                    {"login": "mei", "name": {"ja": "違う", "en": "Not of the demo"}}],
         "scenes": [{"scene": 1, "title": {"ja": "一", "en": "One"}, "told": {"ja": ["あ"], "en": ["a"]},
                     "views": [{"login": "demo-ana", "page": "board"}]}]}


class DemoTown(Town):
    """As any other, by a hub that is a demo's, with people whose logins the demo may use."""

    def __init__(self):
        super().__init__(options=["--demo"])
        self.person("demo-ana", "analyst")
        self.local.make("POST", "/people", {"login": "demo-new", "name": "x", "grants": [{"role": "analyst", "org": "hub"}]})
        guide(self.hub, dict(GUIDE, people=GUIDE["people"] + [{"login": "demo-new", "name": {"ja": "招待中", "en": "Invited"}}]))


def guide(hub, words):
    write(hub, json.dumps(words))


def write(hub, text):
    """As who plays the story does: another file in its place."""
    (hub.data / "demo").mkdir(exist_ok=True)
    fresh = hub.data / "demo" / "fresh"
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(hub.data / "demo" / "guide.json")


DEMO = DemoTown()
REAL = Town()
REAL.person("demo-ana", "analyst")


def visit(hub, login, **headers):
    return Who(hub).ask("POST", "/demo/session", {"login": login}, **headers)


def started(data, *options):
    return subprocess.run([YAGURA, "hub", "--data", str(data), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, LANGUAGE="en"), timeout=TIMEOUT_S, text=True)


@case
def a_visitor_looks_on_as_one_of_its_people():
    found = Who(DEMO.hub).get("/demo")
    equal(found["demo"], True)
    equal([p["login"] for p in found["people"]], ["demo-ana", "demo-gone", "mei", "demo-new"])
    equal(found["scenes"], GUIDE["scenes"])
    status, headers, data = visit(DEMO.hub, "demo-ana")
    equal((status, data["person"]["login"], data["local"]), (200, "demo-ana", True), data)
    who = Who(DEMO.hub, cookie_of(headers))
    equal(who.get("/session")["grants"], [{"role": "analyst", "org": "hub"}])
    who.get("/situations")
    # It is written down, as what it is.
    deeds = [(e["action"], e["object"]) for e in DEMO.administrator.get("/audit?limit=1000")["items"]]
    assert ("sign_in.demo", data["person"]["id"]) in deeds, deeds[-5:]


@case
def and_as_nobody_else():
    # Not named by the demo; named, but nobody; named, but no demo's login; not yet a person with a password.
    for login in ("admin", "demo-other", "demo-gone", "mei", "demo-new", "", "demo-ana\n", "DEMO-ANA"):
        status, headers, data = visit(DEMO.hub, login)
        assert status in (400, 404) and "Set-Cookie" not in headers, (login, status, data)
    problem(Who(DEMO.hub).ask("POST", "/demo/session", b"[]"), 400, "bad-request")
    # Through a proxy it is only said that this is a demo.
    for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
        problem(Who(DEMO.hub).ask("POST", "/demo/session", {"login": "demo-ana"}, **{header: "192.0.2.1"}), 403, "not-from-here")
        equal(Who(DEMO.hub).ask("GET", "/demo", **{header: "192.0.2.1"})[2], {"demo": True, "people": [], "scenes": []})
    # Another page in the same browser gets nothing.
    status, headers, _ = visit(DEMO.hub, "demo-ana", Origin="https://elsewhere.example")
    assert status == 403 and "Set-Cookie" not in headers, status
    # Who was locked is locked.
    status, headers, data = visit(DEMO.hub, "demo-ana")
    person = data["person"]["id"]
    DEMO.administrator.make("PUT", "/people/%s/state" % person, {"state": "locked"})
    equal(visit(DEMO.hub, "demo-ana")[0], 404)
    equal(Who(DEMO.hub, cookie_of(headers)).ask("GET", "/session")[0], 401)
    DEMO.administrator.make("PUT", "/people/%s/state" % person, {"state": "active"})
    equal(visit(DEMO.hub, "demo-ana")[0], 200)


@case
def what_the_demo_wrote_is_bounded():
    for words in ({"people": "x", "scenes": 5}, {"people": [{}] * 17, "scenes": [{}] * 17}, {}):
        guide(DEMO.hub, words)
        equal(Who(DEMO.hub).get("/demo"), {"demo": True, "people": [], "scenes": []})
        equal(visit(DEMO.hub, "demo-ana")[0], 404)
    for text in ("[]", "{", " " * (1 << 18) + "{}"):
        write(DEMO.hub, text)
        assert Who(DEMO.hub).ask("GET", "/demo")[0] >= 500
        assert visit(DEMO.hub, "demo-ana")[0] >= 500
    guide(DEMO.hub, GUIDE)
    equal(visit(DEMO.hub, "demo-ana")[0], 200)


@case
def a_real_hub_has_nothing_of_it():
    equal(Who(REAL.hub).get("/demo"), {"demo": False, "people": [], "scenes": []})
    for who in (Who(REAL.hub), REAL.local, REAL.administrator):
        for login in ("demo-ana", "ana", "admin"):
            status, headers, data = who.ask("POST", "/demo/session", {"login": login})
            equal((status, data["code"]), (404, "not-found"), login)
            assert "Set-Cookie" not in headers
    # Not with the file of a demo put there while it runs,
    guide(REAL.hub, GUIDE)
    equal(visit(REAL.hub, "demo-ana")[0], 404)
    equal(Who(REAL.hub).get("/demo")["demo"], False)
    shutil.rmtree(REAL.hub.data / "demo")
    # nor by the option on its folder,
    equal(REAL.hub.stop(), 0)
    before = sorted(p.name for p in REAL.hub.data.iterdir())
    done = started(REAL.hub.data, "--demo", "--http", "127.0.0.1:0", "--sensors", "127.0.0.1:0")
    equal((done.returncode, done.stdout), (2, ""), done.stderr)
    contains(done.stderr, "this is no folder of a demo")
    equal(sorted(p.name for p in REAL.hub.data.iterdir()), before)
    REAL.hub.start()
    equal(visit(REAL.hub, "demo-ana")[0], 404)
    # nor by its configuration.
    config = folder() / "hub.yaml"
    for text in ("demo: true\n", "http:\n  demo: true\n"):
        config.write_text("data: %s\n%s" % (folder() / "new", text))
        done = started(folder() / "new", "--config", str(config))
        equal(done.returncode, 2)
        contains(done.stderr, "there is no such setting")


@case
def a_demo_stays_on_this_machine():
    config = folder() / "hub.yaml"
    config.write_text("workers: 1\n")
    for options in (["--http", "127.0.0.1:0"], ["--http", "127.0.0.1:0", "--sensors", "0.0.0.0:0"],
                    ["--http", "0.0.0.0:0", "--sensors", "127.0.0.1:0"],
                    ["--http", "127.0.0.1:0", "--sensors", "127.0.0.1:0", "--config", str(config)]):
        data = folder() / "hub"
        done = started(data, "--demo", *options)
        equal(done.returncode, 2, options)
        assert "127.0.0.1" in done.stderr, done.stderr
        assert not data.exists()
    # Its sockets are bound to nothing else.
    port = int(DEMO.hub.ready["url"].rsplit(":", 1)[1])
    with socket.socket() as other:
        other.settimeout(5)
        try:
            other.connect(("127.0.0.2", port))
        except OSError:
            pass
        else:
            raise AssertionError("it listens at 127.0.0.2, too")


@case
def its_folder_is_a_demos_for_good():
    hub = Hub(options=["--demo"])
    equal(hub.stop(), 0)
    done = started(hub.data, "--http", "127.0.0.1:0", "--sensors", "127.0.0.1:0")
    equal((done.returncode, done.stdout), (2, ""), done.stderr)
    contains(done.stderr, "this folder is a demo's")
    hub.start()
    equal(Who(hub).get("/demo")["demo"], True)
    equal(hub.stop(), 0)
    # A folder in which something is takes no demo.
    other = folder()
    (other / "letter").write_text("mine")
    done = started(other, "--demo", "--http", "127.0.0.1:0", "--sensors", "127.0.0.1:0")
    equal(done.returncode, 2)
    contains(done.stderr, "this is no folder of a demo")


if __name__ == "__main__":
    try:
        main()
    finally:
        DEMO.end()
        REAL.end()
