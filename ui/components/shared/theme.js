// Is it dark, and when does that change?

/**
 * Streamlit gives the theme as CSS variables; whether it is dark is read off the background,
 * which the root repeats as the colour of a rule that it never draws.
 *
 * @param {HTMLElement} root
 */
export function isDark(root) {
  const [r, g, b] = (getComputedStyle(root).columnRuleColor.match(/[\d.]+/g) ?? []).map(Number);
  return 0.299 * r + 0.587 * g + 0.114 * b < 128;
}

/**
 * The variables come after the component, and change when the visitor picks another theme.
 * No event says so: that colour's transition does. Returns what ends the listening.
 *
 * @param {HTMLElement} root @param {() => void} redraw
 */
export function whenThemeTurns(root, redraw) {
  const heard = (/** @type {TransitionEvent} */ event) => {
    if (event.target === root && event.propertyName === "column-rule-color") redraw();
  };
  root.addEventListener("transitionend", heard);
  return () => root.removeEventListener("transitionend", heard);
}
