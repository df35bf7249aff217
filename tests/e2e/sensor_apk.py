#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Machines with Alpine Linux, made up in the form of apk 2 and 3: what is installed, what waits."""
import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile

from harness import TIMEOUT_S, case, contains, equal, folder, main
from hub_kit import SENSOR

MAIN = "https://mirror.example/alpine/v3.22/main"
COMMUNITY = "https://mirror.example/alpine/v3.22/community"
EDGE = "https://mirror.example/alpine/edge/main"
INSTALLED = [("busybox", "1.37.0-r18", "x86_64"), ("musl", "1.2.5-r10", "x86_64"), ("openssl", "3.5.0-r0", "x86_64"),
             ("ca-certificates", "20250619-r0", "noarch"), ("jq", "1.8.0_rc1-r0", "x86_64")]


def entry(name, version, arch):
    return ("C:Q1%s=\nP:%s\nV:%s\nA:%s\nS:4711\nI:8192\nT:a package: of words\nU:https://example\nL:MIT\no:%s\nm:M <m@example>\n"
            "t:1748000000\nc:0123\nD:so:libc.musl-x86_64.so.1 p:x\np:cmd:%s=%s\n") % ("a" * 26, name, version, arch, name, name, version)


def index(packages, signature=b"0" * 256):
    """As a server has it: an archive with a signature and no end, and one with the list behind it."""
    parts = [[(".SIGN.RSA.alpine-devel@example-1.rsa.pub", signature)],
             [("DESCRIPTION", b"v3.22-1"), ("APKINDEX", "".join(entry(*p) + "\n" for p in packages).encode())]]
    text = b""
    for number, part in enumerate(parts):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name, body in part:
                info = tarfile.TarInfo(name)
                info.size = len(body)
                archive.addfile(info, io.BytesIO(body))
        data = out.getvalue()
        if number == 0:
            data = data[:512 + (len(signature) + 511) // 512 * 512]
        text += gzip.compress(data)
    return text


def kept_as(url, version):
    """How apk names what it keeps of a repository."""
    digest = hashlib.sha1(url.encode()) if version == 2 else hashlib.sha256((url.rstrip("/") + "/x86_64/APKINDEX.tar.gz").encode())
    return "APKINDEX.%s.tar.gz" % digest.hexdigest()[:8]


def put(root, path, data):
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data if isinstance(data, bytes) else data.encode())
    return target


