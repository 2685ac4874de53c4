"""The answer of `dscalc sweep`: networks at many α and sizes, the best points marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import nlargest
from typing import TYPE_CHECKING, Any, NamedTuple

from dscalc.analysis.figures import FIGURES
from dscalc.analysis.series import Series, Sweep
from dscalc.analysis.sweep import Point
from dscalc.render.formats import Answer
from dscalc.render.grid import Cell, Column, Fact, Grid, Page, Rows, count_of, without
from dscalc.render.json import document
from dscalc.render.points import (
    TOP1,
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
                    "top1": series.top1.get(place),
                    "best": bool(series.best[place]),
                    "over": sweep.over(point),
                }
                for place, point in enumerate(series.points)
            ],
        }
        for series in sweep.series
    ]
    return document("sweep", **terms_document(sweep.terms, sweep.limits), networks=networks)


class _Shown(NamedTuple):
    """A point of a series, its published accuracy if it has one, and whether it is marked."""

    series: Series
    point: Point
    top1: float | None
    marked: bool


def _all(sweep: Sweep, marks: Sequence[bytes]) -> Iterator[_Shown]:
    """Every point, marked as these bytes say."""
    for series, marked in zip(sweep.series, marks, strict=True):
        for place, point in enumerate(series.points):
            yield _Shown(series, point, series.top1.get(place), bool(marked[place]))


def sweep_grids(sweep: Sweep, every: bool) -> list[Grid]:
    """The points of a sweep; of a long one the best, unless `every`."""
    marks = stars_of(sweep)
    marked, shown = sum(map(sum, marks)), _all(sweep, marks)
    short = every or sweep.size <= LONGEST_TABLE
    if not short:
        worth = (one for one in shown if one.marked or not marked)
        shown = iter(nlargest(SHOWN_BEST, worth, key=lambda one: one.point.cost.mult_adds))
    told = any(series.top1 for series in sweep.series)
    grid = _grid(sweep, list(shown), told, best_note(sweep) if marked else "")
    notes = [] if marked or sweep.size == len(sweep.series) else [SMALLER]
    if not short:
        notes.insert(0, _cut_note(len(grid.rows), marked, sweep.size))
    grid = grid._replace(notes=notes)
    return [grid if marked or sweep.limits else without(grid, "best")]


def sweep_rows(sweep: Sweep) -> Grid:
    """Every point with an accuracy, if there is one, and whether it is best of its network."""
    best = [series.best for series in sweep.series]
    rows = Rows(lambda: (_cells(sweep, one, True) for one in _all(sweep, best)), sweep.size)
    return Grid(tuple(_columns(sweep, True)), rows)


def _grid(sweep: Sweep, shown: Sequence[_Shown], accuracies: bool, note: str) -> Grid:
    """A row for each point, with a bar and with a star where it is marked."""
    columns = _columns(sweep, accuracies, note)
    beside = [column.key for column in columns].index("mult_adds") + 1  # what the bar is of
    columns.insert(beside, Column("", "of largest", "bar", drop=1))
    most = max((one.point.cost.mult_adds for one in shown), default=0)
    rows: list[list[Cell]] = []
    for one in shown:
        cells = _cells(sweep, one, accuracies)
        cells.insert(beside, one.point.cost.mult_adds / (most or 1))
        rows.append(cells)
    return Grid(tuple(columns), rows, sweep_title(sweep))


def _columns(sweep: Sweep, accuracies: bool, note: str = "") -> list[Column]:
    return [
        *point_columns(len(sweep.series) > 1, sweep.terms),
        *((TOP1,) if accuracies else ()),
        Column("best", "Best", note=note),
        *((Column("over", "Over"),) if sweep.limits else ()),
    ]


def _cells(sweep: Sweep, shown: _Shown, accuracies: bool) -> list[Cell]:
    name, several = shown.series.network.name, len(sweep.series) > 1
    over = sweep.over(shown.point) if sweep.limits else ()
    return [
        *point_cells(name, shown.point, sweep.terms, several),
        *((shown.top1,) if accuracies else ()),
        "*" if shown.marked else "",
        *((", ".join(FIGURES[f].name for f in over),) if sweep.limits else ()),
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
    first = f"{which} points, those that compute most first"
    if shown == 1:
        first = f"The best of {points:,} points"
    return f"{first}; --all shows every point, and so do csv and json."
