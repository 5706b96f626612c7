"""Results that were slow to get, kept until too many newer ones have come."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class BoundedCache(Generic[Key, Value]):
    """At most ``limit`` results, shared by all visitors; the oldest go first."""

    def __init__(self, limit: int):
        self._limit = limit
        self._found: dict[Key, Value] = {}

    def get(self, key: Key) -> Value | None:
        """The result, if it is there."""
        return self._found.get(key)

    def put(self, key: Key, value: Value) -> None:
        """Keep a result."""
        while len(self._found) >= self._limit:
            self._found.pop(next(iter(self._found)), None)
        self._found[key] = value
