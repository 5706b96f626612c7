"""What is said to a question that was asked without a session, and in which bytes."""

from __future__ import annotations

import gzip
import json
import logging
from http import HTTPStatus
from typing import Any, NamedTuple

from icl_core import CheckpointError

LOG = logging.getLogger("lab")
WORTH_PACKING, LEVEL = 1_000, 1
"""Bytes of an answer, and how hard gzip tries: what it saves after level 1 is a tenth."""


class Said(NamedTuple):
    """A status and what is said with it, as JSON in UTF-8."""

    status: int
    body: bytes
    packed: bool = False


def said(status: int, content: dict[str, Any], pack: bool = False) -> Said:
    """Content as it goes out."""
    body = json.dumps(content, separators=(",", ":"), allow_nan=False).encode()
    if not pack or len(body) < WORTH_PACKING:
        return Said(status, body)
    return Said(status, gzip.compress(body, LEVEL, mtime=0), packed=True)


def refused(status: int, sentence: str) -> Said:
    """A sentence about why there is no answer."""
    return said(status, {"error": sentence})


def answered(body: bytes, pack: bool) -> Said:
    """The answer to a question."""
    from ui.answers import asked

    try:
        question = json.loads(body.decode())
    except (ValueError, RecursionError):
        return refused(HTTPStatus.BAD_REQUEST, "A question is a JSON object in UTF-8.")
    try:
        return said(HTTPStatus.OK, asked.understood(question).answer(), pack)
    except asked.Refused as trouble:
        return refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(trouble))
    except CheckpointError as trouble:
        return refused(HTTPStatus.INTERNAL_SERVER_ERROR, str(trouble))
    except Exception:
        LOG.exception("A question could not be answered")
        return refused(HTTPStatus.INTERNAL_SERVER_ERROR, "That could not be answered.")
