"""What the probes are to read: XᵀY and w after every k pairs."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from icl_core.predictors.base import LinearPredictor, SpectralPredictor
from icl_core.predictors.linear import OLS
from icl_core.predictors.spectrum import Spectrum, spectrum
from icl_core.priors import Prior

TARGETS = ("moment", "w_ols", "w_bayes")
READS = ("last y", "mean y")
FAMILIES = ("linear", "mlp")
CAP = 3.0
"""Longest w_ols in units of the prior's √d·tau."""


# --- targets ----------------------------------------------------------------------


def weight_targets(x: Tensor, y: Tensor, prior: Prior, max_dim: int) -> Tensor:
    """What the probes are to read after 1…k pairs: (targets, B, k, max_dim), float32.

    x: (B, k, d), y: (B, k). In the order of `TARGETS`: the moment vector per
    pair, XᵀY/k; minimum-norm least squares, shortened to `CAP`·√d·tau where it is
    longer (with noise its length near k = d is heavy-tailed, and a few prompts
    would decide the fit); the posterior mean of w under ``prior``, which for a
    single sigma is ridge with λ = σ²/τ². Slots beyond d are zero. Raises ValueError
    for a law whose posterior mean is not linear.
    """
    spec = spectrum(x, y)
    moment = spec.weights(torch.ones_like(spec.values)) / spec.pairs.clamp(min=1)[:, None]
    dims = (x != 0).any(1).sum(-1).clamp(min=1)
    most = CAP * prior.tau * dims.double().sqrt()[:, None, None]
    w_ols = OLS().weights_from(spec)
    length = torch.linalg.vector_norm(w_ols, dim=-1, keepdim=True)
    w_ols = w_ols * (most / length.clamp(min=1e-300)).clamp(max=1)
    targets = torch.stack([moment, w_ols, bayes_weights(prior, x, y, spec)])[:, :, 1:]
    return nn.functional.pad(targets, (0, max_dim - x.shape[-1])).float()


def bayes_weights(prior: Prior, x: Tensor, y: Tensor, spec: Spectrum) -> Tensor:
    """The posterior mean of w after each prefix, (B, k+1, d), float64.

    x: (B, k, d), y: (B, k); ``spec`` is their spectrum. ValueError for a law whose
    posterior mean is not linear.
    """
    rule = prior.bayes()
    if isinstance(rule, SpectralPredictor):
        return rule.weights_from(spec)
    if isinstance(rule, LinearPredictor):
        return rule.weights(x.double(), y.double())
    raise ValueError(f"Under the law {prior.kind!r} there are no weights for probes to read.")


def normalised(states: Tensor) -> Tensor:
    """LayerNorm without its gain: what the network's own branches and head read."""
    return nn.functional.layer_norm(states, states.shape[-1:])
