# SPDX-License-Identifier: Apache-2.0
"""For those who tune rules: --explain, --count, --profile, the budget, rules benign (docs/tuning.md)."""
import collections
import html
import json

from harness import RULE, access_log, case, contains, equal, folder, main, yagura

RULE_ID = "11111111-2222-4333-8444-555555555555"

FILTERED = RULE.replace("    condition: selection", """    filter_ok:
        c-ip: [198.51.100.7, 10.0.0.1]
        cs-method: GET
    condition: selection and not 1 of filter_*""")

FILTER = """title: Our scanner
logsource:
    category: webserver
filter:
    rules: %s
    scanner:
        c-ip: 203.0.113.9
    condition: not scanner
""" % RULE_ID

CORRELATION = """---
title: Many of them
id: 99999999-2222-4333-8444-555555555555
level: high
correlation:
    type: event_count
    rules: %s
    group-by: c-ip
    timespan: 1m
    condition:
        gte: %%d
""" % RULE_ID


def put(base, **files):
    for name, text in files.items():
        (base / (name + ".yml")).write_text(text)
    return base


def explained(*args):
    done = yagura("detect", "--json", *args)
    return done, {kind: [o for o in done.lines() if o["explain"] == kind]
                  for kind in ("rule", "record", "group", "summary")}


@case
def a_rule_that_fits_and_one_that_nearly_does():
    base = put(folder(), rule=FILTERED)
    log = base / "a.log"
    log.write_text(access_log(12, (3, 7)))
    done, said = explained("--explain", RULE_ID, "--rules", base / "rule.yml", log)
    equal(done.code, 0)
    equal(said["rule"][0]["rule_title"], "Test rule")
    contains([w["format"] for w in said["rule"][0]["wants"]], "access")
    equal(said["summary"], [{"explain": "summary", "records": 12, "admitted": 12, "matched": 2,
                             "kinds": [{"format": "access", "channel": None, "event_id": None,
                                        "records": 12}]}])
    equal([r["position"] for r in said["record"]], [3, 7, 1, 2, 4, 5, 6, 8, 9, 10, 11, 12],
          "what fits first; then by what is missing, in order")
    fits, misses = said["record"][0], said["record"][2]
    equal((fits["match"], fits["missing"], misses["match"], misses["missing"]), (True, 0, False, 2))
    lines = misses["lines"]
    equal([(line["text"], line["true"]) for line in lines if "text" in line],
          [("selection and not 1 of filter_*", False), ("selection", False), ("filter_ok", True)])
    test = next(line for line in lines if line.get("field") == "cs-uri-query")
    equal((test["op"], test["wanted"], test["value"], test["true"]),
          ("contains", "union", "/index.html", False))


@case
def the_number_shown_is_bounded_and_threads_change_nothing():
    base = put(folder(), rule=FILTERED)
    log = base / "a.log"
    log.write_text(access_log(5000, range(100, 5000, 7)))
    outs = {yagura("detect", "--json", "--explain", "Test rule", "--explain-max", "3", "--rules",
                   base / "rule.yml", "--threads", n, log).out for n in (1, 2, 5)}
    equal(len(outs), 1)
    equal(sum('"explain":"record"' in line for line in outs.pop().splitlines()), 6)


@case
def matched_is_what_detect_finds():
    base = put(folder(), rule=FILTERED)
    log = base / "a.log"
    log.write_text(access_log(300, range(5, 300, 11)))
    found = [f["position"] for f in yagura("detect", "--json", "--no-default-rules", "--rules",
                                           base / "rule.yml", log).findings()]
    _, said = explained("--explain", base / "rule.yml", "--explain-max", "1000", log)
    equal([r["position"] for r in said["record"] if r["match"]], found)
    equal(said["summary"][0]["matched"], len(found))


@case
def names_files_and_the_nearest():
    base = put(folder(), rule=RULE, two=(RULE + CORRELATION % 3).replace(
        "11111111", "77777777").replace("Test rule", "Other"))
    log = base / "a.log"
    log.write_text(access_log(3, (2,)))
    for name in (RULE_ID.upper(), "test RULE", "rule.yml", base / "rule.yml"):
        _, said = explained("--explain", name, "--rules", base, log)
        equal(said["rule"][0]["rule_id"], RULE_ID)
    wrong = yagura("detect", "--explain", "Test rul", "--rules", base, log)
    equal((wrong.code, wrong.out), (2, ""))
    contains(wrong.err, RULE_ID)
    several = yagura("detect", "--explain", base / "two.yml", log)
    equal(several.code, 2)
    contains(several.err, "holds several")
    equal(yagura("detect", "--explain", "nothing like it at all", log).code, 2)


