"""What any answering model offers, and what it adds to be looked into or changed.

Everything that only asks a model for answers takes an `InContextModel`; the probes
and the pages that look inside take an `InspectableModel`; patching, ablation and
steering take an `EditableModel`. The decoder of `transformer` is all three.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, Limits


class Trace(NamedTuple):
    """What `InspectableModel.trace` saw.

    hidden: (layers + 1, B, tokens, width), the residual stream before the first
        block and after each one.
    attention: (layers, B, heads, tokens, tokens), rows are readers.

    Tokens are x1 y1 … xk yk, and then the queries where some were given.
    """

    hidden: Tensor
    attention: Tensor


class Inspection(NamedTuple):
    """What `InspectableModel.inspect` saw.

    answers: (B, q) at the queries; following: (B, k), as `predict_next`;
    query_states: (layers + 1, B, q, width), the residual stream at the queries;
    context_states: (layers + 1, B, 2k, width), at the tokens x1 y1 … xk yk.
    """

    answers: Tensor
    following: Tensor
    query_states: Tensor
    context_states: Tensor


Edit = Callable[[int, Tensor], Tensor]
"""Called with a layer (or block) and the values there; returns the values to go on with."""


def unchanged(_: int, values: Tensor) -> Tensor:
    """The edit that leaves everything as it is."""
    return values


@dataclass(frozen=True)
class Edits:
    """Interventions on a forward pass; see `icl_core.interventions` for the usual ones.

    stream: layer 0…layers and the residual stream (B, T, width), before the
        first block (layer 0) and after each; it may return more rows than it
        was given, which then go through the rest of the network beside them.
    heads: block 0…layers − 1 and what its heads have gathered, (B, T, heads,
        width / heads), before the output projection.
    mlp: block and what its MLP adds to the stream, (B, T, width).
    """

    stream: Edit = unchanged
    heads: Edit = unchanged
    mlp: Edit = unchanged


NO_EDITS = Edits()


class InContextModel(Protocol):
    """A model that answers prompts, whatever it is made of."""

    @property
    def limits(self) -> Limits:
        """The largest prompts that it takes; `icl_core.limits` where its law is known."""

    @property
    def device(self) -> torch.device:
        """Where it computes."""

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """x: (B, k, d), y: (B, k), queries: (B, q, d) -> (B, q), d and k within ``limits``.

        The kind of array that was given comes back. ValueError if they do not fit.
        """

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """x: (B, k, d), y: (B, k) -> (B, k); entry j has seen the first j pairs.

        The last y is never read, so k may be one more than ``limits`` allows.
        """


@runtime_checkable
class InspectableModel(InContextModel, Protocol):
    """A model of layers, whose states and attention can be looked at."""

    @property
    def layers(self) -> int:
        """Blocks; there are states before the first and after each."""

    @property
    def heads(self) -> int:
        """Attention heads of each block."""

    @property
    def width(self) -> int:
        """Numbers in the state of a token."""

    @property
    def size(self) -> float:
        """Number of weights, in millions."""

    def inspect(
        self,
        x: ArrayLike,
        y: ArrayLike,
        queries: ArrayLike,
        after: Sequence[int] | None = None,
    ) -> Inspection:
        """All that a page needs of one prompt, from one pass; shapes as in `predict`.

        ``after``, q whole numbers, lets query i see only the first ``after[i]`` exemplars.
        """

    def trace(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike | None = None) -> Trace:
        """Hidden states and attention on a prompt of k >= 1 pairs (2k tokens), and queries."""

    def next_states(self, x: Tensor, y: Tensor) -> Tensor:
        """The residual stream where each y is predicted: (layers + 1, B, k, width)."""


@runtime_checkable
class EditableModel(InspectableModel, Protocol):
    """A model whose states can be changed on the way."""

    def predict(
        self,
        x: ArrayLike,
        y: ArrayLike,
        queries: ArrayLike,
        after: Sequence[int] | None = None,
        edits: Edits = NO_EDITS,
    ) -> ArrayLike:
        """As `InContextModel.predict`, with ``after`` as in `inspect` and with ``edits``."""

    def trace(
        self,
        x: ArrayLike,
        y: ArrayLike,
        queries: ArrayLike | None = None,
        edits: Edits = NO_EDITS,
    ) -> Trace:
        """As `InspectableModel.trace`, with ``edits``."""
