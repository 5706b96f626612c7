"""A real server, a real browser, and a page for each test that says what went wrong in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator

import pytest
import torch
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from icl_core.checkpoints import load_decoder
from icl_core.models.transformer import Transformer
from tests.support.browser import CHROMIUM, DEVICES, FLAGS, PATIENCE, SHOTS
from tests.support.pad import Pad
from tests.support.server import Server, serving

FAILED = pytest.StashKey[bool]()

torch.set_num_threads(1)  # the server needs the cores


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server") / "log.txt") as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


class Contexts:
    """One browser profile for each device and use, kept so that scripts come from its cache."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url = browser, url
        self.open: dict[tuple[str, str], BrowserContext] = {}

    def get(self, device: str, use: str) -> BrowserContext:
        """The profile, made on its first use."""
        if (device, use) not in self.open:
            context = self.browser.new_context(**DEVICES[device])
            context.set_default_timeout(PATIENCE)
            context.grant_permissions(["clipboard-read", "clipboard-write"], origin=self.url)
            self.open[device, use] = context
        return self.open[device, use]


@pytest.fixture(scope="session")
def contexts(browser: Browser, server: Server) -> Contexts:
    return Contexts(browser, server.url)


@pytest.fixture
def device(request: pytest.FixtureRequest) -> str:
    """A name in DEVICES; `parametrize("device", [...], indirect=True)` picks others."""
    return str(getattr(request, "param", "desktop light"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


class Watched:
    """A page whose console, errors and part of the server's log are kept."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page, self.server = page, server
        self.console: list[str] = []
        self.errors: list[str] = []
        self.logged = server.log.stat().st_size
        page.on("console", lambda said: self.hear(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: self.errors.append(str(error.stack or error)))

    def hear(self, said: str) -> None:
        """A line of the console; one about the content-security policy is an error."""
        self.console.append(said)
        if "Content Security Policy" in said:
            self.errors.append(said)

    def report(self, name: str) -> None:
        """Print all of it, and keep a picture."""
        shot = SHOTS / f"failed {re.sub(r'[^a-zA-Z0-9 _-]+', ' ', name).strip()}.png"
        print("page:", self.page.url, "\npicture:", shot)
        print("console:", *self.console, sep="\n  ")
        print("errors:", *self.errors, sep="\n  ")
        print("server:", self.server.log.read_bytes()[self.logged :].decode(), sep="\n")
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=shot)


@pytest.fixture
def page(
    contexts: Contexts, device: str, server: Server, request: pytest.FixtureRequest
) -> Iterator[Page]:
    tab = contexts.get(device, "visitor").new_page()
    watched = Watched(tab, server)
    yield tab
    if watched.errors or request.node.stash.get(FAILED, False):
        watched.report(request.node.name)
    tab.close()
    assert not watched.errors, f"Uncaught in the page: {watched.errors[0]}"


@pytest.fixture
def pad(page: Page, server: Server) -> Pad:
    """The task pad, not yet opened."""
    return Pad(page, server.url)


@pytest.fixture
def elsewhere(contexts: Contexts, device: str, server: Server) -> Iterator[Callable[[str], Pad]]:
    """Opens an address in a profile that shares nothing with the visitor's."""
    tabs: list[Page] = []

    def visit(url: str) -> Pad:
        tabs.append(contexts.get(device, "somebody else").new_page())
        return Pad(tabs[-1], server.url).open(url.partition("?")[2])

    yield visit
    for tab in tabs:
        tab.close()


@pytest.fixture(scope="session")
def shipped() -> Transformer:
    """The weights that the page answers with."""
    return load_decoder("playground")
