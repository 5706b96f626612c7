"""Writing into a layer: what it must do whatever the weights, and what the shipped ones do."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from icl_core import load_prior
from icl_core.checkpoints import load_decoder
from icl_core.interventions.pairs import Pair, sample_pairs
from icl_core.interventions.steering import (
    KINDS,
    SteerCurve,
    Writes,
    fit_writes,
    steer_curve,
    writes_for,
)
from icl_core.models.transformer import Transformer
from icl_core.priors.mixture import FlagshipPrior
from icl_core.probes.targets import normalised
from icl_core.probes.weights import load_weight_probes
from icl_core.studies import is_current, read_table
from icl_core.studies.steering import joined, steering_intervals, steering_rows

LAW = FlagshipPrior(max_dim=4, dim=3, intercept=False, sigma=0.5)
N, K, Q = 3, 5, 4


@pytest.fixture(scope="module")
def pair() -> Pair:
    return sample_pairs(LAW, N, K, Q, seed=1)


@pytest.fixture(scope="module")
def maps() -> Tensor:
    """A random probe for each layer: (layers + 1, d, width + 1)."""
    return torch.randn(4, 3, 25, generator=torch.Generator().manual_seed(9))


@pytest.fixture(scope="module")
def writes(model: Transformer, maps: Tensor) -> Writes:
    return fit_writes(model, LAW, K, maps, seed=2, prompts=64)


def steered(model: Transformer, pair: Pair, writes: Writes, change: Tensor) -> SteerCurve:
    return steer_curve(model, pair.x_a, pair.y_a, pair.queries, change, writes, seed=3)


CHANGE = torch.tensor([[0.5, -1.0, 0.3]]).expand(N, 3)


def test_a_write_moves_the_reading_by_just_what_is_written(writes: Writes, maps: Tensor) -> None:
    moved = torch.einsum("lvw,lwd->lvd", maps[..., :-1], writes.w)
    torch.testing.assert_close(moved, torch.eye(3).expand(4, 3, 3), atol=1e-3, rtol=1e-3)


def test_the_gain_is_the_mean_change_of_the_states_with_the_reading(
    model: Transformer, writes: Writes, maps: Tensor
) -> None:
    """Σpᵀ(pΣpᵀ)⁻¹ is the least-squares slope of the states in what the probe reads off them."""
    prompt = LAW.sample(64, K, torch.Generator().manual_seed(8))
    again = fit_writes(model, LAW, K, maps, seed=2, prompts=64)
    assert torch.equal(again.w, writes.w)
    seen = model.inspect(prompt.x[..., :3], prompt.y, prompt.x[:, :1, :3])
    mean = normalised(seen.context_states[:, :, 1::2]).mean(2)[2].double()
    reading = (mean - mean.mean(0)) @ maps[2, :, :-1].double().T
    slope = torch.linalg.lstsq(reading, mean - mean.mean(0)).solution
    covariance, p = mean.T.cov(), maps[2, :, :-1].double()
    torch.testing.assert_close(
        slope.T, covariance @ p.T @ torch.linalg.inv(p @ covariance @ p.T), atol=1e-6, rtol=1e-6
    )


def test_nothing_written_changes_nothing(model: Transformer, pair: Pair, writes: Writes) -> None:
    found = steered(model, pair, writes, torch.zeros(N, 3))
    torch.testing.assert_close(found.answers, found.a.expand_as(found.answers), atol=1e-5, rtol=0)
    with pytest.raises(ValueError, match="no move"):
        found.share()


def test_ceilings_are_the_other_run_s_states(
    model: Transformer, pair: Pair, writes: Writes
) -> None:
    found = steered(model, pair, writes, CHANGE)
    moved_y = pair.y_a + torch.einsum("nkd,nd->nk", pair.x_a, CHANGE)
    told = model.predict(pair.x_a, moved_y, pair.queries)
    torch.testing.assert_close(found.b, told, atol=1e-5, rtol=1e-5)
    share = found.share()
    all_of_b, query_of_b = (KINDS.index(f"ceiling: {kind} of B") for kind in ("all", "query"))
    assert share[0, all_of_b] == pytest.approx(1, abs=1e-4)
    assert share[-1, query_of_b] == pytest.approx(1, abs=1e-4)
    assert share[0, query_of_b] == pytest.approx(0, abs=1e-4)
    for kind in ("written at y", "own y written", "random at y", "ceiling: all of B"):
        assert share[-1, KINDS.index(kind)] == pytest.approx(0, abs=1e-4)


def test_each_write_is_its_own_and_random_ones_have_a_seed(
    model: Transformer, pair: Pair, writes: Writes
) -> None:
    found, again = (steered(model, pair, writes, CHANGE) for _ in range(2))
    assert torch.equal(found.answers, again.answers)
    other = steer_curve(model, pair.x_a, pair.y_a, pair.queries, CHANGE, writes, seed=4)
    differs = [not torch.equal(found.answers[1, i], other.answers[1, i]) for i in range(len(KINDS))]
    assert [kind for kind, is_other in zip(KINDS, differs, strict=True) if is_other] == [
        "random at y",
        "random at the query",
    ]


def test_steering_needs_an_exemplar(model: Transformer, pair: Pair, writes: Writes) -> None:
    with pytest.raises(ValueError, match="at least one exemplar"):
        steer_curve(model, pair.x_a[:, :0], pair.y_a[:, :0], pair.queries, CHANGE, writes, 0)


def test_curves_of_parts_are_the_curve_of_all(
    model: Transformer, pair: Pair, writes: Writes
) -> None:
    whole = steered(model, pair, writes, CHANGE)
    parts = [
        steer_curve(
            model, part.x_a, part.y_a, part.queries, CHANGE[: len(part.y_a)], writes, seed=3
        )
        for part in (pair[:2], pair[2:])
    ]
    again = joined(parts)
    for kind in ("written at y", "own y written", "written at the query"):
        i = KINDS.index(kind)
        torch.testing.assert_close(again.answers[:, i], whole.answers[:, i], atol=1e-5, rtol=1e-5)


def test_a_table_is_compared_figure_by_figure() -> None:
    share = [[[0.1 * i, 0.0, 1.0] for i in range(len(KINDS))] for _ in range(3)]
    table = {"members": [{"label": "d1, slope", "share": share}]}
    assert len(list(steering_intervals(table, table))) == 3 * len(KINDS)
    assert steering_rows(table)[1]["written at y"] == 0


def test_the_stored_null_has_power() -> None:
    """What the page says, with intervals: layers 1 and 2, where a y that is written is followed."""
    table = read_table("steering")
    assert is_current(table)
    assert table["prompts"] >= 256
    by_what = {(row["dim"], row["what"]): row["share"] for row in table["members"]}
    at = {kind: KINDS.index(kind) for kind in KINDS}
    for dim in (1, 2):
        for layer in (1, 2):
            share = by_what[dim, "slope"][layer]
            assert share[at["own y written"]][1] > 0.75
            assert share[at["ceiling: all of B"]][1] > 0.9
            assert max(map(abs, share[at["written at y"]])) < 0.05
    assert by_what[2, "offset"][1][at["written at y"]][1] > 0.8
    assert by_what[2, "slope"][7][at["written at the query"]][1] > 0.8


@pytest.mark.slow
def test_in_the_flagship_an_offset_is_followed_a_slope_is_not_and_a_y_is() -> None:
    """What the page says: with the positive control and the ceiling high, the null has power."""
    model, law = load_decoder("playground"), load_prior("playground").given(2, True)
    pair = sample_pairs(law.with_plain_inputs(), 64, 7, 4, seed=31)
    probes = load_weight_probes("playground", "d2i").maps_for("w_bayes", 7, 2)
    writes = writes_for(model, law, pair.x_a, probes)
    gen = torch.Generator().manual_seed(32)
    size = torch.randn(64, 1, generator=gen)

    def shares(change: list[float]) -> dict[str, float]:
        found = steered(model, pair, writes, size * torch.tensor(change))
        return dict(zip(KINDS, found.share()[2].tolist(), strict=True))

    slope, offset = shares([1.0, 0.0]), shares([0.0, 1.0])
    assert slope["own y written"] > 0.75
    assert slope["ceiling: all of B"] > 0.9
    assert abs(slope["written at y"]) < 0.1
    assert abs(slope["random at y"]) < 0.1
    assert offset["written at y"] > 0.8
