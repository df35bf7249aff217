#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may speak: certificates that are none, foreign, expired, revoked, another tenant's, renewed."""
import datetime
import http.client
import json
import ssl
import tempfile
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness import case, equal, main
from hub_kit import Hub, quickest, record, until
from stranger import Sensor


def certificate(hub, org, sensor, days=(-1, 1), ca=None, purpose=ExtendedKeyUsageOID.CLIENT_AUTH):
    """A certificate that only the hub itself could make, or (@ca) one that only looks like it."""
    issuer_key = ca or serialization.load_pem_private_key((hub.data / "ca/ca.key").read_bytes(), None)
    issuer = x509.load_pem_x509_certificate((hub.data / "ca/ca.pem").read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, org),
                      x509.NameAttribute(NameOID.COMMON_NAME, sensor)])
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(issuer.subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now + datetime.timedelta(days[0]))
            .not_valid_after(now + datetime.timedelta(days[1]))
            .add_extension(x509.BasicConstraints(False, None), True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), False).sign(issuer_key, hashes.SHA256()))
    return (key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                              serialization.NoEncryption()) + made.public_bytes(serialization.Encoding.PEM))


def speak(hub, identity, me):
    sensor = Sensor(hub.ready["sensors"], hub.ca)
    sensor.me = me
    if identity:
        with tempfile.NamedTemporaryFile() as pem:
            pem.write(identity)
            pem.flush()
            sensor.tls.load_cert_chain(pem.name)
    return sensor


def all_refused(sensor, status, code):
    """Every address, whatever is sent to it."""
    for method, path in (("POST", "batches"), ("POST", "drops"), ("POST", "heartbeat"), ("GET", "downlink"),
                         ("POST", "downlink/acks"), ("POST", "renew")):
        got, problem = sensor.ask(method, "/sensor/v1/" + path, None if method == "GET" else b"{}")
        equal((got, problem["code"]), (status, code), path)
    got, problem = sensor.send(sensor.batch(record(1), 1))
    equal((got, problem["code"]), (status, code))


@case
def none_and_foreign():
    hub = Hub()
    hub.org()
    one = hub.stranger()
    all_refused(speak(hub, None, one.me), 401, "no-certificate")
    other = Hub()
    other.org()
    all_refused(speak(hub, certificate(other, "acme", one.me["sensor"]), one.me), 401, "foreign-certificate")
    # The right issuer's name without its key.
    all_refused(speak(hub, certificate(hub, "acme", one.me["sensor"], ca=ec.generate_private_key(ec.SECP256R1())),
                      one.me), 401, "foreign-certificate")
    # The authority's, but not for a sensor.
    all_refused(speak(hub, certificate(hub, "acme", one.me["sensor"], purpose=ExtendedKeyUsageOID.SERVER_AUTH),
                      one.me), 401, "foreign-certificate")
    server = (hub.data / "ca/server.key").read_bytes() + (hub.data / "ca/server.pem").read_bytes()
    all_refused(speak(hub, server, one.me), 401, "foreign-certificate")
    equal(hub.kept(), [])
    equal(one.send(one.batch(record(1), 1))[0], 200)
    hub.stop()
    other.stop()


@case
def expired():
    hub = Hub()
    hub.org()
    one = hub.stranger()
    all_refused(speak(hub, certificate(hub, "acme", one.me["sensor"], days=(-9, -1)), one.me), 401,
                "expired-certificate")
    all_refused(speak(hub, certificate(hub, "acme", one.me["sensor"], days=(1, 9)), one.me), 401,
                "expired-certificate")
    hub.stop()


@case
def never_enrolled():
    """Signed by the hub's own key and in time: what counts is the register."""
    hub = Hub()
    hub.org()
    one = hub.stranger()
    all_refused(speak(hub, certificate(hub, "acme", "nobody"), {"sensor": "nobody"}), 403, "not-enrolled")
    all_refused(speak(hub, certificate(hub, "acme", one.me["sensor"]), one.me), 403, "not-enrolled")
    all_refused(speak(hub, certificate(hub, "other", one.me["sensor"]), one.me), 403, "not-enrolled")
    hub.stop()


@case
def other_tenant():
    """A good certificate of one organisation gives nothing of another, and nothing under its name."""
    hub = Hub()
    hub.org("acme")
    hub.org("rival")
    one, other = hub.stranger("acme"), hub.stranger("rival")
    status, problem = other.send(one.batch(record(1), 1))
    equal((status, problem["code"]), (403, "other-sensor"))
    mine = other.me
    other.me = one.me
    equal(other.heartbeat(0, 0)[1]["code"], "other-sensor")
    other.me = mine
    hub.admin("sensor", "send", one.me["sensor"], "ping")
    equal(other.ask("GET", "/sensor/v1/downlink?after=0&wait=0")[1]["messages"], [])
    equal(other.send(other.batch(record(5), 1))[0], 200)
    equal([(org, head["sensor"]) for _, org, head, _ in hub.kept()], [("rival", mine["sensor"])])
    hub.stop()


