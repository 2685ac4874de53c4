"""Graphs written here, lowered to networks: what needs a layer, what needs none, what is shared.

The oracle is graph_counter, which counts on the graph itself and knows no layers.
"""

from __future__ import annotations

import itertools

import pytest

from dscalc.errors import DscalcError
from dscalc.law.layer import Shape
from dscalc.law.network import Report, measure
from dscalc.law.rewrite import scale
from dscalc.models.graph import Graph, Operator, Tensor, checked
from dscalc.models.kinds import (
    Activation,
    Arithmetic,
    Attention,
    Concat,
    Conv,
    ConvTranspose,
    Embedding,
    Expand,
    Kind,
    Linear,
    Matmul,
    Norm,
    Opaque,
    Pad,
    Pool,
    Rearrange,
    Recurrent,
    Reduce,
    Reshape,
    Resize,
    Slice,
    Split,
    Transpose,
)
from dscalc.models.lowering.finish import with_guessed_width
from dscalc.models.lowering.layout import Factor, plain, reshaped
from dscalc.models.lowering.lower import lower
from tests.graph_counter import mult_adds, parameters

Sizes = tuple[int, ...]


class Drawn:
    """A graph, drawn operator by operator."""

    def __init__(self, *inputs: Sizes, batch: int = 1) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.operators: list[Operator] = []
        self.batch = batch
        self.number = itertools.count()
        self.inputs = tuple(self._tensor(shape) for shape in inputs)

    def _tensor(self, shape: Sizes, storage: str = "", learned: bool | None = None) -> str:
        name = f"t{next(self.number)}"
        self.tensors[name] = Tensor(name, shape, storage, learned)
        return name

    def stored(self, *shape: int, storage: str = "", learned: bool | None = None) -> str:
        return self._tensor(shape, storage or f"s{next(self.number)}", learned)

    def do(self, kind: Kind, shape: Sizes, *inputs: str, name: str = "") -> str:
        output = self._tensor(shape)
        self.operators.append(Operator(kind, name, inputs, (output,), type(kind).__name__))
        return output

    def parts(self, kind: Kind, shapes: list[Sizes], x: str) -> tuple[str, ...]:
        outputs = tuple(self._tensor(shape) for shape in shapes)
        self.operators.append(Operator(kind, "", (x,), outputs, type(kind).__name__))
        return outputs

    def conv(self, x: str, n: int, k: int = 1, weights: str = "", channels: int = 1) -> str:
        sizes = [side or 0 for side in self.tensors[x].shape or ()]
        m, sizes[channels] = sizes[channels], n
        p = k // 2
        kind = Conv((k, k), (1, 1), ((p, p), (p, p)), (1, 1), 1, channels)
        return self.do(kind, tuple(sizes), x, weights or self.stored(n, m, k, k))

    def graph(self, *outputs: str) -> Graph:
        tensors, operators = self.tensors, tuple(self.operators)
        return checked(Graph("test", "", tensors, operators, self.inputs, outputs, self.batch))


def lowered(graph: Graph) -> Report:
    """The network, which costs what the graph does."""
    report = measure(lower(graph).network)
    assert report.total.mult_adds == mult_adds(graph)
    assert report.total.params() == parameters(graph)
    return report


def kinds(report: Report) -> list[str]:
    return [row.layer.kind for row in report.rows]


def test_both_orders_of_axes_are_one_network() -> None:
    first, last = Drawn((1, 3, 8, 6)), Drawn((1, 8, 6, 3))
    ends = []
    for drawn, channels, order in ((first, 1, (0, 2, 3, 1)), (last, 3, (0, 1, 2, 3))):
        x = drawn.conv(drawn.inputs[0], 4, 3, channels=channels)
        x = drawn.do(Activation("relu"), tuple(drawn.tensors[x].shape or ()), x)  # type: ignore[arg-type]
        x = drawn.do(Transpose(order), (1, 8, 6, 4), x)
        x = drawn.do(Reshape(), (1, 48, 4), x)
        ends.append(drawn.do(Linear(2), (1, 48, 5), x, drawn.stored(4, 5)))
    reports = [lowered(d.graph(end)) for d, end in zip((first, last), ends, strict=True)]
    assert kinds(reports[0]) == kinds(reports[1]) == ["conv", "linear"]
    assert [row.output for row in reports[0].rows] == [row.output for row in reports[1].rows]
    assert reports[0].network.input == reports[1].network.input == Shape((8, 6), 3)