@case
def records_of_another_kind():
    base = put(folder(), rule=RULE.replace("category: webserver", "product: windows\n    category: "
                                           "process_creation"))
    log = base / "a.log"
    log.write_text(access_log(4))
    done = yagura("detect", "--explain", "Test rule", "--rules", base / "rule.yml", log)
    equal(done.code, 0)
    contains(done.out, "windows Security 4688")
    contains(done.out, "access × 4")
    _, said = explained("--explain", "Test rule", "--rules", base / "rule.yml", log)
    equal(said["summary"][0]["admitted"], 0)
    contains(said["rule"][0]["wants"], {"format": "windows", "channel": "Security",
                                        "event_id": 4688})


@case
def a_filter_laid_over_the_rule():
    base = put(folder(), rule=RULE, filter=FILTER)
    log = base / "a.log"
    log.write_text(access_log(4, (2,)))
    _, said = explained("--explain", RULE_ID, "--rules", base, log)
    equal(said["summary"][0]["matched"], 0)
    record = next(r for r in said["record"] if r["position"] == 2)
    equal((record["match"], record["missing"]), (False, 1))
    texts = [(line["kind"], line["text"], line["true"]) for line in record["lines"]
             if "text" in line]
    equal(texts, [("condition", "selection", True), ("selection", "selection", True),
                  ("filter", "Our scanner", False), ("condition", "not scanner", False),
                  ("selection", "scanner", True)])
    wrong = yagura("detect", "--explain", "Our scanner", "--rules", base, log)
    equal(wrong.code, 2)
    contains(wrong.err, "filter")


@case
def a_correlation_and_what_it_lacks():
    base = put(folder(), rule=RULE + CORRELATION % 5)
    log = base / "a.log"
    log.write_text(access_log(20, (1, 2, 3)))
    _, said = explained("--explain", "Many of them", "--rules", base, log)
    equal((said["rule"][0]["type"], said["rule"][0]["condition"]), ("event_count", ">= 5"))
    equal(said["rule"][0]["rules"], [{"rule_id": RULE_ID, "rule_title": "Test rule", "records": 3,
                                      "counted": 3}])
    group = said["group"][0]
    equal((group["group"], group["records"], group["best"], group["missing"],
           group["completions"]), ({"c-ip": "203.0.113.9"}, 3, 3, 2, 0))
    log.write_text(access_log(20, (1, 2, 3, 4, 5, 6)))
    _, said = explained("--explain", "Many of them", "--rules", base, log)
    equal((said["group"][0]["missing"], said["group"][0]["completions"]), (0, 1))


@case
def what_does_not_go_together():
    log = folder() / "a.log"
    log.write_text(access_log(2))
    for wrong in (["--count", "--csv"], ["--explain", "x", "--count"], ["--count", "--follow"],
                  ["--explain", "x", "--html", log.parent / "x.html"],
                  ["--explain", "x", "--explain-max", "0"]):
        done = yagura("detect", *wrong, log)
        equal((done.code, done.out), (2, ""), wrong)


@case
def count_is_what_detect_finds():
    base = put(folder(), rule=RULE + CORRELATION % 5)
    logs = []
    for name, attacks in (("a", (2, 3, 5, 7, 11, 13)), ("b", ()), ("c", range(1, 40, 3))):
        logs.append(base / (name + ".log"))
        logs[-1].write_text(access_log(40, attacks) + "no log line\n")
    args = ["--rules", base / "rule.yml", *logs]
    found = yagura("detect", "--json", *args).findings()
    outs = {yagura("detect", "--count", "--json", "--threads", n, *args).out for n in (1, 3)}
    equal(len(outs), 1)
    said = json.loads(outs.pop())
    equal((said["records"], said["unparsed"], said["findings"]), (123, 3, len(found)))
    equal({r["rule_id"]: r["findings"] for r in said["rules"]},
          dict(collections.Counter(f["rule_id"] for f in found)))
    equal({k: v for k, v in said["levels"].items() if v},
          dict(collections.Counter(f["level"] for f in found)))
    equal([(s["findings"], s["records"], s["unparsed"]) for s in said["sources"]],
          [(sum(f["source"] == str(log) for f in found), 41, 1) for log in logs])
    for source in said["sources"]:
        equal({k: v for k, v in source["levels"].items() if v},
              dict(collections.Counter(f["level"] for f in found if f["source"] ==
                                       source["source"])))
    equal(said["kinds"], [{"format": "access", "channel": None, "event_id": None,
                           "records": 120}])
    contains(yagura("detect", "--count", *args).out, "Findings by rule")


