"""Nearest neighbours."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, as_prompt
from icl_core.predictors.base import Predictor, check_whole
from icl_core.predictors.spectrum import cast_like, device_of, rounding_of


@dataclass(frozen=True)
class KNN(Predictor):
    """Mean answer of the k nearest exemplars, uniform or weighted by 1/distance².

    With fewer than k exemplars all of them count; with none the answer is 0. A
    query within 1e-6 of exemplars gets, when weighted, their mean answer.

    Exemplars as far from the query as the k-th share its place and those before it
    that are as far: the answer is the mean over every way to choose among them, so
    it does not hang on their order. Distances are equal when they differ by no more
    than the rounding of the numbers given.
    """

    k: int = 3
    weighted: bool = False
    name: str = "k-NN"

    def __post_init__(self) -> None:
        check_whole("k", self.k, 1)

    def _vote(self, distance: Tensor, slack: Tensor, y: Tensor) -> Tensor:
        """distance, slack: (B, q, k), distance infinite where unseen; y: (B, k) -> (B, q)."""
        if not y.shape[1]:
            return distance.new_zeros(distance.shape[:2])
        farthest = distance.topk(min(self.k, y.shape[1]), largest=False).values[..., -1:]
        tied = (distance - farthest).abs() <= slack
        nearer = (distance < farthest) & ~tied
        places = (self.k - nearer.sum(-1, keepdim=True)).double()
        chance = (places / tied.sum(-1, keepdim=True).clamp(min=1)).clamp(max=1.0)
        share = nearer + tied * chance
        if self.weighted:
            share = share / distance.square().clamp(min=1e-12)
        return (share * y.unsqueeze(1)).sum(-1) / share.sum(-1).clamp(min=1e-300)

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`."""
        prompt = as_prompt(x, y, queries, dtype=torch.float64, device=device_of(x))
        distance, slack = _distances(prompt.queries, prompt.x, rounding_of(x))
        return cast_like(self._vote(distance, slack, prompt.y), x)

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `Predictor.predict_next`."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        distance, slack = _distances(prompt.x, prompt.x, rounding_of(x))
        pairs = prompt.x.shape[1]
        unseen = torch.ones(pairs, pairs, dtype=torch.bool, device=distance.device).triu()
        return cast_like(self._vote(distance.masked_fill(unseen, math.inf), slack, prompt.y), x)


def _distances(queries: Tensor, x: Tensor, rounding: float) -> tuple[Tensor, Tensor]:
    """Distances (B, q, k), and by how much rounding may make two equal ones differ."""
    distance = torch.linalg.vector_norm(queries.unsqueeze(2) - x.unsqueeze(1), dim=-1)
    reach = 2 * torch.linalg.vector_norm(queries, dim=-1).unsqueeze(-1) + distance
    return distance, (rounding + 8 * torch.finfo(torch.float64).eps) * reach
