"""Two prompts with the same queries."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from icl_core.arrays import as_prompt
from icl_core.priors import Prior
from icl_core.prompts import TaskTruth, generator

# --- prompts in pairs -----------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """Prompts A and B, n of each, and the queries that both are asked.

    x_a, x_b: (n, k, d), y_a, y_b: (n, k), queries: (n, q, d), float32. task_a,
    task_b: the n true tasks, when known. Raises ValueError when A and B differ in
    shape, are empty, or hold numbers that are not finite.
    """

    x_a: Tensor
    y_a: Tensor
    x_b: Tensor
    y_b: Tensor
    queries: Tensor
    task_a: TaskTruth | None = None
    task_b: TaskTruth | None = None

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

    def __getitem__(self, rows: slice | Tensor) -> Pair:
        """Some of the pairs, a range or their numbers."""
        return replace(self, **{k: v[rows] for k, v in vars(self).items() if v is not None})

    @property
    def target(self) -> Tensor | None:
        """The clean answers to task A at the queries, (n, q), when it is known."""
        return None if self.task_a is None else self.task_a.answer(self.queries)


def sample_pairs(prior: Prior, n: int, k: int, q: int, seed: int) -> Pair:
    """n pairs of tasks, drawn independently; the queries follow A's law of x.

    Raises ValueError where the prior would give A and B other features: it must be
    one cell of a law, of one dimension, with or without an intercept.
    """
    if len(prior.cells) > 1:
        raise ValueError("To sample pairs, the prior must fix dim and intercept.")
    dim = prior.dims[0]
    a = prior.sample(n, k + q, generator(seed, 0))
    b = prior.sample(n, k, generator(seed, 1))
    return Pair(
        x_a=a.x[:, :k, :dim],
        y_a=a.y[:, :k],
        x_b=b.x[..., :dim],
        y_b=b.y,
        queries=a.x[:, k:, :dim],
        task_a=a.task,
        task_b=b.task,
    )
