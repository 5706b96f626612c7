"""What the page that trains shows: runs as curves, and what can be taken away."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from icl_core.checkpoints import pack
from icl_core.recipes import Recipe
from icl_core.training.trainer import TrainingProgress, initial_model, machine_class, run_note
from icl_core.training.watched import Point, learned_to_read
from ui.train.settings import label_of
from ui.train.supervisor import Run
from ui.visitor.methods import NETWORK, style_of
from ui.visitor.networks import Network

RUN_STYLES = (NETWORK, "gd", "ridge")
"""The methods whose colours and dashes tell runs apart: they are not drawn beside them."""


@lru_cache(maxsize=16)
def untrained(recipe: Recipe) -> Network:
    """The network as it is before the first step."""
    return Network(initial_model(recipe).eval().requires_grad_(False), recipe.prior, None)


def network_at(run: Run, step: int) -> Network:
    """The network of a run at one of its snapshots."""
    update = run.update(step)
    return Network(update.model, run.recipe.prior, update.readouts)


def curves(runs: list[Run], shown: Run, at: int | None, seq: int) -> dict[str, Any]:
    """What `ui.components.training_view` draws of the runs that have points."""
    known = [run for run in runs if run.points()]
    return {
        "runs": [_curve(run, i) for i, run in enumerate(known)],
        "shown": known.index(shown),
        "at": at,
        "seq": seq,
    }


def _curve(run: Run, index: int) -> dict[str, Any]:
    style, points = style_of(RUN_STYLES[index % len(RUN_STYLES)]), run.points()
    broke = learned_to_read(points)
    return {
        "label": label_of(run.recipe),
        "light": style.light,
        "dark": style.dark,
        "dash": style.dash,
        "blind": points[0].blind,
        "broke": broke.step if broke else None,
        "points": [vars(point) for point in points],
    }


def point_at(points: list[Point], at: int | None) -> Point:
    """The point of a step; the last one where there is none such."""
    return next((point for point in points if point.step == at), points[-1])


def said_of_progress(run: Run, ahead: int) -> str:
    """How far a run is, in a sentence."""
    points = run.points()
    if run.state == "waiting":
        return (
            f"Waiting: {'one training is' if ahead == 1 else f'{ahead} trainings are'} to end first"
        )
    if not points:
        return "Starting"
    last = points[-1]
    done = f"{last.step} of {run.recipe.last_step} steps, {last.seconds:.0f} s"
    if run.state == "paused":
        return f"Paused at {done}"
    if not last.step:
        return done
    left = last.seconds / last.step * (run.recipe.last_step - last.step)
    return f"{done}, about {left:.0f} s to go"


def said_of_learning(run: Run) -> str | None:
    """When the plateau broke, or that it has not, in a sentence; None before there is a run."""
    points = run.points()
    if not points:
        return None
    broke = learned_to_read(points)
    if broke is None:
        return (
            f"**On the plateau** after {points[-1].step} steps: it does not use the prompt yet. "
            f"An answer that ignores the prompt has an excess of {points[0].blind:.0f}."
        )
    return (
        f"**The plateau broke after {broke.step} steps, {broke.seconds:.0f} s:** from there on it "
        f"learns from the prompt. Its excess over exact Bayes is now {points[-1].excess:.2f}."
    )


# --- taking it away ------------------------------------------------------------------


def name_of(run: Run, step: int) -> str:
    """A file name for the weights after a step."""
    return f"{run.recipe.name}.step{step}"


def packed(run: Run, step: int, kind: torch.dtype = torch.float32) -> tuple[bytes, dict[str, Any]]:
    """The weights after a step as safetensors, and their manifest entry."""
    points = [point for point in run.points() if point.step <= step]
    history = [
        {key: value for key, value in vars(point).items() if value is not None} for point in points
    ]
    progress = TrainingProgress(step, points[-1].seconds, history)
    note = run_note(run.recipe, progress, machine_class(torch.device("cpu")))
    return pack(name_of(run, step), _tensors(run, step, kind), note)


def _tensors(run: Run, step: int, kind: torch.dtype) -> dict[str, Tensor]:
    tensors = run.update(step).model.state_dict()
    return {name: tensor.to(kind) for name, tensor in tensors.items()}


def weights_file(run: Run, step: int) -> bytes:
    """The bytes of the safetensors file."""
    return packed(run, step)[0]


def manifest_file(run: Run, step: int) -> bytes:
    """The manifest entry as a JSON file, under its name."""
    return _as_json(run, step, packed(run, step)[1])


def small_files(run: Run, step: int) -> tuple[bytes, bytes]:
    """Both files, the weights in sixteen bits, as most snapshots are anyway."""
    weights, entry = packed(run, step, torch.float16)
    return weights, _as_json(run, step, entry)


def _as_json(run: Run, step: int, entry: dict[str, Any]) -> bytes:
    return json.dumps({name_of(run, step): entry}, indent=1, allow_nan=False).encode()
