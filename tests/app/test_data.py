"""The page about a visitor's own data, without a browser."""

from __future__ import annotations

import contextlib
import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from icl_core.predicting import learners, limits_for, predict_rows
from icl_core.tables import choose, read_table, shipped_tables, split
from tests.support.pages import opened
from ui.data import own, words
from ui.data.numbers import as_csv, asked, beyond, columns, computed, results
from ui.data.own import Shown
from ui.data.packed import MOST_TEXT, packed, unpacked
from ui.data.results_view import weights_table
from ui.data.settings import CODEC, Data
from ui.data.snippet import FILE, python_snippet
from ui.pages import DATA

HEIGHTS = "height (m)\tweight (kg)\n" + "".join(
    f"1,{50 + i}\t{50 + i + 3 * (i % 3)}\n" for i in range(30)
)


def pasted(page: AppTest, text: str) -> AppTest:
    return page.text_area(key=own.PASTED).set_value(text).run()


def in_words(page: AppTest) -> str:
    (told,) = [one.value for one in page.markdown if one.value.startswith("From ")]
    return told


def linked(page: AppTest) -> dict[str, str]:
    return {
        key: value if isinstance(value, str) else value[0]
        for key, value in dict(page.query_params).items()
    }


def keep(page: AppTest, wanted: bool) -> AppTest:
    (box,) = [one for one in page.toggle if one.label == words.KEEP]
    return box.set_value(wanted).run()


@pytest.fixture(scope="module")
def brought() -> AppTest:
    """The page after somebody pasted thirty rows."""
    return pasted(opened(DATA, us="faithful"), HEIGHTS)


def test_pasted_cells_are_predicted_in_their_units(brought: AppTest) -> None:
    assert not brought.exception
    assert not brought.error
    assert "From 21 examples, on 9 rows" in in_words(brought)
    assert "in units of *weight \\(kg\\)*" in in_words(brought)
    assert "30 rows, 2 columns" in brought.caption[1].value
    assert "cells apart by tab, decimal comma" in brought.caption[1].value
    # No number and no name of the visitor's is in the address.
    assert linked(brought) == {"us": "own"}


def test_a_refused_table_leaves_the_one_before(brought: AppTest) -> None:
    before = in_words(brought)
    page = pasted(brought, 'a,b\n1,2\n3,"4\n')
    assert "Line 3 has quotation marks" in page.error[0].value
    assert in_words(page) == before
    page = pasted(page, HEIGHTS)
    assert not page.error


def test_data_are_in_a_link_only_when_asked_and_then_all_is_as_it_was(brought: AppTest) -> None:
    told = in_words(brought)
    page = keep(brought, True)
    assert page.success[0].value == words.KEPT
    assert in_words(page) == told
    other = opened(DATA, **linked(page))
    assert not other.exception
    assert in_words(other) == told
    for one, same in zip(other.dataframe, page.dataframe, strict=True):
        assert one.value.to_json() == same.value.to_json()
    page = keep(page, False)
    assert "ud" not in page.query_params
    assert in_words(page) == told


def test_a_link_to_data_that_stayed_elsewhere_says_so() -> None:
    page = opened(DATA, us="own")
    assert own.GONE in [one.value for one in page.info]
    assert "Stopping" in in_words(page)


def test_longleys_weights_stand_on_the_page() -> None:
    page = opened(DATA, us="longley", ue="16")
    (table,) = [one.value for one in page.dataframe if "R²" in one.value.columns]
    table = table.set_index("method")
    assert table.loc["OLS", "per Year"] == "1\u202f829"
    assert table.loc["OLS", "per Unemployed"] == "−2.02"
    assert words.NO_HELD_OUT in [one.value for one in page.caption]
    assert not [one for one in page.header if one.value == "As examples are added"]


def test_without_scaling_the_page_says_what_that_means() -> None:
    page = opened(DATA, us="stopping", uz="0")
    assert words.NOT_SCALED in [one.value for one in page.caption]
    assert page.warning[0].value.startswith("Unlike anything the transformer was trained on")
    page = opened(DATA, us="longley", uz="0")
    assert not page.exception


def test_a_teacher_can_leave_out_what_stands_below() -> None:
    page = opened(DATA, th="data_errors.data_weights.data_growth")
    assert not page.header
    assert in_words(page)


