"""The theorems as weights: equal to their references, causal, and as large as they say."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import Tensor

from icl_core import predictors
from icl_core.constructions import linear_attention, programs, slots
from icl_core.constructions.programs import (
    MAX_LEVERAGE,
    MAX_RATE,
    MAX_SIZE,
    RIDGE_TOLERANCE,
    SGD_TOLERANCE,
    Program,
    complexity_table,
    sgd_program,
    sherman_morrison_program,
    token_names,
)
from icl_core.predictors.base import LinearPredictor

Maker = Callable[[int, int, float], Program]


class Case(NamedTuple):
    """A prompt of k pairs for a program made for n."""

    n: int
    x: Tensor
    y: Tensor
    query: Tensor

    @property
    def longest(self) -> float:
        return float(self.x.square().sum(-1).max()) if len(self.x) else 0.0


@st.composite
def cases(draw: st.DrawFn, most: float = MAX_SIZE) -> Case:
    d, n = draw(st.integers(1, 5)), draw(st.integers(1, 9))
    k = draw(st.integers(0, n))
    entries = st.floats(-most, most)
    parts = (draw(arrays(float, shape, elements=entries)) for shape in ((k, d), (k,), (d,)))
    return Case(n, *(torch.from_numpy(part) for part in parts))


def random_case(n: int, k: int, d: int, seed: int = 0) -> Case:
    gen = torch.Generator().manual_seed(seed)
    shapes = ((k, d), (k,), (d,))
    return Case(n, *(torch.randn(s, generator=gen, dtype=torch.float64) for s in shapes))


def assert_agrees(program: Program, reference: LinearPredictor, case: Case, within: float) -> None:
    """The answers at every prefix, and the weights after every round."""
    run = program.run(case.x, case.y, case.query)
    w = reference.weights(case.x[None], case.y[None])[0]
    inputs = torch.cat([case.x, case.query[None]])
    wanted = (inputs * w).sum(-1)
    found = program.predictions(run)
    assert bool(((found - wanted).abs() <= within * (1 + wanted.abs())).all())
    assert run.prediction == float(found[-1])
    rounds = torch.tensor([0, *(step.round for step in program.layers)])
    read = program.weights(run.snapshots)
    for j in range(1, len(case.x) + 1):
        learned = read[rounds == j][-1]
        assert bool(((learned - w[j]).abs() <= within * (1 + w[j].abs().max())).all())


@settings(max_examples=100)
@given(case=cases(), share=st.floats(0.0, 1.0), decay=st.sampled_from([0.0, 1e-3, 0.1, 2.0]))
def test_theorem_1_is_sgd(case: Case, share: float, decay: float) -> None:
    lr = 0.999 * share / max(case.longest + decay, 1 / MAX_RATE)
    program = sgd_program(case.x.shape[1], case.n, lr, decay)
    assert_agrees(program, predictors.sgd(lr, decay), case, SGD_TOLERANCE)


@pytest.mark.slow
@settings(max_examples=100)
@given(case=cases(), lam=st.floats(1e-3, 100.0))
def test_theorem_2_is_ridge(case: Case, lam: float) -> None:
    lam = max(lam, 1.001 * case.longest / MAX_LEVERAGE)
    program = sherman_morrison_program(case.x.shape[1], case.n, lam)
    assert_agrees(program, predictors.ridge(lam), case, RIDGE_TOLERANCE)


def test_the_largest_programs() -> None:
    case = random_case(40, 40, 8)
    sgd, ridge = sgd_program(8, 40, 0.02, 0.1), sherman_morrison_program(8, 40, 0.05)
    assert_agrees(sgd, predictors.sgd(0.02, 0.1), case, SGD_TOLERANCE)
    assert_agrees(ridge, predictors.ridge(0.05), case, RIDGE_TOLERANCE)


@pytest.mark.parametrize(("product", "within"), [("paper", 1e-8), ("symmetric", 1e-8)])
def test_the_papers_own_product_will_do(product: str, within: float) -> None:
    case = random_case(8, 8, 2)
    program = sgd_program(2, 8, 0.05, 0.1, product=product)
    assert_agrees(program, predictors.sgd(0.05, 0.1), case, within)


def test_a_coarse_scale_is_seen_in_the_answer() -> None:
    """The program computes with GeLU: spoil GeLU's scale and the answer is off."""
    case = random_case(4, 4, 2)
    exact, coarse = (
        sgd_program(2, 4, 0.1, scale=s).run(case.x, case.y, case.query).prediction
        for s in (None, 1.0)
    )
    assert abs(exact - coarse) > 1e-3


