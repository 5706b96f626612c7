"""Ridge whose penalty is read off the data: the evidence of MacKay and Tipping."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.predictors.base import SpectralPredictor
from icl_core.predictors.spectrum import Spectrum

PRIOR = 1e-6
"""Shape and rate of the gamma laws of both precisions: as good as none (Tipping, 2001, §2.1)."""
STEPS = 300
SETTLED = 1e-13
"""Relative change of both precisions after which they count as found."""


@dataclass(frozen=True)
class EvidenceRidge(SpectralPredictor):
    """Ridge with lam = (precision of w)/(precision of the noise), both by maximum evidence.

    The fixed-point iteration of MacKay (1992, §4) with the gamma priors of Tipping (2001,
    appendix A), begun at the variance of y as scikit-learn's BayesianRidge is, and run until
    it stands still. A prefix without pairs gives w = 0.
    """

    name: str = "ridge, λ by evidence"

    def penalty(self, spec: Spectrum) -> Tensor:
        """The penalty that each prefix comes to, (B, k+1)."""
        values, moment, pairs = spec.values, spec.moment, spec.pairs
        safe = values.where(values > 0, 1.0)
        energy = spec.residual + (moment.square() / safe).sum(-1)
        some = pairs.clamp(min=1)
        noise = some / (energy + some * torch.finfo(torch.float64).eps)
        weight = torch.ones_like(noise)
        for _ in range(STEPS):
            w = moment / (values + (weight / noise).unsqueeze(-1))
            missed = spec.residual + (values * (moment / safe - w).square()).sum(-1)
            known = noise.unsqueeze(-1) * values
            free = (known / (weight.unsqueeze(-1) + known)).sum(-1)
            before = weight, noise
            weight = (free + 2 * PRIOR) / (w.square().sum(-1) + 2 * PRIOR)
            noise = (pairs - free + 2 * PRIOR) / (missed + 2 * PRIOR)
            moved = max(
                float(((now - was).abs() / now).max())
                for now, was in zip((weight, noise), before, strict=True)
            )
            if moved < SETTLED:
                break
        return weight / noise

    def filter(self, spec: Spectrum) -> Tensor:
        """1/(λ + lam), each prefix with its own lam."""
        return 1 / (spec.values + self.penalty(spec).unsqueeze(-1))
