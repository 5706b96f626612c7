"""One visitor who drags without a pause, in a process of their own: prints each answer's time."""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
import time
from urllib.parse import urlsplit

from tests.support.visitor import FRAME, Told, Visitor

RELEASED = 30
"""Moves until the finger is lifted: the pad asks the answer service, and then the page runs."""


class Service:
    """The answer service, over one line that is kept."""

    def __init__(self, url: str) -> None:
        self.line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)

    def ask(self, page: str, changes: dict[str, object]) -> None:
        """Put a question and read the answer to its end."""
        body = json.dumps({"page": page, "changes": changes})
        head = {"Content-Type": "application/json", "Accept-Encoding": "gzip"}
        self.line.request("POST", "/answer", body, head)
        answer = self.line.getresponse()
        read = answer.read()
        assert answer.status == 200, read


async def drag(url: str) -> None:
    """A line for each answer: when it came, and after how many milliseconds."""
    visitor, told, height = await Visitor(url, page="playground").arrive(), Told(), 0.0
    assert visitor.pad is not None
    service, screen, moves = Service(url), dict(visitor.pad.screen), 0
    while True:
        height, moves = (height + 0.05) % 2, moves + 1
        began = time.monotonic()
        if moves % RELEASED:
            screen["points"] = [[screen["points"][0][0], height], *screen["points"][1:]]
            await asyncio.to_thread(service.ask, "playground", screen)
            taken = 1000 * (time.monotonic() - began)
        else:
            await visitor.move(height, told, final=True)
            taken = told.milliseconds.pop()
        print(time.time(), taken, flush=True)
        await asyncio.sleep(max(0.0, began + FRAME - time.monotonic()))


if __name__ == "__main__":
    asyncio.run(drag(sys.argv[1]))
