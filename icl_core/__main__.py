"""The command line: ``python -m icl_core train RECIPE`` and its siblings."""

from __future__ import annotations

import argparse
import sys

import torch

from icl_core.checkpoints import (
    FOLDER,
)
from icl_core.cli.band import band
from icl_core.cli.evaluate import evaluate
from icl_core.cli.patch import patch
from icl_core.cli.predict import predict
from icl_core.cli.probe import probe
from icl_core.cli.study import study
from icl_core.cli.tables import positive
from icl_core.cli.train import train
from icl_core.recipes import list_recipes
from icl_core.studies import (
    GROUPS,
    MECHANISMS,
    SEED,
    TASKS,
)


def parser() -> argparse.ArgumentParser:
    """Every command and its options."""
    top = argparse.ArgumentParser(prog="python -m icl_core", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("train", help="train a recipe, or resume it")
    one.add_argument(
        "recipe",
        nargs="+",
        help=f"a name ({', '.join(list_recipes())}) or a .toml file; "
        "several of one shape are trained side by side",
    )
    one.add_argument(
        "--seed", type=int, nargs="+", help="in place of the recipe's seed; several: side by side"
    )
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
    two.add_argument("--tasks", type=positive, default=512, help="prompts for each sigma")
    two.add_argument("--seed", type=int, default=1000)
    two.add_argument("--json", action="store_true")
    two.add_argument("--store", action="store_true", help="keep the table in the manifest")
    two.set_defaults(run=evaluate)

    three = commands.add_parser("probe", help="fit the readouts and probes of every layer")
    three.add_argument("name", help="a checkpoint")
    three.add_argument("--prompts", type=positive, default=8192)
    three.add_argument("--seed", type=int, default=2000)
    three.add_argument(
        "--control", default="control", help="a checkpoint trained with w fixed (default: control)"
    )
    three.add_argument("--json", action="store_true", help="every row, no progress bar")
    three.set_defaults(run=probe)

    sure = commands.add_parser("band", help="train a head that says how sure a network is")
    sure.add_argument("name", help="a checkpoint")
    sure.add_argument("--prompts", type=positive, default=65536)
    sure.add_argument("--seed", type=int, default=2100)
    sure.add_argument("--runs", default="runs", help="folder for the snapshot (default: runs)")
    sure.set_defaults(run=band)

    studies = commands.add_parser("study", help="the paper's figures from the shipped weights")
    studies.add_argument("name", choices=[*GROUPS, *MECHANISMS, "claims", "all"])
    studies.add_argument(
        "--tasks",
        type=positive,
        help=f"fresh prompts a prior (default: {TASKS}; "
        + ", ".join(f"{name}: {study.prompts}" for name, study in MECHANISMS.items())
        + ")",
    )
    studies.add_argument("--seed", type=int, default=SEED)
    studies.add_argument("--folder", default=FOLDER, help="of the weights (default: checkpoints)")
    studies.add_argument("--compare", action="store_true", help="with the stored tables")
    studies.add_argument("--store", action="store_true", help="keep the tables")
    studies.add_argument("--json", action="store_true")
    studies.set_defaults(run=study)

    four = commands.add_parser("patch", help="causal tests: patch, ablate, steer")
    four.add_argument("name", help="a checkpoint")
    four.add_argument("--tasks", type=positive, default=64, help="pairs of tasks to sample")
    four.add_argument(
        "--dim",
        type=positive,
        help="features, a constant one included (default: 2, or the nearest it was trained on)",
    )
    four.add_argument("--intercept", action="store_true", help="the last feature is constant")
    four.add_argument(
        "--sigma",
        type=float,
        help="noise of sampled tasks (default: 0.1, or the nearest it was trained on)",
    )
    four.add_argument("--k", type=positive, default=16, help="exemplars of sampled tasks")
    four.add_argument("--queries", type=positive, default=16)
    four.add_argument("--points-a", help='prompt A on the plane, "x,y x,y …", in place of sampling')
    four.add_argument("--points-b", help="prompt B, as many points")
    four.add_argument("--write", help='weights to steer to, "slope,offset"; else those of B')
    four.add_argument("--positions", action="store_true", help="replace token by token")
    four.add_argument("--seed", type=int, default=11, help="of the tasks and the intervals")
    four.add_argument("--json", action="store_true")
    four.set_defaults(run=patch)

    five = commands.add_parser("predict", help="every method on a table of your own")
    five.add_argument("file", help="CSV, TSV or the like, or the name of a table that comes along")
    five.add_argument("--target", required=True, help="the column to predict")
    five.add_argument("--features", help="columns to predict from, A,B (default: the first seven)")
    five.add_argument(
        "--examples", type=positive, help="at most (default: 40, or seven rows in ten)"
    )
    five.add_argument("--lines", help="of the rows to show as examples, 2-9,14 say, not drawn")
    five.add_argument("--raw", action="store_true", help="without centring and scaling")
    five.add_argument("--seed", type=int, default=0, help="of the draw of the examples")
    five.add_argument("--json", action="store_true", help="every prediction")
    five.set_defaults(run=predict)
    return top


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
