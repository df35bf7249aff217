# SPDX-License-Identifier: Apache-2.0
"""The lists of the API, each with each of its filters, asked for one after the other while W6 runs (ARCHITECTURE 7)."""
import http.client
import json
import threading
import time
import urllib.parse

import kit  # of bench/

EVERY_S = 0.05  # well below what a token may ask for in a second
TIMEOUT_S = 60


def paths(org, sample, sensor):
    """What there is to ask for, of organisation @org. @sample: one of its findings."""
    now = time.time()
    ago = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 600))
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + 3600))
    findings = [{}, {"from": ago, "to": soon}, {"rule": sample["rule"]}, {"sensor": sensor}, {"actor": sample.get("actor") or "-"},
                {"actor": "203.0.113.77"}, {"level": "critical"}, {"outcome": "possible"}, {"order": "change"},
                {"rule": sample["rule"], "sensor": sensor, "level": "low", "from": ago}]
    found = [("findings", dict(of, org=org, limit=100)) for of in findings]
    found += [("situations", dict(of, org=org, limit=100)) for of in ({}, {"state": "open"}, {"state": "resolved"}, {"assignee": "-"})]
    found += [("orgs", {"limit": 100}), ("orgs", {"org": org}), ("sensors", {"org": org, "limit": 100}), ("sensors", {"limit": 100}),
              ("warnings", {"org": org, "limit": 100}), ("hunts", {"org": org, "limit": 100})]
    found += [("orgs/%s/%s" % (org, name), {}) for name in ("days", "funnel", "views", "retention", "consent", "relations")]
    return found


def at(times, share):
    return round(kit.percentile(times, share) * 1000, 1) if times else 0.0


def shown(key, value):
    """A filter by its name; of those whose values matter, with it."""
    return key if key not in ("actor", "level", "outcome", "state", "order") or value == "-" else "%s=%s" % (key, value)


class Lists:
    """Asks from start() to stop(). What is answered with something else than 200 or 403 is an error."""

    def __init__(self, url, org, secret):
        self.host = urllib.parse.urlsplit(url).netloc
        self.org = org
        self.headers = {"Authorization": "Bearer " + secret}
        self.times = {}
        self.refused = set()
        self.errors = 0
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.link = None

    def ask(self, path, query):
        """(status, bytes); 0 when there was no answer."""
        try:
            if self.link is None:
                self.link = http.client.HTTPConnection(self.host, timeout=TIMEOUT_S)
            self.link.request("GET", "/api/v1/" + path + ("?" + urllib.parse.urlencode(query) if query else ""),
                              headers=self.headers)
            answer = self.link.getresponse()
            status, body = answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            status, body, self.link = 0, b"", None
        if status not in (200, 403):
            self.errors += 1
        return status, body

    def first(self, path):
        """The first one there is, once there is one."""
        while not self.is_over.wait(EVERY_S):
            status, body = self.ask(path, {"org": self.org, "limit": 1})
            items = json.loads(body).get("items", []) if status == 200 else []
            if items:
                return items[0]
        return None

    def run(self):
        finding, sensor = self.first("findings"), self.first("sensors")
        wanted = paths(self.org, finding, sensor.get("id") or sensor.get("sensor") or "-") if finding and sensor else []
        turn = 0
        while wanted and not self.is_over.wait(EVERY_S):
            path, query = wanted[turn % len(wanted)]
            turn += 1
            name = path.replace(self.org, "ORG") + "?" + "&".join(shown(key, query[key]) for key in sorted(query) if key != "limit")
            begun = time.monotonic()
            status, _ = self.ask(path, query)
            if status == 403:
                self.refused.add(name)
            elif status == 200:
                self.times.setdefault(name, []).append(time.monotonic() - begun)

    def start(self):
        self.thread.start()

    def each(self):
        """Figures of each list, the slowest of 95 in 100 first."""
        return [{"list": name, "count": len(times), "p50_ms": at(times, 0.5), "p95_ms": at(times, 0.95)}
                for name, times in sorted(self.times.items(), key=lambda item: -at(item[1], 0.95))]

    def stop(self):
        """Figures over all, of each, and the list that was slowest in the middle."""
        self.is_over.set()
        self.thread.join()
        every = [value for values in self.times.values() for value in values]
        slowest = max(self.times, key=lambda name: at(self.times[name], 0.5), default="")
        return {"count": len(every), "kinds": len(self.times), "errors": self.errors, "refused": sorted(self.refused),
                "p50_ms": at(every, 0.5), "p95_ms": at(every, 0.95), "p99_ms": at(every, 0.99),
                "slowest": slowest, "slowest_p50_ms": at(self.times.get(slowest, []), 0.5),
                "slowest_p95_ms": at(self.times.get(slowest, []), 0.95), "each": self.each()}
