"""A network among the rules: the map, its distances, and how they change with k."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ui.algorithm import words
from ui.algorithm.fingerprint_table import fingerprint_table
from ui.algorithm.numbers import Fingerprint, Place, chosen, place, rungs
from ui.algorithm.settings import SETTINGS
from ui.figures.figure import explained, show_figure
from ui.figures.theme import is_dark
from ui.visitor import teaching
from ui.visitor.methods import style_of


def show_map(
    found: Sequence[Fingerprint], taus: Sequence[float], on_the_map: dict[str, list[Place]]
) -> None:
    """All networks of the ladder among the rules."""
    from ui.algorithm.charts import place_map

    state = SETTINGS.current()
    members, rung = rungs(state.ladder), chosen(state)
    places = [place(m.label, f, tau) for m, f, tau in zip(members, found, taus, strict=True)]
    show_figure(
        place_map(places, rung, on_the_map, is_dark()),
        key="map",
        table=pd.DataFrame(
            {"to OLS": [p.x.value for p in places], "to one GD step": [p.y.value for p in places]},
            index=[p.name for p in places],
        ),
        alt=f"Map of the networks among the rules; {places[rung].name} lies "
        f"{places[rung].x.value:.3f} from least squares and {places[rung].y.value:.3f} from one "
        "step of gradient descent",
    )
    explained(words.MAP)


def show_fingerprint(found: Fingerprint) -> None:
    """How far from each rule, in one glance and in words."""
    lam, steps, newton = (found.closest(family)[0] for family in ("ridge", "GD", "Newton"))
    if not found.has_learned:
        st.markdown("**It has not learned the task:** always answering 0 is nearer than any rule.")
    st.markdown(
        f"Nearest of the rules that the paper compares: **{found.nearest}**. Along the families: "
        f"ridge λ = **{lam:.3g}**, GD step **{steps:.0f}**, Newton step **{newton:.0f}**."
    )
    if found.open_ends:
        st.caption(
            f"{' and '.join(found.open_ends)}: the end of the range asked; "
            "one beyond may be closer."
        )
    st.html(fingerprint_table(found, is_dark()))
    st.caption(f"R² of its implicit weights: {found.r2:.3f}")
    with st.expander("Numbers, and what they mean"):
        st.dataframe(
            pd.DataFrame(
                {
                    "SPD/d": {rule: d.value for rule, d in found.spd.items()},
                    "low": {rule: d.low for rule, d in found.spd.items()},
                    "high": {rule: d.high for rule, d in found.spd.items()},
                    "median, where †": {rule: d.median for rule, d in found.spd.items()},
                    "ILWD/d": found.ilwd,
                }
            )
        )
        st.markdown(words.FINGERPRINT)


def in_detail(ks: Sequence[int], grown: Sequence[Fingerprint], found: Fingerprint) -> None:
    """One network as examples come in, and against every member of the families."""
    if teaching.shows("growth"):
        show_growth(ks, grown)
    if teaching.shows("families"):
        show_families(found)


def show_growth(ks: Sequence[int], grown: Sequence[Fingerprint]) -> None:
    """The fingerprint of one network as examples come in."""
    from ui.algorithm.charts import heat_by_k

    st.header("As examples come in")
    st.caption("Violet is close. The ring marks the nearest of the candidates.")
    show_figure(
        heat_by_k(ks, grown, is_dark()),
        key="growth",
        table=pd.DataFrame(
            {
                k: {rule: d.value for rule, d in f.spd.items()}
                for k, f in zip(ks, grown, strict=True)
            }
        ),
        alt="Distance to every rule after each number of examples; nearest at last: "
        + grown[-1].nearest,
    )


def show_families(found: Fingerprint) -> None:
    """Every step of gradient descent and Newton, every penalty of ridge."""
    from ui.algorithm.charts import ROADS, along_families

    st.header("Every step, every penalty")
    show_figure(
        along_families(found, is_dark()),
        key="families",
        table=pd.DataFrame(
            {
                (style_of(ROADS[family]).label, f"{parameter:.3g}"): [far]
                for family, (parameters, distances) in found.families.items()
                for parameter, far in zip(parameters, distances, strict=True)
            }
        ).T.rename(columns={0: "SPD/d"}),
        alt="Distance to ridge at every penalty, to gradient descent and to Newton at every step",
    )
