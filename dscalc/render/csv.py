"""CSV: the rows of a grid in full precision, for spreadsheets and programs."""

from __future__ import annotations

from dscalc.render.grid import Cell, Grid
from dscalc.render.text import plain

FORMULA = tuple("=+-@＝＋－＠﹢﹣﹦﹫−")
"""What a spreadsheet takes for the start of a formula, blanks before it or none."""


def as_csv(grid: Grid) -> str:
    """The rows of a grid with its keys as the head; totals and what only draws are left out."""
    import csv
    import io

    kept = [i for i, column in enumerate(grid.columns) if column.key]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([grid.columns[i].key for i in kept])
    writer.writerows([_field(row[i]) for i in kept] for row in grid.rows)
    return text.getvalue()


def _field(cell: Cell) -> str | int | float:
    """A CSV field; text that a spreadsheet would take for a formula gets an apostrophe."""
    if not isinstance(cell, str):
        return "" if cell is None else cell
    text = plain(cell)
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text
