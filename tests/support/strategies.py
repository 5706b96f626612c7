"""Screens that a visitor could make, and values that nobody should send."""

from __future__ import annotations

from hypothesis import strategies as st

from icl_core.priors import SIGMAS
from ui.visitor.screen import (
    LAYERS,
    MAX_POINTS,
    METHODS,
    X_LIMIT,
    Y_LIMIT,
    Screen,
    from_link,
    to_link,
)

points = st.lists(
    st.tuples(
        st.floats(-X_LIMIT, X_LIMIT, width=32),
        st.floats(-Y_LIMIT, Y_LIMIT, width=32),
    ),
    max_size=MAX_POINTS,
).map(tuple)
screens = st.builds(
    Screen,
    points=st.none() | points,
    line=st.none() | st.tuples(st.floats(-8, 8), st.floats(-8, 8)),
    d=st.integers(1, 8),
    intercept=st.booleans(),
    sigma=st.sampled_from(SIGMAS),
    k=st.integers(0, MAX_POINTS),
    seed=st.integers(0, 999_999),
    query=st.floats(-X_LIMIT, X_LIMIT),
    show=st.sets(st.sampled_from(METHODS)).map(lambda s: tuple(m for m in METHODS if m in s)),
    lam=st.none() | st.floats(0, 100),
    steps=st.integers(0, 1000),
    rate=st.none() | st.floats(0, 1),
    sgd_rate=st.floats(0, 1),
    neighbours=st.integers(1, MAX_POINTS),
    weighted=st.booleans(),
    newton=st.integers(0, 40),
    layer=st.none() | st.integers(0, LAYERS),
)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def assert_sound(screen: Screen) -> None:
    """Every field can be written to a link and read back without complaint."""
    again, troubles = from_link(to_link(screen))
    assert again == screen
    assert troubles == []
