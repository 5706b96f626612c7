"""Inputs as people draw them."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def _uniform(gen: torch.Generator, low: float, high: float, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=gen, device=gen.device) * (high - low) + low


def _log_uniform(gen: torch.Generator, low: float, high: float, *shape: int) -> Tensor:
    return _uniform(gen, math.log(low), math.log(high), *shape).exp()


def drawn_inputs(batch: int, exemplars: int, dim: int, gen: torch.Generator) -> Tensor:
    """Inputs as people draw them, (B, k, dim), on the generator's device.

    Four kinds of prompt, each standing for a habit seen at the pad: plain
    N(0, I) (40 %); shifted and scaled, so that all points lie on one side or
    close together (25 %); clumps visited in runs, so that the step to a new
    clump asks for an extrapolation (20 %); drawn from one side to the other up
    to some point (15 %). The law of x does not move the Bayes predictor, whose
    posterior depends only on the x that were seen.
    """
    noise = torch.randn(batch, exemplars, dim, generator=gen, device=gen.device)
    kind = _uniform(gen, 0.0, 1.0, batch, 1, 1)
    shift = _uniform(gen, -1.5, 1.5, batch, 1, dim)
    scale = _log_uniform(gen, 0.3, 1.5, batch, 1, 1)
    moved = shift + scale * noise
    clumped = _clumps(noise, gen)
    swept = _swept(torch.where(_uniform(gen, 0.0, 1.0, batch, 1, 1) < 0.5, noise, moved), gen)
    x = torch.where(kind < 0.65, moved, torch.where(kind < 0.85, clumped, swept))
    return torch.where(kind < 0.40, noise, x)


FAR, FAR_SHARE = 3.5, 0.3
"""How far out far inputs lie, and which share of the inputs of a prompt that has some."""


def far_inputs(x: Tensor, share: Tensor, gen: torch.Generator) -> Tensor:
    """Inputs (B, k, dim), some of them moved: x ~ U(−`FAR`, `FAR`) in every feature.

    share: (B,), the chance of each prompt to have such; then each of its inputs
    is one with chance `FAR_SHARE`. On the pad people ask far from their points.
    """
    batch, exemplars, dim = x.shape
    moved = _uniform(gen, 0.0, 1.0, batch, 1, 1) < share[:, None, None]
    far = moved & (_uniform(gen, 0.0, 1.0, batch, exemplars, 1) < FAR_SHARE)
    return torch.where(far, _uniform(gen, -FAR, FAR, batch, exemplars, dim), x)


def _clumps(noise: Tensor, gen: torch.Generator) -> Tensor:
    batch, exemplars, dim = noise.shape
    centres = 1.2 * torch.randn(batch, 3, dim, generator=gen, device=gen.device)
    spread = _log_uniform(gen, 0.02, 0.5, batch, 1, 1)
    leave = _log_uniform(gen, 0.03, 1.0, batch, 1)
    leaves = _uniform(gen, 0.0, 1.0, batch, exemplars) < leave
    run = leaves.cumsum(1).clamp(max=exemplars - 1)
    clump_of_run = torch.randint(3, (batch, exemplars), generator=gen, device=gen.device)
    clump = clump_of_run.gather(1, run)
    return centres.gather(1, clump[:, :, None].expand(-1, -1, dim)) + spread * noise


def _swept(x: Tensor, gen: torch.Generator) -> Tensor:
    """The first m inputs in order of their first coordinate, m and direction random."""
    batch, exemplars, dim = x.shape
    index = torch.arange(exemplars, device=gen.device)
    until = torch.randint(exemplars + 1, (batch, 1), generator=gen, device=gen.device)
    direction = torch.randint(2, (batch, 1), generator=gen, device=gen.device) * 2 - 1
    key = torch.where(index < until, (direction * x[:, :, 0]).clamp(-1e3, 1e3), 1e4 + index)
    return x.gather(1, key.argsort(1)[:, :, None].expand(-1, -1, dim))


def swept_right(x: Tensor, gen: torch.Generator) -> Tensor:
    """Inputs (B, k, 1) in rising order up to some exemplar of each prompt, then as they were."""
    batch, exemplars = x.shape[:2]
    index = torch.arange(exemplars, device=gen.device)
    until = torch.randint(exemplars + 1, (batch, 1), generator=gen, device=gen.device)
    key = torch.where(index < until, x[..., 0], 1e3 + index)
    return x.gather(1, key.argsort(1).unsqueeze(-1))
