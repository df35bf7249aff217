#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Let real servers write the samples of tests/pack/real/network: network.py FOLDER

Starts Debian's squid, haproxy, dnsmasq, unbound and named on loopback (free ports, own temporary
folder, never as administrator), plays requests and queries against them, and keeps the logs in
FOLDER. Needs the packages squid, haproxy, dnsmasq-base, unbound, bind9, bind9-dnsutils and curl.
Clients come from addresses of their own in 127.1.0.0/16. Nothing leaves this machine: names are
answered from local tables, pages by a small server of this script.
"""
import encodings.idna  # noqa: F401 – loaded before rights are given up
import http.server
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from servers import ROOT, free_port, leave_administrator, wait_for  # noqa: E402

SQUID = """
http_port 127.0.0.1:{port}
acl local src 127.0.0.0/8
acl refused dstdomain .refused.example .onion
acl ports port 443 {site}
acl tunnel method CONNECT
http_access deny refused
http_access deny !ports
http_access allow local
http_access deny all
access_log stdio:{folder}/squid-access.log squid
cache_log {folder}/squid-cache.log
pid_filename {folder}/squid.pid
coredump_dir {folder}
hosts_file {folder}/hosts
dns_nameservers 127.0.0.1
cache deny all
pinger_enable off
netdb_filename none
shutdown_lifetime 0 seconds
visible_hostname proxy1
"""

HAPROXY = """
global
    log {folder}/haproxy.sock local0
    pidfile {folder}/haproxy.pid
defaults
    log global
    option dontlognull
    timeout connect 2s
    timeout client 3s
    timeout server 3s
frontend web
    mode http
    option httplog
    bind 127.0.0.1:{port}
    capture request header User-Agent len 128
    capture request header Referer len 128
    http-request deny deny_status 403 if {{ path_beg /private }}
    use_backend away if {{ path_beg /away }}
    default_backend site
frontend stream
    mode tcp
    option tcplog
    bind 127.0.0.1:{tcp}
    default_backend raw
backend site
    mode http
    server site1 127.0.0.1:{site}
backend away
    mode http
    server gone 127.0.0.1:{nobody}
backend raw
    mode tcp
    server site1 127.0.0.1:{site}
"""

UNBOUND = """
server:
    interface: 127.0.0.1@{port}
    port: {port}
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "{folder}"
    pidfile: "{folder}/unbound.pid"
    use-syslog: no
    logfile: "{folder}/unbound.log"
    log-time-ascii: {ascii}
    log-queries: yes
    log-replies: {replies}
    do-ip6: no
    access-control: 127.0.0.0/8 allow
    root-hints: ""
    local-zone: "." static
    local-data: "www.office.example. 300 IN A 192.0.2.80"
    local-data: "office.example. 300 IN TXT sample"
remote-control:
    control-enable: no
"""

NAMED = """
options {{
    directory "{folder}"; pid-file "{folder}/named.pid"; listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }}; recursion no; dnssec-validation no; session-keyfile none;
    allow-transfer {{ none; }}; allow-query-cache {{ none; }}; lock-file none;
}};
controls {{ }};
logging {{
    channel all {{ file "{folder}/named.log"; severity info; print-time yes; print-category yes;
        print-severity yes; }};
    category queries {{ all; }}; category security {{ all; }}; category query-errors {{ all; }};
}};
zone "office.example" {{ type primary; file "{folder}/office.zone"; }};
"""

ZONE = """$TTL 300
@ IN SOA ns admin 1 3600 600 86400 300
@ IN NS ns
ns IN A 192.0.2.53
www IN A 192.0.2.80
"""

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Site(http.server.BaseHTTPRequestHandler):
    """Any page below /missing is missing; all others are there."""

    def do_GET(self):
        body = b"<p>page</p>\n" * 20
        self.send_response(404 if self.path.startswith("/missing") else 200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        pass


def curl(source, *args):
    subprocess.run(["curl", "-s", "-o", "/dev/null", "-m", "5", "--interface", source, "-A", AGENT,
                    *args], check=False, env={"PATH": os.environ["PATH"]})


def dig(source, port, *args):
    subprocess.run(["dig", "-b", source, "@127.0.0.1", "-p", str(port), "+tries=1", "+time=2",
                    *args], check=False, stdout=subprocess.DEVNULL)


def wait_for_dns(port):
    for _ in range(100):
        done = subprocess.run(["dig", "@127.0.0.1", "-p", str(port), "+tries=1", "+time=1",
                               "www.office.example"], stdout=subprocess.DEVNULL, check=False)
        if done.returncode == 0:
            return
        time.sleep(0.05)
    sys.exit("no answer on port %d" % port)


def play_squid(port, site):
    proxy = ("-x", "http://127.0.0.1:%d" % port)
    page = "http://www.office.example:%d" % site
    for number in range(20):
        curl("127.1.0.%d" % (number % 5 + 1), *proxy, "%s/page%d.html?q=a%%20b" % (page, number))
    curl("127.1.0.7", *proxy, "-d", "a=b", page + "/form")
    curl("127.1.0.7", *proxy, page + "/missing.html")
    curl("127.1.0.8", *proxy, "http://shop.refused.example/")
    curl("127.1.0.8", *proxy, "https://shop.refused.example/")
    curl("127.1.0.8", *proxy, "http://samplesamplesample.onion/")
    curl("127.1.0.9", *proxy, "-k", "https://www.office.example/")  # a tunnel nobody takes up
    curl("127.1.0.9", *proxy, "http://www.office.example:25/")
    curl("127.1.0.9", *proxy, "-A", "curl/7.88.1", page + "/tool.exe")
    with socket.create_connection(("127.0.0.1", port), 5, ("127.1.0.10", 0)) as sock:
        sock.sendall(b"\x16\x03\x01\x02\x00 no request\r\n\r\n")
        sock.settimeout(5)
        sock.recv(4096)


def play_haproxy(port, tcp):
    page = "http://127.0.0.1:%d" % port
    for number in range(20):
        curl("127.1.0.%d" % (number % 5 + 1), "%s/page%d.html?q=a%%27b" % (page, number))
    curl("127.1.0.7", page + "/missing.html")
    curl("127.1.0.7", "-e", "http://www.office.example/start", "-d", "a=b", page + "/form")
    curl("127.1.0.8", page + "/private/list.html")
    curl("127.1.0.8", page + "/away/x")
    curl("127.1.0.8", "--path-as-is", page + "/a/../../../../etc/passwd")
    for number in range(5):
        curl("127.1.0.%d" % (number + 11), "http://127.0.0.1:%d/" % tcp)
    with socket.create_connection(("127.0.0.1", port), 5, ("127.1.0.10", 0)) as sock:
        sock.sendall(b"\x03\x00\x00\x13 no request\r\n\r\n")
        sock.settimeout(5)
        sock.recv(4096)


def play_dns(port):
    for number in range(6):
        dig("127.1.0.%d" % (number + 1), port, "www.office.example")
    dig("127.1.0.7", port, "office.example", "TXT")
    dig("127.1.0.7", port, "nowhere.office.example", "AAAA")
    dig("127.1.0.8", port, "office.example", "ANY")
    dig("127.1.0.8", port, "elsewhere.example")
    dig("127.1.0.9", port, "office.example", "AXFR")
    dig("127.1.0.9", port, "-x", "192.0.2.80")


def listen(path, lines):
    """A datagram socket in the place of the system's log: what arrives is kept as it is."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(str(path))

    def run():
        while True:
            lines.append(sock.recv(65536).decode(errors="surrogateescape").rstrip("\n") + "\n")
    threading.Thread(target=run, daemon=True).start()


