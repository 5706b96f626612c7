"""Screens that a visitor could make, and values that nobody should send."""

from __future__ import annotations

from hypothesis import strategies as st

from icl_core.priors import SIGMAS
from ui.visitor import methods
from ui.visitor.methods import Setting
from ui.visitor.screen import (
    MAX_POINTS,
    MOST_LAYERS,
    X_LIMIT,
    Y_LIMIT,
    MethodSettings,
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


def values(setting: Setting) -> st.SearchStrategy[object]:
    """What a setting can be."""
    found: st.SearchStrategy[object] = {
        "whole": st.integers(int(setting.low), int(setting.high)),
        "number": st.floats(setting.low, setting.high),
        "flag": st.booleans(),
    }[setting.kind]
    return st.none() | found if setting.automatic else found


# Composite, so that a method that a test registers is among them.
@st.composite
def shown(draw: st.DrawFn) -> tuple[str, ...]:
    """Some methods, in their order."""
    chosen = draw(st.sets(st.sampled_from(methods.ids())))
    return tuple(name for name in methods.ids() if name in chosen)


@st.composite
def method_settings(draw: st.DrawFn) -> MethodSettings:
    """Every setting of every method, set to something."""
    return MethodSettings(**{name: draw(values(one)) for name, one in methods.settings().items()})


screens = st.builds(
    Screen,
    points=st.none() | points,
    line=st.none() | st.tuples(st.floats(-8, 8), st.floats(-8, 8)),
    weights=st.none() | st.lists(st.floats(-8, 8), min_size=1, max_size=8).map(tuple),
    d=st.integers(1, 8),
    intercept=st.booleans(),
    sigma=st.sampled_from(SIGMAS),
    k=st.integers(0, MAX_POINTS),
    seed=st.integers(0, 999_999),
    query=st.floats(-X_LIMIT, X_LIMIT),
    show=shown(),
    settings=method_settings(),
    layer=st.none() | st.integers(0, MOST_LAYERS),
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
