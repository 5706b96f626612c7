"""Recipes: what to train, on what, how. One TOML file each."""

from __future__ import annotations

import math
import tomllib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from icl_core.checkpoints import FOLDER
from icl_core.models.transformer import TransformerConfig
from icl_core.models.trunk import trunk
from icl_core.plain_values import build
from icl_core.priors import Prior, prior_from_dict, prior_to_dict

RECIPES = FOLDER / "recipes"


@dataclass(frozen=True)
class Tail:
    """A second pass over fresh prompts, for a run that has finished.

    The rates start again at ``rate`` of the peak and fall linearly to zero over
    ``steps``. A share ``short`` of the batches holds prompts of ``exemplars``
    pairs only: most of what separates a trained model from Bayes lies near
    k = d, and short prompts cost a fraction of long ones. ``dim_weights`` takes
    the place of the flagship prior's.
    """

    steps: int
    rate: float
    exemplars: int
    short: float
    dim_weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        _require_whole(self, {"steps": 1, "exemplars": 1})
        _require_rates(self, ("rate",))
        _require_shares(self, ("short",))


def _require_whole(table: Any, least: dict[str, int]) -> None:
    for name, low in least.items():
        value = getattr(table, name)
        if not isinstance(value, int) or value < low:
            raise ValueError(f"{name} must be a whole number of at least {low}, not {value!r}.")


def _require_rates(table: Any, names: tuple[str, ...]) -> None:
    for name in names:
        rate = getattr(table, name)
        if not isinstance(rate, int | float) or not 0 <= rate < math.inf:
            raise ValueError(f"{name} must be a finite number of at least 0, not {rate!r}.")


def _require_shares(table: Any, names: tuple[str, ...]) -> None:
    _require_rates(table, names)
    for name in names:
        share = getattr(table, name)
        if share > 1:
            raise ValueError(f"{name} is a share, at most 1, not {share!r}.")


def trapezoid(step: int, steps: int, warmup: int, decay: int) -> float:
    """A rate that rises over ``warmup`` steps, stays at 1, and falls over the last ``decay``."""
    return min((step + 1) / warmup, 1.0, (steps - step) / decay)


