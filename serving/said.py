"""What is said to a question that was asked without a session, and in which bytes."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from icl_core import CheckpointError

if TYPE_CHECKING:
    from ui.answers.asked import Asked

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
    return all_answered([(body, pack)])[0]


def all_answered(questions: Sequence[tuple[bytes, bool]]) -> list[Said]:
    """The answers to questions that are asked at the same time, each with whether it is packed."""
    from ui.answers import asked

    heard = [_understood(body) for body, _ in questions]
    right = [one for one in heard if not isinstance(one, Said)]
    try:
        told = iter(asked.answers(right))
    except Exception as trouble:
        if len(questions) > 1:  # whose it is
            return [answered(*one) for one in questions]
        return [_trouble(trouble)]
    return [
        one if isinstance(one, Said) else said(HTTPStatus.OK, next(told), pack)
        for one, (_, pack) in zip(heard, questions, strict=True)
    ]


def _understood(body: bytes) -> Asked | Said:
    from ui.answers import asked

    try:
        question = json.loads(body.decode())
    except (ValueError, RecursionError):
        return refused(HTTPStatus.BAD_REQUEST, "A question is a JSON object in UTF-8.")
    try:
        return asked.understood(question)
    except asked.Refused as trouble:
        return refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(trouble))
    except Exception as trouble:
        return _trouble(trouble)


def _trouble(trouble: Exception) -> Said:
    if isinstance(trouble, CheckpointError):
        return refused(HTTPStatus.INTERNAL_SERVER_ERROR, str(trouble))
    LOG.error("A question could not be answered", exc_info=trouble)
    return refused(HTTPStatus.INTERNAL_SERVER_ERROR, "That could not be answered.")
