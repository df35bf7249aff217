# SPDX-License-Identifier: Apache-2.0
"""What the scenarios of TAXII share: raw requests with their headers checked, and the clients of others."""
import base64
import http.client
import json
import pathlib
import subprocess
import sys

from harness import equal, folder

TYPE = "application/taxii+json;version=2.1"
HERE = pathlib.Path(__file__).parent
TLP = {"clear": "94868c89-83c2-464b-929b-a1a8aa3c8487", "green": "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
       "amber": "55d920b0-5e8b-4f79-9ee9-91f868d9b421", "amber+strict": "939a9414-2ddd-4d32-a0cd-375ea402b003",
       "red": "e828b379-4e03-4974-9ac4-e53a884c97c1"}


class Caller:
    def __init__(self, hub, token=None, basic=None):
        self.url = hub.ready["url"]
        self.auth = "Bearer " + token if token else None
        if basic:
            self.auth = "Basic " + base64.b64encode(basic.encode()).decode()

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection(self.url.split("//")[1], timeout=60)
        fields = {"Accept": TYPE, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.auth:
            fields["Authorization"] = self.auth
        if body is not None:
            fields.setdefault("Content-Type", TYPE)
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            connection.request(method, path, body, fields)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        equal(answer.headers["Content-Type"], TYPE, (method, path, data))
        data = json.loads(data)
        if answer.status >= 400:
            equal(data["http_status"], str(answer.status))
            assert data["title"], data
        return answer.status, answer.headers, data

    def get(self, path):
        status, headers, data = self.ask("GET", path)
        equal(status, 200, data)
        return headers, data


def environment():
    """Their programs in an environment of their own; NULL without a network."""
    place = folder() / "clients"
    made = subprocess.run([sys.executable, "-m", "venv", str(place)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if made.returncode == 0:
        made = subprocess.run([place / "bin" / "pip", "install", "-q", "--disable-pip-version-check", "--no-input",
                               "--retries", "1", "--timeout", "10", "--require-hashes", "-r", HERE / "taxii-requirements.txt"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, timeout=300)
    if made.returncode == 0:
        return place / "bin" / "python"
    print("skipped: the clients of others could not be fetched: " + made.stderr.decode(errors="replace")[-200:])
    return None
