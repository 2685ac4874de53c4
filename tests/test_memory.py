"""What must be alive at once, by hand and against a simulation; bytes, traffic and intensity."""

from __future__ import annotations

import pickle
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pytest

import dscalc
from dscalc import INPUT, Network, Node, Report, Row, Shape, measure
from dscalc.analysis.memory import (
    LayerMemory,
    peak_elements,
    peak_memory,
    traffic,
)
from dscalc.analysis.terms import BITS, Dtype, Terms, bytes_of
from dscalc.language.files import load
from dscalc.language.network_file import read_network
from dscalc.language.shipped import shipped_names
from dscalc.law.layer import Block, Layer


def network(shape: Shape, *nodes: tuple[str, Layer, tuple[str, ...]]) -> Report:
    """The report of a network of these nodes."""
    return measure(Network("test", shape, tuple(Node(*node) for node in nodes)))


CHAIN = network(
    Shape((4, 4), 2),  # 32 elements
    ("a", dscalc.Pointwise(8), (INPUT,)),  # 128
    ("b", dscalc.Depthwise(stride=2), ("a",)),  # 32
    ("c", dscalc.Pointwise(4), ("b",)),  # 16
)
RESIDUAL = network(
    Shape((4, 4), 2),  # 32
    ("a", dscalc.Pointwise(4), (INPUT,)),  # 64
    ("b", dscalc.Conv(4), ("a",)),  # 64
    ("c", dscalc.Conv(4), ("b",)),  # 64
    ("sum", dscalc.Add(), ("c", "a")),  # 64
)
CONCAT = network(
    Shape((4, 4), 2),  # 32
    ("a", dscalc.Pointwise(1), (INPUT,)),  # 16
    ("b", dscalc.Pointwise(2), (INPUT,)),  # 32
    ("c", dscalc.Pointwise(3), (INPUT,)),  # 48
    ("all", dscalc.Concat(), ("a", "b", "c")),  # 96
)


# ---------------------------------------------------------------- by hand


@pytest.mark.parametrize(
    ("report", "alive", "peak", "at"),
    [
        (CHAIN, [32 + 128, 128 + 32, 32 + 16], 160, "a"),
        (RESIDUAL, [32 + 64, 64 + 64, 64 + 64 + 64, 64 + 64 + 64], 192, "c"),
        (CONCAT, [32 + 16, 32 + 16 + 32, 32 + 16 + 32 + 48, 16 + 32 + 48 + 96], 192, "all"),
    ],
    ids=["chain", "residual", "concat"],
)
def test_what_is_alive_at_each_layer(report: Report, alive: list[int], peak: int, at: str) -> None:
    memory = peak_memory(report)
    assert [layer.alive for layer in memory.layers] == alive
    assert (memory.peak, memory.at) == (peak, at)


def test_a_layer_takes_each_tensor_once() -> None:
    report = network(
        Shape((2, 2), 3),
        ("a", dscalc.Pointwise(5), (INPUT,)),
        ("twice", dscalc.Add(), ("a", "a")),
    )
    assert peak_memory(report).layers[1] == LayerMemory("twice", 20, 20, 40)


def test_what_nobody_takes_is_an_output_and_lives_to_the_end() -> None:
    report = network(
        Shape((2, 2), 1),
        ("a", dscalc.Pointwise(4), (INPUT,)),
        ("aside", dscalc.Pointwise(100), ("a",)),
        ("b", dscalc.Pointwise(1), ("a",)),
        ("c", dscalc.Pointwise(1), ("b",)),
    )
    memory = peak_memory(report)
    assert [layer.alive for layer in memory.layers] == [20, 16 + 400, 16 + 400 + 4, 400 + 4 + 4]
    assert (memory.peak, memory.at) == (420, "b")


def test_two_heads_in_int8() -> None:
    """64×64 positions with the 8 channels that both heads take, and the 255 of each head."""
    report = network(
        Shape((64, 64), 8),
        ("a", dscalc.Conv(8), (INPUT,)),
        ("one", dscalc.Conv(255), ("a",)),
        ("other", dscalc.Conv(255), ("a",)),
    )
    assert bytes_of(peak_elements(report), "int8") == 2_121_728 == 4096 * (8 + 255 + 255)


