"""Rewriting: α and ρ by the frameworks' own rounding, standard and separable twins."""

from __future__ import annotations

import copy
import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import dscalc
from dscalc import (
    INPUT,
    Conv,
    ConvTranspose,
    Depthwise,
    DscalcError,
    InvertedResidual,
    Linear,
    Network,
    Node,
    Pointwise,
    Separable,
    Shape,
    Width,
    measure,
    scale,
    to_separable,
    to_standard,
)
from dscalc.language.network_file import read_network
from dscalc.law.layer import Layer

RULES: dict[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "rounding_rules.json").read_text(encoding="utf-8")
)
MACS = RULES["v1_macs_by_policy"]


def chain(*layers: Layer, x: Shape | None = None, width: Width | None = None) -> Network:
    names = [f"l{i}" for i in range(1, len(layers) + 1)]
    nodes = tuple(map(Node, names, layers, [(i,) for i in (INPUT, *names)]))
    return Network("chain", x or Shape((9, 9), 3), nodes, width or Width("floor"))


def layers(network: Network) -> list[Layer]:
    return [node.layer for node in measure(network).nodes]


# ---------------------------------------------------------------- α


@pytest.mark.parametrize(
    ("alpha", "width", "mult_adds"),
    [
        (0.35, Width("floor", min=8), MACS["alpha=0.35"]["slim/keras int"]),
        (0.35, Width(multiple_of=8), MACS["alpha=0.35"]["make_divisible 8"]),
        (0.35, Width("nearest"), MACS["alpha=0.35"]["round"]),
        (0.1, Width("floor", min=8), MACS["alpha=0.1"]["slim (min 8)"]),
        (0.1, Width("floor"), MACS["alpha=0.1"]["keras"]),
    ],
)
def test_mobilenet_by_each_framework_s_rule(alpha: float, width: Width, mult_adds: int) -> None:
    """rounding_rules.json: one network, one α, and as many totals as there are rules."""
    network = dscalc.load("mobilenet")._replace(width=width)
    assert measure(scale(network, alpha=alpha)).total.mult_adds == mult_adds


def test_keras_and_slim_part_ways_for_fifteen_widths_of_mobilenet_v2() -> None:
    """rounding_rules.json, keras-v2: make_divisible(int(filters · α)) against filters · α."""
    keras, slim = Width("floor", multiple_of=8), Width(multiple_of=8)
    alphas = [percent / 100 for percent in range(10, 201)]
    differing = [
        (alpha, n)
        for alpha, n in product(alphas, (16, 24, 32, 64, 96, 160, 320))
        if keras.scaled(n, alpha) != slim.scaled(n, alpha)
    ]
    assert len(differing) == 15
    assert {0.28, 0.56, 0.84, 1.12} <= {alpha for alpha, _ in differing}
    assert (slim.scaled(32, 0.28), keras.scaled(32, 0.28)) == (16, 8)


@pytest.mark.parametrize(
    ("layer", "alpha", "scaled"),
    [
        (Conv(32), 0.5, Conv(16)),
        (Conv(33, k=5, stride=2, bias=True), 0.5, Conv(16, k=5, stride=2, bias=True)),
        (Separable(64, multiplier=2), 0.75, Separable(48, multiplier=2)),
        (Pointwise(10), 0.25, Pointwise(2)),
        (ConvTranspose(8), 2.0, ConvTranspose(16)),
        (InvertedResidual(16), 0.5, InvertedResidual(8)),
        (InvertedResidual(16, hidden=60), 0.5, InvertedResidual(8, hidden=30)),
        (Depthwise(), 0.5, Depthwise()),
        (Linear(1000), 0.5, Linear(1000)),
        (Linear(1000, scale=True), 0.5, Linear(500, scale=True)),
        (Conv(32, scale=False), 0.5, Conv(32, scale=False)),
        (Conv(1280, at_least=1280), 0.5, Conv(1280, at_least=1280)),
        (Conv(1280, at_least=1280), 1.5, Conv(1920, at_least=1280)),
        (InvertedResidual(16, hidden=60, scale=False), 0.5, None),
    ],
)
def test_alpha_scales_the_channels_of_what_it_should(
    layer: Layer, alpha: float, scaled: Layer | None
) -> None:
    assert layers(scale(chain(layer), alpha=alpha)) == [scaled or layer]


