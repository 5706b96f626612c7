// Beside the stream: the model it holds, how far the answer has come, the last comparison.

function view(host, height, label) {
  const root = host.firstChild ?? svg("svg", { class: "view", role: "img" }, host);
  const width = host.clientWidth || 340;
  set(root, { viewBox: `0 0 ${width} ${height}`, height, "aria-label": label });
  root.replaceChildren();
  return { root, width, height };
}

const row = (w) => w.map((part) => show(part)).join(", ");

// --- the model, as a line on the plane or as weights ------------------------------

function drawModel(host, st) {
  const { data, step } = st;
  const w = data.w[step];
  const label = `The stream's w is (${row(w)}); ${data.call} has (${row(data.end.w)}).`;
  if (data.plane) drawLine(view(host, 224, label), st, w);
  else drawWeightBars(view(host, 40 + 46 * w.length, label), st, w);
}

function drawLine({ root, width, height }, st, w) {
  const { data } = st;
  const [left, right, top, bottom] = [26, width - 4, 6, height - 20];
  const sx = scale(-data.plane.x, data.plane.x, left, right);
  const sy = scale(-data.plane.y, data.plane.y, bottom, top);
  sy.range = [bottom, top];
  const paper = { class: "paper", x: left, y: top, width: right - left, height: bottom - top };
  const clip = svg("clipPath", { id: st.clip }, root);
  svg("rect", paper, clip);
  svg("rect", paper, root);
  for (const t of ticks(data.plane.x)) {
    svg("path", { class: t ? "grid" : "zero", d: `M${sx(t)} ${top}V${bottom}` }, root);
    const at = { x: sx(t), y: bottom + 15, "text-anchor": "middle" };
    svg("text", at, root).textContent = tickLabel(t);
  }
  for (const t of ticks(data.plane.y)) {
    svg("path", { class: t ? "grid" : "zero", d: `M${left} ${sy(t)}H${right}` }, root);
    const at = { x: left - 5, y: sy(t) + 4, "text-anchor": "end" };
    svg("text", at, root).textContent = tickLabel(t);
  }
  const clipped = svg("g", { "clip-path": `url(#${st.clip})` }, root);
  const line = (weights, look) => {
    const ends = [-data.plane.x, data.plane.x];
    const ys = ends.map((x) => weights[0] * x + (weights[1] ?? 0));
    svg("path", { class: "line", d: pathOf(ends, ys, sx, sy), ...look }, clipped);
  };
  if (data.truth) line(data.truth, { stroke: st.colour("truth"), class: "truth" });
  line(data.end.w, { stroke: st.colour(data.program), "stroke-width": 2, "stroke-dasharray": "6 5" });
  line(w, { stroke: st.colour(data.program), "stroke-width": 4 });
  data.points.forEach(([x, y], i) => {
    svg("circle", { class: "dot", cx: sx(x), cy: sy(y), r: 5 }, clipped);
    if (st.inUse(i)) svg("circle", { class: "ring", cx: sx(x), cy: sy(y), r: 9.5 }, clipped);
  });
  const [x] = data.query;
  svg("path", { class: "cursor", d: `M${sx(x)} ${top}V${bottom}` }, root);
  const y = clamp(data.answers[st.step], -1e3, 1e3);
  svg("circle", { class: "reading", cx: sx(x), cy: sy(y), r: 5, fill: st.colour(data.program) }, clipped);
  svg("path", { class: "ask", d: `M${sx(x)} ${bottom - 2}l6 10h-12z` }, root);
}