def test_a_transpose_before_the_first_layer_says_where_the_channels_are() -> None:
    drawn = Drawn((1, 8, 6, 3))
    x = drawn.do(Transpose((0, 3, 1, 2)), (1, 3, 8, 6), drawn.inputs[0])
    assert kinds(lowered(drawn.graph(drawn.conv(x, 4, 3)))) == ["conv"]


def test_a_channel_shuffle_is_no_layer() -> None:
    drawn = Drawn((1, 6, 4, 4))
    x = drawn.conv(drawn.inputs[0], 6)
    x = drawn.do(Reshape(), (1, 2, 3, 4, 4), x)
    x = drawn.do(Transpose((0, 2, 1, 3, 4)), (1, 3, 2, 4, 4), x)
    x = drawn.do(Reshape(), (1, 6, 4, 4), x)
    a, b = drawn.parts(Split(1, (2, 4)), [(1, 2, 4, 4), (1, 4, 4, 4)], x)
    x = drawn.do(Concat(1), (1, 6, 4, 4), drawn.conv(a, 2), b)
    report = lowered(drawn.graph(drawn.conv(x, 5)))
    assert kinds(report) == ["pointwise", "slice", "pointwise", "slice", "concat", "pointwise"]


def test_all_of_a_map_in_a_row_is_flattened_and_one_position_is_not() -> None:
    drawn = Drawn((1, 3, 4, 4))
    x = drawn.conv(drawn.inputs[0], 8)
    flat = drawn.do(Reshape(), (1, 128), x)
    pooled = drawn.do(Reduce("mean", (2, 3), True), (1, 8, 1, 1), x)
    single = drawn.do(Reshape(), (1, 8), pooled)
    ends = [
        drawn.do(Linear(1), (1, 5), flat, drawn.stored(128, 5)),
        drawn.do(Linear(1), (1, 5), single, drawn.stored(8, 5)),
    ]
    report = lowered(drawn.graph(*ends))
    assert kinds(report) == ["pointwise", "flatten", "linear", "global_pool", "linear"]


def test_what_stands_behind_a_convolution_becomes_its_own() -> None:
    drawn = Drawn((1, 3, 8, 8))
    x = drawn.conv(drawn.inputs[0], 4, 3)
    x = drawn.do(Norm("batch", 1), (1, 4, 8, 8), x, *(drawn.stored(4) for _ in range(4)))
    x = drawn.do(Activation("relu"), (1, 4, 8, 8), x)
    x = drawn.conv(x, 6)
    x = drawn.do(Arithmetic("add"), (1, 6, 8, 8), x, drawn.stored(1, 6, 1, 1))
    report = lowered(drawn.graph(x))
    first, second = (vars(row.layer) for row in report.rows)
    assert (first["norm"], first["bias"]) == ("batch", False)
    assert (second["norm"], second["bias"]) == ("none", True)


def test_a_layer_norm_in_its_parts_is_a_norm() -> None:
    drawn = Drawn((1, 7, 8))
    wide = (1, 7, 8)
    x = drawn.do(Linear(2), wide, drawn.inputs[0], drawn.stored(8, 8))
    mean = drawn.do(Reduce("mean", (2,), True), (1, 7, 1), x)
    centred = drawn.do(Arithmetic("subtract"), wide, x, mean)
    square = drawn.do(Arithmetic("multiply"), wide, centred, centred)
    spread = drawn.do(Reduce("mean", (2,), True), (1, 7, 1), square)
    y = drawn.do(Arithmetic("divide"), wide, centred, spread)
    y = drawn.do(Arithmetic("multiply"), wide, y, drawn.stored(8))
    y = drawn.do(Arithmetic("add"), wide, y, drawn.stored(8))
    report = lowered(drawn.graph(y))
    assert kinds(report) == ["linear", "norm"]
    assert report.total.norms == 16


