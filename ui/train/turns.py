"""Whose training is next, so that nobody is kept waiting by one visitor with many windows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_turn(
    waiting: Sequence[T],
    at_work: Sequence[T],
    group_of: Callable[[T], Hashable],
    served: Mapping[Hashable, int],
) -> list[T]:
    """The waiting, in the order in which they are served: one of each group in turn.

    What a group has at work counts as turns that it has had. Within a turn the group
    that was ``served`` longest ago is first, and within a group who came first.
    """
    had = Counter(map(group_of, at_work))
    turns = []
    for place, one in enumerate(waiting):
        turns.append((had[group_of(one)], served.get(group_of(one), 0), place))
        had[group_of(one)] += 1
    return [waiting[place] for *_, place in sorted(turns)]


def gives_way(
    waiting: Sequence[T], newcomer: Hashable, group_of: Callable[[T], Hashable]
) -> T | None:
    """Who leaves a full line for a newcomer: the last of the group that has most in it.

    None where the newcomer's group would then have as many as that one.
    """
    counts = Counter(map(group_of, waiting))
    if not counts:
        return None
    largest, most = counts.most_common(1)[0]
    if counts[newcomer] + 1 >= most:
        return None
    return next(one for one in reversed(waiting) if group_of(one) == largest)
