"""``python -m icl_core patch``: causal tests on sampled or drawn pairs of prompts."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from functools import partial

import torch
from torch import Tensor
from tqdm import tqdm

from icl_core.checkpoints import (
    CheckpointError,
    current_commit,
    load_decoder,
    load_prior,
    read_manifest,
)
from icl_core.cli.tables import advance_to, print_table, rounded
from icl_core.evaluation import Row, with_constant
from icl_core.interventions.ablation import AblationMap, ablation_map
from icl_core.interventions.pairs import Pair, sample_pairs
from icl_core.interventions.patch import PatchMap, patch_map, position_map
from icl_core.interventions.steering import KINDS, steer_curve, writes_for
from icl_core.matching import match
from icl_core.models.base import EditableModel, InspectableModel
from icl_core.models.head_patterns import head_scores
from icl_core.predictors.spectrum import spectrum
from icl_core.priors import Prior
from icl_core.probes.readouts import load_layer_readouts
from icl_core.probes.targets import bayes_weights
from icl_core.probes.weights import cell_of, load_weight_probes

DIM, SIGMA = 2, 0.1
"""What tasks are sampled where the command does not say, as near as the law has it."""

# --- causal tests -------------------------------------------------------------------


def patch(args: argparse.Namespace) -> None:
    """Print the causal tests of a checkpoint: on two drawn prompts, or on sampled pairs."""
    model = load_decoder(args.name)
    believed = load_prior(args.name)
    pair = _drawn_pair(args) if args.points_a or args.points_b else _sampled_pairs(args, believed)
    map_of = position_map if args.positions else patch_map
    with tqdm(total=100, unit="%", disable=args.json) as bar:
        patched = map_of(model, pair, believed, partial(advance_to, bar))
    truth = pair.target
    if truth is None:
        truth = believed.bayes().predict(pair.x_a, pair.y_a, pair.queries)
    ablated = ablation_map(model, pair.x_a, pair.y_a, pair.queries, truth)
    table = {
        "command": "python -m icl_core " + shlex.join(sys.argv[1:]),
        "seed": args.seed,
        "commit": current_commit(),
        "model_sha256": read_manifest()[args.name]["sha256"],
        "pairs": len(pair.y_a),
        "patch": _patch_rows(patched, args.seed),
        "ablation": _ablation_rows(ablated, args.seed),
        "steer": _steer_rows(args, model, pair, believed),
        "nearest": _nearest_rows(args, model, pair),
        "attention": _attention_rows(model, pair),
    }
    if args.json:
        print(json.dumps(table, indent=1))
    else:
        for part in ("patch", "ablation", "steer", "nearest", "attention"):
            if isinstance(table[part], str):
                print(table[part])
            else:
                print_table(table[part])


def _sampled_pairs(args: argparse.Namespace, law: Prior) -> Pair:
    """Tasks of the law, as asked; what was not asked comes nearest to a line with little noise."""
    asked = law.with_plain_inputs().given(args.dim, args.intercept or None, args.sigma)
    cell, sigma = asked.nearest(DIM, args.intercept, SIGMA)
    prior = asked.given(*cell, sigma)
    return sample_pairs(prior, args.tasks, args.k, args.queries, args.seed)


def _drawn_pair(args: argparse.Namespace) -> Pair:
    """Points on the plane as prompts of x alone (--dim 1) or of (x, 1), asked from −2.5 to 2.5."""
    if not (args.points_a and args.points_b):
        raise ValueError("Give both --points-a and --points-b, or neither.")
    if args.dim not in (None, 1, 2):
        raise ValueError(f"Points have 1 feature or 2 (x and a constant), not --dim {args.dim}.")

    def features(x: Tensor) -> Tensor:
        return x[:, None] if args.dim == 1 else with_constant(x)

    a, b = _points(args.points_a), _points(args.points_b)
    queries = torch.linspace(-2.5, 2.5, args.queries)
    return Pair(
        features(a[:, 0])[None],
        a[None, :, 1],
        features(b[:, 0])[None],
        b[None, :, 1],
        features(queries)[None],
    )


def _points(text: str) -> Tensor:
    try:
        points = [[float(part) for part in point.split(",")] for point in text.split()]
        return torch.tensor(points).reshape(len(points), 2)
    except (ValueError, RuntimeError, TypeError):
        raise ValueError(f'Points are written "x,y x,y …", not {text!r}.') from None


def _patch_rows(found: PatchMap, seed: int) -> list[Row]:
    """A row for each layer and set of tokens: share of the move, and Bayes' share of its own."""
    value, low, high = found.intervals(seed)
    expected = found.expected_share()
    return [
        rounded(
            {
                "layer": layer,
                "replaced": name,
                "share": float(value[layer, i]),
                "share_low": float(low[layer, i]),
                "share_high": float(high[layer, i]),
                "expected_at_layer_0": None if expected is None else float(expected[i]),
            }
        )
        for layer in range(len(value))
        for i, name in enumerate(found.names)
    ]


