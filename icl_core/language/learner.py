"""A language model asked about one prompt: texts out, replies in, numbers where they are some."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from icl_core.language.endpoint import LIKELIEST, MOST_TOKENS, Asking, Endpoint, Reply
from icl_core.language.formats import DECIMALS, Format
from icl_core.language.replies import read_number


class Told(NamedTuple):
    """One question: the text that was sent, what came back, and the number read off it."""

    prompt: str
    reply: Reply
    value: float | None


class Cost(NamedTuple):
    """What it takes to ask: requests, and the most tokens to read and to write.

    No tokenizer is asked: a token has at least one character.
    """

    requests: int
    read: int
    written: int


def cost(prompts: Sequence[str], times: int = 1) -> Cost:
    """Of asking each of the prompts so many times."""
    requests = times * len(prompts)
    return Cost(requests, times * sum(map(len, prompts)), MOST_TOKENS * requests)


Report = Callable[[float], None]


def texts(
    form: Format, x: Tensor, y: Tensor, queries: Tensor, decimals: int = DECIMALS
) -> list[str]:
    """A prompt for each query: x (k, d), y (k,), queries (q, d)."""
    pairs, answers = x.tolist(), y.tolist()
    return [form.text(pairs, answers, query, decimals) for query in queries.tolist()]


def ask_all(
    endpoint: Endpoint,
    prompts: Sequence[str],
    how: Asking = LIKELIEST,
    decimals: int = DECIMALS,
) -> Iterator[Told]:
    """Ask one after the other; EndpointError where one has no reply.

    Prompts that begin alike should stand side by side: a server keeps what it has read.
    """
    for prompt in prompts:
        reply = endpoint.complete(prompt, how, decimals)
        yield Told(prompt, reply, read_number(reply.text, reply.cut))


def values_of(told: Sequence[Told]) -> Tensor:
    """(q,), NaN where a reply was no number: nothing is put in its place."""
    return torch.tensor(
        [torch.nan if one.value is None else one.value for one in told], dtype=torch.float64
    )
