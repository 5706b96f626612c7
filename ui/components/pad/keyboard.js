// The pad by keyboard: arrows move what has the focus, Shift by larger steps.

/** @import { Lab } from "./lab.js" */

import { clamp } from "../shared/numbers.js";
import { moveGuess, moveHandle, movePoint, moveQuery, remove, said } from "./gestures.js";
import { HANDLES } from "./state.js";

const STEP = { plain: 0.05, shift: 0.5 };
/** @type {Record<string, [x: number, y: number]>} */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * How far an arrow key moves, in x and y; null for any other key.
 *
 * @param {KeyboardEvent} event
 */
export function arrow(event) {
  const size = event.shiftKey ? STEP.shift : STEP.plain;
  return WAYS[event.key]?.map((part) => part * size) ?? null;
}

/**
 * "undo" or "redo" where the event is a shortcut for it.
 *
 * @param {KeyboardEvent} event
 */
export function shortcut(event) {
  if (!(event.ctrlKey || event.metaKey)) return null;
  const key = event.key.toLowerCase();
  if (key !== "z" && key !== "y") return null;
  return key === "y" || event.shiftKey ? "redo" : "undo";
}

/**
 * Ctrl+Z and its kin, except where a cell that is typed into has them for itself.
 *
 * @param {Lab} lab
 * @param {KeyboardEvent} event
 */
export function keyOnPad(lab, event) {
  const action = shortcut(event);
  if (!action || /** @type {Element} */ (event.target).matches("input[type=text]")) return;
  event.preventDefault();
  lab[action]();
}

/** @param {Lab} lab @param {KeyboardEvent} event */
export function keyOnGuess(lab, event) {
  if (event.key === "Enter") return lab.emit(true, { guess: lab.guess, commit: true });
  const move = pressed(event);
  if (move) moveGuess(lab, lab.guess + move[0] + move[1], true);
}

/** @param {Lab} lab @param {KeyboardEvent} event @param {number} index */
export function keyOnPoint(lab, event, index) {
  if (lab.asking) return;
  if (event.key === "Delete" || event.key === "Backspace") {
    event.preventDefault();
    return remove(lab, index);
  }
  const move = pressed(event);
  if (!move) return;
  const { x, y } = lab.axes;
  const [px, py] = lab.screen.points[index];
  movePoint(lab, index, clamp(px + move[0], -x, x), clamp(py + move[1], -y, y));
  const [nx, ny] = lab.screen.points[index];
  lab.announce(`Example ${index + 1}: ${said(lab, nx, ny)}`);
  lab.emit(true);
}

/** @param {Lab} lab @param {KeyboardEvent} event */
export function keyOnQuery(lab, event) {
  if (lab.asking) return;
  const move = pressed(event);
  if (!move) return;
  moveQuery(lab, clamp(lab.screen.query + move[0] + move[1], -lab.axes.x, lab.axes.x));
  lab.emit(true);
}

/** @param {Lab} lab @param {KeyboardEvent} event @param {number} index */
export function keyOnHandle(lab, event, index) {
  const move = pressed(event);
  if (!move || !lab.truth) return;
  const at = HANDLES[index] * lab.axes.x;
  const y = lab.truth[0] * at + lab.truth[1] + move[1] + move[0];
  moveHandle(lab, index, clamp(y, -lab.axes.y, lab.axes.y));
  lab.emit(true);
}

/**
 * The page is not to scroll with the arrows that move something.
 *
 * @param {KeyboardEvent} event
 */
function pressed(event) {
  const move = arrow(event);
  if (move) event.preventDefault();
  return move;
}
