"""The numbers of the board of heads: who pairs, and the line without them or with B's x."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from icl_core.interventions.heads import head_outputs, replace_heads, without_each_head
from icl_core.interventions.pairing import pairing_scores
from icl_core.interventions.patch import tokens_of
from icl_core.models.base import NO_EDITS, EditableModel, Edits
from ui.answers.payload import rounded
from ui.answers.solve import Payload, Solved, finite
from ui.answers.task import make_task
from ui.inside import words
from ui.inside.settings import Inside, heads_in
from ui.visitor.methods import NETWORK, styles
from ui.work.compute_thread import on_compute_thread

FEW = 8
"""Queries at which each head alone is taken out: all of them would hold up a class."""


class Line(NamedTuple):
    """One line of the board: the answers at the queries, and whose style it has."""

    name: str
    label: str
    style: str
    answers: Tensor

    def drawn(self) -> Payload:
        """As the browser draws it."""
        look = {"name": self.name, "label": self.label, "y": rounded(self.answers)}
        return {**styles()[self.style], **look}


def as_it_is(solved: Solved) -> Payload:
    """The line of the network to which nothing is done, over the plane."""
    return _intact(solved, solved.queries[:, :-1]).drawn()


def _intact(solved: Solved, queries: Tensor) -> Line:
    answers = finite(solved.network.at_queries[: queries.shape[1]])
    return Line("intact", "the network as it is", "truth", answers)


@on_compute_thread
def board(solved: Solved, model: EditableModel, inside: Inside, *, moving: bool) -> Payload:
    """Everything the board shows of a prompt of k >= 1 pairs.

    While a point is ``moving``, only what follows the finger: no head alone is taken out.
    """
    task = solved.task
    chosen = chosen_heads(model, inside.heads)
    lines, said, mixed = _lines(solved, model, inside, chosen)
    drawn = [line.drawn() for line in lines]
    plane = solved.screen.is_plane
    return {
        "score": rounded(pairing_scores(model.trace(task.x, task.y).attention)[:, 0], 3),
        "alone": None if moving else rounded(_moved_alone(solved, model), 3),
        "heads": inside.heads,
        "heads_do": inside.heads_do,
        "acts": words.HEAD_ACTS,
        "how": words.HEAD_HOW[inside.heads_do].format(seed=inside.other),
        "said": said,
        "axes": list(solved.axes) if plane else None,
        "points": _points(task.x, task.y) if plane else [],
        "mixed": _points(mixed, task.y) if plane and mixed is not None else None,
        "lines": drawn if plane else [],
    }


def chosen_heads(model: EditableModel, heads: str) -> Tensor:
    """The heads of a link that this model has: (blocks, heads) bool."""
    chosen = torch.zeros(model.layers, model.heads, dtype=torch.bool)
    for layer, head in heads_in(heads):
        if layer <= model.layers and head <= model.heads:
            chosen[layer - 1, head - 1] = True
    return chosen


def _lines(
    solved: Solved, model: EditableModel, inside: Inside, chosen: Tensor
) -> tuple[list[Line], str, Tensor | None]:
    """The lines, a sentence about them, and B's x where they are swapped in."""
    queries = solved.queries[:, :-1] if solved.screen.is_plane else solved.queries
    lines = [_intact(solved, queries)]
    intact = lines[0].answers
    if not bool(chosen.any()):
        return lines, words.NO_HEAD, None
    if inside.heads_do == "off":
        after = without(solved, model, queries, chosen)
        lines.append(Line("after", "with these heads off", NETWORK, after))
        return lines, _said_of_off(intact, after), None
    x_b = other_x(solved, inside.other)
    after, target, null = _swapped(solved, model, queries, chosen, x_b)
    lines += [
        Line("target", "what the mixed pairs ask for", "gd", target),
        Line("after", "with B's x in these heads alone", NETWORK, after),
    ]
    return lines, _said_of_swap(intact, after, target, null), x_b


