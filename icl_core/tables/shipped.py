"""The small tables that come with the package, each with its source and licence."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from icl_core.plain_values import build
from icl_core.tables.reading import read_table
from icl_core.tables.table import Table

FOLDER = Path(__file__).resolve().parents[1] / "data" / "tables"


@dataclass(frozen=True)
class Shipped:
    """A table with the columns to begin with, whose it is and what it shows."""

    title: str
    target: str
    features: tuple[str, ...]
    source: str
    licence: str
    about: str
    path: Path

    def table(self) -> Table:
        """As `read_table` reads it."""
        return read_table(self.path)


@lru_cache(maxsize=1)
def shipped_tables() -> dict[str, Shipped]:
    """All of them, by the names of their files."""
    told = tomllib.loads((FOLDER / "sources.toml").read_text(encoding="utf-8"))
    return {
        name: build(Shipped, {**about, "path": FOLDER / f"{name}.csv"}, name)
        for name, about in told.items()
    }
