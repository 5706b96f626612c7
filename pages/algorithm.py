"""Algorithm: which textbook rule a network answers like, and how that changes with its size."""

from collections.abc import Sequence
from itertools import pairwise

import pandas as pd
import streamlit as st

from icl_core import CheckpointError, load_model
from icl_core.checkpoints import read_manifest
from icl_core.studies import STUDIES, agreement, is_current
from icl_core.studies.distances import ZERO
from icl_core.studies.profiles import Table
from ui import algorithm_words as words
from ui import session, teaching
from ui.algorithm import (
    RERUN_TASKS,
    Fingerprint,
    Place,
    as_k_grows,
    ask_network,
    believed_by,
    candidates_of,
    chosen,
    known_rerun,
    live_fingerprint,
    on_fresh_tasks,
    own_prompt_note,
    place,
    questions,
    rerun,
    roads,
    roads_on_fresh_tasks,
    rungs,
    stored,
    tau_of,
)
from ui.algorithm_state import FIGURES, FLAGSHIP, KS, LADDERS, RUNGS, SETTINGS
from ui.answers import solve
from ui.figure import explained, show_figure
from ui.fingerprint import fingerprint_table
from ui.lab import show_pad
from ui.task import make_task
from ui.theme import TIGHT_TOP, is_dark
from ui.waiting import wait_or_cancel

ASKED = "algorithm_asked"
EIGHT = {"points": None, "d": 8, "intercept": False, "sigma": 0.0, "k": 6, "query": 0.0}
MARKS = {"yes": "✓ agrees", "partly": "~ partly", "no": "✗ does not agree"}


def introduction() -> None:
    """What this is, in two sentences."""
    st.html(TIGHT_TOP)
    st.title("Which algorithm is it?")
    st.markdown(
        "Nobody told these networks how to learn. **Change the network** and watch its answers "
        "move between the textbook rules: gradient descent, ridge, least squares."
    )
    if SETTINGS.notice:
        st.info(SETTINGS.notice)


def choices() -> None:
    """Which network, and what it is asked."""
    what, which, on = st.columns([2, 3, 2])
    with what:
        st.selectbox(
            "What sets the networks apart",
            (*LADDERS, FLAGSHIP),
            format_func=words.WHAT_DIFFERS.__getitem__,
            **SETTINGS.widget("ladder"),
        )
    state = SETTINGS.current()
    with which:
        if state.ladder != FLAGSHIP:
            st.select_slider(
                words.RUNG_LABELS[state.ladder],
                RUNGS[state.ladder],
                **SETTINGS.widget(state.ladder),
            )
    with on:
        if state.ladder != FLAGSHIP:
            st.segmented_control(
                "Asked about",
                ("fresh", "mine"),
                format_func={"fresh": "1,024 fresh tasks", "mine": "your prompt"}.__getitem__,
                required=True,
                **SETTINGS.widget("on"),
            )


def fresh_tasks() -> None:
    """The stored study: every network of the ladder on fresh tasks like those it was trained on."""
    st.select_slider("Examples seen, k", KS, **SETTINGS.widget("k"))
    state = SETTINGS.current()
    try:
        found = on_fresh_tasks(state.ladder, state.k)
    except CheckpointError as trouble:
        st.error(str(trouble))
        return
    rung = chosen(state)
    members = rungs(state.ladder)
    left, right = st.columns([3, 2])
    with left:
        taus = [tau_of(member.runs[0]) for member in members]
        show_map(found, taus, roads_on_fresh_tasks(members[rung].runs[0], state.k))
    with right:
        show_fingerprint(found[rung])
    ks, grown = as_k_grows(state.ladder, rung)
    in_detail(ks, grown, found[rung])


@st.fragment
def own_prompt() -> None:
    """The pad and the fingerprint: what follows the finger."""
    state, screen = SETTINGS.current(), session.current_screen()
    name, link = rungs(state.ladder)[chosen(state)].runs[0], SETTINGS.link()
    solved = solve(screen, load_model(name))
    note = own_prompt_note(screen, state.ladder)
    if note:
        said, way_out = st.columns([4, 1], vertical_alignment="center")
        said.warning(note)
        if way_out.button("Give it 8 features"):
            session.change(EIGHT)
            st.rerun()
    left, right = st.columns([3, 2])
    with left:
        show_pad(
            solved,
            None,
            key="algorithm_pad",
            link=link,
            hide=("errors", "numbers", "python"),
            on_message=lambda: session.take_message("algorithm_pad"),
        )
    with right:
        if solved.task.x.shape[1]:
            who = candidates_of(state.ladder)
            show_fingerprint(live_fingerprint(name, screen, solved.task, who))
        else:
            st.info("There is no example yet: add a point.")
    if session.settled():
        session.write_link(link)
        st.rerun()


