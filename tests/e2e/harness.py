# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end scenarios share: running the program, cases, the closing line."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import traceback

YAGURA = os.environ.get("YAGURA", "build/yagura")
ROOT = pathlib.Path(os.environ.get("YAGURA_ROOT", pathlib.Path(__file__).resolve().parents[2]))
SHARED = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared" / "data"))
TIMEOUT_S = 300

cases = []


def case(function):
    cases.append(function)
    return function


class Result:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def findings(self):
        return [f for f in self.lines() if "update" not in f]

    def stats(self):
        return json.loads(self.err.splitlines()[-1])


def yagura(*args, stdin=b"", env=None, lang="en", stdout=subprocess.PIPE):
    done = subprocess.run([YAGURA, *map(str, args)], input=stdin, stdout=stdout,
                          stderr=subprocess.PIPE, env=dict(os.environ, LANGUAGE=lang, **(env or {})),
                          timeout=TIMEOUT_S)
    if done.stdout is None:
        done.stdout = b""
    return Result(done)


def equal(got, wanted, what=""):
    if got != wanted:
        raise AssertionError("%s: %r is not %r" % (what, got, wanted))


def contains(text, part):
    if part not in text:
        raise AssertionError("%r is not in %r" % (part, text[:2000]))


# One line of an attacker that the own pack finds, and one of nobody.
ATTACK = ('203.0.113.9 - - [21/Nov/2026:08:00:%02d +0900] "GET /item.php?id=1%%20UNION%%20SELECT%%20'
          'user,password%%20FROM%%20users HTTP/1.1" 404 196 "-" "Mozilla/5.0"')
BENIGN = ('198.51.100.7 - - [21/Nov/2026:08:00:%02d +0900] "GET /index.html HTTP/1.1" 200 5120 "-" '
          '"Mozilla/5.0 (Windows NT 10.0)"')


def of_process(pid, name):
    """The bytes of /proc/PID/NAME, nothing when the process has ended meanwhile."""
    try:
        with open("/proc/%d/%s" % (pid, name), "rb") as file:
            return file.read()
    except OSError:
        return b""


def of_every_process(name):
    """(pid, bytes of /proc/PID/NAME) of every process. Listed by number: a pattern would look into each folder, and
    fall over one that goes away."""
    pairs = ((int(entry), of_process(int(entry), name)) for entry in os.listdir("/proc") if entry.isdigit())
    return [(pid, content) for pid, content in pairs if content]


def access_log(count=10, attacks=(3,)):
    return "".join((ATTACK if i in attacks else BENIGN) % (i % 60) + "\n" for i in range(1, count + 1))


RULE = """title: Test rule
id: 11111111-2222-4333-8444-555555555555
status: test
level: high
logsource:
    category: webserver
detection:
    selection:
        cs-uri-query|contains: union
    condition: selection
tags:
    - attack.t1190
"""


def folder():
    return pathlib.Path(tempfile.mkdtemp())


def main():
    failed = 0
    for function in cases:
        try:
            function()
        except Exception:  # every failure is one failed case, whatever it was
            failed += 1
            print("failed: %s" % function.__name__)
            traceback.print_exc(file=sys.stdout)
    print("%d passed, %d failed, 0 skipped" % (len(cases) - failed, failed))
    sys.exit(1 if failed else 0)
