"""A door to the picture on pages that are about more: while it is shut it costs nothing."""

from __future__ import annotations

import streamlit as st

from icl_core.models.base import EditableModel, InContextModel
from icl_core.probes.readouts import LayerReadouts, load_layer_readouts
from ui.answers.solve import Payload, Solved
from ui.components.mechanism import mechanism
from ui.components.pad import is_moving
from ui.inside.heads import as_it_is
from ui.mechanism import words
from ui.mechanism.numbers import picture
from ui.visitor import page_registry, teaching
from ui.visitor.networks import SHIPPED
from ui.work.load_or_warn import load_or_warn

IN_FULL: Payload = {"plays": False, "short": False}
"""As the page shows it that is about it: every head and map, and no motion unasked."""


def undisturbed(drawn: Payload, solved: Solved) -> Payload:
    """A picture with nothing to switch, beside the line of the network as it is."""
    return {
        **drawn,
        **IN_FULL,
        "acts": {},
        "chosen": "",
        "chosen_do": "off",
        "changed": "",
        "beside": [as_it_is(solved)] if solved.screen.is_plane else [],
        "mixed": None,
    }


def door(
    solved: Solved,
    model: InContextModel,
    readouts: LayerReadouts | None,
    *,
    name: str,
    pad: str,
    short: bool = False,
) -> None:
    """The way from the prompt to the answer, which plays once the visitor opens it.

    readouts: the network's, None for those of the shipped one; name: the network's, under which
    its stored pairing heads are found; pad: the pad's key, which the picture follows; short:
    without the heads of each layer and their maps.
    """
    if not isinstance(model, EditableModel) or not teaching.shows("mechanism"):
        return
    behind = st.expander(words.DOOR, key=f"{pad}_mechanism", on_change="rerun")
    if not behind.open:
        return
    with behind:
        _show(
            solved, model, readouts or load_or_warn(load_layer_readouts, SHIPPED), name, pad, short
        )


def _show(
    solved: Solved,
    model: EditableModel,
    readouts: LayerReadouts | None,
    name: str,
    pad: str,
    short: bool,
) -> None:
    if readouts is None:
        return
    if not solved.task.y.numel():
        st.info(words.NO_PAIR)
        return
    st.markdown(words.LEAD)
    drawn = picture(solved, model, readouts, name, moving=is_moving(pad))
    data = {**undisturbed(drawn, solved), "plays": True, "short": short}
    mechanism(key=f"{pad}_played", data=data, on_choice=lambda: None)
    if teaching.shows("nav"):
        inside = page_registry.page("inside").script
        st.page_link(inside, label="Take it apart on Inside")
