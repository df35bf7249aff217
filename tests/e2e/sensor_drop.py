#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The drop folder: files put there are read once, by content, through kills, and moved away with what became of them."""
import gzip
import json
import os
import random
import signal
import zipfile

from evtx_build import chunks, event_file
from harness import case, contains, equal, folder, main
from hub_kit import Hub, Member, lines, until


SEED = int(os.environ.get("YAGURA_SEED") or random.SystemRandom().randrange(1 << 32))


def setting(**k):
    hub = Hub()
    hub.org()
    drop = folder() / "drop"
    drop.mkdir()
    member = Member(hub, options=["--drop", str(drop)], **k)
    return hub, member, drop


def put(drop, name, data):
    """As a careful person copies: under a hidden name, then renamed."""
    path = drop / ("." + name)
    path.write_bytes(data)
    os.rename(path, drop / name)


def text(first, last):
    return "".join(t + "\n" for t in lines(first, last)).encode()


def known(member):
    try:
        return [json.loads(t) for t in (member.state / "drop.known").read_text().splitlines() if t]
    except (FileNotFoundError, ValueError):  # not there yet, or being written
        return []


def names(place):
    return sorted(os.listdir(place)) if place.exists() else []


def settled(member, count):
    return until("%d files settled" % count, lambda: len(known(member)) == count and known(member))


def end(hub, member):
    equal(member.stop(), 0)
    equal(hub.stop(), 0)


@case
def windows_events():
    hub, member, drop = setting()
    put(drop, "Security.evtx", event_file(chunks()))
    member.start()
    until("150 events", lambda: len(hub.records()) == 150)
    found = hub.records()
    equal([r["position"] for r in found], list(range(1, 151)))
    equal({(r["format"], r["source"]) for r in found}, {("evtx", str(drop / "Security.evtx"))})
    equal(found[2]["fields"]["EventID"], 1)
    (result,) = settled(member, 1)
    equal((result["name"], result["records"], result["damaged"], result["result"]), ("Security.evtx", 150, 0, "done"))
    until("moved", lambda: names(drop / "done") == ["Security.evtx"])
    # The same bytes under another name, and in another file beside: not sent again.
    put(drop, "copy.evtx", event_file(chunks()))
    put(drop, "fresh.log", text(1, 3))
    until("moved too", lambda: names(drop / "done") == ["Security.evtx", "copy.evtx", "fresh.log"])
    until("what was fresh", lambda: len(hub.records()) >= 153)
    equal(len(hub.records()), 153)
    member.says("copy.evtx holds what was read before")
    end(hub, member)


@case
def logs_packed_and_not():
    hub, member, drop = setting()
    put(drop, "a.log", text(1, 3))
    put(drop, "b.log.gz", gzip.compress(text(4, 6)))
    with zipfile.ZipFile(drop / ".c", "w") as packed:
        packed.writestr("one.log", text(7, 8))
        packed.writestr("two.log", text(9, 10))
    os.rename(drop / ".c", drop / "c.zip")
    member.start()
    member.wait_for(lines(1, 10))
    equal(hub.records()[-1]["source"], str(drop / "c.zip") + "!two.log")
    equal([k["records"] for k in settled(member, 3)], [3, 3, 4])
    end(hub, member)


@case
def what_cannot_be_read():
    hub, member, drop = setting()
    put(drop, "photo.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(range(256)) * 40)
    put(drop, "empty.log", b"")
    put(drop, "torn.gz", gzip.compress(text(1, 2000))[:-400])
    (drop / "link.log").symlink_to("/etc/hostname")
    data = bytearray(event_file(chunks()))
    data[4096 + 3000:4096 + 3400] = b"\xee" * 400
    put(drop, "scratched.evtx", bytes(data))
    member.start()
    found = {k["name"]: k for k in settled(member, 4)}
    equal({n: k["result"] for n, k in found.items()},
          {"photo.jpg": "failed", "empty.log": "failed", "torn.gz": "failed", "scratched.evtx": "done"})
    assert found["scratched.evtx"]["damaged"] > 0 and found["scratched.evtx"]["records"] > 100, found
    assert 0 < found["torn.gz"]["records"] < 2000, found
    until("moved", lambda: names(drop) == ["done", "failed", "link.log"]
          and sum(n.endswith(".why.txt") for n in names(drop / "failed")) == 3)
    contains((drop / "failed/photo.jpg.why.txt").read_text(), "this is no log")
    contains((drop / "failed/empty.log.why.txt").read_text(), "nothing in it")
    contains((drop / "failed/torn.gz.why.txt").read_text(), "%d records" % found["torn.gz"]["records"])
    until("all there", lambda: len(hub.records()) == sum(k["records"] for k in found.values()))
    end(hub, member)


@case
def a_growing_file_waits():
    hub, member, drop = setting()
    member.start()
    with open(drop / "slow.log", "wb") as file:
        for n in range(1, 5):
            file.write(text(n, n))
            file.flush()
            put(drop, "mark%d.log" % n, text(100 + n, 100 + n))
            if n < 3:  # a whole file that came later is read; this one is not, while it grows
                file.write(text(50 + n, 50 + n))
                file.flush()
    until("all", lambda: len(hub.records()) == 10)
    slow = [k for k in settled(member, 5) if k["name"] == "slow.log"]
    equal(slow[0]["records"], 6)
    end(hub, member)


@case
def killed_and_killed_again():
    """Each record once, however often the sensor dies; also when a file is renamed while it is dead."""
    print("seed %d" % SEED)
    dice = random.Random(SEED)
    hub, member, drop = setting()
    body = "".join("Nov 21 08:00:%02d box app[7]: record %d %s\n" % (n % 60, n, "x" * 600)
                   for n in range(1, 20001)).encode()
    put(drop, "b.log", body)
    put(drop, "c.evtx", event_file(chunks(40)))
    for round_ in range(6):
        member.start()
        wanted = dice.randrange(1, 9000)
        until("some more", lambda: sum(h["count"] for _, _, h, _ in hub.kept()) > wanted * round_ / 4 or known(member))
        member.stop(signal.SIGKILL)
        if round_ == 2 and (drop / "b.log").exists():
            os.rename(drop / "b.log", drop / "z.log")
            put(drop, "a.log", text(1, 50))
    if not known(member) or not any(k["name"] == "a.log" for k in known(member)):
        if not (drop / "a.log").exists():
            put(drop, "a.log", text(1, 50))
    member.start()
    settled(member, 3)
    until("all", lambda: len(hub.records()) >= 22050)
    found = hub.records()
    equal(len(found), 20000 + 2000 + 50)
    numbers = [int(r["raw"].split()[6]) for r in found if " app[7]" in r.get("raw", "")]
    equal(numbers, list(range(1, 20001)))
    equal(sorted(r["position"] for r in found if r["format"] == "evtx"), list(range(1, 2001)))
    equal(names(drop / "failed"), [])
    end(hub, member)


@case
def no_right_to_move():
    if os.geteuid() == 0:
        print("skipped: root may move anything")
        return
    hub, member, drop = setting()
    put(drop, "a.log", text(1, 2))
    (drop / "done").mkdir()
    (drop / "failed").mkdir()
    member.start()
    drop.chmod(0o500)
    try:
        settled(member, 1)
        member.says("cannot be moved")
        until("both", lambda: len(hub.records()) == 2)
    finally:
        drop.chmod(0o700)
    end(hub, member)


main()
