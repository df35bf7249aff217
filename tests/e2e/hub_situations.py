# SPDX-License-Identifier: Apache-2.0
"""From logs to situations: one intrusion over VPN, Windows and web logs is one situation, noise is counted."""
import json

from harness import case, equal, folder, main
from hub_api_kit import Town, problem
from hub_kit import Hub, Member, append, until

DAY = "2026-03-14"
ATTACKER = "203.0.113.24"
OTHER = "198.51.100.250"
VPN_FAIL = ('date=%s time=%s devname="FGT-OFFICE" devid="FGT60FTK00000001" tz="+0000" logid="0101039426" type="event" '
            'subtype="vpn" level="alert" vd="root" logdesc="SSL VPN login fail" action="ssl-login-fail" tunneltype="ssl-web" '
            'tunnelid=0 remip=%s user="%s" group="N/A" dst_host="N/A" reason="sslvpn_login_permission_denied" '
            'msg="SSL user failed to logged in"')
VPN_UP = ('date=%s time=%s devname="FGT-OFFICE" devid="FGT60FTK00000001" tz="+0000" logid="0101039424" type="event" '
          'subtype="vpn" level="information" vd="root" logdesc="SSL VPN tunnel up" action="tunnel-up" tunneltype="ssl-web" '
          'tunnelid=1773450000 remip=%s user="%s" group="VPN-USERS" dst_host="N/A" reason="login successfully" '
          'msg="SSL tunnel established"')
WEB = '%s - - [14/Mar/2026:%s +0000] "%s" %d %d "-" "Mozilla/5.0"'


