#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Workbooks for test_book.c and the e2e tests, in the shape of a form to be filled in and in shapes that
must be refused: books.py FOLDER. The form and its words are invented for these tests."""
import pathlib
import struct
import sys
import zipfile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/"
MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml."
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

# A title over merged cells; labels in column B, some merged over B:C, what is filled in D:G merged; a
# table with a heading above; boxes to tick; a formula; a cell with a list of allowed words.
STRINGS = ["ランサムウェア被害の届出（試験用）", "１．組織名（必須）", "連絡担当者", "電話番号", "<被害の概要>",
           "影響を受けた人数", "原因", "記入日", "設定ミス", "ぜい弱性",
           "検知日時", "社外秘 & 取扱注意", "対応の状況"]
RICH = '<si><r><rPr><b/></rPr><t>暗号化</t></r><r><t>の有無</t></r><rPh sb="0" eb="3"><t>アンゴウカ</t></rPh></si>'


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def s(place, index, style=1):
    return '<c r="%s" s="%d" t="s"><v>%d</v></c>' % (place, style, index)


def blanks(row, columns, style=2):
    return "".join('<c r="%s%d" s="%d"/>' % (column, row, style) for column in columns)


FORM = HEAD + (
    '<worksheet xmlns="%s" xmlns:r="%s"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="A1:G13"/>'
    '<sheetViews><sheetView workbookViewId="0"/></sheetViews><cols><col min="1" max="1" width="3"/></cols><sheetData>'
    % (MAIN, REL) +
    '<row r="1" spans="1:7" ht="30" customHeight="1">' + s("B1", 0, 3) + blanks(1, "CDEFG", 3) + "</row>"
    '<row r="3">' + s("B3", 1) + blanks(3, "C") + blanks(3, "DEFG") + "</row>"
    '<row r="4">' + s("B4", 2) + blanks(4, "CDEFG") + "</row>"
    '<row r="5">' + s("B5", 3) + blanks(5, "C") + '<c r="D5" s="2" t="inlineStr"><is><t>（例）03-0000-0000</t></is></c>'
    + blanks(5, "EFG") + "</row>"
    '<row r="6" ht="120">' + s("B6", 4) + blanks(6, "CDEFG") + "</row>"
    '<row r="7">' + s("B7", 5) + blanks(7, "C") + '<c r="D7" s="4"><v>0</v></c>' + blanks(7, "EFG") + "</row>"
    '<row r="8">' + s("B8", 6) + blanks(8, "C") + '<c r="D8" s="2" ph="1"/>' + s("E8", 8) + blanks(8, "F") + s("G8", 9)
    + "</row>"
    '<row r="9"/>'
    '<row r="10">' + s("B10", 7) + '<c r="D10" s="2" t="str"><f>TEXT(TODAY(),"yyyy-mm-dd")</f><v>2026-11-26</v></c></row>'
    '<row r="12">' + s("B12", 10) + s("C12", 12) + "</row>"
    '<row r="13">' + s("B13", 11) + s("F13", 13) + "</row>"
    '</sheetData><sheetProtection sheet="1" objects="1"/><mergeCells count="9"><mergeCell ref="B1:G1"/>'
    '<mergeCell ref="B3:C3"/><mergeCell ref="D3:G3"/><mergeCell ref="B4:C4"/><mergeCell ref="D4:G4"/>'
    '<mergeCell ref="D5:G5"/><mergeCell ref="B6:C6"/><mergeCell ref="D6:G6"/><mergeCell ref="D7:G7"/></mergeCells>'
    '<dataValidations count="1"><dataValidation type="list" allowBlank="1" showInputMessage="1" sqref="D8">'
    '<formula1>"設定ミス,ぜい弱性,不明"</formula1></dataValidation></dataValidations>'
    '<pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/></worksheet>')
NOTES = HEAD + ('<worksheet xmlns="%s"><sheetData><row r="1"><c r="A1" t="s"><v>2</v></c><c r="B1" t="inlineStr"><is>'
                '<t>別の記入欄</t></is></c></row></sheetData></worksheet>' % MAIN)
STYLES = HEAD + (
    '<styleSheet xmlns="%s"><fonts count="1"><font><sz val="11"/><name val="游ゴシック"/></font></fonts><fills count="2">'
    '<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="2"><border/><border><left style="thin"/><right style="thin"/><top style="thin"/>'
    '<bottom style="thin"/></border></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5"><xf/>'
    '<xf borderId="1"/><xf borderId="1" applyAlignment="1"><alignment wrapText="1"/></xf><xf/>'
    '<xf numFmtId="3" borderId="1"/></cellXfs></styleSheet>' % MAIN)
WORKBOOK = HEAD + (
    '<workbook xmlns="%s" xmlns:r="%s"><sheets><sheet name="記入要領" sheetId="3" state="hidden" r:id="rId3"/>'
    '<sheet name="届出" sheetId="1" r:id="rId1"/><sheet name="別紙 2" sheetId="2" r:id="rId2"/></sheets>'
    '<definedNames><definedName name="_xlnm.Print_Area" localSheetId="1">届出!$A$1:$G$13</definedName></definedNames>'
    '</workbook>' % (MAIN, REL))
RELATIONS = HEAD + '<Relationships xmlns="%srelationships">%s</Relationships>' % (PACKAGE, "".join(
    '<Relationship Id="%s" Type="%s/%s" Target="%s"/>' % (i, REL, kind, target) for i, kind, target in (
        ("rId1", "worksheet", "worksheets/sheet1.xml"), ("rId2", "worksheet", "/xl/worksheets/sheet2.xml"),
        ("rId3", "worksheet", "worksheets/sheet3.xml"), ("rId4", "styles", "styles.xml"),
        ("rId5", "sharedStrings", "sharedStrings.xml"))))
TYPES = HEAD + (
    '<Types xmlns="%scontent-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
    'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="bin" '
    'ContentType="application/octet-stream"/><Override PartName="/xl/workbook.xml" ContentType="%ssheet.main+xml"/>'
    '%s<Override PartName="/xl/styles.xml" ContentType="%sstyles+xml"/><Override PartName="/xl/sharedStrings.xml" '
    'ContentType="%ssharedStrings+xml"/></Types>' % (PACKAGE, MIME, "".join(
        '<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>' % (i, MIME)
        for i in (1, 2, 3)), MIME, MIME))
ROOT = HEAD + ('<Relationships xmlns="%srelationships"><Relationship Id="rId1" Type="%s/officeDocument" '
               'Target="xl/workbook.xml"/></Relationships>' % (PACKAGE, REL))
SHARED = HEAD + '<sst xmlns="%s" count="15" uniqueCount="14">%s%s</sst>' % (MAIN, "".join(
    "<si><t>%s</t></si>" % escape(text) for text in STRINGS), RICH)


def parts(**changed):
    """The form, with other bodies for some parts (None: without it)."""
    all_parts = {"[Content_Types].xml": TYPES, "_rels/.rels": ROOT, "xl/workbook.xml": WORKBOOK,
                 "xl/_rels/workbook.xml.rels": RELATIONS, "xl/worksheets/sheet3.xml": NOTES,
                 "xl/worksheets/sheet1.xml": FORM, "xl/worksheets/sheet2.xml": NOTES, "xl/styles.xml": STYLES,
                 "xl/sharedStrings.xml": SHARED, "xl/media/seal.bin": bytes(range(256)) * 20}
    names = {"sheet": "xl/worksheets/sheet1.xml", "book": "xl/workbook.xml", "relations": "xl/_rels/workbook.xml.rels",
             "shared": "xl/sharedStrings.xml"}
    all_parts.update({names[key]: body for key, body in changed.items()})
    return {name: body for name, body in all_parts.items() if body is not None}


def write(path, bodies, kind=zipfile.ZIP_DEFLATED, comment=b""):
    with zipfile.ZipFile(path, "w", kind) as book:
        for name, body in bodies.items():
            info = zipfile.ZipInfo(name, (2026, 10, 1, 9, 30, 0))
            info.compress_type = zipfile.ZIP_STORED if name.endswith(".bin") else kind
            info.external_attr = 0o600 << 16
            book.writestr(info, body)
        book.comment = comment
    return path


def streamed(path, bodies):
    """Sizes behind each body, as programs write that do not know them beforehand."""
    class Pipe:
        def __init__(self, to):
            self.to = to

        def write(self, data):
            return self.to.write(data)

        def flush(self):
            self.to.flush()

    with open(path, "wb") as to, zipfile.ZipFile(Pipe(to), "w", zipfile.ZIP_DEFLATED) as book:
        for name, body in bodies.items():
            book.writestr(zipfile.ZipInfo(name, (2026, 10, 1, 9, 30, 0)), body, zipfile.ZIP_DEFLATED)


def prefixed(text):
    """The same XML with x: before each name, as some libraries write it."""
    import re
    return re.sub(r"<(/?)([A-Za-z])", r"<\1x:\2", text).replace('xmlns="', 'xmlns:x="').replace("<?x:xml", "<?xml")


def large():
    """20,002 labels of the length that one can have, in column A; the last two are others, and beside each stands a
    number, which is no label."""
    rows = 20002
    text = "欄の名前" * 24 + "%s"
    return parts(
        shared=HEAD + '<sst xmlns="%s">%s</sst>' % (MAIN, "".join("<si><t>%s</t></si>" % t for t in (
            text % "", text % "二", "届出の番号", "限りの外"))),
        sheet=HEAD + '<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (MAIN, "".join(
            '<row r="%d"><c r="A%d" t="s"><v>%d</v></c><c r="B%d"><v>7</v></c></row>' % (
                i, i, {rows - 2: 2, rows: 3}.get(i, i % 2), i) for i in range(1, rows + 1))))


def hostile(folder):
    whole = (folder / "book_form.xlsx").read_bytes()
    write(folder / "book_norel.xlsx", parts(relations=RELATIONS.replace("worksheets/", "sheets/")))
    write(folder / "book_nobook.xlsx", parts(book=None))
    write(folder / "book_same.xlsx", parts(relations=RELATIONS.replace("/xl/worksheets/sheet2", "/xl/worksheets/sheet1")))
    write(folder / "book_entities.xlsx", parts(sheet=HEAD + '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]>'
                                          + FORM[len(HEAD):]))
    write(folder / "book_utf16.xlsx", parts(sheet=FORM.replace("UTF-8", "UTF-16").encode("utf-16")))
    write(folder / "book_latin.xlsx", parts(sheet=FORM.replace("UTF-8", "ISO-8859-1")))
    write(folder / "book_order.xlsx", parts(sheet=FORM.replace('<row r="12"', '<row r="2"')))
    write(folder / "book_cells.xlsx", parts(sheet=FORM.replace('r="C12"', 'r="A12"')))
    write(folder / "book_twotables.xlsx", parts(sheet=FORM.replace("</sheetData>", "</sheetData><sheetData/>")))
    write(folder / "book_notable.xlsx", parts(sheet=HEAD + '<worksheet xmlns="%s"/>' % MAIN))
    write(folder / "book_merge.xlsx", parts(sheet=FORM.replace("B3:C3", "C3:B3")))
    write(folder / "book_deep.xlsx", parts(sheet=FORM.replace("<sheetProtection", "<a>" * 80 + "</a>" * 80
                                                         + "<sheetProtection")))
    write(folder / "book_badxml.xlsx", parts(sheet=FORM.replace("</sheetData>", "</sheetDatta>")))
    write(folder / "book_bomb.xlsx", parts(sheet=FORM.replace("</worksheet>", "<!--" + " " * (80 << 20) + "--></worksheet>")))
    # The directory says more or other than there is.
    (folder / "book_cut.xlsx").write_bytes(whole[:-30])
    end = whole.rindex(b"PK\5\6")
    (folder / "book_count.xlsx").write_bytes(whole[:end + 8] + struct.pack("<HH", 5000, 5000) + whole[end + 12:])
    central = struct.unpack("<L", whole[end + 16:end + 20])[0]
    # The second member begins where the first one does: what is unpacked is more than there is.
    first = whole.index(b"PK\1\2", central)
    second = whole.index(b"PK\1\2", first + 4)
    (folder / "book_overlap.xlsx").write_bytes(whole[:second + 42] + whole[first + 42:first + 46] + whole[second + 46:])
    (folder / "book_huge.xlsx").write_bytes(whole[:second + 20] + struct.pack("<L", 0xfffffff0) + whole[second + 24:])
    locked = bytearray(whole)
    locked[second + 8] |= 1
    (folder / "book_locked.xlsx").write_bytes(bytes(locked))


def main(folder):
    write(folder / "book_form.xlsx", parts(), comment=b"as it came")
    write(folder / "book_stored.xlsx", parts(), zipfile.ZIP_STORED)
    streamed(folder / "book_streamed.xlsx", parts())
    write(folder / "book_prefix.xlsx", parts(sheet=prefixed(FORM)))
    write(folder / "book_large.xlsx", large())
    hostile(folder)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
