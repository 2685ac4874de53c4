"""Kinds made of others: their parts, rounding and costs, against sums done by hand."""

from __future__ import annotations

from itertools import product

import pytest

from dscalc import (
    INPUT,
    Attention,
    Cost,
    DscalcError,
    InvertedResidual,
    MatMul,
    Network,
    Node,
    Shape,
    SqueezeExcite,
    measure,
)
from dscalc.law.layer import Layer
from dscalc.law.rows import Row


def row_of(layer: Layer, x: Shape) -> Row:
    (row,) = measure(Network("alone", x, (Node("it", layer, (INPUT,)),))).rows
    return row


def parts_of(row: Row) -> list[str]:
    return [f"{part.name} {part.output}" for part in row.parts]


# ---------------------------------------------------------------- inverted residual


@pytest.mark.parametrize(
    ("layer", "x", "parts"),
    [
        (
            InvertedResidual(24, stride=2),
            Shape((56, 56), 16),
            ["expand 56×56×96", "depthwise 28×28×96", "project 28×28×24"],
        ),
        (
            InvertedResidual(16),
            Shape((56, 56), 16),
            ["expand 56×56×96", "depthwise 56×56×96", "project 56×56×16", "add 56×56×16"],
        ),
        (
            InvertedResidual(16, stride=(1, 1), residual=False),
            Shape((56, 56), 16),
            ["expand 56×56×96", "depthwise 56×56×96", "project 56×56×16"],
        ),
        (
            InvertedResidual(16, expand=1),
            Shape((112, 112), 32),
            ["depthwise 112×112×32", "project 112×112×16"],
        ),
        (
            InvertedResidual(40, k=5, hidden=72, stride=2),
            Shape((56, 56), 24),
            ["expand 56×56×72", "depthwise 28×28×72", "project 28×28×40"],
        ),
        (
            InvertedResidual(24, stride=2).as_standard(),
            Shape((56, 56), 16),
            ["expand 56×56×96", "conv 28×28×24"],
        ),
        (
            InvertedResidual(8, expand=3, multiple_of=8),
            Shape((4, 4), 4),
            ["expand 4×4×16", "depthwise 4×4×16", "project 4×4×8"],  # 12 → 8 loses a third
        ),
    ],
)
def test_inverted_residual_is_made_of(layer: Layer, x: Shape, parts: list[str]) -> None:
    assert parts_of(row_of(layer, x)) == parts


def test_inverted_residual_costs_the_sum_of_its_parts() -> None:
    """Sandler et al. 2018, Table 1: h·w·t·d'·(d' + k² + d'') for stride 1."""
    row = row_of(InvertedResidual(24, expand=6, norm="batch"), Shape((56, 56), 16))
    hidden = 6 * 16
    weights = hidden * (16 + 9 + 24)
    norms = 2 * (hidden + hidden + 24)
    assert row.cost == Cost(weights, 0, norms, norms, 0, 56 * 56 * weights)


@pytest.mark.parametrize(
    ("se_of", "squeezed"),
    [("hidden", 24), ("input", 4)],
)
def test_an_inverted_residual_squeezes_its_hidden_channels_or_its_input(
    se_of: str, squeezed: int
) -> None:
    row = row_of(InvertedResidual(16, se=4, se_of=se_of), Shape((8, 8), 16))
    reduce = next(part for part in row.expanded() if part.name == "it.se.reduce")
    assert reduce.output == Shape((1, 1), squeezed)


# ---------------------------------------------------------------- squeeze-and-excitation


@pytest.mark.parametrize(
    ("layer", "squeezed"),
    [
        (SqueezeExcite(), 16),
        (SqueezeExcite(reduction=16), 4),
        (SqueezeExcite(reduction=100), 1),
        (SqueezeExcite(n=10), 10),
        (SqueezeExcite(reduction=5, multiple_of=8), 16),  # 12.8 → 16
    ],
)
def test_squeeze_and_excitation(layer: SqueezeExcite, squeezed: int) -> None:
    row = row_of(layer, Shape((7, 7), 64))
    assert parts_of(row) == [
        "squeeze 1×1×64",
        f"reduce 1×1×{squeezed}",
        "expand 1×1×64",
        "gate 7×7×64",
    ]
    weights = 2 * 64 * squeezed
    assert row.cost == Cost(weights, squeezed + 64, mult_adds=weights)