function drawWeightBars({ root, width }, st, w) {
  const { data } = st;
  const [left, right] = [62, width - 10];
  const all = [...data.w.flat(), ...data.end.w, ...(data.truth ?? [])].map(Math.abs);
  const half = roundHalf(1.05 * Math.max(...all));
  const sx = scale(-half, half, left, right);
  const bottom = 12 + 46 * w.length;
  for (const t of ticks(half)) {
    svg("path", { class: t ? "grid" : "zero", d: `M${sx(t)} 8V${bottom}` }, root);
    const at = { x: sx(t), y: bottom + 18, "text-anchor": "middle" };
    svg("text", at, root).textContent = tickLabel(t);
  }
  w.forEach((value, i) => {
    const y = 12 + 46 * (i + 0.5);
    const constant = data.intercept && i === w.length - 1;
    const name = svg("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, root);
    name.textContent = constant ? "offset" : `weight ${i + 1}`;
    const colour = st.colour(data.program);
    const bar = { class: "line", d: `M${sx(0)} ${y}H${sx(clamp(value, -half, half))}` };
    svg("path", { ...bar, stroke: colour, "stroke-width": 14, style: "stroke-linecap: butt" }, root);
    const mark = { d: `M${sx(data.end.w[i])} ${y - 15}v30`, stroke: colour, "stroke-width": 2 };
    svg("path", { class: "line", "stroke-dasharray": "4 3", ...mark }, root);
    if (data.truth)
      svg("path", { class: "truth", d: `M${sx(data.truth[i])} ${y - 17}v34`, stroke: st.colour("truth") }, root);
  });
}

// --- over depth: the program and the trained transformer on one scale ----------------

function drawDepth(host, st) {
  const { data, step } = st;
  const { readouts, answer } = data.trained;
  const series = [...data.answers, ...(readouts ?? []), answer, 0];
  const [low, high] = [Math.min(...series), Math.max(...series)];
  const pad = 0.08 * (high - low) || 1;
  const { root, width, height } = view(host, 206, depthSummary(data));
  const [left, right, top, bottom] = [40, width - 8, 8, height - 38];
  const sx = scale(0, 1, left, right);
  const sy = scale(low - pad, high + pad, bottom, top);
  sy.range = [bottom, top];
  const last = data.answers.length - 1;
  for (const t of niceTicks(low - pad, high + pad)) {
    svg("path", { class: t ? "grid" : "zero", d: `M${left} ${sy(t)}H${right}` }, root);
    svg("text", { x: left - 6, y: sy(t) + 4, "text-anchor": "end" }, root).textContent = tidy(t);
  }
  for (const t of [0, 0.5, 1]) {
    const anchor = t === 0 ? "start" : t === 1 ? "end" : "middle";
    svg("text", { x: sx(t), y: bottom + 16, "text-anchor": anchor }, root).textContent =
      ["input", "share of depth", "last layer"][2 * t];
  }
  const shares = data.answers.map((_, i) => i / last);
  const stairs = shares.flatMap((x, i) => (i ? [x, x] : [x]));
  const held = data.answers.flatMap((y, i) => (i ? [data.answers[i - 1], y] : [y]));
  const line = { class: "line", d: pathOf(stairs, held, sx, sy), stroke: st.colour(data.program) };
  svg("path", { ...line, "stroke-width": 2.5 }, root);
  if (readouts) {
    const xs = readouts.map((_, i) => i / (readouts.length - 1));
    const look = { stroke: st.colour("transformer"), "stroke-width": 2.5, "stroke-dasharray": "5 4" };
    svg("path", { class: "line", d: pathOf(xs, readouts, sx, sy), ...look }, root);
    xs.forEach((x, i) =>
      svg("circle", { class: "marker", cx: sx(x), cy: sy(readouts[i]), r: 4.5, fill: look.stroke }, root),
    );
  }
  svg("path", { class: "cursor", d: `M${sx(step / last)} ${top}V${bottom}` }, root);
  const here = { cx: sx(step / last), cy: sy(data.answers[step]), r: 5.5 };
  svg("circle", { class: "reading", ...here, fill: st.colour(data.program) }, root);
  drawKey(root, st, left, height - 6);
}

function drawKey(root, st, left, y) {
  const { data } = st;
  const names = [["", data.program, "the program"]];
  if (data.trained.readouts) names.push(["5 4", "transformer", "trained, read out"]);
  let x = left;
  for (const [dash, name, label] of names) {
    const look = { stroke: st.colour(name), "stroke-width": 3, "stroke-dasharray": dash || null };
    svg("path", { class: "line", d: `M${x} ${y - 4}h22`, ...look }, root);
    const text = svg("text", { x: x + 27, y, class: "name" }, root);
    text.textContent = label;
    x += 40 + 6.6 * label.length;
  }
}

function depthSummary({ title, answers, trained }) {
  const found = trained.readouts ? ` Readouts of the trained layers: ${row(trained.readouts)}.` : "";
  return `Answer at the query over depth. ${title}: from ${show(answers[0])} to ${show(answers.at(-1))}.${found}`;
}

const tidy = (t) => String(Number(t.toPrecision(3))).replace("-", "−");

function niceTicks(low, high) {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((size) => size >= rough);
  const marks = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) marks.push(i * step);
  return marks;
}

