#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""emulated.py PROGRAM [ARGUMENT…]: a test of the engine on CPUs that this machine is not.

Haswell has AVX2 and no AVX-512, Nehalem has SSE4.2 alone, Core 2 not even that (there the built-in
matcher works). The program's own last line counts; all three must pass. Needs qemu-x86_64.
"""
import platform
import shutil
import subprocess
import sys

CPUS = ("Haswell", "Nehalem", "core2duo")

emulator = shutil.which("qemu-x86_64")
if platform.machine() != "x86_64" or not emulator:
    print("skipped: other CPUs are emulated on x86-64 with qemu-x86_64 (package qemu-user)")
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(77)
passed = failed = 0
for cpu in CPUS:
    done = subprocess.run([emulator, "-cpu", cpu, *sys.argv[1:]], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, errors="replace")
    if done.returncode == 77:  # compares with Vectorscan, which this CPU cannot run
        print("%s: %s" % (cpu, done.stdout.strip()))
        continue
    passed += done.returncode == 0
    if done.returncode != 0:
        failed += 1
        print("%s: status %d\n%s\n%s" % (cpu, done.returncode, done.stdout[-2000:], done.stderr[-2000:]))
print("%d passed, %d failed, 0 skipped" % (passed, failed))
sys.exit(0 if passed and not failed else 1)
