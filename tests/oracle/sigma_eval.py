#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second reading of Sigma, written without looking at the C loader.

    sigma_eval.py vectors FOLDER             every vector group gives the expected answers
    sigma_eval.py regression                 the named rule hits the JSON twin as often as said
    sigma_eval.py random TEST_VECTORS        made-up rules and events: the program named (it runs a
                                             folder of vectors) answers as we do
    sigma_eval.py compare TWIN_MATCHES       all rules on all twins, without routing: the program
                                             named finds the same as we (data: YAGURA_SHARED)

Exit status 0: as expected; 1: not; 77: something is missing (PyYAML, the data).
It understands what the vectors and the public rules use; it has no limits and no speed.
"""
import base64
import datetime
import functools
import ipaddress
import itertools
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

try:
    import yaml
except ImportError:
    print("skipped: python3-yaml is not installed", file=sys.stderr)
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(77)

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Refused(Exception):
    """The rule cannot be used."""


class Waiting(Refused):
    """The rule is good, but a placeholder has no value."""


# What PCRE without UCP takes for \w, \d and \s; Python's re has characters beyond ASCII among them,
# or, told not to, knows no case beyond ASCII.
ASCII_SETS = {"w": "[0-9A-Za-z_]", "d": "[0-9]", "s": r"[\t-\r ]"}
PARTS = re.compile(r"\[(?P<no>\^?)(?P<members>\]?(?:\\.|[^\]\\])*)\]|\\(?P<letter>.)|(?s:.)")


def named_set(letter):
    """\\w and its like as an expression; ignoring case does not make it larger."""
    if letter.islower():
        return f"(?-i:{ASCII_SETS[letter]})"
    return f"(?-i:[^{ASCII_SETS[letter.lower()][1:]})"


def class_of_pcre(members, is_negated):
    members = re.findall(r"\\.|[^\\]", members)
    named = [named_set(m[1]) for m in members if re.fullmatch(r"\\[wdsWDS]", m)]
    rest = "".join(m for m in members if not re.fullmatch(r"\\[wdsWDS]", m))
    one = "(?:" + "|".join(named + ([f"[{rest}]"] if rest else [])) + ")"
    return f"(?:(?!{one})(?s:.))" if is_negated else one


def of_pcre(text):
    """The expression for Python's re: named sets written out, also where they stand in a class."""
    word = named_set("w")
    places = {"b": f"(?:(?<={word})(?!{word})|(?<!{word})(?={word}))", "z": r"\Z", "Z": r"(?=\n?\Z)"}
    out = []
    for part in PARTS.finditer(text):
        letter, members = part["letter"] or "", part["members"] or ""
        if letter and letter in "wdsWDS":
            out.append(named_set(letter))
        elif letter in places:
            out.append(places[letter])
        elif re.search(r"\\[wdsWDS]", members):
            out.append(class_of_pcre(members, part["no"]))
        else:
            out.append(part[0])
    return "".join(out)


class Text(str):
    """A scalar that remembers whether it was written without quotes."""
    plain = False


