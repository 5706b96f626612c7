"""Causal tests: what patching and ablating must do, whatever the weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from icl_core import predictors
from icl_core.interventions import patch as patch_module
from icl_core.interventions.ablation import AblationMap, ablation_map, branch_means
from icl_core.interventions.edits import Keep, ablate, combine, patch, without
from icl_core.interventions.pairs import Pair, sample_pairs
from icl_core.interventions.patch import KINDS, PatchMap, patch_map, position_map, token_kinds
from icl_core.models.base import Edits
from icl_core.models.transformer import Transformer
from icl_core.priors.linear import PlainPrior
from icl_core.priors.mixture import FlagshipPrior
from tests.support.known import known, weights_of
from tests.support.tolerance import Tolerance

CLOSE: Tolerance = {"atol": 1e-5, "rtol": 1e-5}
PRIOR = FlagshipPrior(max_dim=4, dim=3, intercept=False, sigma=0.5)
N, K, Q = 3, 5, 4


@pytest.fixture(scope="module")
def pair() -> Pair:
    return sample_pairs(PRIOR, N, K, Q, seed=1)


@pytest.fixture(scope="module")
def patched(model: Transformer, pair: Pair) -> PatchMap:
    return patch_map(model, pair, PRIOR)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def answers_to(model: Transformer, pair: Pair, which: str) -> Tensor:
    return model.predict(getattr(pair, f"x_{which}"), getattr(pair, f"y_{which}"), pair.queries)


# --- pairs -----------------------------------------------------------------


def test_sampled_pairs_are_two_tasks_of_one_law(pair: Pair) -> None:
    assert pair.x_a.shape == pair.x_b.shape == (N, K, 3)
    assert pair.queries.shape == (N, Q, 3)
    assert not torch.equal(weights_of(pair.task_a), weights_of(pair.task_b))
    expected = (pair.queries * weights_of(pair.task_a)[:, None, :3]).sum(-1)
    torch.testing.assert_close(pair.target, expected)


def test_pairs_depend_on_the_seed_alone(pair: Pair) -> None:
    again, other = (sample_pairs(PRIOR, N, K, Q, seed) for seed in (1, 2))
    assert torch.equal(pair.y_b, again.y_b)
    assert not torch.equal(pair.y_b, other.y_b)


def test_a_prior_that_leaves_the_features_open_makes_no_pairs() -> None:
    with pytest.raises(ValueError, match="must fix dim and intercept"):
        sample_pairs(FlagshipPrior(dim=3), 2, 5, 4, 0)
    assert sample_pairs(PlainPrior(2), 2, 5, 4, 0).x_b.shape == (2, 5, 2)


def test_pairs_that_do_not_match_are_refused(pair: Pair) -> None:
    with pytest.raises(ValueError, match=r"as many exemplars and features.*\(3, 5, 3\), B \(3, 4"):
        replace(pair, x_b=pair.x_b[:, 1:], y_b=pair.y_b[:, 1:])
    with pytest.raises(ValueError, match="y holds a number that is not finite"):
        replace(pair, y_b=pair.y_b / 0)
    with pytest.raises(ValueError, match="at least one exemplar and one query"):
        replace(pair, queries=pair.queries[:, :0])
    empty = {name: getattr(pair, name)[:, :0] for name in ("x_a", "y_a", "x_b", "y_b")}
    with pytest.raises(ValueError, match="at least one exemplar"):
        replace(pair, **empty)


# --- patching --------------------------------------------------------------


def test_patching_everything_gives_b_at_every_layer(
    model: Transformer, pair: Pair, patched: PatchMap
) -> None:
    b = answers_to(model, pair, "b")
    torch.testing.assert_close(patched.b, b, **CLOSE)
    for layer in patched.answers[:, KINDS.index("everything")]:
        torch.testing.assert_close(layer, b, **CLOSE)
    assert (patched.share()[:, -1] - 1).abs().max() < 1e-4


def test_patching_nothing_gives_a_at_every_layer(model: Transformer, pair: Pair) -> None:
    nothing = torch.zeros(1, 2 * K + Q, dtype=torch.bool)
    a, _, answers = patch_module._patched(model, pair, nothing)
    torch.testing.assert_close(a, answers_to(model, pair, "a"), **CLOSE)
    torch.testing.assert_close(answers, a.expand_as(answers), **CLOSE)


def test_at_layer_0_the_context_is_the_prompt_and_the_query_makes_no_difference(
    model: Transformer, pair: Pair, patched: PatchMap
) -> None:
    start = dict(zip(KINDS, patched.answers[0], strict=True))
    expected = {
        "context": (pair.x_b, pair.y_b),
        "context x": (pair.x_b, pair.y_a),
        "context y": (pair.x_a, pair.y_b),
        "query": (pair.x_a, pair.y_a),
    }
    for kind, prompt in expected.items():
        torch.testing.assert_close(start[kind], model.predict(*prompt, pair.queries), **CLOSE)


def test_at_the_last_layer_only_the_query_counts(patched: PatchMap) -> None:
    end = dict(zip(KINDS, patched.answers[-1], strict=True))
    torch.testing.assert_close(end["query"], patched.b, **CLOSE)
    for kind in ("context x", "context y", "context"):
        torch.testing.assert_close(end[kind], patched.a, **CLOSE)


@contextmanager
def hook(model: Transformer, layer: int, tokens: list[int], source: Tensor) -> Iterator[None]:
    """The same replacement by torch's own forward hook on the block before the layer."""

    def replace_states(_: nn.Module, __: object, output: tuple[Tensor, Tensor]) -> object:
        h = output[0].clone()
        h[:, tokens] = source[:, tokens]
        return h, output[1]

    handle = model.blocks[layer - 1].register_forward_hook(replace_states)
    try:
        yield
    finally:
        handle.remove()


