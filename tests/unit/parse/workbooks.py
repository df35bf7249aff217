#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Workbooks for test_official.c, in the shape of a publisher's list of criteria and in shapes that
must be refused: workbooks.py FOLDER. The texts are invented for these tests."""
import pathlib
import struct
import sys
import zipfile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
TYPES = HEAD + ('<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                '<Default Extension="xml" ContentType="application/xml"/></Types>')
folder = pathlib.Path(sys.argv[1])


def write(name, parts, stored=False):
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as book:
        for part, text in [("[Content_Types].xml", TYPES)] + list(parts):
            info = zipfile.ZipInfo(part, (2026, 3, 27, 0, 0, 0))
            info.compress_type = book.compression
            book.writestr(info, text)
    return path


def sheet(rows, tag=""):
    """rows: lists of (place or None, type or None, inner XML)."""
    out = [HEAD + '<%sworksheet xmlns%s="%s"><%ssheetData>' % (tag, ":" + tag[:-1] if tag else "", MAIN, tag)]
    for number, cells in rows:
        out.append("<%srow%s>" % (tag, ' r="%d"' % number if number else ""))
        for place, kind, inner in cells:
            out.append("<%sc%s%s>%s</%sc>" % (tag, ' r="%s"' % place if place else "",
                                              ' t="%s"' % kind if kind else "", inner, tag))
        out.append("</%srow>" % tag)
    out.append('</%ssheetData><%smergeCells count="1"><%smergeCell ref="A1:E1"/></%smergeCells></%sworksheet>'
               % (tag, tag, tag, tag, tag))
    return "".join(out)


def inline(text):
    return "<is><t>%s</t></is>" % text


def of(rows):
    """A sheet of inline strings from a map of places to texts."""
    return sheet([(number, [(place, "inlineStr", inline(text)) for place, text in cells])
                  for number, cells in rows])


# As office programs write it: shared strings, runs, readings in kana, a title over merged cells.
strings = ["<t>要求事項と評価基準の一覧</t>", "<t>要求事項</t>", "<t>No.</t>", "<t>評価基準</t>", "<t>★3</t>",
           "<t>台帳を持つこと</t>", "<t>1-1-1-1</t>",
           '<r><rPr><b/></rPr><t>台帳</t></r><r><t xml:space="preserve"> がある。</t></r>'
           '<rPh sb="0" eb="2"><t>ダイチョウ</t></rPh><phoneticPr fontId="1"/>',
           "<t>1-1-1-2</t>", "<t>  年に一度_x000D_\n見直す。_x005F_x  </t>", "<t>1-1-1</t>", "<t>○</t>",
           "<t>1-1-1-3</t>", "<t>注: 2026-03-27 の版</t>", "<t>2026-03-27</t>"]


def s(index):
    return "<v>%d</v>" % index


shared = HEAD + '<sst xmlns="%s">%s</sst>' % (MAIN, "".join("<si>%s</si>" % t for t in strings))
criteria = sheet([
    (1, [("A1", "s", s(0))]),
    (3, [("A3", "s", s(2)), ("B3", "s", s(1)), ("C3", "s", s(2)), ("D3", "s", s(3)), ("E3", "s", s(4))]),
    (4, [("A4", "s", s(10)), ("B4", "s", s(5)), ("C4", "s", s(6)), ("D4", "s", s(7)), ("E4", "s", s(11))]),
    (5, [("A5", "s", s(10)), ("C5", "s", s(8)), ("D5", "s", s(9)), ("E5", "b", "<v>1</v>")]),
    (6, [("A6", "s", s(10)), ("C6", "s", s(12)), ("D6", None, ""), ("E6", None, "<f>1+1</f><v>2</v>")]),
])
notes = sheet([(1, [("A1", "s", s(14)), ("B1", "s", s(13))])])
mapping = of([(1, [("A1", "No."), ("B1", "ほかの基準との対応を書いた、とても長い見出しの列")]),
              (2, [("A2", "1-1-1-1"), ("B2", "ほかの規格の番号であり、公式の文ではない")]),
              (3, [("A3", "1-1-1-9"), ("B3", "ほかの規格の番号")])])
book = [("xl/workbook.xml", HEAD + "<workbook/>"), ("xl/worksheets/sheet10.xml", mapping),
        ("xl/worksheets/sheet2.xml", criteria), ("xl/worksheets/sheet1.xml", notes),
        ("xl/worksheets/_rels/sheet1.xml.rels", "<x/>"), ("xl/sharedStrings.xml", shared)]
whole = write("shared.xlsx", book)
write("stored.xlsx", book, stored=True)

# As libraries write it: no places, inline strings, numbers, a prefix on every name.
write("inline.xlsx", [("xl/worksheets/sheet.xml", sheet([
    (None, [(None, "inlineStr", inline("id")), (None, "inlineStr", inline("Text (ja)"))]),
    (None, [(None, "str", "<v>No. 2-1-1</v>"), (None, "inlineStr", "<is><r><t>a &amp; </t></r><r><t>b</t></r></is>")]),
    (None, [(None, "inlineStr", inline("２－１－２")), (None, "n", "<v>14</v>")]),
]))])
write("prefix.xlsx", [("xl/worksheets/sheet1.xml", sheet([
    (2, [("C2", "x", ""), ("B2", "inlineStr", "<x:is><x:t>3-1-1-1</x:t></x:is>"),
         ("D2", "inlineStr", "<x:is><x:t>short</x:t></x:is>"),
         ("E2", "inlineStr", "<x:is><x:t>the longer one</x:t></x:is>")]),
    (3, [("B3", "inlineStr", "<x:is><x:t>3-1-1-2</x:t></x:is>"),
         ("E3", "inlineStr", "<x:is><x:t>another</x:t></x:is>")]),
], tag="x:"))])

# To be refused.
data = whole.read_bytes()
(folder / "torn.xlsx").write_bytes(data[:len(data) // 2])
(folder / "crc.xlsx").write_bytes((folder / "stored.xlsx").read_bytes().replace(b"1-1-1-1", b"1-1-1-7", 1))
end = data.rindex(b"PK\5\6")
(folder / "claim.xlsx").write_bytes(data[:end + 8] + struct.pack("<HH", 60000, 60000) + data[end + 12:])
write("bomb.xlsx", [("xl/worksheets/sheet1.xml", HEAD + "<worksheet>" + " " * (65 << 20) + "</worksheet>")])
laughs = "".join('<!ENTITY e%d "%s">' % (i, ("&e%d;" % (i - 1)) * 10 if i else "ha") for i in range(10))
write("entities.xlsx", [("xl/worksheets/sheet1.xml", HEAD + "<!DOCTYPE worksheet [" + laughs + "]><worksheet>&e9;</worksheet>")])
write("external.xlsx", [("xl/worksheets/sheet1.xml",
                         HEAD + '<!DOCTYPE w [<!ENTITY f SYSTEM "file:///etc/passwd">]><worksheet>&f;</worksheet>')])
write("deep.xlsx", [("xl/worksheets/sheet1.xml", HEAD + "<worksheet>" + "<a>" * 100000)])
write("longtag.xlsx", [("xl/worksheets/sheet1.xml", HEAD + '<worksheet a="%s"/>' % ("x" * (2 << 20)))])
write("bigcell.xlsx", [("xl/worksheets/sheet1.xml", of([(1, [("A1", "x" * (300 << 10))])]))])
write("badxml.xlsx", [("xl/worksheets/sheet1.xml", HEAD + "<worksheet>\n<row></worksheet>")])
write("badindex.xlsx", [("xl/worksheets/sheet1.xml", sheet([(1, [("A1", "s", "<v>7</v>")])]))])
write("badplace.xlsx", [("xl/worksheets/sheet1.xml", sheet([(1, [("XFE1", None, "<v>7</v>")])]))])
write("badrow.xlsx", [("xl/worksheets/sheet1.xml", sheet([(1048577, [("A1", None, "<v>7</v>")])]))])
write("noids.xlsx", [("xl/worksheets/sheet1.xml", notes), ("xl/sharedStrings.xml", shared)])
write("notext.xlsx", [("xl/worksheets/sheet1.xml", of([(1, [("A1", "left"), ("B1", "1-1-1-1")])]))])
write("nosheets.xlsx", [("word/document.xml", "<x/>")])
write("twice.xlsx", [("xl/worksheets/sheet1.xml", of([(2, [("A2", "1-1-1-1"), ("B2", "one")]),
                                                      (3, [("A3", "1-1-1-1"), ("B3", "two")])]))])
write("manysheets.xlsx", [("xl/worksheets/sheet%d.xml" % i, "<worksheet/>") for i in range(1, 67)])