def tree(node):
    if isinstance(node, yaml.MappingNode):
        keys = [str(key.value) for key, _ in node.value]
        if len(set(keys)) != len(keys):
            raise Refused("key twice")
        return {str(key.value): tree(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [tree(value) for value in node.value]
    text = Text(node.value)
    text.plain = not node.style
    return text


def documents(text):
    text = str(text)
    for event in yaml.parse(text, Loader=Loader):
        if getattr(event, "anchor", None):
            raise Refused("anchor or alias")
    return [tree(node) for node in yaml.compose_all(text, Loader=Loader) if node is not None]


def is_null(value):
    return isinstance(value, Text) and value.plain and value in ("", "~", "null", "Null", "NULL")


# ---- values ----

ANY_RUN, ANY_ONE = object(), object()
DASHES = "-/\u2013\u2014\u2015"
WHERE = {"startswith", "endswith", "contains"}
WIDE = {"wide", "utf16le", "utf16be", "utf16"}
BASE64 = {"base64", "base64offset"}
COMPARE = {"lt", "lte", "gt", "gte"}
TIME = {"minute", "hour", "day", "week", "month", "year"}
FLAGS = {"i": re.I, "m": re.M, "s": re.S, "ignorecase": re.I, "multiline": re.M, "dotall": re.S}
KNOWN = (WHERE | WIDE | BASE64 | COMPARE | TIME | set(FLAGS) |
         {"all", "exists", "cased", "neq", "windash", "re", "cidr", "expand", "fieldref"})
ALONE = [({"exists"}, set()), ({"re"}, WHERE | set(FLAGS)), ({"cidr"}, {"expand"}),
         ({"fieldref"}, WHERE | {"cased"}), (TIME, COMPARE), (COMPARE, set())]


def tokens(text, expanding=False):
    """A Sigma string as a list of characters and wildcards."""
    out, i = [], 0
    while i < len(text):
        if text[i] == "\\" and i + 1 < len(text) and (
                text[i + 1] in "*?\\" or (expanding and text[i + 1] == "%")):
            out.append(text[i + 1])
            i += 1
        elif text[i] == "*":
            out.append(ANY_RUN)
        elif text[i] == "?":
            out.append(ANY_ONE)
        else:
            out.append(text[i])
        i += 1
    return out


def expansions(text, placeholders):
    parts = re.split(r"(?<!\\)%([A-Za-z0-9_.-]+)%", text)
    if len(parts) == 1:
        raise Refused("expand without placeholder")
    choices = []
    for i, part in enumerate(parts):
        if i % 2 == 0:
            choices.append([tokens(part, True)])
        elif part not in placeholders:
            raise Waiting("placeholder without value")
        else:
            choices.append([tokens(value) for value in placeholders[part]])
    return [sum(choice, []) for choice in itertools.product(*choices)]


def plain(form, what):
    if any(not isinstance(c, (str, bytes)) for c in form):
        raise Refused(f"wildcards in {what}")
    return b"".join(c.encode() if isinstance(c, str) else c for c in form)


def encode(modifier, form):
    """One form through one modifier: a list of forms."""
    if modifier in BASE64 and not form:
        raise Refused("empty value encoded")
    if modifier == "windash":
        choices = [DASHES if isinstance(c, str) and c in DASHES else [c] for c in form]
        return [list(choice) for choice in itertools.product(*choices)]
    if modifier == "base64":
        return [list(base64.b64encode(plain(form, modifier)).decode())]
    if modifier == "base64offset":
        data, out = plain(form, modifier), []
        for shift in range(3):
            # Only digits whose six bits all come from the value are certain.
            digits = base64.b64encode(bytes(shift) + data).decode()
            first = -(-shift * 8 // 6)
            last = (shift + len(data)) * 8 // 6
            out.append(list(digits[first:last]))
        return out
    codec = {"wide": "utf-16-le", "utf16le": "utf-16-le", "utf16be": "utf-16-be",
             "utf16": "utf-16-le"}[modifier]
    wide = [c.encode(codec) if isinstance(c, str) else c for c in form]
    return [([b"\xff\xfe"] if modifier == "utf16" else []) + wide]


def pattern(form, where, cased):
    """A form as a compiled expression to search for; open ends need no .* in it."""
    form = list(form)
    head, tail = where in ("endswith", "contains"), where in ("startswith", "contains")
    while form and form[0] is ANY_RUN:
        del form[0]
        head = True
    while form and form[-1] is ANY_RUN:
        del form[-1]
        tail = True
    body = "".join(".*?" if c is ANY_RUN else "." if c is ANY_ONE else
                   re.escape(c if isinstance(c, str) else c.decode("latin-1")) for c in form)
    return re.compile(("" if head else r"\A") + body + ("" if tail else r"\Z"),
                      re.S | (0 if cased else re.I)).search


PLACES = {None: lambda text, part: text == part,
          "startswith": lambda text, part: text.startswith(part),
          "endswith": lambda text, part: text.endswith(part),
          "contains": lambda text, part: part in text}


def number(text):
    if not re.fullmatch(r"[-+]?(0[xX][0-9a-fA-F]+|(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?)", text):
        return None
    return float(int(text, 16)) if "x" in text.lower() else float(text)


def instant(text):
    seconds = number(text)
    if seconds is not None and 0 <= seconds < 9.2e9:
        return datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc)
    text = re.sub(r"[.,]\d+", "", text.strip()).replace("Z", "+00:00").replace(" ", "T", 1)
    try:
        when = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.timezone.utc)
    return when.astimezone(datetime.timezone.utc)


def time_part(part, text):
    when = instant(text)
    if when is None:
        return None
    return when.isocalendar()[1] if part == "week" else getattr(when, part)


def address(text):
    """As a number of 128 bits: a.b.c.d is ::ffff:a.b.c.d."""
    try:
        return int(ipaddress.IPv6Address(text if ":" in text else
                                         "::ffff:" + str(ipaddress.IPv4Address(text))))
    except ValueError:
        return None


OPERATORS = {"lt": lambda a, b: a < b, "lte": lambda a, b: a <= b,
             "gt": lambda a, b: a > b, "gte": lambda a, b: a >= b}


class Event:
    """Fields (name -> list of str or None) and the record as read."""

    def __init__(self, fields, raw=""):
        self.fields = {}
        for name, values in fields.items():
            self.fields.setdefault(name.replace(" ", ""), []).extend(values)
        self.raw = raw
        self.lower = {}

    def texts(self, field):
        if field is not None:
            return [v for v in self.fields.get(field, []) if v is not None]
        every = [v for values in self.fields.values() for v in values if v is not None]
        return every + ([self.raw] if self.raw else [])


    def lower_texts(self, field):
        if field not in self.lower:
            self.lower[field] = [text.lower() for text in self.texts(field)]
        return self.lower[field]


class Item:
    """field|modifiers: values -> a test of an event."""

    def __init__(self, key, value, placeholders):
        name, *self.mods = [part.strip() for part in key.split("|")]
        self.field = name.replace(" ", "") or None
        self.placeholders = placeholders
        self.check()
        values = value if isinstance(value, list) else [value]
        if not values or any(not isinstance(v, Text) for v in values):
            raise Refused("values")
        tests = [self.test(v) for v in values]
        join = all if "all" in self.mods else any
        negate = "neq" in self.mods
        self.fits = lambda event: join(test(event) for test in tests) != negate

    def check(self):
        mods = self.mods
        if len(set(mods)) != len(mods) or not set(mods) <= KNOWN:
            raise Refused("modifiers")
        for group in (WHERE, WIDE, BASE64, COMPARE, TIME):
            if len(group & set(mods)) > 1:
                raise Refused("several of one group")
        for kind, allowed in ALONE:
            if kind & set(mods):
                if set(mods) - kind - allowed - {"all", "neq"}:
                    raise Refused("combination")
                break
        else:
            if set(mods) & set(FLAGS):
                raise Refused("flag without re")
        if "exists" in mods and len(mods) > 1:
            raise Refused("exists alone")
        order = {m: i for i, m in enumerate(mods)}
        for before, after in ((BASE64, WHERE), (WIDE, BASE64 | WHERE), ({"re"}, set(FLAGS) | WHERE),
                              ({"windash", "expand"}, BASE64 | WIDE)):
            if any(order[a] < order[b] for a in after & set(mods) for b in before & set(mods)):
                raise Refused("order")
        if self.field is None and set(mods) & (TIME | COMPARE | {"cidr", "exists", "fieldref"}):
            raise Refused("needs a field")

    def test(self, value):
        mods = set(self.mods)
        if is_null(value):
            return self.null_test()
        if "exists" in mods:
            if value.lower() not in ("true", "false", "yes", "no"):
                raise Refused("exists")
            want = value.lower() in ("true", "yes")
            return lambda event: (self.field in event.fields) == want
        if "re" in mods:
            return self.re_test(value)
        if "cidr" in mods:
            return self.cidr_test(value)
        if "fieldref" in mods:
            return self.fieldref_test(value)
        if mods & (TIME | COMPARE):
            return self.number_test(value)
        return self.text_test(value)

    def null_test(self):
        if self.field is None or set(self.mods) - {"neq", "all"}:
            raise Refused("null")
        return lambda event: None in event.fields.get(self.field, [None])

    def where(self):
        found = WHERE & set(self.mods)
        return found.pop() if found else None

    def any_text(self, check):
        return lambda event: any(check(text) for text in event.texts(self.field))

    def re_test(self, value):
        if not value or re.search(r"(?<!\\)\((\?(<?[=!]|>|P=|\()|\*)", value) or \
                re.search(r"(?<!\\)\\[1-9]", value):
            raise Refused("expression")
        flags = 0
        for mod in self.mods:
            flags |= FLAGS.get(mod, 0)
        where = self.where()
        text = {None: value, "contains": value, "startswith": f"^(?:{value})",
                "endswith": f"(?:{value})$"}[where]
        try:
            # A byte of a value that belongs to no character is one of its own (surrogateescape).
            search = re.compile(of_pcre(text), flags).search
        except re.error as error:
            raise Refused(str(error)) from error
        return self.any_text(search)

    def forms(self, value):
        if "expand" in self.mods:
            forms = expansions(value, self.placeholders)
        else:
            forms = [tokens(value)]
        for mod in self.mods:
            if mod in WIDE | BASE64 | {"windash"}:
                forms = [new for form in forms for new in encode(mod, form)]
        return forms

    def cidr_test(self, value):
        networks = []
        for form in self.forms(value):
            try:
                network = ipaddress.ip_network(plain(form, "cidr").decode())
                networks.append((address(str(network[0])), network.num_addresses))
            except ValueError as error:
                raise Refused(str(error)) from error

        def check(text):
            found = address(text)
            return found is not None and any(
                first <= found < first + count for first, count in networks)
        return self.any_text(check)

    def fieldref_test(self, value):
        name = value.strip().replace(" ", "")
        if not name or "*" in name or "?" in name:
            raise Refused("fieldref")
        fold = str if "cased" in self.mods else str.lower
        how = {None: str.__eq__, "startswith": str.startswith, "endswith": str.endswith,
               "contains": str.__contains__}[self.where()]
        return lambda event: any(how(fold(a), fold(b)) for a in event.texts(self.field)
                                 for b in event.texts(name))

    def number_test(self, value):
        bound = number(value)
        part = (TIME & set(self.mods)).pop() if TIME & set(self.mods) else None
        limits = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "week": (1, 53),
                  "month": (1, 12), "year": (1, 9999), None: (float("-inf"), float("inf"))}[part]
        if bound is None or not limits[0] <= bound <= limits[1] or (
                part and not re.fullmatch(r"-?\d+", value)):
            raise Refused("number")
        op = next((OPERATORS[m] for m in self.mods if m in OPERATORS), lambda a, b: a == b)

        def check(text):
            got = time_part(part, text) if part else number(text)
            return got is not None and op(got, bound)
        return self.any_text(check)

    def text_test(self, value):
        where = self.where()
        if self.field is None and where is None:
            where = "contains"
        checks = []
        for form in self.forms(value):
            if self.field is None and all(c is ANY_RUN for c in form):
                raise Refused("empty keyword")
            # Expressions with .* are slow: texts without wildcards do without them.
            if "cased" not in self.mods and all(isinstance(c, str) for c in form):
                checks.append(functools.partial(self.place_test, PLACES[where],
                                                "".join(form).lower()))
            else:
                check = pattern(form, where, "cased" in self.mods)
                checks.append(lambda event, check=check: any(map(check, event.texts(self.field))))
        return checks[0] if len(checks) == 1 else lambda event: any(c(event) for c in checks)

    def place_test(self, place, part, event):
        return any(place(text, part) for text in event.lower_texts(self.field))


