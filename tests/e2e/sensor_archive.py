#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The sensor's own archive: all that was read, once, through kills; searched, hunted, bounded, never in the way."""
import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess

import hub_kit
from harness import ATTACK, BENIGN, RULE, case, contains, equal, folder, main, yagura
from hub_kit import SENSOR, Hub, Member, append, lines, until


SEED = int(os.environ.get("YAGURA_SEED") or random.SystemRandom().randrange(1 << 32))


def setting(*options, **k):
    hub = Hub()
    hub.org()
    log = folder() / "auth.log"
    log.touch()
    member = Member(hub, follow=[log], options=["--archive", "1G", *options], **k)
    return hub, member, log


def search(member, *args):
    done = Member.call("search", "--state", member.state, *args)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def kept(member):
    """All lines: as records, in the order of the archive."""
    code, out, err = search(member, "--json")
    equal(code, 0, err)
    return [json.loads(line) for line in out.splitlines()]


def raws(member):
    return [r["raw"] for r in kept(member)]


@case
def kept_and_searched():
    hub, member, log = setting()
    member.start()
    append(log, lines(1, 20))
    member.wait_for(lines(1, 20))
    equal(raws(member), lines(1, 20))  # from the log of the last minute
    code, out, err = search(member, "LINE 7", "--field", "program=sshd")
    equal((code, out.count("\n")), (0, 1))
    contains(out, "line 7")
    contains(err, "1 of 20 records fit")
    contains(err, "is kept; 0 gaps")
    equal(search(member, "line", "nothing like it")[1], "")
    equal(search(member, "line", "--limit", "3")[1].count("\n"), 3)
    equal(search(member, "--to", "2000-01-01")[1], "")
    equal(search(member, "--from", "yesterday")[0], 2)
    equal(member.stop(), 0)
    equal(os.path.getsize(member.state / "archive.log"), 0)
    equal(raws(member), lines(1, 20))  # from the archive
    member.start()
    append(log, lines(21, 25))
    member.wait_for(lines(1, 25))
    equal(raws(member), lines(1, 25))
    equal(member.stop(), 0)
    def told():
        archive = json.loads((hub.data / "heartbeats" / (member.id + ".json")).read_text())["heartbeat"]["archive"]
        return "from" in archive and archive
    archive = until("the archive in a heartbeat", told)
    equal((archive["gaps"], archive["bytes_max"], sorted(archive)),
          ([], 1 << 30, ["bytes", "bytes_max", "from", "gaps", "to"]))
    verified = yagura("archive", "verify", member.state / "archive")
    equal(verified.code, 0, verified.err)
    equal(hub.stop(), 0)


@case
def hunted():
    hub, member, log = setting()
    append(log, [BENIGN % 1, ATTACK % 2, BENIGN % 3])
    member.start()
    until("three records", lambda: len(hub.records()) == 3)
    equal(member.stop(), 0)
    rule = folder() / "rule.yml"
    rule.write_text(RULE)
    found = yagura("hunt", "--json", "--no-default-rules", "--rules", rule, member.state / "archive").findings()
    equal([f["event"]["c-ip"] for f in found], ["203.0.113.9"])
    indicators = folder() / "bad.txt"
    indicators.write_text("198.51.100.7\n")
    found = yagura("hunt", "--json", "--no-default-rules", "--indicators", indicators, member.state / "archive").findings()
    assert len(found) >= 1, "no filter may say that what is there is not"
    equal(hub.stop(), 0)


@case
def once_through_kills():
    print("seed %d" % SEED)
    dice = random.Random(SEED)
    hub, member, log = setting()
    written = 0
    for _ in range(12):
        member.start()
        more = dice.randrange(1, 400)
        append(log, lines(written + 1, written + more))
        written += more
        wanted = dice.randrange(written - more, written + 1)
        until("some", lambda: sum(h["count"] for _, _, h, _ in hub.kept()) >= wanted)
        member.stop(signal.SIGKILL)
    member.start()
    member.wait_for(lines(1, written))
    equal(raws(member), lines(1, written))
    equal(member.stop(), 0)
    equal(raws(member), lines(1, written))
    equal(hub.stop(), 0)


