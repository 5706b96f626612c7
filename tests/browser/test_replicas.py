"""A browser before two replicas, one of which dies under its hand."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from icl_core.uploads import read_upload
from tests.support.browser import DEVICES, PATIENCE
from tests.support.navigation import visit
from tests.support.pad import Pad
from tests.support.proxy import Deployment, deployed


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with deployed(tmp_path) as running:
        yield running


def kill_the_one_that_serves(deployment: Deployment) -> None:
    """End at once the replica that holds the visitor's line."""
    serving = deployment.serving_visitors()
    assert min(serving) < max(serving), "one of the two serves the visitor"
    process = deployment.replicas[serving.index(max(serving))].process
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def test_a_replica_killed_mid_drag_costs_the_visitor_nothing(
    browser: Browser, deployment: Deployment
) -> None:
    """The other one takes over, the drag goes on, and the link brings the same screen."""
    context = browser.new_context(**DEVICES["desktop light"])
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    pad = Pad(page, deployment.url).open()
    pad.drag_point(0, 0.4, 1.0)
    pad.wait_settled()
    dropped = pad.drawn()[0]

    pad.drag_point(1, 0.2, 0.6, drop=False)
    kill_the_one_that_serves(deployment)
    page.mouse.move(*pad.at(0.5, 3.0), steps=6)
    page.mouse.up()
    page.wait_for_function(
        "before => location.search !== before", arg=f"?{page.url.partition('?')[2]}"
    )
    pad.wait_settled()
    first, second, *_ = pad.drawn()
    assert first == dropped
    assert second == pytest.approx((0.5, 3.0), abs=0.06)

    shown = pad.everything()
    assert (
        Pad(context.new_page(), deployment.url).open(page.url.partition("?")[2]).everything()
        == shown
    )
    context.close()


@pytest.mark.slow
def test_a_training_whose_replica_dies_is_said_and_its_last_snapshot_brought_back(
    browser: Browser, deployment: Deployment
) -> None:
    context = browser.new_context(**DEVICES["desktop light"])
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    visit(page, deployment.url, "train")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_function("() => sessionStorage.getItem('last snapshot')")
    kill_the_one_that_serves(deployment)
    offer = page.locator("[data-role=keepsake] [data-role=offer]")
    expect(offer).to_contain_text(re.compile(r"after \d+ of 1000 steps, is kept in this tab"))
    with page.expect_download() as saved:
        offer.get_by_role("button", name="Save weights").click()
    weights = Path(saved.value.path()).read_bytes()
    with page.expect_download() as saved:
        offer.get_by_role("button", name="Save manifest entry").click()
    assert read_upload(weights, Path(saved.value.path()).read_bytes()).recipe.steps == 1000
    offer.get_by_role("button", name="Bring it back").click()
    page.get_by_role("button", name="Use these weights in the playground").click()
    expect(page).to_have_title(re.compile("Playground"))
    expect(page.get_by_text("Your own", exact=True)).to_be_visible()
    context.close()
