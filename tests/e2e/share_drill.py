# SPDX-License-Identifier: Apache-2.0
"""
`yagura share drill` down random trees, with real mail servers and webhooks that take, refuse, put off, hang, break off or have the
wrong certificate: what it counts is what these saw. Wrong tables, stopping, going around, answers that come later, the page.
"""
import collections
import csv
import email
import email.policy
import hashlib
import hmac
import html.parser
import io
import json
import os
import random
import signal
import socket
import subprocess
import sys

from harness import YAGURA, case, contains, equal, folder, main, yagura
from post_kit import Hooks, Mail

SEED = int(os.environ.get("YAGURA_SEED", random.SystemRandom().randrange(1 << 32)))
print("seed %d" % SEED, file=sys.stderr)
R = random.Random(SEED)
STAGES = ("ministry", "secretariat", "operator")
HEAD = ("id", "name", "stage", "parent", "channel", "address")
SECRET = "a secret of thirty-two characters"

RELAY, TAKES = Mail(), Mail()
SAY_NO = {mode: Mail(mode) for mode in ("bounce", "busy", "hang", "drop", "chat")}
HOOKS, STRANGE, PLAIN = Hooks(), Hooks(), Hooks(is_plain=True)
HOOKS.by_path = {"/echo": "echo", "/moved": 302, "/gone": 404, "/full": 503, "/hang": None, "/many": 429}
# A port that nobody listens at, for as long as this lives.
NOBODY = socket.socket()
NOBODY.bind(("127.0.0.1", 0))
SERVERS = (RELAY, TAKES, *SAY_NO.values())

# What an address is made of, and what comes of it.
MAILS = {"relay": "confirmed", "takes": "confirmed", "bounce": "bounced", "busy": "busy", "hang": "timeout", "drop": "broken", "chat": "broken",
         "closed": "refused", "none": "no-address", "inside": "inside"}
URLS = {"/ok": "confirmed", "/echo": "confirmed", "/moved": "bounced", "/gone": "bounced", "/full": "busy", "/many": "busy", "/hang": "timeout",
        "strange": "tls", "plain": "confirmed", "closed": "refused", "none": "no-address", "inside": "inside"}


def mail_address(kind, name):
    box = "%s@example.jp" % name
    if kind == "none":
        return ""
    if kind == "relay":
        return box
    port = {"takes": TAKES.port, "closed": NOBODY.getsockname()[1], "inside": 25}.get(kind) or SAY_NO[kind].port
    return "smtp://%s:%d/%s" % ("10.1.2.3" if kind == "inside" else "127.0.0.1", port, box)


def hook_address(kind):
    if kind == "none":
        return ""
    port = {"strange": STRANGE.port, "plain": PLAIN.port, "closed": NOBODY.getsockname()[1], "inside": 443}.get(kind, HOOKS.port)
    host = "10.1.2.3" if kind == "inside" else "127.0.0.1"
    return "%s://%s:%d%s" % ("http" if kind == "plain" else "https", host, port, kind if kind[0] == "/" else "/in")


class Tree:
    def __init__(self):
        self.rows, self.kinds = [], {}

    def add(self, name, stage, parent, kind):
        channel = "mail" if kind[0] == "mail" else "webhook"
        address = mail_address(kind[1], name) if channel == "mail" else hook_address(kind[1])
        self.rows.append((name, "%s, 訓練係" % name, STAGES[stage], parent, channel, address))
        self.kinds[name] = kind
        return name

    def write(self, extra=None):
        path, out = folder() / "T.csv", io.StringIO()
        writer = csv.writer(out)
        writer.writerow(HEAD + (("secret",) if extra else ()))
        writer.writerows(row + ((extra,) if extra else ()) for row in self.rows)
        path.write_text(out.getvalue(), encoding="utf-8")
        return path

    def expected(self, around=False):
        """The slow way: name -> (sent, result)."""
        results = {}
        for stage in STAGES:
            for name, _, of, parent, _, address in self.rows:
                if of != stage:
                    continue
                if parent and results[parent][1] != "confirmed" and not around:
                    results[name] = (False, "not-reached")
                    continue
                kind = self.kinds[name]
                results[name] = (bool(address), (MAILS if kind[0] == "mail" else URLS)[kind[1]])
        return results


