"""The construction: proofs that run, stepped through layer by layer."""

import pandas as pd
import streamlit as st

from icl_core import CheckpointError, load_model
from icl_core.models.transformer import Transformer
from icl_core.probes.readouts import LayerReadouts, load_layer_readouts
from ui.components.stepper import stepper
from ui.construction import controls
from ui.construction import costs as measured
from ui.construction import session as construction_session
from ui.construction.session import SETTINGS
from ui.construction.settings import prompt_screen
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
from ui.construction.walks import stepper_payload
from ui.construction.words import AHN, HOW_IT_WORKS, MEETING, PROGRAM_WORDS, WHAT_IT_SHOWS
from ui.figures.figure import show_figure
from ui.figures.theme import TIGHT_TOP, is_dark
from ui.visitor import session, teaching
from ui.visitor.styles import pad_styles
from ui.work.load_or_warn import load_or_warn
from ui.work.progress import wait_or_cancel

MODEL = "playground"
TRAINING = "proof_training"


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


@st.fragment
def program(model: Transformer, readouts: LayerReadouts | None) -> None:
    """The program on the visitor's prompt, to be stepped through."""
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
            "styles": pad_styles(),
            "walk": construction_session.walk_key(),
            "step": proof.step,
            "seq": construction_session.seq(),
        },
        on_message=lambda: construction_session.take_message("stepper"),
    )
    session.write_link(SETTINGS.link())


@st.fragment
def trained_meets_constructed() -> None:
    """Linear attention, trained here, beside the weights that do gradient descent."""
    st.header("Trained meets constructed")
    st.caption(MEETING)
    controls.meeting_numbers()
    proof = SETTINGS.current()
    meeting = known_meeting(proof.depth, proof.start)
    if meeting is not None:
        show_meeting(meeting)
    elif st.session_state.get(TRAINING) == (proof.depth, proof.start):
        st.fragment(wait_for_training, run_every=0.5)()
    elif st.button("Train now", type="primary", help="Seconds to a minute on one core"):
        st.session_state[TRAINING] = (proof.depth, proof.start)
        st.rerun(scope="fragment")
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
        "Training",
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


def costs() -> None:
    """Layers, heads and width of each program beside the theorem's O(·)."""
    st.header("What the programs cost")
    st.caption("Counted on the weights, beside what the theorem says of its one update or n steps.")
    st.dataframe(pd.DataFrame(measured.program_costs()), hide_index=True, height=280)


def errors() -> None:
    """How exact the two approximate primitives are, measured on real layers."""
    from ui.construction import charts as charts

    dark = is_dark()
    st.header("How exact are multiplication and division?")
    st.caption(
        "GeLU multiplies and LayerNorm divides, both approximately. Largest error of a real layer "
        "over 2000 random pairs of numbers (seed 0), for each scale one could choose."
    )
    products, divisions = measured.product_errors(), measured.division_errors()
    left, right = st.columns(2)
    with left:
        show_figure(
            charts.product_errors(products, dark),
            key="product_errors",
            alt="Largest error of mul against GeLU's scale: it falls, then rounding takes over",
        )
    with right:
        show_figure(
            charts.division_errors(divisions, dark),
            key="division_errors",
            alt="Largest relative error of div against the yardstick: it falls to rounding",
        )


def explanations() -> None:
    """The maths and the sources, one click away."""
    with st.expander("How the stream, the slots and the rounds work"):
        st.markdown(HOW_IT_WORKS)
    with st.expander("The programs, with their maths and sources"):
        st.markdown(PROGRAM_WORDS)
    with st.expander("What this shows, and what it does not"):
        st.markdown(WHAT_IT_SHOWS)


SETTINGS.arrive()
introduction()
notices()
try:
    # Loaded here, not in the fragment: an error inside one is no longer a sentence.
    model = load_model(MODEL)
except CheckpointError as trouble:
    st.error(str(trouble))
else:
    controls.settings()
    program(model, load_or_warn(load_layer_readouts, MODEL))
    explanations()
    if teaching.shows("meeting"):
        trained_meets_constructed()
    if teaching.shows("costs"):
        costs()
    if teaching.shows("exactness"):
        errors()
