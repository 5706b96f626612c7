"""What the paper found, what our weights show, and whether the two agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from icl_core.studies.distances import ZERO

Table = dict[str, Any]
CLOSE = 0.01
"""The paper's mark for "the same predictions": SPD/d and ILWD/d (Akyürek et al., 2023, Fig 1)."""


@dataclass(frozen=True)
class Claim:
    """One finding.

    study: the study whose table it was read off, a name in `icl_core.studies.STUDIES`;
    measured: one sentence with the figures; value, low, high: the figure that the
    verdict rests on, a 95 % interval with it; agrees: "yes", "partly" or "no".
    """

    study: str
    figure: str
    paper_said: str
    measured: str
    quantity: str
    value: float
    low: float
    high: float
    agrees: str
    why: str


def claims_of(tables: Mapping[str, Table]) -> list[Table]:
    """The claims table, as plain values, from the tables of the studies by name."""
    claims = [
        *_fig1(tables["fig1"]),
        *_fig2(tables["fig2"]),
        *_depth(tables["fig3-depth"]),
        _width(tables["fig3-width"], 8, 16),
        _width(tables["fig3-width-16d"], 16, 32),
    ]
    return [asdict(claim) for claim in claims]


def _says(value: float) -> str:
    return f"{value:.2g}" if value < 0.1 else f"{value:.2f}"


# --- Fig 1 -----------------------------------------------------------------------------


def _fig1(table: Table) -> Iterator[Claim]:
    member = table["members"][0]
    by_k, dim = member["by_k"], member["dim"]
    for measure, name in (("spd", "SPD"), ("ilwd", "ILWD")):
        yield _close_to_ols(
            table["study"], by_k[measure]["OLS"], by_k["ks"], dim, name, member, measure
        )
    yield _others_are_farther(table["study"], member)


def _close_to_ols(
    study: str,
    curve: dict[str, list[float]],
    ks: list[int],
    dim: int,
    name: str,
    member: Table,
    measure: str,
) -> Claim:
    far = [k for k, value in zip(ks, curve["value"], strict=True) if value >= CLOSE]
    value, low, high = member["regions"]["all"][measure]["OLS"]
    at_d = curve["value"][ks.index(dim)]
    beyond = [k for k in far if k != dim]
    agrees = "yes" if not beyond else "partly" if value < CLOSE else "no"
    return Claim(
        study,
        "Fig 1",
        f"Normalised {name} to OLS is below {CLOSE} for almost any number of examples.",
        f"Below {CLOSE} at {len(ks) - len(far)} of {len(ks)} numbers of examples "
        f"({'not at k = ' + ', '.join(map(str, far)) if far else 'at every one'}); "
        f"{_says(at_d)} at k = d = {dim}.",
        f"mean {name}/d to OLS over k = {ks[0]} to {ks[-1]}",
        value,
        low,
        high,
        agrees,
        f"At k = d the inverse of XᵀX is often badly conditioned: OLS itself reacts to the last "
        f"digit there, and a network of finite depth and precision smooths it. Trained on "
        f"{next(iter(member['runs'].values()))['prompts']:,} prompts, the paper's on 32,000,000.",
    )


def _others_are_farther(study: str, member: Table) -> Claim:
    pooled = member["regions"]["all"]
    nearest = pooled["nearest"]
    value, low, high = nearest["margin"]
    is_ols = nearest["rule"] == "OLS"
    return Claim(
        study,
        "Fig 1",
        "Every other predictor agrees considerably less.",
        f"The nearest rule is {nearest['rule']}, the runner-up {nearest['second']}, "
        f"{value:.1f} times as far ({_says(pooled['spd'][nearest['second']][0])} against "
        f"{_says(pooled['spd'][nearest['rule']][0])}).",
        "SPD to the runner-up over SPD to the nearest, mean over k",
        value,
        low,
        high,
        "yes" if is_ols and value > 2 else "partly" if is_ols and low > 1 else "no",
        "Ridge with a small penalty is almost OLS when there is no noise, so it is the runner-up; "
        "the others are far.",
    )


# --- Fig 2 -----------------------------------------------------------------------------


def _fig2(table: Table) -> Iterator[Claim]:
    rows = {0.0: "OLS"}
    for member in table["members"]:
        own = "OLS" if member["at"] == 0 else f"ridge {member['label']}"
        rows[member["at"]] = own
    for member in table["members"]:
        yield _matches_its_noise(table["study"], member, rows[member["at"]])
    yield _ordered(table, rows)


def _matches_its_noise(study: str, member: Table, own: str) -> Claim:
    pooled = member["regions"]["under"]
    nearest = pooled["nearest"]
    value, low, high = nearest["margin"]
    is_own = nearest["rule"] == own
    return Claim(
        study,
        "Fig 2",
        f"Trained with σ²/τ² = {member['label']}, it matches {own} best.",
        f"Nearest while k < d: {nearest['rule']} (SPD/d {_says(pooled['spd'][nearest['rule']][0])})"
        f", then {nearest['second']}, {value:.2f} times as far.",
        "SPD to the runner-up over SPD to the nearest, k < d",
        value,
        low,
        high,
        ("yes" if low > 1 else "partly") if is_own else "no",
        "Neighbouring penalties give nearly the same answers at these noise levels, so the margins "
        "are small; the interval is over prompts.",
    )


