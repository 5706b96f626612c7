"""Every method on a table, against scikit-learn's pipelines and NIST's certified values."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import BayesianRidge, LinearRegression, Ridge
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from icl_core import predictors
from icl_core.checkpoints import load_decoder
from icl_core.layer_answers import layer_answers
from icl_core.predicting import (
    LABELS,
    Learner,
    curvature,
    growth,
    half_width_of,
    learners,
    limits_for,
    predict_rows,
)
from icl_core.probes.readouts import load_layer_readouts
from icl_core.tables import Chosen, Split, TableError, choose, read_table, shipped_tables, split
from tests.core.test_cli import run

NIST = [
    *(15.0618722713733, -0.0358191792925910, -2.02022980381683),
    *(-1.03322686717359, -0.0511041056535807, 1829.15146461355),
]
"""Certified slopes of Longley's data (NIST Statistical Reference Datasets)."""
NIST_OFFSET = -3482258.63459582


def shipped(name: str) -> Chosen:
    about = shipped_tables()[name]
    return choose(about.table(), about.target, about.features)


@pytest.mark.parametrize("name", shipped_tables())
def test_the_shipped_tables_answers_are_scikit_learns(name: str) -> None:
    """The whole path in the table's units: centred, scaled, fitted, asked, put back."""
    chosen = shipped(name)
    parts = split(chosen, seed=3)
    x, y = chosen.x[parts.examples], chosen.y[parts.examples]
    if np.ptp(x[:, 0]) == 0:  # Anscombe's fourth, where the one other point is held out
        parts = Split(np.arange(8), np.arange(8, 11))
        x, y = chosen.x[parts.examples], chosen.y[parts.examples]
    who = {
        "ols": predictors.ols(),
        "ridge": predictors.ridge(1.0),
        "evidence": predictors.evidence_ridge(),
    }
    theirs = {
        "ols": LinearRegression(),
        "ridge": Ridge(1.0),
        "evidence": BayesianRidge(max_iter=3000, tol=1e-300),
    }
    found = predict_rows(chosen, parts, who, limits_for())
    for method, estimator in theirs.items():
        pipeline = make_pipeline(StandardScaler(), estimator)
        both = TransformedTargetRegressor(pipeline, transformer=StandardScaler()).fit(x, y)
        told = both.predict(chosen.x[parts.held_out])
        assert np.abs(found.told[method].held_out - told).max() < 1e-9 * np.abs(y).max(), method


def test_longleys_weights_are_nists_certified_ones() -> None:
    chosen = shipped("longley")
    everything = Split(np.arange(16), np.arange(0))
    found = predict_rows(chosen, everything, {"ols": predictors.ols()}, limits_for())
    assert found.told["ols"].slopes == pytest.approx(NIST, rel=1e-9)
    assert found.told["ols"].offset == pytest.approx(NIST_OFFSET, rel=1e-9)
    raw = predict_rows(chosen, everything, {"ols": predictors.ols()}, limits_for(), scaled=False)
    assert raw.told["ols"].slopes == pytest.approx(NIST, rel=1e-6)


def test_each_example_from_the_others_is_scikit_learns_leave_one_out() -> None:
    chosen = shipped("stopping")
    parts = split(chosen)
    found = predict_rows(chosen, parts, {"ridge": predictors.ridge(2.0)}, limits_for())
    x, y = chosen.x[parts.examples], chosen.y[parts.examples]
    theirs = cross_val_predict(make_pipeline(StandardScaler(), Ridge(2.0)), x, y, cv=LeaveOneOut())
    assert found.told["ridge"].left_out == pytest.approx(theirs, abs=1e-9)


def test_intervals_hold_as_often_as_they_say_on_fresh_rows() -> None:
    """Rows of a law that the rule fits: over many draws nine in ten lie inside."""
    rng = np.random.default_rng(5)
    inside = []
    for _ in range(60):
        x = rng.normal(size=(220, 2))
        chosen = Chosen("y", ("a", "b"), x, x @ [3.0, -1.0] + rng.normal(size=220), (), 0)
        parts = Split(np.arange(20), np.arange(20, 220))
        found = predict_rows(chosen, parts, {"ols": predictors.ols()}, limits_for())
        inside.append(found.told["ols"].inside)
    # 60 draws of a share whose own spread is about 0.07.
    assert 0.87 < np.mean(inside) < 0.95


