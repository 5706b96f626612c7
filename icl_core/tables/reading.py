"""From a file, or from what was pasted, to a table of numbers."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from icl_core.tables.cells import (
    COMMA,
    DECIMALS,
    POINT,
    is_adorned,
    is_flagged,
    is_grouped,
    is_missing,
    number_of,
)
from icl_core.tables.dates import dates_of
from icl_core.tables.decoding import check_plain, decoded
from icl_core.tables.table import Column, Table
from icl_core.tables.workbook import is_workbook, sheet_as_text

MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 1_000_000, 10_000, 200
SPACES, BAR = " ", "|"
WORKBOOK = "an Excel workbook"
SEPARATORS = {"\t": "tab", ";": "semicolon", ",": "comma", BAR: "bar", SPACES: "spaces"}
LOOKED_AT = 200
"""Lines from which the separator is guessed."""
MOST_UNEVEN = 0.2
"""Share of lines with too many cells above which the table is not one."""
ROW = "Row"
"""What a first column is called that has no name where the others have: R writes them so."""
SUMMARIES = frozenset(
    {"total", "totals", "grand total", "sum", "mean", "average", "avg"}
    | {"summe", "gesamt", "mittelwert", "durchschnitt", "somme", "total général", "moyenne"}
    | {"suma", "promedio", "media", "totale", "totaal", "gemiddelde"}
)
"""What a spreadsheet's last line is called that adds up those above it."""
FEWEST_SUMMED = 2
ROUNDED = 0.02
"""How far, of itself, a sum or a mean may be from exact: it is written with fewer places."""
LONGEST_NAME = 60
LONGEST_QUOTE = 30
_RULE = re.compile(r":?[-=+]{2,}:?")
"""A line that only parts the names from the rows."""
_WORD = re.compile(r'"([^"]*)"(?!\S)|(\S+)')
"""What stands between spaces, or between quotation marks and spaces: R's names of rows."""
_HINT = re.compile(r"sep=(.)\s*", re.IGNORECASE)


class TableError(ValueError):
    """What cannot be read as a table; the message says where and what is accepted."""


@dataclass(frozen=True)
class _Line:
    """One line's cells; number: where it begins in the file, from 1."""

    number: int
    cells: list[str]


def read_table(
    source: str | bytes | Path,
    *,
    separator: str | None = None,
    decimal: str | None = None,
    header: bool | None = None,
) -> Table:
    """Read a table; what is not said is found out.

    source: a file, its bytes, or pasted text. separator: one of `SEPARATORS`; decimal: "."
    or ","; header: whether the first line names the columns. TableError, with a sentence that
    names the line, for what is no table: at most 1 MB, 10,000 rows and 200 columns.
    """
    text, encoding = _text(source)
    if encoding == WORKBOOK:
        separator, decimal = "\t", POINT
    if hint := _HINT.fullmatch(text.partition("\n")[0]):
        separator = separator or (hint[1] if hint[1] in SEPARATORS else None)
        text = "\n" + text.partition("\n")[2]
    separator = _guessed_separator(text) if separator is None else separator
    notes: list[str] = []
    lines = _without_titles(_lines(text, separator), notes)
    _check_size(lines)
    rows, width = _even(lines, notes)
    decimal = _guessed_decimal(rows, separator, notes) if decimal is None else decimal
    header = _has_header(rows, decimal) if header is None else header
    names = _names(rows[0].cells if header else [], width)
    body = rows[1:] if header else rows
    if header and _are_units(body, decimal):
        names = _names(_with_units(names, body[0].cells), width)
        notes.append(f"{_at(body[:1])} taken for the units of the columns.")
        body = body[1:]
    if not body:
        raise TableError("The table has a line of names and no row of numbers.")
    body = _without_summary(body, decimal, notes)
    if len(body) > MOST_ROWS:
        raise TableError(f"The table has {len(body):,} rows; at most {MOST_ROWS:,} are read.")
    columns = _columns(names, body, decimal, notes)
    if header and columns[0].name == names[0] and rows[0].cells[0] in ("", ROW):
        columns = (_unless_a_count(columns[0]), *columns[1:])
    if not any(column.usable and column.coded is None for column in columns):
        raise TableError(_why_none(columns, body))
    where = tuple(row.number for row in body)
    return Table(columns, where, separator, decimal, header, encoding, tuple(notes))


