# SPDX-License-Identifier: Apache-2.0
"""The hub's pages in a real browser on a real hub with real sensors: console/e2e/hub.mjs, found by visible labels."""
import datetime
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(os.environ["YAGURA_ROOT"])
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

import hub_situations as logs  # noqa: E402
from harness import folder  # noqa: E402
from hub_api_kit import PASSWORD, Town  # noqa: E402
from hub_kit import Member, append, until  # noqa: E402

env = dict(os.environ, LANG="C.UTF-8")
if os.environ.get("YAGURA_SHOTS"):
    env["SHOTS"] = os.environ["YAGURA_SHOTS"]
for needed in (ROOT / "console" / "node_modules", pathlib.Path(env.get("CHROMIUM", "/usr/bin/chromium"))):
    if not needed.exists():
        print("%s is missing: tools/console and packaging/test-deps.txt bring it" % needed)
        print("0 passed, 1 failed, 0 skipped")
        sys.exit(1)

# Yesterday, so that all of a day's times have been.
day = datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=1)
logs.DAY = day.isoformat()
logs.WEB = '%s - - [' + day.strftime("%d/%b/%Y") + ':%s +0000] "%s" %d %d "-" "Mozilla/5.0"'

town = Town()
for org, name, sector in (("acme", "株式会社みなと精工", "製造"), ("beta", "東浜電機株式会社", "製造"), ("itshop", "さくらITサポート", "情報通信")):
    town.local.make("PUT", "/orgs/" + org, {"name": name})
    town.local.make("PUT", "/orgs/%s/member" % org, {
        "name_ja": name, "name_en": org.title(), "sector": sector, "provider": "itshop" if org == "acme" else None,
        "contact_mail": "csirt-%s@%s.example" % (org, org), "contact_phone": "0312345678",
        "deputy_mail": None, "deputy_phone": None, "hours": "9:00-17:30", "verified": day.isoformat()})
home = folder()
names = ("vpn.log", "windows.json", "web.log")
for name in names + ("beta.log",):
    (home / name).touch()
members = [Member(town.hub, "acme", follow=[home / n for n in names]).start(),
           Member(town.hub, "beta", follow=[home / "beta.log"]).start()]
for name, lines in zip(names, logs.story()):
    append(home / name, lines)
# The same address at another member.
append(home / "beta.log", [logs.WEB % (logs.OTHER, logs.clock(21000 + 70 * n), "GET /cart.php?id=%d%%27%%20UNION%%20SELECT%%201-- HTTP/1.1" % n,
                                       200, 500 + n) for n in range(5)])
found = until("the situations", lambda: [s for s in logs.situations(town.analyst) if s["organisations"] == 2]
              and len(logs.situations(town.analyst)) >= 3 and town.hub.idle_at() and logs.situations(town.analyst))
# Terms come now: what was sent before they were set stays.
town.administrator.make("PUT", "/terms", {"version": "2026-11", "host": "港町データセンター", "from": "2026-11-01"})
invited = town.local.make("POST", "/people", {"login": "sato", "name": "佐藤 花", "grants": [{"role": "member", "org": "acme"}]})
world = {
    "base": town.hub.ready["url"], "link": town.hub.admin("sign-in-link").out.strip(), "password": PASSWORD,
    "invitation": invited["invitation"], "situations": [s["id"] for s in found],
    "both": next(s["id"] for s in found if s["organisations"] == 2),
    "attacker": logs.ATTACKER, "other": logs.OTHER, "log": str(home / "web.log"),
    "day": day.strftime("%d/%b/%Y"), "names": {"acme": "株式会社みなと精工", "beta": "東浜電機株式会社"}}
done = subprocess.run(["node", str(ROOT / "console" / "e2e" / "hub.mjs")], env=dict(env, WORLD=json.dumps(world)),
                      stdin=subprocess.DEVNULL)
for member in members:
    member.stop()
town.end()
sys.exit(done.returncode)
