"""The decoder: what it computes, what it may see, what it refuses."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import erf
from torch import Tensor

from icl_core.models.base import Edit, Edits
from icl_core.models.transformer import Transformer, TransformerConfig
from tests.support.tolerance import Tolerance

CLOSE: Tolerance = {"atol": 1e-5, "rtol": 1e-5}


def prompt(
    batch: int, pairs: int, dim: int, queries: int = 5, seed: int = 0
) -> tuple[Tensor, Tensor, Tensor]:
    gen = torch.Generator().manual_seed(seed)
    x = torch.randn(batch, pairs, dim, generator=gen)
    y = torch.randn(batch, pairs, generator=gen)
    return x, y, torch.randn(batch, queries, dim, generator=gen)


def numpy_decoder(model: Transformer, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The architecture once more, one prompt, one head and one reader at a time.

    x: (k, d), y: (k,) -> (k,) predictions at the x-tokens.
    """
    config = model.config
    p = {name: value.double().numpy() for name, value in model.state_dict().items()}

    def linear(name: str, h: np.ndarray) -> np.ndarray:
        return h @ p[f"{name}.weight"].T + p[f"{name}.bias"]

    def norm(name: str, h: np.ndarray) -> np.ndarray:
        centred = h - h.mean(-1, keepdims=True)
        scale = np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
        return centred / scale * p[f"{name}.weight"] + p[f"{name}.bias"]

    tokens = np.zeros((2 * len(x), config.max_dim + 1))
    for j in range(len(x)):
        tokens[2 * j, 1 : 1 + x.shape[1]] = x[j]
        tokens[2 * j + 1, 0] = y[j]
    h = linear("read_in", tokens) + p["positions"][: len(tokens)]
    size = config.width // config.heads
    for layer in range(config.layers):
        block = f"blocks.{layer}"
        qkv = linear(f"{block}.attention.qkv", norm(f"{block}.attention_norm", h))
        q, k, v = (part.reshape(len(tokens), config.heads, size) for part in np.split(qkv, 3, -1))
        mixed = np.zeros((len(tokens), config.heads, size))
        for reader in range(len(tokens)):
            for head in range(config.heads):
                scores = k[: reader + 1, head] @ q[reader, head] / math.sqrt(size)
                share = np.exp(scores - scores.max())
                mixed[reader, head] = share @ v[: reader + 1, head] / share.sum()
        h = h + linear(f"{block}.attention.out", mixed.reshape(len(tokens), -1))
        inner = linear(f"{block}.mlp.0", norm(f"{block}.mlp_norm", h))
        h = h + linear(f"{block}.mlp.2", inner * (1 + erf(inner / math.sqrt(2))) / 2)
    return linear("read_out", norm("final_norm", h))[0::2, 0]


# --- what it computes ------------------------------------------------------


@pytest.mark.parametrize(("pairs", "dim"), [(1, 1), (4, 3), (6, 4)])
def test_predict_next_is_the_decoder_written_out_in_loops(
    model: Transformer, pairs: int, dim: int
) -> None:
    x, y, _ = prompt(2, pairs, dim)
    expected = [numpy_decoder(model, x[b].double().numpy(), y[b].numpy()) for b in range(2)]
    np.testing.assert_allclose(model.predict_next(x, y), np.stack(expected), **CLOSE)


@pytest.mark.parametrize("pairs", [0, 1, 3, 6])
@pytest.mark.parametrize("dim", [1, 3, 4])
def test_predict_equals_one_forward_pass_for_each_query(
    model: Transformer, pairs: int, dim: int
) -> None:
    x, y, queries = prompt(2, pairs, dim)
    unknown = torch.zeros(2, 1)
    separate = [
        model(torch.cat([x, queries[:, i : i + 1]], 1), torch.cat([y, unknown], 1))[:, -1]
        for i in range(queries.shape[1])
    ]
    torch.testing.assert_close(model.predict(x, y, queries), torch.stack(separate, 1), **CLOSE)


def test_permuting_queries_permutes_answers(model: Transformer) -> None:
    x, y, queries = prompt(3, 4, 2)
    order = torch.tensor([3, 0, 4, 1, 2])
    torch.testing.assert_close(
        model.predict(x, y, queries[:, order]), model.predict(x, y, queries)[:, order], **CLOSE
    )


