"""Texts as numbers: the sets that come along, the model that reads them, and their study."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from icl_core.language import embeddings
from icl_core.language.embeddings import Encoder, embed
from icl_core.predictors.logistic import LogisticBayes, _fitted
from icl_core.priors import LabelPrior
from icl_core.prompts import generator
from icl_core.studies import compare, is_current, read_table
from icl_core.studies.texts import LOGISTIC, MIXED, MODEL, NEAREST, RIDGE, hits, run_texts
from icl_core.texts import FEATURES, LINES, draw, own_lines, projection, text_sets

# --- logistic regression -----------------------------------------------------------------------


@pytest.mark.parametrize("spread", [0.35, 1.0, 3.5])
def test_the_mode_is_that_of_logistic_regression_with_its_penalty(spread: float) -> None:
    prompt = LabelPrior(4).sample(3, 30, generator(7))
    x, y = prompt.x.double(), prompt.y.double()
    fit = _fitted(x, y, spread)
    for row in range(3):
        theirs = LogisticRegression(C=spread**2, fit_intercept=False, tol=1e-10, max_iter=1000)
        theirs.fit(x[row].numpy(), y[row].numpy())
        assert fit.mode[row].tolist() == pytest.approx(theirs.coef_[0].tolist(), abs=1e-4)


def off_the_exact_mean(law: LabelPrior, exemplars: int) -> float:
    """The rms difference of the law's rule from the mean over a weighed sample of its prior."""
    prompt = LabelPrior(2).sample(60, exemplars + 1, generator(8))
    x, y = prompt.x[:, :-1].double(), prompt.y[:, :-1].double()
    queries = prompt.x[:, -1:].double()
    v = torch.randn(6_000, 2, generator=generator(9), dtype=torch.float64) / math.sqrt(2)
    v = torch.cat([a * v for a in law.steepness])
    likely = torch.nn.functional.logsigmoid(y[..., None] * (x @ v.T)).sum(1).softmax(1)
    exact = (likely * torch.tanh((queries @ v.T)[:, 0] / 2)).sum(1)
    told = torch.as_tensor(law.bayes().predict(x, y, queries))[:, 0]
    return float((told - exact).square().mean().sqrt())


def test_laplace_s_mean_is_near_the_exact_one_for_gentle_slopes_and_less_so_for_steep_ones() -> (
    None
):
    gentle, steep = LabelPrior(2, (1.0,)), LabelPrior(2, (10.0,))
    assert off_the_exact_mean(gentle, 8) < 0.03
    assert off_the_exact_mean(steep, 20) < off_the_exact_mean(steep, 2)
    assert off_the_exact_mean(gentle, 20) < off_the_exact_mean(steep, 20)


@pytest.mark.slow
def test_many_labels_are_learned_and_none_say_nothing() -> None:
    rule = LogisticBayes((1.0,))
    prompt = LabelPrior(3, (3.0,)).sample(32, 81, generator(2))
    told = rule.predict_next(prompt.x, prompt.y)
    torch.testing.assert_close(told[:, 0], torch.zeros(32), atol=1e-12, rtol=0)
    assert float((told[:, -1] - prompt.clean[:, -1]).square().mean()) < 0.05


def test_a_law_of_labels_refuses_what_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="dim must be a whole number from 2 to 32, not 1"):
        LabelPrior(1)
    with pytest.raises(ValueError, match="steepness must hold positive numbers"):
        LabelPrior(3, (0.0,))


# --- the sets ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", text_sets())
def test_a_set_has_numbers_labels_and_a_source(name: str) -> None:
    found = text_sets()[name]
    assert found.x.shape == (len(found.y), FEATURES)
    assert set(found.y.tolist()) == {-1.0, 1.0}
    assert float(found.y.mean().abs()) < 0.01
    assert float(found.x.square().mean()) == pytest.approx(1, abs=0.25)
    assert found.source.licence
    assert len(found.source.labels) == 2


def test_our_own_lines_are_there_word_by_word() -> None:
    found = text_sets()[LINES]
    assert found.texts == tuple(text for _, text in own_lines())
    assert found.y.tolist() == [label for label, _ in own_lines()]
    assert len(set(found.texts)) == len(found.y)


def test_no_text_comes_twice_and_of_the_questions_half_have_each_label() -> None:
    found = text_sets()[LINES]
    one, same = (draw(found, 20, 24, 10, generator(3)) for _ in range(2))
    assert torch.equal(one.places, same.places)
    assert all(len(set(row.tolist())) == 34 for row in one.places)
    assert one.labels.sum(1).tolist() == [0.0] * 20
    assert torch.equal(found.x[one.places[:, :24]], one.prompt.x)
    assert torch.equal(found.y[one.places[:, 24:]], one.labels)
    with pytest.raises(ValueError, match="There are 96 texts, fewer than 90"):
        draw(found, 1, 90, 10, generator(0))


def test_an_answer_of_zero_is_half_a_hit() -> None:
    told = hits(torch.tensor([0.2, -0.2, 0.0]), torch.tensor([1.0, 1.0, -1.0]))
    assert told.tolist() == [1.0, 0.0, 0.5]


# --- the model that reads ----------------------------------------------------------------------

