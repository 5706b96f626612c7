// What is pasted from a spreadsheet: a column of numbers, or a table of them.

import { readWithin, Unreadable } from "./numbers.js";

/** @import { Bounds } from "./numbers.js" */

/**
 * Whether a text is more than one cell.
 *
 * @param {string} text
 */
export function isTable(text) {
  const lines = linesOf(text);
  return lines.length > 1 || (lines.length === 1 && cellsOf(lines[0], separator(lines)).length > 1);
}

/**
 * The numbers of a column, or of the columns x and y: as many in every row.
 *
 * A first line without any number names the columns, and where it names x and y among others,
 * these are read. Cells are apart by tabs, semicolons, spaces, or commas where these are no
 * decimal commas: "1,5" alone is one number.
 *
 * @param {string} text
 * @param {[x: Bounds, y: Bounds]} bounds
 * @param {number} first Which of them a single column is: 0 for x, 1 for y.
 * @returns {number[][]} Rows of one number or of two.
 * @throws {Unreadable} With a sentence that names the line: then nothing of it is to be taken.
 */
export function readTable(text, bounds, first = 0) {
  const lines = linesOf(text);
  const between = separator(lines);
  const cells = lines.map((line) => cellsOf(line, between));
  const head = cells[0]?.some((cell) => /[0-9]/.test(cell)) ? null : cells[0];
  const picked = columns(head, cells[head ? 1 : 0] ?? []);
  const names = picked.length === 2 ? ["x", "y"] : ["xy"[first]];
  const within = picked.length === 2 ? bounds : [bounds[first]];
  const rows = cells.slice(head ? 1 : 0);
  if (!rows.length) throw new Unreadable("there is no number in it");
  return rows.map((row, i) =>
    picked.map((column, j) => {
      const cell = row[column] ?? "";
      const where = `line ${i + (head ? 2 : 1)}: ${names[j]}`;
      if (row.length > cells[0].length) throw new Unreadable(`${where} is followed by more cells`);
      if (cell === "") throw new Unreadable(`${where} is empty`);
      try {
        return readWithin(cell, within[j]);
      } catch (error) {
        throw new Unreadable(`${where}, “${cell}”, ${/** @type {Error} */ (error).message}`);
      }
    }),
  );
}

/** @param {string[] | null} head @param {string[]} row */
function columns(head, row) {
  const named = ["x", "y"].map((name) => (head ?? []).indexOf(name));
  if (named.every((at) => at >= 0)) return named;
  if (row.length > 2)
    throw new Unreadable(`it has ${row.length} columns: paste one, or x and y, or name them so`);
  return row.length === 2 ? [0, 1] : [0];
}

/** @param {string} text */
function linesOf(text) {
  const lines = text.trimEnd().split(/\r\n|\n|\r/);
  return lines.slice(lines.findIndex((line) => line.trim()));
}

/** @param {string} line @param {RegExp} between */
const cellsOf = (line, between) =>
  (between === SPACES ? line.trim() : line).split(between).map((cell) => cell.trim());

const SPACES = / +/;
const NEVER = /$^/;

/**
 * What is between the cells of a table.
 *
 * @param {string[]} lines
 */
function separator(lines) {
  const text = lines.join("\n");
  if (text.includes("\t")) return /\t/;
  if (text.includes(";")) return /;/;
  if (areListed(lines)) return /,/;
  if (/^\s*\S+ +\S+/m.test(text)) return SPACES;
  return NEVER;
}

/**
 * Whether commas stand between the cells: there are as many on every line, and on some they can be
 * nothing else, beside points, spaces, names or further commas.
 *
 * @param {string[]} lines
 */
function areListed(lines) {
  const commas = lines.map((line) => line.split(",").length - 1);
  const surely = /,\s|,.*,|,.*\.|\..*,|,.*[a-df-z]|[a-df-z].*,/i;
  return commas[0] > 0 && new Set(commas).size === 1 && lines.some((line) => surely.test(line));
}
