# SPDX-License-Identifier: Apache-2.0
"""yagura share export --as rpz|list: what indicators name, and a real DNS server that refuses it."""
import json
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import threading
import uuid

from harness import case, contains, equal, folder, main, yagura
from hub_kit import until

PLACE = folder()
STORE = PLACE / "stix.db"
UNBOUND = shutil.which("unbound", path=os.environ.get("PATH", "") + ":/usr/sbin")
MARKS = {"red": "e828b379-4e03-4974-9ac4-e53a884c97c1", "green": "bab4a63c-aed9-4cf5-a766-dfca5abac2bb"}


def indicator(pattern, tlp=None, **more):
    thing = {"type": "indicator", "spec_version": "2.1", "id": "indicator--" + str(uuid.uuid4()), "created": "2026-01-01T00:00:00.000Z",
             "modified": "2026-01-01T00:00:00.000Z", "pattern": pattern, "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z", **more}
    if tlp:
        thing["object_marking_refs"] = ["marking-definition--" + MARKS[tlp]]
    return thing


OLD = indicator("[domain-name:value = 'moved.example']")
THINGS = [
    indicator("[domain-name:value = 'Evil.Example']"),
    indicator("[domain-name:value = 'evil.example.' OR domain-name:value IN ('two.example', 'three.example')] OR [url:value = 'http://u.example/a?b=c']"),
    indicator("[ipv4-addr:value = '192.0.2.66']"),
    indicator("[ipv4-addr:value = '198.51.100.77/24']"),
    indicator("[ipv6-addr:value = '2001:db8::66']"),
    indicator("[file:hashes.'SHA-256' = '" + "ab" * 32 + "']"),
    indicator(r"[url:value = 'http://q.example/it\'s\\x']"),
    # What a list cannot say.
    indicator("[domain-name:value = 'half.example' AND ipv4-addr:value = '192.0.2.1']"),
    indicator("[domain-name:value LIKE '%.example']"),
    indicator("[domain-name:value != 'not.example']"),
    indicator("[domain-name:value = 'timed.example'] WITHIN 300 SECONDS"),
    indicator("([domain-name:value = 'bracket.example'])"),
    # What may not stand in it.
    indicator("[domain-name:value = 'com']"),
    indicator("[domain-name:value = '例え.example']"),
    indicator("[domain-name:value = 'a b.example']"),
    indicator("[domain-name:value = '*.example']"),
    indicator("[domain-name:value = '192.0.2.9']"),
    indicator("[domain-name:value = '" + "x" * 64 + ".example']"),
    indicator("[domain-name:value = 'x.example\nevil CNAME .']"),
    indicator("[ipv4-addr:value = '0.0.0.0/0']"),
    # What is not in force, and what stays inside.
    indicator("[domain-name:value = 'revoked.example']", revoked=True),
    indicator("[domain-name:value = 'gone.example']", valid_until="2026-02-01T00:00:00Z"),
    indicator("[domain-name:value = 'tomorrow.example']", valid_from="2199-01-01T00:00:00Z"),
    indicator("[domain-name:value = 'secret.example']", "red"),
    indicator("[domain-name:value = 'green.example']", "green"),
    # Of two versions the newer one.
    OLD, {**OLD, "modified": "2026-01-02T00:00:00.000Z", "pattern": "[domain-name:value = 'now.example']"},
    # Not an indicator at all.
    {"type": "domain-name", "spec_version": "2.1", "id": "domain-name--" + str(uuid.uuid4()), "value": "seen.example"},
]
NAMES = ["evil.example", "green.example", "now.example", "three.example", "two.example"]


def export(kind):
    done = yagura("share", "export", "--collection", "c", "--store", STORE, "--as", kind)
    equal(done.code, 0, done.err)
    return done


@case
def a_collection():
    bundle = PLACE / "bundle.json"
    bundle.write_text(json.dumps({"type": "bundle", "id": "bundle--" + str(uuid.uuid4()), "objects": THINGS}), encoding="utf-8")
    done = yagura("share", "import", bundle, "--collection", "c", "--store", STORE, "--default-tlp", "clear")
    equal((done.code, done.out), (0, "%d objects: %d stored, 0 refused\n" % (len(THINGS), len(THINGS))), done.err)


@case
def plain_list():
    done = export("list")
    equal(done.out.splitlines(), sorted(
        NAMES + ["192.0.2.66", "198.51.100.77/24", "0.0.0.0/0", "2001:db8::66", "ab" * 32, "http://u.example/a?b=c", "http://q.example/it's\\x"]))
    for words in ("12 values written", "3 indicators are not in force", "5 indicators say more", "7 values are no names"):
        contains(done.err, words)
    contains(done.err, "1 objects stay inside")
    # It is a list that we read ourselves.
    path = PLACE / "list.txt"
    path.write_text(done.out, encoding="utf-8")
    log = PLACE / "access.log"
    log.write_text('192.0.2.66 - - [21/Nov/2026:08:00:01 +0900] "GET / HTTP/1.1" 200 5 "-" "x"\n', encoding="utf-8")
    found = yagura("detect", "--no-default-rules", "--indicators", path, log)
    contains(found.out, "192.0.2.66")


