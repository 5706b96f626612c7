"""Visitors' trainings: each in a process of its own, a few at a time, the others in a queue.

One supervisor serves the whole server. It starts what is next, holds every run to its
limits, and ends and removes the runs of visitors who have left.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from streamlit.runtime import Runtime

from icl_core.recipes import Recipe
from icl_core.training import watched
from icl_core.training.watched import Point, Update

LOG = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[2]
ACTIVE = ("waiting", "running", "paused")


class TrainingRefused(Exception):
    """A training cannot be taken; the message says why and what to do."""


@dataclass(frozen=True)
class TrainingLimits:
    """What trainings may take of a server.

    slots: trainings at a time; waiting: how many may queue; seconds: of one
    training, pauses left out; pause: seconds that a paused one keeps its place;
    memory: bytes of address space, of which torch alone takes 0.7 GB; kept: runs
    that a visitor can go back to; kept_in_all: those of all visitors; gone:
    seconds after which a visitor without a connection has left.
    """

    slots: int = 1
    waiting: int = 12
    seconds: float = 240.0
    pause: float = 120.0
    memory: int = 1_500_000_000
    kept: int = 3
    kept_in_all: int = 40
    gone: float = 30.0


@dataclass(eq=False)
class Run:
    """One training. state: waiting, running, paused, done, stopped, failed or removed."""

    owner: str
    recipe: Recipe
    folder: Path
    state: str = "waiting"
    said: str | None = None
    process: subprocess.Popen[bytes] | None = None
    spent: float = 0.0
    paused: float = 0.0
    _points: dict[int, Point] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether it is still to come to an end."""
        return self.state in ACTIVE

    def points(self) -> list[Point]:
        """Where the run stood at each update so far; none any more once it was removed."""
        for step in watched.written_steps(self.folder):
            if step not in self._points:
                self._points[step] = watched.read_point(self.folder, step)
        return [] if self.state == "removed" else [self._points[s] for s in sorted(self._points)]

    def update(self, step: int) -> Update:
        """The network at one of the updates."""
        return _update(self.folder, step, self.recipe)


@lru_cache(maxsize=64)
def _update(folder: Path, step: int, recipe: Recipe) -> Update:
    return watched.read_update(folder, step, recipe)


def has_a_connection(session: str) -> bool:
    """Whether a session's browser is connected just now."""
    return Runtime.exists() and bool(Runtime.instance().is_active_session(session))


