"""What the paper found, what our weights show, and whether the two agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    prompts, runs: how many prompts each of its networks saw, and how many training
    seeds stand behind it, both least first; measured: one sentence with the figures;
    value, low, high: the figure that the verdict rests on, with a 95 % interval over
    prompts and over those seeds; agrees: "yes", "partly" or "no".
    """

    study: str
    figure: str
    paper_said: str
    prompts: tuple[int, ...]
    runs: tuple[int, ...]
    measured: str
    quantity: str
    value: float
    low: float
    high: float
    agrees: str
    why: str


def claims_of(tables: Mapping[str, Table]) -> list[Table]:
    """The claims table, as plain values, from the tables of the studies by name.

    Where there are networks of several budgets, a claim has a row for each.
    """
    claims = [
        *(claim for member in tables["fig1"]["members"] for claim in _fig1("fig1", member)),
        *(claim for name in ("fig2", "fig2-160k") for claim in _fig2(tables[name])),
        *(claim for name in ("fig3-depth", "fig3-depth-160k") for claim in _depth(tables[name])),
        _width(tables["fig3-width"], 8, 16),
        _width(tables["fig3-width-16d"], 16, 32),
        _layers(tables["layers"]),
    ]
    return [{**asdict(claim), **_plain(claim)} for claim in claims]


def _plain(claim: Claim) -> Table:
    """Its tuples as a table holds them."""
    return {"prompts": list(claim.prompts), "runs": list(claim.runs)}


