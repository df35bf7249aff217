#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A hub behind a reverse proxy: who asks is who the proxy says, nobody else's word counts, and nobody gets to be "at this machine"."""
import http.client
import json
import random
import socket

from harness import case, contains, equal, folder, main
from hub_api_kit import PASSWORD, Town, Who, cookie_of, problem
from hub_kit import Hub

DICE = random.Random(8)
NAME = "hub.example.jp"


def behind(*settings):
    path = folder() / ("hub%d.yaml" % DICE.getrandbits(32))
    path.write_text("lang: en\nhttp:\n" + "".join("  %s\n" % line for line in settings))
    return ("--config", path)


class Proxied(Who):
    """One who comes through a proxy that listens nowhere: its last half, which speaks to the hub."""

    fields = {"X-Forwarded-For": "203.0.113.9"}
    source = "127.0.0.1"

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=(self.source, 0))
        headers = {"Host": NAME, "Accept-Language": "en", **self.fields, **headers}
        if self.cookie:
            headers["Cookie"] = self.cookie
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path if path.startswith(("/api", "/metrics")) else "/api/v1" + path,
                               None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if "json" in answer.headers.get("Content-Type", ""):
            data = json.loads(data)
        return answer.status, answer.headers, data


def through(town, address=None, source="127.0.0.1", cookie=None, field="X-Forwarded-For", **more):
    who = Proxied(town.hub, cookie=cookie)
    who.source = source
    who.fields = {**({field: address} if address is not None else {}), **more}
    return who


def signed_in(town, login, **how):
    """The address that the hub writes down for a sign-in like this."""
    who = through(town, **how)
    status, headers, data = who.ask("POST", "/session", {"login": login, "password": PASSWORD % login})
    equal(status, 200, data)
    who.cookie = cookie_of(headers)
    seen = [one["address"] for one in who.get("/sessions")["items"] if one["this"]]
    equal(len(seen), 1)
    who.make("DELETE", "/session", status=204)
    return seen[0]


def town_of(*options):
    """Town gives a mandate, which wants a second factor where nobody is at this machine: here are one member alone and the
    start link."""
    town = Town.__new__(Town)
    town.hub, town.people = Hub(options=options), {}
    town.nobody = Who(town.hub)
    town.local = town.start_link()
    town.local.make("POST", "/orgs", {"id": "acme", "name": "Acme"})
    town.member = town.person("mei", "member:acme")
    return town


TOWN = town_of(*behind("names: [%s]" % NAME, "trusted_proxies: [127.0.0.1, 10.0.0.0/8]"))


@case
def the_client_is_who_the_proxy_says():
    for address, seen in (("203.0.113.9", "203.0.113.9"), ("198.51.100.7, 203.0.113.9", "203.0.113.9"),
                          ("198.51.100.7, 203.0.113.9, 10.1.2.3", "203.0.113.9"), ("[2001:db8::9]:4711", "2001:db8::9"),
                          ("203.0.113.9:80", "203.0.113.9"), ("127.0.0.1, 203.0.113.9", "203.0.113.9"),
                          ("203.0.113.9, unknown", "127.0.0.1"), ("", "127.0.0.1"), (None, "127.0.0.1"),
                          ("x" * 8000, "127.0.0.1"), (",".join(["10.0.0.1"] * 900), "10.0.0.1"),
                          (",".join(["8.8.8.8"] * 900 + ["203.0.113.9"]), "203.0.113.9")):
        equal(signed_in(TOWN, "mei", address=address), seen, address)
    done = TOWN.hub.admin("audit", "list", "--json")
    equal(done.code, 0)
    contains(done.out, "203.0.113.9")
    contains(done.out, "2001:db8::9")


@case
def nobody_else_is_believed():
    """127.0.0.2 is no proxy; Forwarded is not the field that was named."""
    equal(signed_in(TOWN, "mei", address="203.0.113.9", source="127.0.0.2"), "127.0.0.2")
    equal(signed_in(TOWN, "mei", address="for=198.51.100.7", field="Forwarded"), "127.0.0.1")
    equal(signed_in(TOWN, "mei", address="203.0.113.9", Forwarded="for=198.51.100.7"), "203.0.113.9")
    equal(signed_in(TOWN, "mei", address="203.0.113.9", **{"X-Real-IP": "198.51.100.7"}), "203.0.113.9")


@case
def one_guesser_does_not_lock_the_others_out():
    guesser, other = through(TOWN, "198.51.100.66"), through(TOWN, "198.51.100.67")
    for i in range(200):
        answer = guesser.ask("POST", "/session", {"login": "nobody %d" % i, "password": "x"})
        if answer[0] == 429:
            break
    problem(answer, 429, "too-many-tries")
    # Nor does he get away by writing other addresses in front of what the proxy adds.
    problem(through(TOWN, "192.0.2.200, 198.51.100.66").ask("POST", "/session", {"login": "nobody", "password": "x"}),
            429, "too-many-tries")
    equal(other.ask("POST", "/session", {"login": "mei", "password": PASSWORD % "mei"})[0], 200)


