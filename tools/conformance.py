#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/conformance.md from the vectors: conformance.py TO. Exit 77 without PyYAML."""
import collections
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
try:
    import yaml
except ImportError:
    print("skipped: python3-yaml is not installed", file=sys.stderr)
    sys.exit(77)

HEAD = """# What of the Sigma specification is proven, and by what

Generated from `tests/conformance/*.yaml` by `tools/conformance.py`; do not edit. Each vector is rules,
events and what must be found, to the byte. The test `conformance` gives every vector to the program
itself (Vectorscan with 1, 2 and 5 threads, and the built-in matcher), to the reference evaluator in C
(ordinary rules and filters) and to the evaluator in Python (everything), and events of correlations
again in shuffled order. `make conformance` runs it, and then the generated cases: rules and events made
from a seed, the engine with 1, 2 and 5 threads against the reference evaluator. Where the specification
leaves room, [sigma.md](sigma.md) says how it is read.

Sections are those of version 2.1.0 of the [specification](https://github.com/SigmaHQ/sigma-specification):
*Rules* = Sigma Rules Specification, *Modifiers* = its appendix, *Correlation* = Sigma Correlation
Rules Specification, *Filters* = Sigma Filters Specification.

"""


def load():
    for path in sorted((ROOT / "tests" / "conformance").glob("*.yaml")):
        for vector in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield path.name, vector


def page():
    features = collections.OrderedDict()
    for name, vector in load():
        features.setdefault(name, collections.OrderedDict()).setdefault(
            vector["feature"], []).append(vector)
    out = [HEAD]
    total = events = 0
    for name, rows in features.items():
        out.append("## %s\n\n| Feature | Section | Vectors | Events |\n|---|---|---|---|\n" % name)
        for feature, vectors in rows.items():
            sections = collections.OrderedDict((v["spec"], None) for v in vectors)
            count = sum(len(v.get("events", [])) for v in vectors)
            out.append("| %s | %s | %s | %d |\n" % (
                feature.replace("|", "\\|"), "; ".join(sections).replace("|", "\\|"),
                "<br>".join(v["name"].replace("|", "\\|") for v in vectors), count))
            total += len(vectors)
            events += count
        out.append("\n")
    out.append("%d vectors, %d events.\n" % (total, events))
    return "".join(out)


pathlib.Path(sys.argv[1]).write_text(page(), encoding="utf-8")
