# SPDX-License-Identifier: Apache-2.0
"""People, tokens, mandates and consent by the command line, beside a hub that runs."""
import json

from harness import case, contains, equal, folder, main, yagura
from hub_kit import Hub, Member, append, lines, record, until


def one(done):
    equal(done.code, 0, done.err)
    return json.loads(done.out)


@case
def organisations():
    hub = Hub()
    equal(hub.admin("org", "add", "acme", "--name", "株式会社アクメ", "--corporate-number", "7000012050002").code, 0)
    refused = hub.admin("org", "add", "other", "--corporate-number", "7000012050003")
    equal(refused.code, 1)
    contains(refused.err, "check digit")
    taken = hub.admin("org", "add", "other", "--corporate-number", "7000012050002")
    equal(taken.code, 1)
    contains(taken.err, "the corporate number 7000012050002, already")
    for name in ("hub", "local", "A", ""):
        refused = hub.admin("org", "add", name)
        equal(refused.code, 1, name)
        contains(refused.err, "1 to 64 of a-z 0-9 -")
    found = one(hub.admin("org", "list", "--json"))
    equal((found["organisation"], found["name"], found["corporate_number"], found["closed"]),
          ("acme", "株式会社アクメ", "7000012050002", None))
    equal(hub.admin("org", "change", "acme", "--corporate-number", "").code, 0)
    equal(hub.admin("org", "add", "other", "--corporate-number", "7000012050002").code, 0)
    equal(hub.admin("org", "close", "other").code, 0)
    equal(hub.admin("enrol-token", "--org", "other").code, 1)
    equal(hub.admin("org", "close", "none").code, 1)
    equal(hub.stop(), 0)


@case
def people():
    hub = Hub()
    hub.org("acme")
    key = hub.admin("person", "add", "tanaka@example.jp", "--name", "田中", "--grant", "member:acme")
    equal((key.code, len(key.out.strip())), (0, 64))
    equal(hub.admin("person", "add", "TANAKA@example.jp", "--grant", "analyst").code, 1)
    equal(hub.admin("person", "add", "sato", "--grant", "member:none").code, 1)
    equal(hub.admin("person", "add", "sato", "--grant", "member").code, 2)  # member of what?
    equal(hub.admin("person", "add", "ito", "--grant", "analyst").code, 0)
    listed = hub.admin("person", "list", "--json").lines()
    equal([(p["login"], p["state"], p["grants"]) for p in listed],
          [("tanaka@example.jp", "invited", ["member:acme"]), ("ito", "invited", ["analyst:hub"])])
    equal(len(hub.admin("person", "list", "--org", "acme").out.splitlines()), 1)
    equal(hub.admin("person", "lock", "Tanaka@Example.jp").code, 0)
    equal(hub.admin("person", "grants", listed[0]["person"], "--grant", "provider:acme").code, 0)
    found = one(hub.admin("person", "list", "--org", "acme", "--json"))
    equal((found["state"], found["grants"]), ("locked", ["provider:acme"]))
    equal(len(hub.admin("person", "reset", "ito", "--second-factor").out.strip()), 64)
    equal(hub.admin("person", "remove", "ito").code, 0)
    equal(hub.admin("person", "reset", "ito").code, 1)
    equal(hub.stop(), 0)


@case
def tokens():
    hub = Hub()
    hub.org("acme")
    token = hub.admin("api-token", "--org", "acme", "--role", "analyst")
    equal((token.code, len(token.out), token.err), (0, 65, ""))
    equal(hub.admin("api-token", "add", "--org", "acme", "--role", "member", "--days", "1",
                    "--rights", "read_findings,read_ledger", "--name", "ticket").code, 0)
    for wrong in (["--role", "king"], [], ["--role", "member", "--rights", "read_all"], ["--role", "member", "--days", "0"]):
        equal(hub.admin("api-token", "--org", "acme", *wrong).code, 2, wrong)
    equal(hub.admin("api-token", "--org", "none", "--role", "member").code, 1)
    equal(hub.admin("api-token", "--org", "acme", "--role", "analyst", "--rights", "write_org").code, 1)
    listed = {t["role"]: t for t in hub.admin("api-token", "list", "--org", "acme", "--json").lines()}
    equal((listed["member"]["rights"], listed["member"]["name"]), (["read_findings", "read_ledger"], "ticket"))
    equal(listed["analyst"]["last_day"], None)
    equal(hub.admin("api-token", "revoke", listed["member"]["token"], "--org", "acme").code, 0)
    equal(hub.admin("api-token", "revoke", "x", "--org", "acme").code, 1)
    listed = {t["role"]: t["revoked"] for t in hub.admin("api-token", "list", "--org", "acme", "--json").lines()}
    equal(listed, {"member": True, "analyst": False})
    equal(hub.stop(), 0)


