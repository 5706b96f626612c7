"""Teachers' links: what is left out is not there, and presenter mode."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from tests.support.rendered import Open, pad_of, press, words
from tests.support.strategies import junk, screens
from ui.classroom.invitation import (
    CODEC,
    POINTS_AND_A_LINE,
    PRESETS,
    Invitation,
    hidden_by,
    parameters,
    preset_of,
    qr_picture,
    qr_png,
)
from ui.lesson.steps import IDS, step_of
from ui.visitor import session, teaching
from ui.visitor.screen import MethodSettings, Screen, from_link, to_link
from ui.visitor.teaching import PAD_PARTS, Teaching

ROOT = Path(__file__).parents[2]
NAMES = teaching.names()
teachings = st.builds(
    Teaching,
    hidden=st.sets(st.sampled_from(NAMES)).map(lambda s: tuple(n for n in NAMES if n in s)),
    present=st.booleans(),
)


@settings(max_examples=300)
@given(teachings)
def test_a_link_reproduces_what_is_left_out(told: Teaching) -> None:
    assert teaching.CODEC.from_link(teaching.CODEC.to_link(told)) == (told, [])


@pytest.mark.slow
@settings(max_examples=500)
@given(junk)
def test_no_value_breaks_it(value: Any) -> None:
    for name in ("th", "present"):
        told, _ = teaching.CODEC.from_link({name: value})
        assert set(told.hidden) <= set(NAMES)


def test_every_part_of_the_pad_that_can_be_left_out_exists() -> None:
    html = (ROOT / "ui" / "components" / "pad" / "pad.html").read_text()
    known = set(re.findall(r'data-part="(\w+)"', html))
    named = {*PAD_PARTS["Buttons"], *PAD_PARTS["Around the plane"], "methods", "task"}
    assert named <= known
    assert known - named == {"side"}


def test_the_pad_is_not_sent_what_is_left_out(open_page: Open) -> None:
    page = open_page("playground", m="transformer.ols.ridge", th="ols.layers.errors.averages")
    pad = pad_of(page)
    assert set(pad["curves"]) == {*Screen().show, "bayes", "sgd", "knn", "newton"} - {"ols"}
    assert "ols" not in pad["at_query"]
    assert "ols" not in pad["errors"]["rows"]
    assert pad["layers"] is None
    assert {"ols", "layers", "errors"} <= set(pad["hide"])
    assert not any("fresh tasks" in heading.value for heading in page.subheader)


def test_hidden_methods_are_not_in_the_weights_either(open_page: Open) -> None:
    pad = pad_of(open_page("playground", p="sampled", d="2", i="0", th="ridge.gd"))
    assert not {"ridge", "gd"} & set(pad["weights"]["rows"])


@pytest.mark.parametrize(
    ("where", "part", "heading"),
    [
        ("playground", "averages", "fresh tasks"),
        ("inside", "causal", "Readable, and used"),
        ("inside", "steering", "Write a line"),
        ("inside", "algorithms", "as an algorithm"),
        ("inside", "attention", "Who reads whom"),
        ("construction", "meeting", "Trained meets"),
        ("construction", "costs", "programs cost"),
        ("construction", "exactness", "How exact"),
        ("diversity", "switch", "From remembering"),
        ("diversity", "eight", "Eight features"),
        ("diversity", "pairing", "hardly needs a pairing head"),
        ("shift", "one", "One prompt"),
        ("shift", "many", "On average"),
        ("shift", "map", "How far each upbringing"),
        ("shift", "range", "Where the excess doubles"),
        ("curves", "kinds", "By kind, noise"),
        ("two_layers", "features", "What the trunk makes"),
        ("two_layers", "how_many", "How many layers"),
        ("curves", "classes", "Functions of many features"),
        ("curves", "inside", "Does it know inside"),
        ("language_model", "study", "On many prompts"),
    ],
)
def test_a_panel_is_there_unless_it_is_left_out(
    open_page: Open, where: str, part: str, heading: str
) -> None:
    def headings(page: AppTest) -> list[str]:
        assert not page.exception
        return [h.value for h in (*page.header, *page.subheader) if heading in h.value]

    assert headings(open_page(where))
    assert not headings(open_page(where, th=part))


def test_what_is_left_out_stays_so_from_page_to_page(open_page: Open) -> None:
    page = open_page("playground", th="gd.nav")
    page = page.switch_page("pages/inside.py").run()
    assert "gd" in pad_of(page)["hide"]
    assert page.query_params["th"] == "gd.nav"


def test_presenting_is_large_and_can_be_left(open_page: Open) -> None:
    page = open_page("playground", present="1")
    assert pad_of(page)["zoom"] > 1
    assert page.query_params["present"] == "1"
    assert pad_of(open_page("playground"))["zoom"] == 1


# --- the page that makes the link ----------------------------------------------------------


def link_of(page: AppTest) -> dict[str, str]:
    (code,) = page.code
    return dict(part.split("=", 1) for part in code.value.partition("?")[2].split("&") if part)


@settings(max_examples=200)
@given(screens, teachings, st.sampled_from(["playground", "inside", "construction"]))
def test_the_link_holds_the_screen_and_what_is_left_out(
    screen: Screen, told: Teaching, start: str
) -> None:
    made = parameters(Invitation(start, IDS[0], told.hidden, told.present), screen)
    assert from_link(made) == (screen, [])
    assert teaching.CODEC.from_link(made) == (told, [])


def test_a_link_into_the_lesson_brings_the_teachers_points(open_page: Open) -> None:
    own = ((0.5, 1.0), (1.5, -1.0), (0.0, 0.5))
    made = parameters(Invitation("lesson", "squares", ("clear",)), Screen(points=own))
    page = open_page("lesson", **made)
    assert page.session_state[session.SCREEN].points == own
    assert set(page.session_state[session.SCREEN].show) == {"transformer", "ols", "gd", "knn"}
    assert "clear" in pad_of(page)["hide"]


def test_ticks_go_into_the_link(open_page: Open) -> None:
    page = open_page("teach", **to_link(Screen(points=None, seed=7)))
    assert not page.exception
    assert link_of(page) == {"p": "sampled", "n": "7"}
    (tick,) = [box for box in page.checkbox if box.label == "OLS"]
    page = tick.uncheck().run()
    assert link_of(page)["th"] == "ols"
    (room,) = [box for box in page.checkbox if box.label == "For the projector"]
    page = room.check().run()
    assert link_of(page)["present"] == "1"
    (tick,) = [box for box in page.checkbox if box.label == "OLS"]
    page = tick.check().run()
    assert "th" not in link_of(page)


def test_the_page_itself_comes_back_from_its_link(open_page: Open) -> None:
    made = CODEC.to_link(Invitation("lesson", "noise", ("gd", "seed"), True))
    page = open_page("teach", **made)
    assert not page.exception
    assert [box.label for box in page.checkbox if not box.value] == ["GD"]
    assert page.selectbox[1].value == "noise"


def test_a_preset_sets_the_ticks_and_ticks_make_it_ones_own(open_page: Open) -> None:
    page = open_page("teach")
    (chosen,) = page.segmented_control
    assert chosen.value == "researcher"
    page = chosen.set_value("plain").run()
    assert not page.exception
    there = {box.label for box in page.checkbox if box.value} - {"For the projector"}
    labels = {name: label for group in teaching.parts().values() for name, label in group.items()}
    assert there == {labels[name] for name in POINTS_AND_A_LINE}
    assert set(link_of(page)["th"].split(".")) == set(NAMES) - POINTS_AND_A_LINE
    (tick,) = [box for box in page.checkbox if box.label == "Ridge"]
    page = tick.check().run()
    assert page.segmented_control[0].value == "own"
    page = page.segmented_control[0].set_value("researcher").run()
    assert "th" not in link_of(page)


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "own"])
def test_a_preset_is_known_by_what_it_leaves_out(name: str) -> None:
    assert preset_of(hidden_by(name)) == name


def test_with_the_lesson_only_what_it_uses_can_be_left_out(open_page: Open) -> None:
    made = CODEC.to_link(Invitation("lesson", "noise", ("ols", "newton", "eight")))
    page = open_page("teach", **made)
    labels = {box.label for box in page.checkbox}
    assert {"OLS", "Clear", "Layer by layer"} <= labels
    assert not {"Newton", "SGD", "Eight features", "Open in Python", "Seed"} & labels
    assert link_of(page)["th"] == "ols"


def test_a_link_names_the_steps_that_are_walked(open_page: Open) -> None:
    made = parameters(Invitation("lesson", "prompt", steps=("frozen", "pair")), Screen())
    page = open_page("lesson", **made)
    assert page.title[0].value == step_of("frozen").title
    assert "Step 1 of 2" in page.caption[0].value
    page = press(page, "Next")
    assert page.title[0].value == step_of("pair").title
    assert not [button for button in page.button if "Next" in button.label]
    assert "You predicted 1 of 2 steps" in words(press(page, "B."))


def test_the_page_says_that_it_keeps_no_secret(open_page: Open) -> None:
    assert any("not secret" in text.value for text in open_page("teach").markdown)


def test_the_longest_link_fits_into_a_qr_code() -> None:
    fine = MethodSettings(lam=0.123456789, rate=0.0123)
    many = Screen(points=tuple((0.1 * i, 1.0) for i in range(40)), settings=fine)
    query = parameters(Invitation("lesson", "back", NAMES, True), many)
    link = "https://example.org/lesson?" + "&".join(f"{k}={v}" for k, v in query.items())
    assert qr_picture(link).startswith("data:image/svg+xml")
    assert qr_png(link).startswith(b"\x89PNG")
