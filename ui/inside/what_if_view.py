"""Two what-ifs on screen: the query between two tasks, and another y inside one layer."""

from __future__ import annotations

from typing import Any

import streamlit as st

from icl_core.models.base import EditableModel
from icl_core.studies import is_current, read_table
from icl_core.studies.what_if import NAME
from ui.answers.task import make_task
from ui.figures.figure import explained, show_figure
from ui.figures.theme import is_dark
from ui.inside import what_if as numbers
from ui.inside import what_if_words as words
from ui.inside.settings import SETTINGS
from ui.visitor import session
from ui.visitor.screen import Screen
from ui.work.load_or_warn import load_or_warn


def what_if(model: EditableModel) -> None:
    """Both, or a sentence that says what they need."""
    screen = session.current_screen()
    pairs = make_task(screen).x.shape[1]
    st.header("What if a layer held something else?")
    if not screen.is_plane or not pairs:
        st.info("This needs a line task (d = 1, or d = 2 with an intercept) and a pair.")
        return
    moved = SETTINGS.hold("Your prompt has no more", exemplar=pairs)
    if moved:
        st.info(moved)
    table = load_or_warn(read_table, NAME)
    if table is not None and not is_current(table):
        st.warning("This table was made from other weights than those that are here now.")
    blend(model, table)
    exemplar(model, table, pairs)


@st.fragment
def blend(model: EditableModel, table: dict[str, Any] | None) -> None:
    """The query's state between A's and B's."""
    from ui.inside import what_if_charts as charts

    st.subheader("Half of another task", anchor=False)
    st.markdown(words.BLEND_LEAD)
    share, layer = st.columns(2)
    with share:
        st.slider("α: share of your own task", 0.0, 1.0, step=0.05, **SETTINGS.widget("alpha"))
    with layer:
        st.slider("Mixed after layer", 0, model.layers, **SETTINGS.widget("mix_layer"))
    inside, screen = SETTINGS.current(), session.current_screen()
    found = numbers.mixed(model, screen, inside)
    st.markdown(numbers.said_of_mixed(found, inside.mix_layer))
    left, right = st.columns(2)
    with left:
        show_figure(
            charts.lines(
                found.x,
                {"your prompt": found.here.a[0], f"task B, seed {inside.other}": found.here.b[0]},
                ("what α asks for", found.asked(inside.alpha)),
                found.here.answers[inside.mix_layer, 0, 0, 0],
                is_dark(),
            ),
            key="blend_lines",
            alt="Your line, task B's, the mixture that α asks for, and the line after mixing",
        )
    with right:
        stored(table, screen, "blend", inside.mix_layer)
    explained(words.BLEND)
    session.write_link(SETTINGS.link())


@st.fragment
def exemplar(model: EditableModel, table: dict[str, Any] | None, pairs: int) -> None:
    """One y changed inside one layer."""
    from ui.inside import what_if_charts as charts

    st.subheader("One other y", anchor=False)
    st.markdown(words.EXEMPLAR_LEAD)
    which, change, layer = st.columns(3)
    with which:
        SETTINGS.pick("Example", "exemplar", {i: str(i) for i in range(1, pairs + 1)})
    with change:
        st.slider("Added to its y", -4.0, 4.0, step=0.1, **SETTINGS.widget("y_change"))
    with layer:
        st.slider("Changed after layer", 0, model.layers, **SETTINGS.widget("y_layer"))
    inside, screen = SETTINGS.current(), session.current_screen()
    found = numbers.changed(model, screen, inside)
    st.markdown(numbers.said_of_changed(found, inside.y_layer))
    left, right = st.columns(2)
    with left:
        show_figure(
            charts.lines(
                found.x,
                {"before": found.curve.a[0]},
                ("what ridge's hat matrix foretells", found.foretold),
                found.curve.answers[inside.y_layer, 0, 0],
                is_dark(),
            ),
            key="exemplar_lines",
            alt="The line before, what ridge's hat matrix foretells, and the line after it",
        )
    with right:
        stored(table, screen, "exemplar", inside.y_layer)
    explained(words.EXEMPLAR)
    session.write_link(SETTINGS.link())


def stored(table: dict[str, Any] | None, screen: Screen, what: str, layer: int) -> None:
    """The stored R² of one of the two by layer; nothing for a network that has none."""
    from ui.inside import what_if_charts as charts

    row = table and numbers.row_of(table, screen, SETTINGS.current().model)
    if not table or not row:
        return
    curves = {"blend": numbers.stored_blend, "exemplar": numbers.stored_exemplar}[what](row)
    show_figure(
        charts.by_layer(curves, layer, is_dark()),
        key=f"{what}_layers",
        alt="Fresh prompts: R² by the layer that is changed, with what stands beside it",
    )
    st.markdown(numbers.said_of_stored(table, row, curves, layer))
