"""Draw any curve: a network that was brought up on curves, beside exact Bayes for them."""

import streamlit as st

from icl_core import CheckpointError, load_model
from icl_core.priors import CurvePrior
from icl_core.probes.band import load_band
from icl_core.probes.readouts import load_layer_readouts
from ui.curves import words
from ui.curves.bands_view import how_sure
from ui.curves.classes_view import classes_of_functions
from ui.curves.controls import settings, sources
from ui.curves.figures import STUDY, errors_by_kind
from ui.curves.inside_view import told_inside
from ui.curves.pad_view import pad
from ui.curves.settings import SETTINGS
from ui.figures.figure import explained
from ui.figures.theme import TIGHT_TOP
from ui.pages import CURVES
from ui.visitor import teaching
from ui.visitor.networks import Network
from ui.work.load_or_warn import load_or_warn

NAME = "curves"
LAW = CurvePrior()


def introduction() -> None:
    """What this is, in three sentences."""
    st.html(TIGHT_TOP)
    st.title("Draw any curve")
    st.markdown(words.INTRODUCTION)
    if SETTINGS.notice:
        st.info(SETTINGS.notice)


SETTINGS.arrive(CURVES)
introduction()
try:
    model = load_model(NAME)
except CheckpointError as trouble:
    st.error(str(trouble))
else:
    sources()
    pad(
        Network(model, LAW, load_or_warn(load_layer_readouts, NAME)),
        LAW,
        load_or_warn(load_band, NAME),
    )
    settings()
    explained(words.EXPLAINED)
    table = STUDY.table_or_error()
    if table is not None and teaching.shows("kinds"):
        errors_by_kind(table)
        STUDY.how_it_was_made(table)
    if teaching.shows("sure"):
        how_sure()
    if teaching.shows("inside"):
        told_inside()
    if teaching.shows("classes"):
        classes_of_functions()