# ---- selections and conditions ----

def map_test(value, placeholders):
    if not value or "" in value:
        raise Refused("empty selection or name")
    items = [Item(key, sub, placeholders) for key, sub in value.items()]
    return lambda event: all(item.fits(event) for item in items)


def selection_test(value, placeholders):
    if isinstance(value, dict):
        return map_test(value, placeholders)
    if isinstance(value, Text):
        if is_null(value):
            raise Refused("empty selection")
        return Item("", value, placeholders).fits
    if not value:
        raise Refused("empty selection")
    tests = []
    for sub in value:
        if isinstance(sub, list):
            raise Refused("list in a list")
        tests.append(map_test(sub, placeholders) if isinstance(sub, dict)
                     else Item("", sub, placeholders).fits)
    return lambda event: any(test(event) for test in tests)


class Condition:
    """Recursive descent: or, and, not, of, parentheses."""

    def __init__(self, text, selections):
        self.words = re.findall(r"[()|]|[^\s()|]+", text)
        self.at = 0
        self.selections = selections
        self.fits = self.parse_or()
        if self.at != len(self.words):
            raise Refused("condition goes on")

    def peek(self, offset=0):
        at = self.at + offset
        return self.words[at].lower() if at < len(self.words) else ""

    def parse_or(self):
        tests = [self.parse_and()]
        while self.peek() == "or":
            self.at += 1
            tests.append(self.parse_and())
        return lambda event: any(test(event) for test in tests)

    def parse_and(self):
        tests = [self.parse_not()]
        while self.peek() == "and":
            self.at += 1
            tests.append(self.parse_not())
        return lambda event: all(test(event) for test in tests)

    def parse_not(self):
        if self.peek() == "not":
            self.at += 1
            test = self.parse_not()
            return lambda event: not test(event)
        if self.peek() == "(":
            self.at += 1
            test = self.parse_or()
            if self.peek() != ")":
                raise Refused("parenthesis")
            self.at += 1
            return test
        return self.parse_name()

    def parse_name(self):
        if not self.peek() or self.peek() in ("and", "or", ")", "|"):
            raise Refused("name missing")
        word = self.words[self.at]
        if self.peek(1) == "of":
            return self.parse_of(word.lower())
        self.at += 1
        if word not in self.selections:
            raise Refused(f"unknown selection {word}")
        return self.selections[word]

    def parse_of(self, quantity):
        if quantity not in ("1", "any", "all") or self.at + 2 >= len(self.words):
            raise Refused("of")
        what = self.words[self.at + 2]
        self.at += 3
        if what.lower() == "them":
            names = [n for n in self.selections if not n.startswith("_")]
        else:
            expression = ".*".join(map(re.escape, what.split("*")))
            names = [n for n in self.selections if re.fullmatch(expression, n)]
        if not names:
            raise Refused("of nothing")
        tests = [self.selections[n] for n in names]
        join = all if quantity == "all" else any
        return lambda event: join(test(event) for test in tests)


