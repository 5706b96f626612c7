"""Train one yourself: a small transformer learns to learn, in about a minute."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from icl_core import CheckpointError
from icl_core.probes.readouts import fit_layer_readouts
from icl_core.uploads import MOST_WEIGHT_BYTES, Upload, read_upload
from ui.answers.show_pad import show_pad
from ui.answers.solve import solve
from ui.components.pad import read_message
from ui.components.training_view import training_view
from ui.figures.theme import TIGHT_TOP
from ui.train import words
from ui.train.numbers import (
    curves,
    manifest_file,
    name_of,
    network_at,
    point_at,
    said_of_learning,
    said_of_progress,
    untrained,
    weights_file,
)
from ui.train.settings import (
    LAYERS,
    OPTIMISERS,
    SETTINGS,
    SIGMAS,
    STEPS,
    TASKS,
    WIDTHS,
    label_of,
    recipe_of,
)
from ui.train.supervisor import SUPERVISOR, Run, TrainingRefused
from ui.visitor import networks, session
from ui.visitor.networks import Network

NOTICE, AT, SHOWN, PICKED = "train_trouble", "train_at", "train_shown", "train_picked"
PLAYGROUND = "pages/playground.py"


def owner() -> str:
    """Whose trainings these are."""
    context = get_script_run_ctx()
    assert context is not None
    return context.session_id


def introduction() -> None:
    """What this is, in two sentences."""
    st.html(TIGHT_TOP)
    st.title("Train one yourself")
    st.markdown(
        "A fresh transformer ignores your points. **Press start** and watch it discover, within a "
        "minute, how to learn from them. Drag them while it trains."
    )
    for notice in (SETTINGS.notice, st.session_state.get(NOTICE)):
        if notice:
            st.info(notice)


def choices() -> None:
    """What is to be trained, and the button that starts it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Task", list(TASKS), format_func=TASKS.__getitem__, width=130, **SETTINGS.widget("d")
        )
        st.selectbox("Noise σ", SIGMAS, help=words.WHY_NOISE, width=105, **SETTINGS.widget("sigma"))
        st.selectbox("Layers", LAYERS, width=90, **SETTINGS.widget("layers"))
        st.selectbox("Width", WIDTHS, width=90, **SETTINGS.widget("width"))
        st.selectbox(
            "Optimiser",
            list(OPTIMISERS),
            format_func=OPTIMISERS.__getitem__,
            width=120,
            **SETTINGS.widget("optimiser"),
        )
        st.selectbox("Steps", STEPS, help=words.HOW_LONG, width=110, **SETTINGS.widget("steps"))
        st.number_input("Seed", 0, 999_999, step=1, width=130, **SETTINGS.widget("seed"))
        busy = any(run.active for run in SUPERVISOR.runs_of(owner()))
        st.button("Start training", type="primary", disabled=busy, on_click=start)


def start() -> None:
    """Put a training in the queue, and show it."""
    try:
        run = SUPERVISOR.start(owner(), recipe_of(SETTINGS.current()))
    except TrainingRefused as trouble:
        st.session_state[NOTICE] = str(trouble)
        return
    st.session_state[NOTICE] = st.session_state[AT] = None
    st.session_state[SHOWN] = run


def stage(polling: bool) -> None:
    """The training beside its network on the visitor's points: what lives."""
    runs = SUPERVISOR.runs_of(owner())
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
    """The number of the curves' last message."""
    return read_message("curves")[0]


def take_snapshot() -> None:
    """Show the snapshot that was picked; None follows the training."""
    at = read_message("curves")[2].get("at")
    st.session_state[AT] = at if isinstance(at, int) else None


def show_points(network: Network, when: str) -> None:
    """The pad, answered by the network as it is at a snapshot."""
    screen = session.current_screen()
    most = network.model.config.max_exemplars
    if screen.points is not None and len(screen.points) > most:
        st.caption(f"This network reads at most {most} points: the first {most} of yours are here.")
    link = SETTINGS.link()
    show_pad(
        solve(network.fit(screen), network.model, network.prior),
        network.readouts,
        key="train_pad",
        link=link,
        hide=("task", "errors", "numbers", "python"),
        on_message=lambda: session.take_message("train_pad", network.apply),
        weights=when,
    )
    if session.settled():
        session.write_link(link)


def take_away(run: Run, step: int) -> None:
    """The weights on the pad, for the playground or as files."""
    if st.button("Use it in the playground", width="stretch"):
        networks.carry(network_at(run, step))
        st.switch_page(PLAYGROUND)
    weights, manifest = st.columns(2)
    weights.download_button(
        "Weights",
        lambda: weights_file(run, step),
        f"{name_of(run, step)}.safetensors",
        "application/octet-stream",
        on_click="ignore",
        width="stretch",
    )
    manifest.download_button(
        "Manifest entry",
        lambda: manifest_file(run, step),
        f"{name_of(run, step)}.json",
        "application/json",
        on_click="ignore",
        width="stretch",
    )


def uploads() -> None:
    """Weights that the visitor brings: checked, then carried to the playground."""
    with st.expander("Bring back weights that you downloaded"):
        files = st.file_uploader(
            "The weights (.safetensors) and their manifest entry (.json)",
            type=["safetensors", "json"],
            accept_multiple_files=True,
            help=f"At most {MOST_WEIGHT_BYTES / 1e6:.0f} MB. They stay in this session.",
        )
        if not files:
            return
        by_kind = {file.name.rpartition(".")[2].lower(): file for file in files}
        if len(files) != 2 or set(by_kind) != {"safetensors", "json"}:
            st.info("Choose two files: one .safetensors and one .json.")
            return
        try:
            found = read_upload(by_kind["safetensors"].getvalue(), by_kind["json"].getvalue())
        except CheckpointError as trouble:
            st.error(str(trouble))
            return
        shape = found.recipe.model
        st.success(
            f"They pass: {shape.layers} layers of width {shape.width}, up to "
            f"{shape.max_exemplars} examples."
        )
        if st.button("Use these weights in the playground", type="primary"):
            with st.spinner("Fitting a readout for every layer"):
                networks.carry(network_of(found))
            st.switch_page(PLAYGROUND)


def network_of(found: Upload) -> Network:
    """Uploaded weights with readouts, which are fitted anew."""
    prior = found.recipe.prior
    readouts = fit_layer_readouts(found.model, prior, prompts=512, seed=0)
    return Network(found.model, prior, readouts)


def explanations() -> None:
    """The maths and the sources, one click away."""
    for title, told in words.EXPLAINED.items():
        with st.expander(title):
            st.markdown(told)


SETTINGS.arrive()
introduction()
choices()
polling = any(run.active for run in SUPERVISOR.runs_of(owner()))
st.fragment(stage, run_every=1.0 if polling else None)(polling)
uploads()
explanations()
