"""The control of the benchmark: the same pad, answered with constants.

It moves the curve by a hair for each message, so that an update can be seen,
and computes nothing else.
"""

from typing import Any

import streamlit as st

from icl_core import load_model
from icl_core.priors import SIGMAS
from icl_core.probes.readouts import load_layer_readouts
from ui.answers.payload import answer, look_of
from ui.components.pad import read_message, task_pad
from ui.visitor.screen import MAX_POINTS, X_LIMIT, Screen


@st.cache_resource
def constants() -> dict[str, Any]:
    said = answer(Screen(), load_model("playground"), load_layer_readouts("playground"))
    rest = {
        "notice": None,
        "guess": None,
        "zoom": 1,
        "link": {},
        "python": "",
        "look": look_of(),
        "about": "",
    }
    limits = {"points": MAX_POINTS, "x": X_LIMIT, "sigmas": SIGMAS, "d": 8}
    return {**said, **rest, "limits": limits}


@st.fragment
def pad() -> None:
    seq, _, changes = read_message("pad")
    said = dict(constants())
    curves = dict(said["curves"])
    curves["transformer"] = [value + 0.05 * (seq % 7) for value in curves["transformer"]]
    points = changes.get("points") or said["screen"]["points"]
    screen = {**said["screen"], "points": points}
    data = {**said, "curves": curves, "screen": screen, "seq": seq}
    task_pad(key="pad", data=data, on_message=lambda: None)


st.set_page_config(layout="wide")
pad()
st.html('<div data-bench="control"></div>')
