#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""W8 on this machine: STIX and TAXII of a real hub, and a million indicators from a file to a finding (bench/workloads.md).

    w8.py [--count 1000000] [--sent 100000] [--indicators COUNT] [--lines 1000000] [--parts out,in,stix,list] [--place FOLDER]

--parts fill makes the ten collections alone, in the folder of --place; `out` and `in` take what is there.

out   --count objects in ten collections; one client fetches all of them, 1,000 a page, over TLS, and reads the JSON
in    four clients add --sent objects to them, bundles of 100, over TLS: an answer says that they are on the disk. Then the
      hub is killed and counted again
stix  --indicators (as many as --count) come as one bundle by `share import` into the collection of a running hub with two
      sensors: one sends its lines to the hub, one judges them at home. Lines with the first, the middle and the last of them
      are written four times a second until a finding of each has been seen. Beside it they are hunted for in --lines that
      came before, in which one line of a thousand has one of them
list  the same values as a plain list: put into the hub's folder, and into the sensor's own

All figures go to build/bench.json under "w8"; the exit status is 1 when one is below what is promised: 20,000 objects/s out,
2,000 in, imported in 60 s, active in 10 s (for a --count of 1,000,000)."""
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import ssl
import subprocess
import sys
import threading
import time

import kit  # it says where the next ones are
import hub_kit  # noqa: E402
from harness import yagura  # noqa: E402
from hub_api_kit import Who  # noqa: E402
from hub_kit import Hub, Member, append, until  # noqa: E402
from taxii_kit import TLP, TYPE  # noqa: E402

DEFAULTS = {"count": 1000000, "sent": 100000, "indicators": 0, "lines": 1000000, "parts": "out,in,stix,list"}
OUT_RATE, IN_RATE, IMPORT_S, ACTIVE_S = 20000, 2000, 60, 10
SHELVES, CLIENTS, BUNDLE, PAGE = 10, 4, 100, 1000
WAIT_S = 1800
CREATED = "2026-01-01T00:00:00.000Z"
MARK = "marking-definition--" + TLP["green"]
TOPS = ("com", "net", "org", "jp", "info", "biz", "top", "xyz", "ru", "cn", "io", "shop")
CLOSED = "Nov 21 08:%02d:%02d box sshd[7]: Connection closed by %s port 2"
AT_HOME = "version: 1\nraw: false\ndetect:\n  built_in: false\n  from_hub: {indicators: true}\n  indicators: [%s]\n"


# ---- what comes: fixed seeds; the digest says that it is the same ----

def value_of(n, chance):
    """(STIX path, value) of indicator @n: half names, three tenths addresses, two tenths hashes; no two are the same."""
    kind = n % 10
    if kind < 3:
        return "ipv4-addr:value", "%d.%d.%d.%d" % (20 + (n >> 24), n >> 16 & 255, n >> 8 & 255, n & 255)
    if kind < 8:
        return "domain-name:value", "%08x%x.%s" % (chance.getrandbits(32), n, TOPS[n % len(TOPS)])
    size = 32 if kind == 8 else 64
    return "file:hashes.%s" % ("MD5" if size == 32 else "'SHA-256'"), "%0*x" % (size, chance.getrandbits(4 * size - 24) << 24 | n)


def uuid_of(chance):
    h = "%032x" % chance.getrandbits(128)
    return "%s-%s-4%s-8%s-%s" % (h[:8], h[8:12], h[13:16], h[17:20], h[20:])


def indicator(n, chance):
    path, value = value_of(n, chance)
    return ('{"type":"indicator","spec_version":"2.1","id":"indicator--%s","created":"%s","modified":"%s","name":"seen at others",'
            '"indicator_types":["malicious-activity"],"pattern":"[%s = \'%s\']","pattern_type":"stix","valid_from":"%s",'
            '"confidence":80,"labels":["pap:amber"],"object_marking_refs":["%s"]}'
            % (uuid_of(chance), CREATED, stamp(), path, value, stamp(), MARK), value)


def stamp():
    """This month: an indicator fades."""
    return time.strftime("%Y-%m-01T00:00:00.000Z", time.gmtime())


def thing(n, chance):
    """Of ten objects six are indicators, two names, one malware, one relationship."""
    kind = n % 10
    if kind < 6:
        return indicator(n * 10 // 6, chance)[0]
    name = uuid_of(chance)
    if kind < 8:
        return '{"type":"domain-name","spec_version":"2.1","id":"domain-name--%s","value":"h%x.example.net"}' % (name, n)
    head = '"spec_version":"2.1","id":"%%s--%s","created":"%s","modified":"%s"' % (name, CREATED, CREATED)
    if kind == 8:
        return '{"type":"malware",%s,"name":"m%x","is_family":true,"malware_types":["trojan"]}' % (head % "malware", n)
    return ('{"type":"relationship",%s,"relationship_type":"indicates","source_ref":"indicator--%s","target_ref":"malware--%s"}'
            % (head % "relationship", uuid_of(chance), uuid_of(chance)))


def digest_of(things):
    """The digest is of what stays from month to month."""
    text = hashlib.sha256()
    for one in things:
        text.update(one.replace(stamp(), "-").encode() + b"\n")
    return text.hexdigest()[:16]


def write_bundle(path, things):
    with open(path, "w", encoding="ascii") as file:
        file.write('{"type":"bundle","id":"bundle--%s","objects":[' % uuid_of(random.Random(0)))
        file.write(",\n".join(things))
        file.write("]}\n")
    return path


# ---- a hub with TLS ----

def must(done):
    if done.code != 0:
        sys.exit("bench/w8: %s" % done.err)
    return done.out.strip()


def openssl(place, *words):
    subprocess.run(["openssl", *words], cwd=place, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def certificates(place):
    openssl(place, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "server.key", "-out",
            "server.pem", "-subj", "/CN=localhost", "-days", "30", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    config = place / "hub.yaml"
    config.write_text("http:\n  certificate: %s\n  key: %s\n" % (place / "server.pem", place / "server.key"), encoding="utf-8")
    return config


class Client:
    """One connection over TLS."""

    def __init__(self, hub, place, token):
        context = ssl.create_default_context(cafile=place / "server.pem")
        self.connection = http.client.HTTPSConnection(hub.ready["url"].split("//")[1], context=context, timeout=600)
        self.headers = {"Accept": TYPE, "Content-Type": TYPE, "Authorization": "Bearer " + token}

    def ask(self, method, path, body=None):
        while True:
            self.connection.request(method, path, body, self.headers)
            answer = self.connection.getresponse()
            data = answer.read()
            if answer.status != 503:
                return answer.status, json.loads(data)
            time.sleep(float(answer.headers.get("Retry-After", 1)))


def fetch(client, shelf):
    """(objects, bytes) of a whole collection."""
    path, more, count = "/taxii2/hub/collections/%s/objects/?limit=%d" % (shelf, PAGE), "", 0
    while True:
        status, page = client.ask("GET", path + more)
        if status != 200:
            sys.exit("bench/w8: %s: %s" % (status, page))
        count += len(page.get("objects", ()))
        if not page.get("more"):
            return count
        more = "&next=" + page["next"]


def make_collections(hub):
    return [must(hub.admin("collection", "add", "--title", "shelf %d" % n, "--for", "community")) for n in range(SHELVES)]


def analyst_of(hub):
    return must(hub.admin("api-token", "--org", "hub", "--role", "analyst"))


def processor_s(hub):
    """Of all processes of a hub."""
    def of(pid):
        with contextlib.suppress(OSError):
            fields = pathlib.Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return 0
    return sum(of(pid) for pid in [hub.process.pid, *hub.processes()])


def measure_out(hub, place, token, shelves, options, row):
    client = Client(hub, place, token)
    cpu, begun = processor_s(hub), time.monotonic()
    count = sum(fetch(client, shelf) for shelf in shelves)
    taken = time.monotonic() - begun
    row["out"] = {"objects": count, "seconds": taken, "rate": count / taken, "hub_cpu_s": processor_s(hub) - cpu,
                  "below": count != options.count or count / taken < OUT_RATE}
    print("out    %d objects in %.1f s: %.0f/s, hub's processor time %.1f s" % (count, taken, count / taken, row["out"]["hub_cpu_s"]))


def measure_in(hub, place, token, shelves, options, row):
    chance = random.Random(2)
    bodies = [('{"objects":[%s]}' % ",".join(thing(n, chance) for n in range(at, at + BUNDLE))).encode()
              for at in range(0, options.sent, BUNDLE)]
    times, wrong = [], []

    def send(number):
        client = Client(hub, place, token)
        for body in bodies[number::CLIENTS]:
            begun = time.monotonic()
            status, data = client.ask("POST", "/taxii2/hub/collections/%s/objects/" % shelves[number], body)
            times.append(time.monotonic() - begun)
            if status != 202 or data["status"] != "complete" or data["failure_count"]:
                wrong.append((status, data))
    cpu, begun = processor_s(hub), time.monotonic()
    threads = [threading.Thread(target=send, args=[n]) for n in range(CLIENTS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    taken = time.monotonic() - begun
    cpu = processor_s(hub) - cpu
    if wrong:
        sys.exit("bench/w8: %d answers: %s" % (len(wrong), wrong[0]))
    hub.kill()
    hub.start()
    sent = len(bodies) * BUNDLE
    client = Client(hub, place, token)
    there = sum(fetch(client, shelf) for shelf in shelves)
    lost = options.count + sent - there
    row["in"] = {"objects": sent, "seconds": taken, "rate": sent / taken, "p50_s": kit.percentile(times, 0.5),
                 "p99_s": kit.percentile(times, 0.99), "hub_cpu_s": cpu, "lost_by_kill": lost, "below": lost != 0 or sent / taken < IN_RATE}
    print("in     %d objects in %.1f s: %.0f/s, a bundle %.0f ms (median), %.0f ms (99 of 100), hub's processor time %.1f s, "
          "lost by a kill: %d" % (sent, taken, sent / taken, row["in"]["p50_s"] * 1e3, row["in"]["p99_s"] * 1e3, cpu, lost))


def fill(hub, place, options, row):
    """Ten collections, once in a place: their ids."""
    kept, chance = place / "shelves.json", random.Random(1)
    if kept.exists():
        return json.loads(kept.read_text())
    shelves = make_collections(hub)
    part, begun, spent, digests = options.count // SHELVES, time.monotonic(), 0, []
    for number, shelf in enumerate(shelves):
        things = [thing(n, chance) for n in range(number * part, (number + 1) * part)]
        digests.append(digest_of(things))
        path = write_bundle(place / "part.json", things)
        begun = time.monotonic()
        must(yagura("share", "import", path, "--data", hub.data, "--collection", shelf))
        spent += time.monotonic() - begun
        path.unlink()
    print("taxii  %d objects in %d collections, digest %s, imported in %.1f s"
          % (part * SHELVES, SHELVES, hashlib.sha256("".join(digests).encode()).hexdigest()[:16], spent))
    row["filled_s"] = spent
    kept.write_text(json.dumps(shelves))
    return shelves


def measure_taxii(options, place, row):
    hub = Hub(data=place / "taxii", options=["--config", str(certificates(place))])
    token, shelves = analyst_of(hub), fill(hub, place, options, row)
    settle(hub)
    if "out" in options.parts:
        measure_out(hub, place, token, shelves, options, row)
    if "in" in options.parts:
        measure_in(hub, place, token, shelves, options, row)
    hub.stop()


# ---- a million indicators ----

def settle(hub, seconds=5, bound_s=WAIT_S):
    """Until the hub's processes rest: what came before is not in the figures."""
    begun, last = time.monotonic(), processor_s(hub)
    while time.monotonic() - begun < bound_s:
        time.sleep(seconds)
        now = processor_s(hub)
        if now - last < 0.05 * seconds:
            return
        last = now


