# SPDX-License-Identifier: Apache-2.0
"""The audit log as a stranger reads it: docs/audit.md alone, no code of the program. Then the
database is changed by hand, and both the stranger and `audit verify` must name the place."""
import base64
import hashlib
import json
import shutil
import sqlite3

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from harness import case, contains, equal, folder, main, yagura

ZERO = "0" * 64


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def is_signed(checkpoint, key):
    message = b"yagura-audit-1:" + canonical({k: v for k, v in checkpoint.items() if k != "signature"})
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(key)).verify(
            base64.b64decode(checkpoint["signature"]), message)
    except InvalidSignature:
        return False
    return checkpoint["key"] == key


def first_fault(lines, checkpoints, key):
    """The number of the first entry that is not what it was, or None."""
    digests = [hashlib.sha256(line).hexdigest() for line in lines]
    for checkpoint in checkpoints:
        assert is_signed(checkpoint, key), checkpoint
        for number, digest in enumerate(checkpoint["digests"], checkpoint["first"]):
            if number > len(digests) or digests[number - 1] != digest:
                return number
    previous = ZERO
    for number, line in enumerate(lines, 1):
        entry = json.loads(line)
        if canonical(entry) != line or entry["number"] != number or entry["previous"] != previous:
            return number
        previous = digests[number - 1]
    return None


def admin(data, *args):
    return yagura("admin", "--data", data, *args)


def make():
    data = folder() / "hub"
    data.mkdir()
    for name in ("acme", "msp", "other"):
        equal(admin(data, "org", "add", name).code, 0)
    for n in range(20):
        equal(admin(data, "person", "add", "user%d" % n, "--name", "田中 %d" % n, "--grant", "member:acme").code, 0)
    equal(admin(data, "person", "lock", "user3").code, 0)
    equal(admin(data, "enrol-token", "--org", "acme").code, 0)
    equal(admin(data, "org", "add", "acme").code, 1)  # refused: no entry
    return data


def read(data):
    lines = [line.encode() for line in admin(data, "audit", "list", "--json").out.splitlines()]
    with sqlite3.connect(data / "hub.db") as db:
        points = [json.loads(row[0]) for row in db.execute(
            "SELECT body FROM docs WHERE org = 'hub.audit' AND kind = 'checkpoint' ORDER BY change")]
    points.append(json.loads((data / "audit" / "checkpoint").read_text()))
    return lines, points, (data / "ca" / "audit.pub").read_text().strip()


def verify(data, *args):
    done = admin(data, "audit", "verify", "--json", *args)
    report = json.loads(done.out)
    equal(done.code, 0 if report["whole"] else 1)
    return report


def copy_of(whole):
    data = folder() / "hub"
    shutil.copytree(whole, data)
    return data


def change(whole, *statements):
    data = copy_of(whole)
    with sqlite3.connect(data / "hub.db") as db:
        for sql, value in statements:
            if db.execute(sql, (value,)).rowcount < 1:
                raise AssertionError("nothing was changed: " + sql)
    db.close()
    return data


WHOLE = make()
IS_ENTRY = " WHERE org = 'hub.audit' AND kind = 'entry' AND key = ?"


@case
def a_stranger_checks_it():
    lines, points, key = read(WHOLE)
    equal((len(lines), first_fault(lines, points, key)), (25, None))
    actions = [json.loads(line)["action"] for line in lines]
    equal(actions[3:], ["person.add"] * 20 + ["person.lock", "sensor.token"])
    report = verify(WHOLE)
    equal((report["entries"], report["covered"]), (25, 25))
    equal(report["last"], hashlib.sha256(lines[-1]).hexdigest())
    # He notices what he must, too.
    equal(first_fault(lines[:6] + [lines[6].replace(b"person.add", b"person.bad")] + lines[7:], points, key), 7)
    equal(first_fault(lines[:-1], points, key), 25)


@case
def changes_are_named():
    for number in (1, 2, 12, 24, 25):
        report = verify(change(WHOLE, (
            "UPDATE docs SET body = CAST(replace(CAST(body AS TEXT), '\"action\"', '\"aktion\"') AS BLOB)" + IS_ENTRY,
            "%020d" % number)))
        equal((report["fault"], report["entry"]), ("changed", number))


@case
def removals_are_named():
    for number in (1, 2, 12, 24, 25):
        key = "%020d" % number
        report = verify(change(WHOLE, ("DELETE FROM heads" + IS_ENTRY, key), ("DELETE FROM docs" + IS_ENTRY, key)))
        equal((report["fault"], report["entry"]), ("removed", number))


@case
def what_was_cut_off():
    later = " WHERE org = 'hub.audit' AND key > ?"
    data = change(WHOLE, ("DELETE FROM heads" + later, "%020d" % 9), ("DELETE FROM docs" + later, "%020d" % 9))
    report = verify(data)
    equal((report["fault"], report["entry"]), ("cut off", 10))
    # The file taken away with it: only a copy kept elsewhere knows.
    kept = folder() / "kept"
    kept.write_text(admin(WHOLE, "audit", "checkpoint").out)
    (data / "audit" / "checkpoint").unlink()
    equal(verify(data)["whole"], True)
    report = verify(data, "--checkpoint", kept)
    equal((report["fault"], report["entry"]), ("cut off", 10))
    equal(verify(WHOLE, "--checkpoint", kept)["whole"], True)
    kept.write_text("nothing of ours\n")
    equal(verify(WHOLE, "--checkpoint", kept)["fault"], "malformed")
    equal(admin(WHOLE, "audit", "verify", "--checkpoint", kept.parent / "none").code, 2)


@case
def another_key():
    data = copy_of(WHOLE)
    (data / "ca" / "audit.key").write_text("00" * 32 + "\n")
    equal(verify(data)["fault"], "other key")
    said = yagura("admin", "--data", data, "audit", "verify", lang="ja")
    equal(said.code, 1)
    contains(said.err, "鍵")


if __name__ == "__main__":
    main()
