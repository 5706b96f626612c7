"""Which language model can be asked: the host's, one on this machine, or the visitor's own.

Nothing a visitor says leads anywhere but to the addresses that the host allows: they choose
one of a list, and the client follows no redirect.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from icl_core.language.endpoint import TIMEOUT, Endpoint, EndpointError, checked_url
from icl_core.language.local import NAME, LocalServer, installed

LOG = logging.getLogger(__name__)
DAILY = 20_000
LOCAL_TIMEOUT = 120.0
"""On a busy core a long prompt takes its time."""


class Allowance:
    """How many questions may be asked in a day (UTC) by all visitors of this replica together."""

    def __init__(self, limit: int, today: Callable[[], str] = lambda: f"{datetime.now(UTC):%F}"):
        self.limit, self._today = limit, today
        self._day, self._taken = "", 0
        self._lock = threading.Lock()

    def take(self) -> None:
        """One more; EndpointError where that is one too many."""
        with self._lock:
            if (now := self._today()) != self._day:
                self._day, self._taken = now, 0
            if self._taken >= self.limit:
                raise EndpointError(
                    f"Today's {self.limit:,} questions to the language model are used up. "
                    "They begin anew at midnight UTC."
                )
            self._taken += 1


@dataclass(frozen=True)
class Connection:
    """A language model that can be asked.

    model: its name; where: "here", or the host of its address; private: a token of who alone
    may see its answers, empty where all may; endpoint: gets it, or raises EndpointError;
    grammars: whether it can be held to numbers; allowance: of questions a day, where there is one;
    timeout: seconds for one reply.
    """

    model: str
    where: str
    endpoint: Callable[[], Endpoint] = field(repr=False)
    private: str = ""
    grammars: bool = False
    allowance: Allowance | None = None
    timeout: float = TIMEOUT


@dataclass(frozen=True)
class Host:
    """What the host has set: see docs/operations.md. trouble: why some of it cannot be used."""

    url: str = ""
    model: str = ""
    key: str = field(default="", repr=False)
    timeout: float = TIMEOUT
    allowance: Allowance = field(default_factory=lambda: Allowance(DAILY))
    visitor_urls: tuple[str, ...] = ()
    trouble: str = ""

    def connection(self) -> Connection | None:
        """The host's model, or the one on this machine; None where there is neither."""
        if self.url:
            return Connection(
                self.model,
                self.url,
                lambda: Endpoint(self.url, self.model, self.key, self.timeout),
                allowance=self.allowance,
                timeout=self.timeout,
            )
        if installed():
            return Connection(
                NAME,
                "on this machine",
                local_server().endpoint,
                grammars=True,
                timeout=LOCAL_TIMEOUT,
            )
        return None

    def own(self, url: str, model: str, key: str) -> Connection:
        """The visitor's own; ValueError where the host does not allow the address."""
        if url not in self.visitor_urls:
            raise ValueError("This address is none of those that the host allows.")
        if not model.strip() or not key.strip():
            raise ValueError("Give the name of a model and a key.")
        if not (key.strip().isascii() and key.strip().isprintable()):
            raise ValueError("A key has plain letters, digits and signs only.")
        asked = Endpoint(url, model.strip(), key.strip(), self.timeout)
        return Connection(
            model.strip(),
            url,
            lambda: asked,
            private=secrets.token_hex(8),
            timeout=self.timeout,
        )


def from_environment(told: Mapping[str, str]) -> Host:
    """What the environment says; what cannot be used is left out, with a sentence that names it."""
    troubles: list[str] = []

    def read(name: str, reader: Callable[[str], object], otherwise: object) -> object:
        value = told.get(name, "").strip()
        try:
            return reader(value) if value else otherwise
        except ValueError:
            troubles.append(name)
            return otherwise

    found = Host(
        url=str(read("LAB_LLM_URL", checked_url, "")),
        model=told.get("LAB_LLM_MODEL", "").strip() or "default",
        key=told.get("LAB_LLM_KEY", "").strip(),
        timeout=float(str(read("LAB_LLM_TIMEOUT", _seconds, TIMEOUT))),
        allowance=Allowance(int(str(read("LAB_LLM_DAILY", _whole, DAILY)))),
        visitor_urls=_urls(read("LAB_LLM_VISITOR_URLS", _all_urls, ())),
        trouble=", ".join(troubles),
    )
    if troubles:
        LOG.error("Settings of the language model cannot be used", extra={"reason": found.trouble})
    return found


def _urls(found: object) -> tuple[str, ...]:
    return found if isinstance(found, tuple) else ()


def _all_urls(value: str) -> tuple[str, ...]:
    return tuple(checked_url(url) for url in value.split())


def _seconds(value: str) -> float:
    found = float(value)
    if not 0 < found <= 600:
        raise ValueError
    return found


def _whole(value: str) -> int:
    found = int(value)
    if found < 0:
        raise ValueError
    return found


@cache
def host() -> Host:
    """The host of this process."""
    return from_environment(os.environ)


@cache
def local_server() -> LocalServer:
    """The one on this machine; its process begins with the first question, and ends with ours."""
    return LocalServer(nice=15, timeout=LOCAL_TIMEOUT)
