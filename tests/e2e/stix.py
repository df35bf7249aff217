# SPDX-License-Identifier: Apache-2.0
"""STIX bundles in and out of a collection by the command line, with no hub."""
import json
import os
import pathlib

from harness import case, contains, equal, folder, main, yagura

SHARED = pathlib.Path(os.environ.get("YAGURA_SHARED", pathlib.Path(os.environ["YAGURA_ROOT"]).parent / "shared" / "data"))
PLACE = folder()
STORE = PLACE / "stix.db"
ID = "11111111-2222-4333-8444-55555555%04d"


class Number(str):
    """A number as it is written: 1.50 is not 1.5."""


def objects(text):
    return json.loads(text, parse_float=Number, parse_int=Number)["objects"]


def by_version(items):
    return {(one["id"], one.get("modified", one.get("created"))): one for one in items}


def tool(number, **more):
    return {"type": "tool", "spec_version": "2.1", "id": "tool--" + ID % number, "name": "n%d" % number,
            "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", **more}


def write(items, name="b.json"):
    path = PLACE / name
    path.write_text(json.dumps({"type": "bundle", "id": "bundle--" + ID % 0, "objects": items}), encoding="utf-8")
    return path


def share(*args):
    return yagura("share", *args, "--store", STORE)


@case
def numbers_and_times_stay_as_they_are():
    path = PLACE / "numbers.json"
    text = ('{"type":"bundle","id":"bundle--%s","objects":[{"type":"x-a","id":"x-a--%s","n":[1.50,1E+2,-0,0.1000],'
            '"t":"2026-01-01T00:00:00.1234567Z","s":"\\u0041\\/ \\ud83d\\ude00"}]}') % (ID % 0, ID % 1)
    path.write_text(text, encoding="utf-8")
    equal(share("import", path, "--collection", "n", "--default-tlp", "clear").out, "1 objects: 1 stored, 0 refused\n")
    contains(share("export", "--collection", "n").out, text[text.index('{"type":"x-a"'):-2])


@case
def all_or_nothing():
    items = [tool(number) for number in range(40)]
    items[17] = {**tool(17), "type": "indicator", "id": "indicator--" + ID % 17, "pattern": "[file:name = ",
                 "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z"}
    done = share("import", write(items), "--collection", "broken", "--default-tlp", "clear")
    equal((done.code, done.out), (1, "40 objects: 0 stored, 1 refused\n"))
    contains(done.err, "objects[17].pattern: at byte 13: ")
    equal(share("export", "--collection", "broken").code, 1)  # it was not made
    for change, word in (({"modified": "2999-01-01T00:00:00.000Z"}, "in the future"),
                         ({"modified": "2025-01-01T00:00:00.000Z"}, "before created"),
                         ({"object_marking_refs": ["marking-definition--" + ID % 1]}, "is not known here")):
        done = share("import", write([tool(1), tool(2, **change)]), "--collection", "broken")
        equal(done.code, 1)
        contains(done.err, "objects[1]." + next(iter(change)))
        contains(done.err, word)


@case
def two_contents_of_one_version():
    equal(share("import", write([tool(1)]), "--collection", "v", "--default-tlp", "clear").code, 0)
    done = share("import", write([tool(2), tool(1, name="other")]), "--collection", "v")
    equal((done.code, done.out), (1, "2 objects: 0 stored, 1 refused\n"))
    contains(done.err, "objects[1].modified: ")
    equal([one["name"] for one in objects(share("export", "--collection", "v").out)], ["n1"])
    done = share("import", write([tool(1)]), "--collection", "v")  # the very same
    equal((done.code, done.out), (0, "1 objects: 1 stored, 0 refused\n"))


@case
def what_is_not_marked_stays_inside():
    green = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
    items = [tool(1), tool(2, object_marking_refs=[green])]
    equal(share("import", write(items), "--collection", "m").code, 0)
    done = share("export", "--collection", "m")
    names = [one["name"] for one in objects(done.out)]
    equal(names, ["n2", "TLP:GREEN"])  # with the definition of its marking
    contains(done.err, "1 objects stay inside")
    done = share("import", write(items), "--collection", "m", "--default-tlp", "clear")
    equal(done.code, 1)  # that was said when it was made


@case
def shared_data_comes_out_as_it_went_in():
    path = SHARED / "stix" / "ics-attack" / "ics-attack.json"
    if not path.exists():
        print("skipped: YAGURA_SHARED has no stix/")
        return
    done = share("import", path, "--collection", ID % 9, "--default-tlp", "clear")
    equal((done.code, done.out), (0, "1825 objects: 1825 stored, 0 refused\n"))
    out = share("export", "--collection", ID % 9).out
    wanted = by_version(objects(path.read_text(encoding="utf-8")))
    equal(len(wanted), 1825)
    equal(by_version(objects(out)) == wanted, True)


@case
def wrong_usage():
    for args in (("import",), ("import", write([])), ("export",), ("import", "nothing.json", "--collection", "a"),
                 ("import", write([]), "--collection", "a/b"), ("import", write([]), "--collection", "a", "--default-tlp", "x")):
        equal(share(*args).code, 2, args)
    contains(share("import", write([]), "--collection", "a", "--default-tlp", "x", "--lang", "en").err, "--default-tlp x: give clear")
    equal(share("import", write([]), "--collection", "empty").out, "0 objects: 0 stored, 0 refused\n")


main()