def rule_test(detection, placeholders=None):
    """detection section -> a function of an Event."""
    if not isinstance(detection, dict) or "condition" not in detection:
        raise Refused("no condition")
    selections = {name: selection_test(value, placeholders or {})
                  for name, value in detection.items() if name not in ("condition", "timeframe")}
    if not selections:
        raise Refused("no selection")
    conditions = detection["condition"]
    if isinstance(conditions, dict) or not conditions:
        raise Refused("condition")
    if isinstance(conditions, Text):
        conditions = [conditions]
    tests = [Condition(text, selections).fits for text in conditions]
    return lambda event: any(test(event) for test in tests)


# ---- vectors ----

def vector_event(fields):
    raw = str(fields.pop("_raw", ""))
    out = {}
    for name, value in fields.items():
        values = value if isinstance(value, list) else [value]
        out[name] = [None if is_null(v) else str(v) for v in values]
    return Event(out, raw)


def group_test(group):
    placeholders = {}
    for name, value in (documents(group["placeholders"])[0] if "placeholders" in group
                        else {}).items():
        placeholders[name] = value if isinstance(value, list) else [value]
    detection = documents(group["detection"])
    return rule_test(detection[0], placeholders)


def run_group(group):
    """Counts of (good, bad)."""
    good = bad = 0
    try:
        test = group_test(group)
    except (Refused, yaml.YAMLError) as reason:
        if "refused" in group:
            return 1, 0
        print(f"{group['name']}: refused: {reason}", file=sys.stderr)
        return 0, 1
    if "refused" in group:
        print(f"{group['name']}: not refused", file=sys.stderr)
        return 0, 1
    for want in ("yes", "no"):
        for count, fields in enumerate(group.get(want, []), 1):
            if test(vector_event(fields)) == (want == "yes"):
                good += 1
            else:
                bad += 1
                print(f"{group['name']}: `{want}` event {count}", file=sys.stderr)
    return good, bad


