"""Closed-form probes: normal equations gathered batch by batch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from icl_core.models.transformer import TransformerConfig
from icl_core.probes.targets import READS, TARGETS

RIDGE = 1e-4
"""Penalty of the closed-form fit, as a share of the mean squared feature."""


def _features(states: Tensor) -> Tensor:
    """What linear probes read after 1…K pairs: (reads, layers + 1, B, K, width + 1)."""
    last = states[:, :, 1::2]
    count = torch.arange(1, last.shape[2] + 1)[:, None]
    return nn.functional.pad(torch.stack([last, last.cumsum(2) / count]), (0, 1), value=1.0)


def read_all(states: Tensor, maps: Tensor) -> Tensor:
    """Every linear probe on normalised states: (reads, layers + 1, targets, B, K, slots)."""
    return torch.einsum("rlbkw,rltkdw->rltbkd", _features(states), maps)


class NormalEquations:
    """Least squares of every reading, layer and k at once, accumulated in float64."""

    def __init__(self, config: TransformerConfig, slots: int):
        wide = config.width + 1
        shape = (len(READS), config.layers + 1, config.max_exemplars, wide)
        self.slots = slots
        self.gram = torch.zeros(*shape, wide, dtype=torch.float64)
        self.moment = torch.zeros(*shape, len(TARGETS) * self.slots, dtype=torch.float64)

    def add(self, states: Tensor, targets: Tensor) -> None:
        """One batch; shapes as `_batch` gives them.

        Products of one batch are float32, at half the time; only the sums are long.
        """
        features = _features(states).transpose(2, 3)
        wanted = targets.permute(2, 1, 0, 3).flatten(2)
        self.gram += features.transpose(3, 4) @ features
        self.moment += features.transpose(3, 4) @ wanted

    def solve(self) -> Tensor:
        """The maps, (reads, layers + 1, targets, K, slots, width + 1)."""
        penalty = RIDGE * self.gram.diagonal(dim1=3, dim2=4).mean(-1)[..., None, None]
        identity = torch.eye(self.gram.shape[-1], dtype=torch.float64)
        solved = torch.linalg.solve(self.gram + penalty * identity, self.moment)
        maps = solved.unflatten(-1, (len(TARGETS), self.slots))
        return maps.permute(0, 1, 4, 2, 5, 3).float().contiguous()
