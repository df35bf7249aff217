#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a firm would see today and what not: from what arrived, through restarts, with how long it is kept."""
import json
import os

from evtx_build import chunks, event_file
from harness import BENIGN, case, contains, equal, folder, main
from hub_kit import Hub, Member, append, until

FORTIGATE = ('date=2026-11-21 time=08:00:0%d devname="FGT" devid="FG1" logid="0101039426" type="event" '
             'subtype="vpn" level="alert" vd="root" action="ssl-login-fail" remip=203.0.113.7 user="admin" msg="x"')


def check(state, *args, lang="en"):
    done = Member.call("check", "--state", state, "--lang", lang, *args)
    return done.returncode, done.stdout.decode()


def states(state, *args):
    code, out = check(state, "--json", *args)
    found = json.loads(out)
    return code, {c["id"]: c["state"] for c in found["checks"]}, found


@case
def nothing_collected_yet():
    code, found, whole = states(folder() / "none")
    equal((code, set(found.values())), (1, {"missing"}))
    equal((whole["seen"], whole["missing"], whole["keeping"]["state"]), (0, len(found), "unknown"))
    for one in whole["checks"]:
        assert one["why"] and one["how"] and all(h["device"] and h["step"] for h in one["how"]), one
    code, text = check(folder() / "none")
    contains(text, "has not collected anything here yet")
    code, text = check(folder() / "none", lang="ja")
    contains(text, "VPN")
    contains(text, "通信の秘密")
    assert "Why it matters" not in text, text


@case
def followed_logs_that_bring_nothing():
    """Each is named with why, in both languages; one that brings something is not."""
    state, place = folder() / "state", folder()
    state.mkdir()
    logs = {name: str(place / name) for name in ("good", "gone", "empty", "old", "folder", "forbidden")}
    for name in ("good", "empty", "old", "forbidden"):
        (place / name).write_text("" if name == "empty" else "line\n")
    (place / "folder").mkdir()
    os.utime(place / "old", (1700000000, 1700000000))
    (place / "forbidden").chmod(0)
    wanted = dict(zip(logs, ("good", "gone", "empty", "old", "no-file", "good" if os.getuid() == 0 else "forbidden")))
    (state / "run.json").write_text(json.dumps({"v": 1, "follows": list(logs.values()), "syslog": False, "drop": False,
                                                "archive_max": 0, "archive_days": 366}))
    found = states(state)[2]
    equal({f["path"]: f["state"] for f in found["follows"]}, {logs[name]: wanted[name] for name in logs})
    text = check(state)[1]
    contains(text, "Logs that are followed and bring nothing now\n  x %s: there is no such file" % logs["gone"])
    contains(text, "%s: it is empty" % logs["empty"])
    assert logs["good"] not in text, text
    contains(check(state, lang="ja")[1], "%s: そのファイルはありません" % logs["gone"])


@case
def what_arrives_is_seen():
    hub = Hub()
    hub.org()
    root = folder() / "root"
    (root / "etc/logrotate.d").mkdir(parents=True)
    auth, web, utm, drop = folder() / "auth.log", folder() / "access.log", folder() / "utm.log", folder() / "drop"
    drop.mkdir()
    (root / "etc/logrotate.d/rsyslog").write_text("%s\n%s {\n rotate 7\n daily\n}\n" % (auth, web))
    member = Member(hub, follow=[auth, web, utm], options=["--drop", str(drop)])
    append(auth, ["Nov 21 08:00:0%d box sshd[7]: Failed password for root from 203.0.113.7 port 22 ssh2" % n
                  for n in range(1, 4)])
    append(web, [BENIGN % 1])
    member.start()
    until("four records", lambda: len(hub.records()) == 4)
    equal(member.stop(), 0)
    code, found, whole = states(member.state, "--root", root)
    equal((code, sorted(k for k, v in found.items() if v == "seen")), (1, ["linux-signin", "web"]))
    equal([c["count"] for c in whole["checks"] if c["id"] == "linux-signin"], [3])
    # The local archive is off and logrotate keeps a week: said, and how to mend it.
    equal((whole["keeping"]["state"], whole["keeping"]["days"], whole["keeping"]["archive"]), ("bad", 7, False))
    text = check(member.state, "--root", root)[1]
    contains(text, "stay for 7 days (logrotate)")
    contains(text, "Attacks that would NOT be seen today\n  x Break-in through the VPN")

    # Counts go on after a restart; other sources join; the archive is switched on.
    member.options += ["--archive", "1G"]
    append(utm, [FORTIGATE % 1])
    (drop / ".a").write_bytes(event_file(chunks()))
    (drop / ".a").rename(drop / "a.evtx")
    append(auth, ["Nov 21 08:00:05 box sshd[7]: Failed password for root from 203.0.113.7 port 22 ssh2"])
    member.start()
    until("all", lambda: len(hub.records()) == 4 + 1 + 1 + 150)
    equal(member.stop(), 0)
    code, found, whole = states(member.state, "--root", root)
    equal(sorted(k for k, v in found.items() if v == "seen"),
          ["linux-signin", "vpn", "web", "windows-process"])
    equal([c["count"] for c in whole["checks"] if c["id"] == "linux-signin"], [4])
    equal((whole["keeping"]["state"], whole["keeping"]["archive"]), ("long", True))

    # A source that went quiet is not in sight any more.
    seen = json.loads((member.state / "seen.json").read_text())
    seen["signals"]["vpn-fortigate"]["last"] = "2026-01-01T00:00:00Z"
    (member.state / "seen.json").write_text(json.dumps(seen))
    code, found, whole = states(member.state)
    equal(found["vpn"], "quiet")
    contains(check(member.state)[1], "is the source still sending?")
    equal(hub.stop(), 0)


main()
