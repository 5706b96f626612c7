"""The few LaTeX commands of the programs' equations, as MathML for the browser.

The stepper shows an equation at every step without asking the server, and browsers
draw MathML themselves. A tree is [tag, child, …] with strings as leaves.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

Tree = list[Any]

_TOKEN = re.compile(r"\\[a-zA-Z]+|\\,|\d+(?:\.\d+)?|\S")
_HAT = "\u0302"
_IDENTIFIERS = {"\\alpha": "α", "\\lambda": "λ", "\\eta": "η"}
_OPERATORS = {
    "\\leftarrow": "←",
    "\\top": "⊤",
    "\\sum": "∑",
    "+": "+",
    "-": "−",
    "/": "/",
    "(": "(",
    ")": ")",
    ",": ",",
}


def mathml(latex: str) -> Tree:
    """A formula as a tree; ValueError for LaTeX that is not among the few commands."""
    tokens = _TOKEN.findall(latex)
    row = _row(tokens)
    if tokens:
        raise ValueError(f"Unmatched }} in {latex!r}.")
    return ["math", *row]


def _row(tokens: list[str]) -> list[Tree]:
    """Everything up to the end or a closing brace, which stays."""
    parts: list[Tree] = []
    while tokens and tokens[0] != "}":
        parts.append(_scripted(tokens))
    return parts


def _scripted(tokens: list[str]) -> Tree:
    """An atom with what hangs on it: x_1^⊤."""
    base = _atom(tokens)
    hung: dict[str, Tree] = {}
    while tokens and tokens[0] in ("_", "^"):
        mark = tokens.pop(0)
        hung[mark] = _atom(tokens)
    match sorted(hung):
        case ["^"]:
            return ["msup", base, hung["^"]]
        case ["_"]:
            return ["msub", base, hung["_"]]
        case ["^", "_"]:
            return ["msubsup", base, hung["_"], hung["^"]]
    return base


def _atom(tokens: list[str]) -> Tree:
    token = tokens.pop(0)
    if token == "{":
        row = _row(tokens)
        if not tokens:
            raise ValueError("An opening { is not closed.")
        tokens.pop(0)
        return ["mrow", *row]
    if token == "\\hat":
        return ["mi", unicodedata.normalize("NFC", tokens.pop(0) + _HAT)]
    if token == "\\mathrm":
        return ["mtext", _letters(tokens)]
    if token == "\\,":
        return ["mspace"]
    if token in _IDENTIFIERS:
        return ["mi", _IDENTIFIERS[token]]
    if token in _OPERATORS:
        return ["mo", _OPERATORS[token]]
    if token[0].isdigit():
        return ["mn", token]
    if token.isalpha():
        return ["mi", token]
    raise ValueError(f"{token!r} is not a command of the programs' equations.")


def _letters(tokens: list[str]) -> str:
    """The letters in braces: {pair}."""
    end = tokens.index("}")
    word = "".join(tokens[1:end])
    del tokens[: end + 1]
    return word
