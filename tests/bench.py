"""Ratios that say whether the page is quick: ``make bench``.

Every figure is a ratio of medians measured in one run, so that it means the
same on a slow machine. Nothing here passes or fails.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import torch
from playwright.sync_api import Page, sync_playwright

from icl_core import load_model
from icl_core.probes.readouts import load_layer_readouts
from icl_core.probes.weights import load_weight_probes
from tests.support.browser import CHROMIUM, FLAGS
from tests.support.navigation import READY
from tests.support.server import processes, serving

CONTROL = Path(__file__).with_name("bench_control.py")
FIND_CURVE = """() => {
  const roots = [...document.querySelectorAll('*')].map((node) => node.shadowRoot).filter(Boolean);
  const lab = roots.map((root) => root.querySelector('.lab')).find(Boolean);
  return lab?.querySelector('.curve[data-method=transformer]') ?? null;
}"""


def median_seconds(work: Callable[[], Any], repeats: int) -> float:
    """Median wall time of `work`, after a few unmeasured calls."""
    for _ in range(3):
        work()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def shared_prefix() -> float:
    """101 queries on 40 exemplars over one plain forward of 80 tokens."""
    model = load_model("playground")
    x, y = torch.randn(1, 40, 2), torch.randn(1, 40)
    queries = torch.randn(1, 101, 2)
    # Interleaved, so that a busy moment slows both.
    rounds = [
        (
            median_seconds(lambda: model.predict(x, y, queries), 20),
            median_seconds(lambda: model.predict_next(x, y), 20),
        )
        for _ in range(10)
    ]
    return statistics.median(many / one for many, one in rounds)


def live_readout() -> float:
    """What the probes add to the numbers behind a drag, over those numbers."""
    # Imported late: the pages keep torch to one thread, what comes before has them all.
    from ui.answers.payload import pad_payload
    from ui.answers.solve import Solved, solve
    from ui.inside.numbers import live_readings
    from ui.inside.settings import Inside
    from ui.visitor.screen import Screen

    model, readouts = load_model("playground"), load_layer_readouts("playground")
    probes = load_weight_probes("playground", "d2i")

    def numbers() -> Solved:
        solved = solve(Screen(), model, readouts=readouts)
        pad_payload(solved)
        return solved

    solved = numbers()
    rounds = [
        median_seconds(lambda: live_readings(solved, probes, Inside()), 10)
        / median_seconds(numbers, 10)
        for _ in range(10)
    ]
    return statistics.median(rounds)


def open_pad(page: Page, address: str) -> None:
    """Open a page with a pad and wait for its first answered paint."""
    page.goto(address)
    page.wait_for_function(f"() => ({FIND_CURVE})()?.getAttribute('d')")


def settle(page: Page) -> None:
    """Wait until nothing but the pad is at work on the server."""
    done = '[data-testid="stPlotlyChart"], [data-bench="control"]'
    page.wait_for_selector(done, state="attached", timeout=120_000)


# Notes, for every move of the pointer, the time until the next new curve.
TIME_MOVES = f"""() => {{
  const curve = ({FIND_CURVE})();
  window.taken = [];
  let start = null;
  let last = curve.getAttribute('d');
  addEventListener('pointermove', () => (start ??= performance.now()), {{ capture: true }});
  new MutationObserver(() => {{
    const now = curve.getAttribute('d');
    if (now === last || start === null) return;
    window.taken.push(performance.now() - start);
    [start, last] = [null, now];
  }}).observe(curve, {{ attributes: true, attributeFilter: ['d'] }});
}}"""


def hold_point(page: Page) -> tuple[float, float]:
    """Take hold of the first example; where it is."""
    box = page.locator(".point").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    return x, y


def drag_to_curve(page: Page, repeats: int = 60) -> float:
    """Median milliseconds from a move of a held point to the transformer's new curve."""
    x, y = hold_point(page)
    page.evaluate(TIME_MOVES)
    for step in range(1, repeats + 1):
        page.mouse.move(x, y + step)
        page.wait_for_function(f"() => window.taken.length >= {step}")
        page.wait_for_timeout(60)
    page.mouse.up()
    return statistics.median(page.evaluate("window.taken")[5:repeats])


