# SPDX-License-Identifier: Apache-2.0
"""docs/openapi-hub.json, as the tests of the hub's API read it."""
import json

from harness import ROOT

DOCUMENT = json.loads((ROOT / "docs/openapi-hub.json").read_text(encoding="utf-8"))
