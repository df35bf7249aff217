# SPDX-License-Identifier: Apache-2.0
"""`yagura share statistics`: the published table from individual records, random records as a second count has them, wrong lines."""
import collections
import csv
import datetime
import io
import json
import os
import random
import sys

from harness import case, contains, equal, folder, main, yagura

SEED = int(os.environ.get("YAGURA_SEED", random.SystemRandom().randrange(1 << 32)))
print("seed %d" % SEED, file=sys.stderr)
R = random.Random(SEED)
# Reports and provisions by fiscal year, and the quarters of 2023 (yearly report, part 6, 3.1).
YEARS = {"report": {2019: 269, 2020: 309, 2021: 407, 2022: 302}, "provision": {2019: 38, 2020: 64, 2021: 91, 2022: 83}}
QUARTERS = {"report": (99, 53, 63, 57), "provision": (25, 37, 34, 31)}


def days(first, last):
    return [first + datetime.timedelta(n) for n in range((last - first).days + 1)]


def quarter_days(year, quarter):
    first = datetime.date(year + (quarter == 4), (4, 7, 10, 1)[quarter - 1], 1)
    last = datetime.date(first.year + (first.month == 10), first.month % 12 + 3 if first.month < 10 else 1, 1)
    return days(first, last - datetime.timedelta(1))


def published():
    records = []
    for kind in YEARS:
        for year, count in YEARS[kind].items():
            span = days(datetime.date(year, 4, 1), datetime.date(year + 1, 3, 31))
            records += [(kind, day) for day in (span[0], span[-1], *R.choices(span, k=count - 2))]
        for quarter, count in enumerate(QUARTERS[kind], 1):
            span = quarter_days(2023, quarter)
            records += [(kind, day) for day in (span[0], span[-1], *R.choices(span, k=count - 2))]
    R.shuffle(records)
    return [{"id": "%s-%d" % (kind, i), "kind": kind, "date": day.isoformat(), "sector": "金融"} for i, (kind, day) in enumerate(records)]


def write(records, name="R.ndjson"):
    path = folder() / name
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")
    return path


def fiscal(day):
    return day.year - (day.month < 4), (day.month - 4) % 12 // 3 + 1


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


@case
def the_published_table_comes_from_individual_records():
    path = write(published())
    ran = yagura("share", "statistics", "--reports", path, "--by", "fy,quarter", "--csv")
    equal((ran.code, ran.err, ran.out.splitlines()[0]), (0, "", "kind,fy,quarter,count"))
    rows = table(ran.out)
    for kind in YEARS:
        equal(tuple(int(r["count"]) for r in rows if (r["kind"], r["fy"]) == (kind, "2023")), QUARTERS[kind])
    ran = yagura("share", "statistics", "--reports", path, "--by", "fy", "--csv")
    equal(ran.out.splitlines(), ["kind,fy,count"] + ["%s,%d,%d" % (kind, year, count) for kind in YEARS for year, count in
                                                     (*YEARS[kind].items(), (2023, sum(QUARTERS[kind])))])
    contains(ran.out, "report,2023,272")
    contains(ran.out, "provision,2023,127")


@case
def every_grouping_is_that_of_a_second_count():
    records = [{"id": i, "kind": R.choice(list(YEARS)), "date": (datetime.date(2010, 1, 1) + datetime.timedelta(R.randrange(6000))).isoformat()}
               for i in range(3000)]
    path = write(records)
    values = {"fy": lambda d: fiscal(d)[0], "quarter": lambda d: fiscal(d)[1], "month": lambda d: d.isoformat()[:7]}
    for by in (("fy", "quarter"), ("quarter",), ("month",), ("quarter", "fy"), ("fy", "month"), ()):
        counted = collections.Counter((r["kind"], *(values[b](datetime.date.fromisoformat(r["date"])) for b in by)) for r in records)
        ran = yagura("share", "statistics", "--reports", path, "--by", ",".join(by) or "kind", "--json")
        rows = json.loads(ran.out)["rows"]
        equal({(r["kind"], *(r[b] for b in by)): r["count"] for r in rows}, dict(counted), str(by))
        equal([(r["kind"] == "provision", *(r[b] for b in by)) for r in rows],
              sorted((r["kind"] == "provision", *(r[b] for b in by)) for r in rows), "order")
    piped = yagura("share", "statistics", "--reports", "-", stdin=path.read_bytes())
    equal((piped.code, piped.out), (0, yagura("share", "statistics", "--reports", path).out))


@case
def wrong_lines_are_told_and_nothing_is_counted():
    good = '{"id":"1","kind":"report","date":"2023-04-01"}\n'
    bad = ['{"id":"2","kind":"warning","date":"2023-04-01"}', '{"id":"3","kind":"report","date":"2023-02-30"}', '{"id":"1","kind":"report","date":"2023-05-01"}',
           '{"id":"4","kind":"report"', '[]', '{"kind":"report","date":"2023-04-01"}', '{"id":"x","kind":"report","date":"%s"}' % ("9" * 70000)]
    path = folder() / "R.ndjson"
    path.write_text(good + "\n".join(bad) + "\n")
    for lang in ("en", "ja"):
        ran = yagura("share", "statistics", "--reports", path, "--csv", lang=lang)
        equal((ran.code, ran.out), (2, ""))
        equal([line.split("R.ndjson:")[1].split(":")[0] for line in ran.err.splitlines() if "R.ndjson:" in line and line.split("R.ndjson:")[1][0].isdigit()],
              [str(n) for n in range(2, 2 + len(bad))], ran.err)
    for args in (("--reports", path, "--by", "week"), ("--by", "fy"), ("--reports", path, "--by", "fy,fy"), ("--reports", path, "--csv", "--json"),
                 ("--reports", path.parent / "none"), ("--reports", path, "more")):
        ran = yagura("share", "statistics", *args)
        equal((ran.code, ran.out, bool(ran.err)), (2, "", True), str(args))
    path.write_text("")
    ran = yagura("share", "statistics", "--reports", path, "--csv")
    equal((ran.code, ran.out), (0, "kind,fy,quarter,count\n"))


@case
def a_large_file_is_a_stream():
    path = folder() / "R.ndjson"
    with path.open("w") as out:
        for i in range(300000):
            out.write('{"id":"r%d","kind":"report","date":"20%02d-%02d-11","note":"%s"}\n' % (i, i % 50, i % 12 + 1, "x" * 150))
    ran = yagura("share", "statistics", "--reports", path, "--by", "kind", "--csv")
    equal((ran.code, ran.out), (0, "kind,count\nreport,300000\n"))


main()
