#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From src/model/dictionary.json: the C table, the reference page or the JSON Schema.

usage: dictionary.py header|page|schema DICTIONARY.json OUTPUT
"""
import json
import re
import sys


def symbol(name):
    text = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
    return "YG_F_" + text


def header(fields):
    out = ["/* Generated from model/dictionary.json by tools/dictionary.py: do not edit. */", "#pragma once", "", "enum yg_field_id {"]
    out += ["\t%s = %d," % (symbol(f["name"]), i) for i, f in enumerate(fields, 1)]
    out += ["\tYG_F_COUNT = %d," % (len(fields) + 1), "};", "", '#define YG_DICTIONARY_NAMES "", \\']
    out += ['\t"%s", \\' % f["name"] for f in fields]
    return "\n".join(out)[:-3] + "\n"


def page(fields):
    out = ["# Fields", "", "Generated from `src/model/dictionary.json`. Fields not in this list keep the name the log gives them.", "",
           "| Name | Type | Meaning | 意味 | ECS |", "|---|---|---|---|---|"]
    out += ["| `%s` | %s | %s | %s | %s |" % (f["name"], f["type"], f["en"], f["ja"], f["ecs"] and "`%s`" % f["ecs"]) for f in fields]
    return "\n".join(out) + "\n"


def schema(fields):
    value = {"type": ["string", "number", "boolean", "null", "array"]}
    known = {f["name"]: dict(value, description=f["en"]) for f in fields}
    return json.dumps({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Yagura record", "type": "object",
        "required": ["v", "format", "source", "position", "fields"],
        "properties": {
            "v": {"const": 1, "description": "version of this form"},
            "format": {"type": "string"}, "source": {"type": "string"},
            "position": {"type": "integer", "minimum": 1},
            "time": {"type": "string", "format": "date-time", "description": "time as understood, UTC"},
            "time_text": {"type": "string", "description": "time as written"},
            "has_zone": {"type": "boolean"},
            "raw": {"type": "string"},
            "fields": {"type": "object", "properties": known, "additionalProperties": value},
        },
    }, ensure_ascii=False, indent=1) + "\n"


def main():
    kind, source, output = sys.argv[1:]
    fields = json.load(open(source, encoding="utf-8"))["fields"]
    for key in (lambda f: f["name"].replace(" ", ""), lambda f: symbol(f["name"])):
        seen = {}
        for f in fields:
            if key(f) in seen:
                sys.exit("%s: %s and %s collide as %s" % (source, seen[key(f)], f["name"], key(f)))
            seen[key(f)] = f["name"]
    with open(output, "w", encoding="utf-8") as out:
        out.write({"header": header, "page": page, "schema": schema}[kind](fields))


main()
