"""Work too slow for a page's own run: one job of a queue at a time, in turns.

A page asks for a job by key on every poll. Equal keys share one job; a job that
nobody has asked for lately (its tab was closed, its settings changed) stops. A job
that has had its share of time while others wait goes to the end of the line, so that
a long one cannot keep the short ones out.
"""

from __future__ import annotations

import atexit
import logging
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Hashable

LOG = logging.getLogger(__name__)
TURN_SECONDS = 2.0
LEASE_SECONDS = 5.0
MOST_WAITING = 32
STOP_SECONDS = 10.0
NICE = 15


class QueueFull(Exception):
    """The queue is full; the message says what to do."""


class JobAbandoned(Exception):
    """Raised inside a job that nobody waits for any more."""


class Job:
    """One piece of work: how far it is, and what went wrong if anything did."""

    def __init__(self, key: Hashable, work: Callable[[Job], object], queue: Queue, kind: str):
        self.key, self.work, self.queue, self.kind = key, work, queue, kind
        self.waited = 0.0
        self.progress = 0.0
        self.wanted = time.monotonic()
        self.done = threading.Event()
        self.error: Exception | None = None

    def report(self, progress: float) -> None:
        """Called by the work now and then; raises JobAbandoned when it should stop."""
        self.progress = progress
        self.queue.take_turns(self)
        if self.queue.closed or time.monotonic() - self.wanted > LEASE_SECONDS:
            raise JobAbandoned

    def run(self) -> None:
        """Do the work and remember how it ended, and how long it took without its waiting."""
        began = time.monotonic()
        try:
            self.report(0.0)
            self.work(self)
            self.queue.took[self.kind] = time.monotonic() - began - self.waited
        except JobAbandoned:
            pass
        except Exception as error:
            self.error = error
            LOG.exception("A job failed: %s", self.key)
        finally:
            self.done.set()


class Queue:
    """A bounded queue. Each job has a thread, and only the first in line runs."""

    def __init__(self, turn_seconds: float = TURN_SECONDS) -> None:
        self.turn_seconds = turn_seconds
        self.closed = False
        self.took: dict[str, float] = {}
        """Seconds that the last job of a kind took on this machine."""
        self._line: dict[Hashable, Job] = {}
        self._changed = threading.Condition()
        self._turn_began = 0.0

    def ask(self, key: Hashable, work: Callable[[Job], object], kind: str = "") -> Job:
        """The job for this key, started if it is new; raises QueueFull when the queue is full.

        kind: what jobs that take about as long have in common.
        """
        with self._changed:
            if key not in self._line:
                if len(self._line) >= MOST_WAITING:
                    raise QueueFull(
                        "Many visitors are computing something just now. Try again shortly."
                    )
                self._line[key] = Job(key, work, self, kind)
                serve = threading.Thread(target=self._serve, args=(key,), daemon=True, name="job")
                serve.start()
            self._line[key].wanted = time.monotonic()
            return self._line[key]

    def ahead_of(self, job: Job) -> int:
        """How many jobs stand before this one."""
        with self._changed:
            return list(self._line).index(job.key) if job.key in self._line else 0

    def take_turns(self, job: Job) -> None:
        """Let the others go first if this job has had its turn."""
        with self._changed:
            if len(self._line) > 1 and time.monotonic() - self._turn_began > self.turn_seconds:
                self._line[job.key] = self._line.pop(job.key)
                self._changed.notify_all()
                since = time.monotonic()
                self._wait_for_turn(job)
                job.waited += time.monotonic() - since

    def close(self) -> None:
        """Stop every job at its next report, and wait for that.

        A thread that is inside PyTorch while the interpreter ends would abort the
        process: C++ frames cannot be unwound by Python's end of a daemon thread.
        """
        self.closed = True
        until = time.monotonic() + STOP_SECONDS
        with self._changed:
            jobs = list(self._line.values())
        for job in jobs:
            job.done.wait(max(0.0, until - time.monotonic()))

    def _wait_for_turn(self, job: Job) -> None:
        """Called with the lock held."""
        while next(iter(self._line)) != job.key:
            self._changed.wait()
        self._turn_began = time.monotonic()

    def _serve(self, key: Hashable) -> None:
        _yield_to_the_others()
        with self._changed:
            job = self._line[key]
            self._wait_for_turn(job)
        job.run()
        with self._changed:
            del self._line[key]
            self._changed.notify_all()


def _yield_to_the_others() -> None:
    """Where a processor is scarce, this thread comes after those that answer a drag."""
    if sys.platform == "linux":  # elsewhere threads have no niceness of their own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


QUEUE = Queue()
CHILDREN = Queue(math.inf)
"""Of jobs that wait for a process of their own: they take no turns, so there is one process."""


def close() -> None:
    """End all jobs, at the end of the server."""
    for queue in (QUEUE, CHILDREN):
        queue.close()


atexit.register(close)
