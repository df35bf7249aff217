#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The inventory of a made-up machine: printed, sent whole, sent on change, each change once through kills."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from harness import TIMEOUT_S, case, contains, equal, folder, main
from hub_kit import SENSOR, Hub, Member, until

STATUS = """Package: bash
Status: install ok installed
Architecture: amd64
Version: 5.2.15-2

Package: openssl
Status: install ok installed
Architecture: amd64
Version: 3.0.14-1~deb12u1

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: libgone
Status: hold ok installed
Architecture: all
Version: 2.0
"""
TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
"""
LISTEN = "   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 2 1 0 100 0 0 10 0\n"


def put(root, path, text):
    target = root / path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(target.name + ".new")
    new.write_text(text, encoding="utf-8")
    os.rename(new, target)


def machine():
    root = folder() / "root"
    put(root, "/etc/os-release", 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')
    put(root, "/proc/sys/kernel/hostname", "box\n")
    put(root, "/proc/sys/kernel/osrelease", "6.1.0-test\n")
    put(root, "/proc/net/tcp", TCP)
    put(root, "/proc/77/comm", "clamd\n")
    put(root, "/var/lib/clamav/daily.cld", "x")
    os.utime(root / "var/lib/clamav/daily.cld", (1764000000, 1764000000))
    put(root, "/etc/passwd", "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n")
    put(root, "/etc/group", "root:x:0:\nsudo:x:27:alice\n")
    put(root, "/var/lib/dpkg/status", STATUS)
    lists = "/var/lib/apt/lists/"
    suite = lists + "deb.example_debian_dists_bookworm"
    put(root, suite + "_InRelease", "Origin: Debian\nLabel: Debian\n")
    put(root, suite + "_main_binary-amd64_Packages",
        "Package: bash\nArchitecture: amd64\nVersion: 5.2.15-2\n\nPackage: libgone\nArchitecture: all\nVersion: 2.0.1\n")
    put(root, suite + "-security_InRelease", "Origin: Debian\nLabel: Debian-Security\n")
    put(root, suite + "-security_main_binary-amd64_Packages",
        "Package: openssl\nArchitecture: amd64\nVersion: 3.0.15-1~deb12u1\n")
    put(root, suite + "-backports_InRelease", "Label: Debian Backports\nNotAutomatic: yes\n")
    put(root, suite + "-backports_main_binary-amd64_Packages",
        "Package: bash\nArchitecture: amd64\nVersion: 6.0-1~bpo12+1\n")
    return root


def inventory(root):
    done = Member.call("inventory", "--root", root, "--json")
    equal(done.returncode, 0, done.stderr)
    return json.loads(done.stdout)


def look(root, user=None):
    done = subprocess.run([SENSOR, "inventory", "--root", str(root), "--json"], stdout=subprocess.PIPE, user=user, timeout=TIMEOUT_S,
                          env=dict(os.environ, LANGUAGE="en"), check=True)
    return json.loads(done.stdout)


@case
def signatures_are_as_old_as_they_are():
    """ClamAV's file was copied just now; its head says when the signatures were made."""
    root = machine()
    head = "ClamAV-VDB:21 Nov 2025 08-29 +0000:27800:2075000:90:%s:x:maker:1763713740" % ("0" * 32)
    put(root, "/var/lib/clamav/daily.cvd", head.ljust(512) + "packed")
    equal(look(root)["signatures_time"], "2025-11-24T16:00:00Z")
    (root / "var/lib/clamav/daily.cld").unlink()
    equal(look(root)["signatures_time"], "2025-11-21T08:29:00Z")


