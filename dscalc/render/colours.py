"""Colours of a terminal: what each means, and never that alone."""

from __future__ import annotations

import re

from dscalc.render.grid import Cell, Column

BOLD, RED, GREEN, YELLOW, CYAN = "1;", "31;", "32;", "33;", "36;"
OF_MARK = {"pass": GREEN, "warn": YELLOW, "fail": RED}
OF_WORD = {
    **OF_MARK,
    **dict.fromkeys(("fits", "removed"), GREEN),
    **dict.fromkeys(("changed", "slip"), YELLOW),
    **dict.fromkeys(("over", "added", "unexplained"), RED),
}
"""The first word of a status: less is green, more is red, what is worth a look is yellow."""


def coloured(text: str, style: str) -> str:
    """The text in a style, which ends where it does."""
    return f"\x1b[{style.rstrip(';')}m{text}\x1b[0m" if style and text else text


def of_complaint(text: str) -> str:
    """What standard error says, its first word and its carets in colour."""
    text = re.sub(r"(?m)^[Ee]rror:", lambda found: coloured(found[0], BOLD + RED), text)
    text = re.sub(r"^note:", lambda found: coloured(found[0], BOLD + CYAN), text)
    return re.sub(r"(?m)(?<=^      \| )( *)(\^+)$", lambda at: at[1] + coloured(at[2], RED), text)


def colour_of(cell: Cell, column: Column) -> str:
    """The style of a cell by what it means: what costs more is red, what costs less is green."""
    if column.meaning == "bar":
        return CYAN
    if column.meaning == "status":
        return OF_WORD.get(str(cell).partition(" ")[0].rstrip(";:,"), "")
    if not isinstance(cell, int | float) or not cell:
        return ""
    match column.meaning:
        case "fewer":
            return GREEN if cell < 1 else YELLOW if cell > 1 else ""
        case "change":
            return RED if cell > 0 else GREEN
        case "margin":
            return RED if cell < 0 else ""
        case _:
            return ""