# A rule without anything that must be seen: a chain of wildcards is tried on every record.
DEAR = RULE.replace(RULE_ID, "dddddddd-2222-4333-8444-555555555555").replace(
    "Test rule", "Dear rule").replace("    condition: selection", """    slow:
        cs-uri-query: [%s]
    condition: not slow""" % ", ".join("'*%s*q*z*x*'" % chr(97 + i) for i in range(20))).replace(
        "    selection:\n        cs-uri-query|contains: union\n", "")
FED = (CORRELATION % 2).replace(RULE_ID, "dddddddd-2222-4333-8444-555555555555").replace(
    "1m", "365d").replace("    condition", "    generate: true\n    condition")


def long_log(base, count):
    log = base / "long.log"
    with open(log, "w") as to:
        for start in range(0, count, 1000):
            to.write(access_log(1000, range(10, 1000, 97)))
    return log


@case
def a_rule_over_its_budget_is_put_out_of_use():
    base = put(folder(), dear=DEAR + FED, rule=RULE)
    log = long_log(base, 20000)
    args = ["--json", "--stats", "--no-default-rules", "--rules", base, log]
    runs = [yagura("detect", *args, "--rule-budget", "200", "--threads", n) for n in (1, 2, 5)]
    equal(len({run.out for run in runs}), 1, "the same for any number of threads")
    equal(len({tuple(line for line in run.err.splitlines() if "out of use" in line)
               for run in runs}), 1)
    equal([run.code for run in runs], [1, 1, 1])
    contains(runs[0].err, "rule dddddddd-2222-4333-8444-555555555555 (Dear rule) is out of use "
                          "after record ")
    equal(runs[0].stats()["rules_quarantined"], 1)
    whole = yagura("detect", *args, "--rule-budget", "0")
    equal((whole.code, whole.stats()["rules_quarantined"]), (0, 0))

    def of(run, rule):
        return [f["position"] for f in run.findings() if f["rule_id"] == rule]

    dear = "dddddddd-2222-4333-8444-555555555555"
    last = max(of(runs[0], dear))
    equal(of(runs[0], dear), [p for p in of(whole, dear) if p <= last], "all up to the decision")
    assert 4096 <= last < 12000, last
    equal(of(runs[0], RULE_ID), of(whole, RULE_ID), "other rules go on")
    fed = "99999999-2222-4333-8444-555555555555"
    assert of(whole, fed) and max(of(runs[0], fed)) <= last, "what it feeds gets nothing more"
    equal(yagura("detect", *args).stats()["rules_quarantined"], 0, "the default is far above")
    shown = yagura("detect", *args[2:], "--rule-budget", "200", "--lang", "en")
    contains(" ".join(shown.out.split()), "put out of use because they were over their budget: 1")


@case
def a_rule_far_over_its_budget_is_stopped_at_once():
    many = ", ".join("'*%s*%d*%d*zzz'" % (c, i, i + 1) for c in "aeiou" for i in range(40))
    far = DEAR.replace("dddddddd", "eeeeeeee")
    far = far[:far.index("[")] + "[%s]" % many + far[far.index("]") + 1:]
    base = put(folder(), far=far, rule=RULE)
    log = base / "few.log"  # fewer records than a rule is judged after
    log.write_text(access_log(3000, range(10, 3000, 97)))
    args = ["--json", "--stats", "--no-default-rules", "--rules", base, log, "--rule-budget", "64"]
    runs = [yagura("detect", *args, "--threads", n) for n in (1, 2, 5)]
    equal(len({run.out for run in runs}), 1, "the same for any number of threads")
    equal([run.code for run in runs], [1, 1, 1])
    contains(runs[0].err, "rule eeeeeeee-2222-4333-8444-555555555555 (Dear rule) is out of use ")
    found = [f["position"] for f in runs[0].findings() if f["rule_id"].startswith("eeeeeeee")]
    assert 0 < len(found) < 2000, len(found)


