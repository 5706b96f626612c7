"""Tables as people really bring them end in numbers, or in a sentence that says where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from icl_core.tables import (
    Scaling,
    Table,
    TableError,
    choose,
    read_table,
    shipped_tables,
    split,
)
from icl_core.tables.chosen import read_lines, written_lines
from icl_core.tables.reading import MOST_COLUMNS, MOST_ROWS


def numbers(table: Table) -> list[list[float]]:
    """Its rows."""
    return np.column_stack([column.values for column in table.columns]).tolist()


ROWS = [[1.5, 2.0], [2.5, 1234.5], [-3.0, 0.001]]
WRITTEN = {
    "comma": "x,y\n1.5,2\n2.5,1234.5\n-3,0.001\n",
    "tab": "x\ty\n1.5\t2\n2.5\t1234.5\n-3\t1e-3\n",
    "semicolon, decimal comma": "x;y\n1,5;2\n2,5;1.234,5\n-3;0,001\n",
    "tab, decimal comma": "x\ty\n1,5\t2\n2,5\t1 234,5\n-3\t1E-03\n",
    "bar": "x|y\n1.5|2\n2.5|1234.5\n-3|.001",
    "spaces": "  x     y\n 1.5   2\n 2.5 1234.5\n-3    0.001",
    "quoted numbers": '"x","y"\n"1.5","2"\n"2.5","1,234.5"\n"-3","0.001"\n',
    "quoted separators": 'x;y\n1.5;"2"\n2.5;"1\'234.5"\n-3;"0.001"\n',
    "a minus of typographers": "x,y\n1.5,2\n2.5,1234.5\n−3,0.001\n",
    "old Macintosh": "x,y\r1.5,2\r2.5,1234.5\r-3,0.001\r",
    "Windows": "x,y\r\n1.5,2\r\n2.5,1234.5\r\n-3,0.001\r\n\r\n",
    "Excel's hint": "sep=;\nx;y\n1.5;2\n2.5;1234.5\n-3;0.001\n",
    "blank lines": "\n\nx,y\n\n1.5,2\n2.5,1234.5\n,,\n-3,0.001\n\n\n",
    "a title and a footer": "Results of Tuesday\n\nx,y\n1.5,2\n2.5,1234.5\n-3,0.001\nSource: us\n",
    "remarks": "# from the lab\nx,y\n1.5,2\n2.5,1234.5\n-3,0.001\n",
    "money": "x,y\n1.5,€ 2\n2.5,1234.5 €\n-3,0.001\n",
    "empty columns at the end": "x,y,,\n1.5,2,,\n2.5,1234.5,,\n-3,0.001,,\n",
}


@pytest.mark.parametrize("how", WRITTEN)
def test_one_table_however_it_is_written(how: str) -> None:
    found = read_table(WRITTEN[how])
    assert found.names == ("x", "y")
    assert numbers(found) == ROWS
    assert found.header


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(encoding: str) -> None:
    found = read_table("Größe;y\n1;2\n3;4\n".encode(encoding))
    assert found.names == ("Größe", "y")
    assert numbers(found) == [[1, 2], [3, 4]]


def test_windows_1252() -> None:
    found = read_table("Größe (€);y\n1;2\n3;4\n".encode("cp1252"))
    assert found.names == ("Größe (€)", "y")
    assert found.encoding == "Windows-1252"


def test_no_header_and_what_is_said_goes_before_what_is_guessed() -> None:
    assert read_table("1,2\n3,4\n5,7").names == ("Column 1", "Column 2")
    assert read_table("2019,2020\n3,4\n5,7", header=True).names == ("2019", "2020")
    assert numbers(read_table("1,2\n3,4", separator=";", decimal=",")) == [[1.2], [3.4]]


def test_rows_numbered_by_r_are_no_feature() -> None:
    for text in ('"","a","b"\n"1",4,2\n"2",5,7\n"3",6,1\n', "a b\n1 4 2\n2 5 7\n3 6 1\n"):
        found = read_table(text)
        assert found.usable == ("a", "b")


def test_a_cell_that_may_be_two_numbers_is_told() -> None:
    found = read_table("a\tb\n1,234\t5\n2,345\t6\n")
    assert numbers(found) == [[1234, 5], [2345, 6]]
    assert "“1,234” in line 2 may be a thousand or a fraction" in found.notes[0]
    assert numbers(read_table("a\tb\n1,234\t5\n2,345\t6\n", decimal=","))[0] == [1.234, 5]
    assert numbers(read_table("a\tb\n1,234\t5\n0,345\t6\n"))[1] == [0.345, 6]


def test_missing_values_and_slips_name_their_line() -> None:
    found = read_table("a,b\n1,2\n,3\nNA,4\n5,oops\n6,7\n8,#DIV/0!\n9,1\n")
    assert [column.missing for column in found.columns] == [2, 2]
    assert found.notes == (
        "Line 5: “oops” in “b” is no number that can be used; such rows are left out where the "
        "column is used.",
    )
    chosen = choose(found, "b")
    assert chosen.lines == (2, 6, 8)
    assert chosen.left_out == 4


@pytest.mark.parametrize("cell", ["1e101", "-1e101", "1e-101", "1e999", "2.5e-274"])
def test_a_number_that_float64_cannot_reckon_with_is_named(cell: str) -> None:
    found = read_table(f"x,y\n1,2\n2,{cell}\n3,5\n1e-100,1e100\n")
    assert np.isnan(found.column("y").values).tolist() == [False, True, False, False]
    assert any(f"Line 3: “{cell}” in “y” is no number that can be used" in n for n in found.notes)


def test_two_words_are_0_and_1_and_more_are_no_numbers() -> None:
    found = read_table("sex,town,y\nm,A,1\nf,B,2\nm,C,3\n")
    assert found.column("sex").coded == ("f", "m")
    assert found.column("sex").values.tolist() == [1, 0, 1]
    assert found.column("town").trouble == "words, 3 different ones"
    assert found.usable == ("sex", "y")


def test_a_column_of_days_never_takes_anothers_name() -> None:
    days = "\n2024-01-01,3,1\n2024-01-02,4,2\n2024-01-04,4,5"
    assert read_table(f"d,e,f{days}").names == ("d (days since 2024-01-01)", "e", "f")
    same = "d (days since 2024-01-01)"
    assert read_table(f"d,{same},f{days}").names == ("d", same, "f")


def test_a_unit_that_was_added_in_reading_may_be_left_out() -> None:
    table = read_table("day,t\n2024-01-01,3\n2024-01-02,4\n2024-01-04,4\n")
    assert choose(table, "day", ["t"]).target == "day (days since 2024-01-01)"
    either = read_table("t (s),t (h),y\n1,2,3\n2,3,7\n3,5,2\n")
    with pytest.raises(TableError, match="no column “t”"):
        choose(either, "t")


def test_names_are_told_apart() -> None:
    assert read_table("a,a,,b\n1,2,3,4\n4,5,7,1").names == ("a", "a (2)", "Column 3", "b")


REFUSED = {
    "": "nothing in it",
    ",,,\n,,": "nothing in it but separators",
    'a,b\n1,2\n3,"4\n5,6': "Line 3 has quotation marks",
    "a,b\n1,2\n1,2,3\n4,5,6\n5,6\n7,8": "line 3 has 3 cells where most have 2",
    "a,b\nx,y\nz,w\nu,v": "No column holds numbers. Line 1",
    "\n".join(["1,2"] * (MOST_ROWS + 1)): "10,001 rows",
    ",".join(["1"] * (MOST_COLUMNS + 1)): "Line 1 has 201 cells",
    "1,2\n" * 250_001: "larger than 1 MB",
    "# a\n# b": "begins with #",
    "a,b\n3,4\n3,4\n3,4": "always the same number. Line 2 was read as: “3”, “4”",
    "a,b\n3,4": "one row only. Line 2",
    "x,1,2,3\ny,2,4,5": "turn it first",
    "<table><tr><td>1</td><td>2</td></tr></table>": "Line 1 begins the source of a web page",
    '[{"a": 1, "b": 2},\n {"a": 2, "b": 4}]': "Line 1 begins JSON",
    "Dear all, see below.\nBest, Jo": "No column holds numbers. Line 1 was read as: “Dear all”",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: REFUSED[text])
def test_what_is_no_table_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(TableError, match=REFUSED[text]):
        read_table(text)


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0x", b"%PDF-1.4", b"a\0b\x01c", b"\xff\xfea"]
)
def test_files_of_other_kinds_are_refused_with_what_to_do(data: bytes) -> None:
    with pytest.raises(TableError, match=r"Save it as CSV, or copy the cells and paste them\.$"):
        read_table(data)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="cannot be read"):
        read_table(tmp_path / "none.csv")


def test_what_cannot_be_chosen_is_said() -> None:
    table = read_table("a,b,c,d\n1,2,5,u\n2,,5,v\n4,5,5,w\n6,7,5,x\n")
    for target, features, why in [
        ("z", None, "no column “z”. The columns are: “a”, “b”, “c”, “d”"),
        ("a", ["d"], "“d” cannot be used: words"),
        ("a", ["c"], "“c” cannot be used: always the same number"),
        ("a", ["a"], "both the target and a feature"),
        (
            "a",
            [],
            "a second column with numbers is needed. “c”: always the same number; “d”: words",
        ),
    ]:
        with pytest.raises(TableError, match=why):
            choose(table, target, features)
    with pytest.raises(TableError, match="Only 2 rows"):
        choose(read_table("a,b\n1,2\n2,\n3,4\n5,\n"), "b")


def test_the_draw_is_the_seeds_and_nothing_is_in_both_parts() -> None:
    chosen = choose(shipped_tables()["faithful"].table(), "Waiting (min)")
    first, again, other = (split(chosen, 40, seed) for seed in (1, 1, 2))
    assert first.examples.tolist() == again.examples.tolist() != other.examples.tolist()
    assert sorted([*first.examples, *first.held_out]) == list(range(272))
    assert len(split(chosen).examples) == 40
    assert len(split(choose(shipped_tables()["longley"].table(), "Employed")).examples) == 11
    with pytest.raises(TableError, match="Between 2 and 40"):
        split(chosen, 41)


def test_every_shipped_table_is_what_its_source_says() -> None:
    """Against what the sources print: Anscombe's common statistics, R's means, NIST's sums."""
    tables = shipped_tables()
    for name, about in tables.items():
        chosen = choose(about.table(), about.target, about.features)
        assert about.source
        assert about.licence
        assert about.table().notes == ()
        if name.startswith("anscombe"):
            assert chosen.x.mean() == 9
            assert chosen.y.mean() == pytest.approx(7.5, abs=0.002)
            assert np.corrcoef(chosen.x[:, 0], chosen.y)[0, 1] == pytest.approx(0.816, abs=0.001)
    faithful, stopping = tables["faithful"].table(), tables["stopping"].table()
    means = [column.values.mean() for column in (*faithful.columns, *stopping.columns)]
    assert means == pytest.approx([3.487783, 70.89706, 15.4, 42.98], abs=1e-5)
    assert len(faithful.lines) == 272
    assert len(stopping.lines) == 50


