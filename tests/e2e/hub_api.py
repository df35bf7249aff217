# SPDX-License-Identifier: Apache-2.0
"""The hub for people and programs, as they meet it: signing in, second factor, tokens, mandates, consent."""
import base64
import hashlib
import hmac
import struct
import time

from harness import case, equal, main
from hub_api_kit import PASSWORD, Town, Who, cookie_of, problem
from hub_kit import record

TOWN = Town()
ELSEWHERE = {"X-Forwarded-For": "203.0.113.9"}  # a proxy says so: not this machine


def code_of(secret, ahead=0):
    """RFC 6238 with SHA-1, six digits, 30 s."""
    key = base64.b32decode(secret)
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30 + ahead), hashlib.sha1).digest()
    at = digest[19] & 15
    return "%06d" % ((struct.unpack(">I", digest[at:at + 4])[0] & 0x7fffffff) % 1000000)


@case
def nobody_learns_nothing():
    for path in ("/findings", "/orgs", "/nothing/here", "/orgs/acme"):
        data = problem(TOWN.nobody.ask("GET", path), 401, "no-session")
        assert "Sign in" in data["detail"], data
    problem(Who(TOWN.hub, token="0" * 64).ask("GET", "/orgs"), 401, "no-session")
    problem(Who(TOWN.hub, cookie="yagura_1=" + "0" * 64).ask("GET", "/orgs"), 401, "no-session")


@case
def the_start_link_works_once():
    session = TOWN.local.get("/session")
    equal((session["kind"], session["grants"]), ("local", [{"role": "administrator", "org": "hub"}]))
    path = "/" + TOWN.hub.ready["admin_link"].split("/", 3)[3]
    equal(TOWN.nobody.ask("GET", path)[0], 403)
    # Carried to another machine its session is none.
    problem(TOWN.local.ask("GET", "/orgs", **ELSEWHERE), 401, "no-session")


@case
def signing_in():
    status, headers, data = TOWN.nobody.ask("POST", "/session", {"login": "MEI", "password": PASSWORD % "mei"})
    equal((status, data["kind"], data["person"]["login"]), (200, "person", "mei"))
    assert "HttpOnly" in headers["Set-Cookie"] and "SameSite=Strict" in headers["Set-Cookie"], headers
    who = Who(TOWN.hub, cookie=cookie_of(headers))
    sessions = who.get("/sessions")["items"]
    equal([s["this"] for s in sessions].count(True), 1)
    status, headers, _ = who.ask("DELETE", "/session")
    equal(status, 204)
    assert "Max-Age=0" in headers["Set-Cookie"], headers
    problem(who.ask("GET", "/session"), 401, "no-session")


@case
def wrong_ones_look_alike():
    one = problem(TOWN.nobody.ask("POST", "/session", {"login": "mei", "password": "no such password"}),
                  401, "wrong-credentials")
    two = problem(TOWN.nobody.ask("POST", "/session", {"login": "no such login", "password": "no such password"}),
                  401, "wrong-credentials")
    equal(one, two)
    problem(TOWN.nobody.ask("POST", "/session", {"login": "mei"}), 400, "bad-request")
    problem(TOWN.nobody.ask("POST", "/session", b"[]"), 400, "bad-request")
    problem(TOWN.nobody.ask("POST", "/session", b"{}", Content_Type="text/plain"), 415, "wrong-type")


