# SPDX-License-Identifier: Apache-2.0
"""The cached rule image is hostile input: whatever stands there, the findings are the same."""
import os
import stat

from harness import RULE, access_log, case, equal, folder, main, yagura


def setup():
    base = folder()
    (base / "access.log").write_text(access_log())
    (base / "rule.yml").write_text(RULE.replace("contains: union", "contains: UNION"))
    return base, {"XDG_CACHE_HOME": str(base / "cache")}


def detect(base, env):
    got = yagura("detect", "--json", "--rules", base / "rule.yml", base / "access.log", env=env)
    equal(got.code, 0)
    assert got.out
    return got.out


def images(base):
    folder_ = base / "cache" / "yagura"
    return sorted(folder_.iterdir()) if folder_.exists() else []


@case
def written_once_private_and_used():
    base, env = setup()
    first = detect(base, env)
    kept = images(base)
    equal(len(kept), 1)
    equal(stat.S_IMODE(os.stat(kept[0].parent).st_mode), 0o700)
    equal(stat.S_IMODE(os.stat(kept[0]).st_mode) & 0o077, 0)
    before = os.stat(kept[0]).st_mtime_ns
    equal(detect(base, env), first)
    equal(os.stat(kept[0]).st_mtime_ns, before, "not written again")


@case
def damage_is_noticed():
    base, env = setup()
    first = detect(base, env)
    image = images(base)[0]
    data = image.read_bytes()
    for change in (b"", data[:100], data[: len(data) // 2], data + b"x",
                   data[:-20] + bytes([data[-20] ^ 1]) + data[-19:],
                   data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 255]) + data[len(data) // 2 + 1:],
                   b"\xff" * len(data)):
        image.write_bytes(change)
        os.chmod(image, 0o600)
        equal(detect(base, env), first)


@case
def what_others_could_have_written_is_not_used():
    base, env = setup()
    first = detect(base, env)
    image = images(base)[0]
    os.chmod(image, 0o666)
    equal(detect(base, env), first)
    os.chmod(image.parent, 0o777)
    equal(detect(base, env), first)
    target = base / "elsewhere"
    os.rename(image, target)
    os.symlink(target, image)
    os.chmod(image.parent, 0o700)
    equal(detect(base, env), first)


@case
def other_rules_other_image():
    base, env = setup()
    detect(base, env)
    (base / "rule.yml").write_text(RULE.replace("contains: union", "contains: nothing-there"))
    got = yagura("detect", "--json", "--no-default-rules", "--rules", base / "rule.yml",
                 base / "access.log", env=env)
    equal((got.code, got.out), (0, ""))


main()
