"""Whose question is answered next: addresses take turns, and none fills the waiting line."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv6Address, ip_address


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
    those of one address. Where the line is full, the last of the address that has most in
    it gives way to a newcomer from one that has fewer.
    """

    def __init__(self, at_work: int, most: int, most_of_one: int) -> None:
        self._free, self._most, self._most_of_one = at_work, most, most_of_one
        self._here: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def turn(self, who: str) -> AsyncIterator[None]:
        """Wait for one's turn, and have it until the block ends; Full, TooMany without one."""
        if self._here[who] >= self._most_of_one:
            raise TooMany
        if self._here.total() >= self._most and not self._made_way_for(who):
            raise Full
        self._here[who] += 1
        try:
            await self._come_up(who)
            try:
                yield
            finally:
                self._go_on()
        finally:
            self._here[who] -= 1
            if not self._here[who]:
                del self._here[who]

    async def _come_up(self, who: str) -> None:
        if self._free:
            self._free -= 1
            return
        mine = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if not mine.cancelled() and mine.exception() is None:  # it was served just then
                self._go_on()
            raise

    def _go_on(self) -> None:
        """Serve the next: of each address one in turn."""
        while self._waiting:
            who = next(iter(self._waiting))
            line = self._waiting.pop(who)
            first = line.popleft()
            if line:
                self._waiting[who] = line
            if not first.done():
                first.set_result(None)
                return
        self._free += 1

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
