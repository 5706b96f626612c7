"""The interface of all learning rules."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, as_prompt
from icl_core.predictors.spectrum import Spectrum, cast_like, device_of, spectrum


@runtime_checkable
class Predictor(Protocol):
    """A learning rule: prompt and queries in, predictions out.

    Whatever has these three is one; the textbook's inherit it.
    """

    @property
    def name(self) -> str:
        """What to call it."""

    @abstractmethod
    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """x: (B, k, d), y: (B, k), queries: (B, q, d) -> (B, q). ValueError if they do not fit."""

    @abstractmethod
    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """x: (B, k, d), y: (B, k) -> (B, k); entry j has seen the first j pairs."""


class LinearPredictor(Predictor):
    """A rule whose prediction is w·x, with w learned from the prompt."""

    @abstractmethod
    def weights(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """w after each prefix: x: (B, k, d), y: (B, k) -> (B, k+1, d)."""

    def solve(self, x: ArrayLike, y: ArrayLike) -> Tensor:
        """`weights` in float64, before they are rounded to what was given."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        return self.weights(prompt.x, prompt.y)

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`."""
        prompt = as_prompt(x, y, queries, dtype=torch.float64, device=device_of(x))
        w = self.solve(x, y)[:, -1]
        return cast_like(torch.einsum("bqd,bd->bq", prompt.queries, w), x)

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `Predictor.predict_next`."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        w = self.solve(x, y)[:, :-1]
        return cast_like(torch.einsum("bkd,bkd->bk", prompt.x, w), x)


class SpectralPredictor(LinearPredictor):
    """A linear rule that is a filter on the eigenvalues of XᵀX."""

    @abstractmethod
    def filter(self, spec: Spectrum) -> Tensor:
        """f(λ) for every prefix: (B, k+1, d)."""

    def weights_from(self, spec: Spectrum) -> Tensor:
        """w after each prefix from a spectrum that is already there: (B, k+1, d), float64."""
        return spec.weights(self.filter(spec))

    def solve(self, x: ArrayLike, y: ArrayLike) -> Tensor:
        """See `LinearPredictor.solve`."""
        return self.weights_from(spectrum(x, y))

    def weights(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `LinearPredictor.weights`."""
        return cast_like(self.solve(x, y), x)


@runtime_checkable
class HasPath(Protocol):
    """A linear rule that comes to its w step by step."""

    def path(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """w after 0, 1, … steps on the whole prompt: (B, steps + 1, d)."""


def check_whole(name: str, value: object, low: int) -> None:
    """ValueError unless the value is a whole number of at least ``low``."""
    if not isinstance(value, int) or value < low:
        raise ValueError(f"{name} must be a whole number of at least {low}, not {value!r}.")


def check_at_least(name: str, value: object, low: float) -> None:
    """ValueError unless the value is a finite number of at least ``low``."""
    if not isinstance(value, int | float) or not low <= value < math.inf:
        raise ValueError(f"{name} must be a finite number of at least {low:g}, not {value!r}.")
