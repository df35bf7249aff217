# SPDX-License-Identifier: Apache-2.0
"""Correlations and filters read a second time, slowly: every record looks back over all records.

Follows docs/sigma.md and src/detect/correlate.md, not the C code. Used by tests/conformance.
"""
import itertools
import re

import sigma_eval
from sigma_eval import Refused

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "M": 30 * 86400, "y": 365 * 86400}
COMPARE = {"lt": lambda a, b: a < b, "lte": lambda a, b: a <= b, "gt": lambda a, b: a > b,
           "gte": lambda a, b: a >= b, "eq": lambda a, b: a == b, "neq": lambda a, b: a != b}
METRICS = {"value_sum", "value_avg", "value_percentile", "value_min", "value_max"}


def as_list(value):
    return value if isinstance(value, list) else [value]


def covers(one, other):
    return all(str(one[k]).lower() == str(other.get(k, "")).lower()
               for k in ("product", "category", "service") if k in one)


class RuleSet:
    """All documents of one text: ordinary rules (with their filters) and correlations."""

    def __init__(self, text, placeholders=None):
        self.tests, self.docs, self.correlations = {}, {}, {}
        filters = []
        for doc in sigma_eval.documents(text):
            if "filter" in doc:
                filters.append(doc)
                continue
            self.docs[str(doc["id"])] = doc
            if "correlation" in doc:
                self.correlations[str(doc["id"])] = {
                    **({"generate": doc["generate"]} if "generate" in doc else {}),
                    **doc["correlation"]}
            else:
                self.tests[str(doc["id"])] = sigma_eval.rule_test(doc["detection"], placeholders)
        for doc in filters:
            self.apply(doc, placeholders)
        self.order = self.by_storey()

    def find(self, name):
        for ident, doc in self.docs.items():
            if name.lower() in (ident.lower(), str(doc.get("name", "")).lower()):
                return ident
        raise Refused(f"unknown rule {name}")

    def apply(self, doc, placeholders):
        section = dict(doc["filter"])
        names = section.pop("rules")
        test = sigma_eval.rule_test(section, placeholders)
        if [str(name).lower() for name in as_list(names)] == ["any"]:
            chosen = [i for i in self.tests if covers(doc["logsource"], self.docs[i]["logsource"])]
        else:
            chosen = [self.find(name) for name in as_list(names)]
        for ident in chosen:
            if ident not in self.tests:
                raise Refused("filter over a correlation")
            if not covers(doc["logsource"], self.docs[ident]["logsource"]):
                raise Refused("filter of another logsource")
            before = self.tests[ident]
            self.tests[ident] = lambda event, a=before: a(event) and test(event)

    def by_storey(self):
        done, order = set(self.tests), []
        waiting = dict(self.correlations)
        while waiting:
            ready = [i for i, c in waiting.items()
                     if {self.find(n) for n in as_list(c["rules"])} <= done]
            if not ready:
                raise Refused("circle")
            for ident in ready:
                done.add(ident)
                order.append(Correlation(self, ident, waiting.pop(ident)))
        return order

    def quiet(self):
        """Rules that only feed correlations."""
        fed, loud = set(), set()
        for correlation in self.order:
            generates = str(correlation.section.get("generate", "")).lower() == "true"
            (loud if generates else fed).update(correlation.refs)
        return fed - loud

    def run(self, events):
        """events: (position, seconds, Event). Yields findings as dicts, by (position, rule)."""
        found, quiet, last = [], self.quiet(), 0
        timed = []
        for position, seconds, event in events:
            last = last if seconds is None else seconds
            timed.append((last, position, event))
        for seconds, position, event in sorted(timed, key=lambda t: t[0]):
            hits = {ident for ident, test in self.tests.items() if test(event)}
            found += [{"rule_id": h, "position": position} for h in hits if h not in quiet]
            silent = set()
            views = {}
            for correlation in self.order:
                findings = correlation.take(hits, silent, seconds, position, event, views)
                if correlation.ident not in quiet:
                    found += findings
        return sorted(found, key=lambda f: (f["position"], f["rule_id"]))


class Group:
    def __init__(self):
        self.records, self.reported, self.since = [], None, []


