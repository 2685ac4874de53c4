"""TFLite files made here, read into graphs: shapes, layers, costs, and what is refused.

The figures are by hand, in the form in which they follow (weights × positions); LiteRT's own
shapes are the oracle where it is installed.
"""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dscalc.errors import DscalcError
from dscalc.models.flatbuffer import root
from dscalc.models.graph import Graph, Operator
from dscalc.models.inputs import Given
from dscalc.models.kinds import Concat, Conv, ConvTranspose, Embedding, Linear, Matmul, Recurrent
from dscalc.models.tflite.reading import read_tflite
from tests.flatbuffers_writer import Number, Numbers, Value, flatbuffer
from tests.graph_counter import mult_adds, parameters
from tests.tflite_files import FLOAT, HALF, INT8, INT32, G, O, T, conv, depthwise, ints, tflite

SAME, VALID = 0, 1


def read(file: bytes, given: Given | None = None) -> Graph:
    return read_tflite(memoryview(file), given)


def one(tensors: list[T], operator: O) -> bytes:
    """A file of one operator: the first tensor goes in, the last comes out."""
    return tflite(G(tensors, [operator], (tensors[0].name,), (tensors[-1].name,)))


def only(graph: Graph, kind: type) -> Operator:
    (found,) = [o for o in graph.operators if isinstance(o.kind, kind)]
    return found


