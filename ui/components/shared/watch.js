// What makes a component draw itself again: another width, another theme, full screen.

import { whenThemeTurns } from "./theme.js";
import { TURNED } from "./whole.js";

/**
 * Call `redraw` when `sized` gets another size or the theme turns, until the function that
 * comes back is called.
 *
 * @param {HTMLElement} root @param {Element} sized @param {() => void} redraw
 */
export function watch(root, sized, redraw) {
  const again = () => {
    // A size changes also with leaving the page, where there is no theme to draw in.
    if (root.isConnected) redraw();
  };
  const observer = new ResizeObserver(again);
  observer.observe(sized);
  const forget = whenThemeTurns(root, again);
  addEventListener("resize", again); // in a room the height counts, too
  root.addEventListener(TURNED, again);
  return () => {
    observer.disconnect();
    forget();
    removeEventListener("resize", again);
    root.removeEventListener(TURNED, again);
  };
}
