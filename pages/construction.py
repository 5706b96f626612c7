"""The construction: proofs that run, stepped through layer by layer."""

import streamlit as st

from icl_core import CheckpointError
from icl_core.checkpoints import load_decoder
from icl_core.probes.readouts import load_layer_readouts
from ui.construction import controls
from ui.construction.costs_view import costs, errors
from ui.construction.meeting_view import trained_meets_constructed
from ui.construction.pairing_view import found_by_training
from ui.construction.program_view import program
from ui.construction.session import SETTINGS
from ui.construction.words import HOW_IT_WORKS, PROGRAM_WORDS, WHAT_IT_SHOWS
from ui.figures.theme import TIGHT_TOP
from ui.pages import CONSTRUCTION
from ui.visitor import session, teaching
from ui.visitor.networks import SHIPPED
from ui.work.load_or_warn import load_or_warn


def introduction() -> None:
    """What this is, in three sentences."""
    st.html(TIGHT_TOP)
    st.title("A proof that runs")
    st.markdown(
        "A transformer *can* train a linear model on its prompt: Akyürek et al. prove it by saying "
        "what each layer has to do. Here are those layers as weights, and nothing but attention, "
        "LayerNorm and GeLU computes. **Press →** and watch them write, one by one."
    )


def notices() -> None:
    """What of a link or a setting could not be used."""
    for sentence in (st.session_state[session.NOTICE], SETTINGS.notice):
        if sentence:
            st.info(sentence)


def explanations() -> None:
    """The maths and the sources, one click away."""
    with st.expander("How the stream, the slots and the rounds work"):
        st.markdown(HOW_IT_WORKS)
    with st.expander("The programs, with their maths and sources"):
        st.markdown(PROGRAM_WORDS)
    with st.expander("What this shows, and what it does not"):
        st.markdown(WHAT_IT_SHOWS)


SETTINGS.arrive(CONSTRUCTION)
introduction()
notices()
try:
    # Loaded here, not in the fragment: an error inside one is no longer a sentence.
    model = load_decoder(SHIPPED)
except CheckpointError as trouble:
    st.error(str(trouble))
else:
    controls.settings()
    program(model, load_or_warn(load_layer_readouts, SHIPPED))
    explanations()
    found_by_training(model)
    if teaching.shows("meeting"):
        trained_meets_constructed()
    if teaching.shows("costs"):
        costs()
    if teaching.shows("exactness"):
        errors()