def every_kind():
    return [("mail", kind) for kind in MAILS] + [("webhook", kind) for kind in URLS]


def good():
    return R.choice([("mail", "relay"), ("mail", "takes"), ("webhook", "/ok"), ("webhook", "/echo"), ("webhook", "plain")])


def random_tree():
    """Every kind at every stage; behind the good ones the others are reached."""
    tree = Tree()
    for i, kind in enumerate([good() for _ in range(4)] + every_kind()):
        tree.add("m%d" % i, 0, "", kind)
    tops = [row[0] for row in tree.rows]
    for i, kind in enumerate([good() for _ in range(6)] + every_kind()):
        tree.add("s%d" % i, 1, tops[i % 4] if R.random() < 0.8 else R.choice(tops), kind)
    middles = [row[0] for row in tree.rows if row[2] == "secretariat"]
    for i, kind in enumerate(every_kind() * 2):
        tree.add("o%d" % i, 2, R.choice(middles[:6]) if R.random() < 0.8 else R.choice(middles), kind)
    R.shuffle(tree.rows)
    return tree


def forget():
    for server in SERVERS:
        server.messages.clear()
        server.asked.clear()
        server.connections = 0
    for hooks in (HOOKS, STRANGE, PLAIN):
        hooks.got.clear()
        hooks.paths.clear()


# What hangs takes so long; whoever is only slow, on a machine that others use too, does not.
TIMEOUT = 10


def options(timeout=TIMEOUT):
    return ("--timeout", timeout, "--mail-server", "smtp://127.0.0.1:%d" % RELAY.port, "--mail-from", "drill@hub.example", "--authorities", HOOKS.authority,
            "--at-once", 64)


def run(path, *more, announce="no", timeout=TIMEOUT, **named):
    return yagura("share", "drill", "--tree", path, "--announce", announce, "--json", *options(timeout), *more, **named)


def result_of(ran, code):
    equal(ran.code, code, ran.err)
    return json.loads(ran.out)


def read(message):
    return email.message_from_bytes(message[2], policy=email.policy.default)


def check_stages(tree, result, expected):
    for stage, counted in zip(STAGES, result["stages"]):
        names = [row[0] for row in tree.rows if row[2] == stage]
        failed = collections.Counter(expected[n][1] for n in names if expected[n][1] != "confirmed")
        equal(counted, {"stage": stage, "nodes": len(names), "sent": sum(expected[n][0] for n in names),
                        "confirmed": sum(expected[n][1] == "confirmed" for n in names), "failed": dict(failed),
                        "answered": sum(expected[n][1] == "confirmed" and tree.kinds[n][1] == "/echo" for n in names)}, stage)


def check_sinks(tree, expected):
    """Each sink has seen exactly those who were sent to, each once."""
    of = lambda channel, *kinds: sorted(n for n, k in tree.kinds.items() if k[0] == channel and k[1] in kinds and expected[n][0])  # noqa: E731
    for server, kinds in ((RELAY, ("relay",)), (TAKES, ("takes",))):
        equal(sorted(m[1][0].strip("<>").split("@")[0] for m in server.messages), of("mail", *kinds), str(kinds))
    for mode, server in SAY_NO.items():
        equal(server.messages, [], mode)
        if mode in ("hang", "chat"):
            equal(server.connections, len(of("mail", mode)), mode)
        else:
            equal(sorted(a.split("@")[0] for a in server.asked), of("mail", mode), mode)
    counted = collections.Counter(HOOKS.paths)
    for path in (k for k in URLS if k[0] == "/"):
        equal(counted[path], len(of("webhook", path)), path)
    equal((len(PLAIN.got), STRANGE.got), (len(of("webhook", "plain")), []))
    keys = [got[0]["Idempotency-Key"] for got in HOOKS.got + PLAIN.got]
    equal(len(set(keys)), len(keys))


