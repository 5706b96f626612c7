"""The command line: ``python -m icl_core train RECIPE`` and its siblings."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from tqdm import tqdm

from icl_core import predictors
from icl_core.attention import head_scores
from icl_core.checkpoints import (
    FOLDER,
    CheckpointError,
    current_commit,
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
    with_constant,
)
from icl_core.matching import match
from icl_core.patching import (
    AblationMap,
    Pair,
    PatchMap,
    ablation_map,
    patch_map,
    position_map,
    sample_pairs,
    steer_curve,
)
from icl_core.predictors import NoisePrior
from icl_core.probes import fit_layer_readouts, load_layer_readouts
from icl_core.recipes import Recipe, list_recipes, load_recipe, recipe_from_dict
from icl_core.studies import (
    GROUPS,
    SEED,
    STUDIES,
    TASKS,
    agreement,
    claims_of,
    read_table,
    run_study,
    write_table,
)
from icl_core.tasks import FlagshipPrior, PlainPrior
from icl_core.training import Progress, Trainer, machine_class, processes, run_note
from icl_core.transformer import Transformer
from icl_core.weight_probes import (
    READS,
    cell_of,
    fit_weight_probes,
    load_weight_probes,
    probed_laws,
    probes_key,
    prompts_in_all,
    read_tokens,
)

DRAWINGS = Path(__file__).resolve().parent.parent / "tests" / "data" / "drawings.json"


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


def _advance(bar: tqdm[Any], done: float) -> None:
    bar.update(done)


def _advance_to(bar: tqdm[Any], share: float) -> None:
    """Move a bar of percents."""
    bar.update(100 * share - bar.n)


def probe(args: argparse.Namespace) -> None:
    """Fit the layer readouts and the weight probes of a checkpoint; store both beside it."""
    model, control = load_model(args.name), load_model(args.control)
    prior = recipe_from_dict(read_manifest()[args.name]["recipe"], args.name).prior
    prompts, seed, manifest = args.prompts, args.seed, read_manifest()
    note = {
        "model_sha256": manifest[args.name]["sha256"],
        "command": f"python -m icl_core probe {args.name}"
        f" --prompts {prompts} --seed {seed} --control {args.control}",
        "seed": seed,
        "commit": current_commit(),
    }
    laws = probed_laws(prior)
    total = prompts + prompts // 4 + len(laws) * prompts_in_all(prompts)
    with tqdm(total=total, unit="prompt", disable=args.json) as bar:
        readouts = fit_layer_readouts(
            model, prompts=prompts, seed=seed, progress=lambda done: _advance(bar, done)
        )
        write_entry(f"{args.name}.readouts", vars(readouts), {"kind": "layer readouts", **note})
        fitted = {
            cell: fit_weight_probes(
                model,
                control,
                law,
                prompts=prompts,
                seed=seed,
                progress=lambda done: _advance(bar, done),
            )
            for cell, law in laws.items()
        }
    controls = {
        "control": {"name": args.control, "sha256": manifest[args.control]["sha256"]},
        "random": {"seed": seed},
    }
    probes_note = {"kind": "weight probes", **note, **controls}
    for cell, probes in fitted.items():
        write_entry(probes_key(args.name, cell), probes.tensors(), probes_note)
    r2_by_layer = [
        _rounded({"layer": i, "r2": float(r)}) for i, r in enumerate(readouts.r2.mean((1, 2)))
    ]
    rows = [
        _rounded({"prompts": cell or "all d", **row})
        for cell, probes in fitted.items()
        for row in probes.rows()
    ]
    if args.json:
        print(json.dumps({**note, **controls, "r2_by_layer": r2_by_layer, "rows": rows}, indent=1))
    else:
        _print_table(r2_by_layer)
        _print_table([row for row in rows if row["k"] in fitted[None].pooled_k])


# --- studies --------------------------------------------------------------------------


def study(args: argparse.Namespace) -> None:
    """Re-derive figures of the paper from the weights; store the tables, or compare with them."""
    groups = [*GROUPS, "claims"] if args.name == "all" else [args.name]
    folder = Path(args.folder)
    note = {"command": f"python -m icl_core study {args.name}", "commit": current_commit()}
    for name in (table for group in groups for table in GROUPS.get(group, ())):
        with tqdm(total=100, unit="%", desc=name, disable=args.json) as bar:
            table = run_study(
                name,
                tasks=args.tasks,
                seed=args.seed,
                folder=folder,
                progress=partial(_advance_to, bar),
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
    else:
        _print_table(
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
        found = agreement(table, read_table(name))
        print(
            f"{name}: of {found.figures} figures {found.overlap} have intervals that overlap the "
            f"stored ones, {found.inside} lie inside them; the largest move is "
            f"{found.largest:.2g} half-widths."
        )
    if args.store:
        write_table(name, table)


# --- causal tests -------------------------------------------------------------------


def patch(args: argparse.Namespace) -> None:
    """Print the causal tests of a checkpoint: on two drawn prompts, or on sampled pairs."""
    model = load_model(args.name)
    believed = recipe_from_dict(read_manifest()[args.name]["recipe"], args.name).prior
    pair = _drawn_pair(args) if args.points_a or args.points_b else _sampled_pairs(args)
    map_of = position_map if args.positions else patch_map
    with tqdm(total=100, unit="%", disable=args.json) as bar:
        patched = map_of(model, pair, believed, partial(_advance_to, bar))
    truth = pair.target
    if truth is None:
        truth = predictors.bayes(believed).predict(pair.x_a, pair.y_a, pair.queries)
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
                _print_table(table[part])


def _sampled_pairs(args: argparse.Namespace) -> Pair:
    prior = FlagshipPrior(dim=args.dim, intercept=args.intercept, sigma=args.sigma, inputs="plain")
    return sample_pairs(prior, args.tasks, args.k, args.queries, args.seed)


def _drawn_pair(args: argparse.Namespace) -> Pair:
    """Points on the plane as prompts of x alone (--dim 1) or of (x, 1), asked from −2.5 to 2.5."""
    if not (args.points_a and args.points_b):
        raise ValueError("Give both --points-a and --points-b, or neither.")
    if args.dim not in (1, 2):
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
        _rounded(
            {
                "layer": layer,
                "replaced": name,
                "share": float(value[layer, i]),
                "share_low": float(low[layer, i]),
                "share_high": float(high[layer, i]),
                "expected_at_layer_0": float(expected[i]),
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

    return [_rounded(row(block, head)) for block, head in branches]


def _steer_rows(
    args: argparse.Namespace, model: Transformer, pair: Pair, believed: NoisePrior
) -> list[Row] | str:
    """A row for each layer and each kind of probe; a sentence where there are no probes."""
    k, dim = pair.x_a.shape[1:]
    has_intercept = dim > 1 and bool((pair.x_a[..., -1] == 1).all())
    try:
        probes = load_weight_probes(args.name, cell_of(dim, has_intercept))
    except CheckpointError as error:
        return str(error)
    w = pair.w_b
    if args.write:
        w = _weights_to_write(args.write, len(pair.y_a), dim)
    elif w is None:
        w = predictors.bayes(believed).weights(pair.x_b, pair.y_b)[:, -1]
    rows = []
    for reads in READS:
        maps = probes.maps_for("w_bayes", k, dim, reads)
        tokens = read_tokens(reads, k)
        found = steer_curve(model, pair.x_a, pair.y_a, pair.queries, maps, w, tokens)
        bounds = found.intervals(args.seed)
        missed = (found.read_after - w).square().sum(-1).mean(-1).sqrt()
        rows += [
            _rounded(
                {
                    "layer": layer,
                    "reads": reads,
                    "share": float(bounds[0][layer]),
                    "share_low": float(bounds[1][layer]),
                    "share_high": float(bounds[2][layer]),
                    "reading_missed_by": float(missed[layer]),
                    "states_moved_by": float(found.moved[layer].mean()),
                }
            )
            for layer in range(len(maps))
        ]
    return rows


def _weights_to_write(text: str, pairs: int, dim: int) -> Tensor:
    try:
        w = torch.tensor([float(part) for part in text.split(",")])
    except ValueError:
        w = torch.empty(0)
    if w.shape != (dim,) or not bool(w.isfinite().all()):
        raise ValueError(f'--write takes {dim} finite weights, "1,-0.5" for two, not {text!r}.')
    return w.expand(pairs, dim)


def _nearest_rows(args: argparse.Namespace, model: Transformer, pair: Pair) -> list[Row] | str:
    """For each layer's readout on the first prompt A, the closest rules."""
    try:
        readouts = load_layer_readouts(args.name)
    except CheckpointError as error:
        return str(error)
    x, y, queries = pair.x_a[:1], pair.y_a[:1], pair.queries[:1]
    found = match(x, y, queries, readouts.read(model.inspect(x, y, queries).query_states))
    return [
        _rounded(
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


def _attention_rows(model: Transformer, pair: Pair) -> list[Row] | str:
    """What each head reads on prompts A."""
    if pair.y_a.shape[1] < 2:
        return "Attention has something to show from two exemplars on."
    heads = head_scores(model.trace(pair.x_a, pair.y_a).attention).summary()
    return [
        _rounded({"block": block, "head": head, **said._asdict()})
        for block, row in enumerate(heads, 1)
        for head, said in enumerate(row, 1)
    ]


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

    three = commands.add_parser("probe", help="fit the readouts and probes of every layer")
    three.add_argument("name", help="a checkpoint")
    three.add_argument("--prompts", type=_positive, default=8192)
    three.add_argument("--seed", type=int, default=2000)
    three.add_argument(
        "--control", default="control", help="a checkpoint trained with w fixed (default: control)"
    )
    three.add_argument("--json", action="store_true", help="every row, no progress bar")
    three.set_defaults(run=probe)

    studies = commands.add_parser("study", help="the paper's figures from the shipped weights")
    studies.add_argument("name", choices=[*GROUPS, "claims", "all"])
    studies.add_argument("--tasks", type=_positive, default=TASKS, help="fresh prompts a prior")
    studies.add_argument("--seed", type=int, default=SEED)
    studies.add_argument("--folder", default=FOLDER, help="of the weights (default: checkpoints)")
    studies.add_argument("--compare", action="store_true", help="with the stored tables")
    studies.add_argument("--store", action="store_true", help="keep the tables")
    studies.add_argument("--json", action="store_true")
    studies.set_defaults(run=study)

    four = commands.add_parser("patch", help="causal tests: patch, ablate, steer")
    four.add_argument("name", help="a checkpoint")
    four.add_argument("--tasks", type=_positive, default=64, help="pairs of tasks to sample")
    four.add_argument("--dim", type=_positive, default=2, help="features, a constant one included")
    four.add_argument("--intercept", action="store_true", help="the last feature is constant")
    four.add_argument("--sigma", type=float, default=0.1, help="noise of sampled tasks")
    four.add_argument("--k", type=_positive, default=16, help="exemplars of sampled tasks")
    four.add_argument("--queries", type=_positive, default=16)
    four.add_argument("--points-a", help='prompt A on the plane, "x,y x,y …", in place of sampling')
    four.add_argument("--points-b", help="prompt B, as many points")
    four.add_argument("--write", help='weights to steer to, "slope,offset"; else those of B')
    four.add_argument("--positions", action="store_true", help="replace token by token")
    four.add_argument("--seed", type=int, default=11, help="of the tasks and the intervals")
    four.add_argument("--json", action="store_true")
    four.set_defaults(run=patch)
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
