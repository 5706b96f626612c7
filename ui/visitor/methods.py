"""The table of methods: every line on the pad, textbook rules and networks alike.

To add one, `register` it. It is then on the pad with its settings, in the links, among
what a teacher can leave out, and in the fuzzing: they all read this table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal

import torch
from torch import Tensor

from icl_core import predictors
from icl_core.models.base import InContextModel
from icl_core.predictors.base import Predictor
from icl_core.priors import Prior
from ui.visitor.fields import Field, between, flag, optional, whole
from ui.visitor.styles import CIRCLE, TRUTH, Style

NETWORK = "transformer"
"""The id of the network that a page is about, whichever that is: links have it since the first."""

Values = Mapping[str, Any]
"""Settings by their ids."""

Asked = Predictor | InContextModel
"""What a method asks: a rule, or a network."""


@dataclass(frozen=True)
class Setting:
    """What can be set of a method, within bounds that hold on the pad and in links alike.

    id: its name in messages; key: in links; label: in sentences and for screen readers;
    short: beside the control; kind: "flag" is yes or no; step: of the slider, None for
    a number that is typed. scale: "log" is a slider over powers of ten, from the bound
    above down to ``floor``; with the floor 0 it is over powers of ten of 1 + the value.
    automatic: what to call it when it is left to the page (None), empty where it never
    is; resolved: what it is then, told sigma.
    """

    id: str
    key: str
    label: str
    default: Any
    kind: Literal["whole", "number", "flag"]
    low: float = 0
    high: float = 1
    step: float | None = None
    scale: Literal["linear", "log"] = "linear"
    floor: float = 0
    short: str = ""
    automatic: str = ""
    resolved: Callable[[float], Any] = lambda _: None
    help: str = ""

    @cached_property
    def field(self) -> Field:
        """Its row in the table of the link."""
        read: Callable[[object], Any] = {
            "whole": whole(int(self.low), int(self.high)),
            "number": between(self.low, self.high),
            "flag": flag,
        }[self.kind]
        return Field(self.id, self.key, self.label, optional(read) if self.automatic else read)

    def row(self) -> dict[str, Any]:
        """As the pad takes it."""
        unsent = ("key", "resolved")
        told = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in unsent}
        return {**told, "range": _range(self)}


def _range(setting: Setting) -> list[float]:
    """The ends of its slider, in powers of ten where it is over them."""
    if setting.scale == "linear":
        return [setting.low, setting.high]
    if setting.floor:
        return [math.log10(setting.floor), math.log10(setting.high)]
    return [math.log10(1 + setting.low), math.log10(1 + setting.high)]


@dataclass(frozen=True)
class Method:
    """One line on the pad.

    id: its name in messages and links; kind: a rule of a textbook, or a network; make:
    from its settings and the law that exact Bayes takes for granted to what answers,
    None for the network that the page brings along; fine: whether its line has steps,
    and needs a finer grid; straight: whether a network's line bends so little that it need
    not be asked everywhere; gaps: whether it may have no answer somewhere, which is NaN and a
    gap in its line; detail: what its settings come to, from them as they were set,
    as they are used, and the exemplars x (1, k, d).
    """

    id: str
    style: Style
    make: Callable[[Values, Prior], Asked] | None
    kind: Literal["rule", "network"] = "rule"
    settings: tuple[Setting, ...] = ()
    fine: bool = False
    straight: bool = False
    gaps: bool = False
    detail: Callable[[Values, Values, Tensor], str] | None = None

    def resolved(self, values: Values, sigma: float) -> dict[str, Any]:
        """Its settings as they are used: what is left to the page is filled in."""
        chosen = {setting.id: values[setting.id] for setting in self.settings}
        return {
            setting.id: setting.resolved(sigma)
            if chosen[setting.id] is None
            else chosen[setting.id]
            for setting in self.settings
        }

    def row(self) -> dict[str, Any]:
        """As the pad takes it."""
        return {
            "id": self.id,
            "kind": self.kind,
            **vars(self.style),
            "settings": [setting.row() for setting in self.settings],
        }


# --- the register -----------------------------------------------------------------------

_methods: dict[str, Method] = {}
_settings: dict[str, Setting] = {}
_checks: list[Callable[[Method], None]] = []
TRUTH_ID = "truth"


def register(method: Method) -> Method:
    """Add a method after the others.

    ValueError where its id is taken, or the id or the link key of one of its settings.
    """
    if method.id in {*_methods, TRUTH_ID} or not method.id.isidentifier():
        raise ValueError(f"A method cannot be called {method.id!r}: that is taken, or no name.")
    own = [name for setting in method.settings for name in (setting.id, setting.key)]
    taken = {name for other in _settings.values() for name in (other.id, other.key)}
    for name in own:
        if name in taken:
            raise ValueError(f"There is a setting {name!r} of another method already.")
    for check in _checks:
        check(method)
    _methods[method.id] = method
    _settings.update({setting.id: setting for setting in method.settings})
    return method


def unregister(method: Method) -> None:
    """Take a method out again."""
    del _methods[method.id]
    for setting in method.settings:
        del _settings[setting.id]


def check_with(check: Callable[[Method], None]) -> None:
    """Have every method that is registered from now on looked at; a check raises ValueError."""
    _checks.append(check)


def all_methods() -> tuple[Method, ...]:
    """All methods, in the order of the list on the pad."""
    return tuple(_methods.values())


def ids() -> tuple[str, ...]:
    """The ids of all methods, in order."""
    return tuple(_methods)


def rules() -> tuple[Method, ...]:
    """The methods that are no networks."""
    return tuple(method for method in _methods.values() if method.kind == "rule")


def method_of(name: str) -> Method:
    """The method of this id; KeyError where there is none."""
    return _methods[name]


def settings() -> Mapping[str, Setting]:
    """Every setting of every method, by its id."""
    return _settings


def style_of(name: str) -> Style:
    """How a method is drawn, or the truth."""
    return TRUTH if name == TRUTH_ID else _methods[name].style


def styles() -> dict[str, dict[str, object]]:
    """Every style by its method, the truth's included, for parts in the browser."""
    names = (*_methods, TRUTH_ID)
    return {name: dict(vars(style_of(name))) for name in names}