# --- scaling -------------------------------------------------------------------------------


def test_scaling_there_and_back_is_the_identity_in_every_unit() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(5, 2, 9), rng.normal(1e6, 1e-3, 9), np.full(9, 0.1)])
    y = rng.normal(-1e9, 1e3, 9)
    scaling = Scaling.of(x, y)
    scaled = scaling.features(x)
    assert scaled[:, :2].mean(0) == pytest.approx([0, 0], abs=1e-6)
    assert scaled[:, :2].std(0) == pytest.approx([1, 1], rel=1e-6)
    assert not scaled[:, 2].any()
    assert scaling.answers(scaling.target(y)) == pytest.approx(y, rel=1e-15)
    w = np.array([0.5, -2.0, 0.0])
    slopes, offset = scaling.weights(w)
    told = scaling.answers(scaled @ w)
    assert x @ slopes + offset == pytest.approx(told, rel=1e-9)


def test_a_range_is_drawn_on_a_plane_and_scaling_goes_on_from_there() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(5, 2, (9, 1)), rng.normal(-1e6, 1e3, 9)
    drawn = Scaling.over(x, y, 2.6, 3.4)
    places = drawn.features(x)
    assert [places.min(), places.max()] == pytest.approx([-2.6, 2.6])
    assert [drawn.target(y).min(), drawn.target(y).max()] == pytest.approx([-3.4, 3.4])
    for by in (Scaling.of(x, y), Scaling.none(1)):
        on = by.after(drawn)
        assert on.features(places) == pytest.approx(by.features(x))
        assert on.target(drawn.target(y)) == pytest.approx(by.target(y))
        told = rng.normal(size=4)
        assert drawn.answers(on.answers(told)) == pytest.approx(by.answers(told))
    same = Scaling.over(np.ones((3, 1)), y[:3], 2.6, 3.4)
    assert not same.features(np.ones((3, 1))).any()


