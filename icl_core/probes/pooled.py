"""The paper's probe (Akyürek et al. 2023, §5): learned attention over positions, then a head."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from icl_core.models.transformer import TransformerConfig
from icl_core.probes.targets import FAMILIES, TARGETS

POOLED_K = (4, 8, 16, 40)
HIDDEN = 128
RATES, SCORE_RATE = {"linear": 1e-2, "mlp": 3e-3}, 3e-2
"""Adam's rates for the heads of pooled probes, and for their scores, which have far to go."""


def pooled_ks(config: TransformerConfig) -> tuple[int, ...]:
    """The k at which pooled probes are fitted: those of `POOLED_K` that the model can take."""
    return tuple(k for k in POOLED_K if k <= config.max_exemplars) or (config.max_exemplars,)


class PooledProbe(nn.Module):
    """Position attention and a head, for every layer and target at one k."""

    def __init__(self, config: TransformerConfig, slots: int, k: int, family: str):
        super().__init__()
        groups = (config.layers + 1) * len(TARGETS)
        sizes = [config.width, *([HIDDEN] if family == "mlp" else []), slots]
        self.k, self.layers, self.family = k, config.layers + 1, family
        self.scores = nn.Parameter(torch.zeros(self.layers, len(TARGETS), 2 * k))
        self.weights = nn.ParameterList(
            torch.randn(groups, wide, narrow) * wide**-0.5 for wide, narrow in pairwise(sizes)
        )
        nn.init.zeros_(self.weights[-1])
        self.biases = nn.ParameterList(torch.zeros(groups, 1, size) for size in sizes[1:])
        self.centre, self.scaling = torch.zeros(()), torch.eye(config.width)

    def _pooled(self, states: Tensor) -> Tensor:
        """(layers + 1 · targets, B, width)."""
        width = self.weights[0].shape[1]
        pooled = torch.softmax(self.scores, dim=-1) @ states[:, : 2 * self.k]
        return pooled.view(self.layers * len(TARGETS), -1, width)

    @torch.no_grad()
    def scale(self, states: Tensor) -> None:
        """From now on read pooled states centred and of one size, so that one rate suits.

        For a linear head they are whitened, which changes nothing that it can
        express. An MLP sees each feature on its own scale: it multiplies, and
        whitening would bury the few directions worth a product.
        """
        pooled = self._pooled(states)
        self.centre = pooled.mean(1, keepdim=True)
        centred = (pooled - self.centre).double()
        covariance = centred.transpose(1, 2) @ centred / pooled.shape[1]
        if self.family == "mlp":
            covariance = torch.diag_embed(covariance.diagonal(dim1=1, dim2=2))
        values, vectors = torch.linalg.eigh(covariance)
        floor = 1e-3 * values.mean(-1, keepdim=True) + 1e-9
        self.scaling = (vectors * (values.clamp(min=0) + floor).rsqrt()[:, None]).float()

    def forward(self, states: Tensor) -> Tensor:
        """States by token, (layers + 1, 2K, B·width) -> (layers + 1, targets, B, slots)."""
        h = (self._pooled(states) - self.centre) @ self.scaling
        for index, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            h = torch.baddbmm(bias, nn.functional.gelu(h) if index else h, weight)
        return h.view(self.layers, len(TARGETS), *h.shape[1:])


class PooledProbes:
    """Every pooled probe of one network: both families, a few k, one optimiser."""

    def __init__(self, config: TransformerConfig, slots: int, steps: int):
        self.ks = pooled_ks(config)
        self.probes = [
            PooledProbe(config, slots, k, family) for family in FAMILIES for k in self.ks
        ]
        groups = [
            {"params": [*probe.weights, *probe.biases], "lr": RATES[probe.family]}
            for probe in self.probes
        ]
        scores = {"params": [probe.scores for probe in self.probes], "lr": SCORE_RATE}
        self.optimiser = torch.optim.Adam([*groups, scores])
        self.schedule = torch.optim.lr_scheduler.LinearLR(self.optimiser, 1.0, 1e-3, steps)
        self.scale = torch.ones(())

    @staticmethod
    def _by_token(states: Tensor) -> Tensor:
        return states.transpose(1, 2).flatten(2)

    def _answers(self, states: Tensor) -> Tensor:
        """(families, layers + 1, targets, B, ks, slots), in units of the targets' rms."""
        by_token = self._by_token(states)
        answers = torch.stack([probe(by_token) for probe in self.probes])
        return answers.unflatten(0, (len(FAMILIES), len(self.ks))).movedim(1, 4)

    def _wanted(self, targets: Tensor) -> Tensor:
        return targets[:, :, torch.tensor(self.ks) - 1]

    def prepare(self, states: Tensor, targets: Tensor) -> None:
        """Take the scales of states and targets from some prompts; before the first step."""
        self.scale = self._wanted(targets).square().mean((1, 3), keepdim=True).sqrt()
        self.scale = self.scale.clamp(min=1e-12)
        for probe in self.probes:
            probe.scale(self._by_token(states))

    def step(self, states: Tensor, targets: Tensor) -> None:
        """One step of Adam on one batch; shapes as `_batch` gives them."""
        # The states come from inference mode, which autograd does not take.
        error = self._answers(states.clone()) - self._wanted(targets) / self.scale
        error.square().sum(-1).mean(3).sum().backward()
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.schedule.step()

    @torch.no_grad()
    def errors(self, states: Tensor, targets: Tensor) -> Tensor:
        """‖v̂ − v‖²: (families, layers + 1, targets, B, ks)."""
        return (self._answers(states) * self.scale - self._wanted(targets)).square().sum(-1)
