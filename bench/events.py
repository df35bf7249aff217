#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""W2 and W3 from public events: events.py w2 SHARED TIMES >FILE, events.py w3 SHARED COUNT >FILE

w2: each set is a zip of NDJSON; the sets are sorted by name and written TIMES times, each time with
all dates a day later.

w3: COUNT process creations (Sysmon 1, Security 4688). Those of the same sets and of the regression
twins of the public rules are written again and again: each time ten minutes later and with other
process ids, and all but one in OWN_EVERY with a program, command line and parent that are made
from the lists below (fixed seed). The rest keep their own: these are the hits, most of them.

The digest of what was written, and the share that kept its own command line, go to standard error.
"""
import datetime
import hashlib
import io
import json
import pathlib
import re
import sys
import zipfile

DATE = re.compile(rb"\b(20[12]\d)-(\d\d)-(\d\d)(?=[ T]\d\d:)")
MINUTE = re.compile(r"\b(20[12]\d-\d\d-\d\d)([ T])(\d\d:\d\d)(?=:\d\d)")
SEED = 20261125
OWN_EVERY = 20  # one event in so many keeps its own command line
STEP_MINUTES = 10
PROCESS_IDS = ("NewProcessId", "ProcessId", "ParentProcessId")

FOLDERS = [r"C:\Program Files\Contoso\Agent", r"C:\Program Files (x86)\Example Office\root",
           r"C:\Program Files\Fabrikam\Backup", r"C:\Program Files\業務システム\bin",
           r"D:\apps\erp\client", r"C:\ProgramData\Updater\4.2"]
PROGRAMS = ["agent", "backup-run", "client", "collector", "editor", "erp", "helper", "inventory",
            "mailer", "print-queue", "report", "scanner", "mirror", "updater", "viewer"]
OPTIONS = ["--config={path}\\{word}.xml", "--type=renderer", "-id {number}", "/quiet", "/log:{path}\\{word}-{number}.log",
           "--session={guid}", "--port={number}", "-in \"{path}\\{word} {number}.docx\"", "--lang=ja-JP",
           "--parent={number}", "/run:{word}", "--cache-size={number}", "-p", "--user={word}{number}",
           "--url=https://{word}.example.com/{word}/{number}?q={word}", "--field-trial-handle={number},i,{number}"]
SERVICES = r"C:\Windows\System32\services.exe"
SVCHOST = r"C:\Windows\System32\svchost.exe"
SYSTEM = [(SVCHOST, "-k netsvcs -p -s Svc{number}", SERVICES),
          (r"C:\Windows\System32\backgroundTaskHost.exe", "-ServerName:App.{word}.mca", SVCHOST),
          (r"C:\Windows\System32\taskhostw.exe", "{guid}", SVCHOST),
          (r"C:\Windows\System32\RuntimeBroker.exe", "-Embedding", SVCHOST),
          (r"C:\Windows\System32\wbem\WmiPrvSE.exe", "-secured -Embedding", SVCHOST)]
PARENTS = [SERVICES, r"C:\Windows\explorer.exe", r"C:\Program Files\Contoso\Agent\service.exe"]
WORDS = ["daily", "sales", "stock", "order", "north", "tokyo", "osaka", "ledger", "person", "survey",
         "photo", "draft", "queue", "index", "store", "month", "label", "route", "売上", "在庫"]


class Source:
    """Numbers that are the same with every version of Python (splitmix64)."""

    def __init__(self, seed):
        self.state = seed

    def bits(self):
        self.state = (self.state + 0x9e3779b97f4a7c15) & (1 << 64) - 1
        z = self.state
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 & (1 << 64) - 1
        z = (z ^ z >> 27) * 0x94d049bb133111eb & (1 << 64) - 1
        return z ^ z >> 31

    def below(self, bound):
        return self.bits() % bound

    def one_of(self, items):
        return items[self.below(len(items))]

    def filled(self, pattern):
        """@pattern with its places filled in."""
        def fill(match):
            kind = match[1]
            if kind == "word":
                return self.one_of(WORDS)
            if kind == "number":
                return str(self.below(100000))
            if kind == "path":
                return "C:\\Users\\%s\\Documents" % self.one_of(WORDS)
            return "{%08x-%04x-4%03x-8%03x-%012x}" % (self.below(1 << 32), self.below(1 << 16), self.below(1 << 12),
                                                      self.below(1 << 12), self.below(1 << 48))
        return re.sub(r"\{(word|number|path|guid)\}", fill, pattern)

    def process(self):
        """Program, command line, parent, command line of the parent."""
        if self.below(3) == 0:
            program, arguments, parent = self.one_of(SYSTEM)
            line = "%s %s" % (program, self.filled(arguments))
        else:
            program = "%s\\%s.exe" % (self.one_of(FOLDERS), self.one_of(PROGRAMS))
            options = [self.filled(self.one_of(OPTIONS)) for _ in range(1 + self.below(7))]
            line = '"%s" %s' % (program, " ".join(options))
            parent = self.one_of(PARENTS)
        return program, line, parent, parent + (" -k netsvcs -p" if parent == SVCHOST else "")


def lines(shared):
    for path in sorted((pathlib.Path(shared) / "windows-json").rglob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if not name.startswith("__") and name.endswith(".json"):
                    with archive.open(name) as member:
                        yield from io.BufferedReader(member)


def twins(shared):
    """The events of the regression tests: files of one event or several, one after the other."""
    decoder = json.JSONDecoder()
    for path in sorted((pathlib.Path(shared) / "sigma-regression").rglob("*.json")):
        text = path.read_text(encoding="utf-8-sig").strip()
        while text:
            event, end = decoder.raw_decode(text)
            text = text[end:].lstrip()
            yield from event if isinstance(event, list) else [event]


def parts(event):
    """What says where an event comes from, and its fields: twins keep them apart."""
    inner = event.get("Event")
    return (inner.get("System", {}), inner.get("EventData") or {}) if isinstance(inner, dict) else (event, event)


def is_creation(event):
    system, data = parts(event)
    number = system.get("EventID")
    number = str(number.get("#text") if isinstance(number, dict) else number)
    return isinstance(data, dict) and "CommandLine" in data and (
        number == "4688" or (number == "1" and "Sysmon" in str(system.get("Channel"))))


def renumbered(value, turn):
    """Another process id, written the same way."""
    text = str(value)
    is_hex = text.startswith("0x")
    if not re.fullmatch(r"0x[0-9a-fA-F]+|\d+", text):
        return value
    number = 4 + (int(text, 16 if is_hex else 10) + 4 * 7919 * turn) % 65532
    return hex(number) if is_hex else type(value)(number)


def repeated(event, turn, source):
    """@event once more, as a line; with what @source makes, unless that is None."""
    event = json.loads(event)
    data = parts(event)[1]
    for name in PROCESS_IDS:
        if name in data:
            data[name] = renumbered(data[name], turn)
    if source:
        program, line, parent, parent_line = source.process()
        is_sysmon = "Image" in data
        made = {"Image" if is_sysmon else "NewProcessName": program, "CommandLine": line,
                "ParentImage" if is_sysmon else "ParentProcessName": parent, "ParentCommandLine": parent_line,
                "OriginalFileName": program.rsplit("\\", 1)[1], "Description": "-", "Product": "-", "Company": "-",
                "CurrentDirectory": "C:\\Windows\\system32\\", "Hashes": "SHA256=%064X" % source.bits()}
        for name, value in made.items():
            if name in data:
                data[name] = value
        if "Message" in event:
            event["Message"] = "A new process has been created: " + line

    def later(match):
        shifted = datetime.datetime.fromisoformat("%s %s" % (match[1], match[3])) + \
            datetime.timedelta(minutes=STEP_MINUTES * turn)
        return "%s%s%s" % (shifted.strftime("%Y-%m-%d"), match[2], shifted.strftime("%H:%M"))
    return MINUTE.sub(later, json.dumps(event, ensure_ascii=False, separators=(",", ":"))).encode() + b"\n"


def write_w3(shared, count, write):
    """Returns how many events kept their own command line."""
    kept = [json.loads(l) for l in lines(shared) if b'"CommandLine"' in l]
    kept = [json.dumps(e) for e in kept + list(twins(shared)) if is_creation(e)]
    if not kept:
        sys.exit("no process creations at %s" % shared)
    source = Source(SEED)
    own = 0
    for number in range(count):
        is_own = source.below(OWN_EVERY) == 0
        own += is_own
        write(repeated(kept[number % len(kept)], number // len(kept), None if is_own else source))
    return own


def write_w2(shared, times, write):
    """Returns how many events there were."""
    kept = [l.rstrip(b"\r\n") + b"\n" for l in lines(shared) if l.strip()]
    cache = {}
    for turn in range(times):
        def later(match):
            key = (match[0], turn)
            if key not in cache:
                day = datetime.date(int(match[1]), int(match[2]), int(match[3])) + datetime.timedelta(days=turn)
                cache[key] = day.isoformat().encode()
            return cache[key]
        for line in kept:
            write(DATE.sub(later, line))
    return len(kept) * times


def main():
    kind, shared, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
    digest = hashlib.sha256()

    def write(line):
        digest.update(line)
        sys.stdout.buffer.write(line)
    if kind == "w3":
        own = write_w3(shared, number, write)
        said = "%d events, %.2f %% with their own command line" % (number, 100.0 * own / number)
    else:
        said = "%d events" % write_w2(shared, number, write)
    print("digest %s, %s" % (digest.hexdigest()[:16], said), file=sys.stderr)


main()
