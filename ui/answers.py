"""The numeric path behind a drag: screen in, one small dictionary out.

Validated points, one pass of the transformer, one eigendecomposition for all
textbook methods, rounded lists. Nothing here is cached: it is what moves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from icl_core.metrics import implicit_weights
from icl_core.predictors import (
    LinearPredictor,
    NoisePrior,
    SpectralPredictor,
    Spectrum,
    bayes,
    gd,
    spectrum,
)
from icl_core.probes import LayerReadouts
from icl_core.tasks import FlagshipPrior, generator
from icl_core.transformer import Transformer
from ui.desk import at_the_desk
from ui.methods import TEXTBOOK, matched_lambda, rule
from ui.screen import X_LIMIT, Y_LIMIT, Screen
from ui.task import Task, features, make_task

GRID = 31
"""Abscissae of a line on the plane. Between them the transformer's is straight to 0.2 px,
at worst over 140 prompts of 0 to 40 points."""
STEPS_GRID = 4 * (GRID - 1) + 1
"""Of the nearest neighbours' line, which has steps."""
FIT_QUERIES = 64
FLAGSHIP = FlagshipPrior()
Payload = dict[str, Any]


def rounded(values: Tensor, digits: int = 4) -> Any:
    """Numbers for the browser."""
    return torch.round(values.double(), decimals=digits).tolist()


def finite(values: Tensor) -> Tensor:
    """A diverged run leaves the plane; JSON and SVG want a number all the same."""
    return torch.nan_to_num(values.double(), nan=1e6, posinf=1e6, neginf=-1e6).clamp(-1e6, 1e6)


@dataclass(frozen=True)
class Answers:
    """Every method on one prompt.

    at_queries: (q,) by method; following: (k,) by method, each exemplar predicted
    from those before it; weights: (k + 1, d) by linear method, after each prefix;
    states: (layers + 1, 1, q, width) and context_states: (layers + 1, 1, 2k, width),
    the transformer's at the queries and at the exemplars.
    """

    at_queries: dict[str, Tensor]
    following: dict[str, Tensor]
    weights: dict[str, Tensor]
    states: Tensor
    context_states: Tensor


def ask_all(
    screen: Screen, task: Task, queries: Tensor, model: Transformer, prior: NoisePrior
) -> Answers:
    """Put the prompt and the queries (1, q, d) to the transformer and to every method."""
    seen = model.inspect(task.x, task.y, queries)
    at_queries = {"transformer": seen.answers[0].double()}
    following = {"transformer": seen.following[0].double()}
    weights: dict[str, Tensor] = {}
    spec = spectrum(task.x, task.y)
    for method in TEXTBOOK:
        chosen = bayes(prior) if method == "bayes" else rule(screen, method)
        if isinstance(chosen, LinearPredictor):
            weights[method] = finite(_weights_of(chosen, task, spec)[0])
            at_queries[method] = queries[0].double() @ weights[method][-1]
            following[method] = (task.x[0].double() * weights[method][:-1]).sum(-1)
        else:
            at_queries[method] = chosen.predict(task.x, task.y, queries)[0]
            following[method] = chosen.predict_next(task.x, task.y)[0]
    return Answers(at_queries, following, weights, seen.query_states, seen.context_states)


def _weights_of(chosen: LinearPredictor, task: Task, spec: Spectrum) -> Tensor:
    """w after each prefix, (1, k + 1, d), from the shared spectrum where it serves."""
    if isinstance(chosen, SpectralPredictor):
        return chosen.weights_from(spec)
    return chosen.weights(task.x, task.y)


@dataclass(frozen=True)
class Solved:
    """A screen's prompt with every answer to it. axes: the plane's half-widths."""

    screen: Screen
    task: Task
    model: Transformer
    axes: tuple[float, float]
    queries: Tensor
    answers: Answers


