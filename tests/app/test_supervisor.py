"""The supervisor with real processes: a queue, limits, and an end to everything."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import ROOT
from tests.support.trainings import ENDLESS, TINY
from tests.support.waiting import PATIENCE, eventually
from ui.train.supervisor import (
    Run,
    Supervisor,
    TrainingLimits,
    TrainingRefused,
    expected_bytes,
    reason_in,
    slots,
)

Supervise = Callable[..., Supervisor]


pytestmark = pytest.mark.slow


class Visitors:
    """Who is here; everybody, at first."""

    def __init__(self) -> None:
        self.left: set[str] = set()
        self.asked = 0

    def __call__(self, session: str) -> bool:
        self.asked += 1
        return session not in self.left


@pytest.fixture
def visitors() -> Visitors:
    return Visitors()


@pytest.fixture
def supervise(visitors: Visitors) -> Iterator[Supervise]:
    """A supervisor with other limits than the server's, ended after the test."""
    made = []

    def make(**limits: Any) -> Supervisor:
        made.append(Supervisor(TrainingLimits(**limits), visitors, tick=0.05))
        return made[-1]

    yield make
    for supervisor in made:
        supervisor.close()


def lives(process: subprocess.Popen[bytes] | None) -> bool:
    assert process is not None, "it never began"
    return Path(f"/proc/{process.pid}").exists() and process.poll() is None


def test_a_training_runs_to_its_end(supervise: Supervise) -> None:
    supervisor = supervise()
    run = supervisor.start("me", TINY)
    assert run.state == "running"
    eventually(lambda: not run.active)
    assert (run.state, run.said) == ("done", None)
    assert run.points()[-1].step == TINY.last_step
    assert run.update(0).model.config == TINY.model


def test_what_a_training_takes_is_said_by_the_last_one_like_it(supervise: Supervise) -> None:
    supervisor = supervise()
    assert supervisor.expected_seconds(TINY) is None
    run = supervisor.start("me", TINY)
    eventually(lambda: not run.active)
    assert run.state == "done"
    once = supervisor.expected_seconds(TINY)
    assert once is not None
    assert once == pytest.approx(run.spent)
    assert once > 0
    twice = supervisor.expected_seconds(replace(TINY, steps=2 * TINY.last_step, seed=4))
    assert twice == pytest.approx(2 * once)
    other = replace(TINY, model=replace(TINY.model, layers=2))
    assert supervisor.expected_seconds(other) is None


def test_others_wait_their_turn_and_see_their_place(supervise: Supervise) -> None:
    supervisor = supervise(slots=1)
    first, second, third = (supervisor.start(who, ENDLESS) for who in "abc")
    assert [run.state for run in (first, second, third)] == ["running", "waiting", "waiting"]
    assert [supervisor.ahead_of(run) for run in (first, second, third)] == [0, 1, 2]
    supervisor.stop(first)
    assert (second.state, supervisor.ahead_of(third)) == ("running", 1)
    supervisor.stop(third)  # one that waits can leave, too
    assert (third.state, third.process) == ("stopped", None)


def test_a_place_that_falls_free_by_itself_is_taken(supervise: Supervise) -> None:
    supervisor = supervise(slots=1)
    first, second = supervisor.start("a", TINY), supervisor.start("b", TINY)
    eventually(lambda: not second.active)
    assert (first.state, second.state) == ("done", "done")


def test_a_full_queue_says_so_and_so_does_a_second_training(supervise: Supervise) -> None:
    supervisor = supervise(slots=1, waiting=1)
    supervisor.start("a", ENDLESS)
    with pytest.raises(TrainingRefused, match="still runs"):
        supervisor.start("a", ENDLESS)
    supervisor.start("b", ENDLESS)
    with pytest.raises(TrainingRefused, match="Try again"):
        supervisor.start("c", ENDLESS)


def test_stop_ends_the_process_at_once_and_keeps_what_it_learned(supervise: Supervise) -> None:
    supervisor = supervise()
    run = supervisor.start("me", ENDLESS)
    eventually(run.points)
    supervisor.stop(run)
    assert run.state == "stopped"
    assert not lives(run.process)
    assert run.update(run.points()[-1].step).model.config == ENDLESS.model


