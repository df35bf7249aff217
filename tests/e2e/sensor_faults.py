#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Nothing that was acknowledged is missing, nothing is doubled: kills, restarts, bounds, restored copies, clones.

YAGURA_SEED (printed) decides where kills fall, YAGURA_KILLS how many there are."""
import contextlib
import json
import os
import random
import shutil
import signal

from harness import case, contains, equal, folder, main
from hub_kit import Hub, Member, append, lines, until

SEED = int(os.environ.get("YAGURA_SEED") or random.SystemRandom().randrange(1 << 32))
KILLS = int(os.environ.get("YAGURA_KILLS", "24"))


def setting(**k):
    hub = Hub()
    hub.org()
    log = folder() / "auth.log"
    return hub, Member(hub, follow=[log], **k), log


def end(hub, member):
    equal(member.stop(), 0)
    equal(hub.stop(), 0)


def sequences_are_whole(hub, member):
    """By (epoch, sequence) on the hub's disk: each place once, without a gap."""
    places = {}
    for kind, _, what, _ in hub.kept():
        if what["sensor"] == member.id:
            first, last = (what["sequence"],) * 2 if kind == 1 else (what["first"], what["last"])
            for place in range(first, last + 1):
                places.setdefault(what["epoch"], []).append(place)
    for epoch, got in places.items():
        equal(got, list(range(1, len(got) + 1)), "epoch %d" % epoch)


@case
def killed_at_random():
    print("seed %d" % SEED)
    chance = random.Random(SEED)
    hub, member, log = setting()
    member.start()
    written = 0
    for kill in range(KILLS):
        if written and chance.random() < 0.4:
            os.rename(log, "%s.%d" % (log, kill + 1))
        for _ in range(chance.randrange(1, 6)):
            count = chance.randrange(1, 40)
            append(log, lines(written + 1, written + count))
            written += count
        # After so many of them have arrived: the point lies anywhere between reading and receipt.
        wanted = chance.randrange(written + 1)
        until("%d lines" % wanted, lambda: len(member.raws()) >= wanted)
        victim = chance.choice(("sensor", "hub", "both"))
        if victim != "hub":
            member.stop(signal.SIGKILL)
        if victim != "sensor":
            hub.stop(signal.SIGKILL)
            hub.start()
        if victim != "hub":
            member.start()
    member.wait_for(lines(1, written))
    sequences_are_whole(hub, member)
    end(hub, member)


@case
def hub_away():
    hub, member, log = setting()
    append(log, lines(1, 5))
    member.start()
    member.wait_for(lines(1, 5))
    hub.stop()
    for batch in range(4):
        append(log, lines(6 + batch * 5, 10 + batch * 5))
        size = member.spool_size()
        until("a batch on the disk", lambda: member.spool_size() > size)
    until("a word about it", lambda: "cannot be reached" in member.messages())
    hub.start()
    member.wait_for(lines(1, 25))
    member.says("there again")
    sequences_are_whole(hub, member)
    end(hub, member)


@case
def ends_with_what_it_has():
    """SIGTERM just after a line: it is committed and sent before the end."""
    hub, member, log = setting()
    append(log, lines(1, 2))
    member.start()
    member.wait_for(lines(1, 2))
    append(log, lines(3, 3))
    size = member.spool_size()
    until("the batch", lambda: member.spool_size() > size)
    equal(member.stop(), 0)
    equal(member.raws(), lines(1, 3))
    hub.stop()


@case
def bounded():
    """The oldest goes, and the hub is told exactly which."""
    hub, member, log = setting(options=["--spool-max", "128K"])
    append(log, lines(1, 5))
    member.start()
    member.wait_for(lines(1, 5))
    hub.stop()
    chance = random.Random(SEED)
    texts = []
    for batch in range(60):
        some = ["%s %s" % (text, "".join(chance.choices("abcdefghijklmnop0123456789", k=200)))
                for text in lines(batch * 20, batch * 20 + 19)]
        texts += some
        before = last_entry(member)
        append(log, some)
        until("a batch on the disk", lambda: last_entry(member) != before)
    if member.spool_size() > 160 << 10:
        raise AssertionError("%d bytes" % member.spool_size())
    hub.start()
    until("the last line", lambda: member.raws()[-1:] == texts[-1:])
    drops = [what for kind, _, what, _ in hub.kept() if kind == 2]
    equal([d["reason"] for d in drops], ["spool-full"])
    got = member.raws()
    equal(got[:5], lines(1, 5))
    lost = len(texts) - (len(got) - 5)
    equal(got[5:], texts[lost:], "all but the oldest, in order")
    equal(drops[0]["records"], lost, "told exactly")
    sequences_are_whole(hub, member)
    until("a word about it", lambda: "had to give up %d records" % lost in hub.messages())
    end(hub, member)


