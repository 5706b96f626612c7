"""The paper's figures, re-derived from the shipped weights.

Each study puts fresh prompts to some checkpoints and writes one small table of
their distances to the textbook rules, with intervals. Akyürek et al. (2023):
Fig 1, who answers like the transformer; Fig 2, noise; Fig 3, depth and width;
and, beyond the paper, the same while the network is being trained.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from icl_core.checkpoints import FOLDER, CheckpointError, named, read_manifest, write_atomically
from icl_core.progress import ProgressCallback, part_of, silent
from icl_core.studies import (
    bands,
    classes,
    curves,
    diversity,
    families,
    interchange,
    language_model,
    limits,
    pairing,
    shift,
    steering,
    texts,
    two_layers,
    what_if,
)
from icl_core.studies.claims import claims_of
from icl_core.studies.distances import NOISE_RATIOS, ridge_name
from icl_core.studies.layers import STEPS, layer_rows
from icl_core.studies.profiles import Member, Table, measure, profile

TABLES = FOLDER / "studies"
TASKS, SEED = 1024, 5000
ALL_KS = tuple(range(1, 41))
DEPTHS, WIDTHS, WIDTHS_16 = (1, 2, 3, 4, 6, 8, 12), (16, 32, 64, 128, 256), (16, 32, 64)
SNAPSHOTS = (125, 250, 400, 550, 700, 900, 1200, 1700, 2500, 4000, 8000)
"""Steps of the paper model that are kept, the last among them."""

PAPER_RULES = (
    "OLS",
    "ridge 0.1",
    "ridge 0.5",
    "GD 0.01",
    "GD 0.02",
    "SGD 0.01",
    "SGD 0.03",
    "3-NN",
    "3-NN weighted",
)
"""Who may be called nearest in Figs 1 and 3: the rules that the paper compares with."""

MATCHED_RIDGES = ("OLS", *(ridge_name(ratio) for ratio in NOISE_RATIOS if ratio))
"""Who may be called nearest in Fig 2: the rows of the paper's table."""

Members = Callable[[Path], list[Member]]
Layers = Callable[[Sequence[int], int, int, Path, ProgressCallback], list[Table]]
"""From ks, tasks, a seed, the weights' folder and a progress callback to a row for each layer."""


def _some_ks(dim: int) -> tuple[int, ...]:
    """Every k up to just beyond d, then a few: what a ladder needs, at a third of the time."""
    return (*range(1, dim + 3), *(k for k in (12, 16, 24, 32, 40) if k > dim + 2))


def _runs(name: str, folder: Path) -> tuple[str, ...]:
    """A checkpoint and its siblings from other seeds."""
    known = read_manifest(folder)
    if name not in known:
        raise CheckpointError(f"There is no checkpoint {name!r} in {folder.name}.")
    return (name, *sorted(other for other in known if other.startswith(f"{name}-seed")))


def _rungs(names: Sequence[tuple[str, str, float]]) -> Members:
    return lambda folder: [Member(label, at, _runs(name, folder)) for name, label, at in names]


EARLY = "-160k"
"""How the names end of those that saw 160,000 prompts where the ladder has seen more."""


def _depths(early: str = "") -> Members:
    """The depth ladder. Its last rung has seen 160,000 prompts only, on either budget."""
    return _rungs(
        [
            (depth_checkpoint(depth, early), f"{depth} layer{'s' * (depth > 1)}", depth)
            for depth in DEPTHS
        ]
    )


def _noises(early: str = "") -> Members:
    return _rungs(
        [(noise_checkpoint(ratio, early), str(ratio), float(ratio)) for ratio in NOISE_RATIOS]
    )


def _snapshots(folder: Path) -> list[Member]:
    """The paper model at every step that was kept, and at last."""
    manifest = read_manifest(folder)
    kept = [name for name, entry in manifest.items() if entry.get("of") == "paper"]
    by_step = sorted([*kept, "paper"], key=lambda name: manifest[name]["steps"])
    return [
        Member(f"step {manifest[name]['steps']}", manifest[name]["steps"], (name,))
        for name in by_step
    ]


def depth_checkpoint(depth: int, early: str = "") -> str:
    """The network of so many layers; ``early`` is `EARLY` or nothing."""
    if early and depth == 4:
        return "width-64"
    return f"depth-{depth}{early * (depth < 12)}"


def noise_checkpoint(ratio: object, early: str = "") -> str:
    """The model trained on this sigma²/tau²; ``early`` is `EARLY` or nothing."""
    if early and ratio == 0:
        return depth_checkpoint(8, early)
    return f"noise-{ratio}{early}".replace("/", "-")


@dataclass(frozen=True)
class Study:
    """One table: these members, asked after these k, judged against these rules.

    Without members it is one network, layer by layer, and ``layers`` makes its rows.
    """

    title: str
    axis: str
    members: Members | None
    ks: tuple[int, ...]
    candidates: tuple[str, ...]
    layers: Layers | None = None