CASES: dict[str, tuple[bytes, int, int]] = {
    # name: (file, parameters, mult-adds)
    "conv_same": (
        one(
            [T("x", (1, 7, 9, 3)), T("w", (4, 3, 3, 3), 1), T("b", (4,), 1), T("y", (1, 4, 5, 4))],
            O(3, ("x", "w", "b"), ("y",), conv(SAME, 2, 1)),
        ),
        4 * 27 + 4,
        4 * 27 * 20,
    ),
    "conv_valid_dilated": (
        one(
            [T("x", (1, 9, 9, 2)), T("w", (5, 3, 3, 2), 1), T("b", (5,), 1), T("y", (1, 5, 5, 5))],
            O(3, ("x", "w", "b"), ("y",), conv(VALID, 1, 0, 2)),
        ),
        5 * 18 + 5,
        5 * 18 * 25,
    ),
    "conv_grouped": (
        one(
            [T("x", (1, 4, 4, 8)), T("w", (6, 1, 1, 4), 1), T("b", (6,), 1), T("y", (1, 4, 4, 6))],
            O(3, ("x", "w", "b"), ("y",), conv(SAME)),
        ),
        24 + 6,
        24 * 16,
    ),
    "conv_batch": (
        one(
            [T("x", (5, 4, 4, 2)), T("w", (3, 1, 1, 2), 1), T("b", (3,), 1), T("y", (5, 4, 4, 3))],
            O(3, ("x", "w", "b"), ("y",), conv(SAME)),
        ),
        6 + 3,
        6 * 16,
    ),
    "depthwise_multiplier": (
        one(
            [T("x", (1, 6, 6, 4)), T("w", (1, 3, 3, 8), 1), T("b", (8,), 1), T("y", (1, 3, 3, 8))],
            O(4, ("x", "w", "b"), ("y",), depthwise(SAME, 2, 2)),
        ),
        72 + 8,
        72 * 9,
    ),
    "fully_connected_flattens": (
        one(
            [T("x", (1, 2, 2, 3)), T("w", (5, 12), 1), T("b", (5,), 1), T("y", (1, 5))],
            O(9, ("x", "w", "b"), ("y",), {0: Number("b", 1)}),
        ),
        60 + 5,
        60,
    ),
    "fully_connected_keeps_positions": (
        one(
            [T("x", (1, 7, 12)), T("w", (5, 12), 1), T("y", (1, 7, 5))],
            O(9, ("x", "w", ""), ("y",), {2: Number("b", 1)}),
        ),
        60,
        60 * 7,
    ),
    "transpose_conv": (
        one(
            [
                T("x", (1, 4, 4, 3)),
                T("s", (4,), (1, 8, 8, 2), INT32),
                T("w", (2, 3, 3, 3), 1),
                T("b", (2,), 1),
                T("y", (1, 8, 8, 2)),
            ],
            O(67, ("s", "w", "x", "b"), ("y",), {1: Number("i", 2), 2: Number("i", 2)}),
        ),
        54 + 2,
        54 * 16,
    ),
    "mediapipe_transpose_conv": (
        one(
            [
                T("x", (1, 8, 8, 16)),
                T("w", (1, 2, 2, 16), 1),
                T("b", (1,), 1),
                T("y", (1, 16, 16, 1)),
            ],
            O(
                "Convolution2DTransposeBias",
                ("x", "w", "b"),
                ("y",),
                custom=b"\x01\0\0\0\x02\0\0\0\x02\0\0\0",
            ),
        ),
        64 + 1,
        64 * 64,
    ),
    "conv_3d": (
        one(
            [T("x", (1, 4, 6, 6, 2)), T("w", (3, 3, 3, 2, 5), 1), T("y", (1, 2, 3, 3, 5))],
            O(
                132,
                ("x", "w"),
                ("y",),
                {1: Number("i", 2), 2: Number("i", 2), 3: Number("i", 2)},
            ),
        ),
        270,
        270 * 18,
    ),
    "matmul_of_maps": (
        tflite(
            G(
                [T("a", (2, 4, 6)), T("b", (2, 5, 6)), T("y", (2, 4, 5))],
                [O(126, ("a", "b"), ("y",), {1: Number("b", 1)})],
                ("a", "b"),
                ("y",),
            )
        ),
        0,
        4 * 5 * 6,
    ),
    "matmul_of_weights": (
        one(
            [T("a", (1, 4, 6)), T("w", (6, 5), 1), T("y", (1, 4, 5))],
            O(126, ("a", "w"), ("y",)),
        ),
        30,
        30 * 4,
    ),
    "gather_of_a_table": (
        one(
            [T("ids", (1, 9), None, INT32), T("table", (100, 16), 1), T("y", (1, 9, 16))],
            O(36, ("table", "ids"), ("y",)),
        ),
        1600,
        0,
    ),
    "prelu": (
        one(
            [T("x", (1, 4, 4, 8)), T("slope", (1, 1, 8), 1), T("y", (1, 4, 4, 8))],
            O(54, ("x", "slope"), ("y",)),
        ),
        8,
        0,
    ),
    "svdf": (
        one(
            [
                T("x", (1, 10)),
                T("features", (8, 10), 1),
                T("time", (8, 5), 1),
                T("b", (4,), 1),
                T("state", (1, 40)),
                T("y", (1, 4)),
            ],
            O(27, ("x", "features", "time", "b", "state"), ("y",), ints(2)),
        ),
        80 + 40 + 4,
        80 + 40,
    ),
    "half_weights_behind_dequantize": (
        tflite(
            G(
                [
                    T("x", (1, 4, 4, 2)),
                    T("half", (3, 1, 1, 2), 1, HALF),
                    T("w", (3, 1, 1, 2)),
                    T("b", (3,), 1),
                    T("y", (1, 4, 4, 3)),
                ],
                [
                    O(6, ("half",), ("w",)),
                    O(3, ("x", "w", "b"), ("y",), conv(SAME)),
                ],
                ("x",),
                ("y",),
            )
        ),
        6 + 3,
        6 * 16,
    ),
    "sparse_weights_behind_densify": (
        tflite(
            G(
                [
                    T("x", (1, 4, 4, 2)),
                    T("sparse", (3, 1, 1, 2), 1, HALF, sparse=True),
                    T("dense", (3, 1, 1, 2), None, HALF),
                    T("w", (3, 1, 1, 2)),
                    T("y", (1, 4, 4, 3)),
                ],
                [
                    O(124, ("sparse",), ("dense",)),
                    O(6, ("dense",), ("w",)),
                    O(3, ("x", "w", ""), ("y",), conv(SAME)),
                ],
                ("x",),
                ("y",),
            )
        ),
        6,
        6 * 16,
    ),
    "int8_between_quantize": (
        tflite(
            G(
                [
                    T("x", (1, 4, 4, 2)),
                    T("q", (1, 4, 4, 2), None, INT8, scales=(0.5,)),
                    T("w", (3, 1, 1, 2), 1, INT8, scales=(0.5, 0.25, 1.0)),
                    T("b", (3,), 1, INT32, scales=(0.25, 0.125, 0.5)),
                    T("p", (1, 4, 4, 3), None, INT8, scales=(0.5,)),
                    T("y", (1, 4, 4, 3)),
                ],
                [
                    O(114, ("x",), ("q",)),
                    O(3, ("q", "w", "b"), ("p",), conv(SAME)),
                    O(6, ("p",), ("y",)),
                ],
                ("x",),
                ("y",),
            )
        ),
        6 + 3,
        6 * 16,
    ),
    "equal_biases_in_one_buffer": (
        tflite(
            G(
                [
                    T("w", (2, 1, 1, 2), 1),
                    T("b", (2,), 0),
                    T("c", (2,), buffer=2),
                    T("x", (1, 4, 4, 2)),
                    T("m", (1, 4, 4, 2)),
                    T("y", (1, 4, 4, 2)),
                ],
                [
                    O(3, ("x", "w", "b"), ("m",), conv(SAME)),
                    O(3, ("m", "w", "c"), ("y",), conv(SAME)),
                ],
                ("x",),
                ("y",),
            )
        ),
        4 + 2 + 2,  # the weights are one tensor, the biases two
        2 * 4 * 16,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_an_operator_costs(case: str) -> None:
    file, params, cost = CASES[case]
    graph = read(file)
    assert (parameters(graph), mult_adds(graph)) == (params, cost)


@pytest.mark.parametrize("case", CASES)
def test_litert_allocates_the_same_shapes(case: str) -> None:
    interpreter = pytest.importorskip(
        "ai_edge_litert.interpreter", reason="LiteRT says what shapes the file's tensors have"
    )
    if case in ("mediapipe_transpose_conv", "sparse_weights_behind_densify"):
        pytest.skip("LiteRT alone has no such operator, or wants the sparse format in full")
    file = CASES[case][0]
    run = interpreter.Interpreter(model_content=file)
    run.allocate_tensors()
    graph = read(file)
    details = {d["name"]: tuple(int(n) for n in d["shape"]) for d in run.get_tensor_details()}
    for name, tensor in graph.tensors.items():
        if name in details:
            assert tensor.shape == details[name], name


def moved(
    code: int, x: tuple[int, ...], y: tuple[int, ...], *stored: T, first: bool = True, **more: Any
) -> bytes:
    """A file of one operator that takes a map, and what is stored behind it or before it."""
    names = tuple(t.name for t in stored)
    given = ("x", *names) if first else (*names, "x")
    tensors = [T("x", x), *stored, T("y", y, type=more.pop("type", FLOAT))]
    return one(tensors, O(code, given, ("y",), more.pop("options", {})))


def whole(name: str, *values: int) -> T:
    """A stored vector of whole numbers."""
    return T(name, (len(values),), values, INT32)


def scalar(name: str, value: int) -> T:
    """A stored whole number."""
    return T(name, (), (value,), INT32)


def pairs(name: str, *values: int) -> T:
    """Stored pairs of whole numbers."""
    return T(name, (len(values) // 2, 2), values, INT32)


POOL = {0: Number("b", 1), **{i: Number("i", n) for i, n in enumerate((2, 3, 2, 4), 1)}}

# Operators without weights: what comes out is stated by hand, and a file that states another
# shape than the reader finds is refused.
MOVES: dict[str, bytes] = {
    "pad": moved(34, (1, 4, 5, 2), (1, 5, 8, 2), pairs("p", 0, 0, 1, 0, 2, 1, 0, 0)),
    "padv2": moved(60, (1, 4), (1, 7), pairs("p", 0, 0, 1, 2), T("v", (), 0)),
    "mirror_pad": moved(100, (1, 4), (1, 7), pairs("p", 0, 0, 1, 2), options={0: Number("b", 0)}),
    "slice": moved(65, (4, 5), (2, 3), whole("b", 1, 2), whole("s", 2, -1)),
    "strided": moved(
        45,
        (4, 5, 6),
        (2, 1, 5, 3),
        whole("b", 0, 0, 0, 0),
        whole("e", 4, 0, 0, 6),
        whole("s", 2, 1, 1, 2),
        options=ints(0, 0, 4, 2, 0),
    ),
    "strided_from_the_end": moved(
        45,
        (4, 5),
        (4,),
        whole("b", -1, -2),
        whole("e", -9, 0),
        whole("s", -1, 1),
        options=ints(0, 1, 0, 0, 2),
    ),
    "tile": moved(69, (2, 3), (4, 9), whole("m", 2, 3)),
    "transpose": moved(39, (2, 3, 4), (4, 2, 3), whole("o", 2, 0, 1)),
    "expand_dims": moved(70, (2, 3), (2, 3, 1), scalar("a", -1)),
    "squeeze": moved(43, (1, 3, 1), (3, 1), options={0: Numbers("i", (0,))}),
    "squeeze_all": moved(43, (1, 3, 1), (3,), options={0: Numbers("i", ())}),
    "gather": moved(36, (2, 5, 3), (2, 4, 3), whole("i", 0, 4, 1, 1), options=ints(1)),
    "gather_nd": moved(107, (4, 5, 6), (2, 6), pairs("i", 0, 1, 3, 4)),
    "arg_max": moved(56, (2, 5, 3), (2, 3), scalar("a", 1), type=INT32, options=ints(2)),
    "mean": moved(40, (1, 4, 5, 2), (1, 2), whole("a", 1, -2)),
    "mean_kept": moved(
        40, (1, 4, 5, 2), (1, 1, 1, 2), whole("a", 1, 2), options={0: Number("b", 1)}
    ),
    "reduce_max": moved(82, (3, 4), (3,), whole("a", 1)),
    "resize_bilinear": moved(23, (1, 4, 5, 2), (1, 7, 9, 2), whole("s", 7, 9)),
    "resize_nearest": moved(97, (1, 4, 5, 2), (1, 8, 3, 2), whole("s", 8, 3)),
    "depth_to_space": moved(5, (1, 4, 5, 12), (1, 8, 10, 3), options=ints(2)),
    "space_to_depth": moved(26, (1, 4, 6, 3), (1, 2, 3, 12), options=ints(2)),
    "space_to_batch": moved(
        38, (1, 4, 5, 2), (4, 3, 3, 2), whole("b", 2, 2), pairs("p", 1, 1, 0, 1)
    ),
    "batch_to_space": moved(
        37, (4, 3, 3, 2), (1, 4, 5, 2), whole("b", 2, 2), pairs("c", 1, 1, 0, 1)
    ),
    "broadcast_to": moved(130, (2, 1, 3), (4, 2, 5, 3), whole("s", 4, 2, 5, 3)),
    "max_pool": moved(17, (1, 9, 8, 3), (1, 2, 4, 3), options=POOL),
    "average_pool_same": moved(1, (1, 9, 8, 3), (1, 3, 4, 3), options={**POOL, 0: Number("b", 0)}),
    "softmax": moved(25, (2, 5), (2, 5)),
    "log_softmax": moved(50, (2, 5), (2, 5)),
    "l2": moved(11, (2, 5), (2, 5)),
    "broadcast": moved(18, (2, 1, 3), (2, 4, 3), T("z", (4, 1), 1)),
    "reverse": moved(105, (2, 3), (2, 3), whole("a", 1)),
    "cumsum": moved(128, (2, 3), (2, 3), scalar("a", 1)),
    "reshape_by_option": moved(22, (2, 6), (3, 4), options={0: Numbers("i", (-1, 4))}),
}


@pytest.mark.parametrize("case", MOVES)
def test_what_comes_out_of_an_operator_without_weights(case: str) -> None:
    graph = read(MOVES[case])
    assert (graph.inputs, graph.outputs) == (("x",), ("y",))
    assert mult_adds(graph) == 0


@pytest.mark.parametrize("case", MOVES)
def test_litert_allocates_the_same_shapes_without_weights(case: str) -> None:
    interpreter = pytest.importorskip(
        "ai_edge_litert.interpreter", reason="LiteRT says what shapes the file's tensors have"
    )
    run = interpreter.Interpreter(model_content=MOVES[case])
    run.allocate_tensors()
    (output,) = run.get_output_details()
    assert tuple(output["shape"]) == read(MOVES[case]).tensors["y"].shape


def test_parts_and_places_by_several_outputs() -> None:
    """SPLIT, SPLIT_V, UNPACK, TOPK_V2, and what PACK and CONCATENATION make of it again."""
    tensors = [
        T("x", (2, 6)),
        scalar("axis", 1),
        T("a", (2, 3)),
        T("b", (2, 3)),
        T("p", (2,)),
        T("q", (2,)),
        T("r", (2,)),
        T("stack", (3, 2)),
        scalar("k", 1),
        T("top", (3, 1)),
        T("at", (3, 1), type=INT32),
        T("hot", (3, 1, 7)),
        scalar("depth", 7),
        T("on", (), 1),
        T("off", (), 0),
        whole("sizes", 1, -1),
        T("thin", (2, 1)),
        T("wide", (2, 2)),
    ]
    operators = [
        O(49, ("axis", "x"), ("a", "b"), ints(2)),
        O(88, ("b",), ("p", "q", "r"), ints(3, 1)),
        O(102, ("a", "sizes", "axis"), ("thin", "wide"), ints(2)),
        O(83, ("r", "q", "p"), ("stack",), ints(3, 0)),
        O(48, ("stack", "k"), ("top", "at")),
        O(85, ("at", "depth", "on", "off"), ("hot",), {0: Number("i", -1)}),
    ]
    graph = read(tflite(G(tensors, operators, ("x",), ("top", "hot", "wide"))))
    assert graph.outputs == ("top", "hot", "wide")
    for name in ("a", "p", "stack", "top", "at", "hot", "wide"):
        declared = next(t.shape for t in tensors if t.name == name)
        assert graph.tensors[name].shape == declared


def test_constants_that_follow_from_shapes_meet_a_map() -> None:
    """FILL, RANGE, RANK, ZEROS_LIKE and BROADCAST_ARGS: nothing is stored, nothing weighs."""
    tensors = [
        T("x", (2, 3)),
        T("shape", (2,), type=INT32),
        T("value", (), 1),
        T("ones", (2, 3)),
        T("zeros", (2, 3)),
        T("m", (2, 3)),
        T("y", (2, 3)),
    ]
    operators = [
        O(77, ("x",), ("shape",)),
        O(94, ("shape", "value"), ("ones",)),
        O(93, ("x",), ("zeros",)),
        O(0, ("x", "ones"), ("m",)),
        O(0, ("m", "zeros"), ("y",)),
    ]
    graph = read(tflite(G(tensors, operators, ("x",), ("y",))))
    assert parameters(graph) == 0
    kinds = [type(o.kind).__name__ for o in graph.operators]
    assert kinds == ["Opaque", "Arithmetic", "Opaque", "Arithmetic"]


def test_pads_are_numbers_and_more_behind() -> None:
    kind = only(read(CASES["conv_same"][0]), Conv).kind
    assert isinstance(kind, Conv)
    assert kind.pads == ((1, 1), (1, 1))
    assert (kind.same, kind.channels, kind.groups, kind.stride) == (True, 3, 1, (2, 2))
    file = one(
        [T("x", (1, 8, 8, 1)), T("w", (1, 3, 3, 1), 1), T("y", (1, 4, 4, 1))],
        O(3, ("x", "w", ""), ("y",), conv(SAME, 2)),
    )
    kind = only(read(file), Conv).kind
    assert isinstance(kind, Conv)
    assert kind.pads == ((0, 1), (0, 1))


def test_an_activation_inside_stands_behind() -> None:
    graph = read(CASES["conv_same"][0])
    assert [type(o.kind).__name__ for o in graph.operators] == ["Conv", "Activation"]
    assert graph.operators[1].outputs == graph.outputs == ("y",)


def test_transposed_cuts_its_output() -> None:
    kind = only(read(CASES["transpose_conv"][0]), ConvTranspose).kind
    assert isinstance(kind, ConvTranspose)
    # (4 - 1) · 2 + 3 = 9 positions, of which one is cut behind
    assert (kind.pads, kind.output_padding) == (((0, 1), (0, 1)), (0, 0))


def weights(letter: str, count: int, *shape: int) -> list[T]:
    """Stored tensors of one shape, called letter0, letter1, …"""
    return [T(f"{letter}{i}", shape, 1) for i in range(count)]


def lstm(steps: int, hidden: int = 8, projected: int = 0, code: int = 44) -> bytes:
    """An LSTM on 10 features, whose last outputs are projected to fewer where that is said."""
    out = projected or hidden
    gates, again = weights("w", 4, hidden, 10), weights("r", 4, hidden, out)
    biases = weights("b", 4, hidden)
    projection = [T("p", (projected, hidden), 1)] if projected else []
    states = [T("h", (1, out), variable=True), T("c", (1, hidden), variable=True)]
    names = ["x", *(t.name for t in gates + again), "", "", "", *(t.name for t in biases)]
    names += [projection[0].name if projection else "", "", "h", "c", "", "", "", ""]
    x, y = ((1, steps, 10), (1, steps, out)) if code == 44 else ((1, 10), (1, out))
    tensors = [T("x", x), *gates, *again, *biases, *projection, *states, T("y", y)]
    return one(tensors, O(code, tuple(names), ("y",), {0: Number("b", 4)}))


def both_ways() -> bytes:
    """An LSTM in both directions, side by side."""
    shapes = {"f": (8, 10), "g": (8, 8), "B": (8,), "k": (8, 10), "l": (8, 8), "C": (8,)}
    ways = [weights(letter, 4, *shape) for letter, shape in shapes.items()]
    f, g, bias, k, l_, other = ([t.name for t in way] for way in ways)
    names = ["x", *f, *g, "", "", "", *bias, "", "", *k, *l_, "", "", "", *other, "", ""]
    names += ["h", "c", "i", "d", *("",) * 9]
    states = [T(name, (1, 8), variable=True) for name in "hcid"]
    tensors = [T("x", (1, 6, 10)), *(t for way in ways for t in way), *states, T("y", (1, 6, 16))]
    options = {0: Number("b", 4), 3: Number("b", 1), 4: Number("b", 0)}
    return one(tensors, O(52, tuple(names), ("y",), options))


def plain() -> bytes:
    """A plain recurrent layer over six steps."""
    tensors = [T("x", (1, 6, 10)), T("w", (8, 10), 1), T("r", (8, 8), 1), T("b", (8,), 1)]
    tensors += [T("h", (1, 8), variable=True), T("y", (1, 6, 8))]
    return one(tensors, O(35, ("x", "w", "r", "b", "h"), ("y",), {1: Number("b", 1)}))


RECURRENT: dict[str, tuple[bytes, int, int]] = {
    # name: (file, parameters, mult-adds)
    "sequence": (lstm(6), 4 * (80 + 64 + 8), 4 * (80 + 64) * 6),
    "one_step": (lstm(1, code=16), 4 * (80 + 64 + 8), 4 * (80 + 64)),
    "projected": (
        lstm(6, 8, 3),
        4 * (80 + 24 + 8) + 24,
        (4 * (80 + 24) + 24) * 6,
    ),
    "both_ways": (both_ways(), 2 * 4 * (80 + 64 + 8), 2 * 4 * (80 + 64) * 6),
    "plain": (plain(), 80 + 64 + 8, (80 + 64) * 6),
}


@pytest.mark.parametrize("case", RECURRENT)
def test_what_a_recurrent_layer_costs(case: str) -> None:
    file, params, cost = RECURRENT[case]
    graph = read(file)
    assert (parameters(graph), mult_adds(graph)) == (params, cost)


@pytest.mark.parametrize("case", RECURRENT)
def test_litert_takes_the_inputs_of_recurrent_layers_at_the_same_places(case: str) -> None:
    interpreter = pytest.importorskip(
        "ai_edge_litert.interpreter", reason="LiteRT checks every weight's shape before a run"
    )
    file = RECURRENT[case][0]
    run = interpreter.Interpreter(model_content=file)
    run.allocate_tensors()
    (output,) = run.get_output_details()
    assert tuple(output["shape"]) == read(file).tensors["y"].shape


def test_kinds_of_recurrent_layers() -> None:
    assert only(read(lstm(6)), Recurrent).kind == Recurrent("lstm", 10, 8, 1, 6)
    assert only(read(plain()), Recurrent).kind == Recurrent("rnn", 10, 8, 1, 6)


def test_states_that_a_layer_makes_are_not_left_out() -> None:
    gates, again = weights("w", 4, 8, 10), weights("r", 4, 8, 8)
    names = ["x", *(t.name for t in gates + again), *("",) * 9, "h", "c", "", "", "", ""]
    tensors = [
        T("x", (1, 6, 10)),
        T("z", (1, 5)),
        T("first", (8, 5), 1),
        T("h", (1, 8)),
        T("c", (1, 8), variable=True),
        *gates,
        *again,
        T("y", (1, 6, 8)),
    ]
    operators = [O(9, ("z", "first", ""), ("h",)), O(44, tuple(names), ("y",))]
    graph = read(tflite(G(tensors, operators, ("x", "z"), ("y",))))
    assert (parameters(graph), mult_adds(graph)) == (4 * 144 + 40, 4 * 144 * 6 + 40)


def variables() -> bytes:
    """A stream: what was there before in front, the newest kept for the next run."""
    main = G(
        [
            T("x", (1, 3, 1, 4)),
            T("handle", (1,)),
            T("before", (1, 2, 1, 4)),
            T("joined", (1, 5, 1, 4)),
            T("begin", (4,), (0, 3, 0, 0), INT32),
            T("end", (4,), (0, 0, 0, 0), INT32),
            T("step", (4,), (1, 1, 1, 1), INT32),
            T("newest", (1, 2, 1, 4)),
            T("w", (6, 5, 1, 4), 1),
            T("y", (1, 1, 1, 6)),
        ],
        [
            O(129, (), (), ints(1)),
            O(142, (), ("handle",), {0: "", 1: "stream"}),
            O(143, ("handle",), ("before",)),
            O(2, ("before", "x"), ("joined",), ints(1)),
            O(45, ("joined", "begin", "end", "step"), ("newest",), ints(13, 15)),
            O(144, ("handle", "newest"), ()),
            O(3, ("joined", "w", ""), ("y",), conv(VALID)),
        ],
        ("x",),
        ("y",),
    )
    return tflite(main, G([], [], (), ()))


def test_what_a_variable_holds_goes_in_and_comes_out() -> None:
    graph = read(variables())
    assert (graph.inputs, graph.outputs) == (("x", "before"), ("y", "newest"))
    assert (parameters(graph), mult_adds(graph)) == (120, 120)
    assert isinstance(only(graph, Concat).kind, Concat)


def called(depth: int) -> bytes:
    """A convolution in a subgraph that each subgraph calls twice, and the last one holds."""
    shape = (1, 4, 4, 2)
    graphs = []
    for i in range(depth):
        tensors = [T("x", shape), T("m", shape), T("y", shape)]
        calls = [O(31, ("x",), ("m",), ints(i + 1)), O(31, ("m",), ("y",), ints(i + 1))]
        graphs.append(G(tensors, calls, ("x",), ("y",)))
    tensors = [T("x", shape), T("w", (2, 1, 1, 2), 1), T("y", shape)]
    graphs.append(G(tensors, [O(3, ("x", "w", ""), ("y",), conv(SAME))], ("x",), ("y",)))
    return tflite(*graphs)


def test_a_subgraph_is_put_in_where_it_is_called_and_weighs_once() -> None:
    graph = read(called(2))
    assert (parameters(graph), mult_adds(graph)) == (4, 4 * 4 * 16)


def test_subgraphs_that_unfold_without_end_are_refused() -> None:
    with pytest.raises(DscalcError, match="more than 600,000 tensors"):
        read(called(31))
    with pytest.raises(DscalcError, match="more than 32 subgraphs inside each other"):
        read(called(40))
    loop = G([T("x", (1, 2)), T("y", (1, 2))], [O(31, ("x",), ("y",), ints(0))], ("x",), ("y",))
    with pytest.raises(DscalcError, match="more than 32 subgraphs inside each other"):
        read(tflite(loop))


def test_a_condition_that_is_known_chooses_its_branch() -> None:
    shape = (1, 4, 4, 2)
    main = G(
        [T("c", (1,), (1,), INT32), T("x", shape), T("y", shape)],
        [O(118, ("c", "x"), ("y",), ints(1, 2))],
        ("x",),
        ("y",),
    )
    branch = [T("x", shape), T("w", (2, 1, 1, 2), 1), T("y", shape)]
    taken = G(branch, [O(3, ("x", "w", ""), ("y",), conv(SAME))], ("x",), ("y",))
    other = G([T("x", shape), T("y", shape)], [O(19, ("x",), ("y",))], ("x",), ("y",))
    assert mult_adds(read(tflite(main, taken, other))) == 4 * 16
    assert mult_adds(read(tflite(main, other, taken))) == 0


OPEN = one(
    [
        T("images", (1, 1, 1, 3), signature=(-1, -1, -1, 3)),
        T("w", (4, 3, 3, 3), 1),
        T("y", (1, 1, 1, 4), signature=(-1, -1, -1, 4)),
    ],
    O(3, ("images", "w", ""), ("y",), conv(SAME, 2)),
)


def test_open_sides_are_asked_for_and_given() -> None:
    asked = "the input 'images' has open sides: 1×?×?×3; say them, as in --input images=1x224x224x3"
    with pytest.raises(DscalcError) as error:
        read(OPEN)
    assert str(error.value) == asked
    assert mult_adds(read(OPEN, {"images": (1, 32, 48, 3)})) == 108 * 16 * 24
    assert mult_adds(read(OPEN, {"images": (2, 32, 48, 3)})) == 108 * 16 * 24


def test_a_given_shape_is_in_place_of_the_file_s() -> None:
    file = CASES["conv_same"][0]
    assert mult_adds(read(file, {"x": (1, 14, 18, 3)})) == 4 * 27 * 7 * 9


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"image": (1, 2, 2, 3)}, "the model has no input 'image'; did you mean 'images'?"),
        ({"images": (2, 2, 3)}, "the input 'images' has 4 axes: ?×?×?×3"),
        ({"images": 3}, "the input 'images' is no single number: ?×?×?×3"),
        ({"images": (1, 8, 8, 4)}, "weights [4, 3, 3, 3] do not fit 4 channels"),
    ],
)
def test_inputs_that_do_not_fit(given: Given, message: str) -> None:
    with pytest.raises(DscalcError) as error:
        read(OPEN, given)
    assert message in str(error.value)


