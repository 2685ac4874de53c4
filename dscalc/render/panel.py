"""A panel of points over two axes: the axes, the limits, the lines that limits are."""

from __future__ import annotations

from typing import NamedTuple

from dscalc.render.axes import Scale, across, upwards
from dscalc.render.labels import LABEL, Box
from dscalc.render.measure import fitted, width_of
from dscalc.render.scene import Drawn, Fill, Path, Rect, Text

SHADE = Fill("line")
SHADED = 0.45  # how much of the shade is laid on


class Panel(NamedTuple):
    """Two axes; that of `y` starts at the bottom."""

    x: Scale
    y: Scale

    @property
    def box(self) -> Box:
        return self.x.start, self.y.end, self.x.end, self.y.start

    def axes(self, x_words: str, y_words: str) -> list[Drawn]:
        left, top, right, bottom = self.box
        return [
            *across(self.x, bottom, top, x_words),
            *upwards(self.y, left, right, y_words),
        ]

    def shade(self, x: float | None, y: float | None) -> list[Drawn]:
        """What limits on both axes leave; None where there is none."""
        if x is None and y is None:
            return []
        left, top, right, bottom = self.box
        right = right if x is None else self.x.at(x)
        top = top if y is None else self.y.at(y)
        return [Rect(left, top, right - left, bottom - top, SHADE, opacity=SHADED)]

    def limit_x(self, value: float, words: str) -> tuple[Path, Text]:
        """A limit as a vertical line, its words at the top on the side that has room."""
        left, top, right, bottom = self.box
        at = self.x.at(value)
        words = fitted(words, (right - left) / 2 - 6, LABEL)
        if at + width_of(words, LABEL) + 4 > right:
            text = Text(at - 3, top + 7, words, "end", LABEL)
        else:
            text = Text(at + 3, top + 7, words, "start", LABEL)
        return Path([(at, top), (at, bottom)], "ink", 0.8, dashed=True), text

    def limit_y(self, value: float, words: str, at_right: bool = False) -> tuple[Path, Text]:
        """A limit as a horizontal line, its words at an end of it, below or above."""
        left, _, right, bottom = self.box
        at = self.y.at(value)
        words = fitted(words, (right - left) / 2 - 6, LABEL)
        below = at + 7 if bottom - at > 9 else at - 2.5
        line = Path([(left, at), (right, at)], "ink", 0.8, dashed=True)
        if at_right:
            return line, Text(right - 3, below, words, "end", LABEL)
        return line, Text(left + 3, below, words, "start", LABEL)
