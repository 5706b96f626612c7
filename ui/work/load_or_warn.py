"""What lies beside a checkpoint, or a sentence that says why it cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from icl_core import CheckpointError

Stored = TypeVar("Stored")


def load_or_warn(load: Callable[[str], Stored], name: str) -> Stored | None:
    """What ``load`` finds for a checkpoint; None, with a sentence on screen, if it finds none."""
    try:
        return load(name)
    except CheckpointError as trouble:
        st.warning(str(trouble))
        return None
