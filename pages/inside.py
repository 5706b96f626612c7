"""Inside: what can be read off the transformer's states, and what its answers rest on."""

import pandas as pd
import streamlit as st

from icl_core import CheckpointError, load_model
from icl_core.models.transformer import Transformer
from icl_core.probes.readouts import LayerReadouts, load_layer_readouts
from icl_core.probes.weights import load_weight_probes
from ui.answers.show_pad import show_pad
from ui.answers.solve import Solved, solve
from ui.answers.task import make_task
from ui.components.inside_view import inside_view
from ui.figures.figure import explained, show_figure
from ui.figures.theme import TIGHT_TOP, is_dark
from ui.inside import words
from ui.inside.causal_view import readable_and_used
from ui.inside.numbers import (
    attention_of,
    heads_said,
    live_readings,
    nearest_pooled,
    nearest_rules,
)
from ui.inside.settings import CHECKPOINTS, HEADS, SETTINGS, probes_of
from ui.inside.steering_view import steering
from ui.visitor import session, teaching
from ui.visitor.screen import LAYERS
from ui.visitor.styles import pad_styles
from ui.work.load_or_warn import load_or_warn

TARGET_NAMES = {"w_bayes": "w, exact Bayes", "w_ols": "w, least squares", "moment": "XᵀY / k"}
READS_NAMES = {"mean y": "the y tokens, averaged", "last y": "the last y token"}
SCORED_NAMES = {
    "trained": "this model",
    "random": "control: random weights",
    "fixed": "control: trained with w fixed",
}
MODEL_NAMES = {"playground": "the playground's", "control": "control: trained with w fixed"}


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


def choices() -> None:
    """Which network, which target, whose scores."""
    model, target, reads, scored = st.columns(4)
    with model:
        st.selectbox(
            "Network", CHECKPOINTS, format_func=MODEL_NAMES.__getitem__, **SETTINGS.widget("model")
        )
    with target:
        st.selectbox(
            "What is read",
            list(TARGET_NAMES),
            format_func=TARGET_NAMES.__getitem__,
            **SETTINGS.widget("target"),
        )
    with reads:
        st.selectbox(
            "Read off",
            list(READS_NAMES),
            format_func=READS_NAMES.__getitem__,
            **SETTINGS.widget("reads"),
        )
    with scored:
        st.selectbox(
            "Scores of",
            list(SCORED_NAMES),
            format_func=SCORED_NAMES.__getitem__,
            **SETTINGS.widget("scored"),
        )


@st.fragment
def live(model: Transformer, readouts: LayerReadouts | None, probed: bool) -> None:
    """The pad, and what the probes read: what follows the finger."""
    solved, link = solve(session.current_screen(), model), SETTINGS.link()
    show_pad(
        solved,
        readouts,
        key="inside_pad",
        link=link,
        hide=("errors", "numbers", "python"),
        on_message=lambda: session.take_message("inside_pad"),
    )
    if probed and teaching.shows("readings"):
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
    chosen = {"target": inside.target, "scored": inside.scored, "styles": pad_styles()}
    inside_view(key="readings", data={**readings, **chosen})


def paper_probe() -> None:
    """The paper's own probe: attention over positions, then a linear or an MLP head."""
    from ui.inside import charts

    probes, k = probes_of(session.current_screen()), len(make_task(session.current_screen()).y[0])
    at = nearest_pooled(probes, k)
    with st.expander("The paper's probe: learned attention over positions"):
        st.caption(
            f"Fitted after k = {probes.pooled_k[at]} pairs, the nearest to yours of "
            f"{', '.join(map(str, probes.pooled_k))}. Bands are 95 % bootstrap intervals. Its "
            "scores are stored, not its weights: it is too large to follow a drag."
        )
        show_figure(
            charts.pooled_probes(probes, SETTINGS.current().target, at, is_dark()),
            key="pooled",
            alt="Held-out R² by layer of the position-attention probe and its controls",
        )


def algorithms(model: Transformer, readouts: LayerReadouts) -> None:
    """Each layer's readout, and the textbook rules that answer most like it."""
    st.header("Each layer, as an algorithm")
    screen = session.current_screen()
    if not make_task(screen).x.shape[1]:
        st.info("There is no pair yet: add a point first.")
        return
    st.dataframe(pd.DataFrame(nearest_rules(model, screen, readouts)), hide_index=True)
    explained(words.NEAREST)


def attention(model: Transformer) -> None:
    """Who reads whom."""
    from ui.inside import charts

    st.header("Who reads whom")
    task = make_task(session.current_screen())
    if task.x.shape[1] < 2:
        st.info("Attention has something to show from two pairs on: add a point.")
        return
    block, head = st.columns(2)
    with block:
        st.slider("Block", 1, LAYERS, **SETTINGS.widget("block"))
    with head:
        st.slider("Head", 1, HEADS, **SETTINGS.widget("head"))
    inside, patterns = SETTINGS.current(), attention_of(model, task)
    picture, table = st.columns([3, 2])
    with picture:
        show_figure(
            charts.attention_map(patterns[inside.block - 1, inside.head - 1], is_dark()),
            key="attention",
            alt="Attention of one head: which token reads which",
        )
    table.dataframe(pd.DataFrame(heads_said(patterns)), hide_index=True, height=430)
    explained(words.ATTENTION)


SETTINGS.arrive()
introduction()
choices()
name = SETTINGS.current().model
try:
    model = load_model(name)
except CheckpointError as trouble:
    st.error(str(trouble))
else:
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
    if readouts is not None and teaching.shows("algorithms"):
        algorithms(model, readouts)
    if teaching.shows("attention"):
        attention(model)
