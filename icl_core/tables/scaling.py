"""From a table's units to numbers like those a network was trained on, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

WITH_CONSTANT = 7
"""Most features beside a constant one: the shipped network reads eight."""


@dataclass(frozen=True, eq=False)
class Scaling:
    """Centres and scales: (value − mean)/scale, for each feature and for the target.

    x_mean, x_scale: (d,), in each feature's units; y_mean, y_scale: in the target's; constant:
    whether a feature 1 is added after the others. What is centred needs none: its offset is 0.
    """

    x_mean: np.ndarray
    x_scale: np.ndarray
    y_mean: float
    y_scale: float
    constant: bool = False

    @classmethod
    def of(cls, x: np.ndarray, y: np.ndarray) -> Self:
        """By the mean and the standard deviation (over n, not n − 1) of x (k, d) and y (k,).

        What does not vary is centred and keeps its scale.
        """
        x_mean, x_scale = _mean_and_deviation(x)
        y_mean, y_scale = _mean_and_deviation(y[:, None])
        return cls(x_mean, x_scale, float(y_mean[0]), float(y_scale[0]))

    @classmethod
    def none(cls, features: int) -> Self:
        """Every number as it is, with a constant feature while there is room for one."""
        return cls(np.zeros(features), np.ones(features), 0.0, 1.0, features <= WITH_CONSTANT)

    @classmethod
    def over(cls, x: np.ndarray, y: np.ndarray, half_x: float, half_y: float) -> Self:
        """The ranges of x (n, d) and y (n,) on ±half_x and ±half_y; for drawing, not for learning.

        What does not vary lies at 0.
        """
        x_centre, x_half = _middle_and_half(x)
        y_centre, y_half = _middle_and_half(y[:, None])
        return cls(x_centre, x_half / half_x, float(y_centre[0]), float(y_half[0]) / half_y)

    @property
    def is_scaled(self) -> bool:
        """Whether any number is changed."""
        return self.y_mean != 0 or self.y_scale != 1 or bool((self.x_scale != 1).any())

    def after(self, drawn: Scaling) -> Scaling:
        """The same of numbers that ``drawn`` has scaled already: of places, not of values."""
        return Scaling(
            (self.x_mean - drawn.x_mean) / drawn.x_scale,
            self.x_scale / drawn.x_scale,
            (self.y_mean - drawn.y_mean) / drawn.y_scale,
            self.y_scale / drawn.y_scale,
            self.constant,
        )

    def features(self, x: np.ndarray) -> np.ndarray:
        """Features (…, d) as the methods read them, (…, d) or (…, d + 1)."""
        return self.read((x - self.x_mean) / self.x_scale)

    def read(self, scaled: np.ndarray) -> np.ndarray:
        """Features that are scaled already, (…, d), as the methods read them."""
        ones = np.ones((*scaled.shape[:-1], int(self.constant)))
        return np.concatenate([scaled, ones], axis=-1)

    def target(self, y: np.ndarray) -> np.ndarray:
        """Values of the target (…) as the methods read them."""
        return (y - self.y_mean) / self.y_scale

    def answers(self, told: np.ndarray) -> np.ndarray:
        """What a method said (…), in the target's units."""
        return self.y_mean + self.y_scale * told

    def weights(self, w: np.ndarray) -> tuple[np.ndarray, float]:
        """Weights (d,) or, with a constant feature last, (d + 1,): the slopes (d,) and the offset.

        In the target's units per feature's, and in the target's.
        """
        features = len(self.x_mean)
        slopes = self.y_scale * w[:features] / self.x_scale
        constant = float(w[features]) if len(w) > features else 0.0
        return slopes, float(self.y_mean + self.y_scale * constant - slopes @ self.x_mean)


def _middle_and_half(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low, high = values.min(0), values.max(0)
    half = (high - low) / 2
    return low + half, np.where(half > 0, half, 1.0)


def _mean_and_deviation(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each column of (k, d); the deviation of one that does not vary is 1."""
    constant = (values == values[0]).all(0)
    mean = np.where(constant, values[0], values.mean(0))
    centred = values - mean
    # In units of the largest, so that no square leaves float64.
    largest = np.where(constant, 1.0, np.abs(centred).max(0))
    return mean, np.where(constant, 1.0, largest * np.sqrt(np.square(centred / largest).mean(0)))
