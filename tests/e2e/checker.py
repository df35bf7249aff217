# SPDX-License-Identifier: Apache-2.0
"""evtx-sigma-checker with a mapping of one's own (--log-source): what a rule's logsource means is what the
file says; where it says nothing, what is built in. What the file holds beyond that is told or refused."""
import json
import os
import subprocess

from harness import YAGURA, case, contains, equal, folder, main

CHECKER = YAGURA.rsplit("/", 1)[0] + "/evtx-sigma-checker"

RULE = """title: %s
id: %s
level: high
logsource: {%s}
detection:
  selection: {%s}
  condition: selection
"""


def event(number, channel, code, **data):
    return {"Event": {"System": {"Provider": {"#attributes": {"Name": "Test"}}, "EventID": code, "Channel": channel,
                                 "EventRecordID": number, "Computer": "pc1",
                                 "TimeCreated": {"#attributes": {"SystemTime": "2026-11-20T01:00:%02dZ" % number}}},
                      "EventData": data}}


SYSMON = "Microsoft-Windows-Sysmon/Operational"
EVENTS = [event(1, SYSMON, 1, Image="C:\\a.exe", Who="anna"),
          event(2, "Security", 4688, NewProcessName="C:\\a.exe", Who="bert"),
          event(3, "Own-Vendor/Agent", 77, Image="C:\\a.exe", Kind="start"),
          event(4, "Own-Vendor/Agent", 78, Image="C:\\a.exe", Kind="Start"),
          event(5, "Own-Vendor/Agent", 79, Image="C:\\a.exe", Kind="stop"),
          event(6, SYSMON, 3, Image="C:\\a.exe"),
          event(7, "Own-Vendor/Agent", 80, Kind="start", Path="C:\\a.exe")]


def check(mapping, rules, *more, code=0):
    place = folder()
    (place / "rules").mkdir()
    for i, (logsource, selection) in enumerate(rules):
        (place / "rules" / ("%d.yml" % i)).write_text(RULE % ("R%d" % i, i, logsource, selection))
    (place / "events.json").write_text("".join(json.dumps(e) + "\n" for e in EVENTS))
    args = []
    if mapping is not None:
        (place / "map.yml").write_bytes(mapping if isinstance(mapping, bytes) else mapping.encode())
        args = ["--log-source", str(place / "map.yml")]
    done = subprocess.run([CHECKER, *args, "--evtx-path", str(place / "events.json"), "--rule-path",
                           str(place / "rules"), "--rule-level", "informational", *more],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                          env={**os.environ, "LC_ALL": "C.UTF-8"})
    err = done.stderr.decode().replace(str(place) + "/", "")
    equal(done.returncode, code, err)
    return [(line["RuleId"], line["Position"]) for line in map(json.loads, done.stdout.splitlines())], err


CREATION = ("product: windows, category: process_creation", r"Image: 'C:\a.exe'")


def hits(mapping, rules=(CREATION,)):
    found, err = check(mapping, rules)
    equal(err, "")
    return [position for _, position in found]


@case
def without_a_mapping_what_is_built_in():
    equal(hits(None), [1, 2])
    equal(hits("title: nothing of windows\nlogsources:\n  a: {product: linux, category: process_creation,"
               " conditions: {type: EXECVE}}\n"), [1, 2])


@case
def conditions_with_lists():
    equal(hits("""logsources:
  own:
    product: windows
    category: process_creation
    conditions:
      Channel: own-vendor/agent
      EventID: [77, 78, 79]
      Kind: [START, begin]
"""), [3, 4])


@case
def each_entry_that_fits_adds_to_it():
    equal(hits("""logsources:
  a: {product: windows, category: process_creation, conditions: {EventID: 1}, rewrite: {product: windows, service: sysmon}}
  b: {category: process_creation, conditions: {EventID: '79'}, sources: 'WinEventLog:Own-Vendor/Agent'}
  c: {product: windows, category: image_load, conditions: {EventID: 3}}
"""), [1, 5])


@case
def rewrites_lead_on_and_end_at_what_is_built_in():
    chain = """logsources:
  a: {product: windows, category: process_creation, conditions: {Kind: start}, rewrite: {product: own, category: first}}
  b: {product: own, category: first, conditions: {EventID: [77, 78]}, rewrite: {product: own, service: agent}}
  c: {product: own, service: agent, sources: ['WinEventLog:%s']}
"""
    equal(hits(chain % "Own-Vendor/Agent"), [3, 4])
    equal(hits(chain % "Another/Channel"), [])
    # the service that is rewritten to is one of ours: the router knows its channel
    equal(hits("logsources:\n  a: {product: windows, category: process_creation, conditions: {EventID: [1, 3, 77]},"
               " rewrite: {product: windows, service: sysmon}}\n"), [1, 6])


@case
def a_service_of_ones_own_and_one_of_ours_given_other_channels():
    rules = [("product: windows, service: agent", r"Image: 'C:\a.exe'"),
             ("product: windows, service: sysmon", r"Image: 'C:\a.exe'"),
             ("product: windows", r"Image: 'C:\a.exe'")]
    found, err = check("""logsources:
  a: {product: windows, service: agent, sources: ['WinEventLog:Own-Vendor/Agent']}
  s: {product: windows, service: sysmon, sources: ['WinEventLog:Security']}
""", rules)
    equal(err, "")
    equal(sorted(found), [("0", 3), ("0", 4), ("0", 5), ("1", 2)] + [("2", n) for n in range(1, 7)])


@case
def category_and_service_both_have_to_hold():
    rules = [("product: windows, category: process_creation, service: security", r"Image: 'C:\a.exe'")]
    mapping = """logsources:
  a: {product: windows, category: process_creation, conditions: {EventID: [1, 4688]}}
"""
    equal(hits(mapping, rules), [2])
    equal(hits(mapping + "  b: {product: windows, service: security, sources: ['WinEventLog:%s']}\n" % SYSMON, rules),
          [1])


