"""The kinds of models that a checkpoint can hold, by ``kind`` in its manifest's architecture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from icl_core.models.base import InContextModel
from icl_core.models.transformer import Transformer, TransformerConfig

KIND = "kind"
DECODER = "decoder"
"""The kind of an architecture that names none: manifests are older than the other kinds."""


class UnknownKind(ValueError):
    """A kind of model for which there is no loader."""


Loader = Callable[[Mapping[str, Any], Mapping[str, Tensor], str], InContextModel]
"""From an architecture (without its kind), tensors and a device to a model that answers.

Raises KeyError, TypeError, ValueError or RuntimeError where they do not fit together.
"""


def _decoder(
    architecture: Mapping[str, Any], tensors: Mapping[str, Tensor], device: str
) -> Transformer:
    model = Transformer(TransformerConfig(**architecture))
    model.load_state_dict(dict(tensors))
    return model.eval().requires_grad_(False).to(device)


_loaders: dict[str, Loader] = {DECODER: _decoder}


def register(kind: str, loader: Loader) -> None:
    """Let checkpoints of a new kind be loaded. ValueError if the kind is taken."""
    if kind in _loaders:
        raise ValueError(f"There is a loader for models of kind {kind!r} already.")
    _loaders[kind] = loader


def built(
    architecture: Mapping[str, Any], tensors: Mapping[str, Tensor], device: str
) -> InContextModel:
    """The model of a manifest's architecture. UnknownKind where nobody registered its kind."""
    shape = dict(architecture)
    kind = shape.pop(KIND, DECODER)
    if kind not in _loaders:
        known = ", ".join(sorted(_loaders))
        raise UnknownKind(f"There is no loader for models of kind {kind!r}. Known: {known}.")
    return _loaders[kind](shape, tensors, device)
