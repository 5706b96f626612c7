"""Curves of one x: the law, exact Bayes against scikit-learn and high precision, the network."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.polynomial import legendre
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process import kernels as sk
from sklearn.kernel_ridge import KernelRidge
from torch import Tensor

from icl_core import load_model, load_prior
from icl_core.arrays import ArrayLike, PromptLimits
from icl_core.checkpoints import load_decoder
from icl_core.evaluation import ask_families, evaluate_families
from icl_core.metrics import bootstrap_mean, squared_error
from icl_core.models.with_constant import WithConstant
from icl_core.predictors.bayes import SIGMA_RESOLUTION
from icl_core.predictors.kernels import RBF, REACH, Periodic
from icl_core.predictors.processes import ProcessMixture, kernel_ridge
from icl_core.priors import CurvePrior
from icl_core.priors.curves import FAMILIES, FARTHEST, SWEPT, VARIANCE, CurveTask
from icl_core.priors.inputs import drawn_inputs
from icl_core.prompts import SampledPrompt, generator
from icl_core.studies import compare, is_current, read_table
from icl_core.studies.curves import ALL, KS, NOISY, WHO, answered, curves_rows, measured
from icl_core.studies.profiles import Table

LAW = CurvePrior()
SKLEARN = {
    "line": sk.DotProduct(1.0),
    "rbf-0.4": VARIANCE * sk.RBF(0.4),
    "rbf-0.8": VARIANCE * sk.RBF(0.8),
    "rbf-1.6": VARIANCE * sk.RBF(1.6),
    "periodic-1.5": VARIANCE * sk.ExpSineSquared(1.0, 1.5),
    "periodic-3": VARIANCE * sk.ExpSineSquared(1.0, 3.0),
}


class Theirs:
    """One process conditioned by scikit-learn: means and deviations of f, and the evidence."""

    def __init__(self, family: str, sigma: float, x: Tensor, y: Tensor, queries: Tensor) -> None:
        """x, y: (k,), queries: (q,)."""
        noise = max(sigma, SIGMA_RESOLUTION) ** 2
        known, answers, asked = (part.double().numpy() for part in (x, y, queries))
        if family == "cubic":  # a linear model in Legendre's polynomials, solved as such
            phi, psi = (1.5 * legendre.legvander(part / 3, 3) for part in (known, asked))
            clean = phi @ phi.T
            cov = clean + noise * np.eye(len(known))
            self.mean = psi @ phi.T @ np.linalg.solve(cov, answers)
            left = psi @ psi.T - psi @ phi.T @ np.linalg.solve(cov, phi @ psi.T)
            self.deviation = np.sqrt(np.diag(left))
            fit = answers @ np.linalg.solve(cov, answers) + np.linalg.slogdet(cov)[1]
            self.evidence = -0.5 * (fit + len(known) * math.log(2 * math.pi))
            return
        process = GaussianProcessRegressor(SKLEARN[family], alpha=noise, optimizer=None)
        process.fit(known[:, None], answers)
        self.mean, self.deviation = process.predict(asked[:, None], return_std=True)
        self.evidence = process.log_marginal_likelihood_value_


@pytest.fixture(scope="module")
def prompt() -> SampledPrompt:
    return LAW.given(sigma=0.25).sample(3, 12, generator(7))


QUERIES = torch.linspace(-4, 4, 9)


def test_exact_bayes_is_the_mixture_that_scikit_learn_s_processes_make(
    prompt: SampledPrompt,
) -> None:
    law = CurvePrior(sigmas=(0.1, 0.25, 0.5))
    asked = QUERIES[None, :, None].expand(3, -1, -1)
    found = law.bayes().posterior(prompt.x, prompt.y, asked)
    for row in range(3):
        x, y = prompt.x[row, :, 0], prompt.y[row]
        theirs = [
            [Theirs(family, sigma, x, y, QUERIES) for sigma in law.sigmas]
            for family in law.families
        ]
        log_shares = torch.tensor([[one.evidence for one in part] for part in theirs])
        shares = torch.softmax(log_shares.flatten(), 0).reshape(log_shares.shape)
        means = torch.tensor(np.array([[one.mean for one in part] for part in theirs]))
        spread = torch.tensor(np.array([[one.deviation for one in part] for part in theirs]))
        torch.testing.assert_close(found.shares[row], shares, rtol=1e-6, atol=1e-9)
        torch.testing.assert_close(found.means[row], means, rtol=1e-6, atol=1e-8)
        torch.testing.assert_close(found.deviations[row], spread, rtol=1e-5, atol=1e-6)
        mixed = (shares[..., None] * means).sum((0, 1))
        torch.testing.assert_close(found.mean[row], mixed, rtol=1e-6, atol=1e-8)


def test_one_factor_tells_what_every_prefix_tells_by_itself(prompt: SampledPrompt) -> None:
    rule = LAW.bayes()
    following, belief = rule.predict_next(prompt.x, prompt.y), rule.belief(prompt.x, prompt.y)
    for k in range(prompt.y.shape[1]):
        seen = rule.posterior(prompt.x[:, :k], prompt.y[:, :k], prompt.x[:, k : k + 1])
        torch.testing.assert_close(following[:, k].double(), seen.mean[:, 0], atol=2e-5, rtol=2e-5)
        torch.testing.assert_close(belief[:, k], seen.shares, atol=1e-6, rtol=1e-5)


def test_one_posterior_tells_the_answers_after_every_prefix_too() -> None:
    many = LAW.sample(5, 14, generator(8))
    x, y = many.x.double(), many.y.double()
    found = LAW.bayes().posterior(x, y, x[:, :1])
    following = torch.as_tensor(LAW.bayes().predict_next(x, y))
    torch.testing.assert_close(found.following, following, atol=1e-9, rtol=1e-9)
    assert found.at(slice(0)).means.shape[-1] == 0
    with pytest.raises(ValueError, match="x has 2 features"):
        LAW.bayes().posterior(x.expand(-1, -1, 2), y, x.expand(-1, -1, 2))


def test_many_prompts_are_answered_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    many = LAW.sample(9, 8, generator(3))
    whole = LAW.bayes().predict_next(many.x, many.y)
    monkeypatch.setattr("icl_core.predictors.processes.AT_ONCE", 1)
    torch.testing.assert_close(LAW.bayes().predict_next(many.x, many.y), whole)
    assert LAW.bayes().predict_next(many.x[:0], many.y[:0]).shape == (0, 8)


def test_before_a_point_is_seen_every_family_is_as_likely_and_the_answer_is_0() -> None:
    empty = torch.zeros(1, 0, 1), torch.zeros(1, 0)
    found = LAW.bayes().posterior(*empty, QUERIES[None, :, None])
    torch.testing.assert_close(found.shares, torch.full_like(found.shares, 1 / 28))
    assert torch.equal(found.mean, torch.zeros_like(found.mean))
    with pytest.raises(ValueError, match="x has 2 features; a curve has one"):
        LAW.bayes().predict_next(torch.zeros(1, 3, 2), torch.zeros(1, 3))


def test_without_noise_bayes_agrees_with_fifty_digits() -> None:
    """Where float64 has least to spare: 20 close points, smooth, no noise."""
    mpmath = pytest.importorskip("mpmath")
    x = torch.linspace(-1.0, 1.0, 20, dtype=torch.float64)
    y = torch.sin(x)
    rule = ProcessMixture((RBF(1.6, VARIANCE),), (0.0,))
    ours = float(rule.predict(x[None, :, None], y[None], torch.tensor([[[1.3]]]).double()))
    with mpmath.workdps(50):
        noise = mpmath.mpf(SIGMA_RESOLUTION) ** 2
        known, asked = [mpmath.mpf(v) for v in x.tolist()], mpmath.mpf(float(torch.tensor(1.3)))

        def k(a: Any, b: Any) -> Any:
            return VARIANCE * mpmath.exp(-((a - b) ** 2) / (2 * mpmath.mpf(1.6) ** 2))

        cov = mpmath.matrix([[k(a, b) + (noise if a is b else 0) for b in known] for a in known])
        alpha = mpmath.lu_solve(cov, mpmath.matrix([mpmath.mpf(v) for v in y.tolist()]))
        exact = float(sum(k(asked, a) * alpha[i] for i, a in enumerate(known)))
    assert ours == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize(("kernel", "theirs"), [(RBF(0.7, 2.0), 2 * sk.RBF(0.7))])
def test_kernel_ridge_is_scikit_learn_s(
    kernel: RBF, theirs: sk.Kernel, prompt: SampledPrompt
) -> None:
    x, y = prompt.x[0].double().numpy(), prompt.y[0].double().numpy()
    fitted = KernelRidge(alpha=0.3, kernel=lambda a, b: float(theirs(a[None], b[None])[0, 0]))
    expected = fitted.fit(x, y).predict(QUERIES.double().numpy()[:, None])
    found = kernel_ridge(kernel, 0.3).predict(
        x[None], y[None], QUERIES.double().numpy()[None, :, None]
    )
    np.testing.assert_allclose(found[0], expected, atol=1e-8)
    with pytest.raises(ValueError, match="lam must be a finite number above 0, not 0"):
        kernel_ridge(kernel, 0)


@pytest.mark.parametrize(
    "kernel", [*FAMILIES.values(), RBF(0.1), RBF(3.0), Periodic(1.0, 2.0, 0.3)], ids=str
)
def test_features_make_the_covariance(kernel: RBF) -> None:
    x = torch.linspace(-REACH, REACH, 61, dtype=torch.float64)
    features = kernel.features(x)
    torch.testing.assert_close(features @ features.T, kernel.between(x, x), atol=1e-11, rtol=1e-12)


# --- the band ---------------------------------------------------------------------------


def test_quantiles_hold_the_curve_as_often_as_they_say() -> None:
    """On the law's own noisy curves, at fresh x, after 2 to 30 examples."""
    law = CurvePrior(sigmas=(0.1, 0.25, 0.5))
    inside: dict[float, list[Tensor]] = {0.5: [], 0.9: []}
    for k in (2, 6, 12, 30):
        drawn = law.sample(300, k, generator(11, k))
        asked = law.queries(300, 4, generator(12, k)).double()
        truth = drawn.task.answer(asked)
        found = law.bayes().posterior(drawn.x, drawn.y, asked).quantiles(0.05, 0.25, 0.75, 0.95)
        for share, (low, high) in {0.9: (0, 3), 0.5: (1, 2)}.items():
            inside[share].append(((found[low] <= truth) & (truth <= found[high])).double().mean(1))
    for share, hits in inside.items():
        _, least, most = bootstrap_mean(torch.cat(hits), seed=0, level=0.999)
        assert float(least) < share < float(most)
        assert float(most - least) < 0.09


