"""The contract of a page, and the register of all pages, in the order of the navigation.

`ui.pages` fills it, with one entry a page. From it come the navigation, the doors on the
start page, what a teacher can leave out and where a class can begin; the tests take from
it which links and messages are to be tried on which page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ui.visitor import links, methods
from ui.visitor.fields import Codec, Field
from ui.visitor.methods import Method

LeftOut = Callable[[Mapping[str, str]], Collection[str]]
"""What of a page's pad is left out, told the page's link."""


@dataclass(frozen=True)
class Door:
    """How the start page leads to a page: a name, and a sentence with {facts} in it."""

    name: str
    says: str


@dataclass(frozen=True)
class PageSpec:
    """One page.

    script: its file, relative to app.py or absolute; title: in the navigation; codec:
    what its link holds beside the prompt; keys: keys of its link that no codec reads;
    parts: what a teacher can leave out, labels by name; door: on the start page;
    begins: whether a class can begin here; listed: whether the navigation names it;
    starts: whether it is the start page, whose address is the app's own; pad: what of its
    pad is left out besides what a teacher left out, None where no link tells all that the
    pad shows, or where more than the pad follows the finger.
    """

    script: str
    title: str
    codec: Codec[Any] | None = None
    keys: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    door: Door | None = None
    begins: bool = False
    listed: bool = True
    starts: bool = False
    pad: LeftOut | None = None

    @property
    def name(self) -> str:
        """What the session calls it."""
        return Path(self.script).stem

    @property
    def url_path(self) -> str:
        """Its address below the app's."""
        return "" if self.starts else self.name

    def rows(self) -> dict[str, Field]:
        """Every key of its link beside the prompt's, with the field that it stands for."""
        plain = {key: Field(key, key, f"{key} of {self.name}", str) for key in self.keys}
        return {**plain, **({row.key: row for row in self.codec.table} if self.codec else {})}


_pages: dict[str, PageSpec] = {}
_shared: list[Codec[Any]] = []
_shared_parts: set[str] = set()


def share(codec: Codec[Any], parts: Iterable[str] = ()) -> None:
    """What all pages have: the keys of a codec, and parts that a teacher can leave out.

    ValueError where a key has another meaning already.
    """
    _refuse_second_meanings({row.key: row for row in codec.table}, "every page")
    _shared.append(codec)
    _shared_parts.update(parts)


def register(page: PageSpec) -> PageSpec:
    """Add a page at the end.

    ValueError where its name is taken, where a key of its link means something else on
    another page or on all of them, or where a part of it has another's name.
    """
    if page.name in _pages:
        raise ValueError(f"There is a page {page.name!r} already.")
    _refuse_second_meanings(page.rows(), page.title)
    taken = _taken_parts().union(methods.ids())
    for part in taken & page.parts.keys():
        raise ValueError(f"There is a part {part!r} already.")
    _pages[page.name] = page
    return page


def unregister(page: PageSpec) -> None:
    """Take a page out again."""
    del _pages[page.name]


def all_pages() -> tuple[PageSpec, ...]:
    """All pages, in their order."""
    return tuple(_pages.values())


def page(name: str) -> PageSpec:
    """The page of this name; KeyError where there is none."""
    return _pages[name]


def _shared_rows() -> dict[str, Field]:
    version = {links.KEY: Field("version", links.KEY, "version", str)}
    return {**version, **{row.key: row for codec in _shared for row in codec.table}}


def _taken_parts() -> set[str]:
    return _shared_parts.union(*(page.parts for page in _pages.values()))


def _refuse_a_taken_key(method: Method) -> None:
    rows = (setting.field for setting in method.settings)
    _refuse_second_meanings({row.key: row for row in rows}, "every page")
    if method.id in _taken_parts():
        raise ValueError(f"There is a part {method.id!r} already.")


methods.check_with(_refuse_a_taken_key)


def _refuse_second_meanings(rows: Mapping[str, Field], where: str) -> None:
    known = [
        ("every page", _shared_rows()),
        *((page.title, page.rows()) for page in _pages.values()),
    ]
    for other, theirs in known:
        for key in rows.keys() & theirs.keys():
            if rows[key] != theirs[key]:
                raise ValueError(
                    f"The link key {key!r} is {rows[key].label!r} on {where} and "
                    f"{theirs[key].label!r} on {other}."
                )
