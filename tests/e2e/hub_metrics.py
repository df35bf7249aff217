# SPDX-License-Identifier: Apache-2.0
"""GET /metrics: promtool finds nothing to say, the numbers move, and nobody is named."""
import re
import shutil
import subprocess

from harness import case, equal, main
from hub_api_kit import Town
from hub_kit import record, until

TOWN = Town()


def metrics():
    status, headers, data = ask()
    equal(status, 200)
    equal(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
    return data.decode()


def ask(**headers):
    return TOWN.nobody.ask("GET", "/metrics", **headers)


def value(text, name):
    return float(re.search(r"^%s (\S+)$" % re.escape(name), text, re.M).group(1))


@case
def promtool_is_content():
    tool = shutil.which("promtool")
    if not tool:
        print("skipped: promtool is not installed (Debian package prometheus)")
        return
    done = subprocess.run([tool, "check", "metrics"], input=metrics(), text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)
    equal((done.returncode, done.stdout.strip()), (0, ""))


@case
def numbers_move():
    before = value(metrics(), "yagura_journal_appended_total")
    sensor = TOWN.hub.stranger("acme")
    equal(sensor.send(sensor.batch(record(1), 1))[0], 200)
    until("one more", lambda: value(metrics(), "yagura_journal_appended_total") == before + 1)
    until("the sensor", lambda: value(metrics(), 'yagura_sensors{state="enrolled"}') == 1)
    for consumer in ("archive", "detect"):
        until("the consumer", lambda: value(metrics(), 'yagura_consumer_lag_records{consumer="%s"}' % consumer) == 0)


@case
def nobody_is_named():
    text = metrics()
    for name in ("acme", "beta", "mei", "itshop"):
        assert name not in text, name


@case
def not_for_others():
    assert b"yagura_journal" not in ask(**{"X-Forwarded-For": "203.0.113.9"})[2]


@case
def it_ends():
    equal(TOWN.end(), 0)


main()
