# SPDX-License-Identifier: Apache-2.0
"""The gate with real findings: fifty situations from the shared logs, a victim whose names stand in
them in many spellings, every audience by every outlet. In no delivered byte any of its names.

What is looked for is decided here again, with Python's own Unicode data: this file shares no code
with the gate.
"""
import atexit
import base64
import collections
import html
import json
import os
import pathlib
import random
import re
import shutil
import tempfile
import unicodedata
import urllib.parse

from harness import ROOT, SHARED, case, contains, equal, main, yagura

SITUATIONS = 50
SEED = int(os.environ.get("YAGURA_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
DICE = random.Random(SEED)
OUTLETS = {"partner": ["api", "console", "mail", "webhook", "export", "phone", "print"],
           "provider": ["api", "console", "mail", "webhook", "export", "phone", "print"],
           "sector": ["api", "mail", "export"], "community": ["console", "webhook"],
           "sensor": ["sensor"], "public": ["export", "print"]}
TLP = {"partner": "amber", "provider": "amber", "sector": "green", "community": "green", "sensor": "amber",
       "public": "clear"}
OWN = {
    "names": ["株式会社鳴海ヶ原ギヤード工業", "鳴海ヶ原ギヤード", "Narumigahara Geared Industries Co., Ltd.", "NGIK"],
    "corporate_number": "7010401987654",
    "domains": ["narumigahara-gear.example", "鳴海ヶ原.example"],
    "hosts": ["ORDERDESK-SV4", "kaikei-nas.narumigahara-gear.example", "tekkotsu"],
    "users": ["h.kurusugawa", "NGIK\\yanagisawa.m", "torikoshi7"],
    "contacts": ["久留須川 晴彦", "haruhiko.kurusugawa@narumigahara-gear.example", "0569-88-4321"],
    "ranges": ["198.51.100.0/26", "2001:db8:77::/48"],
    "others": ["member-c-0077"],
}
# What must be in no delivered byte, as it reads without blanks, signs and case.
SECRETS = ["鳴海ヶ原", "narumigahara", "7010401987654", "orderdesk", "kaikeinas", "tekkotsu", "kurusugawa",
           "yanagisawa", "torikoshi7", "久留須川", "569884321", "memberc0077", "ngik", "19851100", "20010db877",
           "2001db877"]
HOSTS = ("Computer", "Hostname", "WorkstationName", "hostname", "host")
USERS = ("User", "TargetUserName", "SubjectUserName", "user", "c-user")
COMMON = {"administrator", "system", "guest", "user", "root", "admin", "localservice", "networkservice", "-",
          "anonymouslogon", "localsystem", "test", "ntauthority", "default", "support", "oracle", "postgres", "ubuntu", "webmaster",
          "postmaster", "backup", "operator", "service", "server", "unknown", "anonymous", "daemon", "nobody"}


def compact(text):
    text = unicodedata.normalize("NFKC", text).casefold()
    text = "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in text)
    return "".join(c for c in text if c.isalnum() and c != "ー")


def readings(text):
    """@text and what it says to whoever undoes what programs do."""
    yield text
    try:
        yield "\n".join(strings(json.loads(text)))
    except ValueError:
        pass
    for undo in (urllib.parse.unquote, html.unescape,
                 lambda t: re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), t)):
        text = undo(undo(text))
        yield text
    for run in re.findall(r"[A-Za-z0-9+/_-]{12,}", text):
        for skip in range(4):
            part = run[skip:].replace("-", "+").replace("_", "/")
            got = base64.b64decode(part[:len(part) // 4 * 4])
            yield got.decode("utf-8", "ignore")
            yield got.decode("utf-16-le", "ignore")
        if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", run):
            yield bytes.fromhex(run).decode("utf-8", "ignore")
    for label in re.findall(r"xn--[a-z0-9-]+", text):
        try:
            yield label.encode().decode("idna")
        except UnicodeError:
            pass


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)


def spell(name):
    """@name in one of many ways."""
    ways = [
        lambda t: t, str.upper, str.lower, lambda t: t.title(),
        lambda t: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in t),
        lambda t: unicodedata.normalize("NFKD", t),
        lambda t: "\u200b".join(t), lambda t: "\u00ad".join(t),
        lambda t: urllib.parse.quote(t), lambda t: urllib.parse.quote(urllib.parse.quote(t)),
        lambda t: urllib.parse.quote(t.encode("cp932", "ignore")),
        lambda t: "".join("\\u%04x" % ord(c) for c in t),
        lambda t: "".join("&#%d;" % ord(c) for c in t),
        lambda t: base64.b64encode(t.encode()).decode(),
        lambda t: base64.b64encode(("user=" + t).encode()).decode(),
        lambda t: base64.b64encode(t.encode("utf-16-le")).decode(),
        lambda t: t.encode().hex(), lambda t: t.replace(" ", "　"), lambda t: "（株）" + t, lambda t: t + "㈱",
        lambda t: "http://" + t.replace(" ", "").replace(",", "") + ".example/x",
    ]
    text = DICE.choice(ways)(name)
    return DICE.choice([text, text, "「%s」" % text, "<%s>" % text, "x=%s&y=1" % text])


