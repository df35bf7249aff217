#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes hub-first.db and facts-first.db: files as the first version of the stores made them.

Later versions must open them (tests/unit/store/test_facts_sqlite.c), so they are not made again:
the form stands here in its own words, not in those of the program, and the files are checked in.
The script is kept so that anyone can see what is in them, and where from.

usage: first.py FOLDER
"""
import pathlib
import sqlite3
import sys

HUB = """
CREATE TABLE docs(change INTEGER PRIMARY KEY, org TEXT NOT NULL, kind TEXT NOT NULL,
 key TEXT NOT NULL, revision INTEGER NOT NULL CHECK(revision > 0), time_ns INTEGER NOT NULL,
 actor TEXT NOT NULL, removed INTEGER NOT NULL CHECK(removed IN (0, 1)), body BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX docs_by_document ON docs(org, kind, key, revision);
CREATE INDEX docs_by_org ON docs(org);
CREATE TABLE heads(org TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
 change INTEGER NOT NULL REFERENCES docs(change), revision INTEGER NOT NULL,
 removed INTEGER NOT NULL, PRIMARY KEY(org, kind, key)) STRICT, WITHOUT ROWID;
"""

FACTS = """
CREATE TABLE names(n INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE rules(n INTEGER PRIMARY KEY, id INTEGER NOT NULL REFERENCES names(n),
 digest TEXT NOT NULL, title TEXT NOT NULL, title_ja TEXT NOT NULL, kind INTEGER NOT NULL,
 field INTEGER NOT NULL, UNIQUE(id, digest)) STRICT;
CREATE TABLE findings(id BLOB PRIMARY KEY CHECK(length(id) = 16), change INTEGER NOT NULL,
 org INTEGER NOT NULL, sensor INTEGER NOT NULL, rule INTEGER NOT NULL, about INTEGER NOT NULL,
 source INTEGER NOT NULL, level INTEGER NOT NULL, outcome INTEGER NOT NULL,
 first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL, received_ns INTEGER NOT NULL,
 written_ns INTEGER NOT NULL, count INTEGER NOT NULL CHECK(count > 0), reason TEXT NOT NULL,
 actor TEXT NOT NULL, target TEXT NOT NULL, matched TEXT NOT NULL, refs BLOB NOT NULL)
 STRICT, WITHOUT ROWID;
CREATE INDEX findings_by_org ON findings(org, id);
CREATE INDEX findings_by_change ON findings(change);
CREATE TABLE days(org INTEGER NOT NULL, day_ns INTEGER NOT NULL, records INTEGER NOT NULL,
 bytes INTEGER NOT NULL, findings INTEGER NOT NULL, bundles INTEGER NOT NULL,
 level0 INTEGER NOT NULL, level1 INTEGER NOT NULL, level2 INTEGER NOT NULL,
 level3 INTEGER NOT NULL, level4 INTEGER NOT NULL, PRIMARY KEY(org, day_ns)) STRICT, WITHOUT ROWID;
CREATE TABLE consumers(name TEXT PRIMARY KEY, cursor INTEGER NOT NULL, state BLOB NOT NULL) STRICT;
CREATE TABLE parts(consumer TEXT NOT NULL, key TEXT NOT NULL, piece INTEGER NOT NULL,
 position INTEGER NOT NULL, state BLOB NOT NULL, PRIMARY KEY(consumer, key, piece)) STRICT;
CREATE TABLE last(only INTEGER PRIMARY KEY CHECK(only = 1), change INTEGER NOT NULL) STRICT;
"""

T0 = 1699999980000000000


def make(path, application, form, rows):
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path)
    db.execute("PRAGMA encoding='UTF-8'")
    db.execute("PRAGMA page_size=4096")
    db.executescript(form)
    for sql, values in rows:
        db.execute(sql, values)
    db.execute(f"PRAGMA application_id={application}")
    db.execute("PRAGMA user_version=1")
    db.commit()
    db.execute("PRAGMA journal_mode=WAL")
    db.close()


def main():
    folder = pathlib.Path(sys.argv[1])
    doc = "INSERT INTO docs VALUES(?, 'local', 'answer', ?, ?, 1700000000000000000, 'local:test', ?, ?)"
    head = "INSERT INTO heads VALUES('local', 'answer', ?, ?, ?, ?)"
    make(folder / "hub-first.db", 0x59474152, HUB, [
        (doc, (1, "a", 1, 0, b"first")), (doc, (2, "a", 2, 0, b"second")),
        (doc, (3, "b", 1, 0, b"x")), (doc, (4, "b", 2, 1, b"")),
        (head, ("a", 2, 2, 0)), (head, ("b", 4, 2, 1))])
    refs = (65536).to_bytes(8, "big") + T0.to_bytes(8, "big")
    make(folder / "facts-first.db", 0x59474642, FACTS, [
        ("INSERT INTO names VALUES(?, ?)", (1, "acme")), ("INSERT INTO names VALUES(?, ?)", (2, "s")),
        ("INSERT INTO names VALUES(?, ?)", (3, "r")), ("INSERT INTO names VALUES(?, ?)", (4, "x")),
        ("INSERT INTO rules VALUES(1, 3, '0123abcd', 'Title', '題', 2, 1)", ()),
        ("INSERT INTO findings VALUES(?, 1, 1, 2, 3, 1, 4, 3, 2, ?, ?, ?, ?, 6, 'let in',"
         " '192.0.2.1', 'root', '', ?)",
         (bytes.fromhex("81b05515671674b850486f7a2b575549"), T0 + 5, T0 + 105, T0 + 9, T0 + 11, refs)),
        ("INSERT INTO days VALUES(1, ?, 10, 1000, 6, 1, 0, 0, 0, 1, 0)", (T0 - T0 % 86400000000000,)),
        ("INSERT INTO days VALUES(0, ?, 10, 1000, 6, 1, 0, 0, 0, 1, 0)", (T0 - T0 % 86400000000000,)),
        ("INSERT INTO consumers VALUES('detect', 7, x'0102')", ()),
        ("INSERT INTO parts VALUES('detect', 'acme', 0, 6, x'03')", ()),
        ("INSERT INTO last VALUES(1, 1)", ())])


if __name__ == "__main__":
    main()
