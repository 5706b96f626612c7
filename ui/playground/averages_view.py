"""Errors on fresh tasks like the visitor's, computed in the background."""

from __future__ import annotations

import streamlit as st

from ui.figures.figure import show_figure
from ui.figures.theme import is_dark
from ui.playground.averages import Curve, compute_curves, known_curves, settings_key
from ui.visitor import session
from ui.work.progress import show_job

AVERAGED = "averaged"
"""The session's note of what the averages on screen are of."""


def averages() -> None:
    """The averages, or a progress bar."""
    screen = session.current_screen()
    st.session_state[AVERAGED] = settings_key(screen)
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