def vectors(folder):
    good = bad = 0
    for path in sorted(pathlib.Path(folder).glob("*.yml")):
        for group in documents(path.read_text(encoding="utf-8"))[0]:
            more = run_group(group)
            good, bad = good + more[0], bad + more[1]
    print(f"{good} passed, {bad} failed, 0 skipped")
    return bad > 0 or good == 0


# ---- made-up rules and events ----

MADE_UP_SEED, MADE_UP_GROUPS = 20261121, 1500
PIECES = ["a", "B", "ab", "-", "/", "\u2013", "*", "?", "\\", "\\*", "\\\\", " ", "1", "é", "あ", "%p%", "\\%"]
TEXTS = ["", "a", "ab", "AB", "b", "a-b", "a/b", "a\u2013B", "-a", "/a", " -a ", "a*b", "a?b", "a\\b", "\\",
         "あい", "あいう", "あb", "éb", "1あ b", "\u212a", "\u017fb", "K", "S", "\ufffd", "😀b",
         "1", "1.5", "-1", "0x10", "16", "あ", "aあb", "É", "%p%", "x1", "YQ==", "YWI=", "YQBiAA==",
         "10.1.2.3", "10.2.0.1", "::1", "2001:db8::5", "2026-11-21T08:31:54Z", "2020-12-31 23:59:59",
         "86399", "true", "null"]
