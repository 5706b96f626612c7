"""What the constructions cost and how exact they are, measured once and kept."""

from __future__ import annotations

from functools import lru_cache

from icl_core.constructions import complexity_table, division_error, product_error
from icl_core.constructions.programs import Cost
from icl_core.constructions.slots import PRODUCTS, MeasuredError

SCALES = tuple(10 ** (power / 4) for power in range(-28, 3))
YARDSTICKS = tuple(10 ** (power / 2) for power in range(2, 29))


@lru_cache(maxsize=1)
def program_costs() -> list[Cost]:
    """Layers, heads and width of both programs over d and n."""
    return complexity_table()


@lru_cache(maxsize=1)
def product_errors() -> dict[str, list[MeasuredError]]:
    """Largest error of ``mul`` at each of `SCALES`, for each way to multiply."""
    return {name: product_error(SCALES, product=name) for name in PRODUCTS}


@lru_cache(maxsize=1)
def division_errors() -> list[MeasuredError]:
    """Largest relative error of ``div`` at each of `YARDSTICKS`."""
    return division_error(YARDSTICKS)
