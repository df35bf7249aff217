# SPDX-License-Identifier: Apache-2.0
"""The guide on the pages of the demo, in a real browser: `yagura demo run --story` as at a terminal, and
console/e2e/demo.mjs, which finds everything by visible labels."""
import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(os.environ["YAGURA_ROOT"])

env = dict(os.environ, LANG="C.UTF-8")
if os.environ.get("YAGURA_SHOTS"):
    env["SHOTS"] = os.environ["YAGURA_SHOTS"]
for needed in (ROOT / "console" / "node_modules", pathlib.Path(env.get("CHROMIUM", "/usr/bin/chromium"))):
    if not needed.exists():
        print("%s is missing: tools/console and packaging/test-deps.txt bring it" % needed)
        print("0 passed, 1 failed, 0 skipped")
        sys.exit(1)
with tempfile.TemporaryDirectory() as folder:
    place = pathlib.Path(folder) / "demo"
    above, below = pty.openpty()
    demo = subprocess.Popen([os.environ["YAGURA"], "demo", "run", "--story", "--timeout", "240", "--place", str(place)],
                            stdout=below, stderr=subprocess.PIPE, env=dict(env, LANGUAGE="ja"))
    os.close(below)
    text = b""
    while b"Ctrl+C" not in text:
        try:
            piece = os.read(above, 65536)
        except OSError:  # it has ended
            print(text.decode(), demo.stderr.read().decode())
            print("0 passed, 1 failed, 0 skipped")
            sys.exit(1)
        text += piece
    base = re.search(r"http://127\.0\.0\.1:\d+", text.decode()).group(0)
    done = subprocess.run(["node", str(ROOT / "console" / "e2e" / "demo.mjs")], env=dict(env, WORLD=json.dumps({"base": base})),
                          stdin=subprocess.DEVNULL)
    demo.send_signal(signal.SIGINT)
    demo.stderr.read()
    code = demo.wait(60)
    os.close(above)
    if code != 0 or place.exists():
        print("the demo ended with %d; left: %s" % (code, list(place.rglob("*"))[:5]))
        sys.exit(1)
sys.exit(done.returncode)