@case
def fields_that_are_called_otherwise_there():
    equal(hits("""logsources:
  a:
    product: windows
    category: process_creation
    fieldmappings: {Image: Path}
    conditions: {Kind: start}
    sources: ['WinEventLog:Own-Vendor/Agent']
"""), [3, 4, 7])


@case
def an_entry_that_says_nothing_leaves_it_to_what_is_built_in():
    equal(hits("logsources:\n  a: {product: windows, category: process_creation}\n"), [1, 2])
    equal(hits("logsources:\n  a: {product: windows, category: process_creation, sources: ['File:/x/*.log']}\n"), [1, 2])


@case
def correlations_count_what_the_mapping_lets_through():
    place = folder()
    (place / "rules").mkdir()
    (place / "rules" / "r.yml").write_text(RULE % ("R", "base", CREATION[0], CREATION[1]) + """---
title: Many
id: many
correlation: {type: event_count, rules: [base], group-by: [Computer], timespan: 5m, condition: {gte: 3}}
level: high
""")
    (place / "e.json").write_text("".join(json.dumps(e) + "\n" for e in EVENTS))

    def found(text):
        (place / "map.yml").write_text(text)
        done = subprocess.run([CHECKER, "--log-source", place / "map.yml", "--evtx-path", place / "e.json", "--rule-path",
                               place / "rules"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return [(h["RuleId"], h["Position"]) for h in map(json.loads, done.stdout.splitlines())]
    equal(found("logsources: {}\n"), [])
    equal(found("logsources:\n  a: {category: process_creation, conditions: {EventID: [1, 77, 79]}}\n"), [("many", 5)])


@case
def a_changed_file_is_not_answered_from_the_cache():
    equal(hits("logsources:\n  a: {category: process_creation, conditions: {EventID: 77}}\n"), [3])
    equal(hits("logsources:\n  a: {category: process_creation, conditions: {EventID: 78}}\n"), [4])
    equal(hits("logsources:\n  a: {category: process_creation, conditions: {EventID: 77}}\n"), [3])


@case
def what_is_not_known_is_told_and_passed_over():
    found, err = check("""title: x
defaultindex: logs-*
logsources:
  a:
    category: process_creation
    index: winlog
    conditions: {EventID: 77}
    sources: ['Splunk:main', 'WinEventLog:Own-Vendor/Agent']
    rewrite: {product: windows, colour: blue}
  nobody: {conditions: {EventID: 1}}
""", [CREATION])
    equal([position for _, position in found], [3])
    for wanted in ("map.yml:2: 'defaultindex': not known in a mapping", "map.yml:6: 'index': not known in a log source",
                   "map.yml:8: 'Splunk:main': neither WinEventLog: nor File:", "map.yml:9: 'colour': not known in 'rewrite'",
                   "map.yml:10: 'nobody': names no product, category or service"):
        contains(err, wanted)
    found, err = check(RULE % ("a rule", 1, *CREATION), [CREATION])
    equal([position for _, position in found], [1, 2])
    contains(err, "no 'logsources': nothing is taken from here")
    many = "logsources:\n  a:\n    category: process_creation\n" + "".join("    k%d: 1\n" % i for i in range(100))
    _, err = check(many, [CREATION])
    equal(err.count("not known"), 20)
    contains(err, "80 more of these")


@case
def what_would_change_the_meaning_is_refused_with_its_line():
    head = "logsources:\n  a:\n    category: process_creation\n"
    for text, line, wanted in (
            (head + "    conditions: {EventID|contains: 1}\n", 4, "modifiers"),
            (head + "    conditions: {Image: '*.exe'}\n", 4, "wildcards"),
            (head + "    conditions: {EventID: []}\n", 4, "the list is empty"),
            (head + "    conditions: {EventID: }\n", 4, "a text is wanted"),
            (head + "    conditions: [1]\n", 4, "must be a map"),
            (head + "    sources: {a: b}\n", 4, "list of texts"),
            (head + "    rewrite: {}\n", 4, "names no product"),
            (head + "    rewrite: {category: process_creation}\n", 2, "circle"),
            (head + "    rewrite: {category: b}\n  b: {category: b, rewrite: {category: process_creation}}\n", 2, "circle"),
            ("logsources:\n" + "".join("  a%d: {category: c%d, rewrite: {category: c%d}}\n" % (i, i, i + 1)
                                       for i in range(12)), 2, "more than 8"),
            ("logsources:\n" + "".join("  a%d: {category: c}\n" % i for i in range(520)), 514, "more than 512"),
            ("logsources: 3\n", 1, "must be a map"),
            ("- a\n", 1, "'logsources'"),
            (head + "    category: again\n", 4, ""),
            (head + "    conditions: {EventID: %s}\n" % ("9" * 2000), 4, "longer than"),
            (head + "    conditions: {EventID: [%s]}\n" % ",".join(["1"] * 20000), 4, "more than 16384 values"),
            ("logsources: &a {b: *a}\n", 1, "")):
        _, err = check(text, [CREATION], code=2)
        contains(err, "map.yml:%d: " % line)
        contains(err, wanted)
    check(b"\x00\xff\xfe", [CREATION], code=2)
    check(b"logsources:\n" + b" " * (1 << 20), [CREATION], code=2)
    done = subprocess.run([CHECKER, "--log-source", "/nowhere.yml", "--evtx-path", "/dev/null", "--rule-path", "/"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    equal(done.returncode, 2)
    contains(done.stderr.decode(), "/nowhere.yml: ")


main()
