#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`yagura share report fill` and `workbook-map`: somebody else's workbook, of which the cells for the form's fields
change and nothing else; maps that are wrong; workbooks that mean no good. Read back without our program, and by
openpyxl where it is installed."""
import io
import pathlib
import tempfile
import zipfile

from book_kit import around, books, cells, raw
from harness import case, contains, equal, main, yagura

NOW = "2026-11-26T09:00"
ENTRIES = ["reporter.organisation=株式会社ヤマギシ精機", "reporter.person=鈴木 花子", "reporter.phone=03-1234-5678",
           "event.attack_type=ransomware", "event.type=malware", "event.known=2026-11-25", "event.detected=2026-11-25T08:30",
           "attack.ransom_type=encryption", "damage.summary=出荷停止 & <確認中>\n二行目", "damage.service_state=stopped",
           "damage.machines=120", "response.measures=切り離した"]
MAP = """format: yagura-workbook-map/1
form: ransomware
cells:
  - {field: reporter.organisation, sheet: 届出, cell: F3}
  - {field: reporter.person, label: 連絡担当者}
  - {field: damage.summary, sheet: 届出, cell: D6}
  - {field: damage.machines, cell: D7}
  - {field: damage.service_state, cell: D8, values: {stopped: 停止}}
  - {field: damage.service_state, is: stopped, cell: F8}
  - {field: damage.service_state, is: degraded, cell: C9}
  - {what: stage, cell: C1, values: {first: 新規}}
  - {what: today, cell: G13}
  - {field: reporter.phone, cell: D5}
