"""How a step of the lesson looks."""

from __future__ import annotations

import streamlit as st

from ui.answers.show_pad import PRESENTED
from ui.answers.solve import Payload
from ui.components.mechanism import mechanism
from ui.figures.figure import show_figure
from ui.figures.theme import is_dark
from ui.inside.heads import heads_off
from ui.lesson import pad_out, state
from ui.lesson.answer_code import code_of
from ui.lesson.card import LEARNED, card, card_image, card_said
from ui.lesson.facts import (
    Facts,
    checksum,
    decoder,
    is_right,
    layer_of,
    pairing_heads,
    right_letter,
    steer,
)
from ui.lesson.state import SETTINGS
from ui.lesson.steps import LETTERS, Step, step_of
from ui.mechanism.door import undisturbed
from ui.mechanism.numbers import picture
from ui.mechanism.words import NO_PAIR
from ui.visitor import page_registry, session, teaching
from ui.visitor.addresses import address
from ui.visitor.networks import SHIPPED


def notices() -> None:
    """What of a link could not be used."""
    if SETTINGS.notice:
        st.info(SETTINGS.notice)


ON_A_PHONE = """<style>
@media (max-width: 640px) {
  .st-key-lesson_body :is([data-testid="stColumn"], [data-testid="stColumn"] > div) {
    display: contents;
  }
  .st-key-lesson_body [data-testid="stLayoutWrapper"]:has(> .st-key-lesson_idea) { order: -3; }
  .st-key-lesson_body [data-testid="stLayoutWrapper"]:has(> .st-key-lesson_asked) { order: -2; }
  .st-key-lesson_body [data-testid="stLayoutWrapper"]:has(> .st-key-lesson_figure) { order: -1; }
  .st-key-lesson_keys_told { display: none; }
}
</style>"""
"""On a phone what is asked stands below the idea, on the first screen, and then the figure."""


NOT_SO = "Not on your points: there the answer is {}. The numbers are below."


def stage() -> str | None:
    """Which part of the step a room is shown; None outside presenter mode."""
    return pad_out.stage_of(SETTINGS.current(), teaching.current().present)


def is_revealed(step: Step) -> bool:
    """Whether the answer may be shown: it was committed, or the room has seen the question."""
    return pad_out.is_revealed(step, SETTINGS.current(), teaching.current().present)


def guess_mark(step: Step) -> Payload | None:
    """The mark on the plane for a question that is answered there."""
    if not step.question.is_guess:
        return None
    said = SETTINGS.current().answer(step)
    if said is not None:
        return {"value": float(said), "open": False}
    if is_revealed(step):
        return None
    return {"value": SETTINGS.current().guess, "open": True}


# --- the words ---------------------------------------------------------------------------


def heading(step: Step) -> None:
    """Where one is, and the step's title."""
    lesson = SETTINGS.current()
    at, count = lesson.walk.index(step.id), len(lesson.walk)
    if teaching.current().present:
        where = f"{at + 1} of {count} · {stage()}"
        st.caption(f"{where} · Space or → goes on, ← back, A to C choose, P ends presenting")
    else:
        st.caption(
            f"Step {at + 1} of {count} · {len(lesson.answered())} predicted, "
            f"{len({*lesson.tried} & {*lesson.walk})} tried"
        )
    st.title(step.title, anchor=False)


def idea(step: Step) -> None:
    """The one idea of the step, in an element of its own: a translator's words go with it."""
    with st.container(key=f"idea_{step.id}"):
        st.markdown(step.idea)


def question(step: Step, facts: Facts) -> None:
    """Predict, then see: what is asked, and once it is answered, what is so."""
    said = SETTINGS.current().answer(step)
    with st.container(border=True, key="lesson_asked"):
        st.markdown(f"**Predict.** {step.question.ask}")
        if said is None and not is_revealed(step):
            _ask(step)
        else:
            _tell(step, facts, said)


def _ask(step: Step) -> None:
    if step.question.is_guess:
        guess = SETTINGS.current().guess
        label = f"Commit to y = {guess:.2f}".replace("-", "−")
        st.button(label, type="primary", on_click=lambda: state.commit(str(guess)))
        return
    for i, choice in enumerate(step.question.choices):
        st.button(
            f"{LETTERS[i].upper()}. {choice.text}",
            key=f"choice_{step.id}_{i}",
            width="stretch",
            on_click=state.choose,
            args=(i,),
        )


