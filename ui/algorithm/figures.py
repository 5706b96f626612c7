"""The paper's figures from stored tables, and a way to run them again."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import streamlit as st

from icl_core import CheckpointError
from icl_core.checkpoints import read_manifest
from icl_core.studies import STUDIES, compare, is_current
from icl_core.studies.distances import ZERO
from icl_core.studies.profiles import Table
from ui.algorithm import words
from ui.algorithm.numbers import RERUN_TASKS, known_rerun, rerun, stored
from ui.algorithm.settings import SETTINGS
from ui.figures.figure import show_figure
from ui.figures.theme import is_dark
from ui.work.progress import how_long, wait_or_cancel

ASKED, DOING = "algorithm_asked", "Asking the networks"
MARKS = {"yes": "✓ agrees", "partly": "~ partly", "no": "✗ does not agree"}


# --- the paper's figures -----------------------------------------------------------------------


def figures() -> None:
    """The stored tables, what the paper said, and a way to run them again."""
    st.header("The paper's figures, from these weights", divider="gray")
    SETTINGS.pick("Figure", "figure", words.FIGURE_NAMES)
    name = SETTINGS.current().figure
    try:
        table = stored(name)
    except CheckpointError as trouble:
        st.error(str(trouble))
        return
    if name == "claims":
        claims(table)
        return
    st.markdown(f"**The paper said:** {words.PAPER_SAID[name]}")
    st.markdown(f"**We measured:** \n{measured(name)}")
    if not is_current(table):
        st.warning("The weights have changed since this table was made: run the study again.")
    study_figure(name, table)
    how_it_was_made(table)
    run_again(name)


def measured(name: str) -> str:
    """What the claims table says of a figure."""
    if name == "emergence":
        members = stored(name)["members"]
        path = [(m["label"], nearest_or_zero(m["regions"]["under"])) for m in members]
        changes = [path[0], *(b for a, b in pairwise(path) if a[1] != b[1])]
        told = ", then ".join(f"{rule} ({at})" for at, rule in changes)
        return f"nearest while k < d, from the step in brackets on: {told}."
    found = [claim for claim in stored("claims")["claims"] if claim["study"] == name]
    return "\n".join(f"- *{c['paper_said']}* {verdict(c)}. {c['measured']}" for c in found)


def verdict(claim: Table) -> str:
    """Whether a claim holds, beside what it rests on: "✓ agrees, with 486,400 prompts"."""
    budget = words.budget(claim["prompts"], claim["runs"])
    return f"**{MARKS[claim['agrees']]}**, with {budget}"


def nearest_or_zero(region: Table) -> str:
    """The nearest of the candidates, unless always answering 0 is nearer."""
    rule, spd = region["nearest"]["rule"], region["spd"]
    return ZERO if spd[ZERO][0] < spd[rule][0] else rule


def draw(name: str, table: Table, *, key: str) -> None:
    """A study's figure."""
    from ui.algorithm import charts as charts

    measure = SETTINGS.current().measure
    if name == "fig1":
        figure = charts.by_examples(table, measure, is_dark())
    elif name == "layers":
        figure = charts.by_layer(table, is_dark())
    elif is_noise_table(name):
        figure = charts.noise_table(table, STUDIES[name].candidates, measure, is_dark())
    else:
        figure = charts.by_rung(table, measure, "under", is_dark())
    numbers = under_d(table, measure) if is_noise_table(name) else None
    alt = f"{table['title']}: {words.PAPER_SAID[name]}"
    show_figure(figure, key=key, alt=alt, table=numbers)


def is_noise_table(name: str) -> bool:
    """Whether a study is Fig 2, on any budget."""
    return name.startswith("fig2")


def under_d(table: Table, measure: str) -> pd.DataFrame:
    """A measure's distance over d to every rule, a column for each network, pooled over k < d."""
    return pd.DataFrame(
        {
            member["label"]: {
                rule: bounds[0] for rule, bounds in member["regions"]["under"][measure].items()
            }
            for member in table["members"]
        }
    )


