#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The processes of a hub: each is killed while sensors send, the others go on, nothing acknowledged is lost; the end of
the parent, by word or by force, is the end of all; what one says to the other is not believed."""
import contextlib
import http.client
import os
import pwd
import random
import re
import signal
import sqlite3
import subprocess
import threading
import urllib.request

from harness import YAGURA, case, contains, equal, folder, main, of_process
from hub_kit import END_S, Hub, Member, append, is_gone, lines, quickest, record, until

SEED = int(os.environ.get("YAGURA_SEED") or random.SystemRandom().randrange(1 << 32))
HANGS_S = 6.5  # app/process.h: 5 s for all together, and the time that killing takes
ROLES = ("front", "pages", "keeper", "engine", "hunter", "worker", "signer", "out")


def children(hub):
    return hub.processes()


def pid_of(hub, role):
    return next((pid for pid, name in sorted(children(hub).items()) if name == role), None)


def kill(hub, role):
    """kill -9, and until another one is there."""
    pid = pid_of(hub, role)
    before = set(children(hub))
    os.kill(pid, signal.SIGKILL)
    until("the end of %s" % role, lambda: is_gone(pid))
    until("another %s" % role, lambda: [p for p, r in children(hub).items() if r == role and p not in before])
    return pid


def names_of_open(pid):
    """What the process @pid has open; some of it may be closed meanwhile."""
    for fd in os.listdir("/proc/%d/fd" % pid):
        with contextlib.suppress(FileNotFoundError):
            yield os.readlink("/proc/%d/fd/%s" % (pid, fd))


@case
def who_is_there():
    hub = Hub()
    found = sorted(children(hub).values())
    equal(sorted(set(found)), sorted(ROLES))
    for role in ("front", "pages", "keeper", "engine", "hunter", "signer", "out"):
        equal(found.count(role), 1, role)
    # No process but the signer's own memory and the keeper's folder: what each has open.
    for pid, role in children(hub).items():
        status = of_process(pid, "status").decode()
        contains(status, "NoNewPrivs:\t1")
        opened = [name for name in names_of_open(pid) if not name.startswith(("socket:", "pipe:", "anon_inode:", "/dev/null"))]
        allowed = {str(hub.data / "lock"), str(hub.data) + ".err"}
        if role == "keeper":
            equal(any("/ca" in name for name in opened), False, opened)
        else:
            equal(set(opened) - allowed, set(), role)
    hub.stop()


@case
def users():
    """Started by root: nobody but the parent stays root, when the data folder is somebody's."""
    if os.geteuid() != 0:
        print("not tried: only root can become somebody else")
        return
    data = folder() / "of-nobody"
    data.mkdir()
    # Nobody has to get there; the folders above are the tests' own.
    for above in data.parents:
        if os.stat(above).st_mode & 0o011 == 0o011:
            break
        os.chmod(above, 0o711)
    nobody = pwd.getpwnam("nobody")
    try:
        os.chown(data, nobody.pw_uid, nobody.pw_gid)
    except OSError as why:
        print("not tried: root of a container that knows nobody else (%s)" % why)
        return
    hub = Hub(data=data)
    hub.org()
    one = hub.stranger()
    for number in (1, 2):
        # By a keeper that has just been started again, when it is ready.
        until("it is kept", lambda n=number: one.send(one.batch(record(n), n))[0] == 200)
        for pid, role in children(hub).items():
            status = of_process(pid, "status").decode()
            uids = re.search(r"^Uid:\s+(.*)$", status, re.M).group(1).split()
            equal("0" in uids, False, (role, uids))
            contains(status, "CapEff:\t0000000000000000")
        kill(hub, "keeper")  # and the next one is
    until("the archive", lambda: len(hub.archived()) == 2)
    equal(hub.stop(), 0)
    equal(os.stat(data / "hub.db").st_uid, nobody.pw_uid)
    equal(os.stat(data / "ca/ca.key").st_uid, 0)


