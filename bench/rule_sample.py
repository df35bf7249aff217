# SPDX-License-Identifier: Apache-2.0
"""A part of the public rules with the same shares of logsources, for the growth of cost with rules."""
import pathlib
import re
import shutil

SEED = 20261125


def logsource(text):
    """The rule's logsource as one text; only what is indented under it counts."""
    found = re.search(r"^logsource:\s*\n((?:[ \t]+.*\n|\s*\n)+)", text, re.M)
    parts = dict(re.findall(r"^\s+(category|product|service):\s*['\"]?([\w.-]+)", found[1], re.M)) if found else {}
    return "/".join(parts.get(k, "") for k in ("product", "category", "service"))


def mixed(number):
    """A number that is the same with every version of Python (splitmix64)."""
    z = (SEED + (number + 1) * 0x9e3779b97f4a7c15) & (1 << 64) - 1
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 & (1 << 64) - 1
    z = (z ^ z >> 27) * 0x94d049bb133111eb & (1 << 64) - 1
    return z ^ z >> 31


def sample(rules, count):
    """@count files of the folder @rules: each logsource has its share (largest remainders), drawn by the seed."""
    groups = {}
    paths = sorted(p for p in pathlib.Path(rules).rglob("*.yml"))
    for number, path in enumerate(paths):
        text = path.read_text(encoding="utf-8")
        if "\ndetection:" in text:
            groups.setdefault(logsource(text), []).append((mixed(number), path))
    total = sum(map(len, groups.values()))
    if count >= total:
        return [path for group in groups.values() for _, path in group]
    shares = {name: len(group) * count / total for name, group in groups.items()}
    taken = {name: int(share) for name, share in shares.items()}
    left = sorted(shares, key=lambda n: (taken[n] - shares[n], n))
    for name in left[:count - sum(taken.values())]:
        taken[name] += 1
    return [path for name, group in sorted(groups.items()) for _, path in sorted(group)[:taken[name]]]


def folder(rules, count, place):
    """The sample as a folder under @place; made anew only when it is not there."""
    target = pathlib.Path(place) / ("rules-%d" % count)
    if not target.is_dir():
        part = target.with_name(target.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for number, path in enumerate(sample(rules, count)):
            shutil.copy(path, part / ("%04d-%s" % (number, path.name)))
        part.rename(target)
    return target
