"""A method that nobody would ship: for tests that add one at run time."""

from __future__ import annotations

from dataclasses import dataclass

from icl_core.arrays import ArrayLike
from ui.visitor.methods import Method, Setting
from ui.visitor.styles import Style

LOOK = Style("Toy", "#334155", "#cbd5e1", "6 2", 2.5, "the mean, shifted", "M-5-5H5V5H-5Z")
SHIFT = Setting(
    "toy_shift", "ty", "Toy shift", 0.5, "number", low=-2, high=2, step=0.25, short="shift"
)


@dataclass(frozen=True)
class ShiftedMean:
    """The mean of the answers so far, and a shift: no rule of ours is like it."""

    shift: float
    name: str = "toy"

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        return queries[..., 0] * 0 + y.mean(1)[:, None] + self.shift

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        before = (x[..., 0] * 0 + 1).cumsum(1) - 1
        return (y.cumsum(1) - y) / before.clip(1) + self.shift


TOY = Method(
    "toy",
    LOOK,
    make=lambda chosen, law: ShiftedMean(chosen["toy_shift"]),
    settings=(SHIFT,),
    detail=lambda chosen, used, x: f"shifted by {used['toy_shift']:g} over {x.shape[1]} points",
)
