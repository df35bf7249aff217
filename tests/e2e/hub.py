#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`yagura hub` and `yagura admin`: ready line, end, lock, and what the listener says to batches."""
import contextlib
import hashlib
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import threading
import types
import urllib.request

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
import base64

from harness import ROOT, YAGURA, case, contains, equal, folder, main, yagura
from hub_kit import Hub, record, until


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


@case
def begins_and_ends():
    hub = Hub()
    equal(sorted(hub.ready), ["admin_link", "ca", "ready", "sensors", "url"])
    equal(get(hub.ready["url"] + "/healthz"), 200)
    equal(get(hub.ready["url"] + "/readyz"), 200)
    contains(open(hub.ca, encoding="ascii").read(), "BEGIN CERTIFICATE")
    for name in ("ca.key", "server.key", "downlink.seed"):
        equal(os.stat(hub.data / "ca" / name).st_mode & 0o777, 0o600, name)
    second = yagura("hub", "--data", hub.data, "--http", "127.0.0.1:0", "--sensors", "127.0.0.1:0")
    equal(second.code, 2)
    contains(second.err, "another hub is running")
    taken = yagura("hub", "--data", folder() / "x", "--http", "127.0.0.1:0", "--sensors", hub.sensors)
    equal(taken.code, 2)
    contains(taken.err, "cannot be used")
    equal(hub.stop(), 0)
    # The same authority after a restart, or no sensor would find its hub again.
    before = open(hub.ca, "rb").read()
    hub.start()
    equal(open(hub.ca, "rb").read(), before)
    equal(hub.stop(signal.SIGINT), 0)


@case
def wrong_usage():
    for args, words in ((["--data", "x", "--http", "0.0.0.0:1"], "127.0.0.1 only"),
                        (["--data", "x", "--http", "nonsense"], "no address"),
                        (["--data", "x", "--sensors", "1.2.3.4:99999"], "no address"),
                        (["--http", "127.0.0.1:0"], "--data"),
                        (["--data", "x", "more"], "one too many")):
        done = yagura("hub", *args)
        equal((done.code, done.out), (2, ""), args)
        contains(done.err, words)
    where = folder() / "not-made"
    equal(yagura("hub", "--check-config", "--data", where).code, 0)
    equal(where.exists(), False, "checking makes nothing")
    equal(yagura("hub", "--data", folder() / "a" / "b").code, 2)


@case
def a_register_of_a_newer_version_stays_as_it_is():
    hub = Hub()
    equal(hub.stop(), 0)
    with contextlib.closing(sqlite3.connect(hub.data / "hub.db")) as db:
        db.execute("PRAGMA user_version=99")
    before = (hub.data / "hub.db").read_bytes()
    for done in (yagura("hub", "--data", hub.data, "--http", "127.0.0.1:0", "--sensors", "127.0.0.1:0"), hub.admin("org", "list")):
        equal((done.code, done.out), (2, ""))
        contains(done.err, "hub.db: made by a newer version of Yagura")
        contains(done.err, "use the newer program")
    equal((hub.data / "hub.db").read_bytes() == before, True)


@case
def operator():
    hub = Hub()
    equal(hub.admin("org", "add", "acme", "--name", "Acme 株式会社").code, 0)
    again = hub.admin("org", "add", "acme")
    equal(again.code, 1)
    contains(again.err, "already")
    equal(hub.admin("org", "add", "Not/An/Id").code, 1)
    equal(hub.admin("enrol-token", "--org", "nobody").code, 1)
    token = hub.admin("enrol-token", "--org", "acme")
    equal((token.code, len(token.out.split()), token.out.count("\n")), (0, 1, 1))
    equal(token.out.strip() in (hub.data / "hub.db").read_bytes().decode("latin-1"), False, "token at rest")
    sensor = hub.stranger()
    sensor.heartbeat(0, 0)
    listed = until("it is connected", lambda: (lambda one: one["state"] == "connected" and one)(
        json.loads(hub.admin("sensor", "list", "--json").out)))
    equal((listed["organisation"], listed["sensor"]), ("acme", sensor.me["sensor"]))
    equal(hub.admin("sensor", "list", "--org", "other").out, "")
    equal(hub.admin("sensor", "revoke", "nobody").code, 1)
    equal(hub.admin("nonsense").code, 2)
    equal(yagura("admin", "--data", folder() / "none", "org", "add", "x").code, 2)
    hub.stop()


@case
def the_stranger():
    hub = Hub()
    hub.org()
    done = subprocess.run([sys.executable, str(ROOT / "tests/e2e/stranger.py"), hub.ready["sensors"], hub.ca,
                           hub.token()], input=record(1) + record(2), stdout=subprocess.PIPE, check=True)
    lines = done.stdout.decode().splitlines()
    contains(lines[0], "'status': 'kept'")
    contains(lines[1], "'next': 2")
    equal([r["position"] for r in hub.records()], [1, 2])
    equal(hub.kept()[0][1], "acme")
    hub.stop()