@case
def an_invitation_works_once():
    made = TOWN.administrator.make("POST", "/people", {
        "login": "once", "name": "一度", "grants": [{"role": "member", "org": "acme"}]})
    key = made["invitation"]
    equal(made["state"], "invited")
    equal(TOWN.nobody.make("POST", "/invitation/look", {"key": key}, 200)["name"], "一度")
    for password in ("short", "password1234", "あ" * 400):
        problem(TOWN.nobody.ask("POST", "/invitation", {"key": key, "password": password}), 400, "bad-password")
    TOWN.nobody.make("POST", "/invitation", {"key": key, "password": "富士山に登った夏の朝のこと"}, 204)
    problem(TOWN.nobody.ask("POST", "/invitation", {"key": key, "password": "another long password"}), 403, "link-over")
    who = TOWN.sign_in("once", "富士山に登った夏の朝のこと")
    equal([org["id"] for org in who.get("/orgs")["items"]], ["acme"])
    problem(who.ask("POST", "/password", {"old": "not the old one", "new": "something entirely new"}),
            401, "wrong-credentials")
    other = TOWN.sign_in("once", "富士山に登った夏の朝のこと")
    equal(who.ask("POST", "/password", {"old": "富士山に登った夏の朝のこと", "new": "something entirely new"})[0], 204)
    problem(other.ask("GET", "/session"), 401, "no-session")
    equal(who.get("/session")["person"]["login"], "once")
    # Locked: at once, in every session.
    TOWN.administrator.make("PUT", "/people/once/state", {"state": "locked"})
    problem(who.ask("GET", "/session"), 401, "no-session")
    problem(TOWN.nobody.ask("POST", "/session", {"login": "once", "password": "something entirely new"}),
            401, "wrong-credentials")


@case
def a_second_factor_is_asked_for_elsewhere():
    who = TOWN.person("zoe", "member:acme")
    who.get("/findings?org=acme")  # at this machine
    # The same session behind a proxy: its own account, and no more.
    equal(who.ask("GET", "/session", **ELSEWHERE)[0], 200)
    equal(who.ask("GET", "/orgs", **ELSEWHERE)[0], 200)
    problem(who.ask("GET", "/findings?org=acme", **ELSEWHERE), 403, "second-factor-needed")
    status, _, begun = who.ask("POST", "/second-factor", {})
    equal(status, 200)
    assert begun["uri"].startswith("otpauth://totp/"), begun
    problem(who.ask("PUT", "/second-factor", {"code": "000000"}), 401, "wrong-credentials")
    code = code_of(begun["secret"])
    status, headers, data = who.ask("PUT", "/second-factor", {"code": code})
    equal((status, len(data["recovery_codes"])), (200, 10))
    who = Who(TOWN.hub, cookie=cookie_of(headers))
    equal(who.ask("GET", "/findings?org=acme", **ELSEWHERE)[0], 200)
    # A new session has not given it yet.
    fresh = TOWN.sign_in("zoe")
    problem(fresh.ask("GET", "/findings?org=acme", **ELSEWHERE), 403, "second-factor-needed")
    # Used once it is used up; that of the next half minute would be another.
    problem(fresh.ask("POST", "/session/second-factor", {"code": code}), 401, "wrong-credentials")
    status, headers, _ = fresh.ask("POST", "/session/second-factor", {"code": data["recovery_codes"][3]})
    equal(status, 200)
    fresh = Who(TOWN.hub, cookie=cookie_of(headers))
    equal(fresh.ask("GET", "/findings?org=acme", **ELSEWHERE)[0], 200)
    equal(fresh.get("/session")["person"]["recovery_codes_left"], 9)
    again = TOWN.sign_in("zoe")
    problem(again.ask("POST", "/session/second-factor", {"code": data["recovery_codes"][3]}), 401, "wrong-credentials")


@case
def tokens_are_narrow():
    made = TOWN.member.make("POST", "/tokens?org=acme", {"role": "member", "rights": ["read_sensors"], "name": "dash"})
    token = Who(TOWN.hub, token=made["token"])
    equal(token.get("/session")["rights"], ["read_sensors"])
    token.get("/sensors")
    problem(token.ask("GET", "/findings?org=acme"), 403, "not-allowed")
    problem(token.ask("GET", "/findings?org=beta"), 404, "unknown-organisation")
    for path in ("/findings", "/situations", "/orgs", "/hunts"):  # no empty list: that would say there is nothing
        problem(token.ask("GET", path), 403, "not-allowed")
    problem(TOWN.member.ask("POST", "/tokens", {"role": "administrator"}), 403, "not-allowed")
    equal(TOWN.member.ask("DELETE", "/tokens/%s" % made["id"])[0], 204)
    problem(token.ask("GET", "/sensors"), 401, "no-session")
    shown = [t for t in TOWN.member.get("/tokens")["items"] if t["id"] == made["id"]]
    assert shown and shown[0]["revoked"] and "token" not in shown[0], shown


