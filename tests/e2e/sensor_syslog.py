#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A sensor receives syslog by UDP and TCP, and what it received is on the hub's disk."""
import socket

from harness import case, equal, main
from hub_kit import Hub, Member, lines, until


def setting():
    hub = Hub()
    hub.org()
    member = Member(hub, options=["--syslog", "127.0.0.1:0"]).start()
    host, port = member.ready["syslog"].rsplit(":", 1)
    return hub, member, (host, int(port))


@case
def datagrams():
    hub, member, place = setting()
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    texts = ["<38>" + line for line in lines(1, 5)]
    for text in texts:
        sender.sendto(text.encode(), place)
    sender.sendto("<38>Nov 21 08:00:09 box su[1]: ログイン".encode("cp932"), place)
    member.wait_for(texts + ["<38>Nov 21 08:00:09 box su[1]: ログイン"])
    record = hub.records()[0]
    equal((record["format"], record["source"], record["position"]), ("syslog", "syslog-udp", 1))
    equal(record["fields"]["program"], "sshd")
    equal(member.stop(), 0)
    hub.stop()


@case
def streams():
    hub, member, place = setting()
    texts = ["<38>" + line for line in lines(1, 200)]
    with socket.create_connection(place) as one:
        one.sendall("".join(t + "\n" for t in texts[:100]).encode())
        one.sendall("".join("%d %s" % (len(t), t) for t in texts[100:150]).encode())
        member.wait_for(texts[:150])
        one.sendall("".join(t + "\n" for t in texts[150:]).encode())
    member.wait_for(texts)
    equal({r["source"] for r in hub.records()}, {"syslog-tcp"})
    equal(member.stop(), 0)
    hub.stop()


@case
def hub_away():
    """Nobody can ask for a datagram again: it waits in the spool."""
    hub, member, place = setting()
    hub.stop()
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    texts = ["<38>" + line for line in lines(1, 5)]
    for text in texts:
        before = member.spool_size()
        sender.sendto(text.encode(), place)
        until("it is on the disk", lambda: member.spool_size() > before)
    member.stop(9)
    hub.start()
    member.start()
    member.wait_for(texts)
    equal(member.stop(), 0)
    hub.stop()


if __name__ == "__main__":
    main()
