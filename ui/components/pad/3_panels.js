// What stands around the plane: prompt strip, weight view, layers, errors, numbers.

// The prompt as the transformer reads it, token by token.
function drawPrompt(host, lab) {
  const { data, screen } = lab;
  const count = data.screen.k;
  const shown = count > 5 ? [0, 1, 2, null, count - 1] : [...Array(count).keys()];
  const chips = shown.flatMap((i) => {
    if (i === null) return [html("span", { className: "gap" }, "…")];
    const point = data.plane ? screen.points[i] : null;
    return [
      chip("x", i + 1, point ? show(point[0]) : "", "x"),
      chip("y", i + 1, point ? show(point[1]) : "", "y"),
    ];
  });
  const query = data.plane ? show(screen.query) : "";
  const told = data.plane ? data.at_query.transformer : undefined;
  const answer = told === undefined ? "" : show(told);
  host.replaceChildren(
    html("span", { className: "caption" }, "The prompt"),
    html("span", { className: "chips" }, ...chips, chip("x", "?", query, "ask")),
    html("span", { className: "arrow" }, "→"),
    html(
      "span",
      { className: "box" },
      html("b", {}, "Transformer"),
      html("small", {}, lab.data.about),
    ),
    html("span", { className: "arrow" }, "→"),
    chip("ŷ", "?", answer, "answer"),
  );
  host.setAttribute("role", "img");
  host.setAttribute(
    "aria-label",
    `The prompt: ${count} examples x, y in order, then a query x ${query}. ` +
      (answer && `The transformer, its weights fixed, answers ${answer}.`),
  );
}

function chip(letter, index, value, kind) {
  return html(
    "span",
    { className: `chip ${kind}` },
    html("i", {}, letter, html("sub", {}, String(index))),
    value,
  );
}

// --- layers -------------------------------------------------------------------

const MINI = { width: 92, height: 64 };

function drawStrip(host, lab) {
  const layers = lab.data.plane ? lab.data.layers : lab.data.weights.layers;
  if (!layers) return host.replaceChildren();
  const count = layers.r2.length;
  while (host.children.length > count) host.lastChild.remove();
  while (host.children.length < count) host.append(makeMini(host.children.length, lab));
  [...host.children].forEach((button, layer) => {
    const picked = lab.screen.layer === layer;
    button.setAttribute("aria-pressed", picked);
    button.querySelector("small").textContent = `R² ${show(layers.r2[layer])}`;
    if (lab.data.plane) drawMiniPlane(button.querySelector("svg"), lab, layers.curves[layer]);
    else drawMiniBars(button.querySelector("svg"), lab, layers.rows[layer]);
  });
}

function makeMini(layer, lab) {
  const button = html(
    "button",
    { type: "button", className: "mini", onclick: () => lab.pickLayer(layer) },
    html("span", {}, layer ? `Layer ${layer}` : "Input"),
    svg("svg", { viewBox: `0 0 ${MINI.width} ${MINI.height}`, "aria-hidden": "true" }),
    html("small", {}),
  );
  return button;
}

function drawMiniPlane(root, lab, curve) {
  const { x, y } = lab.plane.axes;
  const sx = scale(-x, x, 0, MINI.width);
  const sy = scale(-y, y, MINI.height, 0);
  sy.range = [MINI.height, 0];
  const xs = spaced(lab.data.axes.x, curve.length);
  root.replaceChildren();
  svg("path", { class: "zero", d: `M0 ${sy(0)}H${MINI.width}M${sx(0)} 0V${MINI.height}` }, root);
  for (const [px, py] of lab.screen.points)
    svg("circle", { class: "dot", cx: sx(px), cy: sy(py), r: 1.8 }, root);
  svg("path", { d: pathOf(xs, curve, sx, sy), stroke: lab.colour("transformer") }, root);
}

function drawMiniBars(root, lab, row) {
  const sx = scale(0, row.length, 4, MINI.width - 4);
  const sy = scale(-3, 3, MINI.height, 0);
  root.replaceChildren();
  svg("path", { class: "zero", d: `M0 ${sy(0)}H${MINI.width}` }, root);
  row.forEach((w, i) => {
    const x = sx(i + 0.5);
    const d = `M${x} ${sy(0)}V${sy(clamp(w, -3, 3))}`;
    svg("path", { d, stroke: lab.colour("transformer"), "stroke-width": 5 }, root);
    const truth = clamp(lab.data.weights.truth[i], -3, 3);
    svg("path", { class: "tick", d: `M${x - 5} ${sy(truth)}h10` }, root);
  });
}

