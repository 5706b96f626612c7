"""The one trainer: fresh prompts every step, resumable, one process or several.

Muon (Jordan et al., 2024; shipped with torch) drives the block matrices, AdamW
the rest, or all where the recipe says so. Step t's batch is a function of
(seed, t) and the kind of device alone, since prompts are made where they are read: a run
that was killed goes on with the data it would have seen, and so does one that is
continued on another number of processes.
"""

from __future__ import annotations

import json
import math
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from icl_core.checkpoints import current_commit
from icl_core.metrics import excess_over_bayes, squared_error
from icl_core.models.transformer import Transformer
from icl_core.models.trunk import OnTrunk, trunk
from icl_core.prompts import Prompt, SampledPrompt, generator
from icl_core.recipes import Recipe, recipe_from_dict

TRAINING_STREAM, VALIDATION_STREAM, INITIAL_STREAM = 0, 1, 2
VALIDATION_PROMPTS = 1024


@dataclass
class TrainingProgress:
    """Where a run stands: steps done, seconds spent, and the curve so far."""

    step: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)


def loss_weights(prompt: SampledPrompt, kind: str) -> Tensor:
    """Weight of each error, (B, k), from what the model can see.

    "visible" is 1/(max(d − k, 0) + ½), about one over the error that Bayes is
    left with. A weight that knew sigma would tilt the prior: the best answer
    would then be Bayes under another prior. "relative" is "visible" over the mean of
    ‖x‖² and of the y² seen before, so that prompts of every size count alike.
    """
    if kind == "uniform":
        return torch.ones_like(prompt.y)
    seen = torch.arange(prompt.y.shape[1], device=prompt.y.device)
    visible = 1 / ((prompt.dims[:, None] - seen).clamp(min=0) + 0.5)
    if kind == "visible":
        return visible
    length = prompt.x.square().sum(-1).mean(-1, keepdim=True)
    before = prompt.y[:, :-1].square().cumsum(-1)
    before = torch.cat([torch.zeros_like(length), before], dim=-1)
    return visible * (seen + 1) / (length + before)


