"""Weights that a visitor takes away, or brings."""

from __future__ import annotations

import streamlit as st

from icl_core import CheckpointError
from icl_core.probes.readouts import fit_layer_readouts
from icl_core.recipes import Recipe
from icl_core.uploads import MOST_WEIGHT_BYTES, Upload, read_upload
from ui.train.numbers import manifest_file, name_of, network_at, weights_file
from ui.train.supervisor import Run
from ui.visitor import networks
from ui.visitor.networks import Network
from ui.visitor.page_registry import page
from ui.work.bounded_cache import BoundedCache
from ui.work.plain_text import plain_text
from ui.work.progress import wait_or_cancel
from ui.work.queue import Job

FITTING = "train_fitting"
PROMPTS = 512
FITTED: BoundedCache[tuple[str, str, Recipe], Network] = BoundedCache(16)


def take_away(run: Run, step: int) -> None:
    """The weights on the pad, for the playground or as files."""
    if st.button("Use it in the playground", width="stretch"):
        networks.carry(network_at(run, step))
        st.switch_page(page("playground").script)
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
            st.error(plain_text(str(trouble)))
            return
        shape = found.recipe.model
        st.success(
            f"They pass: {shape.layers} layers of width {shape.width}, up to "
            f"{shape.max_exemplars} examples."
        )
        carry_on(found)


def carry_on(found: Upload) -> None:
    """The button that takes uploaded weights to the playground, once their readouts are fitted."""
    key = key_of(found)
    if st.session_state.get(FITTING) != key:
        if st.button("Use these weights in the playground", type="primary"):
            st.session_state[FITTING] = key
            st.rerun()
    elif (network := FITTED.get(key)) is None:
        st.fragment(wait_for_readouts, run_every=0.5)(found)
    else:
        st.session_state[FITTING] = None
        networks.carry(network)
        st.switch_page(page("playground").script)


def wait_for_readouts(found: Upload) -> None:
    """A progress bar until the readouts are there; nobody waiting ends the job."""
    key = key_of(found)
    if FITTED.get(key) is not None or st.session_state.get(FITTING) != key:
        st.rerun()
    wait_or_cancel(FITTING, key, lambda job: fit(found, job), "Fitting a readout for every layer")


def key_of(found: Upload) -> tuple[str, str, Recipe]:
    """What the readouts of uploaded weights depend on."""
    return "readouts", str(found.entry["sha256"]), found.recipe


def fit(found: Upload, job: Job) -> None:
    """Fit readouts anew to uploaded weights, a job of the queue."""
    prior, done = found.recipe.prior, 0

    def report(prompts: int) -> None:
        nonlocal done
        done += prompts
        job.report(min(1.0, done / (1.25 * PROMPTS)))  # a quarter more to score them

    readouts = fit_layer_readouts(found.model, prior, prompts=PROMPTS, seed=0, progress=report)
    FITTED.put(key_of(found), Network(found.model, prior, readouts))
