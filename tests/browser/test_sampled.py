"""Sampled tasks: the task's own controls, and the view of weights."""

import numpy as np
import pytest
from playwright.sync_api import expect

from icl_core import predictors
from icl_core.models.transformer import Transformer
from tests.support.pad import Pad, number, numbers
from ui.answers.payload import answer
from ui.answers.task import make_task
from ui.visitor.screen import MethodSettings, Screen

FIVE = Screen(points=None, d=5, intercept=False, k=20)
TWO = Screen(points=None, d=2, intercept=False, k=12, settings=MethodSettings(steps=6))


def weights(pad: Pad, label: str) -> list[float]:
    """A row of the table of weights."""
    pad.show_numbers()
    row = pad.part("table").locator("tr").filter(has_text=label)
    return [number(text) for text in row.locator("td").all_inner_texts()]


def test_five_features_give_way_to_the_weight_view(pad: Pad) -> None:
    pad.open().control("Number of features d").fill("5")
    pad.wait_settled()
    assert pad.screen().d == 5
    expect(pad.plane).to_be_hidden()
    expect(pad.weights.locator("svg.weights").first).to_be_visible()


def test_back_on_the_plane_the_drawn_points_are_still_there(pad: Pad) -> None:
    before = pad.open().everything()
    pad.control("Number of features d").fill("5")
    pad.wait_settled().control("Number of features d").fill("2")
    pad.wait_settled()
    assert pad.everything()["points"] == before["points"]
    assert pad.curves() == dict(before["curves"])


def test_every_weight_has_its_truth_and_a_mark_of_each_method(pad: Pad) -> None:
    pad.open_screen(FIVE)
    view = pad.weights.locator("svg.weights").first
    expect(view.locator(".tick")).to_have_count(FIVE.d)
    expect(view.locator(".marker")).to_have_count(FIVE.d * len(FIVE.show))


def test_a_bar_sets_its_true_weight_by_finger_and_by_key(pad: Pad) -> None:
    pad.open_screen(FIVE)
    task = make_task(FIVE)
    assert task.weights is not None
    before = task.weights.tolist()
    bars = pad.weights.locator(".bar")
    box = bars.nth(1).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    pad.page.mouse.move(x, y)
    pad.page.mouse.down()
    pad.page.mouse.move(x + 40, y, steps=4)
    pad.page.mouse.up()
    pad.wait_settled()
    held = pad.screen().weights
    assert held is not None
    assert held[1] > before[1] + 0.05
    assert [*held[:1], *held[2:]] == pytest.approx([*before[:1], *before[2:]], abs=1e-4)
    assert weights(pad, "Truth") == pytest.approx(held, abs=6e-4)
    assert weights(pad, "Transformer")[1] == pytest.approx(held[1], abs=0.3)
    bars.nth(0).press("ArrowRight")
    pad.wait_settled()
    expect(bars.nth(0)).to_be_focused()
    moved = pad.screen().weights
    assert moved is not None
    assert moved[0] == pytest.approx(held[0] + 0.05, abs=0.006)
    pad.button("undo").click()
    pad.wait_settled()
    assert pad.screen().weights == held
    pad.reload()
    assert pad.screen().weights == held
    assert weights(pad, "Truth") == pytest.approx(held, abs=6e-4)


def test_the_truth_and_ridge_are_those_of_the_core(pad: Pad) -> None:
    pad.open_screen(FIVE)
    task = make_task(FIVE)
    assert task.weights is not None
    ridge = predictors.ridge(FIVE.sigma**2).weights(task.x, task.y)[0, -1]
    assert weights(pad, "Truth") == pytest.approx(task.weights.tolist(), abs=6e-4)
    assert weights(pad, "Ridge") == pytest.approx(ridge.tolist(), abs=6e-4)


def test_the_implicit_weights_come_with_their_r2(pad: Pad, shipped: Transformer) -> None:
    pad.open_screen(FIVE)
    expected = answer(FIVE, shipped, None)["weights"]
    assert weights(pad, "Transformer") == pytest.approx(expected["rows"]["transformer"], abs=6e-4)
    (said,) = numbers(pad.weights.locator(".hint").first.inner_text().split("R²")[1])
    assert said == pytest.approx(expected["fits"]["transformer"], abs=6e-4)
    assert said <= 1


def test_two_features_without_intercept_show_the_plane_of_w(pad: Pad) -> None:
    pad.open().control("intercept").click()
    pad.wait_settled()
    assert not pad.screen().intercept
    expect(pad.weights.locator("svg.paths")).to_be_visible()


def test_the_plane_of_w_holds_every_step_and_every_k(pad: Pad) -> None:
    pad.open_screen(TWO)
    paths = pad.weights.locator("svg.paths")
    expect(paths.locator(".curve")).to_have_count(2)
    expect(paths.locator("circle")).to_have_count(TWO.settings["steps"] + 1 + TWO.k + 1)
    expect(paths.locator(".marker")).to_have_count(3)
    expect(paths.locator(".tick")).to_have_count(1)


def test_gradient_descent_starts_from_the_origin(pad: Pad) -> None:
    pad.open_screen(TWO)
    paths = pad.weights.locator("svg.paths")
    start = paths.locator("circle").first
    zero = paths.locator("path.zero").evaluate_all("nodes => nodes.map((n) => n.getAttribute('d'))")
    assert f"M{start.get_attribute('cx')} " in zero[0]
    assert f" {start.get_attribute('cy')}H" in zero[1]


@pytest.mark.parametrize("screen", [FIVE, Screen(points=None)], ids=["weights", "plane"])
def test_more_examples_of_the_same_task(pad: Pad, screen: Screen) -> None:
    pad.open_screen(screen)
    before = pad.everything()
    pad.control("Number of examples k").fill("30")
    pad.wait_settled()
    assert pad.screen().k == 30
    assert pad.everything()["errors"] != before["errors"]
    assert make_task(pad.screen()).weights is not None
    assert len(make_task(pad.screen()).y[0]) == 30
    assert pad.chips()[-4][0] == "x30"


def test_noise_moves_the_points_and_not_the_task(pad: Pad) -> None:
    pad.open_screen(Screen(points=None))
    line = pad.read_path(pad.plane.locator(".truth"))
    before = np.array(pad.typed())
    pad.control("Noise σ").fill("0")
    pad.wait_settled()
    after = np.array(pad.typed())
    assert pad.screen().sigma == 0
    assert np.array_equal(before[:, 0], after[:, 0])
    assert not np.allclose(before[:, 1], after[:, 1])
    (x0, y0), *_, (x1, y1) = line
    slope = (y1 - y0) / (x1 - x0)
    assert np.allclose(after[:, 1], y0 + slope * (after[:, 0] - x0), atol=0.01)


def test_a_seed_can_be_typed(pad: Pad) -> None:
    pad.open()
    pad.type_number("seed", "42")
    pad.wait_settled()
    assert (pad.screen().seed, pad.screen().points) == (42, None)
    points = make_task(pad.screen())
    expected = list(zip(points.x[0, :, 0].tolist(), points.y[0].tolist(), strict=True))
    assert np.allclose(pad.typed(), expected, atol=1e-4)


def test_without_examples_there_is_still_an_answer(pad: Pad) -> None:
    pad.open_screen(Screen(points=None)).control("Number of examples k").fill("0")
    pad.wait_settled()
    assert pad.told("ridge") == 0
    assert np.isfinite(pad.told("transformer"))
