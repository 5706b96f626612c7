"""Nearest neighbours."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, as_prompt
from icl_core.predictors.base import Predictor, check_whole
from icl_core.predictors.spectrum import cast_like, device_of


@dataclass(frozen=True)
class KNN(Predictor):
    """Mean answer of the k nearest exemplars, uniform or weighted by 1/distance².

    With fewer than k exemplars all of them count; with none the answer is 0. A
    query within 1e-6 of exemplars gets, when weighted, their mean answer.
    """

    k: int = 3
    weighted: bool = False
    name: str = "k-NN"

    def __post_init__(self) -> None:
        check_whole("k", self.k, 1)

    def _vote(self, near: Tensor, y: Tensor) -> Tensor:
        """near: (B, q, k) squared distances, infinite where unseen; y: (B, k) -> (B, q)."""
        if not y.shape[1]:
            return near.new_zeros(near.shape[:2])
        distance, index = near.topk(min(self.k, y.shape[1]), largest=False)
        seen = distance.isfinite()
        share = 1 / distance.clamp(min=1e-12) if self.weighted else torch.ones_like(distance)
        share = share.where(seen, 0.0)
        votes = y[:, None].expand(-1, near.shape[1], -1).gather(2, index)
        return (share * votes).sum(-1) / share.sum(-1).clamp(min=1e-300)

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`."""
        prompt = as_prompt(x, y, queries, dtype=torch.float64, device=device_of(x))
        return cast_like(self._vote(_squared_distances(prompt.queries, prompt.x), prompt.y), x)

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `Predictor.predict_next`."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        near = _squared_distances(prompt.x, prompt.x)
        pairs = prompt.x.shape[1]
        unseen = torch.ones(pairs, pairs, dtype=torch.bool, device=near.device).triu()
        return cast_like(self._vote(near.masked_fill(unseen, math.inf), prompt.y), x)


def _squared_distances(a: Tensor, b: Tensor) -> Tensor:
    return (a.unsqueeze(2) - b.unsqueeze(1)).square().sum(-1)
