// What a visitor does to the task, by pointer, keyboard or table: a change, said and sent.

/** @import { Lab } from "./lab.js" */

import { clamp, show } from "../shared/numbers.js";

/**
 * A point in words.
 *
 * @param {Lab} lab @param {number} x @param {number} y
 */
export const said = (lab, x, y) => `${lab.x.name} ${lab.x.show(x)}, ${lab.y.name} ${lab.y.show(y)}`;

/** @param {Lab} lab @param {number} x @param {number} y */
export function add(lab, x, y) {
  const { points } = lab.data.limits;
  if (lab.screen.points.length >= points)
    return lab.say(`The prompt is full: it takes at most ${points} examples.`);
  lab.state.add(x, y);
  lab.announce(`Example ${lab.screen.points.length} added at ${said(lab, x, y)}`);
  lab.emit(true);
}

/**
 * Without a pointer: at the query, where the network's line is.
 *
 * @param {Lab} lab
 */
export function addAtQuery(lab) {
  const at = lab.data.at_query[lab.network] ?? 0;
  add(lab, lab.screen.query, clamp(at, -lab.axes.y, lab.axes.y));
  lab.view.plane.focusPoint(lab.screen.points.length - 1);
}

/** @param {Lab} lab @param {number} index @param {number} x @param {number} y */
export function movePoint(lab, index, x, y) {
  lab.state.move(index, x, y);
  lab.emit(false);
}

/** @param {Lab} lab @param {number} index */
export function remove(lab, index) {
  lab.state.remove(index);
  lab.view.points?.forget(index);
  lab.announce(`Example ${index + 1} deleted`);
  lab.emit(true);
  lab.view.plane.focusPoint(Math.min(index, lab.screen.points.length - 1));
}

/** @param {Lab} lab @param {number} index @param {0 | 1} axis @param {number} value */
export function setPoint(lab, index, axis, value) {
  lab.state.set(index, axis, value);
  lab.emit(true);
}

/** @param {Lab} lab @param {number} from @param {0 | 1} axis @param {number[][]} rows */
export function fillPoints(lab, from, axis, rows) {
  lab.state.fill(from, axis, rows);
  lab.emit(true);
}

/** @param {Lab} lab @param {0 | 1} part @param {number} value */
export function setTruth(lab, part, value) {
  lab.state.setTruth(part, value, lab.data.noise ?? []);
  lab.emit(true);
}

/** @param {Lab} lab */
export function clear(lab) {
  lab.state.clear();
  lab.emit(true);
}

/** @param {Lab} lab */
export function sample(lab) {
  lab.state.sample(Math.floor(Math.random() * 1e6));
  lab.emit(true);
}

/** @param {Lab} lab @param {number} x */
export function moveQuery(lab, x) {
  lab.screen.query = x;
  lab.emit(false);
}

/** @param {Lab} lab @param {number} y @param {boolean} final */
export function moveGuess(lab, y, final) {
  lab.state.guess = clamp(y, -lab.axes.y, lab.axes.y);
  lab.announce(`Your guess: y ${show(lab.guess)}`);
  lab.emit(final, { guess: lab.guess });
}

/** @param {Lab} lab @param {boolean} wanted */
export function toggleTruth(lab, wanted) {
  if (wanted) lab.state.showTruth(lab.data.noise ?? []);
  else lab.state.own();
  lab.emit(true);
}

/** @param {Lab} lab @param {number} index @param {number} y */
export function moveHandle(lab, index, y) {
  lab.state.turnTruth(index, y, lab.axes.x, lab.data.noise ?? []);
  lab.emit(false);
}

/** @param {Lab} lab @param {number} index @param {number} value */
export function moveWeight(lab, index, value) {
  const most = lab.data.limits.line;
  lab.state.setWeight(lab.trueWeights, index, clamp(Math.round(100 * value) / 100, -most, most));
  lab.emit(false);
}

/** @param {Lab} lab @param {number} layer */
export function pickLayer(lab, layer, slid = false) {
  const off = layer < 0 || (!slid && lab.layer === layer);
  lab.change("layer", off ? null : layer);
}
