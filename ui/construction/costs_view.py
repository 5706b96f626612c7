"""What the programs cost, and how exact the two approximate primitives are."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ui.construction import costs as numbers
from ui.figures.figure import show_figure
from ui.figures.theme import is_dark


def costs() -> None:
    """Layers, heads and width of each program beside the theorem's O(·)."""
    st.header("What the programs cost")
    st.caption("Counted on the weights, beside what the theorem says of its one update or n steps.")
    st.dataframe(pd.DataFrame(numbers.program_costs()), hide_index=True, height=280)


def errors() -> None:
    """How exact the two approximate primitives are, measured on real layers."""
    from ui.construction import charts

    dark = is_dark()
    st.header("How exact are multiplication and division?")
    st.caption(
        "GeLU multiplies and LayerNorm divides, both approximately. Largest error of a real layer "
        "over 2000 random pairs of numbers (seed 0), for each scale one could choose."
    )
    products, divisions = numbers.product_errors(), numbers.division_errors()
    left, right = st.columns(2)
    with left:
        show_figure(
            charts.product_errors(products, dark),
            key="product_errors",
            alt="Largest error of a product by GeLU's scale: it falls, then rounding takes over",
        )
    with right:
        show_figure(
            charts.division_errors(divisions, dark),
            key="division_errors",
            alt="Largest relative error of a quotient against the yardstick: it falls to rounding",
        )
