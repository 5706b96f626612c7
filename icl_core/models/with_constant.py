"""A network that reads a line's features, (x, 1), asked about x alone."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from icl_core.arrays import ArrayLike, PromptLimits, as_tensor, like_input
from icl_core.models.base import InContextModel


@dataclass(frozen=True)
class WithConstant:
    """An `InContextModel` of one feature, made of one of two whose last is the constant 1."""

    network: InContextModel

    @property
    def limits(self) -> PromptLimits:
        """One feature, and as many exemplars as the network takes."""
        return PromptLimits(1, self.network.limits.max_exemplars)

    @property
    def device(self) -> torch.device:
        """See `InContextModel.device`."""
        return self.network.device

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `InContextModel.predict`."""
        return self.network.predict(_with_constant(x), y, _with_constant(queries))

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `InContextModel.predict_next`."""
        return self.network.predict_next(_with_constant(x), y)


def _with_constant(x: ArrayLike) -> ArrayLike:
    """(B, k, 1) -> (B, k, 2)."""
    given = as_tensor(x, "x")
    if given.ndim != 3 or given.shape[2] != 1:
        raise ValueError(f"x must have the shape (B, k, 1), not {tuple(given.shape)}.")
    return like_input(torch.cat([given, torch.ones_like(given)], dim=-1), x)
