"""The picture of `dscalc net`: what it says and shows, and that all of it can be read."""

from __future__ import annotations

import pytest

from dscalc.analysis.terms import Terms
from dscalc.analysis.what_if import contrast
from dscalc.language.network_file import read_network
from dscalc.law.network import Network, measure
from dscalc.law.rewrite import scale, to_separable
from dscalc.models.source import load
from dscalc.render.palette import KINDS
from dscalc.render.plot_net import MOST_LINES, net_scene, what_if_scene
from dscalc.render.scene import Rect, Scene
from tests.pictures import mistakes, said

LONG = "a very long name that goes on and on, " * 8


def layers(*lines: str, side: int = 16) -> Network:
    """A network of these items of YAML."""
    text = f"name: N\ninput: [{side}, {side}, 3]\nlayers:\n"
    return read_network(text + "".join(lines)).network


def picture(network: Network, expand: bool = False) -> Scene:
    return net_scene(measure(network), Terms(), expand)


def bars(scene: Scene) -> list[str]:
    """What the bars say when pointed at."""
    return [it.told for it in scene.drawn if isinstance(it, Rect) and it.told]


def legend(scene: Scene) -> list[str]:
    return [word for word in said(scene) if word in KINDS]


HOSTILE = "</text>\\u202e$x^2$ 網路網路\\u001b[1m"
NETWORKS = {
    "one layer": layers("  - conv: {n: 4}\n"),
    "no cost": layers("  - global_pool\n"),
    "no layer": Network("N", measure(layers("  - global_pool\n")).network.input, ()),
    "long names": layers(f"  - conv: {{n: 4}}\n    name: '{LONG}'\n"),
    "hostile names": layers(
        '  - conv: {n: 4}\n    name: "</text>\\u202e$x^2$ 網路網路\\u001b[1m"\n'
    ),
    "300 layers": layers("  - conv: {n: 4}\n    repeat: 300\n"),
    "1,000 layers": layers("  - depthwise: {}\n    repeat: 1000\n"),
    "enormous": layers("  - conv: {n: 999999999999, k: 999999999}\n", side=10**12),
}


@pytest.mark.parametrize("expand", [False, True])
@pytest.mark.parametrize("name", [*NETWORKS, "mobilenet_v2", "resnet50", "qanet_encoder"])
def test_all_can_be_read(name: str, expand: bool) -> None:
    network = NETWORKS.get(name) or load(name)
    assert mistakes(picture(network, expand)) == []
    assert mistakes(what_if_scene(contrast(network, to_separable(network)), Terms(), "x")) == []


def test_the_title_says_what_network_it_is() -> None:
    network = scale(load("mobilenet"), alpha=0.5, rho=0.714)
    assert said(picture(network))[0] == (
        "MobileNet · α 0.5 · ρ 0.714 · input 160×160×3 · trainable parameters"
    )
    between = contrast(network, to_separable(network))
    title = said(what_if_scene(between, Terms("weights"), "separable"))[0]
    assert title.endswith("weights only · as separable")


def test_a_bar_has_the_colours_of_its_parts_and_the_legend_lists_these() -> None:
    network = layers("  - separable: {n: 4, norm: none}\n", "  - linear: {n: 2, bias: true}\n")
    scene = picture(network)
    assert bars(scene) == [
        "separable1.depthwise (depthwise): 27 parameters",
        "separable1.pointwise (pointwise): 12 parameters",
        "separable1.depthwise (depthwise): 6,912 mult-adds",
        "separable1.pointwise (pointwise): 3,072 mult-adds",
        "linear2 (linear): 10 parameters",
        "linear2 (linear): 2,048 mult-adds",
    ]
    assert legend(scene) == ["depthwise", "pointwise", "linear"]


def test_parts_stand_by_themselves_with_expand() -> None:
    network = layers("  - separable: {n: 4}\n")
    assert "separable1" in said(picture(network))
    assert {"separable1.depthwise", "separable1.pointwise"} <= set(said(picture(network, True)))


def test_kinds_without_a_look_of_their_own_are_one() -> None:
    words = said(picture(layers("  - layer_scale\n", "  - conv: {n: 2}\n")))
    assert [word for word in words if word in KINDS] == ["conv", "other kinds"]


def test_what_was_stands_above_what_is() -> None:
    network = layers("  - conv: {n: 4, bias: false, norm: none}\n", "  - conv: {n: 8}\n")
    scene = what_if_scene(contrast(network, to_separable(network)), Terms(), "separable")
    assert "as it was" in said(scene)
    was = [told for told in bars(scene) if "was" in told]
    assert was[0] == "conv1 was: 108 parameters"
    assert len(was) == 4


@pytest.mark.parametrize(
    ("name", "bars_of"),
    [
        ("resnet50", "stage3.residual6"),  # names tell of stages
        ("qanet_encoder", None),
    ],
)
def test_many_layers_are_grouped(name: str, bars_of: str | None) -> None:
    network = load(name)
    words = said(what_if_scene(contrast(network, to_separable(network)), Terms(), "separable"))
    assert any("layers in" in word for word in words)
    assert bars_of is None or bars_of in words


def test_layers_whose_names_tell_of_no_stage_are_grouped_in_equal_numbers() -> None:
    scene = picture(NETWORKS["300 layers"])
    words = said(scene)
    assert "conv1 to conv5" in words
    assert "300 layers in 60 bars, since they are too many for each." in words
    assert len([word for word in words if " to " in word]) == 60 <= MOST_LINES


def test_nothing_is_added_up_twice_or_lost() -> None:
    """The bars of a network add up to its totals, grouped or not."""
    for name in ("mobilenet_v2", "qanet_encoder", "resnet50"):
        report = measure(load(name))
        for expand in (False, True):
            told = bars(net_scene(report, Terms(), expand))
            for what, total in (
                ("parameters", report.total.params()),
                ("mult-adds", report.total.mult_adds),
            ):
                values = [one.rpartition(": ")[2] for one in told if one.endswith(what)]
                assert sum(int(one.split()[0].replace(",", "")) for one in values) == total
