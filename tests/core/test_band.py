"""The predictive band of a network: its distribution by hand, its training, what is stored."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import halfnorm, norm

from icl_core import CheckpointError, load_model
from icl_core.checkpoints import load_decoder, read_manifest
from icl_core.models.transformer import Transformer, TransformerConfig
from icl_core.priors import CurvePrior
from icl_core.probes import band
from icl_core.probes.band import BandFit, Buckets, bucket_of, load_band, looked_into
from icl_core.prompts import generator
from icl_core.studies import compare, is_current, read_table
from icl_core.studies.bands import BANDS, KS, WHO, bands_rows, judged, measured

EDGES = torch.tensor([-2.0, -0.5, 0.0, 1.0, 3.0])


def told(masses: list[float], centre: float = 0.0) -> Buckets:
    mass = torch.tensor([[masses]])
    return Buckets(mass.log(), torch.tensor([[centre]]), EDGES, torch.tensor(0.7))


def test_quantiles_are_those_of_the_distribution_by_hand() -> None:
    masses = [0.1, 0.15, 0.25, 0.3, 0.15, 0.05]
    levels = (0.02, 0.05, 0.1, 0.2, 0.375, 0.5, 0.9, 0.96, 0.999)
    found = told(masses, 4.0).quantiles(*levels)[:, 0, 0] - 4.0
    # Even within the four inner buckets, half-normal with scale 0.7 beyond the outer edges.
    cumulative, edges = np.cumsum(masses), EDGES.numpy()
    expected = []
    for level in levels:
        if level < cumulative[0]:
            expected.append(edges[0] - halfnorm.isf(level / masses[0], scale=0.7))
        elif level > cumulative[-2]:
            expected.append(edges[-1] + halfnorm.isf((1 - level) / masses[-1], scale=0.7))
        else:
            expected.append(float(np.interp(level, cumulative[:-1], edges)))
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_the_mass_of_a_truth_is_its_bucket_s() -> None:
    masses = [0.1, 0.15, 0.25, 0.3, 0.15, 0.05]
    for distance, place in ((-9.0, 0), (-2.0, 1), (-0.6, 1), (0.5, 3), (2.9, 4), (3.1, 5)):
        truth = torch.tensor([[1.0 + distance]])
        assert int(bucket_of(truth - 1.0, EDGES)) == place
        found = told(masses, 1.0).log_of(truth)
        assert float(found.exp()) == pytest.approx(masses[place])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Transformer:
    monkeypatch.setattr(band, "CALIBRATION_PROMPTS", 32)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        shape = TransformerConfig(max_dim=1, max_exemplars=6, layers=2, width=16, heads=2)
        return Transformer(shape).eval().requires_grad_(False)


def fit_of(network: Transformer, folder: Path, prompts: int) -> BandFit:
    law = CurvePrior(families=("line",), sigmas=(0.25,))
    return BandFit(network, law, prompts=prompts, seed=5, snapshot=folder / "snapshot.pt")


def test_a_fit_that_was_stopped_goes_on_as_if_it_had_not_been(
    small: Transformer, tmp_path: Path
) -> None:
    whole, first = (
        fit_of(small, tmp_path / "a", band.BATCH * 6),
        fit_of(small, tmp_path / "b", band.BATCH * 3),
    )
    whole.run()
    first.run()
    again = fit_of(small, tmp_path / "b", band.BATCH * 6)
    assert again.progress.step == 3
    again.run()
    for name, part in whole.head().state_dict().items():
        torch.testing.assert_close(again.head().state_dict()[name], part)


def test_the_fit_learns_the_distances_and_leaves_the_network_alone(
    small: Transformer, tmp_path: Path
) -> None:
    before = {name: part.clone() for name, part in small.state_dict().items()}
    fit = fit_of(small, tmp_path, band.BATCH * 60)
    assert (fit.model.edges.diff() > 0).all()
    torch.testing.assert_close(fit.model.edges, -fit.model.edges.flip(0))
    fit.run(report_every=20)
    first, *_, last = (point["loss"] for point in fit.progress.history)
    assert last < first
    assert float(fit.model.seen.sum()) == band.BATCH * 60 * 7
    torch.testing.assert_close(fit.head().by_k(torch.arange(7)).exp().sum(-1), torch.ones(7))
    assert all(torch.equal(before[name], part) for name, part in small.state_dict().items())


def test_states_and_answers_are_the_network_s_own() -> None:
    model = load_decoder("curves")
    drawn = CurvePrior().sample(3, 9, generator(4))
    states, answers = looked_into(model, drawn)
    torch.testing.assert_close(answers, load_model("curves").predict_next(drawn.x, drawn.y))
    assert states.shape == (model.layers + 1, 3, 9, model.width)


def test_a_band_of_other_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="No band is stored for 'playground'"):
        load_band("playground")
    manifest = {"some": {"sha256": "new"}, "some.band": {"model_sha256": "old"}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CheckpointError, match="The band of 'some' belongs to other weights"):
        load_band("some", tmp_path)


def test_bayes_is_judged_by_its_own_mixture() -> None:
    """One process: the masses and the bands of a normal distribution."""
    law = CurvePrior(families=("rbf-0.8",), sigmas=(0.25,))
    drawn = law.sample(48, max(KS) + 1, generator(8))
    found = judged(load_decoder("curves"), load_band("curves"), law, drawn)
    posterior = law.bayes().posterior(drawn.x[:, :4], drawn.y[:, :4], drawn.x[:, 4:5])
    mean, deviation = posterior.means[:, 0, 0, 0], posterior.deviations[:, 0, 0, 0]
    truth, at = drawn.clean[:, 4].double(), KS.index(4)
    within = ((truth - mean).abs() <= norm.ppf(0.95) * deviation).double()
    assert torch.equal(found["bayes 90"][:, at], within)
    _, answers = looked_into(load_decoder("curves"), drawn)
    edges, centre = load_band("curves").edges.double(), answers[:, 4].double()
    ends = torch.cat([edges[:1] - 1e9, edges, edges[-1:] + 1e9])
    place = bucket_of((truth - centre).float(), edges.float())
    low, high = (
        norm.cdf((centre + ends[place + i]).numpy(), mean.numpy(), deviation.numpy())
        for i in (0, 1)
    )
    mass = torch.from_numpy(np.log(np.maximum(high - low, 1e-12)))
    torch.testing.assert_close(found["bayes log"][:, at], mass, atol=1e-5, rtol=1e-5)
    assert set(found) == {f"{who} {what}" for who in WHO for what in (*BANDS, "log")}


def test_what_is_measured_is_counted_and_subtracted() -> None:
    ones = torch.ones(8, len(KS), dtype=torch.float64)
    found = measured(
        {f"{who} {band}": ones * (who == "bayes") for who in WHO for band in BANDS}
        | {"network log": -1.5 * ones, "bayes log": -1 * ones, "by k log": -3 * ones},
        1,
    )
    assert found["within_all"]["90"]["bayes"] == [1.0, 1.0, 1.0]
    assert found["within"]["50"]["network"] == [[0.0, 0.0, 0.0]] * len(KS)
    assert found["behind_all"]["network"] == pytest.approx([0.5] * 3)
    assert found["behind"]["by k"][2] == pytest.approx([2.0] * 3)


def test_the_stored_table_is_of_this_band_and_bayes_holds_what_it_says() -> None:
    table = read_table("bands")
    assert is_current(table)
    assert compare(table, table).largest == 0
    assert len(bands_rows(table)) == len(table["members"]) * len(WHO)
    assert read_manifest()["curves.band"]["kind"] == "band"
    whole = table["members"][0]
    for name in BANDS:
        share = int(name) / 100
        error = (share * (1 - share) / (4 * table["prompts"])) ** 0.5
        # With many examples and no noise, the 1e-5 that stand for none make Bayes' too wide.
        for found, _, _ in whole["within"][name]["bayes"][:3]:
            assert abs(found - share) < 3 * error, "three standard errors, six times"
        assert whole["within_all"][name]["network"][0] == pytest.approx(share, abs=0.02)
    for row in table["members"]:
        assert row["behind_all"]["network"][1] > 0
        assert row["behind_all"]["network"][2] < row["behind_all"]["by k"][1], "it reads the prompt"
