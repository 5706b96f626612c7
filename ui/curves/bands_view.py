"""The stored study of how sure the network is, beside how sure exact Bayes is."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from icl_core.studies.bands import BANDS, NAME
from icl_core.studies.curves import ALL
from icl_core.studies.profiles import Table
from ui.curves import words
from ui.curves.settings import SETTINGS
from ui.figures.figure import explained, show_figure
from ui.figures.stored_study import StoredStudy
from ui.figures.theme import is_dark

STUDY = StoredStudy(NAME, "Asking how sure the network is", prompts=None, settings=SETTINGS)
WIDE = "90"
"""The band that is drawn."""


def how_sure() -> None:
    """How often the bands hold the true curve, and how far the network is behind exact Bayes."""
    table = STUDY.table_or_error()
    if table is None:
        return
    from ui.curves import charts

    st.header("Does it know how sure it may be?", divider="gray")
    st.markdown(words.said_of_bands(table))
    row = next(one for one in table["members"] if one["label"] == ALL)
    show_figure(
        charts.sure(row, table["ks"], WIDE, is_dark()),
        key="curve_bands",
        alt="How often the 90 % bands hold the true curve, against the number of examples",
    )
    st.caption(words.SURE)
    st.dataframe(by_noise(table), hide_index=True, alt="Bands and log-likelihood by noise")
    explained(words.SURE_EXPLAINED)
    STUDY.how_it_was_made(table)


def by_noise(table: Table) -> pd.DataFrame:
    """A line for each noise level: what is within the bands, and nats behind exact Bayes."""
    return pd.DataFrame(
        {
            "noise": words.LEVEL_NAMES[row["label"]],
            **{
                f"{band} % band, {name}": f"{100 * row['within_all'][band][who][0]:.1f} %"
                for band in BANDS
                for who, name in (("network", "network"), ("bayes", "Bayes"))
            },
            "network behind Bayes": words.in_nats(row["behind_all"]["network"]),
            "by k alone behind Bayes": words.in_nats(row["behind_all"]["by k"]),
        }
        for row in table["members"]
    )
