#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A hub's time zone: checked, Japan's without a word, the same beside the hub; programs keep UTC."""
import datetime
import json
import os
import pathlib
import subprocess

from harness import YAGURA, case, contains, equal, folder, main
from hub_api_kit import Town, Who, problem
from hub_kit import Hub, record, until

PLACE = folder()


def configuration(line):
    path = PLACE / ("hub-%d.yaml" % abs(hash(line)))
    path.write_text("data: %s\nlang: en\n%s\n" % (PLACE / "none", line))
    return path


def check(line, **env):
    done = subprocess.run([YAGURA, "hub", "--config", str(configuration(line)), "--check-config"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ, LANGUAGE="en", **env))
    return done.returncode, done.stderr


def with_zone(line):
    path = PLACE / ("zone-%d.yaml" % abs(hash(line)))
    path.write_text("lang: en\n" + line + "\n")
    return ("--config", path)


@case
def what_is_no_zone_is_said():
    for value, words in (("Asia/Nowhere", "there is no such time zone"), ("JST", "there is no such time zone"),
                         ("/etc/localtime", "there is no such time zone"), ("../etc/passwd", "there is no such time zone"),
                         ("localtime", "there is no such time zone"), ("posixrules", "there is no such time zone"),
                         ("right/Asia/Tokyo", "there is no such time zone"), ("'+9'", "there is no such time zone"),
                         ("'+25:00'", "there is no such time zone"), ("'%s'" % ("A" * 100), "there is no such time zone"),
                         ("leapseconds", "cannot be read"), ("''", "write one text here"), ("[Asia/Tokyo]", "write one text here")):
        code, err = check("time_zone: " + value)
        equal(code, 2, value)
        contains(err, ":3: time_zone: this value cannot be used")
        contains(err, words)


@case
def what_is_one_is_taken():
    for value in ("Asia/Tokyo", "Europe/Berlin", "America/New_York", "UTC", "'+09:00'", "'-0930'", "Japan"):
        code, err = check("time_zone: " + value)
        assert "time_zone" not in err, (value, err)


@case
def the_machine_does_not_decide():
    """TZ and /etc/localtime are not looked at: without a word it is Japan's."""
    town = Town.__new__(Town)
    town.hub = Hub(env={"TZ": "America/New_York"})
    town.nobody = Who(town.hub)
    town.local = town.start_link()
    equal(town.local.get("/session")["time_zone"], "Asia/Tokyo")
    town.hub.stop()


ZONE = "Pacific/Kiritimati"  # 14 hours ahead: its day is another than that of UTC most of the time
TOWN = Town(options=with_zone("time_zone: " + ZONE))


def there():
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=14)


@case
def programs_keep_utc():
    equal(TOWN.local.get("/session")["time_zone"], ZONE)
    month = TOWN.member.get("/orgs/acme/report?month=2026-02")
    equal((month["from"], month["to"], month["time_zone"]), ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z", "UTC"))
    month = TOWN.member.get("/orgs/acme/report?month=2026-02&zone=hub")
    equal((month["from"], month["to"], month["time_zone"]), ("2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z", ZONE))
    month = TOWN.member.get("/orgs/acme/report?month=2024-02&zone=hub")
    equal((month["from"], month["to"]), ("2024-01-31T10:00:00Z", "2024-02-29T10:00:00Z"))
    for path in ("/orgs/acme/report?zone=", "/orgs/acme/funnel?zone=", "/orgs/acme/days?zone="):
        problem(TOWN.member.ask("GET", path + "Asia/Tokyo"), 400, "bad-request")
        equal(TOWN.member.ask("GET", path + "utc")[0], 200)
        equal(TOWN.member.ask("GET", path + "hub")[0], 200)


@case
def people_read_theirs():
    before = there()
    status, _, page = TOWN.member.ask("GET", "/orgs/acme/report/page?month=2026-02", Accept_Language="en")
    equal(status, 200)
    text = page.decode()
    contains(text, "month and days are those of " + ZONE)
    contains(text, "+14:00")
    assert any(when.strftime("%Y-%m-%d %H:%M") in text for when in (before, there())), text
    # A month has begun there before it has here.
    begun = there().strftime("%Y-%m")
    equal(TOWN.member.ask("GET", "/orgs/acme/report?zone=hub&month=" + begun)[0], 200)


@case
def days_of_both():
    """Records that came now: one day here, one there, with date and begin; the sums are the same."""
    sensor = TOWN.hub.stranger("acme")
    equal(sensor.send(sensor.batch(record(1), 1))[0], 200)

    def came(path, **more):
        found = TOWN.member.get("/orgs/acme/%s?%s" % (path, "&".join("%s=%s" % one for one in more.items())))["items"]
        return [(one["day"], one["date"], one["records"]) for one in found if one["records"]]

    until("it was counted", lambda: came("funnel"))
    for path in ("funnel", "days"):
        here, begun = came(path)[0], came(path, zone="hub")[0]
        equal((len(came(path)), len(came(path, zone="hub")), here[2]), (1, 1, begun[2]), path)
        equal(here[0], here[1] + "T00:00:00Z", path)
        day = datetime.date.fromisoformat(begun[1])
        equal(begun[0], "%sT10:00:00Z" % (day - datetime.timedelta(days=1)), path)
        assert day in (there().date(), (there() - datetime.timedelta(minutes=2)).date()), (begun, there())
        # Bounds are days of the same zone.
        after = str(day + datetime.timedelta(days=1))
        equal(came(path, zone="hub", **{"from": begun[1], "to": begun[1]}), [begun], path)
        equal(came(path, zone="hub", **{"from": after}), [], path)
    text = TOWN.hub.admin("funnel", "--org", "acme", "--zone", "hub").out
    contains(text, came("funnel", zone="hub")[0][1])
    contains(TOWN.hub.admin("funnel", "--org", "acme").out, came("funnel")[0][1])


@case
def the_same_beside_the_hub():
    done = TOWN.hub.admin("report", "--org", "acme", "--month", "2026-02")
    contains(done.out, ZONE)
    month = json.loads(TOWN.hub.admin("report", "--org", "acme", "--month", "2026-02", "--json").out)
    equal(month["time_zone"], "UTC")
    month = json.loads(TOWN.hub.admin("report", "--org", "acme", "--month", "2026-02", "--json", "--zone", "hub").out)
    equal((month["from"], month["time_zone"]), ("2026-01-31T10:00:00Z", ZONE))
    equal(TOWN.hub.admin("report", "--org", "acme", "--zone", "Asia/Tokyo").code, 2)
    TOWN.hub.admin("api-token", "--org", "acme", "--role", "member", "--days", "1")
    last = sorted(one["until"] for one in TOWN.local.get("/tokens?org=acme")["items"])[0]
    assert last in (there().strftime("%Y-%m-%d"),), last
    equal(TOWN.end(), 0)


if __name__ == "__main__":
    main()
