"""Memorise or learn: a dragged point, and a network that jumps from one of its lines to another."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.support.pad import Pad
from tests.support.server import Server
from ui.visitor.screen import Screen, to_link

ON_THE_SECOND = Screen(points=((-1.5, 1.7), (1.5, 1.64)), query=1.0)
"""On the second of its four lines, y = 0.06 x + 1.55; the first point is near the fourth, too."""


def likeliest(pad: Pad) -> int:
    """Which of the faint lines is drawn heaviest, from 1."""
    widths = pad.plane.locator(".behind path").evaluate_all(
        "nodes => nodes.map((node) => Number(node.getAttribute('stroke-width')))"
    )
    assert max(widths) > 5
    return 1 + widths.index(max(widths))


@pytest.mark.slow
def test_a_dragged_point_makes_it_jump_from_one_of_its_lines_to_another(
    page: Page, server: Server
) -> None:
    pad = Pad(page, server.url, "diversity").open(urlencode(to_link(ON_THE_SECOND)))
    expect(pad.plane.locator(".behind path")).to_have_count(4)
    assert likeliest(pad) == 2
    assert pad.told("transformer") == pytest.approx(1.61, abs=0.3)
    pad.drag_point(1, 0, -3.4)
    pad.wait_settled()
    assert likeliest(pad) == 4
    assert pad.told("transformer") == pytest.approx(-1.18, abs=0.3)
    # The link holds the network and the points.
    assert Pad(page, server.url, "diversity").open(urlencode(pad.link())).drawn() == pad.drawn()