class Supervisor:
    """The bounded queue, its processes, and their end."""

    def __init__(
        self,
        limits: TrainingLimits,
        is_here: Callable[[str], bool] = has_a_connection,
        tick: float = 0.25,
    ):
        self.limits, self.is_here, self.tick = limits, is_here, tick
        self._runs: list[Run] = []
        self._last_here: dict[str, float] = {}
        self._lock = threading.RLock()
        self._folder: Path | None = None
        self._ended = threading.Event()

    # --- what a visitor asks for -----------------------------------------------------

    def start(self, owner: str, recipe: Recipe) -> Run:
        """A new run, at the end of the queue; raises TrainingRefused where there is no room."""
        with self._lock:
            if any(run.active for run in self.runs_of(owner)):
                raise TrainingRefused("Your last training still runs. Stop it to start another.")
            if sum(run.state == "waiting" for run in self._runs) >= self.limits.waiting:
                raise TrainingRefused("Many visitors are training just now. Try again in a minute.")
            try:
                run = Run(owner, recipe, Path(tempfile.mkdtemp(dir=self._room())))
                (run.folder / "recipe.json").write_text(json.dumps(recipe.as_dict()))
            except OSError:
                LOG.exception("A training could not be taken")
                raise TrainingRefused(
                    "The server has no room for another training just now."
                ) from None
            self._runs.append(run)
            self._last_here[owner] = time.monotonic()
            self._make_room(owner)
            self._promote()
            return run

    def runs_of(self, owner: str) -> list[Run]:
        """A visitor's runs, oldest first."""
        with self._lock:
            return [run for run in self._runs if run.owner == owner]

    def ahead_of(self, run: Run) -> int:
        """How many trainings are to end before this one begins."""
        with self._lock:
            if run.state != "waiting":
                return 0
            before = self._runs[: self._runs.index(run)]
            waiting = sum(other.state == "waiting" for other in before)
            return waiting + self._busy() - self.limits.slots + 1

    def pause(self, run: Run) -> None:
        """Halt a running training at once; it keeps its place for a while."""
        with self._lock:
            if run.state == "running":
                self._signal(run, signal.SIGTSTP)
                run.state = "paused"

    def resume(self, run: Run) -> None:
        """Let a paused training go on."""
        with self._lock:
            if run.state == "paused":
                self._signal(run, signal.SIGCONT)
                run.state = "running"

    def stop(self, run: Run, said: str | None = None) -> None:
        """End a training at once; what it has learned stays."""
        with self._lock:
            if run.active:
                self._kill(run)
                run.state, run.said = "stopped", said
                self._promote()

    def close(self) -> None:
        """End everything and leave nothing behind."""
        self._ended.set()
        with self._lock:
            for run in list(self._runs):
                self._remove(run)
            if self._folder:
                shutil.rmtree(self._folder, ignore_errors=True)

    # --- processes -------------------------------------------------------------------

    def _room(self) -> Path:
        """The folder of all runs. The first visitor's training brings the supervisor to life."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="trainings-"))
            threading.Thread(target=self._watch, daemon=True, name="trainings").start()
            atexit.register(self.close)
        return self._folder

    def _busy(self) -> int:
        return sum(run.state in ("running", "paused") for run in self._runs)

    def _promote(self) -> None:
        for run in self._runs:
            if self._busy() >= self.limits.slots:
                return
            if run.state == "waiting":
                try:
                    self._launch(run)
                except OSError:
                    LOG.exception("A training could not be started")
                    run.state, run.said = "failed", "The server could not start it. Try again."

    def _launch(self, run: Run) -> None:
        most = ["--seconds", str(round(self.limits.seconds)), "--memory", str(self.limits.memory)]
        with (run.folder / "log.txt").open("wb") as log:
            run.process = subprocess.Popen(
                [sys.executable, "-m", "icl_core.training.watched", str(run.folder), *most],
                cwd=ROOT,
                env=os.environ | {"OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        run.state = "running"

    def _signal(self, run: Run, number: signal.Signals) -> None:
        # One that has just ended on its own is reaped at the next tick.
        if run.process and run.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(run.process.pid, number)

    def _kill(self, run: Run) -> None:
        self._signal(run, signal.SIGKILL)
        if run.process:
            run.process.wait()

    def _remove(self, run: Run) -> None:
        self._kill(run)
        run.state = "removed"
        self._runs.remove(run)
        shutil.rmtree(run.folder, ignore_errors=True)

    # --- what happens by itself ------------------------------------------------------

    def _watch(self) -> None:
        before = time.monotonic()
        while not self._ended.wait(self.tick):
            now = time.monotonic()
            with self._lock:
                self._look(now, now - before)
            before = now

    def _look(self, now: float, passed: float) -> None:
        for owner in {run.owner for run in self._runs}:
            if self.is_here(owner):
                self._last_here[owner] = now
            elif now - self._last_here[owner] > self.limits.gone:
                for run in self.runs_of(owner):
                    self._remove(run)
                del self._last_here[owner]
        for run in self._runs:
            self._hold_to_limits(run, passed)
            if (
                run.state in ("running", "paused")
                and run.process
                and run.process.poll() is not None
            ):
                self._ended_by_itself(run, run.process.returncode)
        self._promote()

    def _hold_to_limits(self, run: Run, passed: float) -> None:
        run.spent += passed if run.state == "running" else 0.0
        run.paused = run.paused + passed if run.state == "paused" else 0.0
        if run.spent > self.limits.seconds:
            self.stop(run, self._too_long())
        if run.paused > self.limits.pause:
            self.stop(
                run,
                f"It was paused for {self.limits.pause:g} seconds, and others may be waiting: it "
                "has ended here. What it learned is yours.",
            )

    def _too_long(self) -> str:
        return (
            f"It was stopped after {self.limits.seconds:g} seconds, the most that a training may "
            "take here. What it learned is yours."
        )

    def _ended_by_itself(self, run: Run, code: int) -> None:
        failure = watched.failure_path(run.folder)
        if code == 0:
            run.state = "done"
        elif code == -signal.SIGXCPU:
            run.state, run.said = "stopped", self._too_long()
        elif failure.exists():
            run.state, run.said = "failed", failure.read_text()
        else:
            run.state, run.said = "failed", "The training ended unexpectedly. Start it again."
            LOG.error("A training failed: %s", (run.folder / "log.txt").read_text()[-2000:])

    def _make_room(self, owner: str) -> None:
        """Remove the oldest runs that have ended, first the visitor's own."""
        for runs, most in (
            (self.runs_of(owner), self.limits.kept),
            (self._runs, self.limits.kept_in_all),
        ):
            ended = [run for run in runs if not run.active]
            for run in ended[: max(0, len(runs) - most)]:
                self._remove(run)


def slots() -> int:
    """One training at a time, two where a core is left for the pages all the same."""
    return 2 if (os.cpu_count() or 1) > 2 else 1


SUPERVISOR = Supervisor(TrainingLimits(slots=slots()))
