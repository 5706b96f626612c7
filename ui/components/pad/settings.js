// What can be set of a method, from its table: sliders, numbers to type, ticks.

/** @import { Lab } from "./lab.js" */
/** @import { Method, Setting } from "./types.js" */

import { html, put, set } from "../shared/dom.js";
import { numberField } from "../shared/number_field.js";
import { clamp, show } from "../shared/numbers.js";
import { slider, tick, updating } from "./controls.js";

/** @typedef {{ parts: Node[], update: () => void }} Control */

/**
 * A row with the controls of a method, which redraws its own values from the screen.
 *
 * @param {Method} method @param {Lab} lab
 */
export function settingsOf(method, lab) {
  const controls = method.settings.map((setting) => control(setting, lab));
  const text = html("small", {});
  const row = html("div", { className: "settings" }, ...controls.flatMap((one) => one.parts), text);
  return updating(row, () => {
    for (const one of controls) one.update();
    const detail = lab.data.details[method.id] ?? "";
    put(text, { textContent: detail, hidden: !detail });
  });
}

/**
 * @param {Setting} setting @param {Lab} lab
 * @returns {Control}
 */
function control(setting, lab) {
  if (setting.kind === "flag") return flag(setting, lab);
  return setting.step === null ? number(setting, lab) : range(setting, setting.step, lab);
}

/** @param {Setting} setting @param {Lab} lab */
function flag(setting, lab) {
  const { box, label } = tick(setting.short || setting.label, (on) => lab.change(setting.id, on));
  const update = () => {
    box.checked = Boolean(lab.screen[setting.id]);
  };
  return { parts: [label], update };
}

/** @param {Setting} setting @param {Lab} lab */
function number(setting, lab) {
  const field = numberField({
    label: setting.label,
    bounds: { low: setting.low, high: setting.high, whole: setting.kind === "whole" },
    empty: Boolean(setting.automatic),
    placeholder: setting.automatic,
    title: setting.help,
    take: (value) => lab.change(setting.id, value),
    say: (sentence) => lab.announce(sentence),
  });
  const update = () => field.show(/** @type {number | null} */ (lab.screen[setting.id]));
  return { parts: [html("label", {}, `${setting.short} `, field)], update };
}

/** @param {Setting} setting @param {number} step @param {Lab} lab */
function range(setting, step, lab) {
  const now = () => Number(lab.screen[setting.id] ?? lab.data.used[setting.id]);
  const [low, high] = setting.range;
  const input = slider(setting.label, low, high, step, (at, final) =>
    lab.change(setting.id, valueAt(at, setting), final),
  );
  input.title = setting.help;
  input.onkeydown = (event) => {
    const move = oneOn(event, setting);
    if (!move) return;
    event.preventDefault();
    lab.change(setting.id, clamp(now() + move, setting.low, setting.high));
  };
  const value = html("output", {});
  const parts = [html("label", { className: "wide" }, `${setting.short} `, input, value)];
  const automatic = setting.automatic
    ? tick(setting.automatic, (on) => lab.change(setting.id, on ? null : now()))
    : null;
  if (automatic) parts.push(automatic.label);
  const update = () => {
    if (automatic) automatic.box.checked = lab.screen[setting.id] === null;
    const words = inWords(now(), setting);
    put(input, { value: String(placeOf(now(), setting)) });
    put(value, { textContent: words });
    set(input, { "aria-valuetext": words });
  };
  return { parts, update };
}

/** @type {Record<string, number>} */
const ARROWS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

/**
 * Arrows on a slider over powers of ten move a whole number by one: a step of it may be less.
 *
 * @param {KeyboardEvent} event @param {Setting} setting
 */
function oneOn(event, setting) {
  if (setting.kind !== "whole" || setting.scale !== "log") return 0;
  return ARROWS[event.key] ?? 0;
}

/**
 * A slider from 0 up is over the powers of ten of 1 + the value.
 *
 * @param {Setting} setting
 */
const shift = (setting) => (setting.floor > 0 ? 0 : 1);

/**
 * The value at a place of the slider.
 *
 * @param {number} place @param {Setting} setting
 */
export function valueAt(place, setting) {
  const even = setting.scale === "log" ? 10 ** place - shift(setting) : place;
  const value = setting.kind === "whole" ? Math.round(even) : even;
  return clamp(value, setting.low, setting.high);
}

/**
 * The place of a value on the slider.
 *
 * @param {number} value @param {Setting} setting
 */
export function placeOf(value, setting) {
  if (setting.scale !== "log") return value;
  return Math.log10(Math.max(value, setting.floor) + shift(setting));
}

/** @param {number} value @param {Setting} setting */
function inWords(value, setting) {
  if (setting.kind === "whole") return String(value);
  return setting.scale === "log" ? String(Number(value.toPrecision(3))) : show(value);
}
