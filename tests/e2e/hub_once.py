# SPDX-License-Identifier: Apache-2.0
"""What sensors are sent is in hub.db once, for as long as one of them waits for it: by the wire nothing is another than before,
and a register in which an earlier version wrote it for each sensor is brought into that form beside the work."""
import base64
import contextlib
import json
import os
import random
import signal
import sqlite3
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from harness import case, equal, folder, main, yagura
from hub_kit import Hub, until

SEED = int(os.environ.get("YAGURA_SEED", random.SystemRandom().randrange(1 << 32)))
print("seed %d" % SEED, file=sys.stderr)
DONE = "are in their new form"
OLD_FORM = """
PRAGMA foreign_keys=OFF;
DELETE FROM heads WHERE org='hub.clues'; DELETE FROM docs WHERE org='hub.clues';
UPDATE docs SET body=CAST(json_set(json_remove(CAST(body AS TEXT), '$.sha256', '$.size'), '$.body',
 json((SELECT CAST(bytes AS TEXT) FROM heads JOIN shared ON n=shared WHERE heads.change=docs.change))) AS BLOB)
 WHERE change IN (SELECT change FROM heads WHERE shared IS NOT NULL AND kind='down');
CREATE TABLE older(org TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, change INTEGER NOT NULL REFERENCES docs(change),
 revision INTEGER NOT NULL, removed INTEGER NOT NULL, PRIMARY KEY(org, kind, key)) STRICT, WITHOUT ROWID;
INSERT INTO older SELECT org, kind, key, change, revision, removed FROM heads;
DROP TABLE heads; ALTER TABLE older RENAME TO heads; DROP TABLE shared; DROP TABLE left_over;
PRAGMA user_version=2;
"""


def body_of(name, lines=4000):
    """A list as large as they are, "NAME-N.example" in each line."""
    return {"name": name + ".csv", "text": "value\n" + "".join("%s-%d.example\n" % (name, n) for n in range(lines)),
            "what": "indicators"}


def send(hub, sensor, body, kind="detect"):
    done = hub.admin("sensor", "send", sensor.me["sensor"], kind, json.dumps(body))
    equal(done.code, 0, done.err)
    return int(done.out)