def _tell(step: Step, facts: Facts, said: str | None) -> None:
    asked = step.question
    if asked.is_guess:
        _tell_guess(step, facts, said)
    else:
        right = right_letter(facts, asked)
        st.markdown("\n".join(_choice_lines(step, right, said)))
        if said is not None:
            chosen = asked.choices[LETTERS.index(said)]
            measured = "Right, on your points." if said == right else NOT_SO.format(right.upper())
            verdict = chosen.says or measured
            (st.success if said == right else st.warning)(verdict)
    st.markdown(asked.reveal.format_map(facts))
    if said is not None and not teaching.current().present:
        st.button("Answer again", type="tertiary", on_click=state.take_back)


def _choice_lines(step: Step, right: str, said: str | None) -> list[str]:
    lines = []
    for letter, choice in zip(LETTERS, step.question.choices, strict=False):
        marks = ["right"] if letter == right else []
        marks += ["your answer"] if letter == said else []
        # A room has seen all choices with the question, and has no space for them now.
        if teaching.current().present and not marks:
            continue
        text = f"{letter.upper()}. {choice.text}"
        lines.append(f"- **{text}** ({', '.join(marks)})" if marks else f"- {text}")
    return lines


def _tell_guess(step: Step, facts: Facts, said: str | None) -> None:
    asked = step.question
    if said is None or asked.says is None:
        return
    close = is_right(step, facts, said)
    (st.success if close else st.warning)(asked.says["near" if close else "far"])


def to_try(step: Step, facts: Facts) -> None:
    """The thing to try, what is so now, and whether it was done."""
    st.markdown(f"**Try.** {step.to_try.do} {step.to_try.now.format_map(facts)}")
    if step.id in SETTINGS.current().tried:
        st.success(f"Done. {step.to_try.said}")
    else:
        st.caption("Not done yet.")


def finish(step: Step) -> None:
    """At the end: the score, what was learned, and a card to share."""
    walk = SETTINGS.current().walk
    if step.id != walk[-1] or not is_revealed(step):
        return
    right, answered = state.score(SETTINGS.current())
    with st.container(border=True):
        st.markdown(f"**You predicted {answered} of {len(walk)} steps, and {right} rightly.**")
        st.markdown(LEARNED)
        picture = card(right, answered, len(walk))
        st.html(card_image(picture, card_said(right, answered)))
        st.download_button(
            "Download the card", picture, "a-model-within-a-model.svg", "image/svg+xml"
        )


def asides(step: Step) -> None:
    """What a language model wrote, and the maths, with their sources, for those who want them."""
    if step.transcript is not None:
        with st.expander(step.transcript["title"]):
            st.markdown(step.transcript["text"])
            st.caption(step.transcript["source"])
    with st.expander("The maths, and where it comes from"):
        st.markdown(step.maths)
        st.caption(step.source)


def way_on() -> None:
    """Back and on, and what the keys do."""
    if teaching.current().present:
        return
    walk = SETTINGS.current().walk
    at = walk.index(SETTINGS.current().step)
    back, on, where = st.columns([1, 1, 3], vertical_alignment="center")
    back.button("← Back", disabled=at == 0, width="stretch", on_click=state.move, args=(-1,))
    last = at == len(walk) - 1
    if not last:
        on.button("Next →", type="primary", width="stretch", on_click=state.move, args=(1,))
    key = f"lesson_jump_{at}"

    def jump() -> None:
        state.enter(step_of(st.session_state[key]))

    where.selectbox(
        "Go to a step",
        walk,
        index=at,
        format_func=lambda name: f"{walk.index(name) + 1}. {step_of(name).title}",
        label_visibility="collapsed",
        key=key,
        on_change=jump,
    )
    with st.container(key="lesson_keys_told"):
        st.caption("Keys: Space or → goes on, ← goes back, A to C choose, P is for presenting.")
    with st.expander("Your link: it holds your answers and your points"):
        st.caption("Keep it to come back to this place, or hand it in to your teacher.")
        st.code(address("lesson", SETTINGS.link()), language=None, wrap_lines=True)
        st.caption("Too long to hand in? This code holds your answers, not your points.")
        st.code(code_of(dict(SETTINGS.current().answers)), language=None)
    if last and teaching.shows("nav"):
        st.page_link(page_registry.page("playground").script, label="Play on with your points")
        st.page_link(page_registry.page("data").script, label="Bring your own data")
        st.page_link(page_registry.page("two_layers").script, label="Add two layers to a network")
        st.page_link(page_registry.page("language_model").script, label="Ask a real language model")


