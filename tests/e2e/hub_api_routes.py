# SPDX-License-Identifier: Apache-2.0
"""The hub's route table, docs/openapi-hub.json, docs/api-hub.md and docs/access-matrix.csv agree."""
import csv
import json
import re
import sys

from harness import ROOT, case, equal, main, yagura
from openapi_of import DOCUMENT

sys.path.insert(0, str(ROOT / "tools"))
import openapi_hub  # noqa: E402  (the path is set above)

RIGHTS = re.findall(r"^X\((\w+),", (ROOT / "src/access/hub_rights.def").read_text(encoding="utf-8"), re.M)


def routes():
    done = yagura("hub", "--routes")
    equal(done.code, 0, done.err)
    return [tuple(line.split(" ")) for line in done.out.splitlines()]


def described():
    return {(method.upper(), path, operation["operationId"])
            for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()}


@case
def both_directions():
    offered = {route[:3] for route in routes()}
    equal(sorted(offered - described()), [], "offered, but not in docs/openapi-hub.json")
    equal(sorted(described() - offered), [], "in docs/openapi-hub.json, but not offered")


@case
def what_is_open_says_so():
    for method, path, _, scope, right in routes():
        operation = DOCUMENT["paths"][path][method.lower()]
        equal(operation.get("security") == [], scope == "open", (method, path))
        assert right in RIGHTS, right
        if scope == "org" and "{org}" not in path:
            assert any(p.get("name") == "org" for p in operation["parameters"]), (method, path)


@case
def what_is_done_once_says_so():
    """Idempotency-Key (docs/api-hub.md) stands where the program looks at it, and nowhere else."""
    for method, path, _, scope, right in routes():
        named = {"$ref": "#/components/parameters/IdempotencyKey"} in DOCUMENT["paths"][path][method.lower()]["parameters"]
        equal(named, method == "POST" and scope not in ("open", "self") and right != "read_records", (method, path))


@case
def file_is_current():
    equal(DOCUMENT, json.loads(json.dumps(openapi_hub.document())), "run tools/openapi_hub.py")


@case
def matrix_has_every_operation():
    with (ROOT / "docs/access-matrix.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    equal({row["operation"] for row in rows}, {route[2] for route in routes()})


@case
def page_names_every_path():
    page = (ROOT / "docs/api-hub.md").read_text(encoding="utf-8")
    written = set(re.findall(r"`[A-Z]+ (/[^` ?]*)", page))
    for path in DOCUMENT["paths"]:
        assert path.removeprefix("/api/v1") in written, path


main()
