"""The pad as numbers, and what can be taken away: table, link, files, Python."""

import contextlib
import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.pad import Pad
from tests.support.reference import PRINTED, answers, told
from ui.visitor.screen import EXAMPLE, Screen


def test_typing_a_number_moves_the_point(pad: Pad) -> None:
    pad.open().show_numbers()
    pad.type_number("y of example 2", "-1.25")
    pad.wait_settled()
    assert pad.drawn() == [EXAMPLE[0], (EXAMPLE[1][0], -1.25), *EXAMPLE[2:]]
    assert pad.told("transformer") == pytest.approx(
        told(pad.drawn(), Screen())["transformer"], abs=PRINTED
    )


@pytest.mark.parametrize("junk", ["-", "e", "1e999"])
def test_typing_junk_gives_a_sentence_and_keeps_the_point(pad: Pad, junk: str) -> None:
    before = pad.open().everything()
    pad.show_numbers()
    pad.type_number("x of example 1", junk)
    expect(pad.notice).to_contain_text("must be a finite number")
    assert pad.wait_settled().everything() == before
    assert pad.typed()[0] == pytest.approx(EXAMPLE[0], abs=1e-4)


def test_a_number_off_the_plane_is_moved_to_its_edge_with_a_sentence(pad: Pad) -> None:
    pad.open().show_numbers()
    pad.type_number("x of example 1", "99")
    expect(pad.notice).to_contain_text("moved to the edge")
    assert pad.wait_settled().drawn()[0][0] == 5


def test_a_row_can_be_added_and_typed_into(pad: Pad) -> None:
    pad.open().show_numbers()
    pad.lab.get_by_role("button", name="Add a row").click()
    pad.wait_settled()
    pad.type_number(f"y of example {len(EXAMPLE) + 1}", "2.5")
    pad.wait_settled()
    assert pad.drawn() == [*EXAMPLE, (Screen().query, 2.5)]


def test_the_last_row_can_be_deleted(pad: Pad) -> None:
    pad.open_screen(Screen(points=EXAMPLE[:1])).show_numbers()
    pad.lab.get_by_role("button", name="Delete example 1").click()
    pad.wait_settled()
    assert pad.drawn() == []
    expect(pad.part("table").locator("td")).to_have_count(0)


def test_the_table_follows_a_drag(pad: Pad) -> None:
    pad.open().show_numbers()
    pad.drag_point(0, 0.5, 1.5)
    pad.wait_settled()
    assert np.allclose(pad.typed(), pad.drawn(), atol=1e-4)


def test_copy_link_puts_this_very_screen_on_the_clipboard(pad: Pad, page: Page) -> None:
    pad.open().drag_point(0, 0.5, 1.5)
    pad.wait_settled().button("copyLink").click()
    expect(pad.button("copyLink")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_without_a_clipboard_the_link_is_shown_to_copy_by_hand(pad: Pad, page: Page) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    pad.open().drag_point(0, 0.5, 1.5)
    pad.wait_settled().button("copyLink").click()
    expect(pad.part("byHand")).to_be_visible()
    expect(pad.part("byHand")).to_have_value(page.url)


def download(pad: Pad, action: str) -> Path:
    with pad.page.expect_download() as coming:
        pad.button(action).click()
    return Path(coming.value.path())


def test_the_csv_holds_the_points_and_every_shown_prediction(pad: Pad) -> None:
    """The nearest neighbours' too, whose line comes on a finer grid."""
    shown = ("transformer", "ridge", "gd", "knn")
    pad.open_screen(Screen(show=shown)).drag_point(0, 0.5, 1.5)
    pad.wait_settled()
    rows = list(csv.DictReader(download(pad, "downloadCsv").read_text().splitlines()))
    given = [(float(r["x"]), float(r["y"])) for r in rows if r["kind"] == "example"]
    predicted = [row for row in rows if row["kind"] == "prediction"]
    assert given == pad.drawn()
    expected = answers(given, [float(row["x"]) for row in predicted], pad.screen())
    assert list(rows[0]) == ["kind", "x", "y", *shown]
    for method in shown:
        assert np.allclose([float(r[method]) for r in predicted], expected[method], atol=2e-4)


def test_the_csv_of_a_weight_view_holds_the_weights_of_its_table(pad: Pad) -> None:
    pad.open_screen(Screen(points=None, d=3, k=20)).show_numbers()
    rows = list(csv.DictReader(download(pad, "downloadCsv").read_text().splitlines()))
    table = pad.part("table").locator("tbody tr").first.locator("td").all_inner_texts()
    assert [f"{float(row['truth']):.3f}".replace("-", "−") for row in rows] == table


@pytest.mark.parametrize("screen", [Screen(), Screen(points=None, d=3)], ids=["plane", "weights"])
def test_the_png_is_a_picture_of_what_is_drawn(pad: Pad, screen: Screen) -> None:
    pad.open_screen(screen)
    with Image.open(download(pad, "downloadPng")) as picture:
        assert picture.format == "PNG"
        colours = picture.convert("RGB").getcolors(maxcolors=1 << 24) or []
        width = picture.width
    drawing = pad.lab.locator("svg.plane, svg.weights").locator("visible=true").first.bounding_box()
    assert drawing is not None
    assert width == pytest.approx(2 * drawing["width"], abs=2)
    shares = {colour: count for count, colour in colours}
    assert shares.get((0x6D, 0x28, 0xD9), 0) > 100, "the transformer's colour"
    assert shares.get((0xFD, 0xFC, 0xFB), 0) > 1000, "the page's background"


def run(snippet: str) -> float:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(snippet, "snippet", "exec"), {})
    return float(said.getvalue())


@pytest.mark.parametrize("gesture", ["drag", "clear", "sample"])
def test_open_in_python_gives_three_lines_that_say_the_same(pad: Pad, gesture: str) -> None:
    pad.open()
    if gesture == "drag":
        pad.drag_point(0, 0.5, 1.5)
    else:
        pad.button(gesture).click()
    pad.wait_settled().lab.get_by_text("Open in Python").click()
    snippet = pad.part("python").inner_text()
    assert len(snippet.strip().splitlines()) == 3
    assert run(snippet) == pytest.approx(pad.told("transformer"), abs=PRINTED)


def test_open_in_python_runs_for_a_weight_view_without_examples(pad: Pad) -> None:
    pad.open_screen(Screen(points=None, d=5, k=0)).lab.get_by_text("Open in Python").click()
    assert np.isfinite(run(pad.part("python").inner_text()))


def test_the_snippet_can_be_copied(pad: Pad, page: Page) -> None:
    pad.open().lab.get_by_text("Open in Python").click()
    pad.button("copyPython").click()
    expect(pad.button("copyPython")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == pad.part("python").text_content()