SPECIAL = {"cidr": ["10.0.0.0/8", "10.1.2.3", "::/0", "2001:db8::/32", "10.0.0.1/8", "x"],
           "re": ["a.b", "^a", "b$", "a|b", "[ab]+", "^$", "(a", "a(?=b)", r"(a)\1", r"\d+",
                  "^.{3}$", "[^a]b", r"\W", r"^\D+$", r"\S$", "^.?b", "あ.b", "[ぁ-ん]", "é", r"\xe9", r"a\W",
                  r"[\W1]b", r"[^\w-]", "(?i)É.?", "(?i)k|[s]", "^[^ks]+$", r"\bb", r"[^\x00-\x7f]{2}"],
           "exists": ["true", "false", "x"], "fieldref": ["A", "B", "C", "*", ""],
           "number": ["0", "1", "1.5", "-3", "16", "x", "23", "2020", "12", "59", "60"]}


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def made_up_key(rnd):
    mods = rnd.choices([[], ["contains"], ["startswith"], ["endswith"], ["windash"], ["re"],
                        ["cidr"], ["base64"], ["base64offset"], ["wide"], ["exists"],
                        ["fieldref"], ["expand"], ["gt"], ["hour"], ["year"], ["minute"]],
                       [8, 5, 3, 3, 2, 3, 2, 2, 2, 1, 1, 2, 1, 2, 1, 1, 1])[0]
    mods = mods + rnd.choices([[], ["contains"], ["all"], ["neq"], ["cased"], ["i"], ["lte"],
                               ["base64"], ["windash"]], [12, 3, 3, 2, 3, 1, 1, 1, 1])[0]
    mods = mods + rnd.choices([[], ["contains"], ["neq"], ["all"]], [12, 2, 1, 1])[0]
    return "|".join([rnd.choices(["A", "B", "C", ""], [6, 3, 2, 1])[0]] + mods)


def made_up_value(rnd, key):
    kinds = set(key.split("|"))
    for kind in ("cidr", "re", "exists", "fieldref"):
        if kind in kinds:
            return quoted(rnd.choice(SPECIAL[kind]))
    if kinds & (COMPARE | TIME):
        return rnd.choice(SPECIAL["number"])
    if "expand" in kinds and rnd.random() < 0.8:
        return quoted(rnd.choice(["%p%", "a%p%", "%p%-%q%", "\\%p%", "%none%"]))
    if rnd.random() < 0.06:
        return "null"
    if rnd.random() < 0.3:
        return quoted(rnd.choice(TEXTS))
    return quoted("".join(rnd.choices(PIECES, k=rnd.randint(1, 4))))


def made_up_group(rnd, number):
    """Nine in ten are rules that can be used."""
    want_good = rnd.random() < 0.9
    while True:
        try:
            group = made_up_try(rnd, number)
        except Waiting:
            continue
        if not want_good or "refused" not in group:
            return group


