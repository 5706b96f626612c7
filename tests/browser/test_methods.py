"""Which methods are shown, and their settings."""

import math

import pytest
from playwright.sync_api import expect

from tests.support.pad import Pad
from tests.support.reference import PRINTED, told
from ui.visitor.screen import EXAMPLE, MethodSettings, Screen

ALL = Screen(show=("transformer", "bayes", "ridge", "ols", "gd", "sgd", "knn", "newton"))


def test_a_method_can_be_shown(pad: Pad) -> None:
    pad.open().toggle("ols")
    pad.wait_settled()
    assert set(pad.curves()) == {*Screen().show, "ols"}
    assert set(pad.screen().show) == {*Screen().show, "ols"}


def test_a_method_can_be_hidden(pad: Pad) -> None:
    pad.open().toggle("ridge")
    pad.wait_settled()
    assert set(pad.curves()) == set(pad.screen().show) == {"transformer", "gd"}


def test_all_can_be_hidden_and_the_page_still_answers(pad: Pad) -> None:
    pad.open()
    for method in Screen().show:
        pad.toggle(method)
    pad.wait_settled()
    assert pad.curves() == {}
    assert pad.screen().show == ()
    expect(pad.page.get_by_text("Tick a method above")).to_be_visible()


def test_every_method_has_its_own_colour_and_look(pad: Pad) -> None:
    pad.open_screen(ALL)
    looks = pad.plane.locator(".curve").evaluate_all(
        "nodes => nodes.map((n) => [n.getAttribute('stroke'), n.getAttribute('stroke-dasharray')])"
    )
    colours, dashes = zip(*looks, strict=True)
    assert len(set(colours)) == len(set(dashes)) == len(ALL.show)


@pytest.mark.parametrize(
    ("method", "label", "value", "name", "setting"),
    [
        ("gd", "Gradient descent steps", f"{math.log10(1 + 11):.2f}", "steps", 11),
        ("ridge", "Ridge λ", "1", "lam", 10),
        ("knn", "Number of neighbours", "1", "neighbours", 1),
        ("sgd", "SGD rate", "0.2", "sgd_rate", 0.2),
        ("newton", "Newton steps", "9", "newton", 9),
    ],
)
def test_a_slider_changes_the_line_the_answer_and_the_link(
    pad: Pad, method: str, label: str, value: str, name: str, setting: float
) -> None:
    pad.open_screen(ALL)
    before = pad.curves()
    pad.control(label).fill(value)
    pad.wait_settled()
    changed = {shown for shown, path in pad.curves().items() if path != before[shown]}
    assert changed == {method}
    assert pad.screen().settings[name] == pytest.approx(setting)
    expected = told(EXAMPLE, pad.screen())[method]
    assert pad.told(method) == pytest.approx(expected, abs=PRINTED)


def test_a_rate_can_be_typed_and_a_diverging_one_is_called_so(pad: Pad) -> None:
    pad.open()
    pad.type_number("Gradient descent rate", "0.5")
    pad.wait_settled()
    assert pad.screen().settings["rate"] == 0.5
    expect(pad.row("gd").locator("small")).to_contain_text("diverges")


def test_an_empty_rate_is_the_default_again(pad: Pad) -> None:
    pad.open_screen(Screen(settings=MethodSettings(rate=0.01)))
    pad.type_number("Gradient descent rate", "")
    pad.wait_settled()
    assert pad.screen().settings["rate"] is None
    assert pad.told("gd") == pytest.approx(told(EXAMPLE, Screen())["gd"], abs=PRINTED)


def test_match_sigma_ties_ridge_to_the_noise_of_the_task(pad: Pad) -> None:
    pad.open_screen(Screen(settings=MethodSettings(lam=10.0)))
    pad.row("ridge").get_by_label("match σ").click()
    pad.wait_settled()
    assert pad.screen().settings["lam"] is None
    pad.control("Noise σ").fill("4")
    pad.wait_settled()
    assert pad.screen().sigma == 1
    expect(pad.row("ridge").locator("small")).to_have_text("λ 1 = σ²")
    assert pad.told("ridge") == pytest.approx(told(EXAMPLE, pad.screen())["ridge"], abs=PRINTED)


def test_neighbours_can_be_weighted_by_distance(pad: Pad) -> None:
    pad.open_screen(ALL)
    before = pad.curve("knn").get_attribute("d")
    pad.row("knn").get_by_label("1/distance²").click()
    pad.wait_settled()
    assert pad.screen().settings["weighted"]
    assert pad.curve("knn").get_attribute("d") != before
    assert pad.told("knn") == pytest.approx(told(EXAMPLE, pad.screen())["knn"], abs=PRINTED)


def test_settings_are_there_only_for_methods_that_are_shown(pad: Pad) -> None:
    pad.open()
    expect(pad.control("Number of neighbours")).to_be_hidden()
    pad.toggle("knn")
    expect(pad.control("Number of neighbours")).to_be_visible()
