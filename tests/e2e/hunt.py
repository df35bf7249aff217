# SPDX-License-Identifier: Apache-2.0
"""`yagura hunt`: finds what detect finds, reads only what it must, goes on after any interruption."""
import atexit
import json
import os
import random
import shutil
import signal
import subprocess

import harness
from harness import ATTACK, ROOT, RULE, SHARED, YAGURA, access_log, case, contains, equal, main, yagura

SEED = int(os.environ.get("YAGURA_SEED") or random.SystemRandom().randrange(1 << 32))


made = []


def folder():
    made.append(harness.folder())
    return made[-1]


def archive_of(place, *paths):
    done = yagura("archive", "write", "--out", place / "a", "--org", "acme", *paths)
    equal(done.code in (0, 1), True, done.err)
    return place / "a"


@case
def same_as_detect():
    place = folder()
    samples = sorted(p for p in (ROOT / "samples").iterdir() if p.suffix in (".log", ".json"))
    archive = archive_of(place, *samples)
    wanted = yagura("detect", "--json", *samples).out
    for threads in (1, 2, 3):
        equal(yagura("hunt", "--json", "--threads", threads, archive).out, wanted)
    # Plain files, and both together.
    equal(yagura("hunt", "--json", *samples).out, wanted)
    for output in ("--json-stories", "--csv"):
        equal(yagura("hunt", output, archive).out, yagura("detect", output, *samples).out)


@case
def same_as_detect_on_shared_logs():
    places = [SHARED / "evtx", SHARED / "logs" / "by-product"]
    logs = sorted(p for place in places if place.exists() for p in place.rglob("*")
                  if p.is_file() and p.stat().st_size < 1 << 20)[::9]
    if not logs:
        print("skipped: there is no shared data")
        return
    place = folder()
    archive = archive_of(place, *logs)
    key = lambda f: (f["id"], f["rule_id"], f["kind"], f["position"], json.dumps(f["event"]))
    wanted = sorted(map(key, yagura("detect", "--json", *logs).findings()))
    got = sorted(map(key, yagura("hunt", "--json", archive).findings()))
    equal(len(wanted) > 0, True)
    equal([x for x in wanted if x not in got][:2], [], "missing")
    equal([x for x in got if x not in wanted][:2], [], "too many")


def clock(second):
    return second // 3600, second // 60 % 60, second % 60