@case
def zone():
    done = export("rpz")
    lines = done.out.splitlines()
    equal(lines[1:4:2], ["$TTL 300", "@ IN NS localhost."])
    rows = [line for line in lines if line.endswith(" CNAME .")]
    addresses = ["32.66.2.0.192.rpz-ip", "24.0.100.51.198.rpz-ip", "128.66.0.0.0.0.0.db8.2001.rpz-ip"]
    equal(sorted(rows), sorted([name + " CNAME ." for name in NAMES] + ["*." + name + " CNAME ." for name in NAMES] +
                               [one + " CNAME ." for one in addresses]))
    for words in ("8 values written", "5 indicators say more", "3 values are of a kind"):
        contains(done.err, words)


@case
def well_known_values_are_left_out():
    lists = PLACE / "lists" / "known"
    lists.mkdir(parents=True)
    (lists / "list.json").write_text(json.dumps({"name": "Known", "type": "hostname", "list": ["two.example"], "version": 1}), encoding="utf-8")
    (lists.parent / "net.json").write_text(json.dumps({"name": "Net", "type": "cidr", "list": ["192.0.2.0/24"], "version": 1}), encoding="utf-8")
    done = yagura("share", "export", "--collection", "c", "--store", STORE, "--as", "rpz", "--warning-lists", lists.parent)
    equal(done.code, 0, done.err)
    contains(done.err, "2 values are on a list of well-known ones")
    gone = set(export("rpz").out.splitlines()[2:]) - set(done.out.splitlines()[2:])
    equal({line for line in gone if "SOA" not in line}, {"two.example CNAME .", "*.two.example CNAME .", "32.66.2.0.192.rpz-ip CNAME ."})
    equal(yagura("share", "export", "--collection", "c", "--store", STORE, "--as", "rpz", "--warning-lists", PLACE / "none").code, 2)


@case
def wrong_words():
    equal(yagura("share", "export", "--collection", "c", "--store", STORE, "--as", "hosts").code, 2)
    equal(yagura("share", "export", "--collection", "none", "--store", STORE, "--as", "rpz").code, 1)


# ---- a real DNS server ----

def question(name, kind):
    head = struct.pack("!6H", random.randrange(65536), 0x0100, 1, 0, 0, 0)
    return head + b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0" + struct.pack("!2H", kind, 1)


class World(threading.Thread):
    """Every name is there: at 203.0.113.1, but what begins with "at" stands at the address in its name."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            asked, who = self.socket.recvfrom(4096)
            end = asked.index(b"\0", 12) + 5
            label = asked[13:13 + asked[12]].decode(errors="replace").lower()
            kind = struct.unpack("!H", asked[end - 4:end - 2])[0]
            address = socket.inet_aton(label[2:].replace("-", ".") if label.startswith("at") else "203.0.113.1")
            answers = b"\xc0\x0c" + struct.pack("!2HIH", 1, 1, 60, 4) + address if kind == 1 else b""
            self.socket.sendto(asked[:2] + struct.pack("!5H", 0x8580, 1, 1 if answers else 0, 0, 0) + asked[12:end] + answers, who)


def ask(port, name, kind=1, tries=30):
    """(code of the answer, addresses); None: nobody answers yet."""
    for _ in range(tries):  # a datagram may be lost, and the machine busy
        found = ask_once(port, name, kind)
        if found:
            return found
    return None


def ask_once(port, name, kind):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(2)
        s.connect(("127.0.0.1", port))
        try:
            s.send(question(name, kind))
            answer = s.recv(4096)
        except OSError:
            return None
    return answer[3] & 15, struct.unpack("!H", answer[6:8])[0]


@case
def a_real_dns_server_refuses_them():
    if not UNBOUND:
        print("skipped: unbound is not installed")
        return
    path = PLACE / "yagura.rpz"
    path.write_text(export("rpz").out, encoding="utf-8")
    world = World()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    config = PLACE / "unbound.conf"
    config.write_text("""
server:
  interface: 127.0.0.1@%d
  access-control: 127.0.0.0/8 allow
  do-daemonize: no
  use-syslog: no
  logfile: ""
  chroot: ""
  username: ""
  pidfile: ""
  directory: "%s"
  module-config: "respip iterator"
  do-not-query-localhost: no
  do-ip6: no
  num-threads: 1
  verbosity: 1
remote-control:
  control-enable: no
rpz:
  name: "rpz.yagura.example"
  zonefile: "%s"
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@%d
""" % (port, PLACE, path, world.port), encoding="utf-8")
    log = open(PLACE / "unbound.log", "wb")
    process = subprocess.Popen([UNBOUND, "-c", str(config)], stdout=log, stderr=log)
    try:
        def is_up():
            if process.poll() is not None:
                raise AssertionError((PLACE / "unbound.log").read_text(encoding="utf-8"))
            return ask(port, "up.place.org", tries=1)
        until("unbound answers", is_up)
        for name in NAMES:
            equal(ask(port, name), (3, 0), name)  # NXDOMAIN
            equal(ask(port, "www." + name), (3, 0), name)
        equal(ask(port, "EVIL.example"), (3, 0))
        for name in ("good.example", "half.example", "secret.example", "revoked.example", "seen.example", "moved.example", "notevil.example", "com"):
            equal(ask(port, name), (0, 1), name)
        for name, wanted in (("at192-0-2-66.place.org", (3, 0)), ("at198-51-100-5.place.org", (3, 0)), ("at192-0-2-67.place.org", (0, 1)), ("at198-51-101-5.place.org", (0, 1))):
            equal(ask(port, name), wanted, name)
    finally:
        process.terminate()
        process.wait(60)
    said = (PLACE / "unbound.log").read_text(encoding="utf-8")
    assert "error" not in said, said


main()
