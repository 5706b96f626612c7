"""The page about a visitor's own data, without a browser."""

from __future__ import annotations

import contextlib
import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from icl_core.predicting import LABELS, answers_at, learners, limits_for, predict_rows
from icl_core.tables import Scaling, choose, read_table, shipped_tables, split
from tests.support.pages import by_hand, opened
from tests.support.rendered import pad_of, press
from ui.data import own, words
from ui.data.choices import scaled_by
from ui.data.edits import between, changed, points_of, read_edits, write_edits
from ui.data.live import lines_of
from ui.data.numbers import as_csv, asked, beyond, columns, computed, results
from ui.data.own import Shown
from ui.data.packed import MOST_TEXT, packed, unpacked
from ui.data.plane import Plane
from ui.data.results_view import weights_table
from ui.data.settings import CODEC, OTHERS_NOW, Data
from ui.data.snippet import FILE, python_snippet
from ui.pages import DATA
from ui.visitor import session
from ui.visitor.screen import write_points

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
    assert [one for one in page.code if f"ud={linked(page)['ud']}" in one.value]
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
    page = opened(DATA, us="own", up="0-2")
    assert own.GONE in [one.value for one in page.info]
    assert "Stopping" in in_words(page)
    assert len(pad_of(page)["screen"]["points"]) == 35


def test_longleys_weights_stand_on_the_page() -> None:
    page = opened(DATA, us="longley", ue="16")
    table, layers = [one.value for one in page.dataframe if "R²" in one.value.columns]
    table = table.set_index("method")
    assert layers["after layer"].tolist() == list(range(9))
    assert list(layers)[2:-2] == list(table)[:-2]
    # Nothing was asked of the last layer but what the network answers.
    told = [float(one.replace("\u202f", "")) for one in layers["error"]]
    assert told[-1] < 0.2 * told[0]
    assert table.loc["OLS", "per Year"] == "1\u202f829"
    assert table.loc["OLS", "per Unemployed"] == "−2.02"
    assert words.NO_HELD_OUT in [one.value for one in page.caption]
    assert not [one for one in page.header if one.value == "As examples are added"]


def test_what_is_scaled_by_what_is_said_in_units() -> None:
    about = shipped_tables()["longley"]
    chosen = choose(about.table(), about.target, ["Year", "Unemployed"])
    scaling = Scaling.of(chosen.x, chosen.y)
    said = scaled_by(chosen, scaling)
    assert said.startswith("The network reads: Year −\u00a01\u202f954, over 4.61;")
    assert "Employed −\u00a065\u202f320, over 3\u202f400." in said
    below = Scaling.of(-chosen.x, chosen.y)
    assert "Year +\u00a01\u202f954" in scaled_by(chosen, below)
    page = opened(DATA, us="longley", ue="16")
    assert [one for one in page.caption if one.value.startswith("The network reads: Price index")]


def test_without_scaling_the_page_says_what_that_means() -> None:
    page = opened(DATA, us="stopping", uz="0")
    assert words.NOT_SCALED in [one.value for one in page.caption]
    told = pad_of(page)["beyond"]
    assert told.startswith("Unlike anything the transformer was trained on")
    assert told.endswith("do not trust its answers.")
    page = opened(DATA, us="longley", uz="0")
    assert not page.exception
    assert page.warning[0].value.endswith("do not trust its answers.")


def test_a_teacher_can_leave_out_what_stands_below() -> None:
    page = opened(DATA, us="longley", th="data_errors.data_weights.data_layers.data_growth")
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
        state = Data(seed=3, examples=12, picked=None if shown.shipped else (9, 2, 3, 4, 12, 30))
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


# --- one feature: the pad --------------------------------------------------------------------


def stopping(**more: Any) -> tuple[Plane, Data]:
    about = shipped_tables()["stopping"]
    state = Data(**more)
    return Plane(*asked(state, Shown(about.table(), about, "stopping"))), state


def in_units(told: dict[str, Any], axis: str, at: float) -> float:
    unit = told["units"][axis]
    return float(unit["centre"] + unit["scale"] * at)


@pytest.mark.parametrize("scaled", ["1", "0"])
def test_the_pads_lines_are_the_pages_predictions_in_its_units(scaled: str) -> None:
    page = opened(DATA, us="stopping", uz=scaled, ux="0.7", um=".".join(LABELS))
    told = pad_of(page)
    plane, state = stopping(scaled=scaled == "1")
    assert [one["label"] for one in told["look"]["methods"]] == list(LABELS.values())
    assert told["units"]["x"]["name"] == "Speed (mph)"
    assert len(told["screen"]["points"]) == 35
    assert len(told["apart"]) == 15
    reading = plane.reading(None, scaled=state.scaled)
    where = np.array([[in_units(told, "x", 0.7)]])
    for name, who in learners().items():
        (exact,) = answers_at(who, plane.chosen, plane.parts, where, reading)
        shown = in_units(told, "y", told["at_query"][name])
        if abs(exact) < 1e5:
            assert shown == pytest.approx(exact, abs=0.03), name
        else:  # diverged on numbers as they are, and out of the plane
            assert (name, scaled) == ("sgd", "0")
    for (x, y), row in zip(told["screen"]["points"], plane.parts.examples, strict=True):
        assert in_units(told, "x", x) == pytest.approx(plane.chosen.x[row, 0], abs=1e-5)
        assert in_units(told, "y", y) == pytest.approx(plane.chosen.y[row], abs=1e-4)


