# SPDX-License-Identifier: Apache-2.0
"""Many indicators at once: `share import` judges them as the hub would, all of them or none; a sensor gets all, and of a change
only the list that it is in."""
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import time

from harness import YAGURA, case, equal, folder, main, yagura
from hub_api_kit import Who
from hub_kit import Hub, Member, append, until
from taxii_kit import TLP, Caller

PLACE = folder()
CREATED = "2026-01-01T00:00:00.000Z"
OWN_MARK = "marking-definition--aaaaaaaa-0000-4000-8000-00000000ffff"
AT_HOME = "version: 1\nraw: false\ndetect:\n  built_in: false\n  from_hub: {indicators: true}\n"
CLOSED = "Nov 21 08:%02d:%02d box sshd[7]: Connection closed by %s port 2"
GROUP = 16 * 256  # indicators of a full list


def stamp(days=0):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + days * 86400))


YESTERDAY = stamp(-1)


def indicator(number, pattern, tlp="green", **more):
    thing = {"type": "indicator", "spec_version": "2.1", "id": "indicator--aaaaaaaa-0000-4000-8000-%012x" % number,
             "created": CREATED, "modified": YESTERDAY, "valid_from": YESTERDAY, "pattern": pattern, "pattern_type": "stix",
             "confidence": 80, **more}
    if tlp:
        thing["object_marking_refs"] = [OWN_MARK if tlp == "own" else "marking-definition--" + TLP[tlp]]
    return {key: value for key, value in thing.items() if value is not None}


def name(number):
    return "n%d.example" % number


def of(number):
    return "[domain-name:value = '%s']" % name(number)


def write(things, path):
    path.write_text(json.dumps({"type": "bundle", "id": "bundle--aaaaaaaa-0000-4000-8000-000000000000", "objects": things}))
    return path


def rows(hub, sql, *args):
    with contextlib.closing(sqlite3.connect(hub.data / "stix.db")) as db:
        return db.execute(sql, args).fetchall()


def shelf(hub, *words):
    done = hub.admin("collection", "add", "--title", "t", "--for", "community", *words)
    equal(done.code, 0, done.err)
    return done.out.strip()


def bring(hub, path, place):
    return yagura("share", "import", path, "--data", hub.data, "--collection", place)


def every_kind():
    """Of each state and reason some, in every order of versions and markings."""
    things = [
        indicator(1, of(1)), indicator(2, of(2), tlp="red"), indicator(3, of(3), tlp=None), indicator(4, of(4), tlp="amber"),
        indicator(5, of(5), confidence=10), indicator(6, of(6), confidence=None), indicator(7, of(7), revoked=True),
        indicator(8, of(8), valid_until=stamp(-0.5)), indicator(9, of(9), valid_until=stamp(90)),
        indicator(10, of(10), valid_from=stamp(0.5)), indicator(11, "[domain-name:value = 'a.example' AND file:name = 'b']"),
        indicator(12, "[email-addr:value = 'who@example.org']"), indicator(13, "[url:value = 'http://x.example/?m=who@example.org']"),
        indicator(14, "[file:name = 'x.exe']"), indicator(15, "[ipv4-addr:value = '198.51.100.53']"),
        indicator(16, "[ipv4-addr:value = '198.51.100.53' OR ipv4-addr:value = '203.0.113.5' OR domain-name:value = 'two.example']"),
        indicator(17, of(17), labels=["pap:red"]), indicator(18, of(18), labels=["PAP:CLEAR", "x"]),
        indicator(19, of(19), modified=stamp(-400), valid_from=stamp(-400), created="2020-01-01T00:00:00.000Z"),
        indicator(20, "[url:value = 'https://x.example/a,b;c\"d']"), indicator(21, "[domain-name:value = 'x' ", pattern_type="yara"),
        indicator(22, of(22)), indicator(22, of(23), modified=stamp(-0.5)), indicator(24, of(24), modified=stamp(-0.5)), indicator(24, of(25)),
        {"type": "malware", "spec_version": "2.1", "id": "malware--aaaaaaaa-0000-4000-8000-000000000001", "created": CREATED,
         "modified": CREATED, "is_family": True, "name": "x"},
        indicator(26, of(26), tlp="own"), indicator(27, of(27)), indicator(28, "[email-message:from_ref.value = 'a@example.org']"),
        {"type": "marking-definition", "spec_version": "2.1", "id": OWN_MARK, "created": CREATED, "definition_type": "statement",
         "definition": {"statement": "ours"}},
        indicator(29, of(29), tlp="own")]
    return things + [indicator(n, of(n)) for n in range(100, 900)]


SAID = ("id, version_ns, from_ns, until_ns, confidence, tlp, pap, flags, said_ns, reports, told, sighted, sighted_ns, sightings, state,"
        " why, score, next_ns, sensors, note")


