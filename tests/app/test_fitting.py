"""Readouts of a network that a visitor brought, fitted in a process of their own."""

from __future__ import annotations

import math
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import torch

from icl_core.checkpoints import load_decoder
from icl_core.probes import apart
from icl_core.probes.readouts import LayerReadouts, fit_layer_readouts
from icl_core.recipes import load_recipe
from icl_core.uploads import Upload
from ui.train import fitting
from ui.train.fitting import fit
from ui.work import queue as queues
from ui.work.child import begin
from ui.work.queue import Job, Queue

Children = list[subprocess.Popen[bytes]]


@pytest.fixture
def found() -> Upload:
    """A shipped network, as if somebody had brought it."""
    return Upload("depth-1", load_decoder("depth-1"), load_recipe("depth-1"), {"sha256": "0"})


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> Children:
    """The processes that are begun."""
    begun: Children = []

    def note(*arguments: Any, **pipes: Any) -> subprocess.Popen[bytes]:
        begun.append(begin(*arguments, **pipes))
        return begun[-1]

    monkeypatch.setattr(fitting, "begin", note)
    return begun


def asked(work: Callable[[Job], object]) -> Job:
    return Queue(math.inf).ask("fit", work)


def test_they_are_those_that_this_process_would_fit(
    found: Upload, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "LEASE_SECONDS", 600.0)  # no page asks for it again here
    fitted: list[LayerReadouts] = []
    shares: list[float] = []

    def work(job: Job) -> None:
        fitted.append(fit(found, job))
        shares.append(job.progress)

    job = asked(work)
    assert job.done.wait(600)
    assert job.error is None
    here = fit_layer_readouts(
        found.model, found.recipe.prior, prompts=fitting.PROMPTS, seed=fitting.SEED
    )
    assert fitted[0].r2.shape == here.r2.shape
    assert torch.allclose(fitted[0].maps, here.maps, atol=1e-4)
    assert shares == [1.0]
    assert children[0].poll() is not None


def test_nobody_waiting_ends_the_process(
    found: Upload, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "LEASE_SECONDS", 0.2)
    monkeypatch.setattr(fitting, "PROMPTS", 1_000_000)
    job = asked(lambda job: fit(found, job))
    assert job.done.wait(120)
    assert job.error is None
    assert children[0].returncode != 0


def test_a_process_that_ends_is_said_to_have(
    found: Upload, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "__name__", "icl_core.nothing")
    job = asked(lambda job: fit(found, job))
    assert job.done.wait(120)
    assert "has ended" in str(job.error)
