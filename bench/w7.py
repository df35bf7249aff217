#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""W7 on this machine: a real hub with a large community, and how long each GET of its API takes (bench/workloads.md).

    w7.py [--findings 1000000] [--orgs 10000] [--relations 100000] [--situations 5000] [--times 20] [--only WORD] [--place FOLDER]

Every operation that docs/openapi-hub.json describes is asked as analyst, administrator and member, as it is, with each value
of each filter, with the largest page, and some pages on; and the board as its page loads it. --place: the hub stays there, the next run asks it again. --only: operations with WORD in their name.
All figures go to build/bench.json under "w7"; the exit status is 1 when a list or count took longer than 50 ms (95 of 100) or
the board longer than 200 ms, and when an answer was 500 or more, or the board none: those are printed as broken. Beside the time on
the wall stands the hub's own processor time, which a busy machine changes little."""
import csv
import http.client
import json
import pathlib
import random
import subprocess
import sys
import time

import kit  # it says where the next two are
from hub_api_kit import PASSWORD, Who, cookie_of  # noqa: E402
from hub_kit import Hub, until  # noqa: E402

DEFAULTS = {"findings": 1000000, "orgs": 10000, "relations": 100000, "situations": 5000, "times": 20, "only": ""}
LIST_MS, BOARD_MS = 50, 200  # 95 of 100
TOKENS = 8  # of each role: one may ask 50 times a second
PAGES_ON = 10
# As its page loads it (console/src/hub/pages/board.tsx).
BOARD = {"analyst": "/situations?limit=50&state=open&parts=3", "member": "/situations?limit=50&state=open"}
SECTORS = ("医療", "水道", "物流", "化学", "金融")
OPEN_ENDED = ("openStream",)  # an answer that does not end


# ---- the community ----

def write_members(path, count):
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow("id name_ja name_en sector provider contact_mail deputy_mail".split())
        for n in range(count):
            out.writerow(["org%d" % n, "組織%d" % n, "Organisation %d" % n, SECTORS[n % 5], "msp" if n % 3 else "", "", ""])


def write_relations(path, count, orgs):
    """Few buyers have most of them: rank r with probability about r^-1.8, as in bench_plan.c; fixed seed."""
    chance, pairs = random.Random(20261125), set()
    while len(pairs) < count:
        rank = int((1 - chance.random()) ** (-1 / 0.8)) - 1
        buyer = (rank if rank < orgs else chance.randrange(orgs)) * 7919 % orgs
        supplier = chance.randrange(orgs)
        if supplier != buyer:
            pairs.add((supplier, buyer))
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow("supplier buyer secret_data business_stop system_access consent".split())
        for supplier, buyer in sorted(pairs):
            yes = [("no", "yes")[chance.randrange(2)] for _ in range(3)]
            out.writerow(["org%d" % supplier, "org%d" % buyer, *yes, ("named", "anonymous", "ask")[chance.randrange(3)]])


def must(done):
    if done.code != 0:
        sys.exit("bench/w7: %s" % done.err)
    return done.out


def fill(place, options):
    """Findings and situations, before the hub begins for the first time."""
    data = place / "hub"
    if (place / "filled").exists():
        return
    data.mkdir(mode=0o700)
    begun = time.monotonic()
    subprocess.run(["ninja", "-C", str(kit.BUILD), "bench/bench_situations"], check=True, stdout=subprocess.DEVNULL)
    print(subprocess.run([str(kit.BUILD / "bench" / "bench_situations"), str(data), str(options.findings), str(options.orgs),
                          str(options.situations), str(int(time.time()) - 86400)], check=True, text=True,
                         stdout=subprocess.PIPE).stdout, end="")
    print("findings and situations: %.0f s" % (time.monotonic() - begun))
    (place / "filled").touch()


def people(hub, place):
    """An analyst's session, from the link of the ready line or kept from the run before."""
    nobody, kept = Who(hub), place / "people"
    if not kept.exists():
        _, headers, _ = nobody.ask("GET", hub.ready["admin_link"].split("/", 3)[3].join(("/", "")))
        local = Who(hub, cookie=cookie_of(headers))
        key = local.make("POST", "/people", {"login": "ana", "name": "Ana", "grants": [{"role": "analyst", "org": "hub"}]})
        nobody.make("POST", "/invitation", {"key": key["invitation"], "password": PASSWORD % "ana"}, 204)
        kept.touch()
    _, headers, _ = nobody.ask("POST", "/session", {"login": "ana", "password": PASSWORD % "ana"})
    return Who(hub, cookie=cookie_of(headers))


