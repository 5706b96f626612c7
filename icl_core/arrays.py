"""Prompts as they arrive: NumPy or torch, checked once, at the door."""

from __future__ import annotations

import sys
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

ArrayLike = TypeVar("ArrayLike", np.ndarray, Tensor)


class Limits(Protocol):
    """What a model's config says of the prompts it can take."""

    @property
    def max_dim(self) -> int:
        """Most features."""

    @property
    def max_exemplars(self) -> int:
        """Most exemplars."""


class PromptLimits(NamedTuple):
    """`Limits` of a model that has no config."""

    max_dim: int
    max_exemplars: int = sys.maxsize


class CheckedPrompt(NamedTuple):
    """A prompt that has passed `as_prompt`: x (B, k, d), y (B, k), queries (B, q, d)."""

    x: Tensor
    y: Tensor
    queries: Tensor


def as_tensor(values: object, name: str) -> Tensor:
    """The values as a tensor of their own dtype, or a ValueError that says what is wrong."""
    if _is_masked(values):
        raise ValueError(f"{name} is a masked array: fill in or leave out what is masked.")
    try:
        # A copy: torch takes neither read-only nor reversed NumPy arrays as they are.
        given = values if isinstance(values, Tensor) else torch.as_tensor(np.array(values))
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{name} must be an array of numbers ({error}).") from None
    if given.is_complex():
        raise ValueError(f"{name} must be an array of real numbers, not of complex ones.")
    return given


def _is_masked(values: object) -> bool:
    """Also inside lists, where NumPy drops the mask without a word."""
    if isinstance(values, list | tuple):
        return any(_is_masked(value) for value in values)
    return isinstance(values, np.ma.MaskedArray)


def _tensor(
    values: object, name: str, ndim: int, dtype: torch.dtype, device: torch.device | str
) -> Tensor:
    tensor = as_tensor(values, name).to(device=device, dtype=dtype)
    if tensor.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, not {tensor.ndim}.")
    if not bool(torch.isfinite(tensor).all()):
        raise ValueError(f"{name} holds a number that is not finite (NaN or infinity).")
    return tensor


def as_prompt(
    x: object,
    y: object,
    queries: object | None = None,
    *,
    config: Limits | None = None,
    unread: int = 0,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> CheckedPrompt:
    """Tensors of one dtype on one device, or a ValueError that says what is wrong.

    x: (B, k, d), y: (B, k), queries: (B, q, d) or none (then q = 0). With
    `config`, d and k must lie within its limits; the y of the last ``unread`` pairs
    is never read, so they do not count.
    """
    xs = _tensor(x, "x", 3, dtype, device)
    ys = _tensor(y, "y", 2, dtype, device)
    batch, count, dim = xs.shape
    qs = xs[:, :0] if queries is None else _tensor(queries, "queries", 3, dtype, device)
    if ys.shape != (batch, count):
        raise ValueError(f"y must have shape {(batch, count)} to match x, not {tuple(ys.shape)}.")
    if qs.shape[0] != batch or qs.shape[2] != dim:
        raise ValueError(
            f"queries must have shape ({batch}, q, {dim}) to match x, not {tuple(qs.shape)}."
        )
    if dim < 1:
        raise ValueError("x must have at least one feature.")
    if config is not None and dim > config.max_dim:
        raise ValueError(f"x has {dim} features; this model takes at most {config.max_dim}.")
    if config is not None and count > config.max_exemplars + unread:
        raise ValueError(
            f"The prompt has {count} exemplars; this model takes at most {config.max_exemplars}."
        )
    return CheckedPrompt(xs, ys, qs)


def like_input(result: Tensor, given: ArrayLike) -> ArrayLike:
    """The result as the kind of array that was given."""
    if isinstance(given, Tensor):
        return result
    return result.cpu().numpy()
