# SPDX-License-Identifier: Apache-2.0
"""What goes wrong around a hub and a sensor that run: disks, locks, clocks, clients that are slow or lie. Each says a
clear line, and nothing that was acknowledged is lost. docs/faults.md lists them all with their tests."""
import errno
import json
import os
import pathlib
import signal
import socket
import sqlite3
import ssl
import struct
import subprocess
import sys
import threading
import time

from harness import case, contains, equal, folder, main, yagura
from hub_kit import Hub, Member, append, lines, record, until

SHIM = os.environ.get("YAGURA_FAULTS_SHIM", "")
DAY_S = 86400


class Faults:
    """What tests/e2e/faults.c does to a process, changed at any moment."""

    def __init__(self):
        self.path = folder() / "faults"
        self.set()
        self.env = {"LD_PRELOAD": SHIM, "YAGURA_FAULTS": str(self.path)}

    def set(self, date_s=0, steady_s=0, write_errno=0):
        with open(self.path, "r+b" if self.path.exists() else "wb") as file:
            file.write(struct.pack("=qqq", date_s * 10**9, steady_s * 10**9, write_errno))


def small_disk(size="64m"):
    path = folder() / "small"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + size, "none", path], check=True)
    return path


def positions(hub, org="acme"):
    return sorted(r["position"] for r in hub.archived(org))


def whole(hub, numbers):
    """All of them in the archive, each once, and every file whole."""
    until("all in the archive", lambda: positions(hub) == list(numbers))
    code, said = hub.verify()
    equal((code, said[-1]["damaged"], said[-1]["records"]), (0, 0, len(numbers)), said)


@case
def read_only_from_the_start():
    """A folder that cannot be written: neither begins, each says which."""
    if not IS_INSIDE:
        return print("not tried: nothing may be mounted here")
    disk = small_disk()
    hub = Hub(data=disk / "hub")
    hub.org()
    member = Member(hub)
    subprocess.run(["cp", "-a", member.state, disk / "state"], check=True)
    equal(hub.stop(), 0)
    # The last of its processes may need a moment to be gone.
    until("nobody writes there", lambda: subprocess.run(["mount", "-o", "remount,ro", disk], stderr=subprocess.DEVNULL,
                                                        check=False).returncode == 0)
    done = yagura("hub", "--data", disk / "hub", "--http", "127.0.0.1:0", "--sensors", "127.0.0.1:0")
    equal((done.code, done.out), (2, ""))
    contains(done.err, str(disk / "hub"))
    done = hub.admin("org", "add", "other")
    assert done.code in (1, 2) and done.err and not done.out, done
    done = Member.call("run", "--state", disk / "state", "--follow", folder() / "box.log")
    equal((done.returncode, done.stdout), (2, b""))
    contains(done.stderr.decode(), str(disk / "state"))
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    hub.start()
    equal(hub.stop(), 0)


@case
def read_only_meanwhile():
    """Then a disk that fails: refused and said once, and it goes on when that is over."""
    faults = Faults()
    hub = Hub(env=faults.env)
    hub.org()
    one = hub.stranger()
    equal(one.send(one.batch(record(1), 1))[0], 200)
    number = 1
    for code in (errno.EROFS, errno.EIO, errno.ENOSPC):
        faults.set(write_errno=code)
        for _ in range(3):
            status, problem = one.send(one.batch(record(number + 1), number + 1))
            assert status in (500, 503), (status, problem)
        equal(one.heartbeat(number, number)[1]["next"], number + 1, "it has nothing of it")
        faults.set()
        until("taken again", lambda: one.send(one.batch(record(number + 1), number + 1))[0] == 200)
        number += 1
    # Of the journal; what the archive and the findings say besides is their own.
    for words in ("journal: cannot be written", "journal: is being written again"):
        hub.says(words, 3)
        equal(hub.messages().count(words), 3, hub.messages())
    whole(hub, range(1, 5))
    hub.stop(signal.SIGKILL)
    hub.start()
    whole(hub, range(1, 5))
    equal(hub.stop(), 0)


@case
def archive_blocked():
    """The archive cannot be written, the journal can: what is acknowledged waits there."""
    hub = Hub()
    hub.org()
    one = hub.stranger()
    (hub.data / "archive/acme").write_text("in the way")
    for number in range(1, 6):
        equal(one.send(one.batch(record(number), number))[0], 200)
    until("a word", lambda: "archive" in hub.messages())
    equal(hub.stop(), 0)
    hub.start()
    (hub.data / "archive/acme").unlink()
    whole(hub, range(1, 6))
    equal(hub.stop(), 0)


