// The controls beside the plane: which methods answer, with which settings, on which task.

function drawMethods(host, lab) {
  const names = lab.methods();
  const settings = lab.data.hide.includes("settings");
  if (`${names} ${settings}` !== host.dataset.rows) {
    host.dataset.rows = `${names} ${settings}`;
    host.replaceChildren(...names.map((name) => methodRow(name, lab)));
  }
  for (const row of host.children) {
    const name = row.dataset.method;
    const on = lab.screen.show.includes(name);
    row.querySelector("input[type=checkbox]").checked = on;
    row.querySelector(".swatch path").setAttribute("stroke", lab.colour(name));
    const told = lab.data.plane ? lab.data.at_query[name] : undefined;
    row.querySelector(".told").textContent = told === undefined ? "" : show(told);
    const settings = row.querySelector(".settings");
    if (settings) {
      settings.hidden = !on;
      settings.update();
    }
  }
}

function methodRow(name, lab) {
  const style = lab.styles[name];
  const swatch = svg("svg", { class: "swatch", viewBox: "0 0 30 10", "aria-hidden": "true" });
  const look = { "stroke-width": style.width, "stroke-dasharray": style.dash || null };
  svg("path", { d: "M1 5H29", ...look }, swatch);
  const box = html("input", {
    type: "checkbox",
    onchange: () => {
      const others = lab.screen.show.filter((other) => other !== name);
      lab.change("show", box.checked ? [...others, name] : others);
    },
  });
  const label = html(
    "label",
    { title: style.says },
    box,
    swatch,
    html("span", { className: "name" }, style.label),
    html("output", { className: "told" }),
  );
  const row = html("li", { "data-method": name }, label);
  const settings = lab.data.hide.includes("settings") ? null : SETTINGS[name]?.(lab);
  if (settings) row.append(settings);
  return row;
}

// A row of settings that redraws its own values from the screen.
function settingsRow(parts, update) {
  const row = html("div", { className: "settings" }, ...parts);
  row.update = update;
  return row;
}

function slider(label, low, high, step, onInput) {
  const input = html("input", { type: "range", min: low, max: high, step, "aria-label": label });
  input.oninput = () => onInput(Number(input.value), false);
  input.onchange = () => onInput(Number(input.value), true);
  return input;
}

function tick(label, onChange) {
  const box = html("input", { type: "checkbox", onchange: () => onChange(box.checked) });
  return [box, html("label", { className: "check" }, box, ` ${label}`)];
}

const SETTINGS = {
  ridge(lab) {
    const range = slider("Ridge λ, powers of ten", -4, 2, 0.1, (power, final) =>
      lab.change("lam", 10 ** power, final),
    );
    const [box, matched] = tick("match σ", (on) => lab.change("lam", on ? null : 0.1));
    const text = html("small", {});
    return settingsRow([range, matched, text], () => {
      box.checked = lab.screen.lam === null;
      range.value = Math.log10(lab.screen.lam ?? Math.max(lab.screen.sigma ** 2, 1e-4));
      text.textContent = lab.data.details.ridge;
    });
  },
  gd(lab) {
    const range = slider("Gradient descent steps", 0, 60, 1, (steps, final) =>
      lab.change("steps", steps, final),
    );
    const rate = html("input", {
      type: "number",
      min: 0,
      max: 1,
      step: "any",
      "aria-label": "Gradient descent rate",
      onchange: () => lab.change("rate", rate.value === "" ? null : Number(rate.value)),
    });
    const text = html("small", {});
    const steps = html("label", { className: "wide" }, "steps ", range);
    return settingsRow([steps, html("label", {}, "rate ", rate), text], () => {
      range.value = lab.screen.steps;
      rate.placeholder = "auto";
      if (lab.root.getRootNode().activeElement !== rate) rate.value = lab.screen.rate ?? "";
      const plural = lab.screen.steps === 1 ? "step" : "steps";
      text.textContent = `${lab.screen.steps} ${plural}, ${lab.data.details.gd}`;
    });
  },
  sgd(lab) {
    const range = slider("SGD rate", 0, 0.5, 0.01, (rate, final) =>
      lab.change("sgd_rate", rate, final),
    );
    const text = html("small", {});
    return settingsRow([range, text], () => {
      range.value = lab.screen.sgd_rate;
      text.textContent = `rate ${show(lab.screen.sgd_rate)}, one pass`;
    });
  },
  knn(lab) {
    const range = slider("Number of neighbours", 1, 10, 1, (count, final) =>
      lab.change("neighbours", count, final),
    );
    const [box, weighted] = tick("1/distance²", (on) => lab.change("weighted", on));
    const text = html("small", {});
    return settingsRow([range, weighted, text], () => {
      range.value = lab.screen.neighbours;
      box.checked = lab.screen.weighted;
      text.textContent = `k = ${lab.screen.neighbours}`;
    });
  },
  newton(lab) {
    const range = slider("Newton steps", 0, 15, 1, (steps, final) =>
      lab.change("newton", steps, final),
    );
    const text = html("small", {});
    return settingsRow([range, text], () => {
      range.value = lab.screen.newton;
      text.textContent = `${lab.screen.newton} ${lab.screen.newton === 1 ? "step" : "steps"}`;
    });
  },
};

// --- the task ----------------------------------------------------------------------

function drawTask(host, lab) {
  const names = Object.keys(TASK).filter((name) => !lab.data.hide.includes(name));
  if (names.join() !== host.dataset.rows) {
    host.dataset.rows = names.join();
    host.replaceChildren(...names.map((name) => TASK[name](lab)));
  }
  for (const row of host.children) row.update();
}

function taskRow(label, control, update) {
  const value = html("output", {});
  const row = html("label", { className: "row" }, html("span", {}, label), control, value);
  row.update = () => update(value);
  return row;
}

const TASK = {
  d(lab) {
    const most = lab.data.limits.d;
    const range = slider("Number of features d", 1, most, 1, (d, final) => lab.change("d", d, final));
    return taskRow("features d", range, (value) => {
      range.value = lab.screen.d;
      value.textContent = lab.screen.d;
    });
  },
  k(lab) {
    const range = slider("Number of examples k", 0, 40, 1, (k, final) => lab.change("k", k, final));
    return taskRow("examples k", range, (value) => {
      const own = lab.screen.drawn && lab.data.plane;
      range.max = lab.data.limits.points;
      range.disabled = own;
      range.value = own ? lab.screen.points.length : lab.screen.k;
      value.textContent = range.value;
    });
  },
  sigma(lab) {
    const levels = lab.data.limits.sigmas;
    const range = slider("Noise σ", 0, levels.length - 1, 1, (index, final) =>
      lab.change("sigma", levels[index], final),
    );
    return taskRow("noise σ", range, (value) => {
      range.value = levels.indexOf(lab.screen.sigma);
      value.textContent = lab.screen.sigma;
    });
  },
  intercept(lab) {
    const [box, label] = tick("intercept (one feature is the constant 1)", (on) =>
      lab.change("intercept", on),
    );
    label.classList.add("row");
    label.update = () => {
      box.checked = lab.screen.intercept && lab.screen.d > 1;
      box.disabled = lab.screen.d === 1;
    };
    return label;
  },
  seed(lab) {
    const input = html("input", { type: "number", min: 0, max: 999999, step: 1 });
    input.onchange = () => {
      Object.assign(lab.screen, { drawn: false, line: null });
      lab.change("seed", Number(input.value));
    };
    return taskRow("seed", input, () => {
      if (lab.root.getRootNode().activeElement !== input) input.value = lab.screen.seed;
    });
  },
};
