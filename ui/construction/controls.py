"""The widgets of the construction page: each shows and sets one field of `ConstructionSettings`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from icl_core.priors import SIGMAS
from ui.construction.session import SETTINGS
from ui.visitor import session

PROGRAMS = {
    "sgd": "SGD (Theorem 1)",
    "ridge": "Ridge by Sherman–Morrison (Theorem 2)",
    "gd": "Gradient descent in linear attention",
}


def settings() -> None:
    """Which program, on which prompt."""
    program, prompt, numbers = st.columns([5, 5, 4])
    with program:
        _choice("program", "Program", list(PROGRAMS), PROGRAMS.__getitem__)
    with prompt:
        _choice("source", "Prompt", ["playground", "sample"], _sources().__getitem__)
    with numbers:
        _program_numbers()
    if SETTINGS.current().source == "sample":
        _sample_numbers()


def _sources() -> dict[str, str]:
    screen = session.current_screen()
    count = screen.k if screen.points is None or not screen.is_plane else len(screen.points)
    return {
        "playground": f"yours in the playground (d = {screen.d}, k = {count})",
        "sample": "a sample, drawn below",
    }


def _program_numbers() -> None:
    """The numbers that the program depends on."""
    left, right = st.columns(2)
    match SETTINGS.current().program:
        case "sgd":
            with left:
                _rate("Empty: no step overshoots its own example.")
            with right:
                tip = "Weight decay: every step also shrinks w."
                SETTINGS.enter("Decay λ", "decay", help=tip)
        case "ridge":
            with left:
                tip = "Must be above 0: A⁻¹ starts from I/λ."
                SETTINGS.enter("Penalty λ", "lam", help=tip)
        case _:
            with left:
                _rate("Empty: 1/(2 λmax), overshooting nowhere.")
            with right:
                SETTINGS.enter("Steps", "steps")


def _rate(tip: str) -> None:
    SETTINGS.enter("Rate α", "rate", placeholder="auto", help=tip)


def _sample_numbers() -> None:
    """What is sampled instead of the playground's prompt."""
    d, k, sigma, seed, constant = st.columns([2, 2, 2, 2, 3], vertical_alignment="bottom")
    with d:
        SETTINGS.enter("Features d", "d")
    with k:
        SETTINGS.enter("Examples k", "k")
    with sigma:
        st.selectbox("Noise σ", SIGMAS, **SETTINGS.widget("sigma"))
    with seed:
        SETTINGS.enter("Seed", "seed")
    with constant:
        st.checkbox("last feature is the constant 1", **SETTINGS.widget("intercept"))


def meeting_numbers() -> None:
    """Which layers are trained, and from which start."""
    depth, start = st.columns([3, 2])
    with depth:
        words = {1: "one layer", 2: "two layers, the same weights twice"}
        _choice("depth", "Train", [1, 2], words.__getitem__, horizontal=True)
    with start:
        SETTINGS.enter("Training seed", "start")


def mixture_slider() -> None:
    """How far on the way from the trained weights to the constructed ones."""
    st.slider(
        "Mixture: 0 is the trained weights, 1 the constructed",
        0.0,
        1.0,
        step=0.05,
        **SETTINGS.widget("mix"),
    )


def _choice(
    name: str,
    label: str,
    options: Sequence[Any],
    words: Callable[[Any], str],
    *,
    horizontal: bool = False,
) -> None:
    st.radio(
        label,
        options,
        format_func=words,
        horizontal=horizontal,
        **SETTINGS.widget(name),
    )
