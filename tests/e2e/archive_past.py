# SPDX-License-Identifier: Apache-2.0
"""Closed files of an archive that are damaged: `archive cat` and `hunt` give all that stands in whole
frames, say which bytes were left out, and end with the status of partial input."""
import json
import os
import random
import re
import struct

from harness import ATTACK, access_log, case, contains, equal, folder, main, yagura

LINES = 9000
SEED = int(os.environ.get("YAGURA_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
print("seed", SEED)


def frames_of(data):
    """(where it begins, where it ends, its number of records) of each frame, as docs/archive.md says."""
    at, frames = 0, []
    while data[at + 8:at + 16] == b"YGARFRM1":
        head = 8 + struct.unpack_from("<I", data, at + 4)[0]
        packed, _, records = struct.unpack_from("<III", data, at + 8 + 12)
        frames.append((at, at + head + packed, records))
        at += head + packed
    return frames


class Made:
    """An archive of one closed file, and what each of its frames holds."""

    def __init__(self):
        self.place = folder()
        self.log = self.place / "access.log"
        # An attack here and there, each from an address of its own: each is a finding of its own.
        lines = access_log(LINES, attacks=()).splitlines()
        for i in range(50, LINES, 100):
            lines[i] = ATTACK.replace("203.0.113.9", "203.0.113.%d" % (i // 100)) % (i % 60)
        self.log.write_text("\n".join(lines) + "\n")
        done = yagura("archive", "write", "--out", self.place / "a", "--org", "acme", self.log)
        equal(done.code, 0, done.err)
        self.file, = (self.place / "a").rglob("*.ndjson.zst")
        self.data = self.file.read_bytes()
        self.frames = frames_of(self.data)
        equal(len(self.frames) >= 8, True, len(self.frames))
        lines = yagura("archive", "cat", self.file).out.splitlines()
        self.lines = []
        for _, _, records in self.frames:
            self.lines.append(lines[:records])
            lines = lines[records:]
        equal(lines, [])
        self.findings = self.hunt(0)

    def hunt(self, code, *more):
        done = yagura("hunt", "--json", *more, self.place / "a")
        equal(done.code, code, done.err)
        self.err = done.err
        return {(f["position"], f["rule_id"]) for f in done.findings() if f["kind"] == "pattern"}

    def looks(self, data, lost, ranges, what):
        """With @data as the file: all lines but those of the frames @lost, and @ranges named."""
        self.file.write_bytes(data)
        done = yagura("archive", "cat", self.file)
        wanted = [line for i, lines in enumerate(self.lines) if i not in lost for line in lines]
        equal(done.out.splitlines() == wanted, True, (what, done.err, done.out.count("\n"), len(wanted)))
        equal(done.code, 1 if ranges else 0, what)
        named = [tuple(map(int, m)) for m in re.findall(r"bytes (\d+) to (\d+) were left out", done.err)]
        equal(named, ranges, (what, done.err))
        gone = {json.loads(line)["position"] for i in lost for line in self.lines[i]}
        for threads in ("1", "2"):
            found = self.hunt(1 if ranges else 0, "--threads", threads)
            equal(found, {f for f in self.findings if f[0] not in gone}, what)
            for first, last in ranges:
                contains(self.err, "bytes %d to %d were left out" % (first, last))


@case
def bytes_cut_inserted_overwritten():
    made = Made()
    draw = random.Random(SEED)
    data, frames = made.data, made.frames
    equal(len(made.findings) > 50, True)
    for k in (0, 1, len(frames) // 2, len(frames) - 2, len(frames) - 1):
        begin, end, _ = frames[k]
        inside = draw.randrange(begin + 150, end - 8)
        size = draw.randrange(1, 100)
        noise = draw.randbytes(size)
        made.looks(data[:inside] + noise + data[inside:], {k}, [(begin, end + size - 1)], ("inserted", k))
        cut = min(size, end - inside)
        made.looks(data[:inside] + data[inside + cut:], {k}, [(begin, end - cut - 1)], ("cut", k))
        over = data[:inside] + bytes(b ^ 0x55 for b in data[inside:inside + cut]) + data[inside + cut:]
        made.looks(over, {k}, [(begin, end - 1)], ("overwritten", k))
        if k > 0:  # between two frames: none of them is lost
            made.looks(data[:begin] + noise + data[begin:], set(), [(begin, begin + size - 1)],
                       ("between", k))
    head = frames[3][0] + 30  # with the index whole, a header that is damaged costs its frame
    made.looks(data[:head] + bytes([data[head] ^ 1]) + data[head + 1:], {3},
               [(frames[3][0], frames[3][1] - 1)], "header")


@case
def several_places_and_no_index():
    made = Made()
    data, frames = made.data, made.frames
    a, b = frames[1], frames[5]
    changed = data[:a[0] + 200] + b"#" * 9 + data[a[0] + 200:b[0] + 10] + data[b[0] + 20:]
    wanted = [(a[0], a[1] + 8), (b[0] + 9, b[1] + 9 - 10 - 1)]
    made.looks(changed, {1, 5}, wanted, "two places")
    end = frames[-1][1] + 9 - 10  # without index and seek table
    made.looks(changed[:end], {1, 5}, wanted, "without index")
    # A cut file, as a copy that broke off leaves it.
    made.looks(changed[:end - 50], {1, 5, len(frames) - 1},
               wanted + [(frames[-1][0] - 1, end - 50 - 1)], "cut off")


@case
def frames_of_others_do_not_count():
    """A whole frame that does not belong there: of the same file, or of another."""
    made, other = Made(), Made()
    data, frames = made.data, made.frames
    again = data[frames[1][0]:frames[1][1]]
    at = frames[4][0]
    made.looks(data[:at] + again + data[at:], set(), [(at, at + len(again) - 1)], "twice")
    other.log.write_text(access_log(LINES, attacks=(7,)))
    foreign = yagura("archive", "write", "--out", other.place / "b", "--org", "acme", other.log)
    equal(foreign.code, 0)
    file, = (other.place / "b").rglob("*.ndjson.zst")
    theirs = file.read_bytes()
    begin, end, _ = frames_of(theirs)[5]  # its number would fit: the index says that it is another
    made.looks(data[:at] + theirs[begin:end] + data[at:], set(), [(at, at + end - begin - 1)], "foreign")


@case
def frames_that_lack_are_said():
    made = Made()
    data, frames = made.data, made.frames
    changed = data[:frames[2][0]] + data[frames[4][0]:]
    made.file.write_bytes(changed)
    done = yagura("archive", "cat", made.file)
    equal(done.code, 1)
    contains(done.err, "byte %d: frames are missing here" % frames[2][0])
    equal(done.out.splitlines() == [l for i, ls in enumerate(made.lines) if i not in (2, 3) for l in ls], True)
    made.file.write_bytes(data[:frames[-1][0]] + data[frames[-1][1]:])
    done = yagura("archive", "cat", made.file)
    equal(done.code, 1)
    contains(done.err, "byte %d: frames are missing here" % frames[-1][0])


@case
def other_frames_are_asked_as_ever():
    """--from, --to and --field restrict what stands behind the damage, too."""
    made = Made()
    begin, end, _ = made.frames[1]
    made.file.write_bytes(made.data[:begin + 300] + b"noise" + made.data[begin + 300:])
    gone = {json.loads(line)["position"] for line in made.lines[1]}
    done = yagura("archive", "cat", "--field", "src_ip=203.0.113.%d" % (LINES // 200), made.file)
    equal([json.loads(line)["position"] for line in done.out.splitlines()], [LINES // 200 * 100 + 51])
    equal(LINES // 200 * 100 + 51 in gone, False)
    equal(done.code, 1)


@case
def verify_and_cat_agree():
    """What cat gives is what verify counts, wherever a byte comes in."""
    made = Made()
    draw = random.Random(SEED + 1)
    for _ in range(12):
        at = draw.randrange(16, made.frames[-1][1])
        made.file.write_bytes(made.data[:at] + b"\x00" + made.data[at:])
        done = yagura("archive", "verify", "--json", made.file)
        equal(done.lines()[0]["records"], yagura("archive", "cat", made.file).out.count("\n"), at)


if __name__ == "__main__":
    main()
