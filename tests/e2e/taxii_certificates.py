# SPDX-License-Identifier: Apache-2.0
"""Programs that show a certificate to the TAXII server: who is whom, and who is nobody."""
import http.client
import json
import pathlib
import ssl
import subprocess

from harness import case, contains, equal, folder, main, yagura
from hub_kit import Hub

TYPE = "application/taxii+json;version=2.1"
PLACE = folder()


def openssl(*words):
    done = subprocess.run(["openssl", *map(str, words)], cwd=PLACE, capture_output=True, check=False)
    equal(done.returncode, 0, done.stderr)


def authority(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key", "-out", name + ".pem",
            "-subj", "/CN=" + name, "-days", "30")


def certificate(name, by, days="30", extra=""):
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key", "-out", name + ".csr",
            "-subj", "/CN=" + name)
    (PLACE / "extensions").write_text(extra, encoding="utf-8")
    openssl("x509", "-req", "-in", name + ".csr", "-CA", by + ".pem", "-CAkey", by + ".key", "-CAcreateserial", "-days", days,
            "-out", name + ".pem", "-extfile", "extensions")


authority("ours")
authority("others")
certificate("server", "ours", extra="subjectAltName=DNS:localhost,IP:127.0.0.1\n")
for who, by in (("feed", "ours"), ("unknown", "ours"), ("stranger", "others")):
    certificate(who, by, extra="extendedKeyUsage=clientAuth\n")
CONFIG = PLACE / "hub.yaml"
CONFIG.write_text("""
http:
  certificate: %s
  key: %s
  client_authorities: %s
""" % (PLACE / "server.pem", PLACE / "server.key", PLACE / "ours.pem"), encoding="utf-8")
HUB = Hub(options=["--config", str(CONFIG)])
HUB.org("acme")


def ask(path, name=None, **fields):
    context = ssl.create_default_context(cafile=PLACE / "ours.pem")
    if name:
        context.load_cert_chain(PLACE / (name + ".pem"), PLACE / (name + ".key"))
    connection = http.client.HTTPSConnection(HUB.ready["url"].split("//")[1], context=context, timeout=60)
    try:
        connection.request("GET", path, headers={"Accept": TYPE, **fields})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    finally:
        connection.close()


def fingerprint(name):
    import hashlib
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert((PLACE / (name + ".pem")).read_text(encoding="utf-8"))).hexdigest()


@case
def a_certificate_is_somebody():
    place = HUB.admin("collection", "add", "--org", "acme", "--title", "own").out.strip()
    equal(ask("/taxii2/", "feed")[0], 401)  # nobody's yet
    done = HUB.admin("api-token", "--org", "acme", "--role", "member", "--certificate", PLACE / "feed.pem")
    equal((done.code, len(done.out.strip()) < 64), (0, True), done.err)
    global TOKEN
    TOKEN = done.out.strip()
    status, data = ask("/taxii2/hub/collections/", "feed")
    equal((status, [one["id"] for one in data["collections"]]), (200, [place]))
    equal(ask("/taxii2/hub/collections/%s/objects/" % place, "feed"), (200, {}))
    # To TAXII alone; a person's pages and the other operations ask for a session or a secret.
    equal(ask("/api/v1/orgs", "feed")[0], 401)
    done = HUB.admin("api-token", "--org", "acme", "--role", "member", "--certificate", PLACE / "feed.pem")
    equal((done.code, done.out), (1, ""))
    contains(done.err, "another program's already")


@case
def who_is_nobody():
    for name in (None, "unknown", "stranger"):
        equal(ask("/taxii2/", name)[0], 401, name)
    # A certificate is shown, never told.
    told = "cert:" + fingerprint("feed")
    import base64
    for field in ("Bearer " + told, "Basic " + base64.b64encode(("x:" + told).encode()).decode()):
        for name in (None, "unknown"):
            equal(ask("/taxii2/", name, Authorization=field)[0], 401, field)
            equal(ask("/api/v1/orgs", name, Authorization=field)[0], 401, field)
    # Whoever sends a secret is who that is.
    equal(ask("/taxii2/", "feed", Authorization="Bearer " + "0" * 64)[0], 401)
    # A certificate of others that stands in the register all the same.
    equal(HUB.admin("api-token", "--org", "acme", "--role", "member", "--certificate", PLACE / "stranger.pem").code, 0)
    equal(ask("/taxii2/", "stranger")[0], 401)


@case
def our_own_client_shows_one():
    done = yagura("share", "poll", "--url", HUB.ready["url"].replace("127.0.0.1", "localhost") + "/taxii2/hub/", "--collection",
                  HUB.admin("collection", "add", "--org", "acme", "--title", "t", "--alias", "polled").out.strip(), "--into", "x",
                  "--store", PLACE / "x.db", "--authorities", PLACE / "ours.pem", "--certificate", PLACE / "feed.pem",
                  "--key", PLACE / "feed.key")
    equal((done.code, done.out), (0, "0 stored, 0 there before, 0 refused\n"), done.err)
    done = yagura("share", "poll", "--url", HUB.ready["url"] + "/taxii2/hub/", "--collection", "polled", "--into", "x", "--store", PLACE / "x.db",
                  "--certificate", PLACE / "feed.pem", "--key", PLACE / "feed.key")
    equal(done.code, 1, done.err)  # the system does not know its authority


@case
def it_can_be_taken_back():
    equal(HUB.admin("api-token", "revoke", TOKEN, "--org", "acme").code, 0)
    equal(ask("/taxii2/", "feed")[0], 401)
    equal(HUB.admin("api-token", "--org", "acme", "--role", "member", "--certificate", PLACE / "feed.pem").code, 0)
    equal(ask("/taxii2/", "feed")[0], 200)
    for bad in (PLACE / "server.key", pathlib.Path("/nowhere")):
        equal(HUB.admin("api-token", "--org", "acme", "--role", "member", "--certificate", bad).code, 2)
    equal(HUB.stop(), 0)


main()
