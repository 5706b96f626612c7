"""Which textbook rule answers most like this, on this very prompt.

Fu et al. (2024, §5) match each layer of a transformer with the step of an
iterative algorithm that answers most like it. Here any answers are matched with
the closest step of gradient descent, the closest step of iterative Newton and
the closest ridge penalty. A match is a likeness of answers, not of mechanism.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from icl_core.arrays import as_prompt
from icl_core.predictors.linear import GD, Newton
from icl_core.predictors.spectrum import Spectrum, spectrum

MOST_GD_STEPS = 10**6
MOST_NEWTON_STEPS = 100
"""Enough to invert XᵀX where cond(X) is at most 1e7."""


class Match(NamedTuple):
    """The closest member of a family of rules; each (…, B).

    parameter: the number of steps, or the penalty λ; unexplained: the mean of
    (answer − rule)² over the queries as a share of the mean of answer², 0 for
    the same answers, 1 when answering 0 would be as close; cosine: of the two
    vectors of answers, 0 when one of them is zero.
    """

    parameter: Tensor
    unexplained: Tensor
    cosine: Tensor


class Matches(NamedTuple):
    """The closest GD step (rate 1/(2 λ_max)), Newton step, and ridge penalty."""

    gd: Match
    newton: Match
    ridge: Match


Filter = Callable[[Tensor, Spectrum], Tensor]


def match(x: Tensor, y: Tensor, queries: Tensor, answers: Tensor) -> Matches:
    """The rules that come closest to ``answers`` on the prompts x: (B, k, d), y: (B, k).

    queries: (B, q, d), answers: (…, B, q), e.g. a readout of every layer. GD is
    searched from 0 to a million steps, Newton from 0 to 100, λ over twelve
    decades around the largest eigenvalue of XᵀX; a match at an end of its range
    says "or beyond". Raises ValueError for shapes that do not fit and for numbers
    that are not finite.
    """
    prompt = as_prompt(x, y, queries, dtype=torch.float64)
    batch, count = prompt.queries.shape[:2]
    if answers.shape[-2:] != (batch, count) or not count:
        raise ValueError(
            f"answers must have shape (…, {batch}, {count}), with at least one query, "
            f"not {tuple(answers.shape)}."
        )
    if not bool(answers.isfinite().all()):
        raise ValueError("answers holds a number that is not finite (NaN or infinity).")
    told = answers.double().reshape(-1, count)
    task = _Task.of(prompt.x, prompt.y, prompt.queries, told)

    def shaped(found: Match) -> Match:
        return Match(*(part.view(answers.shape[:-1]) for part in found))

    return Matches(
        gd=shaped(_closest(task, GD(0).after, _steps(MOST_GD_STEPS), _steps_between)),
        newton=shaped(_closest(task, Newton.after, torch.arange(MOST_NEWTON_STEPS + 1.0))),
        ridge=shaped(
            _closest(task, _ridge, torch.logspace(-6, 6, 241), _penalties_between, task.top)
        ),
    )


def along(
    x: Tensor, y: Tensor, queries: Tensor, answers: Tensor, steps: dict[str, Tensor]
) -> tuple[Tensor, dict[str, Tensor]]:
    """How far answers lie from GD ("GD", rate 1/(2 λ_max)) and Newton after given steps.

    Arguments as `match` takes them, in float64; ``steps``: by family, (C,). The mean
    squared answer, (…, B), and by family the mean squared distance, (…, B, C).
    """
    count = answers.shape[-1]
    task = _Task.of(x.double(), y.double(), queries.double(), answers.double().reshape(-1, count))
    rules: dict[str, Filter] = {"GD": GD(0).after, "Newton": Newton.after}
    far = {
        name: task.compare(rules[name], grid.double().expand(len(task.energy), -1))[0]
        for name, grid in steps.items()
    }
    shape = answers.shape[:-1]
    return (task.energy / count).view(shape), {
        name: (part.clamp(min=0) / count).view(*shape, -1) for name, part in far.items()
    }


class _Task(NamedTuple):
    """One row for each vector of answers, in the eigenbasis of its prompt's XᵀX.

    along: (R, d) answers·queries, gram: (R, d, d) of the queries, energy: (R,)
    of the answers, so that no candidate needs its answers written out.
    """

    spec: Spectrum
    along: Tensor
    gram: Tensor
    energy: Tensor

    @classmethod
    def of(cls, x: Tensor, y: Tensor, queries: Tensor, answers: Tensor) -> _Task:
        last = spectrum(x, y).last()
        copies = len(answers) // len(x)
        rotated = (queries @ last.vectors[:, 0]).repeat(copies, 1, 1)
        values, vectors, moment, residual = (
            part.repeat(copies, *[1] * (part.ndim - 1)) for part in last[:4]
        )
        return cls(
            Spectrum(values, vectors, moment, residual, last.pairs),
            torch.einsum("rq,rqd->rd", answers, rotated),
            rotated.transpose(1, 2) @ rotated,
            answers.square().sum(-1),
        )

    @property
    def top(self) -> Tensor:
        """The largest eigenvalue, (R, 1); 1 where nothing was seen."""
        top = self.spec.values.amax(-1)
        return top.where(top > 0, 1.0)

    def compare(self, rule: Filter, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Parameters (R, C) -> squared distance and product with the answers, (R, C) each."""
        w = rule(parameters.unsqueeze(-1), self.spec) * self.spec.moment
        product = torch.einsum("rcd,rd->rc", w, self.along)
        size = torch.einsum("rcd,rde,rce->rc", w, self.gram, w)
        return self.energy[:, None] - 2 * product + size, product