// --- errors after every exemplar -----------------------------------------------

function drawErrors(host, lab) {
  const root = host.firstChild ?? svg("svg", { role: "img" }, host);
  const rows = lab.data.errors.rows;
  const count = lab.data.screen.k;
  const { zoom } = lab.data;
  const width = (host.clientWidth || 640) / zoom;
  const [height, left, right, top, bottom] = [190, 46, width - 14, 10, 156];
  set(root, { viewBox: `0 0 ${width} ${height}`, height: height * zoom });
  root.replaceChildren();
  const sx = scale(0, Math.max(count - 1, 1), left, right);
  const sy = scale(-4, 1, bottom, top);
  sy.range = [bottom, top];
  for (const power of [-4, -3, -2, -1, 0, 1]) {
    svg("path", { class: "grid", d: `M${left} ${sy(power)}H${right}` }, root);
    const label = svg("text", { x: left - 6, y: sy(power) + 4, "text-anchor": "end" }, root);
    label.textContent = power < 0 ? (10 ** power).toFixed(-power) : String(10 ** power);
  }
  const every = count > 20 ? 5 : count > 10 ? 2 : 1;
  for (let k = 0; k < count; k += every)
    svg("text", { x: sx(k), y: bottom + 16, "text-anchor": "middle" }, root).textContent = k;
  svg("text", { x: (left + right) / 2, y: height - 2, "text-anchor": "middle" }, root).textContent =
    "examples seen, k";
  const level = (error) => Math.log10(clamp(error, 1e-4, 10));
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
  root.setAttribute("aria-label", errorSummary(lab, count));
}

function errorSummary(lab, count) {
  if (!count) return "No examples yet, so no errors.";
  const last = lab
    .shown()
    .map((name) => `${lab.styles[name].label} ${lab.data.errors.rows[name].at(-1)}`);
  return `Squared error on the next example after k = 0 to ${count - 1}. At the last: ${last.join(", ")}.`;
}

// --- the weight view, for tasks that are not a line on the plane ------------------

function drawWeights(host, lab) {
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
  sy.range = [size - 30, 10];
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
  svg(
    "path",
    { class: "tick", d: `M${sx(truth[0]) - 9} ${sy(truth[1])}h18m-9-9v18` },
    root,
  );
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

// --- the numeric table ---------------------------------------------------------------

function drawTable(host, lab) {
  if (!lab.data.plane) return host.replaceChildren(weightTable(lab));
  const rows = lab.screen.points.map(([x, y], i) => pointRow(lab, i, x, y));
  const body = html("tbody", {}, ...rows);
  const head = html(
    "tr",
    {},
    ...["Example", "x", "y", ""].map((text) => html("th", { scope: "col" }, text)),
  );
  host.replaceChildren(
    html("table", {}, html("thead", {}, head), body),
    html("button", { type: "button", onclick: () => lab.add(lab.screen.query, 0) }, "Add a row"),
  );
}

function pointRow(lab, i, x, y) {
  const cell = (axis, value) =>
    html(
      "td",
      {},
      html("input", {
        type: "number",
        step: "any",
        value: Number(value.toFixed(4)),
        "aria-label": `${axis} of example ${i + 1}`,
        onchange: (event) => lab.typed(i, axis, event.target),
      }),
    );
  const bin = html(
    "button",
    { type: "button", "aria-label": `Delete example ${i + 1}`, onclick: () => lab.remove(i) },
    "Delete",
  );
  return html("tr", {}, html("th", { scope: "row" }, i + 1), cell("x", x), cell("y", y), html("td", {}, bin));
}

function weightTable(lab) {
  const { rows, truth } = lab.data.weights;
  const named = lab
    .shown()
    .filter((name) => rows[name])
    .map((name) => [lab.styles[name].label, rows[name]]);
  named.unshift(["Truth", truth]);
  const head = ["Method", ...rows.transformer.map((_, i) => `w${i + 1}`)];
  return html(
    "table",
    {},
    html("thead", {}, html("tr", {}, ...head.map((t) => html("th", { scope: "col" }, t)))),
    html(
      "tbody",
      {},
      ...named.map(([label, row]) =>
        html(
          "tr",
          {},
          html("th", { scope: "row" }, label),
          ...row.map((w) => html("td", {}, show(w, 3))),
        ),
      ),
    ),
  );
}