def state_of(run: Run) -> str:
    assert run.process is not None
    return Path(f"/proc/{run.process.pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_pause_halts_it_and_resume_lets_it_go_on(supervise: Supervise) -> None:
    supervisor = supervise()
    run = supervisor.start("me", ENDLESS)
    eventually(run.points)
    supervisor.pause(run)
    eventually(lambda: state_of(run) == "T")
    assert run.state == "paused"
    supervisor.resume(run)
    eventually(lambda: state_of(run) != "T")
    assert run.state == "running"


def test_one_that_is_paused_can_be_stopped(supervise: Supervise) -> None:
    supervisor = supervise()
    run = supervisor.start("me", ENDLESS)
    supervisor.pause(run)
    supervisor.stop(run)
    assert not lives(run.process)


def test_one_that_is_paused_for_long_gives_its_place_away(supervise: Supervise) -> None:
    supervisor = supervise(slots=1, pause=0.2)
    first, second = supervisor.start("a", ENDLESS), supervisor.start("b", ENDLESS)
    supervisor.pause(first)
    eventually(lambda: second.state == "running")
    assert first.state == "stopped"
    assert "was paused for 0.2 seconds" in str(first.said)


def test_one_that_runs_for_long_is_stopped_and_says_so(supervise: Supervise) -> None:
    supervisor = supervise(seconds=0.5)
    run = supervisor.start("me", ENDLESS)
    eventually(lambda: not run.active)
    assert run.state == "stopped"
    assert "the most that a training may take" in str(run.said)
    assert not lives(run.process)


def test_one_that_needs_too_much_memory_fails_in_a_sentence(supervise: Supervise) -> None:
    supervisor = supervise()
    run = supervisor.start("me", replace(TINY, batch=2_000_000))
    eventually(lambda: not run.active)
    assert run.state == "failed"
    assert "more memory than a training may have" in str(run.said)


def test_one_that_dies_is_said_to_have(supervise: Supervise) -> None:
    supervisor = supervise()
    run = supervisor.start("me", ENDLESS)
    assert run.process is not None
    run.process.kill()
    eventually(lambda: not run.active)
    assert (run.state, run.said) == ("failed", "The training ended unexpectedly. Start it again.")


def test_when_a_visitor_leaves_their_runs_end_and_are_removed(
    supervise: Supervise, visitors: Visitors
) -> None:
    supervisor = supervise(slots=2, gone=0.2)
    mine, yours = supervisor.start("me", ENDLESS), supervisor.start("you", ENDLESS)
    waiting = supervisor.start("third", ENDLESS)
    visitors.left |= {"me", "third"}
    eventually(lambda: supervisor.runs_of("me") == supervisor.runs_of("third") == [])
    assert (mine.state, waiting.state, yours.state) == ("removed", "removed", "running")
    assert not lives(mine.process)
    assert not mine.folder.exists()
    assert mine.points() == []


def test_a_visitor_who_comes_back_soon_keeps_the_training(
    supervise: Supervise, visitors: Visitors
) -> None:
    supervisor = supervise(gone=3600)
    run = supervisor.start("me", ENDLESS)
    visitors.left.add("me")
    seen = visitors.asked
    eventually(lambda: visitors.asked > seen + 3)
    visitors.left.clear()
    assert run.active


def test_only_the_last_runs_of_a_visitor_are_kept(supervise: Supervise) -> None:
    supervisor = supervise(kept=2)
    runs = []
    for _ in range(3):
        runs.append(supervisor.start("me", ENDLESS))
        supervisor.stop(runs[-1])
    assert supervisor.runs_of("me") == runs[1:]
    assert not runs[0].folder.exists()


def test_only_so_many_runs_are_kept_in_all(supervise: Supervise) -> None:
    supervisor = supervise(kept_in_all=2)
    for who in "abc":
        supervisor.stop(supervisor.start(who, ENDLESS))
    assert [len(supervisor.runs_of(who)) for who in "abc"] == [0, 1, 1]


def test_close_leaves_no_process_and_no_file(supervise: Supervise) -> None:
    supervisor = supervise(slots=2)
    runs = [supervisor.start(who, ENDLESS) for who in "ab"]
    folder = runs[0].folder.parent
    supervisor.close()
    assert not any(lives(run.process) for run in runs)
    assert not folder.exists()


def test_the_end_of_the_server_ends_its_trainings() -> None:
    code = (
        "from tests.support.trainings import ENDLESS\n"
        "from ui.train.supervisor import TrainingLimits, Supervisor\n"
        "run = Supervisor(TrainingLimits(), lambda _: True).start('me', ENDLESS)\n"
        "print(run.process.pid, run.folder)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    pid, folder = done.stdout.split()
    assert not Path(f"/proc/{pid}").exists()
    assert not Path(folder).exists()


@pytest.mark.parametrize(
    ("cores", "memory", "expected"),
    [(1, 8, 1), (2, 8, 1), (3, 8, 2), (64, 8, 2), (64, 1.5, 1), (2, 1.2, 0), (2, 0.5, 0)],
)
def test_a_core_and_memory_are_left_for_the_pages(cores: int, memory: float, expected: int) -> None:
    assert slots(cores, int(memory * 1e9)) == expected


def test_where_memory_is_short_nothing_is_trained_and_that_is_said(supervise: Supervise) -> None:
    with pytest.raises(TrainingRefused, match="too little memory"):
        supervise(slots=0).start("me", TINY)


def test_a_training_goes_after_the_pages(supervise: Supervise) -> None:
    run = supervise().start("me", ENDLESS)
    assert run.process is not None
    pid = run.process.pid
    eventually(lambda: os.getpriority(os.PRIO_PROCESS, pid) == 15)


def test_pauses_are_counted_together(supervise: Supervise) -> None:
    """The clock began anew at each resume: a place could be kept for ever."""
    supervisor = supervise(slots=1, pause=0.3)
    run, second = supervisor.start("a", ENDLESS), supervisor.start("b", ENDLESS)
    eventually(run.points)

    def went_on(before: float) -> Callable[[], bool]:
        return lambda: run.paused > before or not run.active

    while run.active:
        supervisor.pause(run)
        eventually(went_on(run.paused))
        supervisor.resume(run)
    assert (run.state, second.state) == ("stopped", "running")
    assert run.said is not None
    assert "in all" in run.said
    assert run.update(run.points()[-1].step).model.config == ENDLESS.model


def test_one_address_cannot_keep_the_others_out(supervise: Supervise) -> None:
    """Thirteen scripted sessions filled the queue, and everyone else was sent away."""
    supervisor = supervise(slots=1, waiting=3)
    supervisor.group_of = lambda session: session[0]
    many = [supervisor.start(f"a{i}", ENDLESS) for i in range(4)]
    other = supervisor.start("b1", ENDLESS)
    assert [run.state for run in many] == ["running", "waiting", "waiting", "stopped"]
    assert many[-1].said is not None
    assert "gave way" in many[-1].said
    assert supervisor.ahead_of(other) == 1
    with pytest.raises(TrainingRefused, match="Try again"):
        supervisor.start("a9", ENDLESS)
    with pytest.raises(TrainingRefused, match="Try again"):
        supervisor.start("b2", ENDLESS)
    supervisor.stop(many[0])
    assert (other.state, many[1].state) == ("running", "waiting")


def test_the_disk_is_kept_within_its_budget_by_thinning_first(supervise: Supervise) -> None:
    """The fourth run of a small disk ended in the middle, without a word of why."""
    supervisor, one = supervise(slots=1), expected_bytes(TINY)
    first = supervisor.start("a", TINY)
    eventually(lambda: not first.active)
    points, written = first.points(), first.bytes_written()
    supervisor.limits = replace(supervisor.limits, disk=written + one // 2)
    supervisor.start("b", TINY)
    assert (first.state, first.thinned) == ("done", True)
    kept = first.points()
    assert kept[-1] == points[-1]
    assert 1 < len(kept) < len(points)
    assert all(first.update(point.step).model.config == TINY.model for point in kept)
    assert first.bytes_written() < written
    supervisor.limits = replace(supervisor.limits, disk=2 * one)
    supervisor.start("c", TINY)
    assert first.state == "removed"


def test_without_room_nothing_is_begun_and_that_is_said(supervise: Supervise) -> None:
    supervisor = supervise(disk=expected_bytes(TINY) - 1)
    with pytest.raises(TrainingRefused, match="no room"):
        supervisor.start("me", TINY)


def test_what_is_expected_on_the_disk_is_about_what_comes(supervise: Supervise) -> None:
    run = supervise().start("me", TINY)
    eventually(lambda: not run.active)
    weights = expected_bytes(TINY)
    assert weights / 2 < run.bytes_written() < 6 * weights


def test_why_a_process_failed_is_told_without_what_a_visitor_chose() -> None:
    log = (
        "Traceback (most recent call last):\n"
        '  File "/app/icl_core/training/watched.py", line 12, in main\n'
        "    trainer.watch()\n"
        "safetensors.SafetensorError: what she named it: No space left on device\n"
    )
    assert reason_in(log, 1) == "code 1 SafetensorError watched.py:12 main"
    assert reason_in("", -9) == "signal 9"
