"""A server without its weights: every page says so in words, and where to go."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.support.server import ROOT, Server
from tests.support.visitor import Visitor

CODE = ("app.py", "serve.py", "icl_core", "pages", "serving", "ui", ".streamlit")
PAGES = (
    *("", "playground", "inside", "algorithm", "construction", "diversity", "curves", "shift"),
    *("language_model", "data"),
    *("train", "lesson", "two_layers"),
)


@pytest.fixture
def without(tmp_path: Path) -> Path:
    """The app without a folder of weights."""
    root = tmp_path / "app"
    root.mkdir()
    for name in CODE:
        kept = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        kept(ROOT / name, root / name)
    return root


async def visit(url: str) -> dict[str, str]:
    """What each page says in its boxes; `Visitor` raises where one shows an exception."""
    told = {}
    for page in PAGES:
        visitor = await Visitor(url, page=page).arrive()
        told[page] = " ".join(visitor.words)
        await visitor.leave()
    return told


def test_a_missing_manifest_is_a_sentence_without_the_servers_paths(without: Path) -> None:
    server = Server(without.parent / "log.txt", root=without)
    try:
        server.wait()
        told = asyncio.run(visit(server.url))
    finally:
        server.stop()
    for page in ("", "playground", "inside"):
        assert "checkpoints/manifest.json is missing" in told[page], page
    assert not any(str(without.parent) in words for words in told.values())
