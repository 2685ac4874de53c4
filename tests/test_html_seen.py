"""Pages as a browser shows them, on a screen and on a phone: nothing out of sight, all to use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.browser import CHROMIUM, Browser
from tests.commands import call_in
from tests.scratch import GIT
from tests.test_views import VIEWS, repository

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to look with")

LONG_NAMES = """\
name: a_network.of_the_name_that_is_long
input: [32, 32, 3]
layers:
  - {name: backbone_of_the_first_generation_stage_one_block_two_with_a_name, conv: {n: 8}}
  - {name: NameWithoutAnyPlaceAtWhichItCouldBePartedHoweverNarrowTheScreen, separable: {n: 16}}
  - conv: {n: 999999999999}
"""
HOSTILE = """\
name: "</title><script>document.title = 'taken'</script>"
input: [8, 8, 3]
layers:
  - {name: "<img src=x onerror=alert(1)>", conv: {n: 8}}
  - {name: "</td></table><b>b</b>", separable: {n: 8}}
  - {name: "&lt;i&gt; ' onmouseover='alert(1)", conv: {n: 8}}
"""
PAGES: Mapping[str, tuple[str, ...]] = {
    **VIEWS,
    "list": ("list",),
    "mobilenet": ("net", "mobilenet"),
    "inception": ("net", "inception_resnet_v2", "--expand"),
    "all_columns": ("net", "mobilenet_v2", "--columns", "+k,+flops,+memory_in,+peak,+intensity"),
    "points": ("sweep", "mobilenet", "--alpha", "0.05:1:0.05", "--resolution", "96:224:32"),
    "explain_all": ("explain", "mobilenet_v2"),
    "long_names": ("net", "long.yaml"),
    "hostile": ("net", "hostile.yaml"),
    "choose_all": ("choose", "--max-params", "5M"),
}
WIDTHS = (390, 1280)
PAPER = 718  # pixels of 1/96 inch between the margins of A4 paper

SEEN = """(() => {
  const width = document.documentElement.clientWidth;
  const cells = [...document.querySelectorAll("td")].filter(cell => cell.offsetWidth);
  const six = document.createElement("span");
  six.textContent = "000000";
  document.querySelector("td")?.append(six);
  const least = six.offsetWidth;
  six.remove();
  const edge = one => one.closest(".scroll") ? 1e9 : width;
  const words = [...document.querySelectorAll(".facts dd, .facts dt, h1, h2, p, button")];
  const texts = list => list.map(one => one.textContent);
  return {
    cells: cells.length,
    wide: document.documentElement.scrollWidth > width,
    over: texts([...cells, ...words].filter(one => one.getBoundingClientRect().right > edge(one))),
    narrow: texts(cells.filter(cell => cell.clientWidth < least)),
    bars: [...document.querySelectorAll("td.bar svg")].every(bar => bar.clientWidth > 20),
    headings: texts([...document.querySelectorAll("h1")]),
  };
})()"""
"""What is where in a page: the cells and words that end beyond its edge or are too narrow."""

SORTED = """[...document.querySelectorAll("table")].flatMap(table => {
  const column = index => [...table.tBodies[0].rows].map(row => row.cells[index].textContent);
  return [...table.tHead.rows[0].cells].flatMap((head, index) => {
    const button = head.querySelector("button");
    if (!button) return [];
    const before = column(index), number = head.classList.contains("number");
    return ["first", "second", "third"].map(way => {
      button.click();
      return {number, way, before, order: head.getAttribute("aria-sort"), cells: column(index)};
    });
  });
})"""
"""Every column of a page after one, two and three clicks on its head."""

FILTERED = """(() => {
  const filter = document.querySelector("input"), table = filter.nextElementSibling;
  const visible = () => [...table.querySelectorAll("tbody tr")].filter(row => row.offsetHeight)
    .map(row => [...row.querySelectorAll(".name")].map(cell => cell.textContent).join(" "));
  const enter = text => { filter.value = text; filter.dispatchEvent(new Event("input")); };
  const all = visible(), wanted = all[0].slice(1, 5).toUpperCase();
  enter(wanted);
  const left = visible();
  enter("");
  return {all, wanted, left, again: visible().length};
})()"""
"""The names that are seen before, while and after some letters of the first stand in the filter."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every page."""
    folder = tmp_path_factory.mktemp("pages")
    repo = repository(tmp_path_factory.mktemp("of") / "repo").root
    (repo / "long.yaml").write_text(LONG_NAMES, encoding="utf-8")
    (repo / "hostile.yaml").write_text(HOSTILE, encoding="utf-8")
    for name, arguments in PAGES.items():
        found = call_in(repo, *arguments, "--format", "html", env=GIT)
        assert found.code in (0, 1), found.err
        (folder / f"{name}.html").write_text(found.out, encoding="utf-8")
    return folder


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_out_of_sight(name: str, width: int, pages: Path, shown: Browser) -> None:
    shown.open(pages / f"{name}.html", width)
    found = shown.run(SEEN)
    assert found["cells"]
    assert not found["wide"]
    assert found["over"] == []
    assert found["narrow"] == []
    assert found["bars"]
    assert len(found["headings"]) == 1
    assert found["headings"][0]


