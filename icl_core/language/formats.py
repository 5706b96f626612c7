"""Three ways to write pairs of numbers as text, each ending where the answer is to begin.

The numbers have a fixed count of decimals. Whoever is compared with the language model is
given the numbers of `rounded`, which are those of the text and no others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

DECIMALS = 2
INSTRUCTION = (
    "Continue the pattern: answer with the next number only, no words. "
    "It has {decimals} decimals.\n\n"
)
"""What a chat model is told before the prompt; one that completes text is told nothing."""


class Format(NamedTuple):
    """How a prompt is written.

    name: in links and tables; exemplar, question: of the written features and, of an
    exemplar, the written answer; title: what people call it.
    """

    name: str
    title: str
    exemplar: str
    question: str
    features: str
    between: str

    def text(
        self,
        x: Sequence[Sequence[float]],
        y: Sequence[float],
        query: Sequence[float],
        decimals: int = DECIMALS,
    ) -> str:
        """The prompt of pairs x (k rows of d numbers), y (k), and a query of d numbers."""
        pairs = zip(x, y, strict=True)
        told = [
            self.exemplar.format(x=self._x(row, decimals), y=written(answer, decimals))
            for row, answer in pairs
        ]
        return "".join(told) + self.question.format(x=self._x(query, decimals))

    def _x(self, row: Sequence[float], decimals: int) -> str:
        return self.between.join(
            self.features.format(number=i, name=_name(i, len(row)), value=written(value, decimals))
            for i, value in enumerate(row)
        )


def _name(place: int, features: int) -> str:
    """x where there is one feature, x1, x2, … where there are more."""
    return "x" if features == 1 else f"x{place + 1}"


FORMATS: Mapping[str, Format] = {
    one.name: one
    for one in (
        Format("lines", "Lines: x, y", "{x}, {y}\n", "{x},", "{value}", ", "),
        Format(
            "named",
            "Feature and Output",
            "{x}\nOutput: {y}\n\n",
            "{x}\nOutput:",
            "Feature {number}: {value}",
            "\n",
        ),
        Format(
            "sentences",
            "A sentence each",
            "When {x}, y is {y}.\n",
            "When {x}, y is",
            "{name} is {value}",
            " and ",
        ),
    )
}
"""By name. "lines" is that of Requeima et al. (2024), LLM Processes, "named" that of Vacareanu et
al. (2024), From words to numbers."""


def written(value: float, decimals: int = DECIMALS) -> str:
    """A number as the prompt has it; never a minus before a zero."""
    text = f"{value:.{decimals}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def rounded(values: Tensor, decimals: int = DECIMALS) -> Tensor:
    """The numbers that the text says, (…), float64: what every other learner is given."""
    flat = [float(written(value, decimals)) for value in values.double().flatten().tolist()]
    return torch.tensor(flat, dtype=torch.float64).reshape(values.shape)
