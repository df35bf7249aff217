# SPDX-License-Identifier: Apache-2.0
"""`yagura admin backup` while lines come in, `backup verify`, `restore`: what a hub had is there again, and what came after
the backup the sensors send again. Nothing is missing, nothing is doubled."""
import collections
import json
import os
import random
import shutil
import subprocess
import threading

from harness import case, contains, equal, folder, main, yagura
from hub_kit import Hub, Member, append, lines, record, until

SEED = int(os.environ.get("YAGURA_SEED", random.SystemRandom().randrange(1 << 32)))
print("seed %d" % SEED, flush=True)


class Writer(threading.Thread):
    """Lines into a log as long as it runs, each with its number."""

    def __init__(self, log):
        super().__init__(daemon=True)
        self.log, self.count, self.is_over = log, 0, threading.Event()
        log.touch()

    def run(self):
        chance = random.Random(SEED)
        while not self.is_over.wait(0.002):
            some = chance.randrange(1, 40)
            append(self.log, lines(self.count + 1, self.count + some))
            self.count += some

    def end(self):
        self.is_over.set()
        self.join()


def whole(hub, member, wanted, org="acme"):
    """Each line once, in this order, and every file whole."""
    def found():
        return collections.Counter(r["raw"] for r in hub.archived(org))
    until("all in the archive", lambda: sum(found().values()) >= len(wanted), 300)
    got, want = found(), collections.Counter(wanted)
    equal((sum((want - got).values()), sum((got - want).values())), (0, 0), "missing, doubled")
    code, said = hub.verify()
    equal((code, said[-1]["damaged"], said[-1]["records"]), (0, 0, len(wanted)), said)


@case
def while_lines_come():
    hub = Hub()
    hub.org()
    writer = Writer(folder() / "box.log")
    member = Member(hub, follow=[writer.log]).start()
    writer.start()
    base = []
    for number in range(4):
        count = writer.count
        until("more lines", lambda: writer.count > count + 200)
        to = folder() / ("backup%d" % number)
        done = hub.admin("backup", "--to", to, "--json", *base)
        equal(done.code, 0, done.err)
        said = json.loads(done.out)
        assert said["files"] > 8 and said["bytes"] > 10000, said
        done = yagura("admin", "backup", "verify", to)
        equal(done.code, 0, done.err)
        equal(subprocess.run(["sha256sum", "-c", "--quiet", "files.sha256"], cwd=to, check=False).returncode, 0)
        base = ["--base", to]
        if number % 2 == 0:
            count = writer.count
            until("lines after the backup", lambda: writer.count > count + 100)
            hub.stop()
            shutil.rmtree(hub.data)
            shutil.rmtree(hub.earlier)  # of a future that is gone
            done = yagura("admin", "restore", "--from", to, "--data", hub.data)
            equal(done.code, 0, done.err)
            hub.start()
    writer.end()
    whole(hub, member, lines(1, writer.count))
    equal(member.stop(), 0)
    equal(hub.stop(), 0)


@case
def an_hour_old():
    """Two sensors, one of them away when the backup is put back; what the backup lacks is asked for."""
    hub = Hub()
    hub.org()
    logs = [folder() / name for name in ("a.log", "b.log")]
    for log in logs:
        log.touch()
    members = [Member(hub, follow=[log]).start() for log in logs]
    for log, member in zip(logs, members):
        append(log, lines(1, 30))
        member.wait_for(lines(1, 30))
    to = folder() / "backup"
    equal(hub.admin("backup", "--to", to).code, 0)
    for log, member in zip(logs, members):
        append(log, lines(31, 60))
        member.wait_for(lines(1, 60))
    equal(members[1].stop(), 0)
    hub.stop()
    shutil.rmtree(hub.data)
    shutil.rmtree(hub.earlier)
    equal(yagura("admin", "restore", "--from", to, "--data", hub.data).code, 0)
    hub.start()
    append(logs[0], lines(61, 70))
    members[1].start()
    until("all", lambda: len(hub.archived()) == 130, 300)
    whole(hub, members[0], lines(1, 70) + lines(1, 60))
    members[0].says("sent again")
    for member in members:
        equal(member.stop(), 0)
    equal(hub.stop(), 0)


