# SPDX-License-Identifier: Apache-2.0
"""The frameworks that come with the program: complete, in both languages, in our own words, and
without our x_ keys an ordinary library file."""
import datetime
import os
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(os.environ.get("YAGURA_ROOT", pathlib.Path(__file__).resolve().parents[2]))
SHARED = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared" / "data")) / "assessment"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
HELP = ("asked", "why", "cheap", "example", "proof", "looks_at")
# Keys and types of the library format, as its files have them.
LIBRARY = {
    "": {"urn": str, "locale": str, "ref_id": str, "name": str, "description": str, "copyright": str, "version": int,
         "publication_date": datetime.date, "provider": str, "packager": str, "translations": dict, "objects": dict},
    "objects": {"framework": dict},
    "objects.framework": {"urn": str, "ref_id": str, "name": str, "description": str, "translations": dict,
                          "implementation_groups_definition": list, "requirement_nodes": list, "min_score": int,
                          "max_score": int, "scores_definition": list},
    "objects.framework.implementation_groups_definition": {"ref_id": str, "name": str, "description": str,
                                                           "translations": dict},
    "objects.framework.requirement_nodes": {"urn": str, "assessable": bool, "depth": int, "parent_urn": str,
                                            "ref_id": str, "name": str, "description": str, "annotation": str,
                                            "implementation_groups": list, "translations": dict},
}
OURS = {"x_source", "x_rules", "x_answers", "x_evidence", "x_help"}
NOT_USED = ("認定", "格付け", "スコア", "合格", "矛盾", "虚偽", "通報", "お助け隊")
bad = []
passed = 0


def say(ok, text):
    global passed
    if ok:
        passed += 1
    else:
        bad.append(text)


def without_ours(value):
    if isinstance(value, dict):
        return {k: without_ours(v) for k, v in value.items() if not k.startswith("x_")}
    return [without_ours(v) for v in value] if isinstance(value, list) else value


def check_keys(value, path, where):
    if path.endswith("translations"):
        for language, texts in value.items():
            say(language in ("en", "ja") and all(isinstance(t, str) for t in texts.values()), "%s: %s" % (where, path))
        return
    allowed = LIBRARY.get(path)
    if allowed is None:
        return
    for item in value if isinstance(value, list) else [value]:
        for key, inner in item.items():
            ok = key in allowed and type(inner) is allowed[key]
            if not ok:
                say(False, "%s: %s.%s is %s" % (where, path, key, type(inner).__name__))
            check_keys(inner, (path + "." + key).strip("."), where)
    say(True, "")


def our_keys(value, found):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.startswith("x_"):
                found.add(key)
            our_keys(inner, found)
    elif isinstance(value, list):
        for inner in value:
            our_keys(inner, found)
    return found


def texts_of(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)


def check_words(nodes, where):
    for node in nodes:
        name = "%s %s" % (where, node["ref_id"])
        say(node["name"] and node["translations"]["en"]["name"], "%s: title in both languages" % name)
        if node["assessable"]:
            help_ = node["x_help"]
            for key in HELP:
                say(re.search("[ぁ-んァ-ン一-龥]", help_[key]["ja"]) and help_[key]["en"].isprintable()
                    and not re.search("[ぁ-ん]", help_[key]["en"]), "%s: %s in both languages" % (name, key))
            say(help_["effect"] in (1, 2, 3) and help_["effort"] in (1, 2, 3), "%s: effect and effort" % name)
            say(len({e["id"] for e in node["x_evidence"]}) == len(node["x_evidence"]) > 0, "%s: evidence" % name)
        for text in texts_of(node):
            for word in NOT_USED:
                if word in text:
                    say(False, "%s: the word %s is not ours to use" % (name, word))


def squeeze(text):
    return re.sub(r"\s", "", text)


def check_scs(nodes):
    criteria = [n for n in nodes if n["assessable"]]
    requirements = [n for n in nodes if n["ref_id"].count("-") == 2]
    for kind, group, count in ((criteria, "star3", 81), (criteria, "star4", 153), (requirements, "star3", 26),
                               (requirements, "star4", 43)):
        say(sum(group in n["implementation_groups"] for n in kind) == count, "SCS: %d of %s" % (count, group))
    official = SHARED / "scs-2026-03-27.yaml"
    if not official.exists():
        print("not compared with the published list: %s is not here" % official.name)
        return 1
    theirs = {n["ref_id"]: n for n in yaml.load(official.read_text(encoding="utf-8"), LOADER)
              ["objects"]["framework"]["requirement_nodes"]}
    say([n["ref_id"] for n in nodes] == list(theirs), "SCS: ids and their order")
    for node in nodes:
        other = theirs[node["ref_id"]]
        say(node.get("implementation_groups") == other.get("implementation_groups")
            and node["depth"] == other["depth"], "SCS %s: levels and depth" % node["ref_id"])
        wording = squeeze(other.get("description", ""))
        for text in texts_of(node.get("x_help", {})):
            copied = [text[i:i + 16] for i in range(len(squeeze(text)) - 15) if squeeze(text)[i:i + 16] in wording]
            say(not copied, "SCS %s: official sentence in %r" % (node["ref_id"], copied[:1]))
    return 0


skipped = 0
for path in sorted((ROOT / "frameworks").glob("*.yaml")):
    library = yaml.load(path.read_text(encoding="utf-8"), LOADER)
    extra = our_keys(library, set()) - OURS
    say(not extra, "%s: unknown keys %s" % (path.name, extra))
    check_keys(without_ours(library), "", path.name)
    check_words(library["objects"]["framework"]["requirement_nodes"], path.name)
    if path.name.startswith("scs-2026"):
        skipped += check_scs(library["objects"]["framework"]["requirement_nodes"])
print("\n".join(bad[:50]))
print("%d passed, %d failed, %d skipped" % (passed, len(bad), skipped))
sys.exit(1 if bad else 0)
