#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The independent script agrees with the program: test_verify_script.py TEST_STATEMENT ROOT

The program's own test makes a statement; the script accepts it and refuses it with any byte
changed, left out or added, as test_statement.c shows for the program.
"""
import pathlib
import subprocess
import sys
import tempfile

program, root = sys.argv[1:]
script = pathlib.Path(root) / "tools/verify_statement.py"
try:
    import cryptography  # noqa: F401
except ImportError:
    print("skipped: needs python3-cryptography (packaging/test-deps.txt)")
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(77)
sys.path.insert(0, str(script.parent))
from verify_statement import verify  # noqa: E402

failed = 0


def check(holds, what):
    global failed
    if not holds:
        failed += 1
        print("failed:", what, file=sys.stderr)


def accepts(data, key=None):
    try:
        return bool(verify(data, key))
    except Exception:
        return False


def run(*args):
    done = subprocess.run([sys.executable, script, *args], capture_output=True, text=True)
    return done.returncode, done.stdout.strip()


with tempfile.TemporaryDirectory() as folder:
    paths = [pathlib.Path(folder) / name for name in ("S.json", "key.pub", "other.pub", "changed.json")]
    subprocess.run([program, paths[0], paths[1]], check=True)
    data = paths[0].read_bytes()
    fields = dict(line.split(": ", 1) for line in paths[1].read_text().splitlines() if ": " in line)
    keyid = fields["fingerprint"]
    check(run(paths[0]) == (0, "signature intact, signer not confirmed: " + keyid), "without key")
    check(run(paths[0], "--key", paths[1]) == (0, "valid: signed by " + keyid), "with key")
    paths[2].write_text(paths[1].read_text().replace(fields["public"], "A" * 43 + "="))
    check(run(paths[0], "--key", paths[2]) == (1, ""), "another key")
    paths[2].write_text("")
    check(run(paths[0], "--key", paths[2]) == (1, ""), "an empty key file")
    paths[3].write_bytes(data + b"\n")
    check(run(paths[3])[0] == 1, "a line end added")
    for i in range(len(data)):
        bit = 1 << i % 8
        check(not accepts(data[:i] + bytes([data[i] ^ bit]) + data[i + 1:]), "byte %d changed" % i)
        check(not accepts(data[:i] + data[i + 1:]), "byte %d left out" % i)
        check(not accepts(data[:i] + b" " + data[i:]), "byte %d added" % i)
        if i % 16 == 0:
            for bit in range(8):
                check(not accepts(data[:i] + bytes([data[i] ^ 1 << bit]) + data[i + 1:]), "bit %d of %d" % (bit, i))
print("%d passed, %d failed, 0 skipped" % (0 if failed else 1, failed))
sys.exit(failed > 0)
