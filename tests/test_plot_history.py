"""The picture of `dscalc diff --log`: steps from commit to commit, and that all can be read."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dscalc.check.history import SHOWN, History, Moment
from dscalc.render.plot_history import history_scene
from dscalc.render.scene import Mark, Path, Scene
from tests.pictures import mistakes, said
from tests.test_plot_net import LONG


def picture(values: Sequence[int | None], name: str = "net.yaml") -> Scene:
    """Of a network with all figures at these values; None where it cannot be read."""
    moments = [
        Moment(
            f"{number:040x}",
            "2024-02-29",
            name,
            None if value is None else dict.fromkeys(SHOWN, value),
            "" if value is not None else "net.yaml:1: a mistake",
        )
        for number, value in enumerate(values)
    ]
    return history_scene(History(name, tuple(moments), False))


HISTORIES: dict[str, Sequence[int | None]] = {
    "one commit": [5],
    "nothing known": [None],
    "zero": [0, 0],
    "a gap": [1_000_000, None, 1_200_000],
    "a thousand": [number % 7 * 10**6 for number in range(1000)],
    "enormous": [1, 10**300, 10**4000],
}


@pytest.mark.parametrize("values", HISTORIES.values(), ids=HISTORIES)
@pytest.mark.parametrize("name", ["net.yaml", LONG, "$x^2$\u202e網路</text>"])
def test_all_can_be_read(values: Sequence[int | None], name: str) -> None:
    assert mistakes(picture(values, name)) == []


def test_a_gap_is_marked_and_no_line_crosses_it() -> None:
    scene = picture(HISTORIES["a gap"])
    assert said(scene)[:2] == ["net.yaml · 3 commits", "no figures: removed, or not to be read"]
    crosses = [it for it in scene.drawn if isinstance(it, Mark) and it.shape == "x" and it.told]
    assert [mark.told for mark in crosses] == ["0000000, 2024-02-29: net.yaml:1: a mistake"] * 3
    lines = [it for it in scene.drawn if isinstance(it, Path) and it.colour == "blue"]
    assert len(lines) == 2
    assert max(x for x, _ in lines[0].points) <= crosses[0].x < min(x for x, _ in lines[1].points)


def test_commits_are_named_as_far_as_there_is_room() -> None:
    few = said(picture([1, 2, 3]))
    assert few[-6:] == ["0000000", "2024-02-29"] * 3
    many = said(picture(HISTORIES["a thousand"]))
    assert 3 <= many.count("2024-02-29") <= 10


def test_of_many_commits_those_that_change_something_are_marked() -> None:
    scene = picture([1] * 500 + [2] * 500)
    assert len([it for it in scene.drawn if isinstance(it, Mark) and it.told]) == 2 * 3
