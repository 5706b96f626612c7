"""The Gaussian process that a wide ReLU network is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, as_prompt
from icl_core.predictors.base import Predictor
from icl_core.predictors.bayes import SIGMA_RESOLUTION
from icl_core.predictors.spectrum import cast_like, device_of


def arc_cosine(a: Tensor, b: Tensor) -> Tensor:
    """E relu(w·a) relu(w·b), w ~ N(0, I): (…, n, d), (…, m, d) -> (…, n, m).

    Cho and Saul (2009), eq. 3 and 6, of order 1, halved.
    """
    lengths = a.norm(dim=-1).unsqueeze(-1) * b.norm(dim=-1).unsqueeze(-2)
    cosine = (a @ b.mT / lengths.where(lengths > 0, 1.0)).clamp(-1, 1)
    angle = torch.arccos(cosine)
    return lengths * (angle.sin() + (math.pi - angle) * cosine) / (2 * math.pi)


@dataclass(frozen=True)
class ArcCosineProcess(Predictor):
    """Gaussian process regression with variance × the arc-cosine kernel, and no noise.

    A network of random ReLU units has this covariance whatever its width, and is this
    process in the limit of infinite width (Neal, 1996; Cho and Saul, 2009). So of all rules
    that are linear in the answers none has a smaller error on such networks; one that is
    not linear may.
    """

    variance: float
    name: str = "arc-cosine process"

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`."""
        prompt = as_prompt(x, y, queries, dtype=torch.float64, device=device_of(x))
        factor, z = self._factored(prompt.x, prompt.y)
        across = self.variance * arc_cosine(prompt.x, prompt.queries)
        solved = torch.linalg.solve_triangular(factor, across, upper=False)
        return cast_like((z.unsqueeze(-2) @ solved).squeeze(-2), x)

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `Predictor.predict_next`; one factor does, as in `icl_core.predictors.processes`."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        factor, z = self._factored(prompt.x, prompt.y)
        return cast_like(prompt.y - factor.diagonal(dim1=-2, dim2=-1) * z, x)

    def _factored(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """L (B, k, k) and L⁻¹y (B, k)."""
        noise = SIGMA_RESOLUTION**2 * torch.eye(x.shape[1]).to(x)
        factor = torch.linalg.cholesky(self.variance * arc_cosine(x, x) + noise)
        z = torch.linalg.solve_triangular(factor, y.unsqueeze(-1), upper=False)
        return factor, z.squeeze(-1)