@case
def database_locked():
    """Somebody holds the database for long: batches go on, what must be written there is refused and said."""
    hub = Hub()
    hub.org()
    one, other, token = hub.stranger(), None, hub.token()
    held = sqlite3.connect(hub.data / "hub.db", isolation_level=None, timeout=60)
    held.execute("BEGIN IMMEDIATE")
    done = hub.admin("org", "add", "other")
    assert done.code in (1, 2) and done.err.count("\n") >= 1 and not done.out, done
    contains(done.err, "hub.db" if "hub.db" in done.err else "other")
    for number in range(1, 4):
        equal(one.send(one.batch(record(number), number))[0], 200)
    from stranger import Sensor
    other = Sensor(hub.ready["sensors"], hub.ca)
    equal((other.enrol(token), other.me["code"]), (503, "busy"))
    equal(one.send(one.batch(record(4), 4))[0], 200)
    held.execute("ROLLBACK")
    held.close()
    equal(other.enrol(token), 201, "the token was not used up")
    equal(hub.admin("org", "add", "other").code, 0)
    whole(hub, range(1, 5))
    equal(hub.stop(), 0)


@case
def clock_jumps():
    """Ahead and back, at the hub and at the sensor, while lines come: each is there once, under an hour that was."""
    at_hub, at_sensor = Faults(), Faults()
    hub = Hub(env=at_hub.env)
    hub.org()
    log = folder() / "box.log"
    log.touch()
    member = Member(hub, follow=[log])
    os.environ.update(at_sensor.env)  # of the sensor's process
    try:
        member.start()
    finally:
        for name in at_sensor.env:
            del os.environ[name]
    last, began = 0, time.gmtime().tm_yday
    # The last but one of each: before the certificates begin. Refused or cut off, kept, sent when the time is right.
    for hub_s, sensor_s, is_taken in ((0, 0, True), (3 * DAY_S, 0, True), (3 * DAY_S, 3 * DAY_S, True), (0, 3 * DAY_S, True),
                                      (-5 * DAY_S, 0, False), (0, 0, True), (0, -30 * DAY_S, False), (0, 0, True)):
        at_hub.set(date_s=hub_s)
        at_sensor.set(date_s=sensor_s)
        append(log, lines(last + 1, last + 7))
        last += 7
        if is_taken:
            # A sensor that was refused asks again after a minute.
            until("all at the hub", lambda: member.raws() == lines(1, last), 300)
            until("the archive", lambda: sorted(r["raw"] for r in hub.archived()) == sorted(lines(1, last)))
        elif hub_s:
            until("a word", lambda: "refuses this sensor" in member.messages())
    days = {str(p.relative_to(hub.data / "archive/acme").parent) for p in (hub.data / "archive/acme").glob("**/*.*")}
    assert len(days) == 2 or began != time.gmtime().tm_yday, days  # midnight makes more of them
    code, said = hub.verify()
    equal((code, said[-1]["damaged"], said[-1]["records"]), (0, 0, last), said)
    equal(member.stop(), 0)
    equal(hub.stop(), 0)


@case
def clock_ahead_and_certificates():
    """A year ahead all certificates are over and old logs would go: refused, nothing deleted, and good again after."""
    faults = Faults()
    hub = Hub(env=faults.env)
    hub.org()
    one = hub.stranger()
    equal(one.send(one.batch(record(1), 1))[0], 200)
    whole(hub, range(1, 2))
    equal(hub.stop(), 0)
    faults.set(date_s=3000 * DAY_S)
    hub.start()
    until("the hour was closed", lambda: list((hub.data / "archive/acme").glob("**/*.zst")))
    until("a word", lambda: "more than a month ahead" in hub.messages())
    equal(positions(hub), [1])
    equal(hub.stop(), 0)
    faults.set()
    hub.start()
    equal(one.send(one.batch(record(2), 2))[0], 200)
    whole(hub, range(1, 3))
    equal(hub.stop(), 0)


@case
def tokens_expire():
    faults = Faults()
    hub = Hub(env=faults.env)
    hub.org()
    from stranger import Sensor
    token = hub.admin("enrol-token", "--org", "acme", "--hours", "2").out.strip()
    early = Sensor(hub.ready["sensors"], hub.ca)
    faults.set(date_s=7300)
    equal((early.enrol(token), early.me["code"]), (403, "bad-token"))
    faults.set()
    equal(early.enrol(token), 201)
    equal((early.enrol(token), early.me["code"]), (403, "bad-token"), "twice")
    equal(hub.stop(), 0)


def drip(place, context, text, stop):
    """A connection that sends @text byte by byte; the socket."""
    host, port = place.rsplit(":", 1)
    raw = socket.create_connection((host, int(port)), timeout=60)
    link = context.wrap_socket(raw, server_hostname=host) if context else raw

    def go():
        try:
            for byte in text:
                if stop.wait(0.05):
                    return
                link.sendall(bytes([byte]))
        except OSError:
            pass
    threading.Thread(target=go, daemon=True).start()
    return link


def is_ended(link):
    try:
        while link.recv(4096):
            pass
        return True
    except (ConnectionError, ssl.SSLError):
        return True
    except TimeoutError:
        return False


