# SPDX-License-Identifier: Apache-2.0
"""Large lists of indicators are compiled into a file of the cache. Whatever stands there, and whether
it can be written at all, the findings are those of the same values in a small list."""
import os
import pathlib
import random
import stat
import subprocess

from harness import YAGURA, access_log, case, contains, equal, folder, main, yagura

SEED = int(os.environ.get("SEED", "20261125"))
CACHED_MIN = 4 << 20  # YG_INDICATORS_CACHED_MIN
FOUND = ["203.0.113.9 # seen before", "198.51.100.0/24"]


def values(count):
    chance = random.Random(SEED)
    for i in range(count):
        kind = i % 10
        if kind < 5:
            yield "n%08x.%s" % (chance.getrandbits(32), chance.choice(["test", "example", "jp"]))
        elif kind < 8:
            yield "10.%d.%d.%d" % tuple(chance.randrange(256) for _ in range(3))
        else:
            yield "%064x" % chance.getrandbits(256)


def setup():
    base = folder()
    (base / "access.log").write_text(access_log(60, (3, 9)))
    lines = list(values(170000))
    lines[1000:1000] = FOUND
    lines[5000] = "not an indicator"
    (base / "large.txt").write_text("\n".join(lines) + "\n")
    (base / "small.txt").write_text("\n".join(FOUND) + "\n")
    assert (base / "large.txt").stat().st_size > CACHED_MIN
    return base, {"XDG_CACHE_HOME": str(base / "cache")}


def detect(base, env, *lists, code=0, **more):
    args = [a for name in lists for a in ("--indicators", base / name)]
    got = yagura("detect", "--json", *args, base / "access.log", env=env, **more)
    equal(got.code, code, got.err)
    return got


def compiled(base):
    place = base / "cache" / "yagura"
    return sorted(p for p in place.iterdir() if p.suffix == ".iocs") if place.exists() else []


def leftovers(base):
    place = base / "cache" / "yagura"
    return [p.name for p in place.iterdir() if p.suffix not in (".iocs", ".image", ".known")]


@case
def the_same_in_both_forms():
    base, env = setup()
    small = detect(base, env, "small.txt")
    equal(compiled(base), [], "a small list is not kept")
    large = detect(base, env, "large.txt")
    equal(large.out, small.out)
    assert sum(f["kind"] == "indicator" for f in large.findings()) == 60, large.out[:500]
    contains(large.err, "large.txt:5001: no indicator: ")
    kept = compiled(base)
    equal((len(kept), leftovers(base)), (1, []))
    equal(stat.S_IMODE(os.stat(kept[0]).st_mode), 0o600)
    equal(stat.S_IMODE(os.stat(kept[0].parent).st_mode), 0o700)
    before = os.stat(kept[0])
    again = detect(base, env, "large.txt")
    equal((again.out, again.err), (large.out, large.err), "said again from the cache")
    equal(os.stat(kept[0]).st_mtime_ns, before.st_mtime_ns, "not compiled again")
    # Through a pipe there is nothing to name a file by: in memory, the same.
    with open(base / "large.txt", "rb") as stream:
        got = yagura("detect", "--json", "--indicators", "/dev/stdin", base / "access.log", env=env,
                     stdin=stream.read())
    equal((got.code, got.out), (0, large.out))
    equal(len(compiled(base)), 1)


@case
def threads_and_the_slower_matcher_agree():
    base, env = setup()
    wanted = detect(base, env, "large.txt").out
    for threads in ("1", "2", "5"):
        got = yagura("detect", "--json", "--threads", threads, "--indicators", base / "large.txt",
                     base / "access.log", env=env)
        equal(got.out, wanted)


def until_known(base, env):
    """A list that changed in the last two seconds is not taken as known: run until it is."""
    for _ in range(200):
        got = detect(base, env, "large.txt")
        if list((base / "cache" / "yagura").glob("*.known")):
            return got
    raise AssertionError("never known")


def forge(path, change):
    """Other content of the same size, and the time of change as it was; the inode's time tells."""
    before = os.stat(path)
    data = path.read_bytes()
    path.write_bytes(change(data))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    equal((os.stat(path).st_size, os.stat(path).st_mtime_ns), (before.st_size, before.st_mtime_ns))
    return data


@case
def a_changed_list_is_compiled_again():
    base, env = setup()
    wanted = until_known(base, env).out
    text = forge(base / "large.txt", lambda d: d.replace(FOUND[0].encode(), b"203.0.113.4 # seen before"))
    got = detect(base, env, "large.txt")
    equal(len([f for f in got.findings() if f["kind"] == "indicator"]), 58, "the attacker's lines are not listed now")
    forge(base / "large.txt", lambda d: text)
    equal(detect(base, env, "large.txt").out, wanted)