def test_too_few_examples_have_no_interval() -> None:
    assert half_width_of(np.arange(8.0)) is None
    assert half_width_of(np.arange(9.0)) == 8.0
    assert half_width_of(np.arange(19.0)) == 17.0


def test_the_network_comes_close_to_least_squares_on_real_tables() -> None:
    """And without scaling, the control, it does not."""
    for name in ("stopping", "faithful", "longley"):
        chosen = shipped(name)
        who: dict[str, Learner] = {
            "ols": predictors.ols(),
            "transformer": load_decoder("playground"),
        }
        found = predict_rows(chosen, split(chosen), who, limits_for())
        gap = found.told["transformer"].held_out - found.told["ols"].held_out
        assert np.sqrt(np.mean(gap**2)) < 0.3 * found.spread
        assert found.finding.why(0) is None
        raw = predict_rows(chosen, split(chosen), who, limits_for(), scaled=False)
        gap = raw.told["transformer"].held_out - raw.told["ols"].held_out
        assert np.sqrt(np.mean(gap**2)) > found.spread
        assert raw.finding.why(0) is not None


def test_the_scale_is_the_examples_alone() -> None:
    """Held-out rows can be anything: no answer to another row changes."""
    chosen = shipped("stopping")
    parts = split(chosen)
    who = {"transformer": load_decoder("playground")}
    before = predict_rows(chosen, parts, who, limits_for())
    x, y = chosen.x.copy(), chosen.y.copy()
    x[parts.held_out[0]], y[parts.held_out] = 1e5, -1e5
    other = Chosen(chosen.target, chosen.features, x, y, chosen.lines, 0)
    after = predict_rows(other, parts, who, limits_for())
    assert after.told["transformer"].held_out[1:] == pytest.approx(
        before.told["transformer"].held_out[1:], abs=1e-4
    )
    assert after.far.tolist() == [True, *[False] * (len(parts.held_out) - 1)]


def test_errors_fall_as_examples_are_added() -> None:
    chosen = shipped("faithful")
    who: dict[str, Learner] = {
        "ols": predictors.ols(),
        "transformer": load_decoder("playground"),
    }
    found = growth(chosen, split(chosen), who, seed=1)
    again = growth(chosen, split(chosen), who, seed=1)
    assert found.counts == (2, 3, 5, 8, 12, 18, 27, 40)
    for name, errors in found.errors.items():
        assert errors.shape == (16, 8)
        assert np.median(errors[:, -1]) < 0.9 * np.median(errors[:, 0])
        assert (errors == again.errors[name]).all()
    # All examples, in any order, are the same least squares.
    assert np.ptp(found.errors["ols"][:, -1]) < 1e-9
    with pytest.raises(ValueError, match="No row is held out"):
        growth(chosen, Split(np.arange(40), np.arange(0)), who, seed=1)


def test_a_curve_is_told_from_a_line() -> None:
    told = [curvature(shipped(f"anscombe-{which}")) for which in (1, 2, 3)]
    assert [one is not None and one.is_curved for one in told] == [False, True, False]
    assert curvature(shipped("anscombe-4")) is None  # one row alone decides the slope
    x = np.linspace(-2, 2, 30)[:, None]
    noise = np.random.default_rng(0).normal(0, 0.2, 30)
    bent, straight = (
        curvature(Chosen("y", ("x",), x, y + noise, (), 0)) for y in (x[:, 0] ** 2, 2 * x[:, 0])
    )
    assert bent is not None
    assert straight is not None
    assert bent.is_curved
    assert not straight.is_curved
    assert straight.line == pytest.approx(0.2, rel=0.3)