@case
def too_many_findings_are_a_budget_too():
    base = put(folder(), rule=RULE)
    log = base / "a.log"
    log.write_text(access_log(1000, range(0, 1001, 2)) * 20)
    args = ["--json", "--stats", "--no-default-rules", "--rules", base, log]
    runs = [yagura("detect", *args, "--findings-budget", "400", "--threads", n) for n in (1, 3)]
    equal(len({run.out for run in runs}), 1)
    equal((runs[0].code, runs[0].stats()["rules_quarantined"]), (1, 1))
    contains(runs[0].err, "500 findings for each 1000 records, the budget is 400")
    equal(yagura("detect", *args).stats()["rules_quarantined"], 0)
    equal(yagura("detect", *args, "--findings-budget", "600").stats()["rules_quarantined"], 0)
    for wrong in (["--rule-budget", "10"], ["--findings-budget", "1001"], ["--rule-budget", "x"]):
        equal(yagura("detect", *wrong, log).code, 2)


@case
def a_profile_changes_nothing_and_counts_right():
    base = put(folder(), dear=DEAR, rule=RULE)
    log = long_log(base, 5000)
    plain = yagura("detect", "--json", "--rules", base, log)
    for threads in (1, 3):
        done = yagura("detect", "--json", "--rules", base, "--threads", threads, "--profile",
                      base / "profile.json", log)
        equal((done.out, done.code), (plain.out, plain.code))
        profile = json.loads((base / "profile.json").read_text())
        equal(profile["records"], 5000)
        assert 0 < profile["timed_records"] <= 5000 // 32 + threads
        rules = {rule["rule_id"]: rule for rule in profile["rules"]}
        dear, test = rules["dddddddd-2222-4333-8444-555555555555"], rules[RULE_ID]
        equal((dear["records"], dear["candidates"], dear["matches"]), (5000, 5000, 5000))
        equal((test["records"], test["matches"]), (5000, sum(
            f["rule_id"] == RULE_ID for f in plain.findings())))
        assert test["matches"] <= test["candidates"] <= test["evaluations"] <= 5000
        assert dear["work_per_kib"] > 200 and test["work_per_kib"] == 0
        assert dear["ns_per_record"] > test["ns_per_record"] >= 0
    table = yagura("detect", "--json", "--rules", base, "--profile", "-", log)
    equal(table.out, plain.out)
    contains(table.err, "Dear rule")
    equal(yagura("detect", "--profile", base / "no" / "such", log).code, 2)


@case
def benign_hits_their_causes_and_a_filter_that_works():
    base = put(folder(), rule=RULE)
    log = base / "a.log"
    ours = ('192.0.2.50 - - [21/Nov/2026:08:00:%02d +0900] "GET /report?q=union\'s*members '
            'HTTP/1.1" 200 99 "https://intranet.example/" "Report\\Maker/1.0"\n')
    log.write_text("".join(access_log(50, (20,)) + ours % i for i in range(30)))
    args = ["--no-default-rules", "--rules", base / "rule.yml", log]
    outs = {yagura("rules", "benign", "--json", "--threads", n, *args).out for n in (1, 3)}
    equal(len(outs), 1)
    said = json.loads(outs.pop())
    found = yagura("detect", "--json", *args).findings()
    equal((said["records"], said["findings"], len(said["rules"])), (1530, len(found), 1))
    rule = said["rules"][0]
    equal((rule["rule_id"], rule["findings"], rule["looked_at"]), (RULE_ID, 60, 60))
    equal({(c["field"], c["hits"]) for c in rule["causes"]}, {("cs-uri-query", 30)})
    equal([(e["position"]) for e in rule["examples"]], [f["position"] for f in found[:5]])
    (base / "filter.yml").write_text(rule["filter"]["sigma"])
    left = yagura("detect", "--json", *args[:2], base, log)
    equal(left.code, 0, left.err)
    equal(len(found) - len(left.findings()), rule["filter"]["covers"])
    assert rule["filter"]["covers"] >= 30
    text = yagura("rules", "benign", *args)
    contains(text.out, rule["filter"]["sigma"])
    for lang, word in (("en", "Rules that found something"), ("ja", "何かを見つけたルール")):
        done = yagura("rules", "benign", "--html", base / "page.html", "--lang", lang, *args)
        equal((done.code, done.out), (0, ""))
        page = (base / "page.html").read_text()
        contains(page, word)
        contains(page, "<pre class=log>" + html.escape(rule["filter"]["sigma"]).replace("&#x27;", "&#39;"))
        contains(page, html.escape(str(log)) + "</bdi>:20</summary>")
    equal(yagura("rules", "benign", "--html", base / "no" / "such", *args).code, 2)
    equal(yagura("rules", "benign", "--csv", log).code, 2)
    equal(yagura("rules", "benign", "--follow", log).code, 2)


main()
