// Making elements, HTML and SVG.

export const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, parent = null) {
  const node = document.createElementNS(SVG, tag);
  set(node, attributes);
  if (parent) parent.append(node);
  return node;
}

export function html(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("aria-") || name.startsWith("data-") || name === "role")
      node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children);
  return node;
}

export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) node.removeAttribute(name);
    else node.setAttribute(name, value);
  }
}
