#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""W2 and W3 from the public event sets: events.py w2|w3 SHARED TIMES >FILE

Each set is a zip of NDJSON; the sets are sorted by name and written TIMES times, each time with
all dates a day later. w3 keeps process creations (Sysmon 1, Security 4688) only.
"""
import datetime
import hashlib
import io
import pathlib
import re
import sys
import zipfile

DATE = re.compile(rb"\b(20[12]\d)-(\d\d)-(\d\d)(?=[ T]\d\d:)")


def lines(shared):
    for path in sorted((pathlib.Path(shared) / "windows-json").rglob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if not name.startswith("__") and name.endswith(".json"):
                    with archive.open(name) as member:
                        yield from io.BufferedReader(member)


def main():
    kind, shared, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
    kept = [l.rstrip(b"\r\n") + b"\n" for l in lines(shared) if l.strip()]
    if kind == "w3":
        kept = [l for l in kept if re.search(rb'"EventID":\s*"?4688\b', l) or
                (re.search(rb'"EventID":\s*"?1\b', l) and b"Sysmon" in l)]
    digest = hashlib.sha256()
    cache = {}
    for turn in range(times):
        def later(match):
            key = (match[0], turn)
            if key not in cache:
                day = datetime.date(int(match[1]), int(match[2]), int(match[3])) + datetime.timedelta(days=turn)
                cache[key] = day.isoformat().encode()
            return cache[key]
        for line in kept:
            line = DATE.sub(later, line)
            digest.update(line)
            sys.stdout.buffer.write(line)
    print("digest %s, %d events" % (digest.hexdigest()[:16], len(kept) * times), file=sys.stderr)


main()