def _closest(
    task: _Task,
    rule: Filter,
    grid: Tensor,
    between: Callable[[Tensor, Tensor], Tensor] | None = None,
    unit: Tensor | None = None,
) -> Match:
    """Best of a grid (C,), times ``unit`` (R, 1); then best ``between`` its neighbours."""
    rows = torch.arange(len(task.energy))
    parameters = grid.double().expand(len(rows), -1) * (1.0 if unit is None else unit)
    distance, product = task.compare(rule, parameters)
    best = distance.argmin(-1)
    if between:
        low, high = (best - 1).clamp(min=0), (best + 1).clamp(max=len(grid) - 1)
        parameters = between(parameters[rows, low], parameters[rows, high])
        distance, product = task.compare(rule, parameters)
        best = distance.argmin(-1)
    distance, product = distance[rows, best].clamp(min=0), product[rows, best]
    size = (distance - task.energy + 2 * product).clamp(min=0)
    length = (size * task.energy).sqrt()
    return Match(
        parameters[rows, best],
        torch.where(task.energy > 0, distance / task.energy.clamp(min=1e-300), 0.0),
        torch.where(length > 0, product / length.clamp(min=1e-300), 0.0).clamp(-1, 1),
    )


def _ridge(lam: Tensor, spec: Spectrum) -> Tensor:
    return 1 / (spec.values + lam)


def _steps(most: int) -> Tensor:
    """Every number of steps up to 100, then 20 to a factor of ten."""
    far = torch.logspace(2, torch.tensor(float(most)).log10().item(), 81).round()
    return torch.cat([torch.arange(100.0), far])


def _steps_between(low: Tensor, high: Tensor) -> Tensor:
    """Whole numbers from low to high, (R, 65)."""
    return torch.lerp(low[:, None], high[:, None], torch.linspace(0, 1, 65).double()).round()


def _penalties_between(low: Tensor, high: Tensor) -> Tensor:
    """Penalties from low to high, evenly spaced in the logarithm, (R, 65)."""
    share = torch.linspace(0, 1, 65).double()
    return torch.lerp(low.log()[:, None], high.log()[:, None], share).exp()
