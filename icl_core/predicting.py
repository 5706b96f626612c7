"""Every method on a table: what it predicts on rows that it was not shown, and how far off.

All of it in the table's units. The intervals are the jackknife's (Barber et al., 2021, §1.1,
Annals of Statistics 49): a prediction, give or take the quantile of the errors that the
method makes on each example when it is shown all the others. They ask nothing of a method,
so all have the same; they promise nothing either, so the share of held-out rows inside
stands beside them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from icl_core import predictors
from icl_core.checkpoints import load_decoder, load_prior
from icl_core.limits import ExpectedError, Finding, TrainedLimits, limits_of, reach_of
from icl_core.metrics import implicit_weights
from icl_core.models.base import InContextModel
from icl_core.predictors.base import LinearPredictor, Predictor
from icl_core.prompts import generator
from icl_core.tables import Chosen, Scaling, Split, TableError

NETWORK = "transformer"
LABELS = {
    NETWORK: "Transformer",
    "bayes": "Exact Bayes",
    "ridge": "Ridge",
    "ols": "OLS",
    "gd": "GD",
    "sgd": "SGD",
    "knn": "k-NN",
    "newton": "Newton",
}
LEVEL = 0.9
"""Of the intervals."""
AT_ONCE, PROMPTS = 512, 8
"""Rows, and prompts, that are put to a method at a time."""
ORDERS, ASKED = 16, 24
"""Of `growth`: orders of the examples, and held-out rows at most."""
FIT_QUERIES = 64
FARTHEST = 1e15
"""Standard deviations of the examples; the network's float32 squares no more than 1e19."""
ROWS_PER_WEIGHT = 3
"""Of `curvature`, at least."""
LARGEST_AS_IT_IS = 1e6
"""Without scaling; the network computes in float32."""

Learner = Predictor | InContextModel


@dataclass(frozen=True, eq=False)
class Told:
    """One method's answers, in the target's units.

    held_out: (q,), in the order of the split; left_out: (k,), each example from the others;
    half_width: of the interval about every answer, None with too few examples for one; slopes
    (d,) and offset: what it holds as a linear model, read off its answers with this R² where
    it is none; error: root mean squared, on the held-out rows, NaN where there are none;
    left_out_error: on the examples; inside: the share of held-out rows inside the interval.
    """

    held_out: np.ndarray
    left_out: np.ndarray
    half_width: float | None
    slopes: np.ndarray
    offset: float
    r2: float
    error: float
    left_out_error: float
    inside: float


@dataclass(frozen=True, eq=False)
class Predictions:
    """Every method on one choice of rows.

    far: (q,), which held-out rows lie farther out than the network's training; finding,
    expected: what `icl_core.limits` says of the examples; spread: of the target's values in
    the examples, in its units: the error of always saying their mean.
    """

    chosen: Chosen
    split: Split
    scaling: Scaling
    told: dict[str, Told]
    finding: Finding
    expected: ExpectedError | None
    far: np.ndarray
    spread: float


def learners(name: str = "playground") -> dict[str, Learner]:
    """The network of a checkpoint and the textbook's rules, by their ids in `LABELS`.

    Ridge takes the penalty that the examples themselves speak for (`EvidenceRidge`); the
    others are as on the pad. CheckpointError where the network cannot be used.
    """
    return {
        NETWORK: load_decoder(name),
        "bayes": load_prior(name).bayes(),
        "ridge": predictors.evidence_ridge(),
        "ols": predictors.ols(),
        "gd": predictors.gd(2),
        "sgd": predictors.sgd(0.05),
        "knn": predictors.knn(3),
        "newton": predictors.newton(3),
    }


def limits_for(name: str = "playground") -> TrainedLimits:
    """What the network of a checkpoint was trained on. CheckpointError as for `learners`."""
    return limits_of(load_decoder(name), load_prior(name))


