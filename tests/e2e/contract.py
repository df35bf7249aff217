# SPDX-License-Identifier: Apache-2.0
"""docs/cli-contract.md, as scripts of others rely on it."""
import re

from harness import RULE, ROOT, access_log, case, contains, equal, folder, main, yagura

KEYS = ["id", "story", "time", "level", "rule_id", "rule_title", "kind", "outcome", "reason",
        "source", "position", "src_ip", "event", "tags"]
STATS = ["records", "parsed", "unparsed", "bytes", "findings", "stories", "rules_loaded", "seconds",
         "rss_max_kb", "rules_quarantined"]


def write(text, name="access.log"):
    path = folder() / name
    path.write_text(text)
    return path


@case
def json_lines_have_the_promised_keys():
    log = write(access_log())
    got = yagura("detect", "--json", log)
    equal(got.code, 0)
    found = got.findings()
    assert found, got.out
    for finding in found:
        keys = [k for k in finding if k in KEYS]
        equal(keys, KEYS, "keys and their order")
        assert re.fullmatch(r"[0-9a-f]{32}", finding["id"])
        equal(finding["source"], str(log))
        equal(finding["position"], 3)
        equal(finding["src_ip"], "203.0.113.9")
        equal(finding["time"], "2026-11-20T23:00:03Z")
        assert finding["kind"] in ("pattern", "indicator", "behaviour", "correlation")
        assert finding["outcome"] in ("attempt", "possible", "unknown")
        assert finding["reason"] and isinstance(finding["event"], dict) and finding["event"]


@case
def stats_is_the_last_line_of_standard_error():
    got = yagura("detect", "--json", "--stats", write(access_log()))
    stats = got.stats()
    equal(list(stats), STATS)
    equal((stats["records"], stats["parsed"], stats["unparsed"]), (10, 10, 0))
    equal(stats["findings"], len(got.findings()))
    assert stats["rules_loaded"] >= 1 and stats["bytes"] == len(access_log())


@case
def order_is_input_position_rule():
    logs = [write(access_log(30, (2, 9, 27)), "b.log"), write(access_log(20, (4,)), "a.log")]
    found = yagura("detect", "--json", *logs).findings()
    order = [(str(logs[0]) != f["source"], f["position"], f["rule_id"]) for f in found]
    equal(order, sorted(order))


@case
def language_changes_titles_only():
    log = write(access_log())
    japanese = yagura("detect", "--json", "--lang", "ja", log).lines()
    english = yagura("detect", "--json", "--lang", "en", log).lines()
    equal(len(japanese), len(english))
    assert any(a["rule_title"] != b["rule_title"] for a, b in zip(japanese, english))
    for finding in japanese + english:
        finding.pop("rule_title", None)
    equal(japanese, english)


@case
def fail_on_gives_three():
    log = write(access_log())
    rule = write(RULE, "rule.yml")
    args = ("detect", "--json", "--no-default-rules", "--rules", rule)
    equal(yagura(*args, "--fail-on", "high", log).code, 3)
    equal(yagura(*args, "--fail-on", "critical", log).code, 0)


@case
def language_counts_wherever_it_stands():
    for args in (("detect", "--help", "--lang", "ja"), ("detect", "--lang=ja", "--help"),
                 ("--help", "--lang", "ja"), ("rules", "check", "--help", "--lang", "ja")):
        got = yagura(*args)
        equal(got.code, 0)
        contains(got.out, "場所")
    contains(yagura("detect", "--bogus", "--lang", "ja", "x").err, "ありません")


@case
def without_rules_and_indicators_it_is_said():
    log = write(access_log())
    got = yagura("detect", "--json", "--no-default-rules", log)
    equal((got.code, got.out), (0, ""))
    contains(got.err, "nothing to look for")
    rule = write(RULE, "rule.yml")
    got = yagura("detect", "--json", "--no-default-rules", "--rules", rule, log)
    equal([line for line in got.err.splitlines() if "built-in matcher is used" not in line], [])
    got = yagura("detect", "--json", "--no-default-rules", "--lang", "ja", log)
    contains(got.err, "調べる基準がありません")


