# SPDX-License-Identifier: Apache-2.0
"""The running API against its own description, with generated requests (schemathesis).

The tool is installed into the build folder, in the versions of api_schema.txt, when it is not there
yet; without a package registry the test is skipped and says so. Seed and number of examples are
fixed.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

from api_kit import Api
from api_tool import CHECKS, tool
from harness import ROOT

SEED = 20261125
EXAMPLES = 6
RUN_S = 240


def ids(api):
    """One of each object, so that generated requests meet something."""
    head = api.make("POST", "/assessments", {"framework": "scs-2026-03-27", "level": "star3",
                                             "organisation": {"name": "山田製作所"}})
    at = "/assessments/" + head["id"]
    answer, content = api.ask("GET", "/api/v1%s/criteria?limit=1" % at)
    criterion = json.loads(content)["items"][0]["id"]
    evidence = api.make("POST", at + "/evidence", {"kind": "record", "title": "連絡先一覧",
                                                   "criteria": [criterion]})
    api.make("PUT", "%s/criteria/%s/answer" % (at, criterion),
             {"state": "met", "evidence": [evidence["id"]]}, If_Match='"0"')
    expert = api.make("POST", at + "/experts", {"name": "鈴木", "qualification": "登録セキスペ",
                                                "until": "2099-12-31"})
    api.make("POST", at + "/official-results", {"level": "star3", "number": "1", "source": "x",
                                                "valid_to": "2099-12-31"})
    return {"assessment": head["id"], "criterion": criterion, "evidence": evidence["id"],
            "expert": expert["id"]}


def run(program, api, fixed, folder, examples):
    """Every operation with generated requests; the tool's exit status and words."""
    command = [program, "run", ROOT / "docs/openapi.json", "--base-url", api.base, "--experimental",
               "openapi-3.1", "--checks", CHECKS, "--hypothesis-seed", SEED, "--hypothesis-max-examples",
               examples, "--hypothesis-database", "none", "-H",
               "Cookie: " + api.cookie, "--generation-with-security-parameters", "false",
               "--data-generation-method", "all", "--no-color", "--request-timeout", "20000"]
    for name, value in fixed.items():
        command += ["--set-path", "%s=%s" % (name, value)]
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          cwd=folder, timeout=RUN_S)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def main():
    program = tool()
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        api = Api(folder)
        try:
            known = ids(api)
            for fixed, examples in ((known, EXAMPLES), ({}, 2)):
                status, words = run(program, api, fixed, folder, examples)
                if status != 0:
                    failed += 1
                    print(words)
        finally:
            status = api.end()
        if status != 0:
            failed += 1
            print("yagura ended with %d" % status)
    print("%d passed, %d failed, 0 skipped" % (3 - failed, failed))
    return 1 if failed else 0


sys.exit(main())
