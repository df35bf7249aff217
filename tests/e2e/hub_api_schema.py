# SPDX-License-Identifier: Apache-2.0
"""The hub's API against docs/openapi-hub.json with generated requests (schemathesis), as two roles.

The tool is the one of api_schema.py, installed into the build folder; without a package registry the
test is skipped and says so. Seed and number of examples are fixed.
"""
import pathlib
import subprocess
import sys
import tempfile

from api_tool import CHECKS, tool
from harness import ROOT
from hub_api_kit import Town

SEED = 20261126
EXAMPLES = 5
RUN_S = 400
# A run that signs its own session out, or locks itself, would see nothing but refusals after it.
# An answer that stays open has no end for the tool to wait for (hub_pages.py reads it).
LEFT_OUT = ("signOut", "endSession", "openStream")


def run(program, town, who, fixed, folder):
    command = [program, "run", ROOT / "docs/openapi-hub.json", "--base-url", town.hub.ready["url"], "--experimental",
               "openapi-3.1", "--checks", CHECKS, "--hypothesis-seed", SEED, "--hypothesis-max-examples", EXAMPLES,
               "--hypothesis-database", "none", "-H", "Cookie: " + who.cookie,
               "--generation-with-security-parameters", "false", "--data-generation-method", "all", "--no-color",
               "--request-timeout", "20000", "--rate-limit", "45/s"]
    for operation in LEFT_OUT:
        command += ["--exclude-operation-id", operation]
    for name, value in fixed.items():
        command += ["--set-path", "%s=%s" % (name, value)]
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          cwd=folder, timeout=RUN_S)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def main():
    program = tool()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        town = Town()
        sensor = town.hub.stranger("acme").me["sensor"]
        known = {"org": "acme", "sensor": sensor, "person": town.people["bob"], "mandate": town.mandate,
                 "token": "0" * 32, "finding": "0" * 32, "session": "others"}
        try:
            for who in (town.member, town.administrator):
                status, words = run(program, town, who, known, folder)
                if status != 0:
                    failed += 1
                    print(words)
        finally:
            code = town.end()
    if code != 0:
        failed += 1
        print("the hub ended with %s: %s" % (code, town.hub.messages()))
    print("%d passed, %d failed, 0 skipped" % (3 - failed, failed))
    return 1 if failed else 0


sys.exit(main())
