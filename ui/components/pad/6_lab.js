// The lab: one state, one message in flight, everything drawn from the last answer.

const GAP = { steps: { point: 0.05, fine: 0.5 } }; // keyboard steps: plain and with Shift
const PATIENCE = 4000; // ms after which a message without an answer is sent again
const TASK_KEYS = ["points", "drawn", "line", "d", "intercept", "sigma", "k", "seed"];
const labs = new WeakMap();

class Lab {
  constructor(root) {
    this.root = root;
    const roles = [...root.querySelectorAll("[data-role]")].map((node) => [node.dataset.role, node]);
    this.roles = new Map(roles);
    this.part = (role) => this.roles.get(role); // also while its part of the pad is left out
    this.parts = [...root.querySelectorAll("[data-part]")].map((node) => ({
      node,
      gap: document.createComment(node.dataset.part),
    }));
    this.numbers = root.querySelector(".numbers");
    this.undoButton = root.querySelector("[data-do=undo]");
    this.redoButton = root.querySelector("[data-do=redo]");
    this.past = [];
    this.future = [];
    this.sent = 0;
    this.heard = 0;
    this.waiting = false;
    this.plane = new Plane(this, this.part("canvas"));
    this.weightHost = html("div", { className: "weightView" });
    this.part("canvas").append(this.weightHost);
    for (const button of root.querySelectorAll("[data-do]"))
      button.onclick = () => this[button.dataset.do]();
    this.part("truth").onchange = (event) => this.toggleTruth(event.target.checked);
    this.part("layer").oninput = (event) => this.pickLayer(Number(event.target.value), true);
    root.onkeydown = (event) => this.shortcut(event);
    new ResizeObserver(() => this.redraw()).observe(this.part("canvas"));
    whenThemeTurns(root, () => this.redraw());
  }

  // --- messages ------------------------------------------------------------------

  receive(data, setStateValue) {
    this.setStateValue = setStateValue;
    if (data.seq < this.heard) this.startOver(data.seq);
    this.heard = data.seq;
    const behind = data.seq < this.sent;
    if (!behind) this.waiting = false;
    this.data = data;
    this.styles = data.styles;
    if (!this.screen || (!behind && !this.pending)) this.adopt(data);
    this.say(data.notice);
    this.draw();
    if (this.pending && !this.waiting) this.send();
  }

  adopt(data) {
    this.screen = { ...data.screen, drawn: data.drawn };
    this.truth = data.truth ?? null;
    this.guess = data.guess?.value ?? 0;
    if (!this.known) this.known = this.snapshot();
  }

  // `final` marks the end of a gesture: it is undoable and goes into the link.
  emit(final, extra = {}) {
    if (final) this.remember();
    this.pending = { ...this.pending, ...extra, final: final || (this.pending?.final ?? false) };
    this.draw();
    if (!this.waiting) this.send();
  }

  // Another process answers, which knows the link alone: what its forerunner took along.
  startOver(seq) {
    this.sent = seq;
    this.takeBack();
  }

  // What was sent and not answered is to be sent once more, beside what has come since.
  takeBack() {
    if (!this.waiting) return;
    this.waiting = false;
    const final = Boolean(this.unanswered.final || this.pending?.final);
    this.pending = { ...this.unanswered, ...this.pending, final };
  }

  sendAgain() {
    this.takeBack();
    if (this.pending && this.root.isConnected) this.send();
  }

  send() {
    const { final, ...extra } = this.pending;
    const { drawn, ...changes } = this.screen;
    if (!drawn) changes.points = null;
    this.unanswered = this.pending;
    this.pending = null;
    this.waiting = true;
    clearTimeout(this.patience);
    this.patience = setTimeout(() => this.sendAgain(), PATIENCE);
    this.sent = Math.max(this.sent, this.data.seq) + 1;
    this.setStateValue("message", { seq: this.sent, final, changes: { ...changes, ...extra } });
  }

  // --- undo ------------------------------------------------------------------------