def quoted(cell: str) -> str:
    """A cell as a sentence quotes it: on one line, and cut where it is long."""
    told = " ".join(cell.split())
    return f"“{told[:LONGEST_QUOTE]}{'…' if len(told) > LONGEST_QUOTE else ''}”"


def _why_none(columns: Sequence[Column], body: Sequence[_Line]) -> str:
    """Why no column of a table can be used."""
    was_read = (
        f"Line {body[0].number} was read as: {', '.join(map(quoted, body[0].cells[:4]))}"
        f"{', …' if len(body[0].cells) > 4 else ''}."
    )
    if not any(len(column.known) for column in columns if column.coded is None):
        return f"No column holds numbers. {was_read}"
    if len(body) == 1:
        return (
            f"There is one row only. {was_read} A table has a line for each row and at least 3 "
            "of them; if yours runs from left to right, turn it first (transpose)."
        )
    return f"Every column with numbers holds always the same number. {was_read}"


# --- text, lines, cells -------------------------------------------------------------


def _text(source: str | bytes | Path) -> tuple[str, str]:
    if isinstance(source, Path):
        source = _bytes_of(source)
    size = len(source if isinstance(source, bytes) else source.encode(errors="replace"))
    if size > MOST_BYTES:
        raise TableError("The table is larger than 1 MB, the most that is read.")
    if isinstance(source, str):
        text, encoding = source.removeprefix("\ufeff"), "text"
    else:
        try:
            if is_workbook(source):
                text = sheet_as_text(source, rows=MOST_ROWS + 2, columns=MOST_COLUMNS + 1)
                encoding = WORKBOOK
            else:
                text, encoding = decoded(source)
        except ValueError as error:
            raise TableError(str(error)) from None
    if not text.strip():
        raise TableError("There is nothing in it: a table has a line for each row.")
    try:
        check_plain(text)
    except ValueError as error:
        raise TableError(str(error)) from None
    return text.replace("\r\n", "\n").replace("\r", "\n"), encoding


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}.") from None


def _lines(text: str, separator: str) -> list[_Line]:
    """All lines but the blank ones, their cells stripped and those empty at the end left out."""
    if separator not in SEPARATORS:
        known = ", ".join(SEPARATORS.values())
        raise TableError(f"{quoted(separator)} separates no cells here; known are: {known}.")
    found = []
    for number, cells in _pieces(text, separator):
        stripped = [cell.strip() for cell in cells]
        while stripped and not stripped[-1]:
            stripped.pop()
        if stripped and not all(map(_RULE.fullmatch, stripped)):
            found.append(_Line(number, stripped))
    if not found:
        raise TableError("There is nothing in it but separators.")
    return found


def _pieces(text: str, separator: str) -> list[tuple[int, list[str]]]:
    """Where each line begins, and its cells."""
    if separator == SPACES:
        lines = enumerate(text.split("\n"), 1)
        return [(number, [a or b for a, b in _WORD.findall(line)]) for number, line in lines]
    if separator == BAR and all(line.startswith(BAR) for line in text.split("\n") if line.strip()):
        # Markdown frames its lines in bars.
        text = "\n".join(
            line.strip().removeprefix(BAR).removesuffix(BAR) for line in text.split("\n")
        )
    return _quoted_lines(text, separator)


def _quoted_lines(text: str, separator: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True
    )
    found, begins = [], 1
    try:
        for cells in reader:
            found.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error:
        raise TableError(
            f'Line {begins} has quotation marks that do not close: write " before and after the '
            "whole cell, or nowhere."
        ) from None
    return found


def _guessed_separator(text: str) -> str:
    """The one that gives most lines as many cells, and most cells a number."""
    head = "\n".join(text.split("\n")[:LOOKED_AT])
    scores = {separator: _score(head, separator) for separator in SEPARATORS}
    best = max(scores, key=scores.__getitem__)
    return best if scores[best] > 0 else COMMA


