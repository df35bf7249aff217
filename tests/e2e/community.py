# SPDX-License-Identifier: Apache-2.0
"""Lists of members and relations into a hub and out of it, as CSV and workbooks, beside the running hub."""
import csv
import io
import re
import xml.etree.ElementTree
import zipfile

from harness import case, equal, folder, main
from hub_kit import Hub

HUB = Hub()
PLACE = folder()
ORGS = ("corp-a", "corp-b", "corp-c")
MEMBER = "id,name_ja,name_en,sector,provider,contact_mail,deputy_mail"
RELATION = "supplier,buyer,secret_data,business_stop,system_access,consent"
for org in ORGS:
    equal(HUB.admin("org", "add", org).code, 0)


def put(name, text, encoding="utf-8"):
    path = PLACE / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def taken(what, path, count, *more):
    done = HUB.admin(what, "import", path, *more)
    equal((done.code, done.out), (0, "%d\n" % count), done.err)


def rows(what, *more):
    done = HUB.admin(what, "export", *more)
    equal(done.code, 0, done.err)
    assert done.out.startswith("\ufeff"), "with byte-order mark, as Excel wants it"
    return list(csv.DictReader(io.StringIO(done.out[1:], newline="")))


def sheet(path):
    with zipfile.ZipFile(path) as book:
        equal(book.testzip(), None)
        for name in book.namelist():
            xml.etree.ElementTree.fromstring(book.read(name))
        root = xml.etree.ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    assert not root.findall(".//m:f", space), "no formula"
    return [{re.match("[A-Z]+", c.get("r"))[0]: "".join(c.itertext()) for c in row} for row in root.findall(".//m:row", space)]


@case
def members_come_in_and_go_out_unharmed():
    text = MEMBER + ('\ncorp-a,大手Ａ,"A, Inc.",製造,,desk@a.example,\ncorp-b,=1+1,@b,製造,msp-1,desk@b.example,night@b.example'
                     "\ncorp-c,町工場「Ｃ」,_x0041_ & <c>,製造,msp-1,,\n")
    for encoding in "utf-8", "utf-8-sig", "cp932":
        taken("members", put("members.csv", text, encoding), 3)
        got = {r["id"]: r for r in rows("members")}
        equal((got["corp-a"]["name_ja"], got["corp-a"]["name_en"]), ("大手Ａ", "A, Inc."), encoding)
        equal(got["corp-b"]["name_ja"], "'=1+1", "no formula for a spreadsheet")
        equal(got["corp-c"]["provider"], "msp-1")
    out = PLACE / "out.csv"
    equal(HUB.admin("members", "export", "--to", out).code, 0)
    assert b"\r\n" in out.read_bytes()
    taken("members", out, 3)
    equal({r["id"]: r for r in rows("members")}, got, "what goes out comes back as it was")
    book = PLACE / "out.xlsx"
    equal(HUB.admin("members", "export", "--to", book).code, 0)
    cells = sheet(book)
    equal([cells[2]["B"], cells[2]["C"]], ["=1+1", "@b"], "texts, not formulas")
    equal(cells[3]["C"], "_x005F_x0041_ & <c>", "what would be read as an escape is one")
    taken("members", book, 3)
    equal({r["id"]: r for r in rows("members")}, got, "and from a workbook")


@case
def what_the_file_does_not_name_stays():
    taken("members", put("more.csv", MEMBER + ",contact_phone,hours,verified\ncorp-a,A,A,製造,,desk@a.example,,+81-3-0000-0000,"
                         "平日,2026-11-01\n"), 1)
    taken("members", put("less.csv", MEMBER + "\ncorp-a,A,A,医療,,desk@a.example,\n"), 1)
    got = {r["id"]: r for r in rows("members")}["corp-a"]
    equal((got["sector"], got["contact_phone"], got["hours"], got["verified"]), ("医療", "'+81-3-0000-0000", "平日", "2026-11-01"))


