#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pages hold together: links inside the repository lead somewhere, no page is empty, every source
folder has its README, generated pages are what their data gives. docs_check.py [--write]"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
bad = []


def pages():
    for path in sorted(ROOT.rglob("*.md")):
        if not any(part.startswith(("build", ".git", "node_modules")) for part in path.relative_to(ROOT).parts):
            yield path


for path in pages():
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT)
    if len(text.split()) < 20 and not re.search(r"[ぁ-ん]", text):
        bad.append("%s: a page without content" % name)
    for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
        if not (path.parent / link).exists():
            bad.append("%s: %s leads nowhere" % (name, link))
for folder in sorted(p for p in (ROOT / "src").iterdir() if p.is_dir()):
    if not (folder / "README.md").exists():
        bad.append("src/%s has no README.md" % folder.name)
with tempfile.TemporaryDirectory() as temp:
    for kind, target in (("page", "docs/fields.md"), ("schema", "docs/record.schema.json")):
        fresh = pathlib.Path(temp) / kind
        subprocess.run([sys.executable, str(ROOT / "tools" / "dictionary.py"), kind,
                        str(ROOT / "src" / "model" / "dictionary.json"), str(fresh)], check=True)
        path = ROOT / target
        if "--write" in sys.argv[1:]:
            path.write_text(fresh.read_text(encoding="utf-8"), encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != fresh.read_text(encoding="utf-8"):
            bad.append("%s is old: run tools/docs_check.py --write" % target)
with tempfile.TemporaryDirectory() as temp:
    fresh, path = pathlib.Path(temp) / "page", ROOT / "docs" / "conformance.md"
    made = subprocess.run([sys.executable, str(ROOT / "tools" / "conformance.py"), str(fresh)], check=False)
    if made.returncode not in (0, 77):
        bad.append("tools/conformance.py ended with %d" % made.returncode)
    elif made.returncode == 0 and "--write" in sys.argv[1:]:
        path.write_text(fresh.read_text(encoding="utf-8"), encoding="utf-8")
    elif made.returncode == 0 and (not path.exists() or path.read_text(encoding="utf-8") !=
                                   fresh.read_text(encoding="utf-8")):
        bad.append("docs/conformance.md is old: run tools/docs_check.py --write")
if subprocess.run([sys.executable, str(ROOT / "bench" / "plots.py"), "--check"], check=False).returncode:
    bad.append("docs/performance: run bench/plots.py")
print("\n".join(bad))
print("%d passed, %d failed, 0 skipped" % (not bad, len(bad)))
sys.exit(1 if bad else 0)
