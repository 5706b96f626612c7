"""Curves of one x: seven families of functions, of which a prompt has one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from icl_core.predictors.kernels import RBF, Kernel, Periodic, Polynomial
from icl_core.predictors.processes import ProcessMixture
from icl_core.priors.base import Prior
from icl_core.priors.inputs import drawn_inputs, swept_right
from icl_core.priors.linear import noisy_answers
from icl_core.prompts import SampledPrompt

VARIANCE = 2.25
FAMILIES: Mapping[str, Kernel] = {
    "line": Polynomial(1),
    "cubic": Polynomial(3, scale=1.5, width=3.0),
    "rbf-0.4": RBF(0.4, VARIANCE),
    "rbf-0.8": RBF(0.8, VARIANCE),
    "rbf-1.6": RBF(1.6, VARIANCE),
    "periodic-1.5": Periodic(1.5, VARIANCE),
    "periodic-3": Periodic(3.0, VARIANCE),
}
"""Every family by its name; each is a Gaussian process."""
CURVE_SIGMAS = (0.0, 0.1, 0.25, 0.5)
UNIFORM, FARTHEST, SWEPT = 3.0, 4.5, 0.2
"""Half of the prompts have x ~ U(−3, 3); none lies beyond ±4.5; a share is swept from the left."""


@dataclass(frozen=True)
class CurveTask:
    """Functions f(x) = φ(x)·w of some families.

    family: (B,), places in ``families``; weights: (B, F), as many of them in use as the
    family has features.
    """

    family: Tensor
    weights: Tensor
    families: tuple[str, ...]

    def answer(self, x: Tensor) -> Tensor:
        """x: (B, q, 1), each within ±`kernels.REACH`, -> (B, q)."""
        clean = torch.zeros(x.shape[:2], dtype=torch.float64, device=x.device)
        for place, name in enumerate(self.families):
            rows = self.family == place
            if rows.any():
                features = FAMILIES[name].features(x[rows, :, 0].double())
                weights = self.weights[rows, : features.shape[-1]].double()
                clean[rows] = torch.einsum("bqf,bf->bq", features, weights)
        return clean.to(x.dtype)

    def to(self, device: torch.device | str) -> CurveTask:
        """See `TaskTruth.to`."""
        return CurveTask(self.family.to(device), self.weights.to(device), self.families)

    def __getitem__(self, rows: slice) -> CurveTask:
        """See `TaskTruth.__getitem__`."""
        return CurveTask(self.family[rows], self.weights[rows], self.families)


@dataclass(frozen=True)
class CurvePrior(Prior):
    """A curve of one of some families, all alike, with noise of one of some levels.

    ``families`` are names in `FAMILIES`. ``inputs`` is "mixed" (half of the prompts
    x ~ U(−3, 3), half as people draw it, a fifth of all swept from the left up to some
    point) or "plain" (x ~ N(0, 1)); either way held to ±`FARTHEST`. Neither family nor
    sigma is told.
    """

    families: tuple[str, ...] = tuple(FAMILIES)
    sigmas: tuple[float, ...] = CURVE_SIGMAS
    inputs: str = "mixed"

    def __post_init__(self) -> None:
        unknown = [name for name in self.families if name not in FAMILIES]
        if not self.families or unknown or len(set(self.families)) < len(self.families):
            raise ValueError(
                f"families must name some of {', '.join(FAMILIES)}, each once, "
                f"not {self.families!r}."
            )
        if not self.sigmas or not all(0 <= level < math.inf for level in self.sigmas):
            raise ValueError(f"sigmas must hold finite levels of at least 0, not {self.sigmas!r}.")
        if self.inputs not in ("mixed", "plain"):
            raise ValueError(f'inputs must be "mixed" or "plain", not {self.inputs!r}.')

    @property
    def features(self) -> int:
        """One x."""
        return 1

    @property
    def families_apart(self) -> Mapping[str, CurvePrior]:
        """See `Prior.families_apart`."""
        return {name: self.of(name) for name in self.families}

    def describe(self) -> str:
        """See `Prior.describe`."""
        x = "x from −3 to 3 or as people draw it" if self.inputs == "mixed" else "x ~ N(0, 1)"
        noise = ", ".join(f"{sigma:g}" for sigma in self.sigmas)
        hidden = "noise σ =" if len(self.sigmas) == 1 else "hidden noise σ of"
        which = "curves of the family" if len(self.families) == 1 else "curves of the hidden family"
        return f"{which} {', '.join(self.families)}, {x}, {hidden} {noise}"

    def sample(self, batch: int, exemplars: int, gen: torch.Generator) -> SampledPrompt:
        """See `Prior.sample`."""
        x = self.queries(batch, exemplars, gen)
        at = gen.device
        family = torch.randint(len(self.families), (batch,), generator=gen, device=at)
        widest = max(_width(name) for name in self.families)
        task = CurveTask(
            family, torch.randn(batch, widest, generator=gen, device=at), self.families
        )
        levels = torch.tensor(self.sigmas, dtype=torch.float32, device=at)
        sigma = levels[torch.randint(len(levels), (batch,), generator=gen, device=at)]
        clean, y = noisy_answers(x, task, sigma, gen)
        dims = torch.ones(batch, dtype=torch.long, device=at)
        return SampledPrompt(x, y, task, sigma, clean, dims)

    def queries(self, batch: int, count: int, gen: torch.Generator) -> Tensor:
        """See `Prior.queries`."""
        drawn = drawn_inputs(batch, count, 1, gen)
        at = gen.device
        if self.inputs == "plain":
            return torch.randn(batch, count, 1, generator=gen, device=at).clamp(-FARTHEST, FARTHEST)
        even = (2 * torch.rand(batch, count, 1, generator=gen, device=at) - 1) * UNIFORM
        is_even = torch.rand(batch, 1, 1, generator=gen, device=at) < 0.5
        x = torch.where(is_even, even, drawn).clamp(-FARTHEST, FARTHEST)
        is_swept = torch.rand(batch, 1, 1, generator=gen, device=at) < SWEPT
        return torch.where(is_swept, swept_right(x, gen), x)

    def bayes(self) -> ProcessMixture:
        """The mixture over all families and noise levels, weighed by marginal likelihood."""
        return ProcessMixture(tuple(FAMILIES[name] for name in self.families), self.sigmas)

    def of(self, *families: str) -> CurvePrior:
        """The part of the law of these families. ValueError for one that it does not have."""
        missing = [name for name in families if name not in self.families]
        if missing:
            raise ValueError(f"This law has no family {', '.join(missing)}.")
        return replace(self, families=families)

    def given(
        self, dim: int | None = None, intercept: bool | None = None, sigma: float | None = None
    ) -> CurvePrior:
        """See `Prior.given`."""
        self._require_cell(dim, intercept, sigma)
        return self if sigma is None else replace(self, sigmas=(sigma,))

    def with_plain_inputs(self) -> CurvePrior:
        """See `Prior.with_plain_inputs`."""
        return replace(self, inputs="plain")


def _width(name: str) -> int:
    """How many features a family has."""
    return FAMILIES[name].features(torch.zeros(1, dtype=torch.float64)).shape[-1]
