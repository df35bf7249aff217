#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each allocation and each call on a file fails once: run.py YAGURA (built with -Dtorture=true)

For every n the nth fallible call of a run fails. The program must end by itself with one of its
exit statuses, never by a signal, never with output that is not whole lines; when it says 0, the
output is that of an undisturbed run (a page shows when it was made: only its status counts), or the failure hit something that only costs time (the cache).
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from evtx_build import chunks, event_file  # noqa: E402
from harness import RULE, access_log  # noqa: E402

STEPS_MAX = 200000
RUNS = int(os.environ.get("TORTURE_RUNS", "400"))  # spread evenly over all steps


def run(yagura, args, fail_at, cwd):
    env = dict(os.environ, YAGURA_FAIL_AT=str(fail_at), LANGUAGE="en", XDG_CACHE_HOME=str(cwd / "cache"),
               ASAN_OPTIONS="detect_leaks=1:abort_on_error=1:exitcode=99", UBSAN_OPTIONS="halt_on_error=1:abort_on_error=1")
    return subprocess.run([yagura, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=env, cwd=cwd, timeout=300)


def whole_lines(output):
    for line in output.splitlines(True):
        if not line.endswith(b"\n"):
            return False
        json.loads(line)
    return True


def torture(yagura, args, cwd, is_json, fresh):
    """Returns (runs made, faults found). @fresh: each run without what the one before compiled."""
    calm = run(yagura, args, 0, cwd)
    # How many fallible calls there are: double, then halve the interval.
    high = 1
    while high < STEPS_MAX and run(yagura, args, high, cwd).stdout + b"" != calm.stdout or high < 64:
        high *= 2
    high = min(max(high * 2, 2048), STEPS_MAX)
    faults, made = [], 0
    runs = RUNS // 4 if fresh else RUNS  # these take longer
    for n in sorted({1 + i * high // runs for i in range(runs)} | set(range(1, 60))):
        for kept in (cwd / "cache").rglob("*.iocs") if fresh else ():
            kept.unlink()
        got = run(yagura, args, n, cwd)
        made += 1
        if got.returncode not in (0, 1, 2, 3):
            faults.append("call %d: ended with %d: %s" % (n, got.returncode, got.stderr.decode("utf-8", "replace")[-1500:]))
        elif is_json and not whole_lines(got.stdout):
            faults.append("call %d: output is cut inside a line" % n)
        elif got.returncode == 0 and got.stdout != calm.stdout and b"<html" not in calm.stdout[:200]:
            faults.append("call %d: says 0, but the output is not that of a calm run" % n)
        elif got.returncode == 2 and not got.stderr.strip():
            faults.append("call %d: failed without a word" % n)
    return made, faults


def main():
    yagura = str(pathlib.Path(sys.argv[1]).resolve())
    cwd = pathlib.Path(tempfile.mkdtemp())
    (cwd / "access.log").write_text(access_log(40, (3, 9)))
    (cwd / "rule.yml").write_text(RULE)
    (cwd / "list.txt").write_text("198.51.100.7\nevil.example\n")
    (cwd / "events.json").write_text('{"Channel":"Security","EventID":4625,"TargetUserName":"a","IpAddress":"203.0.113.9"}\n' * 12)
    (cwd / "events.evtx").write_bytes(event_file(chunks(2, 20))[:-30000] + b"cut")
    # Large enough to be compiled into the cache (YG_INDICATORS_CACHED_MIN).
    (cwd / "large.txt").write_text("198.51.100.7\n" + "".join("n%06d.%s.example\n" % (i, "x" * 60) for i in range(57000)))
    subprocess.run([yagura, "archive", "write", "--out", "archive", "--org", "acme", "access.log", "events.json"],
                   cwd=cwd, check=True, stdout=subprocess.DEVNULL)
    (cwd / "box.log").write_text("".join(
        "2026-03-01 08:00:%02d box7[9]: login of 'bob' refused from 192.0.2.9:4001\n" % i for i in range(9)))
    (cwd / "box.yaml").write_text(
        "source: 1\nname: box7\nkind: vpn\nset: {auth_method: vpn}\nlines:\n"
        "  - pattern: \"{:time %Y-%m-%d %T} box7[{:word}]: login of '{user:text last}' refused from "
        "{src_ip:address}{?:{src_port:port}?}\"\n    set: {auth_result: failed}\n")
    own = ["--no-default-rules", "--rules", "rule.yml"]
    scenarios = [
        (["detect", "--json", *own, "--indicators", "list.txt", "access.log"], True),
        (["detect", "--json", *own, "--indicators", "large.txt", "access.log"], True),
        (["detect", *own, "access.log"], False),
        (["detect", "--html", "/dev/stdout", *own, "events.json"], False),
        (["source", "records", "access.log", "events.json"], True),
        (["detect", "--json", *own, "events.evtx"], True),
        (["evtx", "dump", "--json", "events.evtx"], True),
        (["rules", "check", "rule.yml"], False),
        (["archive", "cat", "--field", "src_ip=203.0.113.9", "archive"], True),
        (["archive", "verify", "--json", "archive"], True),
        (["hunt", "--json", *own, "--indicators", "list.txt", "archive"], True),
        (["hunt", "--json", *own, "--state", "state", "archive", "access.log"], True),
        (["source", "records", "--sources", "box.yaml", "box.log"], True),
        (["source", "learn", "box.log", "--name", "box7", "--field", "user=bob", "--field", "src_ip=192.0.2.9",
          "--force", "--out", "made.yaml", "--json"], True),
        (["source", "test", "box.yaml", "box.log", "--json"], True),
        (["source", "list", "--sources", "box.yaml", "--json"], True),
        (["summary", "logons", "--sources", "box.yaml", "--json", "box.log"], True),
        (["summary", "keywords", *own, "--json", "access.log"], True),
        (["search", "--regex", "UNION", "--json", "access.log"], True),
    ]
    passed = failed = 0
    for args, is_json in scenarios:
        made, faults = torture(yagura, args, cwd, is_json, fresh="large.txt" in args)
        print("%s: %d runs, %d faults" % (" ".join(args), made, len(faults)))
        for fault in faults[:5]:
            print("  " + fault)
        passed += not faults
        failed += bool(faults)
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return 1 if failed else 0


sys.exit(main())
