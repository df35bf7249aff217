# SPDX-License-Identifier: Apache-2.0
"""Whom to warn, by the words of docs/warn.md alone and the slow way: plan(members, relations, victim).

`members` and `relations` are rows as dicts. Every path is a list, every candidate a plan of its own.
"""

STRONG = ("system_access", "business_stop")
ANY = ("secret_data",) + STRONG


def said(relation, answers):
    return any(relation[name] == "yes" for name in answers)


def along(relations, victim):
    """buyer -> the first of the shortest paths of at most three relations that count."""
    paths = [[victim, r["buyer"]] for r in relations if r["supplier"] == victim and said(r, ANY)]
    found = {}
    for _ in range(3):
        for path in sorted(paths):
            found.setdefault(path[-1], path)
        paths = [path + [r["buyer"]] for path in paths for r in relations
                 if r["supplier"] == path[-1] and r["buyer"] not in path and said(r, STRONG)]
    return found


def decided(members, relations, victim):
    """id -> (rule, depth, path)"""
    me = next(m for m in members if m["id"] == victim)
    paths = along(relations, victim)
    result = {}
    for member in members:
        path = paths.get(member["id"], [])
        if member["id"] == victim:
            result[victim] = (1, 0, [victim])
        elif path:
            result[member["id"]] = (2 if len(path) == 2 else 3, len(path) - 1, path)
        elif me["provider"] and member["provider"] == me["provider"]:
            result[member["id"]] = (4, None, [])
        elif me["sector"] and member["sector"] == me["sector"]:
            result[member["id"]] = (5, None, [])
    return result


def plan(members, relations, victim, least=5):
    every = {m["id"]: decided(members, relations, m["id"]) for m in members}
    me = next(m for m in members if m["id"] == victim)
    consent = {r["buyer"]: r["consent"] for r in relations if r["supplier"] == victim}
    recipients = []
    for who, (rule, depth, path) in sorted(every[victim].items()):
        if rule in (2, 3):
            candidates = sum(one.get(who, ())[:2] == (rule, depth) for one in every.values())
        elif rule == 1:
            candidates = 1
        else:
            key = "provider" if rule == 4 else "sector"
            candidates = sum(m[key] == me[key] and m["id"] != who for m in members)
        state = "ready"
        if rule != 1 and candidates < least:
            state = "needs-consent"
        elif rule == 2 and consent[who] == "ask":
            state = "needs-approval"
        recipients.append({
            "id": who, "rule": rule, "depth": depth, "path": path,
            "tlp": "TLP:" + {1: "RED", 5: "GREEN"}.get(rule, "AMBER"),
            "named": rule == 1 or (rule == 2 and consent[who] == "named"),
            "candidates": candidates, "state": state})
    return {"recipients": recipients}
