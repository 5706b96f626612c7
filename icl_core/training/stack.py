"""Equal networks trained side by side: one pass over the stack of their weights.

A small network leaves a machine waiting for its next operation; E of them in one batched
operation take little longer than one. Each has its own seed, prompts, optimiser and
snapshot, so a stack may be taken up as single runs and single runs as a stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap

from icl_core.models.transformer import Transformer
from icl_core.recipes import Recipe
from icl_core.training.trainer import (
    VALIDATION_PROMPTS,
    Loop,
    Trainer,
    TrainingProgress,
    loss_weights,
)


def alike(recipes: Sequence[Recipe]) -> None:
    """ValueError unless the recipes differ in name, seed and law only, and all at equal prompts."""
    first = recipes[0]
    names = [recipe.name for recipe in recipes]
    if len(set(names)) < len(names):
        raise ValueError(f"Networks of a stack need names of their own, not {', '.join(names)}.")
    for recipe in recipes:
        if replace(recipe, name=first.name, seed=first.seed, prior=first.prior) != first:
            raise ValueError(
                f"{recipe.name} and {first.name} cannot be trained side by side: "
                "their recipes may differ in name, seed and prior only."
            )
        if recipe.trunk or recipe.short or any(tail.short for tail in recipe.tails):
            raise ValueError(
                f"{recipe.name} cannot be trained side by side with others: "
                "it has a trunk, or short prompts, which come at each network's own steps."
            )


class Stack(Loop):
    """E runs in one; each as `Trainer` has it, in a folder of its own.

    ``recipes`` must be `alike`; ``folder`` receives a folder for each by its name. Runs that were
    picked up must stand at the same step. ValueError where one of this does not hold.
    """

    def __init__(
        self,
        recipes: Sequence[Recipe],
        folder: Path,
        device: str = "cpu",
        held_out: int = VALIDATION_PROMPTS,
    ):
        alike(recipes)
        self.members = [Trainer(one, folder / one.name, device, held_out) for one in recipes]
        steps = {member.progress.step for member in self.members}
        if len(steps) > 1:
            raise ValueError(
                f"The runs stand at different steps, {sorted(steps)}: train them singly."
            )
        first = self.members[0]
        if first.processes > 1:
            raise ValueError("A stack trains in one process.")
        self.model: Transformer = first.model
        self.optimisers = {}
        self.progress = TrainingProgress(first.progress.step, first.progress.seconds)
        self.weights, _ = stack_module_state([member.model for member in self.members])
        for place, member in enumerate(self.members):
            for name, parameter in member.model.named_parameters():
                parameter.data = self.weights[name].data[place]

    def batch(self) -> tuple[Tensor, Tensor, Tensor]:
        """What each network reads at this step: x (E, B, k, d), y and error weights (E, B, k)."""
        batches = [member.batch(self.progress.step) for member in self.members]
        kind = self.members[0].recipe.loss
        weights = torch.stack([loss_weights(batch, kind) for batch in batches])
        x, y = (torch.stack([getattr(batch, name) for batch in batches]) for name in "xy")
        return x, y, weights

    def loss(self) -> Tensor:
        """Each network's loss at its own batch, (E,)."""
        x, y, weights = self.batch()

        def one(own: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
            return functional_call(self.model, own, (x, y))

        with self.members[0].precision():
            told = vmap(one)(self.weights, x, y).float()
        return (weights * (told - y).square()).sum((1, 2)) / weights.sum((1, 2))

    def update(self) -> None:
        """Each network follows its own gradient, by its own optimisers."""
        for place, member in enumerate(self.members):
            for name, parameter in member.model.named_parameters():
                grad = self.weights[name].grad
                parameter.grad = None if grad is None else grad[place]
            member.update()
        for stacked in self.weights.values():
            stacked.grad = None
        self.progress.step += 1

    def note(self, loss: Tensor) -> None:
        """On the curve of each, and their mean on the stack's."""
        for member, own in zip(self.members, loss, strict=True):
            member.progress.seconds = self.progress.seconds
            member.note(own)
        super().note(loss.mean())

    def save(self) -> None:
        """A snapshot of each, as its `Trainer` writes it."""
        for member in self.members:
            member.progress.seconds = self.progress.seconds
            member.save()

    def rate(self, step: int) -> float:
        """As the recipes have it."""
        return self.members[0].rate(step)

    @property
    def last_step(self) -> int:
        """As the recipes have it."""
        return self.members[0].last_step
