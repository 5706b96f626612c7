"""What is loaded before the first visitor is let in, and what ends before the process does."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from serving.logs import log_as_the_host_wants
from ui.train.supervisor import SUPERVISOR
from ui.work import queue
from ui.work.settled import settle

LOG = logging.getLogger("lab")
SWITCH = 0.0005
"""Seconds that a thread may keep the interpreter when others want it.

A drag passes it on five times on its way from the line to the numbers and back, and each
time may wait that long for a page run or a fit beside it; Python's own 5 ms would make 25.
"""


def warm_up() -> None:
    """Answer the first screen once, so that a visitor does not wait for weights or imports.

    A checkpoint that cannot be used is logged and no more: its page says so to
    visitors, and the other pages work.
    """
    # Imported late: the pad's component registers with the running server.
    import plotly.graph_objects as go

    from icl_core import CheckpointError
    from ui.answers.asked import understood

    try:
        understood({}).answer()
        go.Figure(go.Scatter(x=[1], y=[1])).update_layout(yaxis={"type": "log"})
    except CheckpointError:
        LOG.exception("A checkpoint cannot be used; its page will say so")
    settle()


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[dict[str, Any]]:
    """Around the life of the server: it answers no probe before the warm-up is over."""
    log_as_the_host_wants()
    if not os.environ.get("STREAMLIT_SERVER_COOKIE_SECRET"):
        LOG.warning("STREAMLIT_SERVER_COOKIE_SECRET is not set: replicas will not share cookies")
    warm_up()
    sys.setswitchinterval(SWITCH)
    LOG.info("Ready")
    yield {}
    LOG.info("Stopping")
    # After a signal that ends the process nothing registered with atexit is called.
    SUPERVISOR.close()
    queue.close()