class Town:
    """A hub, a sensor that sends its lines (acme), and one that judges them at home (beta)."""

    def __init__(self, place, values):
        self.place, self.values = place, values
        place.mkdir(exist_ok=True)
        self.own = place / "own"
        self.own.mkdir(exist_ok=True)
        self.hub = Hub(data=place / "hub")
        self.who, self.logs, self.members = Who(self.hub, token=analyst_of(self.hub)), {}, {}
        for org in ("acme", "beta"):
            self.hub.org(org)
            self.logs[org] = place / (org + ".log")
            self.logs[org].touch()
            member = Member(self.hub, org, follow=[self.logs[org]])
            if org == "beta":
                (member.state / "policy.yaml").write_text(AT_HOME % self.own)
            self.members[org] = member.start()
        self.second = 0

    def before(self, lines):
        """Lines that the archive has already: one of a thousand with an indicator. How many have one."""
        addresses = [v for n, v in enumerate(self.values) if n % 10 < 3]
        chance = random.Random(3)
        hits = 0
        for at in range(0, lines, 10000):
            texts = []
            for n in range(at, min(at + 10000, lines)):
                is_hit = n % 1000 == 999
                hits += is_hit
                value = chance.choice(addresses) if is_hit else "192.0.2.%d" % (n % 251)
                texts.append(CLOSED % (n // 60 % 60, n % 60, value))
            append(self.logs["acme"], texts)
        if lines:
            until("the lines before", lambda: self.records() >= lines, WAIT_S, every=0.5)
        settle(self.hub, 3)
        return hits

    def records(self):
        return self.hub.metric("yagura_detect_records_total")

    def probe(self, org, names):
        self.second += 1
        append(self.logs[org], [CLOSED % (self.second // 60 % 60, self.second % 60, self.values[at]) for at in names.values()])

    def found(self, org, names):
        status, _, data = self.who.ask("GET", "/findings?limit=200&order=change&org=" + org)
        if status != 200:
            return set()
        there = {f["matched"] for f in data["items"] if f["kind"] == "indicator" and not f.get("hunt")}
        return {name for name, at in names.items() if self.values[at] in there}

    def until_found(self, orgs, begun):
        """Seconds from @begun until a line with each of the three was a finding, by organisation; memory of the sensors."""
        names = {"first": 0, "middle": len(self.values) // 2 // 10 * 10, "last": (len(self.values) - 1) // 10 * 10}
        seen, times = {org: set() for org in orgs}, {org: {} for org in orgs}
        while any(len(seen[org]) < len(names) for org in orgs):
            for org in orgs:
                left = {n: at for n, at in names.items() if n not in seen[org]}
                if left:
                    self.probe(org, left)
            time.sleep(0.25)
            for org in orgs:
                for name in self.found(org, names) - seen[org]:
                    times[org][name] = time.monotonic() - begun
                    seen[org].add(name)
            if time.monotonic() - begun > WAIT_S:
                break
        return times

    def memory_mb(self, org):
        pid = self.members[org].process.pid
        text = pathlib.Path("/proc/%d/status" % pid).read_text()
        return {name: int(re.search(r"%s:\s+(\d+)" % name, text)[1]) / 1024 for name in ("VmRSS", "VmHWM", "RssAnon")}

    def hunted(self, begun, expected):
        """The hunts that began by themselves, when all are over."""
        def over():
            jobs = json.loads(must(self.hub.admin("hunt", "list", "--json")) or "[]")
            jobs = jobs if isinstance(jobs, list) else jobs.get("items", [jobs])
            if sum(j["indicators"] for j in jobs) < len(self.values):  # what comes later is another job
                return None
            return jobs if all(j["state"] in ("done", "failed", "asks", "cancelled") for j in jobs) else None
        jobs = until("the end of the hunt", over, WAIT_S, every=1)
        return {"seconds": time.monotonic() - begun, "jobs": len(jobs), "states": sorted({j["state"] for j in jobs}),
                "indicators": sum(j["indicators"] for j in jobs), "records": sum(j.get("records", 0) for j in jobs),
                "findings": sum(j.get("findings", 0) for j in jobs), "lines_with_one": expected}

    def stop(self):
        for member in self.members.values():
            member.stop()
        self.hub.stop()


def said(name, row, options):
    active = max((max(t.values(), default=WAIT_S) if len(t) == 3 else WAIT_S) for t in row["active_s"].values())
    row["below"] = row["import_s"] > IMPORT_S * max(options.count, 100000) / 1e6 or active > ACTIVE_S
    print("%-6s imported in %.1f s" % (name, row["import_s"]))
    for org, times in row["active_s"].items():
        print("       active at %s: %s" % ("the hub" if org == "acme" else "the sensor",
                                           ", ".join("%s after %.1f s" % one for one in sorted(times.items(), key=lambda t: t[1])) or "never"))
    print("       memory: sensor %d MB (at most %d MB, %d MB of it its own), hub %d MB"
          % (row["sensor"]["VmRSS"], row["sensor"]["VmHWM"], row["sensor"]["RssAnon"], row["hub_mb"]))
    hunt = row.get("hunt")
    if hunt:
        print("       hunted in %d job(s) (%s): %d indicators, %d records, %d findings of %d lines with one, over after %.1f s"
              % (hunt["jobs"], ", ".join(hunt["states"]), hunt["indicators"], hunt["records"], hunt["findings"],
                 hunt["lines_with_one"], hunt["seconds"]))


def make_indicators(options, place):
    chance, values, text = random.Random(4), [], hashlib.sha256()
    with open(place / "indicators.json", "w", encoding="ascii") as file:
        file.write('{"type":"bundle","id":"bundle--%s","objects":[\n' % uuid_of(random.Random(0)))
        for n in range(options.indicators or options.count):
            one, value = indicator(n, chance)
            values.append(value)
            text.update(value.encode() + b"\n")
            file.write((",\n" if n else "") + one)
        file.write("]}\n")
    print("w8     %d indicators, digest of the values %s, %d MB as STIX"
          % (len(values), text.hexdigest()[:16], (place / "indicators.json").stat().st_size >> 20))
    return values


def measure_stix(options, place, values, row):
    town = Town(place / "stix", values)
    shelf = must(town.hub.admin("collection", "add", "--title", "indicators", "--for", "community"))
    expected = town.before(options.lines)
    cpu, begun = processor_s(town.hub), time.monotonic()
    done = subprocess.Popen([hub_kit.YAGURA, "share", "import", str(place / "indicators.json"), "--data", str(town.hub.data),
                             "--collection", shelf], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(done.pid, 0)
    if status:
        sys.exit("bench/w8: share import failed")
    imported = time.monotonic()
    times = town.until_found(("acme", "beta"), imported)
    row["stix"] = one = {"import_s": imported - begun, "import_rss_mb": used.ru_maxrss / 1024, "import_cpu_s": used.ru_utime + used.ru_stime,
                         "active_s": times, "sensor": town.memory_mb("beta"), "hub_mb": town.hub.memory_kb() / 1024}
    if options.lines:
        one["hunt"] = town.hunted(imported, expected)
    settle(town.hub, 3)
    one["hub_cpu_s"] = processor_s(town.hub) - cpu
    said("stix", one, options)
    print("       import: %d MB, processor time %.1f s; hub's processor time %.1f s"
          % (one["import_rss_mb"], one["import_cpu_s"], one["hub_cpu_s"]))
    town.stop()


def measure_list(options, place, values, row):
    town = Town(place / "list", values)
    settle(town.hub, 3)
    path = place / "values.txt"
    path.write_text("".join(v + "\n" for v in values), encoding="ascii")
    begun = time.monotonic()
    for folder in (town.hub.data / "indicators", town.own):
        shutil.copyfile(path, folder / ".values.txt.new")
        os.replace(folder / ".values.txt.new", folder / "values.txt")
    there = time.monotonic()
    times = town.until_found(("acme", "beta"), there)
    row["list"] = one = {"import_s": there - begun, "active_s": times, "sensor": town.memory_mb("beta"),
                         "hub_mb": town.hub.memory_kb() / 1024}
    said("list", one, options)
    town.stop()


def measure(options, place):
    row = {"count": options.count}
    options.parts = options.parts.split(",")
    if {"fill", "out", "in"} & set(options.parts):
        measure_taxii(options, place, row)
    if {"stix", "list"} & set(options.parts):
        values = make_indicators(options, place)
        if "stix" in options.parts:
            measure_stix(options, place, values, row)
        if "list" in options.parts:
            measure_list(options, place, values, row)
    row["below"] = any(isinstance(one, dict) and one.get("below") for one in row.values())
    return row


def run(**wished):
    return kit.run("w8", DEFAULTS, measure, wished)


if __name__ == "__main__":
    sys.exit(1 if kit.run_as_asked("w8", DEFAULTS, measure)["below"] else 0)
