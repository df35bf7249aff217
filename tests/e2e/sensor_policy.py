#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the local policy keeps or masks leaves in no form; communications are off until somebody decided; wishes of the
hub hold within it, and what is refused of them is said."""
import json
import secrets
import socket
import subprocess
import threading

from harness import case, contains, equal, folder, main
from hub_kit import Hub, Member, append, lines, until

SIGN_INS = ["Nov 21 08:00:%02d box sshd[7]: Failed password for %s from %s port 22 ssh2" % (n, user, address)
            for n, (user, address) in enumerate([("alice", "192.0.2.77"), ("bob", "198.51.100.9"),
                                                 ("alice", "2001:db8:1:2::3"), ("root", "192.0.2.78")])]
QUERIES = ["Nov 21 08:01:%02d box dnsmasq[9]: query[A] secret-%d.example.jp from 192.168.1.5" % (n, n)
           for n in range(3)]
SQUID = ["1700000000.%03d     35 192.168.1.5 TCP_MISS/200 4411 GET http://private.example.jp/%d - HIER_DIRECT/192.0.2.1 "
         "text/html" % (n, n) for n in range(3)]


def setting(policy=None, follow=1):
    hub = Hub()
    hub.org()
    logs = [folder() / ("log-%d" % n) for n in range(follow)]
    member = Member(hub, follow=logs)
    if policy is not None:
        (member.state / "policy.yaml").write_text(policy)
    return hub, member, logs


def content(hub):
    """Every byte of records that the hub got."""
    packed = b"".join(r[0] for kind, _, _, r in hub.kept() if kind == 1)
    return subprocess.run(["zstd", "-dqc"], input=packed, stdout=subprocess.PIPE).stdout.decode() if packed else ""


def heartbeat(hub, member):
    try:
        return json.loads((hub.data / "heartbeats" / (member.id + ".json")).read_text())["heartbeat"]
    except (OSError, ValueError):
        return {}


def end(hub, member):
    equal(member.stop(), 0)
    equal(json.loads(member.call("ledger", "verify", "--state", member.state, "--json").stdout)["result"], "whole")
    hub.stop()


@case
def masked_everywhere():
    hub, member, (log,) = setting("version: 1\nfields:\n- {field: user, mask: hash}\n- {field: src_ip, mask: truncate}\n")
    append(log, SIGN_INS)
    member.start()
    records = until("four records", lambda: len(hub.records()) == 4 and hub.records())
    text = content(hub)
    for word in ("alice", "bob", "192.0.2.77", "198.51.100.9", "2001:db8:1:2::3"):
        assert word not in text, (word, text)
    users = [r["fields"]["user"] for r in records]
    equal(users[0], users[2])
    equal(len({*users}), 3)
    equal([r["fields"]["src_ip"] for r in records], ["192.0.2.0", "198.51.100.0", "2001:db8:1::", "192.0.2.0"])
    # The raw line leaves with the masks in the places of the values.
    equal(records[0]["raw"], SIGN_INS[0].replace("alice", users[0]).replace("192.0.2.77", "192.0.2.0"))
    equal(records[0]["fields"]["message"], "Failed password for %s from 192.0.2.0 port 22 ssh2" % users[0])
    equal((member.state / "mask.key").stat().st_mode & 0o777, 0o600)
    key = (member.state / "mask.key").read_bytes()
    end(hub, member)
    equal(((member.state / "mask.key").read_bytes(), len(key)), (key, 32))


@case
def raw_line_stays():
    """A value that stands in a longer word, or in another writing, takes the raw line with it."""
    hub, member, (log,) = setting("version: 1\nfields:\n- {field: user, mask: hash}\n")
    append(log, ["Nov 21 08:00:00 box sshd[7]: Failed password for box from 192.0.2.1 port 22 ssh2",
                 "Nov 21 08:00:01 box sshd[7]: Failed password for assw from 192.0.2.1 port 22 ssh2"])
    member.start()
    first, second = until("two records", lambda: len(hub.records()) == 2 and hub.records())
    assert "box" not in json.dumps(first["fields"]) and "raw" in first, first
    assert "raw" not in second and "assw" not in json.dumps(second), second
    equal(second["fields"]["message"], "[masked]")
    end(hub, member)


@case
def communications_are_off():
    hub, member, (auth, dns, proxy) = setting(follow=3)
    append(auth, lines(1, 3))
    append(dns, QUERIES)
    append(proxy, SQUID)
    member.start()
    member.wait_for(lines(1, 3))
    held = until("the sources told", lambda: [s.get("held", 0) for s in heartbeat(hub, member).get("sources", [])])
    until("all were read", lambda: sum(s["position"] for s in heartbeat(hub, member).get("sources", [])) > 0)
    equal(member.stop(), 0)
    text = content(hub)
    assert "secret" not in text and "private" not in text, text
    assert len(held) == 3
    equal(heartbeat(hub, member)["policy"]["secrecy"], [])
    hub.stop()


@case
def mail_of_a_device():
    """What a device sends as syslog of the mail system stays, whatever program wrote it; who signed in there leaves."""
    hub, member, () = setting(follow=0)
    member.options = [*member.options, "--syslog", "127.0.0.1:0"]
    member.start()
    device = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    device.connect(("127.0.0.1", int(member.ready["syslog"].rsplit(":", 1)[1])))
    sent = ["<22>Nov 21 08:00:00 utm maild[3]: from=<secret-1@example.jp> to=<secret-2@example.jp>",
            '<22>1 2026-11-21T08:00:00Z utm smtpproxy 12 - - from="secret-3@example.jp" subject="secret-4"',
            '<22>date=2026-11-21 time=08:00:00 from="secret-5@example.jp" to="secret-6@example.jp" action="sent"',
            "<30>Nov 21 08:00:00 utm dovecot: lmtp(secret-7)<1><x>: msgid=<secret-8@example.jp>: saved mail to INBOX",
            "<22>Nov 21 08:00:00 utm dovecot: imap-login: Login: user=<taro>, method=PLAIN, rip=192.0.2.9, lip=192.0.2.1",
            "<30>Nov 21 08:00:01 utm cron[1]: the last one"]
    for line in sent:
        device.send(line.encode())
    until("the last one", lambda: "the last one" in content(hub))
    text = content(hub)
    assert "secret" not in text, text
    contains(text, "taro")
    end(hub, member)


@case
def names_nested_and_many():
    """Case does not tell names apart, what lies below a name is masked with it, a value that is a name too is none of the
    record's any more, and of a record with more than there is room for the raw line stays."""
    hub, member, (log,) = setting("version: 1\nfields:\n- {field: user, mask: hash}\n")
    many = {"n%d" % n: "x" for n in range(2100)}
    rows = [{"User": "secret-1"}, {"user": {"name": "secret-2"}}, {"secret-3": {"n": 1}, "user": "secret-3"},
            {**many, "user": "secret-4"}, {**many, "Password": "secret-5"}, {"headers": {"Authorization": "secret-6"}}]
    append(log, [json.dumps(row) for row in rows])
    member.start()
    until("all of them", lambda: len(hub.records()) == len(rows))
    assert "secret" not in content(hub), content(hub)
    equal(["raw" in r for r in hub.records()], [True, True, True, False, False, True])
    end(hub, member)


