"""From the bytes of a file to its text."""

from __future__ import annotations

import codecs

KINDS = (
    (b"PK\x03\x04", "an Excel workbook (.xlsx) or another zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x1f\x8b", "a compressed file"),
)
HOW = "Save it as CSV, or copy the cells and paste them."
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)


def decoded(data: bytes) -> tuple[str, str]:
    """The text and the name of its encoding: UTF-8, UTF-16 or Windows-1252.

    ValueError with a sentence for a file that is no text.
    """
    for magic, kind in KINDS:
        if data.startswith(magic):
            raise ValueError(f"The file is {kind}, which is not read here. {HOW}")
    for mark, codec, name in _BOMS:
        if data.startswith(mark):
            try:
                return data.decode(codec), name
            except UnicodeDecodeError:
                raise ValueError(f"The file says it is {name} but breaks off. {HOW}") from None
    if (wide := _without_mark(data)) is not None:
        return wide, "UTF-16"
    if b"\0" in data:
        raise ValueError(f"The file is not text. {HOW}")
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        # The five bytes that Windows-1252 leaves undefined are control characters.
        return data.decode("cp1252", errors="replace"), "Windows-1252"


def _without_mark(data: bytes) -> str | None:
    """UTF-16 that does not say so: every other byte of digits and separators is zero."""
    for codec, zeros in (("utf-16-le", data[1::2]), ("utf-16-be", data[0::2])):
        if len(data) >= 4 and zeros.count(0) > 0.4 * len(data) / 2 and b"\0" in data:
            others = data[0::2] if codec == "utf-16-le" else data[1::2]
            if others.count(0):
                continue
            try:
                return data.decode(codec)
            except UnicodeDecodeError:
                continue
    return None
