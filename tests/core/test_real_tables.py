"""Tables as programs and offices write them, written down by hand, with the numbers they hold.

The layouts are real ones: Excel's exports in a German and a French setting, R, pandas, Google
Forms, Eurostat, the World Bank, a weather station, a page of the web. The numbers are small.
"""

from __future__ import annotations

import io
import sys
import zipfile
from dataclasses import dataclass
from datetime import date
from types import ModuleType, SimpleNamespace

import numpy as np
import openpyxl
import pytest

from icl_core.tables import TableError, choose, read_table

NAN = float("nan")


@dataclass(frozen=True)
class Real:
    """A file; columns: the numbers of those that can be used; said: a part of each note."""

    text: str
    columns: dict[str, list[float]]
    encoding: str = "utf-8"
    said: tuple[str, ...] = ()


REAL = {
    "Excel, German, Windows-1252": Real(
        "Gemeinde;Einwohner;Fläche (km²);Steuern (€)\r\n"
        "Adorf;1.234;12,50;987,65\r\nBehausen;12.480;7,25;1.045,10\r\n"
        "Zell am Fuß;980;31,00;870,00\r\n;;;\r\n",
        {
            "Einwohner": [1234, 12480, 980],
            "Fläche (km²)": [12.5, 7.25, 31],
            "Steuern (€)": [987.65, 1045.1, 870],
        },
        "cp1252",
    ),
    "Excel's own hint of the separator": Real(
        "sep=;\r\nname;x;y\r\na;1,5;2\r\nb;2,5;4\r\nc;3,5;7\r\n",
        {"x": [1.5, 2.5, 3.5], "y": [2, 4, 7]},
    ),
    "Excel's Unicode text": Real(
        'Größe\tGewicht\t"Anmerkung, frei"\r\n1,62\t58,0\t\r\n1,75\t71,5\t"sagt ""ca."""\r\n'
        "1,80\t80,0\t\r\n",
        {"Größe": [1.62, 1.75, 1.8], "Gewicht": [58, 71.5, 80]},
        "utf-16",
    ),
    "Excel, French, thousands by narrow spaces": Real(
        "Ville;Habitants;Loyer\nLyon;522\u202f250;13,4\nNice;348\u00a0085;15,2\n"
        "Brest;139 456;9,8\n",
        {"Habitants": [522250, 348085, 139456], "Loyer": [13.4, 15.2, 9.8]},
    ),
    "R's write.csv with names of rows": Real(
        '"","mpg","wt","am"\n"Mazda RX4",21,2.62,1\n"Datsun 710",22.8,2.32,1\n'
        '"Hornet 4 Drive",21.4,3.215,0\n"Valiant",NA,3.46,0\n',
        {"mpg": [21, 22.8, 21.4, NAN], "wt": [2.62, 2.32, 3.215, 3.46], "am": [1, 1, 0, 0]},
    ),
    "R's write.csv with numbers of rows": Real(
        '"","speed","dist"\n"1",4,2\n"2",4,10\n"3",7,4\n"4",7,22\n',
        {"speed": [4, 4, 7, 7], "dist": [2, 10, 4, 22]},
    ),
    "pandas with its index": Real(
        ",height,weight\n0,1.62,58.0\n1,1.75,\n2,1.8,80.25\n3,1.71,66.0\n",
        {"height": [1.62, 1.75, 1.8, 1.71], "weight": [58, NAN, 80.25, 66]},
    ),
    "units under the names": Real(
        "time,temperature,pressure\ns,°C,hPa\n0,20.1,1013.2\n10,20.4,1013.0\n20,21.0,1012.7\n",
        {
            "time (s)": [0, 10, 20],
            "temperature (°C)": [20.1, 20.4, 21],
            "pressure (hPa)": [1013.2, 1013, 1012.7],
        },
        said=("units",),
    ),
    "remarks above the names": Real(
        "# station: 10384 Berlin-Tempelhof\n# period: 1991-2020; source: weather service\n#\n"
        "month,mean,rain\n1,0.9,41.2\n2,1.9,33.8\n3,5.2,40.4\n",
        {"month": [1, 2, 3], "mean": [0.9, 1.9, 5.2], "rain": [41.2, 33.8, 40.4]},
        said=("Lines 1, 2, 3",),
    ),
    "a title above, notes below": Real(
        "Table 3.1 Births and deaths by canton, 2022\n\nCanton,Births,Deaths\nUri,361,314\n"
        "Zug,1 204,783\nJura,610,842\n\n"
        "Source: Federal Statistical Office, BEVNAT\n* provisional figures\n",
        {"Births": [361, 1204, 610], "Deaths": [314, 783, 842]},
        said=("Lines 1, 8, 9",),
    ),
    "per cent": Real(
        "district;turnout;swing\nNorth;76,4 %;-2,1 %\nSouth;68 %;0,4 %\nEast;71,25%;1,0 %\n",
        {"turnout": [76.4, 68, 71.25], "swing": [-2.1, 0.4, 1]},
        said=("Signs of money or per cent",),
    ),
    "money, quoted": Real(
        'year,wage,rent\n2019,"$1,234.50",$700\n2020,"$1,301.00",$715\n2021,"$1,420.25",$760\n',
        {"year": [2019, 2020, 2021], "wage": [1234.5, 1301, 1420.25], "rent": [700, 715, 760]},
        said=("Signs of money or per cent",),
    ),
    "money by its letters, losses in parentheses": Real(
        "quarter,revenue,result\nQ1,EUR 1200.50,(35.20)\nQ2,EUR 1310.00,12.40\n"
        "Q3,EUR 1295.75,(1.10)\nQ4,EUR 1401.00,55.00\n",
        {"revenue": [1200.5, 1310, 1295.75, 1401], "result": [-35.2, 12.4, -1.1, 55]},
    ),
    "dates": Real(
        "date,visits,adverts\n2024-01-01,120,3\n2024-01-02,135,4\n2024-01-03,118,3\n"
        "2024-01-04,160,7\n",
        {
            "date (days since 2024-01-01)": [0, 1, 2, 3],
            "visits": [120, 135, 118, 160],
            "adverts": [3, 4, 3, 7],
        },
    ),
    "Google Forms": Real(
        '"Timestamp","Your height in cm","Shoe size (EU)","Plays an instrument?"\n'
        '"2024/03/04 10:12:45 AM GMT+1","172","41","Yes"\n'
        '"2024/03/04 10:13:02 AM GMT+1","165","38.5","No"\n'
        '"2024/03/04 10:13:40 AM GMT+1","180","44","Yes"\n',
        {
            "Your height in cm": [172, 165, 180],
            "Shoe size (EU)": [41, 38.5, 44],
            "Plays an instrument?": [1, 0, 1],
        },
    ),
    "Eurostat": Real(
        "geo\\time\t2019 \t2020 \t2021 \nBE\t5.4 \t5.6 p\t6.3 \nBG\t4.2 b\t: \t5.3 \n"
        "CZ\t2.0 \t2.6 \t2.8 \nDK\t5.0 e\t5.6 \t: \nEE\t4.4 \t6.9 \t6.2 \n",
        {
            "2019": [5.4, 4.2, 2, 5, 4.4],
            "2020": [5.6, NAN, 2.6, 5.6, 6.9],
            "2021": [6.3, 5.3, 2.8, NAN, 6.2],
        },
        said=("stands after the number in “4.2 b”",),
    ),
    "World Bank": Real(
        '"Data Source","World Development Indicators",\n\n"Last Updated Date","2024-03-28",\n\n'
        '"Country Name","Country Code","2019","2020","2021",\n'
        '"Aruba","ABW","106442","106585","106537",\n"Kenya","KEN","..","51985780","53005614",\n'
        '"Chile","CHL","19039485","19300315","19493184",\n'
        '"Fiji","FJI","918465","920422","924610",\n',
        {
            "2019": [106442, NAN, 19039485, 918465],
            "2020": [106585, 51985780, 19300315, 920422],
            "2021": [106537, 53005614, 19493184, 924610],
        },
    ),
    "a table in Markdown": Real(
        "| dose (mg) | reply |\n|-----------|------:|\n| 0.5 | 12 |\n| 1.0 | 19 |\n| 2.0 | 31 |\n",
        {"dose (mg)": [0.5, 1, 2], "reply": [12, 19, 31]},
    ),
    "copied from a page": Real(
        "Planet \tDistance (AU) \tPeriod (yr)\nMercury\t0.387\u00a0\t0.241\nVenus\t0.723\t0.615\n"
        "Earth\t1.000\t1.000\nMars\t1.524[2]\t1.881\nJupiter\t5.203\t11.862\n",
        {
            "Distance (AU)": [0.387, 0.723, 1, 1.524, 5.203],
            "Period (yr)": [0.241, 0.615, 1, 1.881, 11.862],
        },
        said=("1.524[2]",),
    ),
    "an instrument's powers of ten": Real(
        "f (Hz);|Z| (Ohm)\r\n1,000E+03;4,99E+02\r\n2,000E+03;4,87E+02\r\n1,000E+04;2,01E+02\r\n",
        {"f (Hz)": [1e3, 2e3, 1e4], "|Z| (Ohm)": [499, 487, 201]},
    ),
    "an old Mac, with its mark": Real(
        "\ufeffx,y\r1,2\r2,3.5\r3,5\r", {"x": [1, 2, 3], "y": [2, 3.5, 5]}
    ),
    "printed by R": Real(
        "  speed dist\n1     4    2\n2     4   10\n3     7    4\n4     7   22\n",
        {"speed": [4, 4, 7, 7], "dist": [2, 10, 4, 22]},
    ),
    "R's write.table, names of rows in quotation marks": Real(
        '"mpg" "wt"\n"Mazda RX4" 21 2.62\n"Datsun 710" 22.8 2.32\n"Hornet 4 Drive" 21.4 3.215\n',
        {"mpg": [21, 22.8, 21.4], "wt": [2.62, 2.32, 3.215]},
    ),
    "a logger's days, German": Real(
        "Datum;Pegel (m)\n31.12.2023;1,52\n01.01.2024;1,61\n3.1.2024;1,49\n",
        {"Datum (days since 2023-12-31)": [0, 1, 3], "Pegel (m)": [1.52, 1.61, 1.49]},
        said=("read as days since 2023-12-31",),
    ),
    "a sensor's moments": Real(
        "timestamp,temp\n2024-03-01T06:00:00Z,4.5\n2024-03-01T18:00:00Z,9.25\n"
        "2024-03-02 12:00,11\n,12\n",
        {
            "timestamp (days since 2024-03-01)": [0.25, 0.75, 1.5, NAN],
            "temp": [4.5, 9.25, 11, 12],
        },
    ),
    "a sum under the rows": Real(
        "Shop\tStaff\tSales (€)\nNorth\t4\t1,200.50\nSouth\t7\t2,310.00\nEast\t5\t1,575.25\n"
        "Total:\t16\t5,085.75\n",
        {"Staff": [4, 7, 5], "Sales (€)": [1200.5, 2310, 1575.25]},
        said=("Line 5 was left out: “Total:”, sums or means of the lines above.",),
    ),
    "a mean under the rows, rounded, German": Real(
        "Kind;Größe;Gewicht\nA;1,31;28,5\nB;1,42;33\nC;1,38;31\nMittelwert;1,37;30,8\n",
        {"Größe": [1.31, 1.42, 1.38], "Gewicht": [28.5, 33, 31]},
        said=("Line 5 was left out: “Mittelwert”",),
    ),
    "a row that is only called a total": Real(
        "cereal\tsugar\tcalories\nBran\t6\t70\nFlakes\t2\t100\nTotal\t3\t110\n",
        {"sugar": [6, 2, 3], "calories": [70, 100, 110]},
    ),
    "a bank's days, American": Real(
        "Date,Balance\n1/31/2024,120.50\n2/1/2024,99.00\npending,80.00\n2/3/2024,75.25\n",
        {
            "Date (days since 2024-01-31)": [0, 1, NAN, 3],
            "Balance": [120.5, 99, 80, 75.25],
        },
        said=("Line 4: “pending” in “Date” is no date",),
    ),
    "days that may be months": Real(
        "day\tsteps\n3/4/2024\t8000\n3/5/2024\t9100\n3/6/2024\t7000\n",
        {"day (days since 2024-03-04)": [0, 1, 2], "steps": [8000, 9100, 7000]},
        said=("its month first",),
    ),
    "days that cannot be months": Real(
        "day\tsteps\n28/2/2024\t8000\n29/2/2024\t9100\n1/3/2024\t7000\n",
        {"day (days since 2024-02-28)": [0, 1, 2], "steps": [8000, 9100, 7000]},
    ),
}


