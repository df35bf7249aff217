# SPDX-License-Identifier: Apache-2.0
"""From logs to situations: one intrusion over VPN, Windows and web logs is one situation, noise is counted."""
import json
import os
import random
import signal

from harness import case, equal, folder, main
from hub_api_kit import Town, problem
from hub_kit import Hub, Member, append, until

DAY = "2026-03-14"
ATTACKER = "203.0.113.24"
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
        inside.append(windows(4600 + n, 4688, "Microsoft-Windows-Security-Auditing", "Security", "FS01.example.local",
                              SubjectUserName="sato", NewProcessName="C:\\Windows\\System32\\" + what.split()[0] + ".exe",
                              ParentProcessName="C:\\Windows\\explorer.exe", CommandLine=what))
    web.append(WEB % (ATTACKER, clock(5000), "GET /index.php?id=1%27%20UNION%20SELECT%201,2,3-- HTTP/1.1", 200, 5123))
    web.append(WEB % (ATTACKER, clock(5010), "GET /item.php?cat=1;cat%20/etc/passwd HTTP/1.1", 200, 3123))
    web.append(WEB % (ATTACKER, clock(5020), "POST /uploads/shell.php?cmd=whoami HTTP/1.1", 200, 50))
    for n in range(200):  # every day's: refused, and by many
        web.append(WEB % ("198.51.100.%d" % (n % 120 + 1), clock(3600 + 10 * n), "GET /.env HTTP/1.1", 404, 12))
    return vpn, inside, web


def situations(who, more=""):
    return who.get("/situations?limit=100" + more)["items"]


def alerts(who, one):
    return who.get("/situations/%s/alerts?limit=1000" % one["id"])["items"]


def admin(hub, *args):
    done = hub.admin(*args, "--json")
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


@case
def look():
    hub = Hub()
    hub.org()
    home = folder()
    member = Member(hub, follow=[home / n for n in ("vpn.log", "windows.json", "web.log")])
    for name, texts in zip(("vpn.log", "windows.json", "web.log"), story()):
        append(home / name, texts)
    member.start()
    until("records", lambda: sum(d["records"] for d in admin(hub, "funnel", "--org", "acme")) >= 250)
    import time; time.sleep(3)
    print(hub.admin("findings").out)
    print(hub.admin("situations", "list").out)
    print(hub.admin("situations", "show", "1").out)
    print(hub.admin("funnel", "--org", "acme").out, hub.admin("funnel", "--org", "acme", "--json").out)
    print(hub.messages())
    member.stop(); hub.stop()


if __name__ == "__main__":
    main()
