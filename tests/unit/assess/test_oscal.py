#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exports as another program reads them: test_oscal.py TEST_OSCAL

Own checks of structure always: ids unique, references lead somewhere, texts not empty. Where
compliance-trestle is installed, its models read the files too.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
TOKEN = re.compile(r"^[A-Za-z_][A-Za-z0-9_.-]*$")
MODELS = {"catalog": "catalog.Catalog", "profile": "profile.Profile",
          "assessment-results": "assessment_results.AssessmentResults"}
passed = failed = skipped = 0


def check(holds, what):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds:
        print("failed:", what, file=sys.stderr)


def walk(value, key=""):
    yield key, value
    for name, child in (value.items() if isinstance(value, dict) else
                        ((key, child) for child in value) if isinstance(value, list) else ()):
        yield from walk(child, name)


with tempfile.TemporaryDirectory() as folder:
    paths = [pathlib.Path(folder) / (name + ".json") for name in MODELS]
    subprocess.run([sys.argv[1], *paths], check=True)
    files = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in zip(MODELS, paths)}

controls = [v["id"] for k, v in walk(files["catalog"]) if isinstance(v, dict) and k in ("controls", "groups") and "id" in v]
check(len(controls) == len(set(controls)) == 9, "ids of the catalog")
for name, tree in files.items():
    uuids = [v for k, v in walk(tree) if k == "uuid"]
    check(uuids and all(map(UUID.match, uuids)) and len(uuids) == len(set(uuids)), name + ": UUIDs")
    check(all(v.strip() for _, v in walk(tree) if isinstance(v, str)), name + ": empty texts")
    check(all(v for _, v in walk(tree) if isinstance(v, list)), name + ": empty lists")
    used = [v for k, v in walk(tree) if k in ("with-ids", "control-id", "target-id") and isinstance(v, str)]
    check(all(TOKEN.match(v) and v in controls for v in used), name + ": references to controls")
    seen = [v for k, v in walk(tree) if k == "observation-uuid"]
    check(all(v in uuids for v in seen), name + ": references to observations")
    try:
        import importlib
        module, model = MODELS[name].split(".")
        getattr(importlib.import_module("trestle.oscal." + module), model)(**tree[name])
        check(True, name)
    except ImportError:
        skipped += 1
    except Exception as error:
        check(False, "%s: trestle: %s" % (name, error))
if skipped:
    print("skipped: compliance-trestle is not installed; only our own checks ran")
print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
sys.exit(failed > 0)
