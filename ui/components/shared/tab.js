// What lasts as long as the browser's tab, where the browser lets us keep it.

/**
 * What was kept at a place; null where there is nothing, or nothing that can be read.
 *
 * @param {string} place
 */
export function kept(place) {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? "null");
  } catch {
    return null;
  }
}

/**
 * Keep something at a place, or nothing. A browser without storage keeps nothing.
 *
 * @param {string} place @param {object | null} what
 */
export function keep(place, what) {
  try {
    if (what) sessionStorage.setItem(place, JSON.stringify(what));
    else sessionStorage.removeItem(place);
  } catch {
    // Then it lasts as long as the page.
  }
}
