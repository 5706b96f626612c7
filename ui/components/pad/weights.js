// The weight view, for tasks that are not a line on the plane.

import { html, set, svg } from "../shared/dom.js";
import { pathOf, roundHalf, scale, ticks } from "../shared/geometry.js";
import { clamp, show, tickLabel } from "../shared/numbers.js";
import { MARKERS } from "./markers.js";

export function drawWeights(host, lab) {
  const { weights, zoom } = lab.data;
  const width = (host.clientWidth || 640) / zoom;
  const wide = weights.paths && width > 560;
  host.replaceChildren();
  host.classList.toggle("two", Boolean(wide));
  drawDots(host, lab, wide ? width / 2 - 8 : width);
  if (weights.paths) drawPaths(host, lab, wide ? width / 2 - 8 : width);
}

function drawDots(host, lab, width) {
  const { rows, truth, intercept, r2 } = lab.data.weights;
  const dims = rows.transformer.length;
  const [left, right, top, step] = [74, width - 14, 14, Math.max(46, 340 / dims)];
  const height = top + dims * step + 34;
  const names = lab.shown().filter((name) => rows[name]);
  const reach = [truth, ...names.map((name) => rows[name])].flat().map(Math.abs);
  const half = roundHalf(1.1 * Math.max(...reach));
  const sx = scale(-half, half, left, right);
  const root = svg(
    "svg",
    {
      class: "weights",
      viewBox: `0 0 ${width} ${height}`,
      height: height * lab.data.zoom,
      role: "img",
    },
    host,
  );
  set(root, { "aria-label": weightSummary(lab, names) });
  for (const t of ticks(half)) {
    const d = `M${sx(t)} ${top}V${height - 34}`;
    svg("path", { class: t ? "grid" : "zero", d }, root);
    svg("text", { x: sx(t), y: height - 16, "text-anchor": "middle" }, root).textContent =
      tickLabel(t);
  }
  for (let i = 0; i < dims; i++) {
    const y = top + (i + 0.5) * step;
    const label = svg("text", { x: left - 10, y: y + 4, "text-anchor": "end" }, root);
    label.textContent = intercept && i === dims - 1 ? "offset" : `weight ${i + 1}`;
    svg("path", { class: "grid", d: `M${left} ${y}H${right}` }, root);
    svg("path", { class: "tick", d: `M${sx(truth[i])} ${y - 16}v32` }, root);
    names.forEach((name, j) => {
      const nudge = (j - (names.length - 1) / 2) * Math.min(9, 30 / names.length);
      svg(
        "path",
        {
          class: "marker",
          d: MARKERS[name],
          fill: lab.colour(name),
          transform: `translate(${sx(clamp(rows[name][i], -half, half))} ${y + nudge})`,
        },
        root,
      );
    });
  }
  host.append(
    html(
      "p",
      { className: "hint" },
      `Each row is one weight; the tall tick is the truth. The transformer's are fitted to its ` +
        `answers at 64 fresh inputs: R² ${show(r2, 3)}. ` +
        (r2 < 0.98 ? "Well below 1, so it is not acting as a linear model here." : ""),
    ),
  );
}

function weightSummary(lab, names) {
  const { rows, truth } = lab.data.weights;
  const say = (label, row) => `${label} ${row.map((w) => show(w)).join(", ")}`;
  const parts = names.map((name) => say(lab.styles[name].label, rows[name]));
  return [say("True weights", truth), ...parts].join("; ");
}

function drawPaths(host, lab, width) {
  const { paths, truth, rows } = lab.data.weights;
  const size = Math.min(width, 400);
  const corner = [...paths.transformer, truth, rows.ridge ?? []].flat();
  const half = roundHalf(1.15 * Math.max(...corner.map(Math.abs)));
  const [sx, sy] = [scale(-half, half, 30, size - 10), scale(-half, half, size - 30, 10)];
  const box = {
    class: "weights paths",
    viewBox: `0 0 ${size} ${size}`,
    height: size * lab.data.zoom,
    role: "img",
  };
  const root = svg("svg", box, host);
  set(root, { "aria-label": "Plane of the two weights with the paths of both learners" });
  for (const t of ticks(half)) {
    svg("path", { class: t ? "grid" : "zero", d: `M${sx(t)} 10V${size - 30}` }, root);
    svg("path", { class: t ? "grid" : "zero", d: `M30 ${sy(t)}H${size - 10}` }, root);
    svg("text", { x: sx(t), y: size - 14, "text-anchor": "middle" }, root).textContent =
      tickLabel(t);
  }
  const trace = (name, points) => {
    const d = pathOf(
      points.map((p) => p[0]),
      points.map((p) => p[1]),
      sx,
      sy,
    );
    const style = lab.styles[name];
    const look = { "stroke-width": 2, "stroke-dasharray": style.dash || null };
    svg("path", { class: "curve", d, stroke: lab.colour(name), ...look }, root);
    for (const [a, b] of points)
      svg("circle", { cx: sx(a), cy: sy(b), r: 2.4, fill: lab.colour(name) }, root);
    mark(name, points.at(-1));
  };
  const mark = (name, [a, b]) =>
    svg(
      "path",
      {
        class: "marker",
        d: MARKERS[name],
        fill: lab.colour(name),
        transform: `translate(${sx(a)} ${sy(b)})`,
      },
      root,
    );
  if (rows.gd) trace("gd", paths.gd);
  trace("transformer", paths.transformer);
  if (rows.ridge) mark("ridge", rows.ridge);
  svg("path", { class: "tick", d: `M${sx(truth[0]) - 9} ${sy(truth[1])}h18m-9-9v18` }, root);
  host.append(
    html(
      "p",
      { className: "hint" },
      "The plane of the two weights. " +
        (rows.gd ? "Dashed diamonds: gradient descent, step by step from zero. " : "") +
        "Discs: the transformer's implicit weights as it sees one more example at a time. " +
        (rows.ridge ? "Triangle: ridge. " : "") +
        "Cross: the truth.",
    ),
  );
}
