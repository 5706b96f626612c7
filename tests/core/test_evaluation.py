"""The flagship's measure, on the shipped weights and on predictors with known answers."""

import json
from pathlib import Path

import pytest
import torch

from icl_core import load_model, load_prior, predictors
from icl_core.arrays import ArrayLike, PromptLimits
from icl_core.checkpoints import read_manifest
from icl_core.evaluation import (
    Corner,
    corners_of,
    evaluate_corner,
    evaluate_drawings,
    load_drawings,
)
from icl_core.models.transformer import Transformer, TransformerConfig
from icl_core.priors import Cell, FlagshipPrior, PlainPrior

FLOOR_FOR_DONE = 1.08
LAW = FlagshipPrior()
PLAIN = LAW.with_plain_inputs()


class Oracle:
    """A stand-in with the model's interface that answers as exact Bayes, plus an offset."""

    limits = PromptLimits(8, 40)
    device = torch.device("cpu")

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        return predictors.bayes(FlagshipPrior()).predict_next(x, y) + self.offset

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        return predictors.bayes(FlagshipPrior()).predict(x, y, queries) + self.offset


def test_bayes_itself_has_no_excess() -> None:
    pooled = evaluate_corner(Oracle(), Corner(LAW, Cell(2, True)), 16, 0)[0]
    assert pooled["excess"] == pytest.approx(1.0, abs=1e-9)
    assert pooled["model_error"] == pytest.approx(pooled["bayes_error"], rel=1e-5)


def test_a_constant_offset_has_the_excess_it_should() -> None:
    pooled = evaluate_corner(Oracle(0.1), Corner(LAW, Cell(2, True)), 16, 0)[0]
    assert pooled["spd_bayes"] == pytest.approx(0.01, rel=1e-4)
    assert pooled["excess"] == pytest.approx(1 + 0.01 / pooled["bayes_error"], rel=1e-4)
    assert pooled["excess_low"] < pooled["excess"] < pooled["excess_high"]


def test_a_cell_has_a_row_for_each_sigma_and_one_for_all() -> None:
    rows = evaluate_corner(Oracle(), Corner(PLAIN, Cell(1, False)), 4, 0)
    assert [row["sigma"] for row in rows] == [None, 0.0, 0.1, 0.25, 0.5, 1.0]
    assert rows[0]["tasks"] == 20


def test_the_cells_are_those_of_the_law() -> None:
    corners = corners_of(load_prior("playground"))
    assert len(corners) == 22
    assert corners[0].row == {"dim": 1, "intercept": False, "inputs": "drawn"}
    assert corners[-1].row == {"dim": 8, "intercept": True, "inputs": "plain"}
    assert {corner.cell.dim for corner in corners} == {1, 2, 3, 4, 6, 8}
    (paper,) = corners_of(load_prior("paper"))
    assert paper.row == {"dim": 8, "intercept": False, "inputs": "plain"}
    assert {c.cell.dim for c in corners_of(FlagshipPrior(max_dim=12))} == {1, 2, 3, 4, 6, 8, 12}


def test_a_network_of_two_features_is_asked_about_its_own_law() -> None:
    law = FlagshipPrior(max_dim=2, dim=2, intercept=True, sigmas=(0.25,))
    model = Transformer(TransformerConfig(max_dim=2, max_exemplars=5, layers=1, width=8, heads=2))
    rows = [row for corner in corners_of(law) for row in evaluate_corner(model, corner, 8, 0)]
    assert [(row["dim"], row["intercept"], row["inputs"], row["sigma"]) for row in rows] == [
        (2, True, "drawn", 0.25),
        (2, True, "plain", 0.25),
    ]
    assert all(row["excess"] > 1 for row in rows)
    assert evaluate_drawings(model, law, load_drawings()) != []


def test_a_law_without_lines_has_no_drawings() -> None:
    assert evaluate_drawings(Oracle(), PlainPrior(2), load_drawings()) == []


def test_the_control_has_no_excess_but_a_distance_to_the_w_that_it_knows() -> None:
    law = load_prior("control")
    (row, *_) = evaluate_corner(load_model("control"), Corner(law, Cell(2, True)), 8, seed=5)
    stored = read_manifest()["control"]["evaluation"]["rows"]
    kept = next(
        r
        for r in stored
        if (r["dim"], r["intercept"], r["inputs"], r["sigma"]) == (2, True, "drawn", None)
    )
    for told in (row, kept):
        assert told["excess"] is told["excess_low"] is told["excess_high"] is None
        assert told["bayes_error"] < 1e-12
    assert all(r["excess"] is None and 0 < r["spd_bayes"] < 0.01 for r in stored)
    assert row["spd_bayes"] == pytest.approx(kept["spd_bayes"], rel=0.3)


def test_drawings_are_what_people_draw() -> None:
    drawings = load_drawings()
    habits = {drawing["habit"] for drawing in drawings}
    assert {"one side", "two clusters", "steep line", "one outlier", "repeated x"} <= habits
    assert {len(d["points"]) for d in drawings} >= {2, 40}


@pytest.mark.parametrize("text", ["", "{}x", '[{"habit": "a"}]', '[{"points": [["a", 1]]}]'])
def test_a_bad_set_of_drawings_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "drawings.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"drawings\.json is not a set of drawings"):
        load_drawings(path)


def test_bayes_leaves_nothing_of_a_drawing_unexplained() -> None:
    rows = evaluate_drawings(Oracle(), LAW, load_drawings()[:3])
    assert [row["unexplained"] for row in rows] == [0.0]


@pytest.mark.slow
def test_the_flagship_behaves_on_drawings() -> None:
    rows = evaluate_drawings(load_model("playground"), LAW, load_drawings())
    stored = read_manifest()["playground"]["evaluation"]["drawings"]
    assert json.dumps([row["habit"] for row in rows]) == json.dumps([r["habit"] for r in stored])
    for row, kept in zip(rows, stored, strict=True):
        assert row["rms_gap"] == pytest.approx(kept["rms_gap"], rel=0.02, abs=1e-3), row["habit"]


def test_the_stored_excess_does_not_slip() -> None:
    rows = read_manifest()["playground"]["evaluation"]["rows"]
    pooled = [row for row in rows if row["sigma"] is None]
    assert len(pooled) == 22
    for row in pooled:
        assert row["excess"] <= FLOOR_FOR_DONE, row


@pytest.mark.slow
@pytest.mark.parametrize("corner", [Corner(LAW, Cell(1, False)), Corner(PLAIN, Cell(4, True))])
def test_fresh_seeds_agree_with_the_stored_table(corner: Corner) -> None:
    row = evaluate_corner(load_model("playground"), corner, 64, seed=5)[0]
    stored = next(
        r
        for r in read_manifest()["playground"]["evaluation"]["rows"]
        if (r["dim"], r["intercept"], r["inputs"], r["sigma"]) == (*corner.row.values(), None)
    )
    width = row["excess_high"] - row["excess_low"]
    assert abs(row["excess"] - stored["excess"]) < 3 * width
