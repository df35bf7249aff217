#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/openapi-hub.json from one table: openapi_hub.py [--check]

Writes the description of a hub's HTTP API (OpenAPI 3.1), or with --check says whether it is current.
tests/e2e/hub_api_routes.py holds it against the program's own route table and against
docs/access-matrix.csv.
"""
import json
import pathlib
import re
import sys

import openapi
from openapi import count, day, list_of, map_of, or_null, page_of, sha256, text, thing, time, words, yes_no  # noqa: F401

FILE = pathlib.Path(__file__).resolve().parents[1] / "docs/openapi-hub.json"

ROLES = ("administrator", "analyst", "member", "provider")
LEVELS = ("informational", "low", "medium", "high", "critical")
STATES = ("new", "check", "noise", "confirmed", "notified", "acknowledged", "resolved")
STEPS = ("allowed", "scanner", "mitigated", "recon")
words_in = {"type": ["string", "null"], "maxLength": 500}
org_id = {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"}
hex_id = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
indicator_id = {"type": "string", "pattern": "^indicator--" + UUID}
stix_id = {"type": "string", "pattern": "^[a-z][a-z0-9-]{2,60}--" + UUID}
said_in = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[^\x00-\x1f\x7f-\x9f]+$"}
secret = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
uuid = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
right = {"type": "string", "pattern": "^[a-z_]{1,40}$"}
name_in = {"type": ["string", "null"], "maxLength": 50}
login_in = {"type": "string", "minLength": 1, "maxLength": 50, "pattern": r"^[!-~]+$"}
hunt_id = {"type": "string", "pattern": "^[0-9]{8}-[0-9]{6}-[0-9a-f]{8}$"}
day_in = or_null(dict(day, description="2026-11-25"))
hours_in = {"type": "integer", "minimum": 1, "maximum": 720, "default": 72}
hours_of = {"type": "number", "minimum": 0.0003, "maximum": 720}
password = {"type": "string", "maxLength": 200}
both = thing(ja=text, en=text)

report_id = {"type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$"}
# What may stand in a record is data (GET /report-forms, docs/forms.md).
RECORD = {"type": "object"}
FORM_STATE = {"type": "object"}

GRANT = thing(role=words(*ROLES), org=org_id)
PERSON = dict(id=hex_id, login=text, name=text, state=words("invited", "active", "locked", "left"),
              grants=list_of(GRANT), second_factor=yes_no, recovery_codes_left=count, added=time,
              signed_in=or_null(time))
TOKEN = dict(id=hex_id, org=org_id, name=text, role=words(*ROLES), rights=list_of(right), until=or_null(day),
             made=time, used=or_null(time), revoked=yes_no, made_by=text)

STAGES = ("first", "followup", "final")
line_of = {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[ -~]*$"}

SCHEMAS = {
    "ReportForms": thing(forms=list_of(FORM_STATE), sections=list_of({"type": "object"})),
    "ReportRecord": {"type": "object"},
    "ReportIn": thing(version={"type": "integer", "minimum": 1, "maximum": 2147483647}, record=RECORD),
    "ReportSentIn": thing(needs=["form"], form={"type": "string", "pattern": "^[a-z0-9_-]{1,40}$"}, stage=words(*STAGES)),
    "ReportLine": thing(id=report_id, version=count, changed=time, title=text, type=text, forms=list_of(FORM_STATE)),
    "Report": thing("tell: whom to tell for the services affected. reminders: what was sent of deadlines.",
                    id=report_id, version=count, changed=time, by=text, record=RECORD, forms=list_of(FORM_STATE),
                    tell=list_of({"$ref": "#/components/schemas/ReportContact"}),
                    reminders=list_of(thing(needs=["forms", "day", "step", "to", "made", "state"],
                                            forms=list_of(thing(form=text, stage=words(*STAGES))), day=day, step=words("before", "day", "over"),
                                            hours=count, to=words("contact", "deputy", "webhook"), made=time,
                                            state=text, time=time, text=text, repeats=count))),
    "ReportBook": thing("An official workbook that was imported, and what its labels say.",
                        needs=["form", "name", "size", "map", "changed", "by"],
                        form=text, name=text, size=count, map=text, changed=time, by=text, proposed=text, found=count,
                        fields=count, missing=list_of(text)),
    "ReportBookIn": thing("What is left out stays.", needs=[],
                          file={"type": "string", "contentEncoding": "base64", "maxLength": 5592408},
                          name={"type": "string", "minLength": 1, "maxLength": 60}, map={"type": "string", "maxLength": 60}),
    "ReportContact": thing(service=text, tell=text, form=text, phone=text, night=text, mail=text, deputy=text, note=text),
    "ReportContactsIn": thing(items=list_of(thing(
        needs=["service", "tell"], service=line_of, tell=line_of,
        **{name: dict(line_of, minLength=0) for name in ("form", "phone", "night", "mail", "deputy", "note")}), maxItems=500)),
    "ReportReminders": thing("Hours are counted back from from_hour o'clock (Japan) of the last day.",
                             before_hours=list_of(count), on_day=yes_no, over=yes_no, from_hour=count),
    "ReportRemindersIn": thing(needs=[], before_hours=dict(list_of({"type": "integer", "minimum": 1, "maximum": 1440},
                                                                   maxItems=5), uniqueItems=True),
                               on_day=yes_no, over=yes_no, from_hour={"type": "integer", "minimum": 0, "maximum": 23}),
    "ReportVersion": thing(version=count, changed=time, by=text,
                           changes=list_of(thing(path=text, before={}, after={}))),
    "FilledForm": {"type": "object"},
    "Problem": openapi.SCHEMAS["Problem"],
    "SignIn": thing(login={"type": "string", "maxLength": 200}, password=password),
    "Code": thing("Six digits, or a recovery code.", code={"type": "string", "maxLength": 63}),
    "Session": thing(
        kind=words("person", "token", "local"), name=text,
        person=or_null(thing(id=hex_id, login=text, name=text, state=text, second_factor=yes_no,
                             recovery_codes_left=count)),
        grants=list_of(GRANT), rights=or_null(list_of(right)), second_factor_given=yes_no, local=yes_no,
        version=text, time_zone=dict(text, description="where the hub's people live: an IANA name, an offset (+09:00) or UTC")),
    "Demo": thing(
        "On every hub but a demo's: false, and nothing.",
        demo=yes_no, people=list_of(thing(login=text, name=both), maxItems=16),
        scenes=list_of(thing(scene=count, title=both, told=thing(ja=list_of(text), en=list_of(text)),
                             views=list_of(thing(login=text, page=text))), maxItems=16)),
    "DemoVisit": thing(login={"type": "string", "maxLength": 50}),
    "OwnSession": thing(id=hex_id, began=time, seen=time, address=text, browser=text,
                        second_factor_given=yes_no, this=yes_no),
    "InvitationLook": thing(key={"type": "string", "maxLength": 200}),
    "Invitation": thing(login=text, name=text, grants=list_of(GRANT)),
    "InvitationIn": thing(key={"type": "string", "maxLength": 200}, password=password),
    "PasswordIn": thing(old=password, new=password),
    "SecondFactor": thing("Shown once. `uri` is what an authenticator program reads from a QR code.",
                          secret=text, uri=text),
    "RecoveryCodes": thing("Shown once.", recovery_codes=list_of(text)),
    "Org": thing(id=org_id, name=text, corporate_number=or_null({"type": "string", "pattern": "^[0-9]{13}$"}),
                 added=time, closed=or_null(time)),
    "OrgIn": thing(needs=["id"], id=org_id, name=name_in, corporate_number=or_null(text)),
    "OrgChange": thing(needs=[], name=name_in, corporate_number=or_null(text)),
    "Day": thing("Counters of a day of receipt, kept as findings are written: of UTC, or with ?zone=hub where the hub's people "
                 "live. `day`: when it begins. `date`: which it is.",
                 day=time, date=day, records=count, bytes=count, findings=count, bundles=count,
                 levels=thing(**{level: count for level in LEVELS})),
    "Retention": thing(
        months=count, kinds=list_of(thing(kind=text, months=count, own=yes_no, short=dict(
            yes_no, description="shorter than criterion 4-4-3-1 wants it"))),
        last_deleted=or_null(thing(time=time, files=count, records=count, bytes=count, oldest=or_null(time),
                                   newest=or_null(time)))),
    "RetentionIn": thing(needs=["months"], kind=or_null({"type": "string", "maxLength": 30}),
                         months={"type": "integer", "minimum": 1, "maximum": 240}),
    "Terms": thing(version=or_null(text), host=or_null(text), set=or_null(time), **{"from": or_null(day)}),
    "TermsIn": thing(needs=["version"], version={"type": "string", "maxLength": 60},
                     host={"type": ["string", "null"], "maxLength": 60}, **{"from": day_in}),
    "Consent": thing(current=yes_no, terms=openapi.ref("Terms"), consent=or_null(thing(
        version=text, host=text, signed_by=text, day=or_null(day), recorded=time, withdrawn=yes_no))),
    "ConsentIn": thing(version={"type": "string", "maxLength": 60}, signed_by=login_in, day=day),
    "Mandate": thing(id=hex_id, org=org_id, provider=org_id, signed_by=text, signed=day, until=day,
                     rights=list_of(right), given=time, given_by=text, ended=or_null(time),
                     ended_by=or_null(text)),
    "MandateIn": thing(provider=org_id, signed_by=login_in, signed=day, until=day,
                       rights=list_of(right, minItems=1, maxItems=64)),
    "View": thing("Who opened raw records of this organisation, when and why; `machine`: a hunt of the hub by itself.",
                  id=hex_id, time=time, actor=text, name=text, org=org_id, role=words(*ROLES, "machine"), what=text,
                  records=count, reason=text),
    "Person": thing(needs=list(PERSON), invitation=dict(secret, description="for his link; shown once"), **PERSON),
    "PersonIn": thing(needs=["login", "name", "grants"], login=login_in, name=login_in,
                      grants=list_of(GRANT, maxItems=16), hours=hours_in),
    "PersonState": thing(state=words("active", "locked", "left")),
    "PersonGrants": thing(grants=list_of(GRANT, maxItems=16)),
    "PersonReset": thing(needs=[], hours=hours_in, second_factor=yes_no),
    "Token": thing(needs=list(TOKEN), token=dict(secret, description="shown once"), **TOKEN),
    "TokenIn": thing(needs=["role"], name=name_in, role=words(*ROLES), rights=list_of(right, maxItems=64),
                     until=day_in),
    "Sensor": thing(id=text, org=org_id, host=text,
                    state=words("connected", "silent", "never", "expired", "revoked"), enrolled=time,
                    certificate_until=time, last_heartbeat=or_null({"type": "object"})),
    "EnrolTokenIn": thing(needs=[], hours=hours_in),
    "EnrolToken": thing("Good for one sensor; shown once.", token=text, org=org_id, until=time),
    "Finding": thing(
        "A bundle: what one rule found in one log of one sensor within one minute (docs/findings.md). `indicators`: those "
        "that came as STIX and that it was made by.",
        needs=["id", "change", "org", "sensor", "source", "rule", "title", "title_ja", "rule_set", "held_by", "level", "kind",
               "field", "outcome", "reason", "actor", "target", "matched", "hunt", "count", "minute", "first", "last",
               "received", "written", "records"],
        indicators=list_of(indicator_id), id=hex_id, change=count, org=org_id, sensor=text, source=text, rule=text, title=text,
        title_ja=or_null(text), rule_set=text, held_by=words("hub", "member"), level=words(*LEVELS), kind=words("pattern", "indicator", "behaviour", "correlation"),
        field=text, outcome=words("unknown", "attempt", "possible"), reason=or_null(text),
        actor=or_null(text), target=or_null(text), matched=or_null(text), hunt=or_null(text), count=count, minute=time, first=or_null(time), last=or_null(time), received=time, written=time,
        records=list_of(thing("When the hub received a record of it: the first seven and the last.", received=time))),
    "Indicator": thing(
        "One that came as STIX, in one collection, and what became of it (docs/indicators.md).",
        id=indicator_id, collection=thing(id=text, title=text), state=words("waits", "acts", "over"),
        why=or_null(thing(code=words("revoked", "expired", "refused", "pattern", "kind", "person", "marking", "pap",
                                     "known", "not-yet", "confidence", "reported", "decayed"),
                          text=text, list=or_null(text))),
        since=or_null(time), next=or_null(time), score={"type": "integer", "minimum": 0, "maximum": 100}, tlp=text,
        pap=words("clear", "green", "amber", "red"), confidence=or_null(count), valid_from=or_null(time),
        valid_until=or_null(time), modified=or_null(time), sensors=yes_no, false_positives=count, seen_by=count,
        sightings=count, last_seen=or_null(time), decision=words("", "yes", "no"),
        values=list_of(thing(value=text, person=yes_no))),
    "IndicatorWhole": thing(
        "All of it: what became of it in each collection, which version came when from whom under which marking, what "
        "people said, which findings it made; and keys of the newest version as STIX has them (name, description, "
        "created_by_ref, pattern, pattern_type, indicator_types, labels, kill_chain_phases, created, "
        "external_references).",
        id=indicator_id, records=list_of({"$ref": "#/components/schemas/Indicator"}),
        said=list_of({"type": "object"}), words=list_of({"type": "object"}), seen=list_of({"type": "object"})),
    "IndicatorReport": thing(needs=["what", "text"], what=words("false-positive", "seen"), org=org_id, text=said_in),
    "IndicatorDecision": thing(needs=["decision", "text"], decision=words("yes", "no", "back"), text=said_in),
    "Relationship": thing("As it came.", collection=text, object={"type": "object"}),
    "Situation": thing(
        "Alerts that belong together (docs/situations.md). Analysts see the whole; everybody else the part of one "
        "organisation, without the keys from `number` on.",
        needs=["id", "state", "first", "last", "alerts", "findings", "removed", "logs", "sources", "level", "outcome",
               "severity", "severity_why", "urgency", "urgency_why", "tie", "key", "reason", "certainty",
               "certainty_source", "certainty_time"],
        id=hex_id, state=words(*STATES), first=time, last=time, alerts=count, findings=count, removed=count, logs=count,
        sources=count, level=words(*LEVELS), outcome=words("unknown", "attempt", "possible"), severity=words(*LEVELS[1:]),
        severity_why=text, urgency=words("later", "today", "now"), urgency_why=text,
        tie=words("single", "address", "entity", "indicator", "pattern", "people"), key=or_null(text), reason=text,
        certainty=words("machine", "analyst", "confirmed"), certainty_source=or_null(text), certainty_time=or_null(time),
        number=count, change=count, organisations=count, chains=count, assignee=or_null(text), opened=time,
        state_since=time, due=or_null(time), merged_into=or_null(count),
        parts=list_of(thing(org=org_id, alerts=count, findings=count, removed=count, level=words(*LEVELS),
                            outcome=words("unknown", "attempt", "possible"), first=time, last=time))),
    "Alert": thing(
        finding=hex_id, org=org_id, rule=text, title=text, title_ja=or_null(text), log=text, actor=or_null(text),
        target=or_null(text), level=words(*LEVELS), outcome=words("unknown", "attempt", "possible"), count=count,
        first=time, last=time, removed_by=or_null(words("allowed", "scanner", "mitigated", "recon")),
        removed_why=or_null(text), judged=or_null(words("noise", "confirmed")), judged_by=or_null(text),
        judged_at=or_null(time)),
    "SituationEvent": thing(
        what=words("opened", "state", "comment", "assigned", "certainty", "merged", "unmerged", "split", "joined", "due"),
        time=time, actor=text, to=or_null(text), other=or_null(count), due=or_null(time), text=or_null(text),
        **{"from": or_null(text)}),
    "StateIn": thing(needs=["from", "to"], to=words(*STATES), text=words_in, **{"from": words(*STATES)}),
    "SituationIn": thing(needs=[], assignee=or_null({"type": "string", "maxLength": 60}),
                         due=or_null(text), certainty=words("machine", "analyst", "confirmed"),
                         certainty_source=or_null({"type": "string", "maxLength": 60}), text=words_in),
    "CommentIn": thing(text={"type": "string", "minLength": 1, "maxLength": 500}),
    "OtherIn": thing(needs=["other"], other=hex_id, text=words_in),
    "SplitIn": thing(needs=["alerts"], alerts=list_of(hex_id, minItems=1, maxItems=1000), text=words_in),
    "FunnelDay": thing(
        "How many were left at each step, by day of receipt: of UTC, or with ?zone=hub where the hub's people live. `day`: when "
        "it begins. `date`: which it is.",
        day=time, date=day, records=count, findings=count, alerts=count,
        removed=thing(**{step: thing(findings=count, alerts=count) for step in STEPS}),
        findings_after_noise=count, alerts_after_noise=count, situations=count, notices=count),
    "Noise": thing(steps=list_of(thing(step=words(*STEPS), on=yes_no, words=text)),
                   lists=list_of(thing(name=text, kind=words("allowed", "scanners"), on=yes_no, entries=count,
                                       imported=time, by=text))),
    "NoiseIn": thing(needs=["steps"], steps=list_of(words(*STEPS), maxItems=4), text=words_in),
    "Question": thing(
        needs=[], **{"from": or_null(text)}, to=or_null(text), fields=map_of({"type": "string", "maxLength": 200}),
        texts=list_of({"type": "string", "minLength": 1, "maxLength": 200}, maxItems=16), newest=yes_no,
        limit={"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
        after=or_null({"type": "string", "maxLength": 60}),
        reason=dict(or_null({"type": "string", "maxLength": 300}), description="why; needed from whoever is not of the organisation, which sees it")),
    "FindingQuestion": thing(
        needs=[], around=dict(yes_no, description="its log at its times, in place of the records it refers to"), limit={"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
        after=or_null({"type": "string", "maxLength": 60}), reason=or_null({"type": "string", "maxLength": 300})),
    "Records": thing(
        needs=["items", "looked"], missing=dict(count, description="of a finding: records that are gone, or of which it cannot be said which they are"),
        more=thing("Of a finding: more of its log at its times.", path=text, body=thing(around=yes_no)), items=list_of(thing(position=text, record={"type": "object"})), next=text,
        looked=thing(records=count, frames=count, frames_read=count, damaged=count),
        not_looked_back=list_of(thing(
            "A sensor whose logs its member keeps: not looked at here.", sensor=text, held_by=words("member"),
            archive=or_null({"type": "object"})), maxItems=1000)),
    "Hunt": thing(
        "What is new among rules and indicators, looked for in the archive (docs/hub-hunts.md). Of one member: only its own part.",
        id=hunt_id, state=words("waiting", "asks", "running", "done", "failed", "cancelled"), created=time,
        finished=or_null(time), days=count, rules=count, indicators=count, rule_ids=list_of(text),
        answer=or_null(thing(by=text, name=text, role=text, reason=text, time=time)), reason=or_null(text),
        orgs=list_of(thing(org=org_id, done=yes_no, files=count, records=count, findings=count)),
        total=or_null(thing(files=count, bytes=count, bound=count, files_done=count, frames_read=count,
                            records=count, findings=count, unlisted=count, damaged=count)),
        **{"from": time}),
    "HuntAnswer": thing(needs=[], reason=or_null({"type": "string", "maxLength": 300, "pattern": "^[ -~]*$"})),
    "AuditEntry": thing(number=count, time=time, actor=text, org=text, action=text, object=text, detail=text),
}

MEMBER = dict(name_ja=400, name_en=400, sector=400, provider=400, contact_mail=254, contact_phone=40,
              deputy_mail=254, deputy_phone=40, hours=200)
LANGUAGE = dict(description="of mails; empty: Japanese first, English below", enum=["", "ja", "en"])
ANSWERS = ("secret_data", "business_stop", "system_access")
CONSENTS = ("named", "anonymous", "ask")
SCHEMAS.update({
    "Member": thing("What the community knows of a member; texts are empty until it is said.", org=org_id,
                    verified=or_null(day), changed=or_null(time), language=dict(LANGUAGE, type="string"), **{name: text for name in MEMBER}),
    "MemberIn": thing("All of it is replaced.", needs=[], verified=day_in, language=LANGUAGE | {"enum": ["", "ja", "en", None]}, **{
        name: or_null({"type": "string", "maxLength": size // 4}) for name, size in MEMBER.items()}),
    "Relation": thing(
        "Who supplies whom. `consent` is the supplier\'s word on its name when it is hit; it is confirmed when both "
        "said the same, and analysts see it when both agreed to that.",
        supplier=org_id, buyer=org_id, consent=words(*CONSENTS), confirmed=yes_no, by_supplier=or_null(time),
        by_buyer=or_null(time), analysts_supplier=yes_no, analysts_buyer=yes_no, analysts=yes_no,
        **{name: yes_no for name in ANSWERS}),
    "LedgerBatch": thing(
        "A batch in the place that it has in its sensor's ledger (docs/ledger.md). `kinds`: records by format, null for those of "
        "earlier versions. `line`: digest of the sensor's own ledger line; `countersigned`: the hub signed for it with that line. "
        "`dropped`: records from `sequence` to `last` that the sensor had to give up.",
        id=text, time=or_null(time), sensor=text, epoch=count, sequence=count, last=count, records=count, dropped=yes_no,
        kinds=or_null(map_of(count)), sha256=or_null(sha256), line=or_null(sha256), countersigned=yes_no),
    "ImportIn": thing(
        "A table: CSV in any usual encoding, or a workbook (docs/warn.md has its columns), in base64. `preview`: as if, and "
        "nothing of it. `add`: organisations that are not there are added. `analysts`: relations are opened to the analysts.",
        needs=["file"], file={"type": "string", "minLength": 1, "maxLength": 1000000}, preview=yes_no, add=yes_no, analysts=yes_no),
    "Imported": thing(
        "All lines, or none where there is a fault: `taken`. How many are new, other than before, and as they were.",
        taken=yes_no, rows=count, added=count, changed=count, same=count, fault_count=count,
        faults=list_of(thing(line=count, column=text, text=text))),
    "RelationIn": thing(needs=[], consent=or_null(words(*CONSENTS)), analysts=yes_no, **{name: yes_no for name in ANSWERS}),
})

plan_id = {"type": "string", "pattern": "^[0-9a-f]{16}$"}
step = or_null(thing("The first time.", needs=["time", "who", "how"], time=time, who=text,
                     how=words("console", "mail", "webhook", "telephone"), text=text))
line_in = {"type": ["string", "null"], "maxLength": 250}
BOTH = thing(needs=[], en=text, ja=text)
KINDS = ("victim", "warning", "indicators", "withdrawal", "correction", "drill")
SENT = ("ready", "waits", "needs-consent", "needs-approval", "refused", "released", "delivered", "seen", "acknowledged", "acted")
QUESTION = thing(needs=["state", "asked", "due"], state=words("asked", "yes", "see", "no"), asked=time, due=time,
                 overdue=or_null(time), escalated=or_null(time),
                 deputy=thing("The mail to the deputy, once it is overdue.", state=words("sent", "repeated", "later", "bounced", "refused", "no-contact", "gone"),
                              time=time, text=text, repeats=count))
STAGES = ("ministry", "secretariat", "operator")
ANSWER = thing(answer=words("yes", "see", "no"), named=yes_no, damage=yes_no, text=text, time=time, who=text)
yes_no_or_null = {"type": ["boolean", "null"]}
SIGHTED = thing(count=count, findings=count, first=or_null(time), last=or_null(time))
NOTICE = {"type": "object", "description": "A notice as in docs/gate.md"}
DECIDED = thing(time=time, who=text)
PROVISION = dict(plan=plan_id, number=text, state=words("draft", "approved", "refused", "withdrawn", "corrected"), made=time,
                 kind=words("drill", "provision"), announced=yes_no, mode=words("normal", "large-scale"), branch=or_null(org_id),
                 wait_s=count, approved=or_null(DECIDED), stopped=or_null(DECIDED), ends=or_null(time), over=yes_no)
SCHEMAS.update({
    "PlanIn": thing(
        "`notice` is laid over what the situation gives, key by key; `own` adds what points to the one that was hit "
        "(docs/gate.md). Hours say after how long nobody answering is not waited for any more.",
        needs=["victim"], victim=org_id, notice=NOTICE, own={"type": "object"},
        tlp=words("clear", "green", "amber", "amber+strict", "red"), damage_agreed=yes_no,
        consent_hours=hours_of, remind_hours=hours_of, escalate_hours=hours_of),
    "Plan": thing(
        "Lists leave out `notice`, `states` and `recipients`. `replaced`: the number of the withdrawal or correction. `erased`: "
        "it was about an organisation that was erased since; `victim` is \"erased\" then, and what is known of it is gone.",
        needs=["id", "number", "refers", "situation", "victim", "state", "made", "made_by", "tlp", "question", "answer",
               "approved", "replaced", "times"],
        id=plan_id, number=text, refers=text, situation=text, erased=yes_no, victim=org_id, tlp=text, made=time, made_by=text,
        state=words("draft", "approved", "refused", "withdrawn", "corrected"), question=or_null(QUESTION),
        answer=or_null(ANSWER), approved=or_null(thing(time=time, who=text)), replaced=or_null(text), reason=text,
        flow=thing("Of a plan that goes down the tree.", kind=words("drill", "provision"), announced=yes_no,
                   mode=words("normal", "large-scale"), branch=text, wait_s=count, stopped=or_null(thing(time=time, who=text))),
        damage_agreed=yes_no, began=or_null(time), automatic=dict(or_null(text), description="the rule that sent it"), notice=or_null(NOTICE), states=map_of(count), recipients=count,
        times=thing(consent_s=count, remind_s=count, escalate_s=count)),
    "PlanText": thing(
        "One text serves all recipients of its kind. `marks`: what was taken out (docs/gate.md), for the sender alone.",
        needs=["rule", "agreed", "outlet", "refusal", "tlp", "named", "copy", "marks", "damage", "audience"],
        variant=text, rule=count, agreed=words("nameless", "named"), outlet=text, audience=text, refusal=text, tlp=text,
        named=yes_no, damage=yes_no, copy=or_null(NOTICE), marks=or_null(list_of({"type": "object"}))),
    "TreeNode": thing("Where an organisation stands in the tree of provisions; `stage` null: nowhere.",
                      needs=["org", "stage", "parent"], org=org_id, stage=or_null(words(*STAGES)), parent=text),
    "TreeNodeIn": thing(
        "A ministry has no parent, a secretariat stands below a ministry, an operator below a secretariat. Null: out of it.",
        needs=[], stage=or_null(words(*STAGES)), parent={"type": ["string", "null"], "maxLength": 64}),
    "TreeIn": thing(
        "A table (CSV) with the columns id, name, stage, parent, channel, address (docs/drill.md): the whole tree, all or nothing. "
        "A mail address becomes the contact of its organisation. `check`: only say what would change.",
        needs=["table"], table={"type": "string", "maxLength": 900000}, check=yes_no),
    "TreeTable": thing(
        "`faults`: lines to correct; then nothing was changed. `more`: how many faults are not told. `taken`: the tree is as in the table.",
        needs=["nodes", "added", "moved", "removed", "contacts", "changes", "faults", "more", "taken"],
        nodes=count, added=count, moved=count, removed=count, contacts=count, more=count, taken=yes_no,
        changes=list_of(thing("At most 500. `before`, `after`: who stands above, or the address.", org=org_id,
                              what=words("added", "moved", "removed", "contact"), before=text, after=text)),
        faults=list_of(thing(line=count, column=text, text=text))),
    "ContactIn": thing("Both are replaced.", needs=[], contact_mail={"type": ["string", "null"], "maxLength": 254},
                       contact_phone={"type": ["string", "null"], "maxLength": 40}),
    "Contact": thing(org=org_id, contact_mail=text, contact_phone=text),
    "ProvisionIn": thing(
        "`drill` needs `announced`; `provision` needs `notice`, and takes `own` (what points to the one that was hit, "
        "docs/gate.md) and `audience` (sector). Mode normal where it is not given: down the tree, a stage after the other. "
        "`branch`: to this organisation and those below it. `wait_s`: how long receipts are waited for (a day).",
        needs=["kind"], kind=words("drill", "provision"), announced=yes_no, mode=words("normal", "large-scale"),
        notice=NOTICE, own={"type": "object"}, audience=words("sector", "partner"), branch=or_null(org_id),
        wait_s=or_null({"type": "integer", "minimum": 30, "maximum": 604800})),
    "ProvisionHead": thing("`over`: it was stopped or taken back, or its time has passed.", **PROVISION),
    "Provision": thing(
        "A plan (getPlan) on its way down the tree. `failed`: no receipt yet, by cause. `corrections`: those who were sent to.",
        needs=[*PROVISION, "stages", "corrections"], **PROVISION,
        stages=list_of(thing(needs=["stage", "nodes", "sent", "delivered", "seen", "acknowledged", "failed"],
                             stage=words(*STAGES), nodes=count, sent=count, delivered=count, seen=count,
                             acknowledged=count, failed=map_of(count))),
        corrections=list_of(thing(needs=["org", "stage", "cause", "text"], org=org_id, stage=words(*STAGES),
                                  cause=words("bounced", "no-contact", "refused", "later", "silent"), text=text))),
    "ReasonIn": thing(needs=["reason"], reason={"type": "string", "minLength": 1, "maxLength": 250}),
    "CorrectIn": thing(needs=["notice"], notice=NOTICE),
    "Warning": thing(
        "What was sent to one organisation. A recipient sees the keys up to `replaced`; analysts all. Of one whose path "
        "goes along a relation that is not open to analysts, `rule`, `depth`, `path`, `candidates`, `redaction`, "
        "`audience` and the reason are null. `text` and `notice` (the copy that it gets) in getWarning alone.",
        needs=["id", "number", "kind", "refers", "tlp", "pap", "state", "released", "delivered", "seen", "acknowledged",
               "acted", "replaced", "code"], sightings=or_null(openapi.ref("Sightings")),
        id=hex_id, number=text, kind=words(*KINDS), refers=text, tlp=text, pap=text, state=words(*SENT),
        code=text, released=or_null(time), delivered=step, seen=step, acknowledged=step, acted=step,
        replaced=or_null(text), automatic=dict(yes_no_or_null, description="自動・未確認: no person has looked at it"), text=text, notice=or_null(NOTICE), plan=plan_id, org=org_id, rule=or_null(count),
        depth=or_null(count), path=or_null(list_of(org_id)), candidates=or_null(count), redaction=or_null(text),
        audience=or_null(text), named=yes_no, open=yes_no, refusal=or_null(text), why_en=or_null(text),
        stage=words(*STAGES), parent=text, why_ja=or_null(text), reminded=or_null(time), escalated=or_null(time), released_by=text,
        channels=map_of(thing("`repeats`: how often it may have gone twice, because the hub ended in between.",
                              state=words("sent", "repeated", "later", "bounced", "refused", "no-contact", "gone"), time=time,
                              text=text, repeats=count)),
        calls=list_of(thing(time=time, by=text, result=words("reached", "busy", "no-answer", "wrong-number"), who=text,
                            text=text))),
    "Sightings": thing(
        "In getWarning alone; null where the gate let no indicator go to the recipient's sensors. `looked_back`: what "
        "became of the look into its archive at the hub; `none`: there were no records to look at, which is not the "
        "same as nothing found. `at_home`: what sensors, whose raw logs stay with the member, found in archives of their "
        "own: how many records hold one of the values, not which; `none`: how many of them keep no archive; `from`, `to`: "
        "what all of them looked at; null: none has told. `items` of sensors for the recipient alone. `more`: there were "
        "more than are kept.",
        state=words("given", "over"), indicators=count, until=or_null(time), new=SIGHTED, archive=SIGHTED,
        looked_back=thing(state=words("waiting", "asks", "running", "done", "none", "failed", "cancelled"),
                          hunt=or_null(hunt_id), to=or_null(time), records=count, **{"from": or_null(time)}),
        at_home=or_null(thing(
            sensors=count, none=count, records=count, count=count, gaps=count, to=or_null(time), first=or_null(time),
            last=or_null(time), **{"from": or_null(time)},
            items=or_null(list_of(thing(sensor=text, state=words("done", "none"), records=count, count=count, gaps=count,
                                        damaged=count, to=or_null(time), first=or_null(time), last=or_null(time), noted=time,
                                        **{"from": or_null(time)}))))),
        sensors=thing(waiting=count, taken=count, refused=count,
                      items=or_null(list_of(thing(sensor=text, state=words("waiting", "taken", "refused"), detail=text)))),
        more=yes_no),
    "Sighting": thing("A finding with one of the warning's indicators. `value` is empty and `hunt` null where a sensor found "
                      "it in its own archive: it tells how many, not which.", id=hex_id, found=words("new", "archive"),
                      sensor=text, value=text, hunt=or_null(hunt_id), count=count, first=or_null(time),
                      last=or_null(time), noted=time),
    "AutomaticRule": thing(
        "A rule whose findings are warnings at once. `judged`, `noise`: of its alerts of the last 90 days; `rate`: noise "
        "of thousand. In the list as they were when it was switched; with ?rule= as they are now, and `may` says "
        "whether it may be switched on.",
        needs=["id", "rule", "on", "judged", "noise", "rate", "by", "time", "reason", "warnings"], id=hex_id, rule=text,
        on=yes_no, judged=count, noise=count, rate=or_null(count), by=text, time=or_null(time), reason=text,
        warnings=count, may=yes_no, hour=count, in_hour=count),
    "AutomaticRuleIn": thing(rule={"type": "string", "minLength": 1, "maxLength": 200}, on=yes_no,
                             reason={"type": "string", "minLength": 1, "maxLength": 250}),
    "Feed": thing(
        "`interval_s`: between two polls that went well. In `state`, which is null before the first: `objects` that ever came, "
        "`last_objects` of them the last time, `refused` then; `next`: when it is asked again.",
        name=text, url=text, collection_there=text, collection=uuid, user=text, has_secret=yes_no, has_authorities=yes_no,
        has_certificate=yes_no, interval_s=count, limit=count, default_tlp=text, added=or_null(time), by=text,
        state=or_null(thing(running=yes_no, last_try=or_null(time), last_success=or_null(time), last_error=text,
                            error_time=or_null(time), objects=count, last_objects=count, refused=count, last_refused=text,
                            failures=count, next=or_null(time), added_after=or_null(text)))),
    "FeedIn": thing(
        "`collection_there`: the server's; `collection`: of the hub, id or alias. Files lie in `out.feeds` of the hub's "
        "configuration; `secret_file`, `certificate_file` and `key_file` begin with the server's host and `_`. With `user` "
        "the secret is a password, else a token.",
        needs=["name", "url", "collection_there", "collection"], name={"type": "string", "minLength": 1, "maxLength": 40},
        url={"type": "string", "minLength": 1, "maxLength": 500}, collection_there={"type": "string", "minLength": 1, "maxLength": 200},
        collection={"type": "string", "minLength": 1, "maxLength": 64},
        **{key: or_null({"type": "string", "maxLength": 60})
           for key in ("user", "secret_file", "authorities_file", "certificate_file", "key_file")},
        interval_s=or_null({"type": "integer", "minimum": 60, "maximum": 604800}),
        limit=or_null({"type": "integer", "minimum": 1, "maximum": 10000}),
        default_tlp={"enum": ["clear", "green", "amber", "amber+strict", "red", None]}),
    "Collection": thing("Of STIX objects, of the hub itself. `reach`: whom it is for beside the hub.", id=uuid, title=text, alias=text,
                        reach=words("own", "sector", "community"), sector=text, default_tlp=text),
    "PublicationPreview": thing(
        "`copy`: the notice as it would leave the gate for the collection's audience, without the name of the one that was hit; "
        "null: `refusal` says why nothing of it would.",
        audience=words("sector", "community"), tlp=or_null(text), named=yes_no, refusal=or_null(text), copy=or_null({"type": "object"})),
    "Publication": thing(
        "A warning in a collection of STIX objects, from its first plan on; `plan`: the newest. `refusal`: why nothing of it "
        "may be there. `objects`: how many it ever brought.",
        id=text, root=plan_id, plan=plan_id, number=text, collection=uuid, state=words("waiting", "published", "withdrawn", "refused"),
        refusal=or_null(text), tlp=text, at_most=words("clear", "green"), objects=count, time=or_null(time),
        first=or_null(time), by=text, needs=["id", "root", "plan", "number", "collection", "state", "refusal", "at_most", "objects", "time", "first", "by"]),
    "PublicationIn": thing("`warning`: its id, or its plan's; `collection`: id or alias.",
                           warning={"type": "string", "minLength": 1, "maxLength": 32}, collection={"type": "string", "minLength": 1, "maxLength": 64}),
    "PublicationRule": thing(collection=uuid, at_most=words("clear", "green"), by=text, time=time),
    "PublicationRuleIn": thing("Without `at_most` no warning goes in by itself any more.", needs=["collection"],
                               collection={"type": "string", "minLength": 1, "maxLength": 64}, at_most={"enum": ["clear", "green", None]}),
    "LineIn": thing(needs=[], text=line_in),
    "Webhook": thing("Where a member's own program takes warnings; its secret is never given back.", org=org_id,
                     url=or_null(text)),
    "WebhookIn": thing(
        "Each warning is POSTed with `Idempotency-Key` and `X-Yagura-Signature: t=SECONDS,v1=HEX`, HMAC-SHA-256 by the "
        "secret over SECONDS, a point and the body. Without `url` none is sent.",
        needs=[], url=or_null({"type": "string", "maxLength": 120}), secret=or_null({"type": "string", "maxLength": 50})),
    "CallIn": thing(needs=["result", "who"], result=words("reached", "busy", "no-answer", "wrong-number"),
                    who={"type": "string", "minLength": 1, "maxLength": 50}, text=line_in, acknowledged=yes_no),
    "WarningTimes": thing(
        "From the situation's beginning to the notice; from there to being read, and to being acted on. Milliseconds.",
        warnings=count, **{name: thing(count=count, p50_ms=or_null(count), p95_ms=or_null(count))
                           for name in ("notice", "read", "act")}),
    "ConsentQuestion": thing(
        "May the attack half be told to those it concerns? `texts` (in getQuestion) are what would leave: nameless, named "
        "to direct buyers, to the sector.",
        needs=["plan", "number", "state", "asked", "due", "answer"], plan=plan_id, number=text,
        state=words("asked", "yes", "see", "no"), asked=time, due=time, answer=or_null(ANSWER),
        texts=list_of({"$ref": "#/components/schemas/PlanText"})),
    "AnswerIn": thing(needs=["answer"], answer=words("yes", "see", "no"), named=yes_no, damage=yes_no, text=line_in),
})

case_id = {"type": "string", "pattern": "^[0-9a-f]{16}$"}
lines_in = {"type": ["string", "null"], "maxLength": 1000}
CASE_STATES = ("open", "closed")
CHANNELS = ("telephone", "mail", "visit", "other")
CASE_IN = dict(channel=words(*CHANNELS), org=or_null(org_id), who={"type": "string", "minLength": 1, "maxLength": 50},
               contact={"type": ["string", "null"], "maxLength": 50}, text={"type": "string", "minLength": 1, "maxLength": 1000},
               advice=lines_in, note=lines_in,
               received=or_null({"type": "string", "description": "2026-11-25T03:04:05Z"}))
SCHEMAS.update({
    "Case": thing(
        "相談: what somebody said by telephone or mail. `org`: whose people they are, where they are a member's. "
        "`revision` (in getCase) is the tag for If-Match of changeCase.",
        needs=["id", "number", "state", "channel", "org", "who", "contact", "text", "advice", "situation", "received", "made",
               "made_by", "changed", "changed_by", "closed", "closed_by", "outcome", "notes"],
        id=case_id, number=text, state=words(*CASE_STATES), channel=words(*CHANNELS), org=or_null(org_id), who=text,
        contact=or_null(text), text=text, advice=or_null(text), situation=or_null(hex_id), received=time, made=time,
        made_by=text, changed=time, changed_by=text, closed=or_null(time), closed_by=or_null(text), outcome=or_null(text),
        notes=list_of(thing(time=time, by=text, text=text), maxItems=100), revision=count),
    "CaseIn": thing(needs=["who", "text"], **CASE_IN),
    "CaseChange": thing("What is left out stays; `note` is added to the others.", needs=[], **CASE_IN),
    "CaseLink": thing(needs=["situation"], situation=or_null(hex_id)),
    "CaseEnd": thing("What came of it.", needs=["text"], text={"type": "string", "minLength": 1, "maxLength": 1000}),
})
sensor_states = ("connected", "silent", "never", "expired", "revoked")
SCHEMAS.update({
    "MonthReport": thing(
        "One month of one organisation, for its president: of UTC, or with ?zone=hub where the hub's people live; `from` and "
        "`to` are its bounds, `time_zone` says whose they are. `seen`, `warned` and `sensors` are null where the caller may "
        "not read what they are made of. `next`: what is to be done, the most urgent first.",
        org=org_id, name=text, month={"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}, made=time,
        **{"from": time}, to=time, time_zone=text,
        over=dict(yes_no, description="false: the month goes on"), empty=dict(yes_no, description="nothing came in at all"),
        seen=or_null(thing(records=count, days=count, findings=count, alerts=count, removed=count, situations=count,
                           levels=thing(**{level: count for level in LEVELS[1:]}), open=count,
                           top=list_of(thing(what=text, severity=words(*LEVELS[1:]),
                                             state=words(*STATES), outcome=words("unknown", "attempt", "possible"),
                                             first=time, last=time), maxItems=5))),
        warned=or_null(thing(notices=count, warnings=count, corrected=count, read=count, acknowledged=count, acted=count,
                             open=count, top=list_of(thing(number=text, kind=words(*KINDS), released=time, state=words(*SENT),
                                               acted_text=or_null(text)), maxItems=5))),
        done=thing(acted=count, cases=count, views=or_null(count), resolved=count),
        sensors=or_null(thing(count=count, shown=list_of(thing(host=text, state=words(*sensor_states),
                                                               heard=or_null(time)), maxItems=8),
                              **{name: count for name in sensor_states})),
        next=list_of(thing(what=words("consent", "read", "situations", "sensors", "certificates", "no-sensor", "contact",
                                      "verify", "nothing"), n=count), maxItems=9)),
})

# Whose days are meant: UTC's without it.
zone_in = words("hub", "utc")
PAGED = openapi.PAGED
LIMIT = openapi.LIMIT
ORG = {"org": org_id}
time_in = {"type": "string", "pattern": "^2[0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])(T[0-2][0-3]:[0-5][0-9]:[0-5][0-9]Z)?$",
           "description": "2026-11-25T03:04:05Z, or a day (UTC)"}
O = "/orgs/{org}"

OPERATIONS = [
    ("POST", "/session", "signIn", "Sign in with name and password", dict(body="SignIn", out="Session", open=True)),
    ("GET", "/demo", "getDemo", "Is this a demo's hub? Then who may be looked on as, and what its guide tells",
     dict(out="Demo", open=True)),
    ("POST", "/demo/session", "signInDemo", "A demo's visitor looks on as one of its people; 404 on every other hub",
     dict(body="DemoVisit", out="Session", open=True)),
    ("GET", "/session", "getSession", "Who asks, and with which rights", dict(out="Session")),
    ("DELETE", "/session", "signOut", "End this session", dict(status=204)),
    ("POST", "/session/second-factor", "giveSecondFactor", "Give the second factor of this session",
     dict(body="Code", out="Session")),
    ("GET", "/sessions", "listSessions", "The own sessions", dict(page="OwnSession")),
    ("DELETE", "/sessions/{session}", "endSession", "End one of them; `others` ends all but this one",
     dict(status=204)),
    ("POST", "/invitation/look", "lookInvitation", "Whose invitation this is",
     dict(body="InvitationLook", out="Invitation", open=True)),
    ("POST", "/invitation", "acceptInvitation", "Set the first password", dict(body="InvitationIn", status=204, open=True)),
    ("POST", "/password", "changePassword", "Change the own password; other sessions end",
     dict(body="PasswordIn", status=204)),
    ("POST", "/second-factor", "beginSecondFactor", "A secret for an authenticator program",
     dict(body="Nothing", out="SecondFactor")),
    ("PUT", "/second-factor", "confirmSecondFactor", "Its first code: from now on it is asked for",
     dict(body="Code", out="RecoveryCodes")),
    ("POST", "/second-factor/recovery-codes", "newRecoveryCodes", "Ten new recovery codes",
     dict(body="Nothing", out="RecoveryCodes")),
    ("GET", "/orgs", "listOrgs", "Organisations that are reached, by id", dict(page="Org", query=dict(PAGED, **ORG))),
    ("POST", "/orgs", "addOrg", "Add one", dict(body="OrgIn", out="Org", status=201)),
    ("GET", O, "getOrg", "One organisation", dict(out="Org")),
    ("PUT", O, "changeOrg", "Change name or corporate number", dict(body="OrgChange", out="Org")),
    ("POST", O + "/close", "closeOrg", "Close it: nobody reaches it any more, its data stay",
     dict(body="Nothing", out="Org")),
    ("GET", O + "/days", "listDays", "How much came and what was found, by day",
     dict(page="Day", query={"limit": PAGED["limit"], "from": time_in, "to": time_in, "zone": zone_in})),
    ("GET", O + "/consent", "getConsent", "The terms, and the consent to them", dict(out="Consent")),
    ("PUT", O + "/consent", "giveConsent", "Agree to the terms that hold now", dict(body="ConsentIn", out="Consent")),
    ("DELETE", O + "/consent", "withdrawConsent", "Withdraw it: nothing is taken any more", dict(out="Consent")),
    ("GET", O + "/mandates", "listMandates", "Mandates that it gave or holds", dict(page="Mandate")),
    ("POST", O + "/mandates", "giveMandate", "Let a service provider act", dict(body="MandateIn", out="Mandate", status=201)),
    ("POST", O + "/mandates/{mandate}/end", "endMandate", "End it at once", dict(body="Nothing", out="Mandate")),
    ("GET", O + "/member", "getMember", "Sector, provider, whom to reach", dict(out="Member")),
    ("PUT", O + "/member", "setMember", "Change all of it", dict(body="MemberIn", out="Member")),
    ("GET", O + "/relations", "listRelations", "The own relations: as buyer, then as supplier",
     dict(page="Relation", query=PAGED)),
    ("GET", O + "/relations/{supplier}/{buyer}", "getRelation", "One of them", dict(out="Relation")),
    ("PUT", O + "/relations/{supplier}/{buyer}", "sayRelation", "Declare it, confirm it, or change it",
     dict(body="RelationIn", out="Relation")),
    ("DELETE", O + "/relations/{supplier}/{buyer}", "endRelation", "End it, for both", dict(status=204)),
    ("POST", O + "/relations/import", "importRelations", "A table of relations that the organisation declares or confirms",
     dict(body="ImportIn", out="Imported")),
    ("POST", "/members/import", "importMembers", "A table of members: what is known of them", dict(body="ImportIn", out="Imported")),
    ("GET", "/relations", "listOpenRelations", "Relations that both parties opened to the analysts",
     dict(page="Relation", query=PAGED)),
    ("GET", O + "/ledger", "listLedger", "Batches that its sensors sent, as the hub has them, newest first",
     dict(page="LedgerBatch", query=dict(PAGED, sensor=text))),
    ("GET", O + "/views", "listViews", "Who opened raw records, when and why; latest first",
     dict(page="View", query=PAGED)),
    ("GET", O + "/retention", "getRetention", "How long records are kept, by kind", dict(out="Retention")),
    ("PUT", O + "/retention", "setRetention", "Change it, of one kind or of all", dict(body="RetentionIn", out="Retention")),
    ("GET", "/terms", "getTerms", "The terms of participation that hold now", dict(out="Terms")),
    ("PUT", "/terms", "setTerms", "Set them; consent to others is out of date then", dict(body="TermsIn", out="Terms")),
    ("GET", "/people", "listPeople", "People, by id", dict(page="Person", query=dict(PAGED, **ORG))),
    ("POST", "/people", "addPerson", "Invite somebody", dict(body="PersonIn", out="Person", status=201)),
    ("GET", "/people/{person}", "getPerson", "One person, by id or login", dict(out="Person")),
    ("PUT", "/people/{person}/state", "setPersonState", "Lock, unlock, or let go", dict(body="PersonState", out="Person")),
    ("PUT", "/people/{person}/grants", "setPersonGrants", "Change roles", dict(body="PersonGrants", out="Person")),
    ("POST", "/people/{person}/invitation", "resetPerson", "A new link for one who lost his password",
     dict(body="PersonReset", out="Person", status=201)),
    ("GET", "/tokens", "listTokens", "API tokens of an organisation", dict(page="Token", query=ORG)),
    ("POST", "/tokens", "addToken", "Make one", dict(body="TokenIn", out="Token", status=201, query=ORG)),
    ("DELETE", "/tokens/{token}", "revokeToken", "Revoke it at once", dict(status=204, query=ORG)),
    ("GET", "/sensors", "listSensors", "Sensors, by organisation and id", dict(page="Sensor", query=dict(PAGED, **ORG))),
    ("GET", "/sensors/{sensor}", "getSensor", "One sensor, with its last heartbeat", dict(out="Sensor", query=ORG)),
    ("POST", "/sensors/{sensor}/revoke", "revokeSensor", "Refuse it from now on", dict(body="Nothing", out="Sensor", query=ORG)),
    ("POST", "/enrol-tokens", "addEnrolToken", "A token for one new sensor",
     dict(body="EnrolTokenIn", out="EnrolToken", status=201, query=ORG)),
    ("GET", "/findings", "listFindings",
     "What was found; newest first, or with order=change what changed since `after`, for live views",
     dict(page="Finding", query=dict(PAGED, **ORG, **{
         "from": time_in, "to": time_in, "rule": text, "sensor": text, "actor": text, "level": words(*LEVELS),
         "outcome": words("unknown", "attempt", "possible"), "order": words("newest", "change")}))),
    ("GET", "/findings/{finding}", "getFinding", "One bundle", dict(out="Finding", query=ORG)),
    ("POST", "/findings/{finding}/records", "findingRecords", "The records that it refers to; with `around` its log at its times",
     dict(body="FindingQuestion", out="Records", query=ORG)),
    ("GET", "/stream", "openStream",
     "An answer that stays open (server-sent events): `change` whenever findings changed that may be read; their "
     "number is what listFindings takes as `after` with order=change",
     dict(stream=True, query=dict(ORG, after=text))),
    ("GET", "/indicators", "listIndicators", "Indicators that came as STIX, in the order they came; of one value, or state",
     dict(page="Indicator", query=dict(PAGED, **ORG, state=words("waits", "acts", "over"), value=text))),
    ("GET", "/indicators/{indicator}", "getIndicator", "All of one", dict(out="IndicatorWhole", query=ORG)),
    ("POST", "/indicators/{indicator}/reports", "reportIndicator", "It hit what is harmless, or it was seen",
     dict(body="IndicatorReport", out="IndicatorWhole", query=ORG)),
    ("POST", "/indicators/{indicator}/decision", "decideIndicator",
     "yes: it acts though a list of well-known values, a name or its confidence speak against it; no: it does not; back: "
     "neither", dict(body="IndicatorDecision", out="IndicatorWhole")),
    ("GET", "/relationships", "listRelationships", "Relationships that one object has, by one end",
     dict(page="Relationship", query=dict(PAGED, **ORG, source_ref=stix_id, target_ref=stix_id))),
    ("GET", "/situations", "listSituations", "Situations, what went on last first",
     dict(page="Situation", query=dict(PAGED, **ORG, state=words("open", *STATES), assignee=text,
                                        parts={"type": "integer", "minimum": 1, "maximum": 10,
                                               "description": "with who was hit, at most so many of each: analysts alone"}))),
    ("GET", "/situations/{situation}", "getSituation", "One situation", dict(out="Situation", query=ORG)),
    ("GET", "/situations/{situation}/alerts", "situationAlerts", "Its alerts, those that noise removal took among them",
     dict(page="Alert", query=dict(PAGED, **ORG))),
    ("GET", "/situations/{situation}/events", "situationEvents", "What happened to it", dict(page="SituationEvent")),
    ("POST", "/situations/{situation}/state", "setSituationState", "Take it on",
     dict(body="StateIn", out="Situation")),
    ("PUT", "/situations/{situation}", "changeSituation", "Assignee, time due, certainty: what is not there stays",
     dict(body="SituationIn", out="Situation")),
    ("POST", "/situations/{situation}/comments", "commentSituation", "Say something about it",
     dict(body="CommentIn", out="Situation")),
    ("POST", "/situations/{situation}/merge", "mergeSituation", "Take another one in",
     dict(body="OtherIn", out="Situation")),
    ("POST", "/situations/{situation}/unmerge", "unmergeSituation", "Let it stand for itself again",
     dict(body="OtherIn", out="Situation")),
    ("POST", "/situations/{situation}/split", "splitSituation", "Make some of its alerts one of their own",
     dict(body="SplitIn", out="Situation", status=201)),
    ("GET", O + "/funnel", "getFunnel", "From logs to notices, by day",
     dict(page="FunnelDay", query={"from": time_in, "to": time_in, "zone": zone_in})),
    ("GET", "/noise", "getNoise", "Steps and lists of noise removal", dict(out="Noise")),
    ("PUT", "/noise", "setNoise", "Which steps are on from now; all alerts are looked at again",
     dict(body="NoiseIn", out="Noise")),
    ("POST", "/search", "search", "Records of the archive, by arrival", dict(body="Question", out="Records", query=ORG)),
    ("GET", "/hunts", "listHunts", "Hunts over the archive, newest first; with their progress",
     dict(page="Hunt", query=dict(PAGED, **ORG))),
    ("GET", "/hunts/{hunt}", "getHunt", "One hunt, with its progress", dict(out="Hunt", query=ORG)),
    ("POST", "/hunts/{hunt}/confirm", "confirmHunt", "Yes to one that asks; as it was before",
     dict(body="HuntAnswer", out="Hunt", status=202)),
    ("POST", "/hunts/{hunt}/refuse", "refuseHunt", "No to one that asks, or an end to one that runs; as it was before",
     dict(body="HuntAnswer", out="Hunt", status=202)),
    ("GET", "/audit", "listAudit", "What was changed, by whom and when; ascending",
     dict(page="AuditEntry", query=dict(LIMIT, after={"type": "integer", "minimum": 0, "maximum": 2**53}))),
    ("POST", "/situations/{situation}/plan", "makePlan", "Whom to warn, with which text; the one that was hit is asked",
     dict(body="PlanIn", out="Plan", status=201)),
    ("GET", "/plans", "listPlans", "Plans, newest first; `situation`: those of one alone", dict(page="Plan", query=dict(PAGED, situation=hex_id))),
    ("GET", "/plans/{plan}", "getPlan", "One plan, with its notice whole", dict(out="Plan")),
    ("GET", "/plans/{plan}/texts", "planTexts", "The texts that leave, with what was taken out", dict(page="PlanText")),
    ("POST", "/plans/{plan}/approve", "approvePlan", "A person says yes: what is ready goes out",
     dict(body="Nothing", out="Plan")),
    ("POST", "/plans/{plan}/refuse", "refusePlan", "Nothing of it goes out", dict(body="ReasonIn", out="Plan")),
    ("POST", "/plans/{plan}/withdraw", "withdrawPlan", "It was wrong: all who got it are told. The new plan",
     dict(body="ReasonIn", out="Plan", status=201)),
    ("POST", "/plans/{plan}/correct", "correctPlan", "Another text in its place, to all who got it. The new plan",
     dict(body="CorrectIn", out="Plan", status=201)),
    ("GET", "/tree", "listTree", "The tree that provisions go down, by organisation", dict(page="TreeNode", query=PAGED)),
    ("PUT", "/tree/{node}", "setTreeNode", "Where an organisation stands in it", dict(body="TreeNodeIn", out="TreeNode")),
    ("PUT", "/tree", "setTree", "A table becomes the tree, all or nothing; or what would change", dict(body="TreeIn", out="TreeTable")),
    ("PUT", "/tree/{node}/contact", "setTreeContact", "Whom to reach there, as a drill showed it; a person's",
     dict(body="ContactIn", out="Contact")),
    ("GET", "/provisions", "listProvisions", "Provisions and drills, newest first",
     dict(page="ProvisionHead", query=dict(PAGED, kind=words("drill", "provision")))),
    ("POST", "/provisions", "makeProvision", "A provision or a receipt drill down the tree: a plan, which a person approves",
     dict(body="ProvisionIn", out="Provision", status=201)),
    ("GET", "/provisions/{plan}", "getProvision", "Receipts at each stage", dict(out="Provision")),
    ("GET", "/provisions/{plan}/page", "provisionPage", "Its receipts as one page for A4", dict(raw="text/html")),
    ("POST", "/provisions/{plan}/stop", "stopProvision", "Nobody else is sent to, nobody is reminded; a person's",
     dict(body="Nothing", out="Provision")),
    ("POST", "/provisions/{plan}/around", "goAround", "Also to those below one that did not get it",
     dict(body="Nothing", out="Provision")),
    ("GET", "/warnings", "listWarnings",
     "Recipients: what was sent to them, newest first (being listed is being delivered; code: of a mail). Analysts: all, "
     "by id; state also unread, open",
     dict(page="Warning", query=dict(PAGED, **ORG, plan=plan_id, state=words("unread", "open", *SENT), code=text))),
    ("GET", "/warnings/{warning}", "getWarning", "One of them, with its text", dict(out="Warning", query=ORG)),
    ("GET", "/warnings/{warning}/page", "warningPage", "As a page for A4", dict(raw="text/html", query=ORG)),
    ("GET", "/warnings/{warning}/sightings", "listSightings",
     "Recipients: what its indicators hit in their logs. Analysts: none, the counts stand in the warning",
     dict(page="Sighting", query=dict(PAGED, **ORG))),
    ("GET", "/warnings/{warning}/script", "warningScript", "What is read aloud at the telephone", dict(raw="text/plain")),
    ("POST", "/warnings/{warning}/seen", "seeWarning", "A person has it on the screen",
     dict(body="LineIn", out="Warning", query=ORG)),
    ("POST", "/warnings/{warning}/acknowledge", "acknowledgeWarning", "Read and understood",
     dict(body="LineIn", out="Warning", query=ORG)),
    ("POST", "/warnings/{warning}/act", "actOnWarning", "What was done about it",
     dict(body="LineIn", out="Warning", query=ORG)),
    ("POST", "/warnings/{warning}/called", "noteCall", "Somebody was called; reached counts as seen",
     dict(body="CallIn", out="Warning")),
    ("GET", "/automatic-rules", "listAutomaticRules", "Rules that warn by themselves, or did",
     dict(page="AutomaticRule", query=dict(rule=text))),
    ("PUT", "/automatic-rules", "switchAutomaticRule", "A person switches one on or off",
     dict(body="AutomaticRuleIn", out="AutomaticRule")),
    ("GET", "/feeds", "listFeeds", "Collections of other TAXII servers that the hub fetches, and how that goes", dict(page="Feed")),
    ("POST", "/feeds", "addFeed", "One more; its files lie in the operator's folder and are named after its server",
     dict(body="FeedIn", out="Feed", status=201)),
    ("DELETE", "/feeds/{feed}", "removeFeed", "It is fetched no more; what came stays", dict(status=204)),
    ("POST", "/feeds/{feed}/poll", "pollFeed", "It is asked within a second or two", dict(body="Nothing", out="Feed")),
    ("GET", "/collections", "listCollections", "The hub's own collections of STIX objects", dict(page="Collection")),
    ("GET", "/publications", "listPublications", "Warnings in collections of STIX objects, and what came of them",
     dict(page="Publication", query=dict(plan=plan_id, after=text, limit=PAGED["limit"]))),
    ("POST", "/publications", "publishWarning", "A person puts a released warning into a collection; answered with its publications",
     dict(body="PublicationIn", page="Publication")),
    ("POST", "/publications/preview", "previewPublication", "What of a warning would leave the gate for a collection; nothing is done",
     dict(body="PublicationIn", out="PublicationPreview")),
    ("GET", "/publication-rules", "listPublicationRules", "Collections into which warnings go by themselves", dict(page="PublicationRule")),
    ("PUT", "/publication-rules", "setPublicationRule", "A person sets or ends one; answered with all",
     dict(body="PublicationRuleIn", page="PublicationRule")),
    ("GET", "/warning-times", "warningTimes", "How long it took, p50 and p95", dict(out="WarningTimes", query=dict(plan=plan_id))),
    ("GET", O + "/webhook", "getWebhook", "Where its own program takes warnings", dict(out="Webhook")),
    ("PUT", O + "/webhook", "setWebhook", "Change it", dict(body="WebhookIn", out="Webhook")),
    ("GET", "/report-forms", "listReportForms", "Forms of reports, and the fields of a record", dict(out="ReportForms")),
    ("GET", O + "/reports", "listReports", "Reports about incidents: what is missing for whom, and until when",
     dict(page="ReportLine", query=PAGED)),
    ("POST", O + "/reports", "addReport", "A record of an incident; id and format may be left out",
     dict(body="ReportRecord", out="Report", status=201)),
    ("GET", O + "/reports/{report}", "getReport", "One of them, with every form at its next stage", dict(out="Report")),
    ("PUT", O + "/reports/{report}", "changeReport", "The next version; the whole record",
     dict(body="ReportIn", out="Report")),
    ("GET", O + "/reports/{report}/versions", "reportVersions", "Every version, and what it changed",
     dict(page="ReportVersion")),
    ("GET", O + "/reports/{report}/forms/{form}", "renderReport",
     "A form for its recipient, through the gate; as json, csv, xlsx or html, or official: the workbook that was "
     "imported, filled; half=attack: the technical half alone",
     dict(out="FilledForm", query=dict(stage=words(*STAGES), half=words("attack", "all"),
                                       **{"as": words("json", "csv", "xlsx", "html", "official")}, person=words("yes", "no")))),
    ("POST", O + "/reports/{report}/sent", "sendReport", "A form was sent at a stage (else the next): noted",
     dict(body="ReportSentIn", out="Report")),
    ("GET", O + "/report-books", "listReportBooks", "Official workbooks that were imported, one a form",
     dict(page="ReportBook")),
    ("GET", O + "/report-books/{form}", "getReportBook", "One of them, with a proposed map of its cells",
     dict(out="ReportBook")),
    ("PUT", O + "/report-books/{form}", "setReportBook", "Import one, or change its map",
     dict(body="ReportBookIn", out="ReportBook")),
    ("DELETE", O + "/report-books/{form}", "removeReportBook", "Without it the form has our own layout", dict(status=204)),
    ("GET", O + "/report-contacts", "getReportContacts", "Whom to tell when a service is affected",
     dict(page="ReportContact")),
    ("PUT", O + "/report-contacts", "setReportContacts", "The whole list",
     dict(body="ReportContactsIn", page="ReportContact")),
    ("GET", O + "/report-reminders", "getReportReminders", "When it is reminded of reports that are due",
     dict(out="ReportReminders")),
    ("PUT", O + "/report-reminders", "setReportReminders", "Change it; what is left out is as at first",
     dict(body="ReportRemindersIn", out="ReportReminders")),
    ("GET", "/questions", "listQuestions", "Questions to the one that was hit", dict(page="ConsentQuestion", query=ORG)),
    ("GET", "/questions/{plan}", "getQuestion", "One of them, with what would leave",
     dict(out="ConsentQuestion", query=ORG)),
    ("POST", "/questions/{plan}/answer", "answerQuestion", "Yes, after having seen it, or no",
     dict(body="AnswerIn", out="ConsentQuestion", query=ORG)),
    ("GET", "/cases", "listCases", "相談, newest first", dict(page="Case", query=dict(
        PAGED, **ORG, state=words(*CASE_STATES), situation=hex_id))),
    ("POST", "/cases", "addCase", "Write one down", dict(body="CaseIn", out="Case", status=201)),
    ("GET", "/cases/{case}", "getCase", "One of them", dict(out="Case")),
    ("PUT", "/cases/{case}", "changeCase", "Change it, or add a note; with If-Match only what was read", dict(body="CaseChange", out="Case")),
    ("PUT", "/cases/{case}/situation", "linkCase", "The situation it is about, or none", dict(body="CaseLink", out="Case")),
    ("POST", "/cases/{case}/close", "closeCase", "What came of it", dict(body="CaseEnd", out="Case")),
    ("POST", "/cases/{case}/reopen", "reopenCase", "It goes on after all", dict(body="Nothing", out="Case")),
    ("GET", O + "/report", "getMonth", "One month of it in numbers; without month the last whole one",
     dict(out="MonthReport", query={"month": {"type": "string", "pattern": "^2[0-9]{3}-(0[1-9]|1[0-2])$"}, "zone": zone_in})),
    ("GET", O + "/report/page", "monthPage", "The same as one page for A4",
     dict(raw="text/html", query={"month": {"type": "string", "pattern": "^2[0-9]{3}-(0[1-9]|1[0-2])$"}})),
]
SCHEMAS["Nothing"] = thing(needs=[])


# What makes nothing that could be there twice: the own account, and records, which are opened each time anew.
NOT_ONCE = re.compile(r"/(session|invitation|password|second-factor|demo|search)\b|/findings/\{finding\}/records$")


def optional(parameter):
    """A parameter of a query that stands there without a value counts as not given."""
    schema = parameter.get("schema", {})
    if parameter.get("in") != "query" or "pattern" not in schema or parameter["name"] == "org":
        return parameter
    return dict(parameter, schema=dict(schema, pattern="^$|" + schema["pattern"]))


def document():
    paths = {}
    for method, path, operation_id, summary, details in OPERATIONS:
        made = openapi.operation(summary, operation_id, path, details)
        made["parameters"] = [optional(parameter) for parameter in made["parameters"]]
        if method == "POST" and not NOT_ONCE.match(path):
            made["parameters"].append({"$ref": "#/components/parameters/IdempotencyKey"})
        if details.get("stream"):
            made["responses"]["200"] = {"description": "Events, as long as both sides like",
                                        "content": {"text/event-stream": {"schema": {"type": "string"}}}}
        if details.get("raw"):
            made["responses"]["200"] = {"description": "For people",
                                        "content": {details["raw"]: {"schema": {"type": "string"}}}}
        if details.get("open"):
            made["security"] = []
        paths.setdefault("/api/v1" + path, {})[method.lower()] = made
    shared = openapi.document()["components"]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Yagura hub",
            "version": "1",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "The HTTP API of a hub. What holds for every operation stands in docs/api.md, "
                           "what is the hub's own in docs/api-hub.md. Keys may be added to any object at any "
                           "time; none is removed or changed in meaning within v1.",
        },
        "servers": [{"url": "/"}],
        "security": [{"session": []}, {"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "yagura_PORT",
                            "description": "Set by signing in; its name ends in the port."},
                "token": {"type": "http", "scheme": "bearer",
                          "description": "An API token: `yagura admin api-token`, or addToken."},
            },
            "parameters": {
                "lang": shared["parameters"]["lang"],
                "IdempotencyKey": {
                    "name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
                    "description": "of the client's choice: what is sent again with it within a day is done once, and gets "
                                   "the answer of then"},
            },
            "responses": shared["responses"],
            "schemas": {name: SCHEMAS[name] for name in sorted(SCHEMAS)},
        },
    }


def main():
    made = json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
    if "--check" not in sys.argv[1:]:
        FILE.write_text(made, encoding="utf-8")
        return 0
    is_current = FILE.exists() and FILE.read_text(encoding="utf-8") == made
    if not is_current:
        print("docs/openapi-hub.json is not current: run tools/openapi_hub.py", file=sys.stderr)
    print("%d passed, %d failed, 0 skipped" % (is_current, not is_current))
    return 0 if is_current else 1


if __name__ == "__main__":
    sys.exit(main())