def plant(text):
    """@text with two of the victim's names in it, anywhere between words."""
    pool = [n for key in ("names", "hosts", "users", "contacts", "domains", "others") for n in OWN[key]]
    pool += [OWN["corporate_number"], "198.51.100.7", "2001:db8:77::9"]
    words = text.split(" ")
    for _ in range(2):
        words.insert(DICE.randrange(len(words) + 1), spell(DICE.choice(pool)))
    return " ".join(words)


def situations():
    """Groups of findings of one rule in one input, the most different ones first."""
    groups = collections.defaultdict(list)
    for folder in ("weblogs", "syslog", "windows-json", "logs", "evtx"):
        found = yagura("detect", "--json", SHARED / folder)
        for finding in found.findings():
            key = (finding["rule_id"], finding["source"])
            if len(groups[key]) < 5:
                groups[key].append(finding)
    keys = sorted(groups, key=lambda k: (len([o for o in groups if o[0] == k[0] and o < k]), k))
    return [groups[k] for k in keys[:SITUATIONS]]


def both(text):
    return {"en": plant(text), "ja": plant(text)}


def notice_of(number, findings, audience):
    first = findings[0]
    sources = sorted({f["src_ip"] for f in findings if f.get("src_ip")}) + ["203.0.113.77", "198.51.100.7", "10.1.2.3"]
    records = [plant(json.dumps(f["event"], ensure_ascii=False)[:3000]) for f in findings]
    return {
        "kind": "warning", "number": "2026-%04d" % number, "situation": "member-c-0077/1", "time": "2026-11-25T09:00:00Z",
        "tlp": TLP[audience], "pap": "green",
        "certainty": {"level": "analyst", "source": plant("analyst:3"), "time": "2026-11-25T08:00:00Z"},
        "automatic": number % 2 == 0, "exercise": False, "issuer": both("The centre"), "reach": both("03-0000-0000"),
        "title": both(first["rule_title"]),
        "victim": {"id": "member-c-0077", "name": {"ja": OWN["names"][0], "en": OWN["names"][2]},
                   "corporate_number": OWN["corporate_number"]},
        "attack": {
            "field": "web", "log_kind": "access", "outcome": first["outcome"], "first": "2026-11-20T00:00:00Z",
            "last": "2026-11-21T00:00:00Z", "count": len(findings), "sources": sources, "techniques":
            [t for t in first["tags"]][:5],
            "rules": [{"id": f["rule_id"], "title": both(f["rule_title"]), "level": f["level"], "count": 1}
                      for f in findings],
            "indicators": [
                {"type": "address", "value": "203.0.113.77", "tlp": "clear", "comment": plant("scans")},
                {"type": "address", "value": "198.51.100.9"}, {"type": "address", "value": "192.168.4.25"},
                {"type": "domain", "value": "evil.test.example.org"},
                {"type": "domain", "value": "login.narumigahara-gear.example"},
                {"type": "domain", "value": "ngik-login.example.net"},
                {"type": "url", "value": "http://evil.test.example.org/a/b.sh?id=torikoshi7#x"},
                {"type": "url", "value": "http://evil.test.example.org/narumigahara/x"},
                {"type": "hash", "value": "44d88612fea8a8f36de82e1278abb02f"},
                {"type": "mail", "value": "bad@evil.test.example.org"}, {"type": "file", "value": "C:\\kaikei\\x.exe"},
            ],
            "comment": both(first["reason"] + " " + json.dumps(first["event"], ensure_ascii=False)[:2000]),
        },
        "damage": {"what": both("Files were taken."), "response": both("Passwords were changed."),
                   "targets": [{"type": "Computer", "value": "ORDERDESK-SV4"}, {"type": "User", "value": "torikoshi7"}],
                   "records": records},
        "act": [both("Block the addresses."), both("Look at your logs.")], "avoid": [both("Do not pay.")],
        "tell": [both("Your provider.")],
    }


# A machine that is called "machine" is in every text: words of the program itself prove nothing.
WORDS = compact((ROOT / "po/ja.po").read_text(encoding="utf-8") + (ROOT / "texts/fixed.json").read_text(encoding="utf-8"))