def own_prompt_in_full() -> None:
    """Every network of the ladder on the visitor's prompt, and one of them as k grows."""
    state, screen = SETTINGS.current(), session.current_screen()
    task = make_task(screen)
    k = task.x.shape[1]
    if not k:
        return
    members, rung = rungs(state.ladder), chosen(state)
    who, asked = candidates_of(state.ladder), questions(screen, task, (k,))
    found = [ask_network(member.runs[0], asked, who)[0] for member in members]
    own = roads(asked, believed_by(members[rung].runs[0]), 1.0)
    show_map(found, [1.0] * len(found), own)
    ks = tuple(range(1, k + 1))
    grown = ask_network(members[rung].runs[0], questions(screen, task, ks), who)
    in_detail(ks, grown, grown[-1])


def show_map(
    found: Sequence[Fingerprint], taus: Sequence[float], on_the_map: dict[str, list[Place]]
) -> None:
    """All networks of the ladder among the rules."""
    from ui.algorithm_charts import place_map

    state = SETTINGS.current()
    members, rung = rungs(state.ladder), chosen(state)
    places = [place(m.label, f, tau) for m, f, tau in zip(members, found, taus, strict=True)]
    show_figure(
        place_map(places, rung, on_the_map, is_dark()),
        key="map",
        table=pd.DataFrame(
            {"to OLS": [p.x.value for p in places], "to one GD step": [p.y.value for p in places]},
            index=[p.name for p in places],
        ),
        alt=f"Map of the networks among the rules; {places[rung].name} lies "
        f"{places[rung].x.value:.3f} from least squares and {places[rung].y.value:.3f} from one "
        "step of gradient descent",
    )
    explained(words.MAP)


def show_fingerprint(found: Fingerprint) -> None:
    """How far from each rule, in one glance and in words."""
    lam, steps, newton = (found.closest(family)[0] for family in ("ridge", "GD", "Newton"))
    if not found.has_learned:
        st.markdown("**It has not learned the task:** always answering 0 is nearer than any rule.")
    st.markdown(
        f"Nearest of the rules that the paper compares: **{found.nearest}**. Along the families: "
        f"ridge λ = **{lam:.3g}**, GD step **{steps:.0f}**, Newton step **{newton:.0f}**."
    )
    if found.open_ends:
        st.caption(
            f"{' and '.join(found.open_ends)}: the end of the range asked; "
            "one beyond may be closer."
        )
    st.html(fingerprint_table(found, is_dark()))
    st.caption(f"R² of its implicit weights: {found.r2:.3f}")
    with st.expander("Numbers, and what they mean"):
        st.dataframe(
            pd.DataFrame(
                {
                    "SPD/d": {rule: d.value for rule, d in found.spd.items()},
                    "low": {rule: d.low for rule, d in found.spd.items()},
                    "high": {rule: d.high for rule, d in found.spd.items()},
                    "ILWD/d": found.ilwd,
                }
            )
        )
        st.markdown(words.FINGERPRINT)


def in_detail(ks: Sequence[int], grown: Sequence[Fingerprint], found: Fingerprint) -> None:
    """One network as examples come in, and against every member of the families."""
    if teaching.shows("growth"):
        show_growth(ks, grown)
    if teaching.shows("families"):
        show_families(found)


def show_growth(ks: Sequence[int], grown: Sequence[Fingerprint]) -> None:
    """The fingerprint of one network as examples come in."""
    from ui.algorithm_charts import heat_by_k

    st.header("As examples come in")
    st.caption("Violet is close. The ring marks the nearest of the candidates.")
    show_figure(
        heat_by_k(ks, grown, is_dark()),
        key="growth",
        table=pd.DataFrame(
            {
                k: {rule: d.value for rule, d in f.spd.items()}
                for k, f in zip(ks, grown, strict=True)
            }
        ),
        alt="Distance to every rule after each number of examples; nearest at last: "
        + grown[-1].nearest,
    )


def show_families(found: Fingerprint) -> None:
    """Every step of gradient descent and Newton, every penalty of ridge."""
    from ui.algorithm_charts import along_families

    st.header("Every step, every penalty")
    show_figure(
        along_families(found, is_dark()),
        key="families",
        table=pd.DataFrame(
            {
                (family, f"{parameter:.3g}"): [far]
                for family, (parameters, distances) in found.families.items()
                for parameter, far in zip(parameters, distances, strict=True)
            }
        ).T.rename(columns={0: "SPD/d"}),
        alt="Distance to ridge at every penalty, to gradient descent and to Newton at every step",
    )