def test_several_inputs_each_live_until_their_last_use_and_what_goes_out_to_the_end() -> None:
    """`mid` goes on, too, and so it would die without `outputs`."""
    report = measure(read_network("""
        input: {left: [2, 2, 1], right: [2, 2, 5]}
        layers:
          - {pointwise: {n: 3}, from: left, name: mid}
          - {pointwise: {n: 2}, name: next}
          - {pointwise: {n: 7}, from: right, name: last}
          - {pointwise: {n: 4}, from: next, name: end}
        outputs: [mid, last, end]
    """).network)  # fmt: skip
    assert [layer.alive for layer in peak_memory(report).layers] == [
        4 + 20 + 12,
        20 + 12 + 8,
        20 + 12 + 8 + 28,
        12 + 8 + 28 + 16,
    ]


class Forked(Block):
    """Two convolutions side by side, of which the first one's output goes nowhere."""

    kind = "forked"

    def body(self, x: Shape, *more: Shape) -> tuple[Node, ...]:
        return Node("idle", dscalc.Conv(9), (INPUT,)), Node("main", dscalc.Conv(2), (INPUT,))


def test_a_part_of_a_block_that_nobody_takes_lives_to_the_end() -> None:
    report = network(
        Shape((2, 2), 3), ("fork", Forked(), (INPUT,)), ("end", dscalc.Conv(1), ("fork",))
    )
    assert [layer.alive for layer in peak_memory(report).layers] == [48, 12 + 36 + 8, 36 + 8 + 4]


def test_the_input_lives_until_its_last_use() -> None:
    report = network(
        Shape((2, 2), 10),
        ("a", dscalc.Pointwise(1), (INPUT,)),
        ("b", dscalc.Pointwise(1), ("a",)),
        ("late", dscalc.Concat(), (INPUT, "b")),
    )
    assert [layer.alive for layer in peak_memory(report).layers] == [44, 48, 40 + 4 + 44]


def test_a_block_is_its_parts_and_answers_to_its_name() -> None:
    """Behind the block the next layer takes the output of its last part."""
    report = network(
        Shape((4, 4), 2),
        ("block", dscalc.Separable(3), (INPUT,)),
        ("next", dscalc.Pointwise(1), ("block",)),
    )
    assert peak_memory(report).layers == (
        LayerMemory("block.depthwise", 32, 32, 64),
        LayerMemory("block.pointwise", 32, 48, 80),
        LayerMemory("next", 48, 16, 64),
    )


def test_a_shortcut_inside_a_block_keeps_its_input() -> None:
    report = network(Shape((2, 2), 2), ("block", dscalc.InvertedResidual(2, expand=3), (INPUT,)))
    assert [(layer.name, layer.alive) for layer in peak_memory(report).layers] == [
        ("block.expand", 8 + 24),
        ("block.depthwise", 8 + 24 + 24),
        ("block.project", 8 + 24 + 8),
        ("block.add", 8 + 8 + 8),
    ]


def test_a_network_without_layers_holds_its_input() -> None:
    report = network(Shape((4, 4), 2))
    assert peak_memory(report) == ((), 32, INPUT)
    assert peak_elements(report) == 32


def test_the_network_s_own_input_may_be_taken_late_inside_nested_blocks() -> None:
    report = network(
        Shape((2, 2), 4),
        ("se", dscalc.SqueezeExcite(reduction=2), (INPUT,)),
        ("end", dscalc.Pointwise(1), ("se",)),
    )
    assert [layer.alive for layer in peak_memory(report).layers] == [20, 22, 22, 36, 20]


# ---------------------------------------------------------------- against a simulation