def test_without_scaling_nothing_changes() -> None:
    scaling = Scaling.none(2)
    slopes, offset = scaling.weights(np.array([2.0, 3.0, 4.0]))
    assert (*slopes, offset) == (2, 3, 4)
    assert scaling.features(np.array([[5.0, 6.0]])).tolist() == [[5, 6, 1]]
    assert Scaling.none(8).features(np.ones((1, 8))).shape == (1, 8)


def test_numbers_near_the_ends_of_float64_are_scaled() -> None:
    for size in (1e99, 1e-200):
        values = size * np.array([1.0, 2.0, 4.0])
        assert Scaling.of(values[:, None], values).target(values).std() == pytest.approx(1)


# --- rows picked by hand -------------------------------------------------------------------


def test_lines_are_read_as_one_writes_them_and_written_so() -> None:
    for text in ("2-4, 9", " 2-4;9", "2\u20134 9", "2.3.4.9", "2-3, 3-4, 9"):
        assert read_lines(text) == (2, 3, 4, 9)
    assert written_lines((2, 3, 4, 9)) == "2-4, 9"
    assert read_lines(written_lines((9, 2, 3), ".")) == (9, 2, 3)
    for text, why in {
        "a": "is no list of lines",
        "": "is no list of lines",
        "4-2": "to a later one",
        "1-99999": "40 at most",
        "7": "names 1 lines",
        "1-30, 40-60": "names 51 lines",
    }.items():
        with pytest.raises(ValueError, match=why):
            read_lines(text)


def test_picked_rows_are_the_examples_in_their_order() -> None:
    chosen = choose(read_table("a,b\n1,2\n2,3\n,4\n5,6\n8,1\n"), "b")
    parts = split(chosen, lines=(6, 2))
    assert chosen.x[parts.examples, 0].tolist() == [8, 1]
    assert chosen.x[parts.held_out, 0].tolist() == [2, 5]
    with pytest.raises(TableError, match=r"Line 4 holds no row .* in lines 2-3, 5-6\."):
        split(chosen, lines=(2, 4))
    with pytest.raises(TableError, match="Between 2 and 40"):
        split(chosen, lines=(2, 2))
