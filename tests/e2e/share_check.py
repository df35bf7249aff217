# SPDX-License-Identifier: Apache-2.0
"""Indicators that are well-known values are named before they count: yagura share check."""
import json
import os
import subprocess

from harness import YAGURA, case, contains, equal, folder, main

LISTS = [
    {"name": "resolvers", "type": "cidr", "list": ["192.0.2.53", "198.51.100.0/25", "2001:db8:53::/48"]},
    {"name": "large, \"well-known\" services", "type": "hostname", "list": ["cdn.example"]},
    {"name": "domains", "type": "string", "list": ["portal.example", ".search.example", "d41d8cd98f00b204e9800998ecf8427e"]},
]
VALUES = {  # value: the list it is on
    "192.0.2.53": "resolvers", "192.0.2.54": None, "198.51.100.7": "resolvers", "198.51.100.200": None,
    "198.51.100.64/26": "resolvers", "2001:db8:53::9": "resolvers", "2001:db8:54::9": None,
    "cdn.example": LISTS[1]["name"], "a.b.cdn.example": LISTS[1]["name"], "notcdn.example": None,
    "portal.example": "domains", "x.portal.example": None, "search.example": "domains", "www.search.example": "domains",
    "d41d8cd98f00b204e9800998ecf8427e": "domains", "44d88612fea8a8f36de82e1278abb02f": None,
    "http://cdn.example/": LISTS[1]["name"], "http://cdn.example:8080": LISTS[1]["name"], "http://cdn.example/evil/page": None,
}


def lists(place, more=()):
    """As they come: a folder for each."""
    for number, one in enumerate([*LISTS, *more]):
        path = place / ("list-%d" % number) / "list.json"
        path.parent.mkdir(parents=True)
        path.write_text(one if isinstance(one, str) else json.dumps(one))
    return place


def check(place, *args, code=0):
    done = subprocess.run([YAGURA, "share", "check", "--lang", "en", "--warning-lists", place, *args],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    equal(done.returncode, code, done.stderr)
    return done


@case
def values_are_found_by_the_kind_of_their_list():
    place = lists(folder() / "lists")
    path = folder() / "indicators.txt"
    path.write_text("# a comment\n" + "".join(v + "\n" for v in VALUES))
    done = check(place, "--json", path, code=1)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    wanted = [(str(path), line, VALUES[value]) for line, value in enumerate(VALUES, 2) if VALUES[value]]
    equal([(f["file"], f["line"], f["list"]) for f in found], wanted, "in the order of the list")
    equal({f["active"] for f in found}, {False})
    contains(done.stderr, "%d indicators, %d of them on one of 3 lists" % (len(VALUES), len(wanted)))
    plain = check(place, path, code=1).stdout.splitlines()
    equal(plain, ["%s:%d: %s: %s" % (f["file"], f["line"], f["value"], f["list"]) for f in found])


@case
def none_is_nothing_to_tell():
    place = lists(folder() / "lists")
    path = folder() / "indicators.txt"
    path.write_text("".join(v + "\n" for v in VALUES if not VALUES[v]))
    equal(check(place, path).stdout, "")


@case
def what_is_no_list_is_said_and_the_others_are_used():
    more = ["{", "[]", {"name": "r", "type": "regex", "list": ["(a+)+$"]}, {"type": "cidr", "list": []},
            {"name": "odd", "type": "cidr", "list": [7, None, {}, "#", "", "\n192.0.2.99\"", "192.0.2.77"]}]
    place = lists(folder() / "lists", more)
    path = folder() / "indicators.txt"
    path.write_text("192.0.2.77\n203.0.113.1\n")
    done = check(place, path, code=1)
    equal(done.stdout, "%s:1: 192.0.2.77: odd\n" % path)
    for number in (3, 4, 6):
        contains(done.stderr, "list-%d" % number)
    contains(done.stderr, "of this type are not used")
    path.write_text("203.0.113.1\n")
    check(place, path, code=1)  # what could not be used might have held it


@case
def wrong_usage():
    path = folder() / "indicators.txt"
    path.write_text("203.0.113.1\n")
    empty = folder() / "empty"
    empty.mkdir()
    contains(check(empty, path, code=2).stderr, "holds no warning list")
    contains(check(folder() / "nowhere", path, code=2).stderr, "holds no warning list")
    place = lists(folder() / "lists")
    contains(check(place, code=2).stderr, "from 1 to 64 lists")
    contains(check(place, path.with_name("missing"), code=2).stderr, "missing: cannot be read")
    done = subprocess.run([YAGURA, "share", "check", "--lang", "en", path], stderr=subprocess.PIPE, text=True, check=False)
    equal(done.returncode, 2)
    contains(done.stderr, "--warning-lists is missing")
    with open("/dev/full", "w") as full:
        path.write_text("192.0.2.53\n")
        done = subprocess.run([YAGURA, "share", "check", "--lang", "en", "--warning-lists", place, path], stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False)
    equal(done.returncode, 2)
    contains(done.stderr, "No space left")


@case
def the_public_lists_are_read():
    shared = os.environ.get("YAGURA_SHARED")
    place = os.path.join(shared, "indicators", "misp-warninglists") if shared else ""
    if not os.path.isdir(place):
        print("not tried: the public lists are not here")
        return
    path = folder() / "indicators.txt"
    path.write_text("8.8.8.8\n203.0.113.1\n10.1.2.3\nd41d8cd98f00b204e9800998ecf8427e\n")
    equal(len(check(place, path, code=1).stdout.splitlines()), 3)


main()
