"""Plotly figures of the page that names the algorithm, in the app's colours."""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from fractions import Fraction

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from icl_core.studies import STUDIES
from icl_core.studies.claims import CLOSE
from icl_core.studies.distances import ZERO
from icl_core.studies.profiles import Table
from ui.algorithm.numbers import Distance, Fingerprint, Place
from ui.figures.charts import DECADES, add_band, colour_of, ink, tidy
from ui.visitor.methods import NETWORK

LOOKS = {
    "OLS": ("ols", "solid"),
    "ridge 1/16": ("ridge", "dot"),
    "ridge 0.1": ("ridge", "solid"),
    "ridge 1/9": ("ridge", "dashdot"),
    "ridge 1/4": ("ridge", "longdash"),
    "ridge 4/9": ("ridge", "longdashdot"),
    "ridge 0.5": ("ridge", "dash"),
    "Newton 3": ("newton", "solid"),
    "GD best rate": ("gd", "solid"),
    "GD 0.02": ("gd", "dash"),
    "GD 0.01": ("gd", "dot"),
    "SGD 0.03": ("sgd", "solid"),
    "SGD 0.01": ("sgd", "dot"),
    "3-NN": ("knn", "solid"),
    "3-NN weighted": ("knn", "dash"),
    ZERO: ("truth", "solid"),
    "exact Bayes": ("bayes", "dot"),
}
"""Whose colour a rule wears, and its dash."""

OURS = ("GD best rate", "Newton 3", ZERO)
"""Rules that a figure shows beside the candidates."""

ROADS = {"ridge": "ridge", "GD": "gd", "Newton": "newton"}
FLOOR = 1e-6


# --- the map -------------------------------------------------------------------------------


def place_map(
    places: Sequence[Place], chosen: int, roads: dict[str, list[Place]], dark: bool
) -> go.Figure:
    """Distance to least squares against distance to one GD step; the networks, in order."""
    figure = go.Figure()
    for family, method in ROADS.items():
        along = roads[family]
        figure.add_scatter(
            x=[p.x.value for p in along],
            y=[p.y.value for p in along],
            mode="lines",
            name=f"{family}: every {'penalty' if family == 'ridge' else 'step'}",
            line={"color": colour_of(method, dark), "width": 2},
            opacity=0.65,
            text=[p.name for p in along],
            hovertemplate="%{text}<extra></extra>",
        )
    _landmarks(figure, roads["landmarks"], dark)
    _networks(figure, places, chosen, dark)
    figure.update_layout(
        xaxis={"title": "distance to least squares (OLS)", "rangemode": "tozero"},
        yaxis={"title": "distance to one step of GD", "rangemode": "tozero"},
        hovermode="closest",
    )
    return tidy(figure, 460)


def _landmarks(figure: go.Figure, landmarks: Sequence[Place], dark: bool) -> None:
    middle = 0.7 * max(p.x.value for p in landmarks)
    figure.add_scatter(
        x=[p.x.value for p in landmarks],
        y=[p.y.value for p in landmarks],
        mode="markers+text",
        text=[p.name for p in landmarks],
        textposition=[_beside(p, middle) for p in landmarks],
        textfont={"color": ink(dark), "size": 13},
        marker={
            "symbol": "diamond",
            "size": 11,
            "color": [colour_of(LOOKS[p.name][0], dark) for p in landmarks],
        },
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
        cliponaxis=False,
    )


def _beside(landmark: Place, middle: float) -> str:
    """Where a name stands: off the networks' road, which comes from the upper left."""
    if landmark.name == ZERO:
        return "bottom center"
    if landmark.name.startswith("ridge"):
        return "bottom left"
    return f"middle {'left' if landmark.x.value > middle else 'right'}"


