"""What is wrong with a picture to look at: what is outside of it, and words over words."""

from __future__ import annotations

from collections.abc import Iterator

from dscalc.render.measure import box_of
from dscalc.render.palette import LIGHT
from dscalc.render.scene import PAPER, Drawn, Mark, Rect, Scene, Text

TALLEST = 700.0  # points: of the text of a page
ROUNDING = 0.01  # points

Bounds = tuple[float, float, float, float]


def mistakes(scene: Scene, tallest: float = TALLEST) -> list[str]:
    """All that a reader would not see, or not be able to read."""
    found = [] if scene.width == PAPER else [f"is {scene.width} wide"]
    if scene.height > tallest:
        found.append(f"is {scene.height} high")
    for it in scene.drawn:
        left, top, right, bottom = bounds(it)
        if min(left, top, scene.width - right, scene.height - bottom) < -ROUNDING:
            found.append(f"outside: {it}")
        if colours(it) - LIGHT.keys():
            found.append(f"of no colour: {it}")
    return [*found, *overlaps([it for it in scene.drawn if isinstance(it, Text) and it.words])]


def bounds(it: Drawn) -> Bounds:
    if isinstance(it, Text):
        return box_of(it)
    if isinstance(it, Rect):
        return it.x, it.y, it.x + it.width, it.y + it.height
    if isinstance(it, Mark):
        half = it.size / 2
        return it.x - half, it.y - half, it.x + half, it.y + half
    xs, ys = zip(*it.points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def colours(it: Drawn) -> set[str]:
    if isinstance(it, Rect):
        return {it.fill.colour}
    return {getattr(it, "colour", ""), getattr(it, "fill", "")} - {""}


def overlaps(words: list[Text]) -> Iterator[str]:
    """Words that stand over each other, from the left to the right."""
    ordered = sorted(((box_of(it), it.words) for it in words), key=lambda pair: pair[0])
    for number, (one, said) in enumerate(ordered):
        for other, beside in ordered[number + 1 :]:
            if other[0] >= one[2] - ROUNDING:
                break
            if min(one[3], other[3]) - max(one[1], other[1]) > ROUNDING:
                yield f"'{said}' and '{beside}' overlap"


def said(scene: Scene) -> list[str]:
    """All words of a picture."""
    return [it.words for it in scene.drawn if isinstance(it, Text)]
