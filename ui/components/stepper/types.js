// What the stepper is told by Python: `ui/construction/walks.py` makes it.

/** @typedef {string | [tag: string, ...children: any[]]} Formula MathML as nested lists. */

/** @typedef {Record<string, number[][]>} Numbers The numbers of every token, by slot. */

/**
 * @typedef {object} Slot
 * @property {string} name
 * @property {Formula} symbol
 * @property {string} words
 * @property {"prompt" | "scratch" | "state"} role
 * @property {number[]} shape
 */

/**
 * What one layer does.
 *
 * @typedef {object} Move
 * @property {string} primitive
 * @property {string} words
 * @property {Formula} equation
 * @property {number} pair The exemplar that is worked on, from 1.
 * @property {number} focus The token at work.
 * @property {number[]} reads The tokens that it looks at.
 * @property {Numbers} writes
 */

/**
 * The answer beside that of the rule it is to be: numbers as text with all their digits.
 *
 * @typedef {object} End
 * @property {number[]} w
 * @property {string} program
 * @property {string} reference
 * @property {string} call The reference, as it is called in Python.
 * @property {boolean} within
 * @property {number} digits
 * @property {number} difference
 * @property {number} tolerance
 */

/**
 * @typedef {object} StepperData
 * @property {number} seq
 * @property {string} walk Changes where the stepper begins anew.
 * @property {number} step Where it begins.
 * @property {string} title
 * @property {string} program The method that it carries out.
 * @property {string[]} tokens
 * @property {Slot[]} slots
 * @property {Numbers} start
 * @property {Move[]} steps
 * @property {number[][]} w The weights in the stream after every step.
 * @property {number[]} answers At the query, after every step.
 * @property {End} end
 * @property {[x: number, y: number][]} points
 * @property {number[]} query
 * @property {{ x: number, y: number } | null} plane
 * @property {boolean} intercept
 * @property {number[] | null} truth
 * @property {{ readouts: number[] | null, answer: number }} trained
 * @property {string} network The method that the trained transformer is.
 * @property {Record<string, { light: string, dark: string }>} styles
 */

export {};
