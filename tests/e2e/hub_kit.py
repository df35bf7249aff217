# SPDX-License-Identifier: Apache-2.0
"""What the scenarios of hub and sensor share: a real hub on free ports, its operator, what it kept."""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import struct
import subprocess
import time
import urllib.request

from harness import TIMEOUT_S, YAGURA, folder, of_every_process, of_process, yagura
from stranger import Sensor

END_S = 10  # from SIGTERM to the end of a hub: docs/cli-contract.md


def until(what, test, seconds=180, every=0):
    """Look again and again until @test gives something; waiting for an event, never for a time. @seconds: after which what
    was waited for is called missing, on a machine that does much else; nothing that comes waits so long. @every: seconds
    between two looks, from the first on, where who asks may not ask more often."""
    begun = time.monotonic()
    while True:
        found = test()
        if found:
            return found
        waited = time.monotonic() - begun
        if waited > seconds:
            raise AssertionError("it never came: %s" % what)
        # Soon after something was done every moment counts; later, what is looked at has a rate, and others work too.
        time.sleep(max(every, 0.01 if waited < 1 else 0.05))


def quickest(what, bound_s, measure, tries=3):
    """What @measure says, in seconds, is below @bound_s in one of some tries: a machine that does much else adds to each of
    them, and takes nothing away."""
    took = []
    while len(took) < tries and not any(one < bound_s for one in took):
        took.append(measure())
    assert min(took) < bound_s, "%s: %s s" % (what, ", ".join("%.2f" % one for one in took))


def is_gone(pid):
    """Has the process @pid ended, with all that it had open?"""
    state = of_process(pid, "stat").rpartition(b")")[2].split()[:1]
    return not state or state[0] in (b"Z", b"X")


def own_port():
    """A port of ours: (socket that keeps it, number). While the socket is there the system gives the port to nobody who
    asks for any, nor to a connection; a program that asks for this one, as the hub does, may listen there, again and again."""
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind(("127.0.0.1", 0))
    return keeper, keeper.getsockname()[1]


