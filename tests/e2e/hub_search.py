# SPDX-License-Identifier: Apache-2.0
"""`yagura admin search` beside a running hub: what it finds is what was sent; nothing without a reason, which is kept."""
import json

from harness import case, contains, equal, folder, main
from hub_api_kit import Who, cookie_of
from hub_kit import Hub, record, until


def line(number, address, words):
    return ('{"v":1,"format":"syslog","source":"auth.log","position":%d,"time":"2026-11-%02dT08:00:00Z","has_zone":true,'
            '"raw":"%s from %s","fields":{"src_ip":"%s","message":"%s"}}\n'
            % (number, 1 + number % 28, words, address, address, words)).encode()


def setting():
    hub = Hub()
    for org in ("acme", "rival"):
        hub.org(org)
    one, other = hub.stranger("acme"), hub.stranger("rival")
    for number in range(1, 41):
        words = "Failed password" if number % 2 else "Accepted 鍵"
        equal(one.send(one.batch(line(number, "192.0.2.%d" % (number % 5), words), number))[0], 200)
    equal(other.send(other.batch(line(99, "192.0.2.3", "Failed password"), 1))[0], 200)
    until("all in the archive", lambda: len(hub.archived("acme")) == 40 and len(hub.archived("rival")) == 1)
    return hub


def found(hub, *words, code=0, org="acme", reason="alert 7"):
    done = hub.admin("search", "--org", org, "--json", "--reason", reason, *words)
    equal(done.code, code, done.err)
    return [json.loads(text)["position"] for text in done.out.splitlines()], done.err


def start_link(hub):
    """The cookie of the local administrator: the link of the ready line, which works once."""
    status, headers, _ = Who(hub).ask("GET", hub.ready["admin_link"].split("/", 3)[3].join(("/", "")))
    equal(status, 303)
    return cookie_of(headers)


@case
def questions():
    hub = setting()
    equal(found(hub)[0], list(range(1, 41)))
    equal(found(hub, "--field", "src_ip=192.0.2.3")[0], [n for n in range(1, 41) if n % 5 == 3])
    equal(found(hub, "--field", "src_ip=192.0.2.3", "--field", "src_ip=192.0.2.4", "--text", "FAILED")[0],
          [n for n in range(1, 41) if n % 5 in (3, 4) and n % 2])
    equal(found(hub, "--text", "鍵")[0], list(range(2, 41, 2)))
    equal(found(hub, "--from", "2026-11-05", "--to", "2026-11-06", "--tz", "UTC")[0], [4, 5, 32, 33])
    equal(found(hub, "--text", "no such thing")[0], [])
    equal(found(hub, org="rival")[0], [99])
    done = hub.admin("search", "--org", "acme", "--field", "src_ip=192.0.2.3", "--limit", "1", "--reason", "x")
    contains(done.out, "2026-11-04T08:00:00Z auth.log:3: Failed password from 192.0.2.3")
    contains(done.err, "1 records found")
    got, said, after = [], "--after", []
    while "--after" in said:  # page by page, while more comes
        page, said = found(hub, "--limit", "7", "--newest", *after)
        got += page
        after = ["--after", said.split("--after ")[1].split()[0]] if "--after" in said else []
    equal(got, list(range(40, 0, -1)))
    equal(hub.stop(), 0)
    equal(len(found(hub)[0]), 40, "without the hub too")


@case
def what_nobody_understands():
    """A line of no format is found by its text, by the command line and the API."""
    hub = Hub()
    hub.org()
    one = hub.stranger()
    odd = [{"v": 1, "format": "unknown", "source": "fan.log", "position": 7, "raw": "*** needle ***", "fields": {}},
           {"v": 1, "format": "unknown", "source": "fan.log", "position": 8, "raw": "%% hay %%", "fields": {}}]
    content = "".join(json.dumps(r, separators=(",", ":")) + "\n" for r in odd).encode()
    equal(one.send(one.batch(content, 1))[0], 200)
    until("both in the archive", lambda: len(hub.archived("acme")) == 2)
    equal(found(hub)[0], [7, 8])
    equal(found(hub, "--text", "NEEDLE")[0], [7])
    equal(found(hub, "--text", "needle", "--field", "program=fan")[0], [])
    done = hub.admin("search", "--org", "acme", "--reason", "x", "--text", "needle")
    contains(done.out, "fan.log:7: *** needle ***")
    token = hub.admin("api-token", "--org", "acme", "--role", "member").out.strip()
    page = Who(hub, token=token).make("POST", "/search", {"texts": ["Needle"]}, 200)
    equal([item["record"] for item in page["items"]], odd[:1])
    equal(hub.stop(), 0)


@case
def reasons():
    hub = setting()
    for words in ((), ("--reason", "")):
        done = hub.admin("search", "--org", "acme", *words)
        equal((done.code, done.out), (2, ""))
        contains(done.err, "--reason")
    done = hub.admin("search", "--org", "nobody", "--reason", "x")
    equal((done.code, done.out), (1, ""), done.err)
    for words in (("--org", "acme", "--reason", "x", "--after", "7"), ("--org", "acme", "--reason", "x", "--limit", "0"),
                  ("--org", "acme", "--reason", "x", "--field", "src_ip"), ("--reason", "x")):
        done = hub.admin("search", *words)
        equal((done.code, done.out), (2, ""), words)
        assert done.err, words
    found(hub, "--field", "src_ip=192.0.2.3", reason="complaint of 2026-11-25")
    local = Who(hub, cookie=start_link(hub))
    views = local.get("/orgs/acme/views")["items"]
    equal([v["reason"] for v in views], ["complaint of 2026-11-25"])
    contains(views[0]["what"], "--field src_ip=192.0.2.3")
    equal(local.get("/orgs/rival/views")["items"], [], "another member sees nothing of it")
    equal(hub.stop(), 0)


if __name__ == "__main__":
    main()
