"""What a law of tasks must offer, and the registry of its kinds.

Everything that samples, trains, evaluates or shows tasks goes through `Prior`, so
that a new law is one class and one call of `register`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar, NamedTuple, Self

import torch
from torch import Tensor

from icl_core.plain_values import build
from icl_core.predictors.base import Predictor
from icl_core.prompts import SampledPrompt


class Cell(NamedTuple):
    """What can be seen of a task: how many features, and whether the last is the constant 1."""

    dim: int
    intercept: bool


class Prior(ABC):
    """A law of tasks, of inputs and of noise: a frozen dataclass of plain values.

    A law says itself what exact Bayes is under it. What a subclass leaves as it is
    here suits a law of one number of features with one level of noise.
    """

    kind: ClassVar[str]
    """The name under which recipes and manifests store it; see `register`."""

    inputs: str = "plain"
    """The name of its law of x, "plain" where x ~ N(0, I)."""

    # --- what there is to know of it --------------------------------------------

    @property
    @abstractmethod
    def features(self) -> int:
        """Length of each x; features that a task does not use are zero."""

    @abstractmethod
    def describe(self) -> str:
        """The law in plain words, a phrase without a full stop."""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The kinds of task that it draws, in order of dimension."""
        return (Cell(self.features, False),)

    @property
    def dims(self) -> tuple[int, ...]:
        """The numbers of features that it draws, rising."""
        return tuple(sorted({cell.dim for cell in self.cells}))

    @property
    def sigmas(self) -> tuple[float, ...]:
        """The noise levels that it draws, all equally likely."""
        return (0.0,)

    @property
    def tau(self) -> float:
        """The rms size of a weight: the unit of its answers."""
        return 1.0

    @property
    def pool(self) -> Tensor | None:
        """The weights of its tasks, (M, d), where they are so many; None where each is new."""
        return None

    @property
    def families_apart(self) -> Mapping[str, Self]:
        """Its parts by name, where a prompt is of one of several kinds of function."""
        return {}

    # --- what it does -----------------------------------------------------------

    @abstractmethod
    def sample(self, batch: int, exemplars: int, gen: torch.Generator) -> SampledPrompt:
        """`batch` prompts of `exemplars` pairs, x of shape (B, k, features).

        On the generator's device; on the CPU a seed gives the same prompts for good.
        """

    @abstractmethod
    def queries(self, batch: int, count: int, gen: torch.Generator) -> Tensor:
        """Fresh inputs from the law of x, (B, count, features); each row has its own d."""

    @abstractmethod
    def bayes(self) -> Predictor:
        """The posterior mean under this very law: no predictor has a smaller mean squared error.

        Where it is not known in closed form, the closest that is, under a name that says so.
        """

    # --- parts and variants -----------------------------------------------------

    def given(
        self, dim: int | None = None, intercept: bool | None = None, sigma: float | None = None
    ) -> Self:
        """One cell of the law: what it is once these are known. Its Bayes knows them too.

        ValueError where the law draws no such task.
        """
        self._require_cell(dim, intercept, sigma)
        if len(self.cells) > 1 or len(self.sigmas) > 1:
            raise NotImplementedError(f"The law {self.kind!r} must say what its cells are.")
        return self

    def _require_cell(self, dim: int | None, intercept: bool | None, sigma: float | None) -> None:
        if dim is not None and dim not in self.dims:
            raise ValueError(f"dim must be {_one_of(self.dims)}, not {dim!r}.")
        found = {cell.intercept for cell in self.cells if dim in (None, cell.dim)}
        if intercept is not None and intercept not in found:
            said = "always" if True in found else "never"
            of = "" if dim is None else f" of d = {dim}"
            raise ValueError(f"Tasks{of} under this law {said} have an intercept.")
        if sigma is not None and sigma not in self.sigmas:
            raise ValueError(f"sigma must be {_one_of(self.sigmas)}, not {sigma!r}.")

    def nearest(self, dim: int, intercept: bool, sigma: float) -> tuple[Cell, float]:
        """The cell and the noise level of this law that come nearest to a wish."""
        cell = min(self.cells, key=lambda c: (abs(c.dim - dim), c.intercept != intercept))
        return cell, min(self.sigmas, key=lambda level: abs(level - sigma))

    def with_plain_inputs(self) -> Self:
        """The same tasks on x ~ N(0, I), where the law of x can be changed; else the law itself."""
        return self

    def with_even_dims(self) -> Self:
        """The same law with every d alike."""
        return self

    def with_free_weights(self) -> Self:
        """The same law with the task drawn afresh for every prompt, where it was fixed."""
        return self

    def with_dim_weights(self, weights: tuple[float, ...]) -> Self:
        """The same law with each d as likely as ``weights`` say; ValueError where d is fixed."""
        raise ValueError(f"The {self.kind} prior has one dimension; its tail takes no dim_weights.")

    def with_used(self, used: int) -> Self:
        """A step of a curriculum: only the first ``used`` features are not zero.

        ValueError where the law has no such step.
        """
        raise ValueError(f"dim_grows does not suit the {self.kind} prior.")


def _one_of(values: tuple[float, ...]) -> str:
    """Values in a sentence: "one of 1 to 8", "one of 0, 0.1 or 0.5", or the only one."""
    if len(values) == 1:
        return f"{values[0]:g}"
    if list(values) == list(range(int(values[0]), int(values[-1]) + 1)):
        return f"one of {values[0]:g} to {values[-1]:g}"
    return f"one of {', '.join(f'{value:g}' for value in values[:-1])} or {values[-1]:g}"


# --- the registry -----------------------------------------------------------------

_KINDS: dict[str, type[Prior]] = {}


def register(kind: str, law: type[Prior]) -> None:
    """Make a law known to recipes, manifests and the command line under ``kind``.

    ValueError where another law has that name.
    """
    if _KINDS.get(kind, law) is not law:
        raise ValueError(f"There is a prior of kind {kind!r} already.")
    law.kind = kind
    _KINDS[kind] = law


def prior_kinds() -> dict[str, type[Prior]]:
    """Every registered law by its kind, in order of their names."""
    return dict(sorted(_KINDS.items()))


def prior_to_dict(prior: Prior) -> dict[str, Any]:
    """Plain values, for a manifest; `prior_from_dict` reads them back."""
    return {"kind": prior.kind, **asdict(prior)}  # type: ignore[call-overload]


def prior_from_dict(table: dict[str, Any], where: str = "prior") -> Prior:
    """A law from plain values; ValueError names what does not fit."""
    values = dict(table)
    kind = values.pop("kind", None)
    if not isinstance(kind, str) or kind not in _KINDS:
        known = ", ".join(prior_kinds())
        raise ValueError(f"{where}: prior kind must be one of {known}, not {kind!r}.")
    return build(_KINDS[kind], values, where)
