"""What every answer carries, and what is not answered."""

from __future__ import annotations

import re
import struct
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from serving.headers import content_security_policy, inline_script_hashes
from tests.serving.conftest import TOKEN
from tests.support.server import Server


def get(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, Message]:
    """Status and headers of an answer."""
    request = urllib.request.Request(url, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers


@pytest.mark.parametrize("path", ["/", "/inside", "/_stcore/health", "/static/nothing", "/../x"])
def test_every_answer_has_the_security_headers(public: Server, path: str) -> None:
    _, headers = get(public.url + path)
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self' blob: 'sha256-" in policy
    assert "unsafe-eval" not in policy
    assert re.search(r"frame-ancestors 'self' https://course\.example$", policy)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


@pytest.mark.parametrize(
    ("path", "title"),
    [("/", "A model within a model"), ("/lesson", "Lesson · A model within a model")],
)
def test_a_shared_link_shows_its_page(public: Server, path: str, title: str) -> None:
    with urllib.request.urlopen(public.url + path, timeout=60) as answer:
        page = answer.read().decode()
    told = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page))
    assert told["og:title"] == title
    assert told["og:description"] == told["description"] != ""
    with urllib.request.urlopen(told["og:image"], timeout=60) as picture:
        assert picture.headers["Content-Type"] == "image/png"
        head = picture.read()[:24]
    assert struct.unpack(">II", head[16:]) == (1200, 630)


def test_without_a_word_only_the_lab_itself_may_frame_it() -> None:
    assert content_security_policy().endswith("frame-ancestors 'self'")


def test_a_hash_covers_each_inline_script_and_nothing_else() -> None:
    page = "<script>a</script><script src='b.js'></script><script>c</script>"
    assert len(inline_script_hashes(page)) == 2
    # echo -n a | openssl dgst -sha256 -binary | base64
    assert inline_script_hashes(page)[0] == "'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 404),
        ({"Authorization": "Bearer guess"}, 404),
        ({"Authorization": f"Bearer {TOKEN}"}, 200),
    ],
)
@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/"])
def test_metrics_open_to_the_token_alone(
    public: Server, path: str, headers: dict[str, str], status: int
) -> None:
    got, answered = get(public.url + path, headers)
    metrics = answered.get_content_type() == "application/openmetrics-text"
    assert (got, metrics) == (status, status == 200)


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_another_site_cannot_open_a_session(public: Server, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://{public.address}/_stcore/stream", origin=Origin(origin))
    assert refused.value.response.status_code == 403


def test_an_upload_without_the_token_of_its_page_is_refused(public: Server) -> None:
    _, headers = get(f"{public.url}/_stcore/health")
    assert "_streamlit_xsrf=" in headers["Set-Cookie"]
    request = urllib.request.Request(
        f"{public.url}/_stcore/upload_file/session/file", data=b"x", method="PUT"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    assert refused.value.code in (400, 403)


@pytest.mark.parametrize("path", ["/_stcore/agent", "/_stcore/agent/openapi.json"])
def test_the_door_for_programs_is_closed_without_a_proxy_too(public: Server, path: str) -> None:
    status, _ = get(public.url + path)
    assert status == 404
