# SPDX-License-Identifier: Apache-2.0
"""Run in the environment that taxii.py makes: taxii2-client, stix2 and stix2-validator drive the hub.

argv: URL, token of the reader, token of the writer, id of the collection, files of warnings as STIX
One JSON object on standard output.
"""
import json
import sys
import threading

import stix2
from stix2validator import ValidationOptions, validate_instance
from requests.auth import AuthBase
from taxii2client.v21 import ApiRoot, Collection, Server, as_pages

URL, READER, WRITER, NAME = sys.argv[1:5]
WARNINGS = sys.argv[5:]
RESULT = {}


class Bearer(AuthBase):
    def __init__(self, token):
        self.token = token

    def __call__(self, request):
        request.headers["Authorization"] = "Bearer " + self.token
        return request


def collection(token):
    return Collection("%s/taxii2/hub/collections/%s/" % (URL, NAME), auth=Bearer(token))


def sdo(number):
    return json.loads(stix2.Indicator(
        name="n%d" % number, pattern_type="stix", pattern="[domain-name:value = 'x%d.example']" % number,
        valid_from="2026-01-01T00:00:00Z", indicator_types=["malicious-activity"]).serialize())


def pages(what, size):
    """Ids by the client's own paging, each as often as it came."""
    found = []
    for page in as_pages(what, per_request=size):
        found += [item["id"] for item in page.get("objects", [])]
    return found


def main():
    server = Server(URL + "/taxii2/", auth=Bearer(READER))
    RESULT["roots"] = [root.url for root in server.api_roots]
    root = ApiRoot(URL + "/taxii2/hub/", auth=Bearer(READER))
    RESULT["versions"], RESULT["max"] = root.versions, root.max_content_length
    RESULT["titles"] = sorted(one.title for one in root.collections)
    RESULT["equal"], RESULT["lost"], RESULT["repeated"] = [], 0, 0
    sent = []
    reader, writer = collection(READER), collection(WRITER)
    for size in (1, 4, 1000):
        stop = threading.Event()
        before = len(sent)

        def post():
            number = len(sent)
            while not stop.is_set() and len(sent) < before + 60:
                objects = [sdo(number + i) for i in range(2)]
                status = writer.add_objects({"objects": objects})
                assert status.status == "complete" and status.failure_count == 0, status
                number += 2
                sent.extend(one["id"] for one in objects)
        thread = threading.Thread(target=post)
        old = set(sent)
        thread.start()
        for what in (reader.get_objects, reader.get_manifest):
            found = pages(what, size)
            RESULT["repeated"] += len(found) - len(set(found))
            RESULT["lost"] += len(old - set(found))
        thread.join()
        stop.set()
        for what in (reader.get_objects, reader.get_manifest):
            found = pages(what, size)
            RESULT["repeated"] += len(found) - len(set(found))
            RESULT["equal"].append(set(found) == set(sent))
    # Again, by the last header alone.
    after, found = None, []
    while True:
        answer = reader._conn.session.get(reader.objects_url, headers={"Accept": "application/taxii+json;version=2.1"},
                                          params={"limit": 7, **({"added_after": after} if after else {})})
        objects = answer.json().get("objects", [])
        found += [one["id"] for one in objects]
        after = answer.headers["X-TAXII-Date-Added-Last"]
        if not objects:
            break
    RESULT["by_header"] = sorted(found) == sorted(sent)
    mixed = writer.add_objects({"objects": [sdo(10 ** 6), {"type": "indicator", "id": "indicator--x"}]})
    RESULT["mixed"] = [mixed.status, mixed.success_count, mixed.failure_count, mixed.failures[0]["message"]]
    again = writer.add_objects({"objects": [sdo(7)]}, wait_for_completion=True)
    RESULT["again"] = again.status
    got = reader.get_objects(limit=1000)["objects"]
    options = ValidationOptions(version="2.1")
    RESULT["invalid"] = [one["id"] for one in got if not validate_instance(one, options).is_valid]
    RESULT["parsed"] = sum(1 for one in got if stix2.parse(one))
    RESULT["warnings"], RESULT["warnings_invalid"] = 0, []
    for path in WARNINGS:
        with open(path, encoding="utf-8") as file:
            bundle = json.load(file)
        looked = validate_instance(bundle, options)
        RESULT["warnings"] += sum(1 for one in bundle["objects"] if stix2.parse(one, allow_custom=True))
        RESULT["warnings_invalid"] += [str(error) for error in getattr(looked, "errors", [])]
        RESULT["warnings_invalid"] += [] if looked.is_valid else [path]
    print(json.dumps(RESULT))


main()
