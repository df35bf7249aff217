#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rules that sigma-cli made into SQLite queries, over events: sqlite_rules.py EVENTS QUERIES [IDS]

EVENTS is a file of JSON lines, QUERIES what `sigma convert -t sqlite -f zircolite` wrote, IDS a file of
rule ids to keep. The events become one table in memory (a column a field, indexes on EventID and
Channel, as Zircolite does), then each query is run. Prints one JSON object: rule id -> hits, or the
reason why it could not be run.
"""
import json
import pathlib
import re
import sqlite3
import sys

BATCH = 5000


def flat(event, prefix=""):
    """(column, value) of each field; lists and what is not a text or number as JSON."""
    for name, value in event.items():
        if isinstance(value, dict):
            yield from flat(value, prefix + name + ".")
        elif isinstance(value, (str, int, float)) or value is None:
            yield prefix + name, value if not isinstance(value, int) or abs(value) < 1 << 63 else str(value)
        else:
            yield prefix + name, json.dumps(value, ensure_ascii=False)


def quoted(name):
    return '"%s"' % name.replace('"', '""')


def load(base, path):
    """All events as rows. Names of columns have no case in SQLite: the first spelling is kept."""
    columns = {}
    rows = []
    with open(path, encoding="utf-8") as events:
        for line in events:
            row = {}
            for name, value in flat(json.loads(line)):
                row.setdefault(columns.setdefault(name.lower(), len(columns)), value)
            rows.append(row)
    names = list(columns)
    base.execute("CREATE TABLE logs (%s)" % ", ".join("%s TEXT COLLATE NOCASE" % quoted(n) for n in names))
    place = "INSERT INTO logs VALUES (%s)" % ",".join("?" * len(names))
    for start in range(0, len(rows), BATCH):
        base.executemany(place, [[row.get(i) for i in range(len(names))] for row in rows[start:start + BATCH]])
    for name in ("eventid", "channel"):
        if name in columns:
            base.execute("CREATE INDEX by_%s ON logs (%s)" % (name, quoted(name)))
    return len(rows)


def matches(pattern, value, known={}):
    if value is None:
        return False
    if pattern not in known:
        known[pattern] = re.compile(pattern)
    return known[pattern].search(str(value)) is not None


def hits(base, queries):
    """How many events one rule hits; a field that no event has becomes an empty column."""
    found = set()
    for query in queries:
        while True:
            try:
                found.update(row[0] for row in base.execute(query.replace("SELECT *", "SELECT rowid", 1)))
                break
            except sqlite3.OperationalError as error:
                missing = re.match(r"no such column: (.+)$", str(error))
                if not missing:
                    return str(error)
                base.execute("ALTER TABLE logs ADD COLUMN %s TEXT COLLATE NOCASE" % quoted(missing[1]))
            except (re.error, sqlite3.Error) as error:
                return str(error)
    return len(found)


def main():
    keep = set(pathlib.Path(sys.argv[3]).read_text().split()) if len(sys.argv) > 3 else None
    base = sqlite3.connect(":memory:")
    base.create_function("REGEXP", 2, matches, deterministic=True)
    events = load(base, sys.argv[1])
    counts = {}
    for rule in json.loads(pathlib.Path(sys.argv[2]).read_text()):
        if keep is None or rule["id"] in keep:
            counts[rule["id"]] = hits(base, rule["rule"])
    json.dump({"events": events, "hits": counts}, sys.stdout)


main()
