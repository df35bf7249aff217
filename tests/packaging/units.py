#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The units of packaging/systemd: hardened as far as the service manager can tell, and what they start exists."""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(os.environ["YAGURA_ROOT"])
UNITS = ROOT / "packaging/systemd"
EXPOSED_MAX = 20  # tenths; 1.5 and 1.7 when this was written
failed = skipped = passed = 0


def check(is_right, what):
    global failed, passed
    passed += bool(is_right)
    failed += not is_right
    if not is_right:
        print("failed: " + what)


def analyse(unit):
    """What the service manager thinks of it, without a running one."""
    global skipped
    tool = shutil.which("systemd-analyze")
    done = tool and subprocess.run([tool, "security", "--offline=true", "--no-pager", str(unit)],
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    found = done and re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    if not found:
        skipped += 1
        print("skipped: systemd-analyze security --offline is not here")
        return
    level = round(float(found[1]) * 10)
    print("%s: exposure %s" % (unit.name, found[1]))
    check(level <= EXPOSED_MAX, "%s is exposed: %s" % (unit.name, found[1]))


def options_of(name, program):
    """Options of the sample file are options of the program."""
    text = (UNITS / name).read_text()
    help_text = subprocess.run(program, stdout=subprocess.PIPE, text=True, check=True,
                               env=dict(os.environ, LANGUAGE="en")).stdout
    lines = re.findall(r'^#?OPTIONS="(.*)"$', text, re.M)
    check(lines, name + " has no OPTIONS")
    for line in lines:
        for word in shlex.split(line):
            if word.startswith("--"):
                check(word in help_text, "%s: %s is no option" % (name, word))


for unit in sorted(UNITS.glob("*.service")):
    analyse(unit)
    text = unit.read_text()
    for line in ("NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "MemoryDenyWriteExecute=yes",
                 "SystemCallArchitectures=native"):
        check("\n%s\n" % line in text, "%s lacks %s" % (unit.name, line))
    user = re.search(r"^User=(\S+)$", text, re.M)
    check(user and user[1] != "root" and "u %s " % user[1] in (UNITS / "yagura.sysusers").read_text(),
          "%s: the account is in yagura.sysusers" % unit.name)
options_of("yagura-sensor.default", [os.environ["YAGURA_SENSOR"], "--help"])
options_of("yagura-hub.default", [os.environ["YAGURA"], "hub", "--help"])
print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
sys.exit(failed > 0)