def _score(head: str, separator: str) -> float:
    try:
        lines = [cells for _, cells in _pieces(head, separator) if any(map(str.strip, cells))]
    except TableError:
        return 0.0
    width, count = Counter(map(len, lines)).most_common(1)[0] if lines else (0, 0)
    if width < 2:
        return 0.0
    cells = [cell for line in lines if len(line) == width for cell in line if cell.strip()]
    numbers = sum(any(number_of(cell, mark) is not None for mark in DECIMALS) for cell in cells)
    return count / len(lines) * (0.1 + numbers / len(cells))


def _check_size(lines: Sequence[_Line]) -> None:
    widest = max(lines, key=lambda line: len(line.cells))
    if len(widest.cells) > MOST_COLUMNS:
        raise TableError(
            f"Line {widest.number} has {len(widest.cells)} cells; at most {MOST_COLUMNS} columns "
            "are read."
        )


# --- which lines are rows -----------------------------------------------------------


def _without_titles(lines: list[_Line], notes: list[str]) -> list[_Line]:
    """Without remarks (#), and without titles above the table or notes below it."""
    remarks = [line for line in lines if line.cells[0].startswith("#") and not _is_na(line)]
    rows = [line for line in lines if line not in remarks] if remarks else lines
    if not rows:
        raise TableError("Every line begins with #, which marks a remark.")
    width = Counter(len(line.cells) for line in rows).most_common(1)[0][0]
    first, last = 0, len(rows)
    if width > 1:
        while first < last - 1 and len(rows[first].cells) < 2:
            first += 1
        full = next((at for at in range(first, last) if len(rows[at].cells) >= width), first)
        if full > first and not _holds_values(rows[full]):
            first = full
        while last > first + 1 and _is_short_note(rows[last - 1], width):
            last -= 1
    titles = [*remarks, *rows[:first], *rows[last:]]
    if titles:
        notes.append(f"{_at(titles)} left out: no row of the table.")
    return rows[first:last]


def _holds_values(line: _Line) -> bool:
    """Whether there is a number in it that is not a year over a column."""
    return not _counts_on(line) and any(_is_number(cell) for cell in line.cells)


def _is_short_note(line: _Line, width: int) -> bool:
    return len(line.cells) < 2 or (
        len(line.cells) < width and not any(_is_number(cell) for cell in line.cells)
    )


def _is_number(cell: str) -> bool:
    return any(number_of(cell, mark) is not None for mark in DECIMALS)


def _counts_on(line: _Line) -> bool:
    """Whether two cells or more are whole numbers, each the next: years over their columns."""
    whole = [int(cell) for cell in line.cells if cell.isascii() and cell.isdecimal()]
    return len(whole) > 1 and whole == list(range(whole[0], whole[0] + len(whole)))


def _is_na(line: _Line) -> bool:
    return is_missing(line.cells[0])


def _even(lines: list[_Line], notes: list[str]) -> tuple[list[_Line], int]:
    """Rows of one width: short ones filled up, long ones left out; and that width.

    Where the names are one fewer than the cells, the first column has none: so R writes
    the numbers of its rows.
    """
    counts = Counter(len(line.cells) for line in lines[1:] or lines)
    width = max(counts, key=lambda size: (counts[size], size))
    first = lines[0]
    if len(first.cells) > width:  # the rows' last cells may be empty
        width = len(first.cells)
    if len(lines) > 1 and len(first.cells) == width - 1 and all(first.cells):
        lines = [_Line(first.number, [ROW, *first.cells]), *lines[1:]]
    long = [line for line in lines if len(line.cells) > width]
    if len(long) > MOST_UNEVEN * len(lines):
        raise TableError(
            f"The lines do not agree: line {long[0].number} has {len(long[0].cells)} cells where "
            f"most have {width}. Every row needs as many."
        )
    if long:
        notes.append(f"{_at(long)} left out: more than {width} cells.")
    rows = [line for line in lines if len(line.cells) <= width]
    return [
        _Line(line.number, line.cells + [""] * (width - len(line.cells))) for line in rows
    ], width


