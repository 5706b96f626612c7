"""Film reviews on the page of added layers: what is drawn, what is typed, and what is said."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import Tensor

from icl_core.studies.texts import LAW, MODEL, QUESTIONS
from icl_core.texts import LINES, projection, text_sets
from tests.support.pages import opened
from ui.pages import TWO_LAYERS
from ui.two_layers import text_numbers, text_words, texts
from ui.two_layers.text_numbers import MOST_EXAMPLES, drawn_texts, read_typed
from ui.two_layers.texts import STUDY

DRAWN = {"jx": "lines", "jk": "16", "jd": "3"}


def lines_of(page: AppTest) -> list[str]:
    """The lines of the table of judged questions."""
    return next(one.value["line"].tolist() for one in page.dataframe if "it is" in one.value)


def fake_embeddings(lines: Sequence[str]) -> Tensor:
    """Numbers of which the first component says how many times a line says "good" over "bad"."""
    found = projection().mean.repeat(len(lines), 1)
    back = torch.linalg.pinv(projection().turn)
    scores = [line.count("good") - line.count("bad") for line in lines]
    return found + torch.tensor(scores)[:, None] * back[0]


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """The optional model that reads sentences, in place of which the words are counted."""
    monkeypatch.setattr(text_numbers, "embed", fake_embeddings)
    monkeypatch.setattr(texts, "installed", lambda: True)


# --- what is drawn -----------------------------------------------------------------------------


@pytest.mark.slow
def test_lines_are_drawn_and_the_link_draws_them_again() -> None:
    page = opened(TWO_LAYERS, **DRAWN)
    assert not page.exception
    assert not page.error
    drawn = lines_of(page)
    assert len(drawn) == QUESTIONS
    assert set(drawn) <= set(text_sets()[LINES].texts)
    assert lines_of(opened(TWO_LAYERS, **DRAWN)) == drawn
    assert lines_of(opened(TWO_LAYERS, **{**DRAWN, "jd": "4"})) != drawn
    right = drawn_texts(LINES, 16, 3).right(MODEL)
    assert any(f"**{right:g} right**" in one.value for one in page.markdown)
    assert any("study texts" in code.value for code in page.code)
    texts_set = next(one for one in page.segmented_control if one.label == "Texts")
    texts_set.set_value("films").run()
    assert not page.exception
    assert page.query_params["jx"] == "films"
    assert any("critics' words do not come along" in one.value for one in page.caption)


# --- what is typed -----------------------------------------------------------------------------


@pytest.mark.usefixtures("reader")
def test_the_visitor_s_own_lines_are_judged_by_their_examples() -> None:
    page = opened(TWO_LAYERS, **DRAWN)
    examples, questions = page.text_area
    examples.set_value("+ good\n+ so good\n- bad\n− very bad bad").run()
    questions.set_value("good\nbad bad").run()
    assert not page.exception
    told = page.dataframe[_place(page, "good")].value
    assert told["line"].tolist() == ["good", "bad bad"]
    assert [one[0] for one in told["the network says"]] == ["+", "−"]
    questions.set_value("").run()
    assert any("at least one line to judge" in one.value for one in page.info)
    assert (page.text_area[0].value or "").startswith("+ good")


def _place(page: AppTest, line: str) -> int:
    return next(
        place
        for place, one in enumerate(page.dataframe)
        if "line" in one.value and one.value["line"].tolist()[0] == line
    )


@pytest.mark.parametrize(
    ("examples", "questions", "sentence"),
    [
        ("+ good\nbad", "x", "Line 2 of the examples must be"),
        ("+ good\n+ fine", "x", "at least one example with"),
        ("+ good\n- bad", " \n", "at least one line to judge"),
        ("+ good\n- " + "b" * 301, "x", "300 are the most"),
        ("+ good\n- bad\n" * MOST_EXAMPLES, "x", "80 examples; 40 are the most"),
    ],
)
def test_what_does_not_fit_is_said(examples: str, questions: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_typed(examples, questions)


def test_what_stands_in_the_fields_at_first_can_be_judged() -> None:
    typed = read_typed(text_words.EXAMPLES, text_words.QUESTIONS)
    assert {label for _, label in typed.examples} == {-1, 1}


def test_without_the_model_that_reads_the_page_says_how_to_have_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(texts, "installed", lambda: False)
    page = opened(TWO_LAYERS, **DRAWN)
    assert any("make demo TEXTS=1" in one.value for one in page.caption)
    assert not page.text_area


# --- what is said of the table -----------------------------------------------------------------


def test_the_verdict_is_computed_from_the_table() -> None:
    table = copy.deepcopy(STUDY.table)
    row = table["members"][0]
    for ahead, how in (
        ([0.02, 0.01, 0.03], "ahead of"),
        ([-0.02, -0.03, -0.01], "behind"),
        ([0, -0.1, 0.1], "level with"),
    ):
        row["ahead"]["logistic"][-1] = ahead
        assert f"the network is {how} logistic" in text_words.verdict(table, row)
    assert "−2.0 points (−3.0 to −1.0)" in text_words.verdict(
        table, {**row, "ahead": {"logistic": [[-0.02, -0.03, -0.01]] * 4}}
    )


def test_every_set_has_its_words_and_its_row() -> None:
    assert text_words.SETS.keys() == text_sets().keys()
    assert {row["label"] for row in STUDY.table["members"]} == {*text_sets(), LAW}