def predict_rows(
    chosen: Chosen,
    split: Split,
    who: Mapping[str, Learner],
    limits: TrainedLimits,
    *,
    scaled: bool = True,
) -> Predictions:
    """Show every method the examples, and ask it for the held-out rows.

    who: methods by name; limits: of the network among them. scaled: whether features and
    target are centred and scaled by the examples (never by the held-out rows). TableError for
    numbers so large that the network needs them scaled.
    """
    if not scaled:
        _check_small(chosen)
    x, y = chosen.x[split.examples], chosen.y[split.examples]
    asked, truth = chosen.x[split.held_out], chosen.y[split.held_out]
    scaling = Scaling.of(x, y) if scaled else Scaling.none(x.shape[1])
    _check_near(chosen, split, scaling)
    told = {
        name: _told(learner, x, y, asked, truth, scaling, scaled) for name, learner in who.items()
    }
    finding, expected, far = _in_range(limits, (x, y, asked), scaling)
    spread = float(np.sqrt(np.mean((y - y.mean()) ** 2)))
    return Predictions(chosen, split, scaling, told, finding, expected, far, spread)


def _check_small(chosen: Chosen) -> None:
    largest = max(float(np.abs(chosen.x).max()), float(np.abs(chosen.y).max()))
    if largest > LARGEST_AS_IT_IS:
        raise TableError(
            f"A number of {largest:.3g} cannot be given to the network as it is. Leave the scaling "
            f"on, or use numbers up to {LARGEST_AS_IT_IS:,.0f}."
        )


def _check_near(chosen: Chosen, split: Split, scaling: Scaling) -> None:
    away = np.abs(scaling.features(chosen.x[split.held_out]))
    if not away.size or away.max() <= FARTHEST:
        return
    row, feature = np.unravel_index(away.argmax(), away.shape)
    at = split.held_out[row]
    where = f"Line {chosen.lines[at]}" if chosen.lines else "A row"
    raise TableError(
        f"{where} lies {away.max():.2g} standard deviations of the examples from their mean in "
        f"“{chosen.features[feature]}”, too far to be asked about. Draw other examples, or leave "
        "that row out."
    )


def answers_at(
    who: Learner, chosen: Chosen, split: Split, x: np.ndarray, scaling: Scaling
) -> np.ndarray:
    """A method's answers to any rows x (q, d) after the examples, in the target's units: (q,)."""
    shown = chosen.x[split.examples], chosen.y[split.examples]
    return _answers(who, *shown, x, scaling)


# --- one method ---------------------------------------------------------------------


def _told(
    who: Learner,
    x: np.ndarray,
    y: np.ndarray,
    asked: np.ndarray,
    truth: np.ndarray,
    scaling: Scaling,
    scaled: bool,
) -> Told:
    held_out = _answers(who, x, y, asked, scaling)
    left_out = _each_from_the_others(who, x, y, scaled)
    missed = np.abs(left_out - y)
    half_width = half_width_of(missed)
    slopes, offset, r2 = weights_of(who, x, y, scaling)
    inside = math.nan
    if half_width is not None and len(truth):
        inside = float((np.abs(held_out - truth) <= half_width).mean())
    return Told(
        held_out,
        left_out,
        half_width,
        slopes,
        offset,
        r2,
        root_mean_square(held_out - truth),
        root_mean_square(missed),
        inside,
    )


def half_width_of(missed: np.ndarray, level: float = LEVEL) -> float | None:
    """Of k absolute errors (k,) the ⌈level·(k + 1)⌉-th smallest; None where k is too few.

    None too where so many of them are no numbers.
    """
    rank = math.ceil(level * (len(missed) + 1) - 1e-9)
    if rank > len(missed):
        return None
    width = float(np.sort(missed)[rank - 1])
    return width if math.isfinite(width) else None


