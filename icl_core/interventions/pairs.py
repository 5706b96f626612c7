"""Two prompts with the same queries."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from icl_core.arrays import as_prompt
from icl_core.priors.linear import PlainPrior
from icl_core.priors.mixture import FlagshipPrior
from icl_core.prompts import generator

# --- prompts in pairs -----------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """Prompts A and B, n of each, and the queries that both are asked.

    x_a, x_b: (n, k, d), y_a, y_b: (n, k), queries: (n, q, d), float32. When
    known, w_a, w_b: (n, d) are the true weights. Raises ValueError when A and B
    differ in shape, are empty, or hold numbers that are not finite.
    """

    x_a: Tensor
    y_a: Tensor
    x_b: Tensor
    y_b: Tensor
    queries: Tensor
    w_a: Tensor | None = None
    w_b: Tensor | None = None

    def __post_init__(self) -> None:
        as_prompt(self.x_a, self.y_a, self.queries)
        as_prompt(self.x_b, self.y_b)
        if self.x_a.shape != self.x_b.shape:
            raise ValueError(
                "Prompts A and B must have as many exemplars and features as each other: "
                f"A has shape {tuple(self.x_a.shape)}, B {tuple(self.x_b.shape)}."
            )
        if not self.y_a.numel() or not self.queries.shape[1]:
            raise ValueError("A causal test needs at least one exemplar and one query.")

    def __getitem__(self, rows: slice) -> Pair:
        """Some of the pairs."""
        return replace(self, **{k: v[rows] for k, v in vars(self).items() if v is not None})

    @property
    def target(self) -> Tensor | None:
        """The clean answers to task A at the queries, (n, q), when its weights are known."""
        if self.w_a is None:
            return None
        return torch.einsum("nqd,nd->nq", self.queries, self.w_a)


def sample_pairs(prior: FlagshipPrior | PlainPrior, n: int, k: int, q: int, seed: int) -> Pair:
    """n pairs of tasks, drawn independently; the queries follow A's law of x.

    Raises ValueError where the prior would give A and B other features: a
    flagship prior must say its ``dim`` and ``intercept``.
    """
    if isinstance(prior, FlagshipPrior) and (prior.dim is None or prior.intercept is None):
        raise ValueError("To sample pairs, the prior must fix dim and intercept.")
    dim = prior.dim
    a = prior.sample(n, k + q, generator(seed, 0))
    b = prior.sample(n, k, generator(seed, 1))
    assert a.w is not None
    assert b.w is not None
    return Pair(
        x_a=a.x[:, :k, :dim],
        y_a=a.y[:, :k],
        x_b=b.x[..., :dim],
        y_b=b.y,
        queries=a.x[:, k:, :dim],
        w_a=a.w[:, :dim],
        w_b=b.w[:, :dim],
    )
