"""Each layer's readout, and the textbook rules that answer most like it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from icl_core.models.base import InspectableModel
from icl_core.probes.readouts import LayerReadouts
from ui.answers.task import make_task
from ui.figures.figure import explained
from ui.inside import words
from ui.inside.numbers import nearest_rules
from ui.visitor import session


def algorithms(model: InspectableModel, readouts: LayerReadouts) -> None:
    """A table with a row for each layer."""
    st.header("Each layer, as an algorithm")
    screen = session.current_screen()
    if not make_task(screen).x.shape[1]:
        st.info("There is no pair yet: add a point first.")
        return
    st.dataframe(pd.DataFrame(nearest_rules(model, screen, readouts)), hide_index=True)
    explained(words.NEAREST)
