"""Another task in part, or another y, in one layer: what it must do whatever the weights."""

from __future__ import annotations

import pytest
import torch

from icl_core import load_prior, predictors
from icl_core.checkpoints import load_decoder
from icl_core.interventions.pairs import Pair, sample_pairs
from icl_core.interventions.patch import patch_map
from icl_core.interventions.what_if import (
    ALPHAS,
    BlendCurve,
    blend_curve,
    exemplar_curve,
    explained,
    hat_entries,
)
from icl_core.models.transformer import Transformer
from icl_core.priors import Cell
from icl_core.priors.mixture import FlagshipPrior
from icl_core.studies.what_if import FIGURES, measured, what_if_intervals, what_if_rows

LAW = FlagshipPrior(max_dim=4, dim=3, intercept=False, sigma=0.5)
N, K, Q = 5, 4, 3


@pytest.fixture(scope="module")
def pair() -> Pair:
    return sample_pairs(LAW, N, K, Q, seed=1)


def test_none_of_a_s_state_is_b_s_query_put_into_a_s_run(model: Transformer, pair: Pair) -> None:
    found = blend_curve(model, pair, seed=3)
    patched = patch_map(model, pair, LAW)
    at_query = patched.answers[:, patched.names.index("query")]
    torch.testing.assert_close(found.a, patched.a, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found.b, patched.b, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found.answers[:, 0, 0], at_query, atol=1e-5, rtol=1e-4)


def test_all_of_a_s_state_is_a(model: Transformer, pair: Pair) -> None:
    found = blend_curve(model, pair, seed=3, alphas=(1.0,))
    torch.testing.assert_close(
        found.answers, found.a.expand_as(found.answers), atol=1e-5, rtol=1e-5
    )


def test_before_the_first_layer_the_query_knows_no_task(model: Transformer, pair: Pair) -> None:
    value, low, high = blend_curve(model, pair, seed=3).r2(seed=0)
    assert value[0].tolist() == pytest.approx([0, 0], abs=1e-4)
    assert bool(((low <= value) & (value <= high)).all())


def test_answers_that_turn_in_proportion_are_explained_in_full() -> None:
    gen = torch.Generator().manual_seed(2)
    a, b = torch.randn(2, 6, 4, generator=gen)
    mixed = torch.stack([alpha * a + (1 - alpha) * b for alpha in ALPHAS])
    still = a.expand_as(mixed)
    curve = BlendCurve(ALPHAS, a, b, torch.stack([mixed, still])[None])
    value = curve.r2(seed=0)[0]
    assert value[0].tolist() == pytest.approx([1, 0], abs=1e-6)
    with pytest.raises(ValueError, match="nothing to explain"):
        BlendCurve(ALPHAS, a, a, curve.answers).r2(seed=0)


def test_explained_is_what_numpy_says() -> None:
    gen = torch.Generator().manual_seed(2)
    moved, wanted = torch.randn(3, 2, 4, 5, 6, generator=gen), torch.randn(4, 5, 6, generator=gen)
    value = explained(moved.double(), wanted.double(), seed=0, draws=10)[0]
    m, w = moved[2, 1].numpy(), wanted.numpy()
    assert float(value[2, 1]) == pytest.approx(1 - ((m - w) ** 2).sum() / (w**2).sum(), rel=1e-5)


def test_another_y_at_the_input_is_another_y_in_the_prompt(model: Transformer, pair: Pair) -> None:
    which = torch.tensor([0, 3, 1, 2, 2])
    change = torch.tensor([1.0, -2.0, 0.5, 3.0, -1.0])
    found = exemplar_curve(model, pair.x_a, pair.y_a, pair.queries, which, change, seed=4)
    y = pair.y_a.clone()
    y[torch.arange(N), which] += change
    told = model.predict(pair.x_a, y, pair.queries)
    torch.testing.assert_close(found.b, told, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found.answers[0, 0], told, atol=1e-5, rtol=1e-4)
    # After the last block nobody reads a y token any more.
    torch.testing.assert_close(found.answers[-1], found.a.expand(2, -1, -1), atol=1e-6, rtol=0)
    for wrong in (which + 1, which - 3):
        with pytest.raises(ValueError, match="exemplars 0 to 3"):
            exemplar_curve(model, pair.x_a, pair.y_a, pair.queries, wrong, change, seed=4)


def test_random_directions_have_a_seed_and_the_meant_ones_none(
    model: Transformer, pair: Pair
) -> None:
    one, again, other = (blend_curve(model, pair, seed=seed).answers for seed in (3, 3, 4))
    assert torch.equal(one, again)
    torch.testing.assert_close(one[:, 0], other[:, 0])
    assert not torch.equal(one[1:, 1], other[1:, 1])


def test_the_hat_matrix_is_what_ridge_s_answers_move_by(pair: Pair) -> None:
    rule, y = predictors.ridge(0.3), pair.y_a.double()
    hat = hat_entries(pair.x_a, pair.queries, 0.3)
    for pair_of in range(K):
        other = y.clone()
        other[:, pair_of] += 2.0
        moved = rule.predict(pair.x_a.double(), other, pair.queries.double()) - rule.predict(
            pair.x_a.double(), y, pair.queries.double()
        )
        torch.testing.assert_close(2.0 * hat[:, :, pair_of], moved, atol=1e-9, rtol=1e-9)


@pytest.mark.slow
def test_the_flagship_turns_in_proportion_and_follows_the_hat_matrix() -> None:
    """On prompts that are not those of the table."""
    law = load_prior("playground")
    found = measured(load_decoder("playground"), law, Cell(2, True), 48, seed=77)
    blend, exemplar, neighbour = (torch.tensor(found[name]) for name in FIGURES)
    assert float(blend[6:, 0, 0].min()) >= 0.95
    assert float(blend[:2, 0, 0].max()) <= 0.1
    assert float(blend[:, 1, 0].max()) <= 0.2
    assert float(exemplar[:3, 0, 0].min()) >= 0.85
    assert float(neighbour[:, 0, 0].max()) <= 0.1
    row = {"label": "d", **found}
    table = {"members": [row]}
    assert len(what_if_rows(table)) == 9
    pairs = list(what_if_intervals(table, table))
    assert len(pairs) == 3 * 9 * 2
    assert all(one == two for one, two in pairs)
