"""The pad with what the probes read off each layer, and the paper's own probe."""

from __future__ import annotations

import streamlit as st

from icl_core import load_prior
from icl_core.models.base import EditableModel
from icl_core.probes.readouts import LayerReadouts
from ui.answers.show_pad import show_pad
from ui.answers.solve import Solved, solve
from ui.answers.task import make_task
from ui.components.inside_view import inside_view
from ui.figures.figure import show_figure
from ui.figures.theme import is_dark
from ui.inside import words
from ui.inside.heads_view import board_of, show_heads, show_mechanism
from ui.inside.numbers import live_readings, nearest_pooled
from ui.inside.settings import SETTINGS, effort_of, probes_of
from ui.visitor import session, teaching
from ui.visitor.methods import styles


@st.fragment
def live(model: EditableModel, readouts: LayerReadouts | None, probed: bool) -> None:
    """The pad, the heads, and what the probes read: what follows the finger."""
    hide = ("errors", "numbers", "python")
    screen, link = session.current_screen(), SETTINGS.link()
    law = load_prior(SETTINGS.current().model)
    solved = solve(screen, model, law, readouts, teaching.current().hidden)
    show_pad(
        solved,
        key="inside_pad",
        link=link,
        hide=hide,
        on_message=lambda: session.take_message("inside_pad"),
    )
    made = board_of(solved, model, "inside_pad")
    if readouts is not None and teaching.shows("mechanism"):
        show_mechanism(solved, model, readouts, made, "inside_pad")
    if teaching.shows("heads"):
        show_heads(made)
    if probed and teaching.shows("readings"):
        st.subheader("What the probes read")
        show_readings(solved)
    if session.settled():
        session.write_link(link)
        st.rerun()


def show_readings(solved: Solved) -> None:
    """The decoded weights and the map of scores, or a sentence."""
    if not solved.task.x.shape[1]:
        st.info(
            "There is no pair yet, so there is nothing to read. Click the plane to add a point."
        )
        return
    inside = SETTINGS.current()
    readings = live_readings(solved, probes_of(solved.screen), inside)
    chosen = {
        "target": words.TARGET_NAMES[inside.target],
        "scored": inside.scored,
        "models": words.SCORED_NAMES,
        "styles": styles(),
    }
    inside_view(key="readings", data={**readings, **chosen})


def paper_probe() -> None:
    """The paper's own probe: attention over positions, then a linear or an MLP head."""
    from ui.inside import charts

    screen = session.current_screen()
    probes, effort, k = probes_of(screen), effort_of(screen), len(make_task(screen).y[0])
    at = nearest_pooled(probes, k)
    with st.expander("The paper's probe: learned attention over positions"):
        st.caption(
            f"Fitted after k = {probes.pooled_k[at]} pairs, the nearest to yours of "
            f"{', '.join(map(str, probes.pooled_k))}. Bands are 95 % bootstrap intervals over "
            "prompts; they leave out the noise of the fit. Its scores are stored, not its weights: "
            f"it is too large to follow a drag. The MLP here has {effort.hidden} hidden units and "
            f"took {effort.steps} steps of Adam; the paper's has 512 and was trained until it no "
            "longer improved. A stronger probe reads more off random weights, too: only what it "
            "reads beyond that control says something about the network."
        )
        show_figure(
            charts.pooled_probes(probes, SETTINGS.current().target, at, is_dark()),
            key="pooled",
            alt="Held-out R² by layer of the position-attention probe and its controls",
        )