class Relay:
    """Hands bytes on between a sensor and its hub, and counts what leaves the house."""

    def __init__(self, to):
        self.to, self.left = to.removeprefix("https://").rsplit(":", 1), 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "https://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        while True:
            house = self.listener.accept()[0]
            hub = socket.create_connection((self.to[0], int(self.to[1])))
            threading.Thread(target=self.hand_on, args=(house, hub, True), daemon=True).start()
            threading.Thread(target=self.hand_on, args=(hub, house, False), daemon=True).start()

    def hand_on(self, one, other, is_leaving):
        try:
            while data := one.recv(1 << 16):
                self.left += len(data) if is_leaving else 0
                other.sendall(data)
        except OSError:
            pass
        for side in (one, other):
            side.close()


@case
def without_consent_nothing_leaves():
    """Not to be refused there either: the first thing that a sensor does is to ask."""
    hub = Hub()
    hub.org()
    equal(hub.admin("consent", "terms", "--version", "1", "--host", "Tokyo").code, 0)
    relay, there = Relay(hub.ready["sensors"]), hub.ready["sensors"]
    hub.ready["sensors"] = relay.url
    log = folder() / "log"
    member = Member(hub, follow=[log])
    hub.ready["sensors"] = there
    rows = [secrets.token_hex(1000) for _ in range(1000)]  # about 1 MB, however packed
    append(log, rows)
    member.start()
    until("it is told so", lambda: "refuses this sensor" in member.messages())
    until("it waits in the spool", lambda: sum(f.stat().st_size for f in (member.state / "spool").iterdir()) > 900000)
    equal(member.stop(), 0)
    assert relay.left < 200000, relay.left
    equal(hub.kept(), [])
    equal(hub.admin("consent", "set", "--org", "acme", "--version", "1", "--signed-by", "Mei", "--signed",
                    "2026-11-01").code, 0)
    member.start()
    until("all of it", lambda: sorted(r.get("raw", "") for r in hub.records()) == sorted(rows))
    assert relay.left > 900000, relay.left
    end(hub, member)


