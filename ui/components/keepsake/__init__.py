"""The last snapshot of a training, kept in the visitor's tab: it outlives the server's process.

Data goes down as one dictionary; ``brought`` comes up, once, when the visitor wants it back.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from ui.components.component import component

_mount = component("keepsake", Path(__file__).parent)


def keepsake(
    *,
    key: str,
    alive: bool,
    kept: dict[str, Any] | None,
    on_brought: Callable[[bytes, bytes], None],
) -> None:
    """Keep a snapshot in the tab; offer what the tab keeps where the server has no run of theirs.

    alive: whether it has one. kept: {"label", "name", "step", "steps", "weights": bytes,
    "manifest": text} of a new snapshot, or None where there is nothing new. on_brought:
    takes the bytes of the weights and of their manifest entry.
    """

    def take() -> None:
        told = getattr(st.session_state[key], "brought", None)
        if not isinstance(told, dict):
            return
        weights, manifest = told.get("weights"), told.get("manifest")
        if not isinstance(weights, str) or not isinstance(manifest, str):
            return
        try:
            data = base64.b64decode(weights, validate=True)
        except binascii.Error:
            data = b""
        on_brought(data, manifest.encode())

    sent = None if kept is None else {**kept, "weights": base64.b64encode(kept["weights"]).decode()}
    _mount(key=key, data={"alive": alive, "kept": sent}, on_brought_change=take)