def register(hub, place, options):
    """Members, relations, a plan with its warnings."""
    ana = people(hub, place)
    if (place / "made").exists():
        return ana
    for what, write, more in (("members", lambda p: write_members(p, options.orgs), ["--add"]),
                              ("relations", lambda p: write_relations(p, options.relations, options.orgs),
                               ["--confirmed", "--analysts"])):
        begun = time.monotonic()
        write(place / (what + ".csv"))
        must(hub.admin(what, "import", str(place / (what + ".csv")), *more))
        print("%s: %.1f s" % (what, time.monotonic() - begun))
    one = ana.get("/situations?limit=1")["items"][0]
    whole = ana.get("/situations/" + one["id"])
    for step in ("plan", "approve"):
        begun = time.monotonic()
        if step == "plan":
            plan = ana.make("POST", "/situations/%s/plan" % one["id"], {"victim": whole["parts"][0]["org"]})
        else:
            done = ana.make("POST", "/plans/%s/approve" % plan["id"], status=200)
        print("%s: %.1f s" % (step, time.monotonic() - begun))
    print("warnings: %s" % json.dumps({k: v for k, v in done.items() if isinstance(v, int)}))
    (place / "made").touch()
    return ana


# ---- asking ----

class Asker:
    """One connection that stays; tokens in turn. @broken: addresses that the hub could not answer, with the status."""

    def __init__(self, hub, tokens):
        self.broken = {}
        self.port, self.tokens, self.turn = int(hub.ready["url"].rsplit(":", 1)[1]), tokens, 0
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def ask(self, path):
        """(seconds, status, object or bytes)"""
        self.turn += 1
        headers = {"Authorization": "Bearer " + self.tokens[self.turn % len(self.tokens)], "Accept-Language": "en"}
        begun = time.monotonic()
        while True:
            try:
                self.connection.request("GET", "/api/v1" + path, headers=headers)
                answer = self.connection.getresponse()
                data = answer.read()
                break
            except (http.client.RemoteDisconnected, ConnectionResetError):  # it was idle for too long
                self.connection.close()
                begun = time.monotonic()
        taken = time.monotonic() - begun
        if answer.status == 429:
            time.sleep(int(answer.headers["Retry-After"]))
            return self.ask(path)
        if answer.status >= 500:
            self.broken[path] = answer.status
        return taken, answer.status, json.loads(data) if "json" in answer.headers.get("Content-Type", "") else data


def cpu_ms(pid):
    """Of all its threads."""
    total = 0
    for path in pathlib.Path("/proc/%d/task" % pid).glob("*/schedstat"):
        try:
            total += int(path.read_text("ascii").split()[0])
        except (FileNotFoundError, ProcessLookupError):  # a thread that has ended
            pass
    return total / 1e6


def measure(asker, keeper, path, times):
    status = asker.ask(path)[1]
    if status != 200:
        return {"status": status}
    before, taken = cpu_ms(keeper), []
    for _ in range(times):
        seconds, status, _ = asker.ask(path)
        if status != 200:
            return {"status": status}
        taken.append(seconds * 1e3)
    return {"p50_ms": kit.percentile(taken, 0.5), "p95_ms": kit.percentile(taken, 0.95), "cpu_ms": (cpu_ms(keeper) - before) / times}


# ---- what there is to ask ----

def first(asker, path, key="id"):
    _, status, data = asker.ask(path)
    return str(data["items"][0][key]) if status == 200 and data.get("items") else None


def known_values(askers, org):
    """Values of path parameters and filters, by name."""
    ana, member = askers["analyst"], askers["member"]
    finding = ana.ask("/findings?limit=1")[2]["items"][0]
    found = {"org": org, "situation": first(ana, "/situations?limit=1"), "finding": finding["id"], "rule": finding["rule"],
             "sensor": finding["sensor"], "actor": finding["actor"] or "203.0.113.1",
             "from": time.strftime("%Y-%m-%d", time.gmtime(time.time() - 20 * 86400)),
             "to": time.strftime("%Y-%m-%d", time.gmtime(time.time() - 10 * 86400)), "plan": first(ana, "/plans?limit=1"),
             "warning": first(ana, "/warnings?limit=1"), "person": first(askers["administrator"], "/people?limit=1"),
             "parts": "3", "month": time.strftime("%Y-%m", time.gmtime()), "assignee": "ana", "code": "12345678",
             "case": first(ana, "/cases?limit=1"), "hunt": first(ana, "/hunts?limit=1")}
    relation = member.ask("/orgs/%s/relations?limit=1" % org)[2]
    if isinstance(relation, dict) and relation.get("items"):
        found.update(supplier=relation["items"][0]["supplier"], buyer=relation["items"][0]["buyer"])
    return found


