"""Whose question is answered next: addresses take turns, and none fills the waiting line."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv6Address, ip_address
from time import monotonic

RECENT_SECONDS = 1.0
"""For so long after its last question an address counts as one that asks."""


class Full(Exception):
    """There is no place left to wait in."""


class TooMany(Exception):
    """One address asks too many questions at a time."""


def neighbourhood(host: str) -> str:
    """What counts as one address: of IPv6 the half that a provider hands out as a whole."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return address.exploded[:19]
    return host


class Turns:
    """A bounded line for a few places at work.

    at_work: how many are served at a time; most: served and waiting together; most_of_one:
    those of one address. An address that asks alone may have all the places, as a class behind
    one may; where others ask too, each has one, so that who asks little never waits for many of
    who asks much. Where the line is full, the last of the address that has most in it gives way
    to a newcomer from one that has fewer.
    """

    def __init__(self, at_work: int, most: int, most_of_one: int) -> None:
        self._free, self._most, self._most_of_one = at_work, most, most_of_one
        self._here: Counter[str] = Counter()
        self._served: Counter[str] = Counter()
        self._asked: dict[str, float] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def turn(self, who: str) -> AsyncIterator[None]:
        """Wait for one's turn, and have it until the block ends; Full, TooMany without one."""
        if self._here[who] >= self._most_of_one:
            raise TooMany
        if self._here.total() >= self._most and not self._made_way_for(who):
            raise Full
        self._here[who] += 1
        self._note(who)
        try:
            await self._come_up(who)
            try:
                yield
            finally:
                self._leave(who)
        finally:
            self._here[who] -= 1
            if not self._here[who]:
                del self._here[who]

    def _note(self, who: str) -> None:
        """The addresses that ask, the latest last; those of long ago are forgotten."""
        now = monotonic()
        self._asked.pop(who, None)
        self._asked[who] = now
        while now - self._asked[first := next(iter(self._asked))] > RECENT_SECONDS:
            del self._asked[first]

    def _may(self, who: str) -> bool:
        return not self._served[who] or self._asked.keys() <= {who}

    async def _come_up(self, who: str) -> None:
        if self._free and self._may(who):
            self._take(who)
            return
        mine = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if not mine.cancelled() and mine.exception() is None:  # it was served just then
                self._leave(who)
            raise

    def _take(self, who: str) -> None:
        self._free -= 1
        self._served[who] += 1

    def _leave(self, who: str) -> None:
        self._free += 1
        self._served[who] -= 1
        if not self._served[who]:
            del self._served[who]
        self._go_on()

    def _go_on(self) -> None:
        """Serve who may be: of each address one in turn."""
        while self._free:
            who = next(filter(self._may, self._waiting), None)
            if who is None:
                return
            line = self._waiting.pop(who)
            first = line.popleft()
            if line:
                self._waiting[who] = line
            if not first.done():
                self._take(who)
                first.set_result(None)

    def _made_way_for(self, newcomer: str) -> bool:
        if not self._waiting:
            return False
        largest = max(self._waiting, key=lambda who: len(self._waiting[who]))
        if self._here[newcomer] + 1 >= len(self._waiting[largest]):
            return False
        last = self._waiting[largest].pop()
        if not self._waiting[largest]:
            del self._waiting[largest]
        if not last.done():
            last.set_exception(Full())
        return True
