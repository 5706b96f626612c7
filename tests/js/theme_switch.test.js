import assert from "node:assert/strict";
import { test } from "node:test";
import { pathsOf } from "../../ui/components/theme_switch/theme_switch.js";

test("every page's path is found from any of them, also below a proxy's prefix", () => {
  const pages = ["", "playground", "lesson"];
  const all = ["/", "/lesson", "/playground"];
  assert.deepEqual(pathsOf(pages, "https://x.org/lesson?p=1#a").sort(), all);
  assert.deepEqual(pathsOf(pages, "https://x.org/").sort(), all);
  const below = all.map((path) => `/lab${path}`);
  assert.deepEqual(pathsOf(pages, "https://x.org/lab/playground").sort(), below);
});
