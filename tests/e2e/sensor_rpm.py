#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Databases of packages that the real rpm made, in each of its forms, read as rpm reads them."""
import gzip
import json
import lzma
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


def inventory(root, *options, user=None):
    done = subprocess.run([SENSOR, "inventory", "--root", str(root), *options], stdout=subprocess.PIPE, user=user,
                          stderr=subprocess.PIPE, env=dict(os.environ, LANGUAGE="en"), timeout=TIMEOUT_S)
    equal(done.returncode in (0, 1), True, done.stderr.decode())
    return done.stdout.decode()


def seen(root, user=None):
    said = json.loads(inventory(root, "--json", user=user))
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
        contains(said, "which updates wait is not known")
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


# ---- what waits ----

CACHE = "var/cache/dnf/base-0123456789abcdef"


def split(version):
    epoch, _, rest = version.rpartition(":")
    return (epoch or "0", *rest.rsplit("-", 1))


def primary(offered):
    """As createrepo_c writes it: what matters of each package, and some of what does not."""
    text = '<?xml version="1.0" encoding="UTF-8"?>\n<metadata xmlns="http://linux.duke.edu/metadata/common" packages="%d">\n' % len(offered)
    for name, arch, version in offered:
        epoch, ver, rel = split(version)
        text += ('<package type="rpm">\n  <name>%s</name>\n  <arch>%s</arch>\n  <version epoch="%s" ver="%s" rel="%s"/>\n'
                 '  <summary>a &amp; b</summary>\n  <format><rpm:provides><rpm:entry name="%s" flags="EQ" epoch="0" ver="99" rel="1"/>'
                 '</rpm:provides></format>\n</package>\n' % (name, arch, epoch, ver, rel, name))
    return (text + "</metadata>\n").replace("<metadata ", '<metadata xmlns:rpm="http://linux.duke.edu/metadata/rpm" ').encode()


def updateinfo(advised):
    text = "<updates>"
    for name, arch, version in advised:
        epoch, ver, rel = split(version)
        text += ('<update type="security"><id>A-1</id><pkglist><collection><package name="%s" arch="%s" epoch="%s" version="%s" '
                 'release="%s"/></collection></pkglist></update>' % (name, arch, epoch, ver, rel))
    return (text + "</updates>").encode()


def zck(data):
    place = pathlib.Path(folder())
    (place / "x").write_bytes(data)
    run("zck", "-o", place / "x.zck", place / "x")
    return (place / "x.zck").read_bytes()


PACKINGS = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress}
if shutil.which("zstd"):
    PACKINGS[".zst"] = lambda data: subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout
if shutil.which("zck"):
    PACKINGS[".zck"] = zck


def keep(root, offered, advised=None, packing=".gz", where=CACHE):
    """A repository as dnf keeps it."""
    place = root / where / "repodata"
    place.mkdir(parents=True, exist_ok=True)
    kind = "_zck" if packing == ".zck" else ""
    index = "<repomd>"
    for name, body in (("primary", primary(offered)), ("updateinfo", updateinfo(advised) if advised is not None else None)):
        if body is not None:
            (place / ("0f-%s.xml%s" % (name, packing))).write_bytes(PACKINGS[packing](body))
            index += '<data type="%s%s"><location href="repodata/0f-%s.xml%s"/></data>' % (name, kind, name, packing)
    (place / "repomd.xml").write_text(index + "</repomd>")


def configured(root, text="[base]\nname=Base\nenabled=1\n", name="etc/yum.repos.d/base.repo"):
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def whole(root):
    return json.loads(inventory(root, "--json"))


def updates(said):
    return [(u["name"], u["value"], u.get("note")) for u in said["update"]]