def machine(repositories=(MAIN, COMMUNITY), world="busybox\n"):
    root = folder() / "root"
    files = "F:bin\nM:0:0:1777\nR:busybox\na:0:0:755\nZ:Q1xyz=\n"
    put(root, "lib/apk/db/installed", "".join(entry(*p) + files + "\n" for p in INSTALLED))
    put(root, "etc/apk/repositories", "# comment\n" + "".join(line + "\n" for line in repositories))
    put(root, "etc/apk/world", world)
    put(root, "etc/os-release", 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.1\nPRETTY_NAME="Alpine Linux v3.22"\n')
    return root


def inventory(root, *options):
    done = subprocess.run([SENSOR, "inventory", "--root", str(root), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, LANGUAGE="en"), timeout=TIMEOUT_S)
    equal(done.returncode, 0, done.stderr.decode())
    return done.stdout.decode()


def look(root):
    """What waits, what is said about it, and as of when."""
    said = json.loads(inventory(root, "--json"))
    return ([(u["name"], u["value"]) for u in said["update"]],
            [p["value"] for p in said["problem"] if p["name"].startswith("updates")], said)


@case
def what_waits():
    """Of both versions of apk, in both places where it keeps lists."""
    for version in (2, 3):
        for cache in ("var/cache/apk", "etc/apk/cache"):
            root = machine()
            put(root, "%s/%s" % (cache, kept_as(MAIN, version)), index([
                ("busybox", "1.37.0-r19", "x86_64"), ("busybox-doc", "9-r0", "x86_64"), ("musl", "1.2.5-r9", "x86_64"),
                ("openssl", "3.5.0-r0", "x86_64"), ("ca-certificates", "20250911-r0", "noarch")]))
            put(root, "%s/%s" % (cache, kept_as(COMMUNITY, version)), index([("jq", "1.8.0-r0", "x86_64"), ("jq", "1.7.9-r5", "x86_64")]))
            # Of a repository that is not in use any more.
            put(root, "%s/%s" % (cache, kept_as(EDGE, version)), index([("musl", "2-r0", "x86_64")]))
            waits, problems, said = look(root)
            equal(waits, [("busybox:x86_64", "1.37.0-r19"), ("ca-certificates:noarch", "20250911-r0"), ("jq:x86_64", "1.8.0-r0")])
            equal(len(problems), 1)
            contains(problems[0], "which of the updates mend holes is not known")
            equal((said["packages_from"], len(said["package"]), said["support_end"]), ("apk", len(INSTALLED), "2027-05-01"))
            equal(len(said["lists_time"]), len("2026-11-26T12:00:00Z"))


@case
def what_is_not_known_is_not_none():
    root = machine()
    waits, problems, said = look(root)
    equal((waits, said["lists_time"]), ([], None))
    equal(problems, ["which updates wait is not known: no list of available packages is kept here: run `apk update`"])
    contains(inventory(root), "Updates waiting: not known")
    # One of two.
    kept = put(root, "var/cache/apk/" + kept_as(MAIN, 2), index([("busybox", "1.37.0-r18", "x86_64")]))
    equal(look(root)[:2], ([], ["of a repository no list of available packages is kept here: run `apk update`"]))
    put(root, "etc/apk/repositories", MAIN + "\n")
    equal(look(root)[:2], ([], []))
    os.utime(kept, (1700000000, 1700000000))
    equal(look(root)[:2], ([], ["the lists of available packages are older than a week: run `apk update`"]))
    for damage in (b"no gzip", index(INSTALLED)[:-40], gzip.compress(b"no archive" * 100), gzip.compress(b"")):
        kept.write_bytes(damage)
        equal(look(root)[:2], ([], ["a list of available packages could not be read"]))
    put(root, "etc/apk/repositories", "")
    equal(look(root)[1], ["which updates wait is not known: no repository is switched on"])


@case
def repositories_with_tags_and_others():
    """A tag offers to whom world wants from it; folders; components and *.list of apk 3."""
    root = machine(["@edge " + EDGE, "/srv/mirror"], "busybox\nopenssl@edge\njq=1.8.0_rc1-r0\n")
    put(root, "var/cache/apk/" + kept_as(EDGE, 2), index([("openssl", "3.6.0-r0", "x86_64"), ("musl", "2-r0", "x86_64")]))
    put(root, "srv/mirror/x86_64/APKINDEX.tar.gz", index([("musl", "1.2.6-r0", "x86_64")]))
    put(root, "etc/apk/repositories.d/more.list", "v2 https://mirror.example/alpine/v3.22/ main community\n")
    for name in (MAIN, COMMUNITY):
        put(root, "var/cache/apk/" + kept_as(name, 3), index([("ca-certificates", "20260101-r0" if name == MAIN else "20260202-r0", "noarch")]))
    equal(look(root)[0], [("ca-certificates:noarch", "20260202-r0"), ("musl:x86_64", "1.2.6-r0"), ("openssl:x86_64", "3.6.0-r0")])


@case
def hostile():
    """A list that unpacks to very much, and one with very long lines: it ends, and says so."""
    root = machine([MAIN])
    kept = put(root, "var/cache/apk/" + kept_as(MAIN, 2), index([("busybox", "2-r0", "x86_64"), ("x" * 300000, "1", "x86_64")]))
    equal(look(root)[0], [("busybox:x86_64", "2-r0")])
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="w") as packed:
        head = tarfile.TarInfo("APKINDEX")
        head.size = 1 << 32
        packed.write(head.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(300):
            packed.write(b"P:busybox\nV:9-r0\nA:x86_64\n" + b"T:" + b"\n" * (1 << 20))
    kept.write_bytes(out.getvalue())
    equal(look(root)[1][:1], ["a list of available packages could not be read"])


main()