def last_entry(member):
    return member.segments()[-1:]


@case
def hub_restored():
    """From a copy an hour old: it asks for what it lacks."""
    hub, member, log = setting()
    append(log, lines(1, 4))
    member.start()
    member.wait_for(lines(1, 4))
    hub.stop()
    copy = hub.data.with_name("copy")
    shutil.copytree(hub.data, copy)
    hub.start()
    for n in range(5, 9):
        append(log, lines(n, n))
        member.wait_for(lines(1, n))
    hub.stop()
    shutil.rmtree(hub.data)
    os.rename(copy, hub.data)
    shutil.rmtree(hub.earlier)  # of a future that is gone
    hub.start()
    equal(member.raws(), lines(1, 4))
    append(log, lines(9, 9))
    member.wait_for(lines(1, 9))
    member.says("sent again")
    sequences_are_whole(hub, member)
    end(hub, member)


@case
def cloned():
    """Two with one certificate are noticed, and neither loses a line."""
    hub, member, log = setting()
    append(log, lines(1, 3))
    member.start()
    member.wait_for(lines(1, 3))
    member.stop()
    twin = Member.__new__(Member)
    twin.__dict__.update(member.__dict__)
    twin.state, other = folder() / "state", folder() / "other.log"
    shutil.copytree(member.state, twin.state)
    twin.follow = [str(other)]
    append(log, lines(4, 6))
    append(other, lines(1, 3, "su[2]: twin"))
    member.start()
    twin.start()
    wanted = sorted(lines(1, 6) + lines(1, 3, "su[2]: twin"))
    until("all lines of both", lambda: sorted(member.raws()) == wanted)
    append(log, lines(7, 8))
    append(other, lines(4, 5, "su[2]: twin"))
    wanted = sorted(lines(1, 8) + lines(1, 5, "su[2]: twin"))
    until("all lines of both", lambda: sorted(member.raws()) == wanted)
    hub.says("another batch")
    until("a word of one of them", lambda: "a new epoch begins" in member.messages() + twin.messages())
    sequences_are_whole(hub, member)
    member.stop()
    twin.stop()
    hub.stop()


@case
def spool_torn():
    """What a power cut leaves: the end is cut off, and what stood there is read from the log again."""
    hub, member, log = setting()
    append(log, lines(1, 3))
    member.start()
    member.wait_for(lines(1, 3))
    hub.stop()
    for n in range(4, 7):
        before = last_entry(member)
        append(log, lines(n, n))
        until("a batch on the disk", lambda: last_entry(member) != before)
    member.stop(signal.SIGKILL)
    segment = sorted((member.state / "spool").glob("*.seg"))[-1]
    segment.write_bytes(segment.read_bytes()[:-20] + b"\0" * 9)
    hub.start()
    member.start()
    member.wait_for(lines(1, 6))
    sequences_are_whole(hub, member)
    again = Member.call("run", "--state", member.state, "--follow", log)
    equal(again.returncode, 2)
    contains(again.stderr.decode(), "another sensor is running")
    end(hub, member)


@case
def told_downwards():
    hub, member, log = setting()
    append(log, lines(1, 3))
    member.start()
    member.wait_for(lines(1, 3))
    equal(hub.admin("sensor", "send", member.id, "ping").code, 0)
    equal(hub.admin("sensor", "send", member.id, "resend", '{"epoch":1,"from":1,"to":1}').code, 0)
    equal(hub.admin("sensor", "send", member.id, "of-tomorrow").code, 0)
    def answered():
        with contextlib.suppress(FileNotFoundError):
            return (member.state / "downlink").read_text() == "3\n"
    until("three answers", answered)
    append(log, lines(4, 4))
    member.wait_for(lines(1, 4))
    end(hub, member)


@case
def revoked():
    """It goes on collecting, says why nothing goes out, and loses nothing when it may again."""
    hub, member, log = setting()
    append(log, lines(1, 3))
    member.start()
    member.wait_for(lines(1, 3))
    equal(hub.admin("sensor", "revoke", member.id).code, 0)
    append(log, lines(4, 5))
    member.says("refuses this sensor")
    member.says("revoked")
    equal(member.raws(), lines(1, 3))
    member.stop()
    done = Member.call("enrol", "--hub", hub.ready["sensors"], "--ca", hub.ca, "--token", hub.token(), "--state",
                       member.state, "--again")
    equal(done.returncode, 0, done.stderr)
    member.id = done.stdout.decode().strip().split("/")[1]
    member.start()
    member.wait_for(lines(4, 5))
    end(hub, member)


if __name__ == "__main__":
    main()
