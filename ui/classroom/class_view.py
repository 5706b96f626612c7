"""Everyone's answers to one question as one chart, or everyone's points as small pads."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from icl_core.probes.readouts import load_layer_readouts
from ui.classroom.handed_in import HandedIn, at_query, begun, counts, solved
from ui.figures.figure import show_figure, show_numbers
from ui.figures.theme import is_dark
from ui.lesson.facts import Facts, right_letter
from ui.lesson.steps import LETTERS, Step, step_of
from ui.visitor.methods import NETWORK, style_of
from ui.visitor.networks import SHIPPED
from ui.work.load_or_warn import load_or_warn

DRAWN = "the points they drew"


def show_class(handed_in: HandedIn) -> None:
    """What the teacher chooses to look at."""
    chosen = choose(handed_in)
    if chosen == DRAWN:
        show_drawn(handed_in)
    else:
        show_question(handed_in, step_of(chosen))


def choose(handed_in: HandedIn) -> str:
    """Which question to look at."""
    options = [step.id for step in handed_in.answered()]
    if handed_in.drawn():
        options.append(DRAWN)

    def label(option: str) -> str:
        if option == DRAWN:
            return f"{DRAWN[0].upper()}{DRAWN[1:]} ({len(handed_in.drawn())})"
        step = step_of(option)
        return f"{step.title} ({len(handed_in.answers(step))})"

    return st.selectbox("What to show", options, format_func=label)


def show_question(handed_in: HandedIn, step: Step) -> None:
    """Everyone's answers to one question."""
    from ui.classroom import charts

    said = handed_in.answers(step)
    st.markdown(f"**{step.question.ask}**")
    prompt = load_or_warn(begun, step.id)
    if prompt is None:
        return
    if step.question.is_guess:
        figure = charts.guesses(prompt, said, is_dark())
        table = pd.DataFrame(said, columns=["line", "guess"])
        told, ridge = (float(prompt.answers[who].at_queries[-1]) for who in (NETWORK, "ridge"))
        st.caption(
            f"The transformer says {told:.2f}, ridge {ridge:.2f}; the middle guess is "
            f"{table['guess'].astype(float).median():.2f}."
        )
    else:
        counted = counts(step, said)
        readouts = load_or_warn(load_layer_readouts, SHIPPED)
        right = right_letter(Facts(prompt, readouts, None), step.question)
        figure = charts.choices(step, counted, right, is_dark())
        texts = [choice.text for choice in step.question.choices]
        table = pd.DataFrame({"choice": texts, "students": counted})
        if step.question.answer not in LETTERS:
            st.caption(
                "What is right depends on the points; marked is what holds on the pad's own."
            )
    alt = f"Answers of the class to: {step.question.ask}"
    show_figure(figure, key="class_chart", alt=alt, table=table)


def show_drawn(handed_in: HandedIn) -> None:
    """What the transformer and ridge make of everyone's points, a small pad each."""
    from ui.classroom.small_pads import small_pads

    drawn = [(line, solved(screen)) for line, screen in handed_in.drawn()]
    network, ridge = (style_of(name).label for name in (NETWORK, "ridge"))
    st.caption(
        f"Every student's own points; the full line is the {network.lower()}'s, the dashed one "
        f"{ridge.lower()}'s. The two lie on each other where the points leave no doubt."
    )
    st.html(small_pads(drawn, is_dark()))
    told = [at_query(one) for _, one in drawn]
    table = pd.DataFrame(told, columns=[network, ridge]).round(3)
    table.insert(0, "points", [one.task.y.shape[1] for _, one in drawn])
    table.insert(0, "line", [line for line, _ in drawn])
    show_numbers(table)