SHAPE: dict[str, Any] = {
    "hidden_size": 8,
    "vocab_size": 11,
    "max_position_embeddings": 6,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "num_attention_heads": 2,
    "intermediate_size": 12,
    "num_hidden_layers": 2,
}


def berts_tensors() -> dict[str, Tensor]:
    """Random tensors under BERT's own names."""
    gen, wide, inner = generator(4), SHAPE["hidden_size"], SHAPE["intermediate_size"]
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (SHAPE["vocab_size"], wide),
        "embeddings.position_embeddings.weight": (SHAPE["max_position_embeddings"], wide),
        "embeddings.token_type_embeddings.weight": (2, wide),
    }
    square = ("attention.self.query", "attention.self.key", "attention.self.value")
    matrices = dict.fromkeys((*square, "attention.output.dense"), (wide, wide))
    matrices |= {"intermediate.dense": (inner, wide), "output.dense": (wide, inner)}
    norms = ["embeddings.LayerNorm"]
    for block in range(SHAPE["num_hidden_layers"]):
        start = f"encoder.layer.{block}"
        norms += [f"{start}.attention.output.LayerNorm", f"{start}.output.LayerNorm"]
        for name, shape in matrices.items():
            shapes |= {f"{start}.{name}.weight": shape, f"{start}.{name}.bias": shape[:1]}
    for name in norms:
        shapes |= {f"{name}.weight": (wide,), f"{name}.bias": (wide,)}
    return {name: torch.randn(shape, generator=gen) for name, shape in shapes.items()}


def by_hand(t: dict[str, Tensor], tokens: list[int]) -> Tensor:
    """BERT (Devlin et al. 2019) on one text without padding, written out; the mean's direction."""

    def linear(name: str, h: Tensor) -> Tensor:
        return h @ t[f"{name}.weight"].T + t[f"{name}.bias"]

    def norm(name: str, h: Tensor) -> Tensor:
        h = (h - h.mean(-1, keepdim=True)) / h.std(-1, correction=0, keepdim=True)
        return h * t[f"{name}.weight"] + t[f"{name}.bias"]

    h = t["embeddings.word_embeddings.weight"][tokens]
    h = h + t["embeddings.position_embeddings.weight"][: len(tokens)]
    h = norm("embeddings.LayerNorm", h + t["embeddings.token_type_embeddings.weight"][0])
    for block in range(SHAPE["num_hidden_layers"]):
        start = f"encoder.layer.{block}"
        q, k, v = (
            linear(f"{start}.attention.self.{part}", h).view(len(tokens), 2, 4).transpose(0, 1)
            for part in ("query", "key", "value")
        )
        mixed = ((q @ k.mT / 2).softmax(-1) @ v).transpose(0, 1).reshape(len(tokens), 8)
        h = norm(
            f"{start}.attention.output.LayerNorm",
            h + linear(f"{start}.attention.output.dense", mixed),
        )
        inside = linear(f"{start}.intermediate.dense", h)
        inside = inside * (1 + torch.erf(inside / math.sqrt(2))) / 2
        h = norm(f"{start}.output.LayerNorm", h + linear(f"{start}.output.dense", inside))
    return torch.nn.functional.normalize(h.mean(0), dim=0)


def test_the_encoder_is_bert_and_does_not_see_the_padding() -> None:
    theirs = berts_tensors()
    made = Encoder(SHAPE)
    made.load_state_dict(embeddings._renamed(theirs))
    made.eval()
    tokens = torch.tensor([[3, 9, 4, 7], [5, 1, 0, 0]])
    told = made(tokens, torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]]).bool())
    for row, text in enumerate(([3, 9, 4, 7], [5, 1])):
        torch.testing.assert_close(told[row], by_hand(theirs, text), atol=1e-5, rtol=1e-5)


def test_without_the_extra_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "weights_folder", lambda: None)
    with pytest.raises(RuntimeError, match="not installed"):
        embed(["a line"])


@pytest.mark.skipif(not embeddings.installed(), reason="requirements-texts.txt is not installed")
def test_the_model_reads_our_lines_as_it_did_when_they_were_stored() -> None:
    told = projection()(embed([text for _, text in own_lines()]))
    torch.testing.assert_close(told, text_sets()[LINES].x, atol=5e-3, rtol=0)


# --- the study ---------------------------------------------------------------------------------


def test_the_stored_table_has_its_control_and_says_what_the_page_says() -> None:
    table = read_table("texts")
    assert is_current(table)
    assert {"command", "seed", "commit"} <= table.keys()
    for row in table["members"]:
        told = {who: bounds[-1] for who, bounds in row["accuracy"].items()}
        # What is learned is learned from the labels: by lot there is nothing in them.
        assert told[MIXED][1] < 0.52
        assert told[MIXED][2] > 0.48
        assert told[MODEL][1] > max(0.6, told[NEAREST][2])
        # The network is the ridge that it learned to be, and near logistic regression.
        assert abs(row["ahead"][RIDGE][-1][0]) < 0.01
        assert row["ahead"][LOGISTIC][-1][1] > -0.02


@pytest.mark.slow
def test_the_stored_table_comes_out_again_on_other_draws() -> None:
    again = run_texts(prompts=24, seed=5)
    found = compare(again, read_table("texts"))
    assert found.overlap >= 0.9 * found.figures
    assert found.figures > 100
