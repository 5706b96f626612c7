"""A client for OpenAI-compatible servers: a text in, its continuation out.

Only the one address that it was given is asked: it follows no redirect. Whatever goes wrong
is an `EndpointError` whose message is a sentence for people, without key or prompt in it.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from icl_core.language.formats import DECIMALS, INSTRUCTION

TIMEOUT = 30.0
MOST_BYTES = 262_144
"""Of a reply; a number with all that comes around it has some 2,000."""
MOST_CHARACTERS = 24_000
"""Of a prompt: 40 exemplars of three features in sentences have under 2,500."""
MOST_TOKENS = 12
GRAMMAR = r"""root ::= " "? "-"? [0-9] [0-9]? [0-9]? "." {digits} "\n"
"""
"""In llama.cpp's GBNF: a number with so many decimals, and the end of the line."""


class EndpointError(Exception):
    """Why there is no reply, as a sentence.

    again: whether the same may work later; retry_after: seconds, where the server said.
    """

    def __init__(self, said: str, *, again: bool = False, retry_after: float | None = None):
        super().__init__(said)
        self.again, self.retry_after = again, retry_after


class Asking(NamedTuple):
    """How to ask: at temperature 0 the likeliest reply, else a sample with its seed."""

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    grammar: bool = False


LIKELIEST = Asking()


class Reply(NamedTuple):
    """text: as it came; cut: whether it was stopped for its length."""

    text: str
    cut: bool


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is answered as what it is, not followed: it may lead anywhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass
class Endpoint:
    """An OpenAI-compatible server and one model of it.

    url: up to and with its version, as ``http://127.0.0.1:8080/v1``; key: sent as a bearer
    token, never shown; timeout: seconds for one reply; chat: whether only chat is understood,
    found out at the first reply where it is None; grammars: whether llama.cpp's are understood.

    ValueError for a url that is none.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    timeout: float = TIMEOUT
    chat: bool | None = None
    grammars: bool = False

    def __post_init__(self) -> None:
        self.url = checked_url(self.url)
        host = urlsplit(self.url).hostname
        own = (urllib.request.ProxyHandler({}),) if host in ("127.0.0.1", "::1") else ()
        self._open = urllib.request.build_opener(_NoRedirects, *own).open

    def complete(self, prompt: str, how: Asking = LIKELIEST, decimals: int = DECIMALS) -> Reply:
        """What the model says after ``prompt``, up to the end of the line.

        Completions first; where the server has none, chat with `INSTRUCTION`. EndpointError
        where there is no reply.
        """
        if len(prompt) > MOST_CHARACTERS:
            raise EndpointError(
                f"This prompt has {len(prompt):,} characters; {MOST_CHARACTERS:,} are the most. "
                "Take fewer examples or features."
            )
        if self.chat is None:
            try:
                found = self._completion(prompt, how, decimals)
            except _Unknown:
                found = self._answer(prompt, how, decimals)
                self.chat = True
                return found
            self.chat = False
            return found
        try:
            ask = self._answer if self.chat else self._completion
            return ask(prompt, how, decimals)
        except _Unknown as error:
            raise EndpointError(str(error)) from None

    # --- the two ways to ask ----------------------------------------------------------

    def _completion(self, prompt: str, how: Asking, decimals: int) -> Reply:
        told = self._post("/completions", {"prompt": prompt, **self._body(how, decimals)})
        return _reply(told, lambda choice: choice["text"])

    def _answer(self, prompt: str, how: Asking, decimals: int) -> Reply:
        said = INSTRUCTION.format(decimals=decimals) + prompt
        messages = [{"role": "user", "content": said}]
        told = self._post("/chat/completions", {"messages": messages, **self._body(how, decimals)})
        return _reply(told, lambda choice: choice["message"]["content"])

    def _body(self, how: Asking, decimals: int) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "max_tokens": MOST_TOKENS,
            "temperature": how.temperature,
            "stop": ["\n"],
        }
        if how.temperature > 0:
            body["top_p"] = how.top_p
        if how.seed is not None:
            body["seed"] = how.seed
        if how.grammar and self.grammars:
            body["grammar"] = GRAMMAR.format(digits=" ".join(["[0-9]"] * decimals))
        return body

    # --- over the wire -----------------------------------------------------------------

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        until = time.monotonic() + self.timeout
        try:
            with self._open(request, timeout=self.timeout) as response:
                return _decoded(_read(response, until, self.timeout))
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise _refused(refusal, _said(refusal, until, self.timeout)) from None
        except TimeoutError:
            raise _too_slow(self.timeout) from None
        except urllib.error.URLError as trouble:
            if isinstance(trouble.reason, TimeoutError):
                raise _too_slow(self.timeout) from None
            raise _unreachable() from None
        except (OSError, http.client.HTTPException):
            raise _unreachable() from None


def checked_url(url: str) -> str:
    """A base URL without its last slash; ValueError where it is none."""
    try:
        parts = urlsplit(url.strip())
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known = None
    if not known or parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError(
            "A language model's address must be like https://host/v1, "
            "without user, query or fragment."
        )
    return url.strip().rstrip("/")


class _Unknown(EndpointError):
    """The server has no such address, or no such model there."""


def _read(response: Any, until: float, timeout: float) -> bytes:
    """The body, in time and of bounded size: a server may send a byte a second for ever."""
    found = bytearray()
    while part := response.read1(65_536):
        found += part
        if len(found) > MOST_BYTES:
            raise EndpointError("The language model's reply is far too long to be one.")
        if time.monotonic() > until:
            raise _too_slow(timeout)
    return bytes(found)


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise _nonsense() from None


def _reply(told: Any, text_of: Any) -> Reply:
    """The first choice's text; EndpointError where it has none."""
    try:
        choice = told["choices"][0]
        text = text_of(choice)
    except (KeyError, IndexError, TypeError):
        raise _nonsense() from None
    if not isinstance(text, str):
        raise _nonsense()
    return Reply(text, choice.get("finish_reason") == "length")


