# SPDX-License-Identifier: Apache-2.0
"""Warnings leave by mail and webhook: once for each recipient, whatever is killed, and whatever the other side does."""
import collections
import email
import email.policy
import hashlib
import hmac
import http.client
import os
import random
import re
import signal
import sys

from community_kit import PARTIES, Community, names_in
from harness import case, equal, folder, main
from hub_api_kit import problem
from hub_kit import until
from post_kit import Hooks
from post_relay import Mail

SEED = int(os.environ.get("YAGURA_SEED", random.SystemRandom().randrange(1 << 32)))
print("seed %d" % SEED, file=sys.stderr)
SECRET = "a secret of thirty-two characters"
MAIL, HOOKS = Mail(), Hooks()


def configuration():
    path = folder() / "hub.yaml"
    path.write_text("lang: en\nout:\n  mail_server: smtp://127.0.0.1:%d\n  mail_from: warn@hub.example\n  webhooks: \"yes\"\n"
                    "  local: 127.0.0.1\n  authorities: %s\n" % (MAIL.port, HOOKS.authority))
    return ("--config", path)


C = Community(options=configuration(), mails=True)


def hook(org, url):
    return C.who[org].make("PUT", "/orgs/%s/webhook" % org, {"url": url, "secret": SECRET})


def send():
    plan = C.plan()
    C.who["corp-c"].make("POST", "/questions/%s/answer" % plan["id"], {"answer": "yes"}, 200)
    return C.analyst.make("POST", "/plans/%s/approve" % plan["id"], status=200)


def channels(plan):
    return {org: w.get("channels", {}) for org, w in C.warnings(plan).items()}


def settled(plan, channel="mail", states=("sent", "bounced", "refused", "no-contact"), orgs=tuple(PARTIES)):
    def look():
        found = channels(plan)
        return all(found[o].get(channel, {}).get("state") in states for o in orgs) and found
    return until("every %s has come to its end" % channel, look, 300)


def read(message):
    return email.message_from_bytes(message[2], policy=email.policy.default)


def is_of(plan):
    """Mails of plans before this one are tried again in their own time, which may be now."""
    return lambda message: read(message)["Message-ID"][1:17] == plan["id"]


def mails(plan, count):
    return MAIL.wait_for(count, is_of(plan))