@case
def switched_on_by_somebody():
    bad = "version: 1\nsecrecy:\n  dns:\n    on: true\n    decided_by: 山田花子\n    decided_on: 2026-11-20\n"
    hub, member, (log,) = setting(bad)
    done = member.call("policy", "check", "--state", member.state)
    equal(done.returncode, 1)
    contains(done.stderr.decode(), "line 3: dns: who decided this")
    done = member.call("run", "--state", member.state, "--follow", log)
    equal(done.returncode, 2)
    contains(done.stderr.decode(), "who decided this")
    (member.state / "policy.yaml").write_text(bad + "    basis: other\n")
    contains(member.call("policy", "check", "--state", member.state).stderr.decode(), "name it in note")
    (member.state / "policy.yaml").write_text(bad + "    basis: own-network\n    note: 掲示 2026-11-18\n")
    equal(member.call("policy", "check", "--state", member.state).returncode, 0)
    append(log, QUERIES)
    member.start()
    until("three records", lambda: content(hub).count("secret-") >= 3)
    told = until("a heartbeat", lambda: heartbeat(hub, member).get("policy"))
    equal(told["secrecy"], [{"kind": "dns", "by": "山田花子", "on": "2026-11-20", "basis": "own-network",
                             "note": "掲示 2026-11-18"}])
    # The operator of the hub sees it, and the ledger has it.
    listed = json.loads(hub.admin("sensor", "list", "--json").out)
    equal(listed["last_heartbeat"]["heartbeat"]["policy"]["secrecy"][0]["by"], "山田花子")
    contains(hub.admin("sensor", "list").out,
             "names that were looked up: 山田花子, 2026-11-20 (own network, staff was told) 掲示 2026-11-18")
    equal(member.stop(), 0)
    entries = [json.loads(e) for f in (member.state / "ledger").glob("*") for e in f.read_text().splitlines()]
    policy = [e for e in entries if e["kind"] == "policy"][-1]
    equal(policy["policy"]["local"]["secrecy"][0]["by"], "山田花子")
    equal({e["policy"] for e in entries if e["kind"] == "batch"}, {policy["sha256"]})
    equal(told["sha256"], policy["sha256"])
    text = member.call("policy", "show", "--state", member.state).stdout.decode()
    contains(text, "Decided by 山田花子 on 2026-11-20; basis: own network, staff was told")
    hub.stop()


@case
def sources():
    hub, member, (here, there) = setting(follow=2)
    (member.state / "policy.yaml").write_text("version: 1\nsources:\n- {name: '*/%s', leave: no}\n" % here.name)
    append(here, lines(1, 3, "sshd[7]: inner"))
    append(there, lines(1, 3))
    member.start()
    member.wait_for(lines(1, 3))
    end(hub, member)
    assert "inner" not in content(hub)