"""


class Place:
    def __init__(self):
        self.temp = tempfile.TemporaryDirectory(prefix="yagura-fill-")
        self.at = pathlib.Path(self.temp.name)
        books.main(self.at)
        self.record, self.out = self.at / "R.json", self.at / "X.xlsx"
        done = yagura("share", "report", "new", "--record", self.record, "--id", "i-2026", *ENTRIES, "--now", NOW)
        equal(done.code, 0, done.err)

    def fill(self, book, *more, out=None, lang="en"):
        return yagura("share", "report", "fill", "--workbook", self.at / book, "--form", "ransomware", self.record,
                      "--out", out or self.out, "--now", NOW, *more, lang=lang)

    def map(self, text):
        path = self.at / "map.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.temp.cleanup()


@case
def only_the_cells_change():
    with Place() as place:
        for book in ("form", "stored", "streamed"):
            before = (place.at / ("book_%s.xlsx" % book)).read_bytes()
            done = place.fill("book_%s.xlsx" % book, "--map", place.map(MAP))
            equal(done.code, 1, done.err)  # fields without a cell: said
            contains(done.err, "event.known")
            after = place.out.read_bytes()
            heads, bodies, comment = raw(before)
            new_heads, new_bodies, new_comment = raw(after)
            changed = "xl/worksheets/sheet1.xml"
            equal([h for h in new_heads if h[0] != changed], [h for h in heads if h[0] != changed])
            equal([h[:4] for h in new_heads], [h[:4] for h in heads])
            equal({n for n in bodies if bodies[n] != new_bodies[n]}, {changed})
            equal((new_comment, around(after)), (comment, around(before)))
            old, new = cells(before), cells(after)
            texts = {p: c[0] for p, c in new.items() if p not in old or c[0] != old[p][0]}
            equal(texts, {"D3": "株式会社ヤマギシ精機", "D4": "鈴木 花子", "D6": "出荷停止 & <確認中>\n二行目", "D7": "120",
                          "D8": "停止", "F8": "☑", "B1": "新規", "G13": "2026-11-26", "D5": "03-1234-5678"})
            equal({p: c[1] for p, c in new.items() if p in old}, {p: c[1] for p, c in old.items()})
            equal((new["D7"][2].get("t"), new["D8"][2].get("ph")), (None, "1"))
            # Byte for byte around each cell that was filled.
            a, b = bodies[changed].decode(), new_bodies[changed].decode()
            equal(a[:a.index('<c r="B1"')], b[:b.index('<c r="B1"')])
            equal(a[a.index('<row r="10">'):a.index('<row r="13">')], b[b.index('<row r="10">'):b.index('<row r="13">')])
            # Everything filled in again says the same.
            again = place.fill("book_%s.xlsx" % book, "--map", place.map(MAP), out=place.at / "Y.xlsx")
            equal((again.code, (place.at / "Y.xlsx").read_bytes() == after), (1, True))


@case
def openpyxl_reads_it():
    try:
        import openpyxl
    except ImportError:
        print("openpyxl is not installed: the workbook was read by the kit alone")
        return
    with Place() as place:
        place.fill("book_form.xlsx", "--map", place.map(MAP))
        book = openpyxl.load_workbook(place.out)
        sheet = book["届出"]
        equal((book.sheetnames, book["記入要領"].sheet_state), (["記入要領", "届出", "別紙 2"], "hidden"))
        equal((sheet["D3"].value, sheet["D7"].value, sheet["D7"].number_format), ("株式会社ヤマギシ精機", 120, "#,##0"))
        equal(sheet["D6"].value, "出荷停止 & <確認中>\n二行目")
        equal(sheet["D6"].alignment.wrap_text, True)
        equal({str(r) for r in sheet.merged_cells.ranges},
              {"B1:G1", "B3:C3", "D3:G3", "B4:C4", "D4:G4", "D5:G5", "B6:C6", "D6:G6", "D7:G7"})
        equal([(str(v.sqref), v.formula1) for v in sheet.data_validations.dataValidation], [("D8", '"設定ミス,ぜい弱性,不明"')])
        equal(sheet["D10"].value, '=TEXT(TODAY(),"yyyy-mm-dd")')


@case
def a_map_is_proposed_from_the_labels():
    with Place() as place:
        done = yagura("share", "report", "workbook-map", place.at / "book_form.xlsx", "--form", "ransomware",
                      "--out", place.at / "M.yaml", lang="en")
        equal(done.code, 1, done.err)
        text = (place.at / "M.yaml").read_text(encoding="utf-8")
        contains(text, '  - {field: reporter.organisation, sheet: "届出", cell: D3} # same, B3: "１．組織名（必須）"\n')
        contains(text, '  - {field: reporter.person, sheet: "届出", cell: D4} # LIKE, B4: "連絡担当者"')
        contains(text, "# not found: {field: attack.entry,")
        contains(text, "beside B12 of \"届出\" nothing is empty")
        contains(done.err, "not found: attack.entry (")
        contains(done.err, "look at each line")
        # It can be used as it is; and without a map those are taken that say the same.
        done = place.fill("book_form.xlsx", "--map", place.at / "M.yaml")
        equal(done.code, 1, done.err)
        new = cells(place.out.read_bytes())
        equal((new["D3"][0], new["D4"][0]), ("株式会社ヤマギシ精機", "鈴木 花子"))
        done = place.fill("book_form.xlsx")
        equal(done.code, 1, done.err)
        new = cells(place.out.read_bytes())
        equal((new["D3"][0], new["D4"][0]), ("株式会社ヤマギシ精機", None))
        contains(done.err, "reporter.person (Contact person) has no cell")
        contains(place.fill("book_form.xlsx", lang="ja").err, "入れるセルがありません")


@case
def the_gate_is_passed():
    with Place() as place:
        place.fill("book_form.xlsx", "--map", place.map(MAP), "--half", "attack")
        text = cells(place.out.read_bytes())
        equal([text[p][0] for p in ("D3", "D4", "D6")], [None, None, None])
        whole = b"".join(raw(place.out.read_bytes())[1].values()).decode(errors="replace")
        for secret in ("ヤマギシ", "鈴木", "出荷停止", "i-2026"):
            equal((secret, secret in whole), (secret, False))
        yagura("share", "report", "set", "--record", place.record, "tlp=red", "--now", NOW)
        place.out.unlink()
        done = place.fill("book_form.xlsx", "--map", place.map(MAP))
        equal((done.code, place.out.exists()), (1, False))
        contains(done.err, "nothing leaves")


@case
def what_is_wrong_is_said_and_nothing_written():
    with Place() as place:
        tries = [
            (MAP.replace("cell: D7", "cell: D10"), "cell D10 holds a formula"),
            (MAP.replace("label: 連絡担当者", "label: 担当課"), "map.yaml:5: the sheet has no label 担当課"),
            (MAP.replace("sheet: 届出, cell: F3", "sheet: 様式, cell: F3"), "map.yaml:4: the workbook has no sheet 様式"),
            (MAP.replace("form: ransomware", "form: ddos").replace("damage.machines", "damage.services"), "form ddos"),
            (MAP.replace("damage.machines", "damage.machine"), "map.yaml:7: the record has no such field"),
            ("- x\n", "map.yaml:1: "),
        ]
        for text, words in tries:
            done = place.fill("book_form.xlsx", "--map", place.map(text))
            equal((done.code, done.out, place.out.exists()), (2, "", False), done.err)
            contains(done.err, words)
        for book, words in (("bomb", "unpacks to more"), ("entities", "entities"), ("utf16", "UTF-8"), ("overlap", "book_overlap"),
                            ("huge", "book_huge"), ("locked", "password"), ("cut", "book_cut"), ("count", "parts"),
                            ("badxml", "not well-formed"), ("deep", "nested")):
            done = place.fill("book_%s.xlsx" % book, "--map", place.map(MAP))
            equal((book, done.code, place.out.exists()), (book, 2, False), done.err)
            contains(done.err, words)
        for words, args in (("--workbook FILE", ["--form", "ransomware", place.record, "--out", place.out]),
                            ("--out FILE", ["--workbook", place.at / "book_form.xlsx", "--form", "ransomware", place.record]),
                            ("--record FILE", ["--workbook", place.at / "book_form.xlsx", "--form", "ransomware"])):
            done = yagura("share", "report", "fill", *args, lang="en")
            equal(done.code, 2, done.err)
            contains(done.err, words)
        done = place.fill("none.xlsx")
        equal(done.code, 2, done.err)


@case
def our_own_workbook_can_be_filled_too():
    """What `render --as xlsx` wrote, as a small workbook without styles or shared strings."""
    with Place() as place:
        own = place.at / "own.xlsx"
        done = yagura("share", "report", "render", "--record", place.record, "--form", "ransomware", "--as", "xlsx", "-o", own,
                      "--now", NOW)
        equal(done.code, 0, done.err)
        text = MAP[:MAP.index("  - {field")] + "  - {field: reporter.organisation, cell: Z1}\n  - {what: today, cell: B500}\n"
        equal(place.fill("own.xlsx", "--map", place.map(text)).code, 1)
        with zipfile.ZipFile(io.BytesIO(place.out.read_bytes())) as book:
            equal(book.testzip(), None)
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        contains(sheet, '<c r="Z1" t="inlineStr"><is><t xml:space="preserve">株式会社ヤマギシ精機</t></is></c></row>')
        contains(sheet, '<row r="500"><c r="B500"')


main()
