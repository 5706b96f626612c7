// Theme, files and pictures.

// Streamlit gives the theme as CSS variables; whether it is dark is read off the background,
// which the root repeats as the colour of a rule that it never draws.
function isDark(root) {
  const [r, g, b] = getComputedStyle(root).columnRuleColor.match(/[\d.]+/g).map(Number);
  return 0.299 * r + 0.587 * g + 0.114 * b < 128;
}

// The variables come after the component, and change when the visitor picks another theme.
// No event says so: that colour's transition does.
function whenThemeTurns(root, redraw) {
  root.addEventListener("transitionend", (event) => {
    if (event.target === root && event.propertyName === "column-rule-color") redraw();
  });
}

function flash(button, text) {
  const was = button.textContent;
  button.textContent = text;
  setTimeout(() => (button.textContent = was), 1500);
}

function save(blob, name) {
  const anchor = html("a", { href: URL.createObjectURL(blob), download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 1000);
}

function toCsv(lab) {
  const { data } = lab;
  const names = lab.shown();
  if (!data.plane) {
    const rows = { ...data.weights.rows, truth: data.weights.truth };
    const methods = [...names, "truth"].filter((name) => rows[name]);
    const head = ["weight", ...methods].join(",");
    const lines = rows.transformer.map((_, i) => [i + 1, ...methods.map((m) => rows[m][i])].join());
    return [head, ...lines].join("\n") + "\n";
  }
  const head = ["kind", "x", "y", ...names].join(",");
  const given = lab.screen.points.map(([x, y]) => ["example", x, y, ...names.map(() => "")].join());
  const xs = spaced(data.axes.x, data.curves.transformer.length);
  // A line with steps comes on a finer grid, of which every nth abscissa is one of these.
  const at = (ys, i) => ys[(i * (ys.length - 1)) / (xs.length - 1)];
  const asked = xs.map((x, i) =>
    ["prediction", x.toFixed(3), "", ...names.map((name) => at(data.curves[name], i))].join(),
  );
  return [head, ...given, ...asked].join("\n") + "\n";
}

const PAINT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font", "display"];

async function toPng(drawing, background) {
  const copy = drawing.cloneNode(true);
  const [from, to] = [drawing, copy].map((node) => [node, ...node.querySelectorAll("*")]);
  from.forEach((node, i) => {
    const computed = getComputedStyle(node);
    for (const property of PAINT) to[i].style[property] = computed.getPropertyValue(property);
  });
  const { width, height } = drawing.getBoundingClientRect();
  set(copy, { xmlns: SVG, width, height });
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(copy.outerHTML)}`;
  await image.decode();
  const canvas = html("canvas", { width: 2 * width, height: 2 * height });
  const pen = canvas.getContext("2d");
  pen.fillStyle = background;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
