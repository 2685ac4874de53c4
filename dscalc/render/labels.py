"""Words beside points, where nothing else stands; those without a free place are left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from dscalc.render.measure import ASCENT, box_of
from dscalc.render.scene import Path, Point, Text

LABEL = 6.0  # points: of words
MARK = 3.6  # points: half of what a point takes
OFFSET = 4.8  # points, from a point to its words
STEP = 4.0  # points, between the boxes along a line
MIDDLE = LABEL * ASCENT / 2

Box = tuple[float, float, float, float]


class Label(NamedTuple):
    """What is to be said of a point."""

    at: Point
    words: str


def placed(
    labels: Iterable[Label],
    within: Box,
    marks: Sequence[Point],
    taken: Sequence[Box] = (),
    lines: Sequence[Path] = (),
) -> list[Text]:
    """The words at free places around their points, the first ones first.

    A place is free that is `within` a box and touches no mark, no words and nothing `taken`; of
    free places one that touches no line either is better.
    """
    boxes = [*taken, *((x - MARK, y - MARK, x + MARK, y + MARK) for x, y in marks)]
    worse = [box for line in lines for box in _steps(line)]
    found = []
    for label in labels:
        places = [text for text in _places(label) if _free(box_of(text), within, boxes)]
        better = (text for text in places if _free(box_of(text), within, worse))
        text = next(better, places[0] if places else None)
        if text is not None:
            found.append(text)
            boxes.append(box_of(text))
    return found


def _steps(line: Path) -> Iterator[Box]:
    """Small boxes along a line."""
    for (left, top), (right, bottom) in pairwise(line.points):
        count = 1 + int(max(abs(right - left), abs(bottom - top)) / STEP)
        for step in range(count + 1):
            x = left + (right - left) * step / count
            y = top + (bottom - top) * step / count
            yield x - 0.5, y - 0.5, x + 0.5, y + 0.5


def _places(label: Label) -> list[Text]:
    """Where the words of a point can be, the best place first."""
    (x, y), words = label
    above, below = y - OFFSET, y + OFFSET + LABEL * ASCENT
    return [
        Text(x + OFFSET, y + MIDDLE, words, "start", LABEL),
        Text(x - OFFSET, y + MIDDLE, words, "end", LABEL),
        Text(x, above, words, "middle", LABEL),
        Text(x, below, words, "middle", LABEL),
        Text(x + MARK, above, words, "start", LABEL),
        Text(x - MARK, above, words, "end", LABEL),
        Text(x + MARK, below, words, "start", LABEL),
        Text(x - MARK, below, words, "end", LABEL),
    ]


def _free(box: Box, within: Box, others: Sequence[Box]) -> bool:
    left, top, right, bottom = box
    return (
        left >= within[0] and top >= within[1] and right <= within[2] and bottom <= within[3]
    ) and not any(
        left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
        for other in others
    )
