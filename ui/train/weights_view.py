"""Weights that a visitor takes away, or brings."""

from __future__ import annotations

import streamlit as st

from icl_core import CheckpointError
from icl_core.probes.readouts import fit_layer_readouts
from icl_core.uploads import MOST_WEIGHT_BYTES, Upload, read_upload
from ui.train.numbers import manifest_file, name_of, network_at, weights_file
from ui.train.supervisor import Run
from ui.visitor import networks
from ui.visitor.networks import Network
from ui.visitor.page_registry import page


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
            st.switch_page(page("playground").script)


def network_of(found: Upload) -> Network:
    """Uploaded weights with readouts, which are fitted anew."""
    prior = found.recipe.prior
    readouts = fit_layer_readouts(found.model, prior, prompts=512, seed=0)
    return Network(found.model, prior, readouts)