  snapshot() {
    return JSON.stringify(Object.fromEntries(TASK_KEYS.map((key) => [key, this.screen[key]])));
  }

  remember() {
    const now = this.snapshot();
    if (now === this.known) return;
    this.past.push(this.known);
    this.future = [];
    this.known = now;
  }

  travel(from, to) {
    if (!from.length) return;
    to.push(this.known);
    this.known = from.pop();
    Object.assign(this.screen, JSON.parse(this.known));
    this.emit(false);
    this.emit(true);
  }

  undo() {
    this.travel(this.past, this.future);
  }

  redo() {
    this.travel(this.future, this.past);
  }

  // --- what a visitor does ------------------------------------------------------------

  // While a guess is asked for, only the guess can be moved.
  get asking() {
    return Boolean(this.data.guess?.open);
  }

  moveGuess(y, final) {
    this.guess = clamp(y, -this.plane.axes.y, this.plane.axes.y);
    this.announce(`Your guess: y ${show(this.guess)}`);
    this.emit(final, { guess: this.guess });
  }

  own() {
    this.screen.drawn = true;
    this.screen.line = null;
    this.truth = null;
  }

  add(x, y) {
    if (this.screen.points.length >= this.data.limits.points)
      return this.say(`The prompt is full: it takes at most ${this.data.limits.points} examples.`);
    this.own();
    this.screen.points.push([x, y]);
    this.announce(`Example ${this.screen.points.length} added at x ${show(x)}, y ${show(y)}`);
    this.emit(true);
  }

  addPoint() {
    const at = this.data.at_query.transformer ?? 0;
    this.add(this.screen.query, clamp(at, -this.plane.axes.y, this.plane.axes.y));
    this.plane.focusPoint(this.screen.points.length - 1);
  }

  movePoint(index, x, y) {
    this.own();
    this.screen.points[index] = [x, y];
    this.emit(false);
  }

  remove(index) {
    this.own();
    this.screen.points.splice(index, 1);
    this.announce(`Example ${index + 1} deleted`);
    this.emit(true);
    this.plane.focusPoint(Math.min(index, this.screen.points.length - 1));
  }

  typed(index, axis, input) {
    const value = input.value.trim() === "" ? NaN : Number(input.value);
    if (!Number.isFinite(value)) {
      const was = this.screen.points[index][axis === "x" ? 0 : 1];
      input.value = was.toFixed(4);
      return this.say(`${axis} must be a finite number; it stays ${show(was)}.`);
    }
    this.own();
    this.screen.points[index][axis === "x" ? 0 : 1] = value;
    this.emit(true);
  }

  clear() {
    this.own();
    this.screen.points = [];
    this.emit(true);
  }

  sample() {
    const seed = Math.floor(Math.random() * 1e6);
    Object.assign(this.screen, { seed, drawn: false, line: null });
    this.emit(true);
  }

  moveQuery(x) {
    this.screen.query = x;
    this.emit(false);
  }

  toggleTruth(wanted) {
    if (!wanted) this.own();
    else {
      this.truth = this.screen.d === 1 ? [0.6, 0] : [0.6, 0.2];
      this.reline();
    }
    this.emit(true);
  }

  moveHandle(index, y) {
    const [a, b] = HANDLES.map((share) => share * this.plane.axes.x);
    const [slope, offset] = this.truth;
    const held = [slope * a + offset, slope * b + offset];
    held[index] = y;
    const through = this.screen.d >= 2;
    const turned = through ? (held[1] - held[0]) / (b - a) : y / [a, b][index];
    this.truth = [turned, through ? held[0] - turned * a : 0];
    this.reline();
    this.emit(false);
  }

  // Points follow the line at once; the server redraws them with the same noise.
  reline() {
    this.screen.line = [...this.truth];
    this.screen.drawn = false;
    const noise = this.data.noise ?? [];
    this.screen.points.forEach((point, i) => {
      point[1] = this.truth[0] * point[0] + this.truth[1] + (noise[i] ?? 0);
    });
  }

