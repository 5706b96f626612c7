// The whole map of a head's attention, as a picture.

const CELL = 13; // px at most
const SIDE = 250; // px at most

/**
 * @param {HTMLCanvasElement} canvas @param {number} tokens @param {string} colour
 * @param {(reader: number, token: number) => number} weight
 */
export function drawMap(canvas, tokens, colour, weight) {
  const cell = Math.max(2, Math.min(CELL, Math.floor(SIDE / tokens)));
  const ratio = devicePixelRatio || 1;
  canvas.width = canvas.height = tokens * cell * ratio;
  canvas.style.width = canvas.style.height = `${tokens * cell}px`;
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.scale(ratio, ratio);
  pen.fillStyle = colour;
  for (let reader = 0; reader < tokens; reader++)
    for (let token = 0; token <= reader; token++) {
      pen.globalAlpha = 0.06 + 0.94 * weight(reader, token);
      pen.fillRect(token * cell, reader * cell, cell - 1, cell - 1);
    }
}
