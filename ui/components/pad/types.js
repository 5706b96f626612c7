// What the pad is told by Python, which `ui/answers/` makes, and what it holds of it.

/** @typedef {[x: number, y: number]} Point */

/** @typedef {[slope: number, offset: number]} Line */

/**
 * The visitor's task and what is shown of it, as `ui/visitor/screen.py` has them.
 *
 * @typedef {object} Shown
 * @property {Point[]} points
 * @property {boolean} drawn Whether the points are the visitor's own, not sampled.
 * @property {Line | null} line The true line, where it was set by hand.
 * @property {number[] | null} weights The first true weights off the plane, where they were set.
 * @property {number} d
 * @property {number} k
 * @property {boolean} intercept
 * @property {number} sigma
 * @property {number} seed
 * @property {number} query
 * @property {number | null} layer The layer whose line is on the plane.
 * @property {string[]} show The methods that answer.
 */

/** @typedef {Record<string, number | boolean | null>} Values Of methods' settings, by their ids. */

/** @typedef {Shown & Values} Screen */

/**
 * What can be set of a method: `Setting` of `ui/visitor/methods.py`.
 *
 * @typedef {object} Setting
 * @property {string} id
 * @property {string} label
 * @property {string} short
 * @property {string} help
 * @property {"whole" | "number" | "flag"} kind
 * @property {number | boolean | null} default
 * @property {number} low
 * @property {number} high
 * @property {number | null} step Of a slider; null for a number that is typed.
 * @property {"linear" | "log"} scale
 * @property {number} floor Where a slider over powers of ten begins.
 * @property {[low: number, high: number]} range The ends of the slider.
 * @property {string} automatic What it is called when it is left to the page, if it can be.
 */

/**
 * How a method, or the truth, is drawn.
 *
 * @typedef {object} Style
 * @property {string} label
 * @property {string} light Its colour on a light page.
 * @property {string} dark Its colour on a dark page.
 * @property {string} dash
 * @property {number} width px
 * @property {string} marker The outline of its marker.
 * @property {string} says
 */

/**
 * A line on the pad: `Method` of `ui/visitor/methods.py`.
 *
 * @typedef {Style & { id: string, kind: "rule" | "network", settings: Setting[] }} Method
 */

/**
 * What readouts of the layers give on this prompt.
 *
 * @typedef {object} Layers
 * @property {number[][]} curves On the plane: each layer's line over x.
 * @property {number[][]} rows Off the plane: each layer's weights.
 * @property {number[]} r2 Each layer's score on held-out prompts.
 * @property {number} bayes_r2 The best possible score.
 */

/**
 * The weights that each method holds, where the task is no line on the plane.
 *
 * @typedef {object} Weights
 * @property {{ x: number[][], y: number[] }} prompt (k, d) and (k,), to two decimals.
 * @property {Record<string, number[]>} rows By method.
 * @property {Record<string, number>} fits How well they say what a network does: R², by method.
 * @property {number[] | null} truth
 * @property {boolean} intercept Whether the last weight is that of the constant 1.
 * @property {Layers | null} layers
 * @property {Record<string, Point[]> | null} paths From the first exemplar or step to the last.
 */

/**
 * A low and a high end over evenly spaced x, from wide to narrow.
 *
 * @typedef {object} Band
 * @property {string} method
 * @property {[low: (number | null)[], high: (number | null)[]][]} edges
 */

/**
 * What an axis measures, where that is more than a number: the plane shows centre ± scale · half.
 *
 * @typedef {object} Unit
 * @property {string} name
 * @property {number} centre
 * @property {number} scale
 */

/**
 * What Python sends. `axes`, `curves`, `at_query`, `truth`, `noise` and `layers` are there
 * where the task is a line on the plane, and `weights` where it is none.
 *
 * @typedef {object} PadData
 * @property {number} seq The last message that Python knows.
 * @property {string} drawing What is drawn on: each has an undo of its own.
 * @property {string | null} notice
 * @property {Screen} screen Without `drawn`.
 * @property {boolean} drawn
 * @property {boolean} plane
 * @property {{ x: number, y: number }} axes Half-widths of the plane.
 * @property {Record<string, (number | null)[]>} curves By method, over evenly spaced x; null where it
 *   has no answer.
 * @property {Record<string, number | null>} at_query By method.
 * @property {{ line: Line | null, curve: number[] } | null} [truth]
 * @property {number[] | null} [noise] What lies between the true line and the points.
 * @property {Layers | null} [layers]
 * @property {Weights} weights
 * @property {{ rows: Record<string, number[]>, clean: boolean }} errors By method, for each k.
 * @property {string | null} beyond How the network's prompt is out of its range, in words.
 * @property {Values} used The settings that were left to the page, as they are used.
 * @property {Record<string, string>} details What a method's settings come to, in words.
 * @property {{ value: number, open: boolean } | null} guess
 * @property {{ methods: Method[], network: string, truth: Style }} look The table of methods, and
 *   the one that the page is about.
 * @property {{ points: number, x: number, y: number, line: number, sigmas: number[], d: number }} limits
 * @property {{ lines: Line[], shares: number[] } | null} [behind] Lines behind everything, and how
 *   heavy each is, from 0 to 1.
 * @property {{ after: number[][] | null, changed: number, of: number } | null} [opening] What the
 *   start page performs: the network's answers over the plane and at the query after each number
 *   of examples; and how many of how many weights have changed.
 * @property {Band | null} [band] Where a method believes the truth to lie, while it is shown.
 * @property {Band | null} [outline] Where another one does, drawn as lines along the edges.
 * @property {{ x: Unit, y: Unit } | null} [units] What the axes measure, where somebody brought the
 *   points in units of their own.
 * @property {Point[]} [apart] Points that no method is shown.
 * @property {boolean} embeds Whether the page's link shows the pad alone in another site's frame.
 * @property {string[]} hide Parts and methods that are left out.
 * @property {{ address: string, version: number, page: string } | null} [service] Who answers
 *   while a finger is down, and as which page; null where the page alone does.
 * @property {number} zoom
 * @property {Record<string, string>} link
 * @property {string} python
 * @property {string} about
 */

export {};
