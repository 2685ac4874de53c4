"""Pages as a browser shows them, on a screen and on a phone: nothing out of sight, all to use."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.commands import call_in
from tests.scratch import GIT
from tests.test_views import VIEWS, repository

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to look with")

LONG_NAMES = """\
name: a_network.of_the_name_that_is_long
input: [32, 32, 3]
layers:
  - {name: backbone_of_the_first_generation_stage_one_block_two_with_a_name, conv: {n: 8}}
  - {name: NameWithoutAnyPlaceAtWhichItCouldBePartedHoweverNarrowTheScreen, separable: {n: 16}}
  - conv: {n: 999999999999}
"""
PAGES: Mapping[str, tuple[str, ...]] = {
    **VIEWS,
    "list": ("list",),
    "mobilenet": ("net", "mobilenet"),
    "inception": ("net", "inception_resnet_v2", "--expand"),
    "all_columns": ("net", "mobilenet_v2", "--columns", "+k,+flops,+memory_in,+peak,+intensity"),
    "points": ("sweep", "mobilenet", "--alpha", "0.05:1:0.05", "--resolution", "96:224:32"),
    "long_names": ("net", "long.yaml"),
    "choose_all": ("choose", "--max-params", "5M"),
}
WIDTHS = (390, 1280)

PROBE = """<!doctype html><meta charset="utf-8"><body>%s<pre id="told"></pre><script>
const seen = frame => {
  const page = frame.contentDocument, width = frame.clientWidth;
  const cells = [...page.querySelectorAll("td")].filter(cell => cell.offsetWidth);
  const six = page.createElement("span");
  six.textContent = "000000";
  page.querySelector("td")?.append(six);
  const least = six.offsetWidth;
  six.remove();
  const inside = cell => cell.closest(".scroll") ? 1e9 : width;
  const letters = [...page.querySelectorAll(".facts dd, h1, h2, p")];
  const told = {
    cells: cells.length,
    wide: page.documentElement.scrollWidth > width,
    over: [...cells, ...letters].filter(one => one.getBoundingClientRect().right > inside(one))
      .map(one => one.textContent),
    narrow: cells.filter(cell => cell.clientWidth < least).map(cell => cell.textContent),
    bars: [...page.querySelectorAll("td.bar svg")].every(bar => bar.clientWidth > 20),
    sorted: [],
    wrong: [],
  };
  for (const table of page.querySelectorAll("table")) {
    const column = index => [...table.tBodies[0].rows].map(row => row.cells[index].textContent);
    [...table.tHead.rows[0].cells].forEach((head, index) => {
      const button = head.querySelector("button");
      if (!button || !head.offsetWidth) return;
      const before = column(index);
      for (const way of ["first", "second", "third"]) {
        button.click();
        told.sorted.push({number: head.classList.contains("number"), way, before,
          order: head.getAttribute("aria-sort"), cells: column(index)});
      }
    });
  }
  const filter = page.querySelector("input"), table = filter?.nextElementSibling;
  if (filter) {
    const visible = () => [...table.querySelectorAll("tbody tr")].filter(row => row.offsetHeight)
      .map(row => [...row.querySelectorAll(".name")].map(cell => cell.textContent).join(" "));
    const all = visible();
    const wanted = all[0].slice(1, 5).toUpperCase();
    filter.value = wanted;
    filter.dispatchEvent(new Event("input"));
    told.filter = {all, wanted, left: visible()};
    filter.value = "";
    filter.dispatchEvent(new Event("input"));
    told.filter.again = visible().length;
  }
  return told;
};
onload = () => {
  const told = {};
  for (const frame of document.querySelectorAll("iframe")) told[frame.id] = seen(frame);
  document.querySelector("#told").textContent = JSON.stringify(told);
};</script>"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every page."""
    folder = tmp_path_factory.mktemp("pages")
    repo = repository(tmp_path_factory.mktemp("of") / "repo").root
    (repo / "long.yaml").write_text(LONG_NAMES, encoding="utf-8")
    for name, arguments in PAGES.items():
        found = call_in(repo, *arguments, "--format", "html", env=GIT)
        assert found.code in (0, 1), found.err
        (folder / f"{name}.html").write_text(found.out, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def told(pages: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a browser measures in every page at every width."""
    frames = "".join(
        f'<iframe id="{name}-{width}" src="{name}.html" '
        f'style="border:0;width:{width}px;height:900px"></iframe>\n'
        for name in PAGES
        for width in WIDTHS
    )
    probe = pages / "probe.html"
    probe.write_text(PROBE % frames, encoding="utf-8")
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *("--hide-scrollbars", f"--user-data-dir={tmp_path_factory.mktemp('profile')}"),
            *("--allow-file-access-from-files", "--window-size=1400,2100", "--dump-dom"),
            probe.as_uri(),
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=True,
    )
    (found,) = re.findall(r'<pre id="told">(.*?)</pre>', done.stdout, re.DOTALL)
    read = json.loads(unescape(found))
    assert isinstance(read, dict)
    return read


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_out_of_sight(name: str, width: int, told: dict[str, Any]) -> None:
    found = told[f"{name}-{width}"]
    assert found["cells"]
    assert not found["wide"]
    assert found["over"] == []
    assert found["narrow"] == []
    assert found["bars"]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_columns_sort_by_a_click(name: str, width: int, told: dict[str, Any]) -> None:
    for column in told[f"{name}-{width}"]["sorted"]:
        cells = [cell for cell in column["cells"] if cell]
        assert sorted(column["cells"]) == sorted(column["before"])
        first = "descending" if column["number"] else "ascending"
        second = "ascending" if column["number"] else "descending"
        wanted = {"first": first, "second": second, "third": None}[column["way"]]
        assert column["order"] == wanted
        if wanted is None:
            assert column["cells"] == column["before"]
            continue
        assert column["cells"][: len(cells)] == cells, "what says nothing comes last"
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


@pytest.mark.parametrize("name", ["mobilenet", "list", "inception"])
def test_names_are_filtered(name: str, told: dict[str, Any]) -> None:
    for width in WIDTHS:
        found = told[f"{name}-{width}"]["filter"]
        wanted = [one for one in found["all"] if found["wanted"].lower() in one.lower()]
        assert found["left"] == wanted
        assert 0 < len(wanted) < len(found["all"]) == found["again"]
