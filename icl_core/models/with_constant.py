"""A network that reads a line's features, (x, 1), asked about x alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, PromptLimits, as_tensor, like_input
from icl_core.models.base import InspectableModel, Inspection, Trace


@dataclass(frozen=True)
class WithConstant:
    """An `InspectableModel` of one feature, made of one of two whose last is the constant 1."""

    network: InspectableModel

    @property
    def limits(self) -> PromptLimits:
        """One feature, and as many exemplars as the network takes."""
        return PromptLimits(1, self.network.limits.max_exemplars)

    @property
    def device(self) -> torch.device:
        """See `InContextModel.device`."""
        return self.network.device

    @property
    def layers(self) -> int:
        """See `InspectableModel.layers`."""
        return self.network.layers

    @property
    def heads(self) -> int:
        """See `InspectableModel.heads`."""
        return self.network.heads

    @property
    def width(self) -> int:
        """See `InspectableModel.width`."""
        return self.network.width

    @property
    def size(self) -> float:
        """See `InspectableModel.size`."""
        return self.network.size

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `InContextModel.predict`."""
        return self.network.predict(_with_constant(x), y, _with_constant(queries))

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `InContextModel.predict_next`."""
        return self.network.predict_next(_with_constant(x), y)

    def inspect(
        self,
        x: ArrayLike,
        y: ArrayLike,
        queries: ArrayLike,
        after: Sequence[int] | None = None,
    ) -> Inspection:
        """See `InspectableModel.inspect`."""
        return self.network.inspect(_with_constant(x), y, _with_constant(queries), after)

    def trace(self, x: ArrayLike, y: ArrayLike) -> Trace:
        """See `InspectableModel.trace`."""
        return self.network.trace(_with_constant(x), y)

    def next_states(self, x: Tensor, y: Tensor) -> Tensor:
        """See `InspectableModel.next_states`."""
        return self.network.next_states(_with_constant(x), y)


def _with_constant(x: ArrayLike) -> ArrayLike:
    """(B, k, 1) -> (B, k, 2)."""
    given = as_tensor(x, "x")
    if given.ndim != 3 or given.shape[2] != 1:
        raise ValueError(f"x must have the shape (B, k, 1), not {tuple(given.shape)}.")
    return like_input(torch.cat([given, torch.ones_like(given)], dim=-1), x)