def made_of(hub):
    """What became of them, in the order of their numbers; and the hub's lists."""
    lists = {path.name: path.read_text() for path in (hub.data / "indicators").glob("stix-*.csv")}
    return (rows(hub, "SELECT n, %s FROM clues ORDER BY n" % SAID), rows(hub, "SELECT * FROM clue_values ORDER BY n, place"), lists)


def known_lists(hub):
    (hub.data / "warning-lists").mkdir(exist_ok=True)
    (hub.data / "warning-lists" / "resolvers.json").write_text(json.dumps(
        {"name": "resolvers", "type": "cidr", "list": ["198.51.100.53/32"], "matching_attributes": ["ip-dst"]}))


@case
def judged_by_the_import_and_by_the_hub_it_is_the_same():
    path, results = write(every_kind(), PLACE / "kinds.json"), []
    place_id = "bbbbbbbb-0000-4000-8000-000000000001"
    for is_hubs in (False, True):
        hub = Hub()
        known_lists(hub)
        until("it said by what it judges", lambda h=hub: rows(h, "SELECT 1 FROM texts WHERE kind='clues' AND name='rules'"))
        place = shelf(hub, "--id", place_id)
        hub.stop()
        if is_hubs:  # nobody says by what: the hub does it, when it is there again
            with contextlib.closing(sqlite3.connect(hub.data / "stix.db")) as db, db:
                db.execute("DELETE FROM texts WHERE kind='clues'")
        done = bring(hub, path, place)
        equal(done.code, 0, done.err)
        count, = rows(hub, "SELECT count(*) FROM clues WHERE next_ns<>0")
        equal(count[0] > 800, not is_hubs, "who judged them")
        hub.start()
        until("all are judged and listed", lambda h=hub: rows(h, "SELECT 1 FROM clues WHERE state=1") and not rows(
            h, "SELECT 1 FROM clue_parts UNION SELECT 1 FROM clues WHERE next_ns=0"))
        results.append(made_of(hub))
        equal(hub.stop(), 0, hub.messages())
    (clues, values, lists), others = results
    assert len(clues) > 800 and len({row[16] for row in clues}) >= 9, {row[16] for row in clues}
    equal(clues, others[0])
    equal(values, others[1])
    assert lists and '"two.example"' in "".join(lists.values()) and "198.51.100.53" not in "".join(lists.values())
    equal(lists, others[2])


