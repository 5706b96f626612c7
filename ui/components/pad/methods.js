// Which methods answer, with which settings.

/** @import { Row } from "./controls.js" */
/** @import { Lab } from "./lab.js" */
/** @import { Method } from "./types.js" */

import { html, put, set, svg } from "../shared/dom.js";
import { updating } from "./controls.js";
import { settingsOf } from "./settings.js";

/** @param {HTMLElement} host @param {Lab} lab */
export function drawMethods(host, lab) {
  const settings = lab.data.hide.includes("settings");
  const shown = `${lab.methods()} ${settings}`;
  if (shown !== host.dataset.rows) {
    host.dataset.rows = shown;
    host.replaceChildren(...lab.data.look.methods.map((method) => methodRow(method, lab)));
  }
  for (const row of host.children) /** @type {Row} */ (row).update();
}

/** @param {Method} method @param {Lab} lab */
function methodRow(method, lab) {
  const { id: name, label: title, says, width, dash } = method;
  const swatch = svg("svg", { class: "swatch", viewBox: "0 0 30 10", "aria-hidden": "true" });
  const look = { "stroke-width": width, "stroke-dasharray": dash || null };
  const line = svg("path", { d: "M1 5H29", ...look }, swatch);
  const box = html("input", { type: "checkbox" });
  box.onchange = () => {
    const others = lab.screen.show.filter((other) => other !== name);
    lab.change("show", box.checked ? [...others, name] : others);
  };
  const told = html("output", { className: "told" });
  const label = html(
    "label",
    { title: says },
    box,
    swatch,
    html("span", { className: "name" }, title),
    told,
  );
  const row = html("li", { "data-method": name }, label);
  const some = method.settings.length && !lab.data.hide.includes("settings");
  const settings = some ? settingsOf(method, lab) : null;
  if (settings) row.append(settings);
  return updating(row, () => {
    const on = lab.screen.show.includes(name);
    box.checked = on;
    set(line, { stroke: lab.colour(name) });
    const answer = lab.data.plane ? lab.data.at_query[name] : undefined;
    put(told, {
      textContent: typeof answer === "number" ? lab.y.show(answer) : answer === null ? "–" : "",
    });
    if (!settings) return;
    put(settings, { hidden: !on });
    settings.update();
  });
}
