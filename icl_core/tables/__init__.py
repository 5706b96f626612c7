"""Tables that people bring: read, chosen from, scaled."""

from __future__ import annotations

from icl_core.tables.chosen import Chosen, Split, choose, split
from icl_core.tables.reading import TableError, read_table
from icl_core.tables.scaling import Scaling
from icl_core.tables.shipped import Shipped, shipped_tables
from icl_core.tables.table import Column, Table

__all__ = [
    "Chosen",
    "Column",
    "Scaling",
    "Shipped",
    "Split",
    "Table",
    "TableError",
    "choose",
    "read_table",
    "shipped_tables",
    "split",
]
