"""One visitor who drags without a pause, in a process of their own: prints each answer's time."""

from __future__ import annotations

import asyncio
import sys
import time

from tests.support.visitor import FRAME, Told, Visitor


async def drag(url: str) -> None:
    """A line for each answer: when it came, and after how many milliseconds."""
    visitor, told, height = await Visitor(url, page="playground").arrive(), Told(), 0.0
    while True:
        height = (height + 0.05) % 2
        began = time.monotonic()
        await visitor.move(height, told)
        print(time.time(), told.milliseconds.pop(), flush=True)
        await asyncio.sleep(max(0.0, began + FRAME - time.monotonic()))


if __name__ == "__main__":
    asyncio.run(drag(sys.argv[1]))
