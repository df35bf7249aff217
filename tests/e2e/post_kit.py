# SPDX-License-Identifier: Apache-2.0
"""A mail server and a receiver of webhooks on ports of their own, that can be slow, full of refusals, or dead."""
import http.server
import json
import os
import pathlib
import socket
import ssl
import subprocess
import threading

from harness import folder


class Mail:
    """
    Enough of RFC 5321 for clients side by side. mode: "good", "bounce" (550), "busy" (451), "hang", "drop" (hangs up after DATA),
    "chat" (no SMTP). asked: recipients that were named; connections: how many there were.
    """

    def __init__(self, mode="good"):
        self.mode, self.messages, self.changed = mode, [], threading.Condition()
        self.asked, self.connections = [], 0
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with self.changed:
                self.connections += 1
                self.changed.notify_all()
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        with connection, connection.makefile("rb") as lines:
            say = lambda text: connection.sendall(text.encode() + b"\r\n")  # noqa: E731
            try:
                if self.mode == "hang":
                    lines.readline()
                    return
                if self.mode == "chat":
                    say("hello, who is there?")
                    return
                say("220 mail.example")
                sender, recipients = "", []
                for line in lines:
                    word = line.strip().upper()
                    if word.startswith((b"EHLO", b"HELO")):
                        say("250 mail.example")
                    elif word.startswith(b"MAIL FROM:"):
                        sender, recipients = line.decode().strip()[10:], []
                        say("250 ok")
                    elif word.startswith(b"RCPT TO:"):
                        self.asked.append(line.decode().strip()[8:].strip("<>"))
                        if self.mode in ("bounce", "busy"):
                            say("550 no such mailbox" if self.mode == "bounce" else "451 later")
                        else:
                            recipients.append(line.decode().strip()[8:])
                            say("250 ok")
                    elif word == b"DATA":
                        say("354 go on")
                        body = b""
                        for part in lines:
                            if part == b".\r\n":
                                break
                            body += part[1:] if part.startswith(b"..") else part
                        else:
                            return
                        if self.mode == "drop":
                            return
                        with self.changed:
                            self.messages.append((sender, tuple(recipients), body))
                            self.changed.notify_all()
                        say("250 taken")
                    elif word == b"QUIT":
                        say("221 bye")
                        return
                    else:
                        say("250 ok")
            except OSError:
                pass

    def close(self):
        self.socket.close()


class Hooks:
    """
    HTTPS with a certificate of its own making; status: what it answers, None: nothing, ever; by_path: the same for one path,
    or "echo": 200 with {"confirmed":KEY}. is_plain: HTTP.
    """

    def __init__(self, is_plain=False):
        home = folder()
        self.authority = home / "hook.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", home / "hook.key",
                        "-out", self.authority], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # Whoever reads it is another user, where the hub was started by root.
        for path in (self.authority, home, *home.parents):
            if path.stat().st_uid == os.getuid() and path != pathlib.Path("/") and path.parent != pathlib.Path("/"):
                path.chmod(path.stat().st_mode | 0o055 if path.is_dir() else 0o644)
        self.got, self.status, self.by_path, self.paths, self.stop = [], 200, {}, [], threading.Event()
        hooks = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hooks.got.append((dict(self.headers), body, json.loads(body)))
                hooks.paths.append(self.path)
                status, text = hooks.by_path.get(self.path, hooks.status), b""
                if status is None:
                    hooks.stop.wait(60)
                    return
                if status == "echo":
                    status, text = 200, json.dumps({"confirmed": self.headers["Idempotency-Key"]}).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "https://127.0.0.1:%d/elsewhere" % hooks.port)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.authority, home / "hook.key")
        if not is_plain:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.stop.set()
        self.server.shutdown()
