"""A small neural network that is trained on each prompt by itself: the slow way to learn it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, as_prompt
from icl_core.predictors.base import Predictor, check_at_least, check_whole
from icl_core.predictors.spectrum import cast_like, device_of
from icl_core.prompts import generator

AT_ONCE = 2**21
"""Numbers in the hidden layers that are trained at once: 8 MB."""
BETAS, EPSILON = (0.9, 0.999), 1e-8
"""Adam's (Kingma and Ba, 2015)."""


class TrainedNet(Predictor):
    """One hidden layer, tanh or ReLU, trained on the prompt by Adam, as Garg et al. (2022, §4) do.

    All exemplars in every step, ``steps`` of them, at a rate that falls to 0 (by a cosine).
    The hidden layer starts at random, by ``seed``, the same for every prompt, and the last
    layer at 0, so that without exemplars the answer is 0. Every prefix has a net of its own.
    ValueError for settings out of range.
    """

    def __init__(
        self,
        hidden: int = 32,
        steps: int = 100,
        rate: float = 0.1,
        activation: str = "tanh",
        seed: int = 0,
    ):
        for name, value in (("hidden", hidden), ("steps", steps)):
            check_whole(name, value, 1)
        check_whole("seed", seed, 0)
        check_at_least("rate", rate, 0)
        if activation not in ("tanh", "relu"):
            raise ValueError(f'activation must be "tanh" or "relu", not {activation!r}.')
        self.hidden, self.steps, self.rate = hidden, steps, rate
        self.activation, self.seed = activation, seed

    @property
    def name(self) -> str:
        """See `Predictor.name`."""
        return "trained net"

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`."""
        prompt = as_prompt(x, y, queries, dtype=torch.float32, device=device_of(x))
        seen = torch.ones_like(prompt.y)
        return cast_like(self._in_parts(prompt.x, prompt.y, seen, prompt.queries), x)

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `Predictor.predict_next`."""
        prompt = as_prompt(x, y, dtype=torch.float32, device=device_of(x))
        batch, pairs, features = prompt.x.shape
        seen = torch.ones(pairs, pairs).to(prompt.y).tril(-1).repeat(batch, 1)
        told = self._in_parts(
            prompt.x.repeat_interleave(pairs, 0),
            prompt.y.repeat_interleave(pairs, 0),
            seen,
            prompt.x.reshape(-1, 1, features),
        )
        return cast_like(told.view(batch, pairs), x)

    def _in_parts(self, x: Tensor, y: Tensor, seen: Tensor, queries: Tensor) -> Tensor:
        """As `_trained`, so many nets at once as fit."""
        rows = max(1, AT_ONCE // (self.hidden * max(1, x.shape[1])))
        parts = zip(*(part.split(rows) for part in (x, y, seen, queries)), strict=True)
        return torch.cat([self._trained(*part) for part in parts])

    def _trained(self, x: Tensor, y: Tensor, seen: Tensor, queries: Tensor) -> Tensor:
        """x (N, k, d), y and seen (N, k) of 0 and 1, queries (N, q, d) -> (N, q)."""
        gen, features = generator(self.seed), x.shape[2]
        inward = torch.randn(features + 1, self.hidden, generator=gen).to(x)
        # Kinks all over where x lies, and units of a size that does not hang on d.
        inward *= 2 / math.sqrt(features)
        nets = len(x)
        weights = [inward.expand(nets, -1, -1).clone(), x.new_zeros(nets, self.hidden + 1, 1)]
        moments = [[torch.zeros_like(one), torch.zeros_like(one)] for one in weights]
        x, queries = (torch.nn.functional.pad(part, (0, 1), value=1.0) for part in (x, queries))
        share = (seen / seen.sum(1, keepdim=True).clamp(min=1)).unsqueeze(-1)
        for step in range(self.steps):
            slopes = self._slopes(x, y.unsqueeze(-1), share, *weights)
            rate = self.rate * (1 + math.cos(math.pi * step / self.steps)) / 2
            for weight, slope, (first, second) in zip(weights, slopes, moments, strict=True):
                first.lerp_(slope, 1 - BETAS[0])
                second.lerp_(slope.square(), 1 - BETAS[1])
                unbiased = [1 - beta ** (step + 1) for beta in BETAS]
                sizes = (second / unbiased[1]).sqrt_().add_(EPSILON)
                weight.addcdiv_(first, sizes, value=-rate / unbiased[0])
        units = self._units(queries, weights[0])
        return (units @ weights[1][:, :-1] + weights[1][:, -1:]).squeeze(-1)

    def _units(self, x: Tensor, inward: Tensor) -> Tensor:
        before = x @ inward
        return before.tanh() if self.activation == "tanh" else before.relu()

    def _slopes(
        self, x: Tensor, y: Tensor, share: Tensor, inward: Tensor, outward: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Gradients of half the mean squared error in both layers' weights."""
        units = self._units(x, inward)
        off = share * (units @ outward[:, :-1] + outward[:, -1:] - y)
        back = off @ outward[:, :-1].mT
        back = back * (1 - units.square() if self.activation == "tanh" else units > 0)
        out = torch.cat([units.mT @ off, off.sum(1, keepdim=True)], dim=1)
        return x.mT @ back, out
