#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the tools that compile advice and style sheet refuse: test_tools.py SOURCE_ROOT"""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(sys.argv[1])
GOLDEN = ROOT / "tests/golden/render"
ADVICE = json.loads((GOLDEN / "advice.json").read_text(encoding="utf-8"))
CONTACTS = json.loads((GOLDEN / "contacts.json").read_text(encoding="utf-8"))


def change(table, path, value):
    """@table with the value at @path replaced, or removed when @value is None."""
    table = copy.deepcopy(table)
    at = table
    for key in path[:-1]:
        at = at[key]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return table


# What is changed in which file, and what the complaint must name.
REFUSED = [
    (ADVICE, ("advice", "cloud"), None, '"cloud" is missing'),
    (ADVICE, ("advice", "web", "do_now", "ja"), None, "web.do_now"),
    (ADVICE, ("advice", "web", "do_now", "ja"), "", "web.do_now.ja[0]"),
    (ADVICE, ("advice", "web", "do_now", "en"), ["x"] * 9, "1 to 8"),
    (ADVICE, ("advice", "web", "do_not", "en"), "x" * 401, "longer than 400"),
    (ADVICE, ("advice", "web", "do_not", "en"), "a\x1bb", "control character"),
    (ADVICE, ("advice", "web", "do_not", "en"), "a\u202eb", "control character"),
    (ADVICE, ("advice", "web", "what", "possible"), None, '"possible" is missing'),
    (ADVICE, ("advice", "web", "why"), "x", 'unknown key "why"'),
    (ADVICE, ("advice", "web", "whom"), "nobody", '"nobody"'),
    (ADVICE, ("advice", "web", "based_on"), "other", '"based_on"'),
    (ADVICE, ("advice", "web-x"), {"whom": "general"}, '"based_on"'),
    (ADVICE, ("advice", "web-x"), {"based_on": "web"}, "changes nothing"),
    (ADVICE, ("advice", "web-x"), {"based_on": "wep", "whom": "general"}, "must be one of"),
    (ADVICE, ("advice", "Web X"), {"based_on": "web", "whom": "general"}, "a key is made of"),
    (CONTACTS, ("lists", "general"), None, '"general" is missing'),
    (CONTACTS, ("lists", "general"), ["desk", "ghost"], '"ghost"'),
    (CONTACTS, ("lists", "general"), ["desk"], "in no list: maintainer"),
    (CONTACTS, ("contacts", "desk", "checked"), "2026-02-30", "desk.checked"),
    (CONTACTS, ("contacts", "desk", "reach", "ja"), None, "desk.reach"),
]


def run(tool, *args):
    done = subprocess.run([sys.executable, str(ROOT / "tools" / tool), *map(str, args)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stderr.decode("utf-8")


def advice(folder, advice_table, contacts_table):
    for name, table in (("advice", advice_table), ("contacts", contacts_table)):
        text = table if isinstance(table, str) else json.dumps(table)
        (folder / (name + ".json")).write_text(text, encoding="utf-8")
    return run("advice.py", folder / "advice.json", folder / "contacts.json", folder / "out.c")


def style(folder, text):
    (folder / "page.css").write_text(text, encoding="utf-8")
    return run("page.py", folder / "page.css", folder / "out.c")


def main():
    failed, passed = 0, 0

    def expect(name, result, complaint):
        nonlocal failed, passed
        code, errors = result
        well = (code == 0 and not errors) if complaint is None else (code == 1 and complaint in errors)
        passed, failed = passed + well, failed + (not well)
        if not well:
            print("%s: exit %d, %r; expected %r" % (name, code, errors, complaint), file=sys.stderr)

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        expect("as it is", advice(folder, ADVICE, CONTACTS), None)
        for table, path, value, complaint in REFUSED:
            changed = change(table, path, value)
            expect("%s = %r" % (".".join(path), value),
                   advice(folder, changed if table is ADVICE else ADVICE,
                          changed if table is CONTACTS else CONTACTS), complaint)
        expect("a key twice", advice(folder, '{"advice": {}, "advice": {}}', CONTACTS), "twice")
        expect("no JSON", advice(folder, "{", CONTACTS), "file")
        expect("a style sheet", style(folder, "p { color: red; }"), None)
        expect("one that fetches", style(folder, "p { background: url(x); }"), "may not hold")
        expect("one that ends early", style(folder, "p::after { content: '</style>'; }"),
               "may not hold")
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return failed > 0


sys.exit(main())
