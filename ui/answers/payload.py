"""Answers as the small dictionary of rounded lists that the pad draws."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from icl_core.metrics import implicit_weights
from icl_core.models.base import InContextModel
from icl_core.probes.readouts import LayerReadouts
from ui.answers.rules import matched_lambda, rule
from ui.answers.solve import (
    STEPS_GRID,
    Answers,
    Payload,
    Solved,
    _grid,
    _paths,
    finite,
    rounded,
    solve,
)
from ui.answers.task import Task, features
from ui.visitor.screen import Screen
from ui.work.compute_thread import on_compute_thread


def answer(screen: Screen, model: InContextModel, readouts: LayerReadouts | None) -> Payload:
    """Everything the task pad draws for this screen."""
    return pad_payload(solve(screen, model), readouts)


@on_compute_thread
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
    if task.weights is None:
        return None
    return [float(task.weights[0]), float(task.weights[1]) if screen.has_intercept else 0.0]


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


def _weights(solved: Solved, readouts: LayerReadouts | None) -> Payload:
    """Each linear method's weights, and the transformer's implicit ones with their R²."""
    screen, task, answers = solved.screen, solved.task, solved.answers
    implicit = implicit_weights(solved.queries, answers.at_queries["transformer"][None])
    rows = {"transformer": implicit.w[0]}
    rows |= {method: w[-1] for method, w in answers.weights.items()}
    return {
        "rows": {method: rounded(finite(w)) for method, w in rows.items()},
        "r2": round(float(implicit.r2[0]), 4),
        "truth": None if task.weights is None else rounded(task.weights),
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