def states(model: Transformer, x: Tensor, y: Tensor, queries: Tensor) -> Tensor:
    seen = model.inspect(x, y, queries)
    return torch.cat([seen.context_states, seen.query_states], dim=2)


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_patching_agrees_with_hand_written_hooks(
    model: Transformer, pair: Pair, patched: PatchMap, layer: int
) -> None:
    source = states(model, pair.x_b, pair.y_b, pair.queries)[layer]
    masks = token_kinds(K, Q)
    for kind, mask in enumerate(masks):
        with hook(model, layer, mask.nonzero().flatten().tolist(), source):
            by_hook = answers_to(model, pair, "a")
        torch.testing.assert_close(patched.answers[layer, kind], by_hook, **CLOSE)
        by_edit = model.predict(pair.x_a, pair.y_a, pair.queries, edits=patch(layer, mask, source))
        torch.testing.assert_close(by_edit, by_hook, **CLOSE)


def test_position_map_replaces_one_token_at_a_time(model: Transformer, pair: Pair) -> None:
    found = position_map(model, pair, PRIOR)
    assert found.names == ("x1", "y1", "x2", "y2", "x3", "y3", "x4", "y4", "x5", "y5")
    y = pair.y_a.clone()
    y[:, 2] = pair.y_b[:, 2]
    torch.testing.assert_close(
        found.answers[0, 5], model.predict(pair.x_a, y, pair.queries), **CLOSE
    )
    rule = predictors.bayes(PRIOR)
    torch.testing.assert_close(found.expected[5], rule.predict(pair.x_a, y, pair.queries))
    source = states(model, pair.x_b, pair.y_b, pair.queries)[2]
    with hook(model, 2, [6], source):
        torch.testing.assert_close(found.answers[2, 6], answers_to(model, pair, "a"), **CLOSE)