def clock(second):
    return "%02d:%02d:%02d" % (second // 3600, second // 60 % 60, second % 60)


def windows(second, event_id, provider, channel, computer, **data):
    return json.dumps({"Event": {"System": {
        "Provider": {"#attributes": {"Name": provider}}, "EventID": event_id,
        "TimeCreated": {"#attributes": {"SystemTime": "%sT%s.0000000Z" % (DAY, clock(second))}},
        "Channel": channel, "Computer": computer}, "EventData": data}})


def story():
    """(vpn, windows, web): guessing, a sign-in, work inside, and a web server; with what every day brings."""
    vpn, inside, web = [], [], []
    for n in range(40):
        vpn.append(VPN_FAIL % (DAY, clock(3600 + 9 * n), ATTACKER, "sato"))
    vpn.append(VPN_UP % (DAY, clock(4000), ATTACKER, "sato"))
    for n in range(9):
        inside.append(windows(4300 + 10 * n, 4625, "Microsoft-Windows-Security-Auditing", "Security", "FS01.example.local",
                              SubjectUserName="-", TargetUserName="sato", TargetDomainName="EXAMPLE", Status="0xc000006d",
                              SubStatus="0xc000006a", LogonType=3, LogonProcessName="NtLmSsp", AuthenticationPackageName="NTLM",
                              WorkstationName="-", IpAddress="10.212.134.200", IpPort="0"))
    inside.append(windows(4500, 4624, "Microsoft-Windows-Security-Auditing", "Security", "FS01.example.local",
                          SubjectUserName="FS01$", TargetUserName="sato", TargetDomainName="EXAMPLE", LogonType=3,
                          LogonProcessName="NtLmSsp", AuthenticationPackageName="Negotiate", WorkstationName="FS01",
                          IpAddress="10.212.134.200", IpPort="0"))
    for n, what in enumerate(("vssadmin delete shadows /all /quiet", "wevtutil cl Security")):
        inside.append(windows(4600 + n, 1, "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", "FS01.example.local",
                              Image="C:\\Windows\\System32\\" + what.split()[0] + ".exe", CommandLine=what,
                              ParentImage="C:\\Windows\\explorer.exe", User="EXAMPLE\\sato"))
    web.append(WEB % (ATTACKER, clock(5000), "GET /index.php?id=1%27%20UNION%20SELECT%201,2,3-- HTTP/1.1", 200, 5123))
    web.append(WEB % (ATTACKER, clock(5010), "GET /item.php?cat=1;cat%20/etc/passwd HTTP/1.1", 200, 3123))
    web.append(WEB % (ATTACKER, clock(5020), "POST /uploads/shell.php?cmd=whoami HTTP/1.1", 200, 50))
    for n in range(200):  # every day's: refused, and by many
        web.append(WEB % ("198.51.100.%d" % (n % 120 + 1), clock(3600 + 10 * n), "GET /.env HTTP/1.1", 404, 12))
    for n in range(8):  # somebody else, with many attacks of his own: not the same
        path = ("/shop/a.php?q=1%%27%%20UNION%%20SELECT%%20%d--" % n, "/shop/b.php?f=../../../../etc/passwd")[n % 2]
        web.append(WEB % (OTHER, clock(20000 + 70 * n), "GET %s HTTP/1.1" % path, 200, 900 + n))
    for n in range(12):  # many addresses, one attack each, of the same kind
        web.append(WEB % ("192.0.2.%d" % (n + 100), clock(40000 + 60 * n),
                          "GET /news.php?id=9%27%20UNION%20SELECT%207-- HTTP/1.1", 200, 700 + n))
    return vpn, inside, web


def situations(who, more=""):
    return who.get("/situations?limit=100" + more)["items"]


def alerts(who, one, more=""):
    return who.get("/situations/%s/alerts?limit=1000%s" % (one["id"], more))["items"]


def admin(hub, *args):
    done = hub.admin(*args, "--json")
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def until_told(hub, wanted):
    """Until what there is, is that again."""
    try:
        until("as before", lambda: told(hub) == wanted)
    except AssertionError:
        equal(told(hub), wanted)


def told(hub):
    """What there is, without what differs from run to run."""
    found = []
    for one in admin(hub, "situations", "list"):
        inside = [line["alert"] for line in admin(hub, "situations", "show", str(one["number"])) if "alert" in line]
        found.append((one["tie"], one["key"], one["reason"], one["severity"], one["severity_why"], one["removed"],
                      sorted((a["title"], a["actor"], a["target"] or "", a["first"], a["count"], a["removed_by"] or "")
                             for a in inside)))
    return sorted(found)


def caught_up(hub, records):
    """The funnel of all days, once everything that was found is in it."""
    def days_of():
        return admin(hub, "funnel", "--org", "acme")

    def look():
        # First that all was judged, then that nothing of it waits for other sensors, then what there is.
        if sum(d["records"] for d in days_of()) != records or not hub.is_settled():
            return None
        last = hub.idle_at()
        days = days_of()
        found = sum(f["count"] for f in admin(hub, "findings", "--org", "acme", "--limit", "10000"))
        return sum(d["findings"] for d in days) == found and last is not None and hub.idle_at() == last and days
    return until("all of the logs", look)


def run_story(kills):
    hub = Hub()
    hub.org()
    home = folder()
    names = ("vpn.log", "windows.json", "web.log")
    member = Member(hub, follow=[home / n for n in names])
    logs = dict(zip(names, story()))
    for name in names:
        (home / name).touch()
    member.start()
    sent = 0
    for at, name in enumerate(names):
        half = len(logs[name]) // 2
        for piece in (logs[name][:half], logs[name][half:]):
            append(home / name, piece)
            sent += len(piece)
            if kills:  # at whatever point it is
                hub.kill()
                hub.start()
        # One log after the other: what `sato` did is known when the next one comes, in both runs.
        days = caught_up(hub, sent)
    found = told(hub)
    # Every number of a day adds up.
    for day in days:
        equal(day["findings"], day["findings_after_noise"] + sum(r["findings"] for r in day["removed"].values()))
        equal(day["alerts"], day["alerts_after_noise"] + sum(r["alerts"] for r in day["removed"].values()))
    equal(sum(d["alerts_after_noise"] for d in days), sum(s["alerts"] for s in admin(hub, "situations", "list")))
    equal(sum(d["situations"] for d in days), len(found))
    equal({d["notices"] for d in days}, {0})
    assert sum(d["removed"]["mitigated"]["findings"] for d in days) == 200, days
    return hub, member, found


@case
def one_intrusion_over_three_logs_is_one_situation_whatever_is_killed():
    hub, member, found = run_story(kills=False)
    equal([(tie, key) for tie, key, *_ in found],
          [("address", OTHER), ("address", ATTACKER), ("pattern", "/news.php")])
    first = next(f for f in found if f[1] == ATTACKER)
    titles = {title for title, *_ in first[6]}
    assert {"VPN: let in after many refusals", "Windows: sign-in accepted after many refusals",
            "Windows: backups and shadow copies deleted", "SQL injection: UNION SELECT"} <= titles, titles
    assert "logs 3" in first[2] and first[3] == "critical", first
    # Noise removal is taken back: what it took counts again, and goes again.
    assert hub.admin("noise", "off", "mitigated").code == 0
    until("all counted", lambda: sum(d["findings_after_noise"] for d in admin(hub, "funnel", "--org", "acme"))
          == sum(d["findings"] for d in admin(hub, "funnel", "--org", "acme")))
    assert any(f[:2] == ("pattern", "/.env") for f in told(hub)), told(hub)
    assert hub.admin("noise", "on", "mitigated").code == 0
    until_told(hub, found)
    # A list of survey scanners: what may have succeeded stays, whoever it was.
    list_ = folder() / "scanners.json"
    list_.write_text(json.dumps([{"ip": a, "scanner": "Surveyor", "last_seen": "2026-03-31"} for a in (OTHER, ATTACKER)]))
    equal(hub.admin("noise", "import", "surveyors", list_, "--kind", "scanners").out, "2\n")
    until("one less", lambda: [f[1] for f in told(hub)] == [ATTACKER, "/news.php"])
    until("twelve alerts less", lambda: sum(d["removed"]["scanner"]["alerts"] for d in admin(hub, "funnel", "--org", "acme")) == 12)
    bad = folder() / "bad.csv"
    bad.write_text("org,rule,actor,until,reason\nacme,,,,all of it\n")
    done = hub.admin("noise", "import", "bad", bad, "--kind", "allowed")
    assert done.code == 1 and "line 2" in done.err and "nothing of it was taken" in done.err, done
    bad.write_text("org,rule,actor,until,reason\nacme,,%s,2099-12-31,agreed test\n" % ATTACKER)
    assert hub.admin("noise", "import", "tests", bad, "--kind", "allowed").code == 0
    until("allowed", lambda: sum(d["removed"]["allowed"]["alerts"] for d in admin(hub, "funnel", "--org", "acme")) >= 8)
    for name in ("surveyors", "tests"):
        assert hub.admin("noise", "remove", name).code == 0
    until_told(hub, found)
    assert member.stop() == 0 and hub.stop() == 0
    hub, member, again = run_story(kills=True)
    equal(again, found)
    assert member.stop() == 0 and hub.stop() == 0


@case
def the_api_keeps_members_apart():
    town = Town()
    homes, members = {}, {}
    for org in ("acme", "beta"):
        homes[org] = folder() / "web.log"
        homes[org].touch()
        members[org] = Member(town.hub, org, follow=[homes[org]]).start()
    for n in range(6):
        append(homes["acme"], [WEB % (ATTACKER, clock(3600 + 61 * n), "GET /a.php?id=1%27%20UNION%20SELECT%201-- HTTP/1.1", 200, 100 + n)])
    append(homes["beta"], [WEB % (ATTACKER, clock(3700), "GET /b.php?id=1%27%20UNION%20SELECT%201-- HTTP/1.1", 200, 77)])
    whole = until("one situation of both", lambda: [s for s in situations(town.analyst) if s["organisations"] == 2 and s["alerts"] == 7])
    equal(len(situations(town.analyst)), 1)
    whole = town.analyst.get("/situations/" + whole[0]["id"])
    equal({p["org"]: p["alerts"] for p in whole["parts"]}, {"acme": 6, "beta": 1})
    equal((whole["tie"], whole["key"], whole["state"], whole["certainty"]), ("address", ATTACKER, "new", "machine"))
    # In a list with parts who was hit, as many as were asked for, the first that was hit first.
    for most in (1, 2, 10):
        (one,) = situations(town.analyst, "&parts=%d" % most)
        equal(one["parts"], whole["parts"][:most])
        equal({k: v for k, v in one.items() if k != "parts"}, situations(town.analyst)[0])
    assert "parts" not in situations(town.member, "&parts=2")[0]
    for wrong in ("0", "11", "x", "1.5"):
        problem(town.analyst.ask("GET", "/situations?parts=" + wrong), 400, "bad-request")
    # Each member: its part, and nothing that says there is another.
    seen = {}
    for who, org, count in ((town.member, "acme", 6), (town.other, "beta", 1), (town.provider, "acme", 6)):
        more = "&org=acme" if who is town.provider else ""  # it reaches several
        (one,) = situations(who, more)
        seen[org] = one
        equal((one["alerts"], one["sources"], one["logs"]), (count, 1, 1))
        assert not {"number", "organisations", "change", "assignee", "opened", "chains", "merged_into"} & set(one), one
        text = json.dumps([who.get("/situations/%s?%s" % (one["id"], more[1:])), alerts(who, one, more)])
        assert whole["id"] not in text and {"acme": "beta", "beta": "acme"}[org] not in text.replace(town.hub.data.name, ""), text
        equal(len(alerts(who, one, more)), count)
        equal({a["org"] for a in alerts(who, one, more)}, {org})
    assert seen["acme"]["id"] != seen["beta"]["id"]
    nothing = town.other.ask("GET", "/situations/" + "f" * 32)[2]
    for hidden in (whole["id"], seen["acme"]["id"]):
        for more in ("", "/alerts"):
            status, _, body = town.other.ask("GET", "/situations/%s%s" % (hidden, more))
            equal((status, body), (404, nothing))
    equal(town.other.ask("GET", "/situations?org=acme")[0], 404)
    problem(town.provider.ask("GET", "/situations"), 400, "bad-request")
    equal(situations(town.analyst, "&org=beta")[0]["id"], whole["id"])
    path = "/situations/" + whole["id"]
    for who in (town.member, town.provider, town.administrator):
        assert who.ask("POST", path + "/comments", {"text": "x"})[0] in (403, 404)
        assert who.ask("GET", path + "/events")[0] in (403, 404)
        assert who.ask("PUT", "/noise", {"steps": []})[0] in (403, 404)
    # States: step by step, and each alert is judged.
    ana = town.analyst
    step = lambda a, b: ana.ask("POST", path + "/state", {"from": a, "to": b, "text": "looked"})
    problem(step("new", "confirmed"), 409, "changed")
    equal(step("new", "check")[2]["state"], "check")
    problem(step("new", "check"), 409, "changed")
    equal(step("check", "confirmed")[2]["certainty"], "analyst")
    judged = alerts(ana, whole)
    assert all(a["judged"] == "confirmed" and a["judged_by"].startswith("person:") for a in judged), judged
    equal(ana.make("POST", path + "/comments", {"text": "called them"}, 200)["state"], "confirmed")
    problem(ana.ask("PUT", path, {"certainty": "confirmed"}), 400, "bad-request")
    changed = ana.make("PUT", path, {"certainty": "confirmed", "certainty_source": "acme, Mei", "assignee": "ana",
                                     "due": "2026-12-01T00:00:00Z"})
    equal(changed["certainty_source"], "acme, Mei")
    equal((changed["certainty"], changed["assignee"], changed["due"]), ("confirmed", "ana", "2026-12-01T00:00:00Z"))
    equal([s["state"] for s in situations(town.member)], ["confirmed"])
    # Apart, and together again.
    apart = ana.make("POST", path + "/split", {"alerts": [a["finding"] for a in judged if a["org"] == "beta"], "text": "another"})
    equal((apart["alerts"], apart["organisations"]), (1, 1))
    equal(ana.get(path)["alerts"], 6)
    equal(ana.make("POST", path + "/merge", {"other": apart["id"]}, 200)["alerts"], 7)
    problem(ana.ask("POST", path + "/merge", {"other": apart["id"]}), 400, "bad-request")
    equal(ana.make("POST", path + "/unmerge", {"other": apart["id"]}, 200)["alerts"], 6)
    events = [e["what"] for e in ana.get(path + "/events")["items"]]
    equal(events, ["opened", "state", "state", "comment", "certainty", "due", "assigned", "split", "merged", "unmerged"])
    # The funnel of one organisation; steps.
    (day,) = [d for d in town.member.get("/orgs/acme/funnel")["items"] if d["records"]]
    equal((day["records"], day["situations"], day["notices"]), (6, 1, 0))
    equal(town.member.ask("GET", "/orgs/beta/funnel")[0], 404)
    equal({s["step"]: s["on"] for s in ana.make("PUT", "/noise", {"steps": ["mitigated"], "text": "try"})["steps"]},
          {"allowed": False, "scanner": False, "mitigated": True, "recon": False})
    problem(ana.ask("PUT", "/noise", {"steps": ["kept"]}), 400, "bad-request")
    # Pages.
    page = ana.get("/situations?limit=1")
    equal(len(page["items"]), 1)
    rest = ana.get("/situations?limit=1&after=" + page["next"])
    equal({page["items"][0]["id"], rest["items"][0]["id"]}, {whole["id"], apart["id"]})
    for member in members.values():
        assert member.stop() == 0
    equal(town.end(), 0)


if __name__ == "__main__":
    main()