def payloads(sensor, after=0):
    """What waits for it, as signed bytes: each is its own, by its number, and one after the other."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(sensor.me["downlink_key"]))
    found = []
    while True:
        status, answer = sensor.ask("GET", "/sensor/v1/downlink?after=%d&wait=0" % after)
        equal(status, 200, answer)
        if not answer["messages"]:
            return found
        for message in answer["messages"]:
            payload = base64.b64decode(message["payload"])
            key.verify(base64.b64decode(message["signature"]), b"yagura-downlink-1:" + payload)
            head = json.loads(payload)
            equal(head["sensor"], sensor.me["sensor"])
            assert head["number"] > after, (head["number"], after)
            after = head["number"]
            found.append(payload)


def answer(sensor, number):
    equal(sensor.ask("POST", "/sensor/v1/downlink/acks", json.dumps(
        {"v": 1, "sensor": sensor.me["sensor"], "number": number, "status": "applied", "detail": ""}).encode())[0], 204)


def ask(hub, sql, *args):
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % (hub.data / "hub.db"), uri=True, timeout=60)) as db:
        return db.execute(sql, args).fetchone()[0]


def kept(hub):
    """(messages that hold their body, bodies that they hold, bodies that nothing holds)"""
    return (ask(hub, "SELECT count(*) FROM heads WHERE kind='down' AND shared IS NOT NULL"),
            ask(hub, "SELECT count(DISTINCT shared) FROM heads WHERE kind='down'"),
            ask(hub, "SELECT count(*) FROM shared WHERE n NOT IN (SELECT shared FROM heads WHERE shared IS NOT NULL)"))


def make_old(hub):
    """The register as an earlier version left it."""
    with contextlib.closing(sqlite3.connect(hub.data / "hub.db")) as db:
        db.executescript(OLD_FORM)


@case
def once_for_all_and_for_as_long_as_one_waits():
    hub = Hub()
    hub.org(), hub.org("rival")
    one, two, third = hub.stranger(), hub.stranger(), hub.stranger("rival")
    body, theirs, small = body_of("a"), body_of("b"), {"name": "c.csv", "remove": True, "what": "indicators"}
    equal([send(hub, s, body) for s in (one, two, third)], [1, 1, 1])
    equal(send(hub, third, theirs), 2)
    equal(send(hub, one, small), 2)
    equal(kept(hub), (4, 2, 0))
    for sensor, wanted in ((one, [body, small]), (two, [body]), (third, [body, theirs])):
        got = payloads(sensor)
        equal([json.loads(p)["body"] for p in got], wanted)
        # Form and order of what is signed: as docs/protocol.md shows it.
        assert got[0].startswith(b'{"v":1,"sensor":"%s","number":1,"kind":"detect","time":"' % sensor.me["sensor"].encode()), got[0][:120]
        equal(payloads(sensor), got)  # until it is answered
    answer(one, 1)
    equal([json.loads(p)["number"] for p in payloads(one)], [2])
    equal(kept(hub), (3, 2, 0))
    # What one organisation alone was sent, nobody else gets; and it goes with the organisation.
    assert not any(b"b-7.example" in p for s in (one, two) for p in payloads(s))
    equal(hub.admin("org", "close", "rival").code, 0)
    equal(kept(hub), (3, 2, 0))
    done = hub.admin("org", "erase", "rival", "--yes")
    equal(done.code, 0, done.err)
    equal(kept(hub), (1, 1, 0))
    equal([p.name for p in hub.data.glob("hub.db*") if b"b-7.example" in p.read_bytes()], [])
    # Nor does one that is revoked hold what it never fetched.
    equal(hub.admin("sensor", "revoke", two.me["sensor"]).code, 0)
    equal(kept(hub), (0, 0, 0))
    equal(hub.admin("sensor", "send", two.me["sensor"], "ping").code, 1)
    equal(hub.stop(), 0, hub.messages())


@case
def put_back_it_is_sent_again():
    hub = Hub()
    hub.org()
    one = hub.stranger()
    for name in "abc":
        send(hub, one, body_of(name))
    answer(one, 1)
    wanted = payloads(one)
    to = folder() / "backup"
    equal(hub.admin("backup", "--to", to).code, 0)
    answer(one, 2), answer(one, 3)
    equal((payloads(one), kept(hub)), ([], (0, 0, 0)))
    hub.stop()
    hub.data = folder() / "again"
    done = yagura("admin", "restore", "--from", to, "--data", hub.data)
    equal(done.code, 0, done.err)
    hub.start()
    equal(payloads(one), wanted)
    equal(payloads(one, after=3), [])
    equal(send(hub, one, body_of("a")), 4)
    equal(hub.stop(), 0, hub.messages())


@case
def what_an_earlier_version_kept_for_each_comes_into_the_new_form_beside_the_work():
    chance = random.Random(SEED)
    hub = Hub()
    hub.org()
    sensors = [hub.stranger() for _ in range(4)]
    bodies = [body_of("m%d" % n) for n in range(6)]
    for sensor in sensors:
        for body in bodies:
            send(hub, sensor, body)
    answer(sensors[0], 1)
    equal(hub.admin("sensor", "revoke", sensors.pop().me["sensor"]).code, 0)
    wanted = [payloads(s) for s in sensors]
    equal([len(p) for p in wanted], [5, 6, 6])
    equal(hub.stop(), 0)
    make_old(hub)
    # Many more of the same, so that it takes a while: the queues of sensors that were switched off.
    with contextlib.closing(sqlite3.connect(hub.data / "hub.db")) as db, db:
        body, = db.execute("SELECT body FROM docs WHERE kind='down' AND key LIKE ? ORDER BY key DESC",
                           (sensors[1].me["sensor"] + "/%",)).fetchone()
        for n in range(1000):
            key = "sleeper-%03d/%016d" % (n // 10, n % 10 + 1)
            db.execute("INSERT INTO docs(org, kind, key, revision, time_ns, actor, removed, body) VALUES('hub', 'down', ?, 1, 1, 'hub', 0, ?)",
                       (key, body))
            db.execute("INSERT INTO heads VALUES('hub', 'down', ?, last_insert_rowid(), 1, 0)", (key,))
    before = (hub.data / "hub.db").stat().st_size
    hub.start()
    for _ in range(3):  # killed in between, whatever it is at
        equal([payloads(s) for s in sensors], wanted)
        until("it has done something", lambda: DONE in hub.messages() or kept(hub)[0], every=0.01)
        if chance.randrange(3):
            equal(sensors[0].heartbeat(0, 0)[0], 200)
        hub.kill()
        hub.start()
    hub.says(DONE)
    equal([payloads(s) for s in sensors], wanted)
    equal((ask(hub, "SELECT count(*) FROM left_over"), ask(hub, "SELECT max(length(body)) FROM docs WHERE kind='down'") < 1024), (0, True))
    equal(kept(hub), (1017, 6, 0))
    # Their room is there for what comes: the file does not grow by it.
    for sensor in sensors:
        for p in payloads(sensor):
            answer(sensor, json.loads(p)["number"])
    equal(kept(hub), (1000, 1, 0))
    hub.process.send_signal(signal.SIGTERM)
    equal(hub.process.wait(60), 0, hub.messages())
    assert (hub.data / "hub.db").stat().st_size < before * 1.1
    hub.process.stdout.close()
    # Nothing is left, and nothing is said of it, the next time.
    said = hub.messages().count(DONE)
    hub.start()
    equal(hub.stop(), 0)
    equal(hub.messages().count(DONE), said)
    with contextlib.closing(sqlite3.connect(hub.data / "hub.db")) as db:
        equal(db.execute("PRAGMA integrity_check").fetchall() + db.execute("PRAGMA foreign_key_check").fetchall(), [("ok",)])


if __name__ == "__main__":
    main()
