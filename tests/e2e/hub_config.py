#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The file of `yagura hub --config`: what it says is done, options win over it, each fault has its line."""
import http.client
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import urllib.error
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
import datetime

from harness import ROOT, TIMEOUT_S, YAGURA, case, contains, equal, folder, main, yagura
from hub_kit import until


def check(text, *more):
    path = folder() / "hub.yaml"
    path.write_text(text, encoding="utf-8")
    done = yagura("hub", "--config", path, "--check-config", *more)
    return done.code, done.err.replace(str(path), "hub.yaml"), done.out


def written(text):
    path = folder() / "hub.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


class Running:
    """A hub from a file alone."""

    def __init__(self, text, *more):
        self.path = folder() / "hub.yaml"
        self.path.write_text(text, encoding="utf-8")
        self.process = subprocess.Popen([YAGURA, "hub", "--config", str(self.path), *map(str, more)],
                                        stdout=subprocess.PIPE, env=dict(os.environ, LANGUAGE="en"))
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("no ready line: %s" % self.process.wait(TIMEOUT_S))
        self.ready = json.loads(line)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.stdout.close()
        return self.process.wait(TIMEOUT_S)


@case
def faults():
    """File, line, what to do; all of them at once."""
    for text, words in (
            ("data: /tmp/x\nhtpp:\n  listen: 127.0.0.1:1\n", "hub.yaml:2: htpp: there is no such setting; nearest: http"),
            ("data: /tmp/x\nsensors:\n  lisen: 127.0.0.1:1\n", "hub.yaml:3: lisen: there is no such setting; nearest: listen"),
            ("data: /tmp/x\nzzzzzzzzzz: 1\n", "hub.yaml:2: zzzzzzzzzz: there is no such setting"),
            ("data: [a, b]\n", "hub.yaml:1: data: this value cannot be used"),
            ("data: ~\n", "hub.yaml:1: data: this value cannot be used"),
            ("data: /tmp/x\nworkers: 0\n", "hub.yaml:2: workers: give a number from 1 to 16"),
            ("data: /tmp/x\nworkers: many\n", "hub.yaml:2: workers: give a number from 1 to 16"),
            ("data: /tmp/x\nlang: fr\n", "hub.yaml:2: lang: this value cannot be used"),
            ("data: /tmp/x\nhttp: 127.0.0.1:1\n", "hub.yaml:2: http: this value cannot be used"),
            ("data: /tmp/x\nhttp:\n  listen: nonsense\n", "hub.yaml:3: listen: this value cannot be used"),
            ("data: /tmp/x\nhttp:\n  key: /tmp/k\n", "hub.yaml:3: http: certificate and key go together"),
            ("data: /tmp/x\nhttp:\n  client_authorities: /k\n", "hub.yaml:3: http: client_authorities needs"),
            ("data: /tmp/x\nsensors:\n  names: [a b]\n", "hub.yaml:3: names: this value cannot be used"),
            ("data: /tmp/x\nhttp:\n  names: ['hub.example.jp:8470']\n", "hub.yaml:3: names: this value cannot be used"),
            ("data: /tmp/x\nhttp:\n  trusted_proxies: 127.0.0.1\n", "hub.yaml:3: trusted_proxies: this value cannot be used"),
            ("data: /tmp/x\nhttp:\n  trusted_proxies: []\n", "hub.yaml:3: trusted_proxies: this value cannot be used"),
            ("data: /tmp/x\nhttp:\n  trusted_proxies: [10.0.0.1/8]\n", "hub.yaml:3: trusted_proxies: this value cannot be used"),
            ("data: /tmp/x\nhttp:\n  trusted_proxies: [0.0.0.0/0]\n", "hub.yaml:3: trusted_proxies: this value cannot be used"),
            ("data: /tmp/x\nhttp:\n  trusted_proxies: ['::/0']\n", "hub.yaml:3: trusted_proxies: this value cannot be used"),
            ("data: /tmp/x\nhttp:\n  trusted_proxies: ['::ffff:0:0/96']\n", "hub.yaml:3: trusted_proxies: this value cannot be used"),
            ("data: /tmp/x\nhttp:\n  trusted_proxies: [proxy.example]\n", "hub.yaml:3: trusted_proxies: this value cannot be used"),
            ("data: /tmp/x\nhttp:\n  trusted_proxies: [%s]\n" % ", ".join("10.0.0.%d" % i for i in range(17)),
             "hub.yaml:3: trusted_proxies: this value cannot be used"),
            ("data: /tmp/x\nhttp:\n  trusted_proxies: [10.0.0.1]\n  trusted_header: X-Real-IP\n",
             "hub.yaml:4: trusted_header: this value cannot be used"),
            ("data: /tmp/x\nhttp:\n  trusted_header: Forwarded\n", "give trusted_proxies with it"),
            ("data: /tmp/x\nout:\n  mail_server: mail.example\n", "hub.yaml:3: mail_server: this value cannot be used"),
            ("data: /tmp/x\nout:\n  mail_server: smtps://x\n  mail_from: a\n", "hub.yaml:4: mail_from: this value"),
            ("data: /tmp/x\nout:\n  webhooks: maybe\n", "hub.yaml:3: webhooks: this value cannot be used"),
            ("data: /tmp/x\nout:\n  local: 0.0.0.0\n", "hub.yaml:3: local: this value cannot be used"),
            ("data: /tmp/x\nindicators:\n  act: maybe\n", "hub.yaml:3: act: this value cannot be used"),
            ("data: /tmp/x\nindicators:\n  pap: blue\n", "hub.yaml:3: pap: this value cannot be used"),
            ("data: /tmp/x\nsensors:\n  names: one\n", "hub.yaml:3: names: this value cannot be used"),
            ("data: /tmp/x\nsensors:\n  timeout: 1\n", "hub.yaml:3: timeout: give a number from 5 to 3600"),
            ("data: /tmp/x\ndata: /tmp/y\n", "hub.yaml:2: "),
            ("data: &a /tmp/x\nlang: *a\n", "hub.yaml:1: "),
            ("- data\n", "this is no configuration"),
            ("data: /tmp/x\nhttp:\n  listen: 0.0.0.0:1\n", "hub.yaml:3: listen: pages are served on 127.0.0.1 only"),
            ("lang: en\n", "--data")):
        code, err, out = check(text)
        equal((code, out), (2, ""), (text, err))
        contains(err, words)
    code, err, _ = check("dat: 1\nhttp:\n  lsten: 1\nworkers: 99\n")
    equal(len(re.findall(r"hub\.yaml:\d+:", err)), 3, err)
    equal(yagura("hub", "--config", folder() / "none", "--check-config").code, 2)


