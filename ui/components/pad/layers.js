// The strip of small pictures, one a layer.

/** @import { Lab } from "./lab.js" */

import { become, fit, html, put, svg } from "../shared/dom.js";
import { pathOf, scale, spaced } from "../shared/geometry.js";
import { clamp, show } from "../shared/numbers.js";
import { pickLayer } from "./gestures.js";

const MINI = { width: 92, height: 64 };

/** @param {HTMLElement} host @param {Lab} lab */
export function drawStrip(host, lab) {
  const layers = lab.data.plane ? lab.data.layers : lab.data.weights.layers;
  if (!layers) return host.replaceChildren();
  fit(host, layers.r2.length, (layer) => makeMini(layer, lab));
  [...host.children].forEach((button, layer) => {
    const picked = lab.layer === layer;
    button.setAttribute("aria-pressed", String(picked));
    const [small, picture] = [button.querySelector("small"), button.querySelector("svg")];
    if (!small || !picture) return;
    put(small, { textContent: `R² ${show(layers.r2[layer])}` });
    if (lab.data.plane) drawMiniPlane(picture, lab, layers.curves[layer]);
    else drawMiniBars(picture, lab, layers.rows[layer]);
  });
}

/** @param {number} layer @param {Lab} lab */
function makeMini(layer, lab) {
  const button = html(
    "button",
    { type: "button", className: "mini", onclick: () => pickLayer(lab, layer) },
    html("span", {}, layer ? `Layer ${layer}` : "Input"),
    svg("svg", { viewBox: `0 0 ${MINI.width} ${MINI.height}`, "aria-hidden": "true" }),
    html("small", {}),
  );
  return button;
}

/** @param {SVGSVGElement} root @param {Lab} lab @param {number[]} curve */
function drawMiniPlane(root, lab, curve) {
  const { x, y } = lab.axes;
  const sx = scale(-x, x, 0, MINI.width);
  const sy = scale(-y, y, MINI.height, 0);
  const xs = spaced(lab.data.axes.x, curve.length);
  become(root, [
    svg("path", { class: "zero", d: `M0 ${sy(0)}H${MINI.width}M${sx(0)} 0V${MINI.height}` }),
    ...lab.screen.points.map(([px, py]) =>
      svg("circle", { class: "dot", cx: sx(px), cy: sy(py), r: 1.8 }),
    ),
    svg("path", { d: pathOf(xs, curve, sx, sy), stroke: lab.colour(lab.network) }),
  ]);
}

/** @param {SVGSVGElement} root @param {Lab} lab @param {number[]} row */
function drawMiniBars(root, lab, row) {
  const sx = scale(0, row.length, 4, MINI.width - 4);
  const sy = scale(-3, 3, MINI.height, 0);
  const marks = row.flatMap((w, i) => {
    const x = sx(i + 0.5);
    const d = `M${x} ${sy(0)}V${sy(clamp(w, -3, 3))}`;
    const bar = svg("path", { d, stroke: lab.colour(lab.network), "stroke-width": 5 });
    const truth = lab.data.weights.truth?.[i];
    if (truth === undefined) return [bar];
    return [bar, svg("path", { class: "tick", d: `M${x - 5} ${sy(clamp(truth, -3, 3))}h10` })];
  });
  become(root, [svg("path", { class: "zero", d: `M0 ${sy(0)}H${MINI.width}` }), ...marks]);
}
