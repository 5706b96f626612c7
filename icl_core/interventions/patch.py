"""Put run B's states into run A and see how far A's answers move to B's."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.interventions.pairs import Pair
from icl_core.metrics import bootstrap_ratios
from icl_core.models.base import EditableModel, Edits
from icl_core.priors import Prior
from icl_core.progress import ProgressCallback, silent

KINDS = ("context x", "context y", "context", "query", "everything")
ROWS = 8
"""Sets of tokens that go through the network together: more would leave the cache."""


# --- patching --------------------------------------------------------------------


@dataclass(frozen=True)
class PatchMap:
    """How far A's answers move to B's when B's states are put into A's run.

    names: the m sets of tokens that were replaced; a, b: (n, q) the answers to A
    and to B; answers: (layers + 1, m, n, q) after the replacement; bayes_a,
    bayes_b: (n, q) and expected: (m, n, q) exact Bayes on A, on B, and on the
    prompt in which just those tokens come from B: what layer 0 should answer.
    """

    names: tuple[str, ...]
    a: Tensor
    b: Tensor
    answers: Tensor
    bayes_a: Tensor
    bayes_b: Tensor
    expected: Tensor

    def share(self) -> Tensor:
        """Share of the move, ⟨answers − A, B − A⟩/‖B − A‖², pooled over n: (layers + 1, m)."""
        return self.intervals(seed=0, draws=1)[0]

    def expected_share(self) -> Tensor | None:
        """The same for exact Bayes, along Bayes' own move: (m,).

        None where it has no move to make: under a law with w fixed it answers A as B.
        """
        if torch.equal(self.bayes_a, self.bayes_b):
            return None
        return shares(self.expected, self.bayes_a, self.bayes_b, seed=0, draws=1)[0]

    def intervals(self, seed: int, draws: int = 1000) -> tuple[Tensor, Tensor, Tensor]:
        """`share` with a 95 % bootstrap interval over the n pairs: value, low, high."""
        return shares(self.answers, self.a, self.b, seed, draws)


def shares(
    answers: Tensor, start: Tensor, goal: Tensor, seed: int, draws: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Share of the way from start to goal, (n, q), that answers (…, n, q) have gone: (…)."""
    wanted = (goal - start).double()
    whole = wanted.square().sum(-1)
    if not bool(whole.sum() > 0):
        raise ValueError("Both ends give the same answers, so there is no move to take a share of.")
    gone = ((answers - start).double() * wanted).sum(-1)
    way = whole.reshape(-1, *[1] * (gone.ndim - 1))
    return bootstrap_ratios(gone.movedim(-1, 0), way, seed=seed, draws=draws)


def token_kinds(pairs: int, queries: int) -> Tensor:
    """Which tokens each of `KINDS` covers: (5, 2 pairs + queries) bool."""
    index = torch.arange(2 * pairs + queries)
    context, even = index < 2 * pairs, index % 2 == 0
    return torch.stack(
        [context & even, context & ~even, context, ~context, torch.ones_like(context)]
    )


def tokens_of(kind: str, pairs: int, queries: int) -> Tensor:
    """The tokens of one of `KINDS`: (2 pairs + queries,) bool."""
    return token_kinds(pairs, queries)[KINDS.index(kind)]


def patch_map(
    model: EditableModel, pair: Pair, prior: Prior, progress: ProgressCallback = silent
) -> PatchMap:
    """Replace each of `KINDS` at each layer. ``prior`` is the one Bayes believes in."""
    pairs, queries = pair.y_a.shape[1], pair.queries.shape[1]
    return _map(model, pair, prior, KINDS, token_kinds(pairs, queries), progress)


def position_map(
    model: EditableModel, pair: Pair, prior: Prior, progress: ProgressCallback = silent
) -> PatchMap:
    """Replace each context token, x1 y1 … xk yk, at each layer. Shares do not add up to 1."""
    pairs, queries = pair.y_a.shape[1], pair.queries.shape[1]
    names = tuple(f"{part}{j + 1}" for j in range(pairs) for part in "xy")
    masks = torch.eye(2 * pairs, 2 * pairs + queries, dtype=torch.bool)
    return _map(model, pair, prior, names, masks, progress)


def _map(
    model: EditableModel,
    pair: Pair,
    prior: Prior,
    names: tuple[str, ...],
    masks: Tensor,
    progress: ProgressCallback,
) -> PatchMap:
    together = max(1, ROWS // len(masks))
    columns = []
    for start in range(0, len(pair.y_a), together):
        some, parts = pair[start : start + together], []
        for first in range(0, len(masks), ROWS):
            parts.append(_patched(model, some, masks[first : first + ROWS]))
            done = min(first + ROWS, len(masks)) / len(masks)
            progress((start + done * len(some.y_a)) / len(pair.y_a))
        a, b = parts[0][:2]
        columns.append((a, b, torch.cat([answers for _, _, answers in parts], dim=1)))
    a, b = (torch.cat([column[i] for column in columns]) for i in (0, 1))
    answers = torch.cat([column[2] for column in columns], dim=2)
    return PatchMap(names, a, b, answers, *_expected(pair, prior, masks))


def _patched(model: EditableModel, pair: Pair, masks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Answers to A (n, q), to B, and with B's states where masks (m, T) say, at each layer.

    One pass: A and B go through the network side by side, and at every layer the
    rows that are patched there set out from where A and B stand.
    """
    n, queries = pair.queries.shape[:2]
    masks = masks.to(model.device)

    def branch(_: int, h: Tensor) -> Tensor:
        patched = torch.where(masks[:, None, :, None], h[n : 2 * n], h[:n])
        return torch.cat([h, patched.flatten(0, 1)])

    answers = model.predict(
        torch.cat([pair.x_a, pair.x_b]),
        torch.cat([pair.y_a, pair.y_b]),
        pair.queries.repeat(2, 1, 1),
        edits=Edits(stream=branch),
    ).cpu()
    layers = model.layers + 1
    return answers[:n], answers[n : 2 * n], answers[2 * n :].view(layers, len(masks), n, queries)


def _expected(pair: Pair, prior: Prior, masks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Exact Bayes on A, on B, and on A with the tokens of masks (m, T) taken from B."""
    pairs = pair.y_a.shape[1]
    rule = prior.bayes()
    from_b = masks[:, None, : 2 * pairs]
    x = torch.where(from_b[..., 0::2, None], pair.x_b, pair.x_a).flatten(0, 1)
    y = torch.where(from_b[..., 1::2], pair.y_b, pair.y_a).flatten(0, 1)
    mixed = rule.predict(x, y, pair.queries.repeat(len(masks), 1, 1))
    return (
        rule.predict(pair.x_a, pair.y_a, pair.queries),
        rule.predict(pair.x_b, pair.y_b, pair.queries),
        mixed.view(len(masks), *pair.queries.shape[:2]),
    )
