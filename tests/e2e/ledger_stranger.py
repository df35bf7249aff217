#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A ledger checked by somebody who has read docs/ledger.md and nothing else: ledger_stranger.py FILE... [--key BASE64]

Prints "whole: N entries, B batches, R countersignatures" (0), or the first entry that is wrong (1)."""
import argparse
import base64
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Wrong(Exception):
    pass


def begin(lines):
    """Where the front was cut by the owner's setting: the last entry that says so."""
    first = json.loads(lines[0])["n"]
    cuts = [e for e in map(json.loads, lines) if e["kind"] == "cut" and e["first"] >= first]
    if first > 1 and not cuts:
        raise Wrong("entries 1 to %d are missing" % (first - 1))
    return first, cuts[-1] if first > 1 else None


def check(lines, key=None):
    hub, sensor, before, batches, receipts, known = None, None, "0" * 64, {}, 0, key
    first, cut = begin(lines)
    if cut:
        before = json.loads(lines[0])["prev"]
        sensor, hub = cut["sensor"], Ed25519PublicKey.from_public_bytes(base64.b64decode(cut["key"]))
        if known and cut["key"] != known:
            raise Wrong("entry %d names another key" % cut["n"])
    for number, line in enumerate(lines, first):
        try:
            entry = json.loads(line)
        except ValueError:
            raise Wrong("entry %d cannot be read" % number)
        if entry["v"] != 1 or entry["n"] != number or entry["prev"] != before:
            raise Wrong("entry %d does not follow the one before it" % number)
        if cut and number == cut["first"] and entry["prev"] != cut["before"]:
            raise Wrong("entry %d was made for another front" % cut["n"])
        before = hashlib.sha256(line).hexdigest()
        if entry["kind"] == "enrolled":
            sensor, hub = entry["sensor"], Ed25519PublicKey.from_public_bytes(base64.b64decode(entry["key"]))
            if known and entry["key"] != known:
                raise Wrong("entry %d names another key" % number)
        elif entry["kind"] == "policy":
            text = json.dumps(entry["policy"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            if hashlib.sha256(text.encode()).hexdigest() != entry["sha256"]:
                raise Wrong("entry %d: this is not that policy" % number)
        elif entry["kind"] == "batch":
            batches[entry["number"]] = (entry["sha256"], before)
        elif entry["kind"] == "receipt":
            is_gone = cut and entry["number"] <= cut["number"]
            if not is_gone and batches.get(entry["number"]) != (entry["sha256"], entry["line"]):
                raise Wrong("entry %d is about something else" % number)
            signed = ":".join(["yagura-receipt-1", sensor, str(entry["epoch"]), str(entry["sequence"]),
                               entry["sha256"], entry["line"], entry["status"], entry["hub_time"]])
            try:
                hub.verify(base64.b64decode(entry["signature"]), signed.encode())
            except InvalidSignature:
                raise Wrong("entry %d: not the hub's signature" % number)
            receipts += 1
    return "whole: %d entries, %d batches, %d countersignatures%s" % (
        number, len(batches), receipts, ", begins at %d, cut by its owner's setting" % first if cut else "")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+")
    parser.add_argument("--key")
    asked = parser.parse_args()
    content = b"".join(open(name, "rb").read() for name in sorted(asked.files))
    try:
        print(check(content.split(b"\n")[:-1], asked.key))
    except Wrong as wrong:
        sys.exit(str(wrong))
