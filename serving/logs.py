"""Logs as one JSON object a line, with nothing in them that a visitor typed or drew."""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from datetime import UTC, datetime

OURS = ("reason", "left_out")


class WithoutVisitorData(logging.Formatter):
    """When, how bad, who says it, what happened, and where in the code.

    The event is the message before its arguments are filled in, and of an exception
    only its type and its frames are told: an address, a link, a point that someone
    drew can be in the arguments or in an exception's text, and never in these.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": str(record.msg),
        }
        # Said by our own code, which puts nothing of a visitor's into them.
        told |= {name: vars(record)[name] for name in OURS if name in vars(record)}
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, trace = record.exc_info
            told["exception"] = kind.__name__
            told["frames"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(trace)
            ]
        return json.dumps(told)


MOST_REPEATS, WINDOW = 10, 60.0
"""Lines about one event, and seconds in which they are counted."""


class FewRepeats(logging.Filter):
    """Lets an event through a few times a minute; the next one says how many were left out.

    Else whoever sends nonsense a hundred times a second fills the disk with it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write a line about it."""
        kind = record.exc_info[0] if record.exc_info else None
        key = (record.name, record.levelno, str(record.msg), kind)
        if key not in self._seen and len(self._seen) > 1_000:
            self._seen.clear()
        since, count = self._seen.get(key, (record.created, 0))
        if record.created - since >= WINDOW:
            if count > MOST_REPEATS:
                record.left_out = count - MOST_REPEATS
            since, count = record.created, 0
        self._seen[key] = since, count + 1
        return count < MOST_REPEATS


def log_as_the_host_wants() -> None:
    """As text, or as JSON where ``LAB_LOG`` says so."""
    logging.basicConfig(level=logging.INFO)
    if os.environ.get("LAB_LOG") == "json":
        log_as_json()


def log_as_json() -> None:
    """From now on every logger of the process writes such lines to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(FewRepeats())
    handler.setFormatter(WithoutVisitorData())
    # Streamlit and uvicorn hang a handler of their own on each of their loggers.
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        if logger.handlers:
            logger.handlers = [handler]
    logging.root.handlers = [handler]
    logging.root.setLevel(logging.INFO)
