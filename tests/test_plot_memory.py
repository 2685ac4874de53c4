"""The picture of `dscalc memory`: a box a tensor, the peak, and that all of it can be read."""

from __future__ import annotations

import pytest

from dscalc.analysis.planned import memory_map
from dscalc.analysis.terms import MEMORY_RULES, MemoryRule, Terms
from dscalc.law.network import Network, measure
from dscalc.models.source import load
from dscalc.render.plot_memory import memory_scene
from dscalc.render.scene import Rect, Scene
from tests.pictures import bounds, mistakes, said
from tests.test_plot_net import NETWORKS


def picture(network: Network, rule: MemoryRule = "alive") -> Scene:
    report = measure(network)
    return memory_scene(report, memory_map(report, Terms(memory=rule)))


@pytest.mark.parametrize("rule", MEMORY_RULES)
@pytest.mark.parametrize("name", [*NETWORKS, "mobilenet_v2", "qanet_encoder"])
def test_all_can_be_read(name: str, rule: MemoryRule) -> None:
    network = NETWORKS.get(name) or load(name)
    assert mistakes(picture(network, rule)) == []


def test_every_tensor_is_a_box_that_says_what_it_is() -> None:
    report = measure(load("mobilenet"))
    found = memory_map(report, Terms())
    scene = memory_scene(report, found)
    boxes = [it for it in scene.drawn if isinstance(it, Rect) and it.told]
    assert len(boxes) == len(found.regions)
    assert boxes[0].told.startswith("input: 602,112 bytes at ")
    assert f"the peak, {found.peak:,} bytes, at {found.layer}" in said(scene)
    assert said(scene)[0].endswith(f"{found.peak:,} bytes of activations alive at once")


@pytest.mark.parametrize("rule", MEMORY_RULES)
def test_no_two_tensors_are_drawn_over_each_other(rule: MemoryRule) -> None:
    """Also where one is written over another, which is drawn until then."""
    boxes = [it for it in picture(load("resnet50"), rule).drawn if isinstance(it, Rect)]
    found = sorted(bounds(it) for it in boxes if it.told)
    for number, (_, top, right, bottom) in enumerate(found):
        for left, upper, _, lower in found[number + 1 :]:
            assert left > right - 0.01 or upper > bottom - 0.01 or lower < top + 0.01


def test_what_an_operator_writes_for_itself_is_told_apart() -> None:
    scratch = "what an operator writes for itself"
    assert scratch in said(picture(load("mobilenet"), "arena"))
    assert scratch not in said(picture(load("mobilenet")))
