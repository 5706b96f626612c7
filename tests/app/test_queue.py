"""The queue for work that is too slow for a page's own run."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ui.playground.averages import compute_curves, known_curves
from ui.visitor.screen import Screen
from ui.work import queue as queues
from ui.work.progress import how_long
from ui.work.queue import Job, Queue, QueueFull

ROOT = Path(__file__).resolve().parents[2]


def test_a_job_runs_and_reports() -> None:
    seen: list[float] = []

    def work(job: Job) -> None:
        job.report(0.5)
        seen.append(job.progress)

    job = Queue().ask("key", work)
    assert job.done.wait(10)
    assert seen == [0.5]
    assert job.error is None


def test_equal_keys_share_one_job() -> None:
    queue, gate, runs = Queue(), threading.Event(), list[int]()

    def work(_: Job) -> None:
        gate.wait(10)
        runs.append(1)

    first, second = queue.ask("key", work), queue.ask("key", work)
    gate.set()
    assert first is second
    assert first.done.wait(10)
    assert runs == [1]


def test_jobs_wait_their_turn() -> None:
    queue, gate = Queue(), threading.Event()
    first = queue.ask(1, lambda _: gate.wait(10))
    second = queue.ask(2, lambda _: None)
    assert (queue.ahead_of(first), queue.ahead_of(second)) == (0, 1)
    assert not second.done.is_set()
    gate.set()
    assert second.done.wait(10)


def test_a_failure_is_kept_and_the_queue_goes_on() -> None:
    queue = Queue()
    broken = queue.ask(1, lambda _: 1 / 0)
    assert broken.done.wait(10)
    assert isinstance(broken.error, ZeroDivisionError)
    assert queue.ask(2, lambda _: None).done.wait(10)


def test_a_job_that_nobody_asks_for_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "LEASE_SECONDS", -1.0)
    finished = []
    job = Queue().ask("key", lambda job: finished.append(1))
    assert job.done.wait(10)
    assert finished == []


def test_a_full_queue_says_so() -> None:
    queue, gate = Queue(), threading.Event()
    for key in range(queues.MOST_WAITING):
        queue.ask(key, lambda _: gate.wait(10))
    with pytest.raises(QueueFull, match="Try again"):
        queue.ask("one more", lambda _: None)
    gate.set()


def test_averages_are_computed_once_and_hold_every_k() -> None:
    screen = Screen(points=None, d=1, sigma=0.5, show=("ridge", "knn"))
    assert known_curves(screen) is None
    shares: list[float] = []
    compute_curves(screen, shares.append)
    curves = known_curves(screen)
    assert curves is not None
    assert len(curves["ridge"].mean) == 41
    assert shares[-1] == 1.0
    for curve in curves.values():
        triples = zip(curve.low, curve.mean, curve.high, strict=True)
        assert all(low <= mean <= high for low, mean, high in triples)
    assert curves["ridge"].mean[-1] < curves["ridge"].mean[0]


def test_known_averages_are_not_computed_again() -> None:
    screen = Screen(points=None, d=1, sigma=0.25, show=("ols",))
    compute_curves(screen, lambda _: None)
    shares: list[float] = []
    compute_curves(screen, shares.append)
    assert shares == []


def test_a_long_job_lets_a_short_one_go_first() -> None:
    queue, gate, order = Queue(turn_seconds=60.0), threading.Event(), list[str]()

    def long(job: Job) -> None:
        gate.wait(10)
        queue._turn_began -= 120  # as if it had computed for two minutes
        job.report(0.5)
        order.append("long")

    def short(job: Job) -> None:
        job.report(0.5)
        order.append("short")

    first = queue.ask("long", long)
    second = queue.ask("short", short)
    gate.set()
    assert first.done.wait(10)
    assert second.done.wait(10)
    assert order == ["short", "long"]


def test_a_job_alone_in_the_line_goes_on() -> None:
    shares: list[float] = []

    def work(job: Job) -> None:
        for i in range(9):
            job.report(i / 9)
            shares.append(i)

    job = Queue(turn_seconds=0.0).ask("key", work)
    assert job.done.wait(10)
    assert shares == list(range(9))


QUIT_WHILE_AT_WORK = """
import threading, time, torch
from ui.work.queue import QUEUE
begun = threading.Event()
def work(job):
    while True:
        begun.set()
        torch.randn(1500, 1500) @ torch.randn(1500, 1500)
        job.wanted = time.monotonic()
        job.report(0.5)
QUEUE.ask("endless", work)
assert begun.wait(60)
"""


@pytest.mark.slow
def test_the_process_ends_in_good_order_while_a_job_computes() -> None:
    """Else: "terminate called without an active exception", and exit code 134."""
    command = [sys.executable, "-c", QUIT_WHILE_AT_WORK]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_a_job_took_is_said_of_the_next_of_its_kind_without_its_waiting() -> None:
    queue, gate = Queue(turn_seconds=60.0), threading.Event()
    assert how_long("slow", queue) is None

    def long(job: Job) -> None:
        gate.wait(10)
        queue._turn_began -= 120  # as if it had computed for two minutes
        job.report(0.5)  # and here the other has its turn

    first = queue.ask(1, long, "slow")
    second = queue.ask(2, lambda _: time.sleep(1.0), "other")
    gate.set()
    assert first.done.wait(10)
    assert second.done.wait(10)
    assert first.waited >= 1.0
    assert queue.took["slow"] < queue.took["other"]
    assert how_long("slow", queue) == "Took 1 s here the last time."
    broken = queue.ask(3, lambda _: 1 / 0, "broken")
    assert broken.done.wait(10)
    assert how_long("broken", queue) is None
