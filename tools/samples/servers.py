#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Let real servers write the samples of tests/pack/real: servers.py FOLDER

Starts Debian's nginx, apache2 and sshd on loopback (free ports, own temporary folder, never as
administrator), plays everyday browsing and the attack requests of tests/pack/web.cases against
them, and keeps the logs in FOLDER. Needs the packages nginx, apache2, openssh-server and
openssh-client. Run it again when the samples of the web rules change.

Everyday requests come from 127.0.0.1. The request of each attack sample comes from an address of
its own in 127.1.0.0/16; expected.txt says which rule has to hit it.
"""
import os
import pathlib
import pwd
import re
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PAGES = ("/", "/company.html", "/products.html?id=7", "/search?q=o%27clock+and+more", "/site.css",
         "/images/logo.png", "/news/2026/union-selects-committee.html", "/missing.html",
         "/search?q=%E3%82%B5%E3%82%A4%E3%83%90%E3%83%BC", "/docs/..hidden/intro.html",
         "/login?next=%2Fmypage%2F", "/private/report.html", "/a/b/../c.html")

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log;
events {{ }}
http {{
    access_log {folder}/nginx-access.log combined;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{ listen 127.0.0.1:{port}; listen 127.1.255.254:{port}; root {folder}/site; }}
}}
"""

APACHE = """
ServerRoot {folder}
ServerName localhost
Listen {port}
PidFile {folder}/apache.pid
DefaultRuntimeDir {folder}
Mutex file:{folder}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
ErrorLog {folder}/apache-error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" combined
CustomLog {folder}/apache-access.log combined
DocumentRoot {folder}/site
<Directory {folder}/site>
    Require all granted
</Directory>
<Directory {folder}/site/private>
    Require all denied
</Directory>
"""

SSHD = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/client_key.pub
StrictModes no
PasswordAuthentication yes
KbdInteractiveAuthentication no
MaxAuthTries 3
LogLevel INFO
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def requests():
    """The request of each positive sample: (rule, bytes to send)."""
    rule, is_positive = None, False
    for line in (ROOT / "tests/pack/web.cases").read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            rule = line[3:].split()[0]
        elif line.startswith("-- "):
            is_positive = line == "-- positive access"
        elif is_positive and "/behaviour-" not in rule:
            found = re.match(r'\S+ \S+ \S+ \[.*?\] "(.*?)" \d+ \S+ "(.*?)" "(.*?)"$', line)
            head = re.sub(rb"\\x([0-9A-F]{2})", lambda m: bytes([int(m[1], 16)]),
                          found[1].encode())
            if head.split(b" ")[-1].startswith(b"HTTP/"):
                head += b"\r\nHost: www.example.org\r\nUser-Agent: " + found[3].encode()
                if found[2] != "-":
                    head += b"\r\nReferer: " + found[2].encode()
                if head.startswith((b"POST", b"PUT")):
                    head += b"\r\nContent-Length: 0"
                head += b"\r\nConnection: close"
            yield rule, head + b"\r\n\r\n"


def browse(path):
    return ("GET %s HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: %s\r\n"
            "Referer: https://www.example.org/\r\nConnection: close\r\n\r\n" % (
                path, BROWSER)).encode()


def send(source, target, port, data):
    """Send one request from @source and wait for the end of the answer."""
    with socket.socket() as client:
        client.settimeout(10)
        client.bind((source, 0))
        client.connect((target, port))
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        try:
            while client.recv(65536):
                pass
        except OSError:
            pass


def wait_for(port):
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit("nothing listens on port %d" % port)


