#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What left the house, as the hub has it: page by page the same batches, digests and lines as in the sensor's own ledger."""
import json

from harness import case, equal, folder, main
from hub_api_kit import Town
from hub_kit import Member, append, lines, until

TOWN = Town()
LOG = folder() / "auth.log"
MEMBER = Member(TOWN.hub, "acme", follow=[LOG])


def pages(size, query=""):
    items, after = [], ""
    while True:
        page = TOWN.member.get("/orgs/acme/ledger?limit=%d%s%s" % (size, query, after and "&after=" + after))
        items += page["items"]
        assert len(page["items"]) <= size, page
        if "next" not in page:
            return items
        after = page["next"]


def own():
    entries = b"".join(f.read_bytes() for f in sorted((MEMBER.state / "ledger").glob("*.jsonl"))).split(b"\n")[:-1]
    return [e for e in map(json.loads, entries) if e["kind"] == "batch"]


@case
def both_sides_have_the_same_newest_first():
    LOG.touch()
    MEMBER.start()
    written = 0
    for _ in range(5):
        append(LOG, lines(written + 1, written + 3))
        written += 3
        until("%d lines" % written, lambda: len(TOWN.hub.archived("acme")) >= written)
    equal(MEMBER.stop(), 0)
    mine = own()
    # Written behind the archive's lines, in the same commit.
    shown = until("as many batches", lambda: (lambda got: len(got) == len(mine) and got)(pages(1000)))
    equal([b["sha256"] for b in shown], [e["sha256"] for e in reversed(mine)])
    equal([b["records"] for b in shown], [sum(e["formats"].values()) for e in reversed(mine)])
    equal([b["kinds"] for b in shown], [e["formats"] for e in reversed(mine)])
    assert all(b["countersigned"] and b["line"] and b["time"] and not b["dropped"] and b["sensor"] == MEMBER.id for b in shown), shown
    equal(pages(1), shown)
    equal(pages(2, "&sensor=" + MEMBER.id), shown)
    equal(pages(2, "&sensor=another"), [])


@case
def numbers_say_nothing_of_others():
    shown = [int(b["id"]) for b in pages(1000)]
    equal(len(set(shown)), len(shown))
    assert all(b - a != 1 for a, b in zip(shown[::-1], shown[-2::-1])), shown
    for wrong in ("after=x", "sensor=%2E%2E", "limit=0"):
        equal(TOWN.member.ask("GET", "/orgs/acme/ledger?" + wrong)[0], 400, wrong)
    equal(TOWN.other.ask("GET", "/orgs/acme/ledger")[0], 404)
    equal(TOWN.other.get("/orgs/beta/ledger")["items"], [])


@case
def the_end():
    equal(TOWN.end(), 0)


main()