@at_the_desk
def solve(screen: Screen, model: Transformer, prior: NoisePrior = FLAGSHIP) -> Solved:
    """One pass of the transformer and of every textbook method over the screen's prompt.

    ``prior`` is what exact Bayes takes for granted: what the model was trained on.
    """
    task = make_task(screen)
    axes = _axes(task)
    if screen.is_plane:
        abscissae = torch.cat([_grid(axes[0], GRID), torch.tensor([screen.query])])
        queries = features(screen, abscissae)[None]
    else:
        queries = fit_queries(screen.d, screen.has_intercept)
    return Solved(screen, task, model, axes, queries, ask_all(screen, task, queries, model, prior))


def answer(screen: Screen, model: Transformer, readouts: LayerReadouts | None) -> Payload:
    """Everything the task pad draws for this screen."""
    return pad_payload(solve(screen, model), readouts)


@at_the_desk
def pad_payload(solved: Solved, readouts: LayerReadouts | None) -> Payload:
    """What the task pad draws."""
    screen, task, answers = solved.screen, solved.task, solved.answers
    if screen.is_plane:
        layers = _layers(screen, task, answers, readouts)
        view = {**_plane(screen, task, answers, solved.axes), "layers": layers}
    else:
        view = {"weights": _weights(solved, readouts)}
    return {
        "screen": _screen(screen, task),
        "plane": screen.is_plane,
        "drawn": screen.points is not None,
        "details": _details(screen, task),
        "errors": _errors(task, answers),
        **view,
    }


def _screen(screen: Screen, task: Task) -> Payload:
    """The visitor's settings as the browser holds them, sampled points included.

    Points drawn by hand go along even while another d hides the plane.
    """
    sampled = torch.stack([task.x[0, :, 0], task.y[0]], dim=1).double().tolist()
    points = sampled if screen.points is None else [list(point) for point in screen.points]
    return {**vars(screen), "points": points, "k": task.x.shape[1]}


# --- the plane ------------------------------------------------------------------


def _axes(task: Task) -> tuple[float, float]:
    """Half-widths of the plane, stepped so that they seldom change."""
    reach_x = float(task.x[..., 0].abs().max()) if task.x.numel() else 0.0
    reach_y = float(task.y.abs().max()) if task.y.numel() else 0.0
    half_x = next((half for half in (3.0, 4.0) if reach_x <= half), X_LIMIT)
    half_y = next((half for half in (4.0, 6.0, 8.0, 12.0) if reach_y <= 0.97 * half), Y_LIMIT)
    return half_x, half_y


def _grid(half_x: float, count: int) -> Tensor:
    return torch.linspace(-half_x, half_x, count)


def _plane(screen: Screen, task: Task, answers: Answers, axes: tuple[float, float]) -> Payload:
    lines = {method: finite(line) for method, line in answers.at_queries.items()}
    steps = features(screen, _grid(axes[0], STEPS_GRID))[None]
    knn = rule(screen, "knn").predict(task.x, task.y, steps)[0]
    return {
        "axes": {"x": axes[0], "y": axes[1]},
        "curves": {method: rounded(line[:-1]) for method, line in lines.items()}
        | {"knn": rounded(finite(knn))},
        "at_query": {method: round(float(line[-1]), 3) for method, line in lines.items()},
        "truth": _truth(screen, task),
        "noise": None if task.clean is None else rounded((task.y - task.clean)[0]),
    }


def _truth(screen: Screen, task: Task) -> list[float] | None:
    if task.w is None:
        return None
    return [float(task.w[0]), float(task.w[1]) if screen.has_intercept else 0.0]


def _layers(
    screen: Screen, task: Task, answers: Answers, readouts: LayerReadouts | None
) -> Payload | None:
    """The line that each layer's readout gives on this prompt."""
    if readouts is None:
        return None
    lines = readouts.read(answers.states)[:, 0, :-1]
    return {
        "curves": rounded(lines, 3),
        **_held_out(screen, task, readouts),
    }


def _held_out(screen: Screen, task: Task, readouts: LayerReadouts) -> Payload:
    """R² of each layer's readout on held-out prompts of this d, after this k."""
    k = task.x.shape[1]
    return {
        "r2": rounded(readouts.r2[:, screen.d - 1, k], 3),
        "bayes_r2": round(float(readouts.bayes_r2[screen.d - 1, k]), 3),
    }


