# SPDX-License-Identifier: Apache-2.0
"""docs/access-matrix.csv, held against a real hub: role x own or other organisation -> status.

Each operation of docs/openapi-hub.json has a line for each role; one that is missing fails. `own` is
the organisation acme, `other` is beta, which member, provider and the token do not reach: there the
answer must be byte for byte that of an organisation that does not exist. `-`: the operation is of no
organisation. With --print the outcomes are printed as a table to look at.
"""
import base64
import csv
import json
import sys

from harness import ROOT
from hub_api_kit import PASSWORD, Town
from openapi_of import DOCUMENT

FILE = ROOT / "docs/access-matrix.csv"
ROLES = ("administrator", "analyst", "member", "provider", "token", "nobody")
UNKNOWN = "nowhere"
NONE = "f" * 32
INDICATOR = "indicator--00000000-0000-4000-8000-000000000000"


def sheet(*lines):
    return base64.b64encode("\n".join(lines).encode()).decode()


class Matrix:
    def __init__(self):
        self.town = Town()
        self.stranger = self.town.hub.stranger("acme")
        assert self.town.hub.admin("collection", "add", "--title", "matrix", "--alias", "matrix", "--for", "community").code == 0
        self.other_sensor = self.town.hub.stranger("beta")
        # Whoever is let in at beta by a mandate would reach it: another provider is.
        self.town.local.make("POST", "/orgs", {"id": "othershop"})
        self.asks = {"administrator": self.town.administrator, "analyst": self.town.analyst,
                     "member": self.town.member, "provider": self.town.provider,
                     "token": self.town.token("acme", "analyst"), "nobody": self.town.nobody}
        self.fresh = 0

    def again(self, what):
        self.fresh += 1
        return "%s%d" % (what, self.fresh)

    def new_org(self, role, org):
        """A fresh organisation where something is done to it that cannot be undone."""
        if role != "administrator" or org not in ("acme", "beta"):
            return org
        name = self.again("gone-")
        assert self.town.hub.admin("org", "add", name).code == 0
        return name

    def new_sensor(self, org):
        if org not in ("acme", "beta"):
            return NONE
        return self.town.hub.stranger(org).me["sensor"]

    def new_token(self, org):
        if org not in ("acme", "beta"):
            return NONE
        who = {"acme": self.town.member, "beta": self.town.other}[org]
        return who.make("POST", "/tokens?org=" + org, {"role": "member"})["id"]

    def new_mandate(self, org):
        if org not in ("acme", "beta"):
            return NONE
        who = {"acme": self.town.member, "beta": self.town.other}[org]
        return who.make("POST", "/orgs/%s/mandates" % org, self.mandate_wish(
            "itshop" if org == "acme" else "othershop"))["id"]

    @staticmethod
    def mandate_wish(provider="othershop"):
        return {"provider": provider, "signed_by": "Mei", "signed": "2026-11-01", "until": "2099-12-31",
                "rights": ["read_org"]}

    def new_relation(self, org):
        buyer = self.again("buyer-")
        if org in ("acme", "beta"):
            who = {"acme": self.town.member, "beta": self.town.other}[org]
            who.make("PUT", "/orgs/%s/relations/%s/%s" % (org, org, buyer), {})
            who.make("PUT", "/orgs/%s/relations/%s/supplier-x" % (org, org), {})
        return buyer

    def new_report(self, org):
        if org not in ("acme", "beta"):
            return "none"
        who = {"acme": self.town.member, "beta": self.town.other}[org]
        return who.make("POST", "/orgs/%s/reports" % org, {"event": {"type": "near_miss"}})["id"]

    def new_person(self):
        login = self.again("someone")
        return self.town.administrator.make("POST", "/people", {
            "login": login, "name": login, "grants": [{"role": "member", "org": "acme"}]})["id"]

    def request(self, operation, role, org):
        """(path with query, body) for an operation on @org."""
        o = "/orgs/" + org
        q = "?org=" + org
        sensor = {"acme": self.stranger, "beta": self.other_sensor}.get(org)
        sensor = sensor.me["sensor"] if sensor else NONE
        table = {
            "signIn": lambda: ("/session", {"login": "bob", "password": PASSWORD % "bob"}),
            "getDemo": lambda: ("/demo", None),
            "signInDemo": lambda: ("/demo/session", {"login": "bob"}),
            "getSession": lambda: ("/session", None),
            "signOut": lambda: ("/session", None),
            "giveSecondFactor": lambda: ("/session/second-factor", {"code": "000000"}),
            "listSessions": lambda: ("/sessions", None),
            "endSession": lambda: ("/sessions/" + NONE, None),
            "lookInvitation": lambda: ("/invitation/look", {"key": "0" * 64}),
            "acceptInvitation": lambda: ("/invitation", {"key": "0" * 64, "password": PASSWORD % "x"}),
            "changePassword": lambda: ("/password", {"old": "not the old one", "new": "entirely new words"}),
            "beginSecondFactor": lambda: ("/second-factor", {}),
            "confirmSecondFactor": lambda: ("/second-factor", {"code": "x"}),
            "newRecoveryCodes": lambda: ("/second-factor/recovery-codes", {}),
            "listOrgs": lambda: ("/orgs" + q, None),
            "addOrg": lambda: ("/orgs", {"id": self.again("new-")}),
            "getOrg": lambda: (o, None),
            "changeOrg": lambda: (o, {}),
            "closeOrg": lambda: ("/orgs/%s/close" % self.new_org(role, org), {}),
            "listDays": lambda: (o + "/days", None),
            "getConsent": lambda: (o + "/consent", None),
            "giveConsent": lambda: (o + "/consent", {"version": "1", "signed_by": "Mei", "day": "2026-11-01"}),
            "withdrawConsent": lambda: (o + "/consent", None),
            "listMandates": lambda: (o + "/mandates", None),
            "giveMandate": lambda: (o + "/mandates", self.mandate_wish()),
            "endMandate": lambda: ("%s/mandates/%s/end" % (o, self.new_mandate(org)), {}),
            "getMember": lambda: (o + "/member", None),
            "setMember": lambda: (o + "/member", {"sector": "水道"}),
            "listRelations": lambda: (o + "/relations", None),
            "getRelation": lambda: ("%s/relations/%s/%s" % (o, org, self.new_relation(org)), None),
            "sayRelation": lambda: ("%s/relations/%s/supplier-x" % (o, org), {"secret_data": True}),
            "importRelations": lambda: (o + "/relations/import", {"file": sheet(
                "supplier,buyer,secret_data,business_stop,system_access,consent", "%s,import-x,yes,no,no,ask" % org)}),
            "importMembers": lambda: ("/members/import", {"preview": True, "file": sheet(
                "id,name_ja,name_en,sector,provider,contact_mail,deputy_mail", "acme,A,A,,,,")}),
            "endRelation": lambda: ("%s/relations/%s/%s" % (o, org, self.new_relation(org)), None),
            "listOpenRelations": lambda: ("/relations", None),
            "listLedger": lambda: (o + "/ledger", None),
            "listViews": lambda: (o + "/views", None),
            "getRetention": lambda: (o + "/retention", None),
            "setRetention": lambda: (o + "/retention", {"months": 12}),
            "getTerms": lambda: ("/terms", None),
            "setTerms": lambda: ("/terms", {"version": "1", "host": "Tokyo", "from": "2026-11-01"}),
            "listPeople": lambda: ("/people" + q, None),
            "addPerson": lambda: ("/people", {"login": self.again("p"), "name": "P",
                                              "grants": [{"role": "member", "org": "acme"}]}),
            "getPerson": lambda: ("/people/bob", None),
            "setPersonState": lambda: ("/people/%s/state" % self.new_person(), {"state": "locked"}),
            "setPersonGrants": lambda: ("/people/%s/grants" % self.new_person(), {"grants": []}),
            "resetPerson": lambda: ("/people/%s/invitation" % self.new_person(), {}),
            "listTokens": lambda: ("/tokens" + q, None),
            "addToken": lambda: ("/tokens" + q, {"role": "administrator" if role == "administrator" else "member",
                                                 "rights": ["read_org"]}),
            "revokeToken": lambda: ("/tokens/%s%s" % (self.new_token(org), q), None),
            "listSensors": lambda: ("/sensors" + q, None),
            "getSensor": lambda: ("/sensors/%s%s" % (sensor, q), None),
            "revokeSensor": lambda: ("/sensors/%s/revoke%s" % (self.new_sensor(org), q), {}),
            "addEnrolToken": lambda: ("/enrol-tokens" + q, {}),
            "listFindings": lambda: ("/findings" + q, None),
            "getFinding": lambda: ("/findings/%s%s" % (NONE, q), None),
            "findingRecords": lambda: ("/findings/%s/records%s" % (NONE, q), {"reason": "matrix"}),
            "openStream": lambda: ("/stream" + q, None),
            "listIndicators": lambda: ("/indicators" + q, None),
            "getIndicator": lambda: ("/indicators/%s%s" % (INDICATOR, q), None),
            "reportIndicator": lambda: ("/indicators/%s/reports%s" % (INDICATOR, q), {"what": "seen", "text": "matrix"}),
            "decideIndicator": lambda: ("/indicators/%s/decision" % INDICATOR, {"decision": "no", "text": "matrix"}),
            "listRelationships": lambda: ("/relationships%s&source_ref=%s" % (q, INDICATOR), None),
            "listSituations": lambda: ("/situations" + q, None),
            "getSituation": lambda: ("/situations/%s%s" % (NONE, q), None),
            "situationAlerts": lambda: ("/situations/%s/alerts%s" % (NONE, q), None),
            "situationEvents": lambda: ("/situations/%s/events" % NONE, None),
            "setSituationState": lambda: ("/situations/%s/state" % NONE, {"from": "new", "to": "check"}),
            "changeSituation": lambda: ("/situations/" + NONE, {}),
            "commentSituation": lambda: ("/situations/%s/comments" % NONE, {"text": "x"}),
            "mergeSituation": lambda: ("/situations/%s/merge" % NONE, {"other": NONE}),
            "unmergeSituation": lambda: ("/situations/%s/unmerge" % NONE, {"other": NONE}),
            "makePlan": lambda: ("/situations/%s/plan" % NONE, {"victim": "acme"}),
            "listPlans": lambda: ("/plans", None),
            "getPlan": lambda: ("/plans/%s" % NONE[:16], None),
            "planTexts": lambda: ("/plans/%s/texts" % NONE[:16], None),
            "approvePlan": lambda: ("/plans/%s/approve" % NONE[:16], {}),
            "refusePlan": lambda: ("/plans/%s/refuse" % NONE[:16], {"reason": "x"}),
            "withdrawPlan": lambda: ("/plans/%s/withdraw" % NONE[:16], {"reason": "x"}),
            "correctPlan": lambda: ("/plans/%s/correct" % NONE[:16], {"notice": {}}),
            "listTree": lambda: ("/tree", None),
            "setTreeNode": lambda: ("/tree/nobody", {"stage": "ministry"}),
            "setTree": lambda: ("/tree", {"table": "id,name", "check": True}),
            "setTreeContact": lambda: ("/tree/nobody/contact", {"contact_mail": "desk@a.example"}),
            "listProvisions": lambda: ("/provisions", None),
            "makeProvision": lambda: ("/provisions", {"kind": "drill", "announced": True}),
            "getProvision": lambda: ("/provisions/%s" % NONE[:16], None),
            "provisionPage": lambda: ("/provisions/%s/page" % NONE[:16], None),
            "stopProvision": lambda: ("/provisions/%s/stop" % NONE[:16], {}),
            "goAround": lambda: ("/provisions/%s/around" % NONE[:16], {}),
            "listWarnings": lambda: ("/warnings" + q, None),
            "getWarning": lambda: ("/warnings/%s%s" % (NONE, q), None),
            "warningPage": lambda: ("/warnings/%s/page%s" % (NONE, q), None),
            "listSightings": lambda: ("/warnings/%s/sightings%s" % (NONE, q), None),
            "listAutomaticRules": lambda: ("/automatic-rules", None),
            "listFeeds": lambda: ("/feeds", None),
            "addFeed": lambda: ("/feeds", {"name": self.again("f-"), "url": "https://127.0.0.1/root/", "collection_there": "x",
                                           "collection": "matrix"}),
            "removeFeed": lambda: ("/feeds/nobody", None),
            "pollFeed": lambda: ("/feeds/nobody/poll", {}),
            "listCollections": lambda: ("/collections", None),
            "previewPublication": lambda: ("/publications/preview", {"warning": NONE, "collection": "matrix"}),
            "listPublications": lambda: ("/publications", None),
            "publishWarning": lambda: ("/publications", {"warning": NONE, "collection": "matrix"}),
            "listPublicationRules": lambda: ("/publication-rules", None),
            "setPublicationRule": lambda: ("/publication-rules", {"collection": "matrix", "at_most": "green"}),
            "switchAutomaticRule": lambda: ("/automatic-rules", {"rule": "x", "on": False, "reason": "matrix"}),
            "warningScript": lambda: ("/warnings/%s/script" % NONE, None),
            "seeWarning": lambda: ("/warnings/%s/seen%s" % (NONE, q), {}),
            "acknowledgeWarning": lambda: ("/warnings/%s/acknowledge%s" % (NONE, q), {}),
            "actOnWarning": lambda: ("/warnings/%s/act%s" % (NONE, q), {}),
            "noteCall": lambda: ("/warnings/%s/called" % NONE, {"result": "busy", "who": "x"}),
            "warningTimes": lambda: ("/warning-times", None),
            "listReportForms": lambda: ("/report-forms", None),
            "listReports": lambda: (o + "/reports", None),
            "addReport": lambda: (o + "/reports", {"id": self.again("r-"), "event": {"type": "near_miss"}}),
            "getReport": lambda: ("%s/reports/%s" % (o, self.new_report(org)), None),
            "changeReport": lambda: ("%s/reports/%s" % (o, self.new_report(org)),
                                     {"version": 1, "record": {"event": {"type": "other"}}}),
            "reportVersions": lambda: ("%s/reports/%s/versions" % (o, self.new_report(org)), None),
            "renderReport": lambda: ("%s/reports/%s/forms/sector-report" % (o, self.new_report(org)), None),
            "sendReport": lambda: ("%s/reports/%s/sent" % (o, self.new_report(org)), {"form": "sector-report"}),
            "listReportBooks": lambda: (o + "/report-books", None),
            "getReportBook": lambda: (o + "/report-books/ransomware", None),
            "setReportBook": lambda: (o + "/report-books/ransomware", {"file": "UEsDBA=="}),
            "removeReportBook": lambda: (o + "/report-books/ransomware", None),
            "getReportContacts": lambda: (o + "/report-contacts", None),
            "setReportContacts": lambda: (o + "/report-contacts", {"items": []}),
            "getReportReminders": lambda: (o + "/report-reminders", None),
            "setReportReminders": lambda: (o + "/report-reminders", {}),
            "getWebhook": lambda: (o + "/webhook", None),
            "setWebhook": lambda: (o + "/webhook", {}),
            "listQuestions": lambda: ("/questions" + q, None),
            "getQuestion": lambda: ("/questions/%s%s" % (NONE[:16], q), None),
            "answerQuestion": lambda: ("/questions/%s/answer%s" % (NONE[:16], q), {"answer": "yes"}),
            "splitSituation": lambda: ("/situations/%s/split" % NONE, {"alerts": [NONE]}),
            "getFunnel": lambda: (o + "/funnel", None),
            "getNoise": lambda: ("/noise", None),
            "setNoise": lambda: ("/noise", {"steps": ["allowed", "scanner", "mitigated", "recon"]}),
            "search": lambda: ("/search" + q, {"reason": "matrix"}),
            "listHunts": lambda: ("/hunts" + q, None),
            "getHunt": lambda: ("/hunts/20260101-000000-00000000" + q, None),
            "confirmHunt": lambda: ("/hunts/20260101-000000-00000000/confirm", {}),
            "refuseHunt": lambda: ("/hunts/20260101-000000-00000000/refuse", {}),
            "listAudit": lambda: ("/audit", None),
            "listCases": lambda: ("/cases" + q, None),
            "addCase": lambda: ("/cases", {"who": "x", "text": "x"}),
            "getCase": lambda: ("/cases/" + NONE[:16], None),
            "changeCase": lambda: ("/cases/" + NONE[:16], {}),
            "linkCase": lambda: ("/cases/%s/situation" % NONE[:16], {"situation": None}),
            "closeCase": lambda: ("/cases/%s/close" % NONE[:16], {"text": "x"}),
            "reopenCase": lambda: ("/cases/%s/reopen" % NONE[:16], {}),
            "getMonth": lambda: (o + "/report", None),
            "monthPage": lambda: (o + "/report/page", None),
        }
        return table[operation]()

    def ask(self, method, operation, role, org):
        who = self.asks[role]
        path, body = self.request(operation, role, org)
        if operation == "signOut" and role not in ("token", "nobody"):
            login = {"administrator": "admin", "analyst": "ana", "member": "mei", "provider": "pro"}[role]
            who = self.town.sign_in(login)
        status, _, data = who.ask(method, path, body)
        return status, data

    def outcome(self, method, operation, role, is_of_org):
        """(own, other, faults)"""
        own, data = self.ask(method, operation, role, "acme")
        if not is_of_org:
            return str(own), "-", []
        other, data = self.ask(method, operation, role, "beta")
        unknown, nothing = self.ask(method, operation, role, UNKNOWN)
        faults = []
        if role in ("member", "provider", "token", "nobody") and (other, data) != (unknown, nothing):
            faults.append("%s as %s: another organisation answers %s %s, an unknown one %s %s"
                          % (operation, role, other, json.dumps(data)[:200], unknown, json.dumps(nothing)[:200]))
        return str(own), str(other), faults


