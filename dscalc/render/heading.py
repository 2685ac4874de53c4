"""What stands around the panels of a picture: its title, its legend, its notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from dscalc.render.measure import fitted, width_of, wrapped
from dscalc.render.scene import PAPER, SIZE, Drawn, Fill, Mark, Path, Rect, Shape, Text

MARGIN = 6.0  # points, on all sides
TITLE = 8.5  # points: of words
MOST_LINES = 4  # of a title
LEADING = 1.35  # lines of text are so many times as high as their words
BESIDE, BETWEEN = 14.0, 12.0  # points: from a sample to its words, and to the next sample

Sample: TypeAlias = Callable[[float, float], Drawn]
"""What a legend shows of something, with its middle at a height."""


class Entry(NamedTuple):
    """A line of a legend."""

    words: str
    sample: Sample


class Block(NamedTuple):
    """Things drawn, and the height at which what is below them begins."""

    drawn: Sequence[Drawn]
    bottom: float


def swatch(fill: Fill, opacity: float = 1.0) -> Sample:
    return lambda x, y: Rect(x, y - 3, 10, 6, fill, opacity=opacity)


def marked(shape: Shape, colour: str, filled: bool = True) -> Sample:
    return lambda x, y: Mark(x + 5, y, shape, colour, filled)


def stroke(colour: str, width: float = 1.0, dashed: bool = False) -> Sample:
    return lambda x, y: Path([(x, y), (x + 11, y)], colour, width, dashed)


def title(words: str, top: float = MARGIN) -> Block:
    """A title in as many lines as it takes, if they are few."""
    width = PAPER - 2 * MARGIN
    lines = wrapped(words, width, TITLE, bold=True)
    if len(lines) > MOST_LINES:
        last = lines[MOST_LINES - 1]
        lines[MOST_LINES - 1 :] = [fitted(f"{last} … {lines[-1]}", width, TITLE, bold=True)]
    return _lines(lines, top, TITLE, "ink", True)


def notes(told: Iterable[str], top: float) -> Block:
    """Sentences below a picture, each on lines of its own."""
    lines = [line for one in told for line in wrapped(one, PAPER - 2 * MARGIN)]
    return _lines(lines, top, SIZE, "soft", False)


def _lines(lines: Sequence[str], top: float, size: float, colour: str, bold: bool) -> Block:
    step = size * LEADING
    drawn = [
        Text(MARGIN, top + step * (number + 0.75), line, size=size, colour=colour, bold=bold)
        for number, line in enumerate(lines)
    ]
    return Block(drawn, top + step * len(lines))


def legend(entries: Sequence[Entry], top: float) -> Block:
    """Samples with their words, beside each other as far as there is room."""
    drawn: list[Drawn] = []
    x, y = MARGIN, top + SIZE
    for words, sample in entries:
        told = fitted(words, PAPER - 2 * MARGIN - BESIDE)
        width = BESIDE + width_of(told)
        if x > MARGIN and x + width > PAPER - MARGIN:
            x, y = MARGIN, y + 1.5 * SIZE
        drawn += [sample(x, y), Text(x + BESIDE, y + 0.36 * SIZE, told)]
        x += width + BETWEEN
    return Block(drawn, y + SIZE) if entries else Block((), top)
