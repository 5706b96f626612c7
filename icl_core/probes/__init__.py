"""Probes of the small linear model inside: how well XᵀY and w can be read off the states.

As in Akyürek et al. (2023, §5). Three targets after k pairs (`TARGETS`), two
families of probes:

- *linear*, in closed form, one map for each layer and each k, from the
  normalised state at y_k's token ("last y") or from the mean of those at y_1 to
  y_k ("mean y"). These are stored and can be read live.
- *pooled*: the paper's position attention, v̂ = FF(Σ_t softmax(s)_t h_t) with
  learned scores s that do not depend on the prompt, FF linear or an MLP with one
  hidden layer, fitted by Adam for a few k. Of these the scores are stored.

A probe may compute what the network did not. So each is fitted to two controls
as well (`MODELS`): the same network with random weights, and one trained with w
fixed, which has no use for other w. What a probe reads off those is the probe's.
"""