# --- the methods --------------------------------------------------------------------------


def _told_of_gd(chosen: Values, _: Values, x: Tensor) -> str:
    top = float(torch.linalg.eigvalsh(x[0].double().T @ x[0].double())[-1])
    default = 0.5 / top if top > 0 else math.inf
    rate = default if chosen["rate"] is None else chosen["rate"]
    if not top > 0:
        return "no exemplars yet"
    if chosen["rate"] is None:
        return f"rate {default:.3g} = 1/(2 λmax)"
    if rate > 2 * default:
        return f"rate {rate:.3g} diverges: stable below {2 * default:.3g}"
    return f"rate {rate:.3g}, stable below {2 * default:.3g}"


def _told_of_ridge(chosen: Values, used: Values, _: Tensor) -> str:
    return f"λ {used['lam']:.3g}{' = σ²' if chosen['lam'] is None else ''}"


register(
    Method(
        NETWORK,
        Style(
            "Transformer",
            "#6d28d9",
            "#b794f6",
            "",
            4,
            "learns from the prompt, weights fixed",
            CIRCLE,
        ),
        make=None,
        kind="network",
    )
)
register(
    Method(
        "bayes",
        Style(
            "Exact Bayes",
            "#1f2937",
            "#e5e7eb",
            "2 4",
            2.5,
            "the best possible on average",
            "M-6-6H6V6H-6Z",
        ),
        make=lambda _, law: law.bayes(),
    )
)
register(
    Method(
        "ridge",
        Style(
            "Ridge",
            "#0369a1",
            "#7dd3fc",
            "9 4",
            2.5,
            "least squares, pulled to zero",
            "M0-7L7 5H-7Z",
        ),
        make=lambda chosen, _: predictors.ridge(chosen["lam"]),
        settings=(
            Setting(
                "lam",
                "lam",
                "Ridge λ",
                None,
                "number",
                high=100,
                step=0.1,
                scale="log",
                floor=1e-4,
                automatic="match σ",
                resolved=lambda sigma: sigma**2,  # weights have variance 1
                help="The pull towards zero; σ² is exact Bayes when σ is told",
            ),
        ),
        detail=_told_of_ridge,
    )
)
register(
    Method(
        "ols",
        Style(
            "OLS",
            "#0f766e",
            "#2dd4bf",
            "14 4 2 4",
            2.5,
            "plain least squares",
            "M0 7L7-5H-7Z",
        ),
        make=lambda _, __: predictors.ols(),
    )
)
register(
    Method(
        "gd",
        Style(
            "GD",
            "#c2410c",
            "#fb923c",
            "5 4",
            2.5,
            "gradient descent from zero",
            "M0-7L7 0L0 7L-7 0Z",
        ),
        make=lambda chosen, _: predictors.gd(chosen["steps"], chosen["rate"]),
        settings=(
            Setting(
                "steps",
                "gs",
                "Gradient descent steps",
                2,
                "whole",
                high=1000,
                step=0.01,
                scale="log",
                short="steps",
                help="How many steps it takes",
            ),
            Setting(
                "rate",
                "gr",
                "Gradient descent rate",
                None,
                "number",
                short="rate",
                automatic="auto",
                help="How far it goes along the gradient; too far, and it diverges",
            ),
        ),
        detail=_told_of_gd,
    )
)
register(
    Method(
        "sgd",
        Style(
            "SGD",
            "#a16207",
            "#facc15",
            "3 3",
            2.5,
            "one pass, a step for each point",
            "M-7-2H-2V-7H2V-2H7V2H2V7H-2V2H-7Z",
        ),
        make=lambda chosen, _: predictors.sgd(chosen["sgd_rate"]),
        settings=(
            Setting(
                "sgd_rate",
                "sr",
                "SGD rate",
                0.05,
                "number",
                step=0.01,
                short="rate",
                help="How far it goes at each point",
            ),
        ),
    )
)
register(
    Method(
        "knn",
        Style(
            "k-NN",
            "#4d7c0f",
            "#a3e635",
            "1 3",
            2.5,
            "mean of the nearest points",
            "M-7-7H7V7H-7Z",
        ),
        make=lambda chosen, _: predictors.knn(chosen["neighbours"], chosen["weighted"]),
        settings=(
            Setting(
                "neighbours",
                "nn",
                "Number of neighbours",
                3,
                "whole",
                low=1,
                high=40,
                step=1,
                short="k",
                help="How many of the nearest points it averages",
            ),
            Setting("weighted", "nw", "Weighting", False, "flag", short="1/distance²"),
        ),
        fine=True,
    )
)
register(
    Method(
        "newton",
        Style(
            "Newton",
            "#be185d",
            "#f472b6",
            "10 3 3 3",
            2.5,
            "doubles its accuracy",
            "M-6-6L0-2L6-6L2 0L6 6L0 2L-6 6L-2 0Z",
        ),
        make=lambda chosen, _: predictors.newton(chosen["newton"]),
        settings=(
            Setting(
                "newton",
                "ns",
                "Newton steps",
                3,
                "whole",
                high=40,
                step=1,
                short="steps",
                help="How many steps it takes",
            ),
        ),
    )
)