@case
def administrators_by_rules():
    root = machine()
    put(root, "/etc/sudoers", "root ALL=(ALL:ALL) ALL\n%ops ALL=(ALL) ALL\n@includedir /etc/sudoers.d\n")
    put(root, "/etc/sudoers.d/90-cloud", "bob ALL=(ALL) NOPASSWD:ALL\neve ALL=(root) /usr/bin/less\n")
    put(root, "/etc/sudoers.d/old.bak", "mallory ALL=(ALL) ALL\n")
    put(root, "/etc/group", "root:x:0:\nsudo:x:27:alice\nops:x:30:olga\n")
    said = look(root)
    equal([(a["name"], a["value"]) for a in said["administrator"]],
          [("alice", "sudo"), ("bob", "sudoers"), ("olga", "sudoers"), ("root", "sudoers,uid 0")])
    equal("sudoers" in [p["name"] for p in said["problem"]], False)
    if os.getuid() == 0:  # by an account without rights: what it may not read is said
        (root / "etc/sudoers").chmod(0o400)
        inside = [part for part in root.parents if pathlib.Path(tempfile.gettempdir()) in part.parents]
        for part in (pathlib.Path(tempfile.gettempdir()), *inside, root):
            if not part.stat().st_mode & 0o005:
                part.chmod(part.stat().st_mode | 0o055)
        said = look(root, user=65534)
        equal("sudoers" in [p["name"] for p in said["problem"]], True)


@case
def printed():
    root = machine()
    found = inventory(root)
    equal((found["name"], found["os_id"], found["os_version"], found["kernel"]), ("box", "debian", "12", "6.1.0-test"))
    equal((found["support_end"], found["packages_from"]), ("2028-06-30", "dpkg"))
    equal([(p["name"], p["value"]) for p in found["package"]],
          [("bash:amd64", "5.2.15-2"), ("libgone:all", "2.0"), ("openssl:amd64", "3.0.14-1~deb12u1")])
    equal(found["update"], [{"name": "libgone:all", "value": "2.0.1"},
                            {"name": "openssl:amd64", "value": "3.0.15-1~deb12u1", "note": "security"}])
    equal(found["socket"], [{"name": "tcp 0.0.0.0:22", "value": "0"}])
    equal([a["name"] for a in found["administrator"]], ["alice", "root"])
    equal(found["antivirus"], [{"name": "ClamAV", "value": "running"}])
    equal(found["signatures_time"], "2025-11-24T16:00:00Z")
    equal(found["problem"], [])
    text = Member.call("inventory", "--root", root).stdout.decode()
    for part in ("Machine: box", "Support: until 2028-06-30", "Updates waiting: 2", "tcp 0.0.0.0:22", "ClamAV"):
        contains(text, part)
    japanese = Member.call("inventory", "--root", root, "--lang", "ja").stdout.decode()
    contains(japanese, "2028-06-30")
    assert "Machine" not in japanese, japanese


@case
def what_cannot_be_known_is_said():
    root = folder() / "empty"
    root.mkdir()
    found = inventory(root)
    equal(sorted(p["name"] for p in found["problem"]),
          ["administrators", "antivirus", "packages", "sockets", "support"])
    equal(found["support_end"], "unknown")
    equal(found["lists_time"], None)
    put(root, "/var/lib/rpm/rpmdb.sqlite", "x")
    contains([p["value"] for p in inventory(root)["problem"] if p["name"] == "packages"][0], "could not be read")


@case
def packed_lists():
    root = machine()
    lists = root / "var/lib/apt/lists"
    plain = lists / "deb.example_debian_dists_bookworm-security_main_binary-amd64_Packages"
    import gzip
    (lists / (plain.name + ".gz")).write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    equal(len(inventory(root)["update"]), 2)
    (lists / (plain.name + ".gz")).rename(lists / (plain.name + ".lz4"))
    found = inventory(root)
    equal(len(found["update"]), 1)
    contains(found["problem"][0]["value"], "lz4")


def own(member):
    return [r["fields"] for r in member.hub.records(member.id) if r["source"] == "inventory"]


def changes(member):
    return [(f["inventory"], f["inventory_kind"], f["inventory_name"]) for f in own(member)
            if f["inventory"] in ("added", "changed", "removed")]