def without(solved: Solved, model: EditableModel, queries: Tensor, chosen: Tensor) -> Tensor:
    """The answers (q,) without the heads of ``chosen`` (blocks, heads) bool."""
    task = solved.task
    edits = heads_off(model, chosen, task.y.shape[1] * 2 + queries.shape[1])
    return finite(model.predict(task.x, task.y, queries, edits=edits)[0])


def heads_off(model: EditableModel, chosen: Tensor, tokens: int) -> Edits:
    """What heads gather is nothing at any of so many tokens; chosen: (blocks, heads) bool."""
    return replace_heads(chosen, torch.ones(tokens, dtype=torch.bool), _nothing(model))


def edits_of(solved: Solved, model: EditableModel, inside: Inside) -> Edits:
    """What is done to the chosen heads, on the pairs and all queries of an answer."""
    chosen, pairs = chosen_heads(model, inside.heads), solved.task.y.shape[1]
    asked = solved.queries.shape[1]
    if not bool(chosen.any()):
        return NO_EDITS
    if inside.heads_do == "off":
        return heads_off(model, chosen, 2 * pairs + asked)
    x_b = other_x(solved, inside.other)
    mixed = head_outputs(model, x_b, solved.task.y, solved.queries)
    return replace_heads(chosen, tokens_of("context y", pairs, asked), mixed.heads)


def other_x(solved: Solved, seed: int) -> Tensor:
    """As many x of another task of this kind: (1, k, d)."""
    k = solved.task.x.shape[1]
    return make_task(replace(solved.screen, points=None, line=None, k=k, seed=seed)).x


def _swapped(
    solved: Solved, model: EditableModel, queries: Tensor, chosen: Tensor, x_b: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """After the swap, what the mixed pairs ask for, and after it in other heads of the layers."""
    task, pairs = solved.task, solved.task.y.shape[1]
    mixed = head_outputs(model, x_b, task.y, queries)
    y_tokens = tokens_of("context y", pairs, queries.shape[1])
    others = chosen.any(1, keepdim=True) & ~chosen
    edits = replace_heads(torch.stack([chosen, others], dim=1), y_tokens, mixed.heads)
    twice = [part.expand(2, *part.shape[1:]) for part in (task.x, task.y, queries)]
    after = model.predict(twice[0], twice[1], twice[2], edits=edits)
    return finite(after[0]), finite(mixed.answers[0]), finite(after[1])


def _moved_alone(solved: Solved, model: EditableModel) -> Tensor:
    """How far the answers move, rms over a few queries, without each head: (blocks, heads)."""
    task = solved.task
    queries = solved.queries[:, :: max(1, solved.queries.shape[1] // FEW)]
    whole, without = without_each_head(model, task.x, task.y, queries, _nothing(model))
    return finite((without - whole)[:, :, 0].square().mean(-1).sqrt())


def _nothing(model: EditableModel) -> Tensor:
    """What a head that is off gathers, at any token of any prompt."""
    return torch.zeros(model.layers, 1, 1, model.heads, model.width // model.heads)


def _rms(values: Tensor) -> float:
    return float(values.square().mean().sqrt())


def _said_of_off(intact: Tensor, after: Tensor) -> str:
    return words.HEADS_OFF.format(moved=_rms(after - intact), size=_rms(intact))


def share_of(before: Tensor, after: Tensor, target: Tensor) -> float | None:
    """Share of the way from before to target that after has gone; None where there is no way."""
    way = target - before
    length = float(way.square().sum())
    return float(((after - before) * way).sum()) / length if length > 1e-9 else None


def _said_of_swap(intact: Tensor, after: Tensor, target: Tensor, null: Tensor) -> str:
    share, other = share_of(intact, after, target), share_of(intact, null, target)
    if share is None or other is None:
        return words.NO_WAY
    return words.HEADS_SWAPPED.format(share=100 * share, null=100 * other).replace("-", "−")


def _points(x: Tensor, y: Tensor) -> list[list[float]]:
    pairs: list[list[float]] = rounded(torch.stack([x[0, :, 0], y[0]], dim=1))
    return pairs
