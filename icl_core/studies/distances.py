"""How far a transformer's answers lie from each textbook rule's, as exemplars come in.

The measures are those of Akyürek et al. (2023, §4.1): SPD, the squared
difference of predictions, and ILWD, the squared difference of implicit weights,
both divided by d as in their plots.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from icl_core import predictors
from icl_core.metrics import ImplicitWeights, ilwd, implicit_weights, spd
from icl_core.models.base import InContextModel
from icl_core.predictors.base import LinearPredictor, Predictor, SpectralPredictor
from icl_core.predictors.spectrum import Spectrum, spectrum
from icl_core.priors import Prior
from icl_core.progress import ProgressCallback, silent

BATCH = 128
NOISE_RATIOS = tuple(Fraction(*pair) for pair in ((0, 1), (1, 16), (1, 9), (1, 4), (4, 9)))
"""sigma²/tau² of the models of Fig 2."""

ZERO = "always 0"
LAMBDAS = tuple(10 ** (power / 4) for power in range(-12, 9))
GD_STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024)
NEWTON_STEPS = tuple(range(1, 13))


def ridge_name(ratio: Fraction | float) -> str:
    """What the ridge with this penalty is called in a table."""
    return f"ridge {ratio}"


def references(prior: Prior) -> dict[str, Predictor]:
    """The paper's reference predictors with its settings, and four of ours, by name.

    Akyürek et al. (2023): Fig 1 has 3-NN, one-pass SGD, one step of batch GD and
    ridge 0.1; Fig 2 the ridges that match its noise levels; Fig 3 ridge 0.1 and 0.5.
    Ours are Newton, exact Bayes, one step of GD at its best rate (exact line search),
    and the rule that always answers 0: what lies no nearer to a rule than to that one
    has not learned it.
    """
    return {
        ZERO: predictors.gd(0),
        "OLS": predictors.ols(),
        **{ridge_name(lam): predictors.ridge(lam) for lam in (0.1, 0.5)},
        **{ridge_name(r): predictors.ridge(float(r)) for r in NOISE_RATIOS if r},
        **{f"GD {lr}": predictors.gd(1, lr) for lr in (0.01, 0.02)},
        "GD best rate": predictors.line_search_step(),
        **{f"SGD {lr}": predictors.sgd(lr) for lr in (0.01, 0.03)},
        "3-NN": predictors.knn(3),
        "3-NN weighted": predictors.knn(3, weighted=True),
        **{f"Newton {steps}": predictors.newton(steps) for steps in (1, 2, 3, 4)},
        "exact Bayes": prior.bayes(),
    }


def families() -> dict[str, dict[float, SpectralPredictor]]:
    """Ridge at every penalty, GD (rate 1/(2 λ_max)) and Newton at every number of steps."""
    return {
        "ridge": {lam: predictors.ridge(lam) for lam in LAMBDAS},
        "GD": {float(steps): predictors.gd(steps) for steps in GD_STEPS},
        "Newton": {float(steps): predictors.newton(steps) for steps in NEWTON_STEPS},
    }


@dataclass(frozen=True)
class Questions:
    """Prompts and what is asked of them.

    x: (B, k, d), y: (B, k), queries: (B, q, d); ks: after how many exemplars.
    """

    x: Tensor
    y: Tensor
    queries: Tensor
    ks: tuple[int, ...]

    @property
    def dim(self) -> int:
        """Features of each x."""
        return self.x.shape[-1]

    def spectrum(self) -> Spectrum:
        """Of the prefixes that are asked about: one for each k."""
        whole = spectrum(self.x, self.y)
        values, vectors, moment, residual = (part[:, list(self.ks)] for part in whole[:4])
        return Spectrum(values, vectors, moment, residual, whole.pairs[list(self.ks)])


def answers_of(
    model: InContextModel, asked: Questions, progress: ProgressCallback = silent
) -> Tensor:
    """The model's answers, (K, B, q), float64; ``progress`` is told the share done."""
    rows = []
    for i, k in enumerate(asked.ks):
        parts = [
            model.predict(
                asked.x[start : start + BATCH, :k],
                asked.y[start : start + BATCH, :k],
                asked.queries[start : start + BATCH],
            )
            for start in range(0, len(asked.y), BATCH)
        ]
        rows.append(torch.cat([part.double() for part in parts]))
        progress((i + 1) / len(asked.ks))
    return torch.stack(rows)


@dataclass(frozen=True)
class Told:
    """A rule's answers (K, B, q), and its weights (K, B, d) where it is linear."""

    answers: Tensor
    w: Tensor | None


def told_by(rule: Predictor, asked: Questions, spec: Spectrum) -> Told:
    """What a textbook rule answers; ``spec`` is ``asked.spectrum()``."""
    if isinstance(rule, LinearPredictor):
        if isinstance(rule, SpectralPredictor):
            w = rule.weights_from(spec)
        else:
            w = rule.solve(asked.x, asked.y)[:, list(asked.ks)]
        w = w.transpose(0, 1)
        return Told(torch.einsum("bqd,kbd->kbq", asked.queries.double(), w), w)
    parts = [
        rule.predict(asked.x[:, :k].double(), asked.y[:, :k].double(), asked.queries.double())
        for k in asked.ks
    ]
    return Told(torch.stack(parts), None)


def implicit_of(asked: Questions, answers: Tensor) -> ImplicitWeights[Tensor]:
    """Implicit weights (K, B, d) and their R² (K, B) of answers (K, B, q)."""
    count = len(asked.ks)
    fitted = implicit_weights(asked.queries.repeat(count, 1, 1), answers.flatten(0, 1))
    return ImplicitWeights(fitted.w.view(count, -1, asked.dim), fitted.r2.view(count, len(asked.y)))


@dataclass(frozen=True)
class Distances:
    """Of one model to every rule, prompt by prompt.

    spd: by rule, (K, B); ilwd: by linear rule, (K, B); r2: (K, B), how much of the
    model's answers its implicit weights explain: where it is low, ILWD misleads.
    """

    ks: tuple[int, ...]
    spd: dict[str, Tensor]
    ilwd: dict[str, Tensor]
    r2: Tensor


def distances(
    asked: Questions, answers: Tensor, rules: Mapping[str, Predictor], spec: Spectrum
) -> Distances:
    """How far answers (K, B, q) lie from each rule's on the same questions."""
    fitted = implicit_of(asked, answers)
    by_spd: dict[str, Tensor] = {}
    by_ilwd: dict[str, Tensor] = {}
    for name, rule in rules.items():
        told = told_by(rule, asked, spec)
        by_spd[name] = spd(answers, told.answers) / asked.dim
        if told.w is not None:
            exact = ImplicitWeights(told.w, torch.ones_like(fitted.r2))
            by_ilwd[name] = ilwd(fitted, exact) / asked.dim
    return Distances(asked.ks, by_spd, by_ilwd, fitted.r2)


def family_spd(
    asked: Questions, answers: Tensor, spec: Spectrum
) -> Iterator[tuple[str, Sequence[float], Tensor]]:
    """For each family its name, its parameters (P,) and SPD to each of them, (P, K, B)."""
    for name, members in families().items():
        parts = [spd(answers, told_by(rule, asked, spec).answers) for rule in members.values()]
        yield name, tuple(members), torch.stack(parts) / asked.dim
