"""A job of the queue, as a visitor waits for it."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import streamlit as st

from ui.work.queue import QUEUE, Job, Queue, QueueFull


def wait_or_cancel(
    asked: str,
    key: Hashable,
    work: Callable[[Job], object],
    doing: str,
    queue: Queue = QUEUE,
) -> None:
    """Wait for a job that a button asked for: its progress, a way to cancel, or why it failed.

    ``asked`` names the session's note of what was asked for; it is cleared when
    there is no more to wait for. Nobody waiting ends the job.
    """
    job = show_job(key, work, doing, queue)
    if job is None:
        return
    if job.error is not None:
        st.session_state[asked] = None
        st.error(f"That could not be computed: {job.error}")
    elif st.button("Cancel", key=f"{asked}_cancel"):
        st.session_state[asked] = None
        st.rerun()


def show_job(
    key: Hashable, work: Callable[[Job], object], doing: str, queue: Queue = QUEUE
) -> Job | None:
    """Ask for a job and show how far it is; None, with a sentence on screen, when none is taken.

    Called on every poll of a page, which is what keeps the job wanted. A job that
    failed is returned without a bar.
    """
    try:
        job = queue.ask(key, work, doing)
    except QueueFull as trouble:
        st.info(str(trouble))
        return None
    if job.error is None:
        ahead = queue.ahead_of(job)
        st.progress(job.progress, waiting(ahead) if ahead else doing)
    return job


def how_long(doing: str, queue: Queue = QUEUE) -> str | None:
    """What a job took here the last time; None where none has ended since the server began."""
    seconds = queue.took.get(doing)
    return None if seconds is None else f"Took {max(1, round(seconds))} s here the last time."


def waiting(ahead: int) -> str:
    """Calculations, not people: one may be the visitor's own, from a page that was left."""
    return "Waiting for one calculation" if ahead == 1 else f"Waiting for {ahead} calculations"
