"""A training that somebody watches: its updates, its pauses, its limits, its end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from icl_core.recipes import Recipe
from icl_core.training.trainer import Trainer, initial_model
from icl_core.training.watched import (
    HELD_OUT,
    PAIRED_PROMPTS,
    TOO_LARGE,
    Point,
    failure_path,
    learned_to_read,
    read_point,
    read_update,
    update_steps,
    written_steps,
)
from tests.support.server import ROOT
from tests.support.trainings import ENDLESS, TINY, own_environment
from tests.support.waiting import PATIENCE, eventually

Launch = Callable[..., subprocess.Popen[bytes]]


pytestmark = pytest.mark.slow


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Starts the process that trains, in a folder of its own."""
    begun: list[subprocess.Popen[bytes]] = []

    def start(
        recipe: Recipe, *, seconds: int = 300, memory: int = 1_500_000_000
    ) -> subprocess.Popen[bytes]:
        (tmp_path / "recipe.json").write_text(json.dumps(recipe.as_dict()))
        most = ["--seconds", str(seconds), "--memory", str(memory)]
        begun.append(
            subprocess.Popen(
                [sys.executable, "-m", "icl_core.training.watched", str(tmp_path), *most],
                cwd=ROOT,
                env=own_environment(),
                stderr=subprocess.PIPE,
                process_group=0,
            )
        )
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.communicate()


def test_updates_come_close_together_at_first_and_end_at_the_last_step() -> None:
    steps = update_steps(1000)
    assert (steps[0], steps[-1], len(steps)) == (0, 1000, 41)
    gaps = [after - before for before, after in pairwise(steps)]
    assert gaps[0] < 10 < gaps[-1]


@pytest.mark.parametrize("steps", [1, 9, 10, 100])
def test_a_short_run_has_fewer_updates_but_its_ends(steps: int) -> None:
    found = update_steps(steps)
    assert found[0] == 0
    assert found[-1] == steps
    assert len(found) <= 1 + max(1, steps // 10)


def points(*excess: float) -> list[Point]:
    return [Point(step=i, seconds=i, excess=value, blind=21.0) for i, value in enumerate(excess)]


def test_the_plateau_breaks_where_half_of_the_way_is_made_for_good() -> None:
    run = points(30, 21, 10, 15, 10.9, 5, 1.2)
    assert learned_to_read(run) == run[4]


@pytest.mark.parametrize("run", [points(), points(30, 21, 20), points(30, 5, 12)])
def test_a_plateau_that_holds_is_not_called_broken(run: list[Point]) -> None:
    assert learned_to_read(run) is None


def test_a_run_leaves_an_update_at_each_step_and_is_the_trainers_own(
    launch: Launch, tmp_path: Path
) -> None:
    process = launch(TINY)
    assert process.wait(PATIENCE) == 0, process.communicate()[1].decode()
    assert written_steps(tmp_path) == update_steps(40)
    trained = Trainer(TINY, tmp_path / "elsewhere")
    first, last = (read_update(tmp_path, step, TINY) for step in (0, 40))
    for name, value in initial_model(TINY).state_dict().items():
        # All but the last are kept in half precision.
        assert torch.equal(first.model.state_dict()[name], value.half().float()), name
    trained.run()
    for name, value in trained.model.state_dict().items():
        torch.testing.assert_close(last.model.state_dict()[name], value)
    assert last.readouts.maps.shape == (2, 17)
    assert not last.model.training
    begin, end = read_point(tmp_path, 0), read_point(tmp_path, 40)
    assert begin.loss is None
    assert end.loss is not None
    assert end.excess < begin.excess
    assert begin.blind > 2
    few = Trainer(TINY, tmp_path / "held out", held_out=HELD_OUT).validation[:PAIRED_PROMPTS]
    for update, point in ((first, begin), (last, end)):
        seen = update.model.trace(few.x[:, :-1], few.y[:, :-1]).attention
        own = torch.stack([seen[..., 2 * t + 1, 2 * t] for t in range(seen.shape[-1] // 2)])
        best = own.mean((0, 2)).max()
        assert point.pairing == pytest.approx(float(best), abs=1e-3)


def test_a_pause_halts_it_at_once_and_does_not_count(launch: Launch, tmp_path: Path) -> None:
    process = launch(ENDLESS)
    eventually(lambda: 0 in written_steps(tmp_path))

    def state() -> str:
        return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]

    process.send_signal(signal.SIGTSTP)
    eventually(lambda: state() == "T")
    process.send_signal(signal.SIGCONT)
    eventually(lambda: state() != "T")
    assert process.poll() is None


def test_one_that_runs_too_long_is_ended(launch: Launch) -> None:
    assert launch(ENDLESS, seconds=1).wait(PATIENCE) == -signal.SIGXCPU


def test_one_that_needs_too_much_memory_says_so(launch: Launch, tmp_path: Path) -> None:
    large = replace(TINY, batch=2_000_000, model=replace(TINY.model, width=256))
    process = launch(large)
    assert process.wait(PATIENCE) == 1, process.communicate()[1].decode()
    assert failure_path(tmp_path).read_text() == TOO_LARGE


def test_one_whose_parent_has_gone_ends_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "recipe.json").write_text(json.dumps(ENDLESS.as_dict()))
    command = [sys.executable, "-m", "icl_core.training.watched", str(folder)]
    command += ["--seconds", "300", "--memory", "1500000000"]
    parent = (
        "import subprocess, sys, time, pathlib\n"
        f"subprocess.Popen({command!r}, process_group=0)\n"
        f"while not list(pathlib.Path({str(folder)!r}).glob('update-*')): time.sleep(0.1)\n"
    )
    subprocess.run([sys.executable, "-c", parent], cwd=ROOT, env=own_environment(), check=True)
    eventually(lambda: not folder.exists())
