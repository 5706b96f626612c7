"""Asking a language model, away from the pages' own runs: one question at a time, in a queue.

A job waits for a server somewhere, on a thread of its own; the page asks how far it is. So a
server that hangs holds up nobody but who waits for it, and for no longer than its timeout.
"""

from __future__ import annotations

import hashlib
import json
import math
import time

from icl_core.language.endpoint import EndpointError
from icl_core.language.learner import Told, ask_all
from ui.language_model.host import Connection
from ui.language_model.numbers import Question
from ui.work.bounded_cache import BoundedCache
from ui.work.queue import Job, Queue

QUESTIONS = Queue(math.inf)
"""It takes no turns: one question is under way at a time, of a visitor and of all of them."""
_found: BoundedCache[str, tuple[Told, ...]] = BoundedCache(128)
_troubles: BoundedCache[str, str] = BoundedCache(128)
_pace: BoundedCache[tuple[str, str], float] = BoundedCache(128)
"""Seconds that a request took the last time, by where and to which model."""


def key_of(connection: Connection, question: Question) -> str:
    """What equal questions to one model share, without a point in it that somebody drew.

    Of a visitor's own key nobody else shares the answers.
    """
    who = [connection.where, connection.model, connection.private]
    said = json.dumps([who, question.texts, question.hows])
    return hashlib.sha256(said.encode()).hexdigest()


def answered(key: str) -> tuple[Told, ...] | None:
    """Every reply, if they are there: all ways of the first place, then of the next."""
    return _found.get(key)


def trouble(attempt: str) -> str | None:
    """Why an attempt came to nothing, if it did: a failed job is out of the queue at once."""
    return _troubles.get(attempt)


def expected(connection: Connection, requests: int) -> float | None:
    """Seconds that so many requests will take, going by the last; None before there was one."""
    pace = _pace.get((connection.where, connection.model))
    return None if pace is None else pace * requests


def ask(connection: Connection, question: Question, key: str, attempt: str, job: Job) -> None:
    """Ask at every place in every way, and keep the replies, or why there is none.

    attempt: of a visitor, another at each press. ``job`` ends it, between two questions, when
    nobody waits any more.
    """
    try:
        _found.put(key, tuple(_all(connection, question, job)))
    except EndpointError as error:
        _troubles.put(attempt, str(error))


def _all(connection: Connection, question: Question, job: Job) -> list[Told]:
    endpoint, told = connection.endpoint(), list[Told]()
    began = time.monotonic()
    steps = [(text, how) for text in question.texts for how in question.hows]
    for done, (text, how) in enumerate(steps, 1):
        if connection.allowance is not None:
            connection.allowance.take()
        told += ask_all(endpoint, [text], how)
        job.report(done / len(steps))
    _pace.put((connection.where, connection.model), (time.monotonic() - began) / len(steps))
    return told