@case
def closed_files_are_linked():
    hub = Hub()
    hub.org()
    one = hub.stranger()
    equal(one.send(one.batch(record(1), 1))[0], 200)
    log = folder() / "old.log"
    log.write_text('192.0.2.1 - - [21/Nov/2026:08:00:00 +0900] "GET / HTTP/1.1" 200 5 "-" "curl"\n')
    equal(yagura("archive", "write", "--out", hub.data / "archive", "--org", "acme", "--arrived", "2026-11-21T08:00:00Z",
                 log).code, 0)
    first, second = folder() / "first", folder() / "second"
    equal(json.loads(hub.admin("backup", "--to", first, "--json").out)["linked"], 0)
    equal(json.loads(hub.admin("backup", "--to", second, "--json", "--base", first).out)["linked"], 2)
    same = "archive/acme/2026/11/21/08-000.ndjson.zst"
    assert os.path.samefile(first / same, second / same)
    assert not os.path.samefile(first / "hub.db", second / "hub.db")
    shutil.rmtree(first)
    equal(yagura("admin", "backup", "verify", second).code, 0)
    equal(hub.stop(), 0)


@case
def damage_is_named():
    hub = Hub()
    hub.org()
    one = hub.stranger()
    for number in range(1, 6):
        equal(one.send(one.batch(record(number), number))[0], 200)
    until("the archive", lambda: len(hub.archived()) == 5)
    to, data = folder() / "backup", folder() / "again"
    equal(hub.admin("backup", "--to", to).code, 0)
    equal(hub.stop(), 0)
    path = min(p for p in (to / "archive").glob("**/*") if p.name.endswith((".open", ".ndjson.zst")))
    good = path.read_bytes()
    path.write_bytes(good[:50] + bytes([good[50] ^ 1]) + good[51:])
    done = yagura("admin", "backup", "verify", to)
    equal(done.code, 1)
    contains(done.err, str(path.relative_to(to)))
    done = yagura("admin", "restore", "--from", to, "--data", data)
    equal(done.code, 1)
    contains(done.err, str(path.relative_to(to)))
    equal((data.exists(), list(data.parent.iterdir())), (False, []), "nothing half restored")
    path.unlink()
    equal(yagura("admin", "backup", "verify", to).code, 1)
    path.write_bytes(good)
    equal(yagura("admin", "backup", "verify", to).code, 0)
    # A list that leads outside, a head that is not of this list, an interrupted one.
    listed = (to / "files.sha256").read_bytes()
    (to / "files.sha256").write_bytes(listed + listed.splitlines()[0][:66] + b"../../outside\n")
    done = yagura("admin", "restore", "--from", to, "--data", data)
    assert done.code in (1, 2) and not data.exists(), done
    (to / "files.sha256").write_bytes(listed)
    os.rename(to / "backup.json", to / "away")
    for words in (("backup", "verify", to), ("restore", "--from", to, "--data", data)):
        done = yagura("admin", *words)
        equal(done.code, 1)
        contains(done.err, "no whole backup")
    os.rename(to / "away", to / "backup.json")
    equal(yagura("admin", "restore", "--from", to, "--data", data).code, 0)
    done = yagura("admin", "restore", "--from", to, "--data", data)
    equal(done.code, 1)
    contains(done.err, "something is there already")
    done = yagura("admin", "--data", data, "backup", "--to", to)
    equal(done.code, 1)
    done = yagura("admin", "--data", folder(), "backup", "--to", folder() / "x")
    equal(done.code, 2)
    for words in (("backup",), ("backup", "--to", to), ("restore", "--from", to), ("backup", "verify"), ("backup", "x", to)):
        done = yagura("admin", *words)
        equal(done.code, 2, words)
        assert done.err, words
    again = Hub(data=data)
    equal([r["position"] for r in again.archived()], [1, 2, 3, 4, 5])
    equal(again.stop(), 0)


if __name__ == "__main__":
    main()