@case
def slow_clients():
    """They drip bytes into the handshake, a head, a body: others are served, and after a minute they are closed."""
    faults = Faults()
    hub = Hub(env=faults.env)
    hub.org()
    one = hub.stranger()
    stop = threading.Event()
    hello = b"\x16\x03\x01\x02\x00" + b"\x01" * 600
    head = b"GET /sensor/v1/downlink?after=0&wait=0 HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 2000
    body = b"POST /sensor/v1/batches HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n" + b"x" * 3999
    slow = [drip(hub.sensors, context, text, stop)
            for context, text in ((None, hello), (one.tls, head), (one.tls, body)) for _ in range(8)]
    took = []
    for number in range(1, 30):
        begun = time.monotonic()
        equal(one.send(one.batch(record(number), number))[0], 200)
        took.append(time.monotonic() - begun)
    # They drip for two minutes and more, or until they are closed, which is after one. A busy machine is slow at times, but not
    # at all of them.
    assert min(took) < 5 and max(took) < 45, "held up by the slow ones: %.2f to %.2f s" % (min(took), max(took))
    faults.set(steady_s=61)
    for number, link in enumerate(slow):
        link.settimeout(60)
        assert is_ended(link), "still open: %d" % number
    stop.set()
    faults.set()
    equal(one.send(one.batch(record(30), 30))[0], 200)
    whole(hub, range(1, 31))
    equal(hub.stop(), 0)


@case
def bombs():
    """Small batches that would be large: refused before they are unpacked, so that memory stays as it is."""
    hub = Hub()
    hub.org()
    one = hub.stranger()
    equal(one.send(one.batch(record(1), 1))[0], 200)
    zeros = b"\0" * (16 << 20)
    bomb = [one.batch(zeros, 2, count=1), one.batch(zeros, 2, count=1, size=100000)]
    for b in bomb * 2:
        equal(one.send(b)[0], 422)
    until("the first record is judged", lambda: hub.lag() == 0)  # the rules are there: memory does not grow by them
    before = hub.memory_kb()
    for b in bomb * 25:
        status, problem = one.send(b)
        equal(status, 422)
        assert problem["code"] in ("bad-ratio", "wrong-size"), problem
    until("memory as before", lambda: hub.memory_kb() - before < 16 << 10)
    equal(one.send(one.batch(record(2), 2))[0], 200)
    whole(hub, range(1, 3))
    equal(hub.stop(), 0)


@case
def forged_organisation():
    """Nothing that a batch says puts it into another's archive: the certificate alone says whose it is."""
    hub = Hub()
    hub.org("acme")
    hub.org("rival")
    one, other = hub.stranger("acme"), hub.stranger("rival")
    for forged in ({"organisation": "rival"}, {"org": "rival"}, {"sensor": other.me["sensor"]},
                   {"sensor": "rival/" + other.me["sensor"]}):
        status, problem = one.send(one.batch(record(1), 1, **forged))
        if status == 200:  # a member that nobody knows is passed over
            equal(problem["next"], 2)
            break
        assert problem["code"] in ("bad-head", "other-sensor"), problem
    number = 2 if status == 200 else 1
    line = b'{"v":1,"format":"syslog","organisation":"rival","source":"../../rival/x","position":9,"raw":"x","fields":{}}\n'
    equal(one.send(one.batch(line, number))[0], 200)
    until("it in its own", lambda: 9 in positions(hub))
    equal(positions(hub, "rival"), [])
    equal({p.name for p in (hub.data / "archive").iterdir()}, {"acme"})
    equal(hub.stop(), 0)


@case
def sensor_disk_full():
    """No room for the spool: nothing more is read, that is said, and all comes when there is room."""
    if not IS_INSIDE:
        return print("not tried: nothing may be mounted here")
    hub = Hub()
    hub.org()
    log = folder() / "box.log"
    log.touch()
    member = Member(hub, follow=[log])
    before = member.state.with_name("before")
    os.rename(member.state, before)  # its messages stand beside the folder, on another disk
    member.state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "none", member.state], check=True)
    subprocess.run(["cp", "-a", "%s/." % before, member.state], check=True)
    member.start()
    append(log, lines(1, 20))
    member.wait_for(lines(1, 20))
    with open(member.state / "ballast", "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"\1" * 4096)
        except OSError:
            pass
    append(log, lines(21, 2000))
    until("a word", lambda: "spool" in member.messages())
    (member.state / "ballast").unlink()
    append(log, lines(2001, 2010))
    member.wait_for(lines(1, 2010))
    equal(member.stop(), 0)
    equal(hub.stop(), 0)


IS_INSIDE = "YAGURA_FAULTS_INSIDE" in os.environ

if __name__ == "__main__":
    # In a place of its own, where file systems may be mounted, if the system lets it.
    if not IS_INSIDE and subprocess.run(["unshare", "-rm", "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        os.environ["YAGURA_FAULTS_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "-rm", sys.executable, *sys.argv])
    main()