@case
def own_rules_can_be_left_out_and_others_added():
    log = write(access_log().replace("UNION", "union"))
    rule = write(RULE, "rule.yml")
    found = yagura("detect", "--json", "--no-default-rules", "--rules", rule, log).findings()
    equal([f["rule_id"] for f in found], ["11111111-2222-4333-8444-555555555555"])
    equal(found[0]["level"], "high")
    equal(found[0]["tags"], ["attack.t1190"])
    equal(yagura("detect", "--json", "--no-default-rules", log).out, "")


@case
def stories_and_csv_and_html():
    log = write(access_log(60, range(5, 50)))
    stories = yagura("detect", "--json-stories", log).lines()
    equal(len(stories), 1)
    equal(stories[0]["src_ip"], "203.0.113.9")
    csv = yagura("detect", "--csv", log)
    assert len(csv.out.splitlines()) >= 46
    page = folder() / "report.html"
    equal(yagura("detect", "--html", page, log, lang="ja").code, 0)
    text = page.read_text()
    assert re.search(r'<html lang="?ja"?>', text)
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=.?(http|//)", text)


@case
def rules_check_counts_and_names_lines():
    good = folder()
    (good / "a.yml").write_text(RULE)
    got = yagura("rules", "check", good)
    equal((got.code, got.out), (0, "rules: 1 found, 1 loaded, 0 inactive, 0 refused\n"))
    (good / "b.yml").write_text(RULE.replace("condition: selection", "condition: selektion")
                                .replace("5555", "6666"))
    got = yagura("rules", "check", good)
    equal(got.code, 1)
    lines = got.out.splitlines()
    assert re.match(re.escape(str(good / "b.yml")) + r":10: refused: .*selektion", lines[0]), lines
    contains(lines[0], "selection")
    equal(lines[-1], "rules: 2 found, 1 loaded, 0 inactive, 1 refused")


@case
def duplicate_ids_are_refused_naming_the_first():
    rules = folder()
    (rules / "a.yml").write_text(RULE)
    (rules / "b.yml").write_text(RULE)
    got = yagura("rules", "check", rules)
    equal(got.code, 1)
    contains(got.out, "b.yml:2: refused:")
    contains(got.out, "a.yml")


@case
def help_and_version_and_no_arguments():
    for lang in ("ja", "en"):
        for args in (["--help"], ["detect", "--help"], ["rules", "--help"], ["source", "--help"]):
            got = yagura(*args, lang=lang)
            equal(got.code, 0)
            assert len(got.out) > 100
    assert yagura("--version").out.startswith("yagura ")
    equal(yagura().code, 2)
    equal(yagura("detect").code, 2)
    equal(yagura("nothing").code, 2)


@case
def summary_for_people_in_both_languages():
    log = write(access_log())
    contains(yagura("detect", log, lang="ja").out, "203.0.113.9")
    contains(yagura("detect", log, lang="en").out, "203.0.113.9")
    quiet = write(access_log(10, ()))
    contains(yagura("detect", quiet, lang="ja").out,
             "このログの範囲では攻撃の痕跡は見つかりませんでした。安全を保証するものではありません。")


@case
def samples_tell_three_stories():
    for name in ("vpn-utm.log", "windows-signin.json", "web-access.log"):
        got = yagura("detect", "--json-stories", "--tz", "Asia/Tokyo", ROOT / "samples" / name)
        equal(got.code, 0, name)
        stories = got.lines()
        assert stories and stories[0]["level"] in ("high", "critical"), (name, stories[:1])
        equal(stories[0]["outcome"], "possible", name)


@case
def help_for_one_command():
    whole = yagura("share", "--help").out
    for word in ("plan", "release", "check", "report", "drill", "provision", "statistics", "poll", "import", "export"):
        done = yagura("share", word, "--help")
        equal(done.code, 0, word)
        assert done.out.startswith("usage: yagura share ") and word in done.out.split("\n\n")[0], done.out[:200]
        assert done.out in whole and len(done.out) < len(whole) / 2, word
    equal(yagura("share", "nothing", "--help").out, whole)


main()
