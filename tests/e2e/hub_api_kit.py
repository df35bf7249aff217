# SPDX-License-Identifier: Apache-2.0
"""A hub with two member organisations and a service provider, and people of every role."""
import http.client
import json
import re
import time

from harness import equal
from hub_kit import Hub

PASSWORD = "correct horse battery %s"


class Who:
    """One who asks: by session cookie, by token, or by neither."""

    def __init__(self, hub, cookie=None, token=None):
        self.port = int(hub.ready["url"].rsplit(":", 1)[1])
        self.cookie, self.token = cookie, token

    def ask(self, method, path, body=None, **headers):
        """(status, header fields, object or bytes)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie:
            headers["Cookie"] = self.cookie
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        headers.setdefault("Accept-Language", "en")
        content = None
        if body is not None or method in ("POST", "PUT"):
            headers.setdefault("Content-Type", "application/json")
            content = body if isinstance(body, bytes) else json.dumps(body if body is not None else {}).encode()
        try:
            connection.request(method, path if path.startswith(("/api", "/start", "/metrics")) else "/api/v1" + path, content, headers)
            answer = connection.getresponse()
            # One that stays open is not read to its end.
            data = b"" if "event-stream" in answer.headers.get("Content-Type", "") else answer.read()
        finally:
            connection.close()
        if "json" in answer.headers.get("Content-Type", ""):
            data = json.loads(data)
        return answer.status, answer.headers, data

    def get(self, path):
        """What is there. Who looked too often waits as long as he is told."""
        status, fields, data = self.ask("GET", path)
        while status == 429:
            time.sleep(int(fields["Retry-After"]))
            status, fields, data = self.ask("GET", path)
        equal(status, 200, data)
        return data

    def make(self, method, path, body=None, status=None):
        got, _, data = self.ask(method, path, body)
        equal(got, status or {"POST": 201, "PUT": 200, "DELETE": 204}[method], data)
        return data


def cookie_of(headers):
    return re.match(r"(yagura_\d+=[0-9a-f]{64})", headers["Set-Cookie"]).group(1)


def problem(answer, status, code):
    got, headers, data = answer
    equal((got, data.get("code")), (status, code), data)
    equal(headers["Content-Type"], "application/problem+json")
    assert data["title"] and data["type"] == "about:blank", data
    return data


class Town:
    """hub: administrator, analyst; acme and beta: a member each; itshop: acts for acme by mandate."""

    def __init__(self, options=()):
        self.hub = Hub(options=options)
        self.nobody = Who(self.hub)
        self.local = self.start_link()
        for org, number in (("acme", "7000012050002"), ("beta", None), ("itshop", None)):
            self.local.make("POST", "/orgs", {"id": org, "name": org.title(), "corporate_number": number})
        self.people = {}
        self.administrator = self.person("admin", "administrator")
        self.analyst = self.person("ana", "analyst")
        self.member = self.person("mei", "member:acme")
        self.other = self.person("bob", "member:beta")
        self.provider = self.person("pro", "provider:itshop")
        self.mandate = self.member.make("POST", "/orgs/acme/mandates", {
            "provider": "itshop", "signed_by": "Mei", "signed": "2026-11-01", "until": "2099-12-31",
            "rights": ["read_org", "read_sensors", "write_sensors", "read_findings", "read_records", "read_ledger",
                       "read_retention", "read_indicators", "read_hunts", "read_mandates"]})["id"]

    def start_link(self):
        """The local administrator: the link of the ready line, which works once."""
        status, headers, _ = self.nobody.ask("GET", self.hub.ready["admin_link"].split("/", 3)[3].join(("/", "")))
        equal(status, 303)
        return Who(self.hub, cookie=cookie_of(headers))

    def person(self, login, *grants):
        """Invited, with a password set by the link, signed in. @grants: "ROLE" of the hub, "ROLE:ORG"."""
        pairs = [(grant + ":hub").split(":")[:2] for grant in grants]
        key = self.local.make("POST", "/people", {
            "login": login, "name": login.title(),
            "grants": [{"role": role, "org": org} for role, org in pairs]})["invitation"]
        self.nobody.make("POST", "/invitation", {"key": key, "password": PASSWORD % login}, 204)
        return self.sign_in(login)

    def sign_in(self, login, password=None):
        status, headers, data = self.nobody.ask(
            "POST", "/session", {"login": login, "password": password or PASSWORD % login})
        equal(status, 200, data)
        self.people[login] = data["person"]["id"]
        return Who(self.hub, cookie=cookie_of(headers))

    def token(self, org, role):
        return Who(self.hub, token=self.local.make("POST", "/tokens?org=" + org, {"role": role})["token"])

    def begin(self):
        """Once more after its end, on another port: nobody and the member speak with it."""
        self.hub.start()
        self.nobody = Who(self.hub)
        self.member = self.sign_in("mei")

    def end(self):
        return self.hub.stop()
