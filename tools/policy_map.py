#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/policy-map.ja.md from docs/policy-map.json: policy_map.py [--check]

--check writes nothing: it fails when the page is not what the data gives, when a row that is said
to be built names no command and test, or when a test it names does not exist.
"""
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
STATES = ("実装済み", "一部", "未実装")


def page(data):
    out = ["# 政策文書に書かれた仕組みと、このプログラム", "",
           "国の政策文書に名前の挙がる仕組みごとに、Yaguraが何をするか、どの命令で、どの試験が確かめるかを示します。"
           "まだ無いものは「未実装」と書きます。この表は `docs/policy-map.json` から作られます（%s 時点）。" % data["checked"], "",
           "| 仕組み | 主体 | すること | Yaguraがすること | 命令 | 試験 | 状態 |", "|---|---|---|---|---|---|---|"]
    for row in data["rows"]:
        code = lambda text: "`%s`" % text if text else "–"
        out.append("| %s | %s | %s | %s | %s | %s | %s |" % (
            row["system"], row["owner"], row["does"], row["yagura"] or "–", code(row["command"]),
            code(row["test"]), row["state"]))
    counts = ["%s %d" % (s, sum(r["state"] == s for r in data["rows"])) for s in STATES]
    out += ["", "合計：" + "、".join(counts) + "。", ""]
    return "\n".join(out)


def main():
    data = json.loads((ROOT / "docs" / "policy-map.json").read_text(encoding="utf-8"))
    target = ROOT / "docs" / "policy-map.ja.md"
    bad = []
    for row in data["rows"]:
        if row["state"] not in STATES:
            bad.append("%s: state %s" % (row["system"], row["state"]))
        if row["state"] != "未実装" and not (row["command"] and row["test"] and row["yagura"]):
            bad.append("%s: said to be built, but names no command or test" % row["system"])
        if row["test"] and not (ROOT / row["test"]).exists():
            bad.append("%s: %s does not exist" % (row["system"], row["test"]))
    if "--check" in sys.argv[1:]:
        if target.read_text(encoding="utf-8") != page(data):
            bad.append("docs/policy-map.ja.md is old: run tools/policy_map.py")
        print("\n".join(bad))
        print("%d passed, %d failed, 0 skipped" % (not bad, bool(bad)))
    else:
        target.write_text(page(data), encoding="utf-8")
    return 1 if bad else 0


sys.exit(main())
