// How Streamlit and a part of the page meet: one object for each place that it is shown in.

import { offerWhole } from "./whole.js";

/**
 * What Streamlit calls a component with.
 *
 * @typedef {object} Given
 * @property {any} data What Python sends.
 * @property {HTMLElement | ShadowRoot} parentElement
 * @property {(name: string, value: unknown) => void} setStateValue
 * @property {(name: string, value: unknown) => void} setTriggerValue
 */

/**
 * The default export of a component.
 *
 * Streamlit calls it again with each answer, the elements being kept, and calls what it
 * returns when they are gone.
 *
 * @param {string} role The `data-role` of its outermost element.
 * @param {(root: HTMLElement) => { receive: (given: Given) => void, end: () => void }} make
 */
export function component(role, make) {
  const shown = new WeakMap();
  const endings = new WeakMap();
  return (/** @type {Given} */ given) => {
    /** @type {HTMLElement | null} */
    const root = given.parentElement.querySelector(`[data-role="${role}"]`);
    if (!root) throw new Error(`The component's HTML has no data-role="${role}".`);
    if (!shown.has(root)) {
      endings.set(root, offerWhole(root));
      shown.set(root, make(root));
    }
    const part = shown.get(root);
    part.receive(given);
    return () => {
      // Also called when an answer overtook the one before it while the module was loading.
      if (root.isConnected || shown.get(root) !== part) return;
      shown.delete(root);
      part.end();
      endings.get(root)();
    };
  };
}
