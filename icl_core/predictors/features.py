"""A linear rule on features of x rather than on x itself."""

from __future__ import annotations

import torch

from icl_core.arrays import ArrayLike, as_prompt
from icl_core.predictors.base import Predictor, check_whole
from icl_core.predictors.linear import OLS
from icl_core.predictors.spectrum import cast_like, device_of


class PolynomialFit(Predictor):
    """Least squares of a polynomial of some degree in one x.

    On 1, t, …, t^degree with t = x / 3; where there are fewer exemplars than terms, that of
    the smallest coefficients. ValueError for prompts of more features than one.
    """

    name = "polynomial"

    def __init__(self, degree: int):
        check_whole("degree", degree, 0)
        self.degree = degree

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`."""
        prompt = as_prompt(x, y, queries, dtype=torch.float64, device=device_of(x))
        return cast_like(
            OLS().predict(self._powers(prompt.x), prompt.y, self._powers(prompt.queries)), x
        )

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `Predictor.predict_next`."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        return cast_like(OLS().predict_next(self._powers(prompt.x), prompt.y), x)

    def _powers(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[2] != 1:
            raise ValueError(f"x has {x.shape[2]} features; a polynomial is fitted to one.")
        return (x / 3) ** torch.arange(self.degree + 1).to(x)