@pytest.mark.parametrize("real", REAL.values(), ids=list(REAL))
def test_a_real_table_is_read_as_who_wrote_it_meant(real: Real) -> None:
    table = read_table(real.text.encode(real.encoding))
    told = {name: table.column(name).values.tolist() for name in table.usable}
    assert list(told) == list(real.columns)
    for name, values in real.columns.items():
        np.testing.assert_array_equal(told[name], values, err_msg=name)
    for part in real.said:
        assert any(part in note for note in table.notes), (part, table.notes)
    assert choose(table, table.usable[-1]).left_out <= 2


# --- workbooks -----------------------------------------------------------------------------


def zipped(**parts: bytes) -> bytes:
    told = io.BytesIO()
    with zipfile.ZipFile(told, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name.replace("__", "/"), data)
    return told.getvalue()


WORKBOOK = {"xl__workbook.xml": b"<workbook/>"}


def stand_in(cells: list[list[object]]) -> ModuleType:
    """What `openpyxl` does here, without it."""
    module = ModuleType("openpyxl")

    def rows(max_row: int, max_col: int, values_only: bool) -> list[list[object]]:
        assert values_only
        return [row[:max_col] for row in cells[:max_row]]

    sheet = SimpleNamespace(iter_rows=rows)
    module.load_workbook = lambda *_, **__: SimpleNamespace(  # type: ignore[attr-defined]
        worksheets=[sheet]
    )
    return module


