"""A table as it was understood."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class Column:
    """One column of n rows.

    values: (n,) float64, NaN where nothing can be used; coded: the two texts that stand for
    0 and 1, where it holds words; trouble: why it cannot be used, None where it can.
    """

    name: str
    values: np.ndarray
    coded: tuple[str, str] | None = None
    trouble: str | None = None

    @property
    def usable(self) -> bool:
        """Whether it can be a feature or a target."""
        return self.trouble is None

    @property
    def missing(self) -> int:
        """How many of its rows hold no number."""
        return int(np.isnan(self.values).sum())

    @cached_property
    def known(self) -> np.ndarray:
        """Its numbers, those that are there."""
        return self.values[~np.isnan(self.values)]


@dataclass(frozen=True, eq=False)
class Table:
    """What was read.

    lines: where each row stood in the file, from 1; separator, decimal: the marks that it was
    read with; header: whether its first line names the columns; encoding: of the file; notes:
    a sentence for each thing that was left out or had to be guessed.
    """

    columns: tuple[Column, ...]
    lines: tuple[int, ...]
    separator: str
    decimal: str
    header: bool
    encoding: str
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of all columns."""
        return tuple(column.name for column in self.columns)

    @property
    def usable(self) -> tuple[str, ...]:
        """Of those that can be a feature or a target."""
        return tuple(column.name for column in self.columns if column.usable)

    def full_name(self, name: str) -> str:
        """A column's name from how the file has it, without the unit that was added in reading.

        The same where there is none or more than one that might be meant.
        """
        found = [one for one in self.names if one.startswith(f"{name} (")]
        return found[0] if name not in self.names and len(found) == 1 else name

    def column(self, name: str) -> Column:
        """A column by its name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