# --- figures of their own ----------------------------------------------------------------------


def extra_figure(step: Step, facts: Facts) -> None:
    """What a step shows besides the pad."""
    match step.extra:
        case "sentences":
            _sentences(step)
        case "checksum" if is_revealed(step):
            st.caption("The checksum of all weights, taken just now")
            st.code(checksum(decoder(facts.solved)), language=None)
        case "steering" if is_revealed(step):
            _steering(facts)
        case "mechanism":
            _mechanism(step, facts)


def is_pad_shown(step: Step) -> bool:
    """A room has space for one figure at a time."""
    if step.extra == "mechanism" and teaching.current().present:
        return False
    return (step.extra, stage()) not in (("sentences", "idea"), ("steering", "answer"))


def is_extra_shown(step: Step) -> bool:
    """Whether the step's own figure has its turn."""
    return not teaching.current().present or not is_pad_shown(step) or step.extra == "checksum"


def _sentences(step: Step) -> None:
    """The prompt in words; its stars are those on the plane."""
    screen = session.current_screen()
    points = screen.points or ()
    lines = ["| review | x | stars |", "|---|---|---|"]
    for text, (x, y) in zip(step.sentences, points, strict=False):
        lines.append(f"| {text} | {_signed(x)} | {_stars(y)} |")
    if len(points) >= len(step.sentences) - 1:
        lines.append(f"| **{step.sentences[-1]}** | **{_signed(screen.query)}** | **?** |")
    st.markdown("\n".join(lines))
    if stage() is None:
        st.caption(
            "x: words of praise minus words of complaint. On the plane below each dot is a review, "
            "y its stars − 3, and **▲** marks the x of the last one, whose stars are asked."
        )


def _signed(value: float) -> str:
    return f"{value:+.2g}".replace("-", "−") if value else "0"


def _stars(y: float) -> str:
    stars = "★" * min(max(round(y + 3), 0), 5)
    return stars if stars and y == round(y) else f"{stars} {y + 3:.1f}".replace("-", "−")


def _mechanism(step: Step, facts: Facts) -> None:
    """The way from the prompt to the answer; once it is revealed, without the pairing heads too."""
    solved, lesson = facts.solved, SETTINGS.current()
    if facts.readouts is None or not solved.task.y.numel():
        st.info(NO_PAIR)
        return
    off = pairing_heads(solved) & bool(lesson.heads_off and is_revealed(step))
    tokens = 2 * solved.task.y.shape[1] + solved.queries.shape[1]
    edits = heads_off(decoder(solved), off, tokens)
    drawn = picture(solved, decoder(solved), facts.readouts, SHIPPED, edits=edits, off=off)
    acts = {name: said for name, said in drawn["acts"].items() if name != "swap"}
    data = {
        **undisturbed(drawn, solved),
        "acts": acts if is_revealed(step) else {},
        "chosen": drawn["pairing"] if bool(off.any()) else "",
        "zoom": PRESENTED if teaching.current().present else 1,
    }
    key = "lesson_mechanism"
    mechanism(key=key, data=data, on_choice=lambda: state.take_heads(key))


def _steering(facts: Facts) -> None:
    from ui.inside import charts

    found = steer(facts.solved)
    if found is None:
        st.info("Writing a line needs a line task and at least one point.")
        return
    queries, curve = found
    layer = layer_of(facts.solved)
    with st.container(key="fills_the_room", height="stretch"):
        show_figure(
            charts.steered_lines(queries, curve, layer, "written at y", is_dark()),
            key="lesson_steered",
            alt="The line before, the line that was written, and the line that the network answers",
            height="stretch",
        )