def test_prompts_of_a_batch_do_not_mix(model: Transformer) -> None:
    x, y, queries = prompt(3, 4, 2)
    alone = torch.cat(
        [model.predict(x[b : b + 1], y[b : b + 1], queries[b : b + 1]) for b in range(3)]
    )
    torch.testing.assert_close(model.predict(x, y, queries), alone, **CLOSE)


def test_the_last_entry_of_predict_next_is_the_answer_to_that_query(model: Transformer) -> None:
    x, y, _ = prompt(2, 5, 3)
    torch.testing.assert_close(
        model.predict_next(x, y)[:, -1:], model.predict(x[:, :-1], y[:, :-1], x[:, -1:]), **CLOSE
    )


def test_each_query_may_see_only_the_first_few_exemplars(model: Transformer) -> None:
    x, y, _ = prompt(2, 6, 3)
    torch.testing.assert_close(
        model.predict(x, y, x, after=range(6)), model.predict_next(x, y), **CLOSE
    )


@pytest.mark.parametrize("after", [[0, 1], [0, 1, 2, 3, 7], [0, 1, 2, 3, -1]])
def test_predict_refuses_an_after_that_does_not_fit(model: Transformer, after: list[int]) -> None:
    x, y, queries = prompt(1, 6, 2)
    with pytest.raises(ValueError, match="after must hold 5 whole numbers between 0 and 6"):
        model.predict(x, y, queries, after=after)


def test_fewer_features_equal_explicit_zeros(model: Transformer) -> None:
    x, y, queries = prompt(2, 4, 2)
    padded = [torch.nn.functional.pad(part, (0, 2)) for part in (x, queries)]
    torch.testing.assert_close(
        model.predict(x, y, queries), model.predict(padded[0], y, padded[1]), **CLOSE
    )
    torch.testing.assert_close(model.predict_next(x, y), model.predict_next(padded[0], y), **CLOSE)


# --- what it may see -------------------------------------------------------


@pytest.mark.parametrize("j", [0, 2, 5])
def test_entry_j_of_predict_next_does_not_see_answer_j_or_anything_later(
    model: Transformer, j: int
) -> None:
    x, y, _ = prompt(2, 6, 3)
    later_x, later_y = x.clone(), y.clone()
    later_x[:, j + 1 :] += 1
    later_y[:, j:] += 1
    before, after = model.predict_next(x, y), model.predict_next(later_x, later_y)
    assert torch.equal(before[:, : j + 1], after[:, : j + 1])


@pytest.mark.parametrize("j", [0, 2, 5])
def test_entry_j_of_predict_next_sees_its_own_input(model: Transformer, j: int) -> None:
    x, y, _ = prompt(1, 6, 3)
    moved = x.clone()
    moved[:, j] += 1
    assert (model.predict_next(x, y) - model.predict_next(moved, y))[0, j].abs() > 1e-3


@pytest.mark.parametrize("part", ["x", "y"])
def test_entry_j_of_predict_next_sees_every_earlier_pair(model: Transformer, part: str) -> None:
    x, y, _ = prompt(1, 6, 3)
    for earlier in range(5):
        moved_x, moved_y = x.clone(), y.clone()
        (moved_x if part == "x" else moved_y)[:, earlier] += 1
        change = model.predict_next(x, y) - model.predict_next(moved_x, moved_y)
        assert (change[0, earlier + 1 :].abs() > 1e-4).all()


# --- traces ----------------------------------------------------------------


def test_trace_shapes(model: Transformer) -> None:
    x, y, _ = prompt(2, 5, 3)
    trace = model.trace(x, y)
    assert trace.hidden.shape == (4, 2, 10, 24)
    assert trace.attention.shape == (3, 2, 3, 10, 10)


def test_attention_rows_sum_to_one(model: Transformer) -> None:
    x, y, _ = prompt(2, 6, 3)
    rows = model.trace(x, y).attention.sum(-1)
    torch.testing.assert_close(rows, torch.ones_like(rows))


def test_attention_never_looks_ahead(model: Transformer) -> None:
    x, y, _ = prompt(2, 6, 3)
    attention = model.trace(x, y).attention
    assert (attention.triu(1) == 0).all()
    assert (attention[..., *torch.tril_indices(12, 12)] > 0).all()