def wired(
    rows: Sequence[Row], given: Mapping[str, str], prefix: str, made: dict[str, str]
) -> Iterator[tuple[str, list[str], int, bool]]:
    """Every elementary layer: the tensor it makes, those it takes, how large it is, and whether
    it reads no number of theirs after it has written the one in its place.

    A tensor is called by the path of the layer that makes it; `made` are those of all paths.
    """
    for row in rows:
        path = f"{prefix}{row.name}"
        takes = [given.get(name) or made[f"{prefix}{name}"] for name in row.inputs]
        if row.parts:
            assert isinstance(row.layer, Block)
            inside = dict(zip(row.layer.given, takes, strict=False))
            yield from wired(row.parts, inside, f"{path}.", made)
            made[path] = made[f"{path}.{row.parts[-1].name}"]
        else:
            made[path] = path
            in_turn = (
                row.kind in ("activation", "add", "multiply")
                or (row.kind == "depthwise" and row.output.channels == row.input.channels)
                or (row.kind == "norm" and row.cost.norm_statistics > 0)
            )
            yield path, takes, row.output.positions * row.output.channels, in_turn


def simulated(report: Report, in_place: bool = False) -> list[int]:
    """What an engine holds at each layer that counts users, makes tensors and frees them.

    In place it makes none where one that is large enough is about to be freed.
    """
    inputs = report.network.inputs
    steps = list(wired(report.rows, {name: name for name in inputs}, "", {}))
    users = Counter(name for _, takes, _, _ in steps for name in set(takes))
    outputs = {tensor for tensor, _, _, _ in steps if not users[tensor]}
    users.update(outputs)  # whoever runs the network
    held = {name: shape.positions * shape.channels for name, shape in inputs.items()}
    alive = []
    for tensor, takes, size, in_turn in steps:
        there = any(users[name] == 1 and held[name] >= size for name in takes)
        alive.append(sum(held.values()) + (0 if in_place and in_turn and there else size))
        held[tensor] = size
        for name in set(takes):
            users[name] -= 1
            if users[name] == 0:
                del held[name]
    assert set(held) == outputs
    return alive


@pytest.mark.parametrize("name", shipped_names())
def test_the_peak_is_that_of_an_engine_that_counts_users(name: str) -> None:
    report = measure(load(name))
    memory = peak_memory(report)
    assert [layer.alive for layer in memory.layers] == simulated(report)
    assert memory.peak == peak_elements(report) == max(simulated(report))
    assert [layer.name for layer in memory.layers] == [row.name for row in report.expanded()]
    assert next(layer.alive for layer in memory.layers if layer.name == memory.at) == memory.peak


@pytest.mark.parametrize("name", shipped_names())
def test_the_peak_in_place_is_that_of_an_engine_that_writes_over_what_it_frees(name: str) -> None:
    report = measure(load(name))
    memory = peak_memory(report, in_place=True)
    assert [layer.alive for layer in memory.layers] == simulated(report, in_place=True)
    assert memory.peak == peak_elements(report, in_place=True)


def random_network(chance: random.Random) -> Report:
    """Layers that take any earlier ones, so that some of them are taken often and some never."""
    nodes: list[tuple[str, Layer, tuple[str, ...]]] = []
    shapes = {INPUT: Shape((3, 2), 4)}
    for number in range(chance.randint(1, 12)):
        known = [INPUT, *(name for name, _, _ in nodes)]
        layer = chance.choice((
            dscalc.Pointwise(chance.randint(1, 9)),
            dscalc.Separable(chance.randint(1, 9)),
            dscalc.InvertedResidual(chance.randint(1, 5), expand=2, se=2),
            dscalc.SqueezeExcite(),
            dscalc.Attention(),
            Forked(),
            dscalc.Concat(),
            dscalc.Depthwise(multiplier=chance.randint(1, 2)),
            dscalc.Add(),
        ))  # fmt: skip
        takes = chance.choices(known, k=chance.randint(1, 3) if layer.joins else 1)
        if isinstance(layer, dscalc.Add):
            takes = [name for name in known if shapes[name] == shapes[takes[0]]]
        nodes.append((f"layer{number}", layer, tuple(takes)))
        shapes |= {row.name: row.output for row in network(Shape((3, 2), 4), *nodes).rows}
    return network(Shape((3, 2), 4), *nodes)


@pytest.mark.parametrize("seed", range(200))
def test_so_it_is_for_any_network(seed: int) -> None:
    report = random_network(random.Random(seed))
    memory = peak_memory(report)
    assert [layer.alive for layer in memory.layers] == simulated(report)
    assert memory.peak == peak_elements(report) == max(simulated(report))
    in_place = peak_memory(report, in_place=True)
    assert [layer.alive for layer in in_place.layers] == simulated(report, in_place=True)


