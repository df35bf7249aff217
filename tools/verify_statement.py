#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check a signed statement without Yagura: verify_statement.py S.json [--key PUB]
Written from docs/statement.md alone; needs python3-cryptography. Exit status 0 or 1."""
import base64, datetime, hashlib, json, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TYPE = "application/vnd.in-toto+json"
def need(holds, why):
    if not holds:
        raise ValueError(why)

def canonical(value):  # RFC 8785: keys sorted by UTF-16 units, no blanks, no fractions
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{%s}" % ",".join(canonical(key) + ":" + canonical(value[key]) for key in keys)
    if isinstance(value, list):
        return "[%s]" % ",".join(map(canonical, value))
    need(not isinstance(value, float), "a fraction")
    return json.dumps(value, ensure_ascii=False)

def load(data):
    value = json.loads(data.decode("utf-8"))
    need(canonical(value).encode("utf-8") == data, "not in canonical form")
    return value

def unbase64(text, size=None):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text and size in (None, len(data)), "base64")
    return data

def verify(data, key=None):  # the key id; anything raised: not valid
    envelope = load(data)
    signature, = envelope["signatures"]
    need(set(envelope) == {"payload", "payloadType", "signatures"} and set(signature) == {"keyid", "sig"}
         and envelope["payloadType"] == TYPE, "no envelope of a statement")
    payload = unbase64(envelope["payload"])
    statement = load(payload)
    predicate, (subject,) = statement["predicate"], statement["subject"]
    need((statement["_type"], statement["predicateType"]) == (
        "https://in-toto.io/Statement/v1", "urn:yagura:predicate:assessment:v1"), "another kind of statement")
    digest = hashlib.sha256(canonical(predicate["snapshot"]).encode("utf-8")).hexdigest()
    need(subject["digest"]["sha256"] == digest, "the digest is not that of the snapshot")
    public = unbase64(predicate["signer"]["public_key"], 32)
    need(hashlib.sha256(public).hexdigest() == signature["keyid"], "the key id is not that of the key")
    signed = b"DSSEv1 %d %s %d %s" % (len(TYPE), TYPE.encode(), len(payload), payload)
    Ed25519PublicKey.from_public_bytes(public).verify(unbase64(signature["sig"], 64), signed)
    need(key is None or unbase64(key["public"], 32) == public, "signed by another key")
    day = datetime.date.fromisoformat(predicate["day"])
    issued = datetime.datetime.strptime(predicate["issued"], "%Y-%m-%dT%H:%M:%SZ").date()
    need(abs((day - issued).days) <= 1, "the time of issue")
    for said in (predicate["signer"], key or {}):
        need((said.get("created") or predicate["day"]) <= day.isoformat(), "issued before the key was made")
        need((said.get("expires") or predicate["day"]) >= day.isoformat(), "the key had expired")
    return signature["keyid"]

if __name__ == "__main__":
    try:
        need(len(sys.argv) == 2 or len(sys.argv) == 4 and sys.argv[2] == "--key", "see the head of this file")
        lines = open(sys.argv[3], encoding="utf-8").read().splitlines() if len(sys.argv) == 4 else None
        need(lines is None or lines[:1] == ["yagura-key v1 public"], "no public key")
        named = dict(line.split(": ", 1) for line in lines[1:] if ": " in line) if lines else None
        keyid = verify(open(sys.argv[1], "rb").read(), named)
        print(("valid: signed by " if named else "signature intact, signer not confirmed: ") + keyid)
    except Exception as error:  # whatever is wrong: it is not valid
        sys.exit("not valid: %s" % (error or type(error).__name__))
