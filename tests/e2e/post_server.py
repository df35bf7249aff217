#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A mail server of others' making that takes everything but what is for the addresses on its command line (Debian's
python3-aiosmtpd): says its port, then a line of JSON for each mail. It ends with its standard input."""
import asyncio
import base64
import json
import sys

from aiosmtpd.smtp import SMTP


def say(value):
    print(json.dumps(value), flush=True)


class Handler:
    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address in sys.argv[1:]:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        say({"from": envelope.mail_from, "to": envelope.rcpt_tos, "body": base64.b64encode(envelope.original_content).decode()})
        return "250 taken"


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), hostname="mail.example", loop=loop), "127.0.0.1", 0)
    say(server.sockets[0].getsockname()[1])
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