def play_web(port, expected):
    """Everyday requests and attacks, mixed."""
    for number, (rule, data) in enumerate(requests(), 1):
        send("127.0.0.1", "127.0.0.1", port, browse(PAGES[number % len(PAGES)]))
        source = "127.1.%d.%d" % (number // 250, number % 250 + 1)
        send(source, "127.0.0.1", port, data)
        expected[source] = rule


def play_ssh(folder, port):
    """Guessed names and passwords, then one sign-in with a key."""
    askpass = folder / "askpass"
    askpass.write_text("#!/bin/sh\necho wrong-password\n")
    askpass.chmod(0o755)
    env = dict(os.environ, SSH_ASKPASS=str(askpass), SSH_ASKPASS_REQUIRE="force", DISPLAY=":0")
    common = ["ssh", "-F", "none", "-p", str(port), "-o", "StrictHostKeyChecking=no", "-o",
              "UserKnownHostsFile=/dev/null", "-o", "NumberOfPasswordPrompts=2", "-o",
              "LogLevel=ERROR"]
    names = ["root"] * 4 + ["admin", "oracle", "test", "ubuntu", "postgres", "user"]
    for name in names:
        subprocess.run(common + ["-o", "PreferredAuthentications=password", "-o",
                                 "PubkeyAuthentication=no", name + "@127.0.0.1", "true"], env=env,
                       stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    subprocess.run(common + ["-i", str(folder / "client_key"), "-o", "IdentitiesOnly=yes",
                             pwd.getpwuid(os.geteuid()).pw_name + "@127.0.0.1", "true"],
                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    send("127.0.0.1", "127.0.0.1", port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")


def syslog_form(text):
    """sshd's own words; no syslog daemon runs here, so its prefix is put before them."""
    stamp = time.strftime("%b %d %H:%M:%S")
    return "".join("%s web1 sshd[%d]: %s\n" % (stamp, 4000 + number // 3, line.rstrip("\r"))
                   for number, line in enumerate(text.splitlines()))


def leave_administrator(folder):
    """Servers and clients of this script need no rights: go on as nobody."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        os.environ["HOME"] = str(folder)


def record(folder):
    """Play everything; the logs end up in @folder."""
    site = folder / "site"
    for name in ("images", "private", "news/2026", "docs"):
        (site / name).mkdir(parents=True)
    for name in ("index.html", "company.html", "products.html", "site.css", "images/logo.png"):
        (site / name).write_text("<p>%s</p>\n" % name * 40)
    for key in ("host_key", "client_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)],
                       check=True)
    ports = [free_port() for _ in range(3)]
    for name, text, port in zip(("nginx.conf", "apache.conf", "sshd.conf"), (NGINX, APACHE, SSHD),
                                ports):
        (folder / name).write_text(text.format(folder=folder, port=port))
    commands = (["/usr/sbin/nginx", "-e", str(folder / "nginx-error.log"), "-c",
                 str(folder / "nginx.conf")],
                ["/usr/sbin/apache2", "-D", "FOREGROUND", "-f", str(folder / "apache.conf")],
                ["/usr/sbin/sshd", "-D", "-f", str(folder / "sshd.conf"), "-E",
                 str(folder / "sshd.raw")])
    servers, expected = [], {}
    try:
        for command in commands:
            servers.append(subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL))
        for port in ports:
            wait_for(port)
        play_web(ports[0], expected)
        play_web(ports[1], expected)
        play_ssh(folder, ports[2])
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait()
    (folder / "sshd.log").write_text(syslog_form((folder / "sshd.raw").read_text()))
    (folder / "expected.txt").write_text("".join("%s %s\n" % pair for pair in expected.items()))


def main():
    target = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "tests/pack/real")
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="yagura-servers-") as name:
        folder = pathlib.Path(name)
        child = os.fork()
        if child == 0:
            leave_administrator(folder)
            record(folder)
            sys.stdout.flush()
            os._exit(0)
        if os.waitpid(child, 0)[1] != 0:
            sys.exit("the servers could not be started or played with; see above")
        for log in ("nginx-access.log", "apache-access.log", "apache-error.log", "sshd.log",
                    "expected.txt"):
            text = (folder / log).read_text(errors="surrogateescape").replace(name, "/srv/www")
            (target / log).write_text(text, errors="surrogateescape")
            print("%s: %d lines" % (target / log, text.count("\n")))


if __name__ == "__main__":
    main()
