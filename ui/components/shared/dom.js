// Making and finding elements, HTML and SVG.

export const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Record<string, string | number | boolean | null>} Attributes */

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {Node | null} [parent]
 */
export function svg(tag, attributes = {}, parent = null) {
  const node = document.createElementNS(SVG, tag);
  set(node, attributes);
  if (parent) parent.appendChild(node);
  return node;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties]
 * @param {(Node | string)[]} children
 */
export function html(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("aria-") || name.startsWith("data-") || name === "role")
      node.setAttribute(name, value);
    else Object.assign(node, { [name]: value });
  }
  node.append(...children);
  return node;
}

/**
 * Set attributes; null takes one away. One that is as it was costs no drawing.
 *
 * @param {Element} node @param {Attributes} attributes
 */
export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) node.removeAttribute(name);
    else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
  }
}

/**
 * Set properties. One that is as it was is left: the same text, set again, is laid out again.
 *
 * @param {any} node @param {Record<string, string | number | boolean>} properties
 */
export function put(node, properties) {
  for (const [name, value] of Object.entries(properties))
    if (node[name] !== value) node[name] = value;
}

/**
 * Make the children of an element like others, touching only what differs: what stays need not
 * be laid out and painted again. For children without listeners or state.
 *
 * @param {Element} host @param {Node[]} made
 */
export function become(host, made) {
  const there = [...host.childNodes];
  for (const node of there.slice(made.length)) node.remove();
  made.forEach((node, i) => {
    if (i < there.length) liken(there[i], node);
    else host.append(node);
  });
}

/** @param {ChildNode} node @param {Node} made */
function liken(node, made) {
  if (node.nodeName !== made.nodeName) node.replaceWith(made);
  else if (node instanceof Element && made instanceof Element) {
    for (const name of made.getAttributeNames()) {
      const value = made.getAttribute(name);
      if (value !== null && node.getAttribute(name) !== value) node.setAttribute(name, value);
    }
    if (node.attributes.length > made.attributes.length)
      for (const name of node.getAttributeNames())
        if (!made.hasAttribute(name)) node.removeAttribute(name);
    if (node.firstChild || made.firstChild) become(node, [...made.childNodes]);
  } else if (node.nodeValue !== made.nodeValue) node.nodeValue = made.nodeValue;
}

/**
 * Keep the children that are there, so that focus and captured pointers survive.
 *
 * @param {Element} host @param {number} count @param {(index: number) => Node} make
 */
export function fit(host, count, make) {
  while (host.children.length > count) host.lastChild?.remove();
  while (host.children.length < count) host.append(make(host.children.length));
}

/**
 * The drawing that fills an element; what was drawn before is taken away.
 *
 * @param {Element} host @param {Attributes} attributes
 */
export function canvas(host, attributes) {
  const there = host.firstElementChild;
  const root = there instanceof SVGSVGElement ? there : svg("svg", { role: "img" }, host);
  set(root, attributes);
  root.replaceChildren();
  return root;
}

/**
 * Where a component's parts are, by their `data-role`: each is the element that its HTML says.
 *
 * @param {HTMLElement} root
 * @returns {(role: string) => any}
 */
export const partsOf = (root) => (role) => root.querySelector(`[data-role="${role}"]`);