def test_weights_of_two_operators_are_counted_once() -> None:
    drawn = Drawn((1, 3, 8, 8))
    weights = drawn.stored(3, 3, 3, 3, storage="kernel")
    x = drawn.conv(drawn.inputs[0], 3, 3, weights)
    report = lowered(drawn.graph(drawn.conv(x, 3, 3, weights)))
    assert [row.shared for row in report.rows] == ["", report.rows[0].name]
    assert report.total.params() == 81
    table = drawn.stored(1, 1, storage="kernel")
    assert drawn.tensors[table].storage == "kernel"


def test_weights_that_are_never_trained_are_no_parameters() -> None:
    drawn = Drawn((1, 3, 8, 8))
    blur = drawn.stored(3, 3, 3, 3, learned=False)
    report = lowered(drawn.graph(drawn.conv(drawn.inputs[0], 3, 3, blur)))
    assert (kinds(report), report.total.params()) == (["opaque"], 0)


@pytest.mark.parametrize(
    ("shape", "learned", "count"),
    [
        ((1, 4, 1, 1), None, 4),  # along the channels
        ((1, 4, 8, 8), None, 256),  # a table of positions
        ((1, 1, 8, 8), None, 0),  # anchors, a mask
        ((), None, 0),  # a single number
        ((1, 1, 8, 8), True, 64),  # the file knows better
        ((1, 4, 1, 1), False, 0),
    ],
)
def test_which_stored_numbers_are_parameters(
    shape: Sizes, learned: bool | None, count: int
) -> None:
    drawn = Drawn((1, 4, 8, 8))
    x = drawn.conv(drawn.inputs[0], 4)
    x = drawn.do(Activation("relu"), (1, 4, 8, 8), x)
    x = drawn.do(Arithmetic("add"), (1, 4, 8, 8), x, drawn.stored(*shape, learned=learned))
    report = measure(lower(drawn.graph(x)).network)
    assert report.total.params() == 16 + count


def test_a_token_in_front_of_the_others_and_a_table_of_positions() -> None:
    drawn = Drawn((1, 3, 4, 4))
    x = drawn.conv(drawn.inputs[0], 8)
    x = drawn.do(Reshape(), (1, 8, 16), x)
    x = drawn.do(Transpose((0, 2, 1)), (1, 16, 8), x)
    token = drawn.do(Expand(), (1, 1, 8), drawn.stored(1, 1, 8))
    x = drawn.do(Concat(1), (1, 17, 8), token, x)
    x = drawn.do(Arithmetic("add"), (1, 17, 8), x, drawn.stored(1, 17, 8))
    report = lowered(drawn.graph(x))
    assert kinds(report) == ["pointwise", "tokens", "class_token", "parameters"]
    assert report.total.other == 8 + 17 * 8


def test_what_costs_nothing_behind_the_last_layer_makes_none() -> None:
    drawn = Drawn((1, 3, 8, 8))
    a, b = drawn.conv(drawn.inputs[0], 4), drawn.conv(drawn.inputs[0], 4)
    ends = [drawn.do(Reshape(), (1, 4, 64), x) for x in (a, b)]
    joined = drawn.do(Concat(2), (1, 4, 128), *ends)
    assert kinds(lowered(drawn.graph(joined))) == ["pointwise", "pointwise"]


def test_products_without_a_law_are_opaque_with_their_cost() -> None:
    drawn = Drawn((1, 7, 8))
    wide, heads = (1, 7, 8), (1, 2, 7, 4)
    x = drawn.do(Linear(2), wide, drawn.inputs[0], drawn.stored(8, 8))
    q = drawn.do(Transpose((0, 2, 1, 3)), heads, drawn.do(Reshape(), (1, 7, 2, 4), x))
    scores = drawn.do(Matmul(4), (1, 2, 7, 7), q, q)
    seen = drawn.do(Matmul(7), heads, scores, q)
    fused = drawn.do(Attention(2, 2, 7, 7, 4, 4), heads, seen, seen, seen)
    odd = drawn.do(Opaque("a deed", 55), (1, 7, 8), fused)
    end = drawn.do(Linear(2), wide, odd, drawn.stored(8, 8))
    graph = drawn.graph(end)
    report = lowered(graph)
    assert [row.cost.mult_adds for row in report.rows if row.kind == "opaque"][:3] == [
        *(2 * 7 * 7 * 4, 2 * 7 * 7 * 4),
        2 * 7 * 7 * 8,
    ]
    notes = lower(graph).network.notes
    assert any("opaque, which no law covers" in note for note in notes)


