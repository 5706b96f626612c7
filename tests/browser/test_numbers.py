"""The pad as numbers, and what can be taken away: table, link, files, Python."""

import contextlib
import csv
import io
import re
from functools import partial
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.access import barriers
from tests.support.pad import Pad
from tests.support.reference import PRINTED, answers, told
from ui.visitor.methods import style_of
from ui.visitor.screen import EXAMPLE, Screen


def test_typing_a_number_moves_the_point(pad: Pad) -> None:
    pad.open().show_numbers()
    pad.type_number("y of example 2", "-1.25")
    pad.wait_settled()
    assert pad.drawn() == [EXAMPLE[0], (EXAMPLE[1][0], -1.25), *EXAMPLE[2:]]
    assert pad.told("transformer") == pytest.approx(
        told(pad.drawn(), Screen())["transformer"], abs=PRINTED
    )


@pytest.mark.parametrize("refused", ["1,234", "99"])
def test_what_is_refused_stays_in_its_cell_with_a_sentence_and_the_point_where_it_is(
    pad: Pad, page: Page, refused: str
) -> None:
    before = pad.open().everything()
    pad.show_numbers()
    cell = pad.cell("x of example 1")
    pad.type_number("x of example 1", refused)
    expect(cell).to_have_attribute("aria-invalid", "true")
    expect(cell).to_have_accessible_description(re.compile("−0.7 is used$"))
    assert pad.wait_settled().everything() == before
    if refused != "99":
        return
    # It stays so while other things change, and goes with a number that is taken.
    pad.type_number("y of example 2", "\u22121,25")
    pad.wait_settled()
    expect(cell).to_have_value(refused)
    expect(cell).to_have_accessible_description(re.compile("between −5 and 5; −0.7 is used$"))
    assert pad.drawn()[:2] == [EXAMPLE[0], (EXAMPLE[1][0], -1.25)]
    assert barriers(page) == ""
    pad.type_number("x of example 1", "5")
    expect(cell).not_to_have_attribute("aria-invalid", "true")
    assert pad.wait_settled().drawn()[0][0] == 5


def test_a_refused_text_goes_along_with_its_row(pad: Pad) -> None:
    pad.open().show_numbers()
    pad.type_number("y of example 3", "99")
    pad.lab.get_by_role("button", name="Delete example 1").click()
    pad.wait_settled()
    expect(pad.cell("y of example 2")).to_have_value("99")
    expect(pad.cell("y of example 3")).to_have_value("1.1")


def test_every_cell_reads_commas_and_true_minus_signs_and_the_wheel_turns_none(
    pad: Pad, page: Page
) -> None:
    pad.open().show_numbers()
    cells = {
        "x of example 1": ("−0,5", "-0.5"),
        "Gradient descent rate": ("0,1", "0.1"),
        "x of the question": ("−2,25", "-2.25"),
        "seed": ("12,0", "12"),  # last: it takes another task
    }
    for label, (typed, shown) in cells.items():
        pad.type_number(label, typed)
        expect(pad.cell(label)).to_have_value(shown)
        pad.cell(label).focus()
        pad.cell(label).hover()
        page.mouse.wheel(0, 240)
    pad.wait_settled()
    for label, (_, shown) in list(cells.items())[1:]:
        expect(pad.cell(label)).to_have_value(shown)
    screen = pad.screen()
    assert (screen.query, screen.seed, screen.settings["rate"]) == (-2.25, 12, 0.1)


def pasted(page: Page, pad: Pad, label: str, text: str) -> None:
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    pad.cell(label).select_text()
    page.keyboard.press("ControlOrMeta+v")


@pytest.mark.parametrize("label", ["x of the question", "seed", "Gradient descent rate"])
def test_a_column_pasted_into_a_cell_for_one_number_is_not_joined(
    pad: Pad, page: Page, label: str
) -> None:
    pad.open().show_numbers()
    stood, screen = pad.cell(label).input_value(), pad.screen()
    pasted(page, pad, label, "1\n2")
    page.keyboard.press("Enter")
    expect(pad.cell(label)).to_have_value(stood)
    expect(pad.cell(label)).to_have_attribute("aria-invalid", "true")
    expect(pad.lab.locator(".trouble:visible")).to_contain_text("takes one number")
    assert pad.wait_settled().screen() == screen
    pasted(page, pad, label, "12\n" if label == "seed" else "0,05\n")
    page.keyboard.press("Enter")
    expect(pad.cell(label)).not_to_have_attribute("aria-invalid", "true")
    assert pad.wait_settled().screen() != screen