@case
def mandates():
    hub = Hub()
    hub.org("acme")
    hub.org("msp")
    give = ["mandate", "give", "--org", "acme", "--signed-by", "佐藤", "--signed", "2026-01-05",
            "--until", "2999-03-31", "--rights", "read_findings"]
    equal(hub.admin(*give, "--provider", "none").code, 1)
    equal(hub.admin(*give, "--provider", "msp", "--rights", "write_mandates").code, 1)
    equal(hub.admin(*give, "--provider", "msp", "--until", "2026-01-06").code, 1)  # over already
    equal(hub.admin(*give, "--provider", "msp", "--until", "soon").code, 2)
    mandate = hub.admin(*give, "--provider", "msp").out.strip()
    for org in ("acme", "msp"):
        found = one(hub.admin("mandate", "list", "--org", org, "--json"))
        equal((found["mandate"], found["signed_by"], found["ended"]), (mandate, "佐藤", None))
    equal(hub.admin("mandate", "end", mandate, "--org", "msp").code, 1)
    equal(hub.admin("mandate", "end", mandate, "--org", "acme").code, 0)
    found = one(hub.admin("mandate", "list", "--json"))
    equal(found["ended"] is not None and found["ended_by"].startswith("local:"), True)
    equal(hub.stop(), 0)


@case
def consent():
    hub = Hub()
    hub.org("acme")
    sensor = hub.stranger("acme")
    other = hub.stranger(hub.org("other"))
    send = lambda who, sequence: who.send(who.batch(record(sequence), sequence))  # noqa: E731
    equal(send(sensor, 1)[0], 200)
    # Terms are set: from now on nothing is taken from those who have not agreed, beside the hub.
    equal(hub.admin("consent", "terms", "--version", "2026-10", "--host", "東京").code, 0)
    refused = send(sensor, 2)
    equal((refused[0], refused[1]["code"]), (403, "no-consent"))
    agree = ["consent", "set", "--org", "acme", "--signed-by", "佐藤", "--signed", "2026-01-05"]
    equal(hub.admin(*agree, "--version", "2026-09").code, 1)
    equal(hub.admin(*agree, "--version", "2026-10").code, 0)
    equal(send(sensor, 2)[0], 200)
    equal(send(other, 1)[1]["code"], "no-consent")
    shown = {c["organisation"]: c for c in hub.admin("consent", "show", "--json").lines()}
    equal((shown["acme"]["may_send"], shown["acme"]["host"], shown["other"]["may_send"]), (True, "東京", False))
    # Another house for the data: to be asked again.
    equal(hub.admin("consent", "terms", "--version", "2026-10", "--host", "大阪").code, 0)
    equal(send(sensor, 3)[1]["code"], "no-consent")
    equal(hub.admin(*agree, "--version", "2026-10").code, 0)
    equal(send(sensor, 3)[0], 200)
    equal(hub.admin("consent", "withdraw", "--org", "acme").code, 0)
    equal(send(sensor, 4)[1]["code"], "no-consent")
    equal(hub.admin("consent", "terms", "--version", "").code, 0)
    equal((send(sensor, 4)[0], send(other, 1)[0]), (200, 200))
    equal(hub.admin("org", "close", "acme").code, 0)
    equal(send(sensor, 5)[1]["code"], "closed")
    equal(hub.stop(), 0)
    # What the running hub and the command line did is one log.
    report = one(hub.admin("audit", "verify", "--json"))
    actions = [e["action"] for e in hub.admin("audit", "list", "--json").lines()]
    equal((report["whole"], report["entries"]), (True, len(actions)))
    equal(actions.count("sensor.enrol"), 2)
    equal(report["covered"], report["entries"])


@case
def a_sensor_waits_for_consent():
    hub = Hub()
    hub.org("acme")
    log = folder() / "auth.log"
    append(log, lines(1, 5))
    equal(hub.admin("consent", "terms", "--version", "1", "--host", "東京").code, 0)
    member = Member(hub, follow=[log]).start()
    until("the refusal", lambda: "has not agreed" in member.messages())
    append(log, lines(6, 9))
    equal((hub.records(), member.stop()), ([], 0))
    equal(hub.admin("consent", "set", "--org", "acme", "--version", "1", "--signed-by", "佐藤",
                    "--signed", "2026-01-05").code, 0)
    member.start()  # it would try again by itself, in a minute
    member.wait_for(lines(1, 9))  # nothing was lost meanwhile
    equal((member.stop(), hub.stop()), (0, 0))


@case
def wrong_usage():
    hub = Hub()
    for words in (["org"], ["org", "add"], ["person", "add"], ["api-token"], ["mandate", "give"], ["consent"],
                  ["consent", "terms"], ["views"], ["audit"], ["audit", "verify", "more"]):
        equal(hub.admin(*words).code, 2, words)
    equal(hub.admin("views", "--org", "none").code, 1)
    contains(yagura("admin", "--help", lang="ja").out, "api-token")
    equal(hub.stop(), 0)


if __name__ == "__main__":
    main()