def test_what_only_a_run_knows_is_an_error_with_the_operator_s_name() -> None:
    drawn = Drawn((1, 7, 8))
    drawn.tensors["open"] = Tensor("open", (None, 8))
    drawn.operators.append(Operator(Opaque("boxes"), "", (drawn.inputs[0],), ("open",), "NMS"))
    end = drawn.do(Linear(1), (1, 3), "open", drawn.stored(8, 3), name="fc")
    with pytest.raises(DscalcError, match="Linear 'fc': the shape of 'open' depends on"):
        lower(drawn.graph(end))


def test_recurrent_layers_and_tables_of_words() -> None:
    drawn = Drawn((1, 7))
    x = drawn.do(Embedding(50, 6), (1, 7, 6), drawn.stored(50, 6), drawn.inputs[0])
    kind = Recurrent("lstm", 6, 5, 2, 7)
    weights = (drawn.stored(2, 20, 6), drawn.stored(2, 20, 5), drawn.stored(2, 40))
    x = drawn.do(kind, (1, 7, 10), x, *weights)
    x = drawn.do(Linear(2), (1, 7, 3), x, drawn.stored(10, 3), drawn.stored(3))
    report = lowered(drawn.graph(x))
    assert kinds(report) == ["embedding", "lstm", "linear"]


def test_examples_are_counted_once_and_frames_in_their_place_are_sides() -> None:
    many = Drawn((20, 3, 8, 8), batch=20)
    report = lowered(many.graph(many.conv(many.inputs[0], 4, 3)))
    assert (report.network.input, report.total.mult_adds) == (Shape((8, 8), 3), 108 * 64)
    frames = Drawn((1, 5, 3, 8, 8))
    x = frames.do(Reshape(), (5, 3, 8, 8), frames.inputs[0])
    report = lowered(frames.graph(frames.conv(x, 4, 3)))
    assert report.total.mult_adds == 5 * 108 * 64


def test_rows_that_a_format_writes_as_images_are_rows() -> None:
    drawn = Drawn((1, 9, 6))
    x = drawn.do(Reshape(), (1, 9, 1, 6), drawn.inputs[0])
    kind = Conv((3, 1), (2, 1), ((1, 1), (0, 0)), (1, 1), 1, 3)
    x = drawn.do(kind, (1, 5, 1, 4), x, drawn.stored(4, 6, 3, 1))
    report = lowered(drawn.graph(drawn.do(Reshape(), (1, 5, 4), x)))
    assert (kinds(report), report.output) == (["conv"], Shape((5,), 4))