@case
def torn_log():
    """What was being written when the power went: the rest of it is not believed, nothing else is lost."""
    hub, member, log = setting()
    append(log, lines(1, 5))
    member.start()
    member.wait_for(lines(1, 5))
    member.stop(signal.SIGKILL)
    path = member.state / "archive.log"
    whole = path.read_bytes()
    assert whole, "the log is empty"
    path.write_bytes(whole + whole[:len(whole) // 2] + b"\0" * 100)
    member.start()
    append(log, lines(6, 7))
    member.wait_for(lines(1, 7))
    equal(raws(member), lines(1, 7))
    member.stop()
    equal(hub.stop(), 0)


@case
def unmasked_at_home():
    """What the policy masks or holds back stays here as it was, once, through a kill; the hub never has it."""
    hub, member, log = setting("--drop", str(folder()))
    drop = pathlib.Path(member.options[-1])
    quiet = folder() / "quiet.log"
    quiet.touch()
    member.follow.append(str(quiet))
    (member.state / "policy.yaml").write_text(
        "version: 1\nsources:\n  - {name: '*/quiet.log', leave: false}\n  - {name: '*/held.log', leave: false}\n"
        "fields:\n  - {field: user, mask: hash}\n  - {field: src_ip, mask: truncate}\n")
    secret = "Nov 21 08:00:01 box sshd[7]: Failed password for hanako from 203.0.113.77 port 22 ssh2"
    append(log, [secret])
    append(quiet, lines(1, 3))
    (drop / ".h").write_text("".join(t + "\n" for t in lines(10, 12)))
    (drop / ".h").rename(drop / "held.log")
    member.start()
    until("one record", lambda: len(hub.records()) == 1)
    until("the dropped file is done", lambda: (drop / "done/held.log").exists())
    until("all is kept here", lambda: sorted(raws(member)) == sorted([secret, *lines(1, 3), *lines(10, 12)]))
    member.stop(signal.SIGKILL)
    append(quiet, lines(4, 5))
    member.start()
    until("held lines are kept once", lambda: sorted(raws(member)) == sorted(
        [secret, *lines(1, 5), *lines(10, 12)]))
    equal(search(member, "hanako", "203.0.113.77")[1].count("\n"), 1)
    everything = json.dumps(hub.records())
    assert "hanako" not in everything and "203.0.113.77" not in everything and "line 2" not in everything, everything
    equal(len(hub.records()), 1)
    equal(member.stop(), 0)
    equal(hub.stop(), 0)


def noise(n):
    dice = random.Random(n)
    return ["Nov 21 08:00:%02d box app[7]: %d %s" % (i % 60, i, dice.randbytes(400).hex()) for i in range(n, n + 400)]


@case
def bounded():
    """One MiB: the oldest whole files go, and the range says from when on there is something."""
    hub, member, log = setting("--archive", "1M")
    member.start()
    total = 0
    for n in range(1, 16000, 400):
        append(log, noise(n))
        total += 400
        until("arrived", lambda: sum(h["count"] for _, _, h, _ in hub.kept()) == total)
    until("files went", lambda: "oldest files went" in member.messages())
    until("the rest is closed", lambda: archive_bytes(member) < 1300000)
    member.stop()
    found = [int(r.split()[5]) for r in raws(member)]
    assert 100 < len(found) < total, len(found)
    equal(found, list(range(total - len(found) + 1, total + 1)))
    equal(json.loads((member.state / "archive.json").read_text())["bytes_max"], 1 << 20)
    equal(hub.stop(), 0)


def archive_bytes(member):
    size = 0
    for place, _, names in os.walk(member.state / "archive"):
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # gone meanwhile
                size += os.path.getsize(os.path.join(place, name))
    return size


@case
def in_nobodys_way():
    """The archive cannot be written at all: what is read is sent all the same, and the gap is said."""
    hub, member, log = setting()
    (member.state / "archive").write_text("a file where a folder should be")
    (member.state / "archive.log").mkdir()
    append(log, lines(1, 3))
    member.start()
    member.wait_for(lines(1, 3))
    member.says("the local archive cannot be written")
    append(log, lines(4, 6))
    member.wait_for(lines(1, 6))
    equal(member.stop(), 0)
    (member.state / "archive").unlink()
    (member.state / "archive.log").rmdir()
    member.start()
    append(log, lines(7, 8))
    member.wait_for(lines(1, 8))
    equal(raws(member), lines(7, 8))
    code, _, err = search(member)
    contains(err, "not kept, and not looked at")
    equal(member.stop(), 0)
    equal(hub.stop(), 0)


@case
def disk_full():
    """No room: what is read is sent all the same, the time is a gap; when there is room, it is kept again."""
    small = folder() / "small"
    small.mkdir()
    holder = subprocess.Popen(["unshare", "-rm", "sh", "-c",
                               'mount -t tmpfs -o size=64m none "$0" && echo ready && exec sleep 600', str(small)],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if holder.stdout.readline() != b"ready\n":
        holder.wait()
        print("skipped: no file system of one's own may be mounted here")
        return
    program = folder() / "yagura-sensor"
    program.write_text('#!/bin/sh\nexec nsenter -t %d -U -m --preserve-credentials "%s" "$@"\n' % (holder.pid, SENSOR))
    program.chmod(0o755)
    hub = Hub()
    hub.org()
    log = folder() / "auth.log"
    log.touch()
    made, before = hub_kit.folder, hub_kit.SENSOR
    hub_kit.folder, hub_kit.SENSOR = lambda: small, str(program)
    try:
        member = Member(hub, follow=[log], options=["--archive", "1G"])
        inside = pathlib.Path("/proc/%d/root" % holder.pid) / small.relative_to("/")
        append(log, lines(1, 3))
        member.start()
        member.wait_for(lines(1, 3))
        equal(member.stop(), 0)
        # Less than a twentieth is left, which is the spool's.
        free = os.statvfs(inside).f_bavail * os.statvfs(inside).f_frsize
        with open(inside / "ballast", "wb") as file:
            file.write(b"\1" * (free - (2 << 20)))
        member.start()
        append(log, lines(4, 6))
        member.wait_for(lines(1, 6))
        member.says("there is too little free space")
        equal(member.stop(), 0)
        (inside / "ballast").unlink()
        member.start()
        append(log, lines(7, 9))
        member.wait_for(lines(1, 9))
        found = raws(member)
        equal(found[-3:], lines(7, 9))
        assert not set(lines(4, 6)) & set(found), found
        contains(search(member)[2], "(full)")
        equal(member.stop(), 0)
    finally:
        hub_kit.folder, hub_kit.SENSOR = made, before
        holder.kill()
        holder.wait()
        holder.stdout.close()
    equal(hub.stop(), 0)


@case
def switched_off():
    hub, member, log = setting("--archive", "off")
    append(log, lines(1, 3))
    member.start()
    member.wait_for(lines(1, 3))
    code, out, err = search(member, "line")
    equal((code, out), (1, ""))
    contains(err, "nothing was looked at")
    equal(member.stop(), 0)
    equal(hub.stop(), 0)


def rss(pid):
    for line in pathlib.Path("/proc/%d/status" % pid).read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    raise AssertionError("no VmHWM")


@case
def memory():
    """Collecting, with inventory and archive: the most that was resident, below 30 MB."""
    if b"__asan_init" in pathlib.Path(SENSOR).read_bytes():
        print("skipped: a sanitizer has memory of its own")
        return
    hub, member, log = setting("--inventory-every", "1")
    member.start()
    total = 0
    for n in range(1, 16000, 400):
        append(log, noise(n))
        total += 400
        until("arrived", lambda: sum(1 for r in hub.kept()) and
              sum(h["count"] for _, _, h, _ in hub.kept()) >= total)
    most = rss(member.process.pid)
    print("most resident: %d kB" % most)
    assert most < 30 * 1024, most
    equal(member.stop(), 0)
    equal(hub.stop(), 0)


main()
