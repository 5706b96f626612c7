"""Probes of w: targets, closed-form fits, pooled fits, storage and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from icl_core import CheckpointError, predictors
from icl_core.checkpoints import read_manifest, update_entry, write_entry
from icl_core.models.transformer import Transformer, TransformerConfig
from icl_core.priors.linear import PlainPrior
from icl_core.priors.mixture import FlagshipPrior
from icl_core.probes import pooled
from icl_core.probes.fit import (
    BATCH,
    fit_weight_probes,
    probed_laws,
    probing_prior,
    prompts_in_all,
    random_twin,
)
from icl_core.probes.linear import RIDGE
from icl_core.probes.pooled import pooled_ks
from icl_core.probes.targets import READS, TARGETS, weight_targets
from icl_core.probes.weights import (
    MODELS,
    Scores,
    WeightProbes,
    cell_of,
    load_weight_probes,
)
from icl_core.prompts import generator

CONFIG = TransformerConfig(max_dim=2, max_exemplars=5, layers=1, width=8, heads=2)
PRIOR = FlagshipPrior(max_dim=2, w_seed=3, dim_weights=(1.0, 0.0))


@pytest.fixture(scope="module")
def tiny() -> Transformer:
    return random_twin(CONFIG, seed=11)


@pytest.fixture(scope="module")
def control() -> Transformer:
    return random_twin(CONFIG, seed=12)


@pytest.fixture(scope="module")
def probes(tiny: Transformer, control: Transformer) -> WeightProbes:
    return fit_weight_probes(tiny, control, PRIOR, prompts=8 * BATCH, seed=5)


# --- targets ---------------------------------------------------------------


def test_targets_are_those_of_each_prefix_in_numpy() -> None:
    prompt = PlainPrior(3, sigma=0.5, tau=1.5).sample(4, 6, generator(0))
    prior = PlainPrior(3, sigma=0.5, tau=1.5)
    found = weight_targets(prompt.x, prompt.y, prior, 5).double().numpy()
    assert found.shape == (3, 4, 6, 5)
    assert (found[..., 3:] == 0).all()
    for b in range(4):
        for k in range(1, 7):
            x, y = prompt.x[b, :k].double().numpy(), prompt.y[b, :k].double().numpy()
            moment, w_ols, w_bayes = found[:, b, k - 1, :3]
            np.testing.assert_allclose(moment, x.T @ y / k, atol=1e-5)
            ridge = np.linalg.solve(x.T @ x + (0.5 / 1.5) ** 2 * np.eye(3), x.T @ y)
            np.testing.assert_allclose(w_bayes, ridge, atol=1e-5)
            ols = np.linalg.pinv(x) @ y
            longest = 3 * 1.5 * np.sqrt(3)
            ols *= min(1, longest / np.linalg.norm(ols))
            np.testing.assert_allclose(w_ols, ols, atol=1e-4)


def test_a_hidden_sigma_makes_the_bayes_target_a_mixture() -> None:
    prior = FlagshipPrior(max_dim=2)
    prompt = prior.sample(3, 5, generator(1))
    found = weight_targets(prompt.x, prompt.y, prior, 2)[2]
    expected = predictors.bayes(prior).weights(prompt.x, prompt.y)[:, 1:]
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_a_heavy_tail_of_least_squares_is_cut() -> None:
    x, y = torch.tensor([[[1e-3, 0.0]]]), torch.tensor([[1.0]])
    w_ols = weight_targets(x, y, PlainPrior(2), 2)[1, 0, 0]
    torch.testing.assert_close(w_ols, torch.tensor([3.0, 0.0]))  # one feature is in use


# --- the prompts that probes see -------------------------------------------


def test_probes_see_every_d_alike_and_every_w() -> None:
    assert probing_prior(PRIOR) == FlagshipPrior(max_dim=2)
    assert probing_prior(PlainPrior(2, sigma=0.5, w_seed=1)) == PlainPrior(2, sigma=0.5)


def test_a_random_twin_depends_on_the_seed_alone_and_leaves_torch_s_generator_be() -> None:
    before = torch.get_rng_state()
    first, again, other = (random_twin(CONFIG, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.read_in.weight, again.read_in.weight)
    assert not torch.equal(first.read_in.weight, other.read_in.weight)


# --- the closed form -------------------------------------------------------


def features(
    model: Transformer, k: int, reads: str, stream: int, batches: int
) -> tuple[np.ndarray, np.ndarray]:
    """States and targets once more, a batch at a time, in NumPy."""
    prior = probing_prior(PRIOR)
    states, targets = [], []
    for index in range(batches):
        prompt = prior.sample(BATCH, CONFIG.max_exemplars, generator(5, stream, index))
        hidden = model.trace(prompt.x, prompt.y).hidden
        u = nn.functional.layer_norm(hidden, (CONFIG.width,))[:, :, 1 : 2 * k : 2]
        seen = u[:, :, -1] if reads == "last y" else u.mean(2)
        states.append(nn.functional.pad(seen, (0, 1), value=1.0))
        targets.append(weight_targets(prompt.x, prompt.y, prior, 2)[:, :, k - 1])
    return torch.cat(states, 1).double().numpy(), torch.cat(targets, 1).double().numpy()


@pytest.mark.parametrize("reads", READS)
@pytest.mark.parametrize("k", [1, 4])
def test_a_linear_probe_is_ridge_regression_of_the_target_on_the_states(
    tiny: Transformer, probes: WeightProbes, reads: str, k: int
) -> None:
    states, targets = features(tiny, k, reads, 0, 8)
    held, wanted = features(tiny, k, reads, 1, 2)
    r = READS.index(reads)
    for layer in range(2):
        gram = states[layer].T @ states[layer]
        penalty = RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
        for t in range(3):
            maps = np.linalg.solve(gram + penalty, states[layer].T @ targets[t]).T
            np.testing.assert_allclose(probes.maps[r, layer, t, k - 1], maps, rtol=1e-3, atol=1e-3)
            missed = ((held[layer] @ maps.T - wanted[t]) ** 2).sum()
            r2 = 1 - missed / (wanted[t] ** 2).sum()
            assert probes.linear.r2[r, 0, layer, t, k - 1] == pytest.approx(r2, abs=1e-3)
            mse = probes.linear.mse[r, 0, layer, t, k - 1]
            assert mse == pytest.approx(missed / wanted.shape[1], abs=1e-3)


@pytest.mark.parametrize("reads", READS)
def test_a_live_reading_is_the_stored_map_times_the_states(
    tiny: Transformer, probes: WeightProbes, reads: str
) -> None:
    prompt = FlagshipPrior(max_dim=2).sample(3, 4, generator(9))
    seen = tiny.inspect(prompt.x, prompt.y, prompt.x[:, :0]).context_states
    found = probes.read(seen[:, :, 1::2], reads)
    assert found.shape == (2, 3, 3, 2)
    tokens = [7] if reads == "last y" else [1, 3, 5, 7]
    u = nn.functional.layer_norm(seen, (8,))[:, :, tokens].mean(2)
    maps = probes.maps_for("w_bayes", 4, 2, reads)
    by_hand = torch.einsum("lbw,ldw->lbd", u, maps[..., :-1]) + maps[:, None, :, -1]
    torch.testing.assert_close(found[:, TARGETS.index("w_bayes")], by_hand, atol=1e-5, rtol=1e-5)


def test_scores_come_with_intervals_and_controls(probes: WeightProbes) -> None:
    assert probes.linear.r2.shape == (2, 3, 2, 3, 5)
    assert probes.pooled.r2.shape == (2, 3, 2, 3, 1)
    assert probes.pooled_k == (4,)
    for scores in (probes.linear, probes.pooled):
        assert (scores.r2_low <= scores.r2 + 1e-6).all()
        assert (scores.r2 <= scores.r2_high + 1e-6).all()
        assert (scores.mse_low <= scores.mse + 1e-6).all()
        assert (scores.mse <= scores.mse_high + 1e-6).all()
    trained, random, fixed = probes.linear.r2[1, :, 1, 2]
    assert not torch.equal(trained, random)
    assert not torch.equal(random, fixed)


def test_r2_by_dim_pools_to_the_whole(probes: WeightProbes) -> None:
    assert probes.r2_by_dim.shape == (2, 2, 3, 2, 5)
    low, high = probes.r2_by_dim.min(3).values, probes.r2_by_dim.max(3).values
    whole = probes.linear.r2[:, 0]
    assert ((low - 1e-5 <= whole) & (whole <= high + 1e-5)).all()


def test_every_score_has_a_row(probes: WeightProbes) -> None:
    rows = probes.rows()
    assert len(rows) == 2 * 3 * 2 * 3 * 5 + 2 * 3 * 2 * 3 * 1
    row = next(
        r
        for r in rows
        if (r["reads"], r["model"], r["layer"], r["target"], r["k"])
        == ("mean y", "fixed", 1, "w_ols", 3)
    )
    assert row["family"] == "linear"
    assert row["r2"] == pytest.approx(float(probes.linear.r2[1, 2, 1, 1, 2]))
    assert {"r2_low", "r2_high", "mse", "mse_low", "mse_high"} <= set(row)


def test_the_seed_alone_decides(
    tiny: Transformer, control: Transformer, probes: WeightProbes
) -> None:
    told: list[int] = []
    again = fit_weight_probes(tiny, control, PRIOR, prompts=8 * BATCH, seed=5, progress=told.append)
    for name, tensor in probes.tensors().items():
        assert torch.equal(tensor, again.tensors()[name]), name
    assert sum(told) == prompts_in_all(8 * BATCH)


def test_a_control_of_another_shape_is_refused(tiny: Transformer) -> None:
    other = random_twin(replace(CONFIG, layers=2), seed=0)
    with pytest.raises(ValueError, match="control must have the model's shape"):
        fit_weight_probes(tiny, other, PRIOR, prompts=1, seed=0)


# --- pooled probes ---------------------------------------------------------


@pytest.mark.parametrize("family", [0, 1])
def test_pooled_probes_learn_what_one_position_holds(
    monkeypatch: pytest.MonkeyPatch, family: int
) -> None:
    """States that hold the targets at one token: the scores must find it."""
    monkeypatch.setattr(pooled, "RATES", {"linear": 3e-2, "mlp": 3e-2})
    with torch.random.fork_rng():
        torch.manual_seed(0)
        fit = pooled.PooledProbes(CONFIG, 2, steps=150)
        gen = generator(0)

        def batch() -> tuple[Tensor, Tensor]:
            states = torch.randn(2, BATCH, 10, 8, generator=gen)
            targets = torch.zeros(3, BATCH, 5, 2)
            targets[:, :, 3] = 4 * states[0, :, 6, :2]
            states[1] = states[0]
            return states, targets

        fit.prepare(*batch())
        for _ in range(150):
            fit.step(*batch())
        states, targets = batch()
        errors = fit.errors(states, targets)[family]
    missed = errors.sum(2) / targets[:, :, 3].square().sum((1, 2))[:, None]
    assert (missed < 0.2).all()


def test_pooled_probes_are_fitted_where_the_model_can_go() -> None:
    assert pooled_ks(TransformerConfig()) == (4, 8, 16, 40)
    assert pooled_ks(replace(CONFIG, max_exemplars=9)) == (4, 8)
    assert pooled_ks(replace(CONFIG, max_exemplars=2)) == (2,)


# --- reading what is not there ---------------------------------------------


def test_probes_refuse_what_they_were_not_fitted_for(probes: WeightProbes) -> None:
    with pytest.raises(ValueError, match="1 to 5 exemplars, not for 6"):
        probes.read(torch.zeros(2, 1, 6, 8))
    with pytest.raises(ValueError, match="1 to 5 exemplars, not for 0"):
        probes.read(torch.zeros(2, 1, 0, 8))
    with pytest.raises(ValueError, match="last y, mean y, not 'x'"):
        probes.read(torch.zeros(2, 1, 3, 8), "x")
    with pytest.raises(ValueError, match="moment, w_ols, w_bayes, not 'w'"):
        probes.maps_for("w", 3, 2)
    with pytest.raises(ValueError, match="1 to 2 features, not for 3"):
        probes.maps_for("w_ols", 3, 3)


# --- storage ---------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, probes: WeightProbes) -> Path:
    for name in ("tiny", "control"):
        write_entry(name, {"w": torch.tensor(float(len(name)))}, {"architecture": {}}, tmp_path)
    manifest = read_manifest(tmp_path)
    note = {
        "model_sha256": manifest["tiny"]["sha256"],
        "control": {"name": "control", "sha256": manifest["control"]["sha256"]},
    }
    write_entry("tiny.probes", probes.tensors(), note, tmp_path)
    return tmp_path


def test_stored_probes_come_back(folder: Path, probes: WeightProbes) -> None:
    loaded = load_weight_probes("tiny", folder=folder)
    assert loaded is load_weight_probes("tiny", folder=folder)
    assert loaded.pooled_k == probes.pooled_k
    assert isinstance(loaded.pooled, Scores)
    torch.testing.assert_close(loaded.maps, probes.maps, rtol=1e-3, atol=1e-4)
    assert torch.equal(loaded.linear.r2, probes.linear.r2)
    assert torch.equal(loaded.r2_by_dim, probes.r2_by_dim)
    assert len(loaded.linear.r2[0]) == len(MODELS)


def test_absent_probes(folder: Path) -> None:
    with pytest.raises(CheckpointError, match="No probes are stored for 'control'"):
        load_weight_probes("control", folder=folder)


def test_probes_of_other_weights(folder: Path) -> None:
    update_entry("tiny", {"sha256": "0" * 64}, folder)
    with pytest.raises(CheckpointError, match="belong to other weights"):
        load_weight_probes("tiny", folder=folder)


def test_probes_whose_control_has_changed(folder: Path) -> None:
    update_entry("control", {"sha256": "0" * 64}, folder)
    with pytest.raises(CheckpointError, match="control of the probes of 'tiny'"):
        load_weight_probes("tiny", folder=folder)


def test_probes_without_a_control(folder: Path) -> None:
    update_entry("tiny.probes", {"control": {}}, folder)
    with pytest.raises(CheckpointError, match="control of the probes of 'tiny' is missing"):
        load_weight_probes("tiny", folder=folder)


# --- probes for one kind of task ---------------------------------------------------------


def test_the_tasks_of_a_plane_have_probes_of_their_own() -> None:
    laws = probed_laws(FlagshipPrior())
    assert list(laws) == [None, "d1", "d2", "d2i"]
    assert laws["d2i"] == FlagshipPrior(dim=2, intercept=True)
    assert [cell_of(1, False), cell_of(2, True), cell_of(2, False)] == ["d1", "d2i", "d2"]
    assert cell_of(3, True) is None
    assert probed_laws(PlainPrior(4)) == {None: PlainPrior(4)}


def test_probes_of_one_kind_read_as_many_weights_as_it_has(
    tiny: Transformer, control: Transformer
) -> None:
    law = FlagshipPrior(max_dim=2, dim=1, intercept=False)
    probes = fit_weight_probes(tiny, control, law, prompts=BATCH, seed=5)
    assert probes.maps.shape == (2, 2, 3, 5, 1, 9)
    assert probes.read(torch.randn(2, 3, 4, 8)).shape == (2, 3, 3, 1)
