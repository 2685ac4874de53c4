"""Markdown: grids as GitHub's tables, and comments that stay short enough for a forge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dscalc.render.grid import Cell, Grid, shown, without_bars
from dscalc.render.text import code, prose

LONGEST = 60_000  # characters; forges refuse comments that are not much longer


def as_markdown(grids: Sequence[Grid]) -> str:
    """The grids as GitHub-flavoured Markdown tables."""
    return "\n".join(_markdown_grid(grid) for grid in grids)


def _markdown_grid(grid: Grid) -> str:
    grid = without_bars(grid)
    parts = [f"**{prose(grid.title)}**"] if grid.title else []
    if grid.columns:
        aligned = ("---:" if column.right_aligned else ":---" for column in grid.columns)
        rows = [_markdown_cells(grid, row) for row in (*grid.rows, *grid.totals)]
        head = [_markdown_row(column.head for column in grid.columns), _markdown_row(aligned)]
        parts.append("\n".join([*head, *map(_markdown_row, rows)]))
        parts += [prose(note) for note in grid.all_notes]
    elif grid.notes:
        parts.append("\n".join(f"- {prose(note)}" for note in grid.notes))
    return "\n\n".join(parts) + "\n"


def _markdown_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown_cells(grid: Grid, row: Sequence[Cell]) -> list[str]:
    return [
        code(shown(cell, c.meaning)) if c.meaning == "name" else prose(shown(cell, c.meaning))
        for cell, c in zip(row, grid.columns, strict=True)
    ]


# ---------------------------------------------------------------- comments


def as_comment(
    mark: str, sentence: str, shown: Sequence[Grid], heading: str, folded: Sequence[Grid]
) -> str:
    """A comment: a sentence, the grids that matter, the others folded away under a heading.

    It begins with a mark, which is not shown. Its tables are cut from below until it is short
    enough.
    """
    most = max((max(len(grid.rows), len(grid.notes)) for grid in (*shown, *folded)), default=0)
    grids = len(shown) + len(folded)
    while True:
        parts = _cut(shown, most, grids), heading, _cut(folded, most, grids)
        text = mark + _whole_comment(sentence, *parts)
        if len(text) <= LONGEST:
            return text
        if most == 0 and grids == 0:
            return f"{mark}**{prose(sentence)}**\n"[:LONGEST]
        most, grids = (most // 2, grids) if most > grids else (most, grids // 2)


def _cut(grids: Sequence[Grid], rows: int, most: int) -> list[Grid]:
    """The first grids with their first rows and notes, and how much is left out."""
    cut = []
    for grid in grids[:most]:
        notes = [*_more(grid.rows, rows), *grid.notes[:rows], *_more(grid.notes, rows)]
        cut.append(grid._replace(rows=grid.rows[:rows], notes=notes))
    return [*cut, Grid(notes=_more(grids, most))] if len(grids) > most else cut


def _more(items: Sequence[object], shown: int) -> list[str]:
    return [f"… and {len(items) - shown} more."] if len(items) > shown else []


def _whole_comment(
    sentence: str, shown: Sequence[Grid], heading: str, folded: Sequence[Grid]
) -> str:
    parts = [f"**{prose(sentence)}**\n"]
    if shown:
        parts.append(as_markdown(shown))
    if folded:
        inner = as_markdown(folded)
        parts.append(f"<details><summary>{heading}</summary>\n\n{inner}\n</details>\n")
    return "\n".join(parts)
