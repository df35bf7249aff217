# SPDX-License-Identifier: Apache-2.0
"""What the scenarios of hub and sensor share: a real hub on free ports, its operator, what it kept."""
import json
import os
import pathlib
import signal
import struct
import subprocess
import time
import zlib

from harness import TIMEOUT_S, YAGURA, folder, yagura
from stranger import Sensor


def until(what, test, seconds=60):
    """Look again and again until @test gives something; waiting for an event, never for a time."""
    end = time.monotonic() + seconds
    while True:
        found = test()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError("it never came: %s" % what)
        time.sleep(0.01)


class Hub:
    def __init__(self, data=None, sensors="127.0.0.1:0", env=None):
        self.data = pathlib.Path(data or folder() / "hub")
        self.sensors, self.env = sensors, env
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [YAGURA, "hub", "--data", str(self.data), "--http", "127.0.0.1:0", "--sensors", self.sensors],
            stdout=subprocess.PIPE, stderr=open(str(self.data) + ".err", "ab"),
            env=dict(os.environ, LANGUAGE="en", **(self.env or {})))
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("no ready line: " + self.messages())
        self.ready = json.loads(line)
        # The same port again after a restart, so that sensors find it.
        self.sensors = self.ready["sensors"].split("//")[1]
        self.ca = self.ready["ca"]

    def messages(self):
        return pathlib.Path(str(self.data) + ".err").read_text(encoding="utf-8")

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(10)
        self.process.stdout.close()
        return code

    def admin(self, *args):
        return yagura("admin", "--data", self.data, *args)

    def org(self, name="acme"):
        assert self.admin("org", "add", name).code == 0
        return name

    def token(self, org="acme"):
        return self.admin("enrol-token", "--org", org).out.strip()

    def stranger(self, org="acme"):
        sensor = Sensor(self.ready["sensors"], self.ca)
        assert sensor.enrol(self.token(org)) == 201, sensor.me
        return sensor

    def kept(self):
        """What is on its disk: (kind, organisation, head or drop record, records)."""
        data = (self.data / "kept").read_bytes()
        at, found = 0, []
        while at + 96 <= len(data):
            magic, kind, size, crc, received = struct.unpack_from("<4sIIIq", data, at)
            if magic != b"YGK1" or at + 96 + size > len(data):
                break
            body = data[at + 96:at + 96 + size]
            if zlib.crc32(data[at + 4:at + 12] + data[at + 16:at + 96] + body) != crc:
                break
            org = data[at + 24:at + 96].rstrip(b"\0").decode()
            if kind == 1:
                head, _, packed = body.partition(b"\n")
                found.append((1, org, json.loads(head), (packed,)))
            else:
                found.append((2, org, json.loads(body), ()))
            at += 96 + size
        return found

    def records(self, sensor=None):
        """All records in the order in which they were kept."""
        packed = b"".join(r[0] for kind, _, head, r in self.kept()
                          if kind == 1 and sensor in (None, head["sensor"]))
        if not packed:
            return []
        content = subprocess.run(["zstd", "-dqc"], input=packed, stdout=subprocess.PIPE, check=True,
                                 timeout=TIMEOUT_S).stdout
        return [json.loads(line) for line in content.splitlines()]


def record(number, text=None):
    return ('{"v":1,"format":"syslog","position":%d,"raw":"%s","fields":{"n":%d}}\n'
            % (number, text or "line %d" % number, number)).encode()


SENSOR = os.environ.get("YAGURA_SENSOR", str(pathlib.Path(YAGURA).with_name("yagura-sensor")))


class Member:
    """A real sensor beside a hub."""

    def __init__(self, hub, org="acme", options=(), follow=()):
        self.hub, self.options, self.follow = hub, list(options), [str(f) for f in follow]
        self.state = folder() / "state"
        done = self.call("enrol", "--hub", hub.ready["sensors"], "--ca", hub.ca, "--token", hub.token(org),
                         "--state", self.state)
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode())
        self.id = done.stdout.decode().strip().split("/")[1]

    @staticmethod
    def call(*args, stdin=b""):
        return subprocess.run([SENSOR, *map(str, args)], input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=dict(os.environ, LANGUAGE="en"), timeout=TIMEOUT_S)

    def start(self):
        command = [SENSOR, "run", "--state", str(self.state), "--tz", "UTC", *self.options]
        for path in self.follow:
            command += ["--follow", path]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE,
                                        stderr=open(str(self.state) + ".err", "ab"),
                                        env=dict(os.environ, LANGUAGE="en"))
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("no ready line: " + self.messages())
        self.ready = json.loads(line)
        return self

    def messages(self):
        return pathlib.Path(str(self.state) + ".err").read_text(encoding="utf-8")

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(20)
        self.process.stdout.close()
        return code

    def raws(self):
        return [r["raw"] for r in self.hub.records(self.id)]

    def wait_for(self, wanted):
        """Until exactly these lines, in this order, have arrived."""
        def look():
            got = self.raws()
            return got == wanted or (len(got) > len(wanted) and "more")
        found = until("%d lines, last %r" % (len(wanted), wanted[-1:]), look)
        if found == "more":
            raise AssertionError("too many: %r" % self.raws()[:20])


def lines(first, last, words="sshd[7]: line"):
    return ["Nov 21 08:00:%02d box %s %d" % (n % 60, words, n) for n in range(first, last + 1)]


def append(path, texts):
    with open(path, "ab") as file:
        file.write("".join(t + "\n" for t in texts).encode())