class Town:
    def __init__(self):
        self.hub = Hub()
        self.hub.org("acme")
        self.place = shelf(self.hub)
        self.log = PLACE / "home.log"
        self.log.touch()
        self.member = Member(self.hub, "acme", follow=[self.log])
        (self.member.state / "policy.yaml").write_text(AT_HOME)
        self.member.start()
        token = self.hub.admin("api-token", "--org", "hub", "--role", "analyst").out.strip()
        self.taxii, self.who = Caller(self.hub, token), Who(self.hub, token=token)
        self.second = 0

    def lists(self):
        """{name: (what the file system says, values)}"""
        found = {}
        for path in (self.member.state / "detect" / "indicators").glob("stix-*.csv"):
            with contextlib.suppress(FileNotFoundError):
                about = path.stat()
                found[path.name] = ((about.st_ino, about.st_mtime_ns), path.read_text().split("\n")[1:-1])
        return found

    def values(self):
        return {value for _, values in self.lists().values() for value in values}

    def send(self, *things):
        status, _, data = self.taxii.ask("POST", "/taxii2/hub/collections/%s/objects/" % self.place, {"objects": list(things)})
        equal((status, data.get("failure_count", 0)), (202, 0), data)

    def finds(self, value):
        def look():
            self.second += 1
            append(self.log, [CLOSED % (self.second // 60, self.second % 60, value)])
            status, _, data = self.who.ask("GET", "/findings?limit=200&org=acme")
            return status == 200 and any(f["kind"] == "indicator" and f["matched"] == value for f in data["items"])
        until("a finding of " + value, look, every=0.5)


T = None


@case
def a_sensor_gets_all_of_them():
    global T  # the next case goes on with it
    T = Town()
    count = GROUP + 600
    done = bring(T.hub, write([indicator(n, of(n)) for n in range(1, count + 1)], PLACE / "many.json"), T.place)
    equal((done.code, done.out), (0, "%d objects: %d stored, 0 refused\n" % (count, count)), done.err)
    until("all are at the sensor", lambda: T.values() == {name(n) for n in range(1, count + 1)})
    names = sorted(T.lists())
    equal([n for n in names if n.startswith("stix-0-")][:1], ["stix-0-16.csv"])
    assert "stix-16-1.csv" in names and "stix-18-1.csv" in names and not any(n.startswith("stix-1-") for n in names), names


@case
def of_a_change_only_its_list_is_sent():
    before = T.lists()
    T.send(indicator(900001, of(900001)))
    until("the new one", lambda: name(900001) in T.values())
    now = T.lists()
    equal({n for n in now if now[n] != before.get(n)}, {"stix-18-1.csv"})
    T.send({**indicator(7, of(7)), "modified": stamp(), "revoked": True})
    until("the revoked one is gone", lambda: name(7) not in T.values())
    last = T.lists()
    changed = {n for n in last if last[n] != now.get(n)}
    assert len(changed) >= 1 and all(n.startswith("stix-0-16.") for n in changed), changed
    # The group that fills becomes one list, and those it was in are gone.
    done = bring(T.hub, write([indicator(1000000 + n, of(1000000 + n)) for n in range(GROUP)], PLACE / "more.json"), T.place)
    equal(done.code, 0, done.err)
    wanted = {name(n) for n in [*range(1, GROUP + 601), 900001, *range(1000000, 1000000 + GROUP)] if n != 7}
    until("all are at the sensor", lambda: T.values() == wanted)
    until("lists of what is one list now", lambda: not any(n.startswith("stix-18-1") for n in T.lists()))
    assert any(n.startswith("stix-16-16.") for n in T.lists()), sorted(T.lists())
    equal({n for n in T.lists() if n.startswith("stix-0-")}, {n for n in last if n.startswith("stix-0-")})
    equal({n: T.lists()[n] for n in last if n.startswith("stix-0-")}, {n: last[n] for n in last if n.startswith("stix-0-")})


@case
def all_or_nothing():
    before = rows(T.hub, "SELECT count(*) FROM clues")
    things = [indicator(2000000 + n, of(2000000 + n)) for n in range(3000)]
    things[2999]["pattern"] = "[domain-name:value = "
    done = bring(T.hub, write(things, PLACE / "broken.json"), T.place)
    equal((done.code, done.out), (1, "3000 objects: 0 stored, 1 refused\n"))
    assert "objects[2999].pattern: " in done.err, done.err
    things[2999] = {**indicator(1, of(1)), "name": "another content under the same version"}
    done = bring(T.hub, write(things, PLACE / "broken.json"), T.place)
    equal((done.code, done.out), (1, "3000 objects: 0 stored, 1 refused\n"))
    assert "objects[2999].modified: " in done.err, done.err
    equal(rows(T.hub, "SELECT count(*) FROM clues"), before)
    equal(rows(T.hub, "SELECT count(*) FROM objects WHERE id=?", things[0]["id"]), [(0,)])


@case
def killed_in_the_middle_nothing_is_there():
    things = [indicator(3000000 + n, of(3000000 + n)) for n in range(30000)]
    path = write(things, PLACE / "large.json")
    before, log = rows(T.hub, "SELECT count(*) FROM clues"), T.hub.data / "stix.db-wal"
    taken = False
    for _ in range(5):
        process = subprocess.Popen([YAGURA, "share", "import", str(path), "--data", str(T.hub.data), "--collection", T.place],
                                   stdout=subprocess.DEVNULL, env=dict(os.environ, LANGUAGE="en"))
        writes = "/proc/%d/io" % process.pid
        while process.poll() is None and not taken:  # it has read the file and is at work
            with contextlib.suppress(OSError, IndexError):
                read = int(open(writes, encoding="ascii").read().split("rchar: ")[1].split()[0])
                taken = read >= path.stat().st_size
        time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        taken = process.wait() == -signal.SIGKILL
        if taken:
            break
    assert taken and log.exists()
    equal(rows(T.hub, "SELECT count(*) FROM clues"), before)
    done = bring(T.hub, path, T.place)
    equal((done.code, done.out), (0, "30000 objects: 30000 stored, 0 refused\n"), done.err)
    until("the last is at the sensor", lambda: name(3029999) in T.values())


@case
def they_are_found():
    for number in (1, 1000000, 3029999):
        T.finds(name(number))


@case
def a_damaged_image_is_made_anew():
    equal(T.member.stop(), 0, T.member.messages())
    image = T.member.state / "detect" / "indicators.image"
    data = bytearray(image.read_bytes())
    middle = len(data) // 2
    data[middle] ^= 1
    image.write_bytes(data)
    T.member.start()
    T.finds(name(600))
    now = image.read_bytes()
    assert len(now) == len(data) and now != bytes(data), "it was left as it was"
    equal(T.member.stop(), 0, T.member.messages())
    image.unlink()
    T.member.start()
    T.finds(name(601))
    assert image.exists()


@case
def the_end():
    equal(T.member.stop(), 0, T.member.messages())
    equal(T.hub.stop(), 0, T.hub.messages())


main()
