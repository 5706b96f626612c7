"""A small table as text in a link, and back."""

from __future__ import annotations

import base64
import csv
import io
import zlib

import numpy as np

from icl_core.tables import Chosen, Split, Table, TableError, read_table
from icl_core.tables.chosen import MOST_EXAMPLES, MOST_FEATURES

MOST_TEXT, MOST_BYTES = 8_000, 40_000
"""Characters in the link, and what they may come to."""
NOT_OURS = "is not a table that this page wrote"


def packed(chosen: Chosen, split: Split) -> str:
    """The chosen columns, target last, of all rows or, of more than 40, the examples."""
    rows = np.arange(len(chosen.y)) if len(chosen.y) <= MOST_EXAMPLES else split.examples
    told = io.StringIO()
    writer = csv.writer(told, lineterminator="\n")
    writer.writerow([*chosen.features, chosen.target])
    for row in rows:
        writer.writerow([f"{value:.15g}" for value in (*chosen.x[row], chosen.y[row])])
    return base64.urlsafe_b64encode(zlib.compress(told.getvalue().encode(), 9)).decode().rstrip("=")


def unpacked(text: str) -> Table:
    """The table that `packed` wrote. ValueError with a part of a sentence for any other text."""
    if len(text) > MOST_TEXT:
        raise ValueError(NOT_OURS)
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        reader = zlib.decompressobj()
        told = reader.decompress(data, MOST_BYTES)
        if not reader.eof:
            raise ValueError(NOT_OURS)
        table = read_table(told.decode(), separator=",", decimal=".", header=True)
    except (ValueError, zlib.error, TableError):
        raise ValueError(NOT_OURS) from None
    if len(table.columns) > MOST_FEATURES + 1 or len(table.lines) > MOST_EXAMPLES:
        raise ValueError(NOT_OURS)
    return table
