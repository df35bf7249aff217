# SPDX-License-Identifier: Apache-2.0
"""A device nobody knows is taught from its lines, tested, listed and then detected on; summaries; search."""
import json
import os
import pty
import re
import select
import subprocess
import time

from harness import ROOT, TIMEOUT_S, YAGURA, access_log, case, contains, equal, folder, main, yagura

LINES = "".join(
    "2026-03-01 08:00:%02d box7[%d]: login of '%s' refused from 192.0.2.%d:%d (bad password)\n"
    % (i, 100 + i, ["bob", "eve adams", "root"][i % 3], 9, 4000 + i) for i in range(1, 11))
WELCOME = "2026-03-01 08:01:00 box7[200]: login of 'bob' accepted from 192.0.2.9:5000\n"
FIELDS = ["--field", "user=eve adams", "--field", "src_ip=192.0.2.9", "--field", "src_port=4001"]
FAILED = ["--set", "auth_result=failed"]


def place():
    base = folder()
    log = base / "box.log"
    log.write_text(LINES, encoding="utf-8")
    return base, log, {"XDG_CONFIG_HOME": str(base / "config"), "HOME": str(base), "XDG_CACHE_HOME": str(base)}


@case
def taught_and_found():
    base, log, env = place()
    before = [json.loads(line) for line in yagura("source", "records", log, env=env).out.splitlines()]
    equal({r["format"] for r in before}, {"plain"}, "lines with a time, and no more, before")
    out = base / "box7.yaml"
    done = yagura("source", "learn", log, "--name", "box7", "--kind", "vpn", *FIELDS, *FAILED, "--out", out,
                  "--json", "--tz", "UTC", env=env)
    equal(done.code, 0, done.err)
    records = done.lines()
    equal(len(records), 10, "records")
    equal([r["fields"]["user"] for r in records[:3]], ["eve adams", "root", "bob"], "users")
    equal(records[0]["time"], "2026-03-01T08:00:01Z", "time")
    equal(records[0]["format"], "described", "format")
    equal(records[9]["fields"]["src_port"], 4010, "port")
    hits = yagura("detect", "--json", "--tz", "UTC", "--sources", out, log, env=env)
    equal(hits.code, 0, hits.err)
    titles = {f["rule_title"] for f in hits.findings()}
    contains(" ".join(titles), "VPN of other devices: passwords guessed")
    # the same on its records, where the description is not known
    again = base / "records.jsonl"
    again.write_text(yagura("source", "records", "--tz", "UTC", "--sources", out, log, env=env).out, encoding="utf-8")
    there = yagura("detect", "--json", again, env=env).findings()
    equal([(f["rule_id"], f["position"], f["event"]) for f in there],
          [(f["rule_id"], f["position"], f["event"]) for f in hits.findings()], "raw and records")