@case
def each_is_killed():
    """While a sensor sends; all arrives, each line once, in order."""
    print("seed %d" % SEED)
    chance = random.Random(SEED)
    hub = Hub()
    hub.org()
    log = folder() / "a.log"
    log.touch()
    member = Member(hub, follow=[log]).start()
    written = 0
    for role in ROLES * 2:
        others = {p: r for p, r in children(hub).items() if r != role}
        count = chance.randrange(1, 400)
        append(log, lines(written + 1, written + count))
        written += count
        kill(hub, role)
        equal({p: r for p, r in children(hub).items() if p in others}, others, "the others live")
        append(log, lines(written + 1, written + 1))
        written += 1
        until("an answer after the end of %s" % role, lambda: answers(hub))
        hub.says("the process %s ended by signal 9" % role)
    # The journal is shorter after a start: the archive has all of it.
    until("%d lines" % written, lambda: len(hub.archived()) >= written)
    equal(member.stop(), 0)
    equal(hub.stop(), 0)
    equal(sorted(r["raw"] for r in hub.archived()), sorted(lines(1, written)))


def answers(hub):
    try:
        with urllib.request.urlopen(hub.ready["url"] + "/readyz", timeout=60) as answer:
            return answer.status == 200
    except (OSError, http.client.HTTPException):
        return False


@case
def connections_outlive_the_keeper():
    """The front keeps them, and says "busy" meanwhile: nobody has to shake hands again."""
    hub = Hub()
    hub.org()
    one = hub.stranger()
    connection = http.client.HTTPSConnection(hub.sensors, context=one.tls, timeout=60)

    def send(number):
        connection.request("POST", "/sensor/v1/batches", one.batch(record(number), number))
        answer = connection.getresponse()
        answer.read()
        return answer.status

    equal(send(1), 200)
    sock = connection.sock
    kill(hub, "keeper")
    until("kept again", lambda: send(2) == 200)
    equal(connection.sock is sock, True)
    hub.stop()


@case
def enrolment_without_a_signer():
    hub = Hub()
    hub.org()
    kill(hub, "signer")
    one = until("a new sensor", lambda: tried(hub))
    equal(one.send(one.batch(record(1), 1))[0], 200)
    hub.stop()


def tried(hub):
    try:
        return hub.stranger()
    except (AssertionError, OSError):  # busy: the token is as good as before
        return None


@case
def a_signer_that_hangs():
    """What is kept is told, within seconds, without the signature; with it again when it can."""
    hub = Hub()
    hub.org()
    one = hub.stranger()

    def is_signed(number):
        """A busy machine may let the signer wait as well: then sent again, which is countersigned too."""
        status, receipt = one.send(one.batch(record(number), number))
        equal(status, 200, receipt)
        return "signature" in receipt

    until("a signature", lambda: is_signed(1))
    pid = pid_of(hub, "signer")
    os.kill(pid, signal.SIGSTOP)
    status, receipt = one.send(one.batch(record(2), 2))
    equal((status, receipt["status"], "signature" in receipt), (200, "kept", False), receipt)
    equal(one.heartbeat(2, 2)[0], 200, "the others go on")
    os.kill(pid, signal.SIGCONT)
    until("a signature again", lambda: is_signed(3))
    hub.stop()


@case
def what_comes_is_kept_without_an_engine():
    """It hangs, and is killed: batches are acknowledged and archived meanwhile, and looked at afterwards."""
    hub = Hub()
    hub.org()
    one = hub.stranger()
    os.kill(pid_of(hub, "engine"), signal.SIGSTOP)
    for number in (1, 2, 3):
        equal(one.send(one.batch(record(number), number))[0], 200)
    until("the archive", lambda: len(hub.archived()) == 3)
    kill(hub, "engine")
    equal(one.send(one.batch(record(4), 4))[0], 200)
    until("all is looked at", lambda: looked_at(hub) == 4)
    equal(hub.stop(), 0)


