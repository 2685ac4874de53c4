"""Tables of a page: cells that sort, wrap where they may, and become cards on a narrow screen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from dscalc.render.grid import Cell, Column, Grid, shown
from dscalc.render.text import plain, width_of

CARDS_BELOW = (40, 56, 68, 80)
"""The widths of a screen, in rem, below which one or another table becomes a list of cards."""
MARGINS, PADDING, CHARACTER = 2, 1.2, 0.58  # rem: of the page, of a cell, of a character
PHONE = 22  # rem: a table that takes no more is a table everywhere
PIECE = 24  # characters of a word that does not wrap
BAR = 12  # characters that a bar takes
LONG = 24  # characters above which a text may wrap
STATUS = re.compile("pass|warn|fail")


class TableHtml(NamedTuple):
    """A table as HTML, and the width of a screen, in rem, below which it is cards; 0 for none."""

    html: str
    cards_below: int = 0


class _Column(NamedTuple):
    """A column with the classes that the style sheet knows it by, and its characters.

    `label` is what stands before its cells on a card, where no heads are above them.
    """

    column: Column
    classes: str
    characters: int
    label: str


def table_html(grid: Grid) -> TableHtml:
    """The table of a grid; nothing where it has no columns."""
    if not grid.columns:
        return TableHtml("")
    columns = [_column(column, place, grid) for place, column in enumerate(grid.columns)]
    needed = sum(PADDING + CHARACTER * column.characters for column in columns)
    last = CARDS_BELOW[-1]
    below = next((width for width in CARDS_BELOW if needed <= width - MARGINS), last)
    classes = [f"cards{below}"] if needed > PHONE else []
    classes += ["scroll"] if needed > last - MARGINS else []
    heads = "".join(
        f'<th scope="col"{_class(one.classes)}>{escape(plain(one.column.head))}</th>'
        for one in columns
    )
    body = "".join(map(_row, [columns] * len(grid.rows), _whole(grid)))
    foot = "".join(map(_row, [columns] * len(grid.totals), grid.totals))
    foot = f"<tfoot>\n{foot}</tfoot>\n" if foot else ""
    return TableHtml(
        f"<div{_class(' '.join(classes))}>\n<table>\n<thead>\n<tr>{heads}</tr>\n</thead>\n"
        f"<tbody>\n{body}</tbody>\n{foot}</table>\n</div>\n",
        below if classes else 0,
    )


def _column(column: Column, place: int, grid: Grid) -> _Column:
    texts = [shown(row[place], column.meaning) for row in (*grid.rows, *grid.totals)]
    longest = max(map(width_of, texts), default=0)
    wraps = column.meaning == "text" and longest > LONG
    named = column.meaning == "name"
    classes = [
        *(["number"] if column.right_aligned else []),
        *([column.meaning] if column.meaning in ("name", "bar") else []),
        *(["long"] if wraps else []),
    ]
    most = max(LONG, _longest_piece(texts)) if wraps or named else longest
    if column.meaning == "bar":
        most = BAR
    wide = max(min(longest, most), width_of(column.head))
    label = "" if place == _name_place(grid) else column.head
    return _Column(column, " ".join(classes), wide, label)


def _name_place(grid: Grid) -> int | None:
    """The column that says what a row is of."""
    return next((i for i, one in enumerate(grid.columns) if one.meaning == "name"), None)


def _whole(grid: Grid) -> list[list[Cell]]:
    """The rows, each with the name that a table in order says once for several of them."""
    place = _name_place(grid)
    rows = [list(row) for row in grid.rows]
    for before, row in pairwise(rows):
        if place is not None and row[place] == "":
            row[place] = before[place]
    return rows


def _row(columns: Sequence[_Column], cells: Sequence[Cell]) -> str:
    return f"<tr>{''.join(map(_cell, columns, cells))}</tr>\n"


def _cell(of: _Column, cell: Cell) -> str:
    column = of.column
    if column.meaning == "bar":
        return f"<td{_class(of.classes)}>{_bar(cell)}</td>"
    text = shown(cell, column.meaning)
    status = STATUS.match(text) if column.meaning == "status" else None
    classes = f"{of.classes} status-{status[0]}".strip() if status else of.classes
    exact = f' data-value="{cell}"' if isinstance(cell, int | float) else ""
    words = text if exact else breakable(text)
    label = f' data-head="{escape(plain(of.label))}"' if of.label else ""
    return f"<td{_class(classes)}{exact}{label}>{words}</td>"


def _bar(cell: Cell) -> str:
    share = cell if isinstance(cell, int | float) else 0
    if not share:
        return ""
    return (
        '<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{100 * share:.1f}" height="10"/></svg>'
    )


def _class(names: str) -> str:
    return f' class="{names}"' if names else ""


def breakable(data: str) -> str:
    """Text in HTML that may wrap within a long word: at dots, underscores and slashes."""
    return " ".join(
        escape(word) if len(word) <= PIECE else "<wbr>".join(map(escape, _pieces(word)))
        for word in plain(data).split(" ")
    )


def _pieces(word: str) -> list[str]:
    """A long word in parts that stay together where there is room for them."""
    return [part for part in re.split(r"(?<=[._/])", word) if part]


def _longest_piece(texts: Iterable[str]) -> int:
    """The characters of the longest part that does not wrap."""
    long = [word for text in texts if len(text) > PIECE for word in text.split(" ")]
    return max((width_of(part) for word in long for part in _pieces(word)), default=0)
