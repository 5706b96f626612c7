"""Interchange in a subspace: its ends are known, and it finds the directions that matter."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from icl_core.checkpoints import load_decoder, load_prior
from icl_core.interventions.edits import patch
from icl_core.interventions.interchange import (
    TOKENS,
    find_subspaces,
    interchange,
    random_basis,
    told_by,
    within,
)
from icl_core.interventions.pairs import Pair, sample_pairs
from icl_core.models.transformer import Transformer
from icl_core.prompts import generator

RANK = 2


@pytest.fixture(scope="module")
def network() -> Transformer:
    return load_decoder("playground")


@pytest.fixture(scope="module")
def pairs() -> Pair:
    law = load_prior("playground").given(2, True).with_plain_inputs()
    return sample_pairs(law, 288, 3, 4, seed=3)


@pytest.fixture(scope="module")
def learned(network: Transformer, pairs: Pair) -> Tensor:
    (basis,) = find_subspaces(network, pairs[:256], 7, "query", (RANK,), seed=1, steps=40)
    return basis


def test_only_the_part_within_changes() -> None:
    basis = random_basis(8, 3, generator(0))
    a, b = torch.randn(2, 5, 8, generator=generator(1))
    new = within(a, b, basis)
    torch.testing.assert_close(new @ basis, b @ basis)
    away = torch.eye(8) - basis @ basis.mT
    torch.testing.assert_close(new @ away, a @ away)


@pytest.mark.parametrize("tokens", TOKENS)
def test_no_direction_is_a_and_all_of_them_are_a_patch(
    network: Transformer, pairs: Pair, tokens: str
) -> None:
    some, k = pairs[:16], pairs.y_a.shape[1]
    none, whole = torch.zeros(network.width, 1), torch.eye(network.width)
    came = interchange(network, some, 4, tokens, [none, whole])
    torch.testing.assert_close(came.answers[0], came.a, atol=1e-4, rtol=0)
    assert (came.answers[1] - came.a).abs().mean() > 0.05
    replaced = torch.zeros(2 * k + some.queries.shape[1], dtype=torch.bool)
    replaced[slice(1, 2 * k, 2) if tokens == "y" else slice(2 * k, None)] = True
    seen = network.inspect(some.x_b, some.y_b, some.queries)
    source = torch.cat([seen.context_states[4], seen.query_states[4]], dim=1)
    patched = network.predict(some.x_a, some.y_a, some.queries, edits=patch(4, replaced, source))
    torch.testing.assert_close(came.answers[1], patched, atol=1e-4, rtol=0)


def test_two_learned_directions_carry_the_answer_and_two_random_ones_do_not(
    network: Transformer, pairs: Pair, learned: Tensor
) -> None:
    torch.testing.assert_close(learned.mT @ learned, torch.eye(RANK), atol=1e-5, rtol=0)
    null = random_basis(network.width, RANK, generator(2))
    came = interchange(network, pairs[256:], 7, "query", [learned, null, torch.eye(network.width)])
    found, at_random, ceiling = came.intervals(seed=0)[0].tolist()
    assert found > 0.6 * ceiling
    assert at_random < 0.2 * ceiling


def test_what_they_hold_is_the_querys_own_answer(
    network: Transformer, pairs: Pair, learned: Tensor
) -> None:
    own, with_w, w = told_by(network, pairs, 7, "query", learned)
    assert own > 0.8
    assert w < own
    assert abs(with_w - own) < 0.1


def test_the_same_seed_finds_the_same_directions_and_leaves_the_weights(
    network: Transformer, pairs: Pair
) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    once, again, other = (
        find_subspaces(network, pairs, 7, "query", (1,), seed, steps=2)[0] for seed in (1, 1, 2)
    )
    assert torch.equal(once, again)
    assert not torch.equal(once, other)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(one.grad is None for one in network.parameters())


def test_without_a_true_w_nothing_is_said_of_it(network: Transformer, pairs: Pair) -> None:
    with pytest.raises(ValueError, match="not known"):
        told_by(network, replace(pairs, task_a=None), 6, "query", torch.eye(network.width)[:, :1])
