#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Let a real slapd write the samples of tests/pack/real/directory: directory.py FOLDER [ROOT]

Starts Debian's slapd on loopback (a free port, own temporary folder, never as administrator), signs
in well and badly from addresses of 127.1.0.0/16, several connections at a time, and keeps what it
tells the system's log. Needs the package slapd; ROOT is where it was unpacked (dpkg -x, with
libodbc2 and libltdl7) when it is not installed. Nothing leaves this machine.

slapd writes to /dev/log and nowhere else, so it runs where that is a socket of ours: in name spaces
of its own (unshare).
"""
import os
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from network import listen  # noqa: E402
from servers import ROOT as HOME, free_port, leave_administrator, wait_for  # noqa: E402

CONFIG = """
include {root}/etc/ldap/schema/core.schema
include {root}/etc/ldap/schema/cosine.schema
include {root}/etc/ldap/schema/inetorgperson.schema
pidfile {folder}/slapd.pid
loglevel stats
disallow bind_anon
modulepath {root}/usr/lib/ldap
moduleload back_mdb
database mdb
directory {folder}/db
suffix "dc=office,dc=example"
rootdn "cn=admin,dc=office,dc=example"
rootpw "{password}"
access to attrs=userPassword by anonymous auth
access to * by users read
"""

# What stands for /dev: a log of ours beside the little that slapd needs.
WALLED = """
for name in null zero random urandom; do : > "$1/$name"; mount --bind "/dev/$name" "$1/$name"; done
mount --rbind "$1" /dev
shift
exec "$@"
"""

PEOPLE = ("tanaka", "suzuki", "sato", "o'brien", "yamada taro")
BASE = "dc=office,dc=example"
PASSWORD = "correct horse"


def entry(name):
    return ("dn: uid={0},ou=people,{1}\nobjectClass: inetOrgPerson\nuid: {0}\ncn: {0}\nsn: {0}\n"
            "userPassword: {2}\n\n").format(name, BASE, PASSWORD)


def tree():
    head = ("dn: {0}\nobjectClass: dcObject\nobjectClass: organization\no: Office\ndc: office\n\n"
            "dn: ou=people,{0}\nobjectClass: organizationalUnit\nou: people\n\n").format(BASE)
    return head + "".join(map(entry, PEOPLE))


def ber(tag, body):
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([0x82, size >> 8, size & 255])
    return bytes([tag]) + length + body


class Client:
    """Just enough of LDAP (RFC 4511) to sign in, to search and to leave."""

    def __init__(self, port, source):
        self.sock = socket.create_connection(("127.0.0.1", port), 5, (source, 0))
        self.number = 0

    def ask(self, operation, answers=True):
        self.number += 1
        self.sock.sendall(ber(0x30, ber(0x02, bytes([self.number])) + operation))
        return self.sock.recv(65536) if answers else b""

    def send_bind(self, name, password):
        self.number += 1
        body = (ber(0x02, b"\x03") + ber(0x04, name.encode()) + ber(0x80, password.encode()))
        self.sock.sendall(ber(0x30, ber(0x02, bytes([self.number])) + ber(0x60, body)))

    def bind(self, name, password):
        self.send_bind(name, password)
        return self.sock.recv(65536)

    def search(self):
        body = (ber(0x04, BASE.encode()) + ber(0x0a, b"\x02") + ber(0x0a, b"\x00") + ber(0x02, b"\x00")
                + ber(0x02, b"\x00") + ber(0x01, b"\x00") + ber(0x87, b"objectClass") + ber(0x30, b""))
        return self.ask(ber(0x63, body))

    def leave(self):
        try:
            self.ask(ber(0x42, b""), answers=False)
        finally:
            self.sock.close()


def dn(name):
    return "uid=%s,ou=people,%s" % (name, BASE)


def pause():
    time.sleep(0.01)  # so that lines stand in the order in which things happened


def play(port):
    draw = random.Random(20261126)
    for number, name in enumerate(PEOPLE):  # everyday work
        client = Client(port, "127.1.0.%d" % (number + 1))
        client.bind(dn(name), PASSWORD)
        client.search()
        client.leave()
    client = Client(port, "127.1.0.6")  # mistyped once, then in
    client.bind(dn("sato"), "correct hrose")
    client.bind(dn("sato"), PASSWORD)
    client.leave()
    client = Client(port, "127.1.0.7")  # no name at all
    client.bind("", "")
    client.leave()
    # One account, its password guessed, each try on a connection of its own, three at a time, between
    # the connections of others.
    for _ in range(4):
        several = [Client(port, "127.1.0.20") for _ in range(3)] + [Client(port, "127.1.0.3")]
        draw.shuffle(several)
        for client in several:
            who = client.sock.getsockname()[0]
            client.send_bind(dn("tanaka") if who == "127.1.0.20" else dn("sato"),
                             "guess%d" % draw.randrange(1000) if who == "127.1.0.20" else PASSWORD)
        for client in several:
            client.sock.recv(65536)
        draw.shuffle(several)
        for client in several:
            client.leave()
    # Many accounts on one connection; some of them do not exist, two are not below ou=people.
    client = Client(port, "127.1.0.21")
    for name in PEOPLE + ("root", "backup", "scanner", "test", "guest"):
        client.bind(dn(name), "Summer2026")
        pause()
    client.bind("cn=admin,%s" % BASE, "Summer2026")
    client.bind("cn=replicator,%s" % BASE, "Summer2026")
    client.leave()
    # In at last.
    for guess in ("password", "tanaka1", PASSWORD):
        client = Client(port, "127.1.0.20")
        client.bind(dn("tanaka"), guess)
        client.leave()
    pause()


def record(folder, root):
    (folder / "db").mkdir()
    (folder / "dev").mkdir()
    (folder / "slapd.conf").write_text(CONFIG.format(folder=folder, root=root, password=PASSWORD))
    (folder / "tree").write_text(tree())
    lines = []
    listen(folder / "dev" / "log", lines)
    env = dict(os.environ, LD_LIBRARY_PATH="%s/usr/lib/x86_64-linux-gnu" % root)
    slapd = "%s/usr/sbin/slapd" % root
    walled = ["unshare", "-rm", "sh", "-ec", WALLED, "sh", str(folder / "dev")]
    subprocess.run([slapd, "-T", "add", "-f", folder / "slapd.conf", "-l", folder / "tree"], check=True,
                   env=env)
    port = free_port()
    server = subprocess.Popen(walled + [slapd, "-d", "0", "-f", str(folder / "slapd.conf"), "-h",
                                        "ldap://127.0.0.1:%d" % port], env=env)
    try:
        wait_for(port)
        play(port)
        time.sleep(1)  # nothing tests this wait
    finally:
        server.terminate()
        server.wait()
    # One message is one line: rsyslog writes controls inside as octal numbers, as here.
    text = "".join(line.rstrip("\n").replace("\n", "#012").replace("\t", "#011") + "\n" for line in lines)
    (folder / "slapd.log").write_text(text, errors="surrogateescape")


def main():
    target = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HOME / "tests/pack/real/directory")
    root = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else ""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="yagura-directory-") as name:
        folder = pathlib.Path(name)
        child = os.fork()
        if child == 0:
            leave_administrator(folder)
            record(folder, root)
            sys.stdout.flush()
            os._exit(0)
        if os.waitpid(child, 0)[1] != 0:
            sys.exit("slapd could not be started or played with; see above")
        text = (folder / "slapd.log").read_text(errors="surrogateescape").replace(name, "/srv/net")
        (target / "slapd.log").write_text(text, errors="surrogateescape")
        print("%s: %d lines" % (target / "slapd.log", text.count("\n")))


if __name__ == "__main__":
    main()
