# SPDX-License-Identifier: Apache-2.0
"""A workbook read without our program: its archive, its cells, and what differs from another."""
import importlib.util
import io
import re
import xml.etree.ElementTree as xml
import zipfile

from harness import ROOT

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
SPEC = importlib.util.spec_from_file_location("books", ROOT / "tests/unit/parse/books.py")
books = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(books)


def raw(data):
    """Each part as it lies in the archive: (head but its sizes, packed bytes); and the order of the directory."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert book.testzip() is None
        return [(i.filename, i.date_time, i.external_attr, i.extra, i.compress_type, i.CRC) for i in book.infolist()], \
            {i.filename: book.read(i) for i in book.infolist()}, book.comment


def cells(data, part="xl/worksheets/sheet1.xml"):
    """{place: (text, style, element)} of one sheet."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        strings = ["".join(t.text or "" for t in si.iter(MAIN + "t"))
                   for si in xml.fromstring(book.read("xl/sharedStrings.xml"))]
        sheet = xml.fromstring(book.read(part))
    found = {}
    for cell in sheet.iter(MAIN + "c"):
        value, text = cell.find(MAIN + "v"), None
        if cell.get("t") == "s":
            text = strings[int(value.text)]
        elif cell.get("t") == "inlineStr":
            text = "".join(t.text or "" for t in cell.iter(MAIN + "t"))
        elif value is not None:
            text = value.text
        found[cell.get("r")] = (text, cell.get("s"), cell)
    return found


def around(data, part="xl/worksheets/sheet1.xml"):
    """The sheet's XML without its table of cells: columns, merged cells, validation, page."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        text = book.read(part).decode()
    return re.sub(r"<sheetData>.*</sheetData>", "", text, flags=re.S)
