#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The sensor as an account without any rights: collects what it may read, and says what it may not."""
import json
import os
import pathlib
import shutil

import hub_kit
from harness import case, contains, equal, folder, main
from hub_kit import Hub, Member, append, lines, until

NOBODY = 65534


def wrapped():
    """The program, started as nobody and without capabilities, in a folder that account may enter."""
    place = folder()
    place.chmod(0o755)
    for parent in place.parents:
        if parent.stat().st_mode & 0o001 == 0:
            return None
    program = place / "yagura-sensor"
    shutil.copy(hub_kit.SENSOR, place / "program")
    program.write_text('#!/bin/sh\nexec setpriv --reuid=%d --regid=%d --clear-groups --no-new-privs --bounding-set=-all '
                       '--inh-caps=-all "%s" "$@"\n' % (NOBODY, NOBODY, place / "program"))
    program.chmod(0o755)
    return program


@case
def without_rights():
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        print("skipped: only root can become somebody without rights")
        return
    program = wrapped()
    if not program:
        print("skipped: the folder for temporary files is closed to others")
        return
    hub = Hub()
    hub.org()
    hub_kit.SENSOR, before = str(program), hub_kit.SENSOR
    try:
        log, secret = folder() / "open.log", folder() / "secret.log"
        log.parent.chmod(0o755)
        secret.parent.chmod(0o755)
        append(log, lines(1, 3))
        append(secret, lines(50, 51))
        log.chmod(0o644)
        secret.chmod(0o600)
        ca = folder()
        ca.chmod(0o755)
        shutil.copy(hub.ca, ca / "ca.pem")
        (ca / "ca.pem").chmod(0o644)
        hub.ca = ca / "ca.pem"
        made = hub_kit.folder

        def open_folder():
            place = made()
            os.chown(place, NOBODY, NOBODY)
            return place
        hub_kit.folder = open_folder
        member = Member(hub, follow=[log, secret], options=["--archive", "1G", "--inventory-every", "1"])
        hub_kit.folder = made
        member.start()
        status = pathlib.Path("/proc/%d/status" % member.process.pid).read_text()
        contains(status, "CapEff:\t0000000000000000")
        contains(status, "Uid:\t%d" % NOBODY)
        until("three lines", lambda: [r.get("raw") for r in hub.records() if "raw" in r] == lines(1, 3))
        until("the inventory", lambda: any(r["source"] == "inventory" for r in hub.records()))

        def refused():
            path = hub.data / "heartbeats" / (member.id + ".json")
            sources = json.loads(path.read_text())["heartbeat"]["sources"] if path.exists() else []
            return [s for s in sources if s["name"] == str(secret) and s.get("error")]
        until("said in the heartbeat", refused)
        equal(member.stop(), 0)
        equal(Member.call("search", "--state", member.state, "line 2").stdout.count(b"\n"), 1)
    finally:
        hub_kit.SENSOR = before
        hub.stop()


main()
