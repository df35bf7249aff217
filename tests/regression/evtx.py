#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`yagura evtx dump` against libevtx, on public event files: for each file that libevtx reads the number
of records, their ids, places and times, and every field's value. Names are made here from libevtx's XML
by a second, independent reading of docs/evtx.md. For files libevtx does not read, what we read is said.

The two write some values differently; what counts is what they say: upper and lower case of GUIDs,
leading zeros of hexadecimal numbers, trailing zeros of fractions, line ends (XML has one kind only),
and an element without a value (null), which libevtx leaves out.
Skipped by name without the files or the library.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared" / "data"))
YAGURA = os.environ.get("YAGURA", str(ROOT / "build" / "yagura"))
SYSTEM_PYTHON = "/usr/bin/python3"  # where Debian's python3-libevtx is found
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def import_libevtx():
    try:
        import pyevtx
        return pyevtx
    except ImportError:
        if os.environ.get("YAGURA_EVTX_AGAIN") or not os.path.exists(SYSTEM_PYTHON):
            return None
    os.execve(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv], dict(os.environ, YAGURA_EVTX_AGAIN="1"))


def local(tag):
    return tag.split("}")[-1]


def text_of(element):
    return "".join([element.text or ""] + [child.tail or "" for child in element])


def part(element, name, to):
    """An element of System, or of event data: its attributes behind its name, then its text."""
    given = False
    for key, value in element.attrib.items():
        if value == "":
            continue  # libevtx writes attributes without a value
        given = True
        if key == "Qualifiers":
            to.append((key, value))
        elif local(element.tag) == "TimeCreated" and key == "SystemTime":
            to.append(("TimeCreated", value))
        else:
            to.append((name + "_" + key, value))
    children = list(element)
    for child in children:
        part(child, name + "_" + local(child.tag), to)
    if not children and (element.text or not given):
        to.append((name, element.text or ""))


def data(element, to, is_user):
    """What stands in EventData (names of the items) or UserData (names of the leaves)."""
    for child in element:
        tag = local(child.tag)
        if tag == "Data" and "Name" in child.attrib:
            name = child.attrib["Name"]
            if len(child):
                data(child, to, is_user)
            else:
                to.append((name, child.text or ""))
        elif is_user:
            given = [(k, v) for k, v in child.attrib.items() if v != ""]
            to.extend(given)
            if len(child):
                data(child, to, True)
            elif child.text or not given:
                to.append((tag, child.text or ""))
        else:
            part(child, tag, to)


def oracle_fields(xml):
    root = ET.fromstring(NO_XML.sub("?", xml.rstrip("\0")))
    to = []
    for child in root:
        tag = local(child.tag)
        if tag == "System":
            for element in child:
                part(element, local(element.tag), to)
        elif tag in ("EventData", "UserData", "ProcessingErrorData"):
            for key, value in child.attrib.items():
                if value != "" and tag == "EventData":
                    to.append(("EventData_" + key, value))
            if not len(child) and not child.attrib:
                to.append(("Event." + tag, child.text or ""))
            data(child, to, tag != "EventData")
        else:
            to.append(("Event." + tag, text_of(child)))
    return to


def plain(value):
    """The value as both mean it."""
    value = NO_XML.sub("?", value).replace("\r\n", "\n").replace("\r", "\n")
    if re.fullmatch(r"0x[0-9a-fA-F]+", value):
        return "%#x" % int(value, 16)
    if re.fullmatch(r"\{[0-9a-fA-F-]{36}\}", value):
        return value.lower()
    time = re.fullmatch(r"(\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z", value)
    if time:
        return time[1] + (time[2] or "").rstrip("0").rstrip(".")
    return value


def ours_fields(fields):
    to = {}
    for name, value in fields.items():
        values = value if isinstance(value, list) else [value]
        to[name] = [plain("" if v is None else str(v).lower() if isinstance(v, bool) else str(v)) for v in values]
    return to


def grouped(pairs):
    to = {}
    for name, value in pairs:
        to.setdefault(name.replace("\r\n", "\n"), []).append(plain(value))
    return to


def dump(path):
    done = subprocess.run([YAGURA, "evtx", "dump", "--json", str(path)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=dict(os.environ, LANGUAGE="en"))
    # numbers as they are written: parse_float would lose digits
    lines = [json.loads(line, parse_int=str, parse_float=str) for line in done.stdout.decode().splitlines()]
    return lines, done.stderr.decode()


def compare_record(content, identifier, xml, line):
    """Words for each difference."""
    wrong = []
    if str(identifier) != line["record_id"]:
        wrong.append("id %s, libevtx %s" % (line["record_id"], identifier))
    at = int(line["byte"])  # libevtx does not tell the place: the record must stand there
    if content[at:at + 4] != b"**\0\0" or int.from_bytes(content[at + 8:at + 16], "little") != identifier:
        wrong.append("no such record at byte %d" % at)
    theirs = grouped(oracle_fields(xml))
    ours = ours_fields(line["fields"])
    if theirs.get("TimeCreated") != [plain(line["time"] or "")]:
        wrong.append("time %s, libevtx %s" % (line["time"], theirs.get("TimeCreated")))
    for name in sorted(set(theirs) | set(ours)):
        is_empty = name in line["fields"] and line["fields"][name] is None
        if theirs.get(name) != ours.get(name) and not (is_empty and name not in theirs):
            wrong.append("%s: %r, libevtx %r" % (name, ours.get(name), theirs.get(name)))
    return wrong


def records_of(pyevtx, path):
    """The records libevtx reads, or None when it does not read the file."""
    file = pyevtx.file()
    try:
        file.open(str(path))
        records = []
        for i in range(file.get_number_of_records()):
            record = file.get_record(i)
            records.append((record.identifier, record.get_xml_string()))
        return records
    except OSError:
        return None


def compare_file(pyevtx, path):
    lines, said = dump(path)
    records = records_of(pyevtx, path)
    if records is None:
        print("%s: not read by libevtx; we read %d records, bytes %s to %s%s"
              % (path.name, len(lines), lines[0]["byte"] if lines else "-", lines[-1]["byte"] if lines else "-",
                 "".join("\n    " + line for line in said.splitlines())))
        return None
    wrong = []
    content = path.read_bytes()
    if len(records) != len(lines):
        wrong.append("%d records, libevtx %d" % (len(lines), len(records)))
    for record, line in zip(records, lines):
        wrong += ["record %s: %s" % (line["record_id"], words) for words in compare_record(content, *record, line)]
    for words in wrong[:5]:
        print("%s: %s" % (path.name, words[:1000]))
    return len(records), not wrong


def main():
    paths = sorted((SHARED / "evtx").rglob("*.evtx"))
    pyevtx = import_libevtx() if paths else None
    if not paths or pyevtx is None:
        print("the shared event files are not here (%s)" % (SHARED / "evtx") if not paths
              else "python3-libevtx is not installed")
        print("0 passed, 0 failed, 1 skipped")
        return 77
    results = [compare_file(pyevtx, path) for path in paths]
    read = [r for r in results if r is not None]
    failed = sum(not is_equal for _, is_equal in read)
    print("%d files, %d read by libevtx: %d records, %d files equal, %d differ"
          % (len(paths), len(read), sum(n for n, _ in read), len(read) - failed, failed))
    print("%d passed, %d failed, 0 skipped" % (len(read) - failed, failed))
    return 1 if failed else 0


sys.exit(main())
