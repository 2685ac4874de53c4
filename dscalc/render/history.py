"""The answer of `dscalc diff --log`: what a network cost at every commit that touched it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dscalc.analysis.figures import FIGURES
from dscalc.check.history import SHOWN, History, Moment, steps
from dscalc.render.formats import Answer
from dscalc.render.grid import Cell, Column, Fact, Grid, Page, count_of, without
from dscalc.render.json import document

if TYPE_CHECKING:
    from dscalc.render.scene import Scene

SHORT = 10  # digits of a commit that a table shows
DROPS = {"params": 2, "mult_adds": 3, "memory": 1}
COLUMNS = (
    Column("commit", "Commit"),
    Column("date", "Date", drop=4),
    Column("path", "File", "name"),
    *(
        column
        for key in SHOWN
        for column in (
            Column(key, FIGURES[key].head, "count"),
            Column(f"{key}_delta", f"{FIGURES[key].head} by", "change", drop=DROPS[key]),
        )
    ),
)


def history_answer(history: History) -> Answer:
    """A network through its commits, the oldest first."""
    return Answer(
        lambda: _document(history),
        lambda: [_grid(history)],
        lambda: Grid(COLUMNS, _rows(history)),
        page=lambda: history_page(history),
    )


def history_page(history: History) -> Page:
    """What the network costs at the last commit that could be read, and the picture."""

    def scene() -> Scene:
        from dscalc.render.plot_history import history_scene

        return history_scene(history)

    last = next((one.figures for one in reversed(history.moments) if one.figures), {})
    now = [Fact(f"{value:,}", f"{FIGURES[key].word} now") for key, value in last.items()]
    return Page([count_of(len(history.moments), "commit"), *now], scene=scene)


def _document(history: History) -> dict[str, Any]:
    """`dscalc diff --log --format json`."""
    commits = [
        {
            "commit": moment.sha,
            "date": moment.date,
            "path": moment.path,
            "earlier_path": moment.earlier or None,
            "figures": moment.figures,
            "problem": moment.problem or None,
        }
        for moment in history.moments
    ]
    return document("diff", network=history.network, commits=commits, cut=history.cut)


def _rows(history: History, digits: int | None = None) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for moment, step in zip(history.moments, steps(history.moments), strict=True):
        row: list[Cell] = [moment.sha[:digits], moment.date, moment.path]
        for key in SHOWN:
            row.append(moment.figures[key] if moment.figures else None)
            row.append(step[key] if step else None)
        rows.append(row)
    return rows


def _grid(history: History) -> Grid:
    count = len(history.moments)
    title = f"{history.network}: {count} commit{'' if count == 1 else 's'}"
    grid = without(Grid(COLUMNS, _rows(history, SHORT), title), "path")
    notes = [_note(moment) for moment in history.moments]
    cut = ["This clone is shallow: what came before is not in it."] if history.cut else []
    return grid._replace(notes=[*filter(None, notes), *cut])


def _note(moment: Moment) -> str:
    sha = moment.sha[:SHORT]
    renamed = f"{sha}: renamed from {moment.earlier}" if moment.earlier else ""
    if moment.problem:
        return f"{renamed or sha}: cannot be read: {moment.problem}"
    if moment.figures is None:
        return f"{sha}: taken away"
    return renamed