def test_a_workbooks_cells_are_numbers_dates_and_words(monkeypatch: pytest.MonkeyPatch) -> None:
    cells: list[list[object]] = [
        ["day", "dose", "reply", "new line\nin it"],
        [date(2024, 3, 1), 0.5, 12, True],
        [date(2024, 3, 2), 1e-05, None, False],
        [date(2024, 3, 3), 1234.5, 19, True],
        [None, None, None, None],
    ]
    monkeypatch.setitem(sys.modules, "openpyxl", stand_in(cells))
    table = read_table(zipped(**WORKBOOK))
    assert table.names == ("day (days since 2024-03-01)", "dose", "reply", "new line in it")
    assert table.column("dose").values.tolist() == [0.5, 1e-05, 1234.5]
    np.testing.assert_array_equal(table.column("reply").values, [12, NAN, 19])
    assert table.column("new line in it").values.tolist() == [1, 0, 1]


def test_without_the_library_a_workbook_ends_in_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(TableError, match=r"only where openpyxl is installed\. Save it as CSV"):
        read_table(zipped(**WORKBOOK))
    with pytest.raises(TableError, match="a zip file, which is not read here"):
        read_table(zipped(**{"a.txt": b"1,2"}))


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", stand_in([]))
    with pytest.raises(TableError, match="more than 30 MB"):
        read_table(zipped(**WORKBOOK, **{"xl__sharedStrings.xml": bytes(31_000_000)}))


def test_a_damaged_workbook_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    module = stand_in([])

    def damaged(*_: object, **__: object) -> None:
        raise KeyError("xl/sheet")

    module.load_workbook = damaged  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "openpyxl", module)
    with pytest.raises(TableError, match=r"cannot be read \(KeyError\)"):
        read_table(zipped(**WORKBOOK))


def test_a_workbook_of_the_library_itself_is_read() -> None:
    book = openpyxl.Workbook()
    for row in (["dose", "reply"], [0.5, 12], [1, 19.25], [2, 31]):
        book.active.append(row)
    told = io.BytesIO()
    book.save(told)
    table = read_table(told.getvalue())
    assert table.column("dose").values.tolist() == [0.5, 1, 2]
    assert table.column("reply").values.tolist() == [12, 19.25, 31]
