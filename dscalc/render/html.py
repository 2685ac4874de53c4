"""HTML: an answer as one file that asks nothing of any server, for screens, phones and paper."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from html import escape
from pkgutil import get_data

from dscalc.errors import DscalcError
from dscalc.render.grid import Fact, Grid, Page
from dscalc.render.html_table import CARDS_BELOW, TableHtml, breakable, table_html
from dscalc.render.palette import palette_css
from dscalc.render.scene import Scene
from dscalc.render.svg import inline_svg
from dscalc.render.text import plain

EXPLANATION = (
    "A mult-add is one multiplication and one addition of a weight with an activation, for one "
    "example; FLOPs are twice that. Shapes are channels last. Counts are exact."
)


def as_html(grids: Sequence[Grid], page: Page | None = None) -> str:
    """The grids as one page: a heading, what matters most in large numbers, a picture, the tables.

    A grid that draws in letters is left out, since the picture shows it. Its
    content-security policy lets nothing in from outside, and runs no script but its own.
    """
    grids = [grid for grid in grids if not grid.drawn]
    tables = [table_html(grid) for grid in grids]
    above = page or Page()
    heading = above.heading or grids[0].title or "dscalc"
    sections = [_section(*pair, "h2", "") for pair in zip(grids, tables, strict=True)]
    if above.heading:
        sections.insert(0, _above(above))
    else:
        sections[0] = _section(grids[0], tables[0], "h1", _above(above))
    return _document(heading, "".join(sections), _style({table.cards_below for table in tables}))


def _document(heading: str, body: str, style: str) -> str:
    script = _file("page.js")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">\n'
        f"<title>{_text(heading)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        f"{body}<p>{_text(EXPLANATION)}</p>\n</main>\n<script>{script}</script>\n"
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


def _above(page: Page) -> str:
    """What stands above every table."""
    title = f"<h1>{breakable(page.heading)}</h1>\n" if page.heading else ""
    return f"{title}{_facts(page.facts)}{_figure(page.scene)}"


def _section(grid: Grid, table: TableHtml, level: str, above: str) -> str:
    """A grid under its heading, of the level h1 or h2, and with what stands `above` its table."""
    mark = f' class="{grid.mark}"' if grid.mark else ""
    title = f"<{level}{mark}>{breakable(grid.title)}</{level}>\n" if grid.title else ""
    notes = "".join(f"<p>{breakable(note)}</p>\n" for note in grid.all_notes)
    return f"<section>\n{title}{above}{table.html}{notes}</section>\n"


def _figure(scene: Callable[[], Scene] | None) -> str:
    """A picture, below which the page says what is pointed at; none of what cannot be drawn."""
    if scene is None:
        return ""
    try:
        drawn = inline_svg(scene(), "of")
    except DscalcError:
        return ""
    return f"<figure>\n{drawn}<figcaption></figcaption>\n</figure>\n"


def _facts(facts: Sequence[Fact]) -> str:
    told = "".join(
        f"<div><dt>{breakable(fact.label)}</dt><dd>{breakable(fact.value)}</dd></div>\n"
        for fact in facts
    )
    return f'<dl class="facts">\n{told}</dl>\n' if told else ""