def made_up_try(rnd, number):
    names, lines = ["s1", "s2", "f1", "_h"][:rnd.randint(1, 4)], []
    for name in names:
        lines.append(f"{name}:")
        for key in sorted({made_up_key(rnd) for _ in range(rnd.randint(1, 2))}):
            values = [made_up_value(rnd, key) for _ in range(rnd.choice([1, 1, 2, 3]))]
            value = values[0] if len(values) == 1 else "[" + ", ".join(values) + "]"
            lines.append(f"    {quoted(key)}: {value}")
    words = [rnd.choice(["", "", "not "]) + rnd.choice(
        names + ["1 of them", "all of s*", "(s1 or not s1)", "1 of f*", "(s1 and s2)"])
        for _ in range(rnd.randint(1, 3))]
    condition = words[0] + "".join(rnd.choice([" and ", " or "]) + word for word in words[1:])
    detection = "\n".join(lines + ["condition: " + condition])
    group = {"name": f"made up {number}", "detection": detection,
             "placeholders": "p: [a, '*b', '1']\nq: B\n"}
    try:
        test = group_test(group)
    except Waiting:
        raise
    except Refused:
        group["refused"] = ""
        return group
    group["yes"], group["no"] = [], []
    for _ in range(8):
        fields = {}
        for name in ("A", "B", "C"):
            if rnd.random() < 0.75:
                values = [None if rnd.random() < 0.06 else rnd.choice(TEXTS)
                          for _ in range(rnd.choice([1, 1, 1, 2]))]
                fields[name] = values
        raw = rnd.choice(["", "", "raw a-b text"])
        fits = test(Event(dict(fields), raw))
        group["yes" if fits else "no"].append({**fields, **({"_raw": raw} if raw else {})})
    return group


def made_up(tool):
    rnd = random.Random(MADE_UP_SEED)
    groups = [made_up_group(rnd, number) for number in range(MADE_UP_GROUPS)]
    used = [g for g in groups if "refused" in g or g["yes"] or g["no"]]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "made_up.yml"
        # JSON is YAML; texts are all quoted, so nothing changes its kind on the way.
        path.write_text(json.dumps(used, ensure_ascii=False), encoding="utf-8")
        print(f"{sum('refused' in g for g in used)} of {len(used)} rules refused, "
              f"{sum(len(g.get('yes', [])) for g in used)} events fit", file=sys.stderr)
        return subprocess.run([tool, folder], check=False).returncode


# ---- Windows events ----

def scalar(value):
    if value is None:
        return None
    return json.dumps(value) if isinstance(value, (bool, int, float)) else str(value)


def windows_event(event, raw):
    event = event["Event"]
    fields = {}
    system = event["System"]
    for name, value in system.items():
        if isinstance(value, dict):
            for sub, text in (value.get("#attributes") or {}).items():
                fields[f"{name}_{sub}"] = [scalar(text)]
            if "#text" in value:
                fields[name] = [scalar(value["#text"])]
        else:
            fields[name] = [scalar(value)]
    for part in ("EventData", "UserData"):
        data = event.get(part) or {}
        stack = list(data.items()) if isinstance(data, dict) else []
        while stack:
            name, value = stack.pop()
            if name in ("#attributes", "xmlns"):
                continue
            if isinstance(value, dict):
                stack.extend(value.items())
            else:
                fields[name] = [scalar(v) for v in (value if isinstance(value, list) else [value])]
    return Event(fields, raw)


def json_documents(text):
    decoder, at = json.JSONDecoder(), 0
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if at == len(text):
            return
        value, end = decoder.raw_decode(text, at)
        yield value, text[at:end]
        at = end


class Routes:
    """The usual mapping of logsources to channels and event ids (runner/thor.yml)."""

    def __init__(self, path):
        self.rows = list(documents(path.read_text(encoding="utf-8"))[0]["logsources"].values())

    @staticmethod
    def holds(row, event):
        for name, values in (row.get("conditions") or {}).items():
            values = values if isinstance(values, list) else [values]
            have = [text.lower() for text in event.texts(name)]
            if not any(str(value).lower() in have for value in values):
                return False
        return True

    def same(self, row, source):
        return all(row.get(k) == source.get(k) for k in ("category", "product", "service"))

    def takes(self, source, event):
        """Does a rule with logsource @source look at @event? Unknown sources look at all."""
        rows = [row for row in self.rows if self.same(row, source)]
        if not rows:
            return True
        return any(self.holds(row, event) and
                   (row.get("rewrite", source) == source or self.takes(row["rewrite"], event))
                   for row in rows)


