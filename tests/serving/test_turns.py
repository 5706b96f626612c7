"""Addresses take turns, and none fills the line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from serving.guard.turns import RECENT_SECONDS, Full, TooMany, Turns, neighbourhood

Scene = Callable[[], Coroutine[Any, Any, None]]


class Asking:
    """Some who ask, and in which order they are served; each works until it is told to stop."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.served: list[str] = []
        self.refused: list[str] = []
        self.done: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, *names: str) -> None:
        for name in names:
            self.done[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._ask(name))
        await asyncio.sleep(0)

    async def _ask(self, name: str) -> None:
        try:
            async with self.turns.turn(name[0]):
                self.served.append(name)
                await self.done[name].wait()
        except (Full, TooMany) as trouble:
            self.refused.append(f"{name} {type(trouble).__name__}")

    async def serve_all(self) -> list[str]:
        """Let everyone finish as soon as they are served; who was served, in order."""
        for event in self.done.values():
            event.set()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        return self.served


def played(scene: Scene) -> None:
    asyncio.run(asyncio.wait_for(scene(), 10))


def test_addresses_take_turns_and_within_one_the_first_is_first() -> None:
    async def scene() -> None:
        asking = Asking(Turns(1, 10, 10))
        await asking.come("a1", "a2", "a3", "a4", "b1", "b2", "c1")
        assert asking.served == ["a1"]
        assert await asking.serve_all() == ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]

    played(scene)


def test_no_more_are_at_work_than_places_and_places_come_back() -> None:
    async def scene() -> None:
        asking = Asking(Turns(2, 10, 10))
        for _ in range(3):
            await asking.come("a1", "b1", "c1")
            assert len(asking.served) == 2
            await asking.serve_all()
            assert len(asking.served) == 3
            asking.served.clear()

    played(scene)


def test_who_asks_alone_has_all_places_and_beside_others_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    monkeypatch.setattr("serving.guard.turns.monotonic", lambda: now)

    async def scene() -> None:
        nonlocal now
        asking = Asking(Turns(3, 20, 10))
        await asking.come("a1", "a2", "a3", "a4", "a5")
        assert asking.served == ["a1", "a2", "a3"], "alone"
        await asking.come("b1", "b2")
        asking.done["a1"].set()
        await asyncio.sleep(0.01)
        assert asking.served[3:] == ["b1"], "the place that comes free is not a's"
        for name in ("a2", "a3"):
            asking.done[name].set()
        await asyncio.sleep(0.01)
        assert asking.served[4:] == ["a4"], "b has one, a has one, and one is free"
        await asking.serve_all()
        assert sorted(asking.served[5:]) == ["a5", "b2"]
        now += RECENT_SECONDS / 2
        await asking.come("a6", "a7", "a8")
        assert asking.served[7:] == ["a6"], "b has just asked"
        await asking.serve_all()
        now += 2 * RECENT_SECONDS
        await asking.come("a9", "a0")
        assert asking.served[10:] == ["a9", "a0"], "alone again"
        await asking.serve_all()

    played(scene)


def test_one_address_has_its_bound_and_the_whole_line_too() -> None:
    async def scene() -> None:
        asking = Asking(Turns(1, 4, 3))
        await asking.come("a1", "a2", "a3", "a4")
        assert asking.refused == ["a4 TooMany"]
        assert await asking.serve_all() == ["a1", "a2", "a3"]
        await asking.come("a1", "b1", "c1", "d1", "e1")
        assert asking.refused == ["a4 TooMany", "e1 Full"]
        await asking.serve_all()
        await asking.come("a5")
        await asking.serve_all()
        assert asking.served[-1] == "a5"

    played(scene)


def test_in_a_full_line_the_largest_gives_way_to_a_newcomer() -> None:
    async def scene() -> None:
        asking = Asking(Turns(1, 6, 6))
        await asking.come("a1", "a2", "a3", "a4", "a5", "a6", "b1")
        await asyncio.sleep(0)
        assert asking.refused == ["a6 Full"]
        assert "b1" in await asking.serve_all()

    played(scene)


@pytest.mark.parametrize("leaves", ["a1", "b1"])
def test_who_leaves_takes_no_place_along(leaves: str) -> None:
    """Whether at work or in the line."""

    async def scene() -> None:
        asking = Asking(Turns(1, 3, 3))
        await asking.come("a1", "b1", "c1")
        asking.tasks[leaves].cancel()
        await asyncio.sleep(0)
        assert "c1" in await asking.serve_all()
        await asking.come("d1", "e1", "f1")
        assert asking.refused == []
        await asking.serve_all()

    played(scene)


def test_who_leaves_just_when_served_hands_the_turn_on() -> None:
    async def scene() -> None:
        asking = Asking(Turns(1, 3, 3))
        await asking.come("a1", "b1", "c1")
        asking.done["a1"].set()
        while not asking.tasks["a1"].done():
            await asyncio.sleep(0)
            if "b1" not in asking.served:
                asking.tasks["b1"].cancel()
        assert "c1" in await asking.serve_all()

    played(scene)


@pytest.mark.parametrize(
    ("host", "counts_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("2001:db8:1:2::9", "2001:0db8:0001:0002"),
        ("testclient", "testclient"),
    ],
)
def test_of_ipv6_the_network_counts(host: str, counts_as: str) -> None:
    assert neighbourhood(host) == counts_as
