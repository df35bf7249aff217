# SPDX-License-Identifier: Apache-2.0
"""Documents to edit: the index, the files, the frameworks that point at them, and our own rules."""
import csv
import io
import json
import os
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(os.environ.get("YAGURA_ROOT", pathlib.Path(__file__).resolve().parents[2]))
FOLDER = ROOT / "templates"
NOT_USED = ("証明書", "認定", "格付け", "スコア", "合格", "矛盾", "虚偽", "通報", "お助け隊")
passed, bad = 0, []


def say(ok, text):
    global passed
    passed += bool(ok)
    if not ok:
        bad.append(text)


index = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
nodes = {}
for path in sorted((ROOT / "frameworks").glob("*.yaml")):
    for node in yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))[
            "objects"]["framework"]["requirement_nodes"]:
        if node["assessable"] and path.name.startswith("scs-"):
            nodes[node["ref_id"]] = node
names = {entry["name"] for entry in index}
files = {path.name for path in FOLDER.iterdir() if path.suffix in (".md", ".csv") and path.name != "README.md"}
say(len(names) == len(index), "names stand twice")
say({entry["file_name"] for entry in index} == files, "index and files differ: %s" % files)
packed = (FOLDER / "meson.build").read_text(encoding="utf-8")
for entry in index:
    name, text = entry["name"], (FOLDER / entry["file_name"]).read_bytes().decode("utf-8")
    say(entry["file_name"] in packed, name + ": not in meson.build")
    say(all(entry["title"].get(lang) for lang in ("ja", "en")), name + ": titles")
    say(entry["criteria"] == sorted(set(entry["criteria"]), key=lambda i: [int(p) for p in i.split("-")]),
        name + ": criteria in order, once each")
    for word in NOT_USED:
        say(word not in text, "%s: holds %s" % (name, word))
    for criterion in entry["criteria"]:
        say(criterion in nodes, "%s: there is no criterion %s" % (name, criterion))
    if entry["file_name"].endswith(".csv"):
        say(text.startswith("\ufeff") and "\r\n" in text, name + ": byte-order mark and CRLF, for spreadsheets")
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
        say(len(rows) > 1 and all(len(row) == len(rows[0]) for row in rows), name + ": rows as wide as the header")
        say(len({row[0] for row in rows}) == len(rows), name + ": names in the first column stand twice")
    else:
        # Whatever a document says it serves is a criterion, and what the index says stands in it.
        said = set(re.findall(r"\d+-\d+-\d+-\d+", text))
        say(said <= set(nodes), "%s: unknown %s" % (name, said - set(nodes)))
        groups = set(re.findall(r"(?<![\d-])\d+-\d+-\d+(?![\d-])", text))
        for criterion in entry["criteria"]:
            parts = criterion.split("-")
            group = re.escape("-".join(parts[:3]))
            near = re.search(r"%s-\d+〜%s-\d+" % (group, group), text)
            say(criterion in said or "-".join(parts[:3]) in groups or near, "%s: %s is not in it" % (name, criterion))
for ref_id, node in nodes.items():
    for word in node.get("x_help", {}).get("closed_by", []):
        if word.startswith("template:"):
            say(any(entry["name"] == word[9:] and ref_id in entry["criteria"] for entry in index),
                "%s: there is no template %s that serves it" % (ref_id, word[9:]))
for text in bad:
    print("failed:", text, file=sys.stderr)
print("%d passed, %d failed, 0 skipped" % (passed, len(bad)))
sys.exit(1 if bad else 0)
