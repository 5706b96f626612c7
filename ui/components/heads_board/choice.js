// Which heads are chosen, as a link says it: "3.2-5.1" is head 2 of layer 3 and head 1 of layer 5.

/** @param {string} word */
export const chosenIn = (word) => new Set(word ? word.split("-") : []);

/**
 * In the order of layers and heads, each once.
 *
 * @param {Iterable<string>} heads
 */
export const wordOf = (heads) =>
  [...new Set(heads)]
    .map((head) => head.split(".").map(Number))
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
    .map((head) => head.join("."))
    .join("-");

/** @param {string} word @param {string} head */
export function toggled(word, head) {
  const chosen = chosenIn(word);
  if (!chosen.delete(head)) chosen.add(head);
  return wordOf(chosen);
}

/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * Where an arrow key goes from a cell; null for other keys, and at the board's edge.
 *
 * @param {string} key @param {number} row @param {number} column
 * @param {number} rows @param {number} columns
 * @returns {[number, number] | null}
 */
export function moved(key, row, column, rows, columns) {
  const step = STEPS[key];
  if (!step) return null;
  const to = /** @type {[number, number]} */ ([row + step[0], column + step[1]]);
  return to[0] >= 0 && to[0] < rows && to[1] >= 0 && to[1] < columns ? to : null;
}