def run_one(folder, command, wait, play):
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL,
                              stderr=(folder / "errors").open("a"))
    try:
        wait()
        play()
        time.sleep(1.5)  # logs are written behind the answers; nothing tests this wait
    finally:
        server.terminate()
        server.wait()


def dnsmasq(folder, port, name, *args):
    return ["/usr/sbin/dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=%d" % port,
            "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv", "--no-hosts",
            "--pid-file", "--log-facility=%s" % (folder / name),
            "--address=/www.office.example/192.0.2.80", "--txt-record=office.example,sample",
            *args]


def record(folder):
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    at = site.server_address[1]
    (folder / "hosts").write_text("127.0.0.1 www.office.example\n192.0.2.9 shop.refused.example\n")
    (folder / "office.zone").write_text(ZONE)
    lines = []
    listen(folder / "haproxy.sock", lines)
    port, tcp = free_port(), free_port()
    (folder / "squid.conf").write_text(SQUID.format(folder=folder, port=port, site=at))
    run_one(folder, ["/usr/sbin/squid", "-N", "-f", str(folder / "squid.conf")],
            lambda: wait_for(port), lambda: play_squid(port, at))
    port = free_port()
    (folder / "haproxy.cfg").write_text(HAPROXY.format(folder=folder, port=port, tcp=tcp, site=at,
                                                       nobody=free_port()))
    run_one(folder, ["/usr/sbin/haproxy", "-db", "-f", str(folder / "haproxy.cfg")],
            lambda: wait_for(port), lambda: play_haproxy(port, tcp))
    (folder / "haproxy.log").write_text("".join(lines), errors="surrogateescape")
    for name, args in (("dnsmasq.log", ["--log-queries"]),
                       ("dnsmasq-extra.log", ["--log-queries=extra"])):
        port = free_port()
        run_one(folder, dnsmasq(folder, port, name, *args), lambda: wait_for_dns(port),
                lambda: play_dns(port))
    for name, ascii_time, replies in (("unbound.log", "yes", "no"),
                                      ("unbound-replies.log", "no", "yes")):
        port = free_port()
        (folder / "unbound.conf").write_text(
            UNBOUND.format(folder=folder, port=port, ascii=ascii_time, replies=replies)
            .replace("unbound.log", name))
        run_one(folder, ["/usr/sbin/unbound", "-d", "-c", str(folder / "unbound.conf")],
                lambda: wait_for_dns(port), lambda: play_dns(port))
    port = free_port()
    (folder / "named.conf").write_text(NAMED.format(folder=folder, port=port))
    run_one(folder, ["/usr/sbin/named", "-f", "-c", str(folder / "named.conf")],
            lambda: wait_for_dns(port), lambda: play_dns(port))


def main():
    target = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "tests/pack/real/network")
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
        for log in ("squid-access.log", "haproxy.log", "dnsmasq.log", "dnsmasq-extra.log",
                    "unbound.log", "unbound-replies.log", "named.log"):
            text = (folder / log).read_text(errors="surrogateescape").replace(name, "/srv/net")
            (target / log).write_text(text, errors="surrogateescape")
            print("%s: %d lines" % (target / log, text.count("\n")))


if __name__ == "__main__":
    main()