def test_the_read_out_of_the_last_hidden_state_is_the_prediction(model: Transformer) -> None:
    x, y, _ = prompt(2, 6, 3)
    last = model.trace(x, y).hidden[-1][:, 0::2]
    answers = model.read_out(model.final_norm(last)).squeeze(-1)
    torch.testing.assert_close(answers, model.predict_next(x, y), **CLOSE)


def test_the_first_hidden_state_is_token_plus_position(model: Transformer) -> None:
    x, y, _ = prompt(1, 2, 3)
    hidden = model.trace(x, y).hidden[0, 0]
    y_token = torch.tensor([y[0, 1], 0.0, 0.0, 0.0, 0.0])
    torch.testing.assert_close(hidden[3], model.read_in(y_token) + model.positions[3])


def test_a_trace_with_queries_has_their_states_and_what_they_read(model: Transformer) -> None:
    x, y, queries = prompt(2, 6, 3)
    trace, alone = model.trace(x, y, queries), model.trace(x, y)
    seen, asked = model.inspect(x, y, queries), queries.shape[1]
    torch.testing.assert_close(trace.hidden[:, :, 12:], seen.query_states, **CLOSE)
    torch.testing.assert_close(trace.hidden[:, :, :12], alone.hidden, **CLOSE)
    torch.testing.assert_close(trace.attention[..., :12, :12], alone.attention, **CLOSE)
    among = trace.attention[..., 12:, 12:]
    assert (among[..., ~torch.eye(asked, dtype=torch.bool)] == 0).all()
    rows = trace.attention.sum(-1)
    torch.testing.assert_close(rows, torch.ones_like(rows))


def test_a_trace_sees_what_edits_have_done(model: Transformer) -> None:
    x, y, queries = prompt(2, 6, 3)
    edits = Edits(stream=lambda layer, h: 0.5 * h if layer == 1 else h)
    whole, edited = model.trace(x, y, queries), model.trace(x, y, queries, edits)
    torch.testing.assert_close(edited.hidden[1], 0.5 * whole.hidden[1], **CLOSE)
    assert not torch.allclose(edited.attention[1], whole.attention[1])
    told = model.read_out(model.final_norm(edited.hidden[-1][:, 12:])).squeeze(-1)
    torch.testing.assert_close(told, model.predict(x, y, queries, edits=edits), **CLOSE)


def test_a_trace_of_nothing_is_refused(model: Transformer) -> None:
    x, y, _ = prompt(1, 0, 2)
    with pytest.raises(ValueError, match="at least one exemplar"):
        model.trace(x, y)


def test_next_states_are_the_trace_at_the_x_tokens(model: Transformer) -> None:
    x, y, _ = prompt(2, 6, 3)
    torch.testing.assert_close(
        model.next_states(x, y), model.trace(x, y).hidden[:, :, 0::2], **CLOSE
    )


def test_next_states_reach_the_query_after_a_full_context(model: Transformer) -> None:
    x, y, _ = prompt(2, 7, 3)
    last = model.next_states(x, y)[-1, :, -1]
    answer = model.read_out(model.final_norm(last))
    torch.testing.assert_close(answer, model.predict(x[:, :-1], y[:, :-1], x[:, -1:]), **CLOSE)


@pytest.mark.parametrize("pairs", [0, 1, 6])
def test_inspect_agrees_with_the_separate_calls(model: Transformer, pairs: int) -> None:
    x, y, queries = prompt(2, pairs, 3)
    answers, following, states, context = model.inspect(x, y, queries)
    torch.testing.assert_close(answers, model.predict(x, y, queries), **CLOSE)
    torch.testing.assert_close(following, model.predict_next(x, y), **CLOSE)
    assert states.shape == (4, 2, 5, 24)
    read = model.read_out(model.final_norm(states[-1])).squeeze(-1)
    torch.testing.assert_close(read, answers, **CLOSE)
    assert context.shape == (4, 2, 2 * pairs, 24)
    if pairs:
        torch.testing.assert_close(context, model.trace(x, y).hidden, **CLOSE)


# --- edits -----------------------------------------------------------------


