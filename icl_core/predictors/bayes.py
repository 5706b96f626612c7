"""Exact Bayes for a Gaussian law of weights and a grid of noise levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from icl_core.predictors.base import SpectralPredictor
from icl_core.predictors.spectrum import Spectrum

SIGMA_RESOLUTION = 1e-5
"""Stands for sigma = 0 in a likelihood: just above the rounding of float32 answers."""


class NoisePrior(Protocol):
    """What exact Bayes needs of a prior: w ~ N(0, tau² I), sigma uniform on a grid."""

    @property
    def sigmas(self) -> tuple[float, ...]:
        """Noise standard deviations, all equally likely."""

    @property
    def tau(self) -> float:
        """Standard deviation of each weight."""


@dataclass(frozen=True)
class Bayes(SpectralPredictor):
    """The posterior mean of w·x when sigma is not told: a mixture of ridges.

    With w ~ N(0, tau² I) and sigma uniform on ``prior.sigmas``, each sigma gives
    the ridge with lam = sigma²/tau², weighted by its marginal likelihood
    N(y; 0, tau² XXᵀ + sigma² I) (Bishop, 2006, §3.5.1). No predictor has a
    smaller mean squared error under the prior.
    """

    prior: NoisePrior
    name: str = "exact Bayes"

    def _grid(self, spec: Spectrum) -> Tensor:
        """Noise variances in units of tau², (n_sigma, 1, 1, 1)."""
        sigmas = torch.tensor(self.prior.sigmas, dtype=torch.float64, device=spec.values.device)
        return (sigmas.clamp(min=SIGMA_RESOLUTION) / self.prior.tau).square()[:, None, None, None]

    def sigma_posterior(self, spec: Spectrum) -> Tensor:
        """p(sigma | prefix): (n_sigma, B, k+1), in the order of ``prior.sigmas``."""
        noise = self._grid(spec)
        log_det = torch.log1p(spec.values / noise).sum(-1) + spec.pairs * noise[..., 0].log()
        fitted = (spec.moment.square() / (spec.values + noise)).sum(-1)
        misfit = (spec.energy - fitted).clamp(min=0) / noise[..., 0] / self.prior.tau**2
        return torch.softmax(-0.5 * (log_det + misfit), dim=0)

    def filter(self, spec: Spectrum) -> Tensor:
        """Σ_sigma p(sigma | prefix) / (λ + sigma²/tau²)."""
        posterior = self.sigma_posterior(spec).unsqueeze(-1)
        return (posterior / (spec.values + self._grid(spec))).sum(0)
