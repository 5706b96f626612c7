"""Every cell of a page, beside the pad's, in which a number is typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import opened
from ui.visitor.page_registry import page as page_called

CELLS = [
    ("construction?cq=sample", "Rate α", "0.05"),
    ("construction?cq=sample", "Decay λ", "2.5"),
    ("construction?cp=ridge", "Penalty λ", "0.25"),
    ("construction?cp=gd", "Steps", "12"),
    ("construction?cq=sample", "Features d", "3"),
    ("construction?cq=sample", "Examples k", "7"),
    ("construction?cq=sample", "Seed", "12"),
    ("construction", "Training seed", "12"),
    ("train", "Seed", "12"),
    ("inside", "Task B's seed", "12"),
    ("algorithm", "Seed", "12"),
    ("diversity", "Seed", "12"),
    ("shift", "Prompt number", "12"),
    ("shift", "Seed", "12"),
    ("curves", "Seed", "12"),
    ("curves", "Seed of fresh tasks", "12"),
    ("two_layers", "Seed", "12"),
    ("two_layers", "Seed of the draw", "12"),
    ("two_layers", "Seed of fresh draws", "12"),
]


def at(address: str) -> AppTest:
    name, _, query = address.partition("?")
    link = dict(part.split("=") for part in query.split("&") if part)
    return opened(page_called(name), **link)


def typed(page: AppTest, label: str, text: str) -> AppTest:
    (cell,) = [cell for cell in page.text_input if cell.label == label]
    return cell.set_value(text).run()


def link_of(page: AppTest, address: str) -> dict[str, str]:
    """What the page's own settings say in a link."""
    name = address.partition("?")[0]
    codec = page_called(name).codec
    assert codec is not None
    state = page.session_state
    return codec.to_link(state[name] if name in state else codec.plain)  # noqa: SIM401


def troubles(page: AppTest, label: str) -> list[str]:
    return [said.value for said in page.caption if said.value.startswith(f":red[{label} ")]


@pytest.mark.parametrize(("address", "label", "good"), CELLS)
def test_what_cannot_be_taken_stays_with_a_sentence(address: str, label: str, good: str) -> None:
    page = at(address)
    before = link_of(page, address)
    for text, why in [
        ("1,234", "may be a thousand or a fraction"),
        ("1 2", "is not a number"),
        ("1e9", "must not go beyond"),
        ("\u22121", "must not go beyond"),
    ]:
        page = typed(page, label, text)
        (said,) = troubles(page, label)
        assert why in said
        assert said.endswith("is used]")
        assert [cell.value for cell in page.text_input if cell.label == label] == [text]
        assert link_of(page, address) == before
    page = typed(page, label, f" {good.replace('.', ',')} ")
    assert not troubles(page, label)
    changed = link_of(page, address).items() - before.items()
    assert [said for _, said in changed] == [good]


def test_no_cell_is_the_browsers_own_for_numbers() -> None:
    root = Path(__file__).resolve().parents[2]
    sources = [*(root / "ui").rglob("*.py"), *(root / "pages").glob("*.py")]
    assert sources
    assert not [path.name for path in sources if "number_input" in path.read_text()]
