"""Work too slow for a page's own run: one thread, first come first served.

A page asks for a job by key on every poll. Equal keys share one job; a job that
nobody has asked for lately (its tab was closed, its settings changed) stops.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable

LOG = logging.getLogger(__name__)
LEASE_SECONDS = 5.0
MOST_WAITING = 32


class Busy(Exception):
    """The queue is full; the message says what to do."""


class Abandoned(Exception):
    """Raised inside a job that nobody waits for any more."""


class Job:
    """One piece of work: how far it is, and what went wrong if anything did."""

    def __init__(self, key: Hashable, work: Callable[[Job], None]):
        self.key, self.work = key, work
        self.progress = 0.0
        self.wanted = time.monotonic()
        self.done = threading.Event()
        self.error: Exception | None = None

    def report(self, progress: float) -> None:
        """Called by the work now and then; raises Abandoned when it should stop."""
        self.progress = progress
        if time.monotonic() - self.wanted > LEASE_SECONDS:
            raise Abandoned

    def run(self) -> None:
        """Do the work and remember how it ended."""
        try:
            self.report(0.0)
            self.work(self)
        except Abandoned:
            pass
        except Exception as error:
            self.error = error
            LOG.exception("A job failed: %s", self.key)
        finally:
            self.done.set()


class Queue:
    """A bounded queue with one worker."""

    def __init__(self) -> None:
        self._jobs: dict[Hashable, Job] = {}
        self._changed = threading.Condition()
        threading.Thread(target=self._serve, daemon=True, name="jobs").start()

    def ask(self, key: Hashable, work: Callable[[Job], None]) -> Job:
        """The job for this key, started if it is new; raises Busy when the queue is full."""
        with self._changed:
            if key not in self._jobs:
                if len(self._jobs) >= MOST_WAITING:
                    raise Busy("Many visitors are computing something just now. Try again shortly.")
                self._jobs[key] = Job(key, work)
                self._changed.notify()
            self._jobs[key].wanted = time.monotonic()
            return self._jobs[key]

    def ahead_of(self, job: Job) -> int:
        """How many jobs stand before this one."""
        with self._changed:
            return list(self._jobs).index(job.key) if job.key in self._jobs else 0

    def _first(self) -> Job:
        with self._changed:
            while not self._jobs:
                self._changed.wait()
            return next(iter(self._jobs.values()))

    def _serve(self) -> None:
        while True:
            job = self._first()
            job.run()
            with self._changed:
                del self._jobs[job.key]


QUEUE = Queue()