@case
def what_waits():
    """In each packing, of dnf and of zypper; of two kernels the newer one counts."""
    base, _ = made()
    offered = [("sample", "noarch", "1.2-1.el9"), ("sample-core", "x86_64", "2:5.14.0-2.el9"), ("large", "noarch", "1-1"),
               ("other", "noarch", "9-9"), ("sample-core", "src", "2:6-1.el9")]
    for packing in PACKINGS:
        root = machine((base / "rpmdb.sqlite", "rpmdb.sqlite"))
        configured(root)
        keep(root, offered, [("sample", "noarch", "1.2-1.el9")], packing)
        said = whole(root)
        equal(updates(said), [("sample:noarch", "1.2-1.el9", "security")], packing)
        equal([p for p in said["problem"] if p["name"].startswith("updates")], [], packing)
        equal(len(said["lists_time"]), len("2026-11-26T12:00:00Z"))
    root = machine((base / "rpmdb.sqlite", "rpmdb.sqlite"), where="usr/lib/sysimage/rpm")
    configured(root, name="etc/zypp/repos.d/oss.repo")
    keep(root, [("sample-core", "x86_64", "2:5.14.0-10.el9")], where="var/cache/zypp/raw/base")
    said = whole(root)
    equal(updates(said), [("sample-core:x86_64", "2:5.14.0-10.el9", None)])
    contains([p["value"] for p in said["problem"] if p["name"] == "updates_security"][0], "not known")


@case
def what_is_not_known_is_not_none():
    base, _ = made()
    root = machine((base / "rpmdb.sqlite", "rpmdb.sqlite"))

    def said_of():
        said = whole(root)
        return said["lists_time"], [p["value"] for p in said["problem"] if p["name"] == "updates"]

    equal(said_of(), (None, ["which updates wait is not known: no repository is switched on"]))
    configured(root)
    time, problems = said_of()
    equal(time, None)
    contains(problems[0], "run `dnf makecache`")
    contains(inventory(root), "Updates waiting: not known")
    keep(root, [("sample", "noarch", "1.2-1.el9")])
    (root / CACHE / "repodata/0f-primary.xml.gz").write_bytes(b"\x1f\x8bno")
    equal(said_of(), (None, ["a list of available packages could not be read"]))
    # A second repository of which nothing is kept: what is known is told, and that it is not all.
    keep(root, [("sample", "noarch", "1.2-1.el9")])
    configured(root, "[base]\n[more]\n")
    time, problems = said_of()
    equal(time is not None, True)
    contains(problems[0], "of a repository no list")
    equal(len(whole(root)["update"]), 1)
    configured(root)
    for path in (root / CACHE / "repodata").iterdir():
        os.utime(path, (1700000000, 1700000000))
    equal(said_of(), ("2023-11-14T22:13:20Z",
                      ["the lists of available packages are older than a week: run `dnf makecache` or `zypper refresh`"]))


@case
def versions_as_rpm_compares_them():
    """What counts as newer, of random versions: rpm says it, and so do we."""
    rng = random.Random(SEED)
    installed = [("p%d" % n, "".join(rng.choice(["0", "1", "9", "10", "a", "b", ".", "~", "^", "_", "rc"]) for _ in range(rng.randrange(1, 7))))
                 for n in range(300)]
    ours = [(name, "1" + version) for name, version in installed]
    theirs = [(name, "1" + "".join(rng.choice([version, ".1", "~1", "^1", "a", "0"]) for _ in range(rng.randrange(1, 3))))
              for name, version in installed]
    lua = "".join("print(rpm.vercmp('%s-1', '%s-1') .. ' ') " % (new, old) for (_, old), (_, new) in zip(ours, theirs))
    newer = [line == "1" for line in run("rpm", "--eval", "%%{lua: %s}" % lua).split()]
    equal(len(newer), len(ours))
    # The database of rpm itself, with other headers: as many as there are.
    place = pathlib.Path(folder()) / "x.sqlite"
    db = sqlite3.connect(place)
    db.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
    db.executemany("INSERT INTO Packages(blob) VALUES(?)", [(header(name, version),) for name, version in ours])
    db.commit()
    db.close()
    root = machine((place, "rpmdb.sqlite"))
    configured(root)
    keep(root, [(name, "noarch", version + "-1") for name, version in theirs])
    equal(sorted(u[0] for u in updates(whole(root))), sorted(name + ":noarch" for (name, _), is_newer in zip(ours, newer) if is_newer))
    equal(any(newer) and not all(newer), True)


def header(name, version):
    """Of a package: name, version, release, architecture."""
    entries, data = b"", b""
    for tag, text in ((1000, name), (1001, version), (1002, "1"), (1022, "noarch")):
        entries += struct.pack(">IIII", tag, 6, len(data), 1)
        data += text.encode() + b"\0"
    return struct.pack(">II", 4, len(data)) + entries + data


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