@dataclass(frozen=True)
class Recipe:
    """One training run.

    The learning rates rise linearly over ``warmup`` steps, stay, and fall
    linearly to zero over the last ``decay`` steps, so a run may be lengthened or
    cut short, decay included, without changing any earlier step; ``tails`` may
    follow. ``loss`` is "visible", each error weighted by 1/(max(d − k, 0) + ½),
    "relative", by the size of what was seen as well, or "uniform". ``optimiser`` is
    "muon", which leaves to AdamW only what is no matrix of a block, or "adamw" for all
    weights. A share ``short`` of the batches holds prompts of ``short_exemplars`` pairs
    only, as in a `Tail`. ``precision`` is that of the products, "fp32" or "bf16"; over the
    last ``fp32_share`` of the run it is float32 whatever it was. The weights after each of
    the steps ``snapshots`` are kept, to replay the training. ``stored`` is the precision of
    the weights on disk, "fp32" or "fp16". Over the first ``dim_grows`` steps the features
    of a plain prior that are not zero grow evenly from one to all: without that, 16 are
    never learned in so few steps. With ``trunk`` the network reads the features of that trunk
    in place of x; the trunk stays as it is where it is ``frozen``.
    """

    name: str
    model: TransformerConfig
    prior: Prior
    steps: int
    batch: int = 128
    warmup: int = 300
    decay: int = 1000
    muon_lr: float = 0.02
    adamw_lr: float = 1e-3
    loss: str = "visible"
    precision: str = "fp32"
    seed: int = 0
    tails: tuple[Tail, ...] = ()
    snapshots: tuple[int, ...] = ()
    stored: str = "fp32"
    optimiser: str = "muon"
    dim_grows: int = 0
    short: float = 0.0
    short_exemplars: int = 0
    fp32_share: float = 0.0
    trunk: str = ""
    frozen: bool = True

    def __post_init__(self) -> None:
        least = {"steps": 1, "batch": 1, "warmup": 1, "decay": 1, "dim_grows": 0}
        _require_whole(self, {**least, "short_exemplars": 1 if self.short else 0})
        if self.warmup + self.decay > self.steps:
            raise ValueError("warmup and decay together must fit into steps.")
        _require_rates(self, ("muon_lr", "adamw_lr"))
        _require_shares(self, ("short", "fp32_share"))
        if not isinstance(self.seed, int):
            raise ValueError(f"seed must be a whole number, not {self.seed!r}.")
        if self.prior.features > self.model.max_dim:
            raise ValueError(
                f"The prior makes {self.prior.features} features, "
                f"more than the model's max_dim of {self.model.max_dim}."
            )
        if self.loss not in ("visible", "relative", "uniform"):
            raise ValueError(f'loss must be "visible", "relative" or "uniform", not {self.loss!r}.')
        if self.precision not in ("fp32", "bf16"):
            raise ValueError(f'precision must be "fp32" or "bf16", not {self.precision!r}.')
        if self.stored not in ("fp32", "fp16"):
            raise ValueError(f'stored must be "fp32" or "fp16", not {self.stored!r}.')
        if self.optimiser not in ("muon", "adamw"):
            raise ValueError(f'optimiser must be "muon" or "adamw", not {self.optimiser!r}.')
        if self.trunk and trunk(self.trunk).outputs > self.model.max_dim:
            raise ValueError(f"The trunk {self.trunk!r} makes more features than the model takes.")
        if self.dim_grows:
            _ = self.prior.with_used(1)  # raises where the law has no smaller d
        self._check_short("The recipe", self.short_exemplars)
        for tail in self.tails:
            self._check_short("The tail", tail.exemplars)
            _ = self._prior_of(tail)  # raises where the law does not fit
        if not all(0 < kept < self.last_step and kept == int(kept) for kept in self.snapshots):
            raise ValueError(
                f"snapshots must hold steps from 1 to {self.last_step - 1}, not {self.snapshots!r}."
            )

    def _check_short(self, whose: str, exemplars: int) -> None:
        most = self.model.max_exemplars
        if exemplars > most:
            raise ValueError(
                f"{whose}'s short prompts hold {exemplars} exemplars, more than the model's {most}."
            )

    def rate(self, step: int) -> float:
        """Learning rate at a step, as a share of the peak."""
        tail, end = self.tail_at(step)
        if tail:
            return tail.rate * (end - step) / tail.steps
        return trapezoid(step, self.steps, self.warmup, self.decay)

    @property
    def last_step(self) -> int:
        """Steps in all, the tails' included."""
        return self.steps + sum(tail.steps for tail in self.tails)

    def tail_at(self, step: int) -> tuple[Tail | None, int]:
        """The tail that a step belongs to, None before the first, and the step at which it ends."""
        end = self.steps
        if step < end:
            return None, end
        for tail in self.tails:
            end += tail.steps
            if step < end:
                return tail, end
        raise ValueError(f"The run ends at step {end}; there is no step {step}.")

    def short_at(self, step: int) -> tuple[float, int]:
        """The share of short prompts at a step, and how many exemplars they hold."""
        tail, _ = self.tail_at(step)
        return (tail.short, tail.exemplars) if tail else (self.short, self.short_exemplars)

    def precision_at(self, step: int) -> str:
        """The precision of a step's products."""
        finishes = step >= (1 - self.fp32_share) * self.last_step
        return "fp32" if finishes else self.precision

    def prior_at(self, step: int) -> Prior:
        """The law of a step's prompts."""
        if step < self.dim_grows:
            return self.prior.with_used(1 + step * self.prior.features // self.dim_grows)
        return self._prior_of(self.tail_at(step)[0])

    def _prior_of(self, tail: Tail | None) -> Prior:
        if tail and tail.dim_weights:
            return self.prior.with_dim_weights(tail.dim_weights)
        return self.prior

    def with_seed(self, seed: int) -> Recipe:
        """The same recipe on other data, under a name that says so."""
        return replace(self, name=f"{self.name}-seed{seed}", seed=seed)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a manifest; `recipe_from_dict` reads them back."""
        return {**asdict(self), "prior": prior_to_dict(self.prior)}


def recipe_from_dict(table: dict[str, Any], where: str = "recipe") -> Recipe:
    """A recipe from plain values; ValueError names what does not fit."""
    table = dict(table)
    for part in ("model", "prior"):
        if not isinstance(table.get(part), dict):
            raise ValueError(f"{where}: a [{part}] table is missing.")
    table["model"] = build(TransformerConfig, table["model"], f"{where} [model]")
    table["prior"] = prior_from_dict(table["prior"], f"{where} [prior]")
    tails = table.get("tails", ())
    if not isinstance(tails, list | tuple) or not all(isinstance(tail, dict) for tail in tails):
        raise ValueError(f"{where}: tails must be tables, [[tails]], not {tails!r}.")
    table["tails"] = tuple(build(Tail, tail, f"{where} [[tails]]") for tail in tails)
    return build(Recipe, table, where)


def list_recipes() -> list[str]:
    """Names that `load_recipe` knows without a path."""
    return sorted(path.stem for path in RECIPES.glob("*.toml"))


def load_recipe(name_or_path: str) -> Recipe:
    """A recipe by name (``checkpoints/recipes/NAME.toml``) or by path.

    ``base = "OTHER"`` takes all that a recipe does not say itself from OTHER.toml
    beside it, so that the members of a ladder show what sets them apart.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = RECIPES / f"{name_or_path}.toml"
    if not path.is_file():
        known = ", ".join(list_recipes()) or "none"
        raise ValueError(
            f"There is no recipe {name_or_path!r}. Known: {known}; or give a .toml file."
        )
    return recipe_from_dict({"name": path.stem, **_read(path)}, path.name)


def _read(path: Path) -> dict[str, Any]:
    """A recipe's table, with what it leaves to its base filled in."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} is not a TOML file: {error}") from None
    if "base" not in table:
        return table
    base = path.parent / f"{table.pop('base')}.toml"
    if base == path or not base.is_file():
        raise ValueError(f"{path.name}: its base {base.name} must be another recipe beside it.")
    filled = _read(base)
    for key, value in table.items():
        filled[key] = {**filled[key], **value} if isinstance(filled.get(key), dict) else value
    return filled
