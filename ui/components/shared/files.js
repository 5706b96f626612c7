// Taking things away: files and pictures.

import { html, SVG, set } from "./dom.js";

export function flash(button, text) {
  const was = button.textContent;
  button.textContent = text;
  setTimeout(() => (button.textContent = was), 1500);
}

export function save(blob, name) {
  const anchor = html("a", { href: URL.createObjectURL(blob), download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 1000);
}

const PAINT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font", "display"];

export async function toPng(drawing, background) {
  const copy = drawing.cloneNode(true);
  const [from, to] = [drawing, copy].map((node) => [node, ...node.querySelectorAll("*")]);
  from.forEach((node, i) => {
    const computed = getComputedStyle(node);
    for (const property of PAINT) to[i].style[property] = computed.getPropertyValue(property);
  });
  const { width, height } = drawing.getBoundingClientRect();
  set(copy, { xmlns: SVG, width, height });
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(copy.outerHTML)}`;
  await image.decode();
  const canvas = html("canvas", { width: 2 * width, height: 2 * height });
  const pen = canvas.getContext("2d");
  pen.fillStyle = background;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
