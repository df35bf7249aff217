#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A sensor follows files: what is appended arrives once and in order, through rotation, truncation and restarts."""
import json
import os
import shutil
import signal

from harness import case, contains, equal, folder, main
from hub_kit import Hub, Member, append, lines, until


def setting(**k):
    hub = Hub()
    hub.org()
    log = folder() / "auth.log"
    member = Member(hub, follow=[log], **k)
    return hub, member, log


def end(hub, member):
    equal(member.stop(), 0)
    equal(hub.stop(), 0)


@case
def appended_and_arrived():
    hub, member, log = setting()
    append(log, lines(1, 3))
    member.start()
    member.wait_for(lines(1, 3))
    append(log, lines(4, 4))
    with open(log, "ab") as file:
        file.write(b"Nov 21 08:00:05 box sshd[7]: li")  # not whole yet
    member.wait_for(lines(1, 4))
    with open(log, "ab") as file:
        file.write(b"ne 5\n")
    member.wait_for(lines(1, 5))
    record = hub.records()[4]
    equal((record["format"], record["source"], record["position"]), ("syslog", str(log), 5))
    equal(record["fields"]["message"], "line 5")
    end(hub, member)


@case
def what_was_written_while_away():
    hub, member, log = setting()
    append(log, lines(1, 3))
    member.start()
    member.wait_for(lines(1, 3))
    member.stop()
    append(log, lines(4, 6))
    member.start()
    member.wait_for(lines(1, 6))
    end(hub, member)


@case
def rotated():
    hub, member, log = setting()
    append(log, lines(1, 3))
    member.start()
    member.wait_for(lines(1, 3))
    append(log, lines(4, 5))
    os.rename(log, str(log) + ".1")
    append(log, lines(6, 7))
    member.wait_for(lines(1, 7))
    end(hub, member)


@case
def renamed_before_it_was_seen_once():
    """Made, filled and renamed between two looks of the sensor: read all the same, and once through a kill."""
    hub, member, log = setting()
    member.start()
    first = log.with_name("first")
    append(first, lines(1, 3))
    os.rename(first, log)
    os.rename(log, str(log) + ".1")
    append(log, lines(4, 5))
    member.wait_for(lines(1, 5))
    member.stop(signal.SIGKILL)
    append(log, lines(6, 7))
    member.start()
    member.wait_for(lines(1, 7))
    end(hub, member)


@case
def rotated_while_away():
    """Three times, with lines in each; the names of logrotate."""
    hub, member, log = setting()
    append(log, lines(1, 3))
    member.start()
    member.wait_for(lines(1, 3))
    member.stop()
    append(log, lines(4, 5))
    for i in range(3):
        for n in (3, 2, 1):
            if os.path.exists("%s.%d" % (log, n)):
                os.rename("%s.%d" % (log, n), "%s.%d" % (log, n + 1))
        os.rename(log, str(log) + ".1")
        append(log, lines(6 + 2 * i, 7 + 2 * i))
    append(str(log) + ".bak", lines(900, 901))  # not of this log
    member.start()
    member.wait_for(lines(1, 11))
    end(hub, member)


@case
def truncated():
    hub, member, log = setting()
    append(log, lines(1, 3))
    member.start()
    member.wait_for(lines(1, 3))
    with open(log, "wb"):
        pass
    append(log, lines(4, 5))
    member.wait_for(lines(1, 5))
    end(hub, member)


@case
def copied_and_truncated():
    hub, member, log = setting()
    append(log, lines(1, 3))
    member.start()
    member.wait_for(lines(1, 3))
    member.stop()
    append(log, lines(4, 6))
    shutil.copyfile(log, str(log) + ".1")
    with open(log, "r+b") as file:
        file.truncate(0)
    append(log, lines(7, 30))  # longer than what was read before
    member.start()
    member.wait_for(lines(1, 30))
    end(hub, member)


@case
def inode_reused():
    """Another file with the number of the old one is another file."""
    hub, member, log = setting()
    append(log, lines(1, 3))
    member.start()
    member.wait_for(lines(1, 3))
    member.stop()
    inode = os.stat(log).st_ino
    with open(log, "r+b") as file:  # what a reused inode looks like: same number, other bytes, longer
        file.truncate(0)
    append(log, lines(11, 20, "su[9]: other"))
    equal(os.stat(log).st_ino, inode)
    member.start()
    member.wait_for(lines(1, 3) + lines(11, 20, "su[9]: other"))
    until("the loss in a heartbeat", lambda: "not found any more" in json.dumps(hub_state(hub)))
    end(hub, member)


def hub_state(hub):
    def look():
        text = hub.admin("sensor", "list", "--json").out.strip()
        return text and json.loads(text).get("last_heartbeat")
    return until("a heartbeat", look)


@case
def quiet_and_dead_differ():
    hub, member, log = setting()
    append(log, lines(1, 2))
    member.follow.append(str(log) + ".none")
    member.start()
    member.wait_for(lines(1, 2))
    def looked():
        """The first heartbeat may be of a moment before the log was read; the next one comes half a minute later."""
        sources = {s["name"]: s for s in hub_state(hub)["heartbeat"]["sources"]}
        found = sources.get(str(log)), sources.get(str(log) + ".none")
        return all(found) and found[0].get("records") == 2 and "error" in found[1] and found
    quiet, dead = until("both in a heartbeat", looked)
    contains(dead["error"], "no file")
    equal((dead["read"], "error" in quiet, quiet["lag"]), (None, False, 0))
    equal((quiet["position"], quiet["records"]), (log.stat().st_size, 2))
    end(hub, member)


@case
def other_encodings_and_unknown_lines():
    hub, member, log = setting()
    texts = ["Nov 21 08:00:01 box smbd[3]: ファイル「見積書」を開きました", "nothing that any format knows \x01"]
    with open(log, "wb") as file:
        file.write((texts[0] + "\n").encode("cp932"))
    member.start()
    member.wait_for(texts[:1])
    with open(log, "ab") as file:
        file.write((texts[1] + "\n").encode())
    member.wait_for(texts)
    end(hub, member)


@case
def enrolment_is_refused_clearly():
    hub = Hub()
    hub.org()
    token = hub.token()
    state = folder() / "state"
    args = ["enrol", "--hub", hub.ready["sensors"], "--ca", hub.ca, "--state", state, "--token"]
    wrong = Member.call(*args, "0" * 48)
    equal(wrong.returncode, 1)
    contains(wrong.stderr.decode(), "does not take this token")
    equal(Member.call(*args, "-", stdin=(token + "\n").encode()).returncode, 0)
    again = Member.call(*args, token)
    equal(again.returncode, 1)
    contains(again.stderr.decode(), "enrolled already")
    used = Member.call(*args, token, "--again")
    equal(used.returncode, 1)
    equal(Member.call(*args, hub.token(), "--again").returncode, 0)
    equal(Member.call("run", "--state", folder() / "none", "--follow", "x").returncode, 2)
    equal(Member.call("run", "--state", state).returncode, 2)
    equal(Member.call("enrol", "--hub", "http://127.0.0.1:1", "--ca", hub.ca, "--token", "x", "--state",
                      folder() / "s").returncode, 2)
    other = Hub()
    foreign = Member.call("enrol", "--hub", hub.ready["sensors"], "--ca", other.ca, "--token", hub.token(),
                          "--state", folder() / "s")
    equal(foreign.returncode, 1)
    contains(foreign.stderr.decode(), "no answer")
    hub.stop()
    other.stop()


if __name__ == "__main__":
    main()