@case
def only_findings():
    hub, member, (log,) = setting("version: 1\nraw: false\n")
    append(log, lines(1, 3))
    member.start()
    # The second heartbeat, 30 s after the first. Restarting does not bring it: they are not read again.
    until("read and held", lambda: any(s.get("held") == 3 for s in heartbeat(hub, member).get("sources", [])))
    end(hub, member)
    # The inventory of the machine is no log; it leaves under everything else that the policy says.
    equal({r["source"] for r in hub.records()} - {"inventory"}, set())
    contains(member.call("policy", "show", "--state", member.state).stdout.decode(), "no record of a log leaves")


@case
def wishes():
    hub, member, (log,) = setting("version: 1\nsources:\n- {kind: squid, leave: false}\n"
                                  "fields:\n- {field: user, mask: hash}\n")
    member.start()

    def ask(wish):
        equal(hub.admin("sensor", "send", member.id, "policy", json.dumps(wish)).code, 0)

    def rules():
        # The last line may be being written.
        entries = [json.loads(e) for f in sorted((member.state / "ledger").glob("*")) for e in f.read_text().split("\n")[:-1]]
        return [e["policy"]["wish"] for e in entries if e["kind"] == "policy"]

    ask({"fields": [{"field": "src_ip", "mask": "drop"}, {"field": "user", "mask": "keep"}]})
    until("the wish in force", lambda: len(rules()) == 2)
    append(log, SIGN_INS)
    records = until("four records", lambda: len(hub.records()) == 4 and hub.records())
    text = content(hub)
    assert "alice" not in text and "192.0.2.77" not in text and "src_ip" not in text, text
    assert records[0]["fields"]["user"].startswith("~")
    contains(member.call("policy", "show", "--state", member.state).stdout.decode(),
             "Refused of that: field user: hash, not keep")
    # What asks for more, and only that, is refused whole.
    ask({"secrecy": ["dns"], "sources": [{"kind": "squid", "leave": True}]})
    ask({"fields": [{"field": "message", "mask": "hash"}], "sources": [{"kind": "syslog", "leave": True}]})
    until("the next one in force", lambda: len(rules()) == 3)
    equal([f["field"] for f in rules()[-1]["fields"]], ["message"])
    # It outlives a new start.
    equal(member.stop(), 0)
    member.start()
    equal(len(rules()), 3)
    append(log, lines(1, 1, "sshd[7]: hidden"))
    until("one more", lambda: len(hub.records()) == 5)
    assert "hidden" not in content(hub)
    end(hub, member)


@case
def faults_in_the_file():
    hub, member, (log,) = setting()
    for text, line, words in (("raw: yes\n", 0, "version: 1 is missing"), ("version: 2\n", 1, "must be 1"),
                              ("version: 1\nfeilds: []\n", 2, "and nothing else"),
                              ("version: 1\nfields:\n- {field: user}\n", 3, "needs field and mask"),
                              ("version: 1\nfields:\n- {field: user, mask: blur}\n", 3, "keep, truncate, hash, drop"),
                              ("version: 1\nsources:\n- {kind: nonsense, leave: no}\n", 3, "no kind of record"),
                              ("version: 1\nsources:\n- {kind: squid}\n", 3, "leave: true or leave: false"),
                              ("version: 1\nraw: maybe\n", 2, "true or false"),
                              ("version: 1\nsecrecy:\n  telepathy: {on: yes}\n", 3, "mail, proxy, dns, flows"),
                              ("version: &a 1\n", 1, "")):
        (member.state / "policy.yaml").write_text(text)
        done = member.call("policy", "check", "--state", member.state)
        equal(done.returncode, 1, text)
        contains(done.stderr.decode(), "line %d: " % line)
        contains(done.stderr.decode(), words)
        equal(member.call("policy", "show", "--state", member.state).returncode, 1)
    other = folder() / "mine.yaml"
    other.write_text("version: 1\n")
    equal(member.call("policy", "check", "--state", member.state, "--policy", other).returncode, 0)
    equal(member.call("policy", "check", "--state", member.state, "--policy", "/nonexistent").returncode, 1)
    hub.stop()


if __name__ == "__main__":
    main()
