"""Trained weights: safetensors files and the manifest that vouches for them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as dump_tensors
from torch import Tensor

from icl_core.limits import TrainedLimits, Warned, read_errors
from icl_core.models.base import InContextModel
from icl_core.models.kinds import UnknownKind, built
from icl_core.models.transformer import Transformer
from icl_core.priors import Prior, prior_from_dict

HERE = Path(__file__).resolve().parent
INSTALLED = HERE / "stored"
"""Where setup.py puts the repository's ``checkpoints/`` in an installed package."""
FOLDER = INSTALLED if INSTALLED.is_dir() else HERE.parent / "checkpoints"
RESTORE = "Restore it from the repository (git checkout -- checkpoints)"


class CheckpointError(ValueError):
    """A checkpoint that cannot be used; the message names the file and what to do."""


def sha256(data: bytes) -> str:
    """Hex digest of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file in one step, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)


def named(path: Path) -> str:
    """A file as a sentence names it: visitors read it too, so not where it lies on the server."""
    return f"{path.parent.name}/{path.name}"


def read_manifest(folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """Every entry of ``manifest.json``, by name."""
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text())
    except FileNotFoundError:
        raise CheckpointError(f"{named(path)} is missing. {RESTORE}.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{named(path)} is not readable JSON ({error}). {RESTORE}.") from None
    if not isinstance(manifest, dict) or not all(isinstance(e, dict) for e in manifest.values()):
        raise CheckpointError(f"{named(path)} must hold one JSON object of objects. {RESTORE}.")
    return manifest


def _entry(name: str, folder: Path) -> dict[str, Any]:
    """A manifest entry; CheckpointError when there is none of this name."""
    manifest = read_manifest(folder)
    if name not in manifest:
        known = ", ".join(sorted(manifest)) or "none"
        raise CheckpointError(f"There is no checkpoint {name!r}. Known: {known}.")
    return manifest[name]


def list_models(folder: Path = FOLDER) -> list[str]:
    """Names that `load_model` accepts."""
    return sorted(name for name, entry in read_manifest(folder).items() if "architecture" in entry)


def read_tensors(name: str, folder: Path = FOLDER) -> dict[str, Tensor]:
    """The tensors of a manifest entry, after checking size and sha256.

    Raises CheckpointError when the entry is unknown or the file is missing, cut
    short, changed or not safetensors.
    """
    entry = _entry(name, folder)
    path = folder / str(entry.get("file", ""))
    try:
        data = path.read_bytes()
    except OSError:
        raise CheckpointError(f"{named(path)} is missing or cannot be read. {RESTORE}.") from None
    if len(data) != entry.get("bytes"):
        raise CheckpointError(
            f"{named(path)} holds {len(data)} bytes, not the {entry.get('bytes')} of the manifest: "
            f"it was cut short or replaced. {RESTORE}."
        )
    if sha256(data) != entry.get("sha256"):
        raise CheckpointError(
            f"{named(path)} does not match its sha256: it was changed. {RESTORE}."
        )
    try:
        return load_tensors(data)
    except SafetensorError as error:
        raise CheckpointError(
            f"{named(path)} is not a safetensors file ({error}). {RESTORE}."
        ) from None


def pack(
    name: str, tensors: dict[str, Tensor], note: dict[str, Any]
) -> tuple[bytes, dict[str, Any]]:
    """Tensors as the bytes of ``NAME.safetensors``, and their entry in the manifest."""
    data = dump_tensors({key: value.detach().cpu().contiguous() for key, value in tensors.items()})
    return data, {
        "file": f"{name}.safetensors",
        "bytes": len(data),
        "sha256": sha256(data),
        **note,
    }


def write_entry(
    name: str, tensors: dict[str, Tensor], note: dict[str, Any], folder: Path = FOLDER
) -> None:
    """Store tensors as ``NAME.safetensors`` and their entry in the manifest."""
    data, entry = pack(name, tensors, note)
    write_atomically(folder / entry["file"], data)
    update_entry(name, entry, folder)


def update_entry(name: str, note: dict[str, Any], folder: Path = FOLDER) -> None:
    """Add or change keys of a manifest entry."""
    manifest = read_manifest(folder) if (folder / "manifest.json").exists() else {}
    manifest[name] = {**manifest.get(name, {}), **note}
    text = json.dumps(dict(sorted(manifest.items())), indent=1, allow_nan=False) + "\n"
    write_atomically(folder / "manifest.json", text.encode())


def current_commit() -> str:
    """The commit of the code at hand, or "unknown" outside a repository."""
    command = ["git", "rev-parse", "HEAD"]
    try:
        answer = subprocess.run(
            command, cwd=FOLDER.parent, capture_output=True, text=True, check=False
        )
    except OSError:  # no git, as in a slim container
        return "unknown"
    return answer.stdout.strip() or "unknown"


def default_device() -> str:
    """``ICL_DEVICE``: cpu, cuda or auto.

    Auto is the CPU: on a single prompt of this size a GPU spends longer on
    launching kernels than a core does on the sums. Studies and training ask for
    the GPU themselves.
    """
    wanted = os.environ.get("ICL_DEVICE", "auto")
    if wanted not in ("auto", "cpu", "cuda"):
        raise ValueError(f"ICL_DEVICE must be auto, cpu or cuda, not {wanted!r}.")
    if wanted == "cuda" and not torch.cuda.is_available():
        raise ValueError("ICL_DEVICE is cuda, but PyTorch sees no CUDA device here.")
    return "cuda" if wanted == "cuda" else "cpu"


def load_model(
    name: str, device: str | None = None, folder: Path = FOLDER, *, warn: bool = False
) -> InContextModel:
    """A pretrained model, ready to answer, on the CPU unless told otherwise.

    With ``warn`` it gives an `icl_core.OutOfRangeWarning` where it is asked about a
    prompt unlike those of its law. Calls with the same arguments share one model.
    Raises CheckpointError (a ValueError) when the checkpoint is unknown, missing, cut
    short or changed, or has no law to warn by.
    """
    model = _load(name, device or default_device(), folder)
    if not warn:
        return model
    if not isinstance(model.limits, TrainedLimits):
        raise CheckpointError(f"{name!r} has no law, so nothing is out of its range.")
    return Warned(model, model.limits)


def load_decoder(name: str, device: str | None = None, folder: Path = FOLDER) -> Transformer:
    """As `load_model`, for what needs a decoder of ours: its states, edits or weights.

    Raises CheckpointError for a model of another kind, too.
    """
    model = load_model(name, device, folder)
    if not isinstance(model, Transformer):
        raise CheckpointError(f"{name!r} is not a decoder, so it cannot be looked into.")
    return model


@lru_cache(maxsize=64)
def _load(name: str, device: str, folder: Path) -> InContextModel:
    tensors = read_tensors(name, folder)
    entry = read_manifest(folder)[name]
    try:
        model = built(entry["architecture"], tensors, device)
    except UnknownKind as error:
        raise CheckpointError(f"{named(folder / entry['file'])} cannot be used. {error}") from None
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{named(folder / entry['file'])} does not fit the architecture in the manifest "
            f"({type(error).__name__}). {RESTORE}."
        ) from None
    if isinstance(model, Transformer):
        # A network whose law is not known answers all the same.
        with suppress(CheckpointError):
            law, errors = load_prior(name, folder), read_errors(name, entry["sha256"], folder)
            shape = model.config
            model.limits = TrainedLimits(shape.max_dim, shape.max_exemplars, law, errors)
    return model


def load_prior(name: str, folder: Path = FOLDER) -> Prior:
    """The law of tasks that a checkpoint was trained on, from the recipe in the manifest.

    Raises CheckpointError when the checkpoint is unknown, is no trained network, or
    names a law that this code does not have.
    """
    entry = _entry(name, folder)
    recipe = entry.get("recipe")
    if not isinstance(recipe, dict) or not isinstance(recipe.get("prior"), dict):
        raise CheckpointError(f"{name!r} has no recipe in the manifest, so no law.")
    try:
        return prior_from_dict(recipe["prior"], name)
    except ValueError as error:
        raise CheckpointError(f"The law of {error}") from None
