"""The switchboard: what is other than in training, one prompt live, and the average."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from icl_core.priors import ShiftedPrior
from icl_core.priors.shifted import PLAIN
from icl_core.priors.switches import SWITCHES
from ui.figures.figure import explained, show_figure
from ui.figures.theme import is_dark
from ui.shift import words
from ui.shift.numbers import AVERAGED, average, exemplars, one_prompt, plain_law
from ui.shift.settings import GROUPS, NETWORKS, SETTINGS, field_of
from ui.visitor import teaching


def switches() -> None:
    """Which network, and a switch with its strength for inputs, tasks and noise."""
    SETTINGS.pick("Network", "network", {name: words.network_name(name) for name in NETWORKS})
    for group, column in zip(GROUPS, st.columns(3, gap="medium"), strict=True):
        with column:
            names = {name: words.SWITCH[name] for name in (PLAIN, *GROUPS[group])}
            SETTINGS.pick(words.GROUPS[group], group, names)
            switch = getattr(SETTINGS.current(), group)
            if switch != PLAIN:
                st.select_slider(
                    f"Strength: {words.SWITCH[switch]}",
                    SWITCHES[switch].strengths,
                    format_func=partial(words.strength, switch),
                    **SETTINGS.widget(field_of(switch)),
                )
                st.caption(words.EXPLAINS[switch])


def board() -> None:
    """One prompt, and many. CheckpointError where the network is missing."""
    state = SETTINGS.current()
    law = state.law(plain_law(state.network))
    if teaching.shows("one"):
        _one(law)
    if teaching.shows("many"):
        _many(law)
    explained(words.BEHIND)


def _one(law: ShiftedPrior) -> None:
    from ui.shift import charts

    state = SETTINGS.current()
    found = one_prompt(state.network, law, state.prompt)
    st.header("One prompt", divider="gray")
    st.markdown(
        f"{exemplars(law)} examples of {law.dim} features, and a question. "
        "The same prompt at every strength."
    )
    seen, said = st.columns(2, gap="medium")
    with seen:
        show_figure(
            charts.inputs(found, is_dark()),
            key="inputs_now",
            alt="First two features of the prompt's inputs, as in training and now",
        )
    with said:
        show_figure(
            charts.answers(found, is_dark()),
            key="answers_now",
            alt="Each learner's answer to the question, and the truth",
            table=_table(answer={**found.told, "truth": found.truth}),
        )
        SETTINGS.enter("Prompt number", "prompt")


def _many(law: ShiftedPrior) -> None:
    from ui.shift import charts

    st.header(f"On average, over {AVERAGED} prompts", divider="gray")
    found = average(SETTINGS.current().network, law)
    st.markdown(words.verdict(found))
    show_figure(
        charts.errors(found, is_dark()),
        key="errors_now",
        alt="Mean squared error of each learner with its 95 % interval",
        table=_table(
            **{"squared error": {who: one.value for who, one in found.errors.items()}},
            low={who: one.low for who, one in found.errors.items()},
            high={who: one.high for who, one in found.errors.items()},
        ),
    )


def _table(**columns: dict[str, float]) -> pd.DataFrame:
    """A line for each learner, under the name that it has on the page."""
    names = {**words.WHO, "truth": "The truth"}
    found = pd.DataFrame(columns)
    return found.rename(index=names)
