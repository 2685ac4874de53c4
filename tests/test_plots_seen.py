"""Pictures as a browser shows them: no words outside, none over each other, no word a markup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser import CHROMIUM, Browser
from tests.commands import call_in
from tests.scratch import GIT
from tests.test_html_seen import HOSTILE, LONG_NAMES
from tests.test_views import repository

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to look with")

GRID = ("--alpha", "0.25:1:0.25", "--resolution", "128:224:32")
LIMITS = ("--max-params", "3M", "--max-mult-adds", "200M", "--max-memory", "3MB")
PICTURES: dict[str, tuple[str, ...]] = {
    "layer": ("layer", "--df", "112", "--m", "32", "--n", "64"),
    "layer_scaled": ("layer", "--m", "512", "--n", "1024", "--g", "4", "--alpha", "0.5"),
    "net": ("net", "mobilenet_v2"),
    "net_expanded": ("net", "mobilenet_v2", "--expand", "--alpha", "0.5", "--rho", "0.714"),
    "net_as": ("net", "resnet50", "--as", "separable"),
    "net_large": ("net", "inception_resnet_v2", "--expand"),
    "net_long": ("net", "long.yaml"),
    "net_hostile": ("net", "hostile.yaml"),
    "sweep": ("sweep", "mobilenet", "mobilenet_v2", *GRID, *LIMITS),
    "sweep_point": ("sweep", "mobilenet"),
    "sweep_hundreds": ("sweep", "mobilenet", "--alpha", "0.05:1:0.05", "--resolution", "32:512:16"),
    "choose": ("choose", "--max-params", "5M", "--max-mult-adds", "300M"),
    "memory": ("memory", "mobilenet_v2"),
    "memory_arena": ("memory", "hostile.yaml", "--memory", "arena", "--dtype", "int8"),
    "diff": ("diff", "mobilenet", "mobilenet_v2"),
    "diff_hostile": ("diff", "long.yaml", "hostile.yaml"),
}

SEEN = """(() => {
  const page = document.documentElement.getBoundingClientRect();
  const box = one => {
    const {left, right, top, bottom} = one.getBoundingClientRect(), turned = bottom - top > 40;
    const inset = one.tagName === "text" ? 0.16 * parseFloat(getComputedStyle(one).fontSize) : 0;
    return turned || one.hasAttribute("transform")
      ? {left: left + inset, right: right - inset, top, bottom}
      : {left, right, top: top + inset, bottom: bottom - inset};
  };
  const shapes = [...document.querySelectorAll("text, rect, circle, path:not(pattern path)")];
  const texts = shapes.filter(one => one.tagName === "text" && one.textContent);
  const named = one => one.textContent || one.outerHTML;
  const outside = shapes.filter(one => {
    const {left, right, top, bottom} = box(one);
    return left < page.left - 1 || right > page.right + 1 || top < page.top - 1
      || bottom > page.bottom + 1;
  });
  const boxes = texts.map(one => ({...box(one), words: one.textContent}));
  const over = boxes.flatMap((a, number) => boxes.slice(number + 1)
    .filter(b => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 0.5
      && b.top < a.bottom - 0.5)
    .map(b => `${a.words} / ${b.words}`));
  return {words: texts.length, outside: outside.map(named), over, tags: [...new Set(
    [...document.querySelectorAll("*")].map(one => one.tagName))].sort()};
})()"""
"""What is where in a picture, in pixels, by the widths of a font that the browser has."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with networks of long and of hostile names."""
    repo = repository(tmp_path_factory.mktemp("of") / "repo").root
    (repo / "long.yaml").write_text(LONG_NAMES, encoding="utf-8")
    (repo / "hostile.yaml").write_text(HOSTILE, encoding="utf-8")
    return repo


@pytest.mark.parametrize("name", PICTURES)
def test_all_is_inside_and_no_words_overlap(name: str, folder: Path, shown: Browser) -> None:
    file = folder / f"{name}.svg"
    result = call_in(folder, *PICTURES[name], "--plot", str(file), env=GIT)
    assert (result.code, result.err) == (0, "")
    shown.open(file, 1280)
    found: dict[str, Any] = shown.run(SEEN)
    assert found["words"]
    assert found["outside"] == []
    assert found["over"] == []
    known = {"svg", "rect", "path", "circle", "text", "title", "defs", "pattern", "g"}
    assert {*found["tags"]} <= known
    assert shown.complaints() == []
