"""Texts that are drawn for the page, or typed by the visitor, and who says what of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from icl_core.language.embeddings import embed
from icl_core.prompts import Prompt, generator
from icl_core.studies.texts import (
    LOGISTIC,
    MAJORITY,
    MODEL,
    NEAREST,
    QUESTIONS,
    RIDGE,
    answers,
    hits,
)
from icl_core.texts import Draws, draw, projection, text_sets

WHO = (MODEL, RIDGE, LOGISTIC, NEAREST, MAJORITY)
MOST_LETTERS, MOST_EXAMPLES, MOST_QUESTIONS = 300, 40, 16


class Told(NamedTuple):
    """A draw with what everybody says of its questions: answers (q,) by who, −1 to 1."""

    drawn: Draws
    answers: dict[str, Tensor]

    def right(self, who: str) -> float:
        """How many of the questions somebody gets right; an answer of 0 is half a hit."""
        return float(hits(self.answers[who], self.drawn.labels[0]).sum())


@lru_cache(maxsize=64)
def drawn_texts(name: str, examples: int, seed: int) -> Told:
    """Examples and questions of one set. CheckpointError where the network is missing."""
    drawn = draw(text_sets()[name], 1, examples, QUESTIONS, generator(seed, examples))
    return _told(drawn)


class Typed(NamedTuple):
    """The visitor's own lines: examples with their labels −1 and 1, and lines to judge."""

    examples: tuple[tuple[str, int], ...]
    questions: tuple[str, ...]


def read_typed(examples: str, questions: str) -> Typed:
    """One line each; a label is the sign before it. ValueError says what does not fit."""
    found = []
    for number, line in enumerate(_lines(examples), 1):
        sign, text = line[0], line[1:].strip()
        if sign not in "+-−–" or not text:
            raise ValueError(
                f"Line {number} of the examples must be + or − and then a text: “{line[:40]}”."
            )
        found.append((text, 1 if sign == "+" else -1))
    asked = tuple(_lines(questions))
    _check("examples", [text for text, _ in found], MOST_EXAMPLES)
    _check("lines to judge", asked, MOST_QUESTIONS)
    if len({label for _, label in found}) < 2:
        raise ValueError("Give at least one example with + and one with −.")
    if not asked:
        raise ValueError("Give at least one line to judge.")
    return Typed(tuple(found), asked)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _check(what: str, lines: Sequence[str], most: int) -> None:
    if len(lines) > most:
        raise ValueError(f"There are {len(lines)} {what}; {most} are the most.")
    if long := next((line for line in lines if len(line) > MOST_LETTERS), None):
        raise ValueError(
            f"“{long[:40]}…” has {len(long)} characters; {MOST_LETTERS} are the most in a line."
        )


def judged(typed: Typed) -> Told:
    """What everybody says of the visitor's lines. RuntimeError without the model that reads."""
    words = [text for text, _ in typed.examples] + list(typed.questions)
    x = projection()(embed(words))[None]
    k, asked = len(typed.examples), len(typed.questions)
    y = torch.tensor([[float(label) for _, label in typed.examples]])
    nothing = torch.zeros(1, asked)
    drawn = Draws(Prompt(x[:, :k], y), x[:, k:], nothing, torch.arange(k + asked)[None])
    return _told(drawn)


def _told(drawn: Draws) -> Told:
    return Told(drawn, {who: told[0] for who, told in answers(drawn).items()})
