"""``python -m icl_core evaluate``: how close a checkpoint comes to exact Bayes."""

from __future__ import annotations

import argparse
import json

from tqdm import tqdm

from icl_core.checkpoints import (
    current_commit,
    load_model,
    load_prior,
    read_manifest,
    update_entry,
)
from icl_core.cli.tables import print_table, rounded
from icl_core.evaluation import (
    ask_families,
    corners_of,
    evaluate_corner,
    evaluate_drawings,
    evaluate_families,
    load_drawings,
)


def evaluate(args: argparse.Namespace) -> None:
    """Print a row for each cell of the checkpoint's law, and one for each habit of drawing.

    For a law of several families of functions: for each family, sigma and k, too.
    """
    model, law = load_model(args.name), load_prior(args.name)
    corners = tqdm(corners_of(law), disable=args.json)
    rows = [
        row for corner in corners for row in evaluate_corner(model, corner, args.tasks, args.seed)
    ]
    asked = list(ask_families(model, law, args.tasks, args.seed))
    families = [rounded(row) for row in evaluate_families(asked, args.seed)] if asked else []
    table = {
        "command": f"python -m icl_core evaluate {args.name}"
        f" --tasks {args.tasks} --seed {args.seed}",
        "seed": args.seed,
        "commit": current_commit(),
        "model_sha256": read_manifest()[args.name]["sha256"],
        "rows": [rounded(row) for row in rows],
        "drawings": [rounded(row) for row in evaluate_drawings(model, law, load_drawings())],
    }
    if args.store:  # of the families `study curves` keeps the whole cross
        update_entry(args.name, {"evaluation": table})
    if families:
        table["families"] = families
    if args.json:
        print(json.dumps(table, indent=1))
    else:
        print_table(table["rows"])
        print_table(table["drawings"])
        print_table(families)
