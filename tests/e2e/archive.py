# SPDX-License-Identifier: Apache-2.0
"""`yagura archive`: what goes in comes out, with our tools and with zstd alone; damage is named."""
import json
import os
import pathlib
import shutil
import subprocess

from harness import ATTACK, ROOT, SHARED, YAGURA, access_log, case, contains, equal, folder, main, yagura

ZSTD = shutil.which("zstd")


def write(target, *paths, code=0, more=()):
    done = yagura("archive", "write", "--out", target, "--org", "acme", *more, *paths)
    equal(done.code, code, done.err)
    return json.loads(done.out)


def files_of(target, ending=".ndjson.zst"):
    return sorted(p for p in pathlib.Path(target).rglob("*") if p.name.endswith(ending))


def known(records):
    return [r for r in records if r["format"] != "unknown"]


@case
def every_sample_comes_back():
    place = folder()
    samples = sorted(p for p in (ROOT / "samples").iterdir() if p.suffix in (".log", ".json"))
    got = write(place / "a", *samples)
    equal(got["unread"], 0)
    wanted = yagura("source", "records", *samples).out
    equal(yagura("archive", "cat", place / "a").out, wanted)
    equal(got["records"], wanted.count("\n"))
    if ZSTD:
        file, = files_of(place / "a")
        equal(subprocess.run([ZSTD, "-dc", file], stdout=subprocess.PIPE, check=True).stdout.decode(),
              wanted)
    equal(yagura("archive", "verify", place / "a").code, 0)


@case
def shared_logs_come_back():
    """Property over real logs of many products: records in = records out, byte for byte."""
    places = [SHARED / "logs" / "by-product", SHARED / "zeek", SHARED / "syslog", SHARED / "windows-json"]
    places = [p for p in places if p.exists()]
    if not places:
        print("skipped: there is no shared data")
        return
    logs = sorted(p for place in places for p in place.rglob("*") if p.is_file()
                  and p.stat().st_size < 1 << 20)[::7]
    place = folder()
    done = yagura("archive", "write", "--out", place / "a", "--org", "acme", *logs)
    got = json.loads(done.out)
    wanted = yagura("source", "records", *logs).out
    back = yagura("archive", "cat", place / "a").out
    lines = [line for line in back.splitlines() if not line.startswith('{"v":1,"format":"unknown"')]
    equal("".join(line + "\n" for line in lines), wanted)
    equal(got["records"] - got["unread"], wanted.count("\n"))
    checked = yagura("archive", "verify", place / "a")
    equal(checked.code, 0, checked.err)
    shutil.rmtree(place)


@case
def layout_and_catalogue():
    place = folder()
    log = place / "access.log"
    log.write_text(access_log(50))
    for hour in ("2026-11-21T07:59:59Z", "2026-11-21T08:00:00Z", "2026-11-21T08:59:00Z"):
        write(place / "a", log, more=("--arrived", hour))
    names = [str(p.relative_to(place / "a")) for p in files_of(place / "a")]
    equal(names, ["acme/2026/11/21/07-000.ndjson.zst", "acme/2026/11/21/08-000.ndjson.zst",
                  "acme/2026/11/21/08-001.ndjson.zst"])
    done = yagura("archive", "verify", "--json", place / "a")
    lines = done.lines()
    equal(done.code, 0)
    equal(lines[-1], {"files": 3, "damaged": 0, "open": 0, "records": 150})
    equal([(f["org"], f["hour"], f["records"], f["closed"], f["filters"]) for f in lines[:-1]],
          [("acme", "2026-11-21T07:00:00Z", 50, True, "good")]
          + [("acme", "2026-11-21T08:00:00Z", 50, True, "good")] * 2)
    equal(lines[0]["first"], "2026-11-20T23:00:01Z")


@case
def cat_is_restricted():
    place = folder()
    log = place / "access.log"
    log.write_text(access_log(50, attacks=(3, 30)))
    write(place / "a", log)
    cat = lambda *options: yagura("archive", "cat", *options, place / "a").lines()
    equal([r["position"] for r in cat("--field", "src_ip=203.0.113.9")], [3, 30])
    equal([r["position"] for r in cat("--field", "c-ip=203.0.113.9")], [3, 30])
    equal(len(cat("--field", "src_ip=203.0.113.9", "--field", "SRC_IP=198.51.100.7")), 50)
    equal([r["position"] for r in cat("--field", "src_ip=203.0.113.9", "--field", "sc-status=404",
                                      "--from", "2026-11-21T08:00:20+09:00")], [30])
    equal([r["position"] for r in cat("--from", "2026-11-20T23:00:49Z")], [49, 50])
    equal([r["position"] for r in cat("--to", "2026-11-20T23:00:03Z")], [1, 2])
    equal(cat("--field", "src_ip=192.0.2.77"), [])
    for bad in (("--field", "nothing"), ("--from", "yesterday"), ("--to", "2026-13-01")):
        equal(yagura("archive", "cat", *bad, place / "a").code, 2)


@case
def unreadable_lines_are_kept():
    place = folder()
    log = place / "access.log"
    log.write_text(access_log(20) + "\x01\x02 what is this\n")
    got = write(place / "a", log)
    equal((got["records"], got["unread"]), (21, 1))
    last = yagura("archive", "cat", place / "a").lines()[-1]
    equal((last["format"], last["position"]), ("unknown", 21))
    contains(last["raw"], "what is this")


