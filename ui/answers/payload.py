"""Answers as the small dictionary of rounded lists that the pad draws; nothing is computed here."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from icl_core.models.base import InContextModel
from icl_core.probes.readouts import LayerReadouts
from ui.answers.range_words import out_of_range
from ui.answers.snippet import python_snippet
from ui.answers.solve import Answer, Payload, Solved, finite, solve
from ui.visitor import methods
from ui.visitor.methods import Method
from ui.visitor.screen import Screen
from ui.visitor.styles import TRUTH, Style


def rounded(values: Tensor, digits: int = 4) -> Any:
    """Numbers for the browser, which knows no NaN."""
    # NumPy, since on a page's own thread PyTorch would let go of the interpreter each time.
    return values.double().numpy().round(digits).tolist()


def answer(screen: Screen, model: InContextModel, readouts: LayerReadouts | None) -> Payload:
    """Everything the task pad draws for this screen."""
    return pad_payload(solve(screen, model, readouts=readouts))


def pad_payload(solved: Solved, out: Collection[str] = ()) -> Payload:
    """What the task pad draws, without the methods and parts that are left ``out``."""
    return {
        "screen": _screen(solved),
        "plane": solved.screen.is_plane,
        "drawn": solved.screen.points is not None,
        "used": _used(solved, out),
        "details": {name: said for name, said in solved.details.items() if name not in out},
        "python": "" if "python" in out else python_snippet(solved.screen),
        "errors": _errors(solved, out),
        "beyond": None if methods.NETWORK in out else out_of_range(solved.finding, solved.expected),
        **(_plane(solved, out) if solved.screen.is_plane else {"weights": _weights(solved, out)}),
    }


def look_of(
    out: Collection[str] = (), who: Sequence[Method] | None = None, truth: Style = TRUTH
) -> Payload:
    """How all of it is drawn, and what can be set: a table of methods, in their order.

    who: a page's own methods in place of those of every page.
    """
    known = methods.all_methods() if who is None else who
    return {
        "methods": [method.row() for method in known if method.id not in out],
        "network": methods.NETWORK,
        "truth": vars(truth),
    }


def truth_style(solved: Solved) -> Style:
    """The style of the truth behind a prompt, which is called a line where it is one."""
    is_curve = solved.truth is not None and solved.task.weights is None
    return replace(TRUTH, label="True curve") if is_curve else TRUTH


def _used(solved: Solved, out: Collection[str]) -> Payload:
    """Settings as they are used, of the methods that are not left out."""
    shown = (method for method in methods.all_methods() if method.id not in out)
    names = {setting.id for method in shown for setting in method.settings}
    return {name: value for name, value in solved.used.items() if name in names}


def _screen(solved: Solved) -> Payload:
    """The visitor's settings as the browser holds them, sampled points included.

    Points drawn by hand go along even while another d hides the plane.
    """
    screen, task = solved.screen, solved.task
    held = {name: value for name, value in vars(screen).items() if name != "settings"}
    sampled = torch.stack([task.x[0, :, 0], task.y[0]], dim=1).double().tolist()
    points = sampled if screen.points is None else [list(point) for point in screen.points]
    return {**held, **screen.settings, "points": points, "k": task.x.shape[1]}


def _plane(solved: Solved, out: Collection[str]) -> Payload:
    answers = {name: told for name, told in solved.answers.items() if name not in out}
    clean = solved.task.clean
    return {
        "axes": {"x": solved.axes[0], "y": solved.axes[1]},
        "curves": {
            name: _or_gaps(rounded(told.at_queries[:-1] if told.fine is None else told.fine))
            for name, told in answers.items()
        },
        "at_query": dict(
            zip(answers, _or_gaps([_at_query(told) for told in answers.values()]), strict=True)
        ),
        "truth": None if "line" in out else _truth(solved),
        "noise": None if clean is None else rounded((solved.task.y - clean)[0]),
        "layers": _layers(solved, out, "curves"),
    }


def _at_query(told: Answer) -> float:
    return round(float(told.at_queries[-1]), 3)


def _or_gaps(values: list[float]) -> list[float | None]:
    """None where there is no answer."""
    return [None if math.isnan(value) else value for value in values]


def _truth(solved: Solved) -> Payload | None:
    """The truth over the plane, and where it is a line, its slope and offset, to hold it by."""
    if solved.truth is None:
        return None
    w = solved.task.weights
    line = None if w is None else [float(w[0]), float(w[1]) if len(w) > 1 else 0.0]
    return {"curve": rounded(solved.truth), "line": line}


def _layers(solved: Solved, out: Collection[str], what: str) -> Payload | None:
    """What each layer's readout answers, as "curves" over the plane or as "rows" of weights."""
    layers = solved.layers
    if layers is None or {"layers", methods.NETWORK} & set(out):
        return None
    told = layers.read[:, :-1] if layers.w is None else layers.w
    return {
        what: rounded(finite(told), 3),
        "r2": rounded(layers.r2, 3),
        "bayes_r2": round(layers.bayes_r2, 3),
    }


def _errors(solved: Solved, out: Collection[str]) -> Payload:
    """Squared error on the next exemplar from those before it, for each k.

    Against the clean answer when the truth is known, else against the point.
    """
    clean = solved.task.clean
    target = (solved.task.y if clean is None else clean)[0].double()
    rows = {
        name: [
            float(f"{error:.4g}") for error in finite((told.following - target).square()).tolist()
        ]
        for name, told in solved.answers.items()
        if name not in out
    }
    return {"rows": rows, "clean": clean is not None}


def _weights(solved: Solved, out: Collection[str]) -> Payload:
    """What each method holds as a linear model, and how well that says what a network does."""
    answers = {name: told for name, told in solved.answers.items() if name not in out}
    truth = solved.task.weights
    fits = {name: told.fit for name, told in answers.items() if told.fit is not None}
    paths = {name: told.path for name, told in answers.items() if told.path is not None}
    return {
        "prompt": {"x": rounded(solved.task.x[0], 2), "y": rounded(solved.task.y[0], 2)},
        "rows": {name: rounded(told.w) for name, told in answers.items() if told.w is not None},
        "fits": {name: round(fit, 4) for name, fit in fits.items()},
        "truth": None if truth is None else rounded(truth),
        "intercept": solved.screen.has_intercept,
        "layers": _layers(solved, out, "rows"),
        "paths": {name: rounded(path, 3) for name, path in paths.items()} or None,
    }
