"""Classes of functions of many features (Garg et al. 2022): sparse, quadratic, ReLU, trees.

None has noise. x ~ N(0, I) in the features that count for a class, the others are zero.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.predictors.arc_cosine import ArcCosineProcess
from icl_core.predictors.base import Predictor
from icl_core.predictors.bayes import NAME
from icl_core.predictors.features import OnFeatures, Products
from icl_core.predictors.linear import OLS
from icl_core.predictors.sparse import SparseBayes
from icl_core.predictors.trees import TreeBayes
from icl_core.priors.base import Cell, Prior
from icl_core.prompts import LinearTask, SampledPrompt, TaskTruth

MOST_FEATURES, MOST_DEPTH = 32, 3
MOST_SUPPORTS = 5000


@dataclass(frozen=True)
class QuadraticTask:
    """Functions Σ_{i ≤ j} w_ij x_i x_j. weights: (B, d(d + 1)/2), in the order of `Products`."""

    weights: Tensor

    def answer(self, x: Tensor) -> Tensor:
        """x: (B, q, d) -> (B, q); it reads as many features as it has."""
        terms = self.weights.shape[1]
        products = Products((math.isqrt(8 * terms + 1) - 1) // 2)(x)
        return torch.einsum("bqm,bm->bq", products, self.weights.to(x.dtype))

    def to(self, device: torch.device | str) -> QuadraticTask:
        """See `TaskTruth.to`."""
        return QuadraticTask(self.weights.to(device))

    def __getitem__(self, rows: slice) -> QuadraticTask:
        """See `TaskTruth.__getitem__`."""
        return QuadraticTask(self.weights[rows])


@dataclass(frozen=True)
class NetTask:
    """Networks of one hidden ReLU layer. inward: (B, d, h); outward: (B, h)."""

    inward: Tensor
    outward: Tensor

    def answer(self, x: Tensor) -> Tensor:
        """x: (B, q, d) -> (B, q); it reads as many features as it has."""
        used = x[..., : self.inward.shape[1]]
        units = torch.relu(used @ self.inward.to(x.dtype))
        return (units @ self.outward.to(x.dtype).unsqueeze(-1)).squeeze(-1)

    def to(self, device: torch.device | str) -> NetTask:
        """See `TaskTruth.to`."""
        return NetTask(self.inward.to(device), self.outward.to(device))

    def __getitem__(self, rows: slice) -> NetTask:
        """See `TaskTruth.__getitem__`."""
        return NetTask(self.inward[rows], self.outward[rows])


@dataclass(frozen=True)
class TreeTask:
    """Full binary trees. node: (B, 2^D − 1), the feature that each asks for; leaf: (B, 2^D).

    The nodes stand level by level, and below node i lie 2i + 1, where its feature is not
    above 0, and 2i + 2.
    """

    node: Tensor
    leaf: Tensor

    def answer(self, x: Tensor) -> Tensor:
        """x: (B, q, d) -> (B, q)."""
        inner = self.node.shape[1]
        at = torch.zeros(x.shape[:2], dtype=torch.long, device=x.device)
        for _ in range(int(math.log2(inner + 1))):
            feature = self.node.gather(1, at)
            is_high = x.gather(2, feature.unsqueeze(-1)).squeeze(-1) > 0
            at = 2 * at + 1 + is_high.long()
        return self.leaf.gather(1, at - inner).to(x.dtype)

    def to(self, device: torch.device | str) -> TreeTask:
        """See `TaskTruth.to`."""
        return TreeTask(self.node.to(device), self.leaf.to(device))

    def __getitem__(self, rows: slice) -> TreeTask:
        """See `TaskTruth.__getitem__`."""
        return TreeTask(self.node[rows], self.leaf[rows])


@dataclass(frozen=True)
class ClassPrior(Prior):
    """What the classes share: ``used`` of ``dim`` features are drawn, and there is no noise."""

    dim: int = 16
    used: int = 16

    def __post_init__(self) -> None:
        _check("dim", self.dim, 1, MOST_FEATURES)
        _check("used", self.used, 1, self.dim)

    @property
    def features(self) -> int:
        """Length of each x."""
        return self.dim

    @property
    def cells(self) -> tuple[Cell, ...]:
        """See `Prior.cells`."""
        return (Cell(self.used, False),)

    def sample(self, batch: int, exemplars: int, gen: torch.Generator) -> SampledPrompt:
        """See `Prior.sample`."""
        x = self.queries(batch, exemplars, gen)
        task = self.tasks(batch, gen)
        clean = task.answer(x)
        dims = torch.full((batch,), self.used, device=gen.device)
        return SampledPrompt(x, clean, task, torch.zeros_like(clean[:, :1])[:, 0], clean, dims)

    def queries(self, batch: int, count: int, gen: torch.Generator) -> Tensor:
        """See `Prior.queries`."""
        x = torch.randn(batch, count, self.dim, generator=gen, device=gen.device)
        x[..., self.used :] = 0.0
        return x

    @abstractmethod
    def tasks(self, batch: int, gen: torch.Generator) -> TaskTruth:
        """Fresh tasks."""


@dataclass(frozen=True)
class SparsePrior(ClassPrior):
    """Linear tasks with ``nonzero`` weights ~ N(0, 1) and the others 0 (Garg et al. 2022, §4)."""

    nonzero: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        _check("nonzero", self.nonzero, 1, self.used)
        if self.used < self.dim:
            raise ValueError(f"Sparse tasks may use all {self.dim} features, not {self.used}.")
        if math.comb(self.dim, self.nonzero) > MOST_SUPPORTS:
            raise ValueError(f"{self.nonzero} of {self.dim} weights are too many choices.")

    def describe(self) -> str:
        """See `Prior.describe`."""
        return (
            f"linear tasks with {self.nonzero} of {self.dim} weights not zero, x ~ N(0, I), "
            "noise σ = 0"
        )

    def tasks(self, batch: int, gen: torch.Generator) -> LinearTask:
        """See `ClassPrior.tasks`."""
        at = gen.device
        order = torch.rand(batch, self.dim, generator=gen, device=at).argsort(1)
        weights = torch.randn(batch, self.dim, generator=gen, device=at)
        return LinearTask(weights * (order < self.nonzero))

    def bayes(self) -> SparseBayes:
        """The mixture over all supports."""
        return SparseBayes(self.dim, self.nonzero)


@dataclass(frozen=True)
class QuadraticPrior(ClassPrior):
    """Σ_{i ≤ j} w_ij x_i x_j with all weights ~ N(0, 2/(d² + 5d)), so that E y² = 1.

    d is ``used``. The quadratic task in the code of Garg et al. (2022) has the squares alone.
    """

    dim: int = 3
    used: int = 3

    def describe(self) -> str:
        """See `Prior.describe`."""
        return f"quadratic functions of {self.used} features, x ~ N(0, I), noise σ = 0"

    def tasks(self, batch: int, gen: torch.Generator) -> QuadraticTask:
        """See `ClassPrior.tasks`."""
        terms, size = self.used * (self.used + 1) // 2, self.used * (self.used + 5) / 2
        weights = torch.randn(batch, terms, generator=gen, device=gen.device)
        return QuadraticTask(weights / math.sqrt(size))

    def bayes(self) -> OnFeatures:
        """Least squares of the smallest weights on all products.

        Without noise that is the posterior mean, the limit of the ridge on the products.
        """
        return OnFeatures(Products(self.used), OLS(), NAME)


@dataclass(frozen=True)
class ReluPrior(ClassPrior):
    """Networks √(2/h)/2 · W₂ relu(W₁x) of ``hidden`` units, all weights ~ N(0, 1) (ibid.)."""

    used: int = 4
    hidden: int = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        _check("hidden", self.hidden, 1, 1024)

    def describe(self) -> str:
        """See `Prior.describe`."""
        return (
            f"networks of {self.hidden} ReLU units on {self.used} features, x ~ N(0, I), "
            "noise σ = 0"
        )

    def tasks(self, batch: int, gen: torch.Generator) -> NetTask:
        """See `ClassPrior.tasks`."""
        at = gen.device
        inward = torch.randn(batch, self.used, self.hidden, generator=gen, device=at)
        outward = torch.randn(batch, self.hidden, generator=gen, device=at)
        return NetTask(inward, outward * (math.sqrt(2 / self.hidden) / 2))

    def bayes(self) -> Predictor:
        """Not exact Bayes, which has no closed form: the best rule linear in the answers."""
        return ArcCosineProcess(0.5)


@dataclass(frozen=True)
class TreePrior(ClassPrior):
    """Trees of some depth: every node asks for the sign of a feature, leaves ~ N(0, 1) (ibid.).

    The features of the nodes are drawn uniformly from those in use, with replacement.
    """

    used: int = 8
    depth: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        _check("depth", self.depth, 1, MOST_DEPTH)
        _check("used", self.used, 1, 8)

    def describe(self) -> str:
        """See `Prior.describe`."""
        return (
            f"decision trees of depth {self.depth} on the signs of {self.used} features, "
            "x ~ N(0, I), noise σ = 0"
        )

    def tasks(self, batch: int, gen: torch.Generator) -> TreeTask:
        """See `ClassPrior.tasks`."""
        leaves, at = 2**self.depth, gen.device
        node = torch.randint(self.used, (batch, leaves - 1), generator=gen, device=at)
        return TreeTask(node, torch.randn(batch, leaves, generator=gen, device=at))

    def bayes(self) -> TreeBayes:
        """The mixture over all trees, summed level by level."""
        return TreeBayes(self.used, self.depth)


def _check(name: str, value: int, low: int, high: int) -> None:
    if value not in range(low, high + 1):
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {value!r}.")
