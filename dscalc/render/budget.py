"""The answer of `dscalc budget`: every limit that was written, and what it was before."""

from __future__ import annotations

from typing import Any

from dscalc.analysis.figures import FIGURES
from dscalc.check.limits import Change, Retaken
from dscalc.render.formats import Answer
from dscalc.render.grid import Cell, Column, Fact, Grid, Page, count_of, without
from dscalc.render.json import document

COLUMNS = (
    Column("network", "Network", "name"),
    Column("scope", "Of", "name", drop=2),
    Column("metric", "Limit on"),
    Column("part", "Part", drop=3),
    Column("was", "Was", "count"),
    Column("limit", "Limit", "count"),
    Column("delta", "Change", "change", drop=1),
)


def budget_answer(made: Retaken) -> Answer:
    """What was written."""
    return Answer(
        lambda: _document(made),
        lambda: [_short(_grid(made))],
        lambda: _grid(made),
        page=lambda: budget_page(made),
    )


def budget_page(made: Retaken) -> Page:
    return Page(
        [
            count_of(made.limits, "limit"),
            Fact(f"{len(made.changes):,}", "changed"),
            Fact(f"{len(made.broken):,}", "broken, and left as they were"),
        ]
    )


def _document(made: Retaken) -> dict[str, Any]:
    """`dscalc budget --format json`."""
    return document(
        "budget",
        file=made.file,
        new=made.new,
        limits=made.limits,
        changes=list(map(_listed, made.changes)),
        broken=list(map(_listed, made.broken)),
    )


def _listed(change: Change) -> dict[str, Any]:
    return {
        "network": change.network,
        "scope": change.scope,
        "metric": change.metric,
        "part": change.part,
        "was": change.was,
        "limit": change.now,
        "actual": change.actual,
    }


def _grid(made: Retaken) -> Grid:
    rows: list[list[Cell]] = [
        [
            change.network,
            change.scope,
            FIGURES[change.metric].word,
            change.part,
            change.was,
            change.now,
            None if change.was is None else change.now - change.was,
        ]
        for change in made.changes
    ]
    notes = [_broken(change) for change in made.broken]
    return Grid(COLUMNS, rows, _sentence(made), notes=notes)


def _short(grid: Grid) -> Grid:
    """The grid without the columns that say the same in every row, for people."""
    usual = {"scope": "network", "part": "max", "was": None, "delta": None}
    columns = {column.key: i for i, column in enumerate(grid.columns)}
    same = [
        key for key, value in usual.items() if all(row[columns[key]] == value for row in grid.rows)
    ]
    return without(grid, *same) if grid.rows else grid._replace(columns=())


def _sentence(made: Retaken) -> str:
    limits = f"{made.limits} limit{'' if made.limits == 1 else 's'}"
    if made.new:
        return f"{made.file}: written, with {limits}."
    if not made.limits:
        return f"{made.file}: no limit on a cost, nothing changed."
    if not made.changes:
        return f"{made.file}: none of {limits} changed."
    return f"{made.file}: {len(made.changes)} of {limits} changed."


def _broken(change: Change) -> str:
    of = "" if change.scope == "network" else f", {change.scope}"
    figure = f"{change.actual:,} {FIGURES[change.metric].word}"
    return f"{change.network}{of}: {figure}, over the limit of {change.was:,}, which stays."
