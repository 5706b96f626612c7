"""A stop that a platform asks for."""

import asyncio
import signal
from pathlib import Path

from tests.attack.intruder import Intruder
from tests.support.server import Server


def test_sigterm_ends_the_server_in_good_order(tmp_path: Path) -> None:
    server = Server(tmp_path / "log.txt", environment={"LAB_LOG": "json"})
    server.wait()
    # uvicorn closes every connection, then hands the signal on, as shells expect.
    assert server.stop() in (0, -signal.SIGTERM)
    said = (tmp_path / "log.txt").read_text()
    assert '"event": "Stopping"' in said
    assert "terminate called" not in said
    assert "Traceback" not in said


async def train(url: str) -> None:
    """Start a training, and stay."""
    visitor = await Intruder(url, "train").arrive()
    await visitor.ask(visitor.pressed("Start training"))


def test_a_training_leaves_nothing_behind_after_sigterm(tmp_path: Path) -> None:
    """The signal ends the process before anything registered with atexit is called."""
    server = Server(tmp_path / "log.txt", environment={"TMPDIR": str(tmp_path)})
    server.wait()
    asyncio.run(train(server.url))
    assert list(tmp_path.glob("trainings-*"))
    server.stop()
    assert not list(tmp_path.glob("trainings-*"))