def test_quantiles_of_one_process_are_those_of_a_normal_law(prompt: SampledPrompt) -> None:
    found = ProcessMixture((RBF(0.8, VARIANCE),), (0.25,)).posterior(
        prompt.x, prompt.y, QUERIES[None, :, None].expand(3, -1, -1)
    )
    low, high = found.quantiles(0.05, 0.95)
    torch.testing.assert_close((high + low) / 2, found.mean, atol=1e-5, rtol=0)
    wide = 2 * 1.6448536269514722 * found.deviations[:, 0, 0]
    torch.testing.assert_close(high - low, wide, atol=1e-5, rtol=0)


# --- the law ----------------------------------------------------------------------------


def test_each_family_has_the_covariance_that_it_names() -> None:
    x = torch.tensor([-2.0, -0.5, 0.25, 3.0]).expand(6000, -1).unsqueeze(-1)
    for place, name in enumerate(LAW.families):
        part = LAW.of(name).sample(6000, 1, generator(5, place)).task
        values = part.answer(x).double()
        expected = FAMILIES[name].between(x[0, :, 0].double(), x[0, :, 0].double())
        found = values.T @ values / 6000
        scale = expected.diagonal().sqrt()
        torch.testing.assert_close(
            found / scale / scale[:, None], expected / scale / scale[:, None], atol=0.08, rtol=0
        )


