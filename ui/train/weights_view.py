"""Weights that a visitor takes away, or brings."""

from __future__ import annotations

import math
import time
from typing import Any

import streamlit as st

from icl_core import CheckpointError
from icl_core.checkpoints import sha256
from icl_core.recipes import Recipe
from icl_core.uploads import MOST_WEIGHT_BYTES, Upload, read_upload
from ui.components.keepsake import keepsake
from ui.train.fitting import fit
from ui.train.numbers import manifest_file, name_of, network_at, small_files, weights_file
from ui.train.settings import label_of
from ui.train.supervisor import Run
from ui.visitor import networks
from ui.visitor.networks import Network
from ui.visitor.page_registry import page
from ui.work.bounded_cache import BoundedCache
from ui.work.plain_text import plain_text
from ui.work.progress import wait_or_cancel
from ui.work.queue import CHILDREN, Job

FITTING, KEPT, BROUGHT, ARRIVED = "train_fitting", "train_kept", "train_brought", "train_arrived"
CHECKED = "train_checked"
KEEP_EVERY = 10.0
"""Seconds between two snapshots for the tab, each a few hundred kB."""
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


def keep(runs: list[Run]) -> None:
    """Leave the newest run's last snapshot in the visitor's tab, and take back what it kept."""
    keepsake(key="keepsake", alive=bool(runs), kept=_new_snapshot(runs), on_brought=_note_brought)
    if st.session_state.pop(ARRIVED, False):
        st.rerun()  # the uploads are outside the fragment


def _new_snapshot(runs: list[Run]) -> dict[str, Any] | None:
    """What the tab is to keep from now on; now and then while a run goes on, and at its end."""
    run = runs[-1] if runs else None
    points = run.points() if run is not None else []
    if run is None or not points or not points[-1].step:
        return None
    step, now = points[-1].step, time.monotonic()
    kept, at, since = st.session_state.get(KEPT, (None, 0, -math.inf))
    if (kept, at) == (run.folder, step) or (run.active and now - since < KEEP_EVERY):
        return None
    st.session_state[KEPT] = (run.folder, step, now)
    weights, manifest = small_files(run, step)
    return {
        "label": label_of(run.recipe),
        "name": name_of(run, step),
        "step": step,
        "steps": run.recipe.last_step,
        "weights": weights,
        "manifest": manifest.decode(),
    }


def _note_brought(weights: bytes, manifest: bytes) -> None:
    st.session_state[BROUGHT] = (weights, manifest)
    st.session_state[ARRIVED] = True


def brought() -> None:
    """Weights that the visitor's tab had kept."""
    if BROUGHT in st.session_state:
        check(*st.session_state[BROUGHT])


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
        check(by_kind["safetensors"].getvalue(), by_kind["json"].getvalue())


def check(weights: bytes, manifest: bytes) -> None:
    """Say whether weights can be used, and offer to."""
    try:
        found = _checked(weights, manifest)
    except CheckpointError as trouble:
        st.error(plain_text(str(trouble)))
        return
    shape = found.recipe.model
    st.success(
        f"They pass: {shape.layers} layers of width {shape.width}, up to "
        f"{shape.max_exemplars} examples."
    )
    carry_on(found)


def _checked(weights: bytes, manifest: bytes) -> Upload:
    """What `read_upload` says of these files, asked once and not at every run of the page."""
    key = sha256(weights), sha256(manifest)
    if st.session_state.get(CHECKED, (None,))[0] != key:
        st.session_state[CHECKED] = (key, read_upload(weights, manifest))
    found: Upload = st.session_state[CHECKED][1]
    return found


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
    doing = "Fitting a readout for every layer"
    wait_or_cancel(FITTING, key, lambda job: put(found, job), doing, CHILDREN)


def key_of(found: Upload) -> tuple[str, str, Recipe]:
    """What the readouts of uploaded weights depend on."""
    return "readouts", str(found.entry["sha256"]), found.recipe


def put(found: Upload, job: Job) -> None:
    """Fit readouts anew to uploaded weights, and keep the network with them."""
    readouts = fit(found, job)
    FITTED.put(key_of(found), Network(found.model, found.recipe.prior, readouts))
