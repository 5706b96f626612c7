"""What the page about a visitor's own data says."""

from __future__ import annotations

from icl_core.predicting import LEVEL, ORDERS

INTRODUCTION = (
    "Bring two columns of numbers, or more. The network reads some of your rows as its "
    "examples and predicts the others, in your units, beside the textbook's methods."
)
PRIVATE = (
    "Your table stays in this session's memory: nothing of it is stored or logged, and it is in a "
    "link only if you ask for that below."
)
PASTE = "Paste cells"
PASTE_HELP = (
    "From a spreadsheet, a page or a file. Decimal commas, a line of names, missing values: "
    "all are read. A table with names takes the place of the one before. "
    "Up to 200,000 characters; a longer table can be chosen as a file."
)
FILE = "Or choose a file"
FILE_HELP = "CSV, TSV or the like, up to 1 MB, 10,000 rows and 200 columns."
READY = "Or take one that is ready"
NOT_SCALED = (
    "Without scaling the network reads numbers of a size that it never saw in training. Turn "
    "scaling on and compare."
)
SCALE = "Scale"
SCALE_HELP = (
    "The network was trained on numbers of about ±3. Scaled, it reads how many standard deviations "
    "each value lies from the mean, both of the examples alone. What it answers comes back in your "
    "units."
)
SCALED_BY = "The network reads:"
EXAMPLES_HELP = (
    "How many rows the network is shown, 2 to 40, drawn by the seed. Empty: 40, or seven rows in "
    "ten of a small table. All others are held out."
)
LINES = "Or these lines"
LINES_HELP = (
    "Rows to show as examples, by their lines in the file, 2-9, 14 say: 2 to 40 of them. Empty: "
    "drawn by the seed."
)
KEEP = "Put the data into the link"
KEEP_HELP = (
    "For a class, or for yourself on another machine: the link then holds the chosen columns "
    "of up to 40 rows. Who has the link has the data."
)
KEPT = (
    "**This link holds your data**: the columns and rows that you see here. Who opens it sees what "
    "you see. Turn it off to go back to your whole table."
)
NO_HELD_OUT = (
    "No row is held out: all are examples. Errors are those of each example, predicted from "
    "the others."
)
FEW = "With fewer than nine examples there is no interval."
PYTHON = "The same numbers in a notebook, to the last digit."
PYTHON_OWN = (
    "The same numbers in a notebook, to the last digit, from your file or from what you pasted, "
    "saved as mine.csv."
)
CURVED = (
    "**The relation is curved.** A line misses rows that it was not fitted to by {line}, a "
    "smooth curve by {curve}. Every method here but k-NN draws lines, and this network saw "
    "nothing else."
)
ON_THE_PAD = (
    "Filled: examples, which you can drag. Open circles: held-out rows. The band is the network's "
    f"{LEVEL:.0%} interval."
)
EDITED = (
    "{many} of {of} examples are not as in the table. The pad and the lines follow; the tables "
    "below stay with the table's values."
)
BACK = "Back to the table's values"
LAYERS = (
    "What each layer would answer if the network had to stop there: a linear readout, fitted once "
    "per layer on tasks that were drawn, reads its states after your examples. It shows what can "
    "be read there, not what the network uses."
)
EXPLAINED = f"""
**Scaling.** The network was trained on numbers of about ±3. So each feature and the target are
centred and divided by their standard deviation, over the *examples* only: $(x - m)/s$. Answers,
axes, weights and errors come back in your units. What is centred needs no offset of its own.

**Held-out rows** are never shown to any method, nor used for scaling. The error is
$\\sqrt{{\\mathrm{{mean}}(\\hat y - y)^2}}$ over them.

**Intervals** are the jackknife's (Barber, Candès, Ramdas and Tibshirani, 2021, §1.1): the
prediction, give or take the {LEVEL:.0%} quantile of the errors that the method makes on each
example when it is shown all the others. They ask nothing of a method, so all have the same kind;
they promise nothing either. So look at how many held-out rows lie inside.

**As examples are added**: {ORDERS} orders of your examples, each with its own scaling; the line
is the median over orders, the band holds the middle four fifths of them.

**Ridge** takes the penalty that your examples speak for: the one of largest evidence (MacKay,
1992), as scikit-learn's BayesianRidge does. The other methods are set as on the playground.

**Weights** of the transformer and of k-NN are read off their answers to 64 fresh inputs: the
linear model that says them best, with how well it does, R² (Akyürek et al., 2023, §4.1).

**Curved or not**: a line against a cubic (with fewer than twelve rows a parabola, of several
features their squares), each row predicted from all others. It is said where the curve is better
by a tenth and by two standard errors.
"""


def number(value: float | None) -> str:
    """Four significant digits, as one writes them."""
    if value is None or value != value:
        return "–"
    if abs(value) >= 1e15 or (value and abs(value) < 1e-4):
        return f"{value:.3g}"
    told = f"{float(f'{value:.4g}'):,.10f}".rstrip("0").rstrip(".")
    return told.replace("-", "−").replace(",", "\u202f")
