"""What every method makes of the table, in its units."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from icl_core.layer_answers import LayerAnswers
from icl_core.predicting import LABELS, LEVEL, NETWORK, Predictions
from icl_core.probes.readouts import load_layer_readouts
from ui.data import words
from ui.data.numbers import Results, as_csv, beyond, error_of
from ui.data.settings import SETTINGS
from ui.data.words import number
from ui.figures.figure import show_figure
from ui.figures.theme import is_dark
from ui.visitor import teaching
from ui.visitor.networks import SHIPPED
from ui.visitor.page_registry import page
from ui.work.load_or_warn import load_or_warn
from ui.work.plain_text import plain_text


def answers(found: Results) -> None:
    """In one sentence, and what is to be said of it; of one feature the pad itself warns."""
    told = found.predictions
    st.markdown(in_words(told))
    if len(told.chosen.features) > 1 and (why := beyond(told)) is not None:
        st.warning(why)
    if told.far.any():
        st.caption(
            f"{int(told.far.sum())} of the held-out rows lie farther out than anything the network "
            "was trained on."
        )
    if found.bent is not None and found.bent.is_curved:
        line, curve = number(found.bent.line), number(found.bent.curve)
        st.info(words.CURVED.format(line=line, curve=curve))
        if teaching.shows("nav"):
            st.page_link(page("curves").script, label="Go beyond lines: draw any curve")


def against_actual(told: Predictions) -> None:
    """Predicted against actual."""
    from ui.data import charts

    target = plain_text(told.chosen.target)
    show_figure(
        charts.against_actual(told, SETTINGS.current().show, is_dark()),
        key="data_actual",
        alt=f"{target} as each method predicts it, against what it is, with intervals",
    )


def in_words(told: Predictions) -> str:
    """What the network and least squares come to, beside the spread of the values."""
    parts, target = told.split, plain_text(told.chosen.target)
    rows = len(parts.held_out)
    asked = f"{rows} rows that they were not shown" if rows else "each example from the others"
    return (
        f"From {len(parts.examples)} examples, on {asked}, the **transformer** is off by "
        f"**{number(error_of(told, NETWORK))}** and **least squares** by "
        f"**{number(error_of(told, 'ols'))}**, in units of *{target}*, whose values spread by "
        f"{number(told.spread)}."
    )


def errors(told: Predictions) -> None:
    """Every method's errors and intervals."""
    st.header("How far off, and how sure")
    st.caption(f"All figures are in the units of {plain_text(told.chosen.target)}.")
    if not len(told.split.held_out):
        st.caption(words.NO_HELD_OUT)
    if len(told.split.examples) < 9:
        st.caption(words.FEW)
    table = errors_table(told)
    st.dataframe(table, hide_index=True, alt="Errors and intervals of every method")
    st.download_button(
        "All predictions as CSV",
        lambda: as_csv(told),
        "predictions.csv",
        "text/csv",
        on_click="ignore",
    )


def errors_table(told: Predictions) -> pd.DataFrame:
    """A row for each method."""
    rows = [
        {
            "method": LABELS[name],
            "error on held-out rows": number(one.error),
            "error on examples, each from the others": number(one.left_out_error),
            f"{LEVEL:.0%} interval": "–"
            if one.half_width is None
            else f"± {number(one.half_width)}",
            "held-out rows inside": "–" if one.inside != one.inside else f"{one.inside:.0%}",
        }
        for name, one in told.told.items()
    ]
    return pd.DataFrame(rows)


def weights(told: Predictions) -> None:
    """What each method holds as a linear model, in the table's units."""
    st.header("Weights, in your units")
    st.caption(
        f"{plain_text(told.chosen.target)} for one more of each feature; R² says how well these "
        "weights say the method's own answers."
    )
    alt = "Weights of every method as a linear model"
    st.dataframe(weights_table(told), hide_index=True, alt=alt)


def weights_table(told: Predictions) -> pd.DataFrame:
    """A row for each method; a feature may have any name, that of another column too."""
    rows = [
        {
            "method": LABELS[name],
            **{
                f"per {feature}": number(float(slope))
                for feature, slope in zip(told.chosen.features, one.slopes, strict=True)
            },
            "offset": number(one.offset),
            "R²": f"{one.r2:.4f}",
        }
        for name, one in told.told.items()
    ]
    return pd.DataFrame(rows)


def growing(found: Results) -> None:
    """The error as examples are added."""
    from ui.data import charts

    if found.growth is None:
        return
    st.header("As examples are added")
    st.caption(
        f"Error on {found.growth.rows} held-out rows; the band holds four in five orders of the "
        "examples."
    )
    target = found.predictions.chosen.target
    show_figure(
        charts.as_examples_come_in(found.growth, target, SETTINGS.current().show, is_dark()),
        key="data_growth",
        alt=f"Error in {plain_text(target)} of each method against the number of examples",
    )


def layers(found: Results) -> None:
    """What each layer would answer."""
    from ui.data import charts

    if load_or_warn(load_layer_readouts, SHIPPED) is None:
        return
    told = found.predictions
    st.header("Layer by layer")
    st.caption(words.LAYERS)
    show_figure(
        charts.layer_by_layer(found.layers, told, is_dark()),
        key="data_layers",
        alt=f"Error in {plain_text(told.chosen.target)} of each layer's readout, and of OLS",
        table=layers_table(found.layers, told),
    )


def layers_table(read: LayerAnswers, told: Predictions) -> pd.DataFrame:
    """A row for each layer, its weights in the table's units."""
    rows = [
        {
            "after layer": layer,
            "error": number(float(read.error[layer])),
            **{
                f"per {feature}": number(float(slope))
                for feature, slope in zip(told.chosen.features, read.slopes[layer], strict=True)
            },
            "offset": number(float(read.offset[layer])),
            "R²": f"{read.r2[layer]:.4f}",
        }
        for layer in range(len(read.error))
    ]
    return pd.DataFrame(rows)


def in_detail(found: Results) -> None:
    """All that stands below the picture; of one feature the pad has the layers."""
    told = found.predictions
    if teaching.shows("data_errors"):
        errors(told)
    if teaching.shows("data_weights"):
        weights(told)
    if len(told.chosen.features) > 1 and teaching.shows("data_layers"):
        layers(found)
    if teaching.shows("data_growth"):
        growing(found)


def in_python(code: str, *, own: bool) -> None:
    """What gives the same numbers in a notebook."""
    if teaching.shows("python"):
        with st.expander("Open in Python"):
            st.caption(words.PYTHON_OWN if own else words.PYTHON)
            st.code(code, language="python")