def _ablation_rows(found: AblationMap, seed: int) -> list[Row]:
    """A row for each head and MLP: the rise of the squared error without it."""
    change = found.intervals(seed)
    blocks, heads = found.heads.shape[:2]
    branches = [(block, head) for block in range(blocks) for head in (*range(heads), None)]

    def row(block: int, head: int | None) -> Row:
        value, low, high = (
            float(part.mlps[0, block] if head is None else part.heads[0, block, head])
            for part in change
        )
        return {
            "block": block,
            "branch": "mlp" if head is None else f"head {head}",
            "error": float(found.base.mean()),
            "rise": value,
            "rise_low": low,
            "rise_high": high,
        }

    return [rounded(row(block, head)) for block, head in branches]


def _steer_rows(
    args: argparse.Namespace, model: EditableModel, pair: Pair, believed: Prior
) -> list[Row] | str:
    """A row for each layer and each of `KINDS`; a sentence where there are no probes."""
    k, dim = pair.x_a.shape[1:]
    has_intercept = dim > 1 and bool((pair.x_a[..., -1] == 1).all())
    try:
        probes = load_weight_probes(args.name, cell_of(dim, has_intercept))
    except CheckpointError as error:
        return str(error)
    w_a, w_b = (
        bayes_weights(believed, x, y, spectrum(x, y))[:, -1, :dim].float()
        for x, y in ((pair.x_a, pair.y_a), (pair.x_b, pair.y_b))
    )
    if args.write:
        w_b = _weights_to_write(args.write, len(pair.y_a), dim)
    writes = writes_for(model, believed, pair.x_a, probes.maps_for("w_bayes", k, dim))
    found = steer_curve(model, pair.x_a, pair.y_a, pair.queries, w_b - w_a, writes, args.seed)
    value, low, high = found.intervals(args.seed)
    return [
        rounded(
            {
                "layer": layer,
                "done": kind,
                "share": float(value[layer, i]),
                "share_low": float(low[layer, i]),
                "share_high": float(high[layer, i]),
                "states_moved_by": float(found.moved[layer].mean()),
            }
        )
        for layer in range(len(value))
        for i, kind in enumerate(KINDS)
    ]


def _weights_to_write(text: str, pairs: int, dim: int) -> Tensor:
    try:
        w = torch.tensor([float(part) for part in text.split(",")])
    except ValueError:
        w = torch.empty(0)
    if w.shape != (dim,) or not bool(w.isfinite().all()):
        raise ValueError(f'--write takes {dim} finite weights, "1,-0.5" for two, not {text!r}.')
    return w.expand(pairs, dim)


def _nearest_rows(args: argparse.Namespace, model: InspectableModel, pair: Pair) -> list[Row] | str:
    """For each layer's readout on the first prompt A, the closest rules."""
    try:
        readouts = load_layer_readouts(args.name)
    except CheckpointError as error:
        return str(error)
    x, y, queries = pair.x_a[:1], pair.y_a[:1], pair.queries[:1]
    found = match(x, y, queries, readouts.read(model.inspect(x, y, queries).query_states))
    return [
        rounded(
            {
                "layer": layer,
                "rule": rule,
                "parameter": float(closest.parameter[layer, 0]),
                "unexplained": float(closest.unexplained[layer, 0]),
                "cosine": float(closest.cosine[layer, 0]),
            }
        )
        for layer in range(len(readouts.maps))
        for rule, closest in found._asdict().items()
    ]


def _attention_rows(model: InspectableModel, pair: Pair) -> list[Row] | str:
    """What each head reads on prompts A."""
    if pair.y_a.shape[1] < 2:
        return "Attention has something to show from two exemplars on."
    heads = head_scores(model.trace(pair.x_a, pair.y_a).attention).summary()
    return [
        rounded({"block": block, "head": head, **said._asdict()})
        for block, row in enumerate(heads, 1)
        for head, said in enumerate(row, 1)
    ]
