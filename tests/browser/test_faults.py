"""A replica that dies under a visitor's finger, in a real browser behind the real proxy."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DEVICES, PATIENCE
from tests.browser.pad import Pad
from tests.load.proxy import Deployment, deployed


@pytest.fixture
def behind_a_proxy(tmp_path: Path) -> Iterator[Deployment]:
    with deployed(tmp_path) as deployment:
        yield deployment


@pytest.fixture
def tab(browser: Browser, behind_a_proxy: Deployment) -> Iterator[Page]:
    context = browser.new_context(**DEVICES["desktop light"])
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def test_a_killed_replica_costs_nothing_that_the_link_holds(
    tab: Page, behind_a_proxy: Deployment
) -> None:
    """The page connects again by itself; a reload brings back what the link says."""
    pad = Pad(tab, behind_a_proxy.url).open()
    pad.drag_point(0, 0.53, 1.51)
    before = pad.wait_settled().everything()
    pad.drag_point(1, 0.2, 0.4, drop=False)
    serving = behind_a_proxy.serving_visitors()
    killed = behind_a_proxy.replicas[serving.index(max(serving))]
    os.kill(killed.process.pid, signal.SIGKILL)
    killed.process.wait()
    tab.mouse.up()
    assert pad.reload().everything() == before
    pad.drag_point(0, 0.2, -0.4)
    assert pad.wait_settled().everything() != before


def test_the_page_finds_another_replica_without_being_asked(
    tab: Page, behind_a_proxy: Deployment
) -> None:
    pad = Pad(tab, behind_a_proxy.url).open()
    pad.drag_point(0, 0.53, 1.51)
    before = pad.wait_settled().everything()
    serving = behind_a_proxy.serving_visitors()
    killed = behind_a_proxy.replicas[serving.index(max(serving))]
    with tab.expect_websocket(timeout=PATIENCE):
        os.kill(killed.process.pid, signal.SIGKILL)
        killed.process.wait()
    pad.wait_for(before)
    pad.click(-2, 1.5)
    expect(pad.points).to_have_count(len(before["points"]) + 1)
    assert pad.wait_settled().told("transformer") is not None
