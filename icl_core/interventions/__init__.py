"""Causal tests: patch, ablate, steer.

A probe tells what can be *read* off the hidden states; these tell what is
*used*. Each makes an `Edits` for `EditableModel.predict`, and a study below runs
many of them in one batch:

- `patch_map`, `position_map`: put run B's states into run A (activation
  patching; Vig et al., 2020; Meng et al., 2022) and see how far A's answers
  move to B's;
- `ablation_map`: take a head or an MLP out and see how the error changes;
- `pairing`: which head lets each y token read its own x, what the answers lose
  without it, and the swap of x in that head alone;
- `steer_curve`: write a change of w into a layer and see whether the answers follow,
  with a ceiling, a positive control and a null beside it;
- `what_if`: a query's state between those of two tasks, and one other y in one layer.

Tokens are numbered x1 y1 … xk yk and then the queries. Layer 0 is the
embedding, layer l the residual stream after l blocks; block b leads from layer b
to layer b + 1. An edit made at the last layer can still act on the queries only.
"""