@case
def sent_whole_and_on_change():
    hub, root = Hub(), machine()
    hub.org()
    log = folder() / "x.log"
    log.touch()
    member = Member(hub, follow=[log], options=["--inventory-every", "1", "--root", str(root)]).start()
    until("the lists", lambda: len(own(member)) >= 6)
    first = own(member)
    summary = first[0]
    equal((summary["inventory"], summary["os_id"], summary["packages"], summary["updates"],
           summary["updates_security"], summary["antivirus_running"], summary["hostname"]),
          ("summary", "debian", 3, 2, 1, "ClamAV", "box"))
    equal((summary["lists_age_hours"], "unknown" in summary), (0, False))
    lists = {f["inventory_kind"]: f.get("items") for f in first[1:]}
    equal(lists["package"], ["bash:amd64 5.2.15-2", "libgone:all 2.0", "openssl:amd64 3.0.14-1~deb12u1"])
    equal(lists["socket"], "tcp 0.0.0.0:22 0")
    equal(changes(member), [])

    put(root, "/proc/net/tcp", TCP + LISTEN)
    until("a new socket", lambda: changes(member) == [("added", "socket", "tcp 127.0.0.1:8080")])
    put(root, "/etc/group", "root:x:0:\nsudo:x:27:alice,mallory\n")
    until("a new administrator", lambda: changes(member)[1:] == [("added", "administrator", "mallory")])
    put(root, "/var/lib/dpkg/status", STATUS.replace("5.2.15-2", "5.2.15-3"))
    until("a new version", lambda: changes(member)[2:] == [("changed", "package", "bash:amd64")])
    equal((own(member)[-1]["inventory_was"], own(member)[-1]["inventory_value"]), ("5.2.15-2", "5.2.15-3"))

    # Killed, changed while away, started again: the change is told, the lists are not.
    member.stop(signal.SIGKILL)
    before = len(own(member))
    put(root, "/proc/net/tcp", TCP)
    member.start()
    until("a socket that went", lambda: changes(member)[3:] == [("removed", "socket", "tcp 127.0.0.1:8080")])
    member.stop()
    member.start()
    put(root, "/etc/group", "root:x:0:\nsudo:x:27:alice\n")
    until("an administrator that went", lambda: changes(member)[4:] == [("removed", "administrator", "mallory")])
    equal(len(own(member)), before + 2)
    equal(member.stop(), 0)
    kept = [p.name for p in member.state.glob("inventory.*")]
    equal(len(kept), 1, kept)
    equal(hub.stop(), 0)


@case
def without_lists_nothing_is_said_to_be_none():
    hub, root = Hub(), machine()
    hub.org()
    shutil.rmtree(root / "var/lib/apt")
    contains(Member.call("inventory", "--root", root).stdout.decode(), "Updates waiting: not known")
    log = folder() / "x.log"
    log.touch()
    member = Member(hub, follow=[log], options=["--inventory-every", "1", "--root", str(root)]).start()
    until("the lists", lambda: len(own(member)) >= 5)
    first = own(member)
    equal((first[0]["unknown"], [name for name in first[0] if name.startswith(("updates", "lists"))]), ("updates", []))
    equal([f["inventory_kind"] for f in first[1:]], ["package", "socket", "administrator", "antivirus"])
    # They come: what waits is new then.
    put(root, "/var/lib/apt/lists/x_dists_y_main_binary-amd64_Packages", "Package: bash\nArchitecture: amd64\nVersion: 6-1\n")
    until("an update", lambda: changes(member) == [("added", "update", "bash:amd64")])
    equal(member.stop(), 0)
    equal(hub.stop(), 0)


@case
def spool_without_its_inventory():
    """The file that says what was told is gone: all is told again, and no change is made up."""
    hub, root = Hub(), machine()
    hub.org()
    log = folder() / "x.log"
    log.touch()
    member = Member(hub, follow=[log], options=["--inventory-every", "1", "--root", str(root)]).start()
    until("the lists", lambda: len(own(member)) == 6)
    member.stop()
    for path in member.state.glob("inventory.*"):
        path.unlink()
    member.start()
    until("the lists again", lambda: len(own(member)) == 12)
    equal(changes(member), [])
    member.stop()
    hub.stop()
    shutil.rmtree(root)


main()
