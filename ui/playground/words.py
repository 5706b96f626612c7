"""The words behind the playground: one click away, each with its source."""

from __future__ import annotations

from typing import Any

WHAT_IS_PREDICTED = r"""
**The task.** Someone has picked weights $w$, and every example is a pair $(x, y)$ with
$y = w^\top x + \text{noise}$. You see a few pairs and must say what $y$ belongs to a new $x$. On the
pad, $x = (x_1, 1)$, so $w$ is a slope and an offset, and an answer for every $x_1$ is a line.

**Who answers.** The textbook methods fit $w$ to the pairs. The transformer fits nothing: its
weights were set in training and stay as they are. It reads the pairs as a prompt,
$x_1\,y_1\,x_2\,y_2 \ldots x_?$, one token each, and says what comes next. It was trained on prompts
made from ever new $w$, so the only way to do well was to learn how to learn from the prompt. This is
*in-context learning*; the question of which algorithm it found is that of
Akyürek et al. (2023), [arXiv:2211.15661](https://arxiv.org/abs/2211.15661).

**What to try.** Drag one point far away and compare the transformer with ridge. Delete points until
one is left: what does it believe of the slope? Draw all points on one side and look at the other.
"""

METHODS = r"""
All of them see the same $k$ pairs; rows of $X$ are the inputs, $y$ the answers.

| Method | What it does | Source |
|---|---|---|
| Transformer | reads the pairs as a prompt; 41 predictions in one pass | Akyürek et al. 2023, §4 |
| Exact Bayes | mean of $w^\top x$ under the posterior, for $w \sim N(0, I)$ and noise $\sigma$ equally likely to be 0, 0.1, 0.25, 0.5 or 1: a mixture of ridges with $\lambda = \sigma^2$, weighted by the marginal likelihood $N(y;\, 0,\, XX^\top + \sigma^2 I)$ | Bishop 2006, §3.5 |
| Ridge | $\arg\min_w \lVert y - Xw\rVert^2 + \lambda\lVert w\rVert^2$; "match σ" sets $\lambda = \sigma^2$, the σ of the task panel, which is exact Bayes when σ is told | Hoerl and Kennard 1970 |
| OLS | $\arg\min_w \lVert y - Xw\rVert^2$, the one of least norm when there are many | |
| GD | $w \leftarrow w - 2\alpha X^\top(Xw - y)$ from $w = 0$; the default $\alpha = 1/(2\lambda_{\max}(X^\top X))$ overshoots in no direction, and above twice that it diverges | Akyürek et al. 2023, §3 |
| SGD | $w \leftarrow w - 2\alpha\, x_i(x_i^\top w - y_i)$, once over the pairs in order | Akyürek et al. 2023, §3 |
| k-NN | mean of the nearest answers, or weighted by 1/distance² | Garg et al. 2022 |
| Newton | $M \leftarrow 2M - M X^\top X M$, $w = M X^\top y$: each step doubles the digits | Fu et al. 2024 |

The transformer's *implicit weights* are the $w$ that fits its answers at 64 fresh inputs best; their
$R^2$ says how linear its answers are (Akyürek et al. 2023, §4.1). A *layer readout* is a linear map from
the hidden state after a layer to the answer, fitted once on other prompts (Fu et al. 2024).
"""

MEASURE = (
    "Excess over Bayes is 1 + E(model − Bayes)² / E(Bayes − truth)², over k ≥ 1 and all noise "
    "levels: 1 is the best that any predictor can do on average. Bounds are 95 % bootstrap "
    "intervals over tasks."
)

COLUMNS = {
    "dim": "features d",
    "intercept": "one is constant",
    "inputs": "inputs x",
    "tasks": "tasks",
    "model_error": "error: transformer",
    "bayes_error": "error: exact Bayes",
    "oracle_ridge_error": "error: ridge told σ",
    "excess": "excess over Bayes",
    "excess_low": "excess, low",
    "excess_high": "excess, high",
    "spd_bayes": "SPD to Bayes",
    "spd_oracle_ridge": "SPD to ridge told σ",
}
"""What the columns of a stored evaluation are called on the page."""

HOW_IT_FAILS = """
- **Out of range.** It was trained on weights of size about 1 and inputs of size up to about {reach:.1f}.
  On steeper or higher lines, and with a point far off, its errors are many times what they are there,
  and a badge under the pad says so.{measured} The badge goes by a Bayes factor: how much better the same law
  with larger weights or more noise says your $y$ than the law that it was trained on, 20 or more being
  strong evidence (Kass and Raftery 1995, §3.2).
- **Outliers.** It takes noise to be Gaussian, as ridge does; one far point pulls its line.
- **Not a line.** Points on a parabola still get a line, or something near one: it never saw others.
- **Order.** Least squares does not care in which order the examples come; the transformer does, a
  little.
- **Behaviour is not mechanism.** That its line lies on that of ridge says what it answers, not how. And
  what a readout can *read* in a layer need not be what the network *uses*.
"""


def how_it_fails(reach: float, table: dict[str, Any] | None) -> str:
    """Where it fails, with what was measured of the badge where that is stored.

    reach: how far out the inputs of its law lie; table: of `study limits`.
    """
    return HOW_IT_FAILS.format(reach=reach, measured="" if table is None else _measured(table))


def _measured(table: dict[str, Any]) -> str:
    rows = {(row["dim"], row["intercept"]): row for row in table["members"]}
    line = rows[2, True]
    false = max(share for row in rows.values() for share, _, _ in row["false"].values())
    k = "k = 10"
    found = {name: shares[k][0] for name, shares in line["alarms"].items()}
    steep = max((one for one in line["errors"] if one["why"] == "steep"), key=lambda e: e["above"])
    return (
        f" With ten examples it comes up for {found['slope']:.1%} of the lines of slope ±8, for "
        f"{found['flat']:.1%} of the flat ones at 8, for {found['outlier']:.1%} of the prompts with "
        f"an outlier of ±10, and for at most {false:.1%} of the prompts of its own law, of any kind. "
        f"The median error is {line['usual']:.2g} on its own law and {steep['value']:.2g} "
        f"({steep['low']:.2g} to {steep['high']:.2g} for four prompts in five) on the steepest lines "
        f"(`{table['command']}`, {table['prompts']} prompts of each kind)."
    )


def how_it_was_trained(entry: dict[str, Any]) -> str:
    """The manifest entry of a checkpoint, in words."""
    shape, recipe = entry["architecture"], entry["recipe"]
    return (
        f"A causal decoder with {shape['layers']} layers, width {shape['width']} and "
        f"{shape['heads']} heads, trained on {entry['prompts']:,} prompts, each seen once, in "
        f"{entry['wall_seconds'] / 60:.0f} minutes on {entry['machine']}. Every prompt is a new task "
        "with 1 to 8 features, a noise level that the model is not told, and inputs as people draw "
        "them. It sees only the noisy answers: no method on this page was its teacher. "
        f"Batches of {recipe['batch']}, Muon and AdamW; the recipe is "
        f"`checkpoints/recipes/{recipe['name']}.toml`. {entry.get('made_by', '')}"
    )