@case
def a_mandate_ends_at_once():
    equal([o["id"] for o in TOWN.provider.get("/orgs")["items"]], ["acme", "itshop"])
    made = TOWN.other.make("POST", "/orgs/beta/mandates", {
        "provider": "itshop", "signed_by": "Bob", "signed": "2026-11-01", "until": "2099-12-31",
        "rights": ["read_org", "read_findings"]})
    equal(TOWN.provider.ask("GET", "/findings?org=beta")[0], 200)
    problem(TOWN.provider.ask("GET", "/sensors?org=beta"), 403, "not-allowed")
    TOWN.other.make("POST", "/orgs/beta/mandates/%s/end" % made["id"], {}, 200)
    unknown = problem(TOWN.provider.ask("GET", "/findings?org=nowhere"), 404, "unknown-organisation")
    equal(problem(TOWN.provider.ask("GET", "/findings?org=beta"), 404, "unknown-organisation"), unknown)
    # The provider gives back what it holds.
    again = TOWN.other.make("POST", "/orgs/beta/mandates", {
        "provider": "itshop", "signed_by": "Bob", "signed": "2026-11-01", "until": "2099-12-31",
        "rights": ["read_findings"]})
    TOWN.provider.make("POST", "/orgs/itshop/mandates/%s/end" % again["id"], {}, 200)
    problem(TOWN.provider.ask("GET", "/findings?org=beta"), 404, "unknown-organisation")
    for wrong in ({"rights": ["write_mandates"]}, {"until": "2020-01-01"}, {"provider": "nowhere"}, {"signed_by": ""}):
        wish = dict({"provider": "itshop", "signed_by": "Bob", "signed": "2026-11-01", "until": "2099-12-31",
                     "rights": ["read_findings"]}, **wrong)
        status, _, data = TOWN.other.ask("POST", "/orgs/beta/mandates", wish)
        equal(status, 400, (wrong, data))


@case
def corporate_numbers_are_checked():
    problem(TOWN.administrator.ask("POST", "/orgs", {"id": "x", "corporate_number": "7000012050003"}),
            400, "bad-corporate-number")
    problem(TOWN.administrator.ask("POST", "/orgs", {"id": "x", "corporate_number": "7000012050002"}),
            409, "already-there")
    problem(TOWN.administrator.ask("POST", "/orgs", {"id": "Not An Id"}), 400, "bad-request")
    equal(TOWN.member.get("/orgs/acme")["corporate_number"], "7000012050002")


@case
def without_consent_nothing_is_taken():
    sensor = TOWN.hub.stranger("beta")

    def send(number):
        return sensor.send(sensor.batch(record(number), number))

    equal(send(1)[0], 200)
    TOWN.administrator.make("PUT", "/terms", {"version": "2026-11", "host": "Example Data Centre, Tokyo",
                                              "from": "2026-11-01"})
    equal(TOWN.other.get("/orgs/beta/consent")["current"], False)
    status, answer = send(2)
    equal(status, 403, answer)
    equal(sensor.heartbeat(1, 1)[1]["takes"], False, "so that a sensor need not try with records")
    problem(TOWN.other.ask("PUT", "/orgs/beta/consent", {"version": "old", "signed_by": "Bob", "day": "2026-11-20"}),
            409, "other-terms")
    TOWN.other.make("PUT", "/orgs/beta/consent", {"version": "2026-11", "signed_by": "Bob", "day": "2026-11-20"})
    assert "takes" not in sensor.heartbeat(1, 1)[1]
    equal(send(2)[0], 200)
    TOWN.other.make("DELETE", "/orgs/beta/consent", status=200)
    equal(send(3)[0], 403)
    equal(sensor.heartbeat(2, 2)[1]["takes"], False)
    TOWN.administrator.make("PUT", "/terms", {"version": ""})