def test_a_pasted_column_or_table_fills_rows_at_one_go(pad: Pad, page: Page) -> None:
    pad.open_screen(Screen(points=EXAMPLE[:2])).show_numbers()
    told = pad.part("table").get_by_role("status")

    paste = partial(pasted, page, pad)
    paste("y of example 2", "1,5\r\n−2,5\r\n3,5\r\n")
    expect(told).to_contain_text("examples 2 to 4. New ones among them have x = 0")
    column = [EXAMPLE[0], (EXAMPLE[1][0], 1.5), (0, -2.5), (0, 3.5)]
    assert pad.wait_settled().drawn() == column
    paste("x of example 3", "0,25\t1\n-0,5\t2")
    expect(told).to_contain_text("examples 3 to 4")
    table = [*column[:2], (0.25, 1), (-0.5, 2)]
    assert pad.wait_settled().drawn() == table
    for text, why in [
        ("1\n" * 40, "3 more than the prompt has room for"),
        ("1\n99", "“99”, must lie between"),
    ]:
        paste("x of example 4", text)
        expect(told).to_have_text(re.compile(f"^Nothing was pasted: .*{why}"))
    assert pad.wait_settled().drawn() == table
    pad.button("undo").click()
    assert pad.wait_settled().drawn() == column


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


def test_embed_copies_a_frame_with_this_very_screen_alone(pad: Pad, page: Page) -> None:
    pad.open().drag_point(0, 0.5, 1.5)
    pad.wait_settled().button("copyEmbed").click()
    expect(pad.button("copyEmbed")).to_have_text("Copied")
    source = page.evaluate(
        """async () => {
          const text = await navigator.clipboard.readText();
          const { children } = new DOMParser().parseFromString(text, "text/html").body;
          return children.length === 1 && children[0].matches("iframe[title]") && children[0].src;
        }"""
    )
    address, _, link = source.partition("?")
    assert address == page.url.partition("?")[0]
    assert dict(parse_qsl(link)) == {**pad.link(), "embed": "true"}
    drawn = pad.drawn()
    page.goto(source)
    pad.lab.wait_for()
    assert pad.wait_settled().drawn() == drawn
    expect(page.get_by_test_id("stTopNavLink")).to_have_count(0)


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
    texts = [(r["x"], r["y"]) for r in rows if r["kind"] == "example"]
    given = [(float(np.float32(x)), float(np.float32(y))) for x, y in texts]
    assert texts[1:] == [(f"{x:.7g}", f"{y:.7g}") for x, y in EXAMPLE[1:]], "the fewest digits"
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


@pytest.mark.parametrize("device", ["desktop light", "phone light"], indirect=True)
@pytest.mark.parametrize("screen", [Screen(), Screen(points=None, d=3)], ids=["plane", "weights"])
def test_the_png_is_a_picture_of_what_is_drawn_and_names_it(
    pad: Pad, device: str, screen: Screen
) -> None:
    pad.open_screen(screen)
    with Image.open(download(pad, "downloadPng")) as picture:
        assert picture.format == "PNG"
        colours = picture.convert("RGB").getcolors(maxcolors=1 << 24) or []
        width, height = picture.size
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    beside = screen.is_plane and "desktop" in device
    names = pixels[:, -2 * 90 :] if beside else pixels[-2 * 22 :, 2 * 30 :]
    for method in screen.show:
        ink = np.array(list(bytes.fromhex(style_of(method).light[1:])))
        letters = (abs(names - ink) < 40).all(axis=2).sum()
        assert letters > 60, f"the name of {method}, of {letters} pixels"
    drawing = pad.lab.locator("svg.plane, svg.weights").locator("visible=true").first.bounding_box()
    assert drawing is not None
    assert width == pytest.approx(2 * drawing["width"], abs=2)
    assert height >= 2 * drawing["height"] - 2
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