def _said(refusal: urllib.error.HTTPError, until: float, timeout: float) -> dict[str, Any]:
    """What a refusal's body says, where it is as OpenAI's are; nothing of it is shown as it is."""
    try:
        found = json.loads(_read(refusal, until, timeout))["error"]
    except (EndpointError, OSError, http.client.HTTPException):
        return {}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _refused(refusal: urllib.error.HTTPError, said: dict[str, Any]) -> EndpointError:
    status = refusal.code
    if said.get("type") == "exceed_context_size_error" or (
        said.get("code") == "context_length_exceeded"
    ):
        asked, most = said.get("n_prompt_tokens"), said.get("n_ctx")
        sizes = (
            f" It has {asked:,} tokens; {most:,} are the most."
            if isinstance(asked, int) and isinstance(most, int)
            else ""
        )
        return EndpointError(
            f"This prompt is too long for the language model.{sizes} "
            "Take fewer examples or features, or a shorter format."
        )
    if 300 <= status < 400:
        return EndpointError(
            f"The language model's address sends us elsewhere ({status}), which is not followed."
        )
    if status in (401, 403):
        return EndpointError(f"The language model's server did not accept the key ({status}).")
    if status in (404, 405, 501):
        return _Unknown(
            f"The language model's server does not know this address or this model ({status})."
        )
    if status == 429:
        wait = _seconds(refusal.headers.get("Retry-After"))
        later = "later" if wait is None else f"in {wait:.0f} s"
        return EndpointError(
            f"The language model's server is asked too much just now (429). Try again {later}.",
            again=True,
            retry_after=wait,
        )
    if status >= 500:
        return EndpointError(
            f"The language model's server failed ({status}). Try again later.", again=True
        )
    return EndpointError(f"The language model's server refused the question ({status}).")


def _seconds(value: str | None) -> float | None:
    """Of a Retry-After header, where it is a plain number of them."""
    return float(value) if value is not None and value.isascii() and value.isdigit() else None


def _too_slow(timeout: float) -> EndpointError:
    return EndpointError(f"The language model did not answer within {timeout:g} s.", again=True)


def _unreachable() -> EndpointError:
    return EndpointError("The language model's server cannot be reached.", again=True)


def _nonsense() -> EndpointError:
    return EndpointError("The server does not answer as an OpenAI-compatible one does.")
