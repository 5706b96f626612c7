"""One cell of a table: a number, missing, or neither.

Written here rather than left to pandas, whose ``thousands`` reads 1,2 as 12 without a word.
"""

from __future__ import annotations

import re
from functools import lru_cache

POINT, COMMA = ".", ","
DECIMALS = (POINT, COMMA)
LARGEST, SMALLEST = 1e100, 1e-100
"""Beyond these a number is taken for a slip: what is reckoned with it leaves float64."""
MISSING = frozenset(
    (
        *("", "-", "–", "—", ".", "..", "...", "…", ":", "?"),
        *("na", "n/a", "nan", "null", "none", "missing"),
        *("#n/a", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!"),
    )
)
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " "})
_SIGN = "(?:[€$£¥]|EUR|USD|GBP|CHF|JPY|CNY|INR|SEK|NOK|DKK|PLN|CZK)"
_MONEY = re.compile(rf"([+-]?) ?{_SIGN} ?(.*)|(.*?) ?(?:{_SIGN}|%)")
_LOSS = re.compile(r"\(([^()]*)\)")
_FLAG = re.compile(r"(.*[0-9.,])(?: [bcdefnprsuz]{1,2}| ?(?:\[[^\[\]]{1,8}\])+)")
"""A letter or two after a value say how it came about: p is provisional (Eurostat's flags).
Numbers or letters in brackets lead to a footnote (Wikipedia's)."""


@lru_cache(maxsize=2)
def _pattern(decimal: str) -> re.Pattern[str]:
    other = re.escape(COMMA if decimal == POINT else POINT)
    grouped = rf"[1-9][0-9]{{0,2}}(?P<group>[{other} '’_])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*"
    mark = re.escape(decimal)
    whole = rf"(?:{grouped}|[0-9]+)"
    return re.compile(rf"[+-]?(?:{whole}(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eE][+-]?[0-9]+)?")


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is no value."""
    return cell.strip().lower() in MISSING


def number_of(cell: str, decimal: str = POINT) -> float | None:
    """The finite number in a cell, or None.

    Thousands may be apart, money and per cent have their signs, losses stand in parentheses, and
    a statistical office's flag may follow.
    """
    found = _matched(cell, decimal)
    if found is None:
        return None
    digits = re.sub("[ '’_]", "", found[0])
    if decimal == COMMA:
        digits = digits.replace(POINT, "").replace(COMMA, POINT)
    value = float(digits.replace(COMMA, ""))
    return value if value == 0 or SMALLEST <= abs(value) <= LARGEST else None


def is_grouped(cell: str, decimal: str = POINT) -> bool:
    """Whether a cell is a number with its thousands apart."""
    found = _matched(cell, decimal)
    return found is not None and found["group"] is not None


def is_adorned(cell: str) -> bool:
    """Whether a cell bears a sign of money or per cent."""
    return _MONEY.fullmatch(_without_loss(_plain(cell))) is not None


def is_flagged(cell: str) -> bool:
    """Whether a letter after a number says how it came about, or a mark leads to a footnote."""
    return _FLAG.fullmatch(_plain(cell)) is not None


def _without_loss(bare: str) -> str:
    """A number in parentheses as accountants write what is below 0."""
    found = _LOSS.fullmatch(bare)
    return bare if found is None or found[1][:1] in ("-", "+") else f"-{found[1]}"


def _matched(cell: str, decimal: str) -> re.Match[str] | None:
    bare = _without_loss(_plain(cell))
    if (flagged := _FLAG.fullmatch(bare)) is not None:
        bare = flagged[1]
    if (found := _MONEY.fullmatch(bare)) is not None:
        sign, after, before = found.groups()
        bare = before if after is None else f"{sign}{after}"
    return _pattern(decimal).fullmatch(bare)


def _plain(cell: str) -> str:
    return cell.translate(_MINUS).strip()
