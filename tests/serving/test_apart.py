"""Questions are answered in a process of its own, and it may end at any time."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from serving import apart
from serving.answers import Answers
from serving.apart import AT_ONCE, Apart, Gone, waiting
from serving.apart import QUESTION as QUESTION_HEAD
from serving.said import answered
from tests.serving.test_answers import QUESTION, put
from tests.support.server import ROOT
from tests.support.stranger import PATIENCE
from tests.support.waiting import eventually

BODY = json.dumps(QUESTION).encode()


def framed(*bodies: bytes) -> bytes:
    """Questions as the server puts them into the pipe."""
    return b"".join(QUESTION_HEAD.pack(False, len(body)) + body for body in bodies)


def test_what_waits_is_answered_together_and_nobody_waits_for_more() -> None:
    """In order, no more than is set at a time, also where a question comes in two pieces."""
    there, here = os.pipe()
    with os.fdopen(there, "rb", buffering=0) as questions:
        some = waiting(questions)
        os.write(here, framed(b"a"))
        assert next(some) == [(b"a", False)]
        names = [bytes([letter]) * 3 for letter in range(AT_ONCE + 2)]
        os.write(here, framed(*names) + framed(b"late")[:7])
        assert [body for body, _ in next(some)] == names[:AT_ONCE]
        os.write(here, framed(b"late")[7:])
        assert [body for body, _ in next(some)] == [*names[AT_ONCE:], b"late"]
        os.close(here)
        assert list(some) == []


async def is_ready(process: Apart) -> None:
    """Wait until it answers."""
    while not process.ready():
        await asyncio.sleep(0.05)


@pytest.mark.slow
def test_it_answers_as_the_server_would_and_comes_back_when_it_was_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(apart, "AGAIN_SECONDS", 0.0)

    async def scene() -> None:
        process = Apart()
        service = Answers(process)
        assert not process.ready()
        assert (await put(service)).status == 200  # the thread's, meanwhile
        await is_ready(process)

        asked = [(BODY, False), (b"{", False), (BODY, True), (b"{}", False), (b"[]", False)]
        told = await asyncio.gather(*(process.ask(body, pack) for body, pack in asked))
        assert told == [answered(body, pack) for body, pack in asked]
        assert (await put(service))[1]["body"] == told[0].body

        assert process.process is not None
        first = process.process.pid
        os.kill(first, signal.SIGSTOP)
        lost = [asyncio.create_task(process.ask(BODY, False)) for _ in range(2)]
        lost_too = asyncio.create_task(put(service))
        await asyncio.sleep(0.1)
        assert not any(one.done() for one in lost)
        os.kill(first, signal.SIGKILL)
        for one in lost:
            with pytest.raises(Gone):
                await one
        refusal = await lost_too
        assert refusal.status == 503
        assert "retry-after" in refusal.headers

        assert (await put(service)).status == 200
        await is_ready(process)
        assert process.process.pid != first
        assert (await process.ask(BODY, False)) == told[0]
        process.process.terminate()
        await process.process.wait()

    asyncio.run(asyncio.wait_for(scene(), PATIENCE))


def test_where_it_cannot_be_begun_the_thread_answers_and_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As where the machine has no process or memory left for it."""
    monkeypatch.setattr(apart, "AGAIN_SECONDS", 0.0)
    tries: list[object] = []

    async def refuse(*_: object, **__: object) -> None:
        tries.append(None)
        raise BlockingIOError

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refuse)

    async def scene() -> None:
        service = Answers(Apart())
        for number in range(1, 4):
            assert (await put(service)).status == 200
            assert len(tries) == number

    asyncio.run(asyncio.wait_for(scene(), PATIENCE))


PARENT = """
import asyncio
from serving.apart import Apart
async def live():
    process = Apart()
    while not process.ready():
        await asyncio.sleep(0.05)
    print(process.process.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(live())
"""


@pytest.mark.slow
def test_it_ends_with_a_server_that_was_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = Path("/proc", parent.stdout.readline().strip())
        assert "serving.apart" in (child / "cmdline").read_text()
        parent.kill()
        eventually(lambda: not _lives(child))


def _lives(process: Path) -> bool:
    try:
        return "serving.apart" in (process / "cmdline").read_text()
    except OSError:
        return False
