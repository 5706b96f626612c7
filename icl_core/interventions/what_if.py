"""What if one layer held another task in part, or another y: changes whose outcome is foretold.

Task arithmetic: at the query a state between those of two prompts, αh_A + (1 − α)h_B, where
the answer must turn from B's to A's in proportion to α (task vectors: Hendel et al., 2023;
their arithmetic: Ilharco et al., 2023, on weights). A counterfactual exemplar: at one y token
the state that another y would have given, where ridge says by how much each answer must
change: the entry of its hat matrix (Hoaglin and Welsch, 1978).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.interventions.edits import turned
from icl_core.interventions.pairs import Pair
from icl_core.metrics import Bounds, bootstrap_ratios
from icl_core.models.base import EditableModel, Edits
from icl_core.prompts import generator

ALPHAS = (0.0, 0.25, 0.5, 0.75)
"""Shares of A's state. At 1 nothing is changed."""
KINDS = ("changed", "random")
"""The change that is meant, and one in a random direction that is as long."""


@dataclass(frozen=True)
class BlendCurve:
    """Answers after the query's state was mixed at each layer.

    a, b: (n, q) the answers to A and B; answers: (layers + 1, kinds, alphas, n, q), in the
    order of `KINDS` and of ``alphas``.
    """

    alphas: tuple[float, ...]
    a: Tensor
    b: Tensor
    answers: Tensor

    def r2(self, seed: int, draws: int = 1000) -> Bounds[Tensor]:
        """How nearly the answers are αŷ_A + (1 − α)ŷ_B: (layers + 1, kinds), with intervals.

        1 − ‖ŷ − that‖²/‖(1 − α)(ŷ_B − ŷ_A)‖² over all α, queries and prompts: 0 where the
        answers stay A's. ValueError where A and B are answered alike.
        """
        shares = 1 - torch.tensor(self.alphas).double()[:, None, None]
        wanted = shares * (self.b - self.a).double()
        return explained((self.answers - self.a).double(), wanted, seed, draws)


def blend_curve(
    model: EditableModel, pair: Pair, seed: int, alphas: tuple[float, ...] = ALPHAS
) -> BlendCurve:
    """Mix the query's states of the runs of A and B at each layer in turn.

    One pass: A and B go through the network side by side, and at every layer the rows that
    are changed there set out. ``seed`` is that of the random directions.
    """
    (n, k), q = pair.y_a.shape, pair.queries.shape[1]
    shares, gen = 1 - torch.tensor(alphas), generator(seed)

    def branch(_: int, h: Tensor) -> Tensor:
        a, towards = h[:n], h[n : 2 * n, 2 * k :] - h[:n, 2 * k :]
        moves = shares[:, None, None, None] * torch.stack([towards, turned(towards, gen)])[:, None]
        rows = a.expand(2, len(alphas), -1, -1, -1).clone()
        rows[:, :, :, 2 * k :] += moves
        return torch.cat([h, rows.flatten(0, 2)])

    told = model.predict(
        torch.cat([pair.x_a, pair.x_b]),
        torch.cat([pair.y_a, pair.y_b]),
        pair.queries.repeat(2, 1, 1),
        edits=Edits(stream=branch),
    )
    answers = told[2 * n :].view(model.layers + 1, len(KINDS), len(alphas), n, q)
    return BlendCurve(alphas, told[:n], told[n : 2 * n], answers)


@dataclass(frozen=True)
class ExemplarCurve:
    """Answers after one y was changed inside each layer.

    a: (n, q) the answers before, b: those to the prompt with that y changed; answers:
    (layers + 1, kinds, n, q) in the order of `KINDS`.
    """

    a: Tensor
    b: Tensor
    answers: Tensor

    def r2(self, expected: Tensor, seed: int, draws: int = 1000) -> Bounds[Tensor]:
        """How nearly the answers move as ``expected`` (n, q): (layers + 1, kinds), intervals.

        1 − ‖ŷ − ŷ_A − expected‖²/‖expected‖²: 0 where they do not move.
        """
        return explained((self.answers - self.a).double(), expected.double(), seed, draws)


def exemplar_curve(
    model: EditableModel,
    x: Tensor,
    y: Tensor,
    queries: Tensor,
    which: Tensor,
    change: Tensor,
    seed: int,
) -> ExemplarCurve:
    """Let the y token of exemplar ``which`` (n,) hold another y at each layer in turn.

    x: (n, k, d), y: (n, k), queries: (n, q, d); change: (n,), what is added to that y. Its
    token's state is that of the run with the other y; all other tokens stay, and go on from
    there. ValueError where there is no such exemplar.
    """
    n, k = y.shape
    if not n or bool(((which < 0) | (which >= k)).any()):
        raise ValueError(f"There are exemplars 0 to {k - 1} to be changed.")
    rows, at = torch.arange(n), 2 * which + 1
    other = y.clone()
    other[rows, which] += change
    gen = generator(seed)

    def branch(_: int, h: Tensor) -> Tensor:
        a, towards = h[:n], (h[n : 2 * n] - h[:n])[rows, at][:, None]
        changed = a.expand(2, -1, -1, -1).clone()
        changed[:, rows, at] += torch.stack([towards, turned(towards, gen)])[:, :, 0]
        return torch.cat([h, changed.flatten(0, 1)])

    told = model.predict(
        x.repeat(2, 1, 1),
        torch.cat([y, other]),
        queries.repeat(2, 1, 1),
        edits=Edits(stream=branch),
    )
    answers = told[2 * n :].view(model.layers + 1, len(KINDS), n, -1)
    return ExemplarCurve(told[:n], told[n : 2 * n], answers)


def hat_entries(x: Tensor, queries: Tensor, lam: float) -> Tensor:
    """∂ŷ_q/∂y_t of ridge, x_qᵀ(XᵀX + λI)⁻¹x_t: x (n, k, d), queries (n, q, d) -> (n, q, k).

    float64. With λ = σ²/τ² it is that of the posterior mean where σ is known.
    """
    xs, qs = x.double(), queries.double()
    gram = xs.mT @ xs + lam * torch.eye(xs.shape[-1], dtype=torch.float64)
    return qs @ torch.linalg.solve(gram, xs.mT)


def explained(moved: Tensor, wanted: Tensor, seed: int, draws: int) -> Bounds[Tensor]:
    """1 − ‖moved − wanted‖²/‖wanted‖² about zero, over prompts, with intervals.

    moved: (layers + 1, kinds, …, n, q); wanted: (…, n, q).
    """
    extra = tuple(range(2, moved.ndim - 2))

    def pooled(part: Tensor, over: tuple[int, ...]) -> Tensor:
        each = part.square().sum(-1)
        return (each.sum(over) if over else each).movedim(-1, 0)

    whole = pooled(wanted, tuple(range(wanted.ndim - 2)))
    if not bool(whole.sum() > 0):
        raise ValueError("No change is asked for, so there is nothing to explain.")
    left = pooled(moved - wanted, extra)
    value, low, high = bootstrap_ratios(left, whole[:, None, None], seed=seed, draws=draws)
    return 1 - value, 1 - high, 1 - low
