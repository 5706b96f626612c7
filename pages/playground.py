"""The playground: draw examples, and watch a transformer learn from them as you drag."""

import streamlit as st

from icl_core import CheckpointError, load_model
from icl_core.probes.readouts import load_layer_readouts
from ui.answers.solve import FLAGSHIP
from ui.figures.theme import TIGHT_TOP
from ui.pages import PLAYGROUND
from ui.playground.averages_view import averages
from ui.playground.explanations import explanations
from ui.playground.pad_view import pad
from ui.visitor import networks, session, teaching
from ui.visitor.networks import SHIPPED, Network
from ui.work.load_or_warn import load_or_warn


def introduction() -> None:
    """What this is, in two sentences."""
    st.html(TIGHT_TOP)
    st.title("Playground")
    if teaching.current().present:
        return
    st.markdown(
        "A transformer, trained once and never changed since, reads the examples below as its "
        "prompt and predicts *y* for every *x*. **Drag a point:** it learns the new line on the "
        "spot, beside ridge regression and gradient descent fitted to the same points."
    )


session.arrive(PLAYGROUND)
alone = bool(st.context.is_embedded)
if alone:
    st.html(TIGHT_TOP)
else:
    introduction()
try:
    # Loaded here, not in the fragments: an error inside one is no longer a sentence.
    model = load_model(SHIPPED)
except CheckpointError as trouble:
    st.error(str(trouble))
else:
    shipped = Network(model, FLAGSHIP, load_or_warn(load_layer_readouts, SHIPPED))
    network = networks.choose(shipped)
    pad(network, alone=alone)
    if network is shipped and teaching.shows("averages") and not alone:
        averages()
    if teaching.shows("explanations") and not alone:
        explanations()
