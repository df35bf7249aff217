#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Build and run the tests: test.py quick|default|full

A test is an executable that meson knows (meson.build: test(...)). It says "N passed, N failed,
N skipped" on a line of its own, or counts as one by its exit status (0 passed, 77 skipped, else
failed). Each test gets a temporary folder, cache and seed of its own, so that two runs can go on
at once. The slowest ten are printed; the last line is the sum.

Which tests run where is decided by suite: unit, golden, fuzz, layers (quick); property, e2e, browser,
pack, shared (default); torture, whole, slow (full). Under ASan+UBSan run unit, golden, property, fuzz
and short ones of e2e, all of e2e in full.

Scenarios of e2e and browser run real processes beside everything else and wait for them with limits of
time. One that fell by such a limit alone (is_late), in no case by a wrong value, is run once more, alone
and with the same seed, when all others are done. Passes it then, it is called unsteady: both runs are
printed, it stands in the list before the sum, and it is a defect to mend. Of more than UNSTEADY_MAX none
is run again: the run has failed. Nothing else is ever run twice.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
COUNT = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.M)
TIMEOUT_S = 900
QUICK = {"unit", "golden", "fuzz", "layers"}
DEFAULT = QUICK | {"property", "e2e", "short", "pack", "shared", "browser"}
FULL = DEFAULT | {"torture", "whole", "slow"}
WAITING = {"e2e", "short", "browser"}  # these mostly wait for processes and disks
UNSTEADY_MAX = 2
# How limits of time are told: hub_kit.until, run() below, Python, Playwright. "timeout=60" in a line of code tells none.
LATE = re.compile(r"it never came|too slow: ended|TimeoutExpired|TimeoutError|timed out|Timeout \d+ ?ms")
BROKEN = re.compile(r"Sanitizer|runtime error:")  # a report of a sanitizer, however the test ended
CASE_FELL = re.compile(r"^(?:failed|FAILED)\b", re.M)  # how scenarios begin to tell of a case that fell
SANITIZED = {"unit", "golden", "property", "fuzz", "short"}  # these run again under ASan+UBSan

BUILDS = {
    "build": ([], {}),
    "build-san": (["-Dbuildtype=debug", "-Doptimization=1", "-Db_sanitize=address,undefined", "-Db_lundef=false"],
                  {"CC": "clang", "CXX": "clang++"}),
    "build-tsan": (["-Dbuildtype=debug", "-Doptimization=1", "-Db_sanitize=thread", "-Db_lundef=false"],
                   {"CC": "clang", "CXX": "clang++"}),
    "build-torture": (["-Dtorture=true", "-Dbuildtype=debug", "-Db_sanitize=address,undefined", "-Db_lundef=false"],
                      {"CC": "clang", "CXX": "clang++"}),
}


