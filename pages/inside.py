"""Inside: what can be read off the transformer's states, and what its answers rest on."""

import pandas as pd
import streamlit as st
import torch

from icl_core import CheckpointError, load_model
from icl_core.checkpoints import read_manifest
from icl_core.patching import AblationMap, PatchMap, SteerCurve
from icl_core.probes import LayerReadouts, load_layer_readouts
from icl_core.transformer import Transformer
from icl_core.weight_probes import WeightProbes, cell_of, load_weight_probes
from ui import inside_words, session, teaching
from ui.answers import Solved, solve
from ui.causal import FRESH, SEED, Causal, causal_key, known, run_tests
from ui.figure import explained, show_figure
from ui.inside import (
    attention_of,
    coordinate_names,
    heads_said,
    layer_names,
    live_readings,
    nearest_pooled,
    nearest_rules,
    patch_commands,
    said_of_steering,
    scores_of,
    steered,
)
from ui.inside_state import CHECKPOINTS, HEADS, SETTINGS
from ui.inside_view import inside_view
from ui.lab import show_pad
from ui.methods import pad_styles
from ui.screen import LAYERS, Screen
from ui.stored import loaded_or_sentence
from ui.task import make_task
from ui.theme import TIGHT_TOP, is_dark
from ui.waiting import wait_or_cancel

ASKED = "inside_asked"
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


def probes_of(screen: Screen) -> WeightProbes:
    """The probes for tasks of this kind."""
    return load_weight_probes(SETTINGS.current().model, cell_of(screen.d, screen.has_intercept))


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
    from ui import inside_charts

    probes, k = probes_of(session.current_screen()), len(make_task(session.current_screen()).y[0])
    at = nearest_pooled(probes, k)
    with st.expander("The paper's probe: learned attention over positions"):
        st.caption(
            f"Fitted after k = {probes.pooled_k[at]} pairs, the nearest to yours of "
            f"{', '.join(map(str, probes.pooled_k))}. Bands are 95 % bootstrap intervals. Its "
            "scores are stored, not its weights: it is too large to follow a drag."
        )
        show_figure(
            inside_charts.pooled_probes(probes, SETTINGS.current().target, at, is_dark()),
            key="pooled",
            alt="Held-out R² by layer of the position-attention probe and its controls",
        )


def readable_and_used(model: Transformer, probed: bool) -> None:
    """The page's main point: the probes and the causal tests on one axis."""
    st.header("Readable is not used")
    st.markdown(
        "Can *w* be read at a layer? And does the answer still rest on what is there? "
        "Swap in the states of another task **B** and see how far the answers go over to it."
    )
    st.number_input("Task B's seed", 0, 999_999, step=1, **SETTINGS.widget("other"))
    screen, inside = session.current_screen(), SETTINGS.current()
    if not make_task(screen).x.shape[1]:
        st.info("There is no pair yet: add a point first.")
        return
    key = causal_key(screen, inside.model, inside.other)
    found = known(key)
    if found is not None:
        show_causal(found, probed)
    elif st.session_state.get(ASKED) == key:
        st.fragment(wait_for_tests, run_every=0.5)(model)
    elif st.button("Run the causal tests on this prompt", type="primary", help="Up to a minute"):
        st.session_state[ASKED] = key
        st.rerun()
    explained(inside_words.CAUSAL)
    with st.expander("The same numbers from a shell"):
        st.code(commands(), language="bash")


def commands() -> str:
    """What prints this page's numbers: the probes' scores, and the causal tests."""
    inside = SETTINGS.current()
    probed = read_manifest().get(f"{inside.model}.probes", {}).get("command")
    told = patch_commands(session.current_screen(), inside, FRESH, SEED)
    return f"{probed} --json\n{told}" if probed else told


def wait_for_tests(model: Transformer) -> None:
    """A progress bar until the results are there; nobody waiting ends the job."""
    screen, inside = session.current_screen(), SETTINGS.current()
    key = causal_key(screen, inside.model, inside.other)
    if known(key) is not None or st.session_state.get(ASKED) != key:
        st.rerun()
    wait_or_cancel(
        ASKED, key, lambda job: run_tests(key, model, screen, inside.other, job.report), "Patching"
    )


