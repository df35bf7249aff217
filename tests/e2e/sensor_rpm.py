#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Databases of packages that the real rpm made, in each of its forms, read as rpm reads them."""
import json
import os
import pathlib
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile

from harness import TIMEOUT_S, case, contains, equal, folder, main
from hub_kit import SENSOR

SEED = int(os.environ.get("YAGURA_SEED") or random.SystemRandom().randrange(1 << 32))
RPM = shutil.which("rpmbuild") and shutil.which("rpm")
LOAD = shutil.which("db5.3_load")
# Name, epoch, version, release, architecture; of one two are installed, as of a kernel.
PACKAGES = [("sample", None, "1.2~rc1", "3.el9", "noarch"), ("sample-core", 2, "5.14.0", "1.el9", "x86_64"),
            ("sample-core", 2, "5.14.0", "2.el9", "x86_64"), ("large", None, "1", "1", "noarch")]
FORMAT = "%{NAME}:%{ARCH}\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\n"


def run(*args, **more):
    done = subprocess.run([*map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT_S, **more)
    if done.returncode != 0:
        raise AssertionError("%s: %s" % (args[0], done.stderr.decode()))
    return done.stdout.decode()


def build(place, name, epoch, version, release, arch):
    # A long description: its header does not fit a page.
    words = "".join("line %d of a long description\n" % n for n in range(2000 if name == "large" else 1))
    spec = place / "x.spec"
    spec.write_text("Name: %s\n%sVersion: %s\nRelease: %s\nSummary: s\nLicense: CC0-1.0\n%%description\n%s%%files\n"
                    % (name, "" if epoch is None else "Epoch: %d\n" % epoch, version, release, words))
    run("rpmbuild", "-bb", "--quiet", "--target", arch, "--define", "_topdir %s" % place, spec)


MADE = None


def made():
    """A folder with rpmdb.sqlite, made once; what rpm itself says of it."""
    global MADE
    if MADE is None:
        place = pathlib.Path(folder())
        for package in PACKAGES:
            build(place, *package)
        base = place / "db"
        run("rpm", "--dbpath", base, "--initdb")
        run("rpm", "--dbpath", base, "--justdb", "--nodeps", "--force", "--ignorearch", "-i", *sorted(place.glob("RPMS/*/*.rpm")))
        MADE = base, sorted(run("rpm", "--dbpath", base, "-qa", "--qf", FORMAT).splitlines())
        equal(len(MADE[1]), len(PACKAGES))
    return MADE


def machine(*files, where="var/lib/rpm"):
    root = pathlib.Path(folder()) / "root"
    (root / where).mkdir(parents=True)
    for source, name in files:
        shutil.copy2(source, root / where / name)
    return root


def seen(root, user=None):
    done = subprocess.run([SENSOR, "inventory", "--root", str(root), "--json"], stdout=subprocess.PIPE, user=user,
                          stderr=subprocess.PIPE, env=dict(os.environ, LANGUAGE="en"), timeout=TIMEOUT_S)
    equal(done.returncode in (0, 1), True, done.stderr.decode())
    said = json.loads(done.stdout)
    return sorted("%s\t%s" % (i["name"], i["value"]) for i in said["package"]), json.dumps(said["problem"])


def blobs(base):
    db = sqlite3.connect("file:%s?mode=ro" % (base / "rpmdb.sqlite"), uri=True)
    return [bytes(b) for b, in db.execute("SELECT blob FROM Packages ORDER BY hnum")]


def write_bdb(base, path):
    """The same headers, as Berkeley DB itself puts them into a hash."""
    rows = [(0, struct.pack("<I", len(PACKAGES)))] + list(enumerate(blobs(base), 1))
    dump = "VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=4096\nHEADER=END\n"
    dump += "".join(" %s\n %s\n" % (struct.pack("<I", key).hex(), value.hex()) for key, value in rows) + "DATA=END\n"
    run(LOAD, "-t", "hash", path, input=dump.encode())


def write_ndb(base, path):
    """The same headers as blocks behind a page of slots (rpm of Debian cannot write this form)."""
    slots, data = b"", b""
    for index, blob in enumerate(blobs(base), 1):
        blocks = (16 + len(blob) + 12 + 15) // 16
        slots += b"Slot" + struct.pack("<III", index, 256 + len(data) // 16, blocks)
        body = b"BlbS" + struct.pack("<III", index, 7, len(blob)) + blob
        data += body.ljust(blocks * 16 - 12, b"\0") + struct.pack("<II", 0, len(blob)) + b"BlbE"
    head = b"RpmP" + struct.pack("<IIII", 0, 1, 1, len(blobs(base)) + 1)
    page = head.ljust(32, b"\0") + slots
    page += (b"Slot" + b"\0" * 12) * ((4096 - len(page)) // 16)
    path.write_bytes(page + data)


@case
def as_rpm_left_it():
    base, wanted = made()
    for where in ("var/lib/rpm", "usr/lib/sysimage/rpm"):
        root = machine((base / "rpmdb.sqlite", "rpmdb.sqlite"), where=where)
        found, said = seen(root)
        equal(found, wanted)
        contains(said, "dnf check-update")
        # Nothing was put beside it.
        equal(os.listdir(root / where), ["rpmdb.sqlite"])


@case
def by_an_account_without_rights():
    if os.getuid() != 0:
        print("only root can become another")
        return
    base, wanted = made()
    root = machine((base / "rpmdb.sqlite", "rpmdb.sqlite"))
    inside = [part for part in root.parents if pathlib.Path(tempfile.gettempdir()) in part.parents]
    for part in (pathlib.Path(tempfile.gettempdir()), *inside):
        if not part.stat().st_mode & 0o005:
            part.chmod(part.stat().st_mode | 0o055)
    equal(seen(root, user=65534)[0], wanted)


@case
def while_rpm_writes():
    """What waits in the write-ahead log counts."""
    base, wanted = made()
    root = machine((base / "rpmdb.sqlite", "rpmdb.sqlite"))
    path = root / "var/lib/rpm/rpmdb.sqlite"
    db = sqlite3.connect(path)
    db.execute("PRAGMA wal_autocheckpoint=0")
    db.execute("DELETE FROM Packages WHERE hnum=1")
    db.commit()
    gone = [line for line in wanted if line not in seen(root)[0]]
    equal(len(gone), 1)
    equal(path.with_name("rpmdb.sqlite-wal").stat().st_size > 0, True)
    db.close()


@case
def berkeley_db():
    if not LOAD:
        print("skipped: no db5.3_load (db5.3-util)")
        return
    base, wanted = made()
    path = pathlib.Path(folder()) / "Packages"
    write_bdb(base, path)
    # rpm reads the same from it.
    said = run("rpm", "--define", "_db_backend bdb_ro", "--dbpath", path.parent, "-qa", "--qf", FORMAT)
    equal(sorted(said.splitlines()), wanted)
    equal(seen(machine((path, "Packages")))[0], wanted)


@case
def ndb():
    base, wanted = made()
    path = pathlib.Path(folder()) / "Packages.db"
    write_ndb(base, path)
    equal(seen(machine((path, "Packages.db")))[0], wanted)


@case
def damaged():
    """Whatever is in the files: it ends, and says that something could not be read."""
    base, wanted = made()
    rng = random.Random(SEED)
    place = pathlib.Path(folder())
    forms = {"rpmdb.sqlite": base / "rpmdb.sqlite", "Packages.db": place / "Packages.db"}
    write_ndb(base, forms["Packages.db"])
    if LOAD:
        forms["Packages"] = place / "Packages"
        write_bdb(base, forms["Packages"])
    for name, source in forms.items():
        whole = source.read_bytes()
        for turn in range(20):
            data = bytearray(whole)
            if turn % 2:
                del data[rng.randrange(len(data)):]
            for _ in range(1 + rng.randrange(200)):
                if data:
                    data[rng.randrange(len(data))] = rng.randrange(256)
            source_new = place / "damaged"
            source_new.write_bytes(data)
            found, said = seen(machine((source_new, name)))
            if not set(wanted) <= set(found) and "could not be read" not in said and len(found) < len(wanted):
                raise AssertionError("%s, turn %d: %s, nothing said" % (name, turn, found))
    root = machine((base / "rpmdb.sqlite", "rpmdb.sqlite"))
    (root / "var/lib/rpm/rpmdb.sqlite").write_bytes(b"no database")
    contains(seen(root)[1], "the package database could not be read")


@case
def a_hostile_one():
    """A view in the place of the table, and a table that is not one of rows."""
    for sql in ("CREATE VIEW Packages AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i AS hnum, 'x' AS blob FROM n",
                "CREATE TABLE Packages (hnum TEXT PRIMARY KEY, blob) WITHOUT ROWID; INSERT INTO Packages VALUES (1, 'x')",
                "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob); INSERT INTO Packages VALUES (1, zeroblob(50000000))"):
        path = pathlib.Path(folder()) / "x.sqlite"
        db = sqlite3.connect(path)
        db.executescript(sql)
        db.close()
        found, said = seen(machine((path, "rpmdb.sqlite")))
        equal(found, [])
        contains(said, "could not be read")


if not RPM:
    print("no rpm and rpmbuild (Debian package rpm): databases of the real rpm cannot be made")
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(77)
print("seed %d" % SEED)
main()
