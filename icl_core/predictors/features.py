"""A rule on features of x rather than on x itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, as_prompt
from icl_core.predictors.base import Predictor, check_whole
from icl_core.predictors.linear import OLS
from icl_core.predictors.spectrum import cast_like, device_of


@dataclass(frozen=True)
class OnFeatures(Predictor):
    """A rule that is told features of x in its place.

    features: (B, k, d) -> (B, k, m), float64; ValueError as they raise it.
    """

    features: Callable[[Tensor], Tensor]
    rule: Predictor
    name: str = "on features"

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`."""
        prompt = as_prompt(x, y, queries, dtype=torch.float64, device=device_of(x))
        told = self.rule.predict(self.features(prompt.x), prompt.y, self.features(prompt.queries))
        return cast_like(told, x)

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `Predictor.predict_next`."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        return cast_like(self.rule.predict_next(self.features(prompt.x), prompt.y), x)


class PolynomialFit(OnFeatures):
    """Least squares of a polynomial of some degree in one x.

    On 1, t, …, t^degree with t = x / 3; where there are fewer exemplars than terms, that of
    the smallest coefficients. ValueError for prompts of more features than one.
    """

    def __init__(self, degree: int):
        check_whole("degree", degree, 0)
        super().__init__(Powers(degree), OLS(), "polynomial")


@dataclass(frozen=True)
class Powers:
    """1, t, …, t^degree with t = x / 3, of one x."""

    degree: int

    def __call__(self, x: Tensor) -> Tensor:
        """(B, k, 1) -> (B, k, degree + 1)."""
        if x.shape[2] != 1:
            raise ValueError(f"x has {x.shape[2]} features; a polynomial is fitted to one.")
        return (x / 3) ** torch.arange(self.degree + 1).to(x)


@dataclass(frozen=True)
class Products:
    """The products x_i x_j, i ≤ j, of the first ``used`` features: 11, 12, … 22, 23, … in order."""

    used: int

    def __call__(self, x: Tensor) -> Tensor:
        """(B, k, d) -> (B, k, used (used + 1)/2)."""
        if x.shape[2] < self.used:
            raise ValueError(f"x has {x.shape[2]} features; the products are of {self.used}.")
        first, second = torch.triu_indices(self.used, self.used, device=x.device)
        return x[..., first] * x[..., second]
