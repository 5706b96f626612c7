"""The table of pages: to add one, write its script and add an entry here.

The order is that of the navigation and of the doors on the start page.
"""

from __future__ import annotations

from ui.algorithm import settings as algorithm
from ui.classroom import invitation
from ui.construction import settings as construction
from ui.curves import settings as curves
from ui.data import settings as data
from ui.diversity import settings as diversity
from ui.home import pad
from ui.inside import settings as inside
from ui.language_model import settings as language_model
from ui.lesson import pad_out
from ui.lesson import state as lesson
from ui.shift import settings as shift
from ui.train import settings as train
from ui.two_layers import settings as two_layers
from ui.visitor import networks, screen, teaching
from ui.visitor.page_registry import Door, PageSpec, all_pages, register, share

share(screen.CODEC)
share(teaching.CODEC, teaching.common_parts())

HOME = register(
    PageSpec("pages/home.py", "Start", keys=("o",), starts=True, pad=lambda _: pad.pad_out())
)
PLAYGROUND = register(
    PageSpec(
        "pages/playground.py",
        "Playground",
        keys=(networks.LINK_KEY,),
        parts={"averages": "Errors on fresh tasks", "explanations": "Explanations"},
        door=Door("Play", "Draw points and compare {learners} learners on them."),
        begins=True,
        pad=lambda _: (),
    )
)
DATA = register(
    PageSpec(
        "pages/data.py",
        "Your data",
        codec=data.CODEC,
        parts={
            "data_errors": "How far off, and how sure",
            "data_weights": "Weights, in your units",
            "data_layers": "Layer by layer, of several columns",
            "data_growth": "As examples are added",
        },
        door=Door("Your data", "Two columns from a spreadsheet, predicted in your units."),
        begins=True,
    )
)
LESSON = register(
    PageSpec(
        "pages/lesson.py",
        "Lesson",
        codec=lesson.CODEC,
        door=Door("Learn", "{steps} short steps, from a film review to the inside. 20 minutes."),
        begins=True,
        pad=pad_out.pad_out,
    )
)
INSIDE = register(
    PageSpec(
        "pages/inside.py",
        "Inside",
        codec=inside.CODEC,
        parts={
            "mechanism": "From the prompt to the answer",
            "heads": "One head pairs each y with its x",
            "readings": "What the probes read",
            "causal": "Readable, and used",
            "steering": "Write a line into a layer",
            "algorithms": "Each layer, as an algorithm",
            "attention": "Who reads whom",
        },
        door=Door("Look inside", "Read the little model off each layer. See what is used."),
        begins=True,
    )
)
ALGORITHM = register(
    PageSpec(
        "pages/algorithm.py",
        "Algorithm",
        codec=algorithm.CODEC,
        parts={
            "growth": "As examples come in",
            "families": "Every step, every penalty",
            "figures": "The paper's figures",
        },
        begins=True,
    )
)
CONSTRUCTION = register(
    PageSpec(
        "pages/construction.py",
        "Construction",
        codec=construction.CODEC,
        parts={
            "meeting": "Trained meets constructed",
            "costs": "What the programs cost",
            "exactness": "How exact the primitives are",
        },
        begins=True,
    )
)
DIVERSITY = register(
    PageSpec(
        "pages/diversity.py",
        "Memorise or learn",
        codec=diversity.CODEC,
        parts={
            "switch": "From remembering to learning",
            "eight": "Eight features",
            "pairing": "Who remembers hardly needs a pairing head",
        },
        door=Door(
            "Memorise or learn", "Networks that saw four lines in their life, or ever new ones."
        ),
        begins=True,
    )
)
CURVES = register(
    PageSpec(
        "pages/curves.py",
        "Draw any curve",
        codec=curves.CODEC,
        parts={
            "belief": "Which kind of curve Bayes believes in",
            "kinds": "Errors by kind and noise",
            "sure": "How sure the network is",
            "inside": "Which kind of curve the network tells inside",
            "classes": "Functions of many features",
        },
        door=Door("Draw any curve", "Beyond lines: a network brought up on seven kinds of curve."),
        begins=True,
    )
)
SHIFT = register(
    PageSpec(
        "pages/shift.py",
        "What training decides",
        codec=shift.CODEC,
        parts={
            "one": "One prompt under a shift",
            "many": "Errors under a shift",
            "map": "How far each upbringing carries",
            "range": "Where the excess doubles",
        },
        door=Door("Leave home", "Change what was never different in training, and see who fails."),
        begins=True,
    )
)
TWO_LAYERS = register(
    PageSpec(
        "pages/two_layers.py",
        "Two layers more",
        codec=two_layers.CODEC,
        parts={
            "features": "What the trunk makes of one x",
            "how_many": "How many layers it takes",
            "texts": "Film reviews, by a network that never saw a text",
        },
        door=Door("Add two layers", "Put new layers on a frozen network. See when it learns."),
        begins=True,
    )
)
LANGUAGE_MODEL = register(
    PageSpec(
        "pages/language_model.py",
        "A real language model",
        codec=language_model.CODEC,
        parts={
            "likeness": "Whom it answers like",
            "study": "On many prompts",
        },
        door=Door("Ask a real one", "Your points as text, answered by a real language model."),
        begins=True,
    )
)
TRAIN = register(
    PageSpec(
        "pages/train.py",
        "Train one",
        codec=train.CODEC,
        door=Door("Train one", "Watch a network learn to learn, step by step."),
        begins=True,
    )
)
TEACH = register(
    PageSpec(
        "pages/teach.py",
        "For teachers",
        codec=invitation.CODEC,
        pad=lambda _: invitation.PAD_OUT,
    )
)
# Reached from the page for teachers. In sections of their own Streamlit would put
# them into a list that is no valid list on a phone.
CLASSROOM = register(PageSpec("pages/classroom.py", "Class view", listed=False))
NOTES = register(PageSpec("pages/notes.py", "Notes", listed=False))

__all__ = [
    "ALGORITHM",
    "CLASSROOM",
    "CONSTRUCTION",
    "CURVES",
    "DATA",
    "DIVERSITY",
    "HOME",
    "INSIDE",
    "LANGUAGE_MODEL",
    "LESSON",
    "NOTES",
    "PLAYGROUND",
    "SHIFT",
    "TEACH",
    "TRAIN",
    "TWO_LAYERS",
    "all_pages",
]