  change(name, value, final = true) {
    this.screen[name] = value;
    this.emit(final);
  }

  pickLayer(layer, slid = false) {
    const off = layer < 0 || (!slid && this.screen.layer === layer);
    this.change("layer", off ? null : layer);
  }

  layerCurve() {
    return this.screen.layer === null ? null : this.data.layers?.curves[this.screen.layer];
  }

  // --- keyboard ---------------------------------------------------------------------------

  step(event) {
    const size = event.shiftKey ? GAP.steps.fine : GAP.steps.point;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const move = way[event.key];
    if (move) event.preventDefault();
    return move && move.map((part) => part * size);
  }

  keyOnGuess(event) {
    if (event.key === "Enter") return this.emit(true, { guess: this.guess, commit: true });
    const move = this.step(event);
    if (move) this.moveGuess(this.guess + move[0] + move[1], true);
  }

  keyOnPoint(event, index) {
    if (this.asking) return;
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      return this.remove(index);
    }
    const move = this.step(event);
    if (!move) return;
    const { x, y } = this.plane.axes;
    const [px, py] = this.screen.points[index];
    this.movePoint(index, clamp(px + move[0], -x, x), clamp(py + move[1], -y, y));
    const [nx, ny] = this.screen.points[index];
    this.announce(`Example ${index + 1}: x ${show(nx)}, y ${show(ny)}`);
    this.emit(true);
  }

  keyOnQuery(event) {
    if (this.asking) return;
    const move = this.step(event);
    if (!move) return;
    this.moveQuery(clamp(this.screen.query + move[0] + move[1], -this.plane.axes.x, this.plane.axes.x));
    this.emit(true);
  }

  keyOnHandle(event, index) {
    const move = this.step(event);
    if (!move) return;
    const at = HANDLES[index] * this.plane.axes.x;
    const y = this.truth[0] * at + this.truth[1] + move[1] + move[0];
    this.moveHandle(index, clamp(y, -this.plane.axes.y, this.plane.axes.y));
    this.emit(true);
  }

  shortcut(event) {
    if (!(event.ctrlKey || event.metaKey) || event.target.matches("input[type=number]")) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) this.redo();
    else this.undo();
  }

  // --- drawing -----------------------------------------------------------------------------

  shown() {
    return this.methods().filter((name) => this.screen.show.includes(name));
  }

  methods() {
    const out = ["truth", ...this.data.hide];
    return Object.keys(this.styles).filter((name) => !out.includes(name));
  }

  colour(name) {
    return this.styles[name][this.dark ? "dark" : "light"];
  }

  // A page that was left takes the pad away, but not what watches it.
  redraw() {
    if (this.data && this.root.isConnected) this.draw();
  }

  draw() {
    const { data } = this;
    this.dark = isDark(this.root);
    this.root.classList.toggle("dark", this.dark);
    this.root.classList.toggle("room", data.zoom > 1);
    for (const node of this.root.querySelectorAll("[data-plane]")) node.hidden = !data.plane;
    this.leaveOut(data.hide);
    this.plane.root.style.display = data.plane ? "" : "none";
    this.weightHost.hidden = data.plane;
    this.drawStage();
    drawPrompt(this.part("prompt"), this);
    drawMethods(this.part("methods"), this);
    drawTask(this.part("task"), this);
    this.drawLayers();
    this.drawErrors();
    if (this.numbers.open || !this.tabled) this.drawNumbers();
    this.undoButton.disabled = !this.past.length;
    this.redoButton.disabled = !this.future.length;
    this.part("python").textContent = data.python;
    this.part("at").textContent = data.plane ? `ŷ at x = ${show(this.screen.query)}` : "";
  }

  // What a page or a teacher has no use for is not in the document, rather than out of sight.
  leaveOut(hide) {
    for (const { node, gap } of this.parts) {
      const out = hide.includes(node.dataset.part);
      if (out && !gap.parentNode) node.replaceWith(gap);
      if (!out && gap.parentNode) gap.replaceWith(node);
    }
  }

  drawStage() {
    const width = this.part("canvas").clientWidth || 640;
    this.part("truth").checked = Boolean(this.truth);
    this.part("hint").textContent = this.asking
      ? "Click, or drag the diamond, to the y that you expect. With the keyboard: Tab to the diamond, arrows move it, Enter commits."
      : this.data.plane
      ? "Click to add a point, drag to move it, double-click to delete. Drag ▲ to ask at another x. " +
        "With the keyboard: Tab to a point, arrows move it, Delete removes it."
      : "More than one input: no line to draw, so compare the weights that each learner holds.";
    if (!this.data.plane) return drawWeights(this.weightHost, this);
    const { zoom, hide } = this.data;
    const low = hide.includes("layers") ? 300 : 205; // in a room, all of it is to fit one screen
    const height = zoom > 1 ? Math.max(low, width * 0.3) : clamp(width * 0.62, 300, 430);
    this.plane.resize(width, Math.round(height), zoom);
    this.plane.draw();
  }

  drawLayers() {
    const layers = this.data.plane ? this.data.layers : this.data.weights.layers;
    this.part("layers").hidden = !layers;
    if (!layers) return;
    const count = layers.r2.length;
    const { layer } = this.screen;
    drawStrip(this.part("strip"), this);
    set(this.part("layer"), { max: count - 1 });
    this.part("layer").value = layer ?? -1;
    this.part("layerName").textContent =
      layer === null ? "No layer on the pad" : `${layer ? `After layer ${layer}` : "Input"} on the pad`;
    const like = `d = ${this.screen.d}, k = ${this.data.screen.k}`;
    this.part("layerHint").textContent =
      "Each small picture is the line that a linear readout, fitted once for that layer, gives on this very prompt. " +
      `R² is its average score on other prompts with ${like}: 1 is perfect, ${show(layers.bayes_r2)} the best possible. ` +
      "A readout shows what can be read, not what the network uses.";
  }

  drawErrors() {
    drawErrors(this.part("errors"), this);
    this.part("errorHint").textContent = this.data.errors.clean
      ? "Squared error of each method on the next example's true answer, having seen the k before it."
      : "Your own points have no known truth, so this is the squared error of predicting each next point from those before it.";
  }

  drawNumbers() {
    const focused = this.root.getRootNode().activeElement;
    if (this.part("table").contains(focused) && focused.matches("input")) return;
    drawTable(this.part("table"), this);
    this.numbers.ontoggle = () => this.drawNumbers();
    this.tabled = true;
  }

  say(sentence) {
    const notice = this.part("notice");
    notice.hidden = !sentence;
    notice.textContent = sentence ?? "";
  }

  announce(sentence) {
    this.part("live").textContent = sentence;
  }

  // --- taking it away -------------------------------------------------------------------------

  copyLink() {
    const link = new URL(location.href);
    link.search = new URLSearchParams(this.data.link).toString();
    this.copy(link.href, "copyLink");
  }

  copyPython() {
    this.copy(this.data.python, "copyPython");
  }

  async copy(text, action) {
    const field = this.part("byHand");
    field.value = text;
    try {
      await navigator.clipboard.writeText(text);
      field.hidden = true;
      flash(this.root.querySelector(`[data-do=${action}]`), "Copied");
      this.announce("Copied");
    } catch {
      field.hidden = false; // no clipboard outside https: show the text to copy by hand
      field.select();
    }
  }

  downloadCsv() {
    save(new Blob([toCsv(this)], { type: "text/csv" }), "prompt.csv");
  }

  async downloadPng() {
    const drawing = this.data.plane ? this.plane.root : this.weightHost.querySelector("svg");
    save(await toPng(drawing, getComputedStyle(this.root).backgroundColor), "prompt.png");
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector('[data-role="lab"]');
  if (!labs.has(root)) labs.set(root, new Lab(root));
  labs.get(root).receive(data, setStateValue);
}
