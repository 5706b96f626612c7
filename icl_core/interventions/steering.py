"""Write a line into a layer, fairly: with a ceiling, a positive control and a null beside it.

A write moves states along the direction in which they vary with what is written. For a
probe p and the covariance Σ of the states it reads, that is the gain Σpᵀ(pΣpᵀ)⁻¹, the mean
change of the states where the reading is larger by one: the write that is likeliest under
the law of the states. The least change that a probe reads, p⁺, leaves that law by many
standard deviations, and the network hardly follows it even where what is written is surely
used (a y in its own token); so a null of that write says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.interventions.edits import turned
from icl_core.interventions.patch import shares
from icl_core.metrics import Bounds
from icl_core.models.base import EditableModel, Edits
from icl_core.priors import Prior
from icl_core.probes.targets import normalised
from icl_core.prompts import generator

KINDS = (
    "written at y",
    "ceiling: all of B",
    "own y written",
    "random at y",
    "written at the query",
    "ceiling: query of B",
    "random at the query",
)
"""What is done at a layer. A null of the first means something where the ceiling is high and
the positive control, each y written into its own token, is followed."""

COORDINATES = {"line": (1.0, 1.0), "slope": (1.0, 0.0), "offset": (0.0, 1.0)}
"""Which coordinates of a line's slope and offset are written. Of a slope alone, take the first."""

PROMPTS, QUERIES, FIT_SEED = 512, 4, 21


@dataclass(frozen=True)
class Writes:
    """By how much states change, in units of LayerNorm, for one more of what is written.

    Fitted on prompts of one kind of task after k pairs. w: (layers + 1, width, d) at every
    y token alike, through a probe of w; own: (layers + 1, width) at a y token, for its y;
    answer: (layers + 1, width) at the query, for the answer, at a given x.
    """

    w: Tensor
    own: Tensor
    answer: Tensor


def fit_writes(
    model: EditableModel, law: Prior, k: int, maps: Tensor, seed: int, prompts: int = PROMPTS
) -> Writes:
    """Fit on fresh prompts of ``law``, one kind of task, after k pairs.

    maps: (layers + 1, d, width + 1), linear probes of w off the mean of the normalised
    states at the y tokens (`WeightProbes.maps_for`).
    """
    d = maps.shape[1]
    gen = generator(seed, k)
    prompt, queries = law.sample(prompts, k, gen), law.queries(prompts, QUERIES, gen)[..., :d]
    seen = model.inspect(prompt.x[..., :d], prompt.y, queries)
    y_states = normalised(seen.context_states[:, :, 1::2]).double()
    q_states = normalised(seen.query_states).double()
    mean = y_states.mean(2)
    p = maps[..., :-1].double()
    covariance = torch.stack([part.T.cov() for part in mean])
    towards = covariance @ p.mT
    w = towards @ torch.linalg.pinv(p @ towards)
    y = prompt.y.double()[..., None]
    own = torch.stack([_slopes(states, y)[0] for states in y_states])
    beside = torch.cat([seen.answers.double()[..., None], queries.double()], dim=-1)
    answer = torch.stack([_slopes(states, beside)[0] for states in q_states])
    return Writes(w.float(), own.float(), answer.float())


def writes_for(
    model: EditableModel, law: Prior, x: Tensor, maps: Tensor, seed: int = FIT_SEED
) -> Writes:
    """The writes for prompts x (n, k, d): those of the law's tasks of this kind and length."""
    k, d = x.shape[1:]
    constant = d > 1 and bool((x[..., -1] == 1).all())
    kind = law.given(d, constant) if len(law.cells) > 1 else law
    return fit_writes(model, kind, k, maps, seed)


def _slopes(states: Tensor, inputs: Tensor) -> Tensor:
    """Least squares with an offset: of states (n, t, width) in inputs (n, t, m), (m, width)."""
    flat, told = inputs.flatten(0, 1), states.flatten(0, 1)
    centred = flat - flat.mean(0)
    return torch.linalg.lstsq(centred, told - told.mean(0), driver="gelsd").solution


