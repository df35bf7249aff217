# SPDX-License-Identifier: Apache-2.0
"""The result is the same for any number of threads, and in every run."""
import datetime
import hashlib
import json
import random

from harness import ATTACK, BENIGN, RULE, SHARED, case, equal, folder, main, yagura

MANY = """title: Many in a minute
name: many
correlation:
    type: event_count
    rules:
        - 11111111-2222-4333-8444-555555555555
    group-by:
        - src_ip
    timespan: 60s
    condition:
        gte: 4
level: high
id: 22222222-2222-4333-8444-555555555555
"""


PROCESS_RULE = """title: Evil
id: 33333333-2222-4333-8444-555555555555
status: test
level: high
logsource:
    product: windows
    category: process_creation
detection:
    selection:
        Image|contains: 'evil'
    condition: selection
"""


def digest(*args):
    return hashlib.sha256(yagura(*args).out.encode()).hexdigest()


@case
def many_sources_one_digest():
    chance = random.Random(7)
    log = folder() / "access.log"
    with open(log, "w") as out:
        for i in range(60000):
            line = (ATTACK if chance.random() < 0.3 else BENIGN) % (i % 60)
            address = "203.0.%d.%d" % (chance.randrange(40), chance.randrange(250))
            status = chance.choice(("200", "404", "500", "302"))
            line = line.replace("203.0.113.9", address).replace("198.51.100.7", address)
            out.write(line.replace(" 404 ", " %s " % status) + "\n")
    digests = {digest("detect", "--json", "--threads", n, log) for n in (1, 2, 5, 2)}
    equal(len(digests), 1)


@case
def who_it_was_is_of_the_record_where_it_was_decoded():
    """Names written with escapes (and, in .evtx, as UTF-16) are decoded beside the record."""
    base = folder()
    (base / "rule.yml").write_text(PROCESS_RULE)
    with open(base / "events.json", "w") as out:
        for i in range(5000):
            event = {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "C:\\evil%d.exe" % (i % 7),
                     "Computer": "機-%d-%s" % (i, "x" * (i % 40)), "User": "売\\%d" % i}
            out.write(json.dumps(event) + "\n")
    digests = set()
    for threads in (1, 3):
        got = yagura("detect", "--json", "--threads", threads, "--no-default-rules", "--rules", base / "rule.yml", base / "events.json")
        equal(len(got.findings()), 5000)
        equal([f for f in got.findings() if f["actor"] != f["event"]["Computer"]][:1], [])
        digests.add(hashlib.sha256(got.out.encode()).hexdigest())
    equal(len(digests), 1)


@case
def lines_out_of_order_count_by_their_times():
    """Batches end in the middle of it: the log is several of them long."""
    chance = random.Random(11)
    base = folder()
    (base / "rules.yml").write_text(RULE + "---\n" + MANY)
    begin, lines = datetime.datetime(2026, 11, 2), []
    for second in range(20000):
        attack = chance.random() < 0.2
        lines.append('203.0.113.%d - - [%s +0900] "GET /a?q=%s HTTP/1.1" 404 10 "-" "%s"\n' % (
            chance.randrange(4), (begin + datetime.timedelta(seconds=second)).strftime("%d/%b/%Y:%H:%M:%S"),
            "union" if attack else "x", "y" * 40))
    late = sorted(range(len(lines)), key=lambda i: i + chance.randrange(2500))
    seen = []
    for name, order in (("in-order", range(len(lines))), ("late", late)):
        (base / name).write_text("".join(lines[i] for i in order))
        got = yagura("detect", "--json", "--no-default-rules", "--rules", base / "rules.yml", base / name).findings()
        seen.append(sorted((f["group"]["src_ip"], f["time"], f["first_time"], f["count"])
                           for f in got if f.get("kind") == "correlation"))
    assert len(seen[0]) > 100, len(seen[0])
    equal(seen[1], seen[0])


@case
def shared_scan_one_digest():
    scan = SHARED / "weblogs" / "attack" / "acunetix.txt"
    if not scan.exists():
        print("the shared web scan is not here: only generated logs were compared")
        return
    equal(len({digest("detect", "--json", "--threads", n, scan) for n in (1, 2, 5)}), 1)


main()
