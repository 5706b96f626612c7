"""Decoder layers on frozen trunks: ``python -m icl_core.training.on_trunks``.

Trains the added layers of every `Run`, one run after the other, each resumable as any other
training, and stores what has come to its end in one file, with what the trunk's numbers
were before and after. ``--trunks`` makes the trunks themselves.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from tqdm import tqdm

from icl_core import trunks
from icl_core.added_layers import NAME, Run, runs
from icl_core.checkpoints import FOLDER, current_commit, write_entry
from icl_core.models.transformer import Transformer
from icl_core.models.trunk import OnTrunk, fingerprint
from icl_core.training.trainer import Trainer, initial_model, machine_class, trained_tensors

HELD_OUT, SNAPSHOT_SECONDS = 256, 20.0


def train_run(run: Run, folder: Path) -> None:
    """Train one run to its end in ``folder``/NAME, or go on with it; note its trunk's numbers."""
    done = folder / run.name / "done.safetensors"
    if done.exists():
        return
    trainer = Trainer(run.recipe, folder / run.name, held_out=HELD_OUT)
    before = _trunk_of(initial_model(run.recipe))
    trainer.run(report_every=run.recipe.last_step, snapshot_seconds=SNAPSHOT_SECONDS)
    model, progress = trainer.model, trainer.progress
    note = {
        "recipe": run.recipe.as_dict(),
        "prompts": progress.step * run.recipe.batch,
        "wall_seconds": round(progress.seconds),
        "machine": machine_class(trainer.device),
        "commit": current_commit(),
        "excess": progress.history[-1]["excess"],
        "trunk": {"before": before, "after": _trunk_of(model)},
    }
    kept = {key: value.contiguous() for key, value in trained_tensors(model).items()}
    save_file(kept, done, {"note": json.dumps(note, ensure_ascii=False)})


def _trunk_of(model: Transformer) -> str | None:
    return fingerprint(model.trunk) if isinstance(model, OnTrunk) else None


def store(folder: Path, into: Path = FOLDER) -> int:
    """Put every run that has come to its end into one checkpoint; how many these are."""
    tensors: dict[str, Tensor] = {}
    notes: dict[str, Any] = {}
    for run in runs():
        done = folder / run.name / "done.safetensors"
        if done.exists():
            with safe_open(done, "pt") as file:
                notes[run.name] = json.loads(file.metadata()["note"])
                for key in file.keys():  # noqa: SIM118
                    tensors[f"{run.name}.{key}"] = file.get_tensor(key).half()
    made_by = "python -m icl_core.training.on_trunks"
    note = {"made_by": made_by, "commit": current_commit(), "runs": notes}
    write_entry(NAME, tensors, note, into)
    return len(notes)


def store_trunks(into: Path = FOLDER) -> None:
    """Make the trunks and store them."""
    tensors, notes = trunks.make_trunks()
    made_by = "python -m icl_core.training.on_trunks --trunks"
    note = {"made_by": made_by, "commit": current_commit(), "trunks": notes}
    write_entry(trunks.NAME, tensors, note, into)


def main() -> None:
    """Train, and store."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=Path, default=Path("runs") / NAME)
    parser.add_argument("--trunks", action="store_true", help="make the trunks, and no more")
    parser.add_argument("--store-only", action="store_true", help="store what has been trained")
    args = parser.parse_args()
    if args.trunks:
        store_trunks()
        return
    if not args.store_only:
        for run in tqdm(runs()):
            train_run(run, args.runs)
    print(f"Stored {store(args.runs)} of {len(runs())} runs.")


if __name__ == "__main__":
    main()
