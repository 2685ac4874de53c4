"""The picture of `dscalc diff`: layers before and after, and that all of it can be read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from dscalc.analysis.versions import Difference, difference, version
from dscalc.law.network import Network, measure
from dscalc.models.source import load
from dscalc.render.plot_diff import MOST_LINES, diff_scene
from dscalc.render.scene import Rect, Scene
from tests.commands import call
from tests.pictures import mistakes, said
from tests.test_plot_net import LONG, NETWORKS, layers


def between(old: Network | None, new: Network | None, name: str = "net") -> Difference:
    return difference(name, *(None if one is None else version(measure(one)) for one in (old, new)))


def bars(scene: Scene) -> list[str]:
    return [it.told for it in scene.drawn if isinstance(it, Rect) and it.told]


SMALL = layers("  - conv: {n: 4}\n", "  - conv: {n: 8}\n", "  - global_pool\n")
WIDER = layers("  - conv: {n: 4}\n", "  - conv: {n: 9}\n", "  - linear: {n: 2}\n")
DIFFERENCES: dict[str, Sequence[Difference]] = {
    "nothing": [between(SMALL, SMALL)],
    "none": [],
    "wider": [between(SMALL, WIDER)],
    "new": [between(None, WIDER)],
    "gone": [between(SMALL, None)],
    "two networks of the zoo": [between(load("mobilenet"), load("mobilenet_v2"))],
    "a long name": [between(SMALL, WIDER, LONG), between(SMALL, WIDER, LONG)],
    "300 layers": [between(SMALL, NETWORKS["300 layers"])],
    "no cost": [between(NETWORKS["no cost"], NETWORKS["hostile names"])],
    "enormous": [between(SMALL, NETWORKS["enormous"])],
    "forty networks": [between(SMALL, WIDER, f"net{number}") for number in range(40)],
}


@pytest.mark.parametrize("differences", DIFFERENCES.values(), ids=DIFFERENCES)
def test_all_can_be_read(differences: Sequence[Difference]) -> None:
    assert mistakes(diff_scene(differences)) == []


def test_what_was_and_what_is() -> None:
    scene = diff_scene(DIFFERENCES["wider"])
    assert bars(scene) == [
        "conv2: 288 to 324 parameters (+36)",
        "conv2: 288 to 324 parameters (+36)",
        "conv2: 73,728 to 82,944 mult-adds (+9,216)",
        "conv2: 73,728 to 82,944 mult-adds (+9,216)",
        "linear3: 0 to 18 parameters (+18)",
        "linear3: 0 to 4,608 mult-adds (+4,608)",
    ]
    words = said(scene)
    assert words[0].startswith("net: +54 parameters")
    assert "linear3" in words
    assert "conv1" not in words


@pytest.mark.parametrize(
    ("old", "new", "legend"),
    [
        (SMALL, WIDER, ["before", "after, costs more"]),
        (WIDER, SMALL, ["before", "after, costs less"]),
        (None, SMALL, ["after, costs more"]),
        (SMALL, None, ["before"]),
        (SMALL, SMALL, []),
    ],
)
def test_the_legend_lists_what_is_drawn(
    old: Network | None, new: Network | None, legend: list[str]
) -> None:
    words = said(diff_scene([between(old, new)]))
    assert [word for word in words if word == "before" or word.startswith("after,")] == legend


def test_what_is_new_and_what_is_gone_say_so() -> None:
    assert "+ conv1" in said(diff_scene(DIFFERENCES["new"]))
    assert "− conv1" in said(diff_scene(DIFFERENCES["gone"]))


def test_of_many_changes_the_largest_are_drawn() -> None:
    words = said(diff_scene(DIFFERENCES["300 layers"]))
    assert any(word.startswith(f"Drawn: the {MOST_LINES} largest of") for word in words)


def test_several_networks_have_a_heading_each() -> None:
    words = said(diff_scene([between(SMALL, WIDER, "a"), between(WIDER, SMALL, "b")]))
    assert words[0] == "2 networks changed"
    assert any(word.startswith("a: +") for word in words)
    assert any(word.startswith("b: -") for word in words)


def test_the_answer_is_the_same_with_a_picture(tmp_path: Path) -> None:
    asked = ("diff", "mobilenet_shallow", "mobilenet")
    assert call(*asked, "--plot", str(tmp_path / "a.svg")) == call(*asked)
    assert "separable12" in (tmp_path / "a.svg").read_text(encoding="utf-8")
