# SPDX-License-Identifier: Apache-2.0
"""`yagura assess web` on a fresh file, with a session: what the tests of the API share."""
import copy
import http.client
import json
import os
import signal
import subprocess
import urllib.parse

from harness import YAGURA


class Api:
    """`yagura assess web` on a fresh file, with a session."""

    def __init__(self, folder, opening="--no-open", env=None):
        # A terminal of its own, so that Enter gives another link.
        self.terminal, theirs = os.openpty()
        self.process = subprocess.Popen(
            [YAGURA, "assess", "web", "--db", str(folder / "a.db"), opening, "--by", "山田"],
            stdin=theirs, stdout=subprocess.PIPE, env=dict(os.environ, LANGUAGE="en", **(env or {})))
        os.close(theirs)
        self.sign_in()

    def sign_in(self):
        """Use the next link that is printed."""
        link = ""
        for line in self.process.stdout:
            if line.startswith(b"http://"):
                link = line.decode().strip()
                break
        parts = urllib.parse.urlsplit(link)
        self.base, self.host = "http://" + parts.netloc, parts.netloc
        self.cookie = None
        answer, _ = self.ask("GET", parts.path + "?" + parts.query)
        self.cookie = answer.headers["Set-Cookie"].split(";")[0]

    def another(self):
        """The same server, seen from another browser."""
        other = copy.copy(self)
        os.write(self.terminal, b"\n")
        other.sign_in()
        return other

    def ask(self, method, path, body=None, **fields):
        if body is not None:
            fields["Content_Type"] = "application/json"
            body = json.dumps(body)
        return self.send(method, path, body, fields)

    def send(self, method, path, body, fields):
        connection = http.client.HTTPConnection(self.host, timeout=60)
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        if self.cookie:
            headers["Cookie"] = self.cookie
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content

    def make(self, method, path, body, **fields):
        answer, content = self.ask(method, "/api/v1" + path, body, **fields)
        if answer.status not in (200, 201):
            raise AssertionError("%s %s: %d %s" % (method, path, answer.status, content.decode()))
        return json.loads(content)

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        status = self.process.wait(60)
        os.close(self.terminal)
        return status
