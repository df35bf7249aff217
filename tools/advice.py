#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""rules/advice.json and rules/contacts.json to a C table: advice.py ADVICE CONTACTS OUTPUT.c

The shape is told in rules/README.md, section "advice". Whatever breaks it ends the build with
the file, the place and what is expected there.
"""
import datetime
import json
import re
import sys

LANGS = ("en", "ja")
OUTCOMES = ("unknown", "attempt", "possible")  # the order of enum yg_outcome
FIELDS = ("web", "sign-in", "network", "endpoint", "cloud", "other")
PARTS = ("what", "do_now", "do_not")
LINES_MAX = 8    # lines of one part
LINE_MAX = 400   # characters of one line
KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


def stop(path, place, message):
    sys.exit("%s: %s: %s" % (path, place, message))


def no_twice(path):
    def pairs(items):
        seen = {}
        for key, value in items:
            if key in seen:
                stop(path, key, "stands there twice")
            seen[key] = value
        return seen
    return pairs


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file, object_pairs_hook=no_twice(path))
    except (OSError, ValueError) as error:
        stop(path, "file", str(error))


def only(path, place, value, allowed, needed=()):
    """@value is an object with the keys @needed and no others than @allowed."""
    if not isinstance(value, dict):
        stop(path, place, "must be an object")
    for key in value:
        if key not in allowed:
            stop(path, place, 'unknown key "%s" (known: %s)' % (key, ", ".join(allowed)))
    for key in needed:
        if key not in value:
            stop(path, place, '"%s" is missing' % key)


def line(path, place, text):
    if not isinstance(text, str) or not text.strip():
        stop(path, place, "must be a text that is not empty")
    if len(text) > LINE_MAX:
        stop(path, place, "is longer than %d characters" % LINE_MAX)
    if re.search(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text):
        stop(path, place, "holds a control character")
    return text


def lines(path, place, value):
    """A text, or a list of texts, as one text with line feeds."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not 1 <= len(value) <= LINES_MAX:
        stop(path, place, "must be a text or a list of 1 to %d texts" % LINES_MAX)
    return "\n".join(line(path, "%s[%d]" % (place, i), text) for i, text in enumerate(value))


def both(path, place, value, read):
    only(path, place, value, LANGS, LANGS)
    return [read(path, place + "." + lang, value[lang]) for lang in LANGS]


def part(path, place, value):
    """One part as 3 outcomes × 2 languages; given once for all of them, or for each."""
    if isinstance(value, dict) and set(value) & set(OUTCOMES):
        only(path, place, value, OUTCOMES, OUTCOMES)
        return [both(path, place + "." + outcome, value[outcome], lines) for outcome in OUTCOMES]
    return [both(path, place, value, lines)] * len(OUTCOMES)


def read_advice(path, whoms):
    table = load(path)
    only(path, "file", table, ("about", "advice"), ("advice",))
    entries = table["advice"]
    only(path, "advice", entries, tuple(entries), FIELDS)
    rows = {}
    for key in sorted(entries, key=lambda k: (k not in FIELDS, k)):
        entry = entries[key]
        if not KEY.match(key):
            stop(path, key, "a key is made of a-z, 0-9 and -")
        only(path, key, entry, PARTS + ("whom", "based_on"))
        base = entry.get("based_on")
        if (key in FIELDS) != (base is None):
            stop(path, key, '"based_on" is for keys other than %s, and needed there'
                 % ", ".join(FIELDS))
        if base is None:
            only(path, key, entry, PARTS + ("whom",), PARTS + ("whom",))
        elif base not in FIELDS:
            stop(path, key + ".based_on", "must be one of " + ", ".join(FIELDS))
        elif len(entry) < 2:
            stop(path, key, "changes nothing of what it is based on")
        row = dict(rows.get(base, {}))
        row.update((p, part(path, key + "." + p, entry[p])) for p in PARTS if p in entry)
        row["whom"] = entry.get("whom", row.get("whom"))
        if row["whom"] not in whoms:
            stop(path, key + ".whom", '"%s" is not in the lists of the contacts (%s)'
                 % (row["whom"], ", ".join(whoms)))
        rows[key] = row
    return rows


def read_contacts(path):
    """Lists by name: ([English, Japanese], oldest date of checking among its contacts)."""
    table = load(path)
    only(path, "file", table, ("about", "contacts", "lists"), ("contacts", "lists"))
    contacts = table["contacts"]
    only(path, "contacts", contacts, tuple(contacts))
    known = {}
    for key, entry in contacts.items():
        only(path, key, entry, ("name", "for", "reach", "source", "checked"),
             ("name", "for", "reach", "source", "checked"))
        name, use, reach = (both(path, key + "." + k, entry[k], line)
                            for k in ("name", "for", "reach"))
        line(path, key + ".source", entry["source"])
        try:
            datetime.date.fromisoformat(entry["checked"])
        except (TypeError, ValueError):
            stop(path, key + ".checked", "must be a date like 2026-11-21")
        texts = ["%s: %s (%s)" % (name[0], use[0], reach[0]),
                 "%s：%s（%s）" % (name[1], use[1], reach[1])]
        known[key] = (texts, entry["checked"])
    lists = {}
    only(path, "lists", table["lists"], tuple(table["lists"]), ("general",))
    for key, members in table["lists"].items():
        if not KEY.match(key) or not isinstance(members, list) or not 1 <= len(members) <= LINES_MAX:
            stop(path, "lists." + key, "must be a list of 1 to %d contacts" % LINES_MAX)
        for member in members:
            if member not in known:
                stop(path, "lists." + key, '"%s" is not among the contacts' % member)
        lists[key] = (["\n".join(known[m][0][lang] for m in members) for lang in range(2)],
                      min(known[m][1] for m in members))
    unused = set(known) - {m for members in table["lists"].values() for m in members}
    if unused:
        stop(path, "contacts", "in no list: " + ", ".join(sorted(unused)))
    return lists


def literal(text):
    """A C string: three-digit octal escapes cannot run into the characters after them."""
    return '"%s"' % "".join(chr(b) if 32 <= b < 127 and b not in b'"\\?' else "\\%03o" % b
                            for b in text.encode())


def pairs(texts):
    return "{" + ", ".join(literal(t) for t in texts) + "}"


def main(advice_path, contacts_path, output):
    lists = read_contacts(contacts_path)
    rows = read_advice(advice_path, tuple(lists))
    with open(output, "w", encoding="ascii") as out:
        out.write('/* Generated by tools/advice.py: do not edit. */\n#include "render/advice-int.h"\n'
                  "\nconst struct yg_advice_row yg_advice_rows[] = {\n")
        for key in sorted(rows):
            row = rows[key]
            out.write("\t{%s, %s,\n" % (literal(key), literal(row["whom"])))
            for p in PARTS:
                out.write("\t {%s},\n" % ",\n\t  ".join(pairs(texts) for texts in row[p]))
            out.write("\t},\n")
        out.write("};\nconst size_t yg_advice_row_count = %d;\n\n"
                  "const struct yg_contact_row yg_contact_rows[] = {\n" % len(rows))
        for key in sorted(lists):
            out.write("\t{%s, %s, %s},\n"
                      % (literal(key), literal(lists[key][1]), pairs(lists[key][0])))
        out.write("};\nconst size_t yg_contact_row_count = %d;\n" % len(lists))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
