"""What every answering model keeps to, and the kinds that a checkpoint can hold."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from icl_core import CheckpointError, load_model
from icl_core.arrays import ArrayLike, PromptLimits
from icl_core.checkpoints import load_decoder, write_entry
from icl_core.constructions.linear_attention import gd_transformer
from icl_core.constructions.programs import sgd_program, sherman_morrison_program
from icl_core.models import kinds
from icl_core.models.base import EditableModel, InContextModel, InspectableModel
from icl_core.models.transformer import Transformer, TransformerConfig

DIM, PAIRS = 2, 3
SMALL = TransformerConfig(max_dim=DIM, max_exemplars=PAIRS, layers=2, width=16, heads=2)


class Mean:
    """A model without weights: the mean of the answers so far."""

    limits = PromptLimits(DIM)
    device = torch.device("cpu")

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        return queries[..., 0] * 0 + y.mean(1)[:, None]

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        sums = y.cumsum(1) - y
        return sums / (x[..., 0] * 0 + 1).cumsum(1).clip(1)


def decoder() -> Transformer:
    torch.manual_seed(5)
    return Transformer(SMALL).eval().requires_grad_(False)


MODELS: dict[str, InContextModel] = {
    "decoder": decoder(),
    "gradient descent in linear attention": gd_transformer(2, 0.3, DIM, PAIRS),
    "Theorem 1": sgd_program(DIM, PAIRS, 0.05),
    "Theorem 2": sherman_morrison_program(DIM, PAIRS, 0.25),
}


@pytest.fixture(params=MODELS)
def answering(request: pytest.FixtureRequest) -> InContextModel:
    return MODELS[request.param]


def prompt(batch: int, pairs: int, queries: int) -> tuple[Tensor, Tensor, Tensor]:
    gen = torch.Generator().manual_seed(pairs)
    shapes = ((batch, pairs, DIM), (batch, pairs), (batch, queries, DIM))
    return tuple(torch.randn(shape, generator=gen) for shape in shapes)  # type: ignore[return-value]


@pytest.mark.parametrize("pairs", range(PAIRS + 2))
def test_each_next_answer_has_seen_the_pairs_before_it(
    answering: InContextModel, pairs: int
) -> None:
    x, y, _ = prompt(2, pairs, 0)
    told = answering.predict_next(x, y)
    assert told.shape == (2, pairs)
    for j in range(pairs):
        alone = answering.predict(x[:, :j], y[:, :j], x[:, j : j + 1])
        torch.testing.assert_close(told[:, j : j + 1], alone, rtol=1e-4, atol=1e-5)


def test_each_query_is_answered_alone(answering: InContextModel) -> None:
    x, y, queries = prompt(2, PAIRS, 3)
    together = answering.predict(x, y, queries)
    for q in range(3):
        alone = answering.predict(x, y, queries[:, q : q + 1])
        torch.testing.assert_close(together[:, q : q + 1], alone, rtol=1e-4, atol=1e-5)


def test_numpy_comes_back_as_numpy(answering: InContextModel) -> None:
    x, y, queries = (part.numpy() for part in prompt(1, PAIRS, 2))
    assert isinstance(answering.predict(x, y, queries), np.ndarray)
    assert isinstance(answering.predict_next(x, y), np.ndarray)


def test_a_prompt_beyond_the_limits_is_refused(answering: InContextModel) -> None:
    x, y, queries = prompt(1, PAIRS, 1)
    wide = torch.cat([x, x], dim=-1)
    assert answering.limits.max_dim < wide.shape[-1]
    with pytest.raises(ValueError, match="4"):
        answering.predict(wide, y, torch.cat([queries, queries], dim=-1))
    if answering.limits.max_exemplars == PAIRS:
        with pytest.raises(ValueError, match=f"{PAIRS}"):
            answering.predict(torch.cat([x, x], dim=1), torch.cat([y, y], dim=1), queries)


def test_only_what_has_layers_can_be_looked_into_and_changed() -> None:
    assert isinstance(MODELS["decoder"], EditableModel)
    assert not isinstance(Mean(), InspectableModel)
    assert not isinstance(MODELS["Theorem 1"], InspectableModel)


# --- kinds -----------------------------------------------------------------------


@pytest.fixture
def means(tmp_path: Path) -> Iterator[Path]:
    """A folder with a decoder, stored before there were kinds, and a model of another kind."""

    def load(shape: Mapping[str, Any], tensors: Mapping[str, Tensor], device: str) -> Mean:
        assert (dict(shape), list(tensors), device) == ({"words": 3}, ["nothing"], "cpu")
        return Mean()

    kinds.register("mean", load)
    note = {"architecture": {"kind": "mean", "words": 3}}
    write_entry("average", {"nothing": torch.zeros(1)}, note, tmp_path)
    write_entry("old", decoder().state_dict(), {"architecture": vars(SMALL)}, tmp_path)
    yield tmp_path
    del kinds._loaders["mean"]


def test_a_kind_registered_at_run_time_is_loaded(means: Path) -> None:
    model = load_model("average", folder=means)
    x, y, queries = prompt(2, PAIRS, 2)
    torch.testing.assert_close(model.predict(x, y, queries), y.mean(1, keepdim=True).expand(2, 2))
    assert isinstance(load_model("old", folder=means), Transformer)


def test_a_model_of_another_kind_is_no_decoder(means: Path) -> None:
    with pytest.raises(CheckpointError, match="'average' is not a decoder"):
        load_decoder("average", folder=means)


def test_a_kind_cannot_be_taken_twice() -> None:
    with pytest.raises(ValueError, match="kind 'decoder' already"):
        kinds.register(kinds.DECODER, lambda *_: Mean())


def test_an_unknown_kind_is_named(tmp_path: Path) -> None:
    note = {"architecture": {"kind": "oracle"}}
    write_entry("delphi", {"nothing": torch.zeros(1)}, note, tmp_path)
    with pytest.raises(CheckpointError, match=r"no loader for models of kind 'oracle'\. Known: d"):
        load_model("delphi", folder=tmp_path)
