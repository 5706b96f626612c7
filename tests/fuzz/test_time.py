"""What reads a visitor's text takes twice the time for twice the text, not four times."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable

import pytest

import serving.guard.uploads
import ui.classroom.handed_in
import ui.figures.mathml
import ui.work.plain_text
from icl_core.uploads import _entry
from ui.classroom.handed_in import read_links
from ui.visitor.screen import from_link
from ui.work.plain_text import plain_text

MODULES = (
    serving.guard.uploads,
    ui.classroom.handed_in,
    ui.figures.mathml,
    ui.work.plain_text,
)
"""Every module whose regular expressions meet what a visitor sent."""
EXPRESSIONS = [
    (f"{module.__name__}.{name}", pattern)
    for module in MODULES
    for name, pattern in vars(module).items()
    if isinstance(pattern, re.Pattern)
]
TEXTS = (
    "x",
    "?",
    "x?",
    " ",
    "x ",
    "\\",
    "1",
    "1.",
    '"',
    "<",
    "/",
    "/a",
    "&p=",
    "%",
    "é",
    "_*",
    "\n",
)
SIZE = 20_000
LITTLE = 0.1  # s; below it the clock says little, and a quadratic one takes seconds


def seconds(work: Callable[[str], object], text: str) -> float:
    """Of processor time, the least of three."""
    found = []
    for _ in range(3):
        began = time.process_time()
        with contextlib.suppress(ValueError):
            work(text)
        found.append(time.process_time() - began)
    return min(found)


def assert_linear(work: Callable[[str], object], unit: str, size: int = SIZE) -> None:
    text = unit * (size // len(unit))
    once, twice = seconds(work, text), seconds(work, text + text)
    assert twice < LITTLE or twice <= 2.5 * once, f"{unit!r}: {once:.3f} s, then {twice:.3f} s"


@pytest.mark.parametrize("unit", TEXTS)
@pytest.mark.parametrize(("name", "pattern"), EXPRESSIONS, ids=[name for name, _ in EXPRESSIONS])
def test_no_expression_is_quadratic(name: str, pattern: re.Pattern[str], unit: str) -> None:
    assert_linear(lambda text: list(pattern.finditer(text)), unit)


@pytest.mark.parametrize("unit", TEXTS)
@pytest.mark.parametrize(
    "work",
    [
        read_links,
        lambda text: read_links("https://lab.example/lesson?ea=" + text),
        lambda text: from_link({"p": text}),
        lambda text: from_link({text: text}),
        lambda text: _entry(text.encode()),
        plain_text,
    ],
    ids=["links", "one link", "points", "key", "manifest", "words"],
)
def test_no_reader_is_quadratic(work: Callable[[str], object], unit: str) -> None:
    assert_linear(work, unit)


def test_a_quadratic_one_would_be_noticed() -> None:
    """The control: the expression that once held up everybody."""
    old = re.compile(r"""[^\s,;"'<>]*\?[^\s,;"'<>]+""")
    with pytest.raises(AssertionError, match="x"):
        assert_linear(old.search, "x", SIZE // 3)