def build(name):
    options, env = BUILDS[name]
    folder = ROOT / name
    env = dict(os.environ, **env)
    log = []
    if not (folder / "build.ninja").exists():
        log.append(["meson", "setup", str(folder), str(ROOT), *options])
    log.append(["ninja", "-C", str(folder)])
    for command in log:
        done = subprocess.run(command, env=env, cwd=ROOT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            print(done.stdout[-8000:])
            print("%s does not build" % name)
            print("0 passed, 1 failed, 0 skipped")
            sys.exit(1)
        for line in done.stdout.splitlines():
            if "warning:" in line:
                print(line)


def tests_of(name, suites):
    raw = subprocess.run(["meson", "introspect", "--tests", str(ROOT / name)], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    found = []
    for test in json.loads(raw):
        suite = {s.split(":")[-1] for s in test["suite"]} or {"unit"}
        if suite & suites:
            found.append((name, test))
    return found


def run(item, seed, base):
    name, test = item
    label = "%s %s" % (name.replace("build-", "") if name != "build" else "", test["name"])
    folder = pathlib.Path(tempfile.mkdtemp(dir=base))
    folder.chmod(0o711)  # parts of a hub run as users of their own: what is theirs in it, they may reach
    env = dict(os.environ)
    env.update(test["env"] if isinstance(test["env"], dict) else {})
    shared = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared" / "data"))
    env.update(TMPDIR=str(folder), HOME=str(folder), XDG_CACHE_HOME=str(folder / "cache"),
               YAGURA=str(ROOT / name / "yagura"), YAGURA_ROOT=str(ROOT), YAGURA_SEED=str(seed), YAGURA_TEST=os.environ["YAGURA_TEST"],
               YAGURA_SHARED=str(shared), LANG="C.UTF-8", LC_ALL="", LANGUAGE="", TZ="UTC",
               ASAN_OPTIONS="abort_on_error=0:detect_leaks=1:allocator_may_return_null=1",
               UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1")
    start = time.monotonic()
    try:
        done = subprocess.run(test["cmd"], env=env, cwd=test.get("workdir") or ROOT / name,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=max(TIMEOUT_S, test.get("timeout") or 0))
        code, output = done.returncode, done.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as late:
        code, output = 124, (late.stdout or b"").decode("utf-8", "replace") + "\ntoo slow: ended\n"
    took = time.monotonic() - start
    shutil.rmtree(folder, ignore_errors=True)
    counts = [tuple(map(int, m)) for m in COUNT.findall(output)]
    if counts:
        passed, failed, skipped = (sum(c[i] for c in counts) for i in range(3))
        if code not in (0, 77) and failed == 0:
            failed = 1
    else:
        passed, failed, skipped = (1, 0, 0) if code == 0 else (0, 0, 1) if code == 77 else (0, 1, 0)
    return label.strip(), passed, failed, skipped, took, output


def is_waiting(item):
    return bool({s.split(":")[-1] for s in item[1]["suite"]} & WAITING)


def is_late(output):
    """Did the test fall by limits of time alone: each case that fell, and no report of a sanitizer?"""
    cases = CASE_FELL.split(output)[1:] or [output]
    return not BROKEN.search(output) and all(LATE.search(case) for case in cases)


def run_all(items, seed, base):
    """(item, result) as they come. Runs of programs mostly wait, for a disk or for each other; the others compute: so
    the machine is busy with both at once."""
    cpus = max(1, os.cpu_count() or 1)
    waiting = [item for item in items if is_waiting(item)]
    computing = [item for item in items if item not in waiting]
    with concurrent.futures.ThreadPoolExecutor(max_workers=cpus) as one, \
            concurrent.futures.ThreadPoolExecutor(max_workers=cpus) as two:
        futures = {one.submit(run, item, seed, base): item for item in waiting}
        futures.update({two.submit(run, item, seed, base): item for item in computing})
        for future in concurrent.futures.as_completed(futures):
            yield futures[future], future.result()


def once_more(fell, seed, base, results):
    """Run those of @fell again, one after the other; what passes replaces its line in @results. Labels of those. One
    that is skipped now has not shown anything."""
    if len(fell) > UNSTEADY_MAX:
        return []
    unsteady = []
    for item in fell:
        result = run(item, seed, base)
        label, passed, failed, _, took, output = result
        is_good = passed and not failed
        said = "passed" if is_good else "FAILED again\n" + output[-6000:] if failed else "nothing was tried: still failed"
        print("%s alone: %s (%.0f s)" % (label, said, took), flush=True)
        if is_good:
            results[label] = result
            unsteady.append(label)
    return unsteady


def main():
    mode = sys.argv[1] if len(sys.argv) > 1 else "default"
    suites = {"quick": QUICK, "default": DEFAULT, "full": FULL}[mode]
    os.environ["YAGURA_TEST"] = mode
    seed = int(os.environ.get("YAGURA_SEED") or secrets.randbelow(1 << 31))
    start = time.monotonic()
    print("seed %d (repeat with YAGURA_SEED=%d)" % (seed, seed), flush=True)
    builds = ["build"] + (["build-san"] if mode != "quick" else []) + \
             (["build-tsan", "build-torture"] if mode == "full" else [])
    items = []
    for name in builds:
        build(name)
        print("%s is built (%.0f s)" % (name, time.monotonic() - start), flush=True)
        sanitized = SANITIZED | {"e2e"} if mode == "full" else SANITIZED
        wanted = {"build": suites, "build-san": suites & sanitized, "build-tsan": {"unit", "e2e"},
                  "build-torture": {"torture"}}[name]
        if name == "build":
            wanted = wanted - {"torture"}
        items += tests_of(name, wanted)
    base = tempfile.mkdtemp(prefix="yagura-test-")
    os.chmod(base, 0o711)
    results = {}
    fell = []
    for item, result in run_all(items, seed, base):
        label, passed, failed, skipped, took, output = result
        results[label] = result
        if failed:
            print("FAILED %s (%d)\n%s" % (label, failed, output[-6000:]), flush=True)
            if is_waiting(item) and is_late(output):
                fell.append(item)
        elif skipped:
            reason = [l for l in output.splitlines() if l.strip() and not COUNT.match(l)]
            print("skipped %s: %s" % (label, "; ".join(reason[-3:])), flush=True)
    unsteady = once_more(fell, seed, base, results)
    shutil.rmtree(base, ignore_errors=True)
    print("slowest:")
    for label, _, _, _, took, _ in sorted(results.values(), key=lambda r: -r[4])[:10]:
        print("  %6.1f s  %s" % (took, label))
    print("%d tests in %.0f s" % (len(results), time.monotonic() - start))
    for label in unsteady:
        print("unsteady: %s failed beside the others and passed alone: to be mended" % label)
    sums = [sum(r[i] for r in results.values()) for i in (1, 2, 3)]
    print("%d passed, %d failed, %d skipped" % tuple(sums))
    sys.exit(1 if sums[1] or sums[0] == 0 else 0)


main()
