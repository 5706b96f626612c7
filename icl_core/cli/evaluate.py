"""``python -m icl_core evaluate``: how close a checkpoint comes to exact Bayes."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tqdm import tqdm

from icl_core.checkpoints import current_commit, load_model, read_manifest, update_entry
from icl_core.cli.tables import print_table, rounded
from icl_core.evaluation import (
    evaluate_drawings,
    evaluate_flagship,
    evaluate_plain,
    flagship_cells,
    load_drawings,
)
from icl_core.priors.linear import PlainPrior
from icl_core.recipes import recipe_from_dict

DRAWINGS = Path(__file__).resolve().parents[2] / "tests" / "data" / "drawings.json"


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
        "commit": current_commit(),
        "model_sha256": read_manifest()[args.name]["sha256"],
        "rows": [rounded(row) for row in rows],
        "drawings": [rounded(row) for row in drawings],
    }
    if args.store:
        update_entry(args.name, {"evaluation": table})
    if args.json:
        print(json.dumps(table, indent=1))
    else:
        print_table(table["rows"])
        print_table(table["drawings"])
