"""The playground: draw examples, and watch a transformer learn from them as you drag."""

import pandas as pd
import streamlit as st

from icl_core import CheckpointError, load_model
from icl_core.checkpoints import read_manifest
from icl_core.probes.readouts import load_layer_readouts
from ui.answers.show_pad import show_pad
from ui.answers.solve import FLAGSHIP, solve
from ui.figures.figure import show_figure
from ui.figures.theme import TIGHT_TOP, is_dark
from ui.playground.averages import Curve, compute_curves, known_curves, settings_key
from ui.playground.words import (
    HOW_IT_FAILS,
    MEASURE,
    METHODS,
    WHAT_IS_PREDICTED,
    how_it_was_trained,
)
from ui.visitor import networks, session, teaching
from ui.visitor.networks import Network
from ui.visitor.screen import to_link
from ui.work.load_or_warn import load_or_warn
from ui.work.progress import show_job

MODEL = "playground"


def introduction() -> None:
    """What this is, in two sentences."""
    st.html(TIGHT_TOP)
    st.title("Playground")
    st.markdown(
        "A transformer, trained once and never changed since, reads the examples below as its "
        "prompt and predicts *y* for every *x*. **Drag a point:** it learns the new line on the "
        "spot, beside ridge regression and gradient descent fitted to the same points."
    )


@st.fragment
def pad(network: Network) -> None:
    """The task pad: what follows the finger."""
    screen = session.current_screen()
    link = {**to_link(screen), **networks.link(network)}
    show_pad(
        solve(network.fit(screen), network.model, network.prior),
        network.readouts,
        key="pad",
        link=link,
        on_message=lambda: session.take_message("pad", network.apply),
        hide=("python",) if network is networks.own() else (),
    )
    if session.settled():
        session.write_link(link)
        if teaching.shows("averages") and settings_key(screen) != st.session_state.get("averaged"):
            st.rerun()


def averages() -> None:
    """Errors on fresh tasks, computed in the background."""
    screen = session.current_screen()
    st.session_state["averaged"] = settings_key(screen)
    constant = ", the last of them constant" if screen.has_intercept else ""
    features = "1 feature" if screen.d == 1 else f"{screen.d} features"
    st.subheader("On 256 fresh tasks like this one")
    st.caption(
        f"Tasks with {features}{constant} and noise σ = {screen.sigma:g}, drawn anew; mean squared "
        "error on the next example's true answer. Bands are 95 % bootstrap intervals over tasks."
    )
    curves = known_curves(screen)
    if not screen.show:
        st.info("Tick a method above to see its errors.")
    elif curves is None:
        st.fragment(wait_for_averages, run_every=0.5)()
    else:
        show_averages(curves)


def wait_for_averages() -> None:
    """A progress bar until the averages are there."""
    screen = session.current_screen()
    if known_curves(screen) is not None:
        st.rerun()
    show_job(
        settings_key(screen),
        lambda job: compute_curves(screen, job.report),
        "Answering fresh tasks",
    )


def show_averages(curves: dict[str, Curve]) -> None:
    """The averages as a chart and as a table."""
    # Imported late: the first paint does not wait for Plotly.
    from ui.playground.charts import average_errors

    show_figure(
        average_errors(curves, is_dark()),
        key="averages",
        alt="Mean squared error of each method against the number of examples seen",
    )


def explanations() -> None:
    """The maths and the sources, one click away."""
    with st.expander("What is being predicted, and by whom?"):
        st.markdown(WHAT_IS_PREDICTED)
    with st.expander("The methods, with their maths"):
        st.markdown(METHODS)
    with st.expander("How the transformer was trained, and how good it is"):
        entry = read_manifest()[MODEL]
        st.markdown(how_it_was_trained(entry))
        if entry.get("evaluation"):
            rows = pd.DataFrame(entry["evaluation"]["rows"])
            pooled = rows[rows["sigma"].isna()].drop(columns="sigma")
            st.dataframe(pooled, hide_index=True)
            st.caption(MEASURE + f" Command: `{entry['evaluation']['command']}`.")
    with st.expander("Where it fails"):
        st.markdown(HOW_IT_FAILS)


session.arrive(MODEL)
introduction()
try:
    # Loaded here, not in the fragments: an error inside one is no longer a sentence.
    model = load_model(MODEL)
except CheckpointError as trouble:
    st.error(str(trouble))
else:
    shipped = Network(model, FLAGSHIP, load_or_warn(load_layer_readouts, MODEL))
    network = networks.choose(shipped)
    pad(network)
    if network is shipped and teaching.shows("averages"):
        averages()
    if teaching.shows("explanations"):
        explanations()
