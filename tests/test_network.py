"""The walk: shapes carried along, rows and totals, and what is refused with the layer's name."""

from __future__ import annotations

import copy

import pytest

import dscalc
from dscalc import (
    INPUT,
    Add,
    Concat,
    Conv,
    Cost,
    Depthwise,
    DscalcError,
    GlobalPool,
    Linear,
    Network,
    Node,
    Pointwise,
    Separable,
    Shape,
    Slice,
    SqueezeExcite,
    Width,
    measure,
)
from dscalc.errors import Place
from dscalc.law.layer import Layer
from dscalc.law.network import Report
from dscalc.law.rows import Row

RGB = Shape((8, 8), 3)


def network(*nodes: tuple[str, Layer, tuple[str, ...]], x: Shape = RGB) -> Network:
    return Network("test", x, tuple(Node(*node) for node in nodes))


def chain(*layers: Layer, x: Shape = RGB) -> Network:
    names = [f"l{i}" for i in range(1, len(layers) + 1)]
    inputs = [INPUT, *names]
    nodes = [(n, layer, (i,)) for n, layer, i in zip(names, layers, inputs, strict=False)]
    return network(*nodes, x=x)


def problem_of(network: Network) -> str:
    with pytest.raises(DscalcError) as error:
        measure(network)
    (problem,) = error.value.problems
    return str(problem)


def test_shapes_run_along_a_chain() -> None:
    report = measure(chain(Conv(4, stride=2), Separable(6), GlobalPool(), Linear(5, bias=True)))
    assert [str(row.output) for row in report.rows] == ["4×4×4", "4×4×6", "1×1×6", "1×1×5"]
    assert [row.input for row in report.rows] == [RGB, *(row.output for row in report.rows[:-1])]
    assert report.output == Shape((1, 1), 5)
    assert [row.inputs for row in report.rows] == [(INPUT,), ("l1",), ("l2",), ("l3",)]


def test_totals_are_the_sum_of_the_rows() -> None:
    report = measure(chain(Conv(4, bias=True), Separable(6, norm="batch"), Linear(5)))
    assert report.total == Cost(
        weights=3 * 4 * 9 + 4 * 9 + 4 * 6 + 6 * 5,
        biases=4,
        norms=2 * 4 + 2 * 6,
        norm_statistics=2 * 4 + 2 * 6,
        mult_adds=64 * (3 * 4 * 9 + 4 * 9 + 4 * 6 + 6 * 5),
    )


def test_a_network_without_layers_costs_nothing() -> None:
    report = measure(network())
    assert (report.total, report.output, report.by_kind()) == (Cost(), RGB, {})


def test_branches_meet_again() -> None:
    report = measure(
        network(
            ("a", Pointwise(4), (INPUT,)),
            ("b", Conv(4), (INPUT,)),
            ("sum", Add(), ("a", "b")),
            ("both", Concat(), ("a", "sum", INPUT)),
            ("half", Slice(1), ("both",)),
        )
    )
    assert [row.output.channels for row in report.rows] == [4, 4, 4, 11, 1]
    assert report.rows[3].input == Shape((8, 8), 4)


def test_a_block_has_the_rows_of_its_parts() -> None:
    report = measure(network(("sep", Separable(6), (INPUT,))))
    (row,) = report.rows
    assert [(part.name, part.kind) for part in row.parts] == [
        ("depthwise", "depthwise"),
        ("pointwise", "pointwise"),
    ]
    assert row.cost == Cost(weights=27 + 18, mult_adds=64 * (27 + 18))
    assert [part.name for part in report.expanded()] == ["sep.depthwise", "sep.pointwise"]
    assert sum(part.cost.mult_adds for part in report.expanded()) == row.cost.mult_adds


def test_blocks_inside_blocks_are_expanded_to_the_last() -> None:
    report = measure(network(("b", dscalc.InvertedResidual(3, se=4), (INPUT,))))
    assert [row.name for row in report.expanded()] == [
        "b.expand",
        "b.depthwise",
        "b.se.squeeze",
        "b.se.reduce",
        "b.se.expand",
        "b.se.gate",
        "b.project",
        "b.add",
    ]


