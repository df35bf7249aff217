#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Yagura beside its peers: race.py [access] [windows] [sqlite] (all by default)

See README.md beside this file. ROUNDS, LINES, TIMES, EVENTS, YAGURA_BENCH, YAGURA_SHARED as for bench/run;
YAGURA_PEERS says where the peers are; CROWDSEC_LINES and SQLITE_EVERY make the two slow ones shorter.
"""
import collections
import json
import os
import pathlib
import re
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import time

import install

ROOT = install.HERE.parent.parent
PEERS = install.PEERS
WORK = PEERS / "work"
BENCH = pathlib.Path(os.environ.get("YAGURA_BENCH", "/var/tmp/yagura-bench"))
SHARED = pathlib.Path(os.environ.get("YAGURA_SHARED", ROOT.parent / "shared" / "data"))
RULES = SHARED / "sigma-rules"
ROUNDS = int(os.environ.get("ROUNDS", "5"))
LINES = int(os.environ.get("LINES", "1000000"))
TIMES = int(os.environ.get("TIMES", "5"))
EVENTS = int(os.environ.get("EVENTS", "100000"))
CROWDSEC_LINES = int(os.environ.get("CROWDSEC_LINES", "5000"))
SQLITE_EVERY = int(os.environ.get("SQLITE_EVERY", "50"))
YAGURA = ROOT / "build" / "yagura"
LISTED = 12  # rules left out that are printed; the file has all

Engine = collections.namedtuple("Engine", "name version flags command env")


def say(text):
    print(text, flush=True)


# ---- files ----

def made(name, size):
    """A workload of bench/run; made if it is not there."""
    path = BENCH / ("%s-%d" % (name, size))
    if not path.exists():
        BENCH.mkdir(parents=True, exist_ok=True)
        tool = [ROOT / "build/bench/bench_workload", name, str(size)] if name == "w1" else \
            [sys.executable, ROOT / "bench/events.py", name, SHARED, str(size)]
        part = path.with_name(path.name + ".part")
        with open(part, "wb") as out:
            subprocess.run(list(map(str, tool)), stdout=out, stderr=subprocess.DEVNULL, check=True)
        part.rename(path)
    return path


def cut(path, name, keep):
    """The lines of @path whose number @keep takes, as a file of their own."""
    target = WORK / name
    if not target.exists() or target.stat().st_mtime < path.stat().st_mtime:
        with open(path, "rb") as source, open(target, "wb") as out:
            out.writelines(line for number, line in enumerate(source) if keep(number))
    return target


def lines_of(path):
    with open(path, "rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def routes():
    """channel -> service and (service, event id) -> categories, from the program's own table."""
    text = (ROOT / "src/detect/route.def").read_text()
    services = {c.lower(): s for p, s, c in re.findall(r'YG_ROUTE_CHANNEL\("(\w+)",\s*"([^"]+)",\s*"([^"]+)"\)', text)
                if p == "windows"}
    categories = collections.defaultdict(set)
    for service, code, category in re.findall(r'YG_ROUTE_CODE\("([^"]+)",\s*(\d+),\s*"([^"]+)"\)', text):
        categories[service, int(code)].add(category)
    return services, categories


def tagged(path):
    """The same events as RSigma reads them fastest: flat, and each with its logsource in three fields."""
    target = WORK / (path.name + "-tagged")
    if target.exists() and target.stat().st_mtime >= path.stat().st_mtime:
        return target
    services, categories = routes()
    with open(path, encoding="utf-8") as source, open(target, "w", encoding="utf-8") as out:
        for line in source:
            event = json.loads(line)
            if isinstance(event.get("Event"), dict):
                inner = event.pop("Event")
                event.update(inner.get("System") or {})
                event.update(inner.get("EventData") or {})
            if isinstance(event.get("EventID"), dict):
                event["EventID"] = event["EventID"].get("#text")
            service = services.get(str(event.get("Channel")).lower())
            number = str(event.get("EventID"))
            tags = {"ls_product": "windows"}
            if service:
                tags["ls_service"] = service
                # Of several, RSigma takes one: the narrower.
                kinds = sorted(categories.get((service, int(number)), ()), key="registry_event".__eq__) if number.isdigit() else []
                tags.update({"ls_category": kinds[0]} if kinds else {})
            out.write(json.dumps(dict(tags, **event), ensure_ascii=False, separators=(",", ":")) + "\n")
    return target


# ---- engines ----

