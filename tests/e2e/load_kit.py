# SPDX-License-Identifier: Apache-2.0
"""W6 against a real hub (bench/hub/w6.c, bench/workloads.md): preparing it, running it, counting what became of it."""
import json
import os
import pathlib
import subprocess
import urllib.request

W6 = os.environ.get("BENCH_W6", str(pathlib.Path(os.environ["YAGURA"]).parent / "bench" / "bench_w6"))
ASKS_OF_A_CONSOLE = 3
RATE_OF_A_TOKEN = 50  # requests a second (access/session.h)


def post(hub, path, secret, body):
    request = urllib.request.Request(hub.ready["url"] + path, json.dumps(body).encode(), method="POST", headers={
        "Authorization": "Bearer " + secret, "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def api_token(hub, org, role):
    done = hub.admin("api-token", "--org", org, "--role", role)
    assert done.code == 0, done.err
    return done.out.strip()


def prepare(hub, place, sensors, orgs, consoles=0, by_command=False):
    """Organisations, one token to enrol for each sensor (sensor I belongs to organisation I % ORGS), tokens of those
    who look. @by_command: tokens come from `yagura admin`, one process each. Returns the generator's arguments."""
    place = pathlib.Path(place)
    (place / "keys").mkdir(parents=True, exist_ok=True)
    names = ["member-%03d" % n for n in range(orgs)]
    missing = [n for n in range(sensors) if not (place / "keys" / ("%05d.pem" % n)).exists()]
    api = place / "api"
    if missing:
        for name in names:
            hub.admin("org", "add", name)
        makers = {} if by_command else {name: api_token(hub, name, "member") for name in names}
        tokens = {n: hub.token(names[n % orgs]) if by_command else
                  post(hub, "/api/v1/enrol-tokens", makers[names[n % orgs]], {"hours": 1})["token"] for n in missing}
        (place / "tokens").write_text("".join(tokens.get(n, "-") + "\n" for n in range(sensors)))
        # The first asks for planted lines; each of the others serves as many consoles as one may.
        each = RATE_OF_A_TOKEN // ASKS_OF_A_CONSOLE * 3 // 4
        lookers = [names[0]] + [names[n % orgs] for n in range((consoles + each - 1) // each)]
        api.write_text("".join("%s %s\n" % (name, api_token(hub, name, "analyst")) for name in lookers))
        for path in (place / "tokens", api):
            path.chmod(0o600)
    return ["--hub", hub.ready["sensors"], "--ca", hub.ca, "--api", hub.ready["url"], "--api-tokens", str(api),
            "--keys", str(place / "keys"), "--tokens", str(place / "tokens"), "--sensors", str(sensors),
            "--orgs", str(orgs), "--consoles", str(consoles), "--hub-pid", str(hub.process.pid)]


def run(arguments, timeout):
    """(exit status, words, figures)"""
    done = subprocess.run([W6, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=timeout)
    lines = done.stdout.splitlines()
    if not lines or not lines[-1].startswith("{"):
        raise AssertionError("the generator ended with %d: %s%s" % (done.returncode, done.stdout, done.stderr))
    return done.returncode, "\n".join(lines[:-1]), json.loads(lines[-1])


def archived(hub):
    """(exit status, records, what is wrong) of `yagura admin archive verify`."""
    code, objects = hub.verify()
    return code, sum(o.get("records", 0) for o in objects if "file" in o or "path" in o), objects


def planted(hub):
    """Findings of planted lines: number -> (rows, sum of their counts)."""
    done = hub.admin("findings", "--json", "--org", "member-000")
    assert done.code == 0, done.err
    found = {}
    for line in done.out.splitlines():
        finding = json.loads(line)
        if finding["source"].startswith("/planted/"):
            rows, count = found.get(int(finding["source"][9:]), (0, 0))
            found[int(finding["source"][9:])] = (rows + 1, count + finding["count"])
    return found