def test_alpha_leaves_the_input_alone_and_is_remembered() -> None:
    network = chain(Conv(32), Linear(10))
    half = scale(network, alpha=0.5)
    assert (half.input, half.alpha, half.rho) == (network.input, 0.5, 1.0)
    assert scale(half, alpha=0.5).alpha == 0.25
    assert layers(scale(half, alpha=0.5)) == [Conv(8), Linear(10)]


@pytest.mark.parametrize("name", ["mobilenet", "mobilenet_shallow", "example_net"])
def test_alpha_one_and_rho_one_change_nothing(name: str) -> None:
    network = dscalc.load(name)
    assert scale(network, alpha=1.0, rho=1.0) == network
    assert scale(network, resolution=224) == network


def test_scaling_leaves_the_network_as_it_was() -> None:
    network = dscalc.load("mobilenet")
    before = copy.deepcopy(network)
    to_standard(scale(network, alpha=0.5, rho=0.5))
    to_separable(network)
    assert network == before


@pytest.mark.parametrize("alpha", [0, -1, float("nan"), float("inf"), float("-inf"), 1e13])
def test_an_alpha_or_rho_that_is_no_positive_number_is_refused(alpha: float) -> None:
    with pytest.raises(DscalcError, match="α must be a positive number"):
        scale(chain(Conv(4)), alpha=alpha)
    with pytest.raises(DscalcError, match="ρ must be a positive number"):
        scale(chain(Conv(4)), rho=alpha)


def test_an_alpha_that_leaves_no_channel_names_the_layer() -> None:
    with pytest.raises(DscalcError) as error:
        measure(scale(chain(Conv(400), Conv(4)), alpha=0.01))
    assert str(error.value).startswith("l2: α = 0.01 leaves no channel of 4")


def test_an_alpha_beyond_every_bound_is_refused() -> None:
    with pytest.raises(DscalcError, match="n must be at most 1,000,000,000,000"):
        measure(scale(chain(Conv(4)), alpha=1e12))


def test_a_network_of_fixed_width_takes_no_alpha() -> None:
    network = chain(Conv(4), width=Width(fixed="its width is in its name"))
    with pytest.raises(DscalcError, match="chain takes no α: its width is in its name"):
        scale(network, alpha=0.5)
    assert scale(network, rho=2).input == Shape((18, 18), 3)


# ---------------------------------------------------------------- ρ and the resolution


@pytest.mark.parametrize(
    ("sides", "rho", "scaled"),
    [
        ((14, 14), 0.714, (10, 10)),
        ((224, 224), 160 / 224, (160, 160)),
        ((5, 7), 0.5, (2, 4)),  # 2.5 and 3.5: halves to the even one
        ((1,), 0.6, (1,)),
        ((4, 5, 6), 2, (8, 10, 12)),
    ],
)
def test_rho_rounds_each_side(sides: tuple[int, ...], rho: float, scaled: tuple[int, ...]) -> None:
    network = scale(chain(Conv(4), x=Shape(sides, 3)), rho=rho)
    assert (network.input, network.rho) == (Shape(scaled, 3), rho)


def test_later_sides_follow_the_input() -> None:
    report = measure(scale(dscalc.load("mobilenet"), rho=0.714))
    assert report.network.input.sides == (160, 160)
    assert [row.output.sides[0] for row in report.rows[:3]] == [80, 80, 40]


def test_a_resolution_says_the_sides_in_place_of_rho() -> None:
    network = dscalc.load("mobilenet")
    assert scale(network, resolution=160).input == Shape((160, 160), 3)
    assert scale(network, resolution=160).rho == 160 / 224
    assert scale(network, resolution=(160, 128)).input == Shape((160, 128), 3)
    assert measure(scale(network, resolution=160)) == measure(scale(network, rho=160 / 224))


