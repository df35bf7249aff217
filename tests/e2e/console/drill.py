# SPDX-License-Identifier: Apache-2.0
"""
連絡網, 疎通確認訓練 and 情報提供 in a real browser on a real hub: console/e2e/drill.mjs, found by visible labels. The mail server is
not ours (aiosmtpd), the webhook a real HTTPS one; what the pages count is what these two saw.
"""
import collections
import email
import email.policy
import json
import os
import pathlib
import subprocess
import sys
import threading

ROOT = pathlib.Path(os.environ["YAGURA_ROOT"])
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from community_kit import patient  # noqa: E402
from harness import folder  # noqa: E402
from hub_api_kit import PASSWORD, Town  # noqa: E402
from post_kit import Hooks  # noqa: E402
from post_relay import Accepting  # noqa: E402

env = dict(os.environ, LANG="C.UTF-8")
if os.environ.get("YAGURA_SHOTS"):
    env["SHOTS"] = os.environ["YAGURA_SHOTS"]
for needed in (ROOT / "console" / "node_modules", pathlib.Path(env.get("CHROMIUM", "/usr/bin/chromium"))):
    if not needed.exists():
        print("%s is missing: tools/console and packaging/test-deps.txt bring it" % needed)
        print("0 passed, 1 failed, 0 skipped")
        sys.exit(1)

# id, name, stage, parent, channel, address. One operator's mailbox is not there, one secretariat has no way at all.
TREE = (
    ("soumu", "総務省", "ministry", "", "mail", "desk@soumu.example"),
    ("kokko", "国土交通省", "ministry", "", "mail", "desk@kokko.example"),
    ("sep-a", "セプター甲", "secretariat", "soumu", "mail", "desk@sep-a.example"),
    ("sep-b", "セプター乙", "secretariat", "soumu", "mail", "desk@sep-b.example"),
    ("sep-c", "セプター丙", "secretariat", "kokko", "mail", ""),
    ("op-a1", "みなと通信", "operator", "sep-a", "mail", "desk@op-a1.example"),
    ("op-a2", "あさひ放送", "operator", "sep-a", "webhook", "https://127.0.0.1/"),
    ("op-b1", "東都水道局", "operator", "sep-b", "mail", "gone@op-b1.example"),
    ("op-c1", "北浜空港", "operator", "sep-c", "mail", "desk@op-c1.example"))
STAGES = ("ministry", "secretariat", "operator")
GONE = "gone@op-b1.example"
STAGE = {org: stage for org, _, stage, _, _, _ in TREE}


class Seen:
    """What the mail server took."""

    def __init__(self):
        self.messages, self.changed = [], threading.Condition()


seen, hooks = Seen(), Hooks()
mail = Accepting(seen, refused=[GONE])
path = folder() / "hub.yaml"
path.write_text("lang: ja\nout:\n  mail_server: smtp://127.0.0.1:%d\n  mail_from: drill@hub.example\n  webhooks: \"yes\"\n"
                "  local: 127.0.0.1\n  authorities: %s\n" % (mail.port, hooks.authority))
town = Town(options=("--config", path))
for who in (town.local, town.nobody):
    patient(who)
for org, name, _, _, _, _ in TREE:
    town.local.make("POST", "/orgs", {"id": org, "name": name})
# The organisation that takes warnings by a program has registered it itself.
patient(town.person("p-op-a2", "member:op-a2")).make(
    "PUT", "/orgs/op-a2/webhook", {"url": "https://127.0.0.1:%d/op-a2" % hooks.port, "secret": "a secret of thirty-two characters"}, 200)
town.person("p-op-a1", "member:op-a1")

table = "id,name,stage,parent,channel,address\n" + "".join(",".join(row) + "\n" for row in TREE)
counted = folder() / "counted.json"
# Recipients, sent, received, acknowledged at each stage, as the drill stands when it waits for people: sep-c has no way, so nothing
# goes on below it.
world = {
    "base": town.hub.ready["url"], "password": PASSWORD, "table": table, "lines": len(TREE) + 1, "counted": str(counted),
    "cp932": __import__("base64").b64encode(table.encode("cp932")).decode(), "names": {row[0]: row[1] for row in TREE},
    "expected": [[2, 2, 2, 0], [3, 3, 2, 0], [4, 3, 2, 0]],
    "around": [[2, 2, 2, 0], [3, 3, 2, 0], [4, 4, 3, 1]],
    "provided": [[2, 2, 2, 0], [3, 3, 2, 0], [4, 4, 4, 0]]}
done = subprocess.run(["node", str(ROOT / "console" / "e2e" / "drill.mjs")], env=dict(env, WORLD=json.dumps(world)),
                      stdin=subprocess.DEVNULL)


def took(number):
    """Organisations that the mail server and the webhook saw this number for."""
    orgs = set()
    for _, recipients, body in seen.messages:
        one = email.message_from_bytes(body, policy=email.policy.default)
        if number in one.get_body(("plain",)).get_content() + str(one["Subject"]):
            orgs.update(to.strip("<>").split("@")[1].split(".")[0] for to in recipients)
    orgs.update(where.strip("/") for where, (_, _, data) in zip(hooks.paths, hooks.got) if data.get("number") == number)
    return orgs


failed = []
for plan in json.loads(counted.read_text()) if counted.exists() else []:
    by_stage = collections.Counter(STAGE[org] for org in took(plan["number"]))
    theirs = [by_stage[stage] for stage in STAGES if by_stage[stage]]
    ours = [row[2] for row in plan["stages"] if row[2]]
    if theirs != ours:
        failed.append("%s %s: received by %s, but the page says %s" % (plan["kind"], plan["number"], theirs, ours))
if len(json.loads(counted.read_text()) if counted.exists() else []) != 4:
    failed.append("four plans were to be counted")
for line in failed:
    print("FAILED " + line)
town.end()
mail.close()
hooks.close()
print("%d passed, %d failed, 0 skipped" % (1 - bool(failed), len(failed)))
sys.exit(done.returncode or (1 if failed else 0))
