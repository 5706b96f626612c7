// The last snapshot of a training, kept in the tab for when the server that trained is gone.

/** @import { Given } from "../shared/component.js" */

import { component } from "../shared/component.js";
import { partsOf } from "../shared/dom.js";
import { save } from "../shared/files.js";
import { keep, kept } from "../shared/tab.js";

/**
 * A snapshot: the weights as base64, their manifest entry as JSON.
 *
 * @typedef {{
 *   label: string, name: string, step: number, steps: number, weights: string, manifest: string,
 * }} Kept
 */

const PLACE = "last snapshot";

/** @returns {Kept | null} */
const read = () => kept(PLACE);

/**
 * What is told of a snapshot whose server is gone.
 *
 * @param {Kept} kept
 */
export function sentence({ label, step, steps }) {
  const whole = step >= steps;
  const what = whole
    ? `The server no longer has the network that you trained (${label}).`
    : `Your training (${label}) has ended: the server that ran it is gone, or the page was reloaded.`;
  const which = whole ? "It" : `Its last snapshot, after ${step} of ${steps} steps,`;
  return `${what} ${which} is kept in this tab until you close it or train another.`;
}

/** @param {string} text */
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

class Keepsake {
  /** @type {Given["setTriggerValue"]} */
  setTriggerValue;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.part = partsOf(root);
    this.on("bring", ({ weights, manifest }) =>
      this.setTriggerValue("brought", { weights, manifest }),
    );
    this.on("weights", ({ weights, name }) =>
      save(new Blob([bytes(weights)]), `${name}.safetensors`),
    );
    this.on("manifest", ({ manifest, name }) =>
      save(new Blob([manifest], { type: "application/json" }), `${name}.json`),
    );
    this.on("forget", () => {
      keep(PLACE, null);
      this.part("offer").hidden = true;
    });
  }

  /** Nothing goes on. */
  end() {}

  /** @param {string} role @param {(kept: Kept) => void} act */
  on(role, act) {
    this.part(role).onclick = () => {
      const left = read();
      if (left) act(left);
    };
  }

  /** @param {Given} given */
  receive({ data, setTriggerValue }) {
    this.setTriggerValue = setTriggerValue;
    if (data.kept) keep(PLACE, data.kept);
    const left = data.alive ? null : read();
    this.part("offer").hidden = !left;
    if (left) this.part("said").textContent = sentence(left);
  }
}

export default component("keepsake", (root) => new Keepsake(root));
