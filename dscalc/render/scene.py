"""A picture as shapes and words at places, in points, which SVG and Matplotlib draw alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

Hatch: TypeAlias = Literal["", "lines", "back", "cross", "dots"]
Shape: TypeAlias = Literal["circle", "square", "up", "diamond", "down", "plus", "star", "bar", "x"]
Anchor: TypeAlias = Literal["start", "middle", "end"]
Point: TypeAlias = tuple[float, float]

PAPER = 450.0  # points: the text of a page of A4 or letter paper is as wide, or a little wider
SIZE = 7.0  # points: of words


class Fill(NamedTuple):
    """A colour, by its name in the palette, and the pattern in which it is laid on."""

    colour: str
    hatch: Hatch = ""


class Rect(NamedTuple):
    """A rectangle; `told` is what it says when pointed at, as of every shape."""

    x: float
    y: float
    width: float
    height: float
    fill: Fill
    told: str = ""
    opacity: float = 1.0


class Path(NamedTuple):
    """A line through points, or, with a fill, the area that it goes around."""

    points: Sequence[Point]
    colour: str = ""
    width: float = 1.0
    dashed: bool = False
    fill: str = ""
    told: str = ""
    opacity: float = 1.0


class Mark(NamedTuple):
    """A point as a small shape, filled or hollow."""

    x: float
    y: float
    shape: Shape
    colour: str
    filled: bool = True
    size: float = 5.0
    told: str = ""


class Text(NamedTuple):
    """Words on a baseline, which goes upwards where they are `turned`."""

    x: float
    y: float
    words: str
    anchor: Anchor = "start"
    size: float = SIZE
    colour: str = "ink"
    bold: bool = False
    turned: bool = False


Drawn: TypeAlias = Rect | Path | Mark | Text


class Scene(NamedTuple):
    """A picture of a width and a height, its shapes from the back to the front.

    Below the height `head`, its title is not drawn any more.
    """

    width: float
    height: float
    drawn: Sequence[Drawn]
    title: str = ""
    head: float = 0.0


def outline(shape: Shape, x: float, y: float, size: float) -> list[Point]:
    """The corners of a mark; a circle has none."""
    return [(x + size / 2 * dx, y + size / 2 * dy) for dx, dy in OUTLINES[shape]]


OUTLINES: dict[Shape, Sequence[Point]] = {
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "up": ((0, -1.1), (1.1, 0.9), (-1.1, 0.9)),
    "down": ((0, 1.1), (1.1, -0.9), (-1.1, -0.9)),
    "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
    "plus": (
        *((-0.4, -1.1), (0.4, -1.1), (0.4, -0.4), (1.1, -0.4), (1.1, 0.4), (0.4, 0.4)),
        *((0.4, 1.1), (-0.4, 1.1), (-0.4, 0.4), (-1.1, 0.4), (-1.1, -0.4), (-0.4, -0.4)),
    ),
    "star": (
        *((0, -1.3), (0.35, -0.4), (1.25, -0.4), (0.55, 0.15), (0.8, 1.1)),
        *((0, 0.55), (-0.8, 1.1), (-0.55, 0.15), (-1.25, -0.4), (-0.35, -0.4)),
    ),
    "bar": ((-1.2, -0.5), (1.2, -0.5), (1.2, 0.5), (-1.2, 0.5)),
    "x": (
        *((-1.0, -0.95), (-0.95, -1.0), (0, -0.05), (0.95, -1.0), (1.0, -0.95), (0.05, 0)),
        *((1.0, 0.95), (0.95, 1.0), (0, 0.05), (-0.95, 1.0), (-1.0, 0.95), (-0.05, 0)),
    ),
}