NAMES = ["tanaka", "sato", "o'brien", "yamada taro", "x", "佐藤", "root", "a.b@c.example", "user] from", "admin"]
CAMES = ["192.0.2.%d" % i for i in range(1, 6)] + ["2001:db8::1", "2001:db8::2", "198.51.100.7", "203.0.113.2", "192.0.2.9"]
WHYS = ["bad-pw", "locked", "no such user"]
# Five invented devices; the first line is pointed at.
DEVICES = {
    "syslog": lambda i, u, a: "<134>Nov %2d 08:%02d:00 fw gatekeeper[%d]: AUTH DENIED account=<%s> peer=%s#%d why=%s"
                              % (3 + i, i, 100 + i, u, a, 40000 + i, WHYS[i % 3]),
    "tabs": lambda i, u, a: '2026/11/%02d 10:00:%02d.%03d\t[WARN]\tRemote access refused for "%s" (ip: %s, tunnel: T-%d)'
                            % (i + 1, i, i * 7, u, a, i),
    "columns": lambda i, u, a: "%d;LOGIN;FAIL;%s;%s;%d" % (1763600000 + i * 60, u, a, i),
    "json": lambda i, u, a: '{"ts":"2026-11-%02dT09:00:00+09:00","ev":"signin","ok":false,"who":{"login":"%s"},'
                            '"net":{"src":"%s","port":%d}}' % (i + 1, u, a, 5000 + i),
    "japanese": lambda i, u, a: "[%02d/Nov/2026 08:00:%02d JST] 認証失敗: 利用者=%s 端末=%s 回数=%d" % (i + 1, i, u, a, i + 1),
}
# How it ended, in the words of devices: refused on every second line, let in on the others.
ENDS = {
    "ja": lambda i, u, a, no: "2026-11-01 08:00:%02d 認証%s 利用者=%s 端末=%s" % (i, "失敗" if no else "成功", u, a),
    "ja-tail": lambda i, u, a, no: "2026-11-01 08:00:%02d ログイン %s %s %s" % (i, u, a, "拒否" if no else "許可"),
    "ok-ng": lambda i, u, a, no: "2026-11-01 08:00:%02d LOGIN %s user=%s from=%s" % (i, "NG" if no else "OK", u, a),
    "tail": lambda i, u, a, no: "2026-11-01 08:00:%02d login user=%s from=%s%s" % (i, u, a, "" if no else " accepted"),
    "json": lambda i, u, a, no: '{"ts":"2026-11-01T09:00:%02dZ","res":"%s","who":"%s","src":"%s"}'
                                % (i, "NG" if no else "OK", u, a),
    "json-ja": lambda i, u, a, no: '{"ts":"2026-11-01T09:00:%02dZ","結果":"%s","who":"%s","src":"%s"}'
                                   % (i, "失敗" if no else "成功", u, a),
    "json-bool": lambda i, u, a, no: '{"ts":"2026-11-01T09:00:%02dZ","ok":%s,"who":"%s","src":"%s"}'
                                     % (i, "false" if no else "true", u, a),
}