def _at(lines: Sequence[_Line]) -> str:
    """Lines as the beginning of a sentence."""
    numbers = sorted(line.number for line in lines)
    if len(numbers) == 1:
        return f"Line {numbers[0]} was"
    shown = ", ".join(map(str, numbers[:3]))
    return f"Lines {shown}{' …' if len(numbers) > 3 else ''} ({len(numbers)}) were"


# --- what the cells mean ------------------------------------------------------------


def _guessed_decimal(rows: Sequence[_Line], separator: str, notes: list[str]) -> str:
    """The mark under which more cells are numbers, and fewer of them need thousands apart."""
    cells = [(row.number, cell) for row in rows for cell in row.cells if cell]
    marked = [(line, cell) for line, cell in cells if POINT in cell or COMMA in cell]
    read = {mark: sum(number_of(cell, mark) is not None for _, cell in marked) for mark in DECIMALS}
    if read[POINT] != read[COMMA]:
        return max(DECIMALS, key=read.__getitem__)
    either = [
        (line, cell) for line, cell in marked if is_grouped(cell, POINT) or is_grouped(cell, COMMA)
    ]
    if not either:
        return POINT
    # Every cell like 1,234 is a thousand to some and a fraction to others.
    with_commas = sum(COMMA in cell for _, cell in either)
    decimal = COMMA if separator == ";" and with_commas * 2 > len(either) else POINT
    for line, cell in either:
        if (number := number_of(cell, decimal)) is not None:
            notes.append(
                f"{quoted(cell)} in line {line} may be a thousand or a fraction; it was read as "
                f"{number:g}."
            )
            break
    return decimal


def _has_header(rows: Sequence[_Line], decimal: str) -> bool:
    """Whether the first line has a word where numbers follow."""
    first, body = rows[0].cells, rows[1:]
    words = any(not is_missing(cell) and not _is_number(cell) for cell in first)
    if words and _counts_on(rows[0]) and body and not any(map(_counts_on, body)):
        return True
    for at, cell in enumerate(first):
        below = [row.cells[at] for row in body if not is_missing(row.cells[at])]
        numbers = sum(number_of(one, decimal) is not None for one in below)
        is_word = not is_missing(cell) and number_of(cell, decimal) is None
        if is_word and below and numbers > len(below) / 2:
            return True
    return False


def _are_units(body: Sequence[_Line], decimal: str) -> bool:
    """Whether the line under the names holds no number, and each other some."""
    if len(body) < 3 or all(map(is_missing, body[0].cells)):
        return False
    held = [any(number_of(cell, decimal) is not None for cell in row.cells) for row in body[:3]]
    return held == [False, True, True]


def _without_summary(body: list[_Line], decimal: str, notes: list[str]) -> list[_Line]:
    """Without a last line that is called a sum or a mean, and holds nothing but those."""
    *above, last = body
    said = next((cell for cell in last.cells if cell.casefold().strip(":. ") in SUMMARIES), None)
    if said is None or len(above) < FEWEST_SUMMED:
        return body
    held = []
    for at, cell in enumerate(last.cells):
        number = number_of(cell, decimal)
        known = [one for row in above if (one := number_of(row.cells[at], decimal)) is not None]
        if number is not None and known:
            held.append(
                any(
                    math.isclose(rule(known), number, rel_tol=ROUNDED) for rule in (np.sum, np.mean)
                )
            )
    if not held or not all(held):
        return body
    notes.append(f"{_at([last])} left out: {quoted(said)}, sums or means of the lines above.")
    return above


def _with_units(names: Sequence[str], units: Sequence[str]) -> list[str]:
    return [
        name if is_missing(unit) or unit.strip("()[]") in name else f"{name} ({unit.strip('()[]')})"
        for name, unit in zip(names, units, strict=True)
    ]