def is_countersigned(one, content, sequence, **head):
    """Did the hub sign for it, and over exactly what this head says?"""
    status, receipt = one.send(one.batch(content, sequence, **head))
    equal(status, 200, receipt)
    if "signature" not in receipt:
        return False
    over = "yagura-receipt-1:%s:1:%d:%s:%s:%s:%s" % (
        one.me["sensor"], sequence, hashlib.sha256(content).hexdigest(), head.get("ledger", "-"), receipt["status"],
        receipt["time"])
    Ed25519PublicKey.from_public_bytes(base64.b64decode(one.me["downlink_key"])).verify(
        base64.b64decode(receipt["signature"]), over.encode())
    return True


@case
def countersigned_as_it_came():
    """A ledger that is written anew gets no countersignature by sending its batches once more."""
    hub = Hub()
    hub.org()
    one = hub.stranger()
    until("a countersignature", lambda: is_countersigned(one, record(1), 1, ledger="ab" * 32))
    until("the same again", lambda: is_countersigned(one, record(1), 1, ledger="ab" * 32))
    equal(is_countersigned(one, record(1), 1, ledger="cd" * 32), False)
    equal(is_countersigned(one, record(1), 1), False)
    for number in range(2, 132):
        equal(one.send(one.batch(record(number), number))[0], 200)
    # The journal does not compare digests any more.
    equal(is_countersigned(one, record(999), 1, ledger="ab" * 32), False)
    until("the last one again", lambda: is_countersigned(one, record(131), 131))
    hub.stop(signal.SIGKILL)
    hub.start()
    equal(is_countersigned(one, record(131), 131), False)
    until("the next one", lambda: is_countersigned(one, record(132), 132, ledger="ef" * 32))
    hub.stop()


@case
def batches():
    hub = Hub()
    hub.org()
    one = hub.stranger()
    good = record(1) + record(2)
    bad = [
        (b"", 400, "bad-head"),
        (b"x" * 2000, 400, "bad-head"),
        (b"{}\n", 400, "wrong-version"),
        (one.batch(good, 0), 400, "bad-head"),
        (one.batch(good, 1, v=2), 400, "wrong-version"),
        (one.batch(good, 1, sensor="somebody-else"), 403, "other-sensor"),
        (one.batch(good, 1, sha256="0" * 64), 422, "wrong-digest"),
        (one.batch(good, 1, count=3), 422, "wrong-count"),
        (one.batch(good, 1, size=5), 422, "wrong-size"),
        (one.batch(good, 1, size=len(good) + 1), 422, "wrong-size"),
        (one.batch(b"\0" * (16 << 20), 1, count=1), 422, "bad-ratio"),
        (one.batch(b"\0" * (16 << 20), 1, count=1, size=100000), 422, "wrong-size"),
        (one.batch(b"no record\n", 1), 422, "bad-record"),
        (one.batch(record(1)[:-1], 1, count=1), 422, "bad-record"),
        (one.batch(record(1, "x" * (1 << 20)), 1), 422, "bad-record"),
        # What begins and ends as an object and is none: nobody could read the archive behind it.
        (one.batch(good + b'{"v":1,garbage}\n', 1), 422, "bad-record"),
        (one.batch(b'{"v":1,"format":"unknown","position":1,"raw":"a\0b","fields":{}}\n', 1), 422, "bad-record"),
        (one.batch(b'{"v":1,"fields":{}},"evil":{}\n', 1), 422, "bad-record"),
        (one.batch(good, 1)[:-6], 422, "bad-content"),
        (one.batch(good, 1) + b"x" * (4 << 20), 413, "too-large"),
        (one.batch(good, 2), 409, "gap"),
    ]
    for bytes_, status, code in bad:
        got, problem = one.send(bytes_)
        equal((got, problem["code"], problem["status"]), (status, code, status), problem)
        assert problem["title"], problem
    equal(problem["next"], {"epoch": 1, "sequence": 1})
    contains(one.send(one.batch(good, 1, count=3))[1]["detail"], "records")
    contains(one.send(one.batch(good + b'{"v":1,garbage}\n', 1))[1]["detail"], "line (at 3)")
    equal(hub.kept(), [], "nothing of this was kept")
    first = one.batch(good, 1)
    status, receipt = one.send(first)
    equal((status, receipt["status"], receipt["next"]), (200, "kept", 2))
    status, receipt = one.send(first)
    equal((status, receipt["status"], receipt["next"]), (200, "already", 2))
    equal(one.send(one.batch(record(3), 2))[0], 200)
    # Sequence jump back: another batch under an identity that is taken.
    status, problem = one.send(one.batch(record(99), 1))
    equal((status, problem["code"], problem["next"]), (409, "conflict", {"epoch": 2, "sequence": 1}))
    until("the evidence", lambda: hub.refused() == [one.batch(record(99), 1)])
    hub.says("another batch")
    equal(one.send(one.batch(record(99), 1, epoch=2))[0], 200)
    # Gone for good: exactly these, and nothing of them later.
    drop = {"v": 1, "sensor": one.me["sensor"], "epoch": 1, "first": 3, "last": 5, "records": 7, "from": None,
            "to": None, "time": None, "reason": "spool-full"}
    say = lambda **k: one.ask("POST", "/sensor/v1/drops", json.dumps({**drop, **k}).encode())
    equal(say(first=4)[1]["code"], "gap")
    equal(say(first=5, last=4)[1]["code"], "bad-request")
    equal(say(sensor="other")[1]["code"], "other-sensor")
    equal((say()[1]["next"], say()[1]["status"]), (6, "already"))
    equal(one.send(one.batch(record(4), 4))[1]["code"], "passed")
    equal(one.send(one.batch(record(6), 6))[0], 200)
    equal(one.heartbeat(6, 6)[1]["next"], 7)
    # All of it is there after a restart, and nothing twice.
    kept = hub.kept()
    hub.stop(signal.SIGKILL)
    hub.start()
    equal(hub.kept(), kept)
    equal(one.send(first)[1]["status"], "already")
    equal(one.send(one.batch(record(7), 7))[1]["next"], 8)
    equal([r["position"] for r in hub.records()], [1, 2, 3, 99, 6, 7])
    hub.stop()


