# SPDX-License-Identifier: Apache-2.0
"""C is hit; B and B' buy of it, A of both; the hospital shares its provider, the school its sector."""
import json
import time

from harness import folder
from hub_api_kit import Town
from hub_kit import Member, append, until

ATTACKER = "203.0.113.24"
PARTIES = {"corp-c": "Chikuma Seisakusho", "corp-b": "Bando Kogyo", "corp-b2": "Besshi Denki", "corp-a": "Asahina Motors",
           "hospital": "Harukaze Hospital", "school": "Sakuragaoka School"}
EDGES = (("corp-c", "corp-b"), ("corp-c", "corp-b2"), ("corp-b", "corp-a"), ("corp-b2", "corp-a"))
WEB = '%s - - [14/Mar/2026:03:%02d:00 +0000] "GET /a.php?id=1%%27%%20UNION%%20SELECT%%20%d-- HTTP/1.1" 200 %d "-" "Mozilla/5.0"'
YES = {"secret_data": True, "system_access": True}


def patient(who):
    """Asks again after the time that a 429 names."""
    ask = who.ask

    def again(*args, **headers):
        while True:
            status, fields, data = ask(*args, **headers)
            if status != 429:
                return status, fields, data
            time.sleep(int(fields["Retry-After"]))
    who.ask = again
    return who


class Community:
    def __init__(self, options=(), consent="anonymous", analysts=True, mails=False):
        self.town = Town(options=options)
        self.analyst = patient(self.town.analyst)
        self.who = {}
        for org, name in PARTIES.items():
            self.town.local.make("POST", "/orgs", {"id": org, "name": name})
            self.who[org] = patient(self.town.person("p-" + org, "member:" + org))
            self.who[org].make("PUT", "/orgs/%s/member" % org, {
                "provider": "mizuno" if org in ("corp-c", "hospital") else "", "name_ja": name, "name_en": name,
                "sector": "metal" if org in ("corp-c", "school") else "",
                "contact_mail": "it@%s.example" % org if mails else "", "deputy_mail": "deputy@%s.example" % org if mails else ""})
        for supplier, buyer in EDGES:
            for org in (supplier, buyer):
                self.who[org].make("PUT", "/orgs/%s/relations/%s/%s" % (org, supplier, buyer),
                                   dict(YES, consent=consent, analysts=analysts))
        self.log = folder() / "web.log"
        self.log.touch()
        self.sensor = Member(self.town.hub, "corp-c", follow=[self.log]).start()
        append(self.log, [WEB % (ATTACKER, n, n, 900 + n) for n in range(6)])
        hub = self.town.hub
        # What follows counts what there is: when all six lines were judged and looked at.
        until("the lines", lambda: len(hub.archived("corp-c")) == 6 and hub.lag() == 0 and hub.is_settled())
        self.situation = until("a situation", lambda: self.analyst.get("/situations")["items"])[0]["id"]
        until("all that was found", lambda: hub.idle_at() is not None)

    def plan(self, **more):
        return self.analyst.make("POST", "/situations/%s/plan" % self.situation, dict({"victim": "corp-c"}, **more))

    def warnings(self, plan):
        return {w["org"]: w for w in self.analyst.get("/warnings?plan=%s&limit=1000" % plan["id"])["items"]}

    def inbox(self, org):
        return self.who[org].get("/warnings")["items"]

    def end(self):
        assert self.sensor.stop() == 0 and self.town.end() == 0


def names_in(data):
    text = json.dumps(data, ensure_ascii=False).lower()
    return [n for n in ("chikuma", "corp-c", "web.log") if n in text]
