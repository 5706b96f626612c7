"""The numeric path behind a drag: one pass of the network, one eigendecomposition for all rules.

Nothing here is cached: it is what moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from icl_core.metrics import implicit_weights
from icl_core.models.base import EditableModel, InContextModel, InspectableModel
from icl_core.predictors import gd
from icl_core.predictors.base import LinearPredictor, SpectralPredictor
from icl_core.predictors.spectrum import Spectrum, spectrum
from icl_core.priors import FlagshipPrior, Prior
from icl_core.prompts import generator
from ui.answers.rules import rule
from ui.answers.task import Task, features, make_task
from ui.visitor.screen import X_LIMIT, Y_LIMIT, Screen
from ui.visitor.styles import TEXTBOOK
from ui.work.compute_thread import on_compute_thread

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
    screen: Screen, task: Task, queries: Tensor, model: InContextModel, prior: Prior
) -> Answers:
    """Put the prompt and the queries (1, q, d) to the transformer and to every method."""
    assert isinstance(model, InspectableModel)
    seen = model.inspect(task.x, task.y, queries)
    at_queries = {"transformer": seen.answers[0].double()}
    following = {"transformer": seen.following[0].double()}
    weights: dict[str, Tensor] = {}
    spec = spectrum(task.x, task.y)
    for method in TEXTBOOK:
        chosen = prior.bayes() if method == "bayes" else rule(screen, method)
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
    model: InContextModel
    axes: tuple[float, float]
    queries: Tensor
    answers: Answers


@on_compute_thread
def solve(screen: Screen, model: InContextModel, prior: Prior = FLAGSHIP) -> Solved:
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


# --- weights ------------------------------------------------------------------------


def fit_queries(dim: int, intercept: bool) -> Tensor:
    """Fresh inputs on which a predictor is seen as a linear one: (1, q, d)."""
    queries = torch.randn(1, FIT_QUERIES, dim, generator=generator(7, dim))
    if intercept:
        queries[..., -1] = 1.0
    return queries


def _paths(screen: Screen, task: Task, model: InContextModel) -> Payload:
    """In the plane of w: GD from the origin, and the transformer as k grows."""
    assert isinstance(model, EditableModel)
    queries = fit_queries(2, intercept=False)[:, :8]
    k = task.x.shape[1]
    after = [seen for seen in range(k + 1) for _ in range(queries.shape[1])]
    predicted = model.predict(task.x, task.y, queries.repeat(1, k + 1, 1), after)
    by_k = implicit_weights(queries.expand(k + 1, -1, -1), predicted.view(k + 1, queries.shape[1]))
    return {
        "gd": rounded(finite(gd(screen.steps, screen.rate).path(task.x, task.y)[0]), 3),
        "transformer": rounded(finite(by_k.w), 3),
    }
