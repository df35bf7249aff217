# SPDX-License-Identifier: Apache-2.0
"""Lines of one try that stand apart are joined: the same whatever is between them, however many threads
read, in a file, an archive or a log that grows."""
import json
import os
import random
import signal
import subprocess
import threading

from harness import ROOT, YAGURA, case, contains, equal, folder, main, yagura

SEED = int(os.environ.get("YAGURA_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
print("seed", SEED)
REAL = ROOT / "tests/pack/real/directory/slapd.log"


def line(second, host, rest, pid=77):
    return "Mar  1 %02d:%02d:%02d %s slapd[%d]: %s" % (8 + second // 3600, second // 60 % 60, second % 60, host, pid,
                                                      rest)


def accept(conn, address):
    return "conn=%d fd=12 ACCEPT from IP=%s:4711 (IP=192.0.2.2:389)" % (conn, address)


def bind(conn, op, name):
    return 'conn=%d op=%d BIND dn="uid=%s,ou=people,dc=office,dc=example" method=128' % (conn, op, name)


def refused(conn, op):
    return "conn=%d op=%d RESULT tag=97 err=49 text=" % (conn, op)


def mixed(count):
    """Many connections at once, on two machines, among lines of others: the log, and what each refusal
    has to say – worked out here, connection by connection."""
    draw = random.Random(SEED)
    lines, wanted, opened = [], {}, []
    for number in range(count):
        second = number // 8
        if draw.random() < 0.25:
            lines.append("Mar  1 08:00:00 web1 sshd[9]: Connection closed by 192.0.2.9 port 4000 [preauth]")
            continue
        if len(opened) < 40 or (len(opened) < 200 and draw.random() < 0.3):
            one = {"host": draw.choice(("dir1", "dir2")), "conn": 1000 + number, "op": 0, "user": None,
                   "address": "198.51.%d.%d" % (number >> 8 & 255, number & 255)}
            opened.append(one)
            lines.append(line(second, one["host"], accept(one["conn"], one["address"])))
            continue
        one = draw.choice(opened)
        what = draw.random()
        if what < 0.1:
            opened.remove(one)
            lines.append(line(second, one["host"], "conn=%d fd=12 closed" % one["conn"]))
        elif what < 0.3:
            lines.append(line(second, one["host"], 'conn=%d op=%d SRCH base="" scope=2' % (one["conn"], one["op"])))
        elif one["user"] is None:
            one["user"] = "user%d" % draw.randrange(50)
            lines.append(line(second, one["host"], bind(one["conn"], one["op"], one["user"])))
        else:
            lines.append(line(second, one["host"], refused(one["conn"], one["op"])))
            wanted[len(lines)] = (one["address"], one["user"])
            one["op"] += 1
            one["user"] = None
    return lines, wanted


def refusals(text):
    """position: (address, name) of the refusals among records."""
    found = {}
    for record in map(json.loads, text.splitlines()):
        fields = record["fields"]
        if fields.get("auth_result") == "failed":
            found[record["position"]] = (fields.get("src_ip"), fields.get("user"))
    return found


@case
def among_many_others():
    place = folder()
    log = place / "slapd.log"
    lines, wanted = mixed(40000)
    log.write_text("\n".join(lines) + "\n")
    equal(log.stat().st_size > 4 * 512 * 1024, True)  # several batches
    equal(len(wanted) > 3000, True)
    records = yagura("source", "records", log).out
    got = refusals(records)
    equal({k: v for k, v in got.items() if wanted.get(k) != v}, {})
    equal(len(got), len(wanted))
    # Each line is a record of its own, where it stands.
    equal([json.loads(r)["position"] for r in records.splitlines()], list(range(1, len(lines) + 1)))
    outs = {yagura("detect", "--json", "--threads", n, log).out for n in ("1", "2", "5")}
    equal(len(outs), 1)
    contains(outs.pop(), "passwords guessed")
    # The archive has it, too, and whoever asks for an address gets the refusals.
    done = yagura("archive", "write", "--out", place / "a", "--org", "acme", log)
    equal(done.code, 0, done.err)
    equal(yagura("archive", "cat", place / "a").out, records)
    address = wanted[max(wanted)][0]
    mine = {k for k, v in wanted.items() if v[0] == address}
    back = yagura("archive", "cat", "--field", "src_ip=" + address, place / "a").out
    equal(mine <= {json.loads(r)["position"] for r in back.splitlines()}, True)


@case
def real_lines_of_slapd():
    """Everything that slapd said of tries that failed has an address and a name."""
    got = refusals(yagura("source", "records", REAL).out)
    equal(len(got) > 20, True)
    equal([k for k, v in got.items() if not all(v)], [])
    equal({v[0] for v in got.values()}, {"127.1.0.6", "127.1.0.20", "127.1.0.21"})
    contains(repr(sorted({v[1] for v in got.values()})), "o'brien")
    done = yagura("detect", "--json", REAL)
    groups = {(f["rule_title"], f["group"].get("src_ip")) for f in done.findings() if "group" in f}
    for address in ("127.1.0.20", "127.1.0.21"):
        equal(("Service: passwords guessed from one address", address) in groups, True, groups)
    equal(("Service: one address tries many accounts", "127.1.0.21") in groups, True, groups)


@case
def what_is_pushed_out_is_counted():
    place = folder()
    log = place / "slapd.log"
    few = [line(i // 20, "dir1", accept(i, "198.51.100.7")) for i in range(4096)]
    tail = [line(300, "dir1", bind(0, 0, "tanaka")), line(300, "dir1", refused(0, 0))]
    log.write_text("\n".join(few + tail) + "\n")
    equal(refusals(yagura("source", "records", log).out), {4098: ("198.51.100.7", "tanaka")})
    equal("pushed out" in yagura("detect", log).out, False)
    many = [line(i // 20, "dir1", accept(i, "198.51.100.7")) for i in range(5000)]
    log.write_text("\n".join(many + tail) + "\n")
    equal(refusals(yagura("source", "records", log).out), {5002: (None, "tanaka")})
    contains(" ".join(yagura("detect", log).out.split()), "pushed out of full tables: 905")  # conn 0 came back


@case
def a_log_that_grows():
    path = folder() / "slapd.log"
    path.write_text(line(0, "dir1", accept(1, "198.51.100.7")) + "\n")
    run = subprocess.Popen([YAGURA, "detect", "--json", "--follow", path], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, env=dict(os.environ, LANGUAGE="en"))
    alarm = threading.Timer(60, run.kill)
    alarm.start()
    try:
        with open(path, "a") as log:
            for op in range(12):
                log.write(line(op + 1, "dir1", bind(1, op, "tanaka")) + "\n")
                log.flush()
                log.write(line(op + 1, "dir1", refused(1, op)) + "\n")
                log.flush()
        finding = json.loads(run.stdout.readline())
        equal(finding.get("group"), {"src_ip": "198.51.100.7"}, finding)
        run.send_signal(signal.SIGTERM)
        equal(run.wait(timeout=60), 0)
    finally:
        alarm.cancel()
        run.kill()


OWN = """
source: 1
name: door
kind: vpn
join: {key: visit, within: 600}
lines:
  - pattern: '{:time %Y-%m-%d %T} door visit {visit:number} from {src_ip:address}'
    keeps: src_ip
  - pattern: "{:time %Y-%m-%d %T} door visit {visit:number} as '{user:text last}'"
    keeps: user
  - pattern: '{:time %Y-%m-%d %T} door visit {visit:number} turned away'
    set: {auth_method: vpn, auth_result: failed}
    takes: [src_ip, user]
    ends: true
"""


@case
def a_description_of_ones_own():
    place = folder()
    (place / "door.yaml").write_text(OWN)
    lines = []
    for i in range(12):
        lines += ["2026-03-01 08:00:%02d door visit %d from 203.0.113.9" % (i, i),
                  "2026-03-01 08:00:%02d door visit %d as 'bob'" % (i, i)]
    lines += ["2026-03-01 08:01:%02d door visit %d turned away" % (i, i) for i in range(12)]
    (place / "door.log").write_text("\n".join(lines) + "\n")
    got = refusals(yagura("source", "records", "--sources", place / "door.yaml", place / "door.log").out)
    equal(set(got.values()), {("203.0.113.9", "bob")})
    done = yagura("detect", "--json", "--sources", place / "door.yaml", place / "door.log")
    equal({"src_ip": "203.0.113.9"} in [f.get("group") for f in done.findings()], True)
    (place / "door.yaml").write_text(OWN.replace("within: 600", "within: 900000"))
    done = yagura("source", "test", place / "door.yaml", place / "door.log")
    equal(done.code, 2)
    contains(done.err, "within of 1 to 86400 seconds")


if __name__ == "__main__":
    main()
