#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reports that are due are reminded of by mail and webhook: each once to each, whatever is killed, and nothing of what
happened. Steps and their times by a clock that is set: tests/unit/access/test_reminders.c."""
import datetime
import email
import email.policy
import functools
import signal

import hub_kit
from harness import case, equal, folder, main
from hub_api_kit import Town, Who
from post_kit import Hooks
from post_relay import Mail

MAIL, HOOKS = Mail(), Hooks()
JAPAN = datetime.timezone(datetime.timedelta(hours=9))
TODAY = datetime.datetime.now(JAPAN).date()


def configuration():
    path = folder() / "hub.yaml"
    path.write_text("lang: en\nout:\n  mail_server: smtp://127.0.0.1:%d\n  mail_from: hub@hub.example\n  webhooks: \"yes\"\n"
                    "  local: 127.0.0.1\n  authorities: %s\n" % (MAIL.port, HOOKS.authority))
    return ("--config", path)


until = functools.partial(hub_kit.until, every=0.5)  # a hub answers so many requests and no more

TOWN = Town(options=configuration())
MEMBER = TOWN.member
HOME = "/orgs/acme"
SECRETS = ["ヤマギシ", "出荷停止", "ransomware", "personal", "漏えい", "ランサム"]


def add(name, known):
    return MEMBER.make("POST", HOME + "/reports", {
        "id": name, "reporter": {"organisation": "株式会社ヤマギシ精機", "mail": "suzuki@acme.example"},
        "event": {"type": "malware", "attack_type": "ransomware", "known": str(known)}, "damage": {"summary": "出荷停止"}})


def reminders(name):
    return MEMBER.get("%s/reports/%s" % (HOME, name))["reminders"]


def settled(name, count=3):
    def look():
        found = reminders(name)
        return len(found) >= count and all(r["state"] in ("sent", "no-contact", "gone", "bounced") for r in found) and found
    return until("%d reminders of %s have come to their end" % (count, name), look)


def mails(name):
    found = []
    for message in list(MAIL.messages):
        one = email.message_from_bytes(message[2], policy=email.policy.default)
        if name in str(one["Subject"]):
            found.append((message[1][0].strip("<>"), one))
    return found


def begin():
    MEMBER.make("PUT", HOME + "/member", {"contact_mail": "it@acme.example", "deputy_mail": "boss@acme.example", "language": "ja"})
    MEMBER.make("PUT", HOME + "/webhook", {"url": "https://127.0.0.1:%d/in" % HOOKS.port, "secret": "a secret of thirty-two letters"})
    # From midnight on, so that it is the same at whatever hour the test runs.
    MEMBER.make("PUT", HOME + "/report-reminders", {"from_hour": 0, "before_hours": [24]})


@case
def contact_deputy_and_program_are_told_once():
    begin()
    add("r-today", TODAY)
    found = settled("r-today")
    equal(sorted((r["to"], r["step"], r["day"], r["state"]) for r in found),
          sorted((to, "day", str(TODAY), "sent") for to in ("contact", "deputy", "webhook")))
    # All that is due on that day is one reminder.
    forms = found[0]["forms"]
    equal([({"form": "ransomware", "stage": "first"} in r["forms"], len(r["forms"]) > 1) for r in found], [(True, True)] * 3)
    got = until("both mails", lambda: len(mails("r-today")) >= 2 and mails("r-today"))
    equal(sorted(to for to, _ in got), ["boss@acme.example", "suzuki@acme.example"])
    for _, one in got:
        plain, html = (one.get_body((kind,)).get_content() for kind in ("plain", "html"))
        for text in (plain, html, str(one["Subject"])):
            equal([s for s in SECRETS if s in text], [])
        assert str(TODAY) in plain and "r-today" in plain and "href" not in html, plain
        equal((one["From"], one["Auto-Submitted"]), ("hub@hub.example", "auto-generated"))
    hooks = [body for _, _, body in HOOKS.got if body.get("report") == "r-today"]
    equal([(h["format"], h["org"], h["forms"], h["day"], h["step"]) for h in hooks],
          [("yagura-report-reminder/1", "acme", forms, str(TODAY), "day")])


@case
def what_is_over_is_told_and_what_is_long_over_is_not():
    add("r-old", TODAY - datetime.timedelta(days=200))
    add("r-over", TODAY - datetime.timedelta(days=3))
    found = settled("r-over")
    equal({(r["step"], r["day"]) for r in found}, {("over", str(TODAY - datetime.timedelta(days=3)))})
    # Whatever look told of the second has passed the first, whose id comes before it.
    equal(reminders("r-old"), [])


@case
def a_kill_sends_none_twice():
    MAIL.mode = "busy"  # refused for now: the rows stay
    add("r-kill", TODAY)
    until("they are written down", lambda: len(reminders("r-kill")) >= 3)
    before = {(r["day"], r["step"], r["to"], r["made"]) for r in reminders("r-kill")}
    TOWN.hub.stop(signal.SIGKILL)
    MAIL.mode = "good"
    TOWN.hub.start()
    TOWN.nobody = Who(TOWN.hub)
    global MEMBER  # pylint: disable=global-statement
    MEMBER = TOWN.sign_in("mei")
    settled("r-kill")
    after = {(r["day"], r["step"], r["to"], r["made"]) for r in reminders("r-kill")}
    equal(after, before)
    # Each under one name, however often it was tried.
    names = [one["Message-ID"] for _, one in mails("r-kill")]
    equal(len(set(names)), 2)
    # Another one is written and told, in a look after theirs: nothing was added to those that were told.
    add("r-last", TODAY)
    settled("r-last")
    for name in ("r-today", "r-over", "r-kill"):
        equal(sorted(r["to"] for r in reminders(name)), ["contact", "deputy", "webhook"])


@case
def what_was_sent_is_not_reminded_of():
    MEMBER.make("PUT", HOME + "/report-reminders", {"before_hours": [], "on_day": False, "over": False})
    made = add("r-sent", TODAY)
    for form in [f["form"] for f in made["forms"] if f["applies"] and f["deadlines"]]:
        MEMBER.make("POST", HOME + "/reports/r-sent/sent", {"form": form, "stage": "first"}, status=200)
    add("r-then", TODAY)
    MEMBER.make("PUT", HOME + "/report-reminders", {"from_hour": 0})
    settled("r-then")
    equal(reminders("r-sent"), [])


@case
def the_hub_ends_well():
    equal(TOWN.end(), 0)
    HOOKS.close()


main()
