#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`yagura demo`: one attack from the log to the last receipt, on logs and communities of the caller; whatever
ends it, nothing of it stays. demo.py [COMMUNITIES]
"""
import csv
import hashlib
import json
import os
import pty
import random
import re
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

from harness import ROOT, SHARED, TIMEOUT_S, YAGURA, case, contains, equal, folder, main, \
    of_every_process, of_process, yagura
from hub_api_kit import Who, cookie_of
from hub_kit import until

SEED = int(os.environ.get("SEED", "20261126"))
COMMUNITIES = int(sys.argv[1]) if len(sys.argv) > 1 else 4
STEPS = ["situation", "plan", "approval", "delivered", "seen", "acknowledged", "end"]
# Longer than the demo's own: other tests run beside this one.
LONG = "240"


def started(place, *args, lang="en", stdout=subprocess.PIPE):
    return subprocess.Popen([YAGURA, "demo", "run", "--place", str(place), "--timeout", LONG, *map(str, args)],
                            stdout=stdout, stderr=subprocess.PIPE, env=dict(os.environ, LANGUAGE=lang))


def run(*args, timeout=LONG):
    """(exit status, lines, messages); nothing of it may be left."""
    place = folder() / "demo"
    done = yagura("demo", "run", "--once", "--json", "--timeout", timeout, "--place", place, *args)
    assert not place.exists(), list(place.rglob("*"))[:5]
    equal(of_place(place), [])
    return done.code, done.lines(), done.err


def of_place(place):
    """Processes whose command line names a path below @place."""
    return [pid for pid, words in of_every_process("cmdline") if str(place).encode() + b"/" in words]


def gone(place):
    until("nobody works there", lambda: not of_place(place))


def steps(lines):
    found = []
    for line in lines:
        if not found or found[-1] != line["step"]:
            found.append(line["step"])
    return found


def check_whole(code, lines, err, members=None, relations=None, victim=None):
    """The story is whole, and its plan is that of the command line."""
    assert code == 0, (code, lines[-1:], err)
    equal(steps(lines), STEPS)
    times = [line["ms"] for line in lines]
    equal(times, sorted(times))
    (plan,) = [line for line in lines if line["step"] == "plan"]
    ids = [r["id"] for r in plan["recipients"]]
    for step in STEPS[3:6]:
        equal([line["id"] for line in lines if line["step"] == step], ids)
    equal((lines[-1]["ok"], lines[-1]["acknowledged"], lines[-1]["missing"]), (True, len(ids), []))
    done = yagura("share", "plan", "--members", members or ROOT / "demo/members.csv", "--relations",
                  relations or ROOT / "demo/relations.csv", "--victim", victim or "kogane-plating", "--json")
    wanted = json.loads(done.out)["recipients"]
    equal(plan["recipients"], wanted)
    return ids


@case
def the_own_story_is_one_situation():
    code, lines, err = run()
    ids = check_whole(code, lines, err)
    equal(ids, ["aoba-motor", "hiyori-parts", "kogane-plating", "minato-machine", "mizube-city"])
    situation = lines[0]
    equal((situation["records"], situation["others"], situation["severity"], situation["noise_off"]),
          (20000, 0, "critical", False))
    assert situation["noise"] > 200 and situation["alerts"] >= 8, situation
    approval = next(line for line in lines if line["step"] == "approval")
    equal((approval["consent"]["answer"], approval["consent"]["named"], approval["released"]), ("yes", False, 5))


@case
def other_logs_at_other_members():
    vpn = ROOT / "samples/vpn-utm.log"
    both = folder() / "logs"
    both.mkdir()
    for name in ("web-access.log", "windows-signin.json"):
        (both / name).write_bytes((ROOT / "samples" / name).read_bytes())
    packed = folder() / "web.log.gz"
    packed.write_bytes(subprocess.run(["gzip", "-c", str(ROOT / "samples/web-access.log")], stdout=subprocess.PIPE,
                                      check=True, timeout=TIMEOUT_S).stdout)
    short = folder() / "one.log"  # the last line has no end
    short.write_text('203.0.113.9 - - [21/Nov/2026:08:00:01 +0900] "GET /item.php?id=1%20UNION%20SELECT%20user,password'
                     '%20FROM%20users HTTP/1.1" 200 8196 "-" "Mozilla/5.0"')
    for log, at in ((vpn, "aoba-motor"), (both, "mizube-city"), (packed, "minato-machine"), (short, "hiyori-parts")):
        code, lines, err = run("--attack", log, "--at", at)
        check_whole(code, lines, err, victim=at)
        equal(lines[0]["at"], at)


def community(rng, home, count):
    """Members whose ids no hub takes as they are, and relations with cycles."""
    ids = rng.sample(["B", "A'", "C", "株式会社", "m 1", "Z", "b", "org-%d" % count, "0", "_", "ｱ", "z.z"], min(count, 12))
    members, relations = home / "members.csv", home / "relations.csv"
    with open(members, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow("id,name_ja,name_en,sector,provider,contact_mail,deputy_mail".split(","))
        for name in ids:
            out.writerow([name, "組織" + name, "", rng.choice(["", "bank", "city"]), rng.choice(["", "msp"]), "", ""])
    with open(relations, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow("supplier,buyer,secret_data,business_stop,system_access,consent".split(","))
        for a in ids:
            for b in ids:
                if a != b and rng.random() < 0.35:
                    out.writerow([a, b, *(rng.choice(["yes", "no"]) for _ in range(3)),
                                  rng.choice(["named", "anonymous", "ask"])])
    return members, relations, rng.choice(ids)


@case
def communities_of_the_caller():
    print("seed %d" % SEED)
    rng = random.Random(SEED)
    for number in range(COMMUNITIES):
        members, relations, victim = community(rng, folder(), rng.randrange(1, 13))
        code, lines, err = run("--attack", ROOT / "samples/web-access.log", "--at", victim, "--members", members,
                               "--relations", relations)
        try:
            check_whole(code, lines, err, members, relations, victim)
        except AssertionError:
            print("community %d: %s" % (number, members.parent))
            raise


@case
def logs_that_name_no_address():
    """Nothing to look for in what was found: those of the same sector are told what to do."""
    home = folder()
    (home / "members.csv").write_text("id,name_ja,name_en,sector,provider,contact_mail,deputy_mail\n"
                                      "V,,,city,,,\nS,,,city,,,\nT,,,city,,,\n")
    (home / "relations.csv").write_text("supplier,buyer,secret_data,business_stop,system_access,consent\n")
    (home / "windows.json").write_text("".join(json.dumps({
        "EventID": 4688, "Channel": "Security", "Provider_Name": "Microsoft-Windows-Security-Auditing", "Computer": "PC-1",
        "TimeCreated": "2026-11-21T08:00:%02dZ" % n, "SubjectUserName": "tanaka", "NewProcessName": "C:\\Windows\\System32\\cmd.exe",
        "CommandLine": line}) + "\n" for n, line in enumerate(("vssadmin delete shadows /all /quiet", "reg save HKLM\\SAM sam.hiv"))))
    files = home / "members.csv", home / "relations.csv"
    check_whole(*run("--attack", home / "windows.json", "--at", "V", "--members", files[0], "--relations", files[1]), *files, "V")


@case
def logs_from_elsewhere():
    if not (SHARED / "weblogs").is_dir():
        print("skipped: no logs of others (YAGURA_SHARED)")
        return
    for log in ("weblogs/attack/acunetix.txt", "syslog/OpenSSH/OpenSSH_2k.log",
                "logs/by-product/fortinet-vpn-bf/fortinet-vpn-bf.log"):
        check_whole(*run("--attack", SHARED / log, "--at", "kogane-plating"))


@case
def nothing_in_the_log():
    quiet = folder() / "quiet.log"
    quiet.write_text('198.51.100.7 - - [21/Nov/2026:08:00:01 +0900] "GET / HTTP/1.1" 200 5120 "-" "Mozilla/5.0"\n' * 50)
    code, lines, err = run("--attack", quiet)
    equal((code, steps(lines), lines[-1]["ok"]), (1, ["end"], False))
    contains(lines[-1]["reason"], "no situation came of it: 50 records were received, 0 findings were made")
    contains(err, lines[-1]["reason"])


@case
def the_time_is_over():
    code, lines, err = run("--timeout", "1")
    equal((code, lines[-1]["ok"], lines[-1]["step"]), (1, False, "end"))
    contains(lines[-1]["reason"], "the time (--timeout 1) is over")
    contains(err, "--timeout 1")


@case
def it_says_what_is_wrong():
    empty, home = folder() / "empty", folder()
    empty.mkdir()
    bad = home / "relations.csv"
    bad.write_text("supplier,buyer,secret_data,business_stop,system_access,consent\nA,A,yes,no,no,ask\n")
    members = home / "members.csv"
    members.write_text("id,name_ja,name_en,sector,provider,contact_mail,deputy_mail\nA,A,,,,,\n")
    for args, words in ((["--at", "kogane-platin"], "is kogane-plating meant?"),
                        (["--attack", home / "none.log"], "none.log: no such file"),
                        (["--attack", empty], "there is nothing in it to read"),
                        (["--members", members], "--relations FILE is missing"),
                        (["--members", members, "--relations", bad], "--at ID is missing"),
                        (["--members", members, "--relations", bad, "--at", "A"], "relations.csv:2"),
                        (["--timeout", "0"], "--timeout: a number from 1"),
                        (["--story", "--at", "aoba-motor"], "leave out --attack"),
                        (["--story", "--attack", empty], "leave out --attack"),
                        (["--nothing"], "there is no such option")):
        place = folder() / "demo"
        done = yagura("demo", "run", "--once", "--place", place, *args)
        equal(done.code, 2, args)
        contains(done.err, words)
        assert not place.exists()
    equal(yagura("demo", "walk").code, 2)
    other = folder() / "open"
    other.mkdir(mode=0o777)
    other.chmod(0o777)
    done = yagura("demo", "run", "--once", "--place", other)
    equal(done.code, 2)
    contains(done.err, "yours alone")
    equal(list(other.iterdir()), [])


def at_work(place):
    """Until hub and sensor of the run are there."""
    return until("a sensor at work", lambda: list(place.glob("run-*/sensor-0/run.json")))


@case
def ended_from_outside():
    for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        place = folder() / "demo"
        process = started(place, "--once", "--json")
        at_work(place)
        process.send_signal(how)
        out, err = process.communicate(timeout=TIMEOUT_S)
        assert process.returncode == 1 and not place.exists(), (process.returncode, err)
        contains(out.decode().splitlines()[-1], "asked to end")
        equal(of_place(place), [])


@case
def killed_and_cleaned():
    # Killed outright: the kernel ends the others, `clean` takes away what is there.
    place = folder() / "demo"
    process = started(place, "--once", "--json")
    at_work(place)
    process.kill()
    process.communicate(timeout=TIMEOUT_S)
    gone(place)
    keep = place / "run-mine"  # not one of the demo's
    keep.mkdir()
    (keep / "letter").write_text("keep me")
    done = yagura("demo", "clean", "--place", place, "--json")
    equal((done.code, done.lines()), (0, [{"removed": 1}]))
    equal(sorted(p.name for p in place.rglob("*")), [".yagura-demo", "letter", "run-mine"])
    # Of one that runs, too.
    process = started(place, "--once", "--json")
    at_work(place)
    done = yagura("demo", "clean", "--place", place, "--json")
    equal((done.code, done.lines()), (0, [{"removed": 1}]))
    process.communicate(timeout=TIMEOUT_S)
    gone(place)
    equal(sorted(p.name for p in place.rglob("*")), [".yagura-demo", "letter", "run-mine"])
    equal(yagura("demo", "clean", "--place", place, "--json").lines(), [{"removed": 0}])
    equal(yagura("demo", "clean", "--place", folder() / "none", "--json").lines(), [{"removed": 0}])


@case
def a_folder_of_the_caller_stays():
    place = folder()
    code = yagura("demo", "run", "--once", "--json", "--timeout", "1", "--place", place).code
    equal((code, list(place.iterdir())), (1, []))


@case
def parts_that_die():
    # The keeper dies and is started again: the story goes on. Without its hub it ends, and says so.
    for role, wanted in (("yagura:keeper", 0), ("yagura", 2)):
        place = folder() / "demo"
        process = started(place, "--once", "--json")
        at_work(place)
        (hub,) = [p for p in of_place(place) if comm(p) == "yagura" and parent(p) == process.pid
                  and b"\0hub\0" in of_process(p, "cmdline")]
        victims = [hub] if role == "yagura" else [p for p in children(hub) if comm(p) == role]
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        out, err = process.communicate(timeout=TIMEOUT_S)
        lines = [json.loads(line) for line in out.splitlines()]
        equal(process.returncode, wanted, (role, lines[-1:], err))
        equal(lines[-1]["ok"], wanted == 0)
        assert not place.exists() and of_place(place) == [], role


def comm(pid):
    return of_process(pid, "comm").decode().strip()


def parent(pid):
    fields = of_process(pid, "stat").decode("utf-8", "replace").rpartition(")")[2].split()
    return int(fields[1]) if fields else 0


def children(pid):
    return [child for child, _ in of_every_process("comm") if parent(child) == pid]


@case
def open_at_a_terminal():
    place = folder() / "demo"
    above, below = pty.openpty()
    process = started(place, lang="ja", stdout=below)
    os.close(below)
    text = b""
    while b"demo-member" not in text:
        piece = os.read(above, 65536)
        assert piece, text
        text += piece
    # Six sensors, each enrolled.
    (data,) = place.glob("run-*/hub")
    sensors = yagura("admin", "--data", data, "sensor", "list", "--json").lines()
    equal(len({s["organisation"] for s in sensors}), 6)
    contains(text.decode(), "/start?key=")
    contains(text.decode(), "デモ")
    process.send_signal(signal.SIGINT)
    end = time.monotonic() + TIMEOUT_S
    while process.poll() is None and time.monotonic() < end:
        try:
            os.read(above, 65536)
        except OSError:  # closed
            break
    equal(process.wait(60), 0)
    os.close(above)
    process.stderr.close()
    assert not place.exists() and of_place(place) == []


SCENES = 6
SILENT = "mizube-city"
LETTERS = {"A": "aoba-motor", "B": "hiyori-parts", "C": "kogane-plating", "P": "minato-machine"}


@case
def the_story_in_six_scenes():
    code, lines, err = run("--story")
    assert code == 0, (code, lines[-1:], err)
    scenes = [line for line in lines if line["step"] == "scene"]
    equal([s["scene"] for s in scenes], list(range(1, SCENES + 1)))
    told = {}
    for scene in scenes:
        for lang in ("ja", "en"):
            assert scene["title"][lang] and scene["told"][lang] and scene["views"], scene
            equal(len(scene["told"][lang]), len(scene["told"]["ja"]))
            told[scene["scene"], lang] = "\n".join(scene["told"][lang])
            assert "{" not in told[scene["scene"], lang], scene
        # Japanese is Japanese, and English has none of it.
        assert not any(ord(c) > 0x2fff for c in scene["title"]["en"]), scene["title"]
    # 1: 20,000 lines, what was put aside, one situation. 2: what left, and who looked.
    contains(told[1, "en"], "20000 lines of VPN, Windows and web logs")
    contains(told[1, "en"], "put aside")
    contains(told[2, "en"], "20000 records")
    contains(told[2, "en"], "and the chain is whole")
    # 4: different texts; one of the two has seen him. 6: all who had it, nobody else.
    contains(told[4, "en"], "TLP:AMBER: what happened")
    contains(told[4, "en"], "TLP:GREEN: indicators")
    contains(told[4, "en"], "Aoba Motor (A) 0 records, Minato Machine (B') 1.")
    contains(told[5, "en"], "2 calls are recorded")
    contains(told[6, "en"], "4 had it, 4 have the withdrawal")
    # The plan's steps stand there too; the silent one is told last, by telephone.
    (plan,) = [line for line in lines if line["step"] == "plan"]
    ids = sorted(r["id"] for r in plan["recipients"])
    for step in STEPS[3:6]:
        who = [line["id"] for line in lines if line["step"] == step]
        equal((sorted(who), who[-1]), (ids, SILENT))
    equal((lines[-1]["ok"], lines[-1]["acknowledged"]), (True, len(ids)))
    by_id = {r["id"]: r for r in plan["recipients"]}
    equal([by_id[LETTERS[k]]["rule"] for k in "ABCP"], [3, 2, 1, 5])


@case
def the_story_in_words():
    place = folder() / "demo"
    done = yagura("demo", "run", "--story", "--timeout", LONG, "--place", place, lang="ja")
    equal((done.code, done.err), (0, ""), done.out)
    for scene in range(1, SCENES + 1):
        contains(done.out, "[%d/6] " % scene)
    contains(done.out, "こがね鍍金（C社）")
    assert not place.exists() and of_place(place) == []


@case
def the_story_at_a_terminal():
    place = folder() / "demo"
    above, below = pty.openpty()
    process = started(place, "--story", lang="ja", stdout=below)
    os.close(below)
    text = b""
    while b"Ctrl+C" not in text:
        piece = os.read(above, 65536)
        assert piece, text
        text += piece
    port = int(re.search(rb"http://127\.0\.0\.1:(\d+)/", text).group(1))
    hub = SimpleNamespace(ready={"url": "http://127.0.0.1:%d" % port})
    found = Who(hub).get("/demo")
    equal((found["demo"], len(found["scenes"]), len(found["people"])), (True, SCENES, 7))
    logins = [p["login"] for p in found["people"]]
    # Each page that the guide names is there for the person it names.
    for scene in found["scenes"]:
        for view in scene["views"]:
            assert view["login"] in logins, view
            status, headers, _ = Who(hub).ask("POST", "/demo/session", {"login": view["login"]})
            equal(status, 200)
            who = Who(hub, cookie_of(headers))
            kind, _, item = view["page"].partition("/")
            if item:
                who.get("/%s/%s" % (kind, item))
    # What nobody may: a partner sees neither the one that was hit nor the plan.
    status, headers, _ = Who(hub).ask("POST", "/demo/session", {"login": "demo-minato"})
    minato = Who(hub, cookie_of(headers))
    equal([o["id"] for o in minato.get("/orgs")["items"]], ["minato-machine"])
    mine = minato.get("/warnings?limit=100")["items"]
    equal(sorted(w["kind"] for w in mine), ["indicators", "warning", "withdrawal"])
    for one in mine:
        whole = json.dumps(minato.get("/warnings/" + one["id"]), ensure_ascii=False)
        for name in ("kogane", "こがね", "Kogane", "aoba", "青葉", "Aoba", "hiyori", "ひより", "Hiyori"):
            assert name not in whole, (name, whole)
        page = minato.ask("GET", "/warnings/%s/page?lang=ja" % one["id"], Accept_Language="ja")[2].decode()
        contains(page, "デモ")
    process.send_signal(signal.SIGINT)
    end = time.monotonic() + TIMEOUT_S
    while process.poll() is None and time.monotonic() < end:
        try:
            os.read(above, 65536)
        except OSError:  # closed
            break
    equal(process.wait(60), 0)
    os.close(above)
    process.stderr.close()
    assert not place.exists() and of_place(place) == []


# Others measure and compare with them: new bytes are a change for them.
LOGS = {"vpn.log": "06c38ec166e41b2fabe696adcae73da84fa17faf56217fd0bf5e075425de4f23",
        "web.log": "344234853a8e409aad53c21470904ec51a1b8d9cea4cd7773c91586d8a3f0ba7",
        "windows.json": "8d81052a3046cdcbbd871079a41cb4882f905df9b66432aab1f0ca2a662e4314"}


@case
def the_logs_are_always_the_same():
    first, second = folder() / "a", folder() / "b"
    for where in (first, second):
        equal(yagura("demo", "log", where).code, 0)
    names = sorted(LOGS)
    equal(sorted(p.name for p in first.iterdir()), names)
    for name in names:
        equal((first / name).read_bytes(), (second / name).read_bytes())
        equal(hashlib.sha256((first / name).read_bytes()).hexdigest(), LOGS[name])
    equal(sum((first / n).read_bytes().count(b"\n") for n in names), 20000)


if __name__ == "__main__":
    main()
