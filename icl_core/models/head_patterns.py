"""What each head reads, in one word and with a measured score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

PATTERNS = ("previous token", "same pair", "all x", "all y", "self", "same kind")
WORDS = ("previous", "pair", "inputs", "answers", "self", "kind")
BROAD = "broad"
LEAST = 0.25
"""A head whose best score is below this has no habit worth a word."""


class HeadSummary(NamedTuple):
    """One head: the pattern that it follows most, in a word, and how far.

    score: 0 where attention is uniform over what came before, 1 where all of it
    follows the pattern; mass, uniform: the shares of attention behind the score.
    """

    word: str
    pattern: str
    score: float
    mass: float
    uniform: float


@dataclass(frozen=True)
class HeadScores:
    """How much attention each head gives to each of `PATTERNS`.

    mass: (layers, heads, patterns), the share of attention that follows the
    pattern, averaged over prompts and over the tokens that can follow it;
    uniform: (patterns,), the share if every token read all earlier tokens and
    itself alike; score: (mass − uniform)/(1 − uniform), negative for a head that
    avoids what the pattern reads.
    """

    mass: Tensor
    uniform: Tensor

    @property
    def score(self) -> Tensor:
        """(layers, heads, patterns)."""
        return (self.mass - self.uniform) / (1 - self.uniform)

    def summary(self) -> list[list[HeadSummary]]:
        """The best pattern of every head, by layer; "broad" where none reaches `LEAST`."""
        best = self.score.argmax(-1)
        return [[self._head(i, j, int(p)) for j, p in enumerate(row)] for i, row in enumerate(best)]

    def _head(self, layer: int, head: int, pattern: int) -> HeadSummary:
        score = float(self.score[layer, head, pattern])
        return HeadSummary(
            word=WORDS[pattern] if score >= LEAST else BROAD,
            pattern=PATTERNS[pattern],
            score=score,
            mass=float(self.mass[layer, head, pattern]),
            uniform=float(self.uniform[pattern]),
        )


def pattern_masks(tokens: int) -> Tensor:
    """Which earlier token each reader reads under each of `PATTERNS`: (patterns, T, T) bool.

    Tokens alternate x1 y1 x2 y2 …; rows are readers. "previous token" is the one
    just before, "same pair" a y reading its own x, "all x" and "all y" any such
    token, "self" the reader, "same kind" an x reading earlier x, a y earlier y.
    """
    index = torch.arange(tokens)
    reader, read = index[:, None], index[None, :]
    reader_is_y, read_is_y = reader % 2 == 1, read % 2 == 1
    previous = read == reader - 1
    masks = (
        previous,
        previous & reader_is_y,
        ~read_is_y,
        read_is_y,
        read == reader,
        (reader_is_y == read_is_y) & (read != reader),
    )
    causal = read <= reader
    return torch.stack([mask.expand(tokens, tokens) & causal for mask in masks])


def head_scores(attention: Tensor) -> HeadScores:
    """Score every head on the attention of a trace, (layers, B, heads, 2k, 2k), k >= 2.

    The first pair reads too little for a habit to show, so it does not count as a
    reader. Raises ValueError for other shapes.
    """
    tokens = attention.shape[-1]
    if attention.ndim != 5 or attention.shape[-2] != tokens or tokens < 4 or tokens % 2:
        raise ValueError(
            "attention must have shape (layers, B, heads, 2k, 2k) with at least two exemplars, "
            f"not {tuple(attention.shape)}."
        )
    masks = pattern_masks(tokens).to(attention)[:, 2:]
    readers = (masks.sum(-1) > 0).to(attention)
    count = readers.sum(-1)
    # A reader that cannot follow a pattern has no entry in the mask, and adds nothing.
    mass = torch.einsum("lbhst,pst->lhp", attention[..., 2:, :], masks)
    before = torch.arange(3, tokens + 1).to(attention)
    uniform = (masks.sum(-1) / before).sum(-1) / count
    return HeadScores(mass / (count * attention.shape[1]), uniform)
