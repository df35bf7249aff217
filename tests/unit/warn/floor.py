# SPDX-License-Identifier: Apache-2.0
"""What one plan costs, in instructions: floor.py BENCH_PLAN

One round of bench_plan more, on 2,000 members and 20,000 relations, under callgrind: a number that
other programs on the machine do not change. Fails above the ceiling; skips without valgrind.
"""
import re
import shutil
import subprocess
import sys

CEILING = 20_000_000


def instructions(rounds):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.argv[1], str(rounds),
                           "2000", "20000"], capture_output=True, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


if not shutil.which("valgrind"):
    print("0 passed, 0 failed, 1 skipped (no valgrind)")
    sys.exit(77)
cost = instructions(2) - instructions(1)
print("one plan: %d instructions, ceiling %d" % (cost, CEILING))
print("%d passed, %d failed, 0 skipped" % (cost <= CEILING, cost > CEILING))
sys.exit(cost > CEILING)