def test_inputs_stay_on_the_pad_half_of_them_even_and_a_fifth_swept() -> None:
    x = LAW.queries(6000, 20, generator(1))[..., 0]
    assert float(x.abs().max()) == FARTHEST
    drawn = drawn_inputs(6000, 20, 1, generator(2)).clamp(-FARTHEST, FARTHEST)
    half_even = (3 + float(drawn.square().mean())) / 2  # U(−3, 3) has a mean square of 3
    assert float(x.square().mean()) == pytest.approx(half_even, rel=0.03)
    # Swept up to one of 0 … 20: to the end, or to the last but one, which is then the largest
    # of 20 by chance.
    rising, as_drawn = (
        float((part.diff(dim=1) >= 0).all(1).float().mean()) for part in (x, drawn[..., 0])
    )
    assert rising - 0.8 * as_drawn / 2 == pytest.approx(SWEPT * 1.05 / 21, abs=0.005)


def test_tasks_can_be_taken_apart_and_a_family_that_is_none_is_refused() -> None:
    task = LAW.sample(8, 1, generator(2)).task
    assert isinstance(task, CurveTask)
    x = torch.linspace(-3, 3, 7)[None, :, None].expand(8, -1, -1)
    assert torch.equal(task[2:5].answer(x[2:5]), task.answer(x)[2:5])
    assert torch.equal(task.to("cpu").answer(x), task.answer(x))
    with pytest.raises(ValueError, match=r"families must name some of line, .*not \('cosine',\)"):
        CurvePrior(("cosine",))
    with pytest.raises(ValueError, match="This law has no family cubic"):
        CurvePrior(("line",)).of("cubic")