def _names(first: Sequence[str], width: int) -> list[str]:
    """A name for each column, no two the same."""
    names: list[str] = []
    for at in range(width):
        told = " ".join(first[at].split())[:LONGEST_NAME] if at < len(first) else ""
        told = "".join(letter for letter in told if letter.isprintable())
        name, again = told or f"Column {at + 1}", 2
        while name in names:
            name, again = f"{told or f'Column {at + 1}'} ({again})", again + 1
        names.append(name)
    return names


def _columns(
    names: Sequence[str], body: Sequence[_Line], decimal: str, notes: list[str]
) -> tuple[Column, ...]:
    columns = []
    for at, name in enumerate(names):
        cells = [(row.number, row.cells[at]) for row in body]
        if any(cell for _, cell in cells):
            column = _column(name, cells, decimal, notes)
            columns.append(replace(column, name=name) if column.name in names else column)
        else:
            notes.append(f"Column {quoted(name)} is empty and was left out.")
    return tuple(columns)


def _column(name: str, cells: list[tuple[int, str]], decimal: str, notes: list[str]) -> Column:
    numbers = [number_of(cell, decimal) for _, cell in cells]
    values = np.array([np.nan if number is None else number for number in numbers])
    known = values[~np.isnan(values)]
    others = [one for one, number in zip(cells, numbers, strict=True) if number is None]
    unread = [(line, cell) for line, cell in others if not is_missing(cell)]
    if len(known) <= len(unread):
        return _of_dates(name, cells, notes) or _of_words(name, [cell for _, cell in cells])
    if unread:
        line, cell = unread[0]
        more = f" (and {len(unread) - 1} more)" if len(unread) > 1 else ""
        notes.append(
            f"Line {line}: {quoted(cell)} in {quoted(name)} is no number that can be used{more}; "
            "such rows are left out where the column is used."
        )
    if any(is_adorned(cell) for _, cell in cells):
        notes.append(f"Signs of money or per cent in {quoted(name)} were dropped.")
    if flagged := [(line, cell) for line, cell in cells if is_flagged(cell)]:
        line, cell = flagged[0]
        notes.append(
            f"Line {line}: what stands after the number in {quoted(cell)}, and in others of "
            f"{quoted(name)}, was dropped."
        )
    constant = bool((known == known[0]).all())
    return Column(name, values, trouble="always the same number" if constant else None)


def _of_dates(name: str, cells: list[tuple[int, str]], notes: list[str]) -> Column | None:
    found = dates_of([cell for _, cell in cells])
    if found is None:
        return None
    line, cell = next(one for one, day in zip(cells, found.days, strict=True) if day == day)
    told = "" if not found.either else ", its month first"
    notes.append(
        f"{quoted(name)} holds dates (line {line}: {quoted(cell)}{told}), read as days since "
        f"{found.first}."
    )
    lost = [
        one
        for one, day in zip(cells, found.days, strict=True)
        if day != day and not is_missing(one[1])
    ]
    if lost:
        notes.append(
            f"Line {lost[0][0]}: {quoted(lost[0][1])} in {quoted(name)} is no date; such rows are "
            "left out where the column is used."
        )
    known = found.days[~np.isnan(found.days)]
    same = bool((known == known[0]).all())
    called = f"{name} (days since {found.first})"
    return Column(called, found.days, trouble="always the same day" if same else None)


def _unless_a_count(column: Column) -> Column:
    """The column, but not for use where it only numbers the rows."""
    counted = np.arange(len(column.values))
    if (column.values == counted).all() or (column.values == counted + 1).all():
        return replace(column, trouble="it only numbers the rows")
    return column


def _of_words(name: str, cells: Sequence[str]) -> Column:
    kinds = sorted({cell for cell in cells if not is_missing(cell)})
    if len(kinds) == 2:
        codes = {kinds[0]: 0.0, kinds[1]: 1.0}
        values = np.array([codes.get(cell, np.nan) for cell in cells])
        return Column(name, values, coded=(kinds[0], kinds[1]))
    told = {0: "no value", 1: "always the same words"}
    trouble = told.get(len(kinds), f"words, {len(kinds)} different ones")
    return Column(name, np.full(len(cells), np.nan), trouble=trouble)