def test_by_kind_sorts_by_mult_adds_and_leaves_out_what_costs_nothing() -> None:
    report = measure(chain(Conv(4), Separable(100), Conv(8, g=2), GlobalPool(), Linear(5)))
    assert list(report.by_kind()) == ["group", "pointwise", "conv", "depthwise", "linear"]
    kinds = report.by_kind().values()
    assert sum(cost.mult_adds for cost in kinds) == report.total.mult_adds
    assert sum(cost.params() for cost in kinds) == report.total.params()


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (Conv(4), "conv"),
        (Conv(4, k=1), "pointwise"),
        (Conv(4, k=(1, 1)), "pointwise"),
        (Conv(4, k=(1, 3)), "conv"),
        (Conv(6, g=2), "group"),
        (Conv(8, g=4), "depthwise"),
        (Depthwise(3), "depthwise"),
        (Pointwise(4, g=2), "group"),
        (Linear(3), "linear"),
    ],
)
def test_a_kind_is_what_the_law_makes_of_it(layer: Layer, kind: str) -> None:
    (row,) = measure(chain(layer, x=Shape((5, 5), 4))).rows
    assert row.kind == kind


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        (
            [("a", Linear(2), (INPUT,)), ("a", Linear(2), ("a",))],
            "a: this name is taken by an earlier layer",
        ),
        ([(INPUT, Linear(2), (INPUT,))], "input: this name is taken by an earlier layer"),
        ([("a", Linear(2), ("b",))], "a: takes the output of 'b', which is not before it"),
        ([("a", Linear(2), ("a",))], "a: takes the output of 'a', which is not before it"),
        ([("a", Linear(2), (INPUT, INPUT))], "a: takes one input, not 2"),
        ([("a", Linear(2), ())], "a: takes one input, not 0"),
        ([("a", Separable(2), (INPUT, INPUT))], "a: takes one input, not 2"),
        ([("a", Separable(2), ())], "a: takes one input, not 0"),
        ([("a", Add(), ())], "a: takes one input or more, not 0"),
        (
            [("a", Linear(2), (INPUT,)), ("s", Add(), ("a", INPUT))],
            "s: cannot add shapes that differ: 8×8×2 and 8×8×3",
        ),
        (
            [("a", Conv(3, stride=2), (INPUT,)), ("s", Concat(), ("a", INPUT))],
            "s: cannot concatenate sides that differ: 4×4×3 and 8×8×3",
        ),
        ([("p", Slice(4), (INPUT,))], "p: takes 4 channels up to the 4th, of 3"),
        ([("c", Conv(4, g=2), (INPUT,))], "c: g=2 does not divide the 3 input channels"),
        (
            [("s", Separable(4, k=9, padding="valid"), (INPUT,))],
            "s.depthwise: a kernel of 9 is larger than its padded input of 8",
        ),
        (
            [("b", dscalc.InvertedResidual(3, k=9, padding=0), (INPUT,))],
            "b.depthwise: a kernel of 9 is larger than its padded input of 8",
        ),
    ],
)
def test_a_refusal_names_the_layer(
    nodes: list[tuple[str, Layer, tuple[str, ...]]], message: str
) -> None:
    assert problem_of(network(*nodes)) == message


def test_a_refusal_after_scaling_says_at_which_alpha() -> None:
    net = network(("c", Conv(6), (INPUT,)), ("g", Conv(6, g=6), ("c",)))
    scaled = dscalc.scale(net, alpha=0.5)
    assert problem_of(scaled) == (
        "g: g=6 does not divide the 3 input channels; write depthwise, or g: in, where groups "
        "follow the channels (channels at α = 0.5)"
    )


def test_a_refusal_stands_at_the_place_of_the_key_at_fault() -> None:
    places = {"": Place("f", 1, 1, "conv: {g: 2}"), "g": Place("f", 1, 11, "conv: {g: 2}")}
    node = Node("c", Conv(4, g=2), (INPUT,), places)
    assert problem_of(Network("n", RGB, (node,))).startswith("f:1:11: c: g=2 does not divide")
    node = Node("c", Conv(4, k=9, padding=0), (INPUT,), places)
    assert problem_of(Network("n", RGB, (node,))).startswith("f:1:1: c: a kernel of 9")
    assert measure(Network("n", RGB, (node._replace(layer=Conv(4)),))).rows[0].line == 1


# ---------------------------------------------------------------- values


def test_measuring_changes_nothing_and_repeats() -> None:
    net = chain(Conv(4), SqueezeExcite(), Separable(6))
    before = copy.deepcopy(net)
    assert measure(net) == measure(net)
    assert net == before
    assert isinstance(measure(net).rows[0], Row)
    assert isinstance(measure(net), Report)


@pytest.mark.parametrize(
    ("width", "n", "alpha", "channels"),
    [
        (Width(), 32, 0.75, 24),
        (Width(), 33, 0.5, 16),
        (Width("floor"), 33, 0.5, 16),
        (Width("nearest"), 33, 0.75, 25),
        (Width("nearest"), 33, 0.5, 16),  # 16.5: a half to the even one
        (Width("floor", min=8), 32, 0.1, 8),
        (Width("floor", min=8), 1024, 0.35, 358),
        (Width(multiple_of=8), 32, 0.75, 24),
        (Width(multiple_of=8), 32, 0.35, 16),  # 11.2 → 8 would lose more than a tenth
        (Width(multiple_of=8), 32, 0.28, 16),
        (Width("floor", multiple_of=8), 32, 0.28, 8),  # Keras cuts to 8 first
        (Width(multiple_of=8, min=16), 16, 0.1, 16),
        (Width(), 10**12, 1.5, 1_500_000_000_000),
    ],
)
def test_width_rules(width: Width, n: int, alpha: float, channels: int) -> None:
    assert width.scaled(n, alpha) == channels


@pytest.mark.parametrize("width", [Width(), Width("floor"), Width("nearest")])
def test_a_width_rule_refuses_to_leave_no_channel(width: Width) -> None:
    with pytest.raises(DscalcError, match=r"α = 0.01 leaves no channel of 32"):
        width.scaled(32, 0.01)
