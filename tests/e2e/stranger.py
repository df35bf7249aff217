#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A sensor by somebody who has read docs/protocol.md and nothing else: stranger.py HUB CA TOKEN < records

Enrols, sends the records of standard input as one batch, says it is alive, prints the receipts."""
import datetime
import hashlib
import json
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Sensor:
    def __init__(self, hub, ca):
        self.hub, self.tls = hub, ssl.create_default_context(cafile=ca)

    def ask(self, method, path, body=None, kind="application/json"):
        request = urllib.request.Request(self.hub + path, body, {"Content-Type": kind}, method=method)
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=90) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.loads(refusal.read())

    def enrol(self, token, host="stranger"):
        key = ec.generate_private_key(ec.SECP256R1())
        csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
        wish = {"v": 1, "token": token, "host": host, "csr": csr.public_bytes(serialization.Encoding.PEM).decode()}
        status, self.me = self.ask("POST", "/sensor/v1/enrol", json.dumps(wish).encode())
        if status == 201:
            with tempfile.NamedTemporaryFile(suffix=".pem") as pem:
                pem.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                            serialization.NoEncryption()) + self.me["certificate"].encode())
                pem.flush()
                self.tls.load_cert_chain(pem.name)
        return status

    def batch(self, content, sequence, epoch=1, **other):
        head = {"v": 1, "sensor": self.me["sensor"], "epoch": epoch, "sequence": sequence,
                "sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "count": content.count(b"\n"),
                "first": None, "last": None, **other}
        packed = subprocess.run(["zstd", "-qc"], input=content, stdout=subprocess.PIPE, check=True).stdout
        return json.dumps(head, separators=(",", ":")).encode() + b"\n" + packed

    def send(self, batch):
        return self.ask("POST", "/sensor/v1/batches", batch, "application/vnd.yagura.batch")

    def heartbeat(self, last, acked, epoch=1):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        return self.ask("POST", "/sensor/v1/heartbeat", json.dumps(
            {"v": 1, "sensor": self.me["sensor"], "time": now, "epoch": epoch, "last": last, "acked": acked,
             "sources": []}).encode())


if __name__ == "__main__":
    sensor = Sensor(sys.argv[1], sys.argv[2])
    if sensor.enrol(sys.argv[3]) != 201:
        sys.exit(json.dumps(sensor.me))
    print(*sensor.send(sensor.batch(sys.stdin.buffer.read(), 1)))
    print(*sensor.heartbeat(1, 1))