class Hub:
    def __init__(self, data=None, sensors=None, env=None, inside=(), options=()):
        self.data = pathlib.Path(data or folder() / "hub")
        self.sensors, self.env, self.inside, self.options = sensors, env, inside, options
        if not sensors:  # the same port after a restart, so that sensors find it
            self.port, number = own_port()
            self.sensors = "127.0.0.1:%d" % number
        self.start()

    def start(self):
        # The hub removes segments that the archive has passed: links keep what is counted here.
        self.earlier = pathlib.Path(str(self.data) + ".earlier")
        self.earlier.mkdir(exist_ok=True)
        for segment in (self.data / "journal").glob("*.seg"):
            kept = self.earlier / segment.name
            with contextlib.suppress(FileNotFoundError):  # removed just now, by one that is being killed: it was linked before
                if not kept.exists() or not kept.samefile(segment):
                    kept.unlink(missing_ok=True)
                    os.link(segment, kept)
        self.process = subprocess.Popen(
            [*self.inside, YAGURA, "hub", "--data", str(self.data), "--http", "127.0.0.1:0", "--sensors", self.sensors,
             *self.options],
            stdout=subprocess.PIPE, stderr=open(str(self.data) + ".err", "ab"),
            env=dict(os.environ, LANGUAGE="en", **(self.env or {})))
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("no ready line: " + self.messages())
        self.ready = json.loads(line)
        self.sensors = self.ready["sensors"].split("//")[1]
        self.ca = self.ready["ca"]

    def messages(self):
        return pathlib.Path(str(self.data) + ".err").read_text(encoding="utf-8", errors="replace")

    def says(self, words, count=1):
        """Until that stands in its messages, @count times: they are written beside what it answers."""
        until("%d times %r" % (count, words), lambda: self.messages().count(words) >= count)

    def stop(self, how=signal.SIGTERM):
        begun = time.monotonic()
        self.process.send_signal(how)
        code = self.process.wait(TIMEOUT_S)
        self.ended_s = time.monotonic() - begun
        self.process.stdout.close()
        return code

    def kill(self):
        """Killed outright, and until the last of its processes is gone: from then on nobody writes into its folder. The
        next one may begin before (stop); who changes the files may not."""
        parts = set(self.processes())
        code = self.stop(signal.SIGKILL)
        until("the end of all its processes", lambda: all(is_gone(pid) for pid in parts))
        return code

    def processes(self):
        """Its children: {pid: role}."""
        found = {}
        for pid, text in of_every_process("stat"):
            name, rest = text.decode("utf-8", "replace").split("(", 1)[1].rsplit(")", 1)
            state, parent = rest.split()[:2]
            if int(parent) == self.process.pid and state != "Z" and name.startswith("yagura:"):
                found[pid] = name.split(":")[1]
        return found

    def memory_kb(self):
        """Of all its processes together; pages that they share count once (Pss)."""
        def of(pid):
            found = re.search(rb"^Pss:\s+(\d+)", of_process(pid, "smaps_rollup"), re.M)
            return int(found[1]) if found else 0
        return sum(of(pid) for pid in [self.process.pid, *self.processes()])

    def admin(self, *args):
        return yagura("admin", "--data", self.data, *args)

    def is_settled(self):
        """Does nothing that was judged wait for records of other sensors, and is every state of it written? From the
        store alone, so that it holds across kills: a restart would read the journal from where the cursor is."""
        with contextlib.closing(sqlite3.connect("file:%s/facts.db?mode=ro" % self.data, uri=True)) as db:
            row = db.execute("SELECT cursor, state FROM consumers WHERE name='detect'").fetchone()
        return row is not None and len(row[1]) >= 17 and row[0] == struct.unpack_from("<Q", row[1], 9)[0]

    def idle_at(self):
        """Has everything that changed been looked at by situations? Its number, else None. Outcomes that are learnt later
        count nowhere else."""
        def ask(name, sql):
            with contextlib.closing(sqlite3.connect("file:%s/%s?mode=ro" % (self.data, name), uri=True)) as db:
                return db.execute(sql).fetchone()[0]
        last = ask("facts.db", "SELECT change FROM last")
        return last if ask("situations.db", "SELECT value FROM meta WHERE name='cursor'") == last else None

    def metric(self, name):
        with urllib.request.urlopen(self.ready["url"] + "/metrics", timeout=60) as answer:
            text = answer.read().decode()
        return int(re.search(r"^%s (\d+)$" % re.escape(name), text, re.M).group(1))

    def lag(self):
        """Journal positions that detection has not passed."""
        return self.metric('yagura_consumer_lag_records{consumer="detect"}')

    def org(self, name="acme"):
        assert self.admin("org", "add", name).code == 0
        return name

    def token(self, org="acme"):
        return self.admin("enrol-token", "--org", org).out.strip()

    def stranger(self, org="acme"):
        sensor, token = Sensor(self.ready["sensors"], self.ca), self.token(org)
        # Busy: the token is as good as before.
        status = until("an answer to who enrols", lambda: (lambda code: code != 503 and code)(sensor.enrol(token)))
        assert status == 201, sensor.me
        return sensor

    def segments(self):
        """The journal's segments of all runs, oldest first: bytes that count, all of the last."""
        paths = {p.name: p for folder_ in (self.earlier, self.data / "journal") for p in folder_.glob("*.seg")}
        found = []
        for name in sorted(paths):
            try:
                found.append((name, paths[name].read_bytes()))
            except FileNotFoundError:  # removed just now: it was linked before
                found.append((name, (self.earlier / name).read_bytes()))
        for index, (name, data) in enumerate(found):
            # A segment says how much of the one before it counts (docs/journal.md).
            after = [struct.unpack_from("<QQ", d, 40) for _, d in found[index + 1:]]
            yield name, data[:next((size for first, size in after if first == int(name[:20])), len(data))]

    def entries(self):
        """What is in its journal: (kind, organisation, sensor, body)."""
        for _, data in self.segments():
            at = 128
            while at + 128 <= len(data) and data[at:at + 4] == b"YGJ1":
                kind, id_size, size = struct.unpack_from("<HHI", data, at + 4)
                begin = at + 128 + id_size
                if begin + size > len(data):
                    break
                if kind != 4:
                    org, sensor = data[at + 128:begin].decode().split("/")
                    yield kind, org, sensor, data[begin:begin + size]
                at += (128 + id_size + size + 7) // 8 * 8

    def kept(self):
        """Batches and drop records in its journal: (kind, organisation, head or drop record, records)."""
        found = []
        for kind, org, sensor, body in self.entries():
            head, _, packed = body.partition(b"\n")
            if kind in (1, 2):
                what = json.loads(head if kind == 1 else body)
                assert what["sensor"] == sensor, (what, sensor)
                found.append((kind, org, what, (packed,)))
        return found

    def refused(self):
        return [body for kind, _, _, body in self.entries() if kind == 3]

    def verify(self):
        """What `admin archive verify` says: (exit status, its objects)."""
        done = self.admin("archive", "verify", "--json")
        return done.code, [json.loads(line) for line in done.out.splitlines()]

    def archived(self, org="acme"):
        """All records of the archive, in the order of files. A file that is closed while one looks stands there under both
        names, or under neither; a folder may go."""
        names = {os.path.join(place, name).removesuffix(".open").removesuffix(".ndjson.zst")
                 for place, _, names in os.walk(self.data / "archive" / org) for name in names
                 if name.endswith((".open", ".ndjson.zst"))}
        found = []
        for name in sorted(names):
            data = b""
            for end in (".open", ".ndjson.zst"):
                with contextlib.suppress(FileNotFoundError):
                    data = data or pathlib.Path(name + end).read_bytes()
            content = subprocess.run(["zstd", "-dqc"], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                     timeout=TIMEOUT_S).stdout
            found += [json.loads(line) for line in content.splitlines() if line.endswith(b"}")]
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
    """A real sensor beside a hub. What it says of its own accord is off, unless @options ask for it."""
    QUIET = ("--inventory-every", "off", "--archive", "off")

    def __init__(self, hub, org="acme", options=(), follow=()):
        options = [*self.QUIET, *options]  # the last one counts
        self.hub, self.options, self.follow = hub, list(options), [str(f) for f in follow]
        self.state = folder() / "state"
        token = hub.token(org)

        def enrol():
            done = self.call("enrol", "--hub", hub.ready["sensors"], "--ca", hub.ca, "--token", token, "--state", self.state)
            return None if b"has too much to do" in done.stderr else done  # busy: the token is as good as before
        done = until("an answer to who enrols", enrol)
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
        return pathlib.Path(str(self.state) + ".err").read_text(encoding="utf-8", errors="replace")

    def says(self, words):
        """Until that stands in its messages: they are written beside what it sends."""
        until(repr(words), lambda: words in self.messages())

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(TIMEOUT_S)
        self.process.stdout.close()
        return code

    def segments(self):
        """(name, size) of the spool's segments, oldest first; one that has just been forgotten is left out."""
        found = []
        for name in sorted(os.listdir(self.state / "spool")):
            with contextlib.suppress(FileNotFoundError):
                if name.endswith(".seg"):
                    found.append((name, (self.state / "spool" / name).stat().st_size))
        return found

    def spool_size(self):
        return sum(size for _, size in self.segments())

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
