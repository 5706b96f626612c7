// Taking things away: files and pictures.

import { html, SVG, set } from "./dom.js";

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

const PAINT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font", "display"];

/** @param {SVGSVGElement} drawing @param {string} background */
export async function toPng(drawing, background) {
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
  const canvas = html("canvas", { width: 2 * width, height: 2 * height });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.fillStyle = background;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  /** @type {Promise<Blob>} */
  const png = new Promise((done) =>
    canvas.toBlob((blob) => done(/** @type {Blob} */ (blob)), "image/png"),
  );
  return png;
}
