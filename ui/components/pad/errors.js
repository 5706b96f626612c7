// The error on the next example, after every example.

/** @import { Lab } from "./lab.js" */

import { become, svg } from "../shared/dom.js";
import { pathOf, scale } from "../shared/geometry.js";
import { clamp } from "../shared/numbers.js";

/** @param {HTMLElement} host @param {Lab} lab @param {number} room How wide the host is, px. */
export function drawErrors(host, lab, room) {
  const rows = lab.data.errors.rows;
  const count = lab.data.screen.k;
  const { zoom } = lab.data;
  const width = (room || 640) / zoom;
  const [height, left, right, top, bottom] = [190, 46, width - 14, 10, 156];
  const root = svg("svg", {
    role: "img",
    viewBox: `0 0 ${width} ${height}`,
    height: height * zoom,
    "aria-label": errorSummary(lab, count),
  });
  const sx = scale(0, Math.max(count - 1, 1), left, right);
  const sy = scale(-4, 1, bottom, top);
  for (const power of [-4, -3, -2, -1, 0, 1]) {
    svg("path", { class: "grid", d: `M${left} ${sy(power)}H${right}` }, root);
    const label = svg("text", { x: left - 6, y: sy(power) + 4, "text-anchor": "end" }, root);
    label.textContent = power < 0 ? (10 ** power).toFixed(-power) : String(10 ** power);
  }
  const every = count > 20 ? 5 : count > 10 ? 2 : 1;
  for (let k = 0; k < count; k += every)
    svg("text", { x: sx(k), y: bottom + 16, "text-anchor": "middle" }, root).textContent =
      String(k);
  svg("text", { x: (left + right) / 2, y: height - 2, "text-anchor": "middle" }, root).textContent =
    "examples seen, k";
  const level = (/** @type {number} */ error) => Math.log10(clamp(error, 1e-4, 10));
  for (const name of lab.shown()) {
    const d = pathOf([...rows[name].keys()], rows[name].map(level), sx, sy);
    const style = lab.styles[name];
    svg(
      "path",
      {
        class: "curve",
        d,
        stroke: lab.colour(name),
        "stroke-width": style.width * 0.7,
        "stroke-dasharray": style.dash || null,
      },
      root,
    );
  }
  become(host, [root]);
}

/** @param {Lab} lab @param {number} count */
function errorSummary(lab, count) {
  if (!count) return "No examples yet, so no errors.";
  const last = lab
    .shown()
    .map((name) => `${lab.styles[name].label} ${lab.data.errors.rows[name].at(-1)}`);
  return `Squared error on the next example after k = 0 to ${count - 1}. At the last: ${last.join(", ")}.`;
}