def raw(town, lines, version="1.1", host=None):
    with socket.create_connection(("127.0.0.1", town.nobody.port), timeout=60) as connection:
        connection.sendall(("GET %s HTTP/%s\r\nHost: %s\r\nConnection: close\r\n%s\r\n" % (
            lines[0], version, host or "127.0.0.1:%d" % town.nobody.port,
            "".join(line + "\r\n" for line in lines[1:]))).encode())
        data = b""
        while piece := connection.recv(65536):
            data += piece
        return int(data.split(b" ", 2)[1]), data


@case
def nobody_is_at_this_machine_through_a_proxy():
    """Whatever a client makes the proxy say: the exception of the second factor, the numbers, the command line's rights."""
    for fields in ({}, {"Host": "127.0.0.1:%d" % TOWN.nobody.port}, {"X-Forwarded-For": "127.0.0.1"},
                   {"X-Forwarded-For": "127.0.0.1", "Host": "localhost:%d" % TOWN.nobody.port}):
        who = through(TOWN)
        status, headers, data = who.ask("POST", "/session", {"login": "mei", "password": PASSWORD % "mei"}, **fields)
        equal((status, data["local"]), (200, False), fields)
        who.cookie = cookie_of(headers)
        problem(who.ask("GET", "/findings?org=acme", **fields), 403, "second-factor-needed")
        assert b"yagura_" not in who.ask("GET", "/metrics", **fields)[2], fields
    # Also who stands before the hub itself, for nobody can tell him from the others.
    problem(TOWN.member.ask("GET", "/findings?org=acme"), 403, "second-factor-needed")
    assert b"yagura_" not in TOWN.nobody.ask("GET", "/metrics")[2]


@case
def the_start_link_proves_itself():
    """Its key is known at this machine alone; its session is good for nobody behind a proxy."""
    equal(TOWN.local.ask("GET", "/session")[2]["kind"], "local")
    for how in ({"address": "203.0.113.9"}, {"address": "127.0.0.1"}, {"address": ""}):
        problem(through(TOWN, cookie=TOWN.local.cookie, **how).ask("GET", "/session"), 401, "no-session")
    problem(through(TOWN, cookie=TOWN.local.cookie).ask("GET", "/session"), 401, "no-session")  # its Host is the proxy's


@case
def metrics_for_who_has_a_token_of_the_hub():
    for org, role, may in (("hub", "administrator", True), ("hub", "analyst", True), ("acme", "member", False)):
        who = TOWN.token(org, role)
        equal(b"yagura_" in who.ask("GET", "/metrics")[2], may, role)
    narrow = TOWN.local.make("POST", "/tokens?org=hub", {"role": "analyst", "rights": ["read_org"]})["token"]
    assert b"yagura_" not in Who(TOWN.hub, token=narrow).ask("GET", "/metrics")[2]


@case
def names_alone_say_that_there_is_a_proxy():
    """Nobody is trusted, so all have its address; and 127.0.0.1 is nobody's word either."""
    town = town_of(*behind("names: [%s]" % NAME))
    problem(town.member.ask("GET", "/findings?org=acme"), 403, "second-factor-needed")
    equal(signed_in(town, "mei", address="203.0.113.9"), "127.0.0.1")
    equal(town.end(), 0)


@case
def forwarded_where_it_was_named():
    town = town_of(*behind("names: [%s]" % NAME, "trusted_proxies: [127.0.0.1]", "trusted_header: Forwarded"))
    for value, seen in (('for=198.51.100.7, for="[2001:db8::9]:80";proto=https', "2001:db8::9"),
                        ('for="203.0.113.9:1";by=10.0.0.1', "203.0.113.9"), ("for=_hidden", "127.0.0.1"),
                        ('for=198.51.100.7;x=", for=203.0.113.9', "127.0.0.1")):
        equal(signed_in(town, "mei", address=value, field="Forwarded"), seen, value)
    equal(signed_in(town, "mei", address="203.0.113.9"), "127.0.0.1")
    equal(town.end(), 0)


@case
def one_that_nobody_told_us_of():
    """nginx as it comes: HTTP/1.0, our own address as Host, no field at all. Who speaks so is not at this machine."""
    town = town_of()
    ask = ["/api/v1/findings?org=acme", "Cookie: " + town.member.cookie]
    equal(raw(town, ask)[0], 200)
    status, data = raw(town, ask, version="1.0")
    equal(status, 403)
    contains(data.decode(), "second-factor-needed")
    for shows in ("X-Forwarded: for=1.2.3.4", "X-Forwarded-Port: 443", "CF-Connecting-IP: 1.2.3.4", "True-Client-IP: 1.2.3.4",
                  "X-Client-IP: 1.2.3.4"):
        equal(raw(town, ask + [shows])[0], 403, shows)
    equal(town.end(), 0)


@case
def it_ends():
    equal(TOWN.end(), 0)


if __name__ == "__main__":
    main()
