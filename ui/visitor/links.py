"""The version of the links, so that one made today opens the same screen in years to come.

A link of version 1 does not say its version. When the meaning of a key changes,
`VERSION` grows by one, the links that hold the key say it under `KEY` (`Codec.since`),
and `UPGRADES` gets a function that turns a page's parameters of the version before into
today's. Stored links of every version are opened by the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

KEY = "ver"
VERSION = 2
Parameters = dict[str, str]
TEACH_RENAMED = {"ts": "bs", "te": "be", "tx": "bx", "tr": "br"}


def _teach_has_its_own_keys(link: Parameters, page: str | None) -> Parameters:
    """From version 1, whose ts and tr meant other things on the page that trains."""
    if page != "teach":
        return link
    return {TEACH_RENAMED.get(key, key): value for key, value in link.items()}


UPGRADES: dict[int, Callable[[Parameters, str | None], Parameters]] = {1: _teach_has_its_own_keys}
"""By version, what turns a link of it into one of the next; told the page, where it is known."""


def version_of(parameters: Mapping[str, str]) -> int:
    """The version that a link says; 1 when it says none, or nothing that makes sense."""
    said = parameters.get(KEY, parameters.get(f"amp;{KEY}"))
    return int(said) if isinstance(said, str) and said.isdecimal() and len(said) < 6 else 1


def upgraded(parameters: Mapping[str, str], page: str | None = None) -> Parameters:
    """The parameters of a page's link as today's version would write them."""
    # Mail programs and web pages write & as &amp;, and a copy of it keeps that.
    link = {key.removeprefix("amp;"): value for key, value in parameters.items()}
    for version in range(max(version_of(link), 1), VERSION):
        link = UPGRADES[version](link, page)
    return link


def newer(parameters: Mapping[str, str]) -> list[str]:
    """A sentence when a link comes from a later version than this one."""
    if version_of(parameters) <= VERSION:
        return []
    return ["it was made by a newer version of this app, so parts of it may be read wrongly"]
