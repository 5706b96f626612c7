"""Heads made for one pattern are told by that pattern."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from icl_core.models.head_patterns import PATTERNS, HeadScores, head_scores, pattern_masks
from icl_core.models.transformer import Transformer

T = 10


def as_attention(weights: Tensor) -> Tensor:
    """Rows of weights (heads, T, T) as the attention of one layer and one prompt."""
    return (weights / weights.sum(-1, keepdim=True))[None, None]


def test_uniform_attention_scores_zero_everywhere() -> None:
    found = head_scores(as_attention(torch.ones(1, T, T).tril()))
    torch.testing.assert_close(found.score, torch.zeros(1, 1, 6), atol=1e-6, rtol=0)
    assert found.summary()[0][0].word == "broad"


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        ("previous token", "previous"),
        ("all x", "inputs"),
        ("all y", "answers"),
        ("self", "self"),
        ("same kind", "kind"),
    ],
)
def test_a_head_that_reads_nothing_else_scores_one(pattern: str, word: str) -> None:
    index = PATTERNS.index(pattern)
    weights = pattern_masks(T)[index : index + 1].float()
    weights[:, :2, 0] = 1.0
    found = head_scores(as_attention(weights))
    assert found.score[0, 0, index] == pytest.approx(1)
    summary = found.summary()[0][0]
    assert summary.word == word
    assert found.score[0, 0].max() == pytest.approx(1)


def test_a_y_that_reads_its_x_while_x_reads_anything_is_told_as_a_pair() -> None:
    weights = torch.ones(1, T, T).tril()
    weights[:, 1::2] = pattern_masks(T)[PATTERNS.index("same pair")][1::2].float()
    summary = head_scores(as_attention(weights)).summary()[0][0]
    assert (summary.word, summary.pattern) == ("pair", "same pair")
    assert summary.score == pytest.approx(1)
    assert summary.mass == pytest.approx(1)


def test_masks_written_out_for_two_pairs() -> None:
    masks = dict(zip(PATTERNS, pattern_masks(4).int().tolist(), strict=True))
    assert masks["previous token"] == [[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    assert masks["same pair"] == [[0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]]
    assert masks["all x"] == [[1, 0, 0, 0], [1, 0, 0, 0], [1, 0, 1, 0], [1, 0, 1, 0]]
    assert masks["all y"] == [[0, 0, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 1]]
    assert masks["same kind"] == [[0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0]]


def test_mass_and_uniform_in_loops(model: Transformer) -> None:
    x, y = torch.randn(2, 5, 3), torch.randn(2, 5)
    attention = model.trace(x, y).attention
    found = head_scores(attention)
    for p, mask in enumerate(pattern_masks(T)):
        mass, uniform, readers = torch.zeros(3, 3), 0.0, 0
        for reader in range(2, T):
            reads = mask[reader].nonzero().flatten().tolist()
            if reads:
                readers += 1
                uniform += len(reads) / (reader + 1)
                mass += attention[:, :, :, reader, reads].sum(-1).mean(1)
        torch.testing.assert_close(found.mass[..., p], mass / readers)
        assert found.uniform[p] == pytest.approx(uniform / readers)


def test_every_summary_names_its_own_numbers(model: Transformer) -> None:
    attention = model.trace(torch.randn(1, 6, 2), torch.randn(1, 6)).attention
    found: HeadScores = head_scores(attention)
    for layer, row in enumerate(found.summary()):
        for head, summary in enumerate(row):
            p = PATTERNS.index(summary.pattern)
            assert summary.score == pytest.approx(float(found.score[layer, head].max()))
            assert summary.mass == pytest.approx(float(found.mass[layer, head, p]))
            gain = (summary.mass - summary.uniform) / (1 - summary.uniform)
            assert summary.score == pytest.approx(gain)


@pytest.mark.parametrize("shape", [(1, 1, 1, 2, 2), (1, 1, 1, 5, 5), (1, 1, 6, 6), (1, 1, 1, 4, 6)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="attention must have shape"):
        head_scores(torch.zeros(shape))