def test_a_batch_is_told_and_figures_are_for_one() -> None:
    graph = read(CASES["conv_batch"][0])
    assert graph.batch == 5
    assert graph.notes == ("the file runs 5 examples at once; figures are for one",)


REFUSED: dict[str, tuple[bytes, str]] = {
    "unknown_number": (
        one([T("x", (1, 2)), T("y", (1, 2))], O(199, ("x",), ("y",))),
        "operator 199 of TFLite at 'y': it is not known what it costs",
    ),
    "unknown_custom": (
        one([T("x", (1, 2)), T("y", (1, 2))], O("MyLayer", ("x",), ("y",))),
        "MyLayer 'y': it is not known what this operator costs",
    ),
    "loop": (
        one([T("x", (1, 2)), T("y", (1, 2))], O(119, ("x",), ("y",))),
        "WHILE 'y': control flow is not read",
    ),
    "weights_of_a_run": (
        tflite(
            G(
                [T("x", (1, 4, 4, 2)), T("w", (3, 1, 1, 2)), T("y", (1, 4, 4, 3))],
                [O(3, ("x", "w", ""), ("y",), conv(SAME))],
                ("x", "w"),
                ("y",),
            )
        ),
        "CONV_2D 'y': its weights 'w' are computed in a run",
    ),
    "another_shape_than_stated": (
        one(
            [T("x", (1, 4, 4, 2)), T("w", (3, 1, 1, 2), 1), T("y", (1, 5, 4, 3))],
            O(3, ("x", "w", ""), ("y",), conv(SAME)),
        ),
        "CONV_2D 'y' makes [1, 4, 4, 3], and the file says [1, 5, 4, 3]",
    ),
    "taken_and_never_made": (
        one(
            [T("x", (1, 4)), T("z", (1, 4)), T("y", (1, 4))],
            O(0, ("x", "z"), ("y",)),
        ),
        "ADD 'y': it takes 'z', which nothing before it makes",
    ),
    "made_twice": (
        tflite(
            G(
                [T("x", (1, 4)), T("y", (1, 4))],
                [O(19, ("x",), ("y",)), O(19, ("x",), ("y",))],
                ("x",),
                ("y",),
            )
        ),
        "RELU 'y': it makes 'y', which is there already",
    ),
    "stride_of_nothing": (
        one(
            [T("x", (1, 4, 4, 2)), T("w", (3, 1, 1, 2), 1), T("y", (1, 4, 4, 3))],
            O(3, ("x", "w", ""), ("y",), conv(SAME, 0)),
        ),
        "CONV_2D 'y': its attribute 'strides' is [0, 0], not 2 numbers from 1",
    ),
    "old_version": (flatbuffer({0: Number("I", 2)}), "version 2 of TFLite's format; 3 is read"),
    "no_subgraph": (flatbuffer({0: Number("I", 3)}), "it has no subgraph"),
    "vast_shape": (
        one([T("x", (2**31 - 1,) * 16), T("y", (1,))], O(19, ("x",), ("y",))),
        "RELU 'y' makes",
    ),
    "vast_rank": (
        one([T("x", (1,) * 65), T("y", (1,))], O(19, ("x",), ("y",))),
        "a vector of 65 numbers where at most 64 make sense",
    ),
    "empty": (b"", "the file is cut or damaged"),
    "short": (b"TFL3", "the file is cut or damaged"),
    "root_beyond": (b"\xff\xff\xff\xffTFL3" + bytes(64), "leads to byte 4,294,967,295 of 72"),
    "vtable_before": (
        b"\x08\0\0\0TFL3\xff\xff\xff\x7f" + bytes(64),
        "an offset leads to byte -2,147,483,639, before the file begins",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    file, message = REFUSED[case]
    with pytest.raises(DscalcError) as error:
        read(file)
    assert message in str(error.value)


def test_an_operator_without_weights_costs_nothing_by_the_file_s_shape() -> None:
    outputs = [T(f"y{i}", (1, 10)) for i in range(4)]
    names = tuple(t.name for t in outputs)
    tensors = [T("boxes", (1, 100, 4)), T("scores", (1, 100, 3)), T("anchors", (100, 4), 1)]
    file = tflite(
        G(
            [*tensors, *outputs],
            [O("TFLite_Detection_PostProcess", ("boxes", "scores", "anchors"), names)],
            ("boxes", "scores"),
            names,
        )
    )
    graph = read(file)
    assert (parameters(graph), mult_adds(graph), len(graph.outputs)) == (0, 0, 4)
    assert graph.tensors["y0"].shape == (1, 10)


def test_shapes_that_a_run_computes() -> None:
    """Shape, slice, pack and reshape of what they make: the batch that a converter leaves open."""
    tensors = [
        T("x", (1, 6, 4), signature=(-1, 6, 4)),
        T("shape", (3,), None, INT32),
        T("zero", (1,), (0,), INT32),
        T("one", (1,), (1,), INT32),
        T("batch", (), None, INT32),
        T("rest", (), (24,), INT32),
        T("target", (2,), None, INT32),
        T("flat", (1, 24), signature=(-1, 24)),
        T("w", (2, 24), 1),
        T("y", (1, 2), signature=(-1, 2)),
    ]
    operators = [
        O(77, ("x",), ("shape",)),
        O(45, ("shape", "zero", "one", "one"), ("batch",), ints(0, 0, 0, 0, 1)),
        O(83, ("batch", "rest"), ("target",), {0: Number("i", 2), 1: Number("i", 0)}),
        O(22, ("x", "target"), ("flat",)),
        O(9, ("flat", "w", ""), ("y",)),
    ]
    graph = read(tflite(G(tensors, operators, ("x",), ("y",))), {"x": (7, 6, 4)})
    assert graph.tensors["flat"].shape == (7, 24)
    assert (graph.batch, mult_adds(graph)) == (7, 48)
    assert isinstance(only(graph, Linear).kind, Linear)


def test_names_are_the_file_s_own_and_apart_where_they_are_equal() -> None:
    same = [T("a", (1, 4)), T("a", (1, 4)), T("", (1, 4))]
    file = flatbuffer(
        {
            0: Number("I", 3),
            1: [{0: Number("b", 19), 3: Number("i", 19)}],
            2: [
                {
                    0: [{0: Numbers("i", t.shape), 3: t.name} for t in same],
                    1: Numbers("i", (0,)),
                    2: Numbers("i", (2,)),
                    3: [
                        {1: Numbers("i", (0,)), 2: Numbers("i", (1,))},
                        {1: Numbers("i", (1,)), 2: Numbers("i", (2,))},
                    ],
                }
            ],
            4: [{}],
        }
    )
    graph = read(file)
    assert [o.outputs for o in graph.operators] == [("a#1",), ("#2",)]


def test_kinds_of_a_product() -> None:
    assert only(read(CASES["matmul_of_maps"][0]), Matmul).kind == Matmul(6)
    assert only(read(CASES["matmul_of_weights"][0]), Linear).kind == Linear(2)
    assert only(read(CASES["gather_of_a_table"][0]), Embedding).kind == Embedding(100, 16)


@pytest.mark.parametrize("case", ["conv_same", "half_weights_behind_dequantize"])
def test_the_walker_reads_what_the_official_package_reads(case: str) -> None:
    official = pytest.importorskip("tflite", reason="the generated classes are the oracle")
    file = CASES[case][0]
    theirs = official.Model.GetRootAs(file, 0)
    ours = root(memoryview(file))
    assert ours.scalar(0, "I") == theirs.Version()
    assert ours.text(3).encode() == theirs.Description()
    graph, mine = theirs.Subgraphs(0), ours.tables(2)[0]
    assert len(mine.tables(0)) == graph.TensorsLength()
    for i, tensor in enumerate(mine.tables(0)):
        other = graph.Tensors(i)
        assert tensor.numbers(0, "i", 16) == tuple(other.ShapeAsNumpy())
        assert tensor.text(3).encode() == other.Name()
        assert (tensor.scalar(1, "b"), tensor.scalar(2, "I")) == (other.Type(), other.Buffer())
        buffer = ours.tables(4)[tensor.scalar(2, "I")]
        assert buffer.span(0)[1] == theirs.Buffers(tensor.scalar(2, "I")).DataLength()
    for i, operator in enumerate(mine.tables(3)):
        other = graph.Operators(i)
        assert operator.numbers(1, "i", 16) == tuple(other.InputsAsNumpy())
        assert operator.numbers(2, "i", 16) == tuple(other.OutputsAsNumpy())


def test_every_field_of_the_format_is_walked() -> None:
    value: dict[int, Value] = {
        0: Number("b", -3),
        2: Number("Q", 2**63),
        3: Number("f", 0.5),
        4: Numbers("q", (-(2**63), 2**63 - 1)),
        5: "ä",
        6: b"\x01\x02",
        7: {1: Number("i", 7)},
        8: [{}, {0: Number("H", 9)}],
    }
    table = root(memoryview(flatbuffer(value)))
    assert (table.scalar(0, "b"), table.scalar(1, "i", 5), table.scalar(2, "Q")) == (-3, 5, 2**63)
    assert (table.real(3), table.real(1, 2.5)) == (0.5, 2.5)
    assert table.numbers(4, "q", 2) == (-(2**63), 2**63 - 1)
    assert (table.text(5), table.text(1), table.span(6)[1]) == ("ä", "", 2)
    inner = table.table(7)
    assert inner is not None
    assert inner.scalar(1, "i") == 7
    assert table.table(1) is None
    assert [entry.scalar(0, "H") for entry in table.tables(8)] == [0, 9]


def test_every_truncation_is_an_error_or_loses_nothing() -> None:
    for file in (CASES["conv_same"][0], variables()):
        whole = mult_adds(read(file))
        for length in range(0, len(file), 3):
            try:
                graph = read(file[:length])
            except DscalcError:
                continue
            assert mult_adds(graph) == whole


@pytest.mark.parametrize("seed", range(4))
def test_mutations_are_errors_of_ours_or_other_networks(seed: int) -> None:
    """500 each: single bytes, extreme offsets and sizes, stretches copied elsewhere."""
    draw = random.Random(seed)
    files = [CASES[case][0] for case in CASES] + [variables(), called(3), OPEN]
    extremes = (b"\xff\xff\xff\xff", bytes(4), b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\1\0\0\0")
    refused = 0
    for _ in range(500):
        data = bytearray(draw.choice(files))
        for _ in range(draw.choice((1, 1, 2, 8))):
            at, source = draw.randrange(len(data)), draw.randrange(len(data))
            piece = draw.choice(
                (bytes([draw.randrange(256)]), draw.choice(extremes), data[source : source + 8])
            )
            data[at : at + len(piece)] = piece
        try:
            read(bytes(data))
        except DscalcError:
            refused += 1
    assert 0 < refused < 500


SIZE = 2 * 10**9
MEMORY = """
import mmap, resource, sys
from dscalc.models.tflite.reading import read_tflite
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open(sys.argv[1], "rb") as file:
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        view = memoryview(data)
        graph = read_tflite(view)
        assert len(graph.operators) == 1
        view.release()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_weights_of_two_gigabytes_stay_on_the_disk(tmp_path: Path) -> None:
    side = 20000
    tensors = [T("x", (1, side)), T("b", (side,), 0), T("w", (side, side), 0), T("y", (1, side))]
    small = [t._replace(shape=(1,), data=0) if t.name == "w" else t for t in tensors]
    file = bytearray(one(small, O(9, ("x", "w", "b"), ("y",))))
    # The last thing in the file is w's buffer: its length and its shape are those of the real one.
    file[-8:] = (side * side * 4).to_bytes(4, "little") + bytes(4)
    path = tmp_path / "large.tflite"
    model = root(memoryview(file))
    shape_at = model.tables(2)[0].tables(0)[2]
    start = shape_at.span(0)[0]
    file[start - 4 : start + 8] = b"".join(n.to_bytes(4, "little") for n in (2, side, side))
    path.write_bytes(bytes(file))
    with path.open("r+b") as handle:
        handle.truncate(len(file) - 4 + side * side * 4)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(path)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    assert path.stat().st_size > 1.5 * 10**9
    assert int(done.stdout) < 20_000  # KiB
