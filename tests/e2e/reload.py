# SPDX-License-Identifier: Apache-2.0
"""--follow: changed rules and indicators take over while it runs (docs/tuning.md)."""
import json
import os
import signal
import subprocess
import threading

from harness import ATTACK, BENIGN, RULE, YAGURA, case, contains, equal, folder, main

A = "11111111-2222-4333-8444-555555555555"
B = "22222222-2222-4333-8444-555555555555"
C = "33333333-2222-4333-8444-555555555555"
RULE_B = RULE.replace(A, B).replace("Test rule", "Second rule")
CORRELATION = """---
title: Many
id: %s
level: high
correlation:
    type: event_count
    rules: %s
    group-by: c-ip
    timespan: 1h
    condition:
        gte: 4
""" % (C, A)


class Follower:
    def __init__(self, log, *args, env=None):
        self.log = log
        self.run = subprocess.Popen(
            [YAGURA, "detect", "--json", "--follow", "--no-default-rules", *map(str, args), str(log)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=dict(os.environ, LANGUAGE="en", **(env or {})))
        self.findings = []
        self.said = []
        self.news = threading.Condition()
        self.readers = [threading.Thread(target=self.read, args=pair, daemon=True) for pair in
                        ((self.run.stdout, self.findings, json.loads),
                         (self.run.stderr, self.said, lambda line: line.decode()))]
        for reader in self.readers:
            reader.start()

    def read(self, stream, to, make):
        for line in stream:
            with self.news:
                to.append(make(line))
                self.news.notify_all()

    def wait(self, what, test):
        with self.news:
            if not self.news.wait_for(test, timeout=60):
                raise AssertionError("%s: %r\n%r" % (what, self.said, self.findings[-3:]))

    def wait_said(self, words, times=1):
        self.wait(words, lambda: sum(words in line for line in self.said) >= times)

    def wait_found(self, rule, position):
        self.wait("%s at %d" % (rule, position), lambda: (rule, position) in self.places())

    def wait_file(self, what, path, inode):
        """Until @path is another file than @inode: what is written whole takes its place."""
        for _ in range(6000):
            if path.exists() and path.stat().st_ino != inode:
                return
            self.run.poll()
            threading.Event().wait(0.01)
        raise AssertionError("%s: %s was not written: %r" % (what, path, self.said))

    def places(self):
        return [(f["rule_id"], f["position"]) for f in self.findings if "rule_id" in f]

    def add(self, *lines):
        with open(self.log, "a") as log:
            log.write("".join(line + "\n" for line in lines))

    def stop(self):
        self.run.send_signal(signal.SIGTERM)
        code = self.run.wait(timeout=60)
        for reader in self.readers:
            reader.join(timeout=60)
        return code


def put(path, text):
    """As editors save: another file takes the place."""
    spare = path.with_suffix(".tmp")
    spare.write_text(text)
    os.rename(spare, path)


def start(rules, env=None, args=()):
    base = folder()
    (base / "rules").mkdir()
    for name, text in rules.items():
        (base / "rules" / name).write_text(text)
    log = base / "access.log"
    log.write_text(ATTACK % 0 + "\n")
    follower = Follower(log, "--rules", base / "rules", *args, env=env)
    follower.wait_found(A, 1)
    return base, follower


def taken_over(times=1):
    return "were taken over", times


@case
def nothing_is_lost_or_doubled_while_rules_come_and_go():
    base, follower = start({"a.yml": RULE})
    stop = threading.Event()
    count = [1]

    def write():
        while not stop.wait(0.002):
            count[0] += 1
            follower.add(ATTACK % (count[0] % 60))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in range(3):
            put(base / "rules" / "b.yml", RULE_B)
            follower.wait_said(*taken_over(2 * turn + 1))
            before = count[0]
            follower.wait("the second rule after turn %d" % turn,
                          lambda: any(r == B and p >= before for r, p in follower.places()))
            os.unlink(base / "rules" / "b.yml")
            follower.wait_said(*taken_over(2 * turn + 2))
        stop.set()
        writer.join()
        follower.wait_found(A, count[0])
        equal(follower.stop(), 0)
    finally:
        stop.set()
        follower.run.kill()
    first = [p for r, p in follower.places() if r == A]
    equal(first, list(range(1, count[0] + 1)), "the rule that stays finds every line once")
    second = [p for r, p in follower.places() if r == B]
    equal(len(second), len(set(second)))
    # Each turn it found every line between coming and going.
    equal(sum(b - a > 1 for a, b in zip(second, second[1:])) <= 2, True, "in three runs at most")
    equal({p for p in range(second[-1] + 1, count[0] + 1)} & set(second), set())


@case
def a_broken_set_is_refused_in_words():
    base, follower = start({"a.yml": RULE})
    try:
        put(base / "rules" / "a.yml", RULE.replace("condition: selection", "condition: selektion"))
        follower.wait_said("are not taken over")
        wrong = next(line for line in follower.said if "rule refused" in line)
        contains(wrong, str(base / "rules" / "a.yml") + ":10: ")
        contains(wrong, "'selektion'")
        contains(wrong, "selection")
        follower.add(ATTACK % 2)
        follower.wait_found(A, 2)
        put(base / "rules" / "a.yml", RULE_B)
        follower.wait_said(*taken_over())
        follower.add(ATTACK % 3)
        follower.wait_found(B, 3)
        equal(follower.stop(), 1)
        equal(follower.places(), [(A, 1), (A, 2), (B, 3)])
    finally:
        follower.run.kill()


@case
def what_was_refused_before_does_not_stand_in_the_way():
    base, follower = start({"a.yml": RULE, "bad.yml": "title: x\ndetection: 1\nlogsource: {}\n"})
    try:
        put(base / "rules" / "b.yml", RULE_B)
        follower.wait_said(*taken_over())
        follower.add(ATTACK % 2)
        follower.wait_found(B, 2)
        equal(sum("rule refused" in line for line in follower.said), 1)
        equal(follower.stop(), 1)
    finally:
        follower.run.kill()


def profile(path):
    said = json.loads(path.read_text())
    return said["records"], {r["rule_id"]: r["matches"] for r in said["rules"]}


@case
def a_profile_is_of_the_running_rules_and_of_those_before():
    base = folder()
    path = base / "profile.json"
    base, follower = start({"a.yml": RULE}, args=("--profile", path))
    try:
        written = path.stat().st_ino
        equal(profile(path), (0, {A: 0}), "a wrong place is known when it begins")
        follower.add(ATTACK % 1, BENIGN % 1, ATTACK % 2)
        follower.wait_found(A, 4)
        follower.run.send_signal(signal.SIGUSR1)
        follower.wait_file("the profile asked for", path, written)
        equal(profile(path), (4, {A: 3}))
        put(base / "rules" / "b.yml", RULE_B)
        follower.wait_said(*taken_over())
        before = path.with_name("profile.json.before")
        follower.wait_file("the former profile", before, None)
        equal(profile(before), (4, {A: 3}))
        equal(profile(path), (4, {A: 3}), "left alone until somebody asks")
        written = path.stat().st_ino
        follower.add(ATTACK % 3)
        follower.wait_found(B, 5)
        follower.run.send_signal(signal.SIGUSR1)
        follower.wait_file("the profile of the new rules", path, written)
        equal(profile(path), (1, {A: 1, B: 1}))
        follower.add(ATTACK % 4, ATTACK % 5)
        follower.wait_found(B, 7)
        equal(follower.stop(), 0)
        equal(profile(path), (3, {A: 3, B: 3}), "at the end")
        equal(profile(before), (4, {A: 3}))
    finally:
        follower.run.kill()


@case
def a_profile_that_cannot_be_written_is_said_at_once():
    base = folder()
    (base / "a.yml").write_text(RULE)
    (base / "a.log").write_text(ATTACK % 0 + "\n")
    done = subprocess.run([YAGURA, "detect", "--json", "--follow", "--no-default-rules", "--rules", base / "a.yml",
                           "--profile", base / "no" / "such", base / "a.log"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    equal((done.returncode, done.stdout), (2, b""))
    contains(done.stderr.decode(), "such")


@case
def by_signal_and_without_inotify():
    base, follower = start({"a.yml": RULE}, env={"YAGURA_NO_INOTIFY": "1"})
    try:
        follower.run.send_signal(signal.SIGHUP)
        follower.wait_said("the same as before")
        put(base / "rules" / "b.yml", RULE_B)
        follower.wait_said(*taken_over())
        follower.add(ATTACK % 2)
        follower.wait_found(B, 2)
        equal(follower.stop(), 0)
    finally:
        follower.run.kill()


@case
def correlations_go_on_where_nothing_they_count_changed():
    base, follower = start({"a.yml": RULE, "c.yml": CORRELATION.replace("gte: 4", "gte: 4") +
                            "    generate: true\n", "b.yml": RULE_B})
    try:
        follower.add(ATTACK % 1)
        follower.wait_found(B, 2)
        put(base / "rules" / "b.yml", RULE_B.replace("Second", "Another"))
        follower.wait_said("1 groups go on and 0 were dropped")
        follower.add(ATTACK % 2, ATTACK % 3)
        follower.wait_found(C, 4)
        put(base / "rules" / "a.yml", RULE.replace("contains: union", "contains: [union, nothing]"))
        follower.wait_said("0 groups go on and 1 were dropped")
        follower.add(*[ATTACK % s for s in (4, 5, 6)])
        follower.wait_found(A, 7)
        follower.add(ATTACK % 7)
        follower.wait_found(C, 8)
        equal([p for r, p in follower.places() if r == C], [4, 8], "counting began anew")
        equal(follower.stop(), 0)
    finally:
        follower.run.kill()


@case
def indicators_change_too():
    base = folder()
    listed = base / "list.txt"
    listed.write_text("203.0.113.77\n")
    (base / "a.yml").write_text(RULE)
    log = base / "access.log"
    log.write_text(ATTACK % 0 + "\n")
    follower = Follower(log, "--rules", base / "a.yml", "--indicators", listed)
    try:
        follower.wait_found(A, 1)
        put(listed, "198.51.100.7\n")
        follower.wait_said(*taken_over())
        follower.add(BENIGN % 1)
        follower.wait_found("yagura-indicator-address", 2)
        put(listed, "what is this\n198.51.100.7\n")
        follower.wait_said("are not taken over")
        contains("".join(follower.said), "list.txt:1")
        follower.add(BENIGN % 2)
        follower.wait_found("yagura-indicator-address", 3)
        equal(follower.stop(), 1)
    finally:
        follower.run.kill()


main()