def taught(lines, *more):
    base = folder()
    (base / "a.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    env = {"XDG_CONFIG_HOME": str(base / "config"), "HOME": str(base), "XDG_CACHE_HOME": str(base)}
    got = yagura("source", "learn", base / "a.log", "--name", "dev", "--kind", "vpn", "--field", "user=tanaka", "--field",
                 "src_ip=192.0.2.1", *FAILED, *more, "--json", "--tz", "UTC", "--out", base / "dev.yaml", env=env)
    return got, base, env


@case
def five_invented_devices():
    for name, line in DEVICES.items():
        got, _, _ = taught([line(i, NAMES[i], CAMES[i]) for i in range(10)])
        equal(got.code, 0, name + got.err)
        equal([(r["fields"]["user"], r["fields"]["src_ip"]) for r in got.lines()], list(zip(NAMES, CAMES)), name)
    got, _, _ = taught([DEVICES["syslog"](i, NAMES[i], CAMES[i]) for i in range(10)], "--field", "reason=bad-pw")
    equal([r["fields"]["reason"] for r in got.lines()], [WHYS[i % 3] for i in range(10)], "a reason of several words")


@case
def who_was_let_in_is_not_taken_for_refused():
    for name, line in ENDS.items():
        users = ["tanaka", "sato", "ito", "kato", "mori", "abe", "ono", "hara", "oda", "nishi"]
        got, _, _ = taught([line(i, users[i], "192.0.2.%d" % (i + 1), i % 2 == 0) for i in range(10)])
        equal(got.code, 1, name)
        equal([r["fields"]["user"] for r in got.lines()], users[::2], name)
        contains(got.err, "5 of 10 lines are read")
    # nor one that none of the ten lines was like
    got, base, env = taught([DEVICES["json"](i, NAMES[i], CAMES[i]) for i in range(10)])
    (base / "in.log").write_text(DEVICES["json"](0, "tanaka", "192.0.2.1").replace("false", "true") + "\n")
    records = yagura("source", "records", "--sources", base / "dev.yaml", base / "in.log", env=env).lines()
    equal([r["fields"].get("auth_result") for r in records], [None])


@case
def own_folder_second_kind_and_list():
    base, log, env = place()
    equal(yagura("source", "learn", log, "--name", "box7", *FIELDS, *FAILED, env=env).code, 0, "learn")
    mine = base / "config/yagura/sources/box7.yaml"
    assert mine.exists()
    equal(yagura("detect", "--json", log, env=env).code, 0, "the folder counts by itself")
    log.write_text(LINES + WELCOME, encoding="utf-8")
    tried = yagura("source", "test", mine, log, env=env)
    equal(tried.code, 1, tried.err)
    contains(tried.err, ":11: not read: at byte 42")
    contains(tried.err, "10 of 11 lines are read")
    refused = yagura("source", "learn", log, "--name", "box7", *FIELDS, env=env)
    equal(refused.code, 2, refused.err)
    contains(refused.err, "is there already")
    added = yagura("source", "learn", log, "--name", "box7", "--line", "11", "--field", "user=bob", "--field",
                   "src_ip=192.0.2.9", "--set", "auth_result=accepted", "--add", env=env)
    equal(added.code, 0, added.err)
    equal(yagura("source", "test", mine, log, env=env).code, 0, "all are read")
    names = [json.loads(line) for line in yagura("source", "list", "--json", env=env).out.splitlines()]
    equal((names[0]["name"], names[0]["lines"]), ("box7", 2), "own first")
    assert any(n["name"] == "synology" for n in names)


OBJECTS = "".join(json.dumps({
    "ts": "2026-03-01T08:00:%02dZ" % i, "level": "warn", "event": "LOGIN_REFUSED", "request": {"id": "r%d" % (17 * i)},
    "client": {"addr": "192.0.2.%d" % (9 if i < 10 else 10), "port": 4000 + i},
    "account": ["bob", "eve adams", "root"][i % 3], "msg": "sign-in of %s failed" % ["bob", "eve adams", "root"][i % 3]}) + "\n"
    for i in range(1, 11))
LET_IN = json.dumps({"ts": "2026-03-01T08:01:00Z", "level": "info", "event": "LOGIN", "request": {"id": "r9"},
                     "client": {"addr": "192.0.2.9", "port": 4999}, "account": "bob"}) + "\n"


@case
def objects_are_taught_and_found():
    """Ten pasted lines of JSON and what stands where in the first."""
    base, log, env = place()
    log.write_text(OBJECTS, encoding="utf-8")
    before = [json.loads(line) for line in yagura("source", "records", log, env=env).out.splitlines()]
    equal({r["format"] for r in before}, {"plain"}, "before: sign-ins told by their words")
    out = base / "box9.yaml"
    fields = ["--field", "user=eve adams", "--field", "src_ip=192.0.2.9", "--field", "src_port=4001"]
    done = yagura("source", "learn", "-", "--name", "box9", "--kind", "vpn", *fields, *FAILED, "--out", out, "--json",
                  "--tz", "UTC", env=env, stdin=OBJECTS.encode())
    equal(done.code, 0, done.err)
    records = done.lines()
    equal([(r["format"], r["fields"]["user"], r["fields"]["src_port"]) for r in records[:3]],
          [("described", "eve adams", 4001), ("described", "root", 4002), ("described", "bob", 4003)])
    equal(records[0]["fields"]["client.addr"], "192.0.2.9", "what the log calls it stays")
    equal(records[0]["time"], "2026-03-01T08:00:01Z", "time")
    contains(out.read_text(), "'event': 'LOGIN_REFUSED'")
    hits = yagura("detect", "--json", "--tz", "UTC", "--sources", out, log, env=env)
    contains(" ".join(f["rule_title"] for f in hits.findings()), "VPN of other devices: passwords guessed")
    again = base / "records.jsonl"
    again.write_text(yagura("source", "records", "--tz", "UTC", "--sources", out, log, env=env).out, encoding="utf-8")
    equal([(f["rule_id"], f["position"], f["event"]) for f in yagura("detect", "--json", again, env=env).findings()],
          [(f["rule_id"], f["position"], f["event"]) for f in hits.findings()], "raw and records")
    # another end is another kind of object
    log.write_text(OBJECTS + LET_IN, encoding="utf-8")
    tried = yagura("source", "test", out, log, env=env)
    equal(tried.code, 1, tried.err)
    contains(tried.err, ":11: not read: at byte ")
    contains(tried.err, "another value of the key that is named was expected: \"event\"")
    added = yagura("source", "learn", log, "--name", "box9", "--line", "11", "--field", "user=bob", "--field",
                   "src_ip=192.0.2.9", "--set", "auth_result=accepted", "--add", "--out", out, env=env)
    equal(added.code, 0, added.err)
    contains(added.err, "11 of 11 lines are read")


@case
def times_of_other_forms_and_none():
    base, _, env = place()
    for form, wanted in (("認証失敗 利用者=鈴木 接続元=203.0.113.9 時刻=2026年11月20日 08時15分3%d秒", "2026-11-20T08:15:30Z"),
                         ("08:15:3%d 20/11/2026;FW-9;BLK;203.0.113.9;445", "2026-11-20T08:15:30Z")):
        log = base / "device.log"
        log.write_text("".join(form % n + "\n" for n in range(3)), encoding="utf-8")
        done = yagura("source", "learn", log, "--name", "device", "--field", "src_ip=203.0.113.9", "--force",
                      "--json", "--tz", "UTC", env=env)
        equal([r["time"] for r in done.lines()][0], wanted, form)
        equal("no time" in done.err, False, done.err)
    log.write_text("login of bob refused, 203.0.113.9\nlogin of eve refused, 203.0.113.8\n")
    done = yagura("source", "learn", log, "--name", "device", "--field", "user=bob", "--force", env=env)
    equal(done.code, 0, done.err)
    contains(done.err, "no time was found in these lines")
    done = yagura("source", "learn", log, "--name", "device", "--field", "user=nobody", "--force", env=env)
    equal(done.err.count("does not stand in the line"), 1, "said once")


@case
def mistakes():
    base, log, env = place()
    for args, words in (
            (["--field", "user=nobody", "--name", "x"], "does not stand in the line"),
            (["--name", "x"], "--field NAME=VALUE"),
            (["--field", "user=bob"], "--name NAME"),
            (["--name", "x", "--field", "user"], "NAME=VALUE is expected"),
            (["--name", "x", "--field", "user=bob", "--line", "99"], "--line has to be one of them"),
            (["--name", "x", "--field", "user=bob", "--nonsense"], "no such option")):
        done = yagura("source", "learn", log, *args, "--out", base / "no.yaml", env=env)
        equal(done.code, 2, done.err)
        contains(done.err, words)
    assert not (base / "no.yaml").exists()
    bad = base / "bad.yaml"
    bad.write_text("source: 1\nname: x\nkind: vpn\nlines:\n  - pattern: '{a:word}{b}'\n", encoding="utf-8")
    done = yagura("detect", "--json", "--sources", bad, log, env=env)
    contains(done.err, "bad.yaml:5: description refused: two pieces stand side by side")
    equal(done.code, 1, "refused description")
    contains(yagura("source", "learn", log, "--name", "x", "--field", "user=nobody", env=env, lang="ja").err, "行")


@case
def catastrophe():
    """A description that is made to cost, on lines made for it: an end, and the reason."""
    base, _, env = place()
    bad = base / "bad.yaml"
    bad.write_text("source: 1\nname: x\nkind: other\nlines:\n" + "".join(
        "  - pattern: '{a:text last}aaa%d{b:text last}ab{?a{c}?}'\n" % (i % 10) for i in range(64)), encoding="utf-8")
    log = base / "a.log"
    log.write_text(("a" * 60000 + "0b\n") * 20, encoding="utf-8")
    begun = time.monotonic()
    done = yagura("detect", "--json", "--sources", bad, log, env=env)
    print("20 lines of 60 kB against 64 costly kinds: %.2f s" % (time.monotonic() - begun))
    equal(done.code, 1, done.err)
    huge = base / "huge.yaml"
    huge.write_text("source: 1\nname: x\nkind: other\nlines:\n  - pattern: '" + "{a}," * 5000 + "'\n", encoding="utf-8")
    contains(yagura("source", "test", huge, log, env=env).err, "a pattern is longer than 4096 bytes")
    huge.write_text("a: " * 200000, encoding="utf-8")
    contains(yagura("source", "test", huge, log, env=env).err, "")


@case
def the_page_is_right():
    """docs/source-description.md: its description reads its lines."""
    base, _, env = place()
    page = (ROOT / "docs/source-description.md").read_text(encoding="utf-8")
    (base / "box7.yaml").write_text(re.search(r"```yaml\n(.*?)```", page, re.S)[1], encoding="utf-8")
    (base / "box.log").write_text(re.search(r"```text\n(.*?)```", page, re.S)[1], encoding="utf-8")
    done = yagura("source", "test", base / "box7.yaml", base / "box.log", "--json", env=env)
    equal(done.code, 0, done.err)
    fields = [r["fields"] for r in done.lines()]
    equal([f.get("auth_result") for f in fields], ["failed", "accepted", None], "values")
    equal((fields[1]["user"], fields[1]["src_ip"], fields[2]["section"]), ("eve adams", "2001:db8::9", "vpn users"), "")


def talk(args, answers, env):
    """Run on a terminal, give each answer when its question stands there."""
    master, slave = pty.openpty()
    child = subprocess.Popen([YAGURA, *map(str, args)], stdin=slave, stdout=slave, stderr=slave,
                             env=dict(os.environ, LANGUAGE="en", TERM="xterm", **env))
    os.close(slave)
    seen, end = b"", time.monotonic() + TIMEOUT_S
    answers = list(answers)
    while time.monotonic() < end:
        if answers and re.search(answers[0][0].encode(), seen):
            question, answer = answers.pop(0)
            seen = seen[re.search(question.encode(), seen).end():]
            os.write(master, answer.encode() + b"\n")
        ready, _, _ = select.select([master], [], [], 0.2)
        try:
            data = os.read(master, 65536) if ready else b""
        except OSError:
            break
        if ready and not data:
            break
        seen += data
    os.close(master)
    return child.wait(timeout=TIMEOUT_S), seen.decode("utf-8", "replace"), answers


@case
def asked_on_a_terminal():
    base, log, env = place()
    code, seen, left = talk(["source", "learn", log, "--out", base / "asked.yaml"], [
        ("be called", "box7"), ("What is it", "vpn"), ("Which account", "eve adams"), ("which address", ""),
        ("refused .r.", "r"), ("Something else", "src_port=4001"), ("Something else", ""), ("Is this right", "")], env)
    equal(left, [], seen)
    equal(code, 0, seen)
    text = (base / "asked.yaml").read_text(encoding="utf-8")
    contains(text, "{user:text last}'' refused from {src_ip:address}:{src_port:port}")
    contains(text, "'auth_result': 'failed'")


@case
def summaries():
    base, log, env = place()
    access = base / "access.log"
    access.write_text(access_log(30, (3, 9)), encoding="utf-8")
    out = base / "box7.yaml"
    equal(yagura("source", "learn", log, "--name", "box7", "--kind", "vpn", *FIELDS, *FAILED, "--out", out, env=env).code, 0, "learn")
    rows = yagura("summary", "logons", "--json", "--tz", "UTC", "--sources", out, log, env=env).lines()
    equal(sorted((r["user"], r["source"], r["type"], r["accepted"], r["failed"]) for r in rows),
          [("bob", "192.0.2.9", "vpn", 0, 3), ("eve adams", "192.0.2.9", "vpn", 0, 4),
           ("root", "192.0.2.9", "vpn", 0, 3)], "logons")
    rows = yagura("summary", "logons", "--json", "--tz", "UTC", "--from", "2026-03-01T08:00:09", "--sources", out,
                  log, env=env).lines()
    equal(sum(r["failed"] for r in rows), 2, "a time counts")
    rows = yagura("summary", "events", "--json", access, env=env).lines()
    equal([(r["format"], r["count"]) for r in rows], [("access", 30)], "events")
    rows = yagura("summary", "keywords", "--json", access, env=env).lines()
    equal([(r["kind"], r["value"]) for r in rows if r["kind"] == "address"][0], ("address", "203.0.113.9"), "keywords")
    csv = yagura("summary", "files", "--csv", access, log, env=env)
    equal(csv.out.splitlines()[0].lstrip("\ufeff"), "source,format,channel,host,count,first,last", "csv")
    contains(yagura("summary", "logons", access, env=env, lang="ja").out, "見つかりません")
    equal(yagura("summary", env=env).code, 2, "usage")


@case
def found_by_search():
    base, _, env = place()
    access = base / "access.log"
    access.write_text(access_log(30, (3, 9)), encoding="utf-8")
    equal(len(yagura("search", "union", "--json", access, env=env).lines()), 2, "any case")
    equal(yagura("search", "union", "--exact-case", "--json", access, env=env).out, "", "case")
    equal([r["position"] for r in yagura("search", "--field", "c-ip=203.0.113.9", "--regex", r"id=\d+", "--json",
                                         access, env=env).lines()], [3, 9], "both")
    equal(len(yagura("search", "--any", "--regex", "UNION", "--regex", "index", "--json", access, env=env).lines()),
          30, "either")
    equal(len(yagura("search", "UNION", "--limit", "1", "--json", access, env=env).lines()), 1, "limit")
    equal(len(yagura("search", "UNION", "--to", "2026-11-21T08:00:05", "--tz", "+09:00", "--json", access,
                     env=env).lines()), 1, "time")
    for end, count in (("2026-11-20", 0), ("2026-11-21", 2), ("2026-11-21T00:00", 0)):
        equal(len(yagura("search", "UNION", "--to", end, "--tz", "+09:00", "--json", access, env=env).lines()), count, end)
    contains(yagura("search", "--regex", "(", access, env=env).err, "--regex (:")
    equal(yagura("search", "x", env=env).code, 2, "usage")
    equal(yagura("search", "UNION", "--from", "yesterday", access, env=env).code, 2, "bad time")


@case
def lines_that_belong_together():
    """A device whose tries stand on two lines, among those of others: taught in two steps."""
    base, log, env = place()
    lines = []
    for i in range(1, 12):
        lines.append("2026-03-01 08:00:%02d gate visit %d opened by peer 203.0.113.%d" % (i, 40 + i, 7 + i // 11))
    for i in range(1, 12):
        lines.append("2026-03-01 08:01:%02d gate visit %d: user bob%d was denied" % (i, 40 + i, i))
    log.write_text("\n".join(lines) + "\n")
    out = base / "gate.yaml"
    first = yagura("source", "learn", log, "--name", "gate", "--kind", "vpn", "--out", out, "--join", "visit",
                   "--within", "900", "--field", "visit=41", "--field", "src_ip=203.0.113.7", "--keep", "src_ip",
                   env=env)
    equal(first.code, 1, first.err)  # the others are not read yet
    done = yagura("source", "learn", log, "--name", "gate", "--out", out, "--add", "--line", "12", "--json",
                  "--field", "visit=41", "--field", "user=bob1", "--take", "src_ip", *FAILED, env=env)
    equal(done.code, 0, done.err)
    contains(out.read_text(), "within: 900")
    refused = [r["fields"] for r in done.lines() if r["fields"].get("auth_result") == "failed"]
    equal([(f["src_ip"], f["user"]) for f in refused],
          [("203.0.113.%d" % (7 + i // 11), "bob%d" % i) for i in range(1, 12)])
    hits = yagura("detect", "--json", "--sources", out, log, env=env)
    equal({"src_ip": "203.0.113.7"} in [f.get("group") for f in hits.findings()], True, hits.out)
    equal(yagura("source", "learn", log, "--name", "gate", "--out", out, "--add", "--join", "visit", *FIELDS,
                 env=env).code, 2)
    wrong = yagura("source", "learn", log, "--name", "gate", "--out", out, "--within", "0", *FIELDS, env=env)
    equal(wrong.code, 2)
    contains(wrong.err, "from 1 to 86400")


main()
