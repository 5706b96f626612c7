"""The causal tests on screen: patched states, ablated heads and MLPs."""

from __future__ import annotations

import pandas as pd
import streamlit as st
import torch

from icl_core.checkpoints import load_prior, read_manifest
from icl_core.interventions.ablation import AblationMap
from icl_core.interventions.patch import PatchMap
from icl_core.models.base import EditableModel
from ui.answers.task import make_task
from ui.figures.figure import explained, show_figure
from ui.figures.theme import is_dark
from ui.inside import words
from ui.inside.causal import FRESH, SEED, Causal, causal_key, known, run_tests
from ui.inside.numbers import layer_names, patch_commands, scores_of
from ui.inside.settings import SETTINGS, probes_of
from ui.visitor import session
from ui.work.progress import how_long, wait_or_cancel

ASKED, DOING = "inside_asked", "Patching"


def readable_and_used(model: EditableModel, probed: bool) -> None:
    """The page's main point: the probes and the causal tests on one axis."""
    st.header("Readable, and used")
    st.markdown(
        "Can *w* be read at a layer? And does the answer still rest on what is there? "
        "Swap in the states of another task **B** and see how far the answers go over to it."
    )
    SETTINGS.enter("Task B's seed", "other")
    screen, inside = session.current_screen(), SETTINGS.current()
    if not make_task(screen).x.shape[1]:
        st.info("There is no pair yet: add a point first.")
        return
    key = causal_key(screen, inside.model, inside.other)
    found = known(key)
    if found is not None:
        show_causal(found, probed)
    elif st.session_state.get(ASKED) == key:
        st.fragment(wait_for_tests, run_every=0.5)(model)
    elif st.button("Run the causal tests on this prompt", type="primary", help=how_long(DOING)):
        st.session_state[ASKED] = key
        st.rerun()
    explained(words.CAUSAL)
    with st.expander("The same numbers from a shell"):
        st.code(commands(), language="bash")


def commands() -> str:
    """What prints this page's numbers: the probes' scores, and the causal tests."""
    inside = SETTINGS.current()
    probed = read_manifest().get(f"{inside.model}.probes", {}).get("command")
    told = patch_commands(session.current_screen(), inside, FRESH, SEED)
    return f"{probed} --json\n{told}" if probed else told


def wait_for_tests(model: EditableModel) -> None:
    """A progress bar until the results are there; nobody waiting ends the job."""
    screen, inside = session.current_screen(), SETTINGS.current()
    key = causal_key(screen, inside.model, inside.other)
    if known(key) is not None or st.session_state.get(ASKED) != key:
        st.rerun()
    wait_or_cancel(
        ASKED,
        key,
        lambda job: run_tests(
            key, model, load_prior(inside.model), screen, inside.other, job.report
        ),
        DOING,
    )


def show_causal(found: Causal, probed: bool) -> None:
    """The figures of the causal tests, each with its table."""
    from ui.inside import charts

    probes = probes_of(session.current_screen()) if probed else None
    scores = scores_of(probes, SETTINGS.current()) if probes else None
    k = len(found.places.names) // 2
    show_figure(
        charts.readable_and_used(scores, k, found.fresh, found.here, is_dark()),
        key="readable_and_used",
        alt="By layer: R² of the probes and their controls, and the share of the answer that moves "
        "when the pairs' states or the query's are replaced",
    )
    with st.expander("Every kind of token, on your prompt"):
        st.caption("Expected: what exact Bayes would answer if just those tokens came from B.")
        st.dataframe(share_table(found.here))
    st.markdown("**Token by token, on your prompt**")
    show_figure(
        charts.patch_places(found.places, is_dark()),
        key="patch_places",
        alt="Share of the move when one token of the prompt is replaced, by layer and token",
        table=share_table(found.places),
    )
    st.markdown("**Taken out: one head or one MLP at a time**")
    show_figure(
        charts.ablations(found.ablated, is_dark()),
        key="ablations",
        alt="Change of the squared error when a head or an MLP is taken out",
        table=ablation_table(found.ablated),
    )
    explained(words.ABLATION)


def share_table(patched: PatchMap) -> pd.DataFrame:
    """Shares of the move by layer, and last what exact Bayes expects at the input, if it moves."""
    rows, expected = patched.share().tolist(), patched.expected_share()
    names = layer_names(len(rows))
    if expected is not None:
        rows, names = [*rows, expected.tolist()], [*names, "expected at the input"]
    return pd.DataFrame(rows, index=names, columns=list(patched.names))


def ablation_table(ablated: AblationMap) -> pd.DataFrame:
    """Change of the squared error by block, for each head and for the MLP."""
    change = ablated.change()
    parts = torch.cat([change.heads[0], change.mlps[0][:, None]], dim=1).tolist()
    columns = [*(f"head {i}" for i in range(1, change.heads.shape[-1] + 1)), "MLP"]
    return pd.DataFrame(parts, index=[f"block {i + 1}" for i in range(len(parts))], columns=columns)
