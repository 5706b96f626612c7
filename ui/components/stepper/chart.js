// What the charts beside the stream share.

import { set, svg } from "../shared/dom.js";
import { show } from "../shared/numbers.js";

export function view(host, height, label) {
  const root = host.firstChild ?? svg("svg", { class: "view", role: "img" }, host);
  const width = host.clientWidth || 340;
  set(root, { viewBox: `0 0 ${width} ${height}`, height, "aria-label": label });
  root.replaceChildren();
  return { root, width, height };
}

export const row = (w) => w.map((part) => show(part)).join(", ");
