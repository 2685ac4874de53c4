"""The law of every layer with weights, held against a convolution that counts one by one."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import pytest

from dscalc.errors import DscalcError
from dscalc.law.convolutions import (
    Conv,
    ConvTranspose,
    Depthwise,
    Linear,
    Norm,
    Pointwise,
    Separable,
)
from dscalc.law.fields import LARGEST, Padding
from dscalc.law.kinds import KINDS
from dscalc.law.layer import INPUT, Block, Cost, Layer, Node, Shape, add_costs
from dscalc.law.network import Network, measure
from dscalc.law.stored import LayerScale
from dscalc.law.width import Width, round_to_multiple
from tests import oracle


def cost_of(layer: Layer, x: Shape) -> tuple[Shape, Cost]:
    """The output and the cost of one layer alone."""
    (row,) = measure(Network("alone", x, (Node("it", layer, (INPUT,)),))).rows
    return row.output, row.cost


def messages(error: pytest.ExceptionInfo[DscalcError]) -> list[str]:
    return [problem.message for problem in error.value.problems]


# ---------------------------------------------------------------- the oracle


class Window(NamedTuple):
    """A window on a small map."""

    sides: tuple[int, ...]
    k: tuple[int, ...]
    stride: tuple[int, ...]
    padding: str | tuple[int, ...]
    dilation: tuple[int, ...]

    def __str__(self) -> str:
        sizes = (self.sides, self.k, self.stride, self.padding, self.dilation)
        d, k, s, p, gap = ("x".join(map(str, v)) if isinstance(v, tuple) else v for v in sizes)
        return f"{d}-k{k}-s{s}-p{p}-d{gap}"


def paddings(*numbers: tuple[int, ...]) -> list[str | tuple[int, ...]]:
    return ["same", "valid", *numbers]


def windows() -> Iterator[Window]:
    """Windows in 1-D, 2-D and 3-D; those that do not fit are among them."""
    pads = paddings((1,), (2,))
    for side, k, s, p, d in product((1, 5, 6), (1, 2, 3, 4), (1, 2, 3), pads, (1, 2)):
        yield Window((side,), (k,), (s,), p, (d,))
    pads = paddings((1, 1), (0, 2))
    kernels, strides = ((1, 1), (3, 3), (2, 3)), ((1, 1), (2, 2), (2, 1))
    for k2, s2, p2, d2 in product(kernels, strides, pads, ((1, 1), (2, 1))):
        yield Window((5, 4), k2, s2, p2, d2)
    pads = paddings((1, 0, 1))
    for k3, s3, p3 in product(((1, 1, 1), (3, 2, 1), (2, 2, 2)), ((1, 1, 1), (2, 1, 2)), pads):
        yield Window((3, 4, 3), k3, s3, p3, (1, 2, 1))


WINDOWS = list(windows())
CHANNELS = [(1, 1, 1), (2, 3, 1), (4, 6, 2), (3, 3, 3), (2, 4, 2)]  # M, N, G


def test_oracle_convolves() -> None:
    """The judge itself, on numbers done by hand: [1 2 3 4 5] with the kernel [1 2 3]."""
    counted = oracle.convolution((5,), 1, 1, (3,), stride=(1,), padding="valid", dilation=(1,))
    assert counted is not None
    assert list(counted.values.values()) == [14, 20, 26]
    assert (counted.sides, counted.weights, counted.mult_adds) == ((3,), 3, 9)
    same = oracle.convolution((5,), 1, 1, (3,), stride=(2,), padding="same", dilation=(1,))
    assert same is not None
    assert list(same.values.values()) == [8, 20, 14]
    spread = oracle.transposed((2,), 1, 1, (3,), stride=(2,), padding="valid", dilation=(1,))
    assert spread is not None
    assert [spread.values[(at,), 0] for at in range(5)] == [1, 2, 5, 4, 6]


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_convolution_equals_the_oracle(window: Window) -> None:
    for (m, n, g), bias in zip(CHANNELS, (False, True, False, True, False), strict=True):
        layer = Conv(
            n,
            k=window.k,
            stride=window.stride,
            padding=window.padding,
            dilation=window.dilation,
            g=g,
            bias=bias,
        )
        counted = oracle.convolution(
            window.sides,
            m,
            n,
            window.k,
            stride=window.stride,
            padding=window.padding,
            dilation=window.dilation,
            groups=g,
            bias=bias,
        )
        check(layer, Shape(window.sides, m), counted)


@pytest.mark.parametrize("window", WINDOWS[::3], ids=str)
@pytest.mark.parametrize("multiplier", [1, 2])
def test_depthwise_equals_the_oracle(window: Window, multiplier: int) -> None:
    layer = Depthwise(
        multiplier,
        k=window.k,
        stride=window.stride,
        padding=window.padding,
        dilation=window.dilation,
        bias=True,
    )
    counted = oracle.convolution(
        window.sides,
        3,
        3 * multiplier,
        window.k,
        stride=window.stride,
        padding=window.padding,
        dilation=window.dilation,
        groups=3,
        bias=True,
    )
    check(layer, Shape(window.sides, 3), counted)


@pytest.mark.parametrize("window", WINDOWS[1::3], ids=str)
@pytest.mark.parametrize("multiplier", [1, 2])
def test_separable_equals_two_oracles(window: Window, multiplier: int) -> None:
    layer = Separable(
        5,
        k=window.k,
        stride=window.stride,
        padding=window.padding,
        dilation=window.dilation,
        multiplier=multiplier,
        bias=True,
    )
    m = 2 * multiplier
    depthwise = oracle.convolution(
        window.sides,
        2,
        m,
        window.k,
        stride=window.stride,
        padding=window.padding,
        dilation=window.dilation,
        groups=2,
        bias=True,
    )
    if depthwise is None:
        check(layer, Shape(window.sides, 2), None)
        return
    ones = (1,) * len(window.sides)
    pointwise = oracle.convolution(
        depthwise.sides, m, 5, ones, stride=ones, padding="valid", dilation=ones, bias=True
    )
    assert pointwise is not None
    both = pointwise._replace(
        weights=depthwise.weights + pointwise.weights,
        biases=depthwise.biases + pointwise.biases,
        mult_adds=depthwise.mult_adds + pointwise.mult_adds,
    )
    check(layer, Shape(window.sides, 2), both)


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_transposed_equals_the_oracle(window: Window) -> None:
    for m, n, g in CHANNELS[1:4]:
        layer = ConvTranspose(
            n,
            k=window.k,
            stride=window.stride,
            padding=window.padding,
            dilation=window.dilation,
            g=g,
            bias=g > 1,
        )
        counted = oracle.transposed(
            window.sides,
            m,
            n,
            window.k,
            stride=window.stride,
            padding=window.padding,
            dilation=window.dilation,
            groups=g,
            bias=g > 1,
        )
        check(layer, Shape(window.sides, m), counted)


@pytest.mark.parametrize("sides", [(), (1,), (4,), (2, 3)])
def test_linear_is_a_pointwise_convolution_at_every_position(sides: tuple[int, ...]) -> None:
    ones = (1,) * max(1, len(sides))
    counted = oracle.convolution(
        sides or (1,), 3, 4, ones, stride=ones, padding="valid", dilation=ones, bias=True
    )
    assert counted is not None
    check(Linear(4, bias=True), Shape(sides, 3), counted._replace(sides=sides))


def check(layer: Layer, x: Shape, counted: oracle.Counted | None) -> None:
    """Holds a layer against the oracle; a window that does not fit must be refused."""
    if counted is None:
        with pytest.raises(DscalcError, match=r"larger than its padded input|leaves no output"):
            cost_of(layer, x)
        return
    output, cost = cost_of(layer, x)
    assert output == Shape(counted.sides, counted.channels)
    assert cost == Cost(weights=counted.weights, biases=counted.biases, mult_adds=counted.mult_adds)


# ---------------------------------------------------------------- figures to know


@pytest.mark.parametrize(
    ("layer", "x", "output", "params", "mult_adds"),
    [
        # Howard et al. 2017, Table 1, first layers
        (Conv(32, stride=2), "224×224×3", "112×112×32", 864, 10_838_016),
        (Separable(64), "112×112×32", "112×112×64", 2_336, 29_302_784),
        # a group convolution: half the groups' weights
        (Conv(10, padding="valid"), "100×100×6", "98×98×10", 540, 5_186_160),
        (Conv(10, padding="valid", g=2), "100×100×6", "98×98×10", 270, 2_593_080),
        # a 5×5×3 input and four 3×3 filters
        (Conv(4), "5×5×3", "5×5×4", 108, 2_700),
        (Conv(4, padding="valid"), "5×5×3", "3×3×4", 108, 972),
        # 1-D: QANet's convolution
        (Separable(128, k=7), "400×128", "400×128", 17_280, 6_912_000),
        # 3-D, every axis its own
        (
            Conv(8, k=(3, 1, 2), stride=(1, 2, 2), padding="valid"),
            "9×8×7×4",
            "7×4×3×8",
            192,
            16_128,
        ),
        (ConvTranspose(2, k=4, stride=2, padding=1), "7×7×3", "14×14×2", 96, 4_704),
        (Linear(1000, bias=True), "1024", "1000", 1_025_000, 1_024_000),
        (Linear(10), "7×7×4", "7×7×10", 40, 1_960),
    ],
)
def test_figures(layer: Layer, x: str, output: str, params: int, mult_adds: int) -> None:
    *sides, channels = map(int, x.split("×"))
    found, cost = cost_of(layer, Shape(tuple(sides), channels))
    assert (str(found), cost.params(), cost.mult_adds) == (output, params, mult_adds)


def test_padding_and_dilation_follow_the_formula() -> None:
    assert cost_of(Conv(1, k=3, dilation=2, padding=2), Shape((10, 10), 1))[0].sides == (10, 10)
    assert cost_of(Conv(1, k=3, stride=2, padding=1), Shape((224, 224), 3))[0].sides == (112, 112)
    assert cost_of(Conv(1, k=2, stride=3, padding="same"), Shape((10,), 1))[0].sides == (4,)


# ---------------------------------------------------------------- norms, biases, counts


@pytest.mark.parametrize(
    ("layer", "cost"),
    [
        (Norm(), Cost(norms=12, norm_statistics=12)),
        (Norm("layer"), Cost(norms=12)),
        (LayerScale(), Cost(other=6)),
        (Pointwise(4, norm="batch"), Cost(24, 0, 8, 8, 0, 216)),
        (Pointwise(4, norm="layer", bias=True), Cost(24, 4, 8, 0, 0, 216)),
        (Depthwise(2, norm="batch"), Cost(108, 0, 24, 24, 0, 972)),
        (Separable(4, norm="batch"), Cost(54 + 24, 0, 20, 20, 0, 486 + 216)),
        (Separable(4, norm="batch", depthwise_norm="none"), Cost(78, 0, 8, 8, 0, 702)),
        (Separable(4, bias=True, depthwise_norm="layer"), Cost(78, 10, 12, 0, 0, 702)),
    ],
)
def test_norms_and_biases(layer: Layer, cost: Cost) -> None:
    assert cost_of(layer, Shape((3, 3), 6))[1] == cost


def test_params_in_three_counts() -> None:
    cost = Cost(weights=1, biases=20, norms=300, norm_statistics=4_000, other=50_000, mult_adds=6)
    assert cost.params("weights") == 1
    assert cost.params() == cost.params("trainable") == 50_321
    assert cost.params("total") == 54_321
    assert add_costs([cost, cost]) == Cost(*(2 * part for part in cost))


# ---------------------------------------------------------------- what a layer is


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (1, 8),
        (3, 8),
        (8, 8),
        (11, 16),
        (12, 16),
        (16, 16),
        (19, 24),
        (20, 24),
        (33.6, 32),
        (60, 64),
    ],
)
def test_round_to_multiple_of_eight(value: float, rounded: int) -> None:
    """The nearest multiple, and the next where that would lose more than a tenth."""
    assert round_to_multiple(value, 8) == rounded
    assert Width(multiple_of=8, min=16).scaled(1, value) == max(rounded, 16)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_documented_frozen_record(kind: str) -> None:
    made = KINDS[kind]
    needed = {"k": 3, "n": 4, "size": 2, "factor": 2, "words": 5, "output": (2, 3), "why": "so",
              "groups": 2, "type": "swish"}  # fmt: skip
    names = made.fields
    layer = made(**{name: needed[name] for name in names if name not in made.defaults})
    assert made.kind == kind
    assert made.__doc__
    assert set(names) == set(vars(layer)) <= set(made.rules)
    assert layer == pickle.loads(pickle.dumps(layer)) == copy.deepcopy(layer)
    assert hash(layer) == hash(copy.deepcopy(layer))
    assert repr(layer).startswith(f"{made.__name__}(")
    for name in names:
        with pytest.raises(AttributeError, match="cannot be changed"):
            setattr(layer, name, 1)


def test_layers_differ_by_kind_and_by_field() -> None:
    assert Linear(4) != Pointwise(4)
    assert Conv(4) != Conv(4, k=5)
    assert Conv(4) == Conv(4, k=3)
    assert len({Conv(4), Conv(4, k=3), Conv(4, g=2)}) == 2


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("n", 0, "n must be at least 1, not 0"),
        ("n", -4, "n must be at least 1, not -4"),
        ("n", 2.5, "n must be a whole number, not 2.5"),
        ("n", 4.0, "n must be a whole number, not 4.0"),
        ("n", float("nan"), "n must be a whole number, not nan"),
        ("n", float("inf"), "n must be a whole number, not inf"),
        ("n", True, "n must be a whole number, not true"),
        ("n", None, "n must be a whole number, not null"),
        ("n", "4", "n must be a whole number, not '4'"),
        ("n", LARGEST + 1, "n must be at most 1,000,000,000,000"),
        ("k", 0, "k must be at least 1, not 0"),
        ("k", (3, -1), "k must be at least 1, not -1"),
        ("k", (), "k must be a number, or one for each of 1 to 3 axes, not 0 of them"),
        ("k", (1, 2, 3, 4), "k must be a number, or one for each of 1 to 3 axes, not 4 of them"),
        ("k", [3, 3], "k must be a whole number, not [3, 3]"),
        ("stride", 0, "stride must be at least 1, not 0"),
        ("dilation", 0, "dilation must be at least 1, not 0"),
        ("padding", -1, "padding must be at least 0, not -1"),
        ("padding", "full", "padding must be same, valid, causal or numbers, not 'full'"),
        ("padding", None, "padding must be a whole number, not null"),
        ("bias", 1, "bias must be true or false, not 1"),
        ("norm", "spectral", "norm must be batch, layer, group, instance or none, not 'spectral'"),
        ("g", 0, "g must be at least 1, not 0"),
        ("scale", "no", "scale must be true or false, not 'no'"),
        ("at_least", 0, "at_least must be at least 1, not 0"),
    ],
)
def test_a_wrong_field_is_named_with_its_value(key: str, value: object, message: str) -> None:
    with pytest.raises(DscalcError) as error:
        Conv(**{"n": 4, key: value})  # type: ignore[arg-type]
    assert messages(error) == [message]
    assert error.value.problems[0].key == key


def test_every_wrong_field_is_told_at_once() -> None:
    with pytest.raises(DscalcError) as error:
        Conv(0, k=-1, bias=2)  # type: ignore[arg-type]
    assert {problem.key for problem in error.value.problems} == {"n", "k", "bias"}


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(DscalcError) as error:
        Conv("x" * 10_000)  # type: ignore[arg-type]
    assert len(messages(error)[0]) < 100


@pytest.mark.parametrize(
    ("layer", "x", "message"),
    [
        (Conv(4, g=2), Shape((8, 8), 3), "g=2 does not divide the 3 input channels"),
        (Conv(5, g=2), Shape((8, 8), 4), "g=2 does not divide n=5"),
        (Pointwise(5, g=2), Shape((8, 8), 4), "g=2 does not divide n=5"),
        (ConvTranspose(5, g=2), Shape((8, 8), 4), "g=2 does not divide n=5"),
        (
            Conv(4, k=9, padding="valid"),
            Shape((8, 8), 3),
            "a kernel of 9 is larger than its padded input of 8",
        ),
        (
            Conv(4, k=3, dilation=4, padding=(0, 1)),
            Shape((8, 8), 3),
            "a kernel of 9 is larger than its padded input of 8",
        ),
        (Conv(4, k=(3, 3)), Shape((8,), 3), "k has 2 numbers, the number of axes is 1"),
        (
            Conv(4, stride=(1, 1, 1)),
            Shape((8, 8), 3),
            "stride has 3 numbers, the number of axes is 2",
        ),
        (
            Separable(4, padding=(1,)),
            Shape((8, 8), 3),
            "padding has 1 numbers, the number of axes is 2",
        ),
        (Conv(4), Shape((), 3), "a convolution needs a feature map with sides, and gets 3 values"),
        (
            ConvTranspose(4, k=1, padding=5),
            Shape((8, 8), 3),
            "padding leaves no output of the input 8×8×3",
        ),
        (
            Depthwise(LARGEST),
            Shape((8, 8), 3),
            "its output 8×8×3000000000000 has a size over 1,000,000,000,000",
        ),
    ],
)
def test_what_does_not_fit_its_input_is_refused(layer: Layer, x: Shape, message: str) -> None:
    with pytest.raises(DscalcError) as error:
        cost_of(layer, x)
    assert messages(error) == [message]


@pytest.mark.parametrize("padding", ["same", "valid", 0, (1, 2)])
def test_a_separable_layer_has_the_padding_of_its_depthwise_part(padding: Padding) -> None:
    layer = Separable(7, padding=padding)
    depthwise, pointwise = layer.body(Shape((9, 9), 2))
    assert isinstance(layer, Block)
    assert depthwise.layer == Depthwise(padding=padding)
    assert pointwise.layer == Pointwise(7)


@pytest.mark.parametrize(
    ("values", "named", "said"),
    [
        ((4,), {"n": 5}, "a field is given twice"),
        ((), {}, "n"),
        ((4,), {"m": 5}, "m"),
        ((4,) * 20, {}, "Conv("),
    ],
)
def test_fields_that_misfit_are_refused(
    values: tuple[int, ...], named: dict[str, int], said: str
) -> None:
    with pytest.raises(TypeError) as error:
        Conv(*values, **named)  # type: ignore[arg-type]
    assert said in str(error.value)
