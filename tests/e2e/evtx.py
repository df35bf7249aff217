# SPDX-License-Identifier: Apache-2.0
"""Windows event files end to end: recognised by their first bytes wherever they are, dumped, judged the
same from the file, from its records and with any number of threads, read on behind damage."""
import gzip
import json
import struct
import subprocess
import zipfile

from evtx_build import CHUNK, SYSMON, chunks, event_file, header
from harness import SHARED, YAGURA, case, contains, equal, folder, main, yagura

RULE = """title: Test rule
id: 22222222-2222-4333-8444-555555555555
status: test
level: high
logsource:
    product: windows
    category: process_creation
detection:
    selection:
        Image|endswith: '\\evil.exe'
    condition: selection
"""


def write(data, name="a.evtx"):
    path = folder() / name
    path.write_bytes(data)
    return path


def rule():
    path = folder() / "rule.yml"
    path.write_text(RULE)
    return path


def detect(path, *more, stdin=b""):
    return yagura("detect", "--json", "--no-default-rules", "--rules", rule(), *more, path, stdin=stdin)


def hits(got):
    return [(f["position"], f["rule_id"], f["time"], json.dumps(f["event"])) for f in got.findings()]


EVIL = [i for i in range(1, 151) if i % 7 == 3]


@case
def dump_gives_each_record_its_place():
    data = event_file(chunks())
    path = write(data)
    got = yagura("evtx", "dump", "--json", path)
    equal((got.code, got.err), (0, ""))
    lines = got.lines()
    equal([line["record_id"] for line in lines], list(range(1, 151)))
    equal([line["position"] for line in lines], list(range(1, 151)))
    equal({line["chunk"] for line in lines}, {4096, 4096 + CHUNK, 4096 + 2 * CHUNK})
    for line in lines:
        at = line["byte"]
        equal(struct.unpack_from("<4sIQ", data, at), (b"**\0\0", line["size"], line["record_id"]))
    equal(lines[2]["fields"], {"Provider_Name": "Microsoft-Windows-Sysmon", "EventID": 1,
                               "TimeCreated": "2026-04-17T05:24:56.0920519Z", "Channel": SYSMON, "Computer": "pc",
                               "Image": "C:\\Temp\\Evil.exe", "User": "DOM\\3"})
    equal(lines[2]["time"], "2026-04-17T05:24:56.092051900Z")
    equal(lines[2]["source"], str(path))


@case
def recognised_in_files_archives_and_pipes():
    data = event_file(chunks())
    plain = detect(write(data))
    equal([h[0] for h in hits(plain)], EVIL)
    equal(plain.code, 0)
    wanted = hits(plain)
    equal(hits(detect(write(gzip.compress(data), "a.evtx.gz"))), wanted)
    path = folder() / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("logs/a.evtx", data)
    got = detect(path)
    equal(hits(got), wanted)
    equal(got.findings()[0]["source"], str(path) + "!logs/a.evtx")
    equal(hits(detect("-", stdin=data)), wanted)
    place = folder()
    (place / "any.name").write_bytes(data)
    equal(hits(detect(place)), wanted)
    # carved: only chunks
    equal(hits(detect(write(data[4096:], "carved"))), wanted)
    equal(hits(detect(write(b"\1junk" * 1000 + data[4096:], "carved"), "--format", "evtx")), wanted)


