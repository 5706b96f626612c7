"""No page shows a name that only the code has: a column of a table on disk, an id of a registry."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.on_screen import headings, sentences
from tests.support.pages import opened
from tests.support.rendered import Open
from ui.algorithm.settings import FIGURES
from ui.pages import all_pages
from ui.visitor import methods
from ui.visitor.page_registry import page as page_of

WITH_UNDERSCORE = re.compile(r"\b\w*[^\W_]_[^\W_]\w*\b")
STATES = {
    **{page.name: (page.name, {}) for page in all_pages()},
    "five features": ("playground", {"d": "5", "p": "sampled", "m": ".".join(methods.ids())}),
    **{f"algorithm, {name}": ("algorithm", {"af": name}) for name in FIGURES},
}


def raw_names(page: AppTest) -> list[str]:
    """Names on the page that are meant for programs."""
    named = list(headings(page))
    found = [name for name in named if name in methods.ids()]
    return found + [
        raw for told in (*named, *sentences(page)) for raw in WITH_UNDERSCORE.findall(told)
    ]


def alike(page: AppTest) -> list[str]:
    """Names that two cells have in which something is typed."""
    found = Counter(cell.label for cell in (*page.text_input, *page.text_area))
    return [name for name, times in found.items() if times > 1]


@pytest.mark.parametrize("state", STATES)
def test_a_page_says_no_raw_name_and_calls_no_two_cells_alike(state: str) -> None:
    name, link = STATES[state]
    page = opened(page_of(name), **link)
    assert not page.exception
    assert any(sentences(page))
    assert raw_names(page) == []
    assert alike(page) == []


def test_class_view_says_no_raw_name(open_page: Open) -> None:
    page = open_page("classroom")
    drawn = "http://localhost/playground?p=AAAAAAAAgD8AAIA_AAAAQA"
    page.text_area[0].set_value(f"{drawn}\n{drawn}&x=1").run()
    assert not page.exception
    assert "Transformer" in list(headings(page))
    assert raw_names(page) == []


def test_cells_that_are_called_alike_are_found() -> None:
    """The test's own control."""

    def page() -> None:
        import streamlit as st

        for key, label in enumerate(("Seed", "Steps", "Seed")):
            st.text_input(label, key=str(key))

    assert alike(AppTest.from_function(page).run()) == ["Seed"]


def test_raw_names_are_found_wherever_they_stand() -> None:
    """The test's own control."""

    def page() -> None:
        import pandas as pd
        import plotly.graph_objects as go
        import streamlit as st

        st.dataframe(pd.DataFrame({"model_error": [1.0], "gd": ["bayes_error"]}))
        figure = go.Figure(go.Scatter(x=[0], y=[1], name="spd_bayes", hovertemplate="in_hover"))
        st.plotly_chart(figure.update_layout(xaxis_title="axis_title"))
        st.markdown("A sentence with raw_name, but `code_span` and $x_1$ may.")
        st.selectbox("a_label", ["transformer", "one"])

    found = set(raw_names(AppTest.from_function(page).run()))
    assert found == {
        "model_error",
        "gd",
        "bayes_error",
        "spd_bayes",
        "in_hover",
        "axis_title",
        "raw_name",
        "a_label",
        "transformer",
    }