@case
def what_is_counted_is_what_the_sinks_saw():
    for around in (False, True):
        forget()
        tree = random_tree()
        expected = tree.expected(around)
        result = result_of(run(tree.write(), *(("--around",) if around else ())), 1)
        equal({n["id"]: (n["sent"], n["result"]) for n in result["nodes"]}, expected)
        equal([n["id"] for n in result["nodes"]], [row[0] for row in tree.rows])
        check_stages(tree, result, expected)
        check_sinks(tree, expected)
        equal({c["id"]: c["result"] for c in result["corrections"]}, {n: r for n, (_, r) in expected.items() if r not in ("confirmed", "not-reached")})
        assert all(n["ms"] >= 950 * TIMEOUT for n in result["nodes"] if n["result"] == "timeout"), "given up too early"
        equal((result["announced"], result["around"]), (False, around))


def small(kind=("mail", "relay")):
    tree = Tree()
    tree.add("m", 0, "", kind)
    tree.add("s", 1, "m", kind)
    tree.add("o", 2, "s", kind)
    return tree


@case
def a_mail_says_that_it_is_a_drill():
    ids = set()
    for announce, words in (("no", ("予告なし", "予告していた")), ("yes", ("予告していた", "予告なし"))):
        forget()
        result = result_of(run(small().write(), "--issuer", "調整機関", "--reach", "内線 4711", announce=announce), 0)
        equal(result["announced"], announce == "yes")
        numbers = {n["id"]: n["number"] for n in result["nodes"]}
        equal(len(RELAY.messages), 3)
        for message in RELAY.messages:
            one = read(message)
            name = message[1][0].strip("<>").split("@")[0]
            equal((one["From"], one["To"], message[0].split()[0]), ("drill@hub.example", "%s@example.jp" % name, "<drill@hub.example>"))
            contains(str(one["Subject"]), "【訓練】")
            contains(str(one["Subject"]), result["number"])
            for kind in ("plain", "html"):
                text = one.get_body((kind,)).get_content()
                for word in ("疎通確認訓練", words[0], numbers[name], "調整機関", "内線 4711", "実際に起きたことではありません"):
                    contains(text, word)
                assert words[1] not in text and "href" not in text, text
            ids.add(one["Message-ID"])
    equal(len(ids), 6)


