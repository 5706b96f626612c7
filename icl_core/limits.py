"""What a network was trained on, and whether a prompt is like it.

A prompt is out of range where the same law made wider, with larger weights or more
noise, says its y far better than the law itself: a Bayes factor (Kass and Raftery,
1995, §3.2), each side a mixture over its noise levels. The evidence of the law alone
would not do: points that lie on a line without noise are always very likely, however
steep the line. Under the law itself the factor exceeds c in no more than 1/c of the
prompts, by Markov's inequality. Inputs are out of range where they lie farther out
than nearly all of the law's.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, as_prompt
from icl_core.models.base import InContextModel
from icl_core.predictors.bayes import SIGMA_RESOLUTION, Bayes
from icl_core.priors import Cell, Prior
from icl_core.prompts import generator

STRONG = 20.0
"""From this Bayes factor on the evidence is called strong: Kass and Raftery (1995, §3.2)."""
STEEPER = (2.0, 4.0, 8.0)
"""How much larger than the law's the weights of a wider law are."""
NOISIER = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Its noise levels in units of tau, besides the law's own: those above the law's highest."""
FAR_SHARE = 0.005
"""The share of the law's longest prompts in which some input counts as far."""
SAMPLED, SAMPLED_PAIRS = 2048, 40
STEEP, NOISY, FAR = "steep", "noisy", "far"
"""Why a prompt is out of range: its weights are too large; it has too much noise, or points
far off the line; its inputs are too large."""
TABLE = "limits"
"""The name of the study whose table holds the errors to expect."""


class OutOfRangeWarning(UserWarning):
    """A network was asked about a prompt unlike those that it was trained on."""


class Finding(NamedTuple):
    """How far out B prompts are.

    evidence: (B,) log Bayes factor of the wider law against the network's own, 0 where that
    law's is not known; noisy: (B,) whether more noise says more than larger weights;
    reach: (B,) the largest input or query, 1 at the end of the law's own.
    """

    evidence: Tensor
    noisy: Tensor
    reach: Tensor

    @property
    def out(self) -> Tensor:
        """Which prompts are out of range, (B,)."""
        return (self.evidence > math.log(STRONG)) | (self.reach > 1)

    def why(self, row: int) -> str | None:
        """Why a prompt is out of range: `STEEP`, `NOISY` or `FAR`; None for one that is not."""
        if self.evidence[row] > math.log(STRONG):
            return NOISY if self.noisy[row] else STEEP
        return FAR if self.reach[row] > 1 else None

    def score(self, row: int) -> float:
        """How far out it is, in the terms of its `why`."""
        return float((self.reach if self.why(row) == FAR else self.evidence)[row])


@dataclass(frozen=True)
class ExpectedError:
    """What a network's error came to on fresh prompts that were out of range.

    Such prompts had this cell, so many pairs (``few``: no more than `few_pairs`), this
    reason, and a score of at least ``above``. value: the median over ``prompts`` of the root
    mean squared error at inputs of the law, against the truth; low, high: four in five
    prompts lie between.
    """

    dim: int
    intercept: bool
    few: bool
    why: str
    above: float
    value: float
    low: float
    high: float
    prompts: int


def few_pairs(dim: int) -> int:
    """Up to so many pairs, a task of ``dim`` features is not known well, in range or out."""
    return 2 * dim + 1


@dataclass(frozen=True)
class TrainedLimits:
    """`Limits` of a network whose law is known, and the errors to expect beyond it."""

    max_dim: int
    max_exemplars: int
    law: Prior
    errors: tuple[ExpectedError, ...] = ()

    def check(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike | None = None) -> Finding:
        """How far out prompts are: x (B, k, d), y (B, k), queries (B, q, d) or none.

        One singular value decomposition of X: 0.7 ms for a prompt on one core, of 40 pairs of 8
        features too, and 0.04 ms a prompt for many at once.
        ValueError as for `as_prompt`.
        """
        prompt = as_prompt(x, y, queries, dtype=torch.float64)
        asked = torch.cat([prompt.x, prompt.queries], dim=1).abs().flatten(1)
        largest = asked.amax(1) if asked.shape[1] else asked.new_zeros(len(asked))
        reach = largest / reach_of(self.law)
        rule = self.law.bayes()
        if not isinstance(rule, Bayes) or not prompt.x.shape[1]:
            return Finding(
                torch.zeros_like(reach), torch.zeros_like(reach, dtype=torch.bool), reach
            )
        steep, noisy = evidences(prompt.x, prompt.y, rule)
        return Finding(torch.logaddexp(steep, noisy) - math.log(2), noisy > steep, reach)

    def expected(self, x: ArrayLike, finding: Finding, row: int = 0) -> ExpectedError | None:
        """The error to expect of a prompt that is out of range; None where none was measured.

        x: (B, k, d), the prompts that the finding is about; of the cells that were measured,
        the nearest counts.
        """
        why, dim = finding.why(row), x.shape[2]
        constant = dim > 1 and bool((x[row, :, -1] == 1).all())
        cells = {Cell(one.dim, one.intercept) for one in self.errors}
        if why is None or not cells:
            return None
        cell = min(cells, key=lambda c: (abs(c.dim - dim), c.intercept != constant, c.dim))
        alike = [
            one
            for one in self.errors
            if (one.dim, one.intercept) == cell
            and one.few == (x.shape[1] <= few_pairs(dim))
            and one.why == why
            and one.above <= finding.score(row)
        ]
        return max(alike, key=lambda one: one.above, default=None)

    def warn(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike | None = None) -> Finding:
        """`check`, with an `OutOfRangeWarning` where some prompt is out of range."""
        found = self.check(x, y, queries)
        rows = found.out.nonzero()[:, 0].tolist()
        if rows:
            which = "The prompt is" if len(found.out) == 1 else f"{len(rows)} prompts are"
            warnings.warn(
                f"{which} unlike anything this network was trained on"
                f"{_said(self.expected(x, found, rows[0]), len(rows))}.",
                OutOfRangeWarning,
                stacklevel=3,
            )
        return found


