# SPDX-License-Identifier: Apache-2.0
"""Lines known from earlier ones give what reading every line gives (YAGURA_REPEATS=off): findings, updates,
counts, budgets, indicators, with any number of threads; rules that look at what differs are not passed over."""
import json
import os
import random
import time

from harness import RULE, SHARED, case, contains, equal, folder, main, yagura

SEED = int(os.environ.get("YAGURA_SEED", "0")) or int(time.time())
OFF = {"YAGURA_REPEATS": "off"}

CLIENT_RULE = """title: One client alone
id: 44444444-2222-4333-8444-555555555555
level: medium
logsource:
    category: webserver
detection:
    selection:
        c-ip|endswith: '.7'
        cs-uri-stem: /news
    condition: selection
"""
SIZE_RULE = """title: Much taken
id: 55555555-2222-4333-8444-555555555555
level: medium
logsource:
    category: webserver
detection:
    selection:
        cs-uri-stem|endswith: .zip
        sc-bytes|gt: 900000
    condition: selection
"""
WORD_RULE = """title: A word that may be a size
id: 66666666-2222-4333-8444-555555555555
level: low
logsource:
    category: webserver
detection:
    keywords:
        - ' 4711 "'
    other:
        cs-uri-stem: /
    condition: keywords and other
"""
SUM_RULE = """title: Archives
name: archives
id: 77777777-2222-4333-8444-555555555555
level: low
logsource:
    category: webserver
detection:
    selection:
        cs-uri-stem|endswith: .tgz
    condition: selection
---
title: Much in a minute
id: 88888888-2222-4333-8444-555555555555
level: high
correlation:
    type: value_sum
    rules: archives
    group-by: c-ip
    timespan: 1m
    condition:
        field: sc-bytes
        gte: 3000000
"""


def generated(count, chance):
    """Few pages and browsers, many clients; some attacks, some lines of other forms."""
    pages = ["/", "/", "/news", "/a.zip", "/b.tgz", "/wp-login.php", "/list?x=1", "/status", "/img/x.png"]
    attacks = ["/item?id=1%20UNION%20SELECT%20a", "/../../etc/passwd", "/x?q=<script>alert(1)</script>", "/.env"]
    agents = ["Mozilla/5.0 (X11; Linux)", "curl/8", "Mozilla/5.0 (Windows NT 10.0) [FBAN]", "-"]
    lines = []
    for i in range(count):
        page = chance.choice(attacks) if chance.random() < 0.03 else chance.choice(pages)
        client = "198.51.%d.%d" % (chance.randrange(3), chance.randrange(20))
        if chance.random() < 0.05:
            client = chance.choice(["2001:db8::7", "host.example", "10.0.0.7", "::ffff:192.0.2.1"])
        size = chance.choice(["4711", "0", "-", "1000000", str(chance.randrange(99999))])
        line = '%s - %s [21/Nov/2026:08:%02d:%02d +0900] "%s %s HTTP/1.1" %s %s "%s" "%s"' % (
            client, chance.choice(["-", "-", "alice"]), i * 60 // count, i * 3600 // count % 60,
            chance.choice(["GET", "GET", "GET", "POST", "HEAD"]), page,
            chance.choice(["200", "200", "404", "403", "401", "302", "500"]), size,
            chance.choice(["-", "https://www.example.jp/"]), chance.choice(agents))
        if chance.random() < 0.01:
            at = chance.randrange(len(line))
            line = line[:at] + chance.choice('"[]\\ x\x00') + line[at + 1:]
        lines.append(line)
    return "\n".join(lines) + "\n"


def stats(done):
    said = json.loads(done.err.splitlines()[-1])
    return {k: v for k, v in said.items() if k not in ("seconds", "rss_max_kb")}


def same(*args):
    """The same output both ways, for one and several threads; returned."""
    wanted = yagura("detect", "--stats", "--threads", 1, *args, env=OFF)
    for threads in (1, 3):
        got = yagura("detect", "--stats", "--threads", threads, *args)
        equal(got.code, wanted.code)
        if got.out != wanted.out:
            pairs = zip(got.out.splitlines(), wanted.out.splitlines())
            raise AssertionError("other output (YAGURA_SEED=%d): %s" % (SEED, next((p for p in pairs if p[0] != p[1]), "longer")))
        equal(stats(got), stats(wanted), "YAGURA_SEED=%d" % SEED)
        equal([l for l in got.err.splitlines()[:-1]], [l for l in wanted.err.splitlines()[:-1]])
    return wanted


@case
def generated_lines():
    base = folder()
    chance = random.Random(SEED)
    log = base / "a.log"
    log.write_text(generated(30000, chance))
    rules = base / "rules"
    rules.mkdir()
    for name, text in (("text", RULE), ("client", CLIENT_RULE), ("size", SIZE_RULE), ("word", WORD_RULE), ("sum", SUM_RULE)):
        (rules / (name + ".yml")).write_text(text)
    indicators = base / "list.txt"
    indicators.write_text("198.51.1.3\n198.51.2.0/29\nwww.example.jp\n2001:db8::7\n")
    found = same("--json", "--rules", rules, log)
    titles = {json.loads(line).get("rule_title") for line in found.out.splitlines()}
    for title in ("One client alone", "Much taken", "A word that may be a size", "Much in a minute"):
        contains(titles, title)
    same("--json", "--rules", rules, "--indicators", indicators, log)
    same("--count", "--json", "--rules", rules, log)
    same("--json", "--no-default-rules", "--rules", rules, log)
    same("--json", "--rules", rules, "--format", "access", log)


@case
def budgets_count_the_same():
    base = folder()
    log = base / "a.log"
    log.write_text(generated(40000, random.Random(SEED + 1)))
    done = same("--json", "--rule-budget", 64, "--findings-budget", 1, log)
    contains(done.err, "out of use")


@case
def followed_logs_and_other_formats():
    base = folder()
    log = base / "mixed.log"
    text = generated(3000, random.Random(SEED + 2)).splitlines()
    for i in range(0, len(text), 7):
        text[i] = "Nov 21 08:00:%02d host sshd[1]: Failed password for root from 203.0.113.%d port 1 ssh2" % (i % 60, i % 9)
    log.write_text("\n".join(text) + "\n")
    same("--json", log)
    same("--json", "--tz", "Asia/Tokyo", log)


@case
def an_unknown_value_is_refused():
    done = yagura("detect", "/dev/null", env={"YAGURA_REPEATS": "maybe"})
    equal(done.code, 2)
    contains(done.err, "YAGURA_REPEATS: 'maybe' is not known")


@case
def shared_logs():
    if not (SHARED / "logs").is_dir():
        print("no shared logs: left out")
        return
    rules = ["--rules", SHARED / "sigma-rules"] if (SHARED / "sigma-rules").is_dir() else []
    same("--json", *rules, SHARED / "logs")


main()
