"""A picture of bars: a line for each of what is compared, its figures side by side in panels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dscalc.render.axes import Scale, across, from_zero, real, short
from dscalc.render.heading import MARGIN, Entry, legend, notes, title
from dscalc.render.measure import all_fitted, fitted, width_of
from dscalc.render.scene import PAPER, Drawn, Fill, Rect, Scene, Text

LONGEST_NAME = 150.0  # points
VALUE, VALUE_ROOM = 5.5, 26.0  # points: the words at the end of a bar, and their room
THICK, PITCH = 6.4, 3.0  # points: of a bar, and between lines
BETWEEN = 10.0  # points, between panels
THINNEST = 0.3  # points: what costs anything is seen


class Bar(NamedTuple):
    """A bar of parts, from the left to the right, and what each says when pointed at."""

    parts: Sequence[tuple[Fill, int, str]]

    @property
    def value(self) -> int:
        return sum(value for _, value, _ in self.parts)


class Line(NamedTuple):
    """What is compared: its name, and for each panel its bars, one below the other.

    A line without bars is the heading of those below it.
    """

    name: str
    panels: Sequence[Sequence[Bar]] = ()


class Bars(NamedTuple):
    """What a picture of bars shows; `heads` are what the panels are of."""

    title: str
    heads: Sequence[str]
    lines: Sequence[Line]
    legend: Sequence[Entry]
    notes: Sequence[str] = ()


def bar_scene(bars: Bars) -> Scene:
    """The bars below each other, on axes from nothing to the largest of them."""
    head = title(bars.title)
    listed = legend(bars.legend, head.bottom + 2)
    top = listed.bottom + 4
    names = all_fitted([line.name for line in bars.lines if line.panels], LONGEST_NAME)
    left = MARGIN + max(map(width_of, names), default=0.0) + 5
    tops, bottom = _tops(bars.lines, top + 3)
    scales = _scales(bars, left)
    axes = [across(s, bottom, top, h) for s, h in zip(scales, bars.heads, strict=True)]
    below = notes(bars.notes, bottom + 25)
    drawn: list[Drawn] = [*head.drawn, *listed.drawn, *(it for axis in axes for it in axis)]
    named = iter(names)
    for line, y in zip(bars.lines, tops, strict=True):
        drawn += _line(line, next(named), scales, y, left) if line.panels else _heading(line, y)
    return Scene(PAPER, below.bottom + MARGIN, [*drawn, *below.drawn], bars.title, head.bottom)


def _tops(lines: Sequence[Line], top: float) -> tuple[list[float], float]:
    """Where each line begins, and where the last one ends."""
    found = []
    for line in lines:
        found.append(top)
        top += THICK * max((len(panel) for panel in line.panels), default=1.4) + PITCH
    return found, top


def _scales(bars: Bars, left: float) -> list[Scale]:
    panels = len(bars.heads)
    each = (PAPER - MARGIN - left - BETWEEN * (panels - 1)) / panels
    found = []
    for number in range(panels):
        values = [real(bar.value) for line in bars.lines for bar in _of_panel(line, number)]
        start = left + number * (each + BETWEEN)
        found.append(from_zero(values, start, start + each - VALUE_ROOM))
    return found


def _of_panel(line: Line, number: int) -> Sequence[Bar]:
    return line.panels[number] if line.panels else ()


def _heading(line: Line, top: float) -> list[Drawn]:
    name = fitted(line.name, PAPER - 2 * MARGIN, bold=True)
    return [Text(MARGIN, top + THICK, name, bold=True)]


def _line(line: Line, name: str, scales: Sequence[Scale], top: float, left: float) -> list[Drawn]:
    middle = top + THICK * max(map(len, line.panels)) / 2
    drawn: list[Drawn] = [Text(left - 4, middle + 2.5, name, "end")]
    for scale, bars in zip(scales, line.panels, strict=True):
        for number, bar in enumerate(bars):
            drawn += _bar(bar, scale, top + number * THICK)
    return drawn


def _bar(bar: Bar, scale: Scale, top: float) -> list[Drawn]:
    """The parts of a bar, and how much they are together at its end."""
    drawn: list[Drawn] = []
    before = 0
    for fill, value, told in bar.parts:
        start = scale.at(real(before))
        width = max(scale.at(real(before + value)) - start, THINNEST)
        drawn.append(Rect(start, top + 0.3, width, THICK - 0.6, fill, told))
        before += value
    if before:
        end = scale.at(real(before)) + 2
        drawn.append(Text(end, top + 0.8 * THICK, short(real(before)), size=VALUE, colour="soft"))
    return drawn
