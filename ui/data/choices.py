"""What is predicted from what, and from which examples."""

from __future__ import annotations

from typing import Any

import streamlit as st

from icl_core.predicting import LABELS
from icl_core.tables import Chosen, Scaling, Split
from icl_core.tables.chosen import MOST_EXAMPLES, MOST_FEATURES
from ui.data import words
from ui.data.numbers import columns, usable
from ui.data.own import Shown
from ui.data.packed import packed
from ui.data.settings import OWN, SETTINGS, written_or_auto
from ui.data.words import number
from ui.visitor.addresses import address
from ui.visitor.page_registry import page
from ui.work.plain_text import plain_text


def choices(shown: Shown) -> None:
    """Target, features, examples."""
    state, names = SETTINGS.current(), shown.table.names
    target, features = columns(state, shown)
    known = list(usable(shown.table))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Predict",
            known,
            format_func=names.__getitem__,
            width=230,
            **_tied("target", target),
        )
        st.multiselect(
            "from",
            [at for at in known if at != target],
            format_func=names.__getitem__,
            max_selections=MOST_FEATURES,
            width=420,
            **_tied("features", list(features)),
        )
        SETTINGS.enter(
            "Examples", "examples", width=110, placeholder="most", help=words.EXAMPLES_HELP
        )
        SETTINGS.enter("Seed of the draw", "seed", width=130)
        SETTINGS.enter(
            words.LINES,
            "picked",
            lambda told: written_or_auto(told, ", ", none=""),
            width=150,
            placeholder="drawn",
            help=words.LINES_HELP,
        )


def scaling_and_link(chosen: Chosen, parts: Split, scaling: Scaling) -> None:
    """Whether the numbers are scaled, and by what; whether the link holds them."""
    with st.container(horizontal=True):
        st.toggle(words.SCALE, help=words.SCALE_HELP, **SETTINGS.widget("scaled"))
        keep(chosen, parts)
    scaled = SETTINGS.current().scaled
    st.caption(scaled_by(chosen, scaling) if scaled else words.NOT_SCALED)
    if SETTINGS.current().kept is not None:
        st.success(words.KEPT)
        st.code(address(page("data").url_path, SETTINGS.link()), language=None, wrap_lines=True)


def scaled_by(chosen: Chosen, scaling: Scaling) -> str:
    """What is taken off each column and what it is divided by, in its units."""
    names = (*chosen.features, chosen.target)
    means, scales = (*scaling.x_mean, scaling.y_mean), (*scaling.x_scale, scaling.y_scale)
    told = [
        f"{plain_text(name)} −\u00a0{number(float(mean))}, over {number(float(scale))}"
        for name, mean, scale in zip(names, means, scales, strict=True)
    ]
    return f"{words.SCALED_BY} {'; '.join(told)}.".replace("−\u00a0−", "+\u00a0")


def methods_shown() -> None:
    """Which methods are drawn."""
    st.multiselect(
        "Methods drawn", list(LABELS), format_func=LABELS.__getitem__, **SETTINGS.widget("show")
    )


def keep(chosen: Chosen, parts: Split) -> None:
    """Put a small table into the link, because the visitor asks for it."""
    state = SETTINGS.current()
    if state.source != OWN:
        return
    key = "data_keep"
    st.session_state[key] = state.kept is not None
    st.toggle(
        words.KEEP,
        key=key,
        help=words.KEEP_HELP,
        on_change=lambda: _keep(packed(chosen, parts) if st.session_state[key] else None, chosen),
    )


def _keep(text: str | None, chosen: Chosen) -> None:
    # Of a longer table the link holds some of the rows, and its examples are drawn from these.
    state, is_whole = SETTINGS.current(), len(chosen.y) <= MOST_EXAMPLES
    SETTINGS.change(
        kept=text,
        target=None,
        features=None,
        edits=state.edits if is_whole else None,
        picked=_lines_there(state.picked, chosen) if is_whole and text is not None else None,
    )
    for name in ("target", "features", "picked"):
        st.session_state.pop(f"data_{name}", None)


def _lines_there(picked: tuple[int, ...] | None, chosen: Chosen) -> tuple[int, ...] | None:
    """Where the picked rows stand in the table of the link, below its line of names."""
    return None if picked is None else tuple(chosen.lines.index(line) + 2 for line in picked)


def _tied(name: str, value: Any) -> dict[str, Any]:
    """As `Settings.widget`, for what is the page's own choice until the visitor chooses."""
    key = f"data_{name}"
    st.session_state[key] = value

    def take() -> None:
        SETTINGS.change(**{name: st.session_state[key]})

    return {"key": key, "on_change": take}
