# SPDX-License-Identifier: Apache-2.0
"""The program's route table, docs/openapi.json and docs/api.md say the same, in all directions."""
import json
import re
import sys

from harness import ROOT, case, equal, main, yagura

sys.path.insert(0, str(ROOT / "tools"))
import openapi  # noqa: E402  (the path is set above)

DOCUMENT = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))


def routes():
    done = yagura("assess", "web", "--routes")
    equal(done.code, 0, done.err)
    return {tuple(line.split(" ")) for line in done.out.splitlines()}


def described():
    return {(method.upper(), path, operation["operationId"])
            for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()}


@case
def both_directions():
    equal(sorted(routes() - described()), [], "offered, but not in docs/openapi.json")
    equal(sorted(described() - routes()), [], "in docs/openapi.json, but not offered")


@case
def not_yet_is_not_there():
    """A name in NOT_YET that the program offers must leave that list."""
    equal(sorted({name for _, _, name in routes()} & openapi.NOT_YET), [], "offered: no longer NOT_YET")


@case
def file_is_current():
    equal(DOCUMENT, json.loads(json.dumps(openapi.document())), "docs/openapi.json: run tools/openapi.py")


@case
def parts_are_described():
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            names = {p["name"] for p in operation["parameters"] if p.get("in") == "path"}
            equal(names, set(re.findall(r"\{(\w+)\}", path)), (method, path))


@case
def every_reference_leads_somewhere():
    def follow(node):
        if isinstance(node, dict):
            if "$ref" in node:
                place = DOCUMENT
                for step in node["$ref"].removeprefix("#/").split("/"):
                    place = place[step]
            for value in node.values():
                follow(value)
        elif isinstance(node, list):
            for value in node:
                follow(value)
    follow(DOCUMENT)


@case
def api_md_names_every_path():
    """docs/api.md writes paths without /api/v1 and may shorten what stands before an ellipsis."""
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    written = set(re.findall(r"[/…][a-z/{}…-]*[a-z}]", page))
    for method, path, _, _, _ in openapi.OPERATIONS:
        endings = [path[i:] for i in range(len(path)) if path[i] == "/"]
        assert any(w == path or w == "/api/v1" + path or w.lstrip("…") in endings for w in written), path


main()
