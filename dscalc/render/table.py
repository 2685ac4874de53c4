"""Tables for people: grids → text, as Rich tables that fit the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from dscalc.render.grid import Cell, Column, Grid, shown
from dscalc.render.text import plain, to_ascii

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

INDENT = 2
GAP = 2  # the padding of a column and the divider after it
SHORTEST_NAME = 8
STYLES = {"bar": "cyan", "fewer": "green"}
OF_STATUS = {"pass": "green", "warn": "yellow", "fail": "red"}


class Screen(NamedTuple):
    """What text is shown on: its width, if it has one, and whether it can show only ASCII."""

    width: int | None = None
    ascii_only: bool = False

    def text(self, data: str) -> str:
        """The data as this screen can show it, commands made harmless."""
        return to_ascii(plain(data)) if self.ascii_only else plain(data)


# ---------------------------------------------------------------- tables for people


def as_table(grids: Sequence[Grid], screen: Screen) -> str:
    """The grids as Rich tables; on a narrow screen bars go and names shorten, numbers never."""
    from rich.console import Console

    tables = [_table(grid, screen) for grid in grids]
    width = max(table.width or 0 for table in tables) + INDENT
    console = Console(
        width=width,
        height=1,  # else Rich takes LINES for a number, and an unknown terminal to be 80 wide
        legacy_windows=False,  # else a column is kept free
        highlight=False,
        markup=False,
        emoji=False,
    )
    with console.capture() as capture:
        for number, (grid, table) in enumerate(zip(grids, tables, strict=True)):
            if number:
                console.print()
            _print_grid(console, grid, table, screen)
    return capture.get()


def _print_grid(console: Console, grid: Grid, table: Table, screen: Screen) -> None:
    from rich.padding import Padding

    def print_text(text: str, indent: str, style: str) -> None:
        for line in _wrapped(screen.text(text), screen.width, indent):
            # Once more: a word in the middle of the text may have come to the start of a line.
            console.print(screen.text(line), style=style, soft_wrap=True)

    if grid.title:
        print_text(grid.title, "", f"bold {OF_STATUS.get(grid.mark, '')}".strip())
    if grid.columns:
        if grid.title:
            console.print()
        console.print(Padding(table, (0, 0, 0, INDENT), expand=False))
    if grid.columns and grid.notes:
        console.print()
    for note in grid.notes:
        print_text(note, " " * INDENT, "")


def _wrapped(text: str, width: int | None, indent: str) -> list[str]:
    import textwrap

    if width is None:
        return [indent + text]
    return textwrap.wrap(
        text,
        max(width, 20),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _table(grid: Grid, screen: Screen) -> Table:
    from rich.box import Box
    from rich.cells import cell_len
    from rich.table import Table

    def cells(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
        meanings = [column.meaning for column in grid.columns]
        return [[screen.text(shown(*pair)) for pair in zip(row, meanings, strict=True)]
                for row in rows]  # fmt: skip

    rows, totals = cells(grid.rows), cells(grid.totals)
    heads = [screen.text(column.head) for column in grid.columns]
    widths = [max(map(cell_len, column)) for column in zip(heads, *rows, *totals, strict=True)]
    kept, widths = fit(grid.columns, widths, screen.width)

    rule = "-" if screen.ascii_only else "─"
    line = rule * 4 + "\n"
    lines = "    \n    \n" + line + "    \n" + line + line + "    \n    \n"
    box = Box(lines, ascii=screen.ascii_only)
    table = Table(
        box=box,
        show_edge=False,
        pad_edge=False,
        padding=(0, GAP - 1, 0, 0),
        collapse_padding=False,
        width=sum(widths[i] for i in kept) + GAP * (len(kept) - 1) if kept else 0,
    )
    for i in kept:
        column = grid.columns[i]
        table.add_column(
            heads[i],
            justify="right" if column.right_aligned else "left",
            width=widths[i],
            no_wrap=True,
            style=STYLES.get(column.meaning),
        )
    for row in rows:
        table.add_row(*(_coloured(_cut(row[i], widths[i], screen), grid.columns[i]) for i in kept))
    if totals:
        table.add_section()
    for row in totals:
        table.add_row(*(_cut(row[i], widths[i], screen) for i in kept), style="bold")
    return table


def _coloured(cell: str, column: Column) -> str | Text:
    if column.meaning != "status":
        return cell
    from rich.text import Text

    return Text(cell, OF_STATUS.get(cell, ""))


def fit(
    columns: Sequence[Column], widths: list[int], available: int | None
) -> tuple[list[int], list[int]]:
    """Which columns are shown, and how wide each is, in `available` characters.

    What can go goes in the order of `drop`; then names shorten. Numbers keep their width even
    where the screen is narrower still.
    """
    kept = list(range(len(columns)))
    widths = list(widths)

    def excess() -> int:
        used = INDENT + sum(widths[i] for i in kept) + GAP * (len(kept) - 1)
        return used - available if available is not None else 0

    for i in sorted((i for i in kept if columns[i].drop), key=lambda i: columns[i].drop):
        if excess() > 0:
            kept.remove(i)
    for i in kept:
        if columns[i].meaning == "name" and excess() > 0:
            widths[i] = max(min(widths[i], SHORTEST_NAME), widths[i] - excess())
    return kept, widths


def _cut(text: str, width: int, screen: Screen) -> str:
    """The text in at most `width` characters; it is shortened inside, where names differ least."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return text
    tail = text[-(width // 2) :]
    head = set_cell_size(text, max(0, width - 1 - cell_len(tail)))
    return set_cell_size(f"{head}{'~' if screen.ascii_only else '…'}{tail}", width)