SHAPES: dict[str, tuple[Kind, Sizes, str]] = {
    "pool": (Pool("max", (2, 2), (2, 2), ((0, 0), (0, 0)), 1), (1, 4, 4, 4), "pool"),
    "ceil": (Pool("max", (3, 3), (2, 2), ((0, 0), (0, 0)), 1, (), True), (1, 4, 4, 4), "pool"),
    "upsample": (Resize("nearest"), (1, 4, 16, 16), "upsample"),
    "odd upsample": (Resize("linear"), (1, 4, 11, 13), "upsample"),
    "pad": (Pad(((0, 0), (0, 0), (1, 2), (0, 1))), (1, 4, 11, 9), "pad"),
    "wide pad": (Pad(((0, 0), (0, 3), (0, 0), (0, 0))), (1, 7, 8, 8), "pad"),
    "slice": (Slice((0, 1, 0, 0), (1, 1, 1, 1)), (1, 2, 8, 8), "slice"),
    "every second": (Slice((0, 0, 1, 1), (1, 1, 2, 2)), (1, 4, 4, 4), "pool"),
    "crop": (Slice((0, 0, 1, 1), (1, 1, 1, 1)), (1, 4, 6, 6), "opaque"),
    "gather": (Rearrange("gather"), (1, 4, 3, 8), "opaque"),
    "transposed": (
        ConvTranspose((2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1), 1, 1, (0, 0)),
        (1, 5, 16, 16),
        "conv_transpose",
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_operators_between_two_convolutions(name: str) -> None:
    kind, shape, expected = SHAPES[name]
    drawn = Drawn((1, 3, 8, 8))
    x = drawn.conv(drawn.inputs[0], 4)
    weights = [drawn.stored(4, 5, 2, 2)] if expected == "conv_transpose" else []
    x = drawn.conv(drawn.do(kind, shape, x, *weights), 6, 3)
    report = lowered(drawn.graph(x))
    assert kinds(report) == ["pointwise", expected, "conv"]
    assert report.rows[1].output == Shape(shape[2:], shape[1])


def test_heads_keep_their_channels_and_the_width_rule_is_a_guess() -> None:
    drawn = Drawn((1, 3, 8, 8))
    x = drawn.conv(drawn.inputs[0], 16, 3)
    network = with_guessed_width(lower(drawn.graph(drawn.conv(x, 21))).network)
    assert network.width.multiple_of == 8
    assert [row.output.channels for row in measure(scale(network, alpha=0.5)).rows] == [8, 21]
    assert any("a guess" in note for note in network.notes)


def test_names_are_the_file_s_own_each_once() -> None:
    drawn = Drawn((1, 3, 8, 8))
    x = drawn.inputs[0]
    for name in ("/net/stem/Conv", "/net/stem/stem.0/Conv", "", "/net/stem/Conv", "17"):
        weights = drawn.stored(3, 3, 1, 1)
        kind = Conv((1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), 1, 1)
        x = drawn.do(kind, (1, 3, 8, 8), x, weights, name=name)
    names = [row.name for row in lowered(drawn.graph(x)).rows]
    assert len(set(names)) == len(names) == 5
    assert not any("." in name for name in names)


@pytest.mark.parametrize(("groups", "params"), [(2, 24 + 16), (8, 24 + 16 + 16)])
def test_a_group_norm_that_is_written_as_an_instance_norm(groups: int, params: int) -> None:
    """What stands along groups is of the exporter; what stands along channels is learned."""
    drawn = Drawn((1, 3, 8, 6))
    shape = (1, 8, 8, 6)
    x = drawn.do(Reshape(), (1, groups, 384 // groups), drawn.conv(drawn.inputs[0], 8, 1))
    x = drawn.do(Norm("instance", 1), (1, groups, 384 // groups), x, *_vectors(drawn, groups))
    x = drawn.do(Reshape(), shape, x)
    for type_, one in zip(
        ("multiply", "add"), (drawn.stored(8, 1, 1), drawn.stored(8, 1, 1)), strict=True
    ):
        x = drawn.do(Arithmetic(type_), shape, x, one)
    assert measure(lower(drawn.graph(x)).network).total.params() == params


def _vectors(drawn: Drawn, numbers: int) -> tuple[str, str]:
    return drawn.stored(numbers), drawn.stored(numbers)


def test_of_a_long_name_the_outer_scopes_go_first() -> None:
    drawn = Drawn((1, 3, 8, 8))
    x = drawn.inputs[0]
    kind = Conv((1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), 1, 1)
    for name in (f"{'outer' * 9}/middle/block/conv_a", f"{'outer' * 9}/{'x' * 70}"):
        x = drawn.do(kind, (1, 3, 8, 8), x, drawn.stored(3, 3, 1, 1), name=f"net/{name}")
    x = drawn.do(kind, (1, 3, 8, 8), x, drawn.stored(3, 3, 1, 1), name="other/end")
    names = [row.name for row in lowered(drawn.graph(x)).rows]
    assert names == ["middle/block/conv_a", "x" * 60, "other/end"]


def test_layouts_split_merge_and_order_the_dimensions_of_a_map() -> None:
    shape, axes = plain((1, 6, 4, 5), 1)
    assert (shape, axes) == (
        Shape((4, 5), 6),
        ((), (Factor(2, 6, 1),), (Factor(0, 4, 1),), (Factor(1, 5, 1),)),
    )
    split = reshaped(axes, (1, 2, 3, 20))
    assert split == ((), (Factor(2, 2, 3),), (Factor(2, 3, 1),), (Factor(0, 4, 1), Factor(1, 5, 1)))
    assert split is not None
    assert reshaped(split, (1, 6, 4, 5)) == axes
    assert reshaped(axes, (1, 4, 30)) is None
