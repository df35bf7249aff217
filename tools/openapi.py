#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/openapi.json from one table: openapi.py [--check]

Writes the description of the HTTP API (OpenAPI 3.1), or with --check says whether it is current.
tests/e2e/api_routes.py holds it against the program's own route table.
"""
import json
import pathlib
import re
import sys

FILE = pathlib.Path(__file__).resolve().parents[1] / "docs/openapi.json"

# Operations that are written down but whose function is not connected yet: remove a name here when
# the program offers it (the test says so).
NOT_YET = set()  # operations of docs/api.md that the program does not offer yet

# ---- small words for schemas ----

text = {"type": "string"}
number = {"type": "integer"}
yes_no = {"type": "boolean"}
day = {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"}
time = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$"}
sha256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
revision = {"type": "integer", "minimum": 0, "description": "also the ETag; give it back in If-Match"}
count = {"type": "integer", "minimum": 0}


def or_null(schema):
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return dict(schema, type=[schema["type"], "null"])
    return {"anyOf": [schema, {"type": "null"}]}


def words(*names):
    return {"type": "string", "enum": list(names)}


def list_of(schema, **more):
    return dict({"type": "array", "items": schema}, **more)


def ref(name):
    return {"$ref": "#/components/schemas/" + name}


def thing(description=None, needs=None, **keys):
    """An object: all keys are always there unless @needs names those that are."""
    schema = {"type": "object", "properties": keys, "required": sorted(keys if needs is None else needs)}
    return dict(schema, description=description) if description else schema


def map_of(schema):
    return {"type": "object", "additionalProperties": schema}


STATES = ("open", "met", "partly", "not_met", "na")
OBSERVED = ("none", "supports", "contradicts", "stale")
COUNTS = ("criteria",) + STATES + ("supported", "contradicted", "stale", "with_evidence",
                                   "declared_alone", "confirmed", "returned")
note = {"type": "string", "maxLength": 4000}
# Bytes count, not characters: 4000 bytes are at least 1000 characters.
note_in = {"type": ["string", "null"], "maxLength": 1000}
name_in = {"type": ["string", "null"], "maxLength": 100}
needed_in = {"type": "string", "minLength": 1, "maxLength": 100, "pattern": r"\S"}
day_in = or_null(dict(day, description="2026-11-25"))

CHECKS = thing(ok=count, alarm=count, na=count, unknown=count, error=count)

LINE = dict(
    id=text, requirement=text, group=text, title=text, state=words(*STATES), value=or_null(text),
    observed=words(*OBSERVED), stale=yes_no, by=or_null(text), date=or_null(day),
    effect=count, effort=count, review_due=or_null(day), settled=yes_no, revision=revision)
LINE_CONFIRMATION = or_null(words("confirmed", "returned", "void"))

SCHEMAS = {
    "Problem": thing(
        "A refusal (RFC 9457). `code` is stable and for programs; `title` and `detail` are for people.",
        needs=["type", "status", "code", "title"],
        type=text, status=number, code={"type": "string", "pattern": "^[a-z0-9-]+$"}, title=text, detail=text),
    "Session": thing(
        actor=text, role=words("owner", "respondent", "expert", "assessor", "reader"), organisation=text,
        version=text, acting_as=or_null(text), may=map_of(yes_no)),
    "SessionIn": thing(act_as=dict(or_null(text), description="id of an invited expert; null: the own desk")),
    "Framework": thing(
        name=text, urn=text, title=text, description=text, wording=words("complete", "import"),
        levels=list_of(thing(id=text, name=text, description=text, criteria=count)), shipped=yes_no,
        publication_date=text, publisher_page=text, criteria=count),
    "Head": thing(
        "There is no total figure, no percentage and no rank on purpose.",
        needs=["id", "framework", "level", "organisation", "practice", "official", "counts", "level_state",
               "level_text", "detail", "scope_ready", "review", "created", "revision", "publisher_page"],
        id=text, framework=thing(name=text, urn=text, title=text, sha256=sha256),
        level=or_null(thing(id=text, name=text)), organisation=thing(name=text, corporate_number=text),
        practice=yes_no,
        official=or_null(thing(sha256=sha256, file_name=text, date=day, missing=list_of(text),
                               unknown=list_of(text))),
        counts=thing(**{name: count for name in COUNTS}),
        level_state=words("practice", "not reached", "reached"), level_text=text,
        detail={"type": "object"}, scope_ready=yes_no, review=words("none", "expert", "third-party"),
        created=time, revision=revision, publisher_page=text, answer_sets=yes_no,
        moved=list_of(text), not_moved=list_of({})),
    "AssessmentIn": thing(
        needs=["framework"], framework=needed_in, level=or_null(text),
        organisation=thing(needs=[], name=name_in, corporate_number=or_null(text)),
        **{"from": dict(or_null(text), description="id of an assessment whose answers move where the "
                                                    "official wording is equal")}),
    "HeadIn": thing(needs=[], level=or_null(text),
                    organisation=thing(needs=[], name=name_in, corporate_number=or_null(text))),
    "Scope": thing(
        revision=revision, date=or_null(day), companies=list_of(thing(name=text, note=text)),
        sites=list_of(thing(name=text, people=count, note=text)),
        networks=list_of(thing(name=text, note=text)), clouds=list_of(thing(name=text, use=text, note=text)),
        out=list_of(thing(name=text, why=text, touches=text)), note=note),
    "ScopeIn": dict(thing(
        needs=[], revision=number, date=day_in,
        companies=list_of(thing(needs=["name"], name=needed_in, note=note_in), maxItems=500),
        sites=list_of(thing(needs=["name"], name=needed_in, note=note_in,
                            people={"type": "integer", "minimum": 0, "maximum": 10000000}), maxItems=500),
        networks=list_of(thing(needs=["name"], name=needed_in, note=note_in), maxItems=500),
        clouds=list_of(thing(needs=["name"], name=needed_in, use=note_in, note=note_in), maxItems=500),
        out=list_of(thing(needs=["name"], name=needed_in, why=note_in, touches=note_in), maxItems=500),
        note=note_in), additionalProperties=False),
    "Line": thing(evidence=dict(count, description="attached"), confirmation=LINE_CONFIRMATION, **LINE),
    "Group": thing(id=text, title=text, asked=text, depth=count, parent=or_null(text), criteria=count,
                   counts=thing(**{name: count for name in STATES + ("contradicted", "stale")})),
    "Answer": thing(
        needs=["state", "reason", "note", "by", "date", "evidence", "choices", "revision"],
        state=words(*STATES), value=or_null(text), reason=note, note=note, by=text, date=day,
        evidence=list_of(text), choices=map_of(list_of(text)), revision=revision),
    "AnswerIn": thing(
        "`na` needs a reason; `open` withdraws. What is left out of evidence and choices is kept.",
        needs=["state"], state=dict(text, description="met, partly, not_met, na, open, or a value of the "
                                                      "criterion's answer set"),
        value={"type": ["string", "integer", "null"]}, reason=note_in, note=note_in, by=name_in, date=day_in,
        evidence=or_null(list_of(text)), choices=or_null(map_of(list_of(text)))),
    "Dispute": thing(choice=words("open", "observation_wrong", "answer_wrong"), reason=text, by=text, date=day,
                     revision=revision),
    "DisputeIn": dict(thing(
        "Both choices weigh the same.", needs=["choice"],
        choice=words("open", "observation_wrong", "answer_wrong"), reason=note_in, by=or_null(text),
        date=or_null(text), revision=number), additionalProperties=False),
    "Confirmation": thing(
        decision=words("confirmed", "returned"), advice=text, looked_at=text,
        how=words("document", "interview", "observation", "sample", "other"), date=day,
        expert={"type": "object"}, basis=sha256, state=words("valid", "void", "expired"), revision=revision),
    "ConfirmationIn": dict(thing(
        needs=["decision"], decision=words("confirmed", "returned"),
        how=words("document", "interview", "observation", "sample", "other"), advice=note_in,
        looked_at=note_in), additionalProperties=False),
    "Evidence": thing(
        needs=["id", "kind", "title", "owner", "date", "expires", "criteria", "place", "note", "state", "revision"],
        id=text, kind=words("record", "import", "statement", "service", "exchange"), title=text, owner=text,
        date=or_null(day), expires=or_null(day), criteria=list_of(text), wanted=map_of(text), place=text,
        file_name=or_null(text), size=count, sha256=or_null(text), note=text, changed=yes_no,
        state=words("live", "expired", "changed"), revision=revision),
    "EvidenceIn": thing(
        needs=["kind", "title"], kind=words("record", "import", "statement", "service", "exchange"),
        title=needed_in, owner=name_in, date=day_in, expires=day_in, criteria=list_of(text, maxItems=100),
        wanted=map_of(text), place=note_in, note=note_in, sha256=or_null(text)),
    "Official": thing(accepted=yes_no, criteria=count, found=count, missing=list_of(text), unknown=list_of(text),
                      sha256=sha256, file_name=text, matches_known_digest=yes_no),
    "Fact": thing(table=text, rows=count, date=or_null(day), source=text, columns=list_of({}), help=text),
    "Step": thing(evidence=count, confirmation=LINE_CONFIRMATION, why=text, cheap=text, closed_by=list_of(text),
                  reason=text, **LINE),
    "Contradiction": thing(evidence=count, confirmation=LINE_CONFIRMATION, dispute=or_null(ref("Dispute")),
                           checks=CHECKS, **LINE),
    "Expert": thing(
        id=text, role=words("expert", "assessor"), name=text, organisation=text, qualification=text,
        registration=text, registration_expires=or_null(day), independent=yes_no, independence_note=text,
        invited=or_null(day), until=day, ended=yes_no, revision=revision),
    "ExpertIn": thing(
        needs=["name", "qualification", "until"], role=words("expert", "assessor"), name=needed_in,
        organisation=name_in, qualification=needed_in, registration=name_in, registration_expires=day_in,
        independent=yes_no, independence_note=note_in, invited=day_in, until=day, ended=yes_no),
    "Technical": thing(
        id=text, title=text, date=day, by=text, method=text, sample=text, result=text, criteria=list_of(text),
        file_name=text, sha256=text, revision=revision),
    "TechnicalIn": thing(
        needs=["title", "result"], title=needed_in, date=day_in, by=name_in, method=note_in, sample=note_in,
        result=needed_in, criteria=list_of(text), file_name=name_in, sha256=or_null(text)),
    "OfficialResult": thing(
        "A copy of what the scheme's operator published.",
        id=text, level=text, number=text, valid_from=or_null(day), valid_to=or_null(day), source=text,
        checked_on=day, days_left=or_null(number), revision=revision),
    "OfficialResultIn": thing(
        needs=["level", "number", "source"], level=needed_in, number=needed_in, valid_from=day_in,
        valid_to=day_in, source=needed_in, checked_on=day_in),
    "Change": thing(
        change=count, time=time, actor=text, kind=text, key=dict(text, description="criterion or id"),
        to=or_null(text), removed=yes_no, revision=revision),
    "Imported": thing(assessment=text, new=yes_no, confirmations=count, conflicts=list_of({})),
    "Template": thing(name=text, title=text, file_name=text, criteria=list_of(text)),
}
SCHEMAS["Criterion"] = thing(
    confirmation=or_null(ref("Confirmation")), evidence=list_of(ref("Evidence")),
    official_text=or_null(text), needs_import=yes_no, publisher_page=text, requirement_title=or_null(text),
    help=or_null(thing(asked=text, why=text, cheap=text, example=text, proof=text, looks_at=text,
                       closed_by=list_of(text))),
    answer=or_null(ref("Answer")), answers=list_of(thing(id=text, name=text)),
    questions=list_of(thing(
        urn=text, kind=words("one", "many", "text", "date", "number"), text=text,
        choices=list_of(thing(urn=text, name=text)),
        depends_on=or_null(thing(urn=text, answers=list_of(text), all=yes_no)))),
    evidence_wanted=list_of(thing(
        needs=["id", "kind", "name", "strength", "max_age", "status", "checks", "rows"],
        id=text, kind=text, name=text, strength=text, max_age=or_null(text), status=text,
        checks=or_null(CHECKS),
        rows=list_of(thing(resource=text, check=text, reason=text), maxItems=20))),
    refs=list_of(thing(column=text, items=list_of(text))), dispute=or_null(ref("Dispute")),
    history=list_of(thing(needs=["time", "actor", "to", "reason"], time=time, actor=text, to=text, reason=text)),
    previous=or_null(text), next=or_null(text), basis=sha256, **LINE)
SCHEMAS["EvidenceIn"]["properties"]["kind"]["description"] = "query is not among them: those are run, not attached"


def page_of(name, **more):
    return dict(thing(needs=["items"] + list(more), items=list_of(ref(name)), next=text, **more))


# ---- operations: (method, path, id, summary, details) ----

A = "/assessments/{assessment}"
C = A + "/criteria/{criterion}"
PAGED = {"limit": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 200}, "after": text}
LIMIT = {"limit": PAGED["limit"]}
HTML = {"text/html": {"schema": text}}

OPERATIONS = [
    ("GET", "/session", "getSession", "Who acts here, and what may that one do?", dict(out="Session")),
    ("PUT", "/session", "putSession", "Change to the desk of an invited expert, and back",
     dict(body="SessionIn", out="Session")),
    ("GET", "/frameworks", "listFrameworks", "What there is to assess against", dict(page="Framework", query=PAGED)),
    ("POST", "/frameworks", "addFramework", "Add a framework from a library file",
     dict(upload=True, out="Framework", status=201)),
    ("GET", "/assessments", "listAssessments", "All assessments of this file, newest first",
     dict(page="Head", query=PAGED)),
    ("POST", "/assessments", "createAssessment", "Begin one", dict(body="AssessmentIn", out="Head", status=201)),
    ("GET", A, "getAssessment", "Where it stands", dict(out="Head", tag=True)),
    ("PUT", A, "putAssessment", "Change level or organisation", dict(body="HeadIn", out="Head", match=True)),
    ("GET", A + "/scope", "getScope", "What it is about", dict(out="Scope", tag=True)),
    ("PUT", A + "/scope", "putScope", "Say what it is about", dict(body="ScopeIn", out="Scope", match=True)),
    ("GET", A + "/criteria", "listCriteria", "All criteria of the level, in order of the framework",
     dict(page="Line", more={"groups": list_of(ref("Group"))},
          query=dict(PAGED, state=words(*STATES), observed=words(*OBSERVED), group=text))),
    ("GET", C, "getCriterion", "One criterion with all that helps to answer it", dict(out="Criterion", tag=True)),
    ("PUT", C + "/answer", "putAnswer", "Answer", dict(body="AnswerIn", out="Criterion", match=True)),
    ("PUT", C + "/dispute", "putDispute", "Say which is wrong, the observation or the answer",
     dict(body="DisputeIn", out="Criterion", match=True)),
    ("PUT", C + "/confirmation", "putConfirmation", "Confirm or return (experts and assessors)",
     dict(body="ConfirmationIn", out="Criterion", match=True)),
    ("GET", A + "/evidence", "listEvidence", "All evidence", dict(page="Evidence", query=PAGED)),
    ("POST", A + "/evidence", "createEvidence", "Add evidence", dict(body="EvidenceIn", out="Evidence", status=201)),
    ("PUT", A + "/evidence/{evidence}", "putEvidence", "Change evidence",
     dict(body="EvidenceIn", out="Evidence", match=True)),
    ("DELETE", A + "/evidence/{evidence}", "deleteEvidence", "Remove evidence", dict(status=204, match=True)),
    ("POST", A + "/evidence/{evidence}/file", "attachEvidenceFile", "Keep a file with evidence",
     dict(upload=True, named=True, out="Evidence")),
    ("GET", A + "/evidence/{evidence}/file", "getEvidenceFile", "The file, as a download", dict(binary=True)),
    ("POST", A + "/official", "importOfficial", "Take the official wording from the publisher's file",
     dict(upload=True, named=True, out="Official")),
    ("GET", A + "/facts", "listFacts", "The lists that were brought in, and those that could be",
     dict(page="Fact", query=PAGED)),
    ("PUT", A + "/facts/{table}", "putFacts", "Bring in a list (CSV); it replaces the old one of this table",
     dict(upload=True, out="Fact", query={"date": day, "source": text})),
    ("GET", A + "/next", "listNextSteps", "What to do next, best first", dict(page="Step", query=LIMIT)),
    ("GET", A + "/contradictions", "listContradictions", "Where answers and observations differ",
     dict(page="Contradiction", query=PAGED)),
    ("GET", A + "/experts", "listExperts", "Who is invited", dict(page="Expert", query=PAGED)),
    ("POST", A + "/experts", "createExpert", "Invite", dict(body="ExpertIn", out="Expert", status=201)),
    ("PUT", A + "/experts/{expert}", "putExpert", "Change an invitation",
     dict(body="ExpertIn", out="Expert", match=True)),
    ("DELETE", A + "/experts/{expert}", "endExpert", "End an invitation", dict(status=204, match=True)),
    ("GET", A + "/technical", "listTechnical", "Results of technical verification",
     dict(page="Technical", query=PAGED)),
    ("POST", A + "/technical", "createTechnical", "Add one (assessors)",
     dict(body="TechnicalIn", out="Technical", status=201)),
    ("GET", A + "/official-results", "listOfficialResults", "Copies of official results",
     dict(page="OfficialResult", query=PAGED)),
    ("POST", A + "/official-results", "createOfficialResult", "Keep a copy of an official result",
     dict(body="OfficialResultIn", out="OfficialResult", status=201)),
    ("GET", A + "/history", "listHistory", "Changes newer than the one named by after, newest first",
     dict(page="Change", query=dict(LIMIT, after={"type": "integer", "minimum": 0, "maximum": 2**63 - 1}))),
    ("GET", A + "/reports/{report}", "getReport", "A paper: HTML for A4, CSV, JSON",
     dict(content=dict(HTML, **{"text/csv": {"schema": text}, "application/json": {"schema": {"type": "object"}}}),
          query={"format": words("html", "csv", "json"), "since": day})),
    ("GET", A + "/statement", "getStatement", "The unsigned in-toto statement, canonical JSON",
     dict(content={"application/json": {"schema": {"type": "object"}}})),
    ("GET", A + "/export", "exportAssessment", "The exchange file for an expert's own machine",
     dict(content={"application/json": {"schema": {"type": "object"}}}, query={"audience": words("own", "expert")})),
    ("POST", A + "/import", "importExchange", "Take in what came back from the expert",
     dict(upload=True, out="Imported")),
    ("GET", "/templates", "listTemplates", "Documents to edit", dict(page="Template", query=PAGED)),
    ("GET", "/templates/{template}", "getTemplate", "One of them, as a download", dict(binary=True)),
]


def parameters(path, details):
    found = [{"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
             for name in re.findall(r"\{(\w+)\}", path)]
    for name, schema in details.get("query", {}).items():
        found.append({"name": name, "in": "query", "schema": schema})
    found.append({"$ref": "#/components/parameters/lang"})
    if details.get("match"):
        found.append({"$ref": "#/components/parameters/IfMatch"})
    if details.get("named"):
        found.append({"$ref": "#/components/parameters/FileName"})
    return found


def good_answer(details):
    answer = {"description": "done"}
    if "page" in details:
        answer["content"] = {"application/json": {"schema": page_of(details["page"], **details.get("more", {}))}}
    elif "out" in details:
        answer["content"] = {"application/json": {"schema": ref(details["out"])}}
    elif "content" in details:
        answer["content"] = details["content"]
    elif details.get("binary"):
        answer["content"] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    if details.get("tag") or (details.get("match") and "out" in details):
        answer["headers"] = {"ETag": {"description": "the revision, in quotes", "schema": text}}
    return answer


def operation(summary, operation_id, path, details):
    made = {"operationId": operation_id, "summary": summary, "parameters": parameters(path, details),
            "responses": {str(details.get("status", 200)): good_answer(details),
                          "default": {"$ref": "#/components/responses/Problem"}}}
    if "body" in details:
        made["requestBody"] = {"required": True,
                               "content": {"application/json": {"schema": ref(details["body"])}}}
    if details.get("upload"):
        made["requestBody"] = {"required": True, "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
    return made


def document():
    paths = {}
    for method, path, operation_id, summary, details in OPERATIONS:
        if operation_id not in NOT_YET:
            paths.setdefault("/api/v1" + path, {})[method.lower()] = operation(summary, operation_id, path, details)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Yagura",
            "version": "1",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "The HTTP API of Yagura. What holds for every operation stands in docs/api.md. "
                           "Keys may be added to any object at any time; none is removed or changed in "
                           "meaning within v1.",
        },
        "servers": [{"url": "/"}],
        "security": [{"session": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"session": {
                "type": "apiKey", "in": "cookie", "name": "yagura_PORT",
                "description": "Set by the link that `yagura assess web` prints; its name ends in the port."}},
            "parameters": {
                "lang": {"name": "lang", "in": "query", "schema": text,
                         "description": "ja or en, of texts for people; anything else counts as not given: Accept-Language, "
                                        "else ja"},
                "IfMatch": {"name": "If-Match", "in": "header", "required": True,
                            "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
                            "description": "the revision the change is based on; 0 to create"},
                "FileName": {"name": "X-File-Name", "in": "header", "required": True,
                             "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,60}$"},
                             "description": "percent-encoded UTF-8, at most 255 bytes"},
            },
            "responses": {"Problem": {"description": "refused", "content": {
                "application/problem+json": {"schema": ref("Problem")}}}},
            "schemas": {name: SCHEMAS[name] for name in sorted(SCHEMAS)},
        },
    }


def main():
    made = json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
    if "--check" not in sys.argv[1:]:
        FILE.write_text(made, encoding="utf-8")
        return 0
    is_current = FILE.read_text(encoding="utf-8") == made
    if not is_current:
        print("docs/openapi.json is not current: run tools/openapi.py", file=sys.stderr)
    print("%d passed, %d failed, 0 skipped" % (is_current, not is_current))
    return 0 if is_current else 1


if __name__ == "__main__":
    sys.exit(main())