@case
def a_webhook_can_tell_who_it_is_from_and_answer():
    forget()
    result = result_of(run(small(("webhook", "/echo")).write(SECRET)), 0)
    equal([(s["confirmed"], s["answered"]) for s in result["stages"]], [(1, 1)] * 3)
    for (fields, body, notice), node in zip(HOOKS.got, result["nodes"]):
        at, mac = (part.split("=")[1] for part in fields["X-Yagura-Signature"].split(","))
        equal(hmac.new(SECRET.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest(), mac)
        equal((notice["kind"], notice["exercise"], notice["number"]), ("drill", True, result["number"]))
        contains(notice["act"][0]["ja"], node["number"])
    forget()
    result = result_of(run(small(("webhook", "/ok")).write()), 0)
    equal([(s["confirmed"], s["answered"]) for s in result["stages"]], [(1, 0)] * 3)
    assert all("X-Yagura-Signature" not in got[0] for got in HOOKS.got)


@case
def wrong_lines_are_told_and_nothing_is_sent():
    forget()
    rows = [("m", "x", "ministry", "", "mail", "m@example.jp"), ("s", "x", "secretariat", "m", "mail", "s@example.jp")]
    bad = [("m", "x", "ministry", "", "mail", ""), ("a", "x\r\nBcc: e@example.jp", "operator", "s", "mail", ""), ("b", "x", "operator", "m", "mail", ""),
           ("c", "x", "operator", "c", "mail", ""), ("d", "x", "operator", "zz", "mail", ""), ("e", "x", "operator", "s", "mail", "a@b.jp\nBcc: c@d.jp"),
           ("f", "x", "operator", "s", "fax", ""), ("g", "x", "boss", "s", "mail", ""), ("h", "x", "operator", "s", "webhook", "http://192.0.2.1/"),
           ("i", "x", "secretariat", "j", "mail", ""), ("j", "x", "operator", "i", "mail", ""), ("k", "x", "operator", "s", "mail", "a@b.jp,c@d.jp")]
    tree = Tree()
    tree.rows, lines = rows + bad, []
    line = 2
    for row in tree.rows:
        lines.append(line)
        line += 1 + sum(cell.count("\n") for cell in row)
    wrong = [n for n, row in zip(lines, tree.rows) if row in bad and row[0] != "j"]  # of i and j one stands too high
    for lang in ("en", "ja"):
        ran = run(tree.write(), lang=lang)
        equal((ran.code, ran.out), (2, ""))
        told = [int(t.split("T.csv:")[1].split(":")[0]) for t in ran.err.splitlines() if "T.csv:" in t and t.split("T.csv:")[1][0].isdigit()]
        equal(told, wrong, ran.err)
    for text in ("", "id,name\n", ",".join(HEAD) + "\n"):
        path = folder() / "T.csv"
        path.write_text(text)
        equal((run(path).code, run(path).out), (2, ""))
    path = small().write()
    for args in ((), ("--tree", path), ("--tree", path, "--announce", "maybe"), ("--tree", path, "--announce", "no", "--timeout", "0"),
                 ("--tree", path, "--announce", "no"),  # mail addresses and no server
                 ("--tree", path, "--announce", "no", "--mail-server", "http://127.0.0.1/"),
                 ("--tree", path, "--announce", "no", "--mail-server", "smtp://127.0.0.1:%d" % RELAY.port, "--mail-from", "a@b.jp\r\nBcc: c@d.jp"),
                 ("--tree", path, "--announce", "no", "--mail-server", "smtp://127.0.0.1:%d" % RELAY.port, "--issuer", "a\nb"),
                 ("--tree", path, "--announce", "no", "--mail-server", "smtp://127.0.0.1:%d" % RELAY.port, "--html", folder() / "no" / "page.html"),
                 ("--answers", path), ("--tree", path, "--result", path), ("--result", path)):
        ran = yagura("share", "drill", *args)
        equal((ran.code, bool(ran.err)), (2, True), str(args))
    equal((sum(s.connections for s in SERVERS), HOOKS.got), (0, []))


@case
def the_hubs_own_settings_can_be_used():
    forget()
    path = folder() / "hub.yaml"
    path.write_text("out:\n  mail_server: smtp://127.0.0.1:%d\n  mail_from: hub@hub.example\n  authorities: %s\n" % (RELAY.port, HOOKS.authority))
    ran = yagura("share", "drill", "--tree", small().write(), "--announce", "no", "--timeout", 10, "--json", "--config", path)
    equal([s["confirmed"] for s in result_of(ran, 0)["stages"]], [1, 1, 1])
    equal({read(m)["From"] for m in RELAY.messages}, {"hub@hub.example"})
    # Where STARTTLS must be and is not, nothing is handed over.
    ran = yagura("share", "drill", "--tree", small().write(), "--announce", "no", "--timeout", 10, "--json", "--mail-server", "smtp://localhost:%d" % RELAY.port)
    result = result_of(ran, 1)
    equal((result["nodes"][0]["result"], len(RELAY.messages)), ("tls", 3), result["nodes"][0]["text"])


@case
def large_trees():
    tree = Tree()
    tree.rows = [("m", "", "ministry", "", "webhook", ""), ("s", "", "secretariat", "m", "mail", "")]
    tree.rows += [("o%d" % i, "名前", "operator", "s", "mail", "o%d@example.jp" % i) for i in range(99998)]
    result = result_of(run(tree.write()), 1)
    equal([(s["nodes"], s["sent"], s["failed"]) for s in result["stages"]],
          [(1, 0, {"no-address": 1}), (1, 0, {"not-reached": 1}), (99998, 0, {"not-reached": 99998})])
    tree.rows.append(("more", "", "operator", "s", "mail", ""))
    ran = run(tree.write())
    equal((ran.code, ran.out), (2, ""))
    contains(ran.err, "T.csv:100002:")
    # Some hundred letters on a few connections.
    forget()
    tree = Tree()
    tree.add("m", 0, "", ("mail", "relay"))
    tree.add("s", 1, "m", ("webhook", "/ok"))
    for i in range(600):
        tree.add("o%d" % i, 2, "s", R.choice([("mail", "relay"), ("webhook", "/ok")]))
    result = result_of(run(tree.write(), timeout=60), 0)
    equal((result["stages"][2]["confirmed"], len(RELAY.messages) + len(HOOKS.got)), (600, 602))


@case
def it_can_be_stopped_and_still_tells():
    forget()
    tree = small()
    tree.add("h", 0, "", ("mail", "hang"))
    tree.rows.reverse()
    command = (YAGURA, "share", "drill", "--tree", tree.write(), "--announce", "no", "--json", *options(5), "--at-once", 1)
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    hang = SAY_NO["hang"]
    with hang.changed:
        assert hang.changed.wait_for(lambda: hang.connections > 0, 60), "it never came"
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    equal(process.returncode, 1)
    equal({n["id"]: n["result"] for n in json.loads(out)["nodes"]}, {"h": "timeout", "m": "stopped", "s": "stopped", "o": "stopped"})
    equal(RELAY.messages, [])


@case
def answers_may_come_later():
    forget()
    tree = small()
    tree.add("x", 2, "s", ("mail", "bounce"))
    tree.add("y", 2, "s", ("mail", "relay"))
    before = result_of(run(tree.write()), 1)
    number = {n["id"]: n["number"] for n in before["nodes"]}
    place = folder()
    (place / "R.json").write_text(json.dumps(before))
    connections = sum(s.connections for s in SERVERS)

    def again(text, code):
        (place / "A.csv").write_text("id,answer\n" + text)
        ran = yagura("share", "drill", "--result", place / "R.json", "--answers", place / "A.csv", "--json")
        equal(ran.code, code, ran.err)
        return json.loads(ran.out) if ran.out else ran.err

    after = again("m,%s\ns,\no,%s\ny,bounced\n" % (number["m"], number["o"]), 1)
    equal([(s["confirmed"], s["answered"], s["failed"]) for s in after["stages"]], [(1, 1, {}), (1, 0, {}), (1, 1, {"bounced": 2})])
    equal([c["id"] for c in after["corrections"]], ["x", "y"])
    after = again("x,%s\n" % number["x"], 0)
    equal((after["stages"][2]["confirmed"], after["corrections"]), (3, []))
    for text in ("m,%08d\n" % ((int(number["m"]) + 1) % 10 ** 8), "nobody,1\n", "m,read\n", "m,confirmed\n"):
        contains(again(text, 2), "A.csv:2:")
    (place / "R.json").write_text("{}")
    contains(again("", 2), "R.json")
    equal(sum(s.connections for s in SERVERS), connections, "nothing is sent")


@case
def in_large_scale_mode_everybody_is_told_at_once():
    forget()
    tree = random_tree()
    expected = {n: (sent or bool(address), (MAILS if kind[0] == "mail" else URLS)[kind[1]])
                for (n, (sent, _)), kind in ((item, tree.kinds[item[0]]) for item in tree.expected().items())
                for address in [dict((row[0], row[5]) for row in tree.rows)[n]]}
    result = result_of(run(tree.write(), "--mode", "large-scale"), 1)
    equal({n["id"]: (n["sent"], n["result"]) for n in result["nodes"]}, expected)
    equal(result["mode"], "large-scale")
    check_stages(tree, result, expected)
    check_sinks(tree, expected)


NOTICE = {"kind": "warning", "number": "2026-0042", "time": "2026-11-26T09:00:00+09:00", "tlp": "green", "pap": "green",
          "issuer": {"ja": "調整機関", "en": "Coordinating body"}, "title": {"ja": "山岸精機への攻撃", "en": "Attack on Yamagishi"},
          "victim": {"id": "c", "name": {"ja": "山岸精機"}},
          "attack": {"field": "web", "outcome": "attempt", "count": 3, "sources": ["203.0.113.9"],
                     "indicators": [{"type": "domain", "value": "evil.example.net"}]},
          "act": [{"ja": "記録を調べてください。", "en": "Look into your logs."}]}


def provide(tree, notice=NOTICE, *more, lang="en"):
    place = folder()
    (place / "N.json").write_text(json.dumps(notice, ensure_ascii=False), encoding="utf-8")
    (place / "own.json").write_text(json.dumps({"names": ["山岸精機", "Yamagishi"]}, ensure_ascii=False), encoding="utf-8")
    return yagura("share", "provision", "--tree", tree.write(), "--notice", place / "N.json", "--own", place / "own.json", "--json", *options(), *more, lang=lang)


@case
def a_provision_goes_the_same_way_through_the_gate():
    keys = []
    for _ in range(2):
        forget()
        tree = random_tree() if not keys else tree
        expected = tree.expected()
        result = result_of(provide(tree, NOTICE, "--agreed", "nameless"), 1)
        equal((result["form"], result["number"], "announced" in result), ("yagura-provision-1", "2026-0042", False))
        equal({n["id"]: (n["sent"], n["result"]) for n in result["nodes"]}, expected)
        check_stages(tree, result, expected)
        check_sinks(tree, expected)
        numbers = {n["id"]: n["number"] for n in result["nodes"]}
        for message in RELAY.messages + TAKES.messages:
            one = read(message)
            text = "".join(one.get_body((kind,)).get_content() for kind in ("plain", "html")) + str(one["Subject"])
            assert "山岸" not in text and "Yamagishi" not in text and "訓練" not in text, text
            contains(text, "evil[.]example[.]net")
            contains(text, numbers[message[1][0].strip("<>").split("@")[0]])
            contains(str(one["Subject"]), "2026-0042")
        for _, body, notice in HOOKS.got + PLAIN.got:
            assert "山岸" not in body.decode() and "Yamagishi" not in body.decode() and "victim" not in notice, body
        keys.append(sorted([read(m)["Message-ID"] for m in RELAY.messages + TAKES.messages] + [g[0]["Idempotency-Key"] for g in HOOKS.got + PLAIN.got]))
    equal(keys[0], keys[1], "the same again")
    equal(len(set(keys[0])), len(keys[0]))


@case
def what_the_gate_refuses_is_not_sent():
    forget()
    for notice, more in ((NOTICE, ()), (dict(NOTICE, tlp="amber"), ("--agreed", "nameless")), (dict(NOTICE, kind="victim"), ("--agreed", "nameless")),
                         (dict(NOTICE, attack={}, act=[]), ("--agreed", "nameless"))):
        ran = provide(small(), notice, *more)
        equal((ran.code, ran.out), (1, ""), ran.err)
        contains(ran.err, "nothing leaves")
    for notice, more in (({}, ()), (dict(NOTICE, number=""), ("--agreed", "nameless")), (dict(NOTICE, kind="none"), ("--agreed", "nameless")),
                         (NOTICE, ("--agreed", "maybe")), (NOTICE, ("--announce", "no")), (NOTICE, ("--mode", "small"))):
        ran = provide(small(), notice, *more)
        equal((ran.code, ran.out, bool(ran.err)), (2, "", True), str(more))
    equal(sum(s.connections for s in SERVERS), 0)


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = collections.Counter(), ""

    def handle_starttag(self, tag, attributes):
        self.tags[tag] += 1
        assert not any(name.startswith("on") or name in ("src", "href", "style") for name, _ in attributes), (tag, attributes)

    def handle_data(self, data):
        self.text += data


@case
def the_result_can_be_printed():
    for lang, words in (("ja", ("疎通確認訓練の結果", "府省", "連絡先", "予告なし")), ("en", ("Result of a receipt drill", "Ministry", "Contacts to correct", "not announced"))):
        forget()
        tree = small()
        tree.rows.append(("bad", "<script>alert(1)</script>", "operator", "s", "mail", mail_address("bounce", "bad")))
        page = folder() / "page.html"
        ran = yagura("share", "drill", "--tree", tree.write(), "--announce", "no", *options(), "--html", page, "--issuer", "調整機関", lang=lang)
        equal(ran.code, 1, ran.err)
        parsed = Page()
        parsed.feed(page.read_text(encoding="utf-8"))
        equal((parsed.tags["script"], parsed.tags["tr"]), (0, 1 + 3 + 1 + 1))
        for word in words:
            contains(parsed.text, word)
        for word in ("<script>alert(1)</script>", "調整機関", "100.0 %", "50.0 %"):
            contains(parsed.text, word)
        contains(ran.out, "50.0 %")
        contains(ran.out, "bad")


@case
def the_end():
    for sink in (*SERVERS, HOOKS, STRANGE, PLAIN, NOBODY):
        sink.close()


main()
