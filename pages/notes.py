"""The teacher's notes for the lesson, to be printed."""

import streamlit as st

from ui.figures.theme import TIGHT_TOP
from ui.lesson.steps import LETTERS, Step, steps
from ui.pages import LESSON, NOTES
from ui.visitor import session

PRINT = """<style>
@media print {
  [data-testid="stHeader"], [data-testid="stToolbar"], .no-print { display: none !important; }
  html, body, #root, .stApp, .stApp *:has(.notes), .stMain, .stMainBlockContainer {
    position: static !important; height: auto !important; max-height: none !important;
    overflow: visible !important; display: block !important;
  }
  .stApp, .stApp * { background: #fff !important; color: #000 !important; }
  .stMainBlockContainer { padding: 0 !important; }
  h2 { break-after: avoid; }
  html { font-size: 11pt; }
}
</style><span class="notes"></span>"""


def before() -> None:
    """What the teacher should know beforehand."""
    total = sum(step.in_class for step in steps())
    alone = sum(step.alone for step in steps())
    st.title("Notes for the lesson", anchor=False)
    st.caption("To print them, press Ctrl+P (⌘P on a Mac): nothing but the notes is printed.")
    st.markdown(
        f"**{len(steps())} steps, {total} minutes with a class, about {alone} alone.** Students "
        "need a browser, no account and no knowledge beyond the equation of a line.\n\n"
        "- **Before**: make one link under *Make a link* (start page *Lesson*), put its QR code on "
        "the wall, and open the lesson yourself with `present=1` in the address, or press **P**.\n"
        "- **In each step**: let them predict first. Space or → goes on, ← back, A to C choose.\n"
        "- **Together**: at the steps with a question on the plane, let students send you the link "
        "in their address bar, or the code below the lesson. Paste them all into *Class view*: it "
        "shows their answers beside the transformer's and ridge's. Nothing is stored.\n"
        "- **Short of time**: leave out step 5 and the things to try. The last step "
        "looks back at the others."
    )


def timing() -> None:
    """When each step begins."""
    lines = ["| from minute | step | minutes |", "|---|---|---|"]
    minute = 0
    for number, step in enumerate(steps(), 1):
        lines.append(f"| {minute} | {number}. {step.title} | {step.in_class} |")
        minute += step.in_class
    st.header("Timing", anchor=False)
    st.markdown("\n".join(lines))


def note(number: int, step: Step) -> None:
    """What to ask at a step, what goes wrong, and what to expect."""
    st.header(f"{number}. {step.title} ({step.in_class} min)", anchor=False)
    lines = [
        f"**Idea.** {step.idea.strip().splitlines()[0]}",
        f"**Ask.** {step.teacher['ask']}",
        f"**They predict.** {step.question.ask} {_answers(step)}",
        f"**They try.** {step.to_try.do}",
        f"**What usually goes wrong.** {step.teacher['wrong']}",
        f"**Expected.** {step.teacher['expect']}",
        f"**The maths.** {step.source}.",
    ]
    st.markdown("\n\n".join(lines))
    st.page_link(LESSON.script, label="Open this step", query_params={"es": step.id})


def _answers(step: Step) -> str:
    question = step.question
    if question.is_guess:
        return "(Answered on the plane.)"
    right = f"Right: {question.answer.upper()}." if question.answer in LETTERS else "Measured."
    choices = "; ".join(
        f"{letter.upper()}. {choice.text}"
        for letter, choice in zip(LETTERS, question.choices, strict=False)
    )
    return f"*{choices}.* {right}"


session.arrive(NOTES)
st.html(TIGHT_TOP)
st.html(PRINT)
before()
timing()
for number, step in enumerate(steps(), 1):
    note(number, step)