def operations():
    scopes = {}
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            of_org = "{org}" in path or any(p.get("name") == "org" for p in operation["parameters"])
            scopes[operation["operationId"]] = (method.upper(), of_org)
    return scopes


def main():
    law = {(row["operation"], row["role"]): row for row in csv.DictReader(FILE.open(encoding="utf-8"))}
    matrix = Matrix()
    passed, failed = 0, []
    known = operations()
    try:
        for operation, (method, is_of_org) in known.items():
            for role in ROLES:
                own, other, faults = matrix.outcome(method, operation, role, is_of_org)
                if "--print" in sys.argv:
                    print(",".join((operation, role, own, other)))
                row = law.get((operation, role))
                if not row:
                    faults.append("%s as %s: no line in docs/access-matrix.csv" % (operation, role))
                elif (own, other) != (row["own"], row["other"]):
                    faults.append("%s as %s: %s own, %s other; the matrix says %s, %s"
                                  % (operation, role, own, other, row["own"], row["other"]))
                failed += faults
                passed += not faults
    finally:
        code = matrix.town.end()
    for operation, role in law:
        if operation not in known or role not in ROLES:
            failed.append("docs/access-matrix.csv names %s as %s: there is no such thing" % (operation, role))
    if code != 0:
        failed.append("the hub ended with %s: %s" % (code, matrix.town.hub.messages()))
    for line in failed:
        print(line)
    print("%d passed, %d failed, 0 skipped" % (passed, len(failed)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