def test_the_last_layers_readout_answers_nearly_as_the_network_does() -> None:
    chosen = shipped("longley")
    parts = split(chosen, seed=1)
    model, readouts = load_decoder("playground"), load_layer_readouts("playground")
    found = predict_rows(chosen, parts, {"transformer": model}, limits_for())
    read = layer_answers(model, readouts, chosen, parts, found.scaling)
    layers = len(readouts.maps)
    assert read.answers.shape == (layers, len(parts.held_out))
    assert read.slopes.shape == (layers, 6)
    told = found.told["transformer"]
    gap = np.sqrt(np.square(read.answers - told.held_out).mean(-1)) / found.spread
    assert gap[-1] < 0.15
    assert gap[0] > 0.5  # the control: before the first layer no example has been read
    assert read.r2[-1] > 0.9
    missed = read.answers[3] - chosen.y[parts.held_out]
    assert read.error[3] == pytest.approx(np.sqrt(np.mean(missed**2)))
    prompt = (found.scaling.features(chosen.x), found.scaling.target(chosen.y))
    x, y = (part[parts.examples] for part in prompt)
    states = model.inspect(x[None], y[None], prompt[0][None, parts.held_out]).query_states
    theirs = found.scaling.answers(readouts.read(states)[3, 0].double().numpy())
    assert read.answers[3] == pytest.approx(theirs, rel=1e-6)


def test_large_numbers_are_not_given_to_the_network_as_they_are() -> None:
    chosen = choose(read_table("a,b\n1e9,2\n2e9,3\n3e9,5\n5e9,1\n"), "b")
    who = {"ols": predictors.ols()}
    with pytest.raises(TableError, match="Leave the scaling on"):
        predict_rows(chosen, split(chosen), who, limits_for(), scaled=False)


def test_a_row_far_beyond_the_examples_is_named() -> None:
    """The examples lie next to nothing apart, so what is held out lies 1e90 deviations away."""
    chosen = choose(read_table("a\tb\n0\t0\n1\t1\n6e-91\t1\n3e-91\t2\n"), "b")
    parts = Split(np.array([0, 2, 3]), np.array([1]))
    with pytest.raises(TableError, match=r"Line 3 lies 4\.1e\+90 standard deviations .* “a”"):
        predict_rows(chosen, parts, learners(), limits_for())
    parts = Split(np.arange(4), np.arange(0))
    found = predict_rows(chosen, parts, learners(), limits_for())
    for told in found.told.values():  # the second, from the others, has no answer
        assert np.isnan(told.left_out).tolist() == [False, True, False, False]


def test_eight_features_are_the_most() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 8))
    chosen = Chosen("y", tuple("abcdefgh"), x, x.sum(1) + 5, (), 0)
    found = predict_rows(chosen, split(chosen), learners(), limits_for())
    assert found.told["ols"].error < 1e-9
    assert found.told["transformer"].error < 0.5 * found.spread
    assert found.told["ols"].offset == pytest.approx(5)


# --- the command line ----------------------------------------------------------------------


def test_a_file_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("height;weight\n" + "".join(f"{h};{h / 2 + h % 3:g}\n" for h in range(50, 70)))
    said = run("predict", path, "--target", "weight", "--seed", "2", "--json")
    told = json.loads(said.stdout)
    assert told["features"] == ["height"]
    assert set(told["methods"]) == set(LABELS)
    ols = told["methods"]["ols"]
    assert ols["slopes"][0] == pytest.approx(0.5, abs=0.2)
    assert len(ols["predictions"]) == len(told["held_out"]) == 6
    assert len(told["examples"]) == 14
    assert (
        json.loads(run("predict", path, "--target", "weight", "--seed", "2", "--json").stdout)[
            "methods"
        ]
        == told["methods"]
    )
    plain = run("predict", path, "--target", "weight")
    assert "weight from height: 14 examples, 6 rows held out" in plain.stdout
    assert "Transformer" in plain.stdout


def test_bad_input_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("a,b\n1,2\n2,3\n3,oops\n4,1\n")
    for words, says in [
        ((tmp_path / "none.csv", "--target", "a"), "cannot be read"),
        ((path, "--target", "c"), "There is no column “c”. The columns are: “a”, “b”."),
        ((path, "--target", "a", "--features", "a"), "cannot be both"),
        ((path, "--target", "a", "--examples", "50"), None),
    ]:
        done = run("predict", *words)
        assert done.returncode == (2 if says else 0)
        assert says is None or says in done.stderr
        assert "Traceback" not in done.stderr
