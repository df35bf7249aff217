# SPDX-License-Identifier: Apache-2.0
"""What the workloads with a hub share (w7.py, hub/w6.py): where things are, options, a place, build/bench.json."""
import argparse
import json
import os
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("YAGURA_BUILD", ROOT / "build"))
os.environ.setdefault("YAGURA", str(BUILD / "yagura"))
os.environ.setdefault("YAGURA_ROOT", str(ROOT))
sys.path.insert(0, str(ROOT / "tests" / "e2e"))


def percentile(times, share):
    times = sorted(times)
    return times[min(len(times) - 1, int(share * len(times)))]


def run(name, defaults, measure, wished):
    """What @measure(options, place) says: @wished over @defaults, in a folder of its own or in that of "place", which stays."""
    options = argparse.Namespace(**{**defaults, **wished})
    base = pathlib.Path(os.environ.get("YAGURA_BENCH", "/var/tmp/yagura-bench"))
    base.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base, prefix=name + "-") as own:
        place = pathlib.Path(wished.get("place") or own)
        place.mkdir(parents=True, exist_ok=True)
        return measure(options, place)


def run_as_asked(name, defaults, measure):
    """The same by the options of the command line; the row is kept in build/bench.json too."""
    reader = argparse.ArgumentParser()
    for option, value in defaults.items():
        reader.add_argument("--" + option.replace("_", "-"), type=type(value), default=value)
    reader.add_argument("--place")
    row = run(name, defaults, measure, vars(reader.parse_args()))
    path = BUILD / "bench.json"
    known = json.loads(path.read_text()) if path.exists() else {"workloads": {}}
    known["workloads"][name] = row
    path.write_text(json.dumps(known, indent=1) + "\n")
    return row