@pytest.mark.parametrize("name", [name for name in PAGES if name != "all_columns"])
def test_paper_holds_a_page(name: str, pages: Path, shown: Browser) -> None:
    """All but the field to filter by. Browsers print smaller what is a little too wide."""
    shown.open(pages / f"{name}.html", PAPER, media="print")
    assert shown.run("document.documentElement.scrollWidth") <= 1.2 * PAPER
    assert shown.run("[...document.querySelectorAll('.filter')].every(one => !one.offsetWidth)")


@pytest.mark.parametrize("name", PAGES)
def test_columns_sort_by_a_click(name: str, pages: Path, shown: Browser) -> None:
    shown.open(pages / f"{name}.html", 1280)
    for column in shown.run(SORTED):
        check_column(column)
    assert shown.complaints() == []


def check_column(column: Mapping[str, Any]) -> None:
    """Numbers begin with the largest, names with A; cells that say nothing come last."""
    cells = [cell for cell in column["cells"] if cell]
    assert sorted(column["cells"]) == sorted(column["before"])
    first, second = "descending", "ascending"
    if not column["number"]:
        first, second = second, first
    wanted = {"first": first, "second": second, "third": None}[column["way"]]
    assert column["order"] == wanted
    if wanted is None:
        assert column["cells"] == column["before"]
        return
    assert column["cells"][: len(cells)] == cells
    if all(re.fullmatch(r"[+-]?[\d,]+", cell) for cell in cells):
        numbers = [int(cell.replace(",", "")) for cell in cells]
        assert numbers == sorted(numbers, reverse=wanted == "descending")
    elif not column["number"]:
        ends = [natural(cells[0]), natural(cells[-1])] if cells else []
        assert ends == sorted(ends, reverse=wanted == "descending")


def natural(text: str) -> list[tuple[bool, int, str]]:
    """A text as a key by which conv2 comes before conv10."""
    parts = re.findall(r"\d+|[^\d]+", text.lower())
    return [(not p.isdecimal(), int(p) if p.isdecimal() else 0, p) for p in parts]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["mobilenet", "list", "inception"])
def test_names_are_filtered(name: str, width: int, pages: Path, shown: Browser) -> None:
    shown.open(pages / f"{name}.html", width)
    found = shown.run(FILTERED)
    wanted = [one for one in found["all"] if found["wanted"].lower() in one.lower()]
    assert found["left"] == wanted
    assert 0 < len(wanted) < len(found["all"]) == found["again"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_browser_has_nothing_to_complain_of(
    name: str, scheme: str, pages: Path, shown: Browser
) -> None:
    """No policy blocks what is ours, and no script throws."""
    shown.open(pages / f"{name}.html", 1280, scheme)
    dark = shown.run("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    assert shown.run("document.querySelectorAll('button').length > 0 || !document.querySelector("
                     "'tbody tr + tr')")  # fmt: skip
    assert shown.complaints() == []


def test_a_policy_that_blocks_is_a_complaint(pages: Path, shown: Browser) -> None:
    """The test above would see it."""
    text = (pages / "mobilenet.html").read_text(encoding="utf-8")
    (pages / "changed.html").write_text(text.replace('"use strict";', ""), encoding="utf-8")
    shown.open(pages / "changed.html", 1280)
    assert "Content Security Policy" in str(shown.complaints())
    assert not shown.run("document.querySelectorAll('button').length")


def test_hostile_names_stay_names(pages: Path, shown: Browser) -> None:
    shown.open(pages / "hostile.html", 1280)
    assert shown.run("document.title").startswith("</title><script>document.title = 'taken'")
    assert shown.run("document.querySelectorAll('img, b, i, script + script').length") == 0
    names = shown.run("[...document.querySelectorAll('tbody td.name')].map(c => c.textContent)")
    assert names[:3] == [
        "<img src=x onerror=alert(1)>",
        "</td></table><b>b</b>",
        "&lt;i&gt; ' onmouseover='alert(1)",
    ]
    assert shown.complaints() == []


def place(shown: Browser, selector: str) -> tuple[float, float]:
    """The middle of the first of such elements in the window."""
    x, y = shown.run(
        f"(() => {{const r = document.querySelector('{selector}').getBoundingClientRect();"
        "return [r.x + r.width / 2, r.y + r.height / 2];})()"
    )
    return x, y


def test_a_head_stays_in_sight_and_takes_a_click_of_the_mouse(pages: Path, shown: Browser) -> None:
    shown.open(pages / "list.html", 1280)
    shown.run("scrollTo(0, 1500)")
    _, height = place(shown, "th.number")
    assert 0 < height < 40
    shown.point(*place(shown, "th.number button"), click=True)
    assert shown.run("document.querySelector('th.number').ariaSort") == "descending"


def test_a_bar_that_is_pointed_at_says_what_it_is_of(pages: Path, shown: Browser) -> None:
    shown.open(pages / "mobilenet.html", 1280)
    shown.point(*place(shown, "td.bar svg"))
    assert shown.run("document.querySelector('td.bar').title") == "conv1: Share 1.9%"


@pytest.mark.parametrize(
    "name", ["mobilenet", "net_as", "sweep_limits", "memory", "choose", "diff", "diff_log", "layer"]
)
def test_what_is_pointed_at_in_a_picture_is_said_below_it(
    name: str, pages: Path, shown: Browser
) -> None:
    shown.open(pages / f"{name}.html", 1280)
    shown.point(*place(shown, "figure :has(> title)"))
    title = shown.run("document.querySelector('figure :has(> title) title').textContent")
    assert title
    assert shown.run("document.querySelector('figcaption').textContent") == title
