"""The pad: a trunk with the layers that were added to it, on the visitor's points."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from icl_core.priors import TrunkPrior
from ui.answers.show_pad import READABLE, YOURS, show_pad
from ui.answers.solve import solve
from ui.two_layers import words
from ui.two_layers.numbers import UNTRAINED, Answering, learners, sampled_task
from ui.two_layers.settings import MOST_LAYERS, SETTINGS
from ui.two_layers.training import controls, own_run, trained_here
from ui.visitor import session
from ui.visitor.networks import Network

GRID = 61
"""Abscissae of a curve."""
LEFT_OUT = ("d", "intercept", "truth", "settings", "python", "layers")
"""What belongs to lines, and what no readout was fitted for."""


def choices() -> None:
    """Which trunk, and how many layers are added to it."""
    which, added = st.columns(2)
    with which:
        st.segmented_control(
            "Frozen trunk",
            list(words.TRUNKS),
            format_func=words.TRUNKS.__getitem__,
            required=True,
            **SETTINGS.widget("trunk"),
        )
    with added:
        st.segmented_control(
            "Added layers",
            list(range(MOST_LAYERS + 1)),
            format_func=lambda count: str(count) if count else "none",
            required=True,
            **SETTINGS.widget("layers"),
        )
    st.caption(words.SAYS[SETTINGS.current().trunk])


def stage(shipped: Answering, law: TrunkPrior) -> None:
    """The pad and the training, polled while the layers are trained."""
    run = own_run(SETTINGS.current())
    polling = run is not None and run.active
    st.fragment(_stage, run_every=1.0 if polling else None)(shipped, law, polling)


def _stage(shipped: Answering, law: TrunkPrior, polling: bool) -> None:
    state = SETTINGS.current()
    run = own_run(state)
    if polling and not (run is not None and run.active):
        st.rerun()  # nothing is left to poll for
    here = trained_here(run)
    if here is not None and shipped.weights != UNTRAINED and not _takes_those_trained_here():
        here = None
    _pad(shipped if here is None else Answering(here, "trained here"), law)
    if shipped.weights == UNTRAINED and here is None:
        st.caption(words.NOT_SHIPPED)
    controls(state, run)


def _takes_those_trained_here() -> bool:
    names = {True: words.HERE, False: words.SHIPPED}
    return bool(
        st.segmented_control(
            "Which added layers answer",
            list(names),
            default=True,
            format_func=names.__getitem__,
            required=True,
            key="two_layers_whose",
        )
    )


def _pad(who: Answering, law: TrunkPrior) -> None:
    network = Network(who.model, law, None)
    state, screen = SETTINGS.current(), session.current_screen()
    shown = replace(network.fit(screen), show=state.show, line=None, layer=None)
    solved = solve(
        shown,
        network.model,
        law,
        who=learners(state),
        task=sampled_task(shown, law),
        grid=GRID,
    )
    show_pad(
        solved,
        key="two_layers_pad",
        link=SETTINGS.link(),
        hide=LEFT_OUT,
        on_message=lambda: session.take_message(
            "two_layers_pad", SETTINGS.merge(network.apply, without="line")
        ),
        weights=who.weights,
        drawing=YOURS if network.fit(screen) == screen else READABLE,
        sigmas=law.sigmas,
    )
    if session.settled():
        session.write_link(SETTINGS.link())
        if SETTINGS.notice:
            st.rerun()