def yagura(rules, own=False):
    flags = ["--json", "--rules", str(rules)] + ([] if own else ["--no-default-rules"])
    said = subprocess.run([YAGURA, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return Engine("yagura", said[-1], "--json%s" % ("" if own else " --no-default-rules"),
                  lambda path: [YAGURA, "detect", *flags, path], None)


def goaccess():
    flags = ["--log-format=COMBINED", "--no-global-config", "--no-progress"]
    program = install.goaccess()
    return Engine("goaccess", install.GOACCESS, " ".join(flags[:1] + flags[2:]) + " -o json",
                  lambda path: [program, path, *flags, "-o", WORK / "goaccess.json"], install.libraries())


def crowdsec():
    """Replay as documented (-dsn, -type), local API on a free port, its data base fresh each time."""
    package, place = install.crowdsec()

    def command(path):
        port = free_port()
        config = WORK / "crowdsec.yaml"
        login = WORK / "crowdsec-login.yaml"
        data = WORK / "crowdsec-data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(place / "data", data)
        text = (place / "etc/config.yaml").read_text()
        for old, new in (("/etc/crowdsec/local_api_credentials.yaml", login), ("/etc/crowdsec/", "%s/etc/" % place),
                         ("/var/lib/crowdsec/data/", "%s/" % data), ("/var/lib/crowdsec/hub/", "%s/hub/" % place),
                         ("/usr/lib/crowdsec/", "%s/usr/lib/crowdsec/" % package), ("daemonize: true", "daemonize: false"),
                         ("log_media: file", "log_media: stdout"), ("/var/log/", "%s/" % WORK),
                         ("127.0.0.1:8080", "127.0.0.1:%d" % port), ("enabled: true", "enabled: false"),
                         ("  type: sqlite", "  type: sqlite\n  use_wal: true")):
            text = text.replace(old, str(new))
        text = re.sub(r"    online_client:.*\n.*credentials_path:.*\n", "", text)
        config.write_text(text)
        login.write_text("")
        subprocess.run([package / "usr/bin/cscli", "-c", config, "machines", "add", "bench", "--force", "--password",
                        secrets.token_hex(16), "--url", "http://127.0.0.1:%d" % port, "-f", login],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return [package / "usr/bin/crowdsec", "-c", config, "-dsn", "file://%s" % path, "-type", "nginx"]
    return Engine("crowdsec", install.CROWDSEC, "-dsn file:// -type nginx", command, None)


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


ROUTED = ["--logsource-routing", "--event-logsource", "product=windows", "--logsource-field-map",
          "product=ls_product,service=ls_service,category=ls_category"]


def rsigma(rules, *flags):
    program, version = install.rsigma()
    return Engine("rsigma", version, "engine eval " + " ".join(flags),
                  lambda path: [program, "engine", "eval", "--quiet", "--output-format", "ndjson", "-r", rules, *flags,
                                "-e", "@%s" % path], None)


def sqlite(queries, keep):
    return Engine("sigma-cli/sqlite", "%s, %s" % (install.SIGMA_CLI, install.SQLITE_BACKEND), "-p sysmon -p windows-logsources",
                  lambda path: [sys.executable, install.HERE / "sqlite_rules.py", path, queries, keep], None)


# ---- running ----

def timed(engine, path):
    """Seconds, processor seconds and memory (KB) of one run; its output is thrown away."""
    command = list(map(str, engine.command(path)))
    start = time.monotonic()
    with open(WORK / "errors", "wb") as errors:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors, stdin=subprocess.DEVNULL, env=engine.env)
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit("%s ended with %d: see %s" % (engine.name, child.returncode, WORK / "errors"))
    return time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss


def race(title, entries, rounds=ROUNDS):
    """@entries: (engine, file, seconds of start to take off or None). The first is Yagura."""
    for engine, path, _ in entries:
        timed(engine, path)
    runs = [[] for _ in entries]
    for _ in range(rounds):
        for results, (engine, path, _) in zip(runs, entries):
            results.append(timed(engine, path))
    rows = []
    for results, (engine, path, start) in zip(runs, entries):
        count = lines_of(path)
        off = start or (0, 0)
        walls = [max(r[0] - off[0], 1e-9) for r in results]
        used = statistics.median(max(r[1] - off[1], 1e-9) for r in results)
        rows.append({"race": title, "peer": engine.name, "version": engine.version, "flags": engine.flags, "events": count,
                     "best": count / min(walls), "median": count / statistics.median(walls), "core": count / used,
                     "rss_mb": max(r[2] for r in results) / 1024, "start_off": bool(start)})
    say("\n%s: %d events, %d rounds in turn after one to warm" % (title, rows[0]["events"], rounds))
    say("peer, version, flags, events/s (best, median), events/s per core, rss, ratio per core, ratio by the clock")
    for row in rows:
        row["ratio_core"] = rows[0]["core"] / row["core"]
        row["ratio_wall"] = rows[0]["median"] / row["median"]
        say("%s, %s, %s, %.0f, %.0f, %.0f, %.0f MB, %.2f, %.2f%s"
            % (row["peer"], row["version"], row["flags"], row["best"], row["median"], row["core"], row["rss_mb"],
               row["ratio_core"], row["ratio_wall"], "  (its start taken off)" if row["start_off"] else ""))
    return rows


# ---- counting ----

def where(event):
    inner = event.get("Event")
    system = inner.get("System", event) if isinstance(inner, dict) else event
    number = system.get("EventID")
    return "%s %s%s" % (str(system.get("Channel")).replace("Microsoft-Windows-", ""),
                        number.get("#text") if isinstance(number, dict) else number, " nested" if isinstance(inner, dict) else "")


def counted(engine, path):
    """rule id -> Counter of where its hits are."""
    found = collections.defaultdict(collections.Counter)
    with open(WORK / "errors", "wb") as errors:
        child = subprocess.Popen(list(map(str, engine.command(path))), stdout=subprocess.PIPE, stderr=errors, text=True,
                                 encoding="utf-8", env=engine.env)
        for line in child.stdout:
            hit = json.loads(line)
            if hit.get("kind", "pattern") == "pattern" and hit.get("rule_id") and "update" not in hit:
                found[hit["rule_id"]][where(hit.get("event") or {})] += 1
    if child.wait():
        sys.exit("%s ended with %d: see %s" % (engine.name, child.returncode, WORK / "errors"))
    return found


def ids():
    """rule id -> file, of all public rules."""
    known = {}
    for path in sorted(RULES.rglob("*.yml")):
        found = re.search(r"^id:\s*(\S+)", path.read_text(encoding="utf-8"), re.M)
        if found:
            known[found[1]] = path
    return known


def difference(ours, theirs):
    """In words: where the one or the other has more, and what that comes from."""
    more = ours - theirs
    less = theirs - ours
    words = ["only Yagura: %s (%d)" % pair for pair in more.most_common(2)] + \
        ["only the peer: %s (%d)" % pair for pair in less.most_common(2)]
    if any("nested" in place for place in more):
        words.append("the peer does not look for fields below Event")
    elif any("4688" in place for place in more):
        words.append("the peer does not read Security 4688 as process_creation")
    elif more:
        words.append("the peer does not find the field: another name here, or below Event")
    if less:
        words.append("the peer takes records of another logsource, too")
    return "; ".join(words)


def equal_rules(title, known, ours, theirs, reasons):
    """Ids with the same counts in all; prints and writes down the rest with the reason."""
    equal, rest = [], []
    for rule in sorted(known):
        counts = [sum(ours[rule].values())] + [t[rule] if isinstance(t.get(rule), int) else None for t in theirs.values()]
        if len(set(counts)) == 1:
            equal.append(rule)
            continue
        why = reasons(rule)
        rest.append("%s  %s  %s: %s" % (rule, known[rule].name, ", ".join("%s %s" % pair for pair in
                    zip(["yagura", *theirs], ["-" if c is None else c for c in counts])), why))
    hit = sum(1 for rule in equal if ours.get(rule))
    say("\n%s: %d rules, %d with equal counts in all (%d of them hit), %d not:" % (title, len(known), len(equal), hit, len(rest)))
    for line in rest[:LISTED]:
        say("  " + line)
    listed = WORK / ("%s-unequal.txt" % title.split()[0])
    listed.write_text("\n".join(rest) + "\n")
    if len(rest) > LISTED:
        say("  … all in %s" % listed)
    folder = WORK / ("%s-equal" % title.split()[0])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for rule in equal:
        shutil.copy(known[rule], folder / (rule + ".yml"))
    (WORK / ("%s-equal.ids" % title.split()[0])).write_text("\n".join(equal))
    return folder, equal


# ---- the races ----

def access():
    """W1, all public rules and the own pack; GoAccess only counts, CrowdSec has its own scenarios."""
    path = made("w1", LINES)
    ours = yagura(RULES, own=True)
    rows = race("access log, W1", [(ours, path, None), (goaccess(), path, None)])
    short = cut(path, "w1-short", lambda n: n < CROWDSEC_LINES)
    empty = WORK / "empty"
    empty.write_bytes(b"")
    peer = crowdsec()
    timed(peer, empty)
    start = timed(peer, empty)
    rows += race("access log, W1 and its first lines for CrowdSec", [(ours, path, None), (peer, short, start[:2])], 2)
    return rows


def windows():
    """W2 and W3: RSigma on the events as they are and on events that name their logsource."""
    known = ids()
    rows = []
    for name, size in (("w2", TIMES), ("w3", EVENTS)):
        plain = made(name, size)
        for path, flags in ((plain, ["-p", "sysmon", *ROUTED[:3]]), (tagged(plain), ROUTED)):
            title = "%s %s" % (path.name, "tagged" if path != plain else "as it is")
            ours = counted(yagura(RULES), path)
            found = counted(rsigma(RULES, *flags, "--include-event"), path)
            theirs = {"rsigma": collections.defaultdict(int, {r: sum(c.values()) for r, c in found.items()})}
            for rule in known:
                theirs["rsigma"].setdefault(rule, 0)
            folder, _ = equal_rules(title, known, ours, theirs, lambda rule: difference(ours[rule], found[rule]))
            rows += race("%s, equal rules" % title, [(yagura(folder), path, None), (rsigma(folder, *flags), path, None)])
    return rows


def converted():
    """All public rules as SQLite queries."""
    target = PEERS / ("queries-%s.json" % install.SQLITE_BACKEND)
    if not target.exists():
        program = install.sigma_cli()
        say("sigma-cli: converting the rules, this takes some minutes")
        part = target.with_suffix(".part")
        install.run([program, "convert", "-t", "sqlite", "-f", "zircolite", "-p", "sysmon", "-p", "windows-logsources", "-s",
                     "-o", part, *sorted(p for p in RULES.iterdir() if p.is_dir())], "sigma-cli.log")
        part.rename(target)
    return target


def three():
    """A share of W2 through three engines: SQLite runs each rule as a query of its own."""
    known = ids()
    path = cut(made("w2", TIMES), "w2-share", lambda n: n % SQLITE_EVERY == 0)
    queries = converted()
    every = WORK / "all.ids"
    every.write_text("\n".join(known))
    done = subprocess.run(list(map(str, sqlite(queries, every).command(path))), stdout=subprocess.PIPE, check=True, text=True)
    by_query = json.loads(done.stdout)["hits"]
    flags = ["-p", "sysmon", *ROUTED[:3]]
    ours = counted(yagura(RULES), path)
    found = counted(rsigma(RULES, *flags, "--include-event"), path)
    theirs = {"rsigma": {rule: sum(found[rule].values()) for rule in known}, "sqlite": by_query}

    def reasons(rule):
        if rule not in by_query:
            return "not converted by the SQLite backend"
        if not isinstance(by_query[rule], int):
            return "SQLite: %s" % by_query[rule]
        return difference(ours[rule], found[rule]) or "the query counts otherwise"
    folder, _ = equal_rules("w2-share %d events" % lines_of(path), known, ours, theirs, reasons)
    return race("share of W2, equal rules", [(yagura(folder), path, None), (rsigma(folder, *flags), path, None),
                                             (sqlite(queries, WORK / "w2-share-equal.ids"), path, None)], 2)


def main():
    if not YAGURA.exists():
        sys.exit("build first: meson setup build && ninja -C build")
    if not RULES.is_dir():
        sys.exit("public rules are not here (%s): YAGURA_SHARED names their folder" % RULES)
    WORK.mkdir(parents=True, exist_ok=True)
    races = {"access": access, "windows": windows, "sqlite": three}
    wanted = sys.argv[1:] or list(races)
    rows = []
    for name in wanted:
        if name not in races:
            sys.exit("race.py: no race %s; there are %s" % (name, ", ".join(races)))
        try:
            rows += races[name]()
        except install.Missing as why:
            say("\n%s: not raced: %s" % (name, why))
    target = ROOT / "build" / "peers.json"
    before = json.loads(target.read_text()) if target.exists() else []
    titles = {row["race"] for row in rows}
    target.write_text(json.dumps([row for row in before if row["race"] not in titles] + rows, indent=1) + "\n")
    return 0


sys.exit(main())
