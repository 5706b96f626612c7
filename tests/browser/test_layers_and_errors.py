"""The strip of layers, and the error after every example."""

import numpy as np
import pytest
from playwright.sync_api import expect

from icl_core.models.transformer import Transformer
from icl_core.probes.readouts import load_layer_readouts
from tests.support.pad import Pad, numbers
from tests.support.reference import DRAWN, with_constant
from ui.visitor.screen import EXAMPLE, Screen


def test_there_is_a_small_plane_for_the_input_and_each_layer(
    pad: Pad, shipped: Transformer
) -> None:
    pad.open()
    expect(pad.strip).to_have_count(shipped.config.layers + 1)
    assert pad.strip.first.inner_text().startswith("Input")


def test_picking_a_layer_draws_its_readout_on_the_pad(pad: Pad, shipped: Transformer) -> None:
    pad.open().strip.nth(3).click()
    pad.wait_settled()
    assert pad.screen().layer == 3
    expect(pad.strip.nth(3)).to_have_attribute("aria-pressed", "true")
    xs, ys = zip(*pad.read_path(pad.plane.locator(".layerLine")), strict=True)
    given = with_constant([x for x, _ in EXAMPLE]), np.array([[y for _, y in EXAMPLE]], "float32")
    states = shipped.inspect(*given, with_constant(xs)).query_states
    expected = load_layer_readouts("playground").read(states)[3, 0]
    inside = np.abs(expected.numpy()) < pad.axes()[1]
    assert inside.any()
    assert np.allclose(np.array(ys)[inside], expected.numpy()[inside], atol=2 * DRAWN)


def test_picking_the_same_layer_again_takes_it_off(pad: Pad) -> None:
    pad.open_screen(Screen(layer=3)).strip.nth(3).click()
    pad.wait_settled()
    assert pad.screen().layer is None
    expect(pad.plane.locator(".layerLine")).to_have_attribute("d", "")


def test_the_slider_moves_through_the_layers(pad: Pad) -> None:
    pad.open()
    seen = set()
    for layer in (0, 4, 8):
        pad.part("layer").fill(str(layer))
        pad.wait_settled()
        assert pad.screen().layer == layer
        seen.add(pad.plane.locator(".layerLine").get_attribute("d"))
    assert len(seen) == 3
    expect(pad.part("layerName")).to_contain_text("layer 8")


def test_the_strip_follows_the_finger(pad: Pad) -> None:
    pad.open()
    before = pad.strip.nth(6).locator("path").last.get_attribute("d")
    pad.drag_point(0, 0.5, 1.5, drop=False)
    pad.wait_settled()
    assert pad.strip.nth(6).locator("path").last.get_attribute("d") != before
    pad.page.mouse.up()


def test_each_layer_says_its_held_out_r2(pad: Pad) -> None:
    pad.open()
    r2 = load_layer_readouts("playground").r2[:, 1, len(EXAMPLE)].tolist()
    said = [numbers(text)[-1] for text in pad.strip.locator("small").all_inner_texts()]
    assert said == pytest.approx(r2, abs=0.0056)


def test_the_strip_shows_weights_where_there_is_no_plane(pad: Pad, shipped: Transformer) -> None:
    pad.open_screen(Screen(points=None, d=3))
    expect(pad.strip).to_have_count(shipped.config.layers + 1)
    expect(pad.strip.last.locator(".tick")).to_have_count(3)


def test_drawn_points_have_errors_but_no_known_truth(pad: Pad) -> None:
    pad.open()
    expect(pad.part("errors").locator(".curve")).to_have_count(len(Screen().show))
    expect(pad.part("errorHint")).to_contain_text("no known truth")


def test_sampled_points_are_judged_by_their_true_answer(pad: Pad) -> None:
    pad.open_screen(Screen(points=None))
    expect(pad.part("errors").locator(".curve")).to_have_count(len(Screen().show))
    expect(pad.part("errorHint")).to_contain_text("true answer")


def test_the_error_at_each_k_is_that_of_the_next_prediction(pad: Pad, shipped: Transformer) -> None:
    pad.open()
    given = with_constant([x for x, _ in EXAMPLE]), np.array([[y for _, y in EXAMPLE]], "float32")
    last = float((shipped.predict_next(*given) - given[1])[0, -1] ** 2)
    label = pad.part("errors").locator("svg").get_attribute("aria-label") or ""
    (said,) = numbers(label.split("Transformer")[1].split(",")[0])
    assert said == pytest.approx(last, rel=2e-3)


def test_the_errors_follow_the_finger(pad: Pad) -> None:
    pad.open()
    before = pad.everything()["errors"]
    pad.drag_point(0, 0.5, 1.5, drop=False)
    assert pad.wait_settled().everything()["errors"] != before
    pad.page.mouse.up()