# --- errors as k grows -------------------------------------------------------------


def _errors(task: Task, answers: Answers) -> Payload:
    """Squared error on the next exemplar from those before it, for each k.

    Against the clean answer when the truth is known, else against the point.
    """
    target = (task.y if task.clean is None else task.clean)[0]
    rows = {
        method: [float(f"{error:.4g}") for error in finite((told - target).square()).tolist()]
        for method, told in answers.following.items()
    }
    return {"rows": rows, "clean": task.clean is not None}


# --- weights ------------------------------------------------------------------------


def fit_queries(dim: int, intercept: bool) -> Tensor:
    """Fresh inputs on which a predictor is seen as a linear one: (1, q, d)."""
    queries = torch.randn(1, FIT_QUERIES, dim, generator=generator(7, dim))
    if intercept:
        queries[..., -1] = 1.0
    return queries


def _weights(solved: Solved, readouts: LayerReadouts | None) -> Payload:
    """Each linear method's weights, and the transformer's implicit ones with their R²."""
    screen, task, answers = solved.screen, solved.task, solved.answers
    assert task.w is not None, "only points drawn on the plane have no truth"
    implicit = implicit_weights(solved.queries, answers.at_queries["transformer"][None])
    rows = {"transformer": implicit.w[0]}
    rows |= {method: w[-1] for method, w in answers.weights.items()}
    return {
        "rows": {method: rounded(finite(w)) for method, w in rows.items()},
        "r2": round(float(implicit.r2[0]), 4),
        "truth": rounded(task.w),
        "intercept": screen.has_intercept,
        "layers": _layer_weights(screen, task, answers, solved.queries, readouts),
        "paths": _paths(screen, task, solved.model) if screen.d == 2 else None,
    }


def _layer_weights(
    screen: Screen,
    task: Task,
    answers: Answers,
    queries: Tensor,
    readouts: LayerReadouts | None,
) -> Payload | None:
    """The implicit weights of each layer's readout on this prompt."""
    if readouts is None:
        return None
    read = readouts.read(answers.states)[:, 0]
    fitted = implicit_weights(queries.expand(len(read), -1, -1), read)
    return {"rows": rounded(finite(fitted.w), 3), **_held_out(screen, task, readouts)}


def _paths(screen: Screen, task: Task, model: Transformer) -> Payload:
    """In the plane of w: GD from the origin, and the transformer as k grows."""
    queries = fit_queries(2, intercept=False)[:, :8]
    k = task.x.shape[1]
    after = [seen for seen in range(k + 1) for _ in range(queries.shape[1])]
    predicted = model.predict(task.x, task.y, queries.repeat(1, k + 1, 1), after)
    by_k = implicit_weights(queries.expand(k + 1, -1, -1), predicted.view(k + 1, queries.shape[1]))
    return {
        "gd": rounded(finite(gd(screen.steps, screen.rate).path(task.x, task.y)[0]), 3),
        "transformer": rounded(finite(by_k.w), 3),
    }


# --- words beside the numbers -----------------------------------------------------------


def _details(screen: Screen, task: Task) -> dict[str, str]:
    """What each method's settings come to on this prompt."""
    top = float(torch.linalg.eigvalsh(task.x[0].double().T @ task.x[0].double())[-1])
    default = 0.5 / top if top > 0 else math.inf
    rate = default if screen.rate is None else screen.rate
    if not top > 0:
        said = "no exemplars yet"
    elif screen.rate is None:
        said = f"rate {default:.3g} = 1/(2 λmax)"
    elif rate > 2 * default:
        said = f"rate {rate:.3g} diverges: stable below {2 * default:.3g}"
    else:
        said = f"rate {rate:.3g}, stable below {2 * default:.3g}"
    matched = " = σ²" if screen.lam is None else ""
    return {"gd": said, "ridge": f"λ {matched_lambda(screen):.3g}{matched}"}
