# SPDX-License-Identifier: Apache-2.0
"""Types and unit tests of the console (console/test), by the packages tools/console installed."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

CONSOLE = pathlib.Path(os.environ["YAGURA_ROOT"]) / "console"

if not (CONSOLE / "node_modules").is_dir():
    print("the console's packages are missing: run tools/console")
    print("0 passed, 1 failed, 0 skipped")
    sys.exit(1)
with tempfile.TemporaryDirectory() as folder:
    report = pathlib.Path(folder) / "report.json"
    types = subprocess.run(["node", "node_modules/typescript/bin/tsc", "--noEmit"], cwd=CONSOLE, stdin=subprocess.DEVNULL)
    units = subprocess.run(["node", "node_modules/vitest/vitest.mjs", "run", "--reporter=default", "--reporter=json",
                            "--outputFile=%s" % report], cwd=CONSOLE, stdin=subprocess.DEVNULL)
    told = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
passed = told.get("numPassedTests", 0) + (types.returncode == 0)
failed = told.get("numFailedTests", 0) + (types.returncode != 0)
if not told or (units.returncode and not told.get("numFailedTests")):
    failed += 1
print("%d passed, %d failed, %d skipped" % (passed, failed, told.get("numPendingTests", 0)))
sys.exit(1 if failed else 0)
