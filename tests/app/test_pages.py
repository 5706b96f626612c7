"""The register of pages: one entry makes a page known everywhere."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from tests.support.pages import codecs, link_keys, opened
from tests.support.rendered import Open
from ui.pages import INSIDE, TRAIN, all_pages
from ui.visitor import screen, session, teaching
from ui.visitor.fields import Codec, Field, whole
from ui.visitor.page_registry import Door, PageSpec, register, unregister

SCRIPT = """
import streamlit as st

from ui.visitor import teaching
from ui.visitor.page_registry import page
from ui.visitor.settings import Settings

toy = page("toy")
settings = Settings(toy.codec)
settings.arrive(toy)
st.title("A toy")
st.write(settings.current().level)
if teaching.shows("toy_extra"):
    st.subheader("More")
"""


@dataclass(frozen=True)
class Toy:
    level: int = 3


def level(key: str = "qq") -> Field:
    return Field("level", key, "level", whole(0, 9))


def toy_page(script: Path, key: str = "qq", parts: tuple[str, ...] = ("toy_extra",)) -> PageSpec:
    return PageSpec(
        str(script),
        "Toy",
        codec=Codec(Toy(), (level(key),), page="toy"),
        parts=dict.fromkeys(parts, "More of the toy"),
        door=Door("Toy", "It plays {learners} ways."),
        begins=True,
    )


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[PageSpec]:
    script = tmp_path / "toy.py"
    script.write_text(SCRIPT)
    spec = register(toy_page(script))
    yield spec
    unregister(spec)


def test_it_stands_in_the_navigation(
    toy: PageSpec, open_root: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, navigation = list[str](), st.navigation

    def noted(pages: list[StreamlitPage], **how: Any) -> StreamlitPage:
        named.extend(page.title for page in pages)
        return navigation(pages, **how)

    monkeypatch.setattr(st, "navigation", noted)
    assert not open_root().exception
    assert named == [page.title for page in all_pages()]
    assert named[-1] == "Toy"


def test_a_link_opens_it_and_what_it_then_writes_opens_it_again(toy: PageSpec) -> None:
    page = opened(toy, p="sampled", qq="5")
    assert not page.exception
    assert page.title[0].value == "A toy"
    assert page.session_state[session.PAGE] == "toy"
    assert page.session_state["toy"] == Toy(5)
    assert dict(page.query_params) == {"p": "sampled", "qq": "5"}


def test_it_has_a_door_on_the_start_page(toy: PageSpec, open_root: Open) -> None:
    page = open_root()
    assert "toy" in [link.proto.page for link in page.get("page_link")]
    assert any(caption.value.endswith("learners on them.") for caption in page.caption)
    assert any(caption.value.startswith("It plays ") for caption in page.caption)


def test_a_teacher_can_leave_out_its_parts_and_begin_there(toy: PageSpec, open_page: Open) -> None:
    page = open_page("teach")
    assert "More of the toy" in [box.label for box in page.checkbox]
    assert "Toy" in page.selectbox[0].options
    page = page.selectbox[0].select("toy").run()
    assert not page.exception
    assert "/toy" in page.code[0].value
    assert opened(toy).subheader
    assert not opened(toy, th="toy_extra").subheader


def test_the_tests_of_links_and_the_fuzzing_find_it(toy: PageSpec) -> None:
    assert codecs()["toy"] is toy.codec
    assert {"qq", "p", "th", "ver"} <= set(link_keys(toy))


@pytest.mark.parametrize(
    ("key", "meaning"), [("p", "points"), ("th", "hidden"), ("ts", "noise"), ("ver", "version")]
)
def test_a_key_with_two_meanings_is_refused(tmp_path: Path, key: str, meaning: str) -> None:
    known = all_pages()
    with pytest.raises(ValueError, match=f"{key!r} is 'level' on Toy and '.*{meaning}"):
        register(toy_page(tmp_path / "toy.py", key))
    assert all_pages() == known


def test_a_key_with_one_meaning_can_be_on_two_pages(tmp_path: Path) -> None:
    first = register(toy_page(tmp_path / "toy.py"))
    same = replace(first, script=str(tmp_path / "other.py"), parts={})
    try:
        unregister(register(same))
    finally:
        unregister(first)


@pytest.mark.parametrize("part", ["gd", "nav", "causal"])
def test_a_part_with_two_meanings_is_refused(tmp_path: Path, part: str) -> None:
    with pytest.raises(ValueError, match=f"part {part!r}"):
        register(toy_page(tmp_path / "toy.py", parts=(part,)))


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'inside'"):
        register(replace(toy_page(tmp_path / "inside.py"), codec=None))


def test_no_key_means_two_things_today() -> None:
    meanings: dict[str, set[str]] = {}
    tables = [
        screen.CODEC.table,
        teaching.CODEC.table,
        *(page.rows().values() for page in all_pages()),
    ]
    for table in tables:
        for row in table:
            meanings.setdefault(row.key, set()).add(row.label)
    assert {key: said for key, said in meanings.items() if len(said) > 1} == {}
    assert {"ts", "tr"} <= TRAIN.rows().keys()


def test_every_page_has_its_own_codec_and_title() -> None:
    assert len({page.title for page in all_pages()}) == len(all_pages())
    for page in all_pages():
        if page.codec is not None:
            assert page.codec.page == page.name
    assert INSIDE in all_pages()