# --- the network ------------------------------------------------------------------------


def test_the_network_comes_near_exact_bayes_and_beats_one_process() -> None:
    model, law = load_model("curves"), load_prior("curves")
    assert law == LAW
    drawn = law.given(sigma=0.25).sample(128, 41, generator(50))
    bayes = law.bayes().predict_next(drawn.x, drawn.y)
    single = ProcessMixture((RBF(0.8, VARIANCE),), (0.25,)).predict_next(drawn.x, drawn.y)
    told = model.predict_next(drawn.x, drawn.y)
    errors = [float(squared_error(who, drawn.clean)[:, 1:].mean()) for who in (bayes, told, single)]
    assert errors == sorted(errors)
    assert float(squared_error(told, bayes)[:, 1:].mean()) < 0.3 * errors[0]


def test_an_evaluation_by_family_has_every_cross_and_its_floor() -> None:
    law = CurvePrior(("line", "rbf-1.6"), (0.1, 0.5))
    model = load_model("curves")
    asked = list(ask_families(model, law, 6, 3))
    rows = evaluate_families(asked, 3, ks=(2, 9))
    assert len(rows) == 3 * 3 * 3
    of = {(row["family"], row["sigma"], row["k"]): row for row in rows}
    one = asked[0]
    assert (one.family, one.sigma) == ("line", 0.1)
    expected = squared_error(one.bayes, one.prompt.clean)[:, 9].mean()
    assert of["line", 0.1, 9]["bayes_error"] == pytest.approx(float(expected), rel=1e-5)
    whole = of[None, None, None]
    assert whole["tasks"] == 24
    assert whole["excess_low"] <= whole["excess"] <= whole["excess_high"]
    gap = torch.cat([squared_error(o.model, o.bayes)[:, 1:] for o in asked]).mean()
    assert (whole["excess"] - 1) * whole["bayes_error"] == pytest.approx(float(gap), rel=1e-4)


# --- the study --------------------------------------------------------------------------


