"""What many visitors at once get: ``make load``.

Two app processes behind nginx, visitors who drag without a pause, visitors who look. A
drag is asked of the answer service, as the pad does; the same load then goes to the pages
alone, and to the control: the same pad, whose Python computes nothing. Nothing here passes
or fails; the faults in test_faults.py do.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from websockets.exceptions import WebSocketException

from tests.support.proxy import Deployment, deployed
from tests.support.server import ROOT
from tests.support.visitor import Refused, Told, Visitor

CONTROL = ROOT / "tests" / "bench_control.py"
ARRIVING = 5  # visitors at a time
TROUBLES = (Refused, OSError, TimeoutError, WebSocketException, AssertionError)


@dataclass(frozen=True)
class Load:
    """Who comes, and for how long. settle: seconds of dragging before memory is first read.

    served: whether the answer service follows the fingers, and not the pages.
    """

    dragging: int
    idle: int
    seconds: float
    settle: float
    served: bool = False


@dataclass(frozen=True)
class Figures:
    """What came of a load. Memory in MB: before any visitor, settled, at the end.

    busy: seconds of a core that the replicas took meanwhile.
    """

    told: Told
    seconds: float
    memory: tuple[list[float], list[float], list[float]]
    connected: list[int]
    busy: float

    @property
    def for_a_core(self) -> float:
        """Curves for each second of a core that the replicas took."""
        return len(self.told.milliseconds) / self.busy

    @property
    def growth(self) -> float:
        """By which share memory grew while they dragged."""
        _, settled, after = (sum(part) for part in self.memory)
        return after / settled - 1

    def percentile(self, share: int) -> float:
        """Milliseconds within which this share (1 to 99) of the curves came."""
        return statistics.quantiles(self.told.milliseconds, n=100)[share - 1]


async def warm(deployment: Deployment, page: str) -> None:
    """Until the first page's averages are known to every replica, as they are after a minute."""
    for replica in deployment.replicas:
        visitor = await Visitor(replica.url, page=page).arrive()
        while visitor.waits_for_a_job:
            await asyncio.sleep(0.5)
            await visitor.run()
        await visitor.leave()


async def arrive(url: str, page: str, count: int, told: Told) -> list[Visitor]:
    """Visitors, a few at a time."""
    gate, here = asyncio.Semaphore(ARRIVING), []

    async def come() -> None:
        async with gate:
            try:
                here.append(await Visitor(url, page=page).arrive())
            except TROUBLES as trouble:
                told.errors.append(f"arriving: {trouble!r}")

    await asyncio.gather(*(come() for _ in range(count)))
    return here


async def drag(visitors: list[Visitor], seconds: float, told: Told, *, served: bool) -> None:
    """All of them drag at once; one who fails is noted and stops."""

    async def one(visitor: Visitor) -> None:
        try:
            await (visitor.gestures if served else visitor.drag)(seconds, told)
        except TROUBLES as trouble:
            told.errors.append(f"dragging: {trouble!r}")

    await asyncio.gather(*map(one, visitors))


async def look(visitors: list[Visitor], seconds: float, told: Told) -> None:
    """All of them look, and hear nothing; a line that breaks is an error."""

    async def one(visitor: Visitor) -> None:
        try:
            await asyncio.wait_for(visitor.line.wait_closed(), seconds)
            told.errors.append("an idle visitor's line was closed")
        except TimeoutError:
            pass

    await asyncio.gather(*map(one, visitors))


async def carry_out(load: Load, deployment: Deployment, page: str) -> Figures:
    """The load, and what came of it."""
    await warm(deployment, page)
    told, before = Told(), deployment.resident()
    visitors = await arrive(deployment.url, page, load.dragging + load.idle, told)
    dragging, idle = visitors[: load.dragging], visitors[load.dragging :]
    settling = Told()
    await drag(dragging, load.settle, settling, served=load.served)
    told.errors += settling.errors
    settled, began, worked = deployment.resident(), time.monotonic(), deployment.worked()
    connected = deployment.serving_visitors()
    await asyncio.gather(
        drag(dragging, load.seconds, told, served=load.served), look(idle, load.seconds, told)
    )
    seconds, after = time.monotonic() - began, deployment.resident()
    busy = deployment.worked() - worked
    for visitor in visitors:
        await visitor.leave()
    return Figures(told, seconds, (before, settled, after), connected, busy)