def looked_at(hub):
    """Records that detection counted: committed with its findings."""
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % (hub.data / "facts.db"), uri=True)) as database:
        return database.execute("SELECT coalesce(sum(records), 0) FROM days WHERE org = 0").fetchone()[0]


@case
def ends_with_its_parent():
    for how in (signal.SIGTERM, signal.SIGKILL):
        hub = Hub()
        hub.org()
        one = hub.stranger()
        waiting = threading.Thread(target=lambda: quiet(one))
        waiting.start()
        pids = children(hub)
        equal(hub.stop(how), 0 if how == signal.SIGTERM else -signal.SIGKILL)
        until("the end of all", lambda: all(is_gone(pid) for pid in pids))
        waiting.join(60)
        # At once again, on the same port and folder.
        hub.start()
        equal(one.send(one.batch(record(1), 1))[0], 200)
        equal(hub.stop(), 0)


def quiet(sensor):
    try:
        sensor.ask("GET", "/sensor/v1/downlink?after=0&wait=55")
    except OSError:  # closed, as it should be
        pass


@case
def ends_in_time():
    """One that does nothing, and one whose children hang."""
    hub = Hub()
    hub.stop()

    def end(signal_before):
        hub.start()
        pids = children(hub)
        for pid in pids:
            os.kill(pid, signal_before)
        equal(hub.stop(), 0)
        assert all(is_gone(pid) for pid in pids), pids
        return hub.ended_s

    quickest("the end of one that does nothing", END_S, lambda: end(0))
    quickest("the end of one that hangs", HANGS_S, lambda: end(signal.SIGSTOP))


@case
def walls():
    """Each role, behind the very walls it lives behind, tries what it must not."""
    hub = Hub()
    hub.stop()
    checked = subprocess.run([YAGURA, "hub", "--data", str(hub.data), "--check-config"], stdout=subprocess.PIPE,
                             env=dict(os.environ, LANGUAGE="en"), text=True, check=True).stdout
    if "no list of system calls" in checked:
        print("not tried: this build or kernel has no list of system calls (--check-config says so)")
        return
    for role in ("parent", *ROLES):
        done = subprocess.run([YAGURA, "hub", "--data", str(hub.data), "--self-test-sandbox", role],
                              stderr=subprocess.PIPE, text=True, check=False)
        said = dict(line.split() for line in done.stderr.splitlines())
        if role == "parent":  # it forks, ends its children, and has its user's files
            for what in ("socket", "local-socket", "connect", "bind", "listen", "exec", "ptrace", "memory"):
                equal(said[what], "EPERM", (role, what))
            continue
        # Those who speak with the network may accept: of what is no socket the kernel says so.
        equal(said["accept"], "ENOTSOCK" if role in ("front", "pages") else "EPERM", role)
        for what in ("open", "create", "socket", "local-socket", "connect", "bind", "listen", "exec", "fork", "ptrace",
                     "ptrace-me", "memory", "kill", "map-code", "setuid", "open-key"):
            if role == "out" and what in ("open", "socket", "connect", "open-key"):
                # It looks up names and connects; of what is no socket the kernel says so.
                wanted = {"open": ("DONE",), "socket": ("DONE",), "connect": ("ENOTSOCK",), "open-key": ("EACCES",)}[what]
                assert said[what] in wanted, (role, what, said[what])
                continue
            if (role == "keeper" and what in ("open", "create", "open-key")
                    or role in ("engine", "hunter") and what in ("open", "open-key")):
                if "Landlock" in checked:  # its user alone says what it can open
                    continue
                equal(said[what], "EACCES", (role, what))
            else:
                equal(said[what], "EPERM", (role, what))
        equal(done.returncode, 0)
    equal(subprocess.run([YAGURA, "hub", "--data", str(hub.data), "--self-test-sandbox", "nobody"],
                         stderr=subprocess.PIPE, check=False).returncode, 2)


if __name__ == "__main__":
    main()