@case
def every_setting_is_documented():
    """The page, its example and the table of the program say the same."""
    page = (pathlib.Path(ROOT) / "docs/hub-config.md").read_text(encoding="utf-8")
    source = (pathlib.Path(ROOT) / "src/app/hub_config.c").read_text(encoding="utf-8")
    table = source[source.index("settings[] = {"):]
    table = table[:table.index("};")]
    known = {(g + "." if g else "") + n for g, n, kind in re.findall(r'\{"(\w*)", "([\w-]+)", (\w+)', table)
             if kind != "GROUP"}
    equal({row for row in re.findall(r"^\| `([\w.-]+)` \|", page, re.M)}, known)
    example = re.search(r"```yaml\n(.*?)```", page, re.S).group(1)
    pem, key = own_certificate(folder())
    example = example.replace("/etc/yagura/hub.pem", str(pem)).replace("/etc/yagura/hub.key", str(key))
    example = example.replace("/var/lib/yagura", str(folder() / "d"))
    code, err, _ = check(example)
    equal((code, err), (0, ""))


@case
def says_whether_it_would_start():
    """What the file names is looked at: what is wrong there stops the hub, and --check-config says so before."""
    where = folder()
    pem, key = own_certificate(where)
    (where / "empty").touch()
    other = ec.generate_private_key(ec.SECP256R1())
    (where / "other").write_bytes(other.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                      serialization.NoEncryption()))
    (where / "file").write_text("no folder")
    start = "data: %s\nhttp:\n  listen: 127.0.0.1:0\n" % (where / "d")
    tls = start + "  certificate: %s\n  key: %s\nsensors:\n  listen: 127.0.0.1:0\n"
    faults = (
            (tls % (where / "empty", key), "hub.yaml:4: certificate: %s: there is no certificate" % (where / "empty")),
            (tls % (pem, where / "empty"), "hub.yaml:5: key: %s: there is no key" % (where / "empty")),
            (tls % (pem, where / "other"), "hub.yaml:5: key: %s: the key is not the certificate's" % (where / "other")),
            (tls % (pem, where / "none"), "hub.yaml:5: key: %s: no such file" % (where / "none")),
            ("data: %s/none/d\nsensors:\n  listen: 127.0.0.1:0\n" % where, "hub.yaml:1: data: %s/none/d: the folder above" % where),
            ("data: %s/file\n" % where, "hub.yaml:1: data: %s/file: this is no folder" % where),
            (start + "sensors:\n  listen: 198.51.100.7:0\n", "hub.yaml:5: listen: 198.51.100.7: this machine has no such address"),
            (start + "out:\n  mail_server: smtps://x\n  mail_from: a@b\n  mail_password_file: /none/p\n",
             "hub.yaml:7: mail_password_file: /none/p: no such file"),
            (start + "out:\n  feeds: /none\n", "hub.yaml:5: feeds: /none: no such file"))
    for text, words in faults:
        code, err, out = check(text)
        equal((code, out), (2, ""), (text, err))
        contains(err, words)
    code, err, _ = check(tls % (pem, key))
    equal((code, err), (0, ""))
    equal((where / "d").exists(), False, "nothing is made")
    for text, _ in faults[:-1]:  # without feeds it starts, and fetches nothing
        begun = subprocess.run([YAGURA, "hub", "--config", written(text)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=dict(os.environ, LANGUAGE="en"), timeout=TIMEOUT_S, text=True)
        equal((begun.returncode, begun.stdout), (2, ""), text)
        contains(begun.stderr, "yagura: ")


@case
def is_done():
    data = folder() / "data"
    hub = Running("data: %s\nlang: ja\nworkers: 1\nhttp:\n  listen: 127.0.0.1:0\nsensors:\n  listen: 127.0.0.1:0\n"
                  "  names: [hub.example.jp]\n  connections: 10\n  timeout: 30\n" % data)
    with urllib.request.urlopen(hub.ready["url"] + "/readyz", timeout=60) as answer:
        equal(answer.status, 200)
    children = subprocess.run(["ps", "-o", "comm=", "--ppid", str(hub.process.pid)], stdout=subprocess.PIPE, text=True,
                              check=True).stdout.split()
    equal(sorted(children), ["yagura:engine", "yagura:front", "yagura:hunter", "yagura:keeper", "yagura:out", "yagura:pages",
                             "yagura:signer", "yagura:worker"])
    host, port = hub.ready["sensors"].split("//")[1].split(":")
    server = x509.load_pem_x509_certificate(ssl.get_server_certificate((host, int(port))).encode())
    contains(str(server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value), "hub.example.jp")
    equal(hub.stop(), 0)
    # Options win.
    other = folder() / "other"
    hub = Running("data: %s\nhttp:\n  listen: 127.0.0.1:0\nsensors:\n  listen: 127.0.0.1:1\n" % data, "--data", other,
                  "--sensors", "127.0.0.1:0")
    equal((other / "hub.db").exists(), True)
    equal(hub.stop(), 0)


@case
def threads_have_the_names_that_the_page_lists():
    page = (ROOT / "docs/hub-config.md").read_text(encoding="utf-8").split("## What runs")[1]
    listed = {name: (place, "ends then" in does) for name, place, does in
              re.findall(r"^\| `(yg:[a-z-]+)` \| ([a-z, ]+) \| (.*) \|$", page, re.M)}
    assert len(listed) > 12 and max(map(len, listed)) <= 15, listed
    hub = Running("data: %s\nhttp:\n  listen: 127.0.0.1:0\nsensors:\n  listen: 127.0.0.1:0\n" % (folder() / "data"))

    def seen():
        found = set()
        for process in children_of(hub.process.pid):
            role = comm(process / "comm").removeprefix("yagura:")
            found |= {(comm(task / "comm"), role) for task in (process / "task").iterdir() if task.name != process.name}
        return found

    # Those that stay are there; what is there is listed, where it is listed.
    wanted = {(name, place) for name, (place, is_short) in listed.items() if place == "keeper" and not is_short}
    until("each name", lambda: wanted <= seen())
    equal({(name, role) for name, role in seen() if role not in listed.get(name, ("", ""))[0].split(", ")}, set())
    equal(hub.stop(), 0)


def comm(path):
    try:
        return path.read_text().strip()
    except OSError:  # it has ended
        return ""


def children_of(pid):
    def parent(folder_):
        try:
            return int((folder_ / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return 0
    return [p for p in pathlib.Path("/proc").iterdir() if p.name.isdigit() and parent(p) == pid]


def own_certificate(where):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False).sign(key, hashes.SHA256()))
    (where / "key").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                  serialization.NoEncryption()))
    (where / "pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return where / "pem", where / "key"


@case
def behind_a_proxy():
    """Its names are answered to, over its TLS: the cookie says so."""
    hub = Running("data: %s\nhttp:\n  listen: 127.0.0.1:0\n  names: [hub.example.jp]\nsensors:\n  listen: 127.0.0.1:0\n"
                  % (folder() / "d"))
    connection = http.client.HTTPConnection(hub.ready["url"].split("//")[1], timeout=60)
    connection.request("GET", "/" + hub.ready["admin_link"].split("/", 3)[3],
                       headers={"Host": "hub.example.jp", "X-Forwarded-For": "192.0.2.1"})
    answer = connection.getresponse()
    equal(answer.status, 303)
    contains(answer.headers["Set-Cookie"], "; Secure")
    connection.close()
    equal(hub.stop(), 0)


@case
def pages_over_tls():
    pem, key = own_certificate(folder())
    text = ("data: %s\nhttp:\n  listen: 127.0.0.1:0\n  certificate: %s\n  key: %s\n  names: [hub.example.jp]\nsensors:\n  listen: 127.0.0.1:0\n"
            % (folder() / "d", pem, key))
    hub = Running(text)
    contains(hub.ready["url"], "https://127.0.0.1:")
    tls = ssl.create_default_context(cafile=str(pem))
    with urllib.request.urlopen(hub.ready["url"].replace("127.0.0.1", "localhost") + "/healthz", context=tls,
                                timeout=60) as answer:
        equal(answer.status, 200)
    # Under the names that the file gives it, and no others.
    for host, status in (("hub.example.jp", 200), ("HUB.example.jp:8443", 200), ("other.example.jp", 421)):
        request = urllib.request.Request(hub.ready["url"].replace("127.0.0.1", "localhost") + "/healthz",
                                         headers={"Host": host})
        try:
            with urllib.request.urlopen(request, context=tls, timeout=60) as answer:
                got = answer.status
        except urllib.error.HTTPError as error:
            got = error.code
        equal(got, status, host)
    equal(hub.stop(), 0)
    code, err, _ = check(text.replace(str(key), str(key) + "-not-there"))
    equal(code, 2)
    contains(err, "no such file")


if __name__ == "__main__":
    main()
