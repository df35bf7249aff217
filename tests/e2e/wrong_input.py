# SPDX-License-Identifier: Apache-2.0
"""Wrong input: a clear message saying what, where and what to do; the right status; nothing lost."""
import gzip
import os
import subprocess
import zipfile

from harness import RULE, YAGURA, access_log, case, contains, equal, folder, main, yagura


@case
def missing_file():
    got = yagura("detect", "--json", "/nowhere/access.log")
    equal(got.code, 2)
    contains(got.err, "/nowhere/access.log")
    log = folder() / "a.log"
    log.write_text(access_log())
    got = yagura("detect", "--json", "/nowhere/access.log", log)
    equal(got.code, 1)
    assert got.findings()


@case
def folder_without_logs():
    got = yagura("detect", "--json", folder())
    equal(got.code, 2)
    assert got.err.strip()


@case
def unknown_format_is_said_with_the_first_line():
    log = folder() / "poem.txt"
    log.write_text("the old pond\na frog jumps in\nsound of water\n")
    got = yagura("detect", "--json", log)
    equal((got.code, got.out), (1, ""))
    contains(got.err, "not recognised")
    contains(got.err, "the old pond")


@case
def without_rules_nothing_is_cleared():
    log = folder() / "a.log"
    log.write_text(access_log())
    page = folder() / "page.html"
    for lang, words, trace in (("en", "Nothing was looked for", "no trace"), ("ja", "何も照合していません", "形跡は")):
        got = yagura("detect", "--lang", lang, "--no-default-rules", log)
        contains(got.out, words)
        assert trace not in got.out.splitlines()[0], got.out
        yagura("detect", "--lang", lang, "--no-default-rules", "--html", page, log)
        contains(page.read_text(encoding="utf-8"), words)