@dataclass(frozen=True)
class SteerCurve:
    """Answers after a change of w was written at each layer.

    a, b: (n, q) the model's answers to the prompts A, and to B: the same x with every y
    moved by what the change moves it; answers: (layers + 1, kinds, n, q) in the order of
    `KINDS`; moved: (layers + 1, n), how far the y tokens' states were moved, as a share
    of their size.
    """

    a: Tensor
    b: Tensor
    answers: Tensor
    moved: Tensor

    def share(self) -> Tensor:
        """Share of the move from A's answers to B's, pooled over n: (layers + 1, kinds)."""
        return self.intervals(seed=0, draws=1)[0]

    def intervals(self, seed: int, draws: int = 1000) -> Bounds[Tensor]:
        """`share` with a 95 % bootstrap interval over the n prompts: value, low, high."""
        return shares(self.answers, self.a, self.b, seed, draws)


def steer_curve(
    model: EditableModel,
    x: Tensor,
    y: Tensor,
    queries: Tensor,
    change: Tensor,
    writes: Writes,
    seed: int,
) -> SteerCurve:
    """Write ``change`` (n, d) of w at each layer in turn, in each of `KINDS`.

    x: (n, k, d), y: (n, k), queries: (n, q, d), k >= 1. One pass: A and B go through the
    network side by side, and at every layer the rows that are changed there set out.
    ``seed`` is that of the random directions. ValueError for no exemplar.
    """
    n, k = y.shape
    if k < 1:
        raise ValueError("Steering needs at least one exemplar.")
    y_b = y + torch.einsum("nkd,nd->nk", x, change)
    told = model.predict(x.repeat(2, 1, 1), torch.cat([y, y_b]), queries.repeat(2, 1, 1))
    answered, own = told[n:] - told[:n], y_b - y
    gen, moved = generator(seed), []

    def branch(layer: int, h: Tensor) -> Tensor:
        a, b = h[:n], h[n : 2 * n]
        at_y = torch.einsum("wd,nd->nw", writes.w[layer], change)[:, None].expand(-1, k, -1)
        at_q = answered[..., None] * writes.answer[layer]
        rows = [
            _shifted(a, at_y, queries=False),
            torch.cat([b[:, : 2 * k], a[:, 2 * k :]], dim=1),
            _shifted(a, own[..., None] * writes.own[layer], queries=False),
            _shifted(a, turned(at_y, gen), queries=False),
            _shifted(a, at_q, queries=True),
            torch.cat([a[:, : 2 * k], b[:, 2 * k :]], dim=1),
            _shifted(a, turned(at_q, gen), queries=True),
        ]
        moved.append(torch.linalg.vector_norm(at_y, dim=-1).mean(-1) / a.shape[-1] ** 0.5)
        return torch.cat([h, *rows])

    answers = model.predict(
        x.repeat(2, 1, 1),
        torch.cat([y, y_b]),
        queries.repeat(2, 1, 1),
        edits=Edits(stream=branch),
    )
    return SteerCurve(
        told[:n],
        told[n:],
        answers[2 * n :].view(model.layers + 1, len(KINDS), n, -1),
        torch.stack(moved),
    )


def _shifted(h: Tensor, shift: Tensor, *, queries: bool) -> Tensor:
    """States h (n, 2k + q, width) with the y tokens' or the queries' moved.

    shift: (n, k or q, width) in units of LayerNorm: what a layer reads moves by just this,
    before it is brought to one size again.
    """
    tokens = h.shape[1] - shift.shape[1] if queries else 1
    where = slice(tokens, None) if queries else slice(1, 2 * shift.shape[1], 2)
    new = h.clone()
    size = h[:, where].std(-1, correction=0, keepdim=True)
    new[:, where] += size * shift
    return new
