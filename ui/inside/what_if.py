"""The numbers of the two what-ifs on the visitor's prompt, and the stored ones beside them."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from icl_core.interventions.what_if import (
    BlendCurve,
    ExemplarCurve,
    blend_curve,
    exemplar_curve,
    hat_entries,
)
from icl_core.models.base import EditableModel
from ui.inside import what_if_words as words
from ui.inside.numbers import pair_of
from ui.inside.settings import Inside
from ui.visitor.screen import Screen
from ui.work.compute_thread import on_compute_thread

SEED = 6
"""Of the random directions."""


class Mixed(NamedTuple):
    """The query between two tasks: x (q,), and curves over some α and at the visitor's own."""

    x: Tensor
    over: BlendCurve
    here: BlendCurve

    def asked(self, alpha: float) -> Tensor:
        """The line that α asks for: (q,)."""
        return alpha * self.here.a[0] + (1 - alpha) * self.here.b[0]


@on_compute_thread
def mixed(model: EditableModel, screen: Screen, inside: Inside) -> Mixed:
    """The query's state between the visitor's prompt and task B, at every layer in turn."""
    pair = pair_of(screen, inside.other)
    over = blend_curve(model, pair, SEED)
    here = blend_curve(model, pair, SEED, (inside.alpha,))
    return Mixed(pair.queries[0, :, 0], over, here)


class Changed(NamedTuple):
    """One y changed inside each layer: x (q,), the answers, and what ridge foretells, (q,)."""

    x: Tensor
    curve: ExemplarCurve
    foretold: Tensor


@on_compute_thread
def changed(model: EditableModel, screen: Screen, inside: Inside) -> Changed:
    """The visitor's prompt with one y changed inside every layer in turn."""
    pair, t = pair_of(screen, inside.other), inside.exemplar - 1
    change = torch.tensor([inside.y_change])
    curve = exemplar_curve(model, pair.x_a, pair.y_a, pair.queries, torch.tensor([t]), change, SEED)
    hat = hat_entries(pair.x_a, pair.queries, max(screen.sigma, LEAST_SIGMA) ** 2)
    return Changed(pair.queries[0, :, 0], curve, curve.a[0] + inside.y_change * hat[0, :, t])


LEAST_SIGMA = 1e-3
"""Stands for no noise: two equal x would leave ridge without an answer."""


def said_of_mixed(found: Mixed, layer: int) -> str:
    """How nearly the answers turn in proportion to α, beside a random direction."""
    try:
        r2 = found.over.r2(seed=0, draws=1)[0][layer]
    except ValueError:
        return words.NO_MOVE
    told = words.BLEND_SAID.format(where=where(layer), r2=float(r2[0]), null=float(r2[1]))
    return told.replace("-", "−")


def said_of_changed(found: Changed, layer: int) -> str:
    """How nearly the answers move as ridge's hat matrix says, beside a random direction."""
    try:
        r2 = found.curve.r2(found.foretold - found.curve.a, seed=0, draws=1)[0]
    except ValueError:
        return words.NO_MOVE
    told = words.EXEMPLAR_SAID.format(
        where=where(layer),
        r2=float(r2[layer, 0]),
        null=float(r2[layer, 1]),
        whole=float(r2[0, 0]),
    )
    return told.replace("-", "−")


def where(layer: int) -> str:
    """A layer in a sentence."""
    return "the input" if layer == 0 else f"layer {layer}"


def row_of(table: dict[str, Any], screen: Screen, name: str) -> dict[str, Any] | None:
    """The stored row for tasks of this kind; None for a network that has none."""
    for row in table["members"]:
        kind = (row["network"], row["dim"], row["intercept"])
        if kind == (name, screen.d, screen.has_intercept):
            found: dict[str, Any] = row
            return found
    return None


Curves = dict[str, Tensor]
"""R² by layer with its interval, (layers + 1, 3), by what was changed."""


def stored_blend(row: dict[str, Any]) -> Curves:
    """The mixture and its null."""
    told = torch.tensor(row["blend"])
    return {"mixed": told[:, 0], "random direction": told[:, 1]}


def stored_exemplar(row: dict[str, Any]) -> Curves:
    """The changed y, its null, and the next pair's entry in place of its own."""
    told, beside = torch.tensor(row["exemplar"]), torch.tensor(row["neighbour"])
    return {
        "changed": told[:, 0],
        "random direction": told[:, 1],
        "entry of the next pair": beside[:, 0],
    }


def said_of_stored(table: dict[str, Any], row: dict[str, Any], curves: Curves, layer: int) -> str:
    """The stored figures at a layer, with what they rest on."""
    figures = "; ".join(
        "{} {:.2f} [{:.2f}, {:.2f}]".format(name, *curve[layer].tolist())
        for name, curve in curves.items()
    ).replace("-", "−")
    return words.STORED.format(
        prompts=table["prompts"],
        k=row["k"],
        command=table["command"],
        seed=table["seed"],
        figures=f"R² at {where(layer)}: {figures}",
    )
