"""Whose trainings these are, and what the session notes of them."""

from __future__ import annotations

from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.train.supervisor import SUPERVISOR, Run

TROUBLE, AT, SHOWN, PICKED = "train_trouble", "train_at", "train_shown", "train_picked"
"""Why a training was refused, the snapshot that is shown, the run that is, and its widget."""
SEQ = "train_seq"


def own_runs() -> list[Run]:
    """A visitor's runs of this page, oldest first: none of layers on a trunk."""
    return [run for run in SUPERVISOR.runs_of(owner()) if not run.recipe.trunk]


def owner() -> str:
    """Whose trainings these are."""
    context = get_script_run_ctx()
    assert context is not None
    return context.session_id