def many(count):
    """A log with one line of an attacker in each thousand, each from an address of its own."""
    lines = []
    for i in range(count):
        line = 'GET /page/%d HTTP/1.1" 200 5120 "-" "Mozilla/5.0 (%s)"' % (i % 97, "x" * (i % 50))
        lines.append('198.51.%d.%d - - [21/Nov/2026:%02d:%02d:%02d +0900] "%s\n'
                     % (i % 100, i % 250, *clock(i * 3600 // count), line))
    for i in range(0, count, 1000):
        lines[i] = (ATTACK % 0).replace("08:00:00", "%02d:%02d:%02d" % clock(i * 3600 // count)).replace("203.0.113.9", "203.0.%d.%d" % (113 + i // 200000, i // 1000 % 200)) + "\n"
    return "".join(lines)


@case
def indicators_ask_the_filters():
    place = folder()
    log = place / "access.log"
    log.write_text(many(40000))
    archive = archive_of(place, log)
    lists = {"203.0.113.7\n": 1, "203.0.113.7\n203.0.113.33\n198.51.100.1\n": None, "203.0.113.0/28\n": 16,
             "192.0.2.200\n": 0, "evil.example\n": 0, "44d88612fea8a8f36de82e1278abb02f\n": 0}
    for text, count in lists.items():
        (place / "list").write_text(text)
        options = ("--json", "--stats", "--no-default-rules", "--indicators", place / "list")
        wanted = yagura("detect", *options, log)
        got = yagura("hunt", *options, archive)
        equal([f["id"] for f in got.findings()], [f["id"] for f in wanted.findings()], text)
        if count is not None:
            equal(len(got.findings()), count, text)
        stats = got.stats()
        equal(stats["records"] + stats["left_out"], 40000)
        if count == 0:
            equal(stats["frames_read"] <= 1, True, text)
        if count == 1:
            equal(stats["frames_read"] <= 2 and stats["frames"] > 20, True, text)


@case
def rules_read_only_their_formats():
    place = folder()
    web, windows = place / "access.log", place / "events.json"
    web.write_text(access_log(4000, attacks=()))
    windows.write_text("".join(json.dumps({"EventID": 4624, "Channel": "Security", "n": i}) + "\n"
                               for i in range(4000)))
    archive = archive_of(place, web, windows)
    (place / "rule.yml").write_text(RULE)
    options = ("--json", "--stats", "--no-default-rules", "--rules", place / "rule.yml")
    stats = yagura("hunt", *options, archive).stats()
    equal(0 < stats["frames_read"] < stats["frames"], True)
    equal(stats["records"] >= 4000 and stats["left_out"] > 2000, True)
    (place / "rule.yml").write_text(RULE.replace("category: webserver", "product: windows\n    service: security"))
    stats = yagura("hunt", *options, archive).stats()
    equal(0 < stats["frames_read"] < stats["frames"], True)


@case
def time_and_fields_restrict():
    place = folder()
    log = place / "access.log"
    log.write_text(access_log(59, attacks=(3, 30, 50)))
    archive = archive_of(place, log)
    for source in (archive, log):
        hunt = lambda *options: [f["position"] for f in yagura("hunt", "--json", *options, source).findings()
                                 if f["kind"] == "pattern"]
        whole = hunt()
        equal(set(whole), {3, 30, 50})
        equal(set(hunt("--from", "2026-11-21T08:00:30+09:00")), {30, 50})
        equal(set(hunt("--from", "2026-11-20T23:00:04Z", "--to", "2026-11-20T23:00:50Z")), {30})
        for end, wanted in (("2026-11-20", []), ("2026-11-21", whole), ("2026-11-21T00:00", [])):
            equal(hunt("--to", end, "--tz", "Asia/Tokyo"), wanted, end)
        equal(hunt("--field", "src_ip=203.0.113.9"), whole)
        equal(hunt("--field", "src_ip=198.51.100.7"), [])


@case
def damage_costs_its_frame_alone():
    place = folder()
    log = place / "access.log"
    log.write_text(many(3000))
    archive = archive_of(place, log)
    file, = [p for p in archive.rglob("*.ndjson.zst")]
    data = bytearray(file.read_bytes())
    data[data.index(b"YGARFRM1", 1000) + 500] ^= 1
    file.write_bytes(data)
    done = yagura("hunt", "--json", archive)
    equal(done.code, 1)
    contains(done.err, "byte")
    equal(0 < len(done.findings()), True)


class Interrupted:
    """A hunt that is stopped by @how as soon as it has kept something new."""

    def __init__(self, place, source, draw):
        self.place, self.source, self.draw = place, source, draw
        self.state = place / "state"

    def start(self, out):
        return subprocess.Popen([YAGURA, "hunt", "--json", "--stats", "--threads", str(self.draw.randint(1, 2)),
                                 "--state", self.state, self.source], stdout=out,
                                stderr=subprocess.PIPE, env=dict(os.environ, LANGUAGE="en"),
                                preexec_fn=lambda: os.nice(10))  # so that it is seen in time

    def kept(self):
        try:
            return os.stat(self.state).st_ino
        except FileNotFoundError:
            return None

    def stop(self, out, how):
        before = self.kept()
        run = self.start(out)
        while run.poll() is None and self.kept() == before:
            pass
        spin = self.draw.randint(0, 50000)
        while spin and run.poll() is None:
            spin -= 1
        if run.poll() is None:
            run.send_signal(how)
        err = run.communicate()[1].decode()
        return run.returncode, err


def interrupt(source, wanted, place, hows):
    draw = random.Random(SEED)
    run = Interrupted(place, source, draw)
    out = place / "out"
    rounds = 0
    with open(out, "ab") as same:  # the same file again and again
        code, err = None, ""
        for how in hows:
            code, err = run.stop(same, how)
            if code == 0:
                break
            rounds += 1
            equal(code in (1, -signal.SIGKILL), True, err)
        while code != 0:
            last = run.start(same)
            err = last.communicate()[1].decode()
            code = last.returncode
            equal(code, 0, err)
    equal(out.read_text() == wanted.out, True, "the same file, seed %d" % SEED)
    stats = json.loads(err.splitlines()[-1])
    equal((stats["records"], stats["findings"]), (wanted.stats()["records"], wanted.stats()["findings"]))
    again = yagura("hunt", "--json", "--stats", "--state", run.state, source)
    equal((again.code, again.out == wanted.out), (0, True))
    equal(again.stats()["records"], stats["records"])
    print("interrupted %d times" % rounds)
    return rounds


def is_interrupted(source, wanted, hows):
    """On a busy machine a hunt may be over before it is seen to have kept anything: then once more."""
    return any(interrupt(source, wanted, folder(), hows) > 0 for _ in range(8))


@case
def goes_on_after_interruptions():
    print("seed", SEED)
    place = folder()
    log = place / "access.log"
    log.write_text(many(150000))
    wanted = yagura("hunt", "--json", "--stats", log)
    archive = archive_of(place, log)
    kills = [signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGKILL]
    equal(is_interrupted(archive, wanted, kills), True)
    equal(interrupt(log, wanted, folder(), kills[:3]) >= 0, True)


def disordered(count, draw):
    """Sign-ins that fail, 20 of each source within a minute, the lines far out of order."""
    lines = []
    for i in range(count):
        second = i * 3600 * 10 // count
        lines.append((second, "2026-11-21T%02d:%02d:%02d+09:00 h sshd[%d]: Failed password for u%d from 198.18.%d.%d "
                      "port 22 ssh2 %s\n" % (second // 3600, second // 60 % 60, second % 60, i, i % 7, i // 20 // 250 % 250,
                                            i // 20 % 250, "x" * 120)))
    return "".join(line for _, line in sorted(lines, key=lambda x: x[0] + draw.randint(0, 90)))


@case
def correlations_go_on_exactly():
    """Batches overlap in time everywhere: what of the next one counts already is kept, too."""
    place = folder()
    draw = random.Random(SEED)
    log = place / "auth.log"
    log.write_text(disordered(150000, draw))
    archive = archive_of(place, log)
    wanted = yagura("hunt", "--json", "--stats", archive)
    kinds = [f["kind"] for f in wanted.findings()]
    equal(kinds.count("behaviour") > 100, True)
    kills = [signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGINT]
    equal(is_interrupted(archive, wanted, kills), True)


@case
def another_output_gets_all():
    place = folder()
    log = place / "access.log"
    log.write_text(many(150000))
    archive = archive_of(place, log)
    wanted = yagura("hunt", "--json", log).out
    run = Interrupted(place, archive, random.Random(SEED))
    with open(place / "one", "wb") as one:
        code, err = run.stop(one, signal.SIGTERM)
    if code == 0:
        print("skipped: it ended before it could be interrupted")
        return
    contains(err, "goes on")
    # Another question is refused, the state stays.
    done = yagura("hunt", "--json", "--state", run.state, "--to", "2027-01-01", archive)
    equal((done.code, done.out), (2, ""))
    contains(done.err, "another hunt")
    done = yagura("hunt", "--json", "--state", run.state, archive)
    equal(done.code, 0, done.err)
    equal(done.out == wanted, True)


@case
def goes_on_with_later_hours():
    place = folder()
    log = place / "access.log"
    log.write_text(access_log(40, attacks=(3,)))
    write = lambda hour: yagura("archive", "write", "--out", place / "a", "--org", "acme", "--arrived", hour, log)
    write("2026-11-21T07:00:00Z")
    hunt = lambda: yagura("hunt", "--json", "--stats", "--state", place / "state", place / "a")
    first = hunt()
    write("2026-11-21T08:00:00Z")
    second = hunt()
    equal((second.code, second.stats()["records"]), (0, 80))
    equal(second.out.startswith(first.out), True)
    equal([f["position"] for f in second.findings() if f["kind"] == "pattern"].count(3) % 2, 0)


@case
def damaged_states_are_refused():
    place = folder()
    log = place / "access.log"
    log.write_text(access_log(5))
    for text in (b"", b"YGHUNT1\n", b"x" * 400):
        (place / "state").write_bytes(text)
        done = yagura("hunt", "--json", "--state", place / "state", log)
        equal((done.code, done.out), (2, ""))
        contains(done.err, "damaged")
        equal((place / "state").read_bytes(), text)


@case
def wrong_usage():
    place = folder()
    log = place / "access.log"
    log.write_text(access_log(5))
    equal(yagura("hunt").code, 2)
    equal(yagura("hunt", "--follow", log).code, 2)
    equal(yagura("hunt", "--state", place / "s", log).code, 2)
    equal((place / "s.out").exists(), False)
    equal(yagura("hunt", "--json", place / "nothing").code, 2)
    equal(yagura("hunt", "--help").code, 0)


def clean():
    """The logs of these cases are large: they do not stay."""
    for place in made:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    atexit.register(clean)
    main()
