# SPDX-License-Identifier: Apache-2.0
"""
A warning shared in a collection, and feeds of other TAXII servers, in a real browser on a real hub: console/e2e/share.mjs, found by
visible labels. What the page shows before it is shared is what a member's program then reads by TAXII; the other server is a small
one of this file, which holds against whom the secret of a feed goes.
"""
import http.client
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading

ROOT = pathlib.Path(os.environ["YAGURA_ROOT"])
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from community_kit import ATTACKER, PARTIES, Community  # noqa: E402
from harness import equal, folder  # noqa: E402
from hub_api_kit import PASSWORD  # noqa: E402

TYPE = "application/taxii+json;version=2.1"
TOOL = {"type": "tool", "spec_version": "2.1", "id": "tool--00000000-0000-4000-8000-000000000001", "name": "x",
        "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z"}
STAMP = "2026-11-26T00:00:00.000000Z"

env = dict(os.environ, LANG="C.UTF-8")
if os.environ.get("YAGURA_SHOTS"):
    env["SHOTS"] = os.environ["YAGURA_SHOTS"]
for needed in (ROOT / "console" / "node_modules", pathlib.Path(env.get("CHROMIUM", "/usr/bin/chromium"))):
    if not needed.exists():
        print("%s is missing: tools/console and packaging/test-deps.txt bring it" % needed)
        print("0 passed, 1 failed, 0 skipped")
        sys.exit(1)

asked = []


class Other(http.server.BaseHTTPRequestHandler):
    """Another TAXII server, of one collection; the other one is none."""

    def log_message(self, *args):
        pass

    def do_GET(self):
        asked.append((self.path.split("/")[1], self.headers.get("Authorization")))
        is_good = self.path.startswith("/good/")
        body = json.dumps({"objects": [TOOL]}).encode() if is_good else b""
        self.send_response(200 if is_good else 403)
        for name, value in (("Content-Type", TYPE), ("Content-Length", str(len(body))), ("X-TAXII-Date-Added-First", STAMP),
                            ("X-TAXII-Date-Added-Last", STAMP)):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other)
other.daemon_threads = True
threading.Thread(target=other.serve_forever, daemon=True).start()
place = folder()
place.chmod(0o755)
files = place / "feeds"
files.mkdir(mode=0o755)
(files / "127.0.0.1_token").write_text("sesame\n", encoding="utf-8")
(files / "127.0.0.1_token").chmod(0o644)
(place / "hub.yaml").write_text("lang: ja\nout:\n  feeds: %s\n  local: 127.0.0.1\n" % files, encoding="utf-8")
(place / "hub.yaml").chmod(0o644)
community = Community(options=("--config", place / "hub.yaml"))
hub = community.town.hub
plan = community.plan()
community.who["corp-c"].make("POST", "/questions/%s/answer" % plan["id"], {"answer": "yes"}, 200)
community.analyst.make("POST", "/plans/%s/approve" % plan["id"], status=200)
for words in (("--title", "共有の広場", "--alias", "plaza", "--for", "community", "--default-tlp", "green"), ("--title", "うちだけ", "--alias", "inside")):
    done = hub.admin("collection", "add", *words)
    equal(done.code, 0, done.err)
world = {"base": hub.ready["url"], "password": PASSWORD, "plan": plan["id"], "attacker": ATTACKER,
         "victim": [PARTIES["corp-c"], "corp-c"], "other": "http://127.0.0.1:%d" % other.server_address[1]}
done = subprocess.run(["node", str(ROOT / "console" / "e2e" / "share.mjs")], env=dict(env, WORLD=json.dumps(world)), stdin=subprocess.DEVNULL)

# What a program of a member reads: what the page showed, and no name.
token = hub.admin("api-token", "--org", "hospital", "--role", "member").out.strip()
connection = http.client.HTTPConnection(hub.ready["url"].split("//")[1], timeout=60)
connection.request("GET", "/taxii2/hub/collections/plaza/objects/", headers={"Accept": TYPE, "Authorization": "Bearer " + token})
text = connection.getresponse().read().decode()
found = json.loads(text)["objects"]
assert {"grouping", "indicator"} <= {o["type"] for o in found} or "report" in {o["type"] for o in found}, found
assert ATTACKER in text and not [name for name in world["victim"] if name in json.dumps(found, ensure_ascii=False)], text
assert TOOL["id"] in {o["id"] for o in found}, "the feed's object is there, too"
equal({path: authorization for path, authorization in asked}, {"good": "Bearer sesame", "bad": None})
community.end()
sys.exit(done.returncode)
