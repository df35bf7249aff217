# SPDX-License-Identifier: Apache-2.0
"""The pages that map other programs to this one: every line is run, every option is there.

A row's right-hand cell is a command (in backquotes; several are run one after another), or says
"not here:" or "always" and why. Commands of the cell's text are run, too."""
import pathlib
import re
import shutil
import subprocess
import tempfile

import evtx_build
from harness import ROOT, YAGURA, case, equal, main

DOCS = ("from-hayabusa", "from-chainsaw", "from-ilogscanner")

HAYABUSA = """computer-metrics eid-metrics expand-list extract-base64 log-metrics logon-summary
pivot-keywords-list search config-critical-systems dfir-timeline csv-timeline json-timeline level-tuning
list-profiles set-default-profile update-rules help list-contributors
--directory --file --live-analysis --clobber --json-input --no-wizard --quiet-errors --recover-records --rules
--rules-config --sort --target-file-ext --threads --validate-checksums --eid-filter --enable-all-rules
--enable-deprecated-rules --enable-noisy-rules --enable-unsupported-rules --exact-level --exclude-category
--exclude-computer --exclude-eid --exclude-status --exclude-tag --include-category --include-computer
--include-eid --include-status --include-tag --min-level --proven-rules --scan-all-evtx-files --time-offset
--timeline-end --timeline-start --disable-abbreviations --geo-ip --html-report --no-field-data-mapping
--no-pwsh-field-extraction --output --output-type --profile --remove-duplicate-data
--remove-duplicate-detections --no-color --no-summary --quiet --verbose --visualize-timeline --european-time
--iso-8601 --rfc-2822 --rfc-3339 --utc --us-military-time --us-time --multiline --tab-separator
--exclude-channel --include-channel --exclude-filename --include-filename --remove-duplicate-records
--and-logic --filter --ignore-case --keyword --regex --json-output --jsonl-output --help"""
CHAINSAW = """hunt search lint dump shimcache srum --mapping --rule --column-width --csv --extension --from --full
--json --jsonl --kind --level --load-unknown --local --metadata --output --log --preprocess -q --sigma
--skip-errors --status --timezone --to --tau --regex --ignore-case --timestamp --no-banner --num-threads
--regexfile --amcache --tspair --software --stats-only --help --version"""
ILOGSCANNER = """mode=cui mode=gui logtype= accesslog= errorlog= errorlogtype= outdir= reporttype= level=
AccessLogFormat ScanDateFrom ScanDateTo"""

RULE = """title: Sign-in refused
id: 22222222-3333-4444-8555-666666666666
status: test
level: medium
logsource: {product: windows, service: security}
detection:
    selection: {EventID: 4625}
    condition: selection
"""


def rows(name):
    """(left, right) of each row of the page's tables."""
    found = []
    for line in (ROOT / "docs" / (name + ".md")).read_text(encoding="utf-8").splitlines():
        cells = re.split(r"(?<!\\)\|", line)
        if line.startswith("|") and len(cells) == 4 and not set(cells[1]) <= set("-"):
            found.append(tuple(cell.strip().replace("\\|", "|") for cell in cells[1:3]))
    return [row for row in found if row[1] != "Yagura"]


def commands(cell):
    return [code for code in re.findall(r"`([^`]+)`", cell) if re.search(r"(^|[ =|])yagura ", code)]


def samples(folder):
    logs = folder / "logs"
    logs.mkdir()
    for path in (ROOT / "samples").glob("*.*"):
        if path.suffix in (".log", ".json"):
            shutil.copy(path, logs)
    shutil.copy(ROOT / "tests/pack/real/apache-error.log", logs / "error.log")
    shutil.copy(ROOT / "tests/pack/real/sshd.log", logs / "auth.log")
    (logs / "System.evtx").write_bytes(evtx_build.event_file(evtx_build.chunks(1, 20)))
    (folder / "rules").mkdir()
    (folder / "rules" / "refused.yml").write_text(RULE, encoding="utf-8")
    (folder / "bin").mkdir()
    (folder / "bin" / "yagura").symlink_to(pathlib.Path(YAGURA).resolve())
    subprocess.run([YAGURA, "archive", "write", "--out", folder / "archive", "--org", "acme", logs / "auth.log"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run_page(name):
    with tempfile.TemporaryDirectory() as made:
        folder, ran = pathlib.Path(made), 0
        samples(folder)
        env = {"PATH": "%s:/usr/bin:/bin" % (folder / "bin"), "HOME": made, "LANGUAGE": "en", "TZ": "Asia/Tokyo"}
        for left, right in rows(name):
            codes = commands(right)
            if not codes and not re.match(r"not here: |always", right):
                raise AssertionError("%s: %s: neither a command nor why there is none: %s" % (name, left, right))
            for code in codes:
                done = subprocess.run(["bash", "-o", "pipefail", "-c", code], cwd=folder, env=env, check=False,
                                      stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
                wanted = 3 if "--fail-on" in code else 0
                if done.returncode != wanted:
                    raise AssertionError("%s: %s: `%s` ends with %d: %s" % (
                        name, left, code, done.returncode, done.stderr.decode()[-500:]))
                if not done.stdout and ">" not in code and "--html" not in code:
                    raise AssertionError("%s: %s: `%s` says nothing: %s" % (name, left, code, done.stderr.decode()))
                ran += 1
        print("%s: %d commands run" % (name, ran))
        return ran


def whole(name, words):
    """Every command and option of the other program stands in the left-hand column."""
    left = " ".join(cell for cell, _ in rows(name))
    missing = [w for w in words.split() if not re.search(r"(?<![\w-])" + re.escape(w) + r"(?![\w-])" if w[-1] != "="
                                                         else re.escape(w), left)]
    equal(missing, [], name)


@case
def hayabusa():
    whole("from-hayabusa", HAYABUSA)
    assert run_page("from-hayabusa") > 40


@case
def chainsaw():
    whole("from-chainsaw", CHAINSAW)
    assert run_page("from-chainsaw") > 20


@case
def ilogscanner():
    whole("from-ilogscanner", ILOGSCANNER)
    assert run_page("from-ilogscanner") > 12


main()