// --- the answer beside its reference ---------------------------------------------------

function drawEnd(host, st) {
  const { end, title } = st.data;
  const reached = st.step === st.count;
  host.classList.toggle("reached", reached);
  const verdict = end.within
    ? `They agree to ${end.digits} digits, well within the stated tolerance of ${tiny(end.tolerance)}.`
    : `They differ by ${tiny(end.difference)}, more than the stated tolerance of ${tiny(end.tolerance)}.`;
  host.replaceChildren(
    html("h2", {}, "The answer at the query"),
    html(
      "dl",
      {},
      html("dt", {}, `${title}, by the layers' weights`),
      reached ? agreeing(end.program, end.reference) : html("dd", {}, html("span", {}, "after the last step")),
      html("dt", {}, html("code", {}, end.call)),
      agreeing(end.reference, end.program),
    ),
    html("p", {}, reached ? verdict : "Step to the end to compare the two."),
  );
}

// A number with the digits that both have in bold.
function agreeing(number, other) {
  let count = 0;
  while (count < number.length && number[count] === other[count]) count++;
  const text = (part) => part.replace("-", "−");
  return html(
    "dd",
    {},
    html("b", {}, text(number.slice(0, count))),
    html("span", {}, text(number.slice(count))),
  );
}

const tiny = (value) => value.toExponential(0).replace("-", "−");

// --- the numbers -----------------------------------------------------------------------

function drawNumberTable(host, st) {
  const { data } = st;
  const focus = st.focus();
  const { now, before } = st.around();
  const told = (values) => values.map((value) => show(value, 4)).join(", ");
  const rows = data.slots.map(({ name, symbol, words }) => {
    const [old, fresh] = [before[name][focus], now[name][focus]];
    const changed = same(old, fresh) ? "" : "changed";
    return html(
      "tr",
      {},
      html("th", { scope: "row" }, math(symbol)),
      html("td", {}, words),
      html("td", {}, told(old)),
      html("td", { className: changed }, told(fresh)),
    );
  });
  const titles = ["Slot", "What it holds", "Before this step", "After it"];
  host.replaceChildren(
    html("p", { className: "hint" }, `Token ${spoken(data.tokens[focus])}, step ${st.step} of ${st.count}.`),
    table(titles, rows),
    html("p", { className: "hint" }, "The answer at the query over depth."),
    table(["Share of depth", "Program"], depthRows(data.answers)),
    ...(data.trained.readouts
      ? [table(["Share of depth", "Trained, read out"], depthRows(data.trained.readouts))]
      : []),
  );
}

function table(titles, rows) {
  const head = titles.map((title) => html("th", { scope: "col" }, title));
  return html("table", {}, html("thead", {}, html("tr", {}, ...head)), html("tbody", {}, ...rows));
}

const depthRows = (answers) =>
  answers.map((answer, i) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, show(i / (answers.length - 1))),
      html("td", {}, show(answer, 4)),
    ),
  );
