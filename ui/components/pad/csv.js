// What the pad shows, as a table of comma-separated values.

/** @import { Axis } from "./axis.js" */
/** @import { PadData, Point } from "./types.js" */

import { spaced } from "../shared/geometry.js";

/**
 * The points and the shown methods' curves, or their weights where there is no plane. Where x and y
 * are what the network reads, which is float32, they are told so that they are read back the same.
 *
 * @param {PadData} data
 * @param {Point[]} points
 * @param {string[]} names
 * @param {{ x: Axis, y: Axis }} axes
 */
export function toCsv(data, points, names, { x, y }) {
  if (!data.plane) {
    /** @type {Record<string, number[]>} */
    const rows = { ...data.weights.rows };
    if (data.weights.truth) rows.truth = data.weights.truth;
    const methods = [...names, "truth"].filter((name) => rows[name]);
    const head = ["weight", ...methods].join(",");
    const count = Math.max(0, ...methods.map((m) => rows[m].length));
    const lines = Array.from({ length: count }, (_, i) =>
      [i + 1, ...methods.map((m) => rows[m][i])].join(),
    );
    return [head, ...lines].join("\n") + "\n";
  }
  const head = ["kind", cell(x.name), cell(y.name), ...names].join(",");
  const given = points.map(([across, up]) =>
    ["example", x.exact(across), y.exact(up), ...names.map(() => "")].join(),
  );
  const grid = Math.min(...Object.values(data.curves).map((ys) => ys.length));
  const xs = Number.isFinite(grid) ? spaced(data.axes.x, grid) : [];
  // A line with steps comes on a finer grid, of which every nth abscissa is one of these.
  const at = (/** @type {(number | null)[]} */ ys, /** @type {number} */ i) => {
    const found = ys[(i * (ys.length - 1)) / (xs.length - 1)];
    return found === null ? "" : y.value(found);
  };
  const asked = xs.map((across, i) =>
    ["prediction", x.exact(across), "", ...names.map((name) => at(data.curves[name], i))].join(),
  );
  return [head, ...given, ...asked].join("\n") + "\n";
}

/**
 * A name as a cell, also one with commas in it.
 *
 * @param {string} name
 */
const cell = (name) => (/[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);
