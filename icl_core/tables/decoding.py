"""From the bytes of a file to its text."""

from __future__ import annotations

import codecs
import re

KINDS = (
    (b"PK\x03\x04", "a zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x1f\x8b", "a compressed file"),
)
HOW = "Save it as CSV, or copy the cells and paste them."
MARKUP = re.compile(r"<(?:!doctype html|html|table|\?xml)\b", re.IGNORECASE)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_MAY_HOLD_ANYTHING = ("UTF-8", "Windows-1252")


def decoded(data: bytes) -> tuple[str, str]:
    """The text of a table and the name of its encoding, as `text_of`.

    ValueError with a sentence for a file that is no text.
    """
    for magic, kind in KINDS:
        if data.startswith(magic):
            raise ValueError(f"The file is {kind}, which is not read here. {HOW}")
    try:
        text, name = text_of(data)
    except UnicodeDecodeError:
        raise ValueError(f"The file says it is Unicode but breaks off. {HOW}") from None
    if name in _MAY_HOLD_ANYTHING and "\0" in text:
        raise ValueError(f"The file is not text. {HOW}")
    return text, name


def check_plain(text: str) -> None:
    """ValueError with a sentence for text that a program has written for another program."""
    begins = text.lstrip()[:200]
    if MARKUP.search(begins):
        raise ValueError(
            "Line 1 begins the source of a web page (HTML) or of XML, which is not read here. Open "
            "it, mark the table's cells, copy them and paste them."
        )
    if re.match(r"\[\s*[\[{]|\{\s*\"", begins):
        raise ValueError(f"Line 1 begins JSON, which is not read here. {HOW}")


def text_of(data: bytes, errors: str = "strict") -> tuple[str, str]:
    """A text and the name of its encoding: UTF-8, UTF-16 with or without mark, or Windows-1252.

    errors: as for `bytes.decode`, of a text that says that it is Unicode; UnicodeDecodeError.
    """
    for mark, codec, name in _BOMS:
        if data.startswith(mark):
            return data.decode(codec, errors), name
    if (wide := _wide(data)) is not None:
        return data.decode(wide, errors), "UTF-16"
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        # The five bytes that Windows-1252 leaves undefined are control characters.
        return data.decode("cp1252", errors="replace"), "Windows-1252"


def _wide(data: bytes) -> str | None:
    """Which UTF-16 it is that does not say so: every other byte of its signs is zero."""
    even, odd = data[0::2], data[1::2]
    for codec, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if len(data) >= 4 and zeros.count(0) > 0.4 * len(data) / 2 and not others.count(0):
            return codec
    return None