@case
def commands_that_look_at_records_say_it_too():
    path = folder() / "noise.bin"
    path.write_bytes(bytes((i * 7919 + i // 3) % 251 + 5 for i in range(3000)))
    equal(yagura("detect", "--json", path).code, 1)
    for words in (["search", "GET"], ["source", "records"], ["summary", "logons"], ["summary", "events"],
                  ["summary", "files"]):
        got = yagura(*words, path)
        equal(got.code, 1, words)
        contains(got.err, "noise.bin: not recognised: ")
        contains(got.err, "--log-format")
    log = folder() / "a.log"
    log.write_text(access_log())
    got = yagura("search", "GET", path, log)
    equal(got.code, 1)
    assert str(log) + ":1: " in got.out


@case
def empty_file_is_fine():
    log = folder() / "empty.log"
    log.write_text("")
    got = yagura("detect", "--json", "--stats", log)
    equal((got.code, got.out, got.stats()["records"]), (0, "", 0))


@case
def same_path_twice_is_read_once():
    log = folder() / "a.log"
    log.write_text(access_log())
    got = yagura("detect", "--json", "--stats", log, log)
    equal(got.stats()["records"], 10)
    contains(got.err, str(log))


@case
def damaged_lines_are_counted_and_lose_nothing():
    log = folder() / "a.log"
    lines = access_log(40, (30,)).splitlines()
    lines[5] = "\0\0\0"
    lines[7] = "x" * 3_000_000
    lines[9] = "\xff\xfe broken"
    log.write_bytes("\n".join(lines).encode("latin-1"))  # torn last line: no ending
    got = yagura("detect", "--json", "--stats", log)
    equal(got.code, 0)
    stats = got.stats()
    equal((stats["records"], stats["unparsed"]), (40, 3))
    equal({f["position"] for f in got.findings()}, {30})


@case
def rules_that_cannot_be_used():
    log = folder() / "a.log"
    log.write_text(access_log())
    rules = folder()
    equal(yagura("detect", "--json", "--rules", rules, log).code, 2)
    equal(yagura("detect", "--json", "--rules", "/nowhere", log).code, 2)
    (rules / "good.yml").write_text(RULE)
    (rules / "bad.yml").write_text("title: [\n")
    got = yagura("detect", "--json", "--rules", rules, log)
    equal(got.code, 1)
    contains(got.err, "bad.yml")
    bomb = folder() / "bomb.yml"
    bomb.write_text("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n" + RULE)
    equal(yagura("rules", "check", bomb).code, 1)
    big = folder() / "big.yml"
    big.write_text(RULE.replace("union", "\n" + "".join("            - value%d\n" % i for i in range(600000))))
    got = yagura("rules", "check", big)
    assert got.code in (0, 1), got.code
    contains(got.out, "rules: 1 found")


@case
def an_expression_that_is_too_large_is_only_its_own_rule():
    """Small to read, repeats of repeats: whoever compiles them may refuse, but the others are looked for."""
    log = folder() / "a.log"
    log.write_text(access_log())
    rules = folder()
    (rules / "good.yml").write_text(RULE)
    for i, regex in enumerate(("(?:(?:.{1,9}x){9}){9}", "(?:x.*y|z.?){290}", "(?:.{1,9}x){60}")):
        (rules / ("large%d.yml" % i)).write_text(RULE.replace("11111111", "1111111%d" % (i + 2)).replace(
            "|contains: union", "|re: '%s'" % regex))
    got = yagura("detect", "--json", "--no-default-rules", "--rules", rules, log)
    equal(got.code in (0, 1), True, got.err)  # the built-in matcher takes some
    assert got.findings(), got.err


@case
def zip_bomb_is_stopped():
    path = folder() / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("access.log", access_log() + "\0" * (64 << 20))
    got = yagura("detect", "--json", "--stats", path)
    assert got.code in (0, 1)
    assert got.stats()["rss_max_kb"] < 600 * 1024  # sanitizer builds need more than 300 MB
    assert any(f["source"].endswith("bomb.zip!access.log") for f in got.findings())


@case
def torn_gzip_gives_what_there_is():
    path = folder() / "a.log.gz"
    data = gzip.compress(access_log(2000, (5,)).encode())
    path.write_bytes(data[:len(data) * 2 // 3])
    got = yagura("detect", "--json", "--stats", path)
    equal(got.code, 1)
    assert got.stats()["records"] > 100
    contains(got.err, str(path))


@case
def output_that_cannot_be_written():
    log = folder() / "a.log"
    log.write_text(access_log())
    with open("/dev/full", "wb") as full:
        got = yagura("detect", "--json", log, stdout=full)
    equal(got.code, 2)
    contains(got.err, "No space left")
    got = yagura("detect", "--html", "/dev/full", log)
    equal(got.code, 2)
    contains(got.err, "No space left")
    page = folder() / "no" / "such" / "folder.html"
    equal(yagura("detect", "--html", page, log).code, 2)


@case
def closed_pipe_ends_silently():
    log = folder() / "a.log"
    log.write_text(access_log(60000, range(1, 60000)))
    run = subprocess.Popen([YAGURA, "detect", "--json", str(log)], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, env=dict(os.environ, LANGUAGE="en"))
    run.stdout.readline()
    run.stdout.close()
    error = run.stderr.read()
    run.stderr.close()
    # A CPU on which only the built-in matcher can be used is told so once (docs/routing.md).
    said = [line for line in error.splitlines() if b"built-in matcher is used" not in line]
    equal((run.wait(), said), (0, []))


@case
def wrong_options():
    log = folder() / "a.log"
    log.write_text(access_log())
    for args in (["--format", "nonsense"], ["--tz", "Mars/Olympus"], ["--threads", "0"],
                 ["--fail-on", "bad"], ["--lang", "fr"], ["--nonsense"], ["--json", "--csv"],
                 ["--log-format", "%{"], ["--placeholders", "/nowhere"], ["--indicators", "/nowhere"]):
        got = yagura("detect", *args, log)
        equal((got.code, got.out), (2, ""), args)
        assert got.err.strip(), args


@case
def time_may_go_backwards():
    log = folder() / "a.log"
    log.write_text("".join(reversed(access_log(50, range(1, 50)).splitlines(True))))
    equal(yagura("detect", "--json", log).code, 0)


@case
def mixed_formats_in_one_file():
    log = folder() / "mixed.log"
    log.write_text(access_log(20, (3,)) +
                   "Nov 21 08:00:01 host sshd[1]: Failed password for root from 203.0.113.9 port 4 ssh2\n" +
                   '{"Channel":"Security","EventID":4625,"TargetUserName":"a","IpAddress":"203.0.113.9"}\n')
    got = yagura("detect", "--json", "--stats", log)
    equal((got.code, got.stats()["unparsed"]), (0, 0))


main()