def test_edits_see_every_layer_and_block_once_and_in_order(model: Transformer) -> None:
    x, y, queries = prompt(2, 3, 2)
    seen: list[tuple[str, int, tuple[int, ...]]] = []

    def note(place: str) -> Edit:
        def edit(index: int, values: Tensor) -> Tensor:
            seen.append((place, index, tuple(values.shape)))
            return values

        return edit

    edits = Edits(note("stream"), note("heads"), note("mlp"))
    torch.testing.assert_close(
        model.predict(x, y, queries, edits=edits), model.predict(x, y, queries), atol=0, rtol=0
    )
    shapes = {"heads": (2, 11, 3, 8), "mlp": (2, 11, 24), "stream": (2, 11, 24)}
    blocks = [
        (place, block + (place == "stream"), shape)
        for block in range(3)
        for place, shape in shapes.items()
    ]
    assert seen == [("stream", 0, (2, 11, 24)), *blocks]


def test_doubling_what_a_branch_adds_is_doubling_its_last_weights(model: Transformer) -> None:
    x, y, queries = prompt(2, 4, 3)
    double = Edits(
        heads=lambda block, values: values * (2 if block == 1 else 1),
        mlp=lambda block, values: values * (2 if block == 2 else 1),
    )
    other = deepcopy(model)
    for name in ("1.attention.out.weight", "2.mlp.2.weight", "2.mlp.2.bias"):
        other.get_parameter(f"blocks.{name}").mul_(2)
    torch.testing.assert_close(
        model.predict(x, y, queries, edits=double), other.predict(x, y, queries), **CLOSE
    )


def test_rows_that_an_edit_adds_are_answered_after_the_prompts(model: Transformer) -> None:
    x, y, queries = prompt(2, 4, 3)

    def twice(layer: int, h: Tensor) -> Tensor:
        return torch.cat([h, h.flip(0)]) if layer == 1 else h

    answers = model.predict(x, y, queries, edits=Edits(stream=twice))
    plain = model.predict(x, y, queries)
    torch.testing.assert_close(answers, torch.cat([plain, plain.flip(0)]), **CLOSE)


def test_edits_and_after_go_together(model: Transformer) -> None:
    x, y, _ = prompt(2, 6, 3)
    torch.testing.assert_close(
        model.predict(x, y, x, after=range(6), edits=Edits()), model.predict_next(x, y), **CLOSE
    )


# --- kinds of array --------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numpy_in_numpy_out(model: Transformer, dtype: Any) -> None:
    tensors = prompt(2, 3, 2)
    x, y, queries = (part.numpy().astype(dtype) for part in tensors)
    answers, following = model.predict(x, y, queries), model.predict_next(x, y)
    assert isinstance(answers, np.ndarray)
    assert isinstance(following, np.ndarray)
    np.testing.assert_allclose(answers, model.predict(*tensors), **CLOSE)


def test_torch_in_torch_out(model: Transformer) -> None:
    x, y, queries = prompt(2, 3, 2)
    assert isinstance(model.predict(x, y, queries), Tensor)
    assert isinstance(model.predict_next(x, y), Tensor)


def test_predict_leaves_its_input_alone(model: Transformer) -> None:
    x, y, queries = (part.numpy() for part in prompt(2, 3, 2))
    before = [part.copy() for part in (x, y, queries)]
    model.predict(x, y, queries)
    for part, copy in zip((x, y, queries), before, strict=True):
        np.testing.assert_array_equal(part, copy)


@pytest.mark.parametrize(("batch", "pairs", "queries"), [(2, 3, 0), (2, 0, 0), (0, 3, 4)])
def test_empty_axes_give_empty_answers(
    model: Transformer, batch: int, pairs: int, queries: int
) -> None:
    assert model.predict(*prompt(batch, pairs, 2, queries)).shape == (batch, queries)


def test_no_pairs_have_no_next_answers(model: Transformer) -> None:
    x, y, _ = prompt(2, 0, 2)
    assert model.predict_next(x, y).shape == (2, 0)


def test_a_reversed_numpy_view_is_an_array_like_any_other(model: Transformer) -> None:
    x, y, queries = (part.numpy() for part in prompt(1, 3, 2))
    np.testing.assert_allclose(
        model.predict(x[:, ::-1], y[:, ::-1], queries),
        model.predict(x[:, ::-1].copy(), y[:, ::-1].copy(), queries),
    )


# --- what it refuses -------------------------------------------------------

GOOD = prompt(2, 3, 2)


def with_value(part: Tensor, value: float) -> Tensor:
    changed = part.clone()
    changed.view(-1)[1] = value
    return changed


