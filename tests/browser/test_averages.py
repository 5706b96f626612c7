"""The errors averaged over fresh tasks, which take a while."""

from playwright.sync_api import Page, expect

from tests.support.pad import Pad
from ui.visitor.screen import MethodSettings, Screen


def seldom(seed: int) -> Screen:
    """A screen whose averages no other test has computed."""
    return Screen(
        sigma=1.0,
        settings=MethodSettings(steps=40 + seed, sgd_rate=0.001 * seed),
        show=("transformer", "gd"),
    )


def test_the_averages_come_after_a_progress_bar(pad: Pad, page: Page) -> None:
    pad.open_screen(seldom(1))
    chart = page.get_by_test_id("stPlotlyChart")
    expect(chart).to_be_visible()
    pad.set_steps(44)
    expect(page.get_by_test_id("stProgress")).to_be_visible()
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
    expect(chart.locator(".scatterlayer .trace")).to_have_count(4)  # two lines, two bands


def test_a_drag_works_while_averages_are_computed(pad: Pad, page: Page) -> None:
    pad.open_screen(seldom(2))
    before = pad.curves()
    pad.set_steps(46)
    expect(page.get_by_test_id("stProgress")).to_be_visible()
    pad.drag_point(0, 0.5, 1.5, drop=False)
    pad.wait_settled()
    assert all(path != before[method] for method, path in pad.curves().items())
    page.mouse.up()
    pad.wait_settled()
    assert pad.screen().settings["steps"] == 46
    expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
    expect(page.get_by_test_id("stProgress")).to_have_count(0)


def test_when_they_arrive_the_pad_stays_as_it_is(pad: Pad, page: Page) -> None:
    pad.open_screen(seldom(3))
    pad.plane.evaluate("node => { node.mine = 1; }")
    pad.set_steps(48)
    here = pad.wait_settled().everything()
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
    expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
    assert pad.wait_settled().everything() == here
    assert pad.plane.evaluate("node => node.mine") == 1


def test_a_shown_method_joins_the_chart(pad: Pad, page: Page) -> None:
    pad.open()
    traces = page.get_by_test_id("stPlotlyChart").locator(".scatterlayer .trace")
    expect(traces).to_have_count(2 * len(Screen().show))
    pad.toggle("ols")
    expect(traces).to_have_count(2 * len(Screen().show) + 2)


def test_the_caption_says_which_tasks_are_averaged(pad: Pad, page: Page) -> None:
    pad.open_screen(Screen(points=None, d=5, intercept=False))
    expect(page.get_by_text("Tasks with 5 features and noise σ = 0.25")).to_be_visible()
