"""How close two numbers must be."""

from __future__ import annotations

from typing import TypedDict


class Tolerance(TypedDict):
    """What the comparisons of NumPy and of torch take."""

    atol: float
    rtol: float
