"""Layer readouts: fitted on the frozen model, each from its own layer."""

from pathlib import Path

import pytest
import torch

from icl_core import CheckpointError
from icl_core.checkpoints import load_decoder, write_entry
from icl_core.models.transformer import Transformer, TransformerConfig
from icl_core.priors.linear import PlainPrior
from icl_core.priors.mixture import FlagshipPrior
from icl_core.probes.readouts import LayerReadouts, fit_layer_readouts, load_layer_readouts
from icl_core.prompts import generator

TINY = TransformerConfig(max_exemplars=6, layers=2, width=16, heads=2)


@pytest.fixture(scope="module")
def readouts() -> LayerReadouts:
    torch.manual_seed(0)
    return fit_layer_readouts(Transformer(TINY), FlagshipPrior(), prompts=128, seed=0)


def test_shapes(readouts: LayerReadouts) -> None:
    assert readouts.maps.shape == (3, 17)
    assert readouts.r2.shape == (3, 8, 7)
    assert readouts.bayes_r2.shape == (8, 7)


def test_the_same_seed_gives_the_same_readouts(readouts: LayerReadouts) -> None:
    torch.manual_seed(0)
    again = fit_layer_readouts(Transformer(TINY), FlagshipPrior(), prompts=128, seed=0)
    assert torch.equal(again.maps, readouts.maps)


def test_readouts_of_another_prior_are_scored_where_it_draws() -> None:
    small = TransformerConfig(max_dim=2, max_exemplars=6, layers=1, width=16, heads=2)
    model = Transformer(small)
    line = FlagshipPrior(max_dim=2, dim=2, intercept=True, sigmas=(0.25,))
    found = fit_layer_readouts(model, line, prompts=128, seed=0)
    assert found.r2.shape == (2, 2, 7)
    assert found.r2[:, 0].isnan().all()
    assert found.r2[:, 1].isfinite().all()
    assert (found.bayes_r2[1, 2:] > 0.5).all()
    plain = fit_layer_readouts(model, PlainPrior(1, sigma=0.25), prompts=64, seed=0)
    assert plain.r2[:, 0].isfinite().all()
    assert plain.r2[:, 1].isnan().all()


def test_nothing_reads_better_than_bayes(readouts: LayerReadouts) -> None:
    assert (readouts.r2 <= readouts.bayes_r2 + 0.05).all()


def test_each_layer_is_read_from_its_own_states() -> None:
    maps = torch.zeros(3, 5)
    maps[:, 0] = 1.0
    states = torch.randn(3, 2, 4, 4)
    read = LayerReadouts(maps, torch.empty(0), torch.empty(0)).read(states)
    for layer in range(3):
        alone = torch.nn.functional.layer_norm(states[layer], (4,))[..., 0]
        assert torch.allclose(read[layer], alone)


def test_readouts_of_the_flagship_improve_with_depth_to_nearly_its_own_answer() -> None:
    model, readouts = load_decoder("playground"), load_layer_readouts("playground")
    by_layer = readouts.r2.mean((1, 2))
    assert by_layer[0] < 0.05
    assert by_layer[-1] == by_layer.max()
    prompt = FlagshipPrior(dim=2, intercept=True).sample(64, 41, generator(9))
    read = readouts.read(model.next_states(prompt.x, prompt.y))[-1]
    with torch.inference_mode():
        answer = model(prompt.x, prompt.y)
    assert (read - answer).square().mean() < 0.02 * answer.square().mean()


def test_a_model_without_readouts_says_how_to_fit_them(tmp_path: Path) -> None:
    write_entry("tiny", dict(Transformer(TINY).state_dict()), {}, tmp_path)
    with pytest.raises(CheckpointError, match="python -m icl_core probe tiny"):
        load_layer_readouts("tiny", tmp_path)


def test_readouts_of_other_weights_are_refused(tmp_path: Path, readouts: LayerReadouts) -> None:
    write_entry("tiny", dict(Transformer(TINY).state_dict()), {}, tmp_path)
    write_entry("tiny.readouts", vars(readouts), {"model_sha256": "0"}, tmp_path)
    with pytest.raises(CheckpointError, match="belong to other weights"):
        load_layer_readouts("tiny", tmp_path)