@case
def long_records_are_shortened_not_lost():
    place = folder()
    log = place / "events.json"
    value = "x" * 700_000
    log.write_text(json.dumps({"EventID": 1, "Channel": "Security", "Big": value}) + "\n")
    got = write(place / "a", log, code=1)
    equal((got["records"], got["shortened"]), (1, 1))
    record, = yagura("archive", "cat", place / "a").lines()
    equal(record["fields"]["Big"], value)
    equal("raw" in record, False)


@case
def torn_files_are_read_and_closed():
    place = folder()
    log = place / "access.log"
    log.write_text(access_log(3000))
    write(place / "a", log)
    file, = files_of(place / "a")
    data = file.read_bytes()
    whole = yagura("archive", "cat", file).out
    opened = file.with_name(file.name.replace(".ndjson.zst", ".open"))
    file.unlink()
    file.with_name(file.name + ".filters").unlink()
    opened.write_bytes(data[:len(data) * 2 // 3])
    part = yagura("archive", "cat", opened)
    equal(part.code, 1)
    contains(part.err, "byte")
    equal(whole.startswith(part.out) and len(part.out) > 1000, True)
    equal(yagura("archive", "verify", opened).code, 1)
    done = yagura("archive", "repair", place / "a")
    equal(done.code, 0, done.err)
    equal(opened.exists(), False)
    equal(yagura("archive", "cat", place / "a").out, part.out)
    checked = yagura("archive", "verify", "--json", place / "a")
    equal(checked.code, 0, checked.err)
    equal(checked.lines()[0]["filters"], "good")


@case
def damage_is_named_and_neighbours_are_read():
    place = folder()
    log = place / "access.log"
    log.write_text(access_log(3000))
    write(place / "a", log)
    file, = files_of(place / "a")
    data = bytearray(file.read_bytes())
    at = data.index(b"YGARFRM1", 1000) + 600  # inside the second frame
    data[at] ^= 0x20
    file.write_bytes(data)
    done = yagura("archive", "verify", "--json", file)
    equal(done.code, 1)
    damage, = done.lines()[0]["damage"]
    # That frame and no other, up to where the next begins: its mark is 8 bytes behind that.
    first, last = data.rindex(b"YGARFRM1", 0, at) - 8, data.find(b"YGARFRM1", at) - 8
    last = last if last > 0 else data.index(b"YGARIDX1", at) - 8
    equal(first <= damage["byte"] <= at, True)
    equal(damage["byte"] + damage["size"], last)
    part = yagura("archive", "cat", file)
    equal(part.code, 1)
    total = done.lines()[0]["records"]
    equal(0 < part.out.count("\n") == total < 3000, True)
    # The filters gone: made anew, but a damaged file stays as it is.
    file.with_name(file.name + ".filters").unlink()
    equal(yagura("archive", "repair", file).code, 1)
    equal(file.read_bytes(), bytes(data))


@case
def wrong_usage():
    place = folder()
    (place / "x.log").write_text(access_log(3))
    equal(yagura("archive").code, 2)
    equal(yagura("archive", "write", place / "x.log").code, 2)
    for org in ("../x", "", ".hidden", "a b"):
        equal(yagura("archive", "write", "--out", place / "a", "--org", org, place / "x.log").code, 2)
    equal(yagura("archive", "verify", place / "nothing").code, 2)
    equal(yagura("archive", "cat", place / "x.log").code, 2)
    equal(yagura("archive", "verify", place / "x.log").code, 1)
    equal(yagura("archive", "--help").code, 0)
    equal(yagura("detect", "--from", "2026-01-01", place / "x.log").code, 2)


@case
def a_folder_that_cannot_be_written():
    place = folder()
    (place / "x.log").write_text(access_log(3))
    (place / "a").write_text("a file stands here")
    done = yagura("archive", "write", "--out", place / "a", "--org", "acme", place / "x.log")
    equal((done.code, done.out), (2, ""))
    contains(done.err, "could not be written")


FULL = """
mount -t tmpfs -o size=96k none "$1" || exit 77
"$2" archive write --out "$1/a" --org acme "$3"
echo "code $?"
find "$1/a" -type f
"$2" archive verify --json "$1/a"
mount -o remount,size=4m "$1"
"$2" archive repair "$1/a" && "$2" archive verify --json "$1/a" && "$2" archive cat "$1/a" > "$4"
"""


@case
def a_full_disk_keeps_whole_frames():
    """A small file system of our own in a name space of our own."""
    place = folder()
    log = place / "access.log"
    lines = (ATTACK.replace("203.0.113.9", "203.0.%d.%d" % (i % 256, i * 7 % 256)) % (i % 60)
             + " %x" % (i * 2654435761) for i in range(20000))
    log.write_text("".join(line + "\n" for line in lines))
    (place / "small").mkdir()
    command = ["unshare", "-rm", "sh", "-c", FULL, "sh", place / "small", YAGURA, log, place / "back"]
    try:
        done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=dict(os.environ, LANGUAGE="en"), timeout=300)
    except FileNotFoundError:
        print("skipped: there is no unshare")
        return
    if done.returncode in (1, 77) and b"code" not in done.stdout:
        print("skipped: no file system may be mounted here")
        return
    out, err = done.stdout.decode(), done.stderr.decode()
    equal(done.returncode, 0, out + err)
    contains(out, "code 2")
    contains(err, "could not be written: No space left on device")
    contains(out, ".open")
    states = [json.loads(line) for line in out.splitlines() if line.startswith('{"files"')]
    equal([(s["damaged"], s["open"]) for s in states], [(0, 1), (0, 0)])
    wanted = yagura("source", "records", log).out
    back = (place / "back").read_text()
    equal(wanted.startswith(back) and states[1]["records"] == back.count("\n") > 100, True)


if __name__ == "__main__":
    main()
