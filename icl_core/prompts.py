"""Prompts, and the seeded generators that make them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Prompt:
    """A batch of prompts: what the learner sees and, when known, what made it.

    x: (B, k, d) features, y: (B, k) noisy answers, w: (B, d) true weights,
    sigma: (B,) noise standard deviation, clean: (B, k) = x·w, dims: (B,) number
    of features in use (a constant one included; the others are zero).
    """

    x: Tensor
    y: Tensor
    w: Tensor | None = None
    sigma: Tensor | None = None
    clean: Tensor | None = None
    dims: Tensor | None = None

    def to(self, device: torch.device | str) -> Prompt:
        """The same prompts on another device."""
        moved = {k: v.to(device) for k, v in vars(self).items() if v is not None}
        return replace(self, **moved)

    def __getitem__(self, rows: slice) -> Prompt:
        """Some prompts of the batch."""
        return replace(self, **{k: v[rows] for k, v in vars(self).items() if v is not None})


def generator(*seed: int) -> torch.Generator:
    """A CPU generator for a tuple of whole numbers, e.g. (run seed, step)."""
    mixed = 0
    for part in seed:
        mixed = (mixed * 0x9E3779B97F4A7C15 + int(part) + 1) % 2**63
    return torch.Generator().manual_seed(mixed)
