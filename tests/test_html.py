"""`--format html`: one page that needs nothing else, in which names are data."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dscalc.render.grid import Column, Fact, Grid, Page
from dscalc.render.html import as_html
from dscalc.render.html_table import breakable
from tests.commands import call, call_in
from tests.scratch import GIT
from tests.test_views import repository

VOID = {"meta", "br", "wbr"}


class Read(HTMLParser):
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


def page(*arguments: str) -> Read:
    """The page that a command writes."""
    result = call(*arguments, "--format", "html")
    assert (result.code, result.err) == (0, "")
    return Read(result.out)


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


def hash_of(tag: str, text: str) -> str:
    """The hash by which a policy lets in what stands in the one element of that tag."""
    (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_page_is_whole_and_asks_nothing_of_anybody(arguments: tuple[str, ...]) -> None:
    text = call(*arguments, "--format", "html").out
    assert text.startswith("<!doctype html>\n")
    found = Read(text)
    kinds = {tag for tag, _ in found.tags}
    assert not kinds & {"link", "img", "iframe", "object", "form", "a"}
    assert not re.search(r"url\((?!#)|@import|https?:", text)
    for _, attributes in found.tags:
        assert not attributes.keys() & {"src", "href", "srcset", "style"}
        assert not any(key.startswith("on") for key in attributes)
    policies = [a["content"] for tag, a in found.tags if tag == "meta" and "http-equiv" in a]
    assert policies == [
        f"default-src 'none'; style-src '{hash_of('style', text)}'; "
        f"script-src '{hash_of('script', text)}'; base-uri 'none'; form-action 'none'"
    ]


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
    text = call("net", "mobilenet", "--format", "html").out
    rows = text[text.index("<tbody>") : text.index("</tbody>")]
    bars = re.findall(r'<rect width="([\d.]+)"', rows)
    assert bars[:4] == ["19.7", "53.3", "50.0", "100.0"]


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
    grid = Grid(columns, [[name, name]], name, [[name, name]], [name])
    text = as_html([grid], Page([Fact(name, name)]))
    found = Read(text)
    assert {tag for tag, _ in found.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "main", "section", "h1", "p"),
        *("div", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "wbr", "dl", "dt", "dd"),
        "script",
    }
    assert not any(key.startswith("on") for _, attributes in found.tags for key in attributes)
    shown = name.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")
    assert found.rows == [["Layer", shown], [shown, shown], [shown, shown]]


def test_light_and_dark_phone_and_print() -> None:
    text = call("net", "mobilenet", "--format", "html").out
    assert "color-scheme: light dark" in text
    assert "@media screen and (prefers-color-scheme: dark)" in text
    assert "@media (max-width: 40rem)" in text
    assert "@media print" in text
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text


def test_a_page_without_a_title_has_one() -> None:
    assert "<title>dscalc</title>" in as_html([Grid(notes=["nothing"])])


def test_what_matters_most_stands_in_large_numbers() -> None:
    text = call("net", "mobilenet", "--format", "html").out
    facts = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", text)
    assert facts == [
        ("trainable parameters", "4,231,976"),
        ("mult-adds", "568,740,352"),
        ("bytes of float32 activations (alive)", "4,816,896"),
        ("bytes of float32 parameters", "16,927,904"),
        ("mult-adds than with standard convolutions", "8.6× fewer"),
    ]


@pytest.mark.parametrize("arguments", [("list",), ("verify", "mobilenet")], ids=" ".join)
def test_every_page_has_one_heading(arguments: tuple[str, ...]) -> None:
    text = call(*arguments, "--format", "html").out
    (heading,) = re.findall(r"<h1>(.+?)</h1>", text)
    assert f"<title>{heading}</title>" in text


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("features.0.conv", "features.0.conv"),
        (
            "backbone.features.stage_one.conv",
            "backbone.<wbr>features.<wbr>stage_<wbr>one.<wbr>conv",
        ),
        ("a" * 30, "a" * 30),
        ("short words wrap at blanks alone", "short words wrap at blanks alone"),
        ("<b>" * 9, "&lt;b&gt;" * 9),
    ],
)
def test_long_names_wrap_at_dots_and_underscores(word: str, written: str) -> None:
    assert breakable(word) == written


def test_a_cell_says_its_exact_number() -> None:
    text = as_html([Grid((Column("n", "N", "count"), Column("r", "R", "ratio")), [[2**80, 1 / 3]])])
    assert f'<td class="number" data-value="{2**80}" data-head="N">{2**80:,}</td>' in text
    assert f'data-value="{1 / 3}" data-head="R">0.333</td>' in text


def test_a_name_that_a_table_says_once_stands_in_every_row() -> None:
    """Since rows can be sorted, and be filtered by it."""
    text = as_html([Grid((Column("network", "Network", "name"),), [["a"], [""], ["b"]])])
    assert re.findall(r"<td[^>]*>(.*?)</td>", text) == ["a", "a", "b"]


def test_a_diff_in_which_nothing_changed_has_no_picture(tmp_path: Path) -> None:
    made = repository(tmp_path / "repo")
    found = call_in(made.root, "diff", "HEAD", "--format", "html", env=GIT)
    assert (found.code, found.err) == (0, "")
    assert "<h1>0 of 2 networks changed</h1>" in found.out
    assert "<figure" not in found.out
