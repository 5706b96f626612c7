"""A stop that a platform asks for."""

import signal
from pathlib import Path

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
