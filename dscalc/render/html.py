"""HTML: an answer as one file that asks nothing of any server, for screens, phones and paper."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from html import escape
from pkgutil import get_data

from dscalc.errors import DscalcError
from dscalc.render.grid import Box, Fact, Grid, Page
from dscalc.render.html_table import CARDS_BELOW, TableHtml, breakable, table_html
from dscalc.render.palette import palette_css
from dscalc.render.scene import Scene
from dscalc.render.svg import inline_svg
from dscalc.render.text import plain

PICTURE = 400  # the height of a picture that is 1000 wide
EXPLANATION = (
    "A mult-add is one multiplication and one addition of a weight with an activation, for one "
    "example; FLOPs are twice that. Shapes are channels last. Counts are exact."
)


def as_html(grids: Sequence[Grid], page: Page | None = None) -> str:
    """The grids as one page: a heading, what matters most in large numbers, then every table.

    Its content-security policy lets nothing in from outside, and runs no script but its own.
    """
    tables = [table_html(grid) for grid in grids]
    above = page or Page()
    style = _style({table.cards_below for table in tables})
    script = _file("page.js")
    heading = grids[0].title or above.heading or "dscalc"
    sections = "".join(
        _section(grid, table, above if number == 0 else None)
        for number, (grid, table) in enumerate(zip(grids, tables, strict=True))
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">\n'
        f"<title>{_text(heading)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        f"{sections}<p>{_text(EXPLANATION)}</p>\n</main>\n<script>{script}</script>\n"
        "</body>\n</html>\n"
    )


def _text(data: str) -> str:
    return escape(plain(data))


def _file(name: str) -> str:
    return (get_data("dscalc.render", name) or b"").decode("utf-8")


def _style(cards_below: set[int]) -> str:
    """The style sheet, with that of cards for the widths below which a table becomes some."""
    cards = _file("page_cards.css")
    return "".join(
        [
            _file("page.css"),
            f"{palette_css()}\n",
            *(
                f"@media screen and (max-width: {width - 0.01}rem) {{\n"
                f"{cards.replace('CLASS', f'cards{width}')}}}\n"
                for width in CARDS_BELOW
                if width in cards_below
            ),
        ]
    )


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode('ascii')}"


def _section(grid: Grid, table: TableHtml, page: Page | None) -> str:
    """A grid under its heading; the first one, that of the page, with what stands above tables."""
    level = "h2" if page is None else "h1"
    mark = f' class="{grid.mark}"' if grid.mark else ""
    words = grid.title or (page.heading if page else "")
    title = f"<{level}{mark}>{breakable(words)}</{level}>\n" if words else ""
    above = _facts(page.facts) + _figure(page.scene) if page else ""
    content = _picture(grid.boxes) if grid.boxes else table.html
    notes = "".join(f"<p>{breakable(note)}</p>\n" for note in grid.all_notes)
    return f"<section>\n{title}{above}{content}{notes}</section>\n"


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
    opening = f'<svg class="picture boxes" viewBox="0 0 1000 {PICTURE}" role="img">\n'
    return _with_caption(f"{opening}{drawn}</svg>\n")


def _figure(scene: Callable[[], Scene] | None) -> str:
    """A picture, below which the page says what is pointed at; none of what cannot be drawn."""
    if scene is None:
        return ""
    try:
        return _with_caption(inline_svg(scene(), "of"))
    except DscalcError:
        return ""


def _with_caption(svg: str) -> str:
    return f"<figure>\n{svg}<figcaption></figcaption>\n</figure>\n"


def _facts(facts: Sequence[Fact]) -> str:
    told = "".join(
        f"<div><dt>{breakable(fact.label)}</dt><dd>{breakable(fact.value)}</dd></div>\n"
        for fact in facts
    )
    return f'<dl class="facts">\n{told}</dl>\n' if told else ""
