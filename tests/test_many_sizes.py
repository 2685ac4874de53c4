"""Points that follow from a walk at another size, against the walk at their own."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from dscalc import (
    Activation,
    AdaptivePool,
    Add,
    ClassToken,
    Concat,
    Conv,
    ConvTranspose,
    Depthwise,
    DscalcError,
    Embedding,
    GlobalPool,
    Gru,
    InvertedResidual,
    LayerScale,
    Linear,
    Lstm,
    Multiply,
    Network,
    Node,
    Norm,
    Pad,
    Parameters,
    PixelShuffle,
    Point,
    Pointwise,
    Pool,
    Separable,
    Shape,
    Shuffle,
    Slice,
    SpaceToDepth,
    SqueezeExcite,
    Terms,
    Tokens,
    Upsample,
    load,
    measure,
    scale,
    sweep,
    to_standard,
)
from dscalc.analysis.many_sizes import AtSize, ManySizes
from dscalc.analysis.memory import peak_elements
from dscalc.analysis.storage import stored_bytes
from dscalc.analysis.sweep import point_of
from dscalc.analysis.terms import stays_at_any_size
from dscalc.language.network_file import read_network
from dscalc.law.blocks import StandardResidual
from dscalc.law.kinds import KINDS
from dscalc.law.layer import COUNTS, Apart, Composite, Count, Layer
from dscalc.law.network import Report
from dscalc.law.rows import measured
from tests.random_networks import network
from tests.test_language_laws import text_of

CONFIGS = Path(__file__).parents[1] / "configs"
ALPHAS = (1.0, 0.35)
RHOS = (1.0, 0.5, 0.73, 1.3, 0.11)
NETWORKS, CHUNKS = 1200, 6
SHARING = 4358  # whose projections share, and differ at some sizes
RULES = [
    Terms(memory="in-place"),
    Terms(memory="arena", dtype="int8"),
    *(Terms(size="stored", dtype=dtype, memory="in-place") for dtype in ("float32", "int8")),
    *(Terms("folded", size="flash", dtype=dtype) for dtype in ("float32", "int8")),
    Terms(size="flash", weight_dtype="int8"),
]


def at(network: Network, alpha: float, rho: float) -> Network | None:
    """The network at these multipliers, where it takes them."""
    try:
        return scale(network, alpha=alpha, rho=rho)
    except DscalcError:
        return None


def walked(network: Network) -> AtSize | None:
    """Mult-adds and peaks, in place too, by the walk; None where it refuses the network."""
    try:
        report = measure(network)
    except DscalcError:
        return None
    return report.total.mult_adds, peak_elements(report), peak_elements(report, in_place=True)


def wrong(network: Network, alphas: tuple[float, ...] = ALPHAS) -> tuple[list[str], int]:
    """What does not agree with the walk, and at how many points it has to be walked after all."""
    sizes = [one for rho in RHOS if (one := at(network, 1.0, rho)) is not None]
    many = ManySizes([one.inputs for one in sizes])
    found, unknown = [], 0
    for alpha in alphas:
        scaled = [one for size in sizes if (one := at(size, alpha, 1.0)) is not None]
        if not scaled or walked(scaled[0]) is None:
            continue
        report = measure(scaled[0])
        for one, found_at in zip(scaled, many.follow(report, in_place=True), strict=True):
            at_own = walked(one)
            unknown += found_at is None and at_own is not None
            if found_at is not None and (
                found_at != at_own or measure(one).total[:-1] != report.total[:-1]
            ):
                found.append(f"α {alpha}, {one.input}: {found_at}, walked {at_own}")
    return found, unknown


WALKED = {
    *("alexnet", "efficientformer_l1", "mixer_s16", "mobilenetv4_hybrid_medium", "mobilevit_s"),
    *("qanet_encoder", "swin_t", "vgg16", "vit_tiny"),
    "r2plus1d_18",
}
"""Networks with layers that mix positions and channels (attention, flatten, position tables), and
one of whose projections have other strides where a single frame is left."""


@pytest.mark.parametrize("name", [path.stem for path in sorted(CONFIGS.glob("*.yaml"))])
def test_a_shipped_network_costs_what_the_walk_says_at_every_size(name: str) -> None:
    network = load(name)
    alphas = (1.0,) if network.width.fixed else ALPHAS
    depths = (1.0,) if network.depth_rule is None else (1.0, 1.4)
    for depth, change in product(depths, (lambda one: one, to_standard)):
        found, unknown = wrong(change(scale(network, depth=depth)), alphas)
        assert found == []
        assert unknown == 0 or name in WALKED


def stored(report: Report) -> list[int] | None:
    """Bytes by the rules that say the same at every size; None where they do not know a layer."""
    rules = [terms for terms in RULES if terms.size != "params" and stays_at_any_size(terms)]
    try:
        return [stored_bytes(report, terms) for terms in rules]
    except DscalcError:
        return None


@pytest.mark.parametrize("name", [path.stem for path in sorted(CONFIGS.glob("*.yaml"))])
def test_parameters_take_as_many_bytes_at_every_size_that_is_followed(name: str) -> None:
    network = load(name)
    sizes = [one for rho in RHOS if (one := at(network, 1.0, rho)) is not None]
    report = measure(sizes[0])
    found = ManySizes([one.inputs for one in sizes]).follow(report)
    for one, known in zip(sizes, found, strict=True):
        assert known is None or stored(measure(one)) == stored(report)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_networks_cost_what_the_walk_says_at_every_size(chunk: int) -> None:
    for seed in (*range(chunk, NETWORKS, CHUNKS), SHARING):
        try:
            made = read_network(text_of(network(seed))).network
        except DscalcError:
            continue
        for change in (lambda one: one, to_standard):
            assert wrong(change(made), (1.0, 0.6))[0] == [], seed


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet50", "efficientnet", "yolov8"])
def test_a_sweep_is_a_walk_at_every_point(name: str, count: Count) -> None:
    network, terms = load(name), Terms(count, dtype="int8")
    alphas = (1.0,) if network.width.fixed else (0.35, 1.0)
    expected = [
        point_of(alpha, measure(scale(network, alpha=alpha, resolution=side)), terms)
        for alpha in alphas
        for side in (224, 160, 96)
    ]
    assert list(sweep(network, alphas, (224, 160, 96), terms=terms)) == expected
    assert {type(one) for one in expected} == {Point}


@pytest.mark.parametrize("terms", RULES, ids=str)
@pytest.mark.parametrize("name", ["mobilenet", "resnet50", "shufflenet_v1", "densenet121"])
def test_and_by_any_rule(name: str, terms: Terms) -> None:
    network = load(name)
    expected = [
        point_of(alpha, measure(scale(network, alpha=alpha, resolution=side)), terms)
        for alpha in (0.5, 1.0)
        for side in (224, 161, 97)
    ]
    assert list(sweep(network, (0.5, 1.0), (224, 161, 97), terms=terms)) == expected


SIDES, OTHER = (6, 8), (7, 12)
LAYERS: list[tuple[Layer, int]] = [
    (Conv(n=6, k=(3, 5), stride=2, g=2, bias=True, norm="batch"), 1),
    (Depthwise(multiplier=2, stride=(1, 2), padding=1), 1),
    (Pointwise(n=4, stride=2, norm="layer"), 1),
    (ConvTranspose(n=6, stride=2, padding=1, bias=True), 1),
    (Separable(n=6, k=5, padding="valid"), 1),
    (InvertedResidual(n=6, se=4, norm="batch"), 1),
    (StandardResidual(n=6, stride=2), 1),
    (SqueezeExcite(reduction=2), 1),
    (Composite("pair", (Node("a", Conv(n=3), ("input",)), Node("b", Norm(), ("a",)))), 1),
    (Linear(n=6, bias=True), 1),
    (Norm("batch"), 1),
    (Pool(k=3, stride=2, ceil=True), 1),
    (AdaptivePool(size=2), 1),
    (GlobalPool(), 1),
    (Upsample(factor=(2, 1)), 1),
    (Upsample(size=(14, 24)), 1),
    (PixelShuffle(factor=2), 1),
    (SpaceToDepth(factor=1), 1),
    (Pad(sides=((0, 1), (2, 0)), channels=3), 1),
    (Slice(n=3), 1),
    (Shuffle(groups=2), 1),
    (Activation("swish"), 1),
    (Tokens(), 1),
    (LayerScale(), 1),
    (Parameters(n=5), 1),
    (Add(), 2),
    (Concat(), 3),
    (Multiply(), 2),
]
ROWS: list[tuple[Layer, int]] = [(Lstm(n=5), 1), (Gru(n=5, bidirectional=True), 1),
                                 (ClassToken(), 1)]  # fmt: skip


@pytest.mark.parametrize(
    ("layer", "maps", "sides", "other", "channels"),
    [
        *((layer, maps, SIDES, OTHER, (4, 8)) for layer, maps in LAYERS),
        *((layer, maps, (6,), (11,), (4, 8)) for layer, maps in ROWS),
        (Embedding(n=3, words=7), 1, SIDES, OTHER, (1, 1)),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Layer) else "",
)
def test_a_kind_that_says_so_keeps_sides_and_channels_apart(
    layer: Layer,
    maps: int,
    sides: tuple[int, ...],
    other: tuple[int, ...],
    channels: tuple[int, int],
) -> None:
    assert layer.apart
    few, many = (measured(layer, (Shape(sides, one),) * maps) for one in channels)
    few_there, many_there = (measured(layer, (Shape(other, one),) * maps) for one in channels)
    assert few.output.sides == many.output.sides
    assert few_there.output.sides == many_there.output.sides
    for here, there in ((few, few_there), (many, many_there)):
        assert here.output.channels == there.output.channels
        assert here.cost[:-1] == there.cost[:-1]
        assert [part.name for part in here.parts] == [part.name for part in there.parts]
    if not few.parts:
        assert few.cost.mult_adds * many.cost.weights == many.cost.mult_adds * few.cost.weights


def test_every_kind_that_says_so_is_asked() -> None:
    asked = {type(layer) for layer, _ in [*LAYERS, *ROWS]} | {Embedding}
    assert {kind for kind in KINDS.values() if issubclass(kind, Apart)} <= asked


@pytest.mark.parametrize(
    ("layers", "followed"),
    [
        ("[conv: {n: 4, stride: 2}, upsample: {like: input}]", [True] * 4),
        ("[conv: {n: 4}, tokens, linear: {n: 3, over: positions}]", [True, False, False, False]),
        ("[conv: {n: 4}, flatten, linear: {n: 3}]", [True, False, False, False]),
        ("[conv: {n: 4}, adaptive_pool: {size: 2}, flatten, linear: {n: 3}]", [True] * 4),
        ("[attention: {heads: 3}]", [True, False, False, False]),
        ("[conv: {n: 4, k: 4, padding: valid}]", [True, True, False, True]),
        # On a single position a projection needs no stride, and is another layer.
        (
            "[conv: {n: 3, stride: 2}, conv: {n: 3, stride: 2}, "
            "residual: {body: [conv: {n: 4, stride: 2}], project: auto}]",
            [True, True, False, True],
        ),
        # Where a wide border makes up for the stride there is nothing to project.
        (
            "[residual: {body: [conv: {n: 3, k: 3, stride: 2, padding: 2}], "
            "project: [conv: {n: 3, k: 1, stride: 2, padding: 1}]}]",
            [True, True, False, True],
        ),
    ],
)
def test_what_may_be_other_layers_at_another_size_is_walked(
    layers: str, followed: list[bool]
) -> None:
    network = read_network(f"{{input: [9, 9, 3], layers: {layers}}}").network
    sizes = [scale(network, resolution=side) for side in (9, 10, 3, 18)]
    found = ManySizes([one.inputs for one in sizes]).follow(measure(sizes[0]), in_place=True)
    assert [known is not None for known in found] == followed
    assert [known for known in found if known] == [
        walked(one) for one, known in zip(sizes, found, strict=True) if known
    ]
