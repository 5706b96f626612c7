"""``python -m icl_core train``: train a recipe, or go on where it stopped."""

from __future__ import annotations

import argparse
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor
from tqdm import tqdm

from icl_core.checkpoints import write_entry
from icl_core.recipes import Recipe, load_recipe
from icl_core.training.stack import Stack
from icl_core.training.trainer import (
    Loop,
    Trainer,
    TrainingProgress,
    machine_class,
    processes,
    run_note,
)


def train(args: argparse.Namespace) -> None:
    """Train recipes, or go on where a killed run stopped; store the weights at the end.

    Several, or one with several seeds, are trained side by side.
    """
    recipes = [load_recipe(name) for name in args.recipe]
    if args.seed is not None:
        recipes = [recipe.with_seed(seed) for recipe in recipes for seed in args.seed]
    with processes(args.device) as device:
        run, trainers = _loop(recipes, Path(args.runs), device)
        silent = trainers[0].rank > 0
        bar = tqdm(total=run.last_step, initial=run.progress.step, disable=silent)

        def report(progress: TrainingProgress) -> None:
            bar.update(progress.step - bar.n)
            point = progress.history[-1]
            told = ("loss", "excess", "spd_bayes")
            bar.set_postfix({name: f"{point[name]:.4f}" for name in told if name in point})

        if not args.export_only:
            run.run(report=report)
        bar.close()
        if not silent:
            for trainer in trainers:
                _export(trainer, Path(args.into))


def _loop(recipes: list[Recipe], runs: Path, device: str) -> tuple[Loop, list[Trainer]]:
    """What trains them, and the trainer of each."""
    if len(recipes) == 1:
        trainer = Trainer(recipes[0], runs / recipes[0].name, device)
        return trainer, [trainer]
    stack = Stack(recipes, runs, device)
    return stack, stack.members


def _export(trainer: Trainer, folder: Path) -> None:
    recipe, progress = trainer.recipe, trainer.progress
    note = run_note(recipe, progress, machine_class(trainer.device))
    write_entry(recipe.name, _as_stored(trainer.model.state_dict(), recipe), note, folder)
    for step in recipe.snapshots:
        kept = load_file(trainer.kept_path(step))
        note |= {"steps": step, "prompts": step * recipe.batch, "history": [], "of": recipe.name}
        write_entry(f"{recipe.name}.step{step}", _as_stored(kept, recipe), note, folder)
    print(f"Stored {folder / recipe.name}.safetensors")


def _as_stored(tensors: dict[str, Tensor], recipe: Recipe) -> dict[str, Tensor]:
    """Weights in the precision that the recipe asks for on disk."""
    return {k: v.half() if recipe.stored == "fp16" else v for k, v in tensors.items()}