COUNT_UPDATES = f"""() => {{
  const curve = ({FIND_CURVE})();
  window.updates = 0;
  let last = curve.getAttribute('d');
  new MutationObserver(() => {{
    const now = curve.getAttribute('d');
    if (now !== last) window.updates += 1;
    last = now;
  }}).observe(curve, {{ attributes: true, attributeFilter: ['d'] }});
}}"""


def updates_in_a_drag(page: Page) -> tuple[int, float]:
    """Curve updates while a point is dragged for 3 s at 30 Hz, and the seconds it took."""
    page.evaluate(COUNT_UPDATES)
    x, y = hold_point(page)
    start = time.perf_counter()
    for step in range(90):
        page.mouse.move(x + step, y + step)
        time.sleep(max(0.0, start + (step + 1) / 30 - time.perf_counter()))
    taken = time.perf_counter() - start
    updates = page.evaluate("window.updates")
    page.mouse.up()
    return updates, taken


def cold_start(page: Page) -> float:
    """Server start to first answered paint over a bare import of streamlit and torch."""
    ratios = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import streamlit, torch"], check=True)
        bare = time.perf_counter() - start
        start = time.perf_counter()
        with serving() as server:
            open_pad(page, f"{server.url}/playground")
            ratios.append((time.perf_counter() - start) / bare)
    return statistics.median(ratios)


EVERY_NETWORK = ("playground", "inside", "inside?vm=control")
"""Pages that between them load all weights, with the ladders of the Algorithm page."""


def memory_with_all_checkpoints(page: Page) -> tuple[float, float]:
    """Resident MB of a server that was only started, and after every checkpoint was asked."""
    from ui.algorithm.settings import LADDERS

    addresses = [*EVERY_NETWORK, *(f"algorithm?al={ladder}&ao=mine" for ladder in LADDERS)]
    with serving() as server:
        empty = psutil.Process(server.process.pid).memory_info().rss
        for address in addresses:
            page.goto(f"{server.url}/{address}")
            page.wait_for_function(READY)
        open_pad(page, f"{server.url}/playground")
        drag_to_curve(page)
        both = processes(server.process)
        assert len(both) == 2, "The process that answers has not begun."
        return empty / 1e6, sum(one.memory_info().rss for one in both) / 1e6


def report(name: str, figure: str, goal: str) -> None:
    """One line of the result."""
    print(f"{name:<64} {figure:>14}   goal {goal}", flush=True)


def main() -> None:
    """Run everything, one line a figure."""
    report("101 queries on 40 exemplars / one 80-token forward", f"{shared_prefix():.2f}", "≤ 2")
    report("live probe readout / the other numbers of a drag", f"{live_readout():.2f}", "small")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(120_000)
        with serving() as real, serving(script=CONTROL) as control:
            rounds = []
            for _ in range(3):
                open_pad(page, f"{real.url}/playground")
                settle(page)
                answered = drag_to_curve(page)
                updates, taken = updates_in_a_drag(page)
                open_pad(page, control.url)
                settle(page)
                rounds.append((answered, drag_to_curve(page), updates, taken))
        ratio = statistics.median(real / bare for real, bare, _, _ in rounds)
        slow, fast = (statistics.median(row[i] for row in rounds) for i in (0, 1))
        report("drag → new curve / the same pad answered with constants", f"{ratio:.2f}", "≤ 0.7")
        print(f"{'':<6}({slow:.0f} ms over {fast:.0f} ms)")
        fewest, seconds = min((updates, taken) for _, _, updates, taken in rounds)
        report("curve updates in a 3 s drag at 30 Hz", f"{fewest} in {seconds:.1f} s", "≥ 80")
        report(
            "cold start to first paint / import streamlit, torch",
            f"{cold_start(page):.2f}",
            "≤ 1.6",
        )
        empty, full = memory_with_all_checkpoints(page)
        report("memory of the server with every checkpoint loaded", f"{full:.0f} MB", "< 1500 MB")
        print(f"{'':<6}({empty:.0f} MB when it has just started)")
        browser.close()


if __name__ == "__main__":
    main()
