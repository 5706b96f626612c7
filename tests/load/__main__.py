"""What many visitors at once get: ``make load``.

Two app processes behind nginx, visitors who drag without a pause, visitors who look.
The same load then goes to the control: the same pad, whose Python computes nothing.
Nothing here passes or fails; the faults in test_faults.py do.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass
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
    """Who comes, and for how long. settle: seconds of dragging before memory is first read."""

    dragging: int
    idle: int
    seconds: float
    settle: float


@dataclass(frozen=True)
class Figures:
    """What came of a load. Memory in MB: before any visitor, settled, at the end."""

    told: Told
    seconds: float
    memory: tuple[list[float], list[float], list[float]]
    connected: list[int]

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


async def drag(visitors: list[Visitor], seconds: float, told: Told) -> None:
    """All of them drag at once; one who fails is noted and stops."""

    async def one(visitor: Visitor) -> None:
        try:
            await visitor.drag(seconds, told)
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
    await drag(dragging, load.settle, settling)
    told.errors += settling.errors
    settled, began = deployment.resident(), time.monotonic()
    connected = deployment.serving_visitors()
    await asyncio.gather(drag(dragging, load.seconds, told), look(idle, load.seconds, told))
    seconds, after = time.monotonic() - began, deployment.resident()
    for visitor in visitors:
        await visitor.leave()
    return Figures(told, seconds, (before, settled, after), connected)


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
    print(f"  sent to a visitor  {told.bytes / max(1, len(told.milliseconds)) / 1e3:7.1f} kB each")
    print(f"  errors             {len(told.errors):7d}   {'; '.join(told.errors[:3])}")
    print(f"  memory (RSS)       {settled:7.0f} MB at the start, {after:.0f} MB at the end", end="")
    print(f": {100 * (after / settled - 1):+.1f} %")
    print(f"  a session          {(settled - before) / visitors:7.2f} MB", end="")
    print(f" (from {before:.0f} MB without visitors)")
    print(f"  lines by replica   {figures.connected}", flush=True)


def compare(load: Load) -> tuple[Figures, Figures]:
    """The app and its control under the same load, printed side by side."""
    with tempfile.TemporaryDirectory() as folder:
        real = measure(load, "serve.py", "playground", Path(folder) / "real")
        report("The app", load, real)
        control = measure(load, CONTROL, "", Path(folder) / "control")
        report("The control, whose Python computes nothing", load, control)
    ratio = real.percentile(95) / control.percentile(95)
    print(f"p95, the app / the control: {ratio:.2f}   goal ≤ 1.5", flush=True)
    return real, control


def main() -> None:
    """The whole load, or a share of it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--dragging", type=int, default=30)
    parser.add_argument("--idle", type=int, default=100)
    options = parser.parse_args()
    seconds = 60 * options.minutes
    compare(Load(options.dragging, options.idle, seconds, settle=min(60, seconds / 5)))


if __name__ == "__main__":
    main()