class Told:
    """Stands in for a network: exact Bayes, plus an offset."""

    limits = PromptLimits(1, 40)
    device = torch.device("cpu")

    def __init__(self, offset: float) -> None:
        self.offset = offset

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        return LAW.bayes().predict(x, y, queries) + self.offset

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        return LAW.bayes().predict_next(x, y) + self.offset


def test_an_offset_from_bayes_has_the_excess_that_it_should() -> None:
    law = LAW.of("line", "rbf-0.4")
    networks = {"network": Told(0.2), "line network": Told(0.0)}
    told = dict(answered(law, networks, 12, seed=1))
    assert set(told) == {(name, sigma) for name in law.families for sigma in law.sigmas}
    one = told["rbf-0.4", 0.25]
    found = measured(one, seed=1)
    at = KS.index(8)
    floor = float(squared_error(one["bayes"], one["clean"])[:, 8].mean())
    # The law asked is of two families, the stand-in's of seven: near, but for the offset.
    gap = float(squared_error(one["network"], one["bayes"])[:, 8].mean())
    assert found["error"]["bayes"][at][0] == pytest.approx(floor, rel=1e-3)
    assert found["excess"][at][0] == pytest.approx(1 + gap / floor, rel=1e-3)
    assert found["error"]["zero"][at][0] == pytest.approx(
        float(one["clean"][:, 8].square().mean()), rel=1e-3
    )
    assert all(low <= value <= high for value, low, high in found["error"]["process"])


def test_the_network_of_lines_is_asked_about_x_and_a_constant() -> None:
    model = WithConstant(load_decoder("playground"))
    with pytest.raises(ValueError, match=r"x must have the shape \(B, k, 1\), not \(1, 2, 3\)"):
        model.predict_next(torch.zeros(1, 2, 3), torch.zeros(1, 2))
    line = LAW.of("line").given(sigma=0.1).sample(64, 12, generator(4))
    told = squared_error(model.predict_next(line.x, line.y), line.clean)[:, 8:].mean()
    assert float(told) < 0.05 * float(line.clean.square().mean())


@pytest.fixture(scope="module")
def table() -> Table:
    return read_table("curves")


def test_the_stored_table_is_of_the_networks_as_they_are_now(table: Table) -> None:
    assert is_current(table)
    assert table["command"] == "python -m icl_core study curves"
    noises = {ALL, NOISY, *(f"{sigma:g}" for sigma in LAW.sigmas)}
    crosses = {(row["family"], row["noise"]) for row in table["members"]}
    assert crosses == {(family, noise) for family in (ALL, *LAW.families) for noise in noises}
    assert compare(table, table).largest == 0
    assert len(curves_rows(table)) == len(crosses)
    assert all(set(row["error"]) == set(WHO) for row in table["members"])


def test_nobody_is_below_the_floor_and_the_network_is_above_every_other(table: Table) -> None:
    """Over all kinds: of one kind, a rule that was made for it knows more than Bayes does."""
    (row,) = (one for one in table["members"] if (one["family"], one["noise"]) == (ALL, NOISY))
    for i, k in enumerate(table["ks"]):
        (_, _, most), others = row["error"]["bayes"][i], set(WHO) - {"bayes"}
        assert all(row["error"][who][i][2] > row["error"]["bayes"][i][1] for who in others)
        if k >= 8:
            network = row["error"]["network"][i]
            assert network[0] < 2 * most
            rest = others - {"network"}
            assert all(network[2] < row["error"][who][i][1] for who in rest), k


def test_a_network_of_lines_knows_lines_alone(table: Table) -> None:
    rows = {(row["family"], row["noise"]): row["error"] for row in table["members"]}
    at = table["ks"].index(24)
    lines, curves = (rows[family, "0.1"] for family in ("line", "rbf-0.8"))
    assert lines["line network"][at][0] < 0.05 * lines["zero"][at][0]
    assert curves["line network"][at][1] > 5 * curves["network"][at][2]