@case
def a_mail_says_what_it_must_and_nothing_else():
    hook("corp-b", "https://127.0.0.1:%d/in" % HOOKS.port)
    plan = send()
    settled(plan)
    settled(plan, "webhook", orgs=("corp-b",))
    messages = mails(plan, len(PARTIES))
    equal(sorted(m[1] for m in messages), sorted(("<it@%s.example>" % org,) for org in PARTIES))
    codes = {org: w["code"] for org, w in C.warnings(plan).items()}
    for message in messages:
        one = read(message)
        org = message[1][0].split("@")[1].split(".")[0]
        equal((one["From"], one["To"], one["Auto-Submitted"]), ("warn@hub.example", "it@%s.example" % org, "auto-generated"))
        equal([p.get_content_type() for p in one.walk()], ["multipart/alternative", "text/plain", "text/html"])
        plain, html = (one.get_body((kind,)).get_content() for kind in ("plain", "html"))
        for text in (plain, html):
            assert codes[org] in text and "取引の判断には用いないで" in text or org == "corp-c", text
            if org != "corp-c":
                equal(names_in(text + str(one["Subject"])), [], org)
        assert "href" not in html and "src=" not in html and "cid:" not in html, html
        assert all(len(line) <= 998 for line in message[2].split(b"\r\n"))
    equal(len({read(m)["Message-ID"] for m in messages}), len(PARTIES))
    (fields, body, object_), = HOOKS.got
    at, mac = (part.split("=")[1] for part in fields["X-Yagura-Signature"].split(","))
    equal(hmac.new(SECRET.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest(), mac)
    equal((names_in(object_), fields["Idempotency-Key"].endswith("-webhook")), ([], True))
    one = C.warnings(plan)["corp-b"]
    equal((one["state"], one["delivered"]["how"] in ("mail", "webhook")), ("delivered", True))


@case
def what_others_do_is_told_and_hangs_nothing():
    before = len(MAIL.messages)
    hook("corp-b", "https://127.0.0.1:%d/in" % HOOKS.port)
    hook("corp-a", "https://10.1.2.3/in")  # an address inside
    HOOKS.status = 302
    MAIL.mode = "bounce"
    plan = send()
    found = settled(plan)
    equal({found[o]["mail"]["state"] for o in PARTIES}, {"bounced"})
    assert "550" in found["corp-b"]["mail"]["text"] or "RCPT" in found["corp-b"]["mail"]["text"], found
    found = settled(plan, "webhook", orgs=("corp-b", "corp-a"))
    equal({o: (found[o]["webhook"]["state"], found[o]["webhook"]["text"]) for o in ("corp-a", "corp-b")},
          {"corp-a": ("bounced", "an address inside is not spoken with"), "corp-b": ("bounced", "status 302")})
    equal([w["delivered"] for w in C.warnings(plan).values()], [None] * len(PARTIES))
    # The console is a channel of its own: what bounced is there all the same.
    equal(C.inbox("corp-b")[0]["number"], plan["number"])
    hook("corp-a", "")
    HOOKS.status = 200
    MAIL.mode = "busy"
    plan = send()
    found = settled(plan, states=("later",))
    equal(len(MAIL.messages), before, "nothing was taken")
    MAIL.mode = "good"
    for url in ("http://127.0.0.1/", "https://a:b@127.0.0.1/", "ftp://x/", "https://x y/"):
        problem(C.who["corp-b"].ask("PUT", "/orgs/corp-b/webhook", {"url": url, "secret": SECRET}), 400, "bad-request")
    # Nothing that would begin another field of a mail is a name or an address here.
    for field, text in (("name_ja", "x\r\nBcc: evil@example"), ("name_en", "x\u2028Bcc: y"), ("name_en", "x\u202ey"),
                        ("contact_mail", "a@b.example\r\nBcc: c@d.example"),
                        ("contact_mail", "a@b.example,c@d.example")):
        equal(C.who["corp-b"].ask("PUT", "/orgs/corp-b/member", {field: text})[0], 400, text)


@case
def a_contact_that_went_is_told():
    """Between plan and release: nothing is queued for it, and the analysts see no mail; its console has the warning."""
    plan = C.plan()
    C.who["corp-c"].make("POST", "/questions/%s/answer" % plan["id"], {"answer": "yes"}, 200)
    C.who["school"].make("PUT", "/orgs/school/member", {"sector": "metal"})
    C.analyst.make("POST", "/plans/%s/approve" % plan["id"], status=200)
    others = tuple(org for org in PARTIES if org != "school")
    found = settled(plan, orgs=others)
    C.who["school"].make("PUT", "/orgs/school/member", {"sector": "metal", "contact_mail": "it@school.example"})
    equal(({org: found[org]["mail"]["state"] for org in others}, found["school"]), (dict.fromkeys(others, "sent"), {}))
    equal(sorted(m[1] for m in mails(plan, len(others))), sorted(("<it@%s.example>" % org,) for org in others))
    equal(C.inbox("school")[0]["number"], plan["number"])


@case
def who_hangs_holds_nobody_up():
    """A mail server without a word, a webhook that never answers: each costs its own time; what goes to others goes, and all
    of it is tried again under the same name."""
    hook("corp-b", "https://127.0.0.1:%d/in" % HOOKS.port)
    HOOKS.got.clear()
    try:
        for mode in ("hang", "hang-data"):
            hung = MAIL.hung
            MAIL.mode = mode
            plan = send()
            # While every mail hangs the webhook goes, and pages answer.
            found = settled(plan, "webhook", orgs=("corp-b",))
            equal(found["corp-b"]["webhook"]["state"], "sent", mode)
            equal(C.inbox("corp-a")[0]["number"], plan["number"])
            # Six at once, 15 s each; those of the cases before are among them.
            found = settled(plan, states=("later",))
            equal((mails(plan, 0), MAIL.hung - hung >= len(PARTIES)), ([], True), mode)
            assert re.search("timed? ?out", found["corp-b"]["mail"]["text"]), found["corp-b"]
        MAIL.mode = "good"
        HOOKS.status = None
        plan = send()
        found = settled(plan)
        equal({found[o]["mail"]["state"] for o in PARTIES}, {"sent"}, "mails go while a webhook hangs")
        found = settled(plan, "webhook", states=("later",), orgs=("corp-b",))
        assert re.search("timed? ?out", found["corp-b"]["webhook"]["text"]), found["corp-b"]
        equal(sum(h[0]["Idempotency-Key"].startswith(plan["id"]) for h in HOOKS.got), 1)
    finally:
        MAIL.mode, HOOKS.status = "good", 200
        HOOKS.stop.set()  # those that hang may go


@case
def one_host_takes_a_part_of_the_webhooks_room_alone():
    """Ten webhooks of one host that never answers: two of them are under way, whatever waits behind, and what goes to another
    host goes while they hang. When they have had their time, two more have theirs."""
    HOOKS.stop.clear()
    HOOKS.got.clear(), HOOKS.paths.clear()
    HOOKS.by_path["/hang"] = None
    hanging = [org for org in PARTIES if org != "school"]
    for org in hanging:
        hook(org, "https://127.0.0.1:%d/hang" % HOOKS.port)
    hook("school", "https://localhost:%d/in" % HOOKS.port)
    try:
        plans = [send(), send()]
        for plan in plans:
            found = settled(plan, "webhook", orgs=("school",))
            equal(found["school"]["webhook"]["state"], "sent")
        equal(HOOKS.paths.count("/hang"), 2, HOOKS.paths)
        equal([channels(plan)[org].get("webhook") for plan in plans for org in hanging], [None] * 10)
        until("two more", lambda: HOOKS.paths.count("/hang") == 4)
        later = [channels(plan)[org].get("webhook", {}).get("state") for plan in plans for org in hanging]
        assert 2 <= later.count("later") <= 4, later
    finally:
        HOOKS.stop.set()
        HOOKS.by_path.clear()
        for org in PARTIES:
            hook(org, "")


@case
def who_is_quiet_behind_the_text_holds_nobody_up():
    """A server that takes a whole mail and says nothing: the others' mails and webhooks go meanwhile; that one is tried again."""
    MAIL.taken.clear()
    MAIL.quiet = {"it@corp-b.example"}
    MAIL.mode = "quiet"
    try:
        plan = send()
        others = tuple(o for o in PARTIES if o != "corp-b")
        found = settled(plan, orgs=others)
        equal({found[o]["mail"]["state"] for o in others}, {"sent"})
        found = settled(plan, states=("later",), orgs=("corp-b",))
        assert re.search("timed? ?out", found["corp-b"]["mail"]["text"]), found["corp-b"]
        # Mails of plans before this one are tried again meanwhile, some of them as much in vain.
        ours = lambda: [to for to, name in list(MAIL.taken) if name[1:17] == plan["id"]]  # noqa: E731
        until("the client's end", lambda: None in ours())
        before = ours()[:ours().index(None)]
        assert {"it@%s.example" % o for o in others} <= set(before), MAIL.taken
        equal(len(set(before)), len(before), "each once")
    finally:
        MAIL.mode = "good"


@case
def mails_are_in_the_recipients_language():
    profile = dict(C.who["corp-a"].get("/orgs/corp-a/member"), language="en")
    own = {k: v for k, v in profile.items() if k not in ("org", "changed")}
    equal(C.who["corp-a"].make("PUT", "/orgs/corp-a/member", own)["language"], "en")
    equal(C.who["corp-a"].ask("PUT", "/orgs/corp-a/member", dict(own, language="fr"))[0], 400)
    japanese = {k: v for k, v in C.who["corp-b"].get("/orgs/corp-b/member").items() if k not in ("org", "changed")}
    C.who["corp-b"].make("PUT", "/orgs/corp-b/member", dict(japanese, language="ja"))
    hook("corp-b", "")
    plan = send()
    settled(plan)
    ja, en = "取引の判断には用いないで", "not to decide about doing business"
    for message in mails(plan, len(PARTIES)):
        one, org = read(message), message[1][0].split("@")[1].split(".")[0]
        if org == "corp-c":
            continue  # a notice to the one that was hit has no such line
        for kind in ("plain", "html"):
            text = one.get_body((kind,)).get_content()
            equal((ja in text, en in text), {"corp-a": (False, True), "corp-b": (True, False)}.get(org, (True, True)), (org, kind))
            if org == "hospital":
                assert text.index(ja) < text.index(en), "Japanese first"
    for org, profile in (("corp-a", own), ("corp-b", japanese)):
        C.who[org].make("PUT", "/orgs/%s/member" % org, dict(profile, language=None))


@case
def killed_fifty_times_one_warning_for_each_recipient():
    hub, random_ = C.town.hub, random.Random(SEED)
    hook("corp-b", "https://127.0.0.1:%d/in" % HOOKS.port)
    HOOKS.got.clear()
    plans, kills = [], collections.Counter()
    while sum(kills.values()) < 50:
        if len(plans) < 6:
            plans.append(send())
        here = collections.Counter()
        for _ in range(9):
            # A hub gives up one that dies six times without ever being ready: what is killed here may not be ready yet.
            live = [(pid, role) for pid, role in hub.processes().items()
                    if role in ("keeper", "out", "pages", "engine", "signer", "front") and here[role] < 4]
            if not live:
                continue
            pid, role = random_.choice([one for one in live if one[1] in ("keeper", "out")] * 3 + live)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            kills[role] += 1
            here[role] += 1
            until("another one", lambda: pid not in hub.processes() and
                  sum(r == role for r in hub.processes().values()) >= 1)
        until("answers again", answers)
    print("killed", dict(kills), "plans", len(plans), file=sys.stderr)
    repeats = collections.Counter()
    for plan in plans:
        found = settled(plan)
        settled(plan, "webhook", orgs=("corp-b",))
        equal(sorted(C.warnings(plan)), sorted(PARTIES))
        for org in PARTIES:
            repeats[org] += sum(c.get("repeats", 0) for c in channels(plan)[org].values())
            equal(sum(i["number"] == plan["number"] for i in C.inbox(org)), 1, "one warning in each inbox")
    # A second time has the same name, and was written down: never more often than that.
    # What waited from before comes too, in its own time.
    ids = collections.Counter(read(m)["Message-ID"] for plan in plans for m in mails(plan, len(PARTIES)))
    keys = collections.Counter(key for key in (h[0]["Idempotency-Key"] for h in HOOKS.got)
                               if key[:16] in {plan["id"] for plan in plans})
    equal((len(ids), len(keys)), (len(plans) * len(PARTIES), len(plans)))
    again = sum(n - 1 for n in ids.values()) + sum(n - 1 for n in keys.values())
    assert again <= sum(repeats.values()) <= 12 * sum(kills.values()), (again, repeats)


def answers():
    try:
        return C.analyst.ask("GET", "/plans")[0] == 200
    except (OSError, ValueError, http.client.HTTPException):  # cut off in the middle
        return False


@case
def the_end():
    C.end()
    MAIL.close()
    HOOKS.close()


main()
