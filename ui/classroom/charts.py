"""Charts of what a class has handed in."""

from __future__ import annotations

import plotly.graph_objects as go

from ui.answers.solve import GRID, Solved
from ui.figures.charts import colour_of, tidy
from ui.lesson.steps import LETTERS, Step
from ui.visitor.methods import NETWORK, style_of

GUESS = {"color": "#f59e0b", "size": 11, "symbol": "diamond", "line": {"width": 1.2}}
SPREAD = 0.3
"""Over how much of the x axis equal guesses are laid side by side."""


def guesses(solved: Solved, said: list[tuple[int, str]], dark: bool) -> go.Figure:
    """The prompt, the transformer's and ridge's lines, and everyone's guess at the query."""
    figure = go.Figure()
    half = solved.axes[0]
    grid = [-half + 2 * half * i / (GRID - 1) for i in range(GRID)]
    for method in (NETWORK, "ridge"):
        line, style = solved.answers[method].at_queries[:-1].tolist(), style_of(method)
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
    figure.add_scatter(
        x=[solved.screen.query + SPREAD * ((0.618 * i) % 1 - 0.5) for i in range(len(said))],
        y=[float(answer) for _, answer in said],
        name=f"guesses ({len(said)})",
        mode="markers",
        marker=GUESS,
        opacity=0.75,
        customdata=[line for line, _ in said],
        hovertemplate="line %{customdata}: %{y:.2f}<extra></extra>",
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


def own_points(lines: list[int], told: list[tuple[float, float]], dark: bool) -> go.Figure:
    """The transformer's and ridge's answer on everyone's own points, at their query."""
    figure = go.Figure()
    for i, method in enumerate((NETWORK, "ridge")):
        figure.add_scatter(
            x=list(range(1, len(lines) + 1)),
            y=[pair[i] for pair in told],
            name=style_of(method).label,
            mode="markers",
            marker={
                "color": colour_of(method, dark),
                "size": 12 if i == 0 else 10,
                "symbol": "circle" if i == 0 else "triangle-up-open",
                "line": {"width": 2},
            },
            customdata=lines,
            hovertemplate="line %{customdata}: %{y:.2f}",
        )
    figure.update_layout(
        xaxis={"title": "student, in the order of the lines", "dtick": 1 + len(lines) // 20},
        yaxis_title="answer at the student's ▲",
    )
    return tidy(figure, 420)
