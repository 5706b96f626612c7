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
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from streamlit.runtime import Runtime

from icl_core.recipes import Recipe
from icl_core.training import watched
from icl_core.training.watched import Point, Update
from ui.train.turns import gives_way, in_turn
from ui.work.child import begin
from ui.work.container import memory, whole_cores

LOG = logging.getLogger(__name__)
ACTIVE = ("waiting", "running", "paused")
WATCHED = "icl_core.training.watched"

SERVER_BYTES, TRAINING_BYTES = 1_100_000_000, 400_000_000
"""What the pages take, with all checkpoints loaded and a fit beside them; what a training does."""
LEAST_FREE = 4_000_000
"""Bytes of the disk that are left for what else a server writes."""
THINNED_TO = 5

NO_ROOM = "The server has no room for another training just now. Try again in a few minutes."
GAVE_WAY = (
    "Many trainings were waiting from where you are, and none from someone who came now: "
    "this one gave way. Start it again in a minute."
)
UNEXPECTED = "The training ended unexpectedly. Start it again."
DISK_FULL = (
    "The server ran out of room for snapshots. What the training learned so far is yours; "
    "try again in a few minutes."
)


class TrainingRefused(Exception):
    """A training cannot be taken; the message says why and what to do."""


@dataclass(frozen=True)
class TrainingLimits:
    """What trainings may take of a server.

    slots: trainings at a time, none where memory is short; waiting: how many may
    queue; seconds: of one training, pauses left out; pause: seconds that a paused one
    keeps its place, all its pauses together; memory: bytes of address space, of which
    torch alone takes 0.7 GB; kept: runs that a visitor can go back to; kept_in_all:
    those of all visitors; disk: bytes of all their snapshots; gone: seconds after
    which a visitor without a connection has left.
    """

    slots: int = 1
    waiting: int = 12
    seconds: float = 240.0
    pause: float = 120.0
    memory: int = 1_500_000_000
    kept: int = 3
    kept_in_all: int = 40
    disk: int = 100_000_000
    gone: float = 30.0


@dataclass(eq=False)
class Run:
    """One training. state: waiting, running, paused, done, stopped, failed or removed.

    group: whom it shares a turn with; thinned: whether most snapshots have been given up.
    """

    owner: str
    recipe: Recipe
    folder: Path
    group: str = ""
    state: str = "waiting"
    said: str | None = None
    process: subprocess.Popen[bytes] | None = None
    spent: float = 0.0
    paused: float = 0.0
    thinned: bool = False
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

    def thin(self) -> None:
        """Give up most snapshots: every fifth stays, and the last."""
        steps = watched.written_steps(self.folder)
        for step in sorted(set(steps[:-1]) - set(steps[::THINNED_TO])):
            self._points.pop(step, None)
            watched.update_path(self.folder, step).unlink(missing_ok=True)
        self.thinned = True

    def bytes_written(self) -> int:
        """What it takes of the disk just now."""
        found = 0
        for path in self.folder.glob("*"):
            with contextlib.suppress(FileNotFoundError):  # an update is renamed when it is whole
                found += path.stat().st_size
        return found

    def bytes_kept(self) -> int:
        """What it takes of the disk, or will have taken at its end."""
        return max(self.bytes_written(), expected_bytes(self.recipe) if self.active else 0)

    def update(self, step: int) -> Update:
        """The network at one of the updates."""
        return _update(self.folder, step, self.recipe)


@lru_cache(maxsize=64)
def _update(folder: Path, step: int, recipe: Recipe) -> Update:
    return watched.read_update(folder, step, recipe)


def _alike(recipe: Recipe) -> Hashable:
    """What is the same in two recipes whose steps take equally long."""
    return recipe.model, recipe.batch, recipe.optimiser


def expected_bytes(recipe: Recipe) -> int:
    """What a training's snapshots will take: weights and readouts, two bytes a number."""
    return 2 * recipe.model.weights * (len(watched.update_steps(recipe.last_step)) + 2)


