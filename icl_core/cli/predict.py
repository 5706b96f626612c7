"""``python -m icl_core predict``: every method on a table of one's own."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

from icl_core.checkpoints import current_commit
from icl_core.cli.tables import print_table
from icl_core.evaluation import Row
from icl_core.predicting import (
    LABELS,
    LEVEL,
    Predictions,
    curvature,
    learners,
    limits_for,
    predict_rows,
)
from icl_core.tables import Table, TableError, choose, read_table, shipped_tables, split
from icl_core.tables.chosen import read_lines

SHIPPED = "playground"


def predict(args: argparse.Namespace) -> None:
    """Print every method's errors, interval and weights; with ``--json`` each prediction too."""
    table = _table(args.file)
    features = args.features.split(",") if args.features else None
    chosen = choose(table, args.target, [one.strip() for one in features] if features else None)
    parts = split(chosen, args.examples, args.seed, _lines(args.lines))
    found = predict_rows(chosen, parts, learners(SHIPPED), limits_for(SHIPPED), scaled=not args.raw)
    if args.json:
        print(json.dumps(_told(found, table, args), indent=1))
        return
    for note in (*table.notes, *_remarks(found)):
        print(note)
    print_table(rows_of(found))
    print_table(_weights(found))


def _lines(text: str | None) -> tuple[int, ...] | None:
    try:
        return None if text is None else read_lines(text)
    except ValueError as error:
        raise TableError(f"--lines {error}.") from None


def _table(name: str) -> Table:
    shipped = shipped_tables()
    return shipped[name].table() if name in shipped else read_table(Path(name))


def rows_of(found: Predictions) -> list[Row]:
    """A line for each method: its errors, and the interval about its answers."""
    return [
        {
            "method": LABELS.get(name, name),
            "held out": _short(one.error),
            "left out": _short(one.left_out_error),
            f"± {LEVEL:.0%}": _short(one.half_width),
            "inside": _short(one.inside),
        }
        for name, one in found.told.items()
    ]


def _weights(found: Predictions) -> list[Row]:
    return [
        {
            "method": LABELS.get(name, name),
            "offset": _short(one.offset),
            **{
                feature: _short(float(slope))
                for feature, slope in zip(found.chosen.features, one.slopes, strict=True)
            },
            "R²": _short(one.r2),
        }
        for name, one in found.told.items()
    ]


def _remarks(found: Predictions) -> list[str]:
    chosen, parts = found.chosen, found.split
    rows = f"{len(parts.held_out)} row{'s' * (len(parts.held_out) != 1)}"
    told = [
        f"{chosen.target} from {', '.join(chosen.features)}: {len(parts.examples)} examples, "
        f"{rows} held out. The examples spread by {found.spread:.4g}."
    ]
    if chosen.left_out:
        told.append(f"{chosen.left_out} rows without a number in a chosen column were left out.")
    if found.finding.why(0) is not None:
        told.append("These examples are unlike anything the network was trained on.")
    if found.far.any():
        told.append(f"{int(found.far.sum())} held-out rows lie farther out than its training.")
    bent = curvature(chosen)
    if bent is not None and bent.is_curved:
        told.append(
            f"The relation is curved: a line misses by {bent.line:.4g}, "
            f"a curve by {bent.curve:.4g}."
        )
    return told


def _told(found: Predictions, table: Table, args: argparse.Namespace) -> dict[str, Any]:
    chosen, parts = found.chosen, found.split
    return {
        "target": chosen.target,
        "features": list(chosen.features),
        "seed": args.seed,
        "scaled": not args.raw,
        "commit": current_commit(),
        "notes": [*table.notes, *_remarks(found)],
        "level": LEVEL,
        "examples": [chosen.lines[at] for at in parts.examples],
        "held_out": [
            {"line": chosen.lines[at], "actual": float(chosen.y[at]), "far": bool(far)}
            for at, far in zip(parts.held_out, found.far, strict=True)
        ],
        "methods": {
            name: {
                "label": LABELS.get(name, name),
                "predictions": [_number(one) for one in told.held_out],
                "left_out": [_number(one) for one in told.left_out],
                "half_width": _number(told.half_width),
                "error": _number(told.error),
                "left_out_error": _number(told.left_out_error),
                "inside": _number(told.inside),
                "slopes": [_number(one) for one in told.slopes],
                "offset": _number(told.offset),
                "r2": _number(told.r2),
            }
            for name, told in found.told.items()
        },
    }


def _number(value: float | None) -> float | None:
    """JSON has neither NaN nor infinity."""
    return None if value is None or not math.isfinite(value) else float(value)


def _short(value: float | None) -> float | None:
    found = _number(value)
    return None if found is None else float(f"{found:.5g}")
