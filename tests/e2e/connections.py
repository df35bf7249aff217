# SPDX-License-Identifier: Apache-2.0
"""Many sensors connected at once, each over TLS with its certificate and a downlink that waits: how much memory the hub
takes, and that it still takes batches, answers a message at once, and refuses the next one over its limit clearly.

    connections.py [--connections N]    (500; `make bench` and by hand: 10,000, limit 600 MB)

The identities are 20 enrolled sensors in turn: what a connection costs does not depend on whose it is."""
import argparse
import asyncio
import resource
import sys
import time

from harness import equal
from hub_kit import Hub, record
from stranger import Sensor

IDENTITIES = 20
AT_ONCE = 64
LIMIT_KB = 600_000  # of 10,000 connections
WAIT_S = 55


class Identity(Sensor):
    """An enrolled sensor whose certificate many connections show."""

    def __init__(self, hub):
        super().__init__(hub.ready["sensors"], hub.ca)
        equal(self.enrol(hub.token()), 201)


async def connect(place, context, gate):
    host, port = place.rsplit(":", 1)
    async with gate:
        reader, writer = await asyncio.open_connection(host, int(port), ssl=context, ssl_handshake_timeout=60)
        writer.write(b"GET /sensor/v1/downlink?after=0&wait=%d HTTP/1.1\r\nHost: x\r\n\r\n" % WAIT_S)
        await writer.drain()
    return reader, writer


async def open_all(hub, identities, count):
    gate = asyncio.Semaphore(AT_ONCE)
    return await asyncio.gather(*(connect(hub.sensors, identities[n % IDENTITIES].tls, gate) for n in range(count)))


def is_open(reader, writer):
    return not reader.at_eof() and not writer.is_closing()


async def answered(reader):
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
    return head.split(b" ")[1]


async def run(hub, count):
    identities = [Identity(hub) for _ in range(IDENTITIES)]
    before = hub.memory_kb()
    begun = time.monotonic()
    links = await open_all(hub, identities, count)
    took = time.monotonic() - begun
    # All are connected, and the hub has seen their requests when the last one's batch is answered.
    loop = asyncio.get_running_loop()
    asked = time.monotonic()
    got = await loop.run_in_executor(None, lambda: identities[0].send(identities[0].batch(record(1), 1)))
    batch_s = time.monotonic() - asked
    equal(got[0], 200, got)
    alive = sum(is_open(*link) for link in links)
    after = hub.memory_kb()
    equal(alive, count, "connections that are open")
    # A message comes at once to those who wait for it.
    sent = time.monotonic()
    done = await loop.run_in_executor(None, lambda: hub.admin("sensor", "send", identities[1].me["sensor"], "ping"))
    equal(done.code, 0, done.err)
    equal(await answered(links[1][0]), b"200")
    told_s = time.monotonic() - sent
    print("%d connections in %.1f s: %d kB before, %d kB with them, %.1f kB each; a batch meanwhile %.0f ms, a message "
          "%.0f ms" % (count, took, before, after, (after - before) / count, batch_s * 1e3, told_s * 1e3))
    assert after < LIMIT_KB, after
    assert (after - before) / count < LIMIT_KB / 10_000, "more than %d kB a connection" % (LIMIT_KB / 10_000)
    for _, writer in links:
        writer.transport.abort()
    return identities


def main():
    reader = argparse.ArgumentParser()
    reader.add_argument("--connections", type=int, default=500)
    options = reader.parse_args()
    wanted = options.connections + 256
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < wanted:
        print("not tried: %d descriptors are wanted, %d may be had" % (wanted, hard))
        return 77
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, wanted)), hard))
    hub = Hub()
    hub.org()
    identities = asyncio.run(run(hub, options.connections))
    # They are gone; it is as before.
    equal(identities[0].send(identities[0].batch(record(2), 2))[0], 200)
    equal(hub.stop(), 0)
    print("1 passed, 0 failed, 0 skipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
