"""A training that somebody watches: ``python -m icl_core.training.watched FOLDER``.

The folder holds ``recipe.json``. It receives an update every few steps, each
renamed into place, so that a reader never sees half of one: the weights, a
readout for every layer, and where the run stands. The process takes one thread,
stays within the limits it is given, and ends when its parent has gone.
SIGTSTP pauses it at once, SIGCONT lets it go on; a pause does not count as time.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import shutil
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from icl_core.interventions.pairing import pairing_scores
from icl_core.metrics import excess_over_bayes
from icl_core.models.transformer import Transformer
from icl_core.probes.readouts import LayerReadouts, fit_layer_readouts
from icl_core.recipes import Recipe, recipe_from_dict
from icl_core.training.trainer import Trainer, trained_tensors, with_tensors

UPDATES = 40
HELD_OUT, READOUT_PROMPTS, PAIRED_PROMPTS = 256, 192, 16
TOO_LARGE = "It needed more memory than a training may have here. Choose a smaller network."


@dataclass(frozen=True)
class Point:
    """Where a run stood: steps, seconds of training, the mean loss since the point before.

    excess is 1 + E(model − Bayes)²/E(Bayes − clean)² on held-out prompts; blind is
    that of the answer 0, the best there is without looking at the prompt; pairing is the
    highest score of a head in letting each y read its own x, see `pairing_scores`, None in
    updates that are older than it.
    """

    step: int
    seconds: float
    excess: float
    blind: float
    loss: float | None = None
    pairing: float | None = None


@dataclass(frozen=True)
class Update:
    """The network at one point, and what its layers would answer."""

    model: Transformer
    readouts: LayerReadouts


def update_steps(steps: int) -> list[int]:
    """After which steps updates are made: at the start, close together, and at the end.

    An update costs about as much as four steps, so a short run has fewer.
    """
    updates = max(1, min(UPDATES, steps // 10))
    shares = ((i / updates) ** 1.5 for i in range(updates + 1))
    return sorted({round(share * steps) for share in shares})


def learned_to_read(points: list[Point]) -> Point | None:
    """Where the plateau broke: the first point from which on the prompt is used.

    That is, from which on the network has made up at least half of what lies
    between an answer that ignores the prompt and exact Bayes.
    """
    found = None
    for point in reversed(points):
        if point.excess - 1 > (point.blind - 1) / 2:
            break
        found = point
    return found


# --- the process that trains ---------------------------------------------------------


class ParentGone(Exception):
    """Nobody watches any more."""


class WatchedTrainer(Trainer):
    """A trainer that writes an update whenever it would save."""

    def __init__(self, recipe: Recipe, folder: Path):
        super().__init__(recipe, folder, held_out=HELD_OUT)
        self.parent = os.getppid()
        self.paused = 0.0
        zero = torch.zeros_like(self.floor)
        self.blind = excess_over_bayes(zero, self.floor, self.validation.clean)

    def pause(self) -> None:
        """Stop until SIGCONT, and remember for how long."""
        begun = time.monotonic()
        os.kill(os.getpid(), signal.SIGSTOP)
        self.paused += time.monotonic() - begun

    def step(self) -> Tensor:
        """As the trainer's, unless the parent has gone."""
        if os.getppid() != self.parent:
            raise ParentGone
        return super().step()

    def measure(self) -> dict[str, float]:
        """The trainer's, the best head's pairing score, and the seconds without the pauses."""
        return {
            **super().measure(),
            "pairing": round(self.pairing(), 4),
            "seconds": round(self.progress.seconds - self.paused, 1),
        }

    def pairing(self) -> float:
        """How far the best head lets each y read its own x, on a few held-out prompts."""
        few = self.validation[:PAIRED_PROMPTS]
        most = self.recipe.model.max_exemplars
        attention = self.model.trace(few.x[:, :most], few.y[:, :most]).attention
        return float(pairing_scores(attention).mean(1).max())

    def save(self) -> None:
        """Write the update that belongs to the last point: the last one whole, others in half.

        Sixteen bits move a line by less than a pixel, and forty updates take half the disk.
        """
        point = {**self.progress.history[-1], "blind": round(self.blind, 5)}
        seed = self.recipe.seed
        readouts = fit_layer_readouts(
            self.model, self.recipe.prior, prompts=READOUT_PROMPTS, seed=seed
        )
        kind = torch.float32 if point["step"] == self.last_step else torch.float16
        tensors = {
            f"model.{key}": value.to(kind) for key, value in trained_tensors(self.model).items()
        }
        tensors |= {f"readouts.{key}": value for key, value in vars(readouts).items()}
        path = update_path(self.folder, int(point["step"]))
        part = path.with_suffix(".part")
        tensors = {key: value.contiguous() for key, value in tensors.items()}
        save_file(tensors, part, {"point": json.dumps(point)})
        part.replace(path)

    def watch(self) -> None:
        """Train to the last step with an update at each of `update_steps`."""
        self.progress.history.append({"step": 0, **self.measure()})
        self.save()
        for step in update_steps(self.last_step)[1:]:
            self.run(until=step, report_every=self.last_step, snapshot_seconds=math.inf)


def update_path(folder: Path, step: int) -> Path:
    """Where the update after a step is kept."""
    return folder / f"update-{step:06}.safetensors"


def failure_path(folder: Path) -> Path:
    """Where a run that failed says why, in a sentence."""
    return folder / "failure.txt"


def limit(seconds: int, memory: int) -> None:
    """Hold this process to seconds of processor time and bytes of memory."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))  # SIGXCPU, then SIGKILL
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    torch.set_num_threads(1)


def main() -> int:
    """Train what the folder's recipe says; 0 when it came to its end."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=int, required=True, help="processor time")
    parser.add_argument("--memory", type=int, required=True, help="bytes of address space")
    args = parser.parse_args()
    folder: Path = args.folder
    try:
        limit(args.seconds, args.memory)
        recipe = recipe_from_dict(json.loads((folder / "recipe.json").read_text()))
        trainer = WatchedTrainer(recipe, folder)
        signal.signal(signal.SIGTSTP, lambda *_: trainer.pause())
        trainer.watch()
    except ParentGone:
        shutil.rmtree(folder, ignore_errors=True)
        return 1
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and "memory" not in str(error):
            raise
        failure_path(folder).write_text(TOO_LARGE)
        return 1
    return 0


# --- the process that watches --------------------------------------------------------


def written_steps(folder: Path) -> list[int]:
    """The steps whose updates have been written so far."""
    return sorted(int(path.stem.partition("-")[2]) for path in folder.glob("update-*.safetensors"))


def read_point(folder: Path, step: int) -> Point:
    """Where the run stood at an update."""
    with safe_open(update_path(folder, step), "pt") as file:
        return Point(**json.loads(file.metadata()["point"]))


def read_update(folder: Path, step: int, recipe: Recipe) -> Update:
    """The network at an update, in eval mode."""
    weights: dict[str, Tensor] = {}
    readouts: dict[str, Tensor] = {}
    with safe_open(update_path(folder, step), "pt") as file:
        for key in file.keys():  # noqa: SIM118
            part, _, name = key.partition(".")
            (weights if part == "model" else readouts)[name] = file.get_tensor(key)
    return Update(with_tensors(recipe, weights), LayerReadouts(**readouts))


if __name__ == "__main__":
    sys.exit(main())
