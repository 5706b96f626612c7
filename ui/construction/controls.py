"""The widgets of the construction page: each shows and sets one field of `ConstructionSettings`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from icl_core.priors import SIGMAS
from ui.construction.session import SETTINGS, widget
from ui.construction.settings import MAX_DIM, MAX_GD_STEPS, MAX_PAIRS
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
                _number(
                    "rate", "Rate α", "Empty: no step overshoots its own example.", optional=True
                )
            with right:
                _number("decay", "Decay λ", "Weight decay: every step also shrinks w.")
        case "ridge":
            with left:
                _number("lam", "Penalty λ", "Must be above 0: A⁻¹ starts from I/λ.")
        case _:
            with left:
                _number("rate", "Rate α", "Empty: 1/(2 λmax), overshooting nowhere.", optional=True)
            with right:
                _count("steps", "Steps", 1, MAX_GD_STEPS)


def _sample_numbers() -> None:
    """What is sampled instead of the playground's prompt."""
    d, k, sigma, seed, constant = st.columns([2, 2, 2, 2, 3], vertical_alignment="bottom")
    with d:
        _count("d", "Features d", 1, MAX_DIM)
    with k:
        _count("k", "Examples k", 1, MAX_PAIRS)
    with sigma:
        st.selectbox("Noise σ", SIGMAS, **widget("sigma"))
    with seed:
        _count("seed", "Seed", 0, 999_999)
    with constant:
        st.checkbox("last feature is the constant 1", **widget("intercept"))


def meeting_numbers() -> None:
    """Which layers are trained, and from which start."""
    depth, start = st.columns([3, 2])
    with depth:
        words = {1: "one layer", 2: "two layers, the same weights twice"}
        _choice("depth", "Train", [1, 2], words.__getitem__, horizontal=True)
    with start:
        _count("start", "Training seed", 0, 999_999)


def mixture_slider() -> None:
    """How far on the way from the trained weights to the constructed ones."""
    st.slider(
        "Mixture: 0 is the trained weights, 1 the constructed",
        0.0,
        1.0,
        step=0.05,
        **widget("mix"),
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
        **widget(name),
    )


def _number(name: str, label: str, tip: str, *, optional: bool = False) -> None:
    """A number from 0 to 100; an optional one may be left to the page."""
    st.number_input(
        label,
        min_value=0.0,
        max_value=100.0,
        value=None if optional else "min",
        step=0.01,
        format="%.4g",
        placeholder="auto" if optional else None,
        help=tip,
        **widget(name),
    )


def _count(name: str, label: str, low: int, high: int) -> None:
    st.number_input(label, min_value=low, max_value=high, step=1, **widget(name))
