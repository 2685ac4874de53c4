"""CSV: the rows of a grid in full precision, for spreadsheets and programs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from dscalc.render.grid import Grid
from dscalc.render.text import plain

FORMULA = tuple("=+-@＝＋－＠﹢﹣﹦﹫−")
"""What a spreadsheet takes for the start of a formula, blanks before it or none."""
AT_ONCE = 1000  # rows


def as_csv(grid: Grid) -> Iterator[str]:
    """The rows of a grid with its keys as the head; totals and what only draws are left out.

    Text comes a thousand rows at a time.
    """
    import csv
    import io

    kept = [i for i, column in enumerate(grid.columns) if column.key]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([grid.columns[i].key for i in kept])
    rows = iter(grid.rows)
    while some := list(islice(rows, AT_ONCE)):
        for row in some:
            cells = [row[i] for i in kept]
            writer.writerow([_text(one) if isinstance(one, str) else one for one in cells])
        yield text.getvalue()
        text.seek(0)
        text.truncate()
    yield text.getvalue()


@lru_cache(maxsize=AT_ONCE)
def _text(cell: str) -> str:
    """The text of a field; what a spreadsheet would take for a formula gets an apostrophe."""
    text = plain(cell)
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text
