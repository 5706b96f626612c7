"""The class view: many links as one chart, and no stranger's text breaks it."""

import base64
import json
import re
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from icl_core import load_model
from icl_core.tables.decoding import text_of
from tests.support.rendered import Open
from ui.answers.solve import solve
from ui.classroom.handed_in import LONGEST, MOST, counts, read_links
from ui.lesson.answer_code import ALPHABET, GUESS, STEPS, answers_in, code_of
from ui.lesson.state import CODEC, Lesson
from ui.lesson.steps import IDS, LETTERS, step_of, steps
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
        "4 of 5 lines could not be used: line 1 holds neither a link nor a code; line 4 is damaged "
        "(answers left out 1 that belong to no step); line 5 holds neither an answer nor drawn "
        "points; line 6 comes from a newer version of this app."
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


ENDS_SO = student(own=Screen(points=((0.5, 1.0), (1.5, -1.0), (1.0, 1.0))))


@pytest.mark.parametrize(
    "line",
    [ENDS_SO, f"_{ENDS_SO}_", f"*{ENDS_SO}*.", f"https://urldefense.com/v3/__{ENDS_SO}__;!!abc$"],
)
def test_an_underscore_at_the_end_of_a_link_is_its_own(line: str) -> None:
    assert ENDS_SO.endswith("_")
    read = read_links(line)
    assert read.trouble is None
    assert [len(screen.points or ()) for _, screen in read.drawn()] == [3]


def test_two_links_on_a_line_are_two_students() -> None:
    read = read_links(f"{student(('linear', '1.00'))} and {student(('linear', '3.00'))}")
    assert read.answers(step_of("linear")) == [(1, "1.00"), (1, "3.00")]


def test_many_links_on_a_line_are_not_all_looked_into() -> None:
    read = read_links(" ".join(f"http://x/lesson?ea=linear-{i}" for i in range(20_000)))
    assert 0 < len(read.sheets) <= MOST
    assert read.trouble is not None
    assert "Only the first 1,000 of 20,000 links and codes were looked into." in read.trouble


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_files_of_every_encoding_are_read(encoding: str) -> None:
    told, _ = text_of(f"{LINK}\r\nM\u00fcller\r\n{LINK}".encode(encoding), errors="replace")
    read = read_links(told)
    assert [sheet.line for sheet in read.sheets] == [1, 3]
    assert read.trouble == "1 of 3 lines could not be used: line 2 holds neither a link nor a code."


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
    assert len(pads(page)) == 3


def pads(page: AppTest) -> list[tuple[str, ElementTree.Element]]:
    """The words and the picture of each small pad."""
    (grid,) = [part.proto.body for part in page.get("html") if "small-pads" in part.proto.body]
    found = re.findall(r'<img alt="([^"]*)" src="data:image/svg\+xml;base64,([^"]*)"', grid)
    return [(said, ElementTree.fromstring(base64.b64decode(held))) for said, held in found]


def test_a_small_pad_is_the_pad_in_small(open_class: Open) -> None:
    page = open_class(f"http://x/playground?{urlencode(to_link(OWN))}")
    ((said, picture),) = pads(page)
    answers = solve(OWN, load_model(SHIPPED))
    told, ridge = (float(answers.answers[who].at_queries[-1]) for who in ("transformer", "ridge"))
    assert said == f"Line 1: 2 points; at the ▲ the transformer says {told:.2f}, ridge {ridge:.2f}"
    _, _, wide, high = map(float, picture.attrib["viewBox"].split())
    across, up = answers.axes

    def place(x: float, y: float) -> list[float]:
        return [wide * (1 + x / across) / 2, high * (1 - y / up) / 2]

    dots = [
        (float(dot.attrib["cx"]), float(dot.attrib["cy"]))
        for dot in picture.iter("{http://www.w3.org/2000/svg}circle")
    ]
    drawn = [place(*point) for point in [*(OWN.points or ()), (OWN.query, told)]]
    assert np.array(dots) == pytest.approx(np.array(drawn), abs=0.06)


# --- codes ----------------------------------------------------------------------------------

SAID = {"prompt": "b", "linear": "2.40", "used": "c", "pool": "-16.00", "back": "a"}
EVERYTHING = {
    step.id: "16.00" if step.question.is_guess else LETTERS[len(step.question.choices) - 1]
    for step in steps()
}


def test_a_code_holds_what_every_step_can_be_answered() -> None:
    """Where this fails, the steps are others: that is another version of the code."""
    assert list(STEPS) == list(IDS)
    assert [states == GUESS for states in STEPS.values()] == [
        step.question.is_guess for step in steps()
    ]
    for said in ({}, SAID, EVERYTHING, {"linear": "-16.00"}, {"linear": "0.00"}):
        assert dict(answers_in(code_of(said))) == said


def test_a_code_says_the_same_for_years() -> None:
    assert code_of(SAID) == "1C05-P02Y-YZQM"


@given(
    st.fixed_dictionaries(
        {},
        optional={
            step.id: st.integers(-1600, 1600).map(lambda y: f"{y / 100:.2f}")
            if step.question.is_guess
            else st.sampled_from(LETTERS[: len(step.question.choices)])
            for step in steps()
        },
    )
)
def test_a_code_is_read_as_it_was_written(said: dict[str, str]) -> None:
    assert dict(answers_in(code_of(said))) == said


def test_every_slip_of_one_letter_or_two_neighbours_is_found() -> None:
    letters = code_of(SAID).replace("-", "")
    slips = {letters[:i] + one + letters[i + 1 :] for i in range(12) for one in ALPHABET}
    slips |= {letters[:i] + letters[i + 1] + letters[i] + letters[i + 2 :] for i in range(11)}
    for slip in slips - {letters}:
        with pytest.raises(ValueError, match=r"letter|another version"):
            answers_in(slip)


CODE = code_of(SAID)


@pytest.mark.parametrize(
    "line",
    [
        CODE,
        CODE.lower(),
        CODE.replace("-", " "),
        CODE.replace("-", ""),
        CODE.replace("-", "\u2013"),
        CODE.replace("0", "O").replace("1", "l"),
        f"Anna Lena: {CODE}.",
        f"have been told {CODE}",
        f"{student(*SAID.items())} {CODE}",
    ],
)
def test_a_code_is_read_however_it_is_written(line: str) -> None:
    read = read_links(line)
    assert read.trouble is None
    assert [sheet.lesson.answers for sheet in read.sheets] == [tuple(SAID.items())]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (CODE[:-1] + ("0" if CODE[-1] != "0" else "1"), "has a letter that is not as it was"),
        ("2" + CODE[1:], "comes from another version of this app"),
        (CODE.replace(CODE[2], "U", 1), "has a letter that codes do without"),
    ],
)
def test_a_code_that_cannot_be_used_gets_a_sentence(line: str, said: str) -> None:
    read = read_links(f"{line}\n{CODE}")
    assert len(read.sheets) == 1
    assert read.trouble == (
        f"1 of 2 lines could not be used: line 1 has a code that cannot be used: {line} {said}."
    )


def test_a_student_finds_the_code_of_what_was_answered(open_page: Open) -> None:
    page = open_page("lesson", **CODEC.to_link(Lesson(answers=tuple(SAID.items()))))
    assert CODE in [block.value for block in page.code]


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
    assert (
        page.warning[0].value
        == "1 of 2 lines could not be used: line 1 holds neither a link nor a code."
    )
    assert page.get("plotly_chart")
