"""Trained meets constructed: linear attention that learns to do gradient descent.

von Oswald et al. (2023, §3 and Figure 2) train the layers of `linear_attention` on
many tasks and find the weights of gradient descent: the same predictions, the same
sensitivities to the query, and every mixture of the two sets of weights as good as
both. Here is the training (seconds), the comparison and the mixture.

What can be compared. The output depends on a layer's weights only through
W_KᵀW_Q and P W_V, and not on how a factor is shared between them. `merged` takes
these two products and fixes the factor; then trained and constructed weights are
numbers of the same kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn

from icl_core.constructions.linear_attention import (
    UNIFORM,
    LayerWeights,
    LinearTransformer,
    best_rate,
    gd_transformer,
)
from icl_core.tasks import generator

START_STREAM, TASK_STREAM, TEST_STREAM = 0, 1, 2


class Tasks(NamedTuple):
    """Prompts with one query each: x (B, n, d), y (B, n), query (B, 1, d), target (B, 1)."""

    x: Tensor
    y: Tensor
    query: Tensor
    target: Tensor


def sample_tasks(batch: int, n: int, d: int, *seed: int) -> Tasks:
    """von Oswald et al.'s law: x ~ U(−½, ½)^d, w ~ N(0, I), y = wᵀx, float64."""
    gen = generator(*seed)
    x = torch.rand(batch, n + 1, d, generator=gen, dtype=torch.float64) - 0.5
    w = torch.randn(batch, d, 1, generator=gen, dtype=torch.float64)
    y = (x @ w).squeeze(-1)
    return Tasks(x[:, :n], y[:, :n], x[:, n:], y[:, n:])


def half_mse(model: nn.Module, tasks: Tasks) -> Tensor:
    """½ mean (prediction − target)² over the tasks, as von Oswald et al. report it."""
    return 0.5 * (model(tasks.x, tasks.y, tasks.query) - tasks.target).square().mean()
