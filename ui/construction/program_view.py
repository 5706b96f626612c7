"""The program on the visitor's prompt, to be stepped through."""

from __future__ import annotations

import streamlit as st

from icl_core.models.base import InspectableModel
from icl_core.probes.readouts import LayerReadouts
from ui.components.stepper import stepper
from ui.construction import session as construction_session
from ui.construction.session import SETTINGS
from ui.construction.settings import prompt_screen
from ui.construction.walks import stepper_payload
from ui.visitor import session
from ui.visitor.methods import NETWORK, styles


@st.fragment
def program(model: InspectableModel, readouts: LayerReadouts | None) -> None:
    """The stepper, or a sentence that says what the program cannot take."""
    proof = SETTINGS.current()
    screen = prompt_screen(proof, session.current_screen())
    try:
        payload = stepper_payload(proof, screen, model, readouts)
    except ValueError as limit:
        st.warning(str(limit))
        return
    stepper(
        key="stepper",
        data={
            **payload,
            "styles": styles(),
            "network": NETWORK,
            "walk": construction_session.walk_key(),
            "step": proof.step,
            "seq": construction_session.seq(),
        },
        on_message=lambda: construction_session.take_message("stepper"),
    )
    session.write_link(SETTINGS.link())
