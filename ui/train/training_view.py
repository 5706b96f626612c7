"""A training beside its network on the visitor's points: what lives."""

from __future__ import annotations

import streamlit as st

from ui.answers.show_pad import READABLE, YOURS, show_pad
from ui.answers.solve import solve
from ui.components.pad import read_message
from ui.components.training_view import training_view
from ui.train import words
from ui.train.numbers import (
    curves,
    network_at,
    point_at,
    said_of_learning,
    said_of_progress,
    untrained,
)
from ui.train.running import AT, PICKED, SEQ, SHOWN, own_runs
from ui.train.settings import SETTINGS, label_of, recipe_of
from ui.train.supervisor import SUPERVISOR, Run
from ui.train.weights_view import keep, take_away
from ui.visitor import session, teaching
from ui.visitor.networks import Network


def stages() -> None:
    """Polled while something trains."""
    polling = any(run.active for run in own_runs())
    st.fragment(stage, run_every=1.0 if polling else None)(polling)


def stage(polling: bool) -> None:
    """On the left the runs, on the right the network on the points."""
    runs = own_runs()
    keep(runs)
    active = next((run for run in runs if run.active), None)
    if polling and active is None:
        st.rerun()  # the button can be pressed again, and nothing is left to poll for
    training, points = st.columns([2, 3], gap="medium")
    with training:
        if active is not None:
            controls(active)
        run = pick([run for run in runs if run.points()])
        if run is None:
            st.markdown(words.WHAT_TO_EXPECT if active is None else words.SOON)
        else:
            show_run(run, runs)
    with points:
        if run is None:
            show_points(untrained(recipe_of(SETTINGS.current())), "before any training")
        else:
            step = point_at(run.points(), st.session_state.get(AT)).step
            show_points(network_at(run, step), f"after {step} steps")


def show_run(run: Run, runs: list[Run]) -> None:
    """The curves of a run beside those of the others, and what can be taken away."""
    if run.said:
        st.info(run.said)
    st.markdown(said_of_learning(run))
    at = st.session_state.get(AT)
    training_view(key="curves", data=curves(runs, run, at, seq()), on_message=take_snapshot)
    if not run.active:
        take_away(run, point_at(run.points(), at).step)


def controls(run: Run) -> None:
    """How far a run is, and the buttons that halt it."""
    done = run.points()[-1].step / run.recipe.last_step if run.points() else 0.0
    st.progress(done, said_of_progress(run, SUPERVISOR.ahead_of(run)))
    pause, stop = st.columns(2)
    if run.state == "paused":
        pause.button("Resume", width="stretch", on_click=lambda: SUPERVISOR.resume(run))
    else:
        pause.button(
            "Pause",
            width="stretch",
            disabled=run.state != "running",
            on_click=lambda: SUPERVISOR.pause(run),
        )
    stop.button("Stop", width="stretch", on_click=lambda: SUPERVISOR.stop(run))


def pick(known: list[Run]) -> Run | None:
    """The run that is shown, if there is any; a choice where there are several."""
    if not known:
        return None
    wanted = st.session_state.get(SHOWN)
    shown: Run = wanted if wanted in known else known[-1]
    if len(known) > 1:
        st.session_state[PICKED] = known.index(shown)
        st.radio(
            "Which of your runs is on the pad",
            range(len(known)),
            format_func=lambda i: label_of(known[i].recipe),
            key=PICKED,
            on_change=lambda: take_pick(known[st.session_state[PICKED]]),
        )
    return shown


def take_pick(run: Run) -> None:
    """Show another run, at its end."""
    st.session_state[SHOWN] = run
    st.session_state[AT] = None


def seq() -> int:
    """The number of the last message of the curves that was taken."""
    return int(st.session_state.get(SEQ, 0))


def take_snapshot() -> None:
    """Show the snapshot that was picked; None follows the training."""
    st.session_state[SEQ], _, changes = read_message("curves")
    at = changes.get("at")
    st.session_state[AT] = at if isinstance(at, int) else None


def show_points(network: Network, when: str) -> None:
    """The pad, answered by the network as it is at a snapshot."""
    screen = session.current_screen()
    most = network.model.limits.max_exemplars
    if screen.points is not None and len(screen.points) > most:
        st.caption(f"This network reads at most {most} points: the first {most} of yours are here.")
    link, hidden, fitted = SETTINGS.link(), teaching.current().hidden, network.fit(screen)
    show_pad(
        solve(fitted, network.model, network.prior, network.readouts, hidden),
        key="train_pad",
        link=link,
        hide=("task", "errors", "numbers", "python"),
        on_message=lambda: session.take_message("train_pad", network.apply),
        weights=when,
        drawing=YOURS if fitted == screen else READABLE,
    )
    if session.settled():
        session.write_link(link)
