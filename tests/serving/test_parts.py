"""The components' JavaScript is fetched once, not sent along with every answer."""

from __future__ import annotations

import asyncio
import re
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.support.server import ROOT, Server
from tests.support.visitor import Told, Visitor
from ui.components import component


def test_a_drag_is_answered_without_the_script_and_the_script_is_at_its_address(
    public: Server,
) -> None:
    told = Told()

    async def drag() -> str:
        visitor = await Visitor(public.url, page="playground").arrive()
        await visitor.move(0.5, told)
        await visitor.leave()
        assert visitor.pad is not None
        return visitor.pad.script

    script = asyncio.run(drag())
    address = re.search(r'new URL\("(parts/pad-\w+\.js)", document\.baseURI\)', script)
    assert address is not None
    with urlopen(f"{public.url}/{address[1]}") as answer:
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert "immutable" in answer.headers["Cache-Control"]
        body = answer.read()
    assert b"class Lab" in body
    assert told.bytes < len(body)


@pytest.mark.parametrize("name", ["pad-000000000000", "pad", "..%2Fserve"])
def test_no_other_part_is_there(public: Server, name: str) -> None:
    with pytest.raises(HTTPError, match=r"40[04]"):
        urlopen(f"{public.url}/parts/{name}.js")


def test_without_a_server_of_ours_the_script_is_sent_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(component, "handed_out", {})
    sent: list[str] = []
    monkeypatch.setattr(
        "streamlit.components.v2.component", lambda name, *, html, css, js: sent.append(js)
    )
    component.component("pad", ROOT / "ui" / "components" / "pad")
    component.hand_out()
    component.component("pad", ROOT / "ui" / "components" / "pad")
    assert "class Lab" in sent[0]
    assert "await import" in sent[1]
    assert list(component.handed_out.values()).count(sent[0]) == 1