@pytest.mark.parametrize(
    ("sides", "arguments", "message"),
    [
        ((8, 8), {"rho": 0.05}, "ρ = 0.05 leaves no pixel of the input 8×8×3"),
        ((8, 1), {"rho": 0.5}, "ρ = 0.5 leaves no pixel of the input 8×1×3"),
        ((8, 8), {"rho": 1e12}, "a side of 8000000000000 is over 1,000,000,000,000"),
        ((8, 8), {"resolution": 0}, "the resolution must be at least 1, not 0"),
        ((8, 8), {"resolution": -8}, "the resolution must be at least 1, not -8"),
        ((8, 8), {"resolution": (8, 0)}, "the resolution must be at least 1, not 0"),
        ((8, 8), {"resolution": 10**13}, "a side of 10000000000000 is over 1,000,000,000,000"),
        (
            (8, 8),
            {"resolution": (8,)},
            "resolution 8 does not say the sides of 8×8×3; say each, as in 160x128",
        ),
        (
            (8, 9),
            {"resolution": 8},
            "resolution 8 does not say the sides of 8×9×3; say each, as in 160x128",
        ),
        (
            (8, 8),
            {"resolution": 4, "rho": 0.5},
            "ρ and resolution both say the size of the input; give one of them",
        ),
    ],
)
def test_sizes_that_cannot_be_are_refused(
    sides: tuple[int, ...], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(DscalcError) as error:
        scale(chain(Conv(4), x=Shape(sides, 3)), **arguments)
    assert str(error.value) == message


# ---------------------------------------------------------------- standard and separable twins


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([Separable(8, k=5, stride=2, padding=2)], [Conv(8, k=5, stride=2, padding=2)]),
        ([Separable(8, multiplier=3, bias=True)], [Conv(8, bias=True)]),
        ([Separable(8, norm="batch", dilation=2)], [Conv(8, norm="batch", dilation=2)]),
        ([Separable(8, scale=False, at_least=4)], [Conv(8, scale=False, at_least=4)]),
        ([Conv(8), Linear(10)], [Conv(8), Linear(10)]),
        ([Depthwise(k=5, stride=2), Pointwise(8)], [Conv(8, k=5, stride=2)]),
        ([Depthwise(2), Pointwise(8, bias=True)], [Conv(8, bias=True)]),
        ([Depthwise(), Conv(8, k=1)], [Conv(8)]),
        ([Depthwise(), Conv(8)], [Depthwise(), Conv(8)]),
        ([Depthwise(), Pointwise(6, g=3)], [Conv(6, g=3)]),
        ([Depthwise(), Pointwise(6, stride=2)], [Depthwise(), Pointwise(6, stride=2)]),
        ([Depthwise()], [Depthwise()]),
        ([InvertedResidual(8)], [InvertedResidual(8).as_standard()]),
    ],
)
def test_to_standard(before: list[Layer], after: list[Layer]) -> None:
    assert layers(to_standard(chain(*before))) == after


def test_to_standard_leaves_a_depthwise_layer_that_others_take_too() -> None:
    nodes = (
        Node("d", Depthwise(), (INPUT,)),
        Node("p", Pointwise(3), ("d",)),
        Node("s", dscalc.Add(), ("d", "p")),
    )
    network = Network("n", Shape((9, 9), 3), nodes)
    assert layers(to_standard(network)) == layers(network)


def test_a_layer_that_takes_nothing_is_left_for_measuring_to_refuse() -> None:
    """In Python a node may be made so; `to_standard` looks at what comes before each."""
    nodes = (Node("d", Depthwise(), (INPUT,)), Node("p", Pointwise(3), ()))
    network = Network("n", Shape((9, 9), 3), nodes)
    for rewritten in (to_standard(network), to_separable(network), scale(network, alpha=0.5)):
        with pytest.raises(DscalcError, match="p: takes one input, not 0"):
            measure(rewritten)


def test_a_pair_becomes_one_layer_under_the_later_name() -> None:
    network = chain(Conv(4), Depthwise(), Pointwise(8), Linear(5))
    assert [(node.name, node.inputs) for node in measure(to_standard(network)).nodes] == [
        ("l1", (INPUT,)),
        ("l3", ("l1",)),
        ("l4", ("l3",)),
    ]
    assert measure(to_standard(network)).output == measure(network).output


@pytest.mark.parametrize("name", ["mobilenet", "mobilenet_v2", "example_net", "xception"])
def test_a_standard_twin_has_the_same_shapes_and_stays(name: str) -> None:
    network = dscalc.load(name)
    twin = to_standard(network)
    outputs = {row.name: row.output for row in measure(network).rows}
    assert all(outputs[row.name] == row.output for row in measure(twin).rows)
    assert measure(to_standard(twin)).rows == measure(twin).rows


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([Conv(4), Conv(8, stride=2, bias=True)], [Conv(4), Separable(8, stride=2, bias=True)]),
        ([Conv(4), Conv(8, k=(1, 3))], [Conv(4), Separable(8, k=(1, 3))]),
        ([Conv(4), Conv(8, k=1)], [Conv(4), Conv(8, k=1)]),
        ([Conv(4), Conv(8, k=(1, 1))], [Conv(4), Conv(8, k=(1, 1))]),
        ([Conv(4), Conv(8, g=2)], [Conv(4), Conv(8, g=2)]),
        ([Conv(4), ConvTranspose(8)], [Conv(4), ConvTranspose(8)]),
        ([Conv(4), Separable(8)], [Conv(4), Separable(8)]),
    ],
)
def test_to_separable_keeps_the_stem(before: list[Layer], after: list[Layer]) -> None:
    assert layers(to_separable(chain(*before))) == after


