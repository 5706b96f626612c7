// The course of the picture: from a time or a place on the slider to what is drawn there.

import { clamp } from "../shared/numbers.js";

const [MOVE, HOLD] = [1300, 700]; // ms from one layer to the next, and to look at it
const [DRAWN, BENDS] = [0.55, 0.45]; // of the way: when the arcs are there, when the line begins
const NEAR = 1e-6;

/** @param {number} share */
const eased = (share) => share * share * (3 - 2 * share);

/**
 * Where it is some time after it began to play at a layer.
 *
 * @param {number} time ms @param {number} from A layer. @param {number} last @param {boolean} still
 */
export function placeAt(time, from, last, still = false) {
  const whole = Math.floor(time / (MOVE + HOLD));
  const part = still ? 1 : clamp((time - whole * (MOVE + HOLD)) / MOVE, 0, 1);
  return Math.min(from + whole + part, last);
}

/**
 * What is drawn at a place between 0, the input, and the last layer.
 *
 * layer: whose arcs are drawn, and how far, from 0 to 1; the line lies between the readouts of
 * `before` and `layer`, by the share `bent`.
 *
 * @param {number} place
 */
export function sceneAt(place) {
  const before = Math.floor(place + NEAR);
  const way = place - before;
  if (way < NEAR) return { layer: before, drawn: 1, before, bent: 1 };
  return {
    layer: before + 1,
    drawn: eased(clamp(way / DRAWN, 0, 1)),
    before,
    bent: eased(clamp((way - BENDS) / (1 - BENDS), 0, 1)),
  };
}
