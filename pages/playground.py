"""The playground: draw examples, and watch a transformer learn from them as you drag."""

import pandas as pd
import streamlit as st

from icl_core import CheckpointError, load_model
from icl_core.checkpoints import read_manifest
from icl_core.probes import LayerReadouts, load_layer_readouts
from ui import session
from ui.answers import answer
from ui.averages import average_curves, settings_key
from ui.charts import average_errors
from ui.explain import HOW_IT_FAILS, METHODS, MEASURE, WHAT_IS_PREDICTED, how_it_was_trained
from ui.methods import STYLES, pad_styles
from ui.pad import task_pad
from ui.screen import MAX_POINTS, SIGMAS, X_LIMIT, to_link
from ui.snippet import python_snippet

MODEL = "playground"


def introduction() -> None:
    st.title("A model within a model")
    st.markdown(
        "A transformer, trained once and never changed since, reads the examples below as its "
        "prompt and predicts *y* for every *x*. **Drag a point:** it learns the new line on the "
        "spot, beside ridge regression and gradient descent fitted to the same points."
    )


def readouts_or_sentence() -> LayerReadouts | None:
    try:
        return load_layer_readouts(MODEL)
    except CheckpointError as trouble:
        st.warning(str(trouble))
        return None


@st.fragment
def pad() -> None:
    model = load_model(MODEL)
    screen = session.current_screen()
    before = settings_key(screen)
    task_pad(
        key="pad",
        data={
            **answer(screen, model, readouts_or_sentence()),
            "seq": st.session_state[session.SEQ],
            "notice": st.session_state[session.NOTICE],
            "link": to_link(screen),
            "python": python_snippet(screen),
            "styles": pad_styles(),
            "limits": {"points": MAX_POINTS, "x": X_LIMIT, "sigmas": SIGMAS},
            "about": f"{model.config.layers} layers, {model.size:.1f} M weights, all fixed",
        },
        on_message=lambda: session.take_message("pad"),
    )
    if session.settle() and before != st.session_state.get("averaged"):
        st.rerun()


def averages() -> None:
    screen = session.current_screen()
    st.session_state["averaged"] = settings_key(screen)
    constant = ", the last of them constant" if screen.has_intercept else ""
    features = "1 feature" if screen.d == 1 else f"{screen.d} features"
    st.subheader("On 256 fresh tasks like this one")
    st.caption(
        f"Tasks with {features}{constant} and noise σ = {screen.sigma:g}, drawn anew; mean squared "
        "error on the next example's true answer. Bands are 95 % bootstrap intervals over tasks."
    )
    if not screen.show:
        st.info("Tick a method above to see its errors.")
        return
    bar = st.empty()
    curves = average_curves(screen, lambda share: bar.progress(share, "Answering fresh tasks"))
    bar.empty()
    dark = st.context.theme.type == "dark"
    st.plotly_chart(
        average_errors(curves, dark),
        key="averages",
        alt="Mean squared error of each method against the number of examples seen",
    )
    with st.expander("The same as a table"):
        table = pd.DataFrame({STYLES[name].label: curve.mean for name, curve in curves.items()})
        st.dataframe(table.rename_axis("k"), height=240)


def explanations() -> None:
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


introduction()
try:
    pad()
    averages()
    explanations()
except CheckpointError as trouble:
    st.error(str(trouble))
