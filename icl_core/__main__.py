"""The command line: ``python -m icl_core train RECIPE`` and its siblings."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from icl_core.checkpoints import (
    FOLDER,
    load_model,
    read_manifest,
    update_entry,
    write_entry,
)
from icl_core.evaluation import (
    Row,
    evaluate_drawings,
    evaluate_flagship,
    evaluate_plain,
    flagship_cells,
    load_drawings,
)
from icl_core.probes import fit_layer_readouts
from icl_core.recipes import list_recipes, load_recipe, recipe_from_dict
from icl_core.tasks import PlainPrior
from icl_core.training import Progress, Trainer, machine_class, processes

DRAWINGS = Path(__file__).resolve().parent.parent / "tests" / "data" / "drawings.json"


def _commit() -> str:
    """The commit of the code at hand, or "unknown" outside a repository."""
    command = ["git", "rev-parse", "HEAD"]
    try:
        answer = subprocess.run(
            command, cwd=FOLDER.parent, capture_output=True, text=True, check=False
        )
    except OSError:  # no git, as in a slim container
        return "unknown"
    return answer.stdout.strip() or "unknown"


def train(args: argparse.Namespace) -> None:
    """Train a recipe, or go on where a killed run stopped; store the weights at the end."""
    recipe = load_recipe(args.recipe)
    if args.seed is not None:
        recipe = recipe.with_seed(args.seed)
    with processes(args.device) as device:
        trainer = Trainer(recipe, Path(args.runs) / recipe.name, device)
        bar = tqdm(total=recipe.last_step, initial=trainer.progress.step, disable=trainer.rank > 0)

        def report(progress: Progress) -> None:
            bar.update(progress.step - bar.n)
            point = progress.history[-1]
            bar.set_postfix(loss=f"{point['loss']:.4f}", excess=f"{point['excess']:.4f}")

        if not args.export_only:
            trainer.run(report=report)
        bar.close()
        if trainer.rank == 0:
            _export(trainer, Path(args.into))


def _export(trainer: Trainer, folder: Path) -> None:
    recipe, progress = trainer.recipe, trainer.progress
    note = {
        "architecture": vars(recipe.model),
        "recipe": recipe.as_dict(),
        "steps": progress.step,
        "prompts": progress.step * recipe.batch,
        "wall_seconds": round(progress.seconds),
        "machine": machine_class(trainer.device),
        "commit": _commit(),
        "history": progress.history[:: max(1, len(progress.history) // 100)],
        "evaluation": None,
    }
    write_entry(recipe.name, dict(trainer.model.state_dict()), note, folder)
    print(f"Stored {folder / recipe.name}.safetensors")


def evaluate(args: argparse.Namespace) -> None:
    """Print a row for each cell of the prior, and one for each habit of drawing."""
    model = load_model(args.name)
    recipe = recipe_from_dict(read_manifest()[args.name]["recipe"], args.name)
    plain = recipe.prior if isinstance(recipe.prior, PlainPrior) else None
    runs = (
        evaluate_plain(model, plain, args.tasks, args.seed)
        if plain
        else evaluate_flagship(model, args.tasks, args.seed)
    )
    count = 1 if plain else len(flagship_cells())
    rows = [row for rows in tqdm(runs, total=count, disable=args.json) for row in rows]
    drawings = [] if plain else evaluate_drawings(model, load_drawings(DRAWINGS))
    table = {
        "command": f"python -m icl_core evaluate {args.name}"
        f" --tasks {args.tasks} --seed {args.seed}",
        "seed": args.seed,
        "commit": _commit(),
        "model_sha256": read_manifest()[args.name]["sha256"],
        "rows": [_rounded(row) for row in rows],
        "drawings": [_rounded(row) for row in drawings],
    }
    if args.store:
        update_entry(args.name, {"evaluation": table})
    if args.json:
        print(json.dumps(table, indent=1))
    else:
        _print_table(table["rows"])
        _print_table(table["drawings"])


def _rounded(row: Row) -> Row:
    return {k: float(f"{v:.5g}") if isinstance(v, float) else v for k, v in row.items()}


def _print_table(rows: list[Row]) -> None:
    if not rows:
        return
    print("  ".join(f"{key:>12}" for key in rows[0]))
    for row in rows:
        print("  ".join(f"{'all' if v is None else v!s:>12}" for v in row.values()))


def _advance(bar: tqdm[Any], done: int) -> None:
    bar.update(done)


def probe(args: argparse.Namespace) -> None:
    """Fit the layer readouts of a checkpoint and store them beside it."""
    model = load_model(args.name)
    with tqdm(total=args.prompts + args.prompts // 4, unit="prompt", disable=args.json) as bar:
        readouts = fit_layer_readouts(
            model, prompts=args.prompts, seed=args.seed, progress=lambda done: _advance(bar, done)
        )
    note = {
        "kind": "layer readouts",
        "model_sha256": read_manifest()[args.name]["sha256"],
        "command": f"python -m icl_core probe {args.name}"
        f" --prompts {args.prompts} --seed {args.seed}",
        "seed": args.seed,
        "commit": _commit(),
    }
    write_entry(f"{args.name}.readouts", vars(readouts), note)
    by_layer = [
        _rounded({"layer": i, "r2": float(r)}) for i, r in enumerate(readouts.r2.mean((1, 2)))
    ]
    print(json.dumps({**note, "r2_by_layer": by_layer}, indent=1))


def parser() -> argparse.ArgumentParser:
    """Every command and its options."""
    top = argparse.ArgumentParser(prog="python -m icl_core", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("train", help="train a recipe, or resume it")
    one.add_argument("recipe", help=f"a name ({', '.join(list_recipes())}) or a .toml file")
    one.add_argument("--seed", type=int, help="in place of the recipe's seed")
    one.add_argument("--runs", default="runs", help="folder for snapshots (default: runs)")
    one.add_argument("--into", default=FOLDER, help="folder for the weights (default: checkpoints)")
    one.add_argument(
        "--device",
        choices=["cpu", "cuda"],
        default="cuda" if torch.cuda.is_available() else "cpu",
    )
    one.add_argument(
        "--export-only", action="store_true", help="store the last snapshot's weights as they are"
    )
    one.set_defaults(run=train)

    two = commands.add_parser("evaluate", help="errors and excess over Bayes, cell by cell")
    two.add_argument("name", help="a checkpoint")
    two.add_argument("--tasks", type=_positive, default=512, help="prompts for each sigma")
    two.add_argument("--seed", type=int, default=1000)
    two.add_argument("--json", action="store_true")
    two.add_argument("--store", action="store_true", help="keep the table in the manifest")
    two.set_defaults(run=evaluate)

    three = commands.add_parser("probe", help="fit the readouts of every layer")
    three.add_argument("name", help="a checkpoint")
    three.add_argument("--prompts", type=_positive, default=8192)
    three.add_argument("--seed", type=int, default=2000)
    three.add_argument("--json", action="store_true", help="no progress bar")
    three.set_defaults(run=probe)
    return top


def _positive(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, not {text!r}")
    return value


def main() -> None:
    """Run one command; bad input ends in one sentence and exit code 2."""
    args = parser().parse_args()
    try:
        args.run(args)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