def _ordered(table: Table, rows: Mapping[float, str]) -> Claim:
    """How many steps away from the diagonal, within each column, increase the distance."""
    order = [rows[at] for at in sorted(rows)]
    steps = kept = 0
    for member in table["members"]:
        spd = member["regions"]["under"]["spd"]
        own = order.index(rows[member["at"]])
        for side in (order[own:], order[own::-1]):
            for near, far in pairwise(side):
                steps += 1
                kept += spd[far][0] > spd[near][0]
    share = kept / steps
    # Wilson score interval of a share (Wilson, 1927).
    z2 = 1.96**2
    centre = (share + z2 / (2 * steps)) / (1 + z2 / steps)
    half = (1.96 / (1 + z2 / steps)) * (share * (1 - share) / steps + z2 / (4 * steps**2)) ** 0.5
    return Claim(
        table["study"],
        "Fig 2",
        "The farther a ridge's λ from the noise it was trained on, the farther its answers.",
        f"{kept} of {steps} steps away from the matching λ increase the distance.",
        "share of steps away from the matching λ that increase SPD",
        share,
        max(0.0, centre - half),
        min(1.0, centre + half),
        "yes" if kept == steps else ("partly" if share > 0.8 else "no"),
        "The paper's absolute values do not follow from its text (ridge 1/4 and OLS themselves lie "
        "1.5e-2 apart at σ = 0); the order is what can be compared.",
    )


# --- Fig 3 -----------------------------------------------------------------------------


def _depth(table: Table) -> Iterator[Claim]:
    members = table["members"]
    yield _one_layer(table["study"], members[0])
    yield _phase(
        table["study"],
        [member for member in members if 2 <= member["at"] <= 4],
        ("ridge",),
        "Fig 3a",
        "With 2 to 4 layers it is nearest to ridge.",
        "Shallow networks pull their weights towards zero, as ridge does: they leave part of the "
        "inversion undone.",
    )
    yield _phase(
        table["study"],
        [member for member in members if member["at"] >= 8],
        ("OLS",),
        "Fig 3a",
        "With 8 layers or more it is nearest to OLS.",
        "",
    )


def _one_layer(study: str, member: Table) -> Claim:
    pooled = member["regions"]["under"]
    near = pooled["nearest"]["rule"]
    spd = {rule: bounds[0] for rule, bounds in pooled["spd"].items()}
    value, low, high = pooled["spd"][near]
    is_step = near.startswith(("GD", "SGD"))
    return Claim(
        study,
        "Fig 3a",
        "One layer is nearest to one step of gradient descent, but not well approximated by it.",
        f"Nearest of the paper's rules: {near}, at SPD/d {_says(value)}. The rule that always "
        f"answers 0 lies at {_says(spd[ZERO])}, one step at its best rate at "
        f"{_says(spd['GD best rate'])}.",
        "SPD/d to the nearest rule, k < d",
        value,
        low,
        high,
        "no" if not is_step else "yes" if spd[ZERO] > value > CLOSE else "partly",
        "x and y come as separate tokens. One attention layer adds up what it reads token by "
        "token and cannot pair an x with its y, so it has no x·y to sum and answers almost 0. A "
        "small gradient step is the nearest rule because it is the one nearest to 0.",
    )


def _phase(
    study: str, members: list[Table], rules: tuple[str, ...], figure: str, said: str, why: str
) -> Claim:
    """Whether every member's nearest rule is of this kind; the figure is the least sure one's.

    A rule of another kind must be farther by more than the interval.
    """
    near = [member["regions"]["under"]["nearest"] for member in members]
    hits = [part["rule"].startswith(rules) for part in near]
    sure = [
        hit and (part["second"].startswith(rules) or part["margin"][1] > 1)
        for hit, part in zip(hits, near, strict=True)
    ]
    value, low, high = min((part["margin"] for part in near), key=lambda margin: margin[0])
    found = "; ".join(map(_standing, members))
    return Claim(
        study,
        figure,
        said,
        f"Nearest of the paper's rules: {found}.",
        "SPD to the runner-up over SPD to the nearest, k < d, where it is smallest",
        value,
        low,
        high,
        "yes" if all(sure) else ("partly" if any(hits) else "no"),
        why,
    )


LINEAR_FITS = ("ridge", "OLS", "exact Bayes")


def _standing(member: Table) -> str:
    """A member's nearest rule, whether that is sure, and who of all asked is nearer still."""
    pooled = member["regions"]["under"]
    near, spd = pooled["nearest"], {rule: part[0] for rule, part in pooled["spd"].items()}
    told = f"{member['label']}: {near['rule']}"
    if near["margin"][1] <= 1:
        told += f", not separated from {near['second']}"
    told += (
        f" (SPD/d {_says(spd[near['rule']])}, closest λ {pooled['families']['ridge']['best']:.2g}"
    )
    others = {rule: far for rule, far in spd.items() if not rule.startswith(LINEAR_FITS)}
    least = min(others, key=others.__getitem__)
    if others[least] < min(far for rule, far in spd.items() if rule not in others):
        told += f"; of all asked {least}, {_says(others[least])}"
    return f"{told})"


def _width(table: Table, dim: int, least: int) -> Claim:
    return _phase(
        table["study"],
        [member for member in table["members"] if member["at"] >= least],
        ("ridge", "OLS"),
        "Fig 3b",
        f"For d = {dim} it is ridge-like from width {least} on.",
        "A narrow network stops on the way, as a few steps of Newton's method do. The paper "
        "trained on 32,000,000 prompts, these saw 160,000"
        + (", over half of which the dimension grew from 1 to 16." if dim == 16 else "."),
    )