class Open:
    """One connection that stays open."""

    def __init__(self, hub, sensor):
        self.sensor = sensor
        self.connection = http.client.HTTPSConnection(hub.sensors, context=sensor.tls, timeout=60)

    def ask(self, method, path, body=None):
        self.connection.request(method, path, body)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null"), self.connection.sock


def revoke(hub, one):
    """Seconds from its end until @one, which waits, is refused: on the connections that it has open."""
    idle, waiting = Open(hub, one), Open(hub, one)
    status, _, socket = idle.ask("POST", "/sensor/v1/batches", one.batch(record(1), 1))
    equal(status, 200)
    answers = []

    def wait():
        answers.append(waiting.ask("GET", "/sensor/v1/downlink?after=0&wait=55")[:2])
        answers.append(time.monotonic())

    thread = threading.Thread(target=wait)
    thread.start()
    until("it waits", lambda: hub.metric("yagura_calls_waiting") == 1)
    equal(hub.admin("sensor", "revoke", one.me["sensor"]).code, 0)
    begun = time.monotonic()
    status, problem, same = idle.ask("POST", "/sensor/v1/batches", one.batch(record(2), 2))
    equal((status, problem["code"], same is socket), (403, "revoked", True))
    thread.join(60)
    equal((answers[0][0], answers[0][1]["code"]), (403, "revoked"))
    return answers[1] - begun


@case
def revoked_on_open_connections():
    hub = Hub()
    hub.org()
    stays, gone = hub.stranger(), []

    def one_more():
        gone.append(hub.stranger())
        return revoke(hub, gone[-1])

    quickest("refused after it was revoked", 1, one_more, tries=5)
    equal(stays.send(stays.batch(record(1), 1))[0], 200)
    equal(len(hub.kept()), len(gone) + 1)
    hub.stop()


@case
def renewed():
    hub = Hub()
    hub.org()
    one = hub.stranger()
    key = ec.generate_private_key(ec.SECP256R1())
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    wish = {"v": 1, "token": "", "csr": csr.public_bytes(serialization.Encoding.PEM).decode()}
    status, got = one.ask("POST", "/sensor/v1/renew", json.dumps(wish).encode())
    equal((status, got["sensor"]), (200, one.me["sensor"]))
    equal(one.heartbeat(0, 0)[0], 200, "the old one, before the new one was used")
    fresh = speak(hub, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                         serialization.NoEncryption()) + got["certificate"].encode(), got)
    equal(fresh.send(fresh.batch(record(1), 1))[0], 200)
    all_refused(one, 403, "not-enrolled")
    equal(fresh.heartbeat(1, 1)[0], 200)
    wish["csr"] = "-----BEGIN"
    equal(fresh.ask("POST", "/sensor/v1/renew", json.dumps(wish).encode())[1]["code"], "bad-csr")
    hub.stop()


@case
def tokens():
    hub = Hub()
    hub.org()
    token = hub.token()
    first, second = Sensor(hub.ready["sensors"], hub.ca), Sensor(hub.ready["sensors"], hub.ca)
    equal(first.enrol("x" * 48), 403)
    equal(first.me["code"], "bad-token")
    equal(first.enrol(token), 201)
    equal((second.enrol(token), second.me["code"]), (403, "bad-token"))
    equal(second.ask("POST", "/sensor/v1/enrol", b"{}")[1]["code"], "wrong-version")
    equal(second.ask("POST", "/sensor/v1/enrol", b'{"v":1}')[1]["code"], "bad-request")
    equal(second.ask("POST", "/sensor/v1/enrol", b"x" * 40000)[1]["code"], "too-large")
    equal(second.ask("GET", "/sensor/v1/enrol")[1]["code"], "wrong-method")
    equal(second.ask("GET", "/etc/passwd")[1]["code"], "not-found")
    # RSA keys, and a request that somebody else signed.
    from cryptography.hazmat.primitives.asymmetric import rsa
    big = rsa.generate_private_key(65537, 2048)
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(big, hashes.SHA256())
    wish = {"v": 1, "token": hub.token(), "csr": csr.public_bytes(serialization.Encoding.PEM).decode()}
    equal(second.ask("POST", "/sensor/v1/enrol", json.dumps(wish).encode())[1]["code"], "bad-csr")
    equal(second.enrol(wish["token"]), 201, "a refused request leaves the token as it was")
    # Nothing older than TLS 1.2.
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(hub.ca)
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    try:
        http.client.HTTPSConnection(hub.sensors, context=old, timeout=60).request("GET", "/")
        raise AssertionError("TLS 1.1 was spoken")
    except (ssl.SSLError, OSError):
        pass
    hub.stop()


if __name__ == "__main__":
    main()
