// Attention as the picture holds it: tokens x1 y1 … xk yk, and the query last.

/** @import { Picture } from "./mechanism.js" */

/** @param {string} base64 */
export function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** Attention of all heads of one network on one prompt. */
export class Weights {
  /** @param {Pick<Picture, "own" | "reads" | "maps" | "k">} given */
  constructor(given) {
    this.given = given;
    this.tokens = 2 * given.k + 1;
    this.bytes = given.maps === null ? null : bytesOf(given.maps);
  }

  get heads() {
    return this.given.own[0].length;
  }

  /**
   * What a head's reader gives a token; null where that is not known while a point moves.
   *
   * @param {number} layer From 0. @param {number} head @param {number} reader @param {number} token
   */
  of(layer, head, reader, token) {
    const { own, reads } = this.given;
    if (reader === this.tokens - 1) return reads[layer][head][token];
    if (reader % 2 && token === reader - 1) return own[layer][head][(reader - 1) / 2];
    if (!this.bytes) return null;
    const row = (layer * this.heads + head) * this.tokens + reader;
    return this.bytes[row * this.tokens + token] / 255;
  }

  /**
   * The same of the chosen head, or of the strongest of those that are on.
   *
   * @param {number} layer @param {number | null} head @param {Set<number>} off
   * @param {number} reader @param {number} token
   */
  strongest(layer, head, off, reader, token) {
    const all = head === null ? [...Array(this.heads).keys()] : [head];
    const on = all.filter((one) => !off.has(one));
    return Math.max(0, ...on.map((one) => this.of(layer, one, reader, token) ?? 0));
  }
}

/** @param {number} token @param {number} tokens */
export const tokenName = (token, tokens) =>
  token === tokens - 1 ? "the query" : `${token % 2 ? "y" : "x"}${Math.floor(token / 2) + 1}`;