# ---------------------------------------------------------------- attention


@pytest.mark.parametrize(("heads", "bias"), [(1, False), (8, True)])
def test_attention_costs_its_projections_and_every_pair_of_positions(
    heads: int, bias: bool
) -> None:
    """Vaswani et al. 2017: Q·Kᵀ and the weighing of the values are L² · C mult-adds each."""
    row = row_of(Attention(heads, bias=bias), Shape((400,), 128))
    weights = 4 * 128 * 128
    biases = 4 * 128 if bias else 0
    assert row.output == Shape((400,), 128)
    assert row.cost == Cost(weights, biases, mult_adds=400 * weights + 2 * 400**2 * 128)
    parts = ["query", "key", "value", "scores", "weighing", "output"]
    assert [part.name for part in row.parts] == parts
    assert row.parts[3].output == Shape((heads * 400,), 400)  # what must be alive


@pytest.mark.parametrize(
    ("left", "right", "transposed"),
    [
        (Shape((5,), 3), Shape((3,), 4), False),
        (Shape((5,), 3), Shape((4,), 3), True),
        (Shape((2, 5), 3), Shape((2, 3), 4), False),
    ],
)
def test_a_product_of_maps_costs_every_step_of_its_sums(
    left: Shape, right: Shape, transposed: bool
) -> None:
    step = MatMul(transposed).step(left, right)
    products = range(2 if len(left.sides) == 2 else 1)
    counted = sum(1 for _ in product(products, range(5), range(4), range(3)))
    assert step.cost == Cost(mult_adds=counted)
    assert step.output == Shape(left.sides, 4)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Shape((5,), 3), Shape((4,), 3)),
        (Shape((2, 5), 3), Shape((1, 3), 4)),
        (Shape((), 3), Shape((3,), 4)),
        (Shape((5,), 3), Shape((), 3)),
    ],
)
def test_maps_that_have_no_product_are_refused(left: Shape, right: Shape) -> None:
    with pytest.raises(DscalcError, match="cannot multiply"):
        MatMul().step(left, right)


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: InvertedResidual(0), "n must be at least 1, not 0"),
        (lambda: InvertedResidual(8, expand=0), "expand must be a positive number, not 0"),
        (lambda: InvertedResidual(8, expand=float("nan")), "expand must be a positive number"),
        (lambda: InvertedResidual(8, se=-1), "se must be a positive number, not -1"),
        (lambda: InvertedResidual(8, se_of="both"), "se_of must be hidden or input, not 'both'"),
        (lambda: InvertedResidual(8, hidden=0), "hidden must be at least 1, not 0"),
        (lambda: SqueezeExcite(reduction=1e-320), "reduction must be at least 1e-12, not 1e-320"),
        (lambda: SqueezeExcite(n=0), "n must be at least 1, not 0"),
        (lambda: Attention(heads=0), "heads must be at least 1, not 0"),
    ],
)
def test_a_wrong_field_is_refused(make: object, message: str) -> None:
    assert callable(make)
    with pytest.raises(DscalcError) as error:
        make()
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Attention(heads=3), "it: 3 heads do not divide the 64 channels"),
        (InvertedResidual(8, expand=1e12), "it: n must be at most 1,000,000,000,000"),
        (
            InvertedResidual(8, k=9, padding=0),
            "it.depthwise: a kernel of 9 is larger than its padded input of 7",
        ),
    ],
)
def test_what_does_not_fit_is_refused(layer: Layer, message: str) -> None:
    with pytest.raises(DscalcError) as error:
        row_of(layer, Shape((7, 7), 64))
    assert str(error.value) == message


def test_attention_to_a_flattened_map_is_refused() -> None:
    with pytest.raises(DscalcError) as error:
        row_of(Attention(), Shape((), 64))
    assert str(error.value) == "it: attention needs positions, and gets 64 values without sides"