def variants(operation, known, path):
    """Query strings: none, each value of each filter, the largest page."""
    words = [""]
    for parameter in operation.get("parameters", []):
        name, schema = parameter.get("name"), parameter.get("schema", {})
        if parameter.get("in") != "query" or name == "after":
            continue
        values = schema.get("enum") or ([1000] if name == "limit" else [known.get(name)])
        words += ["?%s=%s" % (name, value) for value in values if value is not None]
    return [path + w for w in words]


def pages_on(asker, path):
    """The address of a page some pages on, None when there are not that many."""
    joint, at = "&" if "?" in path else "?", path
    for _ in range(PAGES_ON):
        _, status, data = asker.ask(at)
        if status != 200 or not isinstance(data, dict) or not data.get("next"):
            return None
        at = "%s%safter=%s" % (path, joint, data["next"])
    return at


def operations(only):
    described = json.loads((kit.ROOT / "docs" / "openapi-hub.json").read_text("utf-8"))
    for path, methods in described["paths"].items():
        operation = methods.get("get")
        if operation and path.startswith("/api/v1/") and only.lower() in operation["operationId"].lower():
            yield operation["operationId"], path[len("/api/v1"):], operation


def addresses(path, operation, known):
    """None when a value of its path is not known here: there is nothing of that kind."""
    for part in path.split("/"):
        if part.startswith("{"):
            value = known.get(part[1:-1])
            if value is None:
                return None
            path = path.replace(part, value)
    return variants(operation, known, path)


def ask_all(askers, keeper, known, options):
    rows, nothing = [], []
    for name, path, operation in operations(options.only):
        wanted = None if name in OPEN_ENDED else addresses(path, operation, known)
        if wanted is None:
            nothing.append(name)
            continue
        answered = False
        for role, asker in askers.items():
            more = [pages_on(asker, wanted[0])] if any(p.get("name") == "after" for p in operation["parameters"]) else []
            for address in wanted + [a for a in more if a]:
                row = measure(asker, keeper, address, options.times)
                if "status" not in row:
                    answered = True
                    rows.append(dict(row, operation=name, role=role, address=address))
        if not answered:
            nothing.append(name)
    return rows, nothing


def is_slow(row):
    return row["p95_ms"] > (BOARD_MS if row["operation"] == "board" else LIST_MS)


def measure_board(askers, keeper, options):
    """As each page loads it. It is there for everybody: any other answer is a fault."""
    rows = []
    for role, address in BOARD.items():
        row = measure(askers[role], keeper, address, options.times)
        if "status" in row:
            askers[role].broken[address] = row["status"]
        else:
            rows.append(dict(row, operation="board", role=role, address=address))
    return rows


def tell(rows, nothing, broken):
    for row in sorted(rows, key=lambda r: -r["p95_ms"]):
        print("%-20s %-13s p50 %7.1f  p95 %7.1f ms, processor %6.2f ms  %s%s"
              % (row["operation"], row["role"], row["p50_ms"], row["p95_ms"], row["cpu_ms"], row["address"],
                 "  TOO SLOW" if is_slow(row) else ""))
    print("nothing to ask for here: %s" % (", ".join(nothing) or "-"))
    for one in broken:
        print("BROKEN %(status)d  %(role)s  %(address)s" % one)


def measure_all(options, place):
    fill(place, options)
    hub = Hub(data=place / "hub")
    try:
        register(hub, place, options)
        org = "org7"
        tokens = {role: [must(hub.admin("api-token", "--org", at, "--role", role)).strip() for _ in range(TOKENS)]
                  for role, at in (("analyst", "hub"), ("administrator", "hub"), ("member", org))}
        askers = {role: Asker(hub, mine) for role, mine in tokens.items()}
        keeper = until("a keeper", lambda: next((p for p, role in hub.processes().items() if role == "keeper"), None))
        rows, nothing = ask_all(askers, keeper, known_values(askers, org), options)
        if options.only in ("", "board"):
            rows += measure_board(askers, keeper, options)
    finally:
        hub.stop()
    broken = [{"status": status, "role": role, "address": address}
              for role, asker in askers.items() for address, status in asker.broken.items()]
    tell(rows, nothing, broken)
    return {"rows": rows, "nothing": nothing, "broken": broken, "findings": options.findings, "orgs": options.orgs,
            "relations": options.relations, "below": bool(broken) or any(map(is_slow, rows))}


def run(**wished):
    return kit.run("w7", DEFAULTS, measure_all, wished)


def main():
    return 1 if kit.run_as_asked("w7", DEFAULTS, measure_all)["below"] else 0


if __name__ == "__main__":
    sys.exit(main())