def test_columns_of_another_table_in_a_link_do_no_harm() -> None:
    page = opened(DATA, us="stopping", ut="190", uf="0.7.199", un="5")
    assert not page.exception
    assert "From 35 examples" in in_words(page)
    page = opened(DATA, us="longley", ut="6", uf=".")
    assert "at least one column" in page.error[0].value


def test_the_csv_holds_what_the_page_shows() -> None:
    about = shipped_tables()["stopping"]
    shown, state = Shown(about.table(), about, "stopping"), Data()
    chosen = choose(shown.table, about.target, about.features)
    found = results(state, shown, chosen, split(chosen))
    told = found.predictions
    rows = list(csv.DictReader(io.StringIO(as_csv(told))))
    held = [row for row in rows if row["role"] == "held out"]
    assert len(rows) == 50
    assert [float(row["Transformer"]) for row in held] == told.told["transformer"].held_out.tolist()
    width = told.told["ols"].half_width
    assert width is not None
    ends = [float(row["OLS, high"]) - float(row["OLS, low"]) for row in rows]
    assert ends == pytest.approx([2 * width] * 50)
    lines = {int(row["line"]): row for row in rows}
    assert float(lines[2]["Speed (mph)"]) == 4
    assert beyond(told) is None
    assert found.growth is not None


def test_the_snippet_gives_the_pages_numbers_to_the_last_digit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(FILE).write_text(HEIGHTS)
    about = shipped_tables()["faithful"]
    for shown in (
        Shown(about.table(), about, "faithful"),
        Shown(read_table(HEIGHTS), None, None),
    ):
        state = Data(seed=3, examples=12)
        chosen, parts = asked(state, shown)
        ran: dict[str, Any] = {}
        with contextlib.redirect_stdout(io.StringIO()):
            exec(python_snippet(state, shown, chosen, parts), ran)
        found = computed(chosen, parts, scaled=True).predictions
        for name, told in found.told.items():
            assert (ran["found"].told[name].held_out == told.held_out).all()
            assert ran["found"].told[name].half_width == told.half_width


def test_a_table_fits_into_a_link_and_comes_back_exactly() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(60, 9)) * 10.0 ** rng.integers(-5, 6, 9)
    text = ",".join(f"name, {i}" for i in range(9)).replace("name, ", "name ")
    text += "\n" + "\n".join(",".join(f"{v:.6g}" for v in row) for row in values)
    chosen = choose(read_table(text), "name 8", [f"name {i}" for i in range(8)])
    parts = split(chosen)
    told = packed(chosen, parts)
    assert len(told) < MOST_TEXT
    table = unpacked(told)
    assert table.names == (*chosen.features, "name 8")
    again = np.column_stack([column.values for column in table.columns])
    assert (again[:, -1] == chosen.y[parts.examples]).all()
    assert (again[:, :-1] == chosen.x[parts.examples]).all()
    assert CODEC.apply(Data(), {"kept": told}) == (Data(kept=told), [])


@pytest.mark.parametrize("text", ["", "x", "AAAA", "eJw" * 4000, "é", "eJxLBAAAYgBi"])
def test_any_other_text_is_no_table(text: str) -> None:
    with pytest.raises(ValueError, match="not a table that this page wrote"):
        unpacked(text)


def test_the_target_is_never_a_feature() -> None:
    about = shipped_tables()["longley"]
    shown = Shown(about.table(), about, "longley")
    assert columns(Data(source="longley"), shown) == (6, (0, 1, 2, 3, 4, 5))
    assert columns(Data(source="longley", target=5), shown) == (5, (0, 1, 2, 3, 4))
    assert columns(Data(source="longley", target=5, features=(5, 6)), shown) == (5, (6,))


def test_a_feature_may_be_named_as_a_column_of_the_table_is() -> None:
    text = "method,R²,y\n" + "".join(f"{i},{i * i % 7},{2 * i + 1}\n" for i in range(20))
    chosen = choose(read_table(text), "y", ("method", "R²"))
    parts = split(chosen, examples=12, seed=0)
    table = weights_table(predict_rows(chosen, parts, learners(), limits_for()))
    assert list(table) == ["method", "per method", "per R²", "offset", "R²"]
    assert "Transformer" in set(table["method"])
