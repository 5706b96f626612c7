"""The plain law with its inputs, its tasks or its noise changed: what a network was not shown."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import combinations
from typing import Any

import numpy as np
import torch
from torch import Tensor

from icl_core.predictors.base import LinearPredictor
from icl_core.predictors.bayes import MixtureBayes
from icl_core.predictors.linear import Ridge
from icl_core.predictors.sampled import CapBayes, Evened, StudentBayes
from icl_core.priors.base import Prior
from icl_core.priors.switches import (
    INPUTS,
    NOISE,
    SWITCHES,
    TASKS,
    in_a_cap,
    parts_left,
    student_sizes,
    uneven,
)
from icl_core.prompts import LinearTask, SampledPrompt, generator

PLAIN = "plain"
CLOSEST = "Bayes for Gaussian noise"
"""What is asked in place of Bayes where nobody knows it: rare tasks with heavy-tailed noise."""
MOST = 12
"""Features at most: sparse tasks are a mixture over all their supports, here 924."""
NODES = 96
"""Sizes that stand for the Student t of heavy-tailed tasks: Gauss–Legendre over their ranks."""


@dataclass(frozen=True)
class ShiftedPrior(Prior):
    """x ~ N(0, I), w ~ N(0, I), Gaussian noise of sigma; and up to three of these other.

    ``inputs``, ``tasks`` and ``noise`` each name a switch of `SWITCHES`, or "plain"; with the
    strength of its kind. The last pair of a prompt is its query: switches that move the query
    move that one. One generator gives the same prompts at every strength. sigma is known.
    """

    dim: int
    sigma: float = 0.5
    inputs: str = PLAIN
    inputs_strength: float = 0.0
    tasks: str = PLAIN
    tasks_strength: float = 0.0
    noise: str = PLAIN
    noise_strength: float = 0.0

    def __post_init__(self) -> None:
        if self.dim not in range(1, MOST + 1):
            raise ValueError(f"dim must be a whole number from 1 to {MOST}, not {self.dim!r}.")
        if not (math.isfinite(self.sigma) and self.sigma >= 0):
            raise ValueError(f"sigma must be finite and not negative, not {self.sigma!r}.")
        for group, known in (("inputs", INPUTS), ("tasks", TASKS), ("noise", NOISE)):
            name = getattr(self, group)
            if name == PLAIN:
                continue
            if name not in known:
                raise ValueError(f"{group} must be one of plain, {', '.join(known)}, not {name!r}.")
            SWITCHES[name].check(name, getattr(self, f"{group}_strength"))

    def switched(self, name: str, strength: float) -> ShiftedPrior:
        """The same law with one switch at a strength; ValueError for no such switch."""
        if name not in SWITCHES:
            raise ValueError(f"There is no switch {name!r}. Known: {', '.join(SWITCHES)}.")
        group = SWITCHES[name].group
        changed: dict[str, Any] = {group: name, f"{group}_strength": strength}
        return replace(self, **changed)

    @property
    def features(self) -> int:
        """Length of each x."""
        return self.dim

    @property
    def sigmas(self) -> tuple[float, ...]:
        """See `Prior.sigmas`: the rms size of the noise."""
        return (self.noise_size,)

    @property
    def tau(self) -> float:
        """See `Prior.tau`."""
        if self.tasks == "w-scale":
            return self.tasks_strength
        if self.tasks == "w-sparse":
            return math.sqrt(parts_left(self.tasks_strength, self.dim) / self.dim)
        return 1.0

    @property
    def noise_size(self) -> float:
        """The rms size of the noise."""
        if self.noise == "e-level":
            return self.sigma * self.noise_strength
        if self.noise == "e-uneven":
            return self.sigma * math.sqrt(
                (self.noise_strength**2 + self.noise_strength**-2) / 2,
            )
        return self.sigma

    def describe(self) -> str:
        """See `Prior.describe`."""
        others = [
            f"{name} at {strength:g}"
            for name, strength in (
                (self.inputs, self.inputs_strength),
                (self.tasks, self.tasks_strength),
                (self.noise, self.noise_strength),
            )
            if name != PLAIN
        ]
        changed = f", but {', '.join(others)}" if others else ""
        return f"linear tasks of {self.dim} features, noise σ = {self.sigma:g}{changed}"

    # --- prompts ----------------------------------------------------------------------

    def sample(self, batch: int, exemplars: int, gen: torch.Generator) -> SampledPrompt:
        """See `Prior.sample`; the last of the pairs is the query."""
        z = torch.randn(batch, exemplars, self.dim, generator=gen, device=gen.device)
        w = torch.randn(batch, self.dim, generator=gen, device=gen.device)
        normal = torch.randn(batch, exemplars, generator=gen, device=gen.device)
        # A stream for each switch, so that one does not move what another draws.
        streams = torch.randint(2**62, (3,), generator=gen, device=gen.device).tolist()
        more = [torch.Generator(gen.device).manual_seed(stream) for stream in streams]
        x = self._inputs(z, exemplars - 1, more[0])
        if self.tasks != PLAIN:
            w = TASKS[self.tasks](w, self.tasks_strength, more[1])
        task = LinearTask(w)
        clean = task.answer(x)
        size = self.sigma * self._noise(x, more[2])
        sigma = torch.full((batch,), float(self.noise_size), device=gen.device)
        dims = torch.full((batch,), self.dim, device=gen.device)
        return SampledPrompt(x, clean + size * normal, task, sigma, clean, dims)

    def _inputs(self, z: Tensor, exemplars: int, gen: torch.Generator) -> Tensor:
        if self.inputs == PLAIN:
            return z
        return INPUTS[self.inputs](z, exemplars, self.inputs_strength, gen)

    def _noise(self, x: Tensor, gen: torch.Generator) -> Tensor:
        """How many times sigma the noise of each answer is, (B, n)."""
        if self.noise == PLAIN:
            return torch.ones(x.shape[:2], device=x.device)
        return NOISE[self.noise](x, self.noise_strength, gen)

    def with_plain_inputs(self) -> ShiftedPrior:
        """See `Prior.with_plain_inputs`."""
        return replace(self, inputs=PLAIN)

    def queries(self, batch: int, count: int, gen: torch.Generator) -> Tensor:
        """See `Prior.queries`; those of the law that depend on no exemplar."""
        z = torch.randn(batch, count, self.dim, generator=gen, device=gen.device)
        return z if self.inputs.startswith("q-") else self._inputs(z, count, gen)

    # --- who is best ------------------------------------------------------------------

    @property
    def is_input_shift(self) -> bool:
        """Whether nothing but x is other: then exact Bayes is that of the plain law."""
        return self.tasks == self.noise == PLAIN

    def bayes(self) -> LinearPredictor:
        """Bayes under this law: exact, sampled, or the closest that is known; its name says which.

        The law of x moves no answer. Tasks of another size are one ridge, sparse and
        heavy-tailed ones a mixture (`MixtureBayes`), a cap is sampled (`CapBayes`); uneven noise
        weights the pairs (`Evened`), heavy-tailed noise is sampled (`StudentBayes`).
        """
        return shifted_bayes(self)

    def told_ridge(self) -> Ridge:
        """The ridge that is told the true size of the noise and of the weights, and no more."""
        return Ridge((self.noise_size / self.tau) ** 2)


@lru_cache(maxsize=256)
def shifted_bayes(law: ShiftedPrior) -> LinearPredictor:
    """Bayes of a law, one for all who ask."""
    if law.noise == "e-tails" and law.noise_strength:
        return _bayes_of_bursts(law)
    rule = _bayes_of_tasks(law, law.noise_size if law.noise == "e-level" else law.sigma)
    if law.noise == "e-uneven":
        return Evened(rule, partial(_uneven, strength=law.noise_strength))
    return rule


def _bayes_of_tasks(law: ShiftedPrior, sigma: float) -> CapBayes | MixtureBayes:
    angle = law.tasks_strength
    if law.tasks == "w-cap" and angle < 180:
        return CapBayes(angle, sigma, partial(_capped, angle))
    return MixtureBayes(*_mixture(law.dim, law.tasks, law.tasks_strength), sigma)


def _bayes_of_bursts(law: ShiftedPrior) -> LinearPredictor:
    strange = law.tasks in ("w-cap", "w-sparse", "w-tails")
    if strange and law.tasks_strength != SWITCHES[law.tasks].home:
        return replace(_bayes_of_tasks(law, law.sigma), name=CLOSEST)
    return StudentBayes(law.tau, law.sigma, 1 / law.noise_strength)


def _uneven(x: Tensor, strength: float) -> Tensor:
    return uneven(x, strength, generator(0))


def _capped(angle: float, w: Tensor) -> Tensor:
    return in_a_cap(w, angle, generator(0))


def _mixture(dim: int, tasks: str, strength: float) -> tuple[Tensor, Tensor]:
    """The scales (C, d) of the Gaussians that a law of tasks is a mixture of, and their shares."""
    if tasks == "w-sparse":
        supports = list(combinations(range(dim), parts_left(strength, dim)))
        scales = np.zeros((len(supports), dim))
        np.put_along_axis(scales, np.array(supports), 1.0, axis=1)
        shares = np.full(len(scales), 1 / len(scales))
    elif tasks == "w-tails" and strength:
        ranks, twice = np.polynomial.legendre.leggauss(NODES)
        sizes = student_sizes(torch.from_numpy((ranks + 1) / 2), strength).numpy()
        scales, shares = np.repeat(sizes[:, None], dim, axis=1), twice / 2
    else:
        scales, shares = np.full((1, dim), strength if tasks == "w-scale" else 1.0), np.ones(1)
    return torch.from_numpy(scales), torch.from_numpy(shares)
