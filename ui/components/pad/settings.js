// What can be set of a method, by its name.

import { html } from "../shared/dom.js";
import { show } from "../shared/numbers.js";
import { hasFocus, slider, tick } from "./controls.js";

// A row of settings that redraws its own values from the screen.
function settingsRow(parts, update) {
  const row = html("div", { className: "settings" }, ...parts);
  row.update = update;
  return row;
}

export const SETTINGS = {
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
      if (!hasFocus(rate)) rate.value = lab.screen.rate ?? "";
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