def _said(expected: ExpectedError | None, rows: int) -> str:
    if expected is None:
        return ""
    first = " in the first of them" if rows > 1 else ""
    return (
        f": expect errors of about {expected.value:.2g} "
        f"(four such prompts in five: {expected.low:.2g} to {expected.high:.2g}){first}"
    )


@dataclass(frozen=True)
class Warned:
    """A model as it is, which gives an `OutOfRangeWarning` where it is asked out of range."""

    model: InContextModel
    limits: TrainedLimits

    @property
    def device(self) -> torch.device:
        """See `InContextModel.device`."""
        return self.model.device

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `InContextModel.predict`."""
        told = self.model.predict(x, y, queries)
        self.limits.warn(x, y, queries)
        return told

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `InContextModel.predict_next`; the last y is not read, so not judged."""
        told = self.model.predict_next(x, y)
        self.limits.warn(x[:, :-1], y[:, :-1], x[:, -1:])
        return told


def limits_of(model: InContextModel, law: Prior) -> TrainedLimits:
    """A model's limits: its own where it knows what it was trained on, else those of a law."""
    known = model.limits
    if isinstance(known, TrainedLimits):
        return known
    return TrainedLimits(known.max_dim, known.max_exemplars, law)


@lru_cache(maxsize=64)
def reach_of(law: Prior) -> float:
    """How far out a law's inputs lie: in all but `FAR_SHARE` of its prompts none is farther."""
    x = law.sample(SAMPLED, SAMPLED_PAIRS, generator(0)).x
    return float(x.abs().flatten(1).amax(1).double().quantile(1 - FAR_SHARE))


# --- the evidence -------------------------------------------------------------------


def evidences(x: Tensor, y: Tensor, rule: Bayes) -> tuple[Tensor, Tensor]:
    """Log Bayes factors against the law of a rule: larger weights, and more noise, (B,) each.

    x: (B, k, d), y: (B, k), float64.
    """
    noisier = [level * rule.tau for level in NOISIER if level * rule.tau > max(rule.sigmas)]
    law = [(sigma, rule.tau) for sigma in rule.sigmas]
    steep = [(sigma, more * rule.tau) for more in STEEPER for sigma in (*rule.sigmas, *noisier)]
    noisy = [(sigma, rule.tau) for sigma in noisier] or steep
    told = log_evidence(x, y, torch.tensor([*law, *steep, *noisy], dtype=torch.float64))
    own, larger, more = (
        torch.logsumexp(part, 0) - math.log(len(part))
        for part in told.split([len(law), len(steep), len(noisy)])
    )
    return larger - own, more - own


def log_evidence(x: Tensor, y: Tensor, levels: Tensor) -> Tensor:
    """log N(y; 0, tau² XXᵀ + sigma² I), but for a constant: (n, B) for n pairs of sigma, tau.

    x: (B, k, d), y: (B, k), levels: (n, 2), float64 (Bishop, 2006, eq. 3.81 to 3.86). In the
    singular vectors of X the covariance is diagonal.
    """
    left, sizes, _ = torch.linalg.svd(x, full_matrices=False)
    along = (left.mT @ y.unsqueeze(-1)).squeeze(-1)
    rest = (y - (left @ along.unsqueeze(-1)).squeeze(-1)).square().sum(-1)
    noise = levels[:, 0].clamp(min=SIGMA_RESOLUTION).square()[:, None]
    variances = noise[..., None] + levels[:, 1].square()[:, None, None] * sizes.square()
    free = x.shape[1] - sizes.shape[-1]
    log_det = variances.log().sum(-1) + free * noise.log()
    return -0.5 * (log_det + (along.square() / variances).sum(-1) + rest / noise)


# --- the errors to expect -----------------------------------------------------------


def read_errors(name: str, sha256: str, folder: Path) -> tuple[ExpectedError, ...]:
    """The stored errors of a checkpoint; none where none were stored for these weights.

    folder: of the checkpoints.
    """
    try:
        table = json.loads((folder / "studies" / f"{TABLE}.json").read_text(encoding="utf-8"))
        if table["runs"][name]["sha256"] != sha256:
            return ()
        return tuple(errors_in(table["members"]))
    except (OSError, ValueError, KeyError, TypeError):
        # Without the table a network answers as well; it says less of what it does not know.
        return ()


def errors_in(members: Sequence[dict[str, Any]]) -> Iterable[ExpectedError]:
    """The errors in the rows of a table, each row a cell; TypeError where they are none."""
    for member in members:
        for entry in member["errors"]:
            yield ExpectedError(member["dim"], member["intercept"], **entry)