class Correlation:
    def __init__(self, rules, ident, section):
        self.ident, self.section = ident, section
        self.kind = str(section["type"])
        self.names = [str(n) for n in as_list(section["rules"])]
        self.refs = [rules.find(n) for n in self.names]
        self.span = int(section["timespan"][:-1]) * SECONDS[section["timespan"][-1]]
        self.by = [str(n).replace(" ", "") for n in as_list(section.get("group-by") or [])]
        self.aliases = {alias: {rules.find(rule): str(field) for rule, field in fields.items()}
                        for alias, fields in (section.get("aliases") or {}).items()}
        condition = section.get("condition") or {}
        self.expression = condition if isinstance(condition, str) else None
        self.condition = {} if self.expression else condition
        self.fields = [str(f) for f in as_list(self.condition.get("field", []))]
        self.groups = {}
        if self.kind in ("temporal", "temporal_ordered") and not self.expression and not any(
                k in COMPARE for k in self.condition):
            self.condition = {"gte": len(self.refs)}

    def text(self, view, name, ref):
        name = self.aliases[name].get(ref) if name in self.aliases else name
        return view(name) if name else None

    def as_seen(self, view, ref):
        """What names mean to a correlation above this one, which got the record by @ref."""
        mine = set(self.by) | set(self.fields)
        return lambda name: self.text(view, name, ref) if name in mine else view(name)

    def compares(self, value):
        return all(COMPARE[k](value, float(v)) for k, v in self.condition.items() if k in COMPARE)

    def take(self, hits, silent, seconds, position, event, views):
        """Findings, one for each group; completed correlations are added to hits (silent ones to
        silent). @views: of each correlation below, how it saw the record and by which refs on the way
        down; this one's are added."""
        temporal = self.kind.startswith("temporal")
        keyed, views[self.ident] = [], []
        for i, ref in enumerate(self.refs):
            if ref in views:  # as the groups saw it for which that one is fulfilled
                seen = [(view, way) for view, way, is_silent in views[ref]
                        if temporal or not is_silent]
            else:
                seen = [(lambda name: event.fields.get(name, [None])[0], ())] if ref in hits else []
            for view, way in seen:
                group = [self.text(view, name, ref) for name in self.by]
                values = [self.text(view, name, ref) for name in self.fields]
                if any(not g for g in group) or any(v is None for v in values):
                    continue
                if self.is_number() and sigma_eval.number(values[0]) is None:
                    continue
                keyed.append(((i, *way), group, values, self.as_seen(view, ref)))
        keyed.sort(key=lambda k: k[0])
        # A record that fits several refs is one event in each of the groups it belongs to.
        groups = {}
        for member in keyed:
            groups.setdefault(tuple(g.lower() for g in member[1]), []).append(member)
        findings = []
        for key, members in sorted(groups.items(), key=lambda g: g[1][-1][0]):
            was_silent = self.ident in silent
            silent.discard(self.ident)
            findings.append(self.take_group(hits, silent, seconds, position, key, members))
            if findings[-1] or self.ident in silent:
                views[self.ident] += [(m[3], m[0], findings[-1] is None) for m in members]
            if was_silent:
                silent.add(self.ident)
        return [f for f in findings if f]

    def take_group(self, hits, silent, seconds, position, key, members):
        _, group_texts, values, _ = members[-1]
        group = self.groups.setdefault(key, Group())
        record = {"time": seconds, "position": position, "refs": {m[0][0] for m in members},
                  "values": tuple(v.lower() for v in values)}
        group.records.append(record)
        used, value = self.evaluate(group, record)
        if used is None:
            group.since = []
            return None
        if group.reported is not None and seconds - group.reported <= self.span:
            group.since.append(record)
            silent.add(self.ident)
            return None
        first = min(used, key=lambda r: (r["time"], r["position"]))
        count = len(used)
        if group.since:
            first, count = group.since[0], len(group.since) + 1
        group.reported, group.since = seconds, []
        hits.add(self.ident)
        finding = {"kind": "correlation", "rule_id": self.ident,
                   "group": dict(zip(self.by, group_texts)), "first_time": first["time"],
                   "time": seconds, "first_position": first["position"], "position": position}
        finding["count" if value is None else "value"] = count if value is None else value
        return finding

    def is_number(self):
        return self.kind in METRICS and not self.is_share()

    def is_share(self):
        return self.kind == "value_percentile" and "percentile" not in self.condition

    def evaluate(self, group, record):
        """(records that count, value) when fulfilled, else (None, None)."""
        window = [r for r in group.records if record["time"] - r["time"] <= self.span]
        if self.kind == "event_count":
            return (window, None) if self.compares(len(window)) else (None, None)
        if self.kind == "value_count":
            latest = list({r["values"]: r for r in window}.values())
            return (latest, None) if self.compares(len(latest)) else (None, None)
        if self.kind == "temporal":
            return self.temporal(group, window)
        if self.kind == "temporal_ordered":
            return self.ordered(group, window, record)
        value = self.metric(window, record)
        return (window, value) if self.compares(value) else (None, None)

    def metric(self, window, record):
        if self.is_share():
            same = sum(r["values"] == record["values"] for r in window)
            return 100.0 * same / len(window)
        numbers = sorted(sigma_eval.number(r["values"][0]) for r in window)
        if self.kind == "value_percentile":
            rank = float(self.condition["percentile"]) * len(numbers)
            return next(n for i, n in enumerate(numbers, 1) if i * 100 >= rank)
        total = sum(sigma_eval.number(r["values"][0]) for r in window)
        return {"value_sum": total, "value_avg": total / len(numbers), "value_min": numbers[0],
                "value_max": numbers[-1]}[self.kind]

    def is_enough(self, seen):
        if self.expression is None:
            return self.compares(len(seen))
        tests = {name: (lambda _, i=i: i in seen) for i, name in enumerate(self.names)}
        return sigma_eval.Condition(self.expression, tests).fits(None)

    def temporal(self, group, window):
        latest = {}
        for r in window:
            for ref in r["refs"]:
                latest[ref] = r
        if not self.is_enough(set(latest)):
            return None, None
        group.records = []
        return list(latest.values()), None

    def ordered(self, group, window, record):
        """Of the sets of rules that are enough, one in the order written, one record for each."""
        for size in range(1, len(self.refs) + 1):
            for chosen in itertools.combinations(range(len(self.refs)), size):
                if not self.is_enough(set(chosen)) or any(
                        self.is_enough(set(chosen) - {c}) for c in chosen):
                    continue
                chain = self.chain(window, record, chosen)
                if chain:
                    group.records = []
                    return chain, None
        return None, None

    @staticmethod
    def chain(window, record, chosen):
        """Backwards from @record, always the latest that fits: the latest start."""
        if chosen[-1] not in record["refs"]:
            return None
        chain, at = [record], len(window) - 1
        for ref in reversed(chosen[:-1]):
            at -= 1
            while at >= 0 and ref not in window[at]["refs"]:
                at -= 1
            if at < 0:
                return None
            chain.append(window[at])
        return chain


def is_correlated(text):
    return re.search(r"^correlation:", text, re.M) is not None
