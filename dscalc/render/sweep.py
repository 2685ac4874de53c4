"""The answer of `dscalc sweep`: networks at many α and sizes, the best points marked."""

from __future__ import annotations

from typing import Any

from dscalc.analysis.figures import FIGURES
from dscalc.analysis.sweep import Sweep
from dscalc.render.formats import Answer
from dscalc.render.grid import Column, Grid
from dscalc.render.json import document
from dscalc.render.points import (
    NOTE_OF_TOP1,
    TOP1,
    limits_text,
    note_of_memory,
    point_cells,
    point_columns,
    point_document,
    terms_document,
)
from dscalc.render.words import terms_text

LONGEST_TABLE = 100  # points that a table shows without being asked for all
SHOWN_BEST = 50  # of the points of a longer one


def sweep_answer(sweep: Sweep, every: bool) -> Answer:
    """The points of a sweep; in a table of a long one the best alone, unless `every`."""
    return Answer(
        lambda: sweep_document(sweep),
        lambda: sweep_grids(sweep, every),
        lambda: sweep_grids(sweep, every=True, accuracies=True)[0],
    )


def sweep_document(sweep: Sweep) -> dict[str, Any]:
    """`dscalc sweep --format json`."""
    networks = [
        {
            "network": series.network.name,
            "file": series.network.file,
            "points": [
                {
                    **point_document(point, sweep.terms),
                    "top1": series.top1.get(point),
                    "best": point in series.best,
                    "over": sweep.over(point),
                }
                for point in series.points
            ],
        }
        for series in sweep.series
    ]
    return document("sweep", **terms_document(sweep.terms, sweep.limits), networks=networks)


def sweep_grids(sweep: Sweep, every: bool, accuracies: bool = False) -> list[Grid]:
    """The points of a sweep; of a long one the best, unless `every`.

    Accuracies have a column where there is one to tell, or where `accuracies` is asked for.
    """
    several = len(sweep.series) > 1
    told = accuracies or any(series.top1 for series in sweep.series)
    listed = [(series, point) for series in sweep.series for point in series.points]
    best = [(series, point) for series, point in listed if point in series.best]
    best.sort(key=lambda pair: -pair[1].cost.mult_adds)
    short = every or len(listed) <= LONGEST_TABLE
    shown = listed if short else best[:SHOWN_BEST]
    columns = (
        *point_columns(several),
        *((TOP1,) if told else ()),
        Column("", "", "bar", drop=1),
        Column("best", "Best"),
        *((Column("over", "Over"),) if sweep.limits else ()),
    )
    most = max((point.cost.mult_adds for _, point in shown), default=0)
    rows = [
        [
            *point_cells(series.network.name, point, sweep.terms, several),
            *((series.top1.get(point),) if told else ()),
            point.cost.mult_adds / (most or 1),
            "*" if point in series.best else "",
            *((", ".join(FIGURES[f].name for f in sweep.over(point)),) if sweep.limits else ()),
        ]
        for series, point in shown
    ]
    of_top1 = (NOTE_OF_TOP1,) if told else ()
    notes = [note_of_memory(sweep.terms), *of_top1, _best_note(sweep)]
    if not short:
        which = f"{len(shown):,} of the {len(best):,}" if shown != best else f"The {len(best):,}"
        notes.insert(
            0,
            f"{which} best of {len(listed):,} points, those that compute most first; "
            "--all shows every point, and so do csv and json.",
        )
    return [Grid(columns, rows, _sweep_title(sweep), notes=notes)]


def _best_note(sweep: Sweep) -> str:
    if sweep.limits:
        return "Best: keeps every limit, and nothing that does is as large in both α and input."
    return "Best (Pareto): nothing of the network is as large in α and input and costs no more."


def _sweep_title(sweep: Sweep) -> str:
    names = ", ".join(series.network.name for series in sweep.series)
    points = f"{sweep.size:,} point{'s' if sweep.size != 1 else ''}"
    parts = [names, points, terms_text(sweep.terms)]
    return " · ".join([*parts, limits_text(sweep.limits, sweep.terms)] if sweep.limits else parts)
