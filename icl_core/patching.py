"""Causal tests: patch, ablate, steer.

A probe tells what can be *read* off the hidden states; these tell what is
*used*. Each makes an `Edits` for `Transformer.predict`, and a study below runs
many of them in one batch:

- `patch_map`, `position_map`: put run B's states into run A (activation
  patching; Vig et al., 2020; Meng et al., 2022) and see how far A's answers
  move to B's;
- `ablation_map`: take a head or an MLP out and see how the error changes;
- `steer_curve`: write weights of our choice through a probe and see whether the
  answers follow.

Tokens are numbered x1 y1 … xk yk and then the queries. Layer 0 is the
embedding, layer l the residual stream after l blocks; block b leads from layer b
to layer b + 1. An edit made at the last layer can still act on the queries only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from typing import NamedTuple

import torch
from torch import Tensor, nn

from icl_core import predictors
from icl_core.arrays import as_prompt
from icl_core.metrics import bootstrap_mean, bootstrap_ratios, squared_error
from icl_core.predictors import NoisePrior
from icl_core.tasks import FlagshipPrior, PlainPrior, generator
from icl_core.transformer import Edit, Edits, Transformer, TransformerConfig

KINDS = ("context x", "context y", "context", "query", "everything")
ROWS = 8
"""Sets of tokens that go through the network together: more would leave the cache."""

Progress = Callable[[float], None]
"""Told the share of a study that is done, from 0 to 1; may raise to stop it."""


def _silent(_: float) -> None:
    """No progress is wanted."""


# --- prompts in pairs -----------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """Prompts A and B, n of each, and the queries that both are asked.

    x_a, x_b: (n, k, d), y_a, y_b: (n, k), queries: (n, q, d), float32. When
    known, w_a, w_b: (n, d) are the true weights. Raises ValueError when A and B
    differ in shape, are empty, or hold numbers that are not finite.
    """

    x_a: Tensor
    y_a: Tensor
    x_b: Tensor
    y_b: Tensor
    queries: Tensor
    w_a: Tensor | None = None
    w_b: Tensor | None = None

    def __post_init__(self) -> None:
        as_prompt(self.x_a, self.y_a, self.queries)
        as_prompt(self.x_b, self.y_b)
        if self.x_a.shape != self.x_b.shape:
            raise ValueError(
                "Prompts A and B must have as many exemplars and features as each other: "
                f"A has shape {tuple(self.x_a.shape)}, B {tuple(self.x_b.shape)}."
            )
        if not self.y_a.numel() or not self.queries.shape[1]:
            raise ValueError("A causal test needs at least one exemplar and one query.")

    def __getitem__(self, rows: slice) -> Pair:
        """Some of the pairs."""
        return replace(self, **{k: v[rows] for k, v in vars(self).items() if v is not None})

    @property
    def target(self) -> Tensor | None:
        """The clean answers to task A at the queries, (n, q), when its weights are known."""
        if self.w_a is None:
            return None
        return torch.einsum("nqd,nd->nq", self.queries, self.w_a)


def sample_pairs(prior: FlagshipPrior | PlainPrior, n: int, k: int, q: int, seed: int) -> Pair:
    """n pairs of tasks, drawn independently; the queries follow A's law of x.

    Raises ValueError where the prior would give A and B other features: a
    flagship prior must say its ``dim`` and ``intercept``.
    """
    if isinstance(prior, FlagshipPrior) and (prior.dim is None or prior.intercept is None):
        raise ValueError("To sample pairs, the prior must fix dim and intercept.")
    dim = prior.dim
    a = prior.sample(n, k + q, generator(seed, 0))
    b = prior.sample(n, k, generator(seed, 1))
    assert a.w is not None
    assert b.w is not None
    return Pair(
        x_a=a.x[:, :k, :dim],
        y_a=a.y[:, :k],
        x_b=b.x[..., :dim],
        y_b=b.y,
        queries=a.x[:, k:, :dim],
        w_a=a.w[:, :dim],
        w_b=b.w[:, :dim],
    )


# --- edits -----------------------------------------------------------------------


def combine(*edits: Edits) -> Edits:
    """One intervention after the other, at every place."""

    def chain(first: Edit, second: Edit) -> Edit:
        return lambda index, values: second(index, first(index, values))

    def both(first: Edits, second: Edits) -> Edits:
        return Edits(
            chain(first.stream, second.stream),
            chain(first.heads, second.heads),
            chain(first.mlp, second.mlp),
        )

    return reduce(both, edits, Edits())


def patch(layer: int, tokens: Tensor, source: Tensor) -> Edits:
    """At ``layer``, put another run's states in the place of this run's.

    tokens: (T,) bool, which are replaced; source: (B, T, width) the other run's
    residual stream at that layer.
    """
    return _at(layer, lambda h: torch.where(tokens[:, None], source, h))


def ablate(keep: Keep, means: Means | None = None) -> Edits:
    """Scale what heads and MLPs add to the stream: 1 keeps it, 0 takes it out.

    With ``means`` what is taken out is replaced by its mean, so that only what
    depends on this prompt is lost. Biases of the projection after the heads stay.
    """

    def scaled(values: Tensor, keep: Tensor, mean: Tensor | None) -> Tensor:
        return keep * values if mean is None else keep * values + (1 - keep) * mean

    def heads(block: int, values: Tensor) -> Tensor:
        mean = None if means is None else means.heads[block]
        return scaled(values, keep.heads[:, block, None, :, None], mean)

    def mlp(block: int, values: Tensor) -> Tensor:
        mean = None if means is None else means.mlps[block]
        return scaled(values, keep.mlps[:, block, None, None], mean)

    return Edits(heads=heads, mlp=mlp)


def steer(layer: int, tokens: Tensor, maps: Tensor, w: Tensor) -> Edits:
    """At ``layer``, move the states of some tokens so that a probe of their mean reads ``w``.

    tokens: (t,) indices; maps: (d, width + 1), a linear probe of the mean of
    their normalised states, the last entry an offset; w: (B, d). The reading of
    every token is shifted alike; see `steered`.
    """

    def write(h: Tensor) -> Tensor:
        moved, reading = h.clone(), read(h[:, tokens], maps)
        goal = reading + (w[:, None] - reading.mean(1, keepdim=True))
        moved[:, tokens] = steered(h[:, tokens], maps, goal)
        return moved

    return _at(layer, write)


def steered(h: Tensor, maps: Tensor, w: Tensor) -> Tensor:
    """The nearest states of the same mean and size that a probe reads as ``w``.

    h: (…, width) states, maps: (…, d, width + 1) linear probes of the
    LayerNorm-normalised state u = (h − mean)/size, w: (…, d). Writing
    u = P⁺P u + free, the reading P u + c depends on the first part alone. So the
    first part becomes P⁺(w − c), the least change that reads w, and ``free``
    shrinks or grows to keep ‖u‖: then LayerNorm hands on just what was written,
    and of all such states this is the nearest. Where ‖P⁺(w − c)‖ exceeds ‖u‖ no
    state of this size reads w; the state then goes all the way in that direction.
    """
    mean = h.double().mean(-1, keepdim=True)
    size = (h.double().var(-1, correction=0, keepdim=True) + 1e-5).sqrt()
    u = (h.double() - mean) / size
    weights, offset = maps[..., :-1].double(), maps[..., -1].double()
    # A normalised state has mean zero: only that part of a probe can be written.
    weights = weights - weights.mean(-1, keepdim=True)
    inverse = torch.linalg.pinv(weights)
    written = _apply(inverse, w.double() - offset)
    free = u - _apply(inverse, _apply(weights, u))
    norm = torch.linalg.vector_norm
    length = norm(u, dim=-1, keepdim=True)
    left = (length.square() - written.square().sum(-1, keepdim=True)).clamp(min=0).sqrt()
    moved = written + left * nn.functional.normalize(free, dim=-1, eps=1e-300)
    moved = moved * length / norm(moved, dim=-1, keepdim=True).clamp(min=1e-300)
    return (mean + size * moved).to(h.dtype)


def read(h: Tensor, maps: Tensor) -> Tensor:
    """What linear probes (…, d, width + 1) read off states h (…, width): (…, d)."""
    u = nn.functional.layer_norm(h, h.shape[-1:])
    return _apply(maps[..., :-1], u) + maps[..., -1]


def _apply(matrix: Tensor, vector: Tensor) -> Tensor:
    return (matrix @ vector.unsqueeze(-1)).squeeze(-1)


def _at(layer: int, change: Callable[[Tensor], Tensor]) -> Edits:
    return Edits(stream=lambda index, h: change(h) if index == layer else h)


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

    def expected_share(self) -> Tensor:
        """The same for exact Bayes, along Bayes' own move: (m,)."""
        return _shares(self.expected, self.bayes_a, self.bayes_b, seed=0, draws=1)[0]

    def intervals(self, seed: int, draws: int = 1000) -> tuple[Tensor, Tensor, Tensor]:
        """`share` with a 95 % bootstrap interval over the n pairs: value, low, high."""
        return _shares(self.answers, self.a, self.b, seed, draws)