def where_from(session: str) -> str:
    """A visitor's address; behind a proxy that does not tell it, the cookie of their browser."""
    client = Runtime.instance().get_client(session) if Runtime.exists() else None
    context = client.client_context if client is not None else None
    if context is None:
        return session
    told = context.remote_ip
    return told if told not in (None, "127.0.0.1", "::1") else context.cookies.get("lab", session)


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
        group_of: Callable[[str], str] = where_from,
    ):
        self.limits, self.is_here, self.tick, self.group_of = limits, is_here, tick, group_of
        self._runs: list[Run] = []
        self._last_here: dict[str, float] = {}
        self._served: dict[Hashable, int] = {}
        self._took: dict[Hashable, float] = {}
        self._launched = 0
        self._lock = threading.RLock()
        self._folder: Path | None = None
        self._ended = threading.Event()

    # --- what a visitor asks for -----------------------------------------------------

    def start(self, owner: str, recipe: Recipe) -> Run:
        """A new run, at the end of the queue; raises TrainingRefused where there is no room."""
        with self._lock:
            if any(run.active for run in self.runs_of(owner)):
                raise TrainingRefused("Your last training still runs. Stop it to start another.")
            if not self.limits.slots:
                raise TrainingRefused("This server has too little memory to train anything.")
            group = self.group_of(owner)
            self._let_in(group)
            try:
                self._make_room(owner, expected_bytes(recipe))
                run = Run(owner, recipe, Path(tempfile.mkdtemp(dir=self._room())), group)
                (run.folder / "recipe.json").write_text(json.dumps(recipe.as_dict()))
            except OSError:
                LOG.exception("A training could not be taken")
                raise TrainingRefused(NO_ROOM) from None
            self._runs.append(run)
            self._last_here[owner] = time.monotonic()
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
            return self._line().index(run) + self._busy() - self.limits.slots + 1

    def expected_seconds(self, recipe: Recipe) -> float | None:
        """What a training will take here, by the last one to its end of such a network.

        None before there was one on this machine since the server began.
        """
        with self._lock:
            each = self._took.get(_alike(recipe))
            return None if each is None else each * recipe.last_step

    def pause(self, run: Run) -> None:
        """Halt a running training at once; it keeps its place for a while, once and for all."""
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

    def _at_work(self) -> list[Run]:
        return [run for run in self._runs if run.state in ("running", "paused")]

    def _busy(self) -> int:
        return len(self._at_work())

    def _line(self) -> list[Run]:
        waiting = [run for run in self._runs if run.state == "waiting"]
        return in_turn(waiting, self._at_work(), lambda run: run.group, self._served)

    def _let_in(self, group: str) -> None:
        """Find a place in the line, if need be that of a group that holds most of them."""
        waiting = [run for run in self._runs if run.state == "waiting"]
        if len(waiting) < self.limits.waiting:
            return
        leaving = gives_way(waiting, group, lambda run: run.group)
        if leaving is None:
            raise TrainingRefused("Many visitors are training just now. Try again in a minute.")
        self.stop(leaving, GAVE_WAY)

    def _promote(self) -> None:
        for run in self._line()[: max(0, self.limits.slots - self._busy())]:
            try:
                self._launch(run)
            except OSError:
                LOG.exception("A training could not be started")
                run.state, run.said = "failed", "The server could not start it. Try again."

    def _launch(self, run: Run) -> None:
        most = ["--seconds", str(round(self.limits.seconds)), "--memory", str(self.limits.memory)]
        with (run.folder / "log.txt").open("wb") as log:
            run.process = begin(
                WATCHED,
                str(run.folder),
                *most,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        run.state = "running"
        self._launched += 1
        self._served[run.group] = self._launched

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
        groups = {run.group for run in self._runs}
        self._served = {group: at for group, at in self._served.items() if group in groups}
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
        run.paused += passed if run.state == "paused" else 0.0
        if run.spent > self.limits.seconds:
            self.stop(run, self._too_long())
        if run.paused > self.limits.pause:
            self.stop(
                run,
                f"It was paused for {self.limits.pause:g} seconds in all, and others may be "
                "waiting: it has ended here. What it learned is yours.",
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
            self._took[_alike(run.recipe)] = run.spent / run.recipe.last_step
        elif code == -signal.SIGXCPU:
            run.state, run.said = "stopped", self._too_long()
        elif failure.exists():
            run.state, run.said = "failed", failure.read_text()
        else:
            full = shutil.disk_usage(run.folder).free < LEAST_FREE
            run.state, run.said = "failed", DISK_FULL if full else UNEXPECTED
            log = (run.folder / "log.txt").read_text(errors="replace")
            LOG.error("A training failed", extra={"reason": reason_in(log, code)})

    def _make_room(self, owner: str, needed: int) -> None:
        """Remove the oldest runs that have ended, first the visitor's own, for one more.

        Where the disk is short the oldest are thinned first, and only then removed.
        """
        for runs, most in (
            (self.runs_of(owner), self.limits.kept - 1),
            (self._runs, self.limits.kept_in_all - 1),
        ):
            ended = [run for run in runs if not run.active]
            for run in ended[: max(0, len(runs) - most)]:
                self._remove(run)
        while not self._fits(needed):
            ended = [run for run in self._runs if not run.active]
            whole = [run for run in ended if not run.thinned]
            if not ended:
                raise TrainingRefused(NO_ROOM)
            if whole:
                whole[0].thin()
            else:
                self._remove(ended[0])

    def _fits(self, needed: int) -> bool:
        """Whether so many more bytes fit into the budget and, with all to come, onto the disk."""
        kept = sum(run.bytes_kept() for run in self._runs)
        coming = sum(run.bytes_kept() - run.bytes_written() for run in self._runs)
        free = shutil.disk_usage(self._room()).free - LEAST_FREE
        return kept + needed <= self.limits.disk and coming + needed <= free


def reason_in(log: str, code: int) -> str:
    """Why a process ended, without anything that a visitor chose: an error's kind and place."""
    places = re.findall(r'^  File ".*?([^/"]+)", line (\d+), in (\w+)', log, re.MULTILINE)
    kinds = re.findall(r"^(?:\w+\.)*(\w*(?:Error|Exception|Interrupt))\b", log, re.MULTILINE)
    ended = f"signal {-code}" if code < 0 else f"code {code}"
    at = [f"{file}:{line} {name}" for file, line, name in places[-1:]]
    return " ".join([ended, *kinds[-1:], *at])


def slots(cores: int, memory: int) -> int:
    """One training at a time, two where a core is left for the pages all the same.

    None where its memory is not left beside the pages'.
    """
    by_memory = (memory - SERVER_BYTES) // TRAINING_BYTES
    return max(0, min(2 if cores > 2 else 1, by_memory))


SUPERVISOR = Supervisor(TrainingLimits(slots=slots(whole_cores(), memory())))