def test_the_map_does_not_depend_on_what_goes_through_together(
    model: Transformer, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = position_map(model, pair, PRIOR)
    monkeypatch.setattr(patch_module, "ROWS", 3)
    done: list[float] = []
    parts = position_map(model, pair, PRIOR, done.append)
    torch.testing.assert_close(parts.answers, whole.answers, **CLOSE)
    torch.testing.assert_close(parts.a, whole.a, **CLOSE)
    assert done == sorted(done)
    assert done[-1] == pytest.approx(1)


def test_share_in_closed_form() -> None:
    """A = (0, 0), B = (3, 4): the answer (3, 0) has gone 9/25, (−4, 3) has gone nowhere."""
    a, b = torch.zeros(1, 2), torch.tensor([[3.0, 4.0]])
    answers = torch.tensor([[[[3.0, 0.0]], [[-4.0, 3.0]], [[6.0, 8.0]]]])
    found = PatchMap(("p", "q", "r"), a, b, answers, a, 2 * b, b.expand(3, 1, 2))
    torch.testing.assert_close(found.share(), torch.tensor([[9 / 25, 0.0, 2.0]]).double())
    torch.testing.assert_close(found.expected_share(), torch.full((3,), 0.5).double())
    for bound in found.intervals(seed=3):
        torch.testing.assert_close(bound, found.share())


def test_intervals_hold_the_share_and_depend_on_the_seed_alone(patched: PatchMap) -> None:
    value, low, high = patched.intervals(seed=5)
    torch.testing.assert_close(value, patched.share())
    assert ((low - 1e-9 <= value) & (value <= high + 1e-9)).all()
    for first, second in zip(patched.intervals(seed=5), patched.intervals(seed=5), strict=True):
        assert torch.equal(first, second)


def test_the_expected_share_is_that_of_exact_bayes(pair: Pair, patched: PatchMap) -> None:
    expected = dict(zip(KINDS, known(patched.expected_share()).tolist(), strict=True))
    assert expected["everything"] == expected["context"] == pytest.approx(1)
    assert expected["query"] == 0
    rule = predictors.bayes(PRIOR)
    torch.testing.assert_close(
        patched.expected[KINDS.index("context x")], rule.predict(pair.x_b, pair.y_a, pair.queries)
    )


def test_two_equal_tasks_have_no_move_to_share(model: Transformer, pair: Pair) -> None:
    same = replace(pair, x_b=pair.x_a, y_b=pair.y_a)
    with pytest.raises(ValueError, match="no move"):
        patch_map(model, same, PRIOR).share()


# --- ablation --------------------------------------------------------------


def without_weights(model: Transformer, block: int, head: int | None) -> Transformer:
    """The same ablation, done to the weights."""
    other = deepcopy(model)
    if head is None:
        other.get_parameter(f"blocks.{block}.mlp.2.weight").zero_()
        other.get_parameter(f"blocks.{block}.mlp.2.bias").zero_()
    else:
        out = other.get_parameter(f"blocks.{block}.attention.out.weight")
        out[:, 8 * head : 8 * (head + 1)] = 0
    return other


@pytest.mark.parametrize(("block", "head"), [(0, 0), (2, 1), (0, None), (2, None)])
def test_ablating_is_zeroing_weights(
    model: Transformer, pair: Pair, block: int, head: int | None
) -> None:
    expected = answers_to(without_weights(model, block, head), pair, "a")
    edits = ablate(without(model, block, head))
    torch.testing.assert_close(
        model.predict(pair.x_a, pair.y_a, pair.queries, edits=edits), expected, **CLOSE
    )


def test_ablation_map_tells_each_branch_by_itself(model: Transformer, pair: Pair) -> None:
    done: list[float] = []
    found = ablation_map(
        model, pair.x_a, pair.y_a, pair.queries, known(pair.target), progress=done.append
    )

    def error(other: Transformer) -> Tensor:
        return (answers_to(other, pair, "a") - known(pair.target)).square().mean(-1)

    torch.testing.assert_close(found.base, error(model), **CLOSE)
    for block in range(3):
        torch.testing.assert_close(
            found.mlps[block], error(without_weights(model, block, None)), **CLOSE
        )
        for head in range(3):
            torch.testing.assert_close(
                found.heads[block, head], error(without_weights(model, block, head)), **CLOSE
            )
    assert done == pytest.approx([1 / 3, 2 / 3, 1])


def test_a_prompt_s_own_means_change_nothing(model: Transformer, pair: Pair) -> None:
    alone = pair[:1]
    means = branch_means(model, alone.x_a, alone.y_a, alone.queries)
    found = ablation_map(model, alone.x_a, alone.y_a, alone.queries, known(alone.target), means)
    torch.testing.assert_close(found.change().heads, torch.zeros(1, 3, 3), **CLOSE)
    torch.testing.assert_close(found.change().mlps, torch.zeros(1, 3), **CLOSE)


def test_means_are_over_prompts(model: Transformer, pair: Pair) -> None:
    means = branch_means(model, pair.x_a, pair.y_a, pair.queries)
    assert means.heads.shape == (3, 2 * K + Q, 3, 8)
    assert means.mlps.shape == (3, 2 * K + Q, 24)
    each = [branch_means(model, *(p[i : i + 1] for p in (pair.x_a, pair.y_a, pair.queries)))
            for i in range(N)]  # fmt: skip
    torch.testing.assert_close(means.mlps, torch.stack([m.mlps for m in each]).mean(0), **CLOSE)


def test_ablation_change_and_its_interval_in_closed_form() -> None:
    found = AblationMap(
        base=torch.tensor([1.0, 2.0]),
        heads=torch.tensor([[[2.0, 5.0]]]),
        mlps=torch.tensor([[1.0, 2.0]]),
    )
    assert found.change().heads.tolist() == [[[2.0]]]
    assert found.change().mlps.tolist() == [[0.0]]
    value, low, high = found.intervals(seed=0)
    assert (value.heads.item(), low.heads.item(), high.heads.item()) == (2.0, 1.0, 3.0)
    assert value.mlps.item() == low.mlps.item() == high.mlps.item() == 0


def test_half_a_head_lies_between(model: Transformer) -> None:
    values = normal(2, 7, 3, 8)
    keep = Keep(torch.full((1, 3, 3), 0.5), torch.ones(1, 3))
    torch.testing.assert_close(ablate(keep).heads(1, values), values / 2)
    torch.testing.assert_close(ablate(keep).mlp(1, values[:, :, 0]), values[:, :, 0])


@pytest.mark.parametrize(("block", "head"), [(3, None), (-1, None), (0, 3), (0, -1)])
def test_there_is_no_such_branch(model: Transformer, block: int, head: int | None) -> None:
    with pytest.raises(ValueError, match="blocks 0 to 2 with heads 0 to 2; there is no block"):
        without(model, block, head)


def test_combined_edits_follow_one_another() -> None:
    twice = Edits(stream=lambda _, h: 2 * h, mlp=lambda _, h: 2 * h)
    plus = Edits(stream=lambda layer, h: h + layer)
    both = combine(twice, plus)
    assert both.stream(3, torch.tensor(5.0)) == 13
    assert both.mlp(3, torch.tensor(5.0)) == 10
    assert combine().stream(3, torch.tensor(5.0)) == 5
