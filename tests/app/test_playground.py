"""The page as Streamlit runs it."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

import icl_core.checkpoints as checkpoints
from tests.support.rendered import Open, pad_of
from ui.answers.solve import GRID
from ui.playground.pad_view import AROUND
from ui.visitor.screen import MethodSettings, Screen, from_link, to_link


def send(page: AppTest, changes: Any, seq: int = 1, final: bool = True) -> AppTest:
    """A message from the pad, as the browser would send it."""
    page.session_state["pad"] = {"message": {"seq": seq, "final": final, "changes": changes}}
    return page.run()


def test_first_paint_is_already_answered(open_page: Open) -> None:
    page = open_page()
    assert not page.exception
    data = pad_of(page)
    assert len(data["screen"]["points"]) == 7
    assert len(data["curves"]["transformer"]) == GRID
    assert data["notice"] is None


def test_a_link_brings_back_drawn_points(open_page: Open) -> None:
    screen = Screen(points=((0.5, 1.0), (1.5, -1.0)), settings=MethodSettings(steps=9))
    data = pad_of(open_page(**to_link(screen)))
    assert data["screen"]["points"] == [[0.5, 1.0], [1.5, -1.0]]
    assert data["screen"]["steps"] == 9


def test_junk_in_a_link_is_one_sentence(open_page: Open) -> None:
    page = open_page(p="%%%", d="nine", s="-3", m="magic")
    assert not page.exception
    notice = pad_of(page)["notice"]
    assert notice.startswith("Part of this link could not be used")
    assert notice.endswith(".")


def test_an_empty_prompt_is_answered(open_page: Open) -> None:
    data = pad_of(open_page(**to_link(Screen(points=()))))
    assert data["screen"]["points"] == []
    assert data["errors"]["rows"]["transformer"] == []


def test_a_damaged_checkpoint_is_one_sentence(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    damaged = shutil.copytree(checkpoints.FOLDER, tmp_path / "checkpoints")
    with (damaged / "playground.safetensors").open("r+b") as file:
        file.truncate(1000)
    monkeypatch.setattr(checkpoints.load_model, "__defaults__", (None, damaged))
    page = open_page()
    assert not page.exception
    assert "playground.safetensors holds 1000 bytes" in page.error[0].value
    assert "Restore it" in page.error[0].value


def test_the_link_of_the_page_is_the_link_of_the_screen(open_page: Open) -> None:
    data = pad_of(open_page(d="4", p="sampled"))
    assert from_link(data["link"])[0] == Screen(points=None, d=4)


@pytest.mark.slow
def test_averages_come_with_a_table(open_page: Open) -> None:
    page = open_page(m="ridge")
    for _ in range(200):
        if page.get("plotly_chart"):
            break
        page.run()
    assert page.get("plotly_chart")
    assert list(page.dataframe[0].value.columns) == ["Ridge", "Ridge, low", "Ridge, high"]
    assert len(page.dataframe[0].value) == 41


def test_every_explanation_opens_without_error(open_page: Open) -> None:
    page = open_page()
    labels = [expander.label for expander in page.expander]
    assert "What is being predicted, and by whom?" in labels
    assert "Where it fails" in labels
    assert any("prompts, each seen once" in text.value for text in page.markdown)


def test_in_another_sites_frame_the_pad_is_alone(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = open_page("playground")
    assert pad_of(whole)["embeds"]
    assert whole.title
    monkeypatch.setattr(ContextProxy, "is_embedded", property(lambda _: True))
    page = open_page("playground", m="transformer.ols")
    assert not page.exception
    assert not (*page.title, *page.header, *page.subheader, *page.expander)
    shown = pad_of(page)
    assert set(AROUND) <= set(shown["hide"])
    assert shown["screen"]["show"] == ["transformer", "ols"]
    assert shown["curves"] == pad_of(open_page("playground", m="transformer.ols"))["curves"]
