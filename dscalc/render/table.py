"""Tables for people: grids → text in columns that fit the screen, in colour where that is wanted.

Written by hand and not by Rich, which knows no row of two lines, measures every cell twice, and
takes longer to load than everything else together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dscalc.render.colours import BOLD, OF_MARK, colour_of, coloured
from dscalc.render.grid import Cell, Column, Grid, notes_of, shown
from dscalc.render.layout import GAP, INDENT, Layout, Texts, fit
from dscalc.render.names import shortened
from dscalc.render.text import plain, to_ascii, width_of, wrapped

TOO_WIDE = "The picture is wider than this terminal; --plot draws it."


class Screen(NamedTuple):
    """What text is shown on: its width, if it has one, whether only in ASCII, whether in colour."""

    width: int | None = None
    ascii_only: bool = False
    colour: bool = False

    def text(self, data: str) -> str:
        """The data as this screen can show it, commands made harmless."""
        return to_ascii(plain(data)) if self.ascii_only else plain(data)


def as_table(grids: Sequence[Grid], screen: Screen) -> str:
    """The grids one below the other; see layout.fit for what a narrow screen does without."""
    return "\n".join("".join(f"{line}\n" for line in _grid(grid, screen)) for grid in grids)


def _grid(grid: Grid, screen: Screen) -> Iterator[str]:
    style = BOLD + OF_MARK.get(grid.mark, "")
    if grid.title:
        yield from _sentence(grid.title, screen, "", style)
    notes = list(grid.notes)
    texts, layout = _laid_out(grid, screen)
    if grid.drawn and not _fits(texts, layout, screen):
        notes.insert(0, TOO_WIDE)
    elif grid.columns:
        if grid.title:
            yield ""
        yield from _table(grid, texts, layout, screen)
        seen = {*layout.above, *(i for line in layout.lines for i in line)}
        notes += notes_of(grid.columns[i] for i in sorted(seen))
        if notes:
            yield ""
    for note in notes:
        yield from _sentence(note, screen, " " * INDENT)


def _fits(texts: Texts, layout: Layout, screen: Screen) -> bool:
    """Whether a picture in letters has the width that it takes: its lines are no text to wrap."""
    wide = max(texts.widths[i] for line in layout.lines for i in line)
    return screen.width is None or (len(layout.lines) == 1 and wide + INDENT <= screen.width)


def _sentence(text: str, screen: Screen, indent: str, style: str = "") -> Iterator[str]:
    """A sentence in lines that break at blanks."""
    for line in wrapped(screen.text(text), screen.width, indent):
        # Once more: a word in the middle of the text may have come to the start of a line.
        yield coloured(screen.text(line), style if screen.colour else "")


# ---------------------------------------------------------------- the table itself


def _laid_out(grid: Grid, screen: Screen) -> tuple[Texts, Layout]:
    def cells(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
        by_column = [_texts(i, column, rows, screen) for i, column in enumerate(grid.columns)]
        return [list(row) for row in zip(*by_column, strict=True)]

    heads = [screen.text(column.head) for column in grid.columns]
    texts = Texts(grid.columns, cells(grid.rows), cells(grid.totals), heads)
    return texts, fit(texts, screen.width)


def _texts(i: int, column: Column, rows: Sequence[Sequence[Cell]], screen: Screen) -> list[str]:
    """A column of cells as text; numbers are harmless as they are."""
    return [
        text if not isinstance(cell, str) and text.isascii() else screen.text(text)
        for cell in (row[i] for row in rows)
        for text in [shown(cell, column.meaning)]
    ]


def _table(grid: Grid, texts: Texts, layout: Layout, screen: Screen) -> Iterator[str]:
    rows = _Rows(grid.columns, layout, screen, _cuts(texts, layout, screen))
    margin = " " * (INDENT if len(layout.lines) == 1 else 0)
    rule = margin + ("-" if screen.ascii_only else "─") * (layout.width - len(margin))
    if layout.above:
        same = " · ".join(f"{texts.heads[i]}: {texts.rows[0][i]}" for i in layout.above)
        yield from _sentence(same, screen, " " * INDENT)
        yield ""
    yield from rows.written(texts.heads, style=BOLD)
    yield rule
    group = ""
    for row, cells in zip(texts.rows, grid.rows, strict=True):
        if layout.group is not None and row[layout.group] not in ("", group):
            group = row[layout.group]
            yield from _heading(group, layout, screen)
        yield from rows.written(row, cells)
    if texts.totals:
        yield rule
    for row in texts.totals:
        yield from rows.written(row, style=BOLD)


def _heading(name: str, layout: Layout, screen: Screen) -> Iterator[str]:
    """The name of a group above its rows."""
    indent = layout.indent(0) - INDENT
    room = len(name) if screen.width is None else max(screen.width - indent, 1)
    text = shortened([name], room, _mark(screen))[name] if width_of(name) > room else name
    yield " " * indent + coloured(text, BOLD if screen.colour else "")


def _mark(screen: Screen) -> str:
    return "~" if screen.ascii_only else "…"


def _cuts(texts: Texts, layout: Layout, screen: Screen) -> dict[int, dict[str, str]]:
    """The names of each column that is too narrow for them, as they are shown."""
    return {
        i: shortened(texts.distinct(i), layout.widths[i], _mark(screen))
        for line in layout.lines
        for i in line
        if texts.columns[i].meaning == "name" and texts.widths[i] > layout.widths[i]
    }


class _Rows(NamedTuple):
    """What the rows of a table are written with."""

    columns: Sequence[Column]
    layout: Layout
    screen: Screen
    cuts: Mapping[int, Mapping[str, str]]

    def written(
        self, row: Sequence[str], cells: Sequence[Cell] = (), style: str = ""
    ) -> Iterator[str]:
        """A row in its lines, but for those that say nothing, in its style or those of its cells.

        Text that is wider than its column stands alone, and goes on in the next line.
        """
        lines = self.layout.lines
        for number, line in enumerate(lines):
            if len(lines) > 1 and not any(row[i] for i in line):
                continue
            indent = " " * self.layout.indent(number)
            first = line[0]
            if len(line) == 1 and first not in self.cuts and self._is_too_wide(row[first], first):
                yield from _sentence(row[first], self.screen, indent, style)
            else:
                parts = (self._cell(i, row[i], cells[i] if cells else None, style) for i in line)
                yield (indent + (" " * GAP).join(parts)).rstrip(" ")

    def _is_too_wide(self, text: str, i: int) -> bool:
        return self.screen.width is not None and width_of(text) > self.layout.widths[i]

    def _cell(self, i: int, text: str, cell: Cell, style: str) -> str:
        """A cell as wide as its column; the first of a row of several lines stands out."""
        if i in self.cuts:
            text = self.cuts[i].get(text, text)
        blanks = " " * (self.layout.widths[i] - width_of(text))
        if self.screen.colour and text:
            begins = len(self.layout.lines) > 1 and i == self.layout.lines[0][0]
            own = style or colour_of(cell, self.columns[i]) or (BOLD if begins else "")
            text = coloured(text, own)
        return blanks + text if self.columns[i].right_aligned else text + blanks