def test_a_dragged_example_changes_the_lines_in_units_and_stays_in_the_link() -> None:
    with by_hand() as hand:
        page = opened(DATA, us="stopping", um="transformer.ols", p=write_points(((1.0, 2.0),)))
        plane, _ = stopping()
        points = [list(point) for point in plane.base]
        points[3][1] += 2
        del points[10]
        changes = {"points": points, "query": 0.25, "layer": 4, "show": ["ols", "transformer"]}
        hand.send("data_pad", {"seq": 1, "final": True, "changes": changes})
        page = page.run()
        assert not page.exception
        link = linked(page)
        assert link["up"].startswith("0-2.~")
        assert link["up"].endswith(".4-9.11-34")
        assert (link["ux"], link["ul"]) == ("0.25", "4")
        assert page.session_state[session.SCREEN].points == ((1.0, 2.0),)
        assert "2 of 35 examples are not as in the table" in page.info[0].value
        state = page.session_state["data"]
        now, parts = plane.as_they_are(state.edits)
        slope, offset = np.polyfit(now.x[parts.examples, 0], now.y[parts.examples], 1)
        line = lines_of(plane, state, ("ols",))["ols"]
        assert (line.slope, line.offset) == pytest.approx((slope, offset), rel=1e-9)
        missed = slope * now.x[parts.held_out, 0] + offset - now.y[parts.held_out]
        assert line.error == pytest.approx(np.sqrt(np.mean(missed**2)))
        # The table's own rows that were not touched are what they were, to the last digit.
        kept = np.delete(plane.parts.examples, [3, 10])
        others = np.delete(np.arange(34), 3)
        assert (now.x[others] == plane.chosen.x[kept]).all()
        again = opened(DATA, **link)
        assert again.session_state["data"] == state
        page = press(page, words.BACK)
        assert page.session_state["data"].edits is None
        assert "up" not in linked(page)


def test_what_was_done_to_examples_is_not_done_to_others() -> None:
    page = opened(DATA, us="stopping", up="0-3.~AACAPwAAAD8.5-34")
    page = page.text_input(key="data_seed").set_value("7").run()
    assert page.session_state["data"].edits is None
    assert OTHERS_NOW in [one.value for one in page.info]


def test_rows_picked_by_their_lines_are_the_examples_also_in_a_link_with_the_data() -> None:
    page = pasted(opened(DATA, us="faithful"), HEIGHTS)
    page = page.text_input(key="data_picked").set_value("3-8, 20").run()
    assert "From 7 examples, on 23 rows" in in_words(page)
    assert linked(page)["uk"] == "3-8.20"
    told = in_words(page)
    page = keep(page, True)
    assert in_words(page) == told
    assert in_words(opened(DATA, **linked(page))) == told
    page = page.text_input(key="data_picked").set_value("3-8, x").run()
    assert any("is no list of lines" in one.value for one in page.caption)
    assert in_words(page) == told
    page = page.text_input(key="data_picked").set_value("3-90").run()
    page = page.text_input(key="data_picked").set_value("2, 99").run()
    assert "Line 99 holds no row that can be an example" in page.error[0].value


def test_of_more_features_there_is_no_pad() -> None:
    assert pad_of(opened(DATA, us="longley")) is None


def test_without_examples_the_pad_is_empty_and_nothing_breaks() -> None:
    page = opened(DATA, us="stopping", up=".")
    assert not page.exception
    assert pad_of(page)["screen"]["points"] == []


places = st.tuples(st.floats(-5, 5, width=32), st.floats(-16, 16, width=32))


@given(st.lists(places, max_size=12), st.data())
@settings(max_examples=50)
def test_edits_are_found_and_survive_a_link(base: list[Any], data: st.DataObject) -> None:
    points = data.draw(st.lists(st.sampled_from(base) if base else places, max_size=20))
    points += data.draw(st.lists(places, max_size=3))
    edits = between(base, points)
    assert points_of(base, edits) == tuple(points)
    assert (edits is None) == (points == base)
    if edits is not None:
        assert read_edits(write_edits(edits)) == edits
        assert read_edits(list(edits)) == edits
    assert changed(base, edits) == 0 or edits is not None


@pytest.mark.parametrize("text", ["x", "0-99", "3-1", "0.0", "~!!", "~AAAAwgAAAAA", "41", "0-1-2"])
def test_edits_that_this_page_did_not_write_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not what|not points|not a|off the plane"):
        read_edits(text)