def _each_from_the_others(who: Learner, x: np.ndarray, y: np.ndarray, scaled: bool) -> np.ndarray:
    """Every example predicted from all others, which alone are scaled by: (k,)."""
    count, features = x.shape
    others = ~np.eye(count, dtype=bool)
    by = [Scaling.of(x[rest], y[rest]) if scaled else Scaling.none(features) for rest in others]
    prompts = [
        (one.features(x[rest]), one.target(y[rest]), one.features(x[i : i + 1]))
        for i, (one, rest) in enumerate(zip(by, others, strict=True))
    ]
    xs, ys, queries = (np.stack(part) for part in zip(*prompts, strict=True))
    told = _ask(who, xs, ys, queries)[:, 0]
    return np.array([one.answers(answer) for one, answer in zip(by, told, strict=True)])


def _answers(
    who: Learner, x: np.ndarray, y: np.ndarray, asked: np.ndarray, scaling: Scaling
) -> np.ndarray:
    """Answers (q,) to rows (q, d), in the target's units."""
    prompt = scaling.features(x)[None], scaling.target(y)[None]
    parts = [
        _ask(who, *prompt, scaling.features(asked[at : at + AT_ONCE])[None])[0]
        for at in range(0, len(asked), AT_ONCE)
    ]
    return scaling.answers(np.concatenate(parts) if parts else np.zeros(0))


