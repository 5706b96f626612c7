// Names below a picture that has none in it.

/** @typedef {{ text: string, colour: string, marker: string }} Name */

export const ROW = 22; // px
const [MARGIN, SWATCH, GAP] = [12, 18, 16];

/**
 * Where each name begins, in rows that are no wider than there is room.
 *
 * @param {number[]} widths Of the names' letters, in px. @param {number} room px
 */
export function places(widths, room) {
  let [x, row] = [MARGIN, 0];
  return widths.map((width) => {
    const takes = SWATCH + width;
    if (x > MARGIN && x + takes > room - MARGIN) [x, row] = [MARGIN, row + 1];
    const place = { x, row };
    x += takes + GAP;
    return place;
  });
}

/**
 * @param {CanvasRenderingContext2D} pen @param {Name[]} names
 * @param {{ x: number, row: number }[]} at @param {number} top px
 */
export function drawNames(pen, names, at, top) {
  pen.textBaseline = "middle";
  names.forEach(({ text, colour, marker }, i) => {
    const y = top + (at[i].row + 0.5) * ROW;
    pen.fillStyle = colour;
    pen.fillText(text, at[i].x + SWATCH, y);
    pen.save();
    pen.translate(at[i].x + 6, y);
    pen.fill(new Path2D(marker));
    pen.restore();
  });
}
