"""Dataclasses from tables of plain values, as TOML and JSON hold them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

T = TypeVar("T")


def build(kind: type[T], table: dict[str, Any], where: str) -> T:
    """An instance of a dataclass; lists become tuples. ValueError names what does not fit."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(table) - known)
    if unknown:
        raise ValueError(
            f"{where}: unknown {', '.join(unknown)}; known are {', '.join(sorted(known))}."
        )
    frozen = {key: tuple(v) if isinstance(v, list) else v for key, v in table.items()}
    try:
        return kind(**frozen)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: {error}") from None
