"""The lesson: the steps from a familiar prompt to what is read and what is used."""

import streamlit as st

from icl_core import CheckpointError
from icl_core.checkpoints import load_decoder
from icl_core.probes.readouts import load_layer_readouts
from ui.figures.theme import TIGHT_TOP
from ui.lesson import view
from ui.lesson.state import SETTINGS
from ui.lesson.step_view import show_step
from ui.pages import LESSON
from ui.visitor.networks import SHIPPED
from ui.work.load_or_warn import load_or_warn

SETTINGS.arrive(LESSON)
st.html(TIGHT_TOP + view.ON_A_PHONE)
try:
    model = load_decoder(SHIPPED)
except CheckpointError as trouble:
    st.error(str(trouble))
else:
    view.notices()
    show_step(model, load_or_warn(load_layer_readouts, SHIPPED))
