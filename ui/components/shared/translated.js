// A browser's translator puts <font> where a text was, and whoever drew the page, React here, goes
// on holding the text: to remove it, or to change it, would fail or change nothing that is seen.

let bears = false;
/** @type {WeakMap<Node, Element>} What stands on the page in place of a text. */
const stands = new WeakMap();

/** From now on a text that was translated is removed, followed and changed where it stood. */
export function bearTranslators() {
  if (bears) return;
  bears = true;
  const changed = new MutationObserver((records) => {
    for (const { target } of records) putBack(target);
  });
  new MutationObserver((records) => {
    for (const record of records) note(record, changed);
  }).observe(document.documentElement, { childList: true, subtree: true });
  const { insertBefore, removeChild } = Node.prototype;
  Object.assign(Node.prototype, {
    /** @this {Node} @param {Node} child */
    removeChild(child) {
      if (!isLost(child, this)) removeChild.call(this, placeOf(child, this));
      return child;
    },
    /** @this {Node} @param {Node} node @param {Node | null} before */
    insertBefore(node, before) {
      const known = before && !isLost(before, this);
      return insertBefore.call(this, node, known ? placeOf(before, this) : null);
    },
  });
}

/**
 * A text that gave way to <font>, in one go or after it was put beside.
 *
 * @param {MutationRecord} record @param {MutationObserver} changed
 */
function note({ addedNodes, removedNodes, previousSibling, nextSibling }, changed) {
  const font = [...addedNodes, previousSibling, nextSibling].find((node) => isFont(node));
  for (const text of removedNodes) {
    if (!(text instanceof Text) || !(font instanceof Element) || text.isConnected) continue;
    stands.set(text, font);
    changed.observe(text, { characterData: true });
  }
}

/**
 * A text that has another content stands for itself again, until it is translated anew.
 *
 * @param {Node} text
 */
function putBack(text) {
  const font = stands.get(text);
  if (!font?.isConnected || text.isConnected) return;
  stands.delete(text);
  font.replaceWith(text);
}

/**
 * The child of a parent that holds a node, or stands for it; the node itself where there is none.
 *
 * @param {Node} node @param {Node} parent
 */
function placeOf(node, parent) {
  /** @type {Node | null | undefined} */
  let place = node.parentNode ? node : stands.get(node);
  while (place && place.parentNode !== parent)
    place = isFont(place.parentNode) ? place.parentNode : null;
  return place ?? node;
}

/**
 * Whether a text had given way before this module was there to see what to: the page says it still,
 * but goes on working.
 *
 * @param {Node} node @param {Node} parent
 */
const isLost = (node, parent) =>
  node instanceof Text &&
  !node.parentNode &&
  !stands.has(node) &&
  [...parent.childNodes].some((child) => isFont(child));

/** @param {Node | null} node */
const isFont = (node) => node?.nodeName === "FONT";
