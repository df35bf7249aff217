# SPDX-License-Identifier: Apache-2.0
"""The console in a real browser on the real program: console/e2e/run.mjs, found by visible labels."""
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(os.environ["YAGURA_ROOT"])

env = dict(os.environ, YAGURA=os.environ["YAGURA"], LANG="C.UTF-8")
if os.environ.get("YAGURA_SHOTS"):
    env["SHOTS"] = os.environ["YAGURA_SHOTS"]
for needed in (ROOT / "console" / "node_modules", pathlib.Path(env.get("CHROMIUM", "/usr/bin/chromium"))):
    if not needed.exists():
        print("%s is missing: tools/console and packaging/test-deps.txt bring it" % needed)
        print("0 passed, 1 failed, 0 skipped")
        sys.exit(1)
sys.exit(subprocess.run(["node", str(ROOT / "console" / "e2e" / "run.mjs")], env=env, stdin=subprocess.DEVNULL).returncode)