def own_of(findings):
    """What the logs themselves name of the house they came from belongs to the victim as well."""
    own = json.loads(json.dumps(OWN))
    more = set()
    for finding in findings:
        for key, to in [(k, "hosts") for k in HOSTS] + [(k, "users") for k in USERS]:
            value = finding["event"].get(key)
            if isinstance(value, str) and 1 < len(value) < 150:
                own[to].append(value)
                word = compact(value.split("\\")[-1])
                if len(word) > 5 and word not in COMMON and compact(value) not in COMMON and word not in WORDS:
                    more.add(word)
    return own, more


class Folder:
    def __init__(self):
        self.at = pathlib.Path(tempfile.mkdtemp(prefix="gate."))
        atexit.register(shutil.rmtree, self.at)

    def write(self, name, value):
        path = self.at / name
        path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        return path


def leaks(text, secrets):
    for reading in readings(text):
        flat = compact(reading)
        for secret in secrets:
            if compact(secret) in flat:
                at = flat.index(compact(secret))
                yield "%s in …%s…" % (secret, flat[max(0, at - 40):at + 60])


@case
def no_name_in_any_delivered_byte():
    if not SHARED.is_dir():
        print("skipped: no shared data (YAGURA_SHARED)")
        return
    print("seed", SEED)
    folder = Folder()
    groups = situations()
    equal(len(groups), SITUATIONS, "situations from the shared logs")
    delivered = sizes = refused = 0
    for number, findings in enumerate(groups):
        own, more = own_of(findings)
        own_path = folder.write("own.json", own)
        for audience, outlets in OUTLETS.items():
            path = folder.write("notice.json", notice_of(number, findings, audience))
            for outlet in outlets:
                lang = DICE.choice(["ja", "en"])
                got = yagura("share", "release", "--notice", path, "--own", own_path, "--audience", audience, "--outlet",
                             outlet, "--agreed", "nameless", "--damage", lang=lang)
                if got.code == 1:
                    refused += 1
                    continue
                equal(got.code, 0, got.err)
                delivered += 1
                sizes += len(got.out)
                for leak in leaks(got.out, SECRETS + sorted(more)):
                    raise AssertionError("seed %d, situation %d, %s by %s: %s" % (SEED, number, audience, outlet, leak))
                if outlet != "phone":  # three addresses are what one can write down
                    contains(got.out.replace("[.]", "."), "203.0.113.77")
    equal(refused, 0, "refused")
    print("%d situations, %d delivered forms, %d bytes" % (len(groups), delivered, sizes))


@case
def what_is_the_attackers_stays():
    folder = Folder()
    finding = {"src_ip": "203.0.113.5", "event": {"c-ip": "203.0.113.5"}, "rule_title": "Scanner", "rule_id": "r1",
               "outcome": "attempt", "tags": ["attack.t1595"], "reason": "refused", "level": "low"}
    path = folder.write("n.json", notice_of(1, [finding], "partner"))
    own = folder.write("o.json", OWN)
    got = yagura("share", "release", "--notice", path, "--own", own, "--audience", "partner", "--agreed", "nameless",
                 "--json")
    view = json.loads(got.out)
    equal(view["copy"]["attack"]["sources"], ["203.0.113.5", "203.0.113.77"])
    equal([i["value"] for i in view["copy"]["attack"]["indicators"]],
          ["203.0.113.77", "evil.test.example.org", "http://evil.test.example.org/a/b.sh",
           "44d88612fea8a8f36de82e1278abb02f"])
    equal("damage" in view["copy"] or "victim" in view["copy"] or "situation" in view["copy"], False)
    reasons = {(m["path"], m["reason"]) for m in view["marks"]}
    for wanted in [("attack/sources/2", "address"), ("attack/indicators/4", "unproved"), ("damage", "field"),
                   ("victim", "field"), ("attack/indicators/6/value", "query")]:
        equal(wanted in reasons, True, wanted)
    # The marks say where: before, the piece; after, what stands in its place.
    notice = json.loads(path.read_text(encoding="utf-8"))
    for mark in view["marks"]:
        if "before" not in mark or mark["path"].endswith("value"):
            continue
        old, new = notice, view["copy"]
        for part in mark["path"].split("/"):
            old = old[int(part)] if isinstance(old, list) else old[part]
            new = new[int(part)] if isinstance(new, list) and len(new) > int(part) else \
                new.get(part, "") if isinstance(new, dict) else ""
        if new:
            piece = new.encode()[mark["after"][0]:mark["after"][1]].decode()
            equal(piece[0] in "[〔", True, (mark, piece, new))
            equal(len(old.encode()[mark["before"][0]:mark["before"][1]].decode()) > 0, True)