def members_of(study: Study, folder: Path = FOLDER) -> list[Member]:
    """The rungs of a ladder. ValueError for a study of one network."""
    if study.members is None:
        raise ValueError(f"“{study.title}” is about one network.")
    return study.members(folder)


STUDIES = {
    "fig1": Study(
        "Who answers like the transformer?",
        "model",
        _rungs([("noise-0", "8 layers", 0.0), ("paper", "paper model", 1.0)]),
        ALL_KS,
        PAPER_RULES,
    ),
    "fig2": Study(
        "Trained with noise, it answers like the ridge that matches the noise",
        "σ²/τ²",
        _noises(),
        _some_ks(8),
        MATCHED_RIDGES,
    ),
    "fig2-160k": Study(
        "Trained with noise on an eighth of the prompts",
        "σ²/τ²",
        _noises(EARLY),
        _some_ks(8),
        MATCHED_RIDGES,
    ),
    "fig3-depth": Study(
        "Deeper networks run better algorithms",
        "layers",
        _depths(),
        _some_ks(8),
        PAPER_RULES,
    ),
    "fig3-depth-160k": Study(
        "Depth, on a third of the prompts",
        "layers",
        _depths(EARLY),
        _some_ks(8),
        PAPER_RULES,
    ),
    "fig3-width": Study(
        "Width matters too: d = 8, four layers",
        "width",
        _rungs([(f"width-{w}", f"width {w}", w) for w in WIDTHS]),
        _some_ks(8),
        PAPER_RULES,
    ),
    "fig3-width-16d": Study(
        "Width matters too: d = 16, four layers",
        "width",
        _rungs([(f"width16d-{w}", f"width {w}", w) for w in WIDTHS_16]),
        _some_ks(16),
        PAPER_RULES,
    ),
    "emergence": Study(
        "How the algorithm emerges while the paper model is trained",
        "step",
        _snapshots,
        _some_ks(8),
        PAPER_RULES,
    ),
    "layers": Study(
        "Layer by layer: steps of gradient descent, steps of Newton",
        "layer",
        None,
        (6, 16),
        tuple(STEPS),
        layer_rows,
    ),
}

GROUPS = {
    "fig1": ("fig1",),
    "fig2": ("fig2", "fig2-160k"),
    "fig3": ("fig3-depth", "fig3-depth-160k", "fig3-width", "fig3-width-16d"),
    "emergence": ("emergence",),
    "layers": ("layers",),
}
"""What the command line calls a study, and the tables that it writes."""


def run_study(
    name: str,
    *,
    tasks: int = TASKS,
    seed: int = SEED,
    folder: Path = FOLDER,
    progress: ProgressCallback = silent,
) -> Table:
    """One table of `STUDIES`; ``progress`` is told the share done.

    ``tasks`` fresh prompts a prior, of which every run of every member answers
    each. Raises CheckpointError where a member is missing.
    """
    study = STUDIES[name]
    if study.layers:
        rows = study.layers(study.ks, tasks, seed, folder, progress)
    else:
        rows = _member_rows(study, tasks, seed, folder, progress)
    return {
        "study": name,
        "title": study.title,
        "axis": study.axis,
        "tasks": tasks,
        "seed": seed,
        "members": rows,
    }


def _member_rows(
    study: Study,
    tasks: int,
    seed: int,
    folder: Path,
    progress: ProgressCallback,
) -> list[Table]:
    """A row for each member of a ladder."""
    manifest, members, rows = read_manifest(folder), members_of(study, folder), []
    for i, member in enumerate(members):
        done = part_of(progress, i, len(members))
        measured = measure(member, study.ks, tasks, seed, folder, done)
        rows.append(
            {
                "label": member.label,
                "at": member.at,
                "runs": {
                    run: {key: manifest[run][key] for key in ("sha256", "prompts", "wall_seconds")}
                    for run in member.runs
                },
                "dim": measured.dim,
                **profile(measured, study.candidates, seed),
            }
        )
    return rows


class Mechanism(NamedTuple):
    """A study that is no ladder, with a table of its own shape.

    run: makes the table, as `run_study` does, of so many ``prompts`` where not told
    otherwise; rows: its lines for a shell; intervals: those of two tables, in pairs;
    cost: what so many prompts of a seed cost, said before it runs, of a study that asks somebody
    else.
    """

    run: Callable[..., Table]
    prompts: int
    rows: Callable[[Table], list[Table]]
    intervals: Callable[[Table, Table], Iterator[tuple[list[float], list[float]]]]
    cost: Callable[[int, int], str] | None = None


