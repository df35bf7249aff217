# SPDX-License-Identifier: Apache-2.0
"""A mail server that is not ours, and what stands before it to hang or refuse."""
import base64
import json
import os
import pathlib
import socket
import subprocess
import threading

from harness import TIMEOUT_S

SYSTEM_PYTHON = "/usr/bin/python3"  # where Debian's python3-aiosmtpd is found


class Accepting:
    """A mail server that is not ours, in a process of its own (post_server.py): what it takes is in @mail.messages. refused:
    addresses that are not there."""

    def __init__(self, mail, refused=()):
        self.mail = mail
        self.process = subprocess.Popen([SYSTEM_PYTHON, pathlib.Path(__file__).with_name("post_server.py"), *refused],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PATH": os.environ["PATH"]})
        first = self.process.stdout.readline()
        if not first:
            raise AssertionError("no mail server: packaging/test-deps.txt brings python3-aiosmtpd")
        self.port = json.loads(first)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            one = json.loads(line)
            with self.mail.changed:
                self.mail.messages.append(("<%s>" % one["from"], tuple("<%s>" % to for to in one["to"]),
                                           base64.b64decode(one["body"])))
                self.mail.changed.notify_all()

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


class Mail:
    """What stands before a mail server. mode: "good" hands on to one; else enough of RFC 5321 to misbehave: "bounce" (550),
    "busy" (451), "hang" (no word), "hang-data" (no word after the mail), "quiet" (the same for recipients in @quiet alone; the
    others' mails are in @taken with their Message-ID, and so is None for one that a client gave up waiting for)."""

    def __init__(self):
        self.now, self.messages, self.changed = "good", [], threading.Condition()
        self.open, self.quiet, self.taken = set(), set(), []
        self.stop, self.hung = threading.Event(), 0
        self.real = Accepting(self)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    @property
    def mode(self):
        return self.now

    @mode.setter
    def mode(self, mode):
        """Connections that are kept for more mails end, so that the next mail meets it."""
        with self.changed:
            self.now = mode
            for connection in self.open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def hang(self):
        with self.changed:
            self.hung += 1
            self.changed.notify_all()
        self.stop.wait(60)

    def take(self, what):
        with self.changed:
            self.taken.append(what)
            self.changed.notify_all()

    @staticmethod
    def pump(source, to):
        try:
            while data := source.recv(65536):
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def hand_on(self, connection):
        with socket.create_connection(("127.0.0.1", self.real.port)) as server:
            back = threading.Thread(target=self.pump, args=(server, connection), daemon=True)
            back.start()
            self.pump(connection, server)
            back.join()

    def talk(self, connection):
        with connection:
            try:
                with self.changed:
                    self.open.add(connection)
                if self.mode == "good":
                    self.hand_on(connection)
                elif self.mode == "hang":
                    self.hang()
                else:
                    self.misbehave(connection)
            except OSError:
                pass
            finally:
                with self.changed:
                    self.open.discard(connection)

    def misbehave(self, connection):
        mode, to, name = self.mode, "", ""
        with connection.makefile("rb") as lines:
            say = lambda text: connection.sendall(text.encode() + b"\r\n")  # noqa: E731
            say("220 mail.example")
            for line in lines:
                word = line.strip().upper()
                if word.startswith((b"EHLO", b"HELO")):
                    say("250 mail.example")
                elif word.startswith(b"RCPT TO:") and mode == "quiet":
                    to = line.decode().strip()[8:].strip("<>")
                    say("250 ok")
                elif word.startswith(b"RCPT TO:") and mode in ("bounce", "busy"):
                    say("550 no such mailbox" if mode == "bounce" else "451 later")
                elif word == b"DATA":
                    say("354 go on")
                    while (part := next(lines, b".\r\n")) != b".\r\n":
                        if part.lower().startswith(b"message-id:"):
                            name = part.split(b":", 1)[1].decode().strip()
                    if mode != "quiet":
                        self.hang()
                        return
                    if to in self.quiet:
                        next(lines, b"")  # until the client goes
                        self.take((None, name))
                        return
                    self.take((to, name))
                    say("250 taken")
                elif word == b"QUIT":
                    say("221 bye")
                    return
                else:
                    say("250 ok")

    def wait_for(self, count, test=lambda message: True):
        """The messages that @test lets through, when there are @count of them: what a server has taken is known to who
        sent it before it is known here."""
        found = lambda: [m for m in list(self.messages) if test(m)]  # noqa: E731
        with self.changed:
            if not self.changed.wait_for(lambda: len(found()) >= count, timeout=TIMEOUT_S):
                raise AssertionError("%d mails, not %d" % (len(found()), count))
            return found()

    def close(self):
        self.stop.set()
        self.socket.close()
        self.real.close()