@case
def titles_of_our_own_rules_stay():
    """A warning is called by what was seen: no title that comes with the program loses a word at the gate."""
    rules = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "rules").rglob("*.yml"))]
    titles = [[m[1].strip("'\"") if m else "" for m in (re.search("^%s: *(.+?) *$" % key, rule, re.M) for key in ("title", "x_title_ja"))]
              for rule in rules]
    titles = [dict(en=en, ja=ja) for en, ja in titles if en]
    assert len(titles) > 200, len(titles)
    folder = Folder()
    own = folder.write("own.json", dict(OWN, contacts=[]))
    for at in range(0, len(titles), 20):
        part = titles[at:at + 20]
        finding = {"src_ip": "203.0.113.5", "event": {}, "rule_title": "Scanner", "rule_id": "r1", "outcome": "attempt",
                   "tags": [], "level": "low", "reason": ""}
        notice = notice_of(1, [finding], "partner")
        notice["title"] = part[0]
        notice["attack"]["rules"] = [dict(id="r%d" % n, title=title, level="low", count=1) for n, title in enumerate(part)]
        got = yagura("share", "release", "--notice", folder.write("notice.json", notice), "--own", own, "--audience", "partner",
                     "--agreed", "nameless", "--json")
        copy = json.loads(got.out)["copy"]
        told = [copy["title"]] + [rule["title"] for rule in copy["attack"]["rules"]]
        for title, wanted in zip(told, [part[0]] + part):
            equal({key: title.get(key, "") for key in wanted}, wanted)


@case
def with_its_yes_the_name_goes_to_partners_alone():
    folder = Folder()
    finding = {"src_ip": "203.0.113.5", "event": {}, "rule_title": "Scanner", "rule_id": "r1", "outcome": "attempt",
               "tags": [], "reason": "refused", "level": "low"}
    own = folder.write("o.json", OWN)
    for audience, outlets in OUTLETS.items():
        path = folder.write("n.json", notice_of(1, [finding], audience))
        got = yagura("share", "release", "--notice", path, "--own", own, "--audience", audience, "--outlet", outlets[0],
                     "--agreed", "named")
        equal("鳴海ヶ原ギヤード工業" in got.out, audience == "partner", audience)
        # Its machines, people and domains are told to nobody even then.
        hidden = ["orderdesk", "torikoshi7", "久留須川", "narumigaharagearexample", "569884321"]
        equal(list(leaks(got.out, hidden)), [], audience)


@case
def the_use_restriction_stands_before_the_body():
    folder = Folder()
    finding = {"src_ip": "203.0.113.5", "event": {}, "rule_title": "Scanner", "rule_id": "r1", "outcome": "attempt",
               "tags": [], "reason": "refused", "level": "low"}
    own = folder.write("o.json", OWN)
    path = folder.write("n.json", notice_of(2, [finding], "partner"))
    for form in ("text", "page", "mail", "script", "message"):
        got = yagura("share", "release", "--notice", path, "--own", own, "--audience", "partner", "--agreed", "nameless",
                     "--form", form, lang="ja")
        at = got.out.find("防御のためにのみ利用し、取引の判断には用いないでください")
        equal(at >= 0, True, form)
        contains(got.out, "自動・未確認")
        if form != "message":
            equal(at < got.out.find("Scanner"), True, form)
            # No address that could be followed; of one made of the name its word for "company" may be left.
            for never in ("https?://[A-Za-z0-9]", "<img", "<a ", "<script", "src="):
                equal(re.findall(never, got.out), [], (form, never))


@case
def refusals_say_why():
    folder = Folder()
    finding = {"src_ip": "203.0.113.5", "event": {}, "rule_title": "Scanner", "rule_id": "r1", "outcome": "attempt",
               "tags": [], "reason": "refused", "level": "low"}
    own = folder.write("o.json", OWN)
    path = folder.write("n.json", notice_of(1, [finding], "partner"))
    ask = ["share", "release", "--notice", path, "--own", own, "--audience"]
    for more, word in [(["partner"], "consent"), (["sector", "--agreed", "nameless"], "marking"),
                       (["partner", "--agreed", "nameless", "--outlet", "sensor"], "sensor")]:
        got = yagura(*ask, *more, "--json")
        equal(got.code, 1)
        equal(json.loads(got.out)["refusal"], word)
        got = yagura(*ask, *more)
        equal((got.code, got.out), (1, ""))
        contains(got.err, "nothing leaves")
    got = yagura("share", "release", "--notice", path, "--audience", "partner", "--agreed", "nameless", "--json")
    equal(json.loads(got.out)["refusal"], "own")
    for broken, said in [({"kind": "x"}, "kind"), ([], "object"), ({"kind": "warning", "tlp": "blue"}, "tlp")]:
        got = yagura(*ask[:2], "--notice", folder.write("b.json", broken), "--own", own, "--audience", "partner")
        equal(got.code, 2)
        contains(got.err, said)
    got = yagura(*ask[:4], "--own", folder.write("b.json", {"nmaes": ["x"]}), "--audience", "partner")
    equal(got.code, 2)
    contains(got.err, "nmaes")


main()