def _ask(who: Learner, x: np.ndarray, y: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """x (B, k, d), y (B, k), queries (B, q, d), all as the method reads them -> (B, q)."""
    near = np.abs(queries).max(-1) <= FARTHEST
    queries = np.where(near[..., None], queries, 0.0)
    parts = [
        who.predict(x[at : at + PROMPTS], y[at : at + PROMPTS], queries[at : at + PROMPTS])
        for at in range(0, len(x), PROMPTS)
    ]
    told = np.concatenate(parts).astype(np.float64)
    return np.where(near & np.isfinite(told), told, np.nan)  # too far, or a rule that diverged


def weights_of(
    who: Learner, x: np.ndarray, y: np.ndarray, scaling: Scaling
) -> tuple[np.ndarray, float, float]:
    """Slopes and offset in the table's units, and R² where they are read off answers."""
    xs, ys = scaling.features(x)[None], scaling.target(y)[None]
    if isinstance(who, LinearPredictor):
        w = who.solve(xs, ys)[0, -1].numpy()
        return *scaling.weights(w), 1.0
    queries = scaling.read(fresh_inputs(x.shape[1]))[None]
    found = implicit_weights(queries, _ask(who, xs, ys, queries))
    return *scaling.weights(found.w[0]), float(found.r2[0])


def fresh_inputs(features: int) -> np.ndarray:
    """The inputs (64, d), scaled already, that linear models are read off from answers to."""
    fresh = torch.randn(1, FIT_QUERIES, features, generator=generator(7, features))
    return fresh[0].double().numpy()


def root_mean_square(missed: np.ndarray) -> float:
    """Of any numbers that float64 holds, (n,); NaN of none."""
    if not len(missed):
        return math.nan
    largest = np.abs(missed).max()  # in units of it, so that no square leaves float64
    if not largest > 0:
        return float(largest)
    return float(largest * np.sqrt(np.mean(np.square(missed / largest))))


# --- whether the network knows such prompts -------------------------------------------


def _in_range(
    limits: TrainedLimits,
    rows: tuple[np.ndarray, np.ndarray, np.ndarray],
    scaling: Scaling,
) -> tuple[Finding, ExpectedError | None, np.ndarray]:
    x, y, asked = rows
    xs = torch.tensor(scaling.features(x))[None]
    ys = torch.tensor(scaling.target(y))[None]
    queries = torch.tensor(scaling.features(asked))
    finding = limits.check(xs, ys)
    far = queries.abs().amax(-1) > reach_of(limits.law)
    return finding, limits.expected(xs, finding), far.numpy()


# --- as examples are added ------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Growth:
    """Errors as examples are added.

    counts: (n,) numbers of examples; errors: by method (orders, n), root mean squared, in the
    target's units; rows: how many held-out rows each was asked for.
    """

    counts: tuple[int, ...]
    errors: dict[str, np.ndarray]
    rows: int


def counts_up_to(most: int) -> tuple[int, ...]:
    """Numbers of examples at which the error is looked at."""
    return (*(k for k in (2, 3, 5, 8, 12, 18, 27, 40) if k < most), most)


def growth(
    chosen: Chosen, split: Split, who: Mapping[str, Learner], *, seed: int, scaled: bool = True
) -> Growth:
    """Every method's error on held-out rows after the first examples of 16 orders of them.

    ValueError where no row is held out.
    """
    if not len(split.held_out):
        raise ValueError("No row is held out, so there is nothing to be wrong about.")
    rng = np.random.default_rng(seed)
    rows = rng.permutation(split.held_out)[:ASKED]
    orders = np.stack([rng.permutation(split.examples) for _ in range(ORDERS)])
    counts = counts_up_to(len(split.examples))
    found = [
        {
            name: _errors_after(learner, chosen, orders[:, :count], rows, scaled)
            for name, learner in who.items()
        }
        for count in counts
    ]
    errors = {name: np.stack([one[name] for one in found], axis=1) for name in who}
    return Growth(counts, errors, len(rows))


def _errors_after(
    who: Learner, chosen: Chosen, orders: np.ndarray, rows: np.ndarray, scaled: bool
) -> np.ndarray:
    """Root mean squared error on rows after each of the orders' examples, (orders,)."""
    by = [
        Scaling.of(chosen.x[order], chosen.y[order]) if scaled else Scaling.none(chosen.x.shape[1])
        for order in orders
    ]
    pairs = list(zip(by, orders, strict=True))
    x = np.stack([one.features(chosen.x[order]) for one, order in pairs])
    y = np.stack([one.target(chosen.y[order]) for one, order in pairs])
    queries = np.stack([one.features(chosen.x[rows]) for one in by])
    told = _ask(who, x, y, queries)
    return np.array(
        [
            root_mean_square(one.answers(answers) - chosen.y[rows])
            for one, answers in zip(by, told, strict=True)
        ]
    )


# --- whether the relation is curved ---------------------------------------------------


@dataclass(frozen=True)
class Curvature:
    """Leave-one-out errors of a line and of a smooth curve, in the target's units.

    sure: how many standard errors the mean difference of their squares is away from 0.
    """

    line: float
    curve: float
    sure: float

    @property
    def is_curved(self) -> bool:
        """Whether the curve is clearly better: by a tenth, and by two standard errors."""
        return self.curve < 0.9 * self.line and self.sure > 2


def curvature(chosen: Chosen) -> Curvature | None:
    """A line against a curve on all rows; None where there are too few to tell.

    The curve: a cubic of one feature, or a parabola with fewer than twelve rows, and a square
    of each of several. Each row is predicted from all others (Allen, 1974: the error over
    1 − leverage).
    """
    scaling = Scaling.of(chosen.x, chosen.y)
    x = scaling.features(chosen.x)
    ones = np.ones((len(x), 1))
    is_cubic = x.shape[1] == 1 and len(x) >= ROWS_PER_WEIGHT * 4
    powers = [x, x**2, x**3] if is_cubic else [x, x**2]
    curve = np.hstack([ones, *powers])
    if len(x) < ROWS_PER_WEIGHT * curve.shape[1]:
        return None
    straight = _left_out_errors(np.hstack([ones, x]), scaling.target(chosen.y))
    bent = _left_out_errors(curve, scaling.target(chosen.y))
    if straight is None or bent is None:
        return None
    gain = straight**2 - bent**2
    error = float(gain.std(ddof=1) / math.sqrt(len(gain)))
    line, smooth = (scaling.y_scale * root_mean_square(part) for part in (straight, bent))
    return Curvature(line, smooth, float(gain.mean()) / error if error > 0 else 0.0)


def _left_out_errors(design: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    """Of least squares, (n,); None where a row alone decides a weight."""
    basis, triangle = np.linalg.qr(design)
    if np.abs(np.diag(triangle)).min() < 1e-10 * np.abs(triangle).max():
        return None
    free = 1 - np.square(basis).sum(1)
    if free.min() < 1e-9:
        return None
    return (y - basis @ (basis.T @ y)) / free