def _shares(
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


def patch_map(
    model: Transformer, pair: Pair, prior: NoisePrior, progress: Progress = _silent
) -> PatchMap:
    """Replace each of `KINDS` at each layer. ``prior`` is the one Bayes believes in."""
    pairs, queries = pair.y_a.shape[1], pair.queries.shape[1]
    return _map(model, pair, prior, KINDS, token_kinds(pairs, queries), progress)


def position_map(
    model: Transformer, pair: Pair, prior: NoisePrior, progress: Progress = _silent
) -> PatchMap:
    """Replace each context token, x1 y1 … xk yk, at each layer. Shares do not add up to 1."""
    pairs, queries = pair.y_a.shape[1], pair.queries.shape[1]
    names = tuple(f"{part}{j + 1}" for j in range(pairs) for part in "xy")
    masks = torch.eye(2 * pairs, 2 * pairs + queries, dtype=torch.bool)
    return _map(model, pair, prior, names, masks, progress)


def _map(
    model: Transformer,
    pair: Pair,
    prior: NoisePrior,
    names: tuple[str, ...],
    masks: Tensor,
    progress: Progress,
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


def _patched(model: Transformer, pair: Pair, masks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Answers to A (n, q), to B, and with B's states where masks (m, T) say, at each layer.

    One pass: A and B go through the network side by side, and at every layer the
    rows that are patched there set out from where A and B stand.
    """
    n, queries = pair.queries.shape[:2]
    masks = masks.to(model.positions.device)

    def branch(_: int, h: Tensor) -> Tensor:
        patched = torch.where(masks[:, None, :, None], h[n : 2 * n], h[:n])
        return torch.cat([h, patched.flatten(0, 1)])

    answers = model.predict(
        torch.cat([pair.x_a, pair.x_b]),
        torch.cat([pair.y_a, pair.y_b]),
        pair.queries.repeat(2, 1, 1),
        edits=Edits(stream=branch),
    ).cpu()
    layers = model.config.layers + 1
    return answers[:n], answers[n : 2 * n], answers[2 * n :].view(layers, len(masks), n, queries)


def _expected(pair: Pair, prior: NoisePrior, masks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Exact Bayes on A, on B, and on A with the tokens of masks (m, T) taken from B."""
    pairs = pair.y_a.shape[1]
    rule = predictors.bayes(prior)
    from_b = masks[:, None, : 2 * pairs]
    x = torch.where(from_b[..., 0::2, None], pair.x_b, pair.x_a).flatten(0, 1)
    y = torch.where(from_b[..., 1::2], pair.y_b, pair.y_a).flatten(0, 1)
    mixed = rule.predict(x, y, pair.queries.repeat(len(masks), 1, 1))
    return (
        rule.predict(pair.x_a, pair.y_a, pair.queries),
        rule.predict(pair.x_b, pair.y_b, pair.queries),
        mixed.view(len(masks), *pair.queries.shape[:2]),
    )


# --- ablation --------------------------------------------------------------------


class Keep(NamedTuple):
    """How much of each branch is kept; rows are 1 or the batch.

    heads: (rows, blocks, heads), mlps: (rows, blocks).
    """

    heads: Tensor
    mlps: Tensor


class Means(NamedTuple):
    """Mean output of each branch at each token over many prompts.

    heads: (blocks, T, heads, width / heads), mlps: (blocks, T, width).
    """

    heads: Tensor
    mlps: Tensor


def without(config: TransformerConfig, block: int, head: int | None = None) -> Keep:
    """Everything but one head of a block, or but its MLP; ValueError if there is none such."""
    if block not in range(config.layers) or (head is not None and head not in range(config.heads)):
        raise ValueError(
            f"This model has blocks 0 to {config.layers - 1} with heads 0 to {config.heads - 1}; "
            f"there is no block {block!r}" + ("." if head is None else f", head {head!r}.")
        )
    keep = Keep(torch.ones(1, config.layers, config.heads), torch.ones(1, config.layers))
    if head is None:
        keep.mlps[0, block] = 0
    else:
        keep.heads[0, block, head] = 0
    return keep


def branch_means(model: Transformer, x: Tensor, y: Tensor, queries: Tensor) -> Means:
    """Mean output of every head and MLP over prompts like these (shapes as in `predict`)."""
    heads: list[Tensor] = []
    mlps: list[Tensor] = []

    def keep(means: list[Tensor]) -> Edit:
        def note(_: int, values: Tensor) -> Tensor:
            means.append(values.mean(0))
            return values

        return note

    model.predict(x, y, queries, edits=Edits(heads=keep(heads), mlp=keep(mlps)))
    return Means(torch.stack(heads), torch.stack(mlps))


@dataclass(frozen=True)
class AblationMap:
    """Squared error, averaged over the queries, with one branch taken out.

    base: (n,) of the whole model; heads: (blocks, heads, n); mlps: (blocks, n).
    """

    base: Tensor
    heads: Tensor
    mlps: Tensor

    def change(self) -> Keep:
        """Mean rise of the error: heads (1, blocks, heads) and mlps (1, blocks)."""
        return Keep(*((part - self.base).mean(-1)[None] for part in (self.heads, self.mlps)))

    def intervals(self, seed: int) -> tuple[Keep, Keep, Keep]:
        """`change` with a 95 % bootstrap interval over the n prompts: value, low, high."""
        heads, mlps = (
            bootstrap_mean((part - self.base).movedim(-1, 0), seed=seed)
            for part in (self.heads, self.mlps)
        )
        value, low, high = (
            Keep(head[None], mlp[None]) for head, mlp in zip(heads, mlps, strict=True)
        )
        return value, low, high


def ablation_map(
    model: Transformer,
    x: Tensor,
    y: Tensor,
    queries: Tensor,
    target: Tensor,
    means: Means | None = None,
    progress: Progress = _silent,
) -> AblationMap:
    """Take out each head and each MLP in turn and compare with ``target`` (n, q).

    x: (n, k, d), y: (n, k), queries: (n, q, d). With ``means`` (see
    `branch_means`; of prompts with as many tokens) the branch's mean stands in.
    """
    blocks, heads = model.config.layers, model.config.heads
    config = model.config
    singles = [without(config, block, head) for block in range(blocks) for head in range(heads)]
    singles += [without(config, block) for block in range(blocks)]
    whole = Keep(torch.ones(1, blocks, heads), torch.ones(1, blocks))
    keep = Keep(*(torch.cat(parts) for parts in zip(whole, *singles, strict=True)))
    edits = ablate(Keep(*(part.to(model.positions.device) for part in keep)), means)
    rows = len(keep.mlps)
    errors = []
    for i in range(len(y)):
        prompt = (part[i : i + 1].expand(rows, -1, -1) for part in (x, y[..., None], queries))
        xs, ys, qs = prompt
        answers = model.predict(xs, ys[..., 0], qs, edits=edits)
        errors.append(squared_error(answers, target[i].to(answers).expand(rows, -1)).mean(-1).cpu())
        progress((i + 1) / len(y))
    error = torch.stack(errors, dim=-1)
    return AblationMap(
        base=error[0],
        heads=error[1 : 1 + blocks * heads].view(blocks, heads, -1),
        mlps=error[1 + blocks * heads :],
    )


# --- steering --------------------------------------------------------------------


@dataclass(frozen=True)
class SteerCurve:
    """Answers after a probe's reading was set to weights of our choice, at each layer.

    before: (n, q) the model's answers, wanted: (n, q) = x·w*, answers:
    (layers + 1, n, q); read_before, read_after: (layers + 1, n, d), what the
    probe read; moved: (layers + 1, n), how far
    the states were moved, ‖change‖/‖state − mean‖ averaged over the tokens.
    """

    before: Tensor
    wanted: Tensor
    answers: Tensor
    read_before: Tensor
    read_after: Tensor
    moved: Tensor

    def share(self) -> Tensor:
        """Share of the wanted move that the answers make, pooled over n: (layers + 1,)."""
        return self.intervals(seed=0, draws=1)[0]

    def intervals(self, seed: int, draws: int = 1000) -> tuple[Tensor, Tensor, Tensor]:
        """`share` with a 95 % bootstrap interval over the n prompts: value, low, high."""
        return _shares(self.answers, self.before, self.wanted, seed, draws)


def steer_curve(
    model: Transformer,
    x: Tensor,
    y: Tensor,
    queries: Tensor,
    maps: Tensor,
    w: Tensor,
    tokens: Tensor,
) -> SteerCurve:
    """Write w (n, d) through a probe at each layer in turn and ask the queries again.

    x: (n, k, d), y: (n, k), queries: (n, q, d), k >= 1; maps: (layers + 1, d,
    width + 1), each layer's probe of the mean of the normalised states at
    ``tokens``, (t,) indices (`WeightProbes.maps_for` and `read_tokens`).
    """
    n, k = y.shape
    if k < 1:
        raise ValueError("Steering needs at least one exemplar.")
    maps = maps.to(model.positions.device)
    goal = w.to(model.positions.device)
    readings: list[tuple[Tensor, Tensor, Tensor]] = []

    def branch(layer: int, h: Tensor) -> Tensor:
        old = h[:n]
        new = steer(layer, tokens, maps[layer], goal).stream(layer, old)
        readings.append(_readings(old[:, tokens], new[:, tokens], maps[layer]))
        return torch.cat([h, new])

    answers = model.predict(x, y, queries, edits=Edits(stream=branch)).cpu()
    before, after, moved = (torch.stack(parts).cpu() for parts in zip(*readings, strict=True))
    return SteerCurve(
        before=answers[:n],
        wanted=torch.einsum("nqd,nd->nq", queries, w),
        answers=answers[n:].view(model.config.layers + 1, n, -1),
        read_before=before,
        read_after=after,
        moved=moved,
    )


def _readings(old: Tensor, new: Tensor, maps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What the probe read and reads, (n, d), and how far the states moved, (n,)."""
    change = torch.linalg.vector_norm(new - old, dim=-1)
    size = torch.linalg.vector_norm(old - old.mean(-1, keepdim=True), dim=-1)
    return read(old, maps).mean(1), read(new, maps).mean(1), (change / size).mean(-1)
