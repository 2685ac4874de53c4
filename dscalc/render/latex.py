"""LaTeX: grids as tables of booktabs, to be laid into a paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from dscalc.render.grid import Cell, Column, Grid, shown, without_bars
from dscalc.render.text import plain

# What TeX would obey; what its oldest fonts hold another sign for (< > | "); what would belong to
# the \\ of the row before ([ *).
MARKUP = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "`": r"\textasciigrave{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "[": "{[}",
    "*": "{*}",
    **{sign: f"\\{sign}" for sign in "$&#_%"},
}
SYMBOLS = {
    "α": r"\alpha",
    "ρ": r"\rho",
    "Δ": r"\Delta",
    "∏": r"\prod",
    "×": r"\times",
    "·": r"\cdot",
    "→": r"\rightarrow",
    "≤": r"\leq",
    "≥": r"\geq",
    "−": "-",
    "∞": r"\infty",
    **{sign: f"^{digit}" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    **{sign: f"_{digit}" for digit, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
}
"""What our own words use, in mathematics."""
WRITTEN = MARKUP | {sign: f"${command}$" for sign, command in SYMBOLS.items()} | {"…": r"\dots{}"}
FITTED = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}"
"""As wide as the line, if it would be wider."""
SPECIAL = re.compile("[" + re.escape("".join(WRITTEN)) + "]|-(?=-)")


def as_latex(grids: Sequence[Grid]) -> str:
    """The grids as floating tables; the packages booktabs and graphicx draw them."""
    return "\n".join(map(_grid, grids))


def _grid(grid: Grid) -> str:
    grid = without_bars(grid)
    notes = [rf"\par\smallskip {_text(note)}" for note in grid.all_notes]
    if not grid.columns:
        return "\n".join([rf"\paragraph{{{_text(grid.title)}}}", *notes, ""])
    caption = [rf"\caption{{{_text(grid.title)}}}"] if grid.title else []
    lines = [r"\begin{table}", r"\centering\small", *caption, *_tabular(grid), *notes]
    return "\n".join([*lines, r"\end{table}", ""])


def _tabular(grid: Grid) -> list[str]:
    aligned = "".join("r" if column.right_aligned else "l" for column in grid.columns)
    head = _row(_text(column.head) for column in grid.columns)
    rows, totals = (
        [_row(map(_cell, row, grid.columns)) for row in part] for part in (grid.rows, grid.totals)
    )
    return [
        FITTED + "{%",
        rf"\begin{{tabular}}{{{aligned}}}",
        *(r"\toprule", head, r"\midrule", *rows),
        *([r"\midrule", *totals] if totals else []),
        *(r"\bottomrule", r"\end{tabular}}"),
    ]


def _row(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _cell(cell: Cell, column: Column) -> str:
    text = _text(shown(cell, column.meaning))
    if text.startswith("-") and column.right_aligned:
        return f"$-${text[1:]}"  # a minus, not a hyphen
    return rf"\texttt{{{text}}}" if text and column.meaning == "name" else text


def _text(data: str) -> str:
    """The data with nothing in it that TeX obeys; of two hyphens it would make a dash."""
    return SPECIAL.sub(lambda match: WRITTEN.get(match[0], "-{}"), plain(data))