def measure(load: Load, script: Path | str, page: str, folder: Path) -> Figures:
    """The load on a page of a script, in two replicas behind nginx."""
    with deployed(folder, script=script) as deployment:
        return asyncio.run(carry_out(load, deployment, page))


def report(name: str, load: Load, figures: Figures) -> None:
    """One block of the result."""
    told, visitors = figures.told, load.dragging + load.idle
    before, settled, after = (sum(part) for part in figures.memory)
    updates = len(told.milliseconds) / figures.seconds
    print(f"{name}: {load.dragging} dragging, {load.idle} idle, {figures.seconds:.0f} s")
    print(f"  drag → curve       p50 {figures.percentile(50):7.1f} ms", end="")
    print(f"   p95 {figures.percentile(95):7.1f} ms")
    print(f"  updates            {updates:7.1f} a second, {updates / load.dragging:.1f} a visitor")
    print(f"  for a core         {figures.for_a_core:7.1f} curves for each second that it worked")
    if load.served:
        worst = max(told.released, default=0.0)
        print(f"  released           {len(told.released):7d} gestures, at most {worst:.0f} ms")
        print(f"  no place           {told.waited:7d} times, waited for")
    print(f"  sent to a visitor  {told.bytes / max(1, len(told.milliseconds)) / 1e3:7.1f} kB each")
    print(f"  errors             {len(told.errors):7d}   {'; '.join(told.errors[:3])}")
    print(f"  memory (RSS)       {settled:7.0f} MB at the start, {after:.0f} MB at the end", end="")
    print(f": {100 * (after / settled - 1):+.1f} %")
    print(f"  a session          {(settled - before) / visitors:7.2f} MB", end="")
    print(f" (from {before:.0f} MB without visitors)")
    print(f"  lines by replica   {figures.connected}", flush=True)


def compare(load: Load) -> tuple[Figures, Figures, Figures]:
    """The app with its service, its pages alone and the control, printed side by side.

    The load of the last two is as large and a fifth as long, a minute at least.
    """
    less = replace(load, seconds=min(load.seconds, max(60.0, load.seconds / 5)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        served = replace(load, served=True)
        real = measure(served, "serve.py", "playground", folder / "real")
        report("The app, whose service follows the fingers", served, real)
        pages = measure(less, "serve.py", "playground", folder / "pages")
        report("Its pages alone", less, pages)
        control = measure(less, CONTROL, "", folder / "control")
        report("The control, whose Python computes nothing", less, control)
    return real, pages, control


def table(real: Figures, pages: Figures, control: Figures) -> None:
    """The goals, each beside its control of the same run."""
    both = (real, pages)
    rows = (
        ("p95 over the control's", [_ratio(one, control) for one in both], "≤ 1.0"),
        ("curves for a core's second", [f"{one.for_a_core:.0f}" for one in both], "≥ 120"),
        ("errors", [str(len(one.told.errors)) for one in both], "0"),
        ("memory", [f"{100 * one.growth:+.1f} %" for one in both], "< 2 %"),
    )
    print(f"{'':<28} {'service':>9} {'pages':>9}   goal")
    for name, (service, session), goal in rows:
        print(f"{name:<28} {service:>9} {session:>9}   {goal}", flush=True)


def _ratio(figures: Figures, control: Figures) -> str:
    return f"{figures.percentile(95) / control.percentile(95):.2f}"


def main() -> None:
    """The whole load, or a share of it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--dragging", type=int, default=30)
    parser.add_argument("--idle", type=int, default=100)
    options = parser.parse_args()
    seconds = 60 * options.minutes
    table(*compare(Load(options.dragging, options.idle, seconds, settle=min(60, seconds / 5))))


if __name__ == "__main__":
    main()
