"""The picture of `dscalc sweep`: points, lines, limits, and that all of it can be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pytest

from dscalc.analysis.series import Points, Sweep, series
from dscalc.analysis.sweep import sweep
from dscalc.analysis.terms import Terms
from dscalc.errors import DscalcError
from dscalc.law.network import Network
from dscalc.models.source import load
from dscalc.render.plot_sweep import MOST_MARKS, check_drawable, sweep_scene
from dscalc.render.scene import Mark, Path, Scene, Text
from tests.commands import complaint
from tests.pictures import bounds, mistakes, said
from tests.test_plot_net import LONG, NETWORKS

ONE = ((1.0,), (224,))
GRID = ((0.25, 0.5, 0.75, 1.0), (128, 160, 192, 224))
HUNDREDS = ([0.2 + 0.05 * step for step in range(24)], range(96, 321, 16))
PAIR = ("mobilenet", "mobilenet_v2")
EIGHT = (*PAIR, "mobilenet_v3_large", "mobilenet_v3_small", "mnasnet_a1", "shufflenet_v1",
         "resnet50", "efficientnet_b0")  # fmt: skip
ALL_LIMITS = {"params": 3_000_000, "mult_adds": 200_000_000, "flops": 500_000_000,
              "memory": 3_000_000, "size": 12_000_000}  # fmt: skip


def found(
    networks: Sequence[str | Network],
    grid: tuple[Sequence[float], Sequence[int]] = GRID,
    limits: Mapping[str, int] = {},
) -> Sweep:
    named = [load(one) if isinstance(one, str) else one for one in networks]
    terms = Terms()
    alphas, sides = grid
    points = [
        Points(partial(sweep, one, resolutions=sides), alphas, max(1, len(sides))) for one in named
    ]
    every = [series(*one, limits, terms) for one in zip(named, points, strict=True)]
    return Sweep(tuple(every), limits, terms)


def marks(scene: Scene, shape: str) -> list[Mark]:
    """The marks of a shape that are points, not samples of the legend."""
    return [it for it in scene.drawn if isinstance(it, Mark) and it.shape == shape and it.told]


def dashed(scene: Scene) -> list[Path]:
    """The lines of limits."""
    return [it for it in scene.drawn if isinstance(it, Path) and it.dashed and it.colour == "ink"]


LIMITS = {
    "none": {},
    "every one": ALL_LIMITS,
    "none kept": dict.fromkeys(ALL_LIMITS, 1),
    "far beyond": dict.fromkeys(ALL_LIMITS, 10**40),
    "endless": dict.fromkeys(ALL_LIMITS, 10**4000),
}


@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
@pytest.mark.parametrize(
    ("networks", "grid"),
    [(["mobilenet"], ONE), (PAIR, GRID), (EIGHT, ((0.5, 1.0), (128, 224))), (PAIR, HUNDREDS)],
    ids=["a point", "a grid", "eight networks", "hundreds"],
)
def test_all_can_be_read(
    networks: Sequence[str], grid: tuple[Sequence[float], Sequence[int]], limits: dict[str, int]
) -> None:
    assert mistakes(sweep_scene(found(networks, grid, limits))) == []


@pytest.mark.parametrize("name", ["no cost", "hostile names", "enormous"])
def test_other_networks_can_be_read_too(name: str) -> None:
    assert mistakes(sweep_scene(found([NETWORKS[name]], ((1.0,), ())))) == []


def test_long_names_are_shortened() -> None:
    several = [NETWORKS["one layer"]._replace(name=f"{number} {LONG}") for number in range(8)]
    assert mistakes(sweep_scene(found(several, ((1.0, 2.0), (16, 32))))) == []


def test_no_label_stands_on_a_mark() -> None:
    scene = sweep_scene(found(EIGHT, ((0.5, 1.0), (128, 224))))
    marked = [bounds(it) for it in scene.drawn if isinstance(it, Mark) and it.told]
    labels = [it for it in scene.drawn if isinstance(it, Text) and it.words.startswith("α ")]
    assert len(labels) > 10
    for one in map(bounds, labels):
        assert not any(
            one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]
            for two in marked
        )


def test_points_and_networks_are_labelled() -> None:
    words = said(sweep_scene(found(PAIR, ((0.5, 1.0), (160, 224)))))
    assert "MobileNet, MobileNetV2 · 8 points · trainable parameters · float32" in words
    for word in ("Trainable parameters", "Mult-adds", "MobileNet", "α 0.5 · 160", "α 1 · 224",
                 "a line: one input, along α"):  # fmt: skip
        assert word in words
    assert not any("filled" in word or "limit" in word for word in words)


def test_a_sweep_of_inputs_alone_is_joined_along_these() -> None:
    words = said(sweep_scene(found(PAIR, ((1.0,), (160, 224)))))
    assert "a line: one α, along the input" in words


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"params": 3_000_000}, ["params ≤ 3M"]),
        ({"mult_adds": 200_000_000}, ["mult-adds ≤ 200M"]),
        ({"flops": 300_000_000}, ["FLOPs ≤ 300M"]),
        ({"mult_adds": 2 * 10**8, "flops": 3 * 10**8}, ["mult-adds ≤ 200M", "FLOPs ≤ 300M"]),
        ({"params": 3 * 10**6, "mult_adds": 2 * 10**8}, ["params ≤ 3M", "mult-adds ≤ 200M"]),
    ],
)
def test_limits_on_the_axes_are_lines(limits: dict[str, int], words: list[str]) -> None:
    scene = sweep_scene(found(PAIR, GRID, limits))
    assert len(dashed(scene)) == len(words)
    assert [word for word in said(scene) if "≤" in word and "·" not in word][-len(words) :] == words
    assert "within these limits" in said(scene)
    assert marks(scene, "x") == []


def test_what_breaks_another_limit_is_struck_out() -> None:
    sweep = found(PAIR, GRID, {"memory": 3_000_000, "size": 9_000_000})
    scene = sweep_scene(sweep)
    over = [point for one in sweep.series for point in one.points if sweep.over(point)]
    assert len(marks(scene, "x")) == len(over) > 0
    told = "struck out: not memory (alive) ≤ 3M bytes or size ≤ 9M bytes"
    assert told in said(scene)
    assert dashed(scene) == []
    assert any("over: memory" in mark.told for mark in marks(scene, "x"))


def test_a_limit_that_all_keep_is_told_too() -> None:
    words = said(sweep_scene(found(PAIR, GRID, {"memory": 10**9})))
    assert "Every point keeps memory (alive) ≤ 1G bytes." in words


def test_the_best_are_filled() -> None:
    sweep = found(["mobilenet"], GRID, {"mult_adds": 200_000_000})
    scene = sweep_scene(sweep)
    filled = [mark for mark in marks(scene, "circle") if mark.filled]
    assert len(filled) == sum(sweep.series[0].best) < len(marks(scene, "circle")) == sweep.size
    assert "filled: the largest within all limits" in said(scene)


def test_of_hundreds_of_points_few_are_marked() -> None:
    sweep = found(PAIR, HUNDREDS)
    scene = sweep_scene(sweep)
    assert sweep.size > MOST_MARKS > len(marks(scene, "circle"))
    assert any(f"of {sweep.size} points" in word for word in said(scene))


def test_each_of_eight_networks_has_its_colour_and_its_mark() -> None:
    scene = sweep_scene(found(EIGHT, ONE))
    looks = {(it.colour, it.shape) for it in scene.drawn if isinstance(it, Mark) and it.told}
    assert len({colour for colour, _ in looks}) == len({shape for _, shape in looks}) == 8


@pytest.mark.parametrize(
    ("networks", "points", "message"),
    [
        (9, 9, "--plot tells 8 networks apart, not 9; draw fewer at a time"),
        (1, 5001, "5,001 points are too many to draw; 5,000 can be"),
    ],
)
def test_more_than_can_be_told_apart_is_refused(networks: int, points: int, message: str) -> None:
    with pytest.raises(DscalcError) as caught:
        check_drawable(networks, points)
    assert str(caught.value) == message


def test_it_is_refused_before_anything_is_measured() -> None:
    said = complaint("sweep", "nowhere", "--alpha", "0.001:9:0.001", "--plot", "a.svg")
    assert "9,000 points are too many to draw" in said
