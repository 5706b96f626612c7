"""Linear attention, trained here, beside the weights that do gradient descent."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ui.construction import controls
from ui.construction.session import SETTINGS
from ui.construction.trained import (
    Meeting,
    known_meeting,
    meet,
    mixed_weights,
    mixture,
    one_step_optimum,
    preconditioner_rows,
    trained_rate,
)
from ui.construction.words import AHN, MEETING
from ui.figures.figure import show_figure
from ui.figures.theme import is_dark
from ui.visitor import session
from ui.work.progress import how_long, wait_or_cancel
from ui.work.rerun import rerun_fragment

TRAINING, DOING = "construction_training", "Training"


@st.fragment
def trained_meets_constructed() -> None:
    """The comparison for the depth and the seed that were chosen, trained when it is asked for."""
    st.header("Trained meets constructed")
    st.caption(MEETING)
    controls.meeting_numbers()
    proof = SETTINGS.current()
    meeting = known_meeting(proof.depth, proof.start)
    if meeting is not None:
        show_meeting(meeting)
    elif st.session_state.get(TRAINING) == (proof.depth, proof.start):
        st.fragment(wait_for_training, run_every=0.5)()
    elif st.button("Train now", type="primary", help=how_long(DOING)):
        st.session_state[TRAINING] = (proof.depth, proof.start)
        rerun_fragment()
    closed_form()
    session.write_link(SETTINGS.link())


def wait_for_training() -> None:
    """A progress bar until the layers are trained; nobody waiting ends the job."""
    depth, start = SETTINGS.current().depth, SETTINGS.current().start
    if known_meeting(depth, start) is not None:
        st.rerun()
    wait_or_cancel(
        TRAINING,
        ("meeting", depth, start),
        lambda job: meet(depth, start, job.report),
        DOING,
    )


def show_meeting(meeting: Meeting) -> None:
    """The comparison: the numbers, the training, and the way between the two."""
    from ui.construction.charts import mixture_path, training_curve, weight_maps

    dark = is_dark()
    proof = SETTINGS.current()
    name = "one gradient step" if proof.depth == 1 else "GD++"
    alike = meeting.alike
    told = st.columns(4)
    told[0].metric("Loss, trained", f"{alike.losses[0]:.4f}")
    told[1].metric(f"Loss, {name}", f"{alike.losses[1]:.4f}")
    told[2].metric("Mean |difference|", f"{alike.prediction:.3f}", help="of their predictions")
    told[3].metric(
        "Cosine of sensitivities",
        f"{alike.cosine:.4f}",
        help="Of how each prediction answers to a nudge of the query: 1 is the same direction.",
    )
    st.caption(
        f"Trained from seed {proof.start} in {meeting.seconds:.0f} s on this machine. Mean length "
        f"of the difference between the sensitivities: {alike.sensitivity:.3f}."
    )
    controls.mixture_slider()
    here = mixture(meeting, proof.start, proof.mix)
    match, write = mixed_weights(meeting, proof.mix)
    left, middle, right = st.columns(3)
    with left:
        show_figure(
            training_curve(meeting, dark),
            key="training_curve",
            alt="Training loss against the optimiser's steps, falling to the construction's",
        )
    with middle:
        show_figure(
            mixture_path(meeting, proof.mix, here.losses[0], dark),
            key="mixture_path",
            alt=f"Loss along the mixture; at t = {proof.mix:.2f} it is {here.losses[0]:.4f}",
        )
    with right:
        show_figure(
            weight_maps(match, write, dark),
            key="weight_maps",
            alt="The first layer's two weight products at this mixture, as maps",
        )


def closed_form() -> None:
    """The best that one layer can do, known without any training."""
    from ui.construction.charts import rate_parabola

    st.header("The best single layer, in closed form")
    optimum = one_step_optimum()
    meeting = known_meeting(1, SETTINGS.current().start)
    trained = None if meeting is None else (trained_rate(meeting), meeting.alike.losses[0])
    left, right = st.columns(2)
    with left:
        st.caption("One gradient step on the tasks above: its loss for every rate, and the best.")
        show_figure(
            rate_parabola(optimum, trained, is_dark()),
            key="rate_parabola",
            alt=f"Loss against the rate; lowest, {optimum.loss:.4f}, at {optimum.rate:.2f}",
        )
    with right:
        st.caption(AHN)
        st.dataframe(pd.DataFrame(preconditioner_rows()).round(3), hide_index=True)