@case
def retention_is_set_and_warned_of():
    equal(TOWN.member.get("/orgs/acme/retention")["months"], 12)
    got = TOWN.member.make("PUT", "/orgs/acme/retention", {"kind": "firewall", "months": 3})
    kind = [k for k in got["kinds"] if k["kind"] == "firewall"][0]
    equal(kind, {"kind": "firewall", "months": 3, "own": True, "short": True})
    for wrong in ({"months": 0}, {"months": 241}, {"kind": "none", "months": 6}, {}):
        problem(TOWN.member.ask("PUT", "/orgs/acme/retention", wrong), 400, "bad-request")


@case
def lists_go_on_where_they_ended():
    for i in range(7):
        TOWN.administrator.make("POST", "/orgs", {"id": "page-%d" % i})
    seen, after = [], ""
    while True:
        page = TOWN.analyst.get("/orgs?limit=3" + ("&after=" + after if after else ""))
        seen += [org["id"] for org in page["items"]]
        assert len(page["items"]) <= 3
        after = page.get("next")
        if not after:
            break
    equal(seen, sorted(set(seen)))
    assert {"acme", "beta", "page-6"} <= set(seen), seen
    problem(TOWN.analyst.ask("GET", "/orgs?limit=0"), 400, "bad-request")
    problem(TOWN.analyst.ask("GET", "/orgs?after=NO"), 400, "bad-request")
    problem(TOWN.analyst.ask("GET", "/findings?after=x"), 400, "bad-request")
    problem(TOWN.analyst.ask("GET", "/findings?from=yesterday"), 400, "bad-request")


@case
def what_is_sent_again_is_done_once():
    wish = {"id": "twice", "name": "Twice"}
    one = TOWN.administrator.ask("POST", "/orgs", wish, Idempotency_Key="k-1")
    two = TOWN.administrator.ask("POST", "/orgs", wish, Idempotency_Key="k-1")
    equal((one[0], one[2]), (201, two[2]))
    equal(two[0], 201)
    problem(TOWN.administrator.ask("POST", "/orgs", wish, Idempotency_Key="k-2"), 409, "already-there")
    problem(TOWN.administrator.ask("POST", "/orgs", dict(wish, name="Other"), Idempotency_Key="k-1"), 422, "other-request")
    problem(TOWN.administrator.ask("POST", "/orgs", wish, Idempotency_Key="no blanks"), 400, "bad-request")
    # Another one's key is another key.
    problem(TOWN.local.ask("POST", "/orgs", wish, Idempotency_Key="k-1"), 409, "already-there")
    # What was refused was not done, and may be tried again.
    bad = {"id": "thrice", "corporate_number": "1"}
    equal(TOWN.administrator.ask("POST", "/orgs", bad, Idempotency_Key="k-3")[0], 400)
    equal(TOWN.administrator.ask("POST", "/orgs", {"id": "thrice"}, Idempotency_Key="k-3")[0], 201)
    # A secret is shown once.
    equal(TOWN.member.ask("POST", "/tokens", {"role": "member"}, Idempotency_Key="k-4")[0], 201)
    count = len(TOWN.member.get("/tokens")["items"])
    problem(TOWN.member.ask("POST", "/tokens", {"role": "member"}, Idempotency_Key="k-4"), 409, "already-done")
    equal(len(TOWN.member.get("/tokens")["items"]), count)


@case
def what_was_done_is_in_the_audit_log():
    items = TOWN.administrator.get("/audit?limit=1000")["items"]
    equal([item["number"] for item in items], list(range(1, len(items) + 1)))
    actions = {item["action"] for item in items}
    assert any("mandate" in action for action in actions), actions
    done = TOWN.hub.admin("audit", "verify")
    equal(done.code, 0, done.out + done.err)


@case
def too_many_tries_wait():
    last = None
    for _ in range(12):
        last = TOWN.nobody.ask("POST", "/session", {"login": "victim", "password": "guess guess guess"})
        if last[0] == 429:
            break
    problem(last, 429, "too-many-tries")
    assert int(last[1]["Retry-After"]) >= 1, last[1]


@case
def it_ends_well():
    equal(TOWN.end(), 0)
    assert "sanitizer" not in TOWN.hub.messages().lower(), TOWN.hub.messages()


main()
