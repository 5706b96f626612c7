"""The class view: many links as one chart, and no stranger's text breaks it."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from icl_core import load_model
from icl_core.tables.decoding import text_of
from tests.support.rendered import Open
from ui.answers.solve import solve
from ui.classroom.handed_in import LONGEST, MOST, counts, read_links
from ui.lesson.state import CODEC, Lesson
from ui.lesson.steps import step_of
from ui.visitor.networks import SHIPPED
from ui.visitor.screen import Screen, to_link

OWN = Screen(points=((0.5, 1.0), (1.5, -1.0)))


def student(*answers: tuple[str, str], own: Any = None, step: str = "linear") -> str:
    query = CODEC.to_link(Lesson(step=step, answers=answers, own=own))
    return f"https://example.org/app/lesson?{urlencode(query)}"


def test_answers_and_points_are_read() -> None:
    text = "\n".join(
        [
            student(("prompt", "b"), ("linear", "2.10")),
            student(("linear", "1.90"), own=OWN),
            f"https://example.org/playground?{urlencode(to_link(OWN))}",
        ]
    )
    read = read_links(text)
    assert read.trouble is None
    assert read.answers(step_of("linear")) == [(1, "2.10"), (2, "1.90")]
    assert [step.id for step in read.answered()] == ["prompt", "linear"]
    assert [(line, screen.points) for line, screen in read.drawn()] == [
        (2, OWN.points),
        (3, OWN.points),
    ]


def test_a_link_longer_than_any_is_named_and_the_rest_is_kept() -> None:
    read = read_links("?" + "x" * LONGEST + "\n" + student(("linear", "2.00")))
    assert read.answers(step_of("linear")) == [(2, "2.00")]
    assert read.trouble == (
        "1 of 2 lines could not be used: line 1 holds a link of more than 8,000 characters."
    )


def test_bad_lines_are_counted_and_named_and_the_rest_is_kept() -> None:
    text = "\n".join(
        [
            "Timestamp,Link",
            f'2026-11-23 10:00,"{student(("linear", "2.00"))}"',
            "",
            "https://example.org/lesson?ea=linear-high",
            "https://example.org/lesson?es=noise",
            "https://example.org/lesson?ver=99&ea=linear-1.00",
        ]
    )
    read = read_links(text)
    assert read.answers(step_of("linear")) == [(2, "2.00")]
    assert read.trouble == (
        "4 of 5 lines could not be used: line 1 holds no link; line 4 is damaged (answers left "
        "out 1 that belong to no step); line 5 holds neither an answer nor drawn points; line 6 "
        "comes from a newer version of this app."
    )


def test_at_most_two_hundred_are_read() -> None:
    read = read_links("\n".join([student(("linear", "2.00"))] * (MOST + 30)))
    assert len(read.sheets) == MOST
    assert read.trouble == f"Only the first {MOST} of {MOST + 30} lines were read."


def test_points_that_everyone_begins_with_are_nobodys_drawing() -> None:
    begun = {**to_link(step_of("pool").begin(Screen())), **CODEC.to_link(Lesson(step="pool"))}
    read = read_links(f"http://x/lesson?{urlencode({**begun, 'ea': 'pool--1.00'})}")
    assert read.drawn() == []
    assert read.answers(step_of("pool")) == [(1, "-1.00")]


LINK = student(("linear", "2.00"))


@pytest.mark.parametrize(
    "line",
    [
        LINK.replace("&", "&amp;"),
        LINK.replace("&", "&amp;amp;"),
        f"{LINK}.",
        f"(see {LINK})",
        f"<{LINK}>",
        f"[{LINK}]({LINK})",
        f'<a href="{LINK.replace("&", "&amp;")}">{LINK}</a>',
        "https://eur01.safelinks.protection.outlook.com/?"
        + urlencode({"url": LINK, "data": "05|02|x"})
        + "&reserved=0",
        f"https://www.google.com/url?{urlencode({'sa': 'D', 'q': LINK})}",
        f"https://urldefense.com/v3/__{LINK}__;!!abc$",
        f"https://forms.example/answer?id=7 {LINK}",
    ],
)
def test_a_link_is_found_in_whatever_mail_makes_of_it(line: str) -> None:
    read = read_links(line)
    assert read.trouble is None
    assert read.answers(step_of("linear")) == [(1, "2.00")]


def test_two_links_on_a_line_are_two_students() -> None:
    read = read_links(f"{student(('linear', '1.00'))} and {student(('linear', '3.00'))}")
    assert read.answers(step_of("linear")) == [(1, "1.00"), (1, "3.00")]


def test_many_links_on_a_line_are_not_all_looked_into() -> None:
    read = read_links(" ".join(f"http://x/lesson?ea=linear-{i}" for i in range(20_000)))
    assert 0 < len(read.sheets) <= MOST
    assert read.trouble is not None
    assert "Only the first 1,000 of 20,000 links were looked into." in read.trouble


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_files_of_every_encoding_are_read(encoding: str) -> None:
    told, _ = text_of(f"{LINK}\r\nM\u00fcller\r\n{LINK}".encode(encoding), errors="replace")
    read = read_links(told)
    assert [sheet.line for sheet in read.sheets] == [1, 3]
    assert read.trouble == "1 of 3 lines could not be used: line 2 holds no link."


@pytest.mark.parametrize("text", ["a" * 10**6, "a?" * 10**5, "?" * 10**6, "&amp;" * 10**5])
def test_one_long_line_is_read_at_once(text: str) -> None:
    """In linear time: with quadratic time this would not end before the test's time is up."""
    read = read_links(text)
    assert not read.sheets
    assert read.trouble is not None
    assert read.trouble.startswith("1 of 1 lines could not be used: line 1 holds")


