# SPDX-License-Identifier: Apache-2.0
"""W6 in small (bench/workloads.md): enrolled sensors under load for some seconds. Nothing is refused, what was acknowledged
is in the archive, each planted line is one finding, and consoles that ask meanwhile are answered. How fast is `make bench`'s
business: no second is judged here.

    hub_load.py [--sensors N] [--seconds N]    (20, 10)"""
import argparse
import signal
import sys

import load_kit
from harness import case, equal, folder, main
from hub_kit import Hub, until

OPTIONS = argparse.Namespace(sensors=20, seconds=10)


def archived(hub, wanted):
    """The archive follows the journal: until it has what was acknowledged."""
    def look():
        code, records, objects = load_kit.archived(hub)
        return (code, records, objects) if records >= wanted or code not in (0, 1) else None
    code, records, objects = until("the archive", look)
    equal((code, records), (0, wanted), objects)
    equal([o["damage"] for o in objects if o.get("damage")], [], "damage")


def check(hub, code, words, figures, sent):
    """@sent: events of earlier runs."""
    equal(code, 0, words)
    for name in ("refused", "put_off", "already", "broken", "poll_errors", "console_errors"):
        equal(figures[name], 0, name + "\n" + words)
    equal(figures["acknowledged"], figures["events"], words)
    assert figures["events"] >= OPTIONS.sensors * OPTIONS.seconds * 20, words
    assert figures["planted"] > OPTIONS.seconds, words
    equal(figures["planted_seen"], figures["planted"], words)
    archived(hub, sent + figures["events"])


@case
def load():
    hub = Hub()
    place = folder()
    arguments = load_kit.prepare(hub, place, OPTIONS.sensors, 2, consoles=10, by_command=True)
    arguments += ["--seconds", str(OPTIONS.seconds), "--planted", "5", "--hot", str(OPTIONS.sensors // 10)]
    code, words, figures = load_kit.run(arguments, 300)
    print(words)
    check(hub, code, words, figures, 0)
    assert figures["console"]["count"] > 0, words
    found = load_kit.planted(hub)
    equal(found, {number: (1, 1) for number in range(figures["planted"])}, "planted lines")
    # Killed and begun again: the same sensors go on where they were, and nothing doubles.
    hub.stop(signal.SIGKILL)
    hub.start()
    archived(hub, figures["events"])
    equal(load_kit.planted(hub), found)
    arguments = load_kit.prepare(hub, place, OPTIONS.sensors, 2, consoles=10)
    code, words, again = load_kit.run([*arguments, "--seconds", "2", "--planted", "0"], 300)
    equal((code, again["refused"], again["already"], again["acknowledged"]), (0, 0, 0, again["events"]), words)
    archived(hub, figures["events"] + again["events"])
    equal(load_kit.planted(hub), found)
    equal(hub.stop(), 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("sensors", "seconds"):
        parser.add_argument("--" + name, type=int, default=getattr(OPTIONS, name))
    OPTIONS, sys.argv[1:] = parser.parse_args(), []
    main()