def _bars(distances: Sequence[Distance]) -> dict[str, object]:
    """Error bars of the intervals; none where there are none."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [0.0 if d.high is None else d.high - d.value for d in distances],
        "arrayminus": [0.0 if d.low is None else d.value - d.low for d in distances],
        "thickness": 1.5,
        "width": 3,
    }


def _networks(figure: go.Figure, places: Sequence[Place], chosen: int, dark: bool) -> None:
    violet = colour_of(NETWORK, dark)
    figure.add_scatter(
        x=[p.x.value for p in places],
        y=[p.y.value for p in places],
        error_x=_bars([p.x for p in places]),
        error_y=_bars([p.y for p in places]),
        mode="lines+markers",
        name="the networks, in order",
        line={"color": violet, "width": 1.5, "dash": "dot"},
        marker={
            "color": violet,
            "size": [20 if i == chosen else 9 for i in range(len(places))],
            "line": {
                "color": ink(dark),
                "width": [3 if i == chosen else 0 for i in range(len(places))],
            },
        },
        text=[p.name for p in places],
        hovertemplate="%{text}<br>%{x:.3f} to OLS, %{y:.3f} to one GD step<extra></extra>",
    )
    here = places[chosen]
    figure.add_annotation(
        x=here.x.value,
        y=here.y.value,
        text=f"<b>{here.name}</b>",
        showarrow=False,
        yshift=24,
        bgcolor="#14151d" if dark else "#fdfcfb",
        opacity=0.9,
        font={"color": violet, "size": 15},
    )


# --- the fingerprint -------------------------------------------------------------------------


def heat_by_k(ks: Sequence[int], found: Sequence[Fingerprint], dark: bool) -> go.Figure:
    """Distance to every candidate as k grows, the nearest at each k marked."""
    rules = [rule for rule in LOOKS if rule in found[0].spd]
    values = [[math.log10(max(f.spd[rule].value, FLOOR)) for f in found] for rule in rules]
    paper = "#14151d" if dark else "#fdfcfb"
    columns = [str(k) for k in ks]
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=columns,
            y=rules,
            customdata=[[f.spd[rule].value for f in found] for rule in rules],
            colorscale=[[0.0, colour_of(NETWORK, dark)], [1.0, paper]],
            zmin=-4,
            zmax=0,
            colorbar={
                "title": "SPD/d",
                "tickvals": [-4, -3, -2, -1, 0],
                "ticktext": ["0.0001", "0.001", "0.01", "0.1", "1"],
            },
            hovertemplate="k = %{x}, %{y}: %{customdata:.3g}<extra></extra>",
        )
    )
    figure.add_scatter(
        x=columns,
        y=[f.nearest for f in found],
        mode="markers",
        marker={"symbol": "circle-open", "size": 12, "color": ink(dark), "line": {"width": 2.5}},
        name="nearest",
        hovertemplate="nearest: %{y}<extra></extra>",
    )
    figure.update_layout(xaxis={"title": "examples seen, k", "type": "category"})
    figure.update_yaxes(autorange="reversed")
    return tidy(figure, 420)


def along_families(found: Fingerprint, dark: bool) -> go.Figure:
    """Distance to ridge at every penalty, to GD and Newton after every step."""
    axes = {"ridge": "ridge λ", "GD": "GD steps", "Newton": "Newton steps"}
    figure = make_subplots(1, 3, shared_yaxes=True, horizontal_spacing=0.06)
    for column, (family, title) in enumerate(axes.items(), 1):
        parameters, far = found.families[family]
        best, nearest = found.closest(family)
        colour = colour_of(ROADS[family], dark)
        figure.add_scatter(
            x=parameters,
            y=[max(v, FLOOR) for v in far],
            line={"color": colour, "width": 3},
            hovertemplate=f"{family} %{{x:.3g}}: %{{y:.3g}}<extra></extra>",
            row=1,
            col=column,
        )
        figure.add_scatter(
            x=[best],
            y=[max(nearest, FLOOR)],
            mode="markers+text",
            text=[f"{best:.3g}"],
            textposition="top center",
            textfont={"color": ink(dark), "size": 13},
            marker={"symbol": "circle", "size": 12, "color": colour},
            hoverinfo="skip",
            row=1,
            col=column,
        )
        figure.update_xaxes(
            **DECADES | {"dtick": 1 if family == "Newton" else 2},
            tickangle=0,
            title_text=title,
            row=1,
            col=column,
        )
    figure.update_yaxes(**DECADES)
    figure.update_yaxes(title_text="SPD/d", row=1, col=1)
    figure.update_layout(showlegend=False)
    return tidy(figure, 300)


# --- the stored figures ---------------------------------------------------------------------------


def _line(
    figure: go.Figure,
    name: str,
    x: Sequence[float],
    bounds: tuple[Sequence[float], Sequence[float], Sequence[float]],
    dark: bool,
) -> None:
    """A rule's curve with its band."""
    method, dash = LOOKS[name]
    colour = colour_of(method, dark)
    value, low, high = ([max(v, FLOOR) for v in part] for part in bounds)
    add_band(figure, x, low, high, colour, legendgroup=name)
    figure.add_scatter(
        x=list(x),
        y=value,
        name=name,
        legendgroup=name,
        mode="lines+markers" if len(value) < 20 else "lines",
        line={"color": colour, "width": 2.5, "dash": dash},
        hovertemplate="%{y:.3g}",
    )


