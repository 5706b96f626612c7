"""Prompts, what made them, and the seeded generators that make them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, Self

import torch
from torch import Tensor


class TaskTruth(Protocol):
    """The true tasks behind a batch of B prompts."""

    def answer(self, x: Tensor) -> Tensor:
        """The noiseless answers: x (B, q, d) -> (B, q)."""

    def to(self, device: torch.device | str) -> Self:
        """The same tasks on another device."""

    def __getitem__(self, rows: slice) -> Self:
        """Some tasks of the batch."""


@dataclass(frozen=True)
class LinearTask:
    """Tasks y = w·x. weights: (B, d)."""

    weights: Tensor

    def answer(self, x: Tensor) -> Tensor:
        """x: (B, q, d) -> (B, q); x may leave out the last features, which then count as zero."""
        return torch.einsum("bkd,bd->bk", x, self.weights[:, : x.shape[-1]].to(x.dtype))

    def to(self, device: torch.device | str) -> LinearTask:
        """See `TaskTruth.to`."""
        return LinearTask(self.weights.to(device))

    def __getitem__(self, rows: slice) -> LinearTask:
        """See `TaskTruth.__getitem__`."""
        return LinearTask(self.weights[rows])


def linear_weights(task: TaskTruth | None) -> Tensor | None:
    """The weights (B, d) of tasks that are linear; None for others, and where none is known."""
    return task.weights if isinstance(task, LinearTask) else None


@dataclass(frozen=True)
class Prompt:
    """A batch of prompts as the learner sees them: x (B, k, d) features, y (B, k) answers."""

    x: Tensor
    y: Tensor

    def to(self, device: torch.device | str) -> Self:
        """The same prompts on another device."""
        return replace(self, **{name: part.to(device) for name, part in vars(self).items()})

    def __getitem__(self, rows: slice) -> Self:
        """Some prompts of the batch."""
        return replace(self, **{name: part[rows] for name, part in vars(self).items()})


@dataclass(frozen=True)
class SampledPrompt(Prompt):
    """Prompts with what made them.

    task: the true tasks; sigma: (B,) noise standard deviation; clean: (B, k), what
    y would be without noise; dims: (B,) number of features in use (a constant one
    included; the others are zero).
    """

    task: TaskTruth
    sigma: Tensor
    clean: Tensor
    dims: Tensor


def generator(*seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator for a tuple of whole numbers, e.g. (run seed, step), and a device."""
    mixed = 0
    for part in seed:
        mixed = (mixed * 0x9E3779B97F4A7C15 + int(part) + 1) % 2**63
    return torch.Generator(device).manual_seed(mixed)
