"""A scene as SVG: text stays text, and the same scene is the same file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from dscalc.render.palette import LIGHT
from dscalc.render.scene import SIZE, Drawn, Fill, Mark, Path, Rect, Scene, Text, outline
from dscalc.render.text import plain

FONT = "DejaVu Sans, Verdana, Arial, sans-serif"
PATTERNS = {
    "lines": '<path d="M0 4 4 0M-1 1 1 -1M3 5 5 3"/>',
    "back": '<path d="M0 0 4 4M-1 3 1 5M3 -1 5 1"/>',
    "cross": '<path d="M0 2H4M2 0V4"/>',
    "dots": '<path d="M1.4 2H2.6"/>',
}
"""What is laid over a colour, in tiles of four points."""


def as_svg(scene: Scene) -> str:
    """The scene as a file of its own, on a white page."""
    size = f'width="{_number(scene.width)}pt" height="{_number(scene.height)}pt" '
    page = f'<rect width="100%" height="100%" fill="{LIGHT["page"]}"/>\n'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}{_box(scene, 0.0)}'
    body = _Writer(LIGHT.__getitem__, "").body(scene)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{opening}>\n{page}{body}</svg>\n'


def inline_svg(scene: Scene, name: str) -> str:
    """The scene as a part of a page, as wide as there is room; `name` is its own on that page.

    Its title, which the page says above it, is out of sight. It has the colours of `palette_css`
    where the page's style sheet has these.
    """

    def colour(of: str) -> str:
        return f"var(--plot-{of},{LIGHT[of]})"

    opening = f'<svg class="picture" role="img" {_box(scene, scene.head)}>\n'
    return f"{opening}{_Writer(colour, f'{name}-').body(scene)}</svg>\n"


def _box(scene: Scene, top: float) -> str:
    box = f"0 {_number(top)} {_number(scene.width)} {_number(scene.height - top)}"
    label = f' aria-label="{_text(scene.title)}"' if scene.title else ""
    return f'viewBox="{box}" font-family="{FONT}" font-size="{_number(SIZE)}"{label}'


def _text(words: str) -> str:
    return escape(plain(words))


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


class _Writer:
    """Writes shapes with colours as they are called where they stand."""

    def __init__(self, colour: Callable[[str], str], prefix: str) -> None:
        self.colour = colour
        self.prefix = prefix

    def body(self, scene: Scene) -> str:
        return self.patterns(scene.drawn) + "".join(f"{self.one(it)}\n" for it in scene.drawn)

    def patterns(self, drawn: Sequence[Drawn]) -> str:
        used = {it.fill.hatch for it in drawn if isinstance(it, Rect) and it.fill.hatch}
        page = self.colour("page")
        tiles = "".join(
            f'<pattern id="{self.prefix}{hatch}" width="4" height="4" '
            f'patternUnits="userSpaceOnUse"><g stroke="{page}" stroke-width="1.1">'
            f"{PATTERNS[hatch]}</g></pattern>\n"
            for hatch in sorted(used)
        )
        return f"<defs>\n{tiles}</defs>\n" if tiles else ""

    def one(self, it: Drawn) -> str:
        match it:
            case Rect():
                return self.rect(it)
            case Path():
                return self.path(it)
            case Mark():
                return self.mark(it)
            case Text():
                return self.text(it)

    def rect(self, it: Rect) -> str:
        place = {"x": it.x, "y": it.y, "width": it.width, "height": it.height}
        told = _told(it.told)
        plain_one = _element("rect", {**place, **self.filled(it.fill, it.opacity)}, told)
        if not it.fill.hatch:
            return plain_one
        over = {**place, "fill": f"url(#{self.prefix}{it.fill.hatch})"}
        return plain_one + _element("rect", over, told)

    def filled(self, fill: Fill, opacity: float) -> dict[str, Any]:
        opaque = {} if opacity == 1.0 else {"fill-opacity": opacity}
        return {"fill": self.colour(fill.colour), **opaque}

    def path(self, it: Path) -> str:
        return _element(
            "path", {"d": _route(it.points, bool(it.fill)), **self.stroked(it)}, _told(it.told)
        )

    def stroked(self, it: Path) -> dict[str, Any]:
        found: dict[str, Any] = {"fill": self.colour(it.fill) if it.fill else "none"}
        if it.opacity != 1.0:
            found["opacity"] = it.opacity
        if it.colour:
            found |= {"stroke": self.colour(it.colour), "stroke-width": it.width}
        if it.dashed:
            found["stroke-dasharray"] = "3 2"
        return found

    def mark(self, it: Mark) -> str:
        colour = self.colour(it.colour)
        paint = {"fill": colour if it.filled else self.colour("page"), "stroke": colour,
                 "stroke-width": 0.8}  # fmt: skip
        if it.shape == "circle":
            where = {"cx": it.x, "cy": it.y, "r": it.size / 2}
            return _element("circle", {**where, **paint}, _told(it.told))
        route = _route(outline(it.shape, it.x, it.y, it.size), closed=True)
        return _element("path", {"d": route, **paint}, _told(it.told))

    def text(self, it: Text) -> str:
        x, y = _number(it.x), _number(it.y)
        attributes: dict[str, Any] = {"x": it.x, "y": it.y, "fill": self.colour(it.colour)}
        if it.size != SIZE:
            attributes["font-size"] = it.size
        if it.anchor != "start":
            attributes["text-anchor"] = it.anchor
        if it.bold:
            attributes["font-weight"] = "bold"
        if it.turned:
            attributes["transform"] = f"rotate(-90 {x} {y})"
        return _element("text", attributes, _text(it.words))


def _told(words: str) -> str:
    return f"<title>{_text(words)}</title>" if words else ""


def _route(points: Sequence[tuple[float, float]], closed: bool) -> str:
    steps = "L".join(f"{_number(x)} {_number(y)}" for x, y in points)
    return f"M{steps}{'Z' if closed else ''}"


def _element(tag: str, attributes: dict[str, Any], content: str) -> str:
    written = " ".join(
        f'{key}="{_number(value) if isinstance(value, float) else value}"'
        for key, value in attributes.items()
    )
    return f"<{tag} {written}>{content}</{tag}>" if content else f"<{tag} {written}/>"
