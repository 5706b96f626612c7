"""The stored study: how far each upbringing carries."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from icl_core.priors.switches import SWITCHES
from icl_core.studies.profiles import Table
from icl_core.studies.shift import NAME
from ui.figures.figure import explained, show_figure
from ui.figures.stored_study import StoredStudy
from ui.figures.theme import is_dark
from ui.shift import words
from ui.shift.numbers import member, reached
from ui.shift.settings import SETTINGS
from ui.visitor import teaching

STUDY = StoredStudy(NAME, "Asking the networks of five upbringings", prompts=128, settings=SETTINGS)


def carried(table: Table) -> None:
    """The map of one upbringing, every upbringing along one switch, and how far each holds."""
    if teaching.shows("map"):
        st.header("How far each upbringing carries", divider="gray")
        _choices()
        _map(table)
    if teaching.shows("range"):
        st.header("Where the excess doubles", divider="gray")
        st.markdown(words.said_of_range(table))
        _across(table)
    explained(words.MAP)


def _choices() -> None:
    raised, over = st.columns(2)
    with raised:
        st.segmented_control(
            "Upbringing",
            list(words.UPBRINGINGS),
            format_func=words.UPBRINGINGS.__getitem__,
            required=True,
            **SETTINGS.widget("raised"),
        )
    with over:
        st.segmented_control(
            "Error over that of",
            list(words.OVER),
            format_func=words.OVER.__getitem__,
            required=True,
            **SETTINGS.widget("over"),
        )


def _map(table: Table) -> None:
    from ui.shift import charts

    state = SETTINGS.current()
    row = member(table, state.raised)
    st.caption(f"{words.UPBRINGINGS[state.raised]}: {words.SAYS[state.raised]}.")
    show_figure(
        charts.heat(row, state.over, is_dark()),
        key="upbringing_map",
        alt=f"Error over that of {words.OVER[state.over]}, by switch and steps away from home",
        table=_numbers(row, state.over),
    )


def _numbers(row: Table, over: str) -> pd.DataFrame:
    """The map's figures with their intervals, a line for each switch and strength."""
    return pd.DataFrame(
        [
            {
                "switch": words.SWITCH[switch],
                "strength": words.strength(switch, part["strength"]),
                **dict(zip(("error over", "low", "high"), part[over], strict=True)),
            }
            for switch in SWITCHES
            for part in row["switches"][switch]["at"]
            if part[over] is not None
        ]
    )


def _across(table: Table) -> None:
    from ui.shift import charts

    SETTINGS.pick("Switch", "across", {name: words.SWITCH[name] for name in SWITCHES})
    state = SETTINGS.current()
    show_figure(
        charts.across(table, state.across, state.over, is_dark()),
        key="upbringing_lines",
        alt=f"Error over Bayes' against strength for every upbringing: "
        f"{words.SWITCH[state.across]}",
    )
    st.dataframe(
        pd.DataFrame(
            {
                "upbringing": words.UPBRINGINGS[row["label"]],
                "excess doubles at": words.far_words(state.across, reached(row, state.across)),
            }
            for row in table["members"]
        ),
        hide_index=True,
    )
