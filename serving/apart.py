"""A process of its own for questions without a session.

Pages run in threads of one interpreter, and an answer gives it up at each of some 300
operations: beside a page that is run, a fit or a stranger's upload it waits each time.
In a process of its own it waits for none of them. It is begun by the first question,
costs about as much memory as a replica without visitors, and ends with its parent, whose
end of the pipe is then closed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import struct
import sys
import time
from collections import deque
from collections.abc import Iterator
from select import select
from typing import BinaryIO

from serving.logs import log_as_the_host_wants
from serving.said import Said, all_answered, answered
from ui.work.child import ROOT
from ui.work.settled import settle

LOG = logging.getLogger("lab")
QUESTION, ANSWER = struct.Struct(">?I"), struct.Struct(">?HI")
"""Heads: whether it may be packed, and its length; whether it is, status, and length."""
AT_ONCE = 4
"""Questions that are answered together where as many wait: the next one waits for them all."""
MOST_HEARD = 2**18
"""Bytes that are read from the pipe at a time; it holds a quarter."""
AGAIN_SECONDS = 10.0
"""From one start to the next, where the process keeps ending."""


class Gone(Exception):
    """The process ended before it answered."""


class Apart:
    """The process, as the server's event loop sees it; questions are answered in their order."""

    def __init__(self) -> None:
        self._lines: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._waiting: deque[asyncio.Future[Said]] = deque()
        self._asked: list[bytes] = []
        self._life: asyncio.Task[None] | None = None
        self._begun = -AGAIN_SECONDS
        self.process: asyncio.subprocess.Process | None = None

    def ready(self) -> bool:
        """Whether it has said its first word; where it does not run, this begins it."""
        if self._life is None and time.monotonic() - self._begun > AGAIN_SECONDS:
            self._begun = time.monotonic()
            self._life = asyncio.create_task(self._live())
        return self._lines is not None

    async def ask(self, body: bytes, pack: bool) -> Said:
        """What it says; `Gone` if it ends before. It must be ready."""
        if self._lines is None:
            raise Gone
        loop = asyncio.get_running_loop()
        if not self._asked:
            # What is asked in one turn of the loop goes together, and is answered together.
            loop.call_soon(self._send)
        self._asked.append(QUESTION.pack(pack, len(body)) + body)
        mine: asyncio.Future[Said] = loop.create_future()
        self._waiting.append(mine)
        return await mine

    def _send(self) -> None:
        if self._lines is not None:
            self._lines[1].write(b"".join(self._asked))
        self._asked.clear()

    async def _live(self) -> None:
        """From its begin to its end; the next question may begin another."""
        try:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "serving.apart"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                cwd=ROOT,
                env=os.environ | {"MALLOC_ARENA_MAX": "1"},
            )
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            await self._hear(self.process.stdout, self.process.stdin)
        except asyncio.IncompleteReadError:
            LOG.warning("The process that answers questions has ended")
        except OSError:
            LOG.exception("The process that answers questions could not be begun")
        finally:
            if self._lines is not None:
                self._lines[1].close()
            self._lines, self._life = None, None
            for one in self._waiting:
                if not one.done():
                    one.set_exception(Gone())
            self._waiting.clear()

    async def _hear(self, answers: asyncio.StreamReader, questions: asyncio.StreamWriter) -> None:
        """Its first word, and then its answers as they come."""
        await answers.readexactly(1)
        self._lines = answers, questions
        while True:
            packed, status, length = ANSWER.unpack(await answers.readexactly(ANSWER.size))
            told = Said(status, await answers.readexactly(length), packed)
            mine = self._waiting.popleft()
            if not mine.done():
                mine.set_result(told)


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer what is asked on one pipe through the other, until the first is closed."""
    import ui.pages  # noqa: F401  the pages whose pads are answered

    answered(b"{}", False)  # loads weights
    settle()
    answers.write(b"\0")
    answers.flush()
    for some in waiting(questions):
        for told in all_answered(some):
            answers.write(ANSWER.pack(told.packed, told.status, len(told.body)) + told.body)
        answers.flush()


def waiting(questions: BinaryIO) -> Iterator[list[tuple[bytes, bool]]]:
    """Again and again what waits in a pipe, read as it is, up to `AT_ONCE`, until it is closed."""
    held = bytearray()
    whole: deque[tuple[bytes, bool]] = deque()
    while True:
        while not whole or (len(whole) < AT_ONCE and select([questions], [], [], 0)[0]):
            heard = questions.read(MOST_HEARD)
            if not heard:
                return
            held += heard
            whole.extend(_cut_off(held))
        yield [whole.popleft() for _ in range(min(AT_ONCE, len(whole)))]


def _cut_off(held: bytearray) -> Iterator[tuple[bytes, bool]]:
    """The questions that have come as a whole, and whether their answers may be packed."""
    while len(held) >= QUESTION.size:
        pack, length = QUESTION.unpack_from(held)
        end = QUESTION.size + length
        if len(held) < end:
            return
        yield bytes(held[QUESTION.size : end]), pack
        del held[:end]


def main() -> None:
    """Serve standard input and output; what is printed by others goes to the log."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal; the parent says when
    log_as_the_host_wants()
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        with os.fdopen(os.dup(0), "rb", buffering=0) as questions:
            serve(questions, answers)


if __name__ == "__main__":
    main()