def test_to_separable_with_the_stem() -> None:
    assert layers(to_separable(chain(Conv(4), Conv(8)), stem=True)) == [Separable(4), Separable(8)]


def test_separable_and_back_is_the_standard_network() -> None:
    network = chain(Conv(4, k=5), Conv(8, stride=2, padding=1, bias=True), Linear(3))
    assert layers(to_standard(to_separable(network, stem=True))) == layers(network)


def test_rewritings_compose_in_any_order() -> None:
    network = dscalc.load("mobilenet")
    one = to_standard(scale(network, alpha=0.75, rho=0.5))
    other = scale(scale(to_standard(network), rho=0.5), alpha=0.75)
    assert measure(one).total == measure(other).total


def test_a_reduction_is_one_over_n_plus_one_over_the_kernel() -> None:
    for n, k in product((1, 8, 64), (1, 3, 5)):
        separable = measure(chain(Separable(n, k=k))).total
        standard = measure(to_standard(chain(Separable(n, k=k)))).total
        ratio = separable.weights / standard.weights
        assert ratio == pytest.approx(1 / n + 1 / k**2)
        assert separable.mult_adds / standard.mult_adds == pytest.approx(ratio)


def test_a_rewriting_of_a_file_s_network_keeps_its_places() -> None:
    text = "input: [8, 8, 4]\nlayers:\n  - separable: {n: 6}\n  - conv: {n: 4, g: 4}\n"
    network = to_standard(scale(read_network(text, "f.yaml").network, alpha=0.5))
    with pytest.raises(DscalcError) as error:
        measure(network)
    assert str(error.value).splitlines()[0] == (
        "f.yaml:4:21: conv2: g=4 does not divide the 3 input channels (channels at α = 0.5)"
    )


@pytest.mark.parametrize(
    ("pointwise", "merged"),
    [
        (Conv(8, k=1), True),
        (Conv(8, k=1, padding="valid"), True),
        (Conv(8, k=1, padding=(0, 0)), True),
        (Pointwise(8, stride=(1, 1)), True),
        (Conv(8, k=1, padding=1), False),
        (Pointwise(8, stride=2), False),
        (Pointwise(8, g=2), True),
    ],
)
def test_a_pair_is_merged_where_the_shape_stays(pointwise: Layer, merged: bool) -> None:
    network = chain(Conv(4), Depthwise(stride=2), pointwise, Linear(5))
    rewritten = to_standard(network)
    assert (len(measure(rewritten).nodes) < len(measure(network).nodes)) is merged
    assert measure(rewritten).output == measure(network).output


def test_what_is_depthwise_by_its_numbers_is_one_for_a_standard_convolution() -> None:
    assert layers(to_standard(chain(Conv(16), Conv(16, g=16), Pointwise(8)))) == [Conv(16), Conv(8)]


@pytest.mark.parametrize("alpha", [0.5, 0.25, 2, 3])
def test_alpha_makes_no_other_thing_of_what_is_depthwise_by_its_numbers(alpha: float) -> None:
    written = scale(chain(Conv(16), Conv(16, g=16)), alpha=alpha)
    with pytest.raises(DscalcError, match="write depthwise, or g: in, where groups follow"):
        measure(written)


@pytest.mark.parametrize("alpha", [0.25, 0.5, 2])
def test_written_groups_that_are_no_depthwise_ones_stay_at_every_alpha(alpha: float) -> None:
    network = scale(chain(Conv(128), Conv(128, g=32)), alpha=alpha)
    assert vars(measure(network).nodes[1].layer)["g"] == 32


def test_depthwise_layers_that_follow_each_other_become_one_convolution_at_once() -> None:
    """(3·3 + 1) · 4 + 4 · 8 weights, and the 288 of one 3×3 convolution; twice changes nothing."""
    network = chain(Depthwise(), Depthwise(k=1), Pointwise(8), x=Shape((9, 9), 4))
    standard = to_standard(network)
    assert measure(network).total.weights == 72
    assert measure(standard).total.weights == 288
    assert measure(to_standard(standard)).rows == measure(standard).rows
