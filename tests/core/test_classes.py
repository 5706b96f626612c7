"""Sparse, ReLU and tree tasks: their laws, and their floors and baselines against others' code."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import PairwiseKernel
from sklearn.preprocessing import PolynomialFeatures

from icl_core.predictors.arc_cosine import ArcCosineProcess, arc_cosine
from icl_core.predictors.features import OnFeatures, Products
from icl_core.predictors.linear import Ridge
from icl_core.predictors.neighbours import KNN
from icl_core.predictors.sparse import SparseBayes
from icl_core.predictors.trees import TreeBayes
from icl_core.priors import QuadraticPrior, ReluPrior, SparsePrior, TreePrior
from icl_core.prompts import generator, linear_weights
from icl_core.studies import compare, is_current, read_table
from icl_core.studies.classes import CLASSES, KS, classes_rows, measured, next_after
from icl_core.studies.profiles import Table
from tests.support.known import known


def likelihood(y: torch.Tensor, covariance: torch.Tensor) -> float:
    return float(multivariate_normal.logpdf(y, np.zeros(len(y)), covariance))


def test_bayes_of_sparse_tasks_is_the_mixture_over_every_support() -> None:
    gen = generator(1)
    x = torch.randn(1, 5, 5, generator=gen, dtype=torch.float64)
    y = torch.randn(1, 5, generator=gen, dtype=torch.float64)
    query = torch.randn(1, 1, 5, generator=gen, dtype=torch.float64)
    noise = 0.3**2
    means, logs = [], []
    for support in itertools.combinations(range(5), 2):
        part, asked = x[0][:, support], query[0, 0][list(support)]
        covariance = part @ part.T + noise * torch.eye(5, dtype=torch.float64)
        logs.append(likelihood(y[0], covariance))
        means.append(asked @ part.T @ torch.linalg.solve(covariance, y[0]))
    expected = float(
        (torch.softmax(torch.tensor(logs, dtype=torch.float64), 0) * torch.stack(means)).sum()
    )
    found = SparseBayes(5, 2, 0.3).predict(x, y, query)
    assert float(found) == pytest.approx(expected, abs=1e-10)
    with pytest.raises(ValueError, match="x has 5 features; the law has 4"):
        SparseBayes(4, 2).predict(x, y, query)


def test_sparse_weights_are_known_after_one_example_more_than_there_are() -> None:
    drawn = SparsePrior(8, 8, 2).sample(128, 7, generator(3))
    assert torch.equal((known(linear_weights(drawn.task)) != 0).sum(1), torch.full((128,), 2))
    told = torch.as_tensor(SparseBayes(8, 2).predict_next(drawn.x, drawn.y))
    error = (told - drawn.clean).square().mean(0)
    assert float(error[3:].max()) < 0.05
    assert float(error[5:].max()) < 1e-6
    assert float(error[0]) > 1


def test_bayes_of_quadratic_tasks_is_the_posterior_mean_on_scikit_learn_s_products() -> None:
    law = QuadraticPrior(4, 3)
    drawn = law.sample(64, 9, generator(5))
    x, y, query = drawn.x.double(), drawn.y.double(), drawn.x[:, 8:].double()
    features = PolynomialFeatures(2, include_bias=False).fit_transform(x[0, :, :3])[:, 3:]
    np.testing.assert_allclose(Products(3)(x)[0], features, atol=1e-12)
    many = law.sample(20_000, 2, generator(6)).clean
    assert float(many.square().mean()) == pytest.approx(1, abs=0.05)
    for k in (1, 4, 5):
        kernel = features[:k] @ features[:k].T
        expected = features[8] @ features[:k].T @ np.linalg.solve(kernel, y[0, :k].numpy())
        found = law.bayes().predict(x[:1, :k], y[:1, :k], query[:1])
        assert float(found) == pytest.approx(float(expected), abs=1e-6)
    told = torch.as_tensor(law.bayes().predict_next(drawn.x, drawn.y))
    error = (told - drawn.clean).square().mean(0)
    assert float(error[6:].max()) < 1e-6, "six weights are known after six examples"
    assert float(error[4]) > 0.01
    nearly = OnFeatures(Products(3), Ridge(1e-9)).predict(x[:, :4], y[:, :4], query)
    torch.testing.assert_close(
        law.bayes().predict(x[:, :4], y[:, :4], query), nearly, atol=1e-3, rtol=1e-2
    )
    with pytest.raises(ValueError, match="x has 2 features; the products are of 3"):
        law.bayes().predict(x[..., :2], y, query[..., :2])


def by_hand(x: torch.Tensor, y: torch.Tensor, query: torch.Tensor, used: int) -> float:
    """Bayes for trees of depth 2 with noise 0.5, by a sum over every tree."""
    logs, means = [], []
    for root, left, right in itertools.product(range(used), repeat=3):

        def cell(row: torch.Tensor, nodes: tuple[int, int, int] = (root, left, right)) -> int:
            first = int(row[nodes[0]] > 0)
            return 2 * first + int(row[nodes[1 + first]] > 0)

        cells = torch.tensor([cell(row) for row in x])
        same = (cells[:, None] == cells[None]).double()
        covariance = same + 0.25 * torch.eye(len(x))
        logs.append(likelihood(y, covariance))
        alike = (cells == cell(query)).double()
        means.append(float(alike @ torch.linalg.solve(covariance, y)))
    shares = torch.softmax(torch.tensor(logs, dtype=torch.float64), 0)
    return float(shares @ torch.tensor(means, dtype=torch.float64))


def test_bayes_of_trees_is_the_mixture_over_every_tree() -> None:
    gen = generator(2)
    x = torch.randn(1, 7, 4, generator=gen, dtype=torch.float64)
    y = torch.randn(1, 7, generator=gen, dtype=torch.float64)
    queries = torch.randn(1, 3, 4, generator=gen, dtype=torch.float64)
    rule = TreeBayes(3, 2, 0.5)
    expected = [by_hand(x[0], y[0], query, 3) for query in queries[0]]
    np.testing.assert_allclose(rule.predict(x, y, queries)[0], expected, atol=1e-10)
    following = rule.predict_next(x, y)[0]
    for k in (0, 1, 4, 6):
        alone = by_hand(x[0, :k], y[0, :k], x[0, k], 3) if k else 0.0
        assert float(following[k]) == pytest.approx(alone, abs=1e-10)
    with pytest.raises(ValueError, match="x has 2 features; the trees ask for 3"):
        rule.predict(x[..., :2], y, queries[..., :2])


def test_a_tree_task_answers_with_the_leaf_of_its_signs() -> None:
    law = TreePrior(4, 4, 3)
    task, x = law.tasks(64, generator(6)), law.queries(64, 9, generator(7))
    node, leaf, y = task.node, task.leaf, task.answer(x)
    for row, point in ((0, 0), (5, 3), (63, 8)):
        at = 0
        for _ in range(3):
            at = 2 * at + 1 + int(x[row, point, node[row, at]] > 0)
        assert float(y[row, point]) == float(leaf[row, at - 7])
    assert torch.equal(task[2:4].to("cpu").answer(x[2:4]), y[2:4])


def by_angle(p: np.ndarray, q: np.ndarray, gamma: float = 1.0) -> float:
    """Half of E relu(w·p) relu(w·q), by the angle between them."""
    sizes = float(np.linalg.norm(p) * np.linalg.norm(q))
    angle = math.acos(min(1.0, max(-1.0, float(p @ q) / sizes)))
    return 0.5 * sizes * (math.sin(angle) + (math.pi - angle) * math.cos(angle)) / (2 * math.pi)


def test_the_arc_cosine_process_is_scikit_learn_s_with_that_kernel() -> None:
    gen = generator(4)
    x = torch.randn(1, 9, 3, generator=gen, dtype=torch.float64)
    y = torch.randn(1, 9, generator=gen, dtype=torch.float64)
    queries = torch.randn(1, 4, 3, generator=gen, dtype=torch.float64)
    theirs = GaussianProcessRegressor(PairwiseKernel(metric=by_angle), alpha=1e-10, optimizer=None)
    expected = theirs.fit(x[0].numpy(), y[0].numpy()).predict(queries[0].numpy())
    found = ArcCosineProcess(0.5).predict(x, y, queries)[0]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    following = ArcCosineProcess(0.5).predict_next(x, y)[0]
    alone = ArcCosineProcess(0.5).predict(x[:, :5], y[:, :5], x[:, 5:6])[0]
    assert float(following[5]) == pytest.approx(float(alone), abs=1e-7)


def test_relu_networks_have_the_arc_cosine_covariance() -> None:
    law = ReluPrior(4, 4, 16)
    x = torch.randn(1, 3, 4, generator=generator(7))
    drawn = law.tasks(40_000, generator(8)).answer(x.expand(40_000, -1, -1)).double()
    expected = 0.5 * arc_cosine(x[0].double(), x[0].double())
    found = drawn.T @ drawn / len(drawn)
    torch.testing.assert_close(found, expected, atol=0.04, rtol=0.05)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: SparsePrior(8, 4, 2), "may use all 8 features"),
        (lambda: SparsePrior(32, 32, 9), "too many choices"),
        (lambda: SparsePrior(8, 8, 0), "nonzero must be a whole number from 1 to 8, not 0"),
        (lambda: ReluPrior(4, 5), "used must be a whole number from 1 to 4, not 5"),
        (lambda: TreePrior(8, 8, 4), "depth must be a whole number from 1 to 3, not 4"),
    ],
)
def test_a_law_that_cannot_be_is_refused(make: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()  # type: ignore[operator]


@pytest.fixture(scope="module")
def stored() -> Table:
    return read_table("classes")


def test_the_stored_table_is_of_the_networks_as_they_are_now(stored: Table) -> None:
    assert is_current(stored)
    assert stored["command"] == "python -m icl_core study classes"
    assert [row["label"] for row in stored["members"]] == list(CLASSES)
    assert compare(stored, stored).largest == 0
    assert len(classes_rows(stored)) == sum(len(row["error"]) for row in stored["members"])
    assert len(stored["members"][0]["alphas"]) == len(KS)


def test_nobody_is_surely_below_a_floor_that_is_exact(stored: Table) -> None:
    for row in stored["members"]:
        if row["label"] == "relu":
            assert row["floor"] == "arc-cosine process"
            continue
        for who, bounds in row["error"].items():
            for (_, _, high), (_, low, _) in zip(bounds, row["error"]["floor"], strict=True):
                assert high >= low or who == "floor", (row["label"], who)


def test_what_a_network_is_asked_is_what_is_counted() -> None:
    drawn = ReluPrior().sample(4, max(KS) + 1, generator(2))
    exact = drawn.clean[:, list(KS)]
    found = measured({"network": exact + 0.5, "rival": exact + 1, "zero": exact * 0}, exact, 1)
    assert found["error"]["network"][3] == pytest.approx([0.25] * 3)
    assert found["share"]["rival"][3] == pytest.approx([0.25] * 3)
    told = next_after(KNN(1), drawn, 6)
    torch.testing.assert_close(told, KNN(1).predict_next(drawn.x, drawn.y)[:, 6])
