"""Costs written out: what is written multiplies to what was measured, for every kind of layer."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import pytest

from dscalc import INPUT, Conv, Depthwise, Linear, Network, Node, Pointwise, Shape, measure
from dscalc.analysis.formulas import Formula, explain, reduction, total, weight_factors
from dscalc.law.layer import Layer
from dscalc.law.rows import Row


def row_of(layer: Layer, x: Shape) -> Row:
    (row,) = measure(Network("alone", x, (Node("it", layer, (INPUT,)),))).rows
    return row


def value(numbers: str) -> int:
    """What "4 · 3 + 4" comes to."""
    terms = [term.split(" · ") for term in numbers.split(" + ")]
    return sum(math.prod(int(factor.replace(",", "")) for factor in term) for term in terms)


def layers() -> list[tuple[Layer, Shape]]:
    made: list[tuple[Layer, Shape]] = []
    windows: list[dict[str, Any]] = [
        {"k": k, "stride": s, "padding": p, "bias": bias}
        for k, s, p, bias in product((1, 3), (1, 2), ("same", "valid", 1), (False, True))
    ]
    for sides, window in product([(9,), (9, 7), (5, 4, 6)], windows):
        x = Shape(sides, 6)
        made += [(Conv(4, **window), x), (Conv(4, g=2, **window), x), (Conv(12, g=6, **window), x)]
        made += [(Depthwise(**window), x), (Depthwise(3, **window), x)]
    made += [
        (Pointwise(5, stride=s, bias=b), Shape((9, 7), 6)) for s in (1, 2) for b in (False, True)
    ]
    made += [(Linear(5, bias=b), Shape(s, 6)) for s in ((), (4,), (3, 2)) for b in (False, True)]
    made += [(Conv(4, k=(3, 5), dilation=2, padding=4), Shape((9, 9), 6))]
    return made


@pytest.mark.parametrize(("layer", "x"), layers(), ids=str)
def test_what_is_written_comes_to_what_was_measured(layer: Layer, x: Shape) -> None:
    row = row_of(layer, x)
    params, mult_adds = explain(row.kind, layer, row)
    assert params.result == value(params.numbers) == row.cost.params()
    assert mult_adds.result == value(mult_adds.numbers) == row.cost.mult_adds
    assert math.prod(n for _, n in weight_factors(layer, x)) == row.cost.weights
    for formula in (params, mult_adds):
        assert len(formula.symbols.split(" · ")) == len(formula.numbers.split(" · "))
        assert len(formula.symbols.split(" + ")) == len(formula.numbers.split(" + "))


@pytest.mark.parametrize(
    ("layer", "kind", "params", "mult_adds"),
    [
        (
            Conv(4),
            "standard",
            "N_std = N · M · D_K · D_K = 4 · 3 · 3 · 3 = 108",
            "C_std = N · M · D_K · D_K · D_G · D_G = 4 · 3 · 3 · 3 · 8 · 8 = 6,912",
        ),
        (
            Conv(6, g=3, bias=True),
            "group",
            "N_grp = N · M / G · D_K · D_K + N = 6 · 1 · 3 · 3 + 6 = 60",
            "C_grp = N · M / G · D_K · D_K · D_G · D_G = 6 · 1 · 3 · 3 · 8 · 8 = 3,456",
        ),
        (
            Depthwise(2),
            "depthwise",
            "N_dw = multiplier · M · D_K · D_K = 2 · 3 · 3 · 3 = 54",
            "C_dw = multiplier · M · D_K · D_K · D_G · D_G = 2 · 3 · 3 · 3 · 8 · 8 = 3,456",
        ),
        (
            Depthwise(2, bias=True),
            "depthwise",
            "N_dw = multiplier · M · D_K · D_K + multiplier · M = 2 · 3 · 3 · 3 + 2 · 3 = 60",
            "C_dw = multiplier · M · D_K · D_K · D_G · D_G = 2 · 3 · 3 · 3 · 8 · 8 = 3,456",
        ),
        (
            Pointwise(4),
            "pointwise",
            "N_pw = N · M = 4 · 3 = 12",
            "C_pw = N · M · D_G · D_G = 4 · 3 · 8 · 8 = 768",
        ),
        (
            Linear(4),
            "linear",
            "N_fc = N · M = 4 · 3 = 12",
            "C_fc = N · M · D_G · D_G = 4 · 3 · 8 · 8 = 768",
        ),
    ],
)
def test_formulas(layer: Layer, kind: str, params: str, mult_adds: str) -> None:
    written = explain(kind, layer, row_of(layer, Shape((8, 8), 3)))
    assert [str(formula) for formula in written] == [params, mult_adds]


def test_a_total_is_the_sum_of_its_parts() -> None:
    parts = Formula("N_dw", "", "", 4_608), Formula("N_pw", "", "", 262_144)
    assert str(total("N_sep", parts)) == "N_sep = N_dw + N_pw = 4,608 + 262,144 = 266,752"


@pytest.mark.parametrize(
    ("n", "kernel", "multiplier", "text"),
    [
        (4, (3, 3), 1, "1/N + 1/D_K² = 1/4 + 1/9 = 0.361"),
        (128, (7,), 1, "1/N + 1/D_K = 1/128 + 1/7 = 0.151"),
        (8, (3, 3, 3), 1, "1/N + 1/D_K³ = 1/8 + 1/27 = 0.162"),
        (8, (3, 5), 1, "1/N + 1/∏D_K = 1/8 + 1/15 = 0.192"),
        (4, (3, 3), 2, "m·(1/N + 1/D_K²) = 2·(1/4 + 1/9) = 0.722"),
    ],
)
def test_the_reduction_is_written_out(
    n: int, kernel: tuple[int, ...], multiplier: int, text: str
) -> None:
    assert reduction(n, kernel, multiplier) == text


@pytest.mark.parametrize("multiplier", [1, 2, 3])
def test_the_reduction_is_the_ratio_that_was_measured(multiplier: int) -> None:
    from dscalc.analysis.forms import ask, compare_layer

    for n, k in product((1, 4, 64), (1, 3, 5)):
        variants = compare_layer(ask(m=6, n=n, k=k, multiplier=multiplier))
        written = float(reduction(n, (k, k), multiplier).rsplit(" = ", 1)[1])
        assert written == pytest.approx(variants[-1].params_ratio, abs=5e-4)