@settings(max_examples=500)
@given(st.text() | st.lists(st.text(alphabet="?&=%ea-p_linear0.\n", max_size=30)).map("\n".join))
def test_no_text_breaks_it(text: str) -> None:
    read = read_links(text)
    assert len(read.sheets) <= MOST
    assert read.trouble is None or read.trouble.endswith(".")


def test_choices_are_counted() -> None:
    read = read_links("\n".join(student(("frozen", letter)) for letter in "abbbc"))
    assert counts(step_of("frozen"), read.answers(step_of("frozen"))) == [1, 3, 1]


# --- the page -----------------------------------------------------------------------------


@pytest.fixture
def open_class(open_page: Open) -> Open:
    def run(*links: str) -> AppTest:
        page = open_page("classroom")
        page.text_area[0].set_value("\n".join(links))
        return page.run()

    return run


def table(page: AppTest) -> Any:
    return page.dataframe[0].value


def test_without_links_it_waits(open_page: Open) -> None:
    page = open_page("classroom")
    assert not page.exception
    assert not page.get("plotly_chart")
    assert not page.warning


def test_guesses_stand_beside_the_transformers_and_ridges(open_class: Open) -> None:
    page = open_class(*(student(("linear", f"{y:.2f}")) for y in (1.0, 2.0, 3.0)))
    assert not page.exception
    figure = page.get("plotly_chart")[0].proto.spec
    assert "Transformer" in figure
    assert "Ridge" in figure
    assert "guesses (3)" in figure
    assert list(table(page)["guess"]) == ["1.00", "2.00", "3.00"]
    guesses = json.loads(figure)["data"][-1]
    assert guesses["x"] == [step_of("linear").begin(Screen()).query] * 3
    assert guesses["y"] == [1.0, 2.0, 3.0]
    solved = solve(step_of("linear").begin(Screen()), load_model(SHIPPED))
    told = f"The transformer says {float(solved.network.at_queries[-1]):.2f}"
    assert any(told in text.value for text in page.caption)


def test_choices_are_shown_with_the_right_one_marked(open_class: Open) -> None:
    page = open_class(*(student(("used", letter)) for letter in "abb"))
    assert not page.exception
    assert list(table(page)["students"]) == [1, 2, 0]
    assert "\\u2713 right" in page.get("plotly_chart")[0].proto.spec


def test_drawn_points_are_answered_by_both(open_class: Open) -> None:
    page = open_class(*(f"http://x/playground?{urlencode(to_link(OWN))}",) * 3)
    assert not page.exception
    assert list(table(page).columns) == ["line", "points", "Transformer", "Ridge"]
    assert len(table(page)) == 3
    points = json.loads(page.get("plotly_chart")[0].proto.spec)["data"][0]
    assert list(zip(points["x"], points["y"], strict=True)) == [*(OWN.points or ())] * 3


@pytest.mark.slow
def test_two_hundred_links_are_shown(open_class: Open) -> None:
    drawn = [
        f"http://x/playground?{urlencode(to_link(Screen(points=((i / 50, 1.0), (-1.0, i / 99)))))}"
        for i in range(MOST)
    ]
    page = open_class(*drawn)
    assert not page.exception
    assert len(table(page)) == MOST


def test_trouble_is_said_beside_the_chart(open_class: Open) -> None:
    page = open_class("nonsense", student(("linear", "2.00")))
    assert page.warning[0].value == "1 of 2 lines could not be used: line 1 holds no link."
    assert page.get("plotly_chart")
