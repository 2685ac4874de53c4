"""A cost written out: the formula, the formula with its numbers, the result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from dscalc.law.attention import MatMul, Scores, Weighing
from dscalc.law.convolutions import (
    Conv,
    Convolution,
    ConvTranspose,
    Depthwise,
    Linear,
    Pointwise,
)
from dscalc.law.layer import Layer, Shape
from dscalc.law.recurrent import Recurrent
from dscalc.law.rows import Row
from dscalc.law.stored import Embedding, Parameters, PositionEmbedding
from dscalc.law.window import per_axis

SUBSCRIPTS = {
    "standard": "std",
    "conv": "std",
    "group": "grp",
    "depthwise": "dw",
    "pointwise": "pw",
    "separable": "sep",
    "linear": "fc",
    "conv_transpose": "tr",
}


class Formula(NamedTuple):
    """`name = symbols = numbers = result`, as in "N_std = N · M · D_K · D_K = 4 · 3 · 3 · 3"."""

    name: str
    symbols: str
    numbers: str
    result: int

    def __str__(self) -> str:
        return f"{self.name} = {self.symbols} = {self.numbers} = {self.result:,}"


def weight_factors(layer: Layer, x: Shape) -> list[tuple[str, int]]:
    """The factors of an elementary layer's number of weights, by their symbols."""
    if isinstance(layer, Depthwise):
        filters = [("multiplier", layer.multiplier)] if layer.multiplier > 1 else []
        return [*filters, ("M", x.channels), *_kernel(layer, x)]
    if isinstance(layer, Conv | Pointwise | ConvTranspose):
        inputs = ("M / G", x.channels // layer.g) if layer.g > 1 else ("M", x.channels)
        return [("N", layer.n), inputs, *_kernel(layer, x)]
    if isinstance(layer, Linear):
        across = ("M", x.channels) if layer.over == "channels" else ("∏D_F", x.positions)
        return [("N", layer.n), across]
    return []


def _kernel(layer: Layer, x: Shape) -> list[tuple[str, int]]:
    if not isinstance(layer, Convolution):
        return []
    return [("D_K", side) for side in per_axis(layer.k, len(x.sides), "k")]


def explain(kind: str, layer: Layer, row: Row) -> tuple[Formula, Formula]:
    """The parameters and the mult-adds of a layer with weights, each written out.

    The parameters are the weights and the biases; each weight is used at every output position,
    in a transposed convolution at every input position, and for every channel where positions
    are mixed.
    """
    factors = weight_factors(layer, row.input)
    used = [*factors, *_uses(layer, row)]
    symbols, numbers = _product(factors)
    result = _result(factors)
    if row.cost.biases:
        depthwise = [factor for factor in factors if factor[0] in ("multiplier", "M")]
        outputs = depthwise if isinstance(layer, Depthwise) else [("N", row.cost.biases)]
        biases = _product(outputs)
        symbols, numbers = f"{symbols} + {biases[0]}", f"{numbers} + {biases[1]}"
        result += _result(outputs)
    name = SUBSCRIPTS[kind]
    return (
        Formula(f"N_{name}", symbols, numbers, result),
        Formula(f"C_{name}", *_product(used), _result(used)),
    )


def _uses(layer: Layer, row: Row) -> list[tuple[str, int]]:
    """How often each weight is used, as factors."""
    if isinstance(layer, Linear) and layer.over == "positions":
        return [("M", row.input.channels)]
    enlarges = isinstance(layer, ConvTranspose)
    symbol, sides = ("D_F", row.input.sides) if enlarges else ("D_G", row.output.sides)
    return [(symbol, side) for side in sides]


def explain_layer(layer: Layer, row: Row) -> list[Formula]:
    """The parameters, those of its norm (B), and the mult-adds of any elementary layer.

    A layer that shares its parameters has none of its own.
    """
    formulas = _formulas(layer, row)
    if any(row.cost[:5]):
        return formulas
    return [formula for formula in formulas if formula.name.startswith("C_")]


def _formulas(layer: Layer, row: Row) -> list[Formula]:
    m, n = ("M", row.input.channels), ("N", row.output.channels)
    if weight_factors(layer, row.input):
        params, mult_adds = explain(row.kind, layer, row)
        norm = [_formula(f"B_{SUBSCRIPTS[row.kind]}", ("2", 2), n)] if row.cost.norms else []
        return [params, *norm, mult_adds]
    if isinstance(layer, Recurrent):
        return _recurrent(layer, row)
    if isinstance(layer, Scores):
        return [_formula("C_scores", ("L_q", row.input.positions), ("L_k", n[1]), m)]
    if isinstance(layer, Weighing):
        positions = row.output.positions
        return [_formula("C_weighing", ("L_q", positions), ("L_k", m[1]), ("N", layer.n))]
    if isinstance(layer, MatMul):
        return [_formula("C_matmul", ("L", row.input.positions), ("K", m[1]), n)]
    return _stored(layer, row)


def _stored(layer: Layer, row: Row) -> list[Formula]:
    """What a layer stores without multiplying: norms, factors, tables."""
    cost, m = row.cost, ("M", row.input.channels)
    if cost.norms:
        return [_formula("B_norm", (str(cost.norms // m[1]), cost.norms // m[1]), m)]
    if isinstance(layer, Embedding):
        return [_formula("N_words", ("words", layer.words), ("N", layer.n))]
    if isinstance(layer, PositionEmbedding):
        return [_formula("N_positions", ("∏D_F", row.input.positions), m)]
    if isinstance(layer, Parameters):
        return [_formula("N_stored", ("N", layer.n))]
    return [_formula("N_scale", m)] if cost.other else []


def _recurrent(layer: Recurrent, row: Row) -> list[Formula]:
    """Parameters and mult-adds of the gates of an LSTM or GRU."""
    ways = [("ways", 2)] if layer.bidirectional else []
    gates, n, both = ("gates", layer.gates), ("N", layer.n), row.input.channels + layer.n
    weights = [*ways, gates, n, ("(M + N)", both)]
    symbols, numbers = _product(weights)
    biases = _product([*ways, gates, ("biases", layer.biases), n])
    return [
        Formula(
            f"N_{layer.kind}",
            f"{symbols} + {biases[0]}",
            f"{numbers} + {biases[1]}",
            row.cost.weights + row.cost.biases,
        ),
        _formula(f"C_{layer.kind}", *weights, ("L", row.input.positions)),
    ]


def _formula(name: str, *factors: tuple[str, int]) -> Formula:
    return Formula(name, *_product(list(factors)), _result(list(factors)))


def total(name: str, parts: Sequence[Formula]) -> Formula:
    """A cost that is the sum of others."""
    results = " + ".join(f"{part.result:,}" for part in parts)
    symbols = " + ".join(part.name for part in parts)
    return Formula(name, symbols, results, sum(part.result for part in parts))


def reduction(n: int, kernel: tuple[int, ...], multiplier: int = 1) -> str:
    """How the weights of a separable convolution stand to the standard one's: 1/N + 1/D_K².

    Howard et al. 2017, section 3.1; with a channel multiplier, that many times as much.
    """
    positions = math.prod(kernel)
    power = {1: "D_K", 2: "D_K²", 3: "D_K³"}[len(kernel)]
    if len(set(kernel)) > 1:
        power = "∏D_K"
    ratio = multiplier * (1 / n + 1 / positions)
    if multiplier == 1:
        return f"1/N + 1/{power} = 1/{n} + 1/{positions} = {ratio:.3f}"
    return f"m·(1/N + 1/{power}) = {multiplier}·(1/{n} + 1/{positions}) = {ratio:.3f}"


def _product(factors: list[tuple[str, int]]) -> tuple[str, str]:
    return " · ".join(symbol for symbol, _ in factors), " · ".join(str(n) for _, n in factors)


def _result(factors: list[tuple[str, int]]) -> int:
    return math.prod(number for _, number in factors)
