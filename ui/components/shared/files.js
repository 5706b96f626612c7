// Taking things away: files and pictures.

/** @import { Name } from "./legend.js" */

import { html, SVG, set } from "./dom.js";
import { drawNames, places, ROW } from "./legend.js";

/** @param {HTMLElement} button @param {string} text */
export function flash(button, text) {
  const was = button.textContent;
  button.textContent = text;
  setTimeout(() => (button.textContent = was), 1500);
}

/** @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const anchor = html("a", { href: URL.createObjectURL(blob), download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 1000);
}

/** Whatever a style sheet says of a drawing's looks: the copy has no style sheet. */
const PAINT = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "paint-order",
  "opacity",
  "font",
  "display",
];

const SHARP = 2; // pixels of the picture to one of the page

/**
 * @param {SVGSVGElement} drawing @param {string} background
 * @param {Name[]} names To stand below, in the drawing's own letters.
 */
export async function toPng(drawing, background, names) {
  const copy = /** @type {SVGSVGElement} */ (drawing.cloneNode(true));
  const [from, to] = [drawing, copy].map((node) => [
    node,
    .../** @type {NodeListOf<SVGElement>} */ (node.querySelectorAll("*")),
  ]);
  from.forEach((node, i) => {
    const computed = getComputedStyle(node);
    for (const property of PAINT)
      to[i].style.setProperty(property, computed.getPropertyValue(property));
  });
  const { width, height } = drawing.getBoundingClientRect();
  set(copy, { xmlns: SVG, width, height });
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(copy.outerHTML)}`;
  await image.decode();
  const canvas = html("canvas");
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const font = `650 13px ${getComputedStyle(drawing).fontFamily}`;
  pen.font = font;
  const at = places(
    names.map(({ text }) => pen.measureText(text).width),
    width,
  );
  const rows = at.length ? at[at.length - 1].row + 1 : 0;
  Object.assign(canvas, { width: SHARP * width, height: SHARP * (height + rows * ROW) });
  pen.fillStyle = background;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.scale(SHARP, SHARP);
  pen.drawImage(image, 0, 0, width, height);
  pen.font = font; // lost with the new size
  drawNames(pen, names, at, height);
  /** @type {Promise<Blob>} */
  const png = new Promise((done) =>
    canvas.toBlob((blob) => done(/** @type {Blob} */ (blob)), "image/png"),
  );
  return png;
}
