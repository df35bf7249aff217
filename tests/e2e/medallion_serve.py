# SPDX-License-Identifier: Apache-2.0
"""Run in the environment that share_poll.py makes: a TAXII server of others on a free port, with memory for a store.

argv: its data, a file of JSON. The port is the first line of standard output.
"""
import logging
import sys

from medallion import application_instance, register_blueprints, set_config
from werkzeug.serving import make_server

CONFIG = {
    "backend": {"module": "medallion.backends.memory_backend", "module_class": "MemoryBackend", "filename": sys.argv[1],
                "session_timeout": 3600},
    "users": {"admin": "Password0"},
    "taxii": {"max_page_size": 50},
}
logging.disable(logging.CRITICAL)
for part in ("users", "taxii", "backend"):
    set_config(application_instance, part, CONFIG)
register_blueprints(application_instance)
server = make_server("127.0.0.1", 0, application_instance, threaded=True)
print(server.port, flush=True)
server.serve_forever()