def newest(hub):
    return sorted((hub.data / "journal").glob("*.seg"))[-1]


@case
def torn_end():
    hub = Hub()
    hub.org()
    one = hub.stranger()
    for number in range(1, 4):
        equal(one.send(one.batch(record(number), number))[0], 200)
    hub.kill()
    # As a power cut leaves it: a part of a record that was never acknowledged.
    path = newest(hub)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[128:300])
    hub.start()
    hub.says("%s: 172 bytes behind byte %d were never acknowledged" % (path, len(whole)))
    equal(one.heartbeat(3, 3)[1]["next"], 4)
    equal(one.send(one.batch(record(4), 4))[1]["status"], "kept")
    until("the archive", lambda: [r["position"] for r in hub.archived()] == [1, 2, 3, 4])
    hub.stop()
    # Of the journal alone an older copy: what the archive is done with lies ahead of it.
    for segment in (hub.data / "journal").glob("*.seg"):
        segment.unlink()
    (hub.data / "journal/state").unlink(missing_ok=True)
    done = yagura("hub", "--data", hub.data, "--http", "127.0.0.1:0", "--sensors", "127.0.0.1:0")
    equal((done.code, done.out), (2, ""))
    contains(done.err, "whole data folder")


@case
def damaged_journal():
    """Damage in the middle is no torn end: nothing is thrown away, a person is asked."""
    hub = Hub()
    hub.org()
    one = hub.stranger()
    for number in range(1, 4):
        equal(one.send(one.batch(record(number), number))[0], 200)
    hub.kill()
    path = newest(hub)
    whole = path.read_bytes()
    path.write_bytes(whole[:300] + b"?" + whole[301:])
    done = yagura("hub", "--data", hub.data, "--http", "127.0.0.1:0", "--sensors", "127.0.0.1:0")
    equal((done.code, done.out), (2, ""))
    contains(done.err, "%s, byte 128:" % path)
    contains(done.err, "backup")
    equal(len(path.read_bytes()), len(whole))
    path.write_bytes(whole)
    hub.start()
    equal(one.heartbeat(3, 3)[1]["next"], 4)
    hub.stop()