def initial_model(recipe: Recipe) -> Transformer:
    """The network before the first step; the global random state stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(generator(recipe.seed, INITIAL_STREAM).initial_seed())
        if recipe.trunk:
            below = deepcopy(trunk(recipe.trunk))
            return OnTrunk(recipe.model, below, frozen=recipe.frozen)
        return Transformer(recipe.model)


def trained_tensors(model: Transformer) -> dict[str, Tensor]:
    """What a training changes of a network: all but a frozen trunk."""
    return model.added if isinstance(model, OnTrunk) else model.state_dict()


def with_tensors(recipe: Recipe, tensors: Mapping[str, Tensor]) -> Transformer:
    """The network of a recipe with `trained_tensors` of its own, in eval mode.

    RuntimeError where they do not fit.
    """
    model = initial_model(recipe)
    kept = model.kept if isinstance(model, OnTrunk) else {}
    model.load_state_dict({**kept, **tensors})
    return model.eval().requires_grad_(False)


class Loop(ABC):
    """The training loop: a batch, an update, now and then a measurement and a snapshot.

    A subclass sets ``model``, ``optimisers`` (their rates are the peaks) and says
    what a step's loss is, () or one for each network trained. Batches must depend on the
    seed and the step alone.
    """

    model: nn.Module
    optimisers: dict[str, torch.optim.Optimizer]
    progress: TrainingProgress

    @abstractmethod
    def loss(self) -> Tensor:
        """The loss of step ``progress.step``, to be differentiated."""

    @abstractmethod
    def rate(self, step: int) -> float:
        """Learning rate at a step, as a share of the peak."""

    @property
    @abstractmethod
    def last_step(self) -> int:
        """How many steps the run has."""

    def measure(self) -> dict[str, float]:
        """What a report says besides the loss."""
        return {}

    @abstractmethod
    def save(self) -> None:
        """Keep the run, so that it can be picked up."""

    def step(self) -> Tensor:
        """One batch, one update; the loss before it."""
        loss = self.loss()
        loss.sum().backward()
        self.update()
        return loss.detach()

    def update(self) -> None:
        """Follow the gradient that is there, clipped to length 1, and forget it."""
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        rate = self.rate(self.progress.step)
        for optimiser in self.optimisers.values():
            optimiser.param_groups[0]["lr"] = rate * optimiser.defaults["lr"]
            optimiser.step()
            optimiser.zero_grad()
        self.progress.step += 1

    def note(self, loss: Tensor) -> None:
        """Put the mean loss since the last report, and what is measured, on the curve."""
        self.progress.history.append(
            {
                "step": self.progress.step,
                "seconds": round(self.progress.seconds, 1),
                "loss": round(loss.item(), 5),
                **self.measure(),
            }
        )

    def run(
        self,
        *,
        until: int | None = None,
        report_every: int = 100,
        snapshot_seconds: float = 60.0,
        report: Callable[[TrainingProgress], None] = lambda _: None,
    ) -> None:
        """Train to the last step (or `until`), reporting and saving on the way."""
        last = self.last_step if until is None else min(until, self.last_step)
        begun = saved = time.monotonic()
        before = self.progress.seconds
        losses: list[Tensor] = []
        while self.progress.step < last:
            losses.append(self.step())
            now = time.monotonic()
            self.progress.seconds = before + now - begun
            if self.progress.step % report_every == 0 or self.progress.step == last:
                self.note(torch.stack(losses).mean(0))
                losses.clear()
                report(self.progress)
            if now - saved > snapshot_seconds or self.progress.step == last:
                self.save()
                saved = now


class Trainer(Loop):
    """One run of a recipe.

    ``folder`` receives ``snapshot.safetensors`` (weights, optimiser state,
    progress), and the weights of the recipe's snapshots. ``held_out`` prompts are
    set aside for `measure`. Under ``torchrun`` every process takes its share of
    each batch.
    """

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        device: str = "cpu",
        held_out: int = VALIDATION_PROMPTS,
    ):
        self.recipe = recipe
        self.folder = folder
        self.device = torch.device(device)
        self.progress = TrainingProgress()
        self.rank = dist.get_rank() if dist.is_initialized() else 0
        self.processes = dist.get_world_size() if dist.is_initialized() else 1
        if recipe.batch % self.processes:
            raise ValueError(
                f"A batch of {recipe.batch} does not divide among {self.processes} processes."
            )
        self.model: Transformer = initial_model(recipe).to(self.device)
        self.network: nn.Module = (
            DistributedDataParallel(self.model) if self.processes > 1 else self.model
        )
        self.optimisers = self._optimisers()
        if self.snapshot_path.exists():
            self._resume()
        self.validation = self._validation(held_out).to(self.device)
        self.floor = recipe.prior.bayes().predict_next(self.validation.x, self.validation.y)

    @property
    def snapshot_path(self) -> Path:
        """Where the run can be picked up."""
        return self.folder / "snapshot.safetensors"

    def kept_path(self, step: int) -> Path:
        """Where the weights after one of the recipe's snapshots are kept."""
        return self.folder / f"step{step}.safetensors"

    def _optimisers(self) -> dict[str, torch.optim.Optimizer]:
        matrices: list[nn.Parameter] = []
        others: list[nn.Parameter] = []
        for name, parameter in self.model.named_parameters():
            if not parameter.requires_grad:
                continue
            is_matrix = name.startswith("blocks") and parameter.ndim == 2
            by_muon = is_matrix and self.recipe.optimiser == "muon"
            (matrices if by_muon else others).append(parameter)
        adamw = torch.optim.AdamW(others, lr=self.recipe.adamw_lr, weight_decay=0.0)
        if not matrices:
            return {"adamw": adamw}
        return {"muon": torch.optim.Muon(matrices, lr=self.recipe.muon_lr), "adamw": adamw}

    def _validation(self, prompts: int) -> SampledPrompt:
        """Held-out prompts with one pair more than the longest context: the query after it."""
        gen = generator(self.recipe.seed, VALIDATION_STREAM, prompts)
        pairs = self.recipe.model.max_exemplars + 1
        return self.recipe.prior.sample(prompts, pairs, gen)

    def batch(self, step: int) -> SampledPrompt:
        """The batch of a step, whole; a function of (seed, step) and the kind of device."""
        recipe, (short, few) = self.recipe, self.recipe.short_at(step)
        gen = generator(recipe.seed, TRAINING_STREAM, step, device=self.device)
        pairs = recipe.model.max_exemplars + 1
        if few and torch.rand((), generator=gen, device=gen.device) < short:
            pairs = few + 1
        return recipe.prior_at(step).sample(recipe.batch, pairs, gen)

    def _share(self, prompt: SampledPrompt) -> SampledPrompt:
        """This process's part of a batch."""
        return prompt[slice(self.rank, None, self.processes)]

    def precision(self) -> torch.autocast:
        """A context in which products have the precision of this step."""
        # What is measured after the last step is measured as that step computed.
        step = min(self.progress.step, self.recipe.last_step - 1)
        bf16 = self.recipe.precision_at(step) == "bf16"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=bf16)

    def _forward(self, network: nn.Module, prompt: Prompt) -> Tensor:
        with self.precision():
            return network(prompt.x, prompt.y).float()

    def loss(self) -> Tensor:
        """The weighted squared error of this step's batch."""
        batch = self.batch(self.progress.step)
        # The mean is over the whole batch: shares differ in weight, gradients are averaged.
        total = loss_weights(batch, self.recipe.loss).sum().item() / self.processes
        prompt = self._share(batch)
        error = (self._forward(self.network, prompt) - prompt.y).square()
        return (loss_weights(prompt, self.recipe.loss) * error).sum() / total

    def update(self) -> None:
        """As in any loop; the recipe's snapshots are kept on the way."""
        super().update()
        if self.progress.step in self.recipe.snapshots and not self.rank:
            self.folder.mkdir(parents=True, exist_ok=True)
            save_file(self.model.state_dict(), self.kept_path(self.progress.step))

    def rate(self, step: int) -> float:
        """As the recipe has it."""
        return self.recipe.rate(step)

    @property
    def last_step(self) -> int:
        """As the recipe has it."""
        return self.recipe.last_step

    def measure(self) -> dict[str, float]:
        """The excess over Bayes on held-out prompts; where Bayes makes no error, the gap to it."""
        excess = self.excess()
        if math.isfinite(excess):
            return {"excess": round(excess, 5)}
        predicted = self._forward_held_out()
        return {"spd_bayes": round(float(squared_error(predicted, self.floor)[:, 1:].mean()), 7)}

    @torch.inference_mode()
    def _forward_held_out(self) -> Tensor:
        return self._forward(self.model, self.validation)

    def excess(self) -> float:
        """Excess over Bayes on held-out prompts of the recipe's prior, k >= 1."""
        return excess_over_bayes(self._forward_held_out(), self.floor, self.validation.clean)

    # --- snapshots ----------------------------------------------------------

    def save(self) -> None:
        """Write the snapshot; a kill at any moment leaves the old one or the new one."""
        if self.rank:
            return
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        for name, optimiser in self.optimisers.items():
            for index, state in optimiser.state_dict()["state"].items():
                for key, value in state.items():
                    tensors[f"{name}.{index}.{key}"] = torch.as_tensor(value)
        note = {"recipe": self.recipe.as_dict(), "progress": asdict(self.progress)}
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.snapshot_path.with_suffix(".part")
        save_file(
            {k: v.detach().cpu().contiguous() for k, v in tensors.items()},
            part,
            {"run": json.dumps(note)},
        )
        part.replace(self.snapshot_path)

    def _resume(self) -> None:
        try:
            with safe_open(self.snapshot_path, "pt") as file:
                note = json.loads(file.metadata()["run"])
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{self.snapshot_path} is not a snapshot ({error}). Move it away to start afresh."
            ) from None
        self._refuse_other_recipe(recipe_from_dict(note["recipe"]))
        self.model.load_state_dict(
            {k.removeprefix("model."): v for k, v in tensors.items() if k.startswith("model.")}
        )
        for name, optimiser in self.optimisers.items():
            state: dict[int, dict[str, Any]] = {}
            for key, value in tensors.items():
                if key.startswith(f"{name}."):
                    _, index, part = key.split(".")
                    state.setdefault(int(index), {})[part] = value
            groups = optimiser.state_dict()["param_groups"]
            optimiser.load_state_dict({"state": state, "param_groups": groups})
        self.progress = TrainingProgress(**note["progress"])

    def _refuse_other_recipe(self, saved: Recipe) -> None:
        """A snapshot may be continued with another length, not with another recipe."""

        def fixed(recipe: Recipe) -> dict[str, Any]:
            free = ("steps", "decay", "tails", "snapshots", "stored")
            return {k: v for k, v in recipe.as_dict().items() if k not in free}

        if fixed(saved) != fixed(self.recipe):
            raise ValueError(
                f"{self.snapshot_path} belongs to another recipe. "
                "Move it away to start afresh, or train with the recipe that made it."
            )


def run_note(recipe: Recipe, progress: TrainingProgress, machine: str) -> dict[str, Any]:
    """What a manifest entry says of a run; an evaluation may follow."""
    return {
        "architecture": vars(recipe.model),
        "recipe": recipe.as_dict(),
        "steps": progress.step,
        "prompts": progress.step * recipe.batch,
        "wall_seconds": round(progress.seconds),
        "machine": machine,
        "commit": current_commit(),
        "history": progress.history[:: max(1, len(progress.history) // 100)],
        "evaluation": None,
    }


def machine_class(device: torch.device) -> str:
    """What trained it, in words: "2 CPU cores, AVX512" or a GPU's name."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{os.cpu_count()} CPU cores, {torch.backends.cpu.get_cpu_capability()}"


@contextmanager
def processes(device: str) -> Iterator[str]:
    """The process group that ``torchrun`` asks for, if it does; yields this process's device."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield device
        return
    dist.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield f"cuda:{os.environ['LOCAL_RANK']}" if device == "cuda" else device
    finally:
        dist.destroy_process_group()