@case
def first_bytes_may_come_one_by_one():
    data = event_file(chunks(1))
    command = [YAGURA, "detect", "--json", "--no-default-rules", "--rules", str(rule()), "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          bufsize=0) as run:
        for i in range(12):
            run.stdin.write(data[i:i + 1])
        run.stdin.write(data[12:])
        out, _ = run.communicate()
    equal(len(out.splitlines()), 7)


@case
def threads_and_records_give_the_same():
    data = event_file(chunks(40, 60))
    path = write(data)
    one = detect(path, "--threads", "1")
    for threads in (2, 5):
        equal(detect(path, "--threads", threads).out, one.out)
    records = yagura("source", "records", path)
    equal(len(records.lines()), 40 * 60)
    equal(records.lines()[0]["format"], "evtx")
    equal(hits(detect("-", stdin=records.out.encode())), hits(one))


@case
def damage_is_named_and_read_past():
    made = chunks()
    good = event_file(made)
    wanted = hits(detect(write(good)))
    # a wrong checksum: told, and read all the same
    data = bytearray(good)
    data[4096 + 52] ^= 1
    got = detect(write(bytes(data)))
    equal((got.code, hits(got)), (0, wanted))
    contains(got.err, "byte 4096, ")
    contains(got.err, "checksum")
    # junk instead of the second chunk: its 50 records are gone, the others keep
    got = yagura("evtx", "dump", "--json", write(header(3) + made[0] + b"\xee" * CHUNK + made[2]))
    equal([line["record_id"] for line in got.lines()], list(range(1, 51)) + list(range(101, 151)))
    contains(got.err, "byte %d, %d bytes: bytes that belong to no chunk" % (4096 + CHUNK, CHUNK))
    # cut inside the last chunk's records
    got = yagura("evtx", "dump", "--json", write(good[:4096 + 2 * CHUNK + 5000]))
    equal([line["record_id"] for line in got.lines()][:100], list(range(1, 101)))
    assert 100 < len(got.lines()) < 150
    contains(got.err, "a chunk is cut off")
    contains(got.err, "1 could not be read")
    stats = detect(write(good[:4096 + 2 * CHUNK + 5000]), "--stats").stats()
    equal(stats["records"], stats["parsed"] + stats["unparsed"])
    equal(stats["unparsed"], 1)


@case
def hostile_files_end():
    # a record count of 2 GB in the header; sizes of chunks that lie; chunks of nothing but magic
    made = chunks(1)
    lying = bytearray(made[0])
    struct.pack_into("<QQ", lying, 24, 1, 1 << 31)
    struct.pack_into("<I", lying, 48, 0xffffffff)
    for data in (bytes(lying), b"ElfChnk\0" * 20000, b"ElfFile\0", b"ElfFile\0" * 10000, made[0][:511],
                 made[0][:512] + b"**\0\0" * 16000):
        got = yagura("evtx", "dump", "--json", write(data))
        assert got.code in (0, 2), got.code
        assert got.err.count("\n") <= 24, got.err
    equal(yagura("evtx", "dump", "--json", write(b"no such thing")).code, 2)
    equal(yagura("evtx", "dump", "--json", folder() / "nothing").code, 2)
    equal(yagura("evtx").code, 2)
    equal(yagura("evtx", "dump", "--json").code, 2)
    equal(yagura("evtx", "dump", "--what", "x").code, 2)
    contains(yagura("evtx", "--help").out, "usage: yagura evtx dump")


@case
def the_checker_stands_in_for_another():
    path = write(event_file(chunks()))
    checker = YAGURA.rsplit("/", 1)[0] + "/evtx-sigma-checker"
    place = folder()
    (place / "rule.yml").write_text(RULE)

    def check(*more):
        return subprocess.run([checker, "--log-source", str(place / "rule.yml"), "--evtx-path", str(path),
                               "--rule-path", str(place), *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    done = check("--rule-level", "informational")
    equal(done.returncode, 0)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    equal([line["Position"] for line in lines], EVIL)
    equal({line["RuleId"] for line in lines}, {"22222222-2222-4333-8444-555555555555"})
    equal(check("--rule-level", "critical").stdout, b"")
    equal(check("--rule-level", "nothing").returncode, 2)
    equal(check("--what").returncode, 2)


@case
def shared_files_give_the_same_from_records():
    if not (SHARED / "evtx").is_dir() or not (SHARED / "sigma-rules").is_dir():
        print("the shared event files are not here: left out")
        return
    rules = ["--no-default-rules", "--rules", SHARED / "sigma-rules"]
    direct = yagura("detect", "--json", *rules, SHARED / "evtx")
    records = yagura("source", "records", SHARED / "evtx")
    again = yagura("detect", "--json", *rules, "-", stdin=records.out.encode())

    def plain(got):
        return [(f["source"], f["position"], f["rule_id"], f["time"], json.dumps(f["event"])) for f in got.findings()]
    assert len(direct.findings()) > 1000, len(direct.findings())
    equal(sorted(plain(again)), sorted(plain(direct)))


main()