def show_causal(found: Causal, probed: bool) -> None:
    """The figures of the causal tests, each with its table."""
    from ui import inside_charts

    probes = probes_of(session.current_screen()) if probed else None
    scores = scores_of(probes, SETTINGS.current()) if probes else None
    k = len(found.places.names) // 2
    show_figure(
        inside_charts.readable_and_used(scores, k, found.fresh, found.here, is_dark()),
        key="readable_and_used",
        alt="By layer: R² of the probes and their controls, and the share of the answer that moves "
        "when the pairs' states or the query's are replaced",
    )
    with st.expander("Every kind of token, on your prompt"):
        st.caption("Expected: what exact Bayes would answer if just those tokens came from B.")
        st.dataframe(share_table(found.here))
    st.markdown("**Token by token, on your prompt**")
    show_figure(
        inside_charts.patch_places(found.places, is_dark()),
        key="patch_places",
        alt="Share of the move when one token of the prompt is replaced, by layer and token",
        table=share_table(found.places),
    )
    st.markdown("**Taken out: one head or one MLP at a time**")
    show_figure(
        inside_charts.ablations(found.ablated, is_dark()),
        key="ablations",
        alt="Change of the squared error when a head or an MLP is taken out",
        table=ablation_table(found.ablated),
    )
    explained(inside_words.ABLATION)


def share_table(patched: PatchMap) -> pd.DataFrame:
    """Shares of the move by layer, and last what exact Bayes expects at the input."""
    rows = [*patched.share().tolist(), patched.expected_share().tolist()]
    names = [*layer_names(len(rows) - 1), "expected at the input"]
    return pd.DataFrame(rows, index=names, columns=list(patched.names))


def ablation_table(ablated: AblationMap) -> pd.DataFrame:
    """Change of the squared error by block, for each head and for the MLP."""
    change = ablated.change()
    parts = torch.cat([change.heads[0], change.mlps[0][:, None]], dim=1).tolist()
    columns = [*(f"head {i}" for i in range(1, HEADS + 1)), "MLP"]
    return pd.DataFrame(parts, index=[f"block {i + 1}" for i in range(len(parts))], columns=columns)


def steering(model: Transformer) -> None:
    """Write weights of the visitor's choice and see whether the answers follow."""
    from ui import inside_charts

    screen = session.current_screen()
    st.header("Write a line into a layer")
    if not screen.is_plane or not make_task(screen).x.shape[1]:
        st.info("Writing a line needs a line task (d = 1, or d = 2 with an intercept) and a pair.")
        return
    layer, slope, offset = st.columns(3)
    with layer:
        st.slider("Layer", 0, LAYERS, **SETTINGS.widget("layer"))
    with slope:
        st.slider("Slope to write", -3.0, 3.0, step=0.1, **SETTINGS.widget("slope"))
    with offset:
        if screen.has_intercept:
            st.slider("Offset to write", -3.0, 3.0, step=0.1, **SETTINGS.widget("offset"))
    inside = SETTINGS.current()
    queries, curve = steered(model, screen, probes_of(screen), inside)
    lines, shares = st.columns(2)
    with lines:
        show_figure(
            inside_charts.steered_lines(queries, curve, inside.layer, is_dark()),
            key="steered_lines",
            alt="The line before, the line that was written, and the line that the network answers",
        )
    with shares:
        show_figure(
            inside_charts.steer_shares(curve, inside.layer, is_dark()),
            key="steer_shares",
            alt="Share of the wanted move that the answers make, by the layer that was written at",
            table=steer_table(curve),
        )
    st.markdown(said_of_steering(curve, inside.layer, coordinate_names(screen)))
    explained(inside_words.STEERING)


def steer_table(curve: SteerCurve) -> pd.DataFrame:
    """By the layer written at: how far the answers went, and how far the states were moved."""
    table = {"share of the move": curve.share(), "states moved by": curve.moved[:, 0]}
    columns = {name: part.tolist() for name, part in table.items()}
    return pd.DataFrame(columns, index=layer_names(len(curve.moved)))


def algorithms(model: Transformer, readouts: LayerReadouts) -> None:
    """Each layer's readout, and the textbook rules that answer most like it."""
    st.header("Each layer, as an algorithm")
    screen = session.current_screen()
    if not make_task(screen).x.shape[1]:
        st.info("There is no pair yet: add a point first.")
        return
    st.dataframe(pd.DataFrame(nearest_rules(model, screen, readouts)), hide_index=True)
    explained(inside_words.NEAREST)


def attention(model: Transformer) -> None:
    """Who reads whom."""
    from ui import inside_charts

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
            inside_charts.attention_map(patterns[inside.block - 1, inside.head - 1], is_dark()),
            key="attention",
            alt="Attention of one head: which token reads which",
        )
    table.dataframe(pd.DataFrame(heads_said(patterns)), hide_index=True, height=430)
    explained(inside_words.ATTENTION)


SETTINGS.arrive()
introduction()
choices()
name = SETTINGS.current().model
try:
    model = load_model(name)
except CheckpointError as trouble:
    st.error(str(trouble))
else:
    readouts = loaded_or_sentence(load_layer_readouts, name)
    probed = loaded_or_sentence(load_weight_probes, name) is not None
    live(model, readouts, probed)
    if teaching.shows("readings"):
        explained(inside_words.READINGS)
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
