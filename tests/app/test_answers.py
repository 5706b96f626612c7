"""The numeric path behind a drag."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from icl_core import load_model, predictors
from icl_core.evaluation import DRAWINGS
from icl_core.models.transformer import Transformer, TransformerConfig
from icl_core.priors.mixture import FlagshipPrior
from icl_core.probes.readouts import LayerReadouts
from tests.support.known import known
from tests.support.strategies import screens
from ui.answers.payload import answer, pad_payload
from ui.answers.snippet import python_snippet
from ui.answers.solve import FLAGSHIP, GRID, STEPS_GRID, likeness, solve, solve_alike
from ui.answers.task import features, make_task
from ui.visitor import methods
from ui.visitor.networks import SHIPPED
from ui.visitor.screen import EXAMPLE, MethodSettings, Screen


@pytest.mark.slow
@settings(max_examples=150)
@given(screens)
def test_every_screen_has_a_finite_answer(
    model: Transformer, readouts: LayerReadouts, screen: Screen
) -> None:
    said = answer(screen, model, readouts)
    json.dumps(said, allow_nan=False)
    assert said["plane"] == screen.is_plane
    assert set(said["errors"]["rows"]) == set(methods.ids())


@pytest.mark.parametrize("query", [-4.5, -3.2, 0.0, 3.9, 5.0])
def test_the_query_is_on_the_plane_wherever_the_points_are(
    model: Transformer, query: float
) -> None:
    """So that it can be taken hold of, when the points far out are gone, too."""
    half_x, _ = solve(Screen(points=((0.0, 1.0), (1.0, 2.0)), query=query), model).axes
    assert half_x == (3.0 if abs(query) <= 3 else 4.0 if abs(query) <= 4 else 5.0)


@pytest.mark.parametrize("d", [2, 3])
def test_screens_solved_together_are_solved_as_alone(
    model: Transformer, readouts: LayerReadouts, d: int
) -> None:
    """Every method's every number to 1e-6, and what is said of the prompt's range."""
    alike = [Screen(points=None, d=d, seed=seed, query=0.1 * seed) for seed in range(4)]
    assert len({likeness(screen) for screen in alike}) == 1
    assert likeness(replace(alike[0], k=6)) != likeness(alike[0]) != likeness(Screen(sigma=0.0))
    together = solve_alike(alike, model, readouts=readouts)
    for screen, told in zip(alike, together, strict=True):
        alone = solve(screen, model, readouts=readouts)
        assert told.screen == screen
        assert told.finding.evidence.item() == pytest.approx(alone.finding.evidence.item())
        for name, one in alone.answers.items():
            for what in ("at_queries", "following", "w", "fine"):
                first, second = getattr(told.answers[name], what), getattr(one, what)
                assert (first is None) == (second is None)
                if second is not None:
                    torch.testing.assert_close(first, second, rtol=1e-6, atol=5e-6)
        assert told.layers is not None
        assert alone.layers is not None
        # Of the three decimals that are sent a tenth of the last: maps enlarge float32's rounding.
        torch.testing.assert_close(told.layers.read, alone.layers.read, rtol=0, atol=1e-4)
    curves = [one.network.at_queries for one in together]
    assert not torch.allclose(curves[0], curves[1], atol=1e-2)


def test_true_weights_that_were_set_are_the_tasks(
    model: Transformer, readouts: LayerReadouts
) -> None:
    """Those that were not set, the inputs and the noise stay as they were sampled."""
    sampled = Screen(points=None, d=4, intercept=False, k=30, sigma=0.0, seed=5)
    before, after = make_task(sampled), make_task(replace(sampled, weights=(2.0, -1.5)))
    assert before.weights is not None
    assert after.weights is not None
    assert after.weights.tolist() == [2.0, -1.5, *before.weights[2:].tolist()]
    assert torch.equal(after.x, before.x)
    assert torch.allclose(after.y[0], after.x[0] @ after.weights, atol=1e-5)
    told = answer(replace(sampled, weights=(2.0, -1.5)), model, readouts)["weights"]
    assert told["rows"]["ols"] == pytest.approx(after.weights.tolist(), abs=1e-3)
    assert told["rows"]["transformer"] == pytest.approx(after.weights.tolist(), abs=0.2)
    on_plane = Screen(points=None, weights=(2.0, -1.5))
    assert torch.equal(make_task(on_plane).y, make_task(Screen(points=None)).y)


def test_drawn_points_go_through_the_shipped_weights(
    model: Transformer, readouts: LayerReadouts
) -> None:
    screen = Screen(points=((0.0, 1.0), (1.0, 2.0), (2.0, 2.5)), query=0.5)
    x = np.array([[[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]]], dtype=np.float32)
    y = np.array([[1.0, 2.0, 2.5]], dtype=np.float32)
    query = np.array([[[0.5, 1.0]]], dtype=np.float32)
    told = answer(screen, model, readouts)["at_query"]
    assert told["transformer"] == pytest.approx(float(model.predict(x, y, query)[0, 0]), abs=1e-3)
    expected = {
        "bayes": predictors.bayes(FlagshipPrior()),
        "ridge": predictors.ridge(screen.sigma**2),
        "ols": predictors.ols(),
        "gd": predictors.gd(screen.settings["steps"]),
        "sgd": predictors.sgd(screen.settings["sgd_rate"]),
        "knn": predictors.knn(screen.settings["neighbours"]),
        "newton": predictors.newton(screen.settings["newton"]),
    }
    for method in (rule.id for rule in methods.rules()):
        exact = float(expected[method].predict(x, y, query)[0, 0])
        assert told[method] == pytest.approx(exact, abs=1e-3), method


def test_between_its_points_the_transformers_line_is_straight(model: Transformer) -> None:
    """To half a pixel of a plane of 480, for the drawings and for prompts of every length."""
    rng = np.random.default_rng(0)
    drawn = [drawing["points"] for drawing in json.loads(DRAWINGS.read_text())]
    drawn += [rng.normal(0, (1.2, 1.5), (k, 2)).tolist() for k in (0, 1, 2, 3, 5, 10, 20, 40)]
    for points in drawn:
        solved = solve(Screen(points=tuple(map(tuple, points))), model)
        half_x, half_y = solved.axes
        knots = np.linspace(-half_x, half_x, GRID)
        middles = (knots[1:] + knots[:-1]) / 2
        asked = features(solved.screen, torch.tensor(middles, dtype=torch.float32))[None]
        exact = model.predict(solved.task.x, solved.task.y, asked)[0].numpy()
        line = solved.network.at_queries[:-1].numpy()
        drawn_there = np.interp(middles, knots, line)
        seen = np.abs(exact) < half_y
        assert (np.abs(drawn_there - exact)[seen] * 480 / (2 * half_y)).max(initial=0) < 0.5


def test_the_nearest_neighbours_line_keeps_its_steps(
    model: Transformer, readouts: LayerReadouts
) -> None:
    curves = answer(Screen(), model, readouts)["curves"]
    assert len(curves["knn"]) == STEPS_GRID
    assert {len(curve) for name, curve in curves.items() if name != "knn"} == {GRID}
    # Where two points are as far, their mean counts: one value in the middle of a step.
    neighbours = int(Screen().settings["neighbours"])
    abscissae = np.linspace(-3, 3, STEPS_GRID)[:, None]
    far = np.sort(np.abs(abscissae - np.array([x for x, _ in EXAMPLE])))
    clear = far[:, neighbours] - far[:, neighbours - 1] > 1e-5
    told = np.round(curves["knn"], 4)
    assert len(set(told[clear])) <= len(EXAMPLE) - neighbours + 1
    (ties,) = np.nonzero(~clear)
    assert len(ties)
    for i in ties:
        low, high = sorted((told[i - 1], told[i + 1]))
        assert low <= told[i] <= high


def test_moving_one_point_moves_every_curve(model: Transformer, readouts: LayerReadouts) -> None:
    moved = ((-0.7, -2.0), *EXAMPLE[1:])
    before = answer(Screen(), model, readouts)["curves"]
    after = answer(Screen(points=moved), model, readouts)["curves"]
    for method in methods.ids():
        assert not np.allclose(before[method], after[method], atol=1e-3), method


def test_errors_match_the_one_pass_prediction(model: Transformer, readouts: LayerReadouts) -> None:
    screen = Screen(points=None, d=3, k=12)
    task = make_task(screen)
    rows = answer(screen, model, readouts)["errors"]["rows"]
    exact = (model.predict_next(task.x, task.y) - known(task.clean)).square()[0]
    np.testing.assert_allclose(rows["transformer"], exact, rtol=2e-3, atol=1e-6)


def test_last_layer_readout_is_close_to_the_answer(
    model: Transformer, readouts: LayerReadouts
) -> None:
    said = answer(Screen(), model, readouts)
    last = np.array(said["layers"]["curves"][-1])
    final = np.array(said["curves"]["transformer"])
    assert np.abs(last - final).max() < 0.35 * np.ptp(final)


def test_first_layer_readout_is_flat(model: Transformer, readouts: LayerReadouts) -> None:
    said = answer(Screen(), model, readouts)
    assert np.ptp(said["layers"]["curves"][0]) < 0.1 * np.ptp(said["curves"]["transformer"])


def test_implicit_weights_of_a_noiseless_task_are_the_truth(
    model: Transformer, readouts: LayerReadouts
) -> None:
    said = answer(Screen(points=None, d=2, intercept=False, sigma=0.0, k=30), model, readouts)
    np.testing.assert_allclose(
        said["weights"]["rows"]["transformer"], said["weights"]["truth"], atol=0.15
    )
    assert said["weights"]["fits"]["transformer"] > 0.95


def test_path_of_gradient_descent_starts_at_zero_and_has_a_point_for_each_step(
    model: Transformer, readouts: LayerReadouts
) -> None:
    screen = Screen(points=None, d=2, intercept=False, settings=MethodSettings(steps=7), k=10)
    paths = answer(screen, model, readouts)["weights"]["paths"]
    assert paths["gd"][0] == [0.0, 0.0]
    assert len(paths["gd"]) == 8
    assert len(paths["transformer"]) == 11


def test_noise_and_k_change_while_the_task_stays() -> None:
    quiet = make_task(Screen(points=None, d=4, sigma=0.0, k=10))
    loud = make_task(Screen(points=None, d=4, sigma=1.0, k=20))
    assert torch.equal(known(quiet.weights), known(loud.weights))
    assert torch.equal(quiet.x, loud.x[:, :10])
    assert torch.equal(quiet.y, known(quiet.clean))
    assert not torch.equal(loud.y, known(loud.clean))


def test_exemplars_follow_a_line_with_the_same_noise() -> None:
    sampled = Screen(points=None, seed=3, k=9)
    lined = replace(sampled, line=(1.5, -0.5))
    one, two = make_task(sampled), make_task(lined)
    assert torch.allclose(one.y - known(one.clean), two.y - known(two.clean), atol=1e-6)
    assert torch.allclose(known(two.clean)[0], 1.5 * two.x[0, :, 0] - 0.5)


def test_a_diverging_rate_is_said(model: Transformer, readouts: LayerReadouts) -> None:
    said = answer(Screen(settings=MethodSettings(rate=1.0, steps=1000)), model, readouts)
    assert "diverges" in said["details"]["gd"]


@pytest.mark.parametrize("screen", [Screen(), Screen(points=None, d=5, k=4), Screen(points=())])
def test_snippet_reproduces_the_answer(
    model: Transformer, readouts: LayerReadouts, screen: Screen, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(python_snippet(screen), {})
    printed = float(capsys.readouterr().out)
    if screen.is_plane:
        expected = answer(screen, model, readouts)["at_query"]["transformer"]
    else:
        task = make_task(screen)
        expected = float(model.predict(task.x, task.y, task.x[:, -1:])[0, 0])
    assert printed == pytest.approx(expected, abs=2e-3)


def test_without_readouts_the_rest_still_answers(model: Transformer) -> None:
    said = answer(Screen(), model, None)
    assert said["layers"] is None
    assert said["curves"]["transformer"]


FLAT = Screen(points=tuple((x / 4, 8.0) for x in range(-5, 6)))


@pytest.mark.parametrize(
    ("screen", "because"),
    [
        (FLAT, "too steep"),
        (Screen(points=tuple((x / 4, 2.0 * x) for x in range(-5, 6))), "too steep"),
        (Screen(points=(*EXAMPLE, (0.0, 11.0))), "off the line"),
        (Screen(), None),
        (Screen(points=()), None),
        (Screen(points=None, d=5, k=20), None),
    ],
)
def test_a_prompt_unlike_any_in_training_is_said_to_be_so(
    screen: Screen, because: str | None
) -> None:
    said = pad_payload(solve(screen, load_model(SHIPPED)))["beyond"]
    if because is None:
        assert said is None
    else:
        assert "Unlike anything the transformer was trained on" in said
        assert because in said


def test_a_network_of_one_s_own_knows_its_range_by_the_law_that_it_was_trained_on() -> None:
    own = Transformer(TransformerConfig(layers=1, width=8, heads=1)).requires_grad_(False)
    said = pad_payload(solve(FLAT, own, FLAGSHIP))["beyond"]
    assert said.endswith("do not trust its answers.")
    wide = FlagshipPrior(tau=8.0, sigmas=(0.0, 8.0))
    assert pad_payload(solve(FLAT, own, wide))["beyond"] is None
    assert pad_payload(solve(FLAT, own), out=(methods.NETWORK,))["beyond"] is None