def _budget(members: Sequence[Table]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """`Claim.prompts` and `Claim.runs` of what these members show."""
    seen = {run["prompts"] for member in members for run in member["runs"].values()}
    return tuple(sorted(seen)), tuple(sorted({len(member["runs"]) for member in members}))


def _says(value: float) -> str:
    return f"{value:.2g}" if value < 0.1 else f"{value:.2f}"


# --- Fig 1 -----------------------------------------------------------------------------


def _fig1(study: str, member: Table) -> Iterator[Claim]:
    for measure in ("spd", "ilwd"):
        yield _close_to_ols(study, member, measure)
    yield _others_are_farther(study, member)


def _close_to_ols(study: str, member: Table, measure: str) -> Claim:
    ks, dim, name = member["by_k"]["ks"], member["dim"], measure.upper()
    curve = member["by_k"][measure]["OLS"]["value"]
    far = [k for k, value in zip(ks, curve, strict=True) if value >= CLOSE]
    value, low, high = member["regions"]["all"][measure]["OLS"]
    beyond = [k for k in far if k != dim]
    return Claim(
        study,
        "Fig 1",
        f"Normalised {name} to OLS is below {CLOSE} for almost any number of examples.",
        *_budget([member]),
        f"{member['label'].capitalize()}: below {CLOSE} at {len(ks) - len(far)} of {len(ks)} "
        f"numbers of examples "
        f"({'not at k = ' + ', '.join(map(str, far)) if far else 'at every one'}); "
        f"{_says(curve[ks.index(dim)])} at k = d = {dim}.",
        f"mean {name}/d to OLS over k = {ks[0]} to {ks[-1]}",
        value,
        low,
        high,
        "yes" if not beyond else "partly" if value < CLOSE else "no",
        "At k = d the inverse of XᵀX is often badly conditioned. OLS itself is exact there; a "
        "network of finite depth and precision inverts it only roughly. The paper trained on "
        "32,000,000 prompts.",
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
        *_budget([member]),
        f"{member['label'].capitalize()}: the nearest rule is {nearest['rule']}, "
        f"the runner-up {nearest['second']}, {value:.1f} times as far "
        f"({_says(pooled['spd'][nearest['second']][0])} against "
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
    for measure in ("spd", "ilwd"):
        yield _ordered(table, rows, measure)


def _matches_its_noise(study: str, member: Table, own: str) -> Claim:
    pooled = member["regions"]["under"]
    nearest = pooled["nearest"]
    value, low, high = nearest["margin"]
    is_own, ridge_like = nearest["rule"] == own, no_family_is_nearer(pooled)
    return Claim(
        study,
        "Fig 2",
        f"Trained with σ²/τ² = {member['label']}, it matches {own} best.",
        *_budget([member]),
        f"Nearest while k < d: {nearest['rule']} (SPD/d {_says(pooled['spd'][nearest['rule']][0])})"
        f", then {nearest['second']}, {value:.2f} times as far. {_along(pooled)}",
        "SPD to the runner-up over SPD to the nearest, k < d",
        value,
        low,
        high,
        ("yes" if low > 1 and ridge_like else "partly") if is_own else "no",
        "Neighbouring penalties give nearly the same answers at these noise levels, so the margins "
        "are small.",
    )


def _ordered(table: Table, rows: Mapping[float, str], measure: str) -> Claim:
    """How many steps away from the diagonal, within each column, increase the distance."""
    name = measure.upper()
    order = [rows[at] for at in sorted(rows)]
    steps = kept = 0
    for member in table["members"]:
        distance = member["regions"]["under"][measure]
        own = order.index(rows[member["at"]])
        for side in (order[own:], order[own::-1]):
            for near, far in pairwise(side):
                steps += 1
                kept += distance[far][0] > distance[near][0]
    share = kept / steps
    # Wilson score interval of a share (Wilson, 1927).
    z2 = 1.96**2
    centre = (share + z2 / (2 * steps)) / (1 + z2 / steps)
    half = (1.96 / (1 + z2 / steps)) * (share * (1 - share) / steps + z2 / (4 * steps**2)) ** 0.5
    return Claim(
        table["study"],
        "Fig 2",
        "The farther a ridge's λ from the noise it was trained on, the farther "
        f"{'its answers' if measure == 'spd' else 'its weights'} ({name}).",
        *_budget(table["members"]),
        f"{kept} of {steps} steps away from the matching λ increase the distance.",
        f"share of steps away from the matching λ that increase {name}",
        share,
        round(max(0.0, centre - half), 4),
        round(min(1.0, centre + half), 4),
        "yes" if kept == steps else ("partly" if share > 0.8 else "no"),
        "The paper's absolute values do not follow from its text (ridge 1/4 and OLS themselves lie "
        "1.5e-2 apart at σ = 0); the order is what can be compared.",
    )


# --- Fig 3 -----------------------------------------------------------------------------


def _depth(table: Table) -> Iterator[Claim]:
    # A rung that saw fewer prompts than the others would answer for its budget, not its depth.
    members = [m for m in table["members"] if _budget([m])[0] == _budget(table["members"][:1])[0]]
    yield _one_layer(table["study"], members[0])
    yield _phase(
        table["study"],
        [member for member in members if 2 <= member["at"] <= 4],
        ("ridge",),
        "Fig 3a",
        "With 2 to 4 layers it is nearest to ridge.",
        "Shallow networks pull their weights towards zero, as ridge does: they leave part of the "
        "inversion undone. So does gradient descent that stops early, and where it is nearer than "
        "every ridge, “ridge” is only the nearest of the rules that the paper compares.",
    )
    yield _phase(
        table["study"],
        [member for member in members if member["at"] >= 8],
        ("OLS",),
        "Fig 3a",
        "With 8 layers or more it is nearest to OLS.",
        "λ of the closest ridge falls with depth and with the prompts seen; OLS is where it ends.",
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
        *_budget([member]),
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

    A rule of another kind must be farther by more than the interval. Where the kind is
    ridge, so must the closest member of every other family be, or at least no nearer.
    """
    pooled = [member["regions"]["under"] for member in members]
    near = [part["nearest"] for part in pooled]
    hits = [part["rule"].startswith(rules) for part in near]
    sure = [
        hit
        and (part["second"].startswith(rules) or part["margin"][1] > 1)
        and ("ridge" not in rules or no_family_is_nearer(whole))
        for hit, part, whole in zip(hits, near, pooled, strict=True)
    ]
    figures = [("SPD to the runner-up over SPD to the nearest", part["margin"]) for part in near]
    if "ridge" in rules:
        figures += [
            (f"SPD to the closest {family} over SPD to the closest ridge", whole["over_ridge"])
            for part in pooled
            for family, whole in part["families"].items()
            if family != "ridge"
        ]
    quantity, (value, low, high) = min(figures, key=lambda figure: figure[1][0])
    return Claim(
        study,
        figure,
        said,
        *_budget(members),
        f"Nearest of the paper's rules: {'; '.join(map(_standing, members))}.",
        f"{quantity}, k < d, where it is smallest",
        value,
        low,
        high,
        "yes" if all(sure) else ("partly" if any(hits) else "no"),
        why,
    )


def no_family_is_nearer(pooled: Table) -> bool:
    """Whether no family's closest member is nearer than the closest ridge, by the interval.

    Each was chosen on some prompts and tested on others.
    """
    return all(part["over_ridge"][2] >= 1 for part in pooled["families"].values())


def _parameter(family: str, value: float) -> str:
    return f"λ = {value:.2g}" if family == "ridge" else f"step {value:g}"


def _along(pooled: Table) -> str:
    """The closest member of each family, in a sentence."""
    told = ", ".join(
        f"{name} {_parameter(name, part['best'])} ({_says(part['spd'][0])})"
        for name, part in pooled["families"].items()
    )
    return f"Closest of the families: {told}."


def _standing(member: Table) -> str:
    """A member's nearest rule, whether that is sure, and the closest of each family."""
    pooled = member["regions"]["under"]
    near = pooled["nearest"]
    told = f"{member['label']}: {near['rule']}"
    if near["margin"][1] <= 1:
        told += f", not separated from {near['second']}"
    families = _along(pooled).rstrip(".").replace("Closest of the families: ", "")
    return f"{told} (SPD/d {_says(pooled['spd'][near['rule']][0])}; of the families {families})"


def _width(table: Table, dim: int, least: int) -> Claim:
    return _phase(
        table["study"],
        [member for member in table["members"] if member["at"] >= least],
        ("ridge", "OLS"),
        "Fig 3b",
        f"For d = {dim} it is ridge-like from width {least} on.",
        "A narrow network stops on the way, as a few steps of Newton's method do. One rate served "
        "every width, and the best one falls with width, so this ladder cannot say that wider is "
        "worse. The paper trained on 32,000,000 prompts"
        + (
            "; of these 160,000, over half had fewer dimensions: they grew from 1 to 16."
            if dim == 16
            else "."
        ),
    )


# --- beyond the paper: Fu et al. ------------------------------------------------------------


def _layers(table: Table) -> Claim:
    """Whether Newton's step grows evenly with the layer and gradient descent's by a factor.

    Over the layers whose readout a step of Newton's explains by half at least, but the
    last, where both families are at their end.
    """
    region = list(table["members"][0]["regions"])[-1]
    parts = [(member["label"], member["regions"][region]) for member in table["members"]]
    read = [(label, part) for label, part in parts[:-1] if part["spd"]["Newton"][0] < 0.5]
    steps = {name: [part["steps"][name] for _, part in read] for name in ("GD", "Newton")}
    rises = [b[0] - a[0] for a, b in pairwise(steps["Newton"])]
    factors = [b[0] / max(a[0], 1.0) for a, b in pairwise(steps["GD"])]
    even, grows = max(rises) - min(rises) <= 1, min(factors) >= 1.5
    told = ", ".join(
        f"{label[6:]}: {part['steps']['Newton'][0]:.0f} and {part['steps']['GD'][0]:.0f}"
        for label, part in read
    )
    first, last = steps["GD"][0], steps["GD"][-1]
    value, low, high = (
        round((end / max(start, 1.0)) ** (1 / (len(read) - 1)), 4)
        for start, end in ((first[0], last[0]), (first[2], last[1]), (first[1], last[2]))
    )
    return Claim(
        table["study"],
        "Fu et al.",
        "From layer to layer the closest step of Newton's method grows evenly, that of gradient "
        "descent by a factor.",
        *_budget(table["members"][:1]),
        f"After {region[4:]} pairs of {table['members'][0]['dim']} features, steps of Newton and "
        f"of GD nearest to the readout of layer {told}.",
        "factor by which the steps of gradient descent grow from layer to layer",
        value,
        low,
        high,
        "yes" if even and grows else "partly" if even or grows else "no",
        "A likeness of answers, read off by maps of ours. In unexplained energy the two families "
        "differ little: a step of gradient descent is about as near to each layer's readout as "
        "one of Newton's. What differs is how the steps grow.",
    )
