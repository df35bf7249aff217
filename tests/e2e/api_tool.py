# SPDX-License-Identifier: Apache-2.0
"""schemathesis for the tests that use it: installed into the build folder, in the versions of
api_schema.txt, when it is not there yet."""
import os
import pathlib
import subprocess
import sys

CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,"
          "response_schema_conformance,response_headers_conformance")
LIST = pathlib.Path(__file__).with_name("api_schema.txt")
INSTALL_S = 300


def skip(why):
    print("skipped: %s" % why)
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)


def tool():
    """The tool's path; installed when it is missing or of other versions."""
    folder = pathlib.Path(os.environ["YAGURA_BUILD"]) / "api-schema-venv"
    mark, program = folder / "installed.txt", folder / "bin" / "schemathesis"
    wanted = LIST.read_text(encoding="utf-8")
    if program.exists() and mark.exists() and mark.read_text(encoding="utf-8") == wanted:
        return program
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=INSTALL_S)
    if made.returncode != 0:
        skip("schemathesis needs a virtual environment (python3-venv): %s" % made.stdout.strip()[-200:])
    try:
        got = subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "-q", "--retries", "0",
                              "--timeout", "10", "--disable-pip-version-check", "-r", LIST],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=INSTALL_S)
    except subprocess.TimeoutExpired:
        skip("schemathesis is not installed, and installing it took too long")
    if got.returncode != 0:
        skip("schemathesis is not installed, and no package registry gave it: %s" % got.stdout.strip()[-200:])
    mark.write_text(wanted, encoding="utf-8")
    return program
