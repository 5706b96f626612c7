"""``python -m icl_core probe``: fit the readouts and probes of every layer."""

from __future__ import annotations

import argparse
import json

from tqdm import tqdm

from icl_core.checkpoints import (
    current_commit,
    load_decoder,
    load_prior,
    read_manifest,
    write_entry,
)
from icl_core.cli.tables import advance, print_table, rounded
from icl_core.probes.fit import BATCH, fit_weight_probes, probed_laws, prompts_in_all
from icl_core.probes.pooled import HIDDEN
from icl_core.probes.readouts import fit_layer_readouts
from icl_core.probes.weights import probes_key


def probe(args: argparse.Namespace) -> None:
    """Fit the layer readouts and the weight probes of a checkpoint; store both beside it.

    Where tasks are not linear there are no weights to probe for, so only the readouts.
    """
    model, control = load_decoder(args.name), load_decoder(args.control)
    prior = load_prior(args.name)
    prompts, seed, manifest = args.prompts, args.seed, read_manifest()
    note = {
        "model_sha256": manifest[args.name]["sha256"],
        "command": f"python -m icl_core probe {args.name}"
        f" --prompts {prompts} --seed {seed} --control {args.control}",
        "seed": seed,
        "commit": current_commit(),
    }
    laws = {} if prior.families_apart else probed_laws(prior)
    total = prompts + prompts // 4 + len(laws) * prompts_in_all(prompts)
    with tqdm(total=total, unit="prompt", disable=args.json) as bar:
        readouts = fit_layer_readouts(
            model,
            prior.with_even_dims(),
            prompts=prompts,
            seed=seed,
            progress=lambda done: advance(bar, done),
        )
        write_entry(f"{args.name}.readouts", vars(readouts), {"kind": "layer readouts", **note})
        fitted = {
            cell: fit_weight_probes(
                model,
                control,
                law,
                prompts=prompts,
                seed=seed,
                progress=lambda done: advance(bar, done),
            )
            for cell, law in laws.items()
        }
    controls = {
        "control": {"name": args.control, "sha256": manifest[args.control]["sha256"]},
        "random": {"seed": seed},
    }
    pooled = {"hidden": HIDDEN, "steps": -(-prompts // BATCH)}
    probes_note = {"kind": "weight probes", **note, **controls, "pooled": pooled}
    for cell, probes in fitted.items():
        write_entry(probes_key(args.name, cell), probes.tensors(), probes_note)
    r2_by_layer = [
        rounded({"layer": i, "r2": float(r)}) for i, r in enumerate(readouts.r2.mean((1, 2)))
    ]
    rows = [
        rounded({"prompts": cell or "all d", **row})
        for cell, probes in fitted.items()
        for row in probes.rows()
    ]
    if args.json:
        print(json.dumps({**note, **controls, "r2_by_layer": r2_by_layer, "rows": rows}, indent=1))
    else:
        print_table(r2_by_layer)
        print_table([row for row in rows if row["k"] in fitted[None].pooled_k] if fitted else [])
