// How Streamlit and a part of the page meet: one object for each place that it is shown in.

/**
 * The default export of a component.
 *
 * Streamlit calls it again with each answer, the elements being kept, and calls what it
 * returns when they are gone.
 *
 * @param role The `data-role` of its outermost element.
 * @param make Makes `{ receive(given), end() }` for that element.
 */
export function component(role, make) {
  const shown = new WeakMap();
  return (given) => {
    const root = given.parentElement.querySelector(`[data-role="${role}"]`);
    if (!shown.has(root)) shown.set(root, make(root));
    const part = shown.get(root);
    part.receive(given);
    return () => {
      // Also called when an answer overtook the one before it while the module was loading.
      if (root.isConnected || shown.get(root) !== part) return;
      shown.delete(root);
      part.end();
    };
  };
}