def study_figure(name: str, table: Table) -> None:
    """A study's figure, by the measure that the visitor chose."""
    if STUDIES[name].layers is None:
        st.segmented_control(
            "Measure",
            ("spd", "ilwd"),
            format_func=str.upper,
            required=True,
            **SETTINGS.widget("measure"),
        )
    draw(name, table, key="figure")
    if name == "fig1":
        shown = table["members"][0]
        (run,) = shown["runs"].values()
        st.caption(f"The network of {shown['label']}, trained on {run['prompts']:,} prompts.")


def how_it_was_made(table: Table) -> None:
    """Command, seed, commit and the networks' training."""
    from ui.algorithm.charts import training_curves

    with st.expander("How it was made, and the training curves"):
        st.code(f"{table['command']} --tasks {table['tasks']} --seed {table['seed']}", "bash")
        st.caption(
            f"{table['tasks']:,} tasks, seed {table['seed']}, commit {table['commit'][:10]}. "
            "Hashes of the weights are in the table's file, checkpoints/studies."
        )
        manifest = read_manifest()
        histories = {
            f"{member['label']}{'' if i == 0 else f', seed {i + 1}'}": manifest[run]["history"]
            for member in table["members"]
            for i, run in enumerate(member["runs"])
            if all("excess" in point for point in manifest.get(run, {}).get("history") or [{}])
        }
        if histories:
            show_figure(
                training_curves(histories, is_dark()),
                key="curves",
                alt="Excess over Bayes on held-out prompts during training, network by network",
            )
        made = {manifest[run].get("made_by") for run in runs_of(table) if run in manifest}
        for sentence in sorted(said for said in made if said):
            st.markdown(f"**Who trained them.** {sentence}")
        st.markdown(words.TRAPS)


def runs_of(table: Table) -> list[str]:
    """Every network that a table is about."""
    return [run for member in table["members"] for run in member["runs"]]


def run_again(name: str) -> None:
    """The same study on fresh tasks of the visitor's seed, in the background."""
    seed_box, button = st.columns([1, 3], vertical_alignment="bottom")
    with seed_box:
        SETTINGS.enter("Seed", "again")
    seed = SETTINGS.current().again
    found = known_rerun(name, seed)
    if found is not None:
        alike = compare(found, stored(name))
        st.success(
            f"On {RERUN_TASKS} fresh tasks (seed {seed}) {alike.overlap} of {alike.figures} "
            "intervals overlap the stored ones."
        )
        draw(name, found, key="again_figure")
    elif st.session_state.get(ASKED) == (name, seed):
        st.fragment(wait_for_rerun, run_every=0.5)(name, seed)
    else:
        with button:
            if st.button(f"Run it again on {RERUN_TASKS} fresh tasks", help=how_long(DOING)):
                st.session_state[ASKED] = (name, seed)
                st.rerun()


def wait_for_rerun(name: str, seed: int) -> None:
    """A progress bar until the table is there; nobody waiting ends the job."""
    if known_rerun(name, seed) is not None or st.session_state.get(ASKED) != (name, seed):
        st.rerun()
    wait_or_cancel(
        ASKED,
        ("study", name, seed),
        lambda job: rerun(name, seed, job.report),
        DOING,
    )


def claims(table: Table) -> None:
    """What the paper said, and for every budget what we measured and whether the two agree."""
    st.markdown(words.INTERVALS)
    by_saying: dict[tuple[str, str], list[Table]] = {}
    for claim in table["claims"]:
        by_saying.setdefault((claim["figure"], claim["paper_said"]), []).append(claim)
    for (figure, said), found in by_saying.items():
        with st.container(border=True):
            st.markdown(f"**{figure}. {said}**")
            for claim in found:
                st.markdown(f"{verdict(claim)}. {claim['measured']}")
                st.caption(
                    f"{claim['quantity']}: {claim['value']:.3g} "
                    f"[{claim['low']:.3g}, {claim['high']:.3g}]."
                )
            st.caption(found[0]["why"])
    st.code(table["command"], "bash")
