"""Logs as one JSON object a line, with nothing in them that a visitor typed or drew."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime


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
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, trace = record.exc_info
            told["exception"] = kind.__name__
            told["frames"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(trace)
            ]
        return json.dumps(told)


def log_as_json() -> None:
    """From now on every logger of the process writes such lines to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(WithoutVisitorData())
    # Streamlit and uvicorn hang a handler of their own on each of their loggers.
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        if logger.handlers:
            logger.handlers = [handler]
    logging.root.handlers = [handler]
    logging.root.setLevel(logging.INFO)
