# SPDX-License-Identifier: Apache-2.0
"""How long logs are kept: set and shown by the operator, applied by a hub that begins, noted; what a setting breaks is
said."""
import json
import os
import pathlib

from harness import case, folder, main, yagura
from hub_kit import Hub, append, lines, until, Member


def old_archive(hub, org, arrived, name="web"):
    """A closed file that came in at @arrived, in the hub's own archive."""
    log = folder() / "old.log"
    if name == "web":
        log.write_text('192.0.2.1 - - [21/Nov/2023:08:00:00 +0900] "GET / HTTP/1.1" 200 5 "-" "curl"\n')
    else:
        log.write_text("Nov 21 08:00:00 box sshd[7]: Failed password for root from 192.0.2.1 port 22 ssh2\n")
    done = yagura("archive", "write", "--out", hub.data / "archive", "--org", org, "--arrived", arrived, log)
    assert done.code == 0, done


def files(hub, org):
    """What lies there now; a folder may vanish while it is looked through, which a glob does not bear."""
    return sorted(name for _, _, names in os.walk(hub.data / "archive" / org) for name in names if name.endswith(".zst"))


@case
def settings():
    hub = Hub()
    for org in ("acme", "rival"):
        hub.org(org)
    done = hub.admin("retention", "show", "--json")
    shown = [json.loads(line) for line in done.out.splitlines()]
    assert [s["organisation"] for s in shown] == ["acme", "rival"], shown
    assert set(shown[0]["months"].values()) == {12} and shown[0]["too_short"] is False and shown[0]["last_deleted"] is None
    assert {"firewall", "proxy", "authentication", "web"} <= set(shown[0]["months"])
    done = hub.admin("retention", "set", "--org", "acme", "--kind", "web", "--months", "2")
    assert (done.code, done.out, done.err) == (0, "", ""), done
    done = hub.admin("retention", "set", "--org", "acme", "--kind", "firewall", "--months", "3")
    assert done.code == 0 and "4-4-3-1" in done.err, done
    done = hub.admin("retention", "show", "--org", "acme", "--json")
    shown = json.loads(done.out)
    assert shown["months"]["web"] == 2 and shown["months"]["firewall"] == 3 and shown["months"]["proxy"] == 12
    assert shown["too_short"] is True
    done = hub.admin("retention", "show", "--org", "acme")
    assert done.code == 0 and done.out.count("4-4-3-1") == 1, done
    for words, code in ((("set", "--org", "none", "--months", "7"), 1), (("set", "--org", "acme"), 2), (("set", "--months", "7"), 2),
                        (("set", "--org", "acme", "--months", "0"), 2), (("set", "--org", "acme", "--kind", "x", "--months", "7"), 2),
                        (("show", "more"), 2), ((), 2)):
        done = hub.admin("retention", *words)
        assert done.code == code and done.err, (words, done)
    assert hub.stop() == 0


@case
def applied():
    hub = Hub()
    for org in ("acme", "rival"):
        hub.org(org)
    log = folder() / "box.log"
    log.touch()
    member = Member(hub, follow=[log]).start()
    append(log, lines(1, 50))
    until("all in the archive", lambda: len(hub.archived()) == 50)
    assert hub.stop() == 0
    for org in ("acme", "rival"):
        old_archive(hub, org, "2023-11-21T08:00:00Z")
        old_archive(hub, org, "2023-11-22T09:00:00Z", "ssh")
    assert hub.admin("retention", "set", "--org", "acme", "--kind", "authentication", "--months", "240").code == 0
    hub.start()
    until("what is too old is gone", lambda: files(hub, "acme") == ["09-000.ndjson.zst"] and files(hub, "rival") == [])
    until("it is noted", lambda: json.loads(hub.admin("retention", "show", "--org", "rival", "--json").out)["last_deleted"])
    shown = json.loads(hub.admin("retention", "show", "--org", "rival", "--json").out)
    assert shown["last_deleted"]["files"] == 2 and shown["last_deleted"]["records"] == 2, shown
    assert shown["last_deleted"]["oldest"] == "2023-11-21T08:00:00Z", shown
    hub.says("retention: rival: 2 files deleted")
    hub.says("retention: acme: 1 files deleted")
    assert not list(pathlib.Path(hub.data / "archive" / "rival").glob("2023*")), "empty folders stay"
    append(log, lines(51, 60))  # and the rest goes on
    until("all in the archive", lambda: len([r for r in hub.archived() if r["source"].endswith("box.log")]) == 60)
    code, said = hub.verify()
    assert code == 0 and said[-1]["damaged"] == 0, said
    assert member.stop() == 0 and hub.stop() == 0


if __name__ == "__main__":
    main()
