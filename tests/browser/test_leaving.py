"""What watches a component ends when its page is left."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.support.server import Server

# Keeps the observers of what components hold, and how many listeners the window has.
COUNT = """(() => {
  const observers = new Set();
  const listeners = { keydown: new Set(), popstate: new Set() };
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (kind, ...given) {
    if (this === window) listeners[kind]?.add(given[0]);
    return addEventListener.call(this, kind, ...given);
  };
  EventTarget.prototype.removeEventListener = function (kind, ...given) {
    if (this === window) listeners[kind]?.delete(given[0]);
    return removeEventListener.call(this, kind, ...given);
  };
  window.ResizeObserver = class extends ResizeObserver {
    observe(node, ...given) {
      if (node.closest(".lab")) {
        this.node = node;
        observers.add(this);
      }
      super.observe(node, ...given);
    }
    disconnect() {
      observers.delete(this);
      super.disconnect();
    }
  };
  window.alive = () => ({
    observers: observers.size,
    left: [...observers].filter(({ node }) => !node.isConnected).length,
    keydown: listeners.keydown.size,
    popstate: listeners.popstate.size,
  });
})()"""


def alive(page: Page) -> dict[str, Any]:
    """How many observers and listeners there are."""
    counted: dict[str, Any] = page.evaluate("alive()")
    return counted


def turn_to(page: Page, title: str, part: str) -> None:
    """Go to another page of the app by its navigation, and wait for one of its parts."""
    page.get_by_role("link", name=title, exact=True).first.click()
    expect(page.locator(part).first).to_be_visible()


def test_a_page_that_was_left_leaves_no_observer_and_no_listener(
    page: Page, server: Server
) -> None:
    page.add_init_script(COUNT)
    page.goto(f"{server.url}/playground")
    expect(page.locator("svg.plane .curve").first).to_be_visible()
    before = alive(page)
    assert before["observers"] == 1
    assert before["left"] == 0
    turn_to(page, "Construction", ".lab.stepper .token")
    there = alive(page)
    assert there["keydown"] == before["keydown"] + 1
    page.wait_for_function("alive().left === 0")
    turn_to(page, "Playground", "svg.plane .curve")
    page.wait_for_function("alive().left === 0")
    assert alive(page) == before
