"""`--format html`: one page that needs nothing else, in which names are data; seen in a browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dscalc.render.grid import Column, Grid
from dscalc.render.html import as_html
from tests.commands import call

VOID = {"meta", "br"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
IN_A_BROWSER = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to look with")


class Page(HTMLParser):
    """What a browser reads: balanced tags, their attributes, and the cells of every table."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data


def page(*arguments: str) -> Page:
    """The page that a command writes."""
    result = call(*arguments, "--format", "html")
    assert (result.code, result.err) == (0, "")
    return Page(result.out)


COMMANDS = [
    ("net", "mobilenet"),
    ("net", "mobilenet_v2", "--columns", "+peak,+intensity"),
    ("net", "mobilenet", "--as", "standard"),
    ("sweep", "mobilenet", "mobilenet_v2", "--alpha", "0.5,1", "--max-mult-adds", "200M"),
    ("fit", "mobilenet", "--max-mult-adds", "150M"),
    ("explain", "mobilenet", "separable2"),
    ("layer", "--m", "3", "--n", "4", "--df", "64", "--explain"),
    ("list",),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_page_is_whole_and_asks_nothing_of_anybody(arguments: tuple[str, ...]) -> None:
    text = call(*arguments, "--format", "html").out
    assert text.startswith("<!doctype html>\n")
    found = Page(text)
    kinds = {tag for tag, _ in found.tags}
    assert not kinds & {"script", "link", "img", "iframe", "object", "form", "a"}
    assert not re.search(r"url\(|@import|https?:", text)
    for _, attributes in found.tags:
        assert not attributes.keys() & {"src", "href", "srcset", "onclick", "onload"}
    policies = [a["content"] for tag, a in found.tags if tag == "meta" and "http-equiv" in a]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_the_tables_say_what_the_terminal_says() -> None:
    rows = page("net", "mobilenet").rows
    assert rows[0] == [
        *("Layer", "Kind", "Input", "Output", "Params", "Mult-adds", "Share"),
        *("of total", "vs standard"),
    ]
    assert rows[2] == [
        *("separable2", "separable", "112×112×32", "112×112×64", "2,528", "29,302,784"),
        *("5.2%", "", "7.9× fewer"),
    ]
    assert ["total", "", "", "", "4,231,976", "568,740,352", "", "", "8.6× fewer"] in rows


def test_bars_are_as_long_as_their_share_of_the_largest() -> None:
    styles = [
        attributes["style"] for tag, attributes in page("net", "mobilenet").tags if tag == "i"
    ]
    assert styles[:4] == ["width:19.7%", "width:53.3%", "width:50.0%", "width:100.0%"]


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</title></style>",
        "&lt;b&gt;",
        "a' onmouseover='x",
        "\u202egnp.exe\x1b[31m",
    ],
)
def test_names_are_data(name: str) -> None:
    columns = Column("name", "Layer", "name"), Column("kind", name)
    text = as_html([Grid(columns, [[name, name]], name, [[name, name]], [name])])
    found = Page(text)
    assert {tag for tag, _ in found.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "main", "section", "h1", "p"),
        *("div", "table", "thead", "tbody", "tfoot", "tr", "th", "td"),
    }
    assert not any(key.startswith("on") for _, attributes in found.tags for key in attributes)
    shown = name.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")
    assert found.rows == [["Layer", shown], [shown, shown], [shown, shown]]


def test_light_and_dark_phone_and_print() -> None:
    text = call("net", "mobilenet", "--format", "html").out
    assert "color-scheme: light dark" in text
    assert "@media (prefers-color-scheme: dark)" in text
    assert "@media (max-width: 40rem)" in text
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text


def test_a_page_without_a_title_has_one() -> None:
    assert "<title>dscalc</title>" in as_html([Grid(notes=["nothing"])])


# ---------------------------------------------------------------- in a browser


def browse(file: Path, profile: Path, *flags: str) -> str:
    """What chromium prints of a page."""
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *("--hide-scrollbars", f"--user-data-dir={profile}", *flags, file.as_uri()),
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    return done.stdout


PROBE = """<!doctype html><meta charset="utf-8">
<iframe style="border:0;width:{width}px;height:2000px" src="page.html"></iframe>
<pre id="told"></pre>
<script>onload = () => {{
  const page = document.querySelector("iframe").contentDocument;
  const boxes = [...page.querySelectorAll("td")].filter(cell => cell.offsetWidth);
  const over = boxes.filter(cell => cell.getBoundingClientRect().right > {width}).length;
  const wide = page.documentElement.scrollWidth > {width};
  const bars = [...page.querySelectorAll("td.bar i")].map(bar => bar.offsetWidth);
  document.querySelector("#told").textContent =
    `cells ${{boxes.length > 0}} over ${{over}} wide ${{wide}} bars ${{bars.every(w => w > 0)}}`;
}}</script>"""


@IN_A_BROWSER
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    "arguments",
    [
        ("net", "mobilenet_v2"),
        ("sweep", "mobilenet", "mobilenet_v2", "--alpha", "0.5,1", "--max-params", "2M"),
    ],
    ids=["net", "sweep"],
)
def test_a_browser_shows_every_number_at(
    arguments: tuple[str, ...], width: int, tmp_path: Path
) -> None:
    """On a phone and on a screen: no cell out of sight, no sideways scrolling, bars to see."""
    (tmp_path / "page.html").write_text(call(*arguments, "--format", "html").out, encoding="utf-8")
    probe = tmp_path / "probe.html"
    probe.write_text(PROBE.format(width=width), encoding="utf-8")
    flags = "--allow-file-access-from-files", "--window-size=1400,2100", "--dump-dom"
    told = browse(probe, tmp_path / "profile", *flags)
    assert ">cells true over 0 wide false bars true<" in told