@pytest.mark.parametrize("make", [sgd_program, sherman_morrison_program])
def test_a_later_token_changes_nothing_earlier(make: Maker) -> None:
    program, case = make(3, 6, 0.02), random_case(6, 6, 3)
    before = program.run(case.x, case.y, case.query).snapshots
    for j in range(6):
        x, y = case.x.clone(), case.y.clone()
        y[j] += 1
        after = program.run(x, y, case.query).snapshots
        assert torch.equal(before[:, : 2 * j + 2], after[:, : 2 * j + 2])
        assert not torch.equal(before[:, -1], after[:, -1])
        x[j] += 1
        after = program.run(x, y, case.query).snapshots
        assert torch.equal(before[:, : 2 * j + 1], after[:, : 2 * j + 1])
    after = program.run(case.x, case.y, case.query + 1).snapshots
    assert torch.equal(before[:, :-1], after[:, :-1])


@pytest.mark.parametrize("make", [sgd_program, sherman_morrison_program])
def test_each_layer_writes_what_it_says(make: Maker) -> None:
    program, case = make(2, 3, 0.02), random_case(3, 3, 2)
    snapshots = program.run(case.x, case.y, case.query).snapshots
    assert snapshots.shape == (len(program.layers) + 1, 8, program.width)
    assert token_names(3) == ["start", "x1", "y1", "x2", "y2", "x3", "y3", "query"]
    for index, step in enumerate(program.layers):
        changed = program.layout.changed(snapshots[index], snapshots[index + 1])
        assert set(changed) <= set(step.writes)
        assert step.primitive in ("mov", "mul", "div", "aff")
        assert step.words
        assert step.equation


def test_focus_follows_the_pairs_and_ends_at_the_query() -> None:
    program = sgd_program(2, 3, 0.1)
    seen = [program.focus(layer, 3) for layer in range(len(program.layers) + 1)]
    assert seen == [2, 2] + [2] * 5 + [4] * 5 + [6] * 5 + [7, 7]
    assert {program.focus(layer, 0) for layer in range(len(program.layers) + 1)} == {1}


def test_numpy_prompts_are_welcome() -> None:
    run = sgd_program(2, 3, 0.1).run(np.ones((1, 2)), np.ones(1), np.ones(2))
    assert run.prediction == pytest.approx(0.4, abs=1e-9)


def test_counts_are_those_of_the_docstrings() -> None:
    for row in complexity_table(dims=(1, 3, 8), pairs=(1, 7, 40)):
        d, n = row.d, row.n
        sgd = row.program == "SGD"
        assert row.layers == (5 * n + 3 if sgd else 9 * n + 5)
        assert row.width == (5 * d + 10 if sgd else 2 * d * d + 8 * d + 9)
        assert row.heads == 2
        assert row.hidden == (8 * d if sgd else 8 * d * d)
        assert row.theorem.startswith("Theorem 1" if sgd else "Theorem 2")


def test_no_predictor_inside() -> None:
    for module in (linear_attention, programs, slots):
        for value in vars(module).values():
            assert value is not predictors
            assert getattr(value, "__module__", None) != predictors.__name__


# --- bad input --------------------------------------------------------------------


def test_bad_programs_are_refused() -> None:
    with pytest.raises(ValueError, match="d must lie between 1 and 8, not 9"):
        sgd_program(9, 4, 0.1)
    with pytest.raises(ValueError, match="n must lie between 1 and 40, not 41"):
        sherman_morrison_program(2, 41, 1.0)
    with pytest.raises(ValueError, match="lr must lie between 0 and 100"):
        sgd_program(2, 4, -0.1)
    with pytest.raises(ValueError, match="decay must be finite"):
        sgd_program(2, 4, 0.1, float("inf"))
    with pytest.raises(ValueError, match="greater than 0, not 0"):
        sherman_morrison_program(2, 4, 0.0)


def test_bad_prompts_are_refused() -> None:
    sgd, ridge = sgd_program(2, 3, 0.2), sherman_morrison_program(2, 3, 1e-3)
    x, y, query = torch.ones(3, 2), torch.ones(3), torch.ones(2)
    with pytest.raises(ValueError, match="x must have 2 axes, not 1"):
        sgd.run(query, y, query)
    with pytest.raises(ValueError, match="made for d = 2 features, not 3"):
        sgd.run(torch.ones(3, 3), y, torch.ones(3))
    with pytest.raises(ValueError, match="n = 3 pairs at most, not 4"):
        sgd.run(torch.ones(4, 2), torch.ones(4), query)
    with pytest.raises(ValueError, match="not finite"):
        sgd.run(x, y * float("nan"), query)
    with pytest.raises(ValueError, match="number of size 11"):
        sgd.run(x, 11 * y, query)
    with pytest.raises(ValueError, match=r"lr = 0.2 diverges on this prompt.*at most 0.125"):
        sgd.run(2 * x, y, query)
    with pytest.raises(ValueError, match=r"too small for this prompt.*at least 0.008"):
        ridge.run(2 * x, y, query)
