"""Tables for people: grids → text in columns that fit the screen, in colour where that is wanted.

Written by hand and not by Rich, which knows no row of two lines, measures every cell twice, and
takes longer to load than everything else together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
    if grid.boxes and not _fits(grid, screen):
        notes.insert(0, TOO_WIDE)
    elif grid.columns:
        if grid.title:
            yield ""
        texts, layout = _laid_out(grid, screen)
        yield from _table(grid, texts, layout, screen)
        seen = {*layout.above, *(i for line in layout.lines for i in line)}
        notes += notes_of(grid.columns[i] for i in sorted(seen))
        if notes:
            yield ""
    for note in notes:
        yield from _sentence(note, screen, " " * INDENT)


def _fits(grid: Grid, screen: Screen) -> bool:
    """Whether a picture in letters has the width that it takes: its lines are no text to wrap."""
    texts, layout = _laid_out(grid, screen)
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
    rule = ("-" if screen.ascii_only else "─") * (layout.width - INDENT * (len(layout.lines) == 1))
    rule = " " * (INDENT * (len(layout.lines) == 1)) + rule
    write = _writer(grid, texts, layout, screen)
    if layout.above:
        same = " · ".join(f"{texts.heads[i]}: {texts.rows[0][i]}" for i in layout.above)
        yield from _sentence(same, screen, " " * INDENT)
        yield ""
    yield from write(texts.heads, None, BOLD)
    yield rule
    group = ""
    for row, raw in zip(texts.rows, grid.rows, strict=True):
        if layout.group is not None and row[layout.group] not in ("", group):
            group = row[layout.group]
            yield from _heading(group, layout, screen)
        yield from write(row, raw, "")
    if texts.totals:
        yield rule
    for row in texts.totals:
        yield from write(row, None, BOLD)


def _heading(name: str, layout: Layout, screen: Screen) -> Iterator[str]:
    """The name of a group above its rows."""
    indent = layout.indent(0) - INDENT
    room = len(name) if screen.width is None else max(screen.width - indent, 1)
    text = shortened([name], room, _mark(screen))[name] if width_of(name) > room else name
    yield " " * indent + coloured(text, BOLD if screen.colour else "")


def _mark(screen: Screen) -> str:
    return "~" if screen.ascii_only else "…"


Write = Callable[[Sequence[str], "Sequence[Cell] | None", str], Iterator[str]]


def _writer(grid: Grid, texts: Texts, layout: Layout, screen: Screen) -> Write:
    """What writes a row in its lines, in the style of the row or in those of its cells."""
    cut = {
        i: shortened(texts.distinct(i), layout.widths[i], _mark(screen))
        for line in layout.lines
        for i in line
        if grid.columns[i].meaning == "name" and texts.widths[i] > layout.widths[i]
    }

    first = layout.lines[0][0] if len(layout.lines) > 1 else None  # which begins a row

    def write(row: Sequence[str], raw: Sequence[Cell] | None, style: str) -> Iterator[str]:
        for number, columns in enumerate(layout.lines):
            if any(row) and not any(row[i] for i in columns):
                continue
            indent = " " * layout.indent(number)
            only = row[columns[0]]
            if (
                len(columns) == 1
                and columns[0] not in cut
                and screen.width is not None
                and (width_of(only) > layout.widths[columns[0]])
            ):
                yield from _sentence(only, screen, indent, style)
                continue
            parts = [indent]
            for i in columns:
                text = cut[i].get(row[i], row[i]) if i in cut else row[i]
                blanks = " " * (layout.widths[i] - width_of(text))
                if screen.colour and text:
                    own = style or colour_of(None if raw is None else raw[i], grid.columns[i])
                    own = own or (BOLD if i == first else "")
                    text = coloured(text, own)
                right = grid.columns[i].right_aligned
                parts += [blanks, text] if right else [text, blanks]
                parts.append(" " * GAP)
            yield "".join(parts).rstrip(" ")

    return write
