#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""W11, hunts over 30 days of 50 M events each (bench/workloads.md): bench/hunt_full.py make|run|clean

make   days of their own for MINUTES (default: 25), the others as copies of them: whole filters, and of the records' file
       all that these hunts read of it, the index above all; the rest is holes, so that 30 days fit a small disk. A hunt that
       met a hole would say so and fail. The last day holds what is looked for and is never copied.
run    each hunt ROUNDS times in turn, warm, then cold: everything is put out of the page cache before each run.
clean  delete it.
By hand, in $YAGURA_BENCH (default: /var/tmp/yagura-bench); 12 GB with four days of their own.
"""
import concurrent.futures
import ctypes
import hashlib
import json
import mmap
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLACE = pathlib.Path(os.environ.get("YAGURA_BENCH", "/var/tmp/yagura-bench")) / "w11"
YAGURA = os.environ.get("YAGURA", str(ROOT / "build" / "yagura"))
TOOL = os.environ.get("BENCH_WORKLOAD", str(ROOT / "build" / "bench" / "bench_workload"))
ROUNDS = int(os.environ.get("ROUNDS", "7"))
MINUTES = float(os.environ.get("MINUTES", "25"))
OWN_MAX = int(os.environ.get("OWN_MAX", "5"))  # days of their own, for the disk
EVENTS = int(os.environ.get("EVENTS", "2083333"))  # of an hour: 50 M a day
DAYS = 30
PAGE = 4096
START = 1760227200  # 2025-10-12 00:00 UTC
LINE = '%s - - [10/Nov/2025:%02d:30:00 +0900] "GET /x/%s HTTP/1.1" 200 1 "-" "x"\n'
ONE = "203.0.113.99"  # in three hours of the last day, once each
HASH = "44d88612fea8a8f36de82e1278abb02f"  # in one


def indicators():
    """Of 10,000, ten are there; of the others none can be: names and addresses the generator never writes."""
    draw = random.Random(11)
    names = ["x%06x.example" % draw.randrange(1 << 24) for _ in range(5000)]
    addresses = ["100.%d.%d.%d" % (64 + draw.randrange(64), draw.randrange(256), draw.randrange(256)) for _ in range(3000)]
    return names, addresses, ["%032x" % draw.getrandbits(128) for _ in range(2000)]


def lists():
    names, addresses, hashes = indicators()
    return {"one address that is not there": ["198.51.100.77"], "one address in three frames": [ONE],
            "one address of the long tail": ["192.0.2.77"], "one hash in one frame": [HASH],
            "10,000 indicators": names + addresses + hashes}


def planted(hour):
    names, addresses, hashes = indicators()
    lines = [LINE % (ONE, hour, "one")] if hour in (3, 12, 20) else []
    if hour == 8:
        lines.append(LINE % ("198.51.100.1", hour, HASH))
    if hour % 2 == 0 and hour < 20:
        lines.append(LINE % (addresses[hour], hour, hashes[hour] if hour % 4 else "listed"))
    return "".join(lines)


def stem(day, hour):
    at = time.gmtime(START + 86400 * day + 3600 * hour)
    return PLACE / "archive" / "bench" / time.strftime("%Y/%m/%d/%H-000.ndjson.zst", at)


def digest_file(day, hour):
    return PLACE / "digests" / ("%02d-%02d" % (day, hour))


def make_hour(day, hour, until):
    """One file of records of its own. Its digest is that of the log."""
    said = digest_file(day, hour)
    if said.exists() or time.monotonic() > until:
        return said.exists()
    arrived = time.strftime("%Y-%m-%dT%H:00:00Z", time.gmtime(START + 86400 * day + 3600 * hour))
    stem(day, hour).unlink(missing_ok=True)
    read, write = os.pipe()
    writer = subprocess.Popen([YAGURA, "archive", "write", "--out", PLACE / "archive", "--org", "bench", "--tz", "+09:00",
                               "--format", "access", "--arrived", arrived, "-"], stdin=read, stdout=subprocess.DEVNULL)
    os.close(read)
    source = subprocess.run([TOOL, "w11", str(EVENTS), str(24 * day + hour)], stdout=write, stderr=subprocess.PIPE, check=True)
    os.write(write, planted(hour).encode() if day == DAYS - 1 else b"")
    os.close(write)
    if writer.wait() != 0:
        sys.exit("archive write failed")
    said.parent.mkdir(exist_ok=True)
    said.write_bytes(source.stderr)
    return True


def make_day(day, until):
    with concurrent.futures.ThreadPoolExecutor(2) as two:
        return all(two.map(lambda hour: make_hour(day, hour, until), range(24)))


def in_cache(path):
    """The pages of a file that are in the page cache now: [from, to) in bytes."""
    c = ctypes.CDLL(None, use_errno=True)
    c.mmap.restype = ctypes.c_void_p
    size = ctypes.c_size_t(os.stat(path).st_size)
    flags = (ctypes.c_ubyte * ((size.value + PAGE - 1) // PAGE))()
    with open(path, "rb") as f:
        at = ctypes.c_void_p(c.mmap(None, size, mmap.PROT_READ, mmap.MAP_PRIVATE, f.fileno(), ctypes.c_long(0)))
        failed = c.mincore(at, size, flags)
        c.munmap(at, size)
    if failed:
        sys.exit("mincore failed")
    return [(i * PAGE, (i + 1) * PAGE) for i, flag in enumerate(flags) if flag & 1]


def copy_day(day, of, pages):
    for hour in range(24):
        old, new = stem(of, hour), stem(day, hour)
        new.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile("%s.filters" % old, "%s.filters" % new)
        with open(old, "rb") as a, open(new, "wb") as b:
            b.truncate(old.stat().st_size)
            for start, _ in pages[old]:
                b.seek(start)
                b.write(os.pread(a.fileno(), PAGE, start))


def copy_days(own):
    """What the hunts read of the days that are copied is what is in the page cache behind them."""
    old = [stem(day, hour) for day in range(own) for hour in range(24)]
    chill(old)
    for name, values in lists().items():
        (PLACE / "list").write_text("\n".join(values) + "\n")
        hunt(PLACE / "list", None)
    pages = {path: in_cache(path) for path in old}
    for day in range(own, DAYS - 1):
        copy_day(day, day % own, pages)


def make():
    begin = time.monotonic()
    until = begin + 60 * MINUTES
    own = 0
    if not make_day(DAYS - 1, until):
        sys.exit("MINUTES are too few for one day")
    while own < OWN_MAX - 1 and make_day(own, until):
        own += 1
    if own == 0:
        sys.exit("MINUTES are too few for two days")
    shutil.rmtree(stem(own, 0).parent, ignore_errors=True)  # begun, not finished
    copy_days(own)
    digest = hashlib.sha256(b"".join(digest_file(d, h).read_bytes()
                                     for d in [*range(own), DAYS - 1] for h in range(24))).hexdigest()
    (PLACE / "made.json").write_text(json.dumps({"own": own + 1, "digest": digest[:16], "minutes": (time.monotonic() - begin) / 60}))


def files():
    return [p for p in (PLACE / "archive").rglob("*-000.ndjson.zst*")]


def chill(paths):
    """Everything out of the page cache: clean pages of files are dropped at once."""
    for path in paths:
        fd = os.open(path, os.O_RDONLY)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)


def hunt(listed, paths):
    if paths:
        os.sync()
        chill(paths)
    start = time.monotonic()
    done = subprocess.Popen([YAGURA, "hunt", "--json", "--stats", "--no-default-rules", "--indicators", listed, PLACE / "archive"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = done.stderr.read().decode().splitlines()
    _, status, use = os.wait4(done.pid, 0)
    if status != 0:
        sys.exit("hunt failed: %s" % said[:3])
    stats = json.loads(said[-1])
    return time.monotonic() - start, use.ru_utime + use.ru_stime, use.ru_inblock // 2048, stats


def run():
    made = json.loads((PLACE / "made.json").read_text())
    paths = files()
    whole = sum(p.stat().st_size for p in paths if p.suffix == ".zst")
    there = sum(p.stat().st_blocks * 512 for p in paths if p.suffix == ".zst")
    filters = sum(p.stat().st_size for p in paths if p.suffix == ".filters")
    print("W11: %d files, %d days of their own, digest %s; records %d MB, of which %d MB are no holes; filters %d MB"
          % (len(paths) // 2, made["own"], made["digest"], whole >> 20, there >> 20, filters >> 20))
    for name, values in lists().items():
        (PLACE / "list").write_text("\n".join(values) + "\n")
        for kind in ("warm", "cold"):
            taken = [hunt(PLACE / "list", paths if kind == "cold" else None) for _ in range(ROUNDS + (kind == "warm"))][-ROUNDS:]
            stats = taken[-1][3]
            print("%-30s %s: best %.3f s, median %.3f s, processor %.2f s, from disk %d MB; %d of %d frames, %d findings, %d MB"
                  % (name, kind, min(t[0] for t in taken), statistics.median(t[0] for t in taken),
                     statistics.median(t[1] for t in taken), taken[-1][2], stats["frames_read"], stats["frames"],
                     stats["findings"], stats["rss_max_kb"] >> 10), flush=True)


if sys.argv[1:] == ["make"]:
    make()
elif sys.argv[1:] == ["run"]:
    run()
elif sys.argv[1:] == ["clean"]:
    shutil.rmtree(PLACE)
else:
    sys.exit(__doc__)