@pytest.mark.parametrize("name", shipped_names())
def test_no_layer_has_less_alive_than_it_touches(name: str) -> None:
    for layer in peak_memory(measure(load(name))).layers:
        assert layer.alive >= layer.taken + layer.made


# ---------------------------------------------------------------- MobileNetV2, as it is published


def test_mobilenet_v2_in_int8_and_the_bottleneck_that_decides() -> None:
    """Its peak is stated as the input and the output of the largest bottleneck's inner layers.

    The second bottleneck expands 16 channels at 112×112 to 96. At its depthwise layer, stride 2,
    the expansion goes in and a quarter of it comes out: 1,204,224 + 301,056 bytes. An engine that
    runs the bottleneck as one operation, splitting the expansion as Sandler et al. (section 5.1)
    propose, holds the block's own input and output only: 200,704 + 75,264.
    """
    report = measure(load("mobilenet_v2"))
    memory = peak_memory(report)
    block = report.rows[2]
    expanded, narrow = 112 * 112 * 96, 56 * 56 * 96
    assert (memory.at, bytes_of(memory.peak, "int8")) == (f"{block.name}.depthwise", 1_505_280)
    assert memory.peak == expanded + narrow
    ends = block.input.positions * block.input.channels, 56 * 56 * 24
    assert ends == (200_704, 75_264)
    assert sum(ends) < ends[0] + expanded == 1_404_928 < memory.peak


# ---------------------------------------------------------------- bytes


@pytest.mark.parametrize(
    ("dtype", "elements", "size"),
    [
        ("float32", 3, 12),
        ("float16", 3, 6),
        ("bfloat16", 3, 6),
        ("int8", 3, 3),
        ("int4", 4, 2),
        ("int4", 3, 2),
        ("int4", 1, 1),
        ("int4", 0, 0),
    ],
)
def test_bytes_are_packed_bits_rounded_up(dtype: Dtype, elements: int, size: int) -> None:
    assert bytes_of(elements, dtype) == size


def test_every_type_has_its_bits() -> None:
    floats = {"float32": 32, "float16": 16, "bfloat16": 16}
    assert {**floats, "int16": 16, "int8": 8, "int4": 4} == BITS


def test_weights_have_the_type_of_activations_unless_told() -> None:
    assert Terms(dtype="int8").of_weights == "int8"
    assert Terms(dtype="int8", weight_dtype="int4").of_weights == "int4"


def test_a_depthwise_layer_computes_little_for_each_byte() -> None:
    """Depthwise: 144 mult-adds for 32 + 32 + 18 elements; pointwise: 96 for 32 + 48 + 6."""
    report = network(Shape((4, 4), 2), ("block", dscalc.Separable(3), (INPUT,)))
    memory = peak_memory(report)
    rows = report.expanded()
    depthwise, pointwise = traffic(memory, rows, Terms(dtype="int8"))
    assert depthwise == (32, 32, 64, 18, 82, 288)
    assert pointwise == (32, 48, 80, 6, 86, 96)
    assert depthwise.intensity == 288 / 82
    (block,) = traffic(memory, report.rows, Terms(dtype="int8"))
    assert block == (32, 48, 80, 24, 82 + 86, 288 + 96)


def test_bytes_of_traffic_follow_both_types() -> None:
    report = network(Shape((4, 4), 2), ("a", dscalc.Pointwise(3), (INPUT,)))
    terms = Terms(dtype="float16", weight_dtype="int4")
    (only,) = traffic(peak_memory(report), report.rows, terms)
    assert only == (64, 96, 160, 3, 64 + 96 + 3, 96)


def test_a_layer_that_computes_nothing_has_no_intensity() -> None:
    report = network(Shape((4, 4), 2), ("pool", dscalc.GlobalPool(), (INPUT,)))
    (only,) = traffic(peak_memory(report), report.rows)
    assert only.intensity == 0


def test_memory_pickles() -> None:
    memory = peak_memory(RESIDUAL)
    assert pickle.loads(pickle.dumps(memory)) == memory
