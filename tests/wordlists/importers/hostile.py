"""Files that nobody means well with, or that broke on the way: a corpus, and more by hypothesis."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

from hypothesis import strategies as st
from openpyxl import Workbook

from tests.wordlists.lists import HEADER, row

_MEBIBYTE = 1024 * 1024


def workbook_bytes(*rows: tuple[object, ...]) -> bytes:
    """A workbook with one sheet of these rows."""
    book = Workbook()
    sheet = book.worksheets[0]
    for cells in rows:
        sheet.append(cells)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def with_member(data: bytes, name: str, content: bytes) -> bytes:
    """A workbook in which one file is another."""
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in source.namelist():
            target.writestr(member, content if member == name else source.read(member))
    return changed.getvalue()


def sheet_of(body: str) -> bytes:
    """The XML of a sheet."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{body}</sheetData></worksheet>'.encode()


def corpus() -> Iterator[tuple[str, bytes]]:
    """Files by name; the name says what is wrong."""
    good = f"{HEADER}\n{row('x')}\n"
    yield "empty.csv", b""
    yield "nul-bytes.csv", good.replace("x", "x\0y").encode()
    yield "only-nul.csv", b"\0" * 100_000
    yield (
        "mixed-encodings.csv",
        good.encode() + "六四,zh,,,,\n".encode("gb18030") + b"\xff\xfe",
    )
    yield "utf-16-cut.csv", good.encode("utf-16")[:-1]
    yield "surrogates.csv", f"{HEADER}\n".encode() + b"\xed\xa0\x80,en,REL,2026-01-31,a,\n"
    yield "million-columns.csv", b"keyword" + b"," * _MEBIBYTE + b"\n" + b"," * _MEBIBYTE
    yield "hundred-million-columns.csv", b"," * (100 * _MEBIBYTE)
    yield "cell-of-50-mb.csv", f"{HEADER}\n".encode() + b"x" * (50 * _MEBIBYTE) + b",en,REL,,,\n"
    yield "quoted-cell-of-50-mb.csv", b'keyword\n"' + b"x" * (50 * _MEBIBYTE)
    yield "quote-never-closed.csv", good.encode() + b'"' + b"a line\n" * 200_000
    yield "quotes-each-to-the-end.csv", f"{HEADER}\n".encode() + b'a",",\n' * 200_000
    yield "only-quotes.csv", b'"' * 500_000
    yield "right-to-left.csv", good.replace("x", "\u202eevil").encode()
    yield "only-line-ends.csv", b"\n" * 1_000_000
    yield "old-line-ends.csv", good.replace("\n", "\r").encode()
    yield "formulas.csv", f"{HEADER}\n=cmd|' /C calc'!A0,en,REL,2026-01-31,a,\n".encode()
    yield "many-bad-rows.csv", f"{HEADER}\n".encode() + b"x,zz\n" * 200_000
    yield "deep.jsonl", b'{"keyword":' + b"[" * 100_000 + b"\n"
    yield "long-number.jsonl", b'{"keyword":' + b"9" * 100_000 + b"}\n"
    yield "many-keys.jsonl", json.dumps({f"k{n}": 1 for n in range(5_000)}).encode()
    yield "half-surrogate.jsonl", b'{"keyword":"\\ud800"}\n'
    yield "same-key-twice.jsonl", b'{"keyword":"a","keyword":"b"}\n'
    yield "no-object.jsonl", b"[1,2]\n"
    yield "text-of-nothing.txt", "\u200b\n\u202e\n\ufeff\n".encode()
    yield "picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100
    yield from workbooks()


def workbooks() -> Iterator[tuple[str, bytes]]:
    """Workbooks that unpack to too much, or are none."""
    good = workbook_bytes(("keyword", "language"), ("x", "en"))
    sheet = "xl/worksheets/sheet1.xml"
    yield "not-a-workbook.xlsx", b"PK\x03\x04" + b"\0" * 100
    yield "cut.xlsx", good[: len(good) // 2]
    yield "bomb.xlsx", with_member(good, sheet, b" " * (150 * _MEBIBYTE))
    yield "dense.xlsx", with_member(good, sheet, b"<" + b" " * (20 * _MEBIBYTE))
    entity = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
    yield "entities.xlsx", with_member(good, sheet, entity)
    yield "broken-xml.xlsx", with_member(good, sheet, b"<worksheet><sheetData><row>")
    yield "no-sheet.xlsx", with_member(good, "xl/workbook.xml", b"<workbook/>")
    far = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    yield "far-cell.xlsx", with_member(good, sheet, sheet_of(far))
    bad = '<row r="x"><c r="??" t="s"><v>99999999</v></c></row>'
    yield "bad-references.xlsx", with_member(good, sheet, sheet_of(bad))
    yield "empty-sheet.xlsx", with_member(good, sheet, sheet_of(""))
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(5_000):
            archive.writestr(f"{number}.xml", b"")
    yield "many-files.xlsx", many.getvalue()
    climbing = io.BytesIO()
    with zipfile.ZipFile(climbing, "w") as archive:
        archive.writestr("../../evil.xml", b"x")
    yield "climbing.xlsx", climbing.getvalue()


_PIECES = st.sampled_from(
    [
        *(
            b",",
            b'"',
            b"\n",
            b"\r\n",
            b"\r",
            b"\t",
            b"\0",
            b"'",
            b"=",
            b"+",
            b" + ",
            b"\\",
            b"{",
            b"}",
        ),
        *(b"keyword", HEADER.encode(), b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x80", b"\xc1"),
        *(b"PK\x03\x04", b'{"keyword":', b"2026-01-31", b"7/1/2016", b"zh-Hans", b"POLR", b"&#0;"),
        *("\u202e", "\u200b", "\ufeff", "六四", "བོད", "👩\u200d👧", "\u0301"),
    ]
).map(lambda piece: piece if isinstance(piece, bytes) else piece.encode())
_BODIES = st.lists(_PIECES | st.binary(max_size=8), max_size=40).map(b"".join)
_HEADS = st.sampled_from(
    [
        b"",
        f"{HEADER}\n".encode(),
        b"keyword\n",
        b"date_tested,keyword,translation\n",
        b"word\tnote\n",
    ]
)
_NAMES = st.sampled_from(["a.csv", "a.tsv", "a.txt", "a.jsonl", "a.xlsx", "a", "a.csv.exe"])


def files() -> st.SearchStrategy[tuple[str, bytes]]:
    """Files by name, of what breaks readers, with and without a header that is understood."""
    return st.tuples(_NAMES, st.tuples(_HEADS, _BODIES).map(b"".join))


def write(folder: Path, name: str, data: bytes) -> Path:
    """Write a file."""
    path = folder / name
    path.write_bytes(data)
    return path