MECHANISMS = {
    diversity.NAME: Mechanism(
        diversity.run_diversity,
        diversity.PROMPTS,
        diversity.diversity_rows,
        diversity.diversity_intervals,
    ),
    curves.NAME: Mechanism(
        curves.run_curves, curves.PROMPTS, curves.curves_rows, curves.curves_intervals
    ),
    classes.NAME: Mechanism(
        classes.run_classes, classes.PROMPTS, classes.classes_rows, classes.classes_intervals
    ),
    families.NAME: Mechanism(
        families.run_families,
        families.PROMPTS,
        families.families_rows,
        families.families_intervals,
    ),
    bands.NAME: Mechanism(bands.run_bands, bands.PROMPTS, bands.bands_rows, bands.bands_intervals),
    pairing.NAME: Mechanism(
        pairing.run_pairing, pairing.PROMPTS, pairing.pairing_rows, pairing.pairing_intervals
    ),
    steering.NAME: Mechanism(
        steering.run_steering, steering.PROMPTS, steering.steering_rows, steering.steering_intervals
    ),
    interchange.NAME: Mechanism(
        interchange.run_interchange,
        interchange.PROMPTS,
        interchange.interchange_rows,
        interchange.interchange_intervals,
    ),
    what_if.NAME: Mechanism(
        what_if.run_what_if, what_if.PROMPTS, what_if.what_if_rows, what_if.what_if_intervals
    ),
    limits.NAME: Mechanism(
        limits.run_limits, limits.PROMPTS, limits.limits_rows, limits.limits_intervals
    ),
    shift.NAME: Mechanism(shift.run_shift, shift.PROMPTS, shift.shift_rows, shift.shift_intervals),
    language_model.NAME: Mechanism(
        language_model.run_language_model,
        language_model.PROMPTS,
        language_model.language_model_rows,
        language_model.language_model_intervals,
        language_model.cost_of,
    ),
    two_layers.NAME: Mechanism(
        two_layers.run_two_layers,
        two_layers.PROMPTS,
        two_layers.two_layers_rows,
        two_layers.two_layers_intervals,
    ),
    texts.NAME: Mechanism(texts.run_texts, texts.PROMPTS, texts.texts_rows, texts.texts_intervals),
}
"""Studies of what is inside, of what is out of range, of what training left there and of a language
model, by the name of their command and of their table."""


class Comparison(NamedTuple):
    """Two tables of one study, compared.

    figures: in both tables; overlap: whose intervals overlap; inside: that lie in the
    older table's interval; largest: the largest move of a figure, in half-widths of
    the older interval.
    """

    figures: int
    overlap: int
    inside: int
    largest: float


def compare(new: Table, old: Table) -> Comparison:
    """Compare the figures of two tables of one study that have intervals."""
    known = MECHANISMS.get(new["study"])
    pairs = list((known.intervals if known else _intervals)(new, old))
    moves = [abs(a[0] - b[0]) / max((b[2] - b[1]) / 2, 1e-12) for a, b in pairs]
    return Comparison(
        len(pairs),
        sum(a[1] <= b[2] and b[1] <= a[2] for a, b in pairs),
        sum(b[1] <= a[0] <= b[2] for a, b in pairs),
        max(moves),
    )


def _intervals(new: Table, old: Table) -> Iterator[tuple[list[float], list[float]]]:
    """Every [value, low, high] of the regions of k, in both tables."""
    for mine, theirs in zip(new["members"], old["members"], strict=True):
        for region, part in mine["regions"].items():
            for distance in ("spd", "ilwd"):
                for rule, interval in part[distance].items():
                    yield interval, theirs["regions"][region][distance][rule]


def write_table(name: str, table: Table, folder: Path = TABLES) -> None:
    """Store a table beside the weights: ``studies/NAME.json``."""
    text = json.dumps(table, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    write_atomically(folder / f"{name}.json", text.encode())


def read_table(name: str, folder: Path = TABLES) -> Table:
    """A stored table; CheckpointError where it is missing or damaged."""
    path = folder / f"{name}.json"
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(
            f"{named(path)} is missing. Make it with: "
            f"python -m icl_core study {name if name in MECHANISMS else 'all'}"
        ) from None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{named(path)} cannot be read ({type(error).__name__}).") from None
    if not isinstance(table, dict):
        raise CheckpointError(f"{named(path)} must hold one JSON object.")
    return table


def is_current(table: Table, folder: Path = FOLDER) -> bool:
    """Whether a table was made from the weights that are there now."""
    manifest = read_manifest(folder)
    runs = {
        run: note["sha256"] for member in table["members"] for run, note in member["runs"].items()
    }
    return all(manifest.get(run, {}).get("sha256") == digest for run, digest in runs.items())


__all__ = [
    "GROUPS",
    "MECHANISMS",
    "SEED",
    "STUDIES",
    "TABLES",
    "TASKS",
    "Study",
    "claims_of",
    "compare",
    "is_current",
    "members_of",
    "read_table",
    "run_study",
    "write_table",
]
