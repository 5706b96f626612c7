"""Plotly figures of the page that looks inside, in the app's colours."""

from __future__ import annotations

import plotly.graph_objects as go
import torch
from torch import Tensor

from icl_core.interventions.ablation import AblationMap
from icl_core.interventions.patch import PatchMap
from icl_core.interventions.steering import KINDS, SteerCurve
from icl_core.probes.targets import FAMILIES, TARGETS
from icl_core.probes.weights import Scores, WeightProbes
from ui.figures.charts import add_band, colour_of, tidy
from ui.inside.numbers import layer_names, token_labels
from ui.visitor.methods import NETWORK

USED, QUERY = "gd", "ridge"
"""The methods whose colours stand for "used" and for the query: no method is drawn beside them."""


def layer_axis(count: int) -> dict[str, object]:
    """An axis of the states before the first block and after each."""
    names = ["input", *(str(layer) for layer in range(1, count))]
    return {"title": "layer", "tickvals": list(range(count)), "ticktext": names}


def curve_with_band(
    figure: go.Figure,
    name: str,
    low_mid_high: tuple[Tensor, Tensor, Tensor],
    colour: str,
    dash: str,
    first: int = 0,
) -> None:
    """A line over the layers from the first with its band: value, low and high, a figure each."""
    value, low, high = (part.tolist() for part in low_mid_high)
    layers = list(range(first, first + len(value)))
    add_band(figure, layers, low, high, colour)
    figure.add_scatter(
        x=layers,
        y=value,
        name=name,
        mode="lines",
        line={"color": colour, "width": 3, "dash": dash},
        hovertemplate="%{y:.2f}",
    )


READ = (
    ("readable", "solid"),
    ("read off random weights", "dot"),
    ("read off a net trained with w fixed", "dash"),
)


def readable_and_used(
    scores: Scores | None, k: int, fresh: PatchMap, here: PatchMap, dark: bool
) -> go.Figure:
    """On one axis: how well w can be read, and how much of the answer rests on what is there."""
    figure = go.Figure()
    if scores:
        for m, (name, dash) in enumerate(READ):
            value, low, high = (part[m, :, k - 1] for part in scores[:3])
            colour = colour_of("truth" if m else NETWORK, dark)
            curve_with_band(figure, name, (value, low, high), colour, dash)
    value, low, high = fresh.intervals(seed=0)
    alone = here.share()
    for kind, name, method in (
        ("context", "used: patch all pairs", USED),
        ("query", "used: patch the query", QUERY),
    ):
        i, colour = fresh.names.index(kind), colour_of(method, dark)
        curve_with_band(figure, name, (value[:, i], low[:, i], high[:, i]), colour, "solid")
        figure.add_scatter(
            x=list(range(len(alone))),
            y=alone[:, i].tolist(),
            mode="markers",
            name=f"{name}, on your prompt",
            marker={"color": colour, "size": 9, "symbol": "diamond-open", "line": {"width": 2}},
            hovertemplate="your prompt: %{y:.2f}",
            showlegend=False,
        )
    figure.update_layout(
        xaxis=layer_axis(len(alone)),
        yaxis={"title": "R², or share of the move A → B", "range": [-0.15, 1.15]},
        hovermode="x unified",
    )
    return tidy(figure, 420)


def pooled_probes(probes: WeightProbes, target: str, at: int, dark: bool) -> go.Figure:
    """R² of the paper's probe by layer, for its linear and its MLP head, and for the controls.

    at: index into the k for which these probes are fitted.
    """
    figure, t = go.Figure(), TARGETS.index(target)
    for f, family in enumerate(FAMILIES):
        for m, (name, _) in enumerate(READ):
            value, low, high = (part[f, m, :, t, at] for part in probes.pooled[:3])
            colour = colour_of((NETWORK, "truth", "knn")[m], dark)
            dash = "solid" if family == "linear" else "dot"
            curve_with_band(figure, f"{name}, {family} head", (value, low, high), colour, dash)
    figure.update_layout(
        xaxis=layer_axis(probes.maps.shape[1]),
        yaxis={"title": "held-out R²", "range": [-0.1, 1.05]},
        hovermode="x unified",
    )
    return tidy(figure, 380)


def _map(
    values: Tensor, x: list[str], y: list[str], zmid: float | None, dark: bool, hover: str
) -> go.Figure:
    """A heatmap of rows y by columns x: paper to violet, or blue to orange around zmid."""
    paper = "#14151d" if dark else "#fdfcfb"
    ends = [[0.0, paper], [1.0, colour_of(NETWORK, dark)]]
    if zmid is not None:
        ends = [[0.0, colour_of("ridge", dark)], [0.5, paper], [1.0, colour_of("gd", dark)]]
    bounds = {"zmin": 0, "zmax": 1} if zmid is None else {"zmid": zmid}
    heat = go.Heatmap(
        z=values.tolist(),
        x=x,
        y=y,
        colorscale=ends,
        hovertemplate=hover + "<extra></extra>",
        **bounds,
    )
    return go.Figure(heat)


