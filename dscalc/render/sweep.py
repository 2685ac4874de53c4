"""The answer of `dscalc sweep`: networks at many α and sizes, the best points marked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from dscalc.analysis.figures import FIGURES
from dscalc.analysis.sweep import Point, Series, Sweep
from dscalc.render.formats import Answer
from dscalc.render.grid import Cell, Column, Fact, Grid, Page, Rows, count_of, without
from dscalc.render.json import document
from dscalc.render.points import (
    TOP1,
    Stars,
    point_cells,
    point_columns,
    point_document,
    stars_of,
    sweep_title,
    terms_document,
)

if TYPE_CHECKING:
    from dscalc.render.scene import Scene

LONGEST_TABLE = 100  # points that a table shows without being asked for all
SHOWN_BEST = 50  # of the points of a longer one


def sweep_answer(sweep: Sweep, every: bool) -> Answer:
    """The points of a sweep; in a table of a long one the best alone, unless `every`."""
    return Answer(
        lambda: sweep_document(sweep),
        lambda: sweep_grids(sweep, every),
        lambda: sweep_rows(sweep),
        page=lambda: sweep_page(sweep),
    )


def sweep_page(sweep: Sweep) -> Page:
    """How many points there are, how many keep the limits, and the picture."""

    def scene() -> Scene:
        from dscalc.render.plot_sweep import sweep_scene

        return sweep_scene(sweep)

    facts = [count_of(sweep.size, "point"), count_of(len(sweep.series), "network")]
    if sweep.limits:
        kept = [point for one in sweep.series for point in one.points if not sweep.over(point)]
        facts.append(Fact(f"{len(kept):,}", "within every limit"))
        if kept:
            most = max(point.cost.mult_adds for point in kept)
            facts.append(Fact(f"{most:,}", "mult-adds, the most within"))
    return Page(facts, scene=scene)


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


def sweep_grids(sweep: Sweep, every: bool) -> list[Grid]:
    """The points of a sweep; of a long one the best, unless `every`."""
    listed, stars = _listed(sweep), stars_of(sweep)
    marked = [(series, point) for series, point in listed if (id(series), point) in stars]
    short = every or len(listed) <= LONGEST_TABLE
    longest_first = sorted(marked or listed, key=lambda pair: -pair[1].cost.mult_adds)
    shown = listed if short else longest_first[:SHOWN_BEST]
    told = any(series.top1 for series in sweep.series)
    grid = _grid(sweep, shown, told, stars, best_note(sweep) if marked else "")
    notes = [] if marked or sweep.size == len(sweep.series) else [SMALLER]
    if not short:
        notes.insert(0, _cut_note(len(shown), len(marked), len(listed)))
    grid = grid._replace(notes=notes)
    return [grid if marked or sweep.limits else without(grid, "best")]


def sweep_rows(sweep: Sweep) -> Grid:
    """Every point with an accuracy, if there is one, and whether it is best of its network."""
    parts = [(series.points, partial(_best_cells, sweep, series)) for series in sweep.series]
    return Grid(tuple(_columns(sweep, True)), Rows(parts))


def _best_cells(sweep: Sweep, series: Series, point: Point) -> list[Cell]:
    return _cells(sweep, series, point, True, point in series.best)


def _listed(sweep: Sweep) -> list[tuple[Series, Point]]:
    return [(series, point) for series in sweep.series for point in series.points]


def _grid(
    sweep: Sweep,
    shown: Sequence[tuple[Series, Point]],
    accuracies: bool,
    stars: Stars,
    note: str,
) -> Grid:
    """A row for each point, with a bar and with a star where it is marked."""
    columns = _columns(sweep, accuracies, note)
    beside = [column.key for column in columns].index("mult_adds") + 1  # what the bar is of
    columns.insert(beside, Column("", "of largest", "bar", drop=1))
    most = max((point.cost.mult_adds for _, point in shown), default=0)
    rows: list[list[Cell]] = []
    for series, point in shown:
        cells = _cells(sweep, series, point, accuracies, (id(series), point) in stars)
        cells.insert(beside, point.cost.mult_adds / (most or 1))
        rows.append(cells)
    return Grid(tuple(columns), rows, sweep_title(sweep))


def _columns(sweep: Sweep, accuracies: bool, note: str = "") -> list[Column]:
    return [
        *point_columns(len(sweep.series) > 1, sweep.terms),
        *((TOP1,) if accuracies else ()),
        Column("best", "Best", note=note),
        *((Column("over", "Over"),) if sweep.limits else ()),
    ]


def _cells(
    sweep: Sweep, series: Series, point: Point, accuracies: bool, starred: bool
) -> list[Cell]:
    return [
        *point_cells(series.network.name, point, sweep.terms, len(sweep.series) > 1),
        *((series.top1.get(point),) if accuracies else ()),
        "*" if starred else "",
        *((", ".join(FIGURES[f].name for f in sweep.over(point)),) if sweep.limits else ()),
    ]


SMALLER = "No point costs less than one that is smaller: smaller is always cheaper."


def best_note(sweep: Sweep) -> str:
    if sweep.limits:
        return "Best: keeps every limit, and nothing that does is as large in both α and input."
    if sweep.telling:
        return "Best (Pareto): nothing of the network is as large in α and input and costs no more."
    return "Best: nothing of the network is as accurate and computes no more. Smaller is cheaper."


def _cut_note(shown: int, marked: int, points: int) -> str:
    of = f"{marked:,} best of {points:,}" if marked else f"{points:,}"
    which = f"The {of}" if shown == marked else f"{shown:,} of the {of}"
    return (
        f"{which} points, those that compute most first; --all shows every point, and so do csv "
        "and json."
    )
