#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every marked text has its Japanese: catalogue.py SOURCE_ROOT

Collects the texts marked with N_() or given to yg_tr() with xgettext and compares them with
po/ja.po: each is there, is not empty, is not marked fuzzy, and has the same places to fill
(%1, {1}, printf's %s), so that no translation drops a number or crashes a format.
"""
import collections
import pathlib
import re
import subprocess
import sys

PLACES = re.compile(r"%[1-9]|\{[1-9]\}|%(?:\d+\$)?[-+ #0]*[\d*]*(?:\.[\d*]+)?"
                    r"(?:hh|h|ll|l|z|j|t)?[diouxXeEfgGcsp%]")


def entries(text):
    """msgid -> (msgstr, is_fuzzy) of a catalogue in xgettext's or our own hand's form."""
    found = {}
    for block in re.split(r"\n\s*\n", text):
        part, texts, fuzzy = None, {"msgid": "", "msgstr": ""}, False
        for line in block.splitlines():
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            match = re.match(r'(?:(msgid|msgstr) )?"(.*)"\s*$', line)
            if not match:
                continue
            part = match[1] or part
            texts[part] += match[2]
        if part:
            found[texts["msgid"]] = (texts["msgstr"], fuzzy)
    return found


def main(root):
    root = pathlib.Path(root)
    files = sorted(str(p.relative_to(root)) for p in (root / "src").rglob("*.[ch]"))
    made = subprocess.run(["xgettext", "--from-code=UTF-8", "-k", "-kN_", "-kyg_tr:2", "--no-wrap",
                           "--no-location", "-o", "-", *files], cwd=root, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    marked = entries(made.stdout.decode("utf-8"))
    japanese = entries((root / "po/ja.po").read_text(encoding="utf-8"))
    marked.pop("", None)
    bad = 0
    for text in marked:
        translation, fuzzy = japanese.get(text, ("", False))
        problem = None
        if not translation or fuzzy:
            problem = "has no Japanese in po/ja.po"
        elif (collections.Counter(PLACES.findall(text))
              != collections.Counter(PLACES.findall(translation))):
            problem = "has other places to fill in po/ja.po: " + translation
        if problem:
            bad += 1
            print('"%s" %s' % (text, problem), file=sys.stderr)
    if not marked:
        sys.exit("no marked texts found: is this the source root?")
    print("%d passed, %d failed, 0 skipped" % (len(marked) - bad, bad))
    return bad > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