def _shown(table: Table, known: Container[str]) -> list[str]:
    """The rules of a study's figure, in the order of `LOOKS`."""
    wanted = {*STUDIES[table["study"]].candidates, *OURS}
    return [rule for rule in LOOKS if rule in wanted and rule in known]


def by_examples(table: Table, measure: str, dark: bool) -> go.Figure:
    """Fig 1: distance of the study's first network to every rule against k."""
    by_k = table["members"][0]["by_k"]
    figure = go.Figure()
    for rule in _shown(table, by_k[measure]):
        part = by_k[measure][rule]
        _line(figure, rule, by_k["ks"], (part["value"], part["low"], part["high"]), dark)
    marked = {"line_dash": "dot", "line_color": colour_of("truth", dark)}
    figure.add_hline(y=CLOSE, **marked)
    figure.add_vline(x=table["members"][0]["dim"], **marked)
    figure.update_layout(
        xaxis={"title": "examples seen, k"},
        yaxis={"title": f"{measure.upper()}/d", **DECADES},
        hovermode="x unified",
    )
    return tidy(figure, 520)


def by_rung(table: Table, measure: str, region: str, dark: bool) -> go.Figure:
    """Fig 3 and the training: distance to every rule against the ladder's axis, pooled over k."""
    members = table["members"]
    at = [member["at"] for member in members]
    figure = go.Figure()
    for rule in _shown(table, members[0]["regions"][region][measure]):
        parts = [member["regions"][region][measure][rule] for member in members]
        value, low, high = zip(*parts, strict=True)
        _line(figure, rule, at, (value, low, high), dark)
    figure.update_layout(
        xaxis={
            "title": table["axis"],
            "type": "log",
            "tickvals": at,
            "ticktext": [f"{a:g}" for a in at],
        },
        yaxis={
            "title": f"{measure.upper()}/d",
            "type": "log",
            "dtick": "D2",
            "exponentformat": "power",
        },
        hovermode="x unified",
    )
    return tidy(figure, 500)


def by_layer(table: Table, dark: bool) -> go.Figure:
    """For each layer the nearest step of GD and of Newton, and what each leaves unexplained."""
    members = table["members"]
    region = list(members[0]["regions"])[-1]
    layers = [member["at"] for member in members]
    figure = make_subplots(1, 2, horizontal_spacing=0.12)
    for family in ("GD", "Newton"):
        parts = [member["regions"][region] for member in members]
        for column, key in ((1, "steps"), (2, "spd")):
            found = [Distance(*part[key][family]) for part in parts]
            figure.add_scatter(
                x=layers,
                y=[max(d.value, 0.5 if key == "steps" else FLOOR) for d in found],
                error_y=_bars(found),
                name=family,
                legendgroup=family,
                showlegend=column == 1,
                mode="lines+markers",
                line={"color": colour_of(ROADS[family], dark), "width": 2.5},
                hovertemplate="%{y:.3g}",
                row=1,
                col=column,
            )
    figure.update_xaxes(title_text=f"layer, {region}")
    figure.update_yaxes(**DECADES)
    figure.update_yaxes(title_text="nearest step", row=1, col=1)
    figure.update_yaxes(title_text="unexplained share", row=1, col=2)
    return tidy(figure, 420)


