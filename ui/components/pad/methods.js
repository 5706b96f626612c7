// Which methods answer, with which settings.

import { html, svg } from "../shared/dom.js";
import { show } from "../shared/numbers.js";
import { settingsOf } from "./settings.js";

export function drawMethods(host, lab) {
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
  if (style.settings.length && !lab.data.hide.includes("settings"))
    row.append(settingsOf(name, lab));
  return row;
}
