"""An Excel workbook's first sheet as text, where `openpyxl` is installed (the extra ``xlsx``)."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, time

MARK = b"PK\x03\x04"
MOST_UNPACKED = 30_000_000
"""Bytes: a workbook of 1 MB may unpack to a thousand times as much."""
HOW = "Save it as CSV, or copy the cells and paste them."


def is_workbook(data: bytes) -> bool:
    """Whether it is a zip file that holds a workbook."""
    if not data.startswith(MARK):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            return "xl/workbook.xml" in parts.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return False


def sheet_as_text(data: bytes, *, rows: int, columns: int) -> str:
    """The first sheet, tabs between its cells and decimal points, as far as a table may reach.

    Of a formula the value that Excel last saw. ValueError, with a sentence, where `openpyxl` is
    not there, and for a workbook that is damaged or unpacks to too much.
    """
    try:
        import openpyxl
    except ImportError:
        raise ValueError(
            "The file is an Excel workbook (.xlsx), which is read only where openpyxl is "
            f"installed. {HOW}"
        ) from None
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
            raise ValueError(f"The workbook unpacks to more than 30 MB. {HOW}")
    told = io.StringIO()
    writer = csv.writer(told, delimiter="\t", lineterminator="\n")
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        for cells in sheet.iter_rows(max_row=rows, max_col=columns, values_only=True):
            writer.writerow([_written(cell) for cell in cells])
    except Exception as error:  # a library's own, of many kinds, for a file from anywhere
        raise ValueError(f"The workbook cannot be read ({type(error).__name__}). {HOW}") from None
    return told.getvalue()


def _written(cell: object) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return repr(cell)
    if isinstance(cell, date | time):
        return cell.isoformat()
    return "" if cell is None else " ".join(str(cell).split())
