"""Weights from strangers: checked strictly, and refused in a sentence.

Nothing is trusted: sizes come before parsing, shapes before tensors are read, and
what passes is asked once before anybody relies on it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

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

MOST_ENTRIES, MOST_DEPTH = 64, 3
"""In one list of a recipe, and lists within lists."""
MOST_WHOLE, MOST_REAL = 2**40, 1e6
"""The largest numbers: counts and seeds, and levels and rates."""

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
    for part, where in ((recipe, "recipe"), (recipe.prior, "recipe's prior")):
        _hold_to_its_contract(part, where)
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
    _hold_lists_short(entry["recipe"])
    try:
        config = TransformerConfig(**shape)
        recipe = recipe_from_dict({"name": "uploaded", **entry["recipe"]})
    except (TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(f"The manifest entry makes no sense: {_short(error)}.") from None
    if recipe.model != config:
        raise CheckpointError("The recipe is for another architecture than the entry says.")
    return recipe


def _hold_lists_short(table: dict[str, Any]) -> None:
    """Refuse long lists, and tables in tables, before anything is made of them."""
    waiting: list[tuple[object, int]] = [(table, 0)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, list | dict):
            if len(value) > MOST_ENTRIES or depth > MOST_DEPTH:
                raise CheckpointError(
                    f"The recipe holds a list of {len(value):,} entries, or lists in lists; at "
                    f"most {MOST_ENTRIES} entries are accepted."
                )
            inner = value.values() if isinstance(value, dict) else value
            waiting += [(one, depth + 1) for one in inner]


def _hold_to_its_contract(part: Any, where: str) -> None:
    """Refuse a field that is not of the type that its class declares."""
    declared = get_type_hints(type(part))
    for field in fields(part):
        value = getattr(part, field.name)
        if not _is_a(value, declared[field.name]):
            raise CheckpointError(
                f"The {where} cannot have {field.name} = {_short(repr(value))}: "
                "it is of another kind, or too large."
            )


def _is_a(value: object, kind: Any) -> bool:
    """Whether a value is of a declared type; numbers must be finite and of a usual size."""
    if get_origin(kind) in (Union, UnionType):
        return any(_is_a(value, one) for one in get_args(kind))
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        return isinstance(value, tuple) and all(_is_a(one, inner) for one in value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MOST_WHOLE
    if kind is float:
        return (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and -MOST_REAL <= value <= MOST_REAL
        )
    return isinstance(value, kind)


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