# --- the paper's figures -----------------------------------------------------------------------


def figures() -> None:
    """The stored tables, what the paper said, and a way to run them again."""
    st.header("The paper's figures, from these weights", divider="gray")
    st.selectbox(
        "Figure", FIGURES, format_func=words.FIGURE_NAMES.__getitem__, **SETTINGS.widget("figure")
    )
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
    figure = {"fig1": "Fig 1", "fig2": "Fig 2", "fig3-depth": "Fig 3a"}.get(name, "Fig 3b")
    dim = {"fig3-width": "d = 8", "fig3-width-16d": "d = 16"}.get(name, "")
    found = [
        c for c in stored("claims")["claims"] if c["figure"] == figure and dim in c["paper_said"]
    ]
    return "\n".join(
        f"- *{c['paper_said']}* **{MARKS[c['agrees']]}**. {c['measured']}" for c in found
    )


def nearest_or_zero(region: Table) -> str:
    """The nearest of the candidates, unless always answering 0 is nearer."""
    rule, spd = region["nearest"]["rule"], region["spd"]
    return ZERO if spd[ZERO][0] < spd[rule][0] else rule


def draw(name: str, table: Table, *, key: str) -> None:
    """A study's figure."""
    from ui import algorithm_charts as charts

    measure = SETTINGS.current().measure
    if name == "fig1":
        figure = charts.by_examples(table, measure, is_dark())
    elif name == "fig2":
        figure = charts.noise_table(table, STUDIES[name].candidates, is_dark())
    else:
        figure = charts.by_rung(table, measure, "under", is_dark())
    numbers = under_d(table) if name == "fig2" else None
    alt = f"{table['title']}: {words.PAPER_SAID[name]}"
    show_figure(figure, key=key, alt=alt, table=numbers)


def under_d(table: Table) -> pd.DataFrame:
    """SPD/d to every rule, a column for each network, pooled over k < d."""
    return pd.DataFrame(
        {
            member["label"]: {
                rule: bounds[0] for rule, bounds in member["regions"]["under"]["spd"].items()
            }
            for member in table["members"]
        }
    )


def study_figure(name: str, table: Table) -> None:
    """A study's figure, by the measure that the visitor chose."""
    if name != "fig2":
        st.segmented_control(
            "Measure",
            ("spd", "ilwd"),
            format_func=str.upper,
            required=True,
            **SETTINGS.widget("measure"),
        )
    draw(name, table, key="figure")


def how_it_was_made(table: Table) -> None:
    """Command, seed, commit and the networks' training."""
    from ui.algorithm_charts import training_curves

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
            if manifest.get(run, {}).get("history")
        }
        if histories:
            show_figure(
                training_curves(histories, is_dark()),
                key="curves",
                alt="Excess over Bayes on held-out prompts during training, network by network",
            )
        st.markdown(words.TRAPS)


def run_again(name: str) -> None:
    """The same study on fresh tasks of the visitor's seed, in the background."""
    seed_box, button = st.columns([1, 3], vertical_alignment="bottom")
    with seed_box:
        st.number_input("Seed", 0, 999_999, step=1, **SETTINGS.widget("again"))
    seed = SETTINGS.current().again
    found = known_rerun(name, seed)
    if found is not None:
        alike = agreement(found, stored(name))
        st.success(
            f"On {RERUN_TASKS} fresh tasks (seed {seed}) {alike.overlap} of {alike.figures} "
            "intervals overlap the stored ones."
        )
        draw(name, found, key="again_figure")
    elif st.session_state.get(ASKED) == (name, seed):
        st.fragment(wait_for_rerun, run_every=0.5)(name, seed)
    else:
        with button:
            if st.button(f"Run it again on {RERUN_TASKS} fresh tasks", help="Some minutes at most"):
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
        "Asking the networks",
    )


def claims(table: Table) -> None:
    """What the paper said, what we measured, and whether they agree."""
    for claim in table["claims"]:
        with st.container(border=True):
            st.markdown(f"**{claim['figure']}. {claim['paper_said']}**  \n{MARKS[claim['agrees']]}")
            st.markdown(claim["measured"])
            st.caption(
                f"{claim['quantity']}: {claim['value']:.3g} "
                f"[{claim['low']:.3g}, {claim['high']:.3g}]. {claim['why']}"
            )
    st.code(table["command"], "bash")


SETTINGS.arrive()
introduction()
choices()
if SETTINGS.current().asks_mine:
    try:
        own_prompt()
        own_prompt_in_full()
    except CheckpointError as trouble:
        st.error(str(trouble))
else:
    fresh_tasks()
if teaching.shows("figures"):
    figures()