def patch_places(places: PatchMap, dark: bool) -> go.Figure:
    """Share of the move when one context token is replaced, layer by token."""
    share = places.share()
    hover = "%{x} replaced at %{y}: %{z:.2f} of the move"
    figure = _map(share, list(places.names), layer_names(len(share)), 0.0, dark, hover)
    figure.update_layout(xaxis_title="token that comes from B", yaxis_title="replaced at")
    return tidy(figure, 380)


def ablations(ablated: AblationMap, dark: bool) -> go.Figure:
    """Change of the squared error when one head or one MLP is taken out."""
    change = ablated.change()
    rows = [*change.heads[0].T.tolist(), change.mlps[0].tolist()]
    names = [*(f"head {i + 1}" for i in range(len(rows) - 1)), "MLP"]
    blocks = [f"block {i + 1}" for i in range(len(rows[0]))]
    figure = _map(
        _signed_root(rows),
        blocks,
        names,
        0.0,
        dark,
        "%{y} of %{x} taken out: error %{customdata:+.3g}",
    )
    figure.update_traces(customdata=rows, colorbar_title="√ of the change")
    return tidy(figure, 300)


def _signed_root(rows: list[list[float]]) -> Tensor:
    """Square roots that keep their sign: one large effect would hide the others."""
    values = torch.tensor(rows)
    return values.sign() * values.abs().sqrt()


def attention_map(pattern: Tensor, dark: bool) -> go.Figure:
    """Who reads whom: reader (row) by read token (column), (2k + 1, 2k + 1), the query last."""
    names = [*token_labels(len(pattern) // 2), "x?"]
    figure = _map(pattern, names, names, None, dark, "%{y} reads %{x}: %{z:.2f}")
    figure.update_layout(xaxis_title="is read", yaxis_title="reads")
    figure.update_yaxes(autorange="reversed")
    return tidy(figure, 460)


def steered_lines(
    queries: Tensor, curve: SteerCurve, layer: int, kind: str, dark: bool
) -> go.Figure:
    """The answers before, the line to go to, and the answers after one kind of write at a layer."""
    figure = go.Figure()
    x = queries[:, 0].tolist()
    after = curve.answers[layer, KINDS.index(kind), 0]
    for name, line, method, dash, width in (
        ("before", curve.a[0], "truth", "solid", 9),
        ("the line to go to", curve.b[0], "gd", "dash", 3),
        (f"answers after writing at layer {layer}", after, NETWORK, "solid", 3),
    ):
        look = {"color": colour_of(method, dark), "width": width, "dash": dash}
        figure.add_scatter(x=x, y=line.tolist(), name=name, line=look, hovertemplate="%{y:.2f}")
    figure.update_layout(xaxis_title="x", yaxis_title="y", hovermode="x unified")
    return tidy(figure, 340)


STEERED = (
    ("written", NETWORK, "solid"),
    ("ceiling", "ridge", "dash"),
    ("random direction", "truth", "dot"),
    ("control: own y", "gd", "dashdot"),
)
"""How the shares are drawn: what was written, its ceiling, its null, the positive control."""


def steer_shares(
    bounds: tuple[Tensor, Tensor, Tensor], kinds: tuple[str, ...], layer: int, dark: bool
) -> go.Figure:
    """Share of the move by the layer that was written at, for a write and what stands beside it.

    bounds: value, low, high, each (layers + 1, kinds); without an interval all three are one.
    """
    figure = go.Figure()
    for kind, (name, method, dash) in zip(kinds, STEERED, strict=False):
        i = KINDS.index(kind)
        value, low, high = (part[:, i] for part in bounds)
        curve_with_band(figure, name, (value, low, high), colour_of(method, dark), dash)
    figure.add_vline(x=layer, line_width=1, line_color=colour_of("truth", dark))
    figure.update_layout(
        xaxis={**layer_axis(len(bounds[0])), "title": "layer written at"},
        yaxis={"title": "share of the move", "range": [-0.25, 1.5]},
        hovermode="x unified",
    )
    return tidy(figure, 340)


INTERCHANGED = (
    ("all of the state", "all", "ridge", "dash"),
    ("4 directions", "4", "knn", "solid"),
    ("2 directions", "2", NETWORK, "solid"),
    ("1 direction", "1", "gd", "solid"),
    ("4 at random", "4 at random", "truth", "dot"),
)
"""How shares of the move are drawn: the ceiling, learned directions, the null."""


def interchanged(share: Tensor, names: list[str], layer: int, dark: bool) -> go.Figure:
    """Share of the move by layer: share (layers, names, 3), value, low, high, from layer 1 on."""
    figure = go.Figure()
    for title, name, method, dash in INTERCHANGED:
        value, low, high = share[:, names.index(name)].unbind(-1)
        curve_with_band(figure, title, (value, low, high), colour_of(method, dark), dash, first=1)
    figure.add_vline(x=layer, line_width=1, line_color=colour_of("truth", dark))
    figure.update_layout(
        xaxis={**layer_axis(len(share) + 1), "title": "layer"},
        yaxis={"title": "share of the move", "range": [-0.1, 1.1]},
        hovermode="x unified",
    )
    return tidy(figure, 340)
