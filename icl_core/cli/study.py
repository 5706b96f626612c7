"""``python -m icl_core study``: the paper's figures from the shipped weights."""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path

from tqdm import tqdm

from icl_core.checkpoints import current_commit
from icl_core.cli.tables import advance_to, print_table
from icl_core.evaluation import Row
from icl_core.language.local import installed
from icl_core.studies import (
    GROUPS,
    MECHANISMS,
    STUDIES,
    TASKS,
    claims_of,
    compare,
    language_model,
    read_table,
    run_study,
    write_table,
)

# --- studies --------------------------------------------------------------------------


def study(args: argparse.Namespace) -> None:
    """Re-derive figures of the paper from the weights; store the tables, or compare with them."""
    groups = [args.name]
    if args.name == "all":
        groups = [*GROUPS, *MECHANISMS, "claims"]
        if not installed():
            groups.remove(language_model.NAME)
            print(
                f"Without {language_model.NAME}: there is no language model on this machine.",
                file=sys.stderr,
            )
    folder = Path(args.folder)
    note = {"command": f"python -m icl_core study {args.name}", "commit": current_commit()}
    for name in (table for group in groups for table in GROUPS.get(group, ())):
        with tqdm(total=100, unit="%", desc=name, disable=args.json) as bar:
            table = run_study(
                name,
                tasks=args.tasks or TASKS,
                seed=args.seed,
                folder=folder,
                progress=partial(advance_to, bar),
            )
        _finish_study(name, {**table, **note}, args)
    for name in (name for name in MECHANISMS if name in groups):
        made = MECHANISMS[name]
        prompts = args.tasks or made.prompts
        if made.cost is not None:
            print(f"{name}: {made.cost(prompts, args.seed)}", file=sys.stderr, flush=True)
        with tqdm(total=100, unit="%", desc=name, disable=args.json) as bar:
            table = made.run(
                prompts=prompts,
                seed=args.seed,
                folder=folder,
                progress=partial(advance_to, bar),
            )
        _finish_study(name, {**table, **note}, args)
    if "claims" in groups:
        tables = {name: read_table(name) for name in STUDIES}
        _finish_study("claims", {"claims": claims_of(tables), **note}, args)


def _finish_study(name: str, table: Row, args: argparse.Namespace) -> None:
    """Print, compare or store one table."""
    if args.json:
        print(json.dumps(table))
    elif name == "claims":
        for claim in table["claims"]:
            print(f"{claim['figure']}: {claim['paper_said']}\n  {claim['measured']}")
            print(
                f"  {claim['quantity']}: {claim['value']:.4g} "
                f"[{claim['low']:.4g}, {claim['high']:.4g}]. Agrees: {claim['agrees']}.\n"
            )
    elif name in MECHANISMS:
        print_table(MECHANISMS[name].rows(table))
    elif name == "layers":
        print_table(
            [
                {"layer": member["at"], "region": region}
                | {f"{family} step": steps[0] for family, steps in part["steps"].items()}
                | {f"{family} left": left[0] for family, left in part["spd"].items()}
                for member in table["members"]
                for region, part in member["regions"].items()
            ]
        )
    else:
        print_table(
            [
                {
                    "member": member["label"],
                    "nearest": part["nearest"]["rule"],
                    "spd": part["spd"][part["nearest"]["rule"]][0],
                    "spd to OLS": part["spd"]["OLS"][0],
                    "R²": part["r2"][0],
                    "closest λ": part["families"]["ridge"]["best"],
                }
                for member in table["members"]
                for part in [member["regions"]["under"]]
            ]
        )
    if args.compare and name != "claims":
        found = compare(table, read_table(name))
        print(
            f"{name}: of {found.figures} figures {found.overlap} have intervals that overlap the "
            f"stored ones, {found.inside} lie inside them; the largest move is "
            f"{found.largest:.2g} half-widths."
        )
    if args.store:
        write_table(name, table)