@case
def archive():
    """What was acknowledged comes to the archive of its organisation, whatever happens to the process."""
    hub = Hub()
    hub.org("acme")
    hub.org("rival")
    equal(hub.verify(), (0, [{"files": 0, "damaged": 0, "open": 0, "records": 0}]))
    one, other = hub.stranger("acme"), hub.stranger("rival")
    for number in range(1, 20):
        equal(one.send(one.batch(record(2 * number - 1) + record(2 * number), number))[0], 200)
        if number % 4 == 0:
            equal(other.send(other.batch(record(number), number // 4))[0], 200)
        if number % 6 == 0:
            hub.stop(signal.SIGKILL)
            hub.start()
    wanted = {"acme": list(range(1, 39)), "rival": [4, 8, 12, 16]}
    for org, numbers in wanted.items():
        until("all of " + org, lambda o=org, n=numbers: [r["position"] for r in hub.archived(o)] == n)
    equal(hub.archived("acme")[0], json.loads(record(1)), "the line as it was sent")
    code, said = hub.verify()
    equal((code, said[-1]["damaged"], said[-1]["records"]), (0, 0, 42), said)
    equal({s["org"] for s in said[:-1]} <= {"", "acme", "rival"}, True)
    equal(hub.stop(), 0)
    equal(hub.verify()[0], 0, "without the hub too")
    # The open file, or the first of two where an hour ended meanwhile.
    path = min(p for p in (hub.data / "archive/rival").glob("**/*") if p.name.endswith((".open", ".ndjson.zst")))
    whole = bytearray(path.read_bytes())
    whole[200] ^= 1
    path.write_bytes(whole)
    code, said = hub.verify()
    equal((code, said[-1]["damaged"]), (1, 1), said)


def beside(pid, data, args):
    """`yagura admin` where the process @pid sees its files."""
    done = subprocess.run(["nsenter", "-t", str(pid), "-U", "-m", "--preserve-credentials", YAGURA, "admin", "--data",
                           data, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    return types.SimpleNamespace(code=done.returncode, out=done.stdout, err=done.stderr)


@case
def disk_full():
    """What cannot be kept is refused and said once; the hub stays, and takes it when there is room."""
    small = folder() / "small"
    small.mkdir()
    inside = ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=96m none "$0" && exec "$@"', str(small)]
    if subprocess.run([*inside, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        print("not tried: no file system of one's own may be mounted here")
        return
    hub = Hub(data=small / "hub", inside=inside)
    said = hub.data.with_name("hub.err")
    seen = pathlib.Path("/proc/%d/root" % hub.process.pid)
    where, hub.data, hub.ca = hub.data, seen / hub.data.relative_to("/"), str(seen) + hub.ca
    hub.admin = lambda *args: beside(hub.process.pid, where, args)
    hub.org()
    one = hub.stranger()
    equal(one.send(one.batch(record(1), 1))[0], 200)
    ballast = seen / small.relative_to("/") / "ballast"
    ballast.write_bytes(b"\1" * (48 << 20))
    for _ in range(3):
        status, problem = one.send(one.batch(record(2), 2))
        equal((status, problem["code"]), (503, "full"))
    equal(one.heartbeat(1, 1)[1]["next"], 2, "it goes on, and has nothing of it")
    words = "journal: cannot be written"  # what the archive and the findings may say besides is their own
    until("it is said", lambda: words in said.read_text())
    equal(said.read_text().count(words), 1)
    ballast.unlink()
    equal(one.send(one.batch(record(2), 2))[1]["status"], "kept")
    until("that it is written again", lambda: "journal: is being written again" in said.read_text())
    until("the archive", lambda: len(hub.archived()) == 2)
    equal(hub.process.poll(), None)
    equal(hub.verify()[0], 0)
    hub.stop()


@case
def downlink():
    hub = Hub()
    hub.org()
    one, other = hub.stranger(), hub.stranger()
    equal(one.ask("GET", "/sensor/v1/downlink?after=0&wait=0"), (200, {"v": 1, "messages": []}))
    for query, said in (("after=x", "`after` must be an integer"), ("after=0&wait=soon", "`wait` must be a number"),
                        ("after=99999999999999999999", "`after` must be"), ("x=" + "y" * 9000, "too long")):
        status, answer = one.ask("GET", "/sensor/v1/downlink?" + query)
        equal((status, answer["code"]), (400, "bad-request"))
        contains(answer["detail"], said)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(one.ask("GET", "/sensor/v1/downlink?after=0&wait=55")))
    waiting.start()
    equal(hub.admin("sensor", "send", one.me["sensor"], "ping", '{"a":1}').out, "1\n")
    waiting.join(60)
    messages = answers[0][1]["messages"]
    payload = base64.b64decode(messages[0]["payload"])
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(one.me["downlink_key"]))
    key.verify(base64.b64decode(messages[0]["signature"]), b"yagura-downlink-1:" + payload)
    payload = json.loads(payload)
    equal((payload["sensor"], payload["number"], payload["kind"], payload["body"]),
          (one.me["sensor"], 1, "ping", {"a": 1}))
    ack = {"v": 1, "sensor": one.me["sensor"], "number": 1, "status": "applied", "detail": ""}
    say = lambda who, **k: who.ask("POST", "/sensor/v1/downlink/acks", json.dumps({**ack, **k}).encode())
    equal(say(other)[1]["code"], "other-sensor")
    equal(say(other, sensor=other.me["sensor"])[1]["code"], "not-found")
    equal(say(one), (204, None))
    equal(one.ask("GET", "/sensor/v1/downlink?after=0&wait=0")[1]["messages"], [])
    equal(other.ask("GET", "/sensor/v1/downlink?after=0&wait=0")[1]["messages"], [])
    equal(hub.admin("sensor", "send", one.me["sensor"], "ping", "[]").code, 1)
    hub.stop()


if __name__ == "__main__":
    main()
