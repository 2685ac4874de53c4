"""HTML: grids → one file that needs nothing else, for light and dark, for phones and screens."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from dscalc.render.grid import Box, Cell, Column, Grid, shown
from dscalc.render.text import plain

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --line: #d1d9e0;
  --page: #fff; --band: #f6f8fa; --bar: #0072b2; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9198a1; --line: #3d444d; --page: #0d1117;
    --band: #151b23; --bar: #56b4e9; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 76rem; color: var(--ink); background: var(--page);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin-top: 2rem; overflow-wrap: anywhere; }
p { color: var(--soft); margin: .4rem 0; max-width: 45rem; overflow-wrap: anywhere; }
.table { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: .875rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; text-align: left; white-space: nowrap; }
th { color: var(--soft); font-weight: 600; border-bottom: 1px solid var(--line); }
tbody tr:nth-child(even) { background: var(--band); }
tfoot td { font-weight: 600; border-top: 1px solid var(--line); }
.number { text-align: right; }
td.name { font-family: ui-monospace, monospace; max-width: 24rem; white-space: normal;
  overflow-wrap: anywhere; }
.bar { width: 8rem; min-width: 5rem; }
.bar i { display: block; height: .7em; border-radius: 2px; background: var(--bar); }
@media (max-width: 52rem) { .drop:not(.bar) { display: none; } }
@media (max-width: 40rem) {
  body { padding: .75rem; }
  th, td { padding: .25rem .4rem; }
  .wide thead { display: none; }
  .wide table, .wide tbody, .wide tfoot { display: block; }
  .wide tr { display: flex; flex-wrap: wrap; gap: .1rem .9rem; padding: .4rem .6rem;
    border-bottom: 1px solid var(--line); }
  .wide td { padding: 0; border: 0; white-space: normal; overflow-wrap: anywhere; }
  .wide td.drop { display: block; }
  .wide td[data-head]::before { content: attr(data-head) " "; font-weight: 400;
    color: var(--soft); }
  .wide td.name, .wide td.bar { flex-basis: 100%; font-weight: 600; }
  .wide td.bar { order: 1; }
  .wide td:empty { display: none; }
}
.picture { width: 100%; border: 1px solid var(--line); }
.picture rect { fill: var(--bar); fill-opacity: .5; stroke: var(--page); }
@media print { .table { overflow: visible; } }
"""
PICTURE = 400  # the height of a picture that is 1000 wide
WIDE = 4  # columns; a table of more becomes a list of cards on a phone
EXPLANATION = (
    "A mult-add is one multiplication and one addition of a weight with an activation, for one "
    "example; FLOPs are twice that. Shapes are channels last. Counts are exact."
)


def as_html(grids: Sequence[Grid]) -> str:
    """The grids as one page that asks nothing of any server."""
    title = _text(grids[0].title) or "dscalc"
    head = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    )
    body = "".join(_section(grid, "h2" if number else "h1") for number, grid in enumerate(grids))
    return f"{head}<main>\n{body}<p>{_text(EXPLANATION)}</p>\n</main>\n</body>\n</html>\n"


def _text(data: str) -> str:
    return escape(plain(data))


def _section(grid: Grid, heading: str) -> str:
    title = f"<{heading}>{_text(grid.title)}</{heading}>\n" if grid.title else ""
    notes = "".join(f"<p>{_text(note)}</p>\n" for note in grid.all_notes)
    content = _picture(grid.boxes) if grid.boxes else _table(grid) if grid.columns else ""
    return f"<section>\n{title}{content}{notes}</section>\n"


def _picture(boxes: Sequence[Box]) -> str:
    """Boxes as a drawing that is as wide as the page; each says what it is when pointed at."""
    right, top = max(box.right for box in boxes), max(box.top for box in boxes) or 1
    drawn = "".join(
        f'<rect x="{1000 * box.left / right:.2f}" y="{PICTURE * (top - box.top) / top:.2f}" '
        f'width="{1000 * (box.right - box.left) / right:.2f}" '
        f'height="{PICTURE * (box.top - box.bottom) / top:.2f}">'
        f"<title>{_text(box.label)}</title></rect>\n"
        for box in boxes
    )
    return f'<svg class="picture" viewBox="0 0 1000 {PICTURE}" role="img">\n{drawn}</svg>\n'


def _table(grid: Grid) -> str:
    heads = "".join(
        f'<th scope="col"{_class(column)}>{_text(column.head)}</th>' for column in grid.columns
    )
    body = "".join(_row(grid.columns, row) for row in grid.rows)
    foot = "".join(_row(grid.columns, row) for row in grid.totals)
    foot = f"<tfoot>\n{foot}</tfoot>\n" if foot else ""
    wide = " wide" if len(grid.columns) > WIDE else ""
    return (
        f'<div class="table{wide}" tabindex="0">\n<table>\n<thead>\n<tr>{heads}</tr>\n</thead>\n'
        f"<tbody>\n{body}</tbody>\n{foot}</table>\n</div>\n"
    )


def _row(columns: Sequence[Column], cells: Sequence[Cell]) -> str:
    pairs = zip(cells, columns, strict=True)
    return f"<tr>{''.join(_data(cell, column) for cell, column in pairs)}</tr>\n"


def _data(cell: Cell, column: Column) -> str:
    head = "" if column.meaning in ("name", "bar") else f' data-head="{_text(column.head)}"'
    return f"<td{_class(column)}{head}>{_cell(cell, column)}</td>"


def _cell(cell: Cell, column: Column) -> str:
    if column.meaning == "bar":
        share = cell if isinstance(cell, int | float) else 0
        return f'<i style="width:{share:.1%}"></i>' if share else ""
    return _text(shown(cell, column.meaning))


def _class(column: Column) -> str:
    """What the style sheet needs to know of a column."""
    classes = [
        *(["number"] if column.right_aligned else []),
        *([column.meaning] if column.meaning in ("name", "bar") else []),
        *(["drop"] if column.drop else []),
    ]
    return f' class="{" ".join(classes)}"' if classes else ""
