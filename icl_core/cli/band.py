"""``python -m icl_core band``: train the head that says how sure a network is."""

from __future__ import annotations

import argparse
from pathlib import Path

from tqdm import tqdm

from icl_core.checkpoints import current_commit, read_manifest, write_entry
from icl_core.probes.band import BATCH, HIDDEN, fit_band
from icl_core.training.trainer import TrainingProgress


def band(args: argparse.Namespace) -> None:
    """Train the band of a checkpoint, or go on where a run was stopped; store it beside it."""
    name, prompts, seed = args.name, args.prompts, args.seed
    commit = current_commit()
    with tqdm(total=-(-prompts // BATCH), unit="step") as bar:

        def report(progress: TrainingProgress) -> None:
            bar.update(progress.step - bar.n)
            bar.set_postfix(loss=f"{progress.history[-1]['loss']:.4f}")

        head = fit_band(
            name,
            prompts=prompts,
            seed=seed,
            snapshot=Path(args.runs) / f"{name}.band" / "snapshot.pt",
            report=report,
        )
    note = {
        "kind": "band",
        "model_sha256": read_manifest()[name]["sha256"],
        "command": f"python -m icl_core band {name} --prompts {prompts} --seed {seed}",
        "seed": seed,
        "prompts": prompts,
        "hidden": HIDDEN,
        "commit": commit,
    }
    write_entry(f"{name}.band", head.state_dict(), note)
    print(f"Stored {name}.band.safetensors")