@case
def a_known_image_that_was_changed_is_checked_again():
    base, env = setup()
    wanted = until_known(base, env)
    image = compiled(base)[0]
    before = image.read_bytes()
    at = before.index(b"203.0.113.9")
    forge(image, lambda d: d[:at] + b"203.0.113.4" + d[at + 11:])
    got = detect(base, env, "large.txt")
    equal((got.out, got.err), (wanted.out, wanted.err))
    contains(compiled(base)[0].read_bytes().decode("latin-1"), "203.0.113.9")


@case
def damage_is_noticed():
    base, env = setup()
    wanted = detect(base, env, "large.txt")
    image = compiled(base)[0]
    data = image.read_bytes()
    chance = random.Random(SEED)
    places = [0, 9, 50, 60, 90, 100, 130] + [chance.randrange(len(data)) for _ in range(8)]
    changes = [b"", data[:100], data[: len(data) // 2], data + b"x", b"\xff" * len(data)]
    changes += [data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:] for at in places]
    for change in changes:
        image.write_bytes(change)
        os.chmod(image, 0o600)
        got = detect(base, env, "large.txt")
        equal((got.out, got.err), (wanted.out, wanted.err))
        equal(leftovers(base), [])
    for known in image.parent.glob("*.known"):
        known.write_bytes(b"\x41" * known.stat().st_size)
    equal(detect(base, env, "large.txt").out, wanted.out)


@case
def what_others_could_have_written_is_not_used():
    base, env = setup()
    wanted = detect(base, env, "large.txt").out
    image = compiled(base)[0]
    os.chmod(image, 0o666)
    equal(detect(base, env, "large.txt").out, wanted)
    target = base / "elsewhere"
    os.rename(compiled(base)[0], target)
    os.symlink(target, image)
    equal(detect(base, env, "large.txt").out, wanted)
    os.chmod(image.parent, 0o777)
    got = detect(base, env, "large.txt")
    equal(got.out, wanted)
    contains(got.err, "cannot be kept: permission denied")


@case
def allow_lists_are_apart():
    base, env = setup()
    wanted = detect(base, env, "large.txt").out
    image = compiled(base)[0]
    before = os.stat(image).st_mtime_ns
    (base / "ok.txt").write_text("198.51.100.0/24 our own\n")
    got = yagura("detect", "--json", "--indicators", base / "large.txt", "--allow", base / "ok.txt",
                 base / "access.log", env=env)
    equal(len([f for f in got.findings() if f["kind"] == "indicator"]), 2)
    assert got.out != wanted
    equal((compiled(base), os.stat(image).st_mtime_ns), ([image], before))
    got = yagura("detect", "--json", "--allow", base / "large.txt", base / "access.log", env=env)
    equal([f for f in got.findings() if f["kind"] == "indicator"], [])
    equal(len(compiled(base)), 1, "the same values, the same image")


@case
def leftovers_of_a_killed_run_are_removed():
    base, env = setup()
    place = base / "cache" / "yagura"
    os.makedirs(place, mode=0o700)
    (place / "abcdef.part").write_bytes(b"x" * 1000)
    detect(base, env, "large.txt")
    equal(leftovers(base), [])


@case
def the_oldest_are_removed():
    base, env = setup()
    text = (base / "large.txt").read_text()
    for i in range(6):
        (base / "large.txt").write_text("192.0.2.%d\n" % i + text)
        detect(base, env, "large.txt")
        assert len(compiled(base)) <= 4, compiled(base)


@case
def a_full_disk_costs_time_only():
    base, env = setup()
    wanted = detect(base, env, "large.txt").out
    (base / "full").mkdir()
    script = ("mount -t tmpfs -o size=%s,mode=700 none '%s' && exec \"$@\"")
    for size in ("64k", "3m", "6m"):
        command = ["unshare", "-rm", "sh", "-c", script % (size, base / "full"), "sh", YAGURA, "detect", "--json",
                   "--indicators", str(base / "large.txt"), str(base / "access.log")]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                              env=dict(os.environ, LANGUAGE="en", XDG_CACHE_HOME=str(base / "full")))
        if b"mount" in done.stderr or b"unshare" in done.stderr:
            print("not tried: a full disk (no file systems may be mounted here)")
            return
        equal((done.returncode, done.stdout.decode()), (0, wanted), done.stderr.decode())
        contains(done.stderr.decode(), "compiled indicators cannot be kept: No space left on device")


@case
def what_is_wrong_is_said():
    base, env = setup()
    got = yagura("detect", "--json", "--indicators", base / "nowhere", base / "access.log", env=env)
    equal(got.code, 2)
    contains(got.err, "cannot be read")
    got = yagura("detect", "--json", "--indicators", base / "large.txt", base / "access.log", lang="ja",
                 env=dict(env, LANG="ja_JP.UTF-8"))
    contains(got.err, "large.txt:5001: 指標ではありません: ドットのない名前は")


main()
