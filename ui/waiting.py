"""A job of the queue, as a visitor waits for it."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import streamlit as st

from ui.jobs import QUEUE, Busy, Job


def show_job(key: Hashable, work: Callable[[Job], None], doing: str) -> Job | None:
    """Ask for a job and show how far it is; None, with a sentence on screen, when none is taken.

    Called on every poll of a page, which is what keeps the job wanted. A job that
    failed is returned without a bar.
    """
    try:
        job = QUEUE.ask(key, work)
    except Busy as trouble:
        st.info(str(trouble))
        return None
    if job.error is None:
        ahead = QUEUE.ahead_of(job)
        st.progress(job.progress, f"Waiting for {ahead} others" if ahead else doing)
    return job
