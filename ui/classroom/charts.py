"""Charts of what a class has handed in."""

from __future__ import annotations

import plotly.graph_objects as go

from ui.answers.solve import GRID, Solved
from ui.figures.charts import colour_of, tidy
from ui.lesson.steps import LETTERS, Step
from ui.visitor.methods import NETWORK

GUESS = {"color": "#f59e0b", "symbol": "diamond", "line": {"width": 1.2}}
GUESS_SIZE = 11
"""Of one guess, in pixels; equal guesses are one diamond of their areas together."""


def guesses(solved: Solved, said: list[tuple[int, str]], dark: bool) -> go.Figure:
    """The prompt, the transformer's and ridge's lines, and everyone's guess at the query."""
    figure = go.Figure()
    half = solved.axes[0]
    grid = [-half + 2 * half * i / (GRID - 1) for i in range(GRID)]
    styles = {method.id: method.style for method in solved.methods}
    for method in (NETWORK, "ridge"):
        line, style = solved.answers[method].at_queries[:-1].tolist(), styles[method]
        look = {"color": colour_of(method, dark), "width": style.width}
        look["dash"] = "dash" if style.dash else "solid"
        figure.add_scatter(x=grid, y=line, name=style.label, mode="lines", line=look)
    figure.add_scatter(
        x=solved.task.x[0, :, 0].tolist(),
        y=solved.task.y[0].tolist(),
        name="the examples",
        mode="markers",
        marker={"color": colour_of("bayes", dark), "size": 11},
    )
    guessed: dict[float, list[int]] = {}
    for number, answer in said:
        guessed.setdefault(float(answer), []).append(number)
    figure.add_scatter(
        x=[solved.screen.query] * len(guessed),
        y=list(guessed),
        name=f"guesses ({len(said)})",
        mode="markers",
        marker={**GUESS, "size": [GUESS_SIZE * len(same) ** 0.5 for same in guessed.values()]},
        opacity=0.75,
        customdata=[", ".join(map(str, same)) for same in guessed.values()],
        hovertemplate="%{y:.2f}: line %{customdata}<extra></extra>",
    )
    violet = colour_of(NETWORK, dark)
    at = {"x": solved.screen.query, "y": 0, "yref": "paper", "yanchor": "bottom"}
    figure.add_vline(x=at["x"], line={"width": 1.5, "dash": "dot", "color": violet})
    figure.add_annotation(
        text="▲", **at, showarrow=False, xanchor="center", font={"size": 18, "color": violet}
    )
    figure.update_layout(xaxis_title="x", yaxis_title="y")
    return tidy(figure, 460)


def choices(step: Step, counted: list[int], right: str, dark: bool) -> go.Figure:
    """How many chose what; the right choice in colour and said in words."""
    letters = LETTERS[: len(counted)]
    texts = [
        f"{letter.upper()}. {_wrapped(choice.text)}" + (" ✓ right" if letter == right else "")
        for letter, choice in zip(letters, step.question.choices, strict=True)
    ]
    colours = [colour_of(NETWORK if letter == right else "truth", dark) for letter in letters]
    figure = go.Figure(
        go.Bar(
            x=counted,
            y=texts,
            orientation="h",
            marker_color=colours,
            text=counted,
            hovertemplate="%{x}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_xaxes(title="students", dtick=max(1, max(counted) // 8))
    return tidy(figure, 120 + 70 * len(counted))


def _wrapped(text: str, width: int = 34) -> str:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)
