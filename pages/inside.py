"""Inside: what can be read off the transformer's states, and what its answers rest on."""

import streamlit as st

from icl_core import CheckpointError
from icl_core.checkpoints import load_decoder
from icl_core.probes.readouts import load_layer_readouts
from icl_core.probes.weights import load_weight_probes
from ui.figures.figure import explained
from ui.figures.theme import TIGHT_TOP
from ui.inside import words
from ui.inside.attention_view import attention
from ui.inside.causal_view import readable_and_used
from ui.inside.choices import choices
from ui.inside.layers_view import algorithms
from ui.inside.readings_view import live, paper_probe
from ui.inside.settings import SETTINGS
from ui.inside.steering_view import steering
from ui.inside.what_if_view import what_if
from ui.pages import INSIDE
from ui.visitor import teaching
from ui.work.load_or_warn import load_or_warn


def introduction() -> None:
    """What this is, in two sentences."""
    st.html(TIGHT_TOP)
    st.title("Inside the transformer")
    st.markdown(
        "Somewhere between the prompt and the answer, the network holds a little linear model. "
        "**Drag a point** and watch it form, layer by layer; then find out where it can be *read* "
        "and where it is *used*."
    )
    if SETTINGS.notice:
        st.info(SETTINGS.notice)


SETTINGS.arrive(INSIDE)
introduction()
choices()
name = SETTINGS.current().model
try:
    model = load_decoder(name)
except CheckpointError as trouble:
    st.error(str(trouble))
else:
    moved = SETTINGS.hold(
        block=model.layers,
        head=model.heads,
        layer=model.layers,
        mix_layer=model.layers,
        y_layer=model.layers,
    )
    if moved:
        st.info(moved)
    readouts = load_or_warn(load_layer_readouts, name)
    probed = load_or_warn(load_weight_probes, name) is not None
    live(model, readouts, probed)
    if teaching.shows("readings"):
        explained(words.READINGS)
        if probed:
            paper_probe()
    if teaching.shows("causal"):
        readable_and_used(model, probed)
    if probed and teaching.shows("steering"):
        steering(model)
    if teaching.shows("steering"):
        what_if(model)
    if readouts is not None and teaching.shows("algorithms"):
        algorithms(model, readouts)
    if teaching.shows("attention"):
        attention(model)