def noise_table(table: Table, rules: Sequence[str], measure: str, dark: bool) -> go.Figure:
    """Fig 2: a measure while k < d, rules by the noise trained on; the least of a column framed.

    Shades are relative to it: the tasks of some columns are larger than those of others.
    † marks a mean that a few prompts carry.
    """
    members = table["members"]
    # Whose mean a few prompts carry is known of SPD.
    heavy = [set(m["regions"]["under"]["heavy"] if measure == "spd" else ()) for m in members]
    columns = [f"σ²/τ² = {member['label']}" for member in members]
    parts = [[m["regions"]["under"][measure][rule] for m in members] for rule in rules]
    least = [min(column) for column in zip(*([p[0] for p in row] for row in parts), strict=True)]
    paper = "#14151d" if dark else "#fdfcfb"
    figure = go.Figure(
        go.Heatmap(
            z=[
                [math.log10(p[0] / low) for p, low in zip(row, least, strict=True)] for row in parts
            ],
            x=columns,
            y=list(rules),
            text=[
                [f"{p[0]:.2g}{'†' * (rule in few)}" for p, few in zip(row, heavy, strict=True)]
                for rule, row in zip(rules, parts, strict=True)
            ],
            customdata=[[f"{p[1]:.2g} to {p[2]:.2g}" for p in row] for row in parts],
            texttemplate="%{text}",
            textfont={"size": 14, "color": ink(dark)},
            colorscale=[[0.0, band_on(colour_of(NETWORK, dark), paper)], [1.0, paper]],
            showscale=False,
            hovertemplate="%{y}, %{x}: %{text} (%{customdata})<extra></extra>",
        )
    )
    for i, low in enumerate(least):
        row = [values[i][0] for values in parts].index(low)
        figure.add_shape(
            type="rect",
            x0=i - 0.48,
            x1=i + 0.48,
            y0=row - 0.46,
            y1=row + 0.46,
            line={"color": colour_of(NETWORK, dark), "width": 3},
        )
    figure.update_layout(xaxis={"title": "trained on", "side": "top"})
    figure.update_yaxes(autorange="reversed")
    return tidy(figure, 420)


def band_on(colour: str, paper: str) -> str:
    """A colour at two fifths on a background, as one opaque colour: text stays readable on it."""
    mixed = [
        round(0.4 * int(colour[i : i + 2], 16) + 0.6 * int(paper[i : i + 2], 16)) for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def training_curves(histories: dict[str, list[dict[str, float]]], dark: bool) -> go.Figure:
    """Excess over Bayes on held-out prompts while each network was trained."""
    figure = go.Figure()
    shades = len(histories)
    for i, (name, history) in enumerate(histories.items()):
        share = Fraction(i + 1, shades)
        figure.add_scatter(
            x=[point["step"] for point in history],
            y=[max(point["excess"] - 1, 1e-4) for point in history],
            name=name,
            mode="lines",
            line={"color": colour_of(NETWORK, dark), "width": 1 + 2.5 * float(share)},
            opacity=0.3 + 0.7 * float(share),
            hovertemplate="%{y:.3g}",
        )
    figure.update_layout(
        xaxis={"title": "training step"},
        yaxis={"title": "excess over Bayes, less 1", **DECADES},
        hovermode="x unified",
    )
    return tidy(figure, 380)
