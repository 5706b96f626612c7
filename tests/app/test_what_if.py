"""Another task in part, or another y, inside one layer: on the page that looks inside."""

from __future__ import annotations

import pytest
import torch

from icl_core import predictors
from icl_core.checkpoints import load_decoder
from icl_core.interventions.what_if import ALPHAS
from icl_core.models.transformer import Transformer
from icl_core.studies import is_current, read_table
from tests.support.rendered import Open
from ui.inside.numbers import pair_of
from ui.inside.settings import CODEC, Inside
from ui.inside.what_if import (
    changed,
    mixed,
    row_of,
    said_of_changed,
    said_of_mixed,
    stored_blend,
    stored_exemplar,
)
from ui.visitor.screen import Screen, to_link


@pytest.fixture(scope="module")
def model() -> Transformer:
    return load_decoder("playground")


def test_the_line_turns_from_b_s_to_one_s_own(model: Transformer) -> None:
    pair = pair_of(Screen(), other=2)
    own = model.predict(pair.x_a, pair.y_a, pair.queries)[0]
    other = model.predict(pair.x_b, pair.y_b, pair.queries)[0]
    for alpha, end in ((0.0, other), (1.0, own), (0.25, 0.25 * own + 0.75 * other)):
        found = mixed(model, Screen(), Inside(alpha=alpha))
        torch.testing.assert_close(found.asked(alpha), end, atol=1e-5, rtol=1e-5)
    at_last = mixed(model, Screen(), Inside(alpha=0.0)).here.answers[-1, 0, 0, 0]
    torch.testing.assert_close(at_last, other, atol=1e-4, rtol=1e-4)
    assert mixed(model, Screen(), Inside()).over.alphas == ALPHAS
    assert "**R² = 1.00**" in said_of_mixed(found, 8)
    assert "**R² = 0.00**" in said_of_mixed(found, 0)


def test_ridge_foretells_what_another_y_does(model: Transformer) -> None:
    screen, inside = Screen(sigma=0.5), Inside(exemplar=3, y_change=-1.5)
    found, pair = changed(model, screen, inside), pair_of(screen, inside.other)
    y = pair.y_a.clone()
    y[0, 2] -= 1.5
    rule = predictors.ridge(0.25)
    moved = rule.predict(pair.x_a, y, pair.queries) - rule.predict(pair.x_a, pair.y_a, pair.queries)
    told = (found.foretold - found.curve.a[0]).float()
    torch.testing.assert_close(told, moved[0], atol=1e-5, rtol=1e-4)
    assert "At" not in said_of_changed(found, 1)
    assert "at layer 1" in said_of_changed(found, 1)
    still = changed(model, screen, Inside(y_change=0.0))
    assert said_of_changed(still, 1).startswith("Nothing is to move")


def test_no_noise_and_equal_x_leave_ridge_an_answer(model: Transformer) -> None:
    screen = Screen(points=((1.0, 1.0), (1.0, 2.0)), sigma=0.0)
    assert bool(changed(model, screen, Inside()).foretold.isfinite().all())


def test_the_stored_figures_carry_what_the_page_says() -> None:
    table = read_table("what-if")
    assert is_current(table)
    assert table["prompts"] >= 256
    for screen in (Screen(), Screen(d=1, intercept=False)):
        row = row_of(table, screen, "playground")
        assert row is not None
        blend, exemplar = stored_blend(row), stored_exemplar(row)
        # value, low, high: in proportion from layer 5 on, not at all in the first two.
        assert float(blend["mixed"][5:, 1].min()) >= 0.95
        assert float(blend["mixed"][:3, 2].max()) <= 0.1
        assert float(blend["random direction"][..., 2].max()) <= 0.1
        assert float(exemplar["changed"][:3, 1].min()) >= 0.8
        assert float(exemplar["changed"][5:, 2].max()) <= 0.2
        assert float(exemplar["random direction"][..., 2].max()) <= 0.1
        assert float(exemplar["entry of the next pair"][:3, 2].max()) <= 0.1
        ceiling = exemplar["changed"][0, 0]
        torch.testing.assert_close(
            exemplar["changed"][1:3, 0], ceiling.expand(2), atol=0.02, rtol=0
        )
    assert row_of(table, Screen(), "control") is None
    assert row_of(table, Screen(points=None, d=5), "playground") is None


def test_the_page_shows_both_and_holds_the_example_to_the_prompt(open_page: Open) -> None:
    few = Screen(points=((0.5, 1.0), (1.5, -1.0)))
    page = open_page("inside", **to_link(few), **CODEC.to_link(Inside(exemplar=5, mix_layer=7)))
    assert not page.exception
    said = " ".join(part.value for part in page.markdown)
    assert "mixed at layer 7" in said
    assert "256 fresh prompts" in said
    assert page.session_state["inside"].exemplar == 2
    assert any("example to change was moved to 2" in note.value for note in page.info)
    page.slider(key="inside_alpha").set_value(0.25).run()
    assert not page.exception
    assert page.session_state["inside"].alpha == 0.25


def test_many_features_say_what_is_needed(open_page: Open) -> None:
    page = open_page("inside", **to_link(Screen(points=None, d=5, k=12)))
    assert any("This needs a line task" in note.value for note in page.info)