def load_rules(folder, cases=None):
    """id -> test of an event; with @cases the mapping there decides which events a rule sees."""
    routes = cases and Routes(pathlib.Path(cases) / "runner" / "thor.yml")
    rules = {}
    for path in sorted(pathlib.Path(folder).rglob("*.yml")):
        for doc in documents(path.read_text(encoding="utf-8")):
            try:
                test = rule_test(doc["detection"])
                rules[str(doc["id"])] = routed(routes, doc["logsource"], test) if routes else test
            except Refused as reason:
                if "placeholder" not in str(reason):
                    raise Refused(f"{path}: {reason}") from reason
    return rules


def routed(routes, source, test):
    source = {k: source[k] for k in ("category", "product", "service") if k in source}
    return lambda event: test(event) and routes.takes(source, event)


def twins(folder):
    """(info, events) of each case."""
    for path in sorted(pathlib.Path(folder).rglob("info.yml")):
        info = documents(path.read_text(encoding="utf-8"))[0]
        for twin in sorted(path.parent.glob("*.json")):
            text = twin.read_text(encoding="utf-8-sig")
            yield info, twin, [windows_event(v, raw) for v, raw in json_documents(text)]


# The published count of this case is 1, but three of its six events fit the rule's suffixes.
KNOWN_COUNTS = {"8fbf3271-1ef6-4e94-8210-03c2317947f6": 3}


def regression():
    rules_folder, folder = shared_folders()
    rules = load_rules(rules_folder, folder)
    good = bad = 0
    for info, twin, events in twins(folder):
        rule = str(info["rule_metadata"][0]["id"])
        count = sum(map(rules[rule], events))
        want = KNOWN_COUNTS.get(rule, info["regression_tests_info"][0].get("match_count"))
        if count == int(want) if want else count >= 1:
            good += 1
        else:
            bad += 1
            print(f"{twin}: {count} hits, not {want or 'one'}", file=sys.stderr)
    print(f"{good} passed, {bad} failed, 0 skipped")
    return bad > 0 or good == 0


def own_matches(rules_folder, folder):
    rules = load_rules(rules_folder)
    for _, twin, events in twins(folder):
        for position, event in enumerate(events, 1):
            for rule in (r for r, test in rules.items() if test(event)):
                yield f"{twin.relative_to(folder)}\t{position}\t{rule}"


def compare(tool):
    """The C loader and evaluator find what we find."""
    folders = shared_folders()
    ours = set(own_matches(*folders))
    theirs = set(subprocess.run([tool, *folders], check=True, stdout=subprocess.PIPE,
                                encoding="utf-8").stdout.splitlines())
    for line in sorted(ours - theirs):
        print(f"only here: {line}", file=sys.stderr)
    for line in sorted(theirs - ours):
        print(f"only there: {line}", file=sys.stderr)
    print(f"{len(ours & theirs)} passed, {len(ours ^ theirs)} failed, 0 skipped")
    return ours != theirs or not ours


def shared_folders():
    shared = pathlib.Path(os.environ.get("YAGURA_SHARED") or
                          os.environ.get("YAGURA_SHARED_DEFAULT") or "../shared/data")
    folders = [shared / "sigma-rules", shared / "sigma-regression"]
    skip_without(folders)
    return folders


def skip_without(paths):
    missing = [path for path in paths if not pathlib.Path(path).exists()]
    if missing:
        print(f"skipped: {missing[0]} is missing", file=sys.stderr)
        print("0 passed, 0 failed, 1 skipped")
        sys.exit(77)


def main():
    modes = {"vectors": (vectors, 1), "regression": (regression, 0), "compare": (compare, 1),
             "random": (made_up, 1)}
    if len(sys.argv) < 2 or sys.argv[1] not in modes or \
            len(sys.argv) - 2 != modes[sys.argv[1]][1]:
        print(__doc__, file=sys.stderr)
        return 2
    skip_without(sys.argv[2:])
    return int(modes[sys.argv[1]][0](*sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(main())
