"""Weights from strangers: checked strictly, and refused in a sentence.

Nothing is trusted: sizes come before parsing, shapes before tensors are read, and
what passes is asked once before anybody relies on it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import Tensor

from icl_core.checkpoints import CheckpointError, sha256
from icl_core.models.transformer import Transformer, TransformerConfig
from icl_core.prompts import generator
from icl_core.recipes import Recipe, recipe_from_dict

MOST_WEIGHT_BYTES = 5_000_000
MOST_MANIFEST_BYTES = 200_000
LIMITS = {
    "max_dim": 8,
    "max_exemplars": 40,
    "layers": 12,
    "width": 256,
    "heads": 16,
    "mlp_ratio": 8,
}
"""The largest architecture that is accepted."""

STORED = (torch.float32, torch.float16)


@dataclass(frozen=True)
class Upload:
    """Weights that passed: the network in eval mode, what made it, and its manifest entry."""

    name: str
    model: Transformer
    recipe: Recipe
    entry: dict[str, Any]


def read_upload(weights: bytes, manifest: bytes) -> Upload:
    """A network from the bytes of a safetensors file and of its manifest entry.

    The entry is a JSON object, alone or as ``{"NAME": entry}``. Raises
    CheckpointError, a sentence, for anything that does not fit.
    """
    if len(weights) > MOST_WEIGHT_BYTES:
        raise CheckpointError(
            f"The weights hold {len(weights):,} bytes; at most {MOST_WEIGHT_BYTES:,} are accepted."
        )
    name, entry = _entry(manifest)
    if entry.get("bytes") != len(weights) or entry.get("sha256") != sha256(weights):
        raise CheckpointError(
            "The weights do not match the bytes and sha256 of the manifest entry: "
            "one of the two files was changed, or they do not belong together."
        )
    recipe = _recipe(entry)
    model = Transformer(recipe.model)
    model.load_state_dict(_tensors(weights, model.state_dict()))
    model = model.eval().requires_grad_(False)
    _ask(model, recipe)
    return Upload(name, model, recipe, entry)


def _entry(manifest: bytes) -> tuple[str, dict[str, Any]]:
    """The name and the one entry of a manifest."""
    if len(manifest) > MOST_MANIFEST_BYTES:
        raise CheckpointError(
            f"The manifest entry holds {len(manifest):,} bytes; "
            f"at most {MOST_MANIFEST_BYTES:,} are accepted."
        )
    try:
        table = json.loads(manifest)
    except (ValueError, RecursionError):
        raise CheckpointError("The manifest entry is not a JSON file.") from None
    if isinstance(table, dict) and "architecture" not in table and len(table) == 1:
        ((name, table),) = table.items()
    else:
        name = "uploaded"
    if not isinstance(table, dict) or not isinstance(table.get("architecture"), dict):
        raise CheckpointError(
            'The manifest must hold one JSON object with "architecture", "recipe", "bytes" and '
            '"sha256", as this page writes it.'
        )
    return name[:60], table


def _recipe(entry: dict[str, Any]) -> Recipe:
    """The recipe of an entry, whose architecture keeps within the limits."""
    shape = entry["architecture"]
    for key, most in LIMITS.items():
        value = shape.get(key)
        if type(value) is not int or not 1 <= value <= most:
            raise CheckpointError(
                f"The architecture's {key} must be a whole number from 1 to {most}, "
                f"not {_short(value)}."
            )
    if not isinstance(entry.get("recipe"), dict):
        raise CheckpointError("The manifest entry holds no recipe.")
    try:
        config = TransformerConfig(**shape)
        recipe = recipe_from_dict({"name": "uploaded", **entry["recipe"]})
    except (TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(f"The manifest entry makes no sense: {_short(error)}.") from None
    if recipe.model != config:
        raise CheckpointError("The recipe is for another architecture than the entry says.")
    return recipe


def _tensors(data: bytes, wanted: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a file: those that are wanted, no other, of the right kind."""
    try:
        found = load_tensors(data)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"The weights are no safetensors file: {_short(error)}.") from None
    if missing := sorted(set(wanted) - set(found)):
        raise CheckpointError(f"The weights lack {_listed(missing)}.")
    if extra := sorted(set(found) - set(wanted)):
        raise CheckpointError(f"The weights hold more than the network has: {_listed(extra)}.")
    for name, tensor in found.items():
        if tensor.shape != wanted[name].shape:
            raise CheckpointError(
                f"The tensor {name} has the shape {tuple(tensor.shape)}, "
                f"but the architecture asks for {tuple(wanted[name].shape)}."
            )
        if tensor.dtype not in STORED:
            raise CheckpointError(
                f"The tensor {name} is {tensor.dtype}; float32 and float16 are accepted."
            )
        if not tensor.isfinite().all():
            raise CheckpointError(f"The tensor {name} holds a number that is not finite.")
    return found


def _ask(model: Transformer, recipe: Recipe) -> None:
    """Put fresh prompts of the recipe's law to the network."""
    pairs = recipe.model.max_exemplars + 1
    try:
        prompt = recipe.prior.sample(8, pairs, generator(0))
        with torch.inference_mode():
            answers = model(prompt.x, prompt.y)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise CheckpointError(
            f"The recipe's prior cannot be sampled from: {_short(error)}."
        ) from None
    if not answers.isfinite().all():
        raise CheckpointError("The network's answers to fresh prompts are not finite.")


def _listed(names: list[str]) -> str:
    """A few names, and how many more there are."""
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(_short(name) for name in names[:3]) + rest


def _short(value: object) -> str:
    """A value or an error as part of a sentence."""
    said = " ".join(str(value).split()).rstrip(".")
    return said if len(said) <= 160 else f"{said[:157]}…"