@case
def all_or_nothing_and_every_line():
    before = rows("members")
    path = put("bad.csv", MEMBER + "\ncorp-a,Z,,,,,\nnowhere,Z,,,,,\ncorp-b,Z,,,,,\nelsewhere,Z,,,,,\n")
    done = HUB.admin("members", "import", path)
    equal((done.code, done.out), (1, ""))
    assert "bad.csv:3: " in done.err and "bad.csv:5: " in done.err and "2 faults" in done.err, done.err
    done = HUB.admin("members", "import", put("bad.csv", MEMBER + "\ncorp-a,Z,,,,desk@a.example;x@y,\ncorp-a,,,,,,\n"))
    assert done.code == 1 and ":2: contact_mail" in done.err and ":3: the id corp-a" in done.err, done.err
    for wrong in "2099-01-01", "soon":
        done = HUB.admin("members", "import", put("bad.csv", MEMBER + ",verified\ncorp-b,Z,,,,,,2026-01-01\ncorp-a,Z,,,,,,%s\n" % wrong))
        assert done.code == 1 and "bad.csv:3: corp-a" in done.err, done.err
    equal(rows("members"), before, "nothing of any of them")
    done = HUB.admin("relations", "import", put("bad.csv", RELATION + "\ncorp-c,corp-b,yes,no,no,ask\ncorp-b,corp-z,yes,no,no,ask\n"))
    assert done.code == 1 and ":3: buyer: there is no member corp-z" in done.err, done.err
    equal(rows("relations", "--org", "corp-c"), [])
    equal(HUB.admin("audit", "verify").code, 0, "the log is whole after what was undone")


@case
def relations_said_by_one_and_confirmed_by_the_other():
    text = RELATION + "\ncorp-c,corp-b,yes,no,yes,named\ncorp-b,corp-a,no,yes,no,anonymous\n"
    taken("relations", put("relations.csv", text, "cp932"), 2)
    equal([(r["supplier"], r["buyer"], r["consent"], r["confirmed"]) for r in rows("relations", "--org", "corp-b")],
          [("corp-c", "corp-b", "named", "no"), ("corp-b", "corp-a", "anonymous", "no")])
    equal([r["supplier"] for r in rows("relations", "--org", "corp-c")], ["corp-c"], "the own only")
    equal(rows("relations"), [], "what both opened to analysts: nothing")
    done = HUB.admin("relations", "import", PLACE / "relations.csv", "--org", "corp-b")
    equal(done.code, 0, done.err)
    got = {(r["supplier"], r["buyer"]): r["confirmed"] for r in rows("relations", "--org", "corp-b")}
    equal(got, {("corp-c", "corp-b"): "yes", ("corp-b", "corp-a"): "no"})
    done = HUB.admin("relations", "import", PLACE / "relations.csv", "--org", "corp-a")
    assert done.code == 1 and "relations.csv:2: corp-a is neither" in done.err, done.err
    book = PLACE / "relations.xlsx"
    equal(HUB.admin("relations", "export", "--org", "corp-b", "--to", book).code, 0)
    equal(len(sheet(book)), 3)
    taken("relations", book, 2)
    equal(HUB.admin("relations", "export", "--org", "corp-z").code, 1)


@case
def many_lines():
    for i in range(40):
        equal(HUB.admin("org", "add", "m%02d" % i).code, 0)
    lines = ["m%02d,m%02d,yes,no,no,ask" % (a, b) for a in range(40) for b in range(40) if a != b]
    taken("relations", put("many.csv", RELATION + "\n" + "\n".join(lines) + "\n"), len(lines))
    equal(len(rows("relations", "--org", "m07")), 78)
    equal(HUB.admin("audit", "verify").code, 0)


@case
def a_whole_community_at_once():
    new = put("new.csv", MEMBER + "\nnew-a,新エー,New A,,,,\ncorp-a,,,,,,\nnew-b,,%s,,,,\n" % ("long " * 60))
    refused = HUB.admin("members", "import", new)
    equal(refused.code, 1)
    assert "no organisation new-a" in refused.err, refused.err
    wrong = put("wrong.csv", MEMBER + "\nnew-c,,,,,,\nNew D,,,,,,\n")
    refused = HUB.admin("members", "import", wrong, "--add")
    equal(refused.code, 1)
    assert "wrong.csv:3: New D: this cannot be added" in refused.err, refused.err
    taken("members", new, 3, "--add")
    ids = {r["id"] for r in rows("members")}
    assert {"new-a", "new-b"} <= ids and "new-c" not in ids, ids
    both = put("both.csv", RELATION + "\nnew-a,new-b,yes,no,yes,anonymous\n")
    equal(HUB.admin("relations", "import", both, "--org", "new-a", "--confirmed").code, 2)
    taken("relations", both, 1, "--confirmed")
    (one,) = rows("relations", "--org", "new-b")
    equal((one["confirmed"], one["analysts"], one["consent"]), ("yes", "no", "anonymous"))
    taken("relations", both, 1, "--confirmed", "--analysts")
    (one,) = rows("relations", "--org", "new-a")
    equal((one["confirmed"], one["analysts"]), ("yes", "yes"))


@case
def the_hub_ends_well():
    equal(HUB.stop(), 0, HUB.messages())


main()
