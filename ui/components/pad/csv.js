// What the pad shows, as a table of comma-separated values.

/** @import { PadData, Point } from "./types.js" */

import { spaced } from "../shared/geometry.js";
import { shortest } from "../shared/numbers.js";

/**
 * The points and the shown methods' curves, or their weights where there is no plane. Where x and y
 * are what the network reads, which is float32, they are told so that they are read back the same.
 *
 * @param {PadData} data
 * @param {Point[]} points
 * @param {string[]} names
 */
export function toCsv(data, points, names) {
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
  const head = ["kind", "x", "y", ...names].join(",");
  const given = points.map(([x, y]) =>
    ["example", shortest(x), shortest(y), ...names.map(() => "")].join(),
  );
  const grid = Math.min(...Object.values(data.curves).map((ys) => ys.length));
  const xs = Number.isFinite(grid) ? spaced(data.axes.x, grid) : [];
  // A line with steps comes on a finer grid, of which every nth abscissa is one of these.
  const at = (/** @type {number[]} */ ys, /** @type {number} */ i) =>
    ys[(i * (ys.length - 1)) / (xs.length - 1)];
  const asked = xs.map((x, i) =>
    ["prediction", shortest(x), "", ...names.map((name) => at(data.curves[name], i))].join(),
  );
  return [head, ...given, ...asked].join("\n") + "\n";
}