BAD_PROMPTS: list[tuple[str, Callable[[], tuple[Any, ...]], str]] = [
    ("NaN in x", lambda: (with_value(GOOD[0], math.nan), *GOOD[1:]), "x holds .* not finite"),
    (
        "infinity in y",
        lambda: (GOOD[0], with_value(GOOD[1], math.inf), GOOD[2]),
        "y holds .* not f",
    ),
    ("NaN in queries", lambda: (*GOOD[:2], with_value(GOOD[2], math.nan)), "queries holds"),
    ("beyond float32", lambda: (GOOD[0].double() * 1e300, *GOOD[1:]), "x holds .* not finite"),
    ("flat x", lambda: (GOOD[0][0], *GOOD[1:]), "x must have 3 axes, not 2"),
    ("y with features", lambda: (GOOD[0], GOOD[0], GOOD[2]), "y must have 2 axes, not 3"),
    ("flat queries", lambda: (*GOOD[:2], GOOD[2][0]), "queries must have 3 axes, not 2"),
    ("too many exemplars", lambda: prompt(1, 7, 2), "7 exemplars; this model takes at most 6"),
    ("too many features", lambda: prompt(1, 3, 5), "5 features; this model takes at most 4"),
    ("no features", lambda: prompt(1, 3, 0), "at least one feature"),
    ("short y", lambda: (GOOD[0], GOOD[1][:, 1:], GOOD[2]), r"y must have shape \(2, 3\)"),
    ("y of another batch", lambda: (GOOD[0], GOOD[1][:1], GOOD[2]), r"y must have shape \(2, 3\)"),
    ("narrow queries", lambda: (*GOOD[:2], GOOD[2][:, :, :1]), r"queries must have .* \(2, q, 2\)"),
    ("queries of another batch", lambda: (*GOOD[:2], GOOD[2][:1]), "queries must have shape"),
    ("a string", lambda: ("abc", *GOOD[1:]), "x must be an array of numbers"),
    ("strings", lambda: (np.full((2, 3, 2), "a"), *GOOD[1:]), "x must be an array of numbers"),
    ("nothing", lambda: (None, *GOOD[1:]), "x must be an array of numbers"),
    ("ragged lists", lambda: ([[[1.0], [2.0, 3.0]]], *GOOD[1:]), "x must be an array of numbers"),
]


@pytest.mark.parametrize(
    ("make", "sentence"), [case[1:] for case in BAD_PROMPTS], ids=[case[0] for case in BAD_PROMPTS]
)
def test_predict_refuses(
    model: Transformer, make: Callable[[], tuple[Any, ...]], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        model.predict(*make())


@pytest.mark.parametrize("method", ["predict_next", "trace"])
def test_the_other_calls_refuse_the_same(model: Transformer, method: str) -> None:
    with pytest.raises(ValueError, match="y must have shape"):
        getattr(model, method)(GOOD[0], GOOD[1][:, 1:])


def test_forward_refuses_more_features_than_it_has_slots(model: Transformer) -> None:
    x, y, _ = prompt(1, 3, 5)
    with pytest.raises(ValueError, match="5 features"):
        model(x, y)


def test_predict_refuses_complex_numbers(model: Transformer) -> None:
    with pytest.raises(ValueError, match="x must be an array of real numbers"):
        model.predict(GOOD[0] + 1j, *GOOD[1:])


# --- the config ------------------------------------------------------------


@pytest.mark.parametrize(
    "field", ["max_dim", "max_exemplars", "layers", "width", "heads", "mlp_ratio"]
)
@pytest.mark.parametrize("value", [0, -1, 1.5, "2", None])
def test_the_config_refuses_what_is_not_a_positive_whole_number(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{field} must be a whole number of at least 1"):
        TransformerConfig(**{field: value})


def test_the_config_refuses_a_width_that_does_not_divide_into_heads() -> None:
    with pytest.raises(ValueError, match="width 10 does not divide into 4 heads"):
        TransformerConfig(width=10, heads=4)


def test_the_longest_prompt_has_room_for_one_query() -> None:
    assert TransformerConfig(max_exemplars=40).max_tokens == 81


@pytest.mark.parametrize(
    "config",
    [
        TransformerConfig(),
        TransformerConfig(2, 5, 1, 16, 2, 3),
        TransformerConfig(3, 7, 4, 24, 3, 1),
    ],
)
def test_the_shape_says_how_many_weights_there_are(config: TransformerConfig) -> None:
    assert config.weights == sum(part.numel() for part in Transformer(config).parameters())
